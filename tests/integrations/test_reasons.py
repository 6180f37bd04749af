"""Many exports that failed: grouped by what keeps them, and tried again by the group."""

import re
from collections.abc import Callable

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.models import Connection, Export
from integrations.problems import Problem
from integrations.selectors import reasons_of
from tenants.models import AuditEntry, Membership
from tests.factories import CustomerFactory
from tests.integrations.conftest import make_connection, posted

SignIn = Callable[[Membership], Client]
CLOSED = "The period is closed there. Open it and try again."
ATTENTION = "/acme/exports/?state=attention"
pytestmark = pytest.mark.usefixtures("tenant")


@pytest.fixture
def over() -> Connection:
    return make_connection()


def failed(error: str, *, customer: str = "Aalto Oy", status: str = Export.Status.FAILED) -> Export:
    export: Export = Export.objects.get(invoice=posted(customer=CustomerFactory(name=customer)))
    export.status, export.error, export.problem = status, error, Problem.REFUSED
    export.attempts, export.next_attempt_at = 3, None
    export.save()
    return export


@pytest.fixture
def kinds(over: Connection) -> dict[str, list[Export]]:
    """Sums that differ, each by its own figures, a closed period, a product that is none."""
    return {
        "closed": [failed(CLOSED), failed(CLOSED)],
        "sums": [
            failed("It reckons 125.49 EUR, the invoice says 125.50."),
            failed("It reckons 1,019.00 EUR, the invoice says 19."),
            failed("It reckons 1 EUR, the invoice says 2.50."),
        ],
        "product": [failed("“Design” has no product there.", customer="Berg Oy")],
        "other": [failed(CLOSED, status=Export.Status.CANCELLED)],
    }


def told(page: str) -> list[tuple[int, str]]:
    rows = re.findall(
        r'reason-count tabular">(\d+)</strong>\s*<span class="reason-words">(.*?)</span>', page
    )
    return [(int(count), words) for count, words in rows]


def test_names_and_figures_make_no_other_reason(kinds: dict[str, list[Export]]) -> None:
    assert [(one.count, one.sentence) for one in reasons_of(Export.objects.all())] == [
        (3, "It reckons … EUR, the invoice says …."),
        (2, CLOSED),
        (1, "“Design” has no product there."),
    ]


def test_the_customer_s_name_makes_no_other_reason(over: Connection) -> None:
    for name in ("Aalto Oy", "Berg Oy"):
        failed(f"Link {name} to a customer there; then it is sent by itself.", customer=name)
    assert [(one.count, one.sentence) for one in reasons_of(Export.objects.all())] == [
        (2, "Link … to a customer there; then it is sent by itself.")
    ]


def test_the_most_common_stands_first_and_leads_to_its_own(
    accountant: Membership, signed_in: SignIn, kinds: dict[str, list[Export]]
) -> None:
    client = signed_in(accountant)
    page = client.get(ATTENTION).content.decode()
    assert [count for count, _words in told(page)] == [3, 2, 1]
    assert "Try 6 exports again?" in page

    closed = reasons_of(Export.objects.all())[1]
    page = client.get(f"{ATTENTION}&reason={closed.key}").content.decode()
    assert "Try 2 exports again?" in page
    for name, exports in kinds.items():
        for export in exports:
            assert (f'id="export-{export.pk}"' in page) is (name == "closed")
    # The others stay in sight, with their counts.
    assert [count for count, _words in told(page)] == [3, 2, 1]


def test_other_filters_count_as_well(
    accountant: Membership, signed_in: SignIn, kinds: dict[str, list[Export]]
) -> None:
    page = signed_in(accountant).get(f"{ATTENTION}&q=berg").content.decode()
    assert told(page) == [(1, "“Design” has no product there.")]
    assert "Try 1 export again?" in page


def test_all_of_one_reason_are_tried_again(
    accountant: Membership, signed_in: SignIn, kinds: dict[str, list[Export]]
) -> None:
    closed = reasons_of(Export.objects.all())[1]
    answer = signed_in(accountant).post(
        "/acme/exports/retry/",
        {"all": "1", "back": f"state=attention&page=1&reason={closed.key}"},
    )
    assert answer["Location"] == ATTENTION
    tried = Export.objects.filter(status=Export.Status.WAITING)
    assert set(tried) == set(kinds["closed"])
    assert {(one.error, one.attempts, one.problem) for one in tried} == {("", 0, Problem.NONE)}
    logged = AuditEntry.objects.filter(action="export.retried").values_list("object_id", flat=True)
    assert sorted(logged) == sorted(one.pk for one in kinds["closed"])


def test_filters_that_are_none_try_nothing_again(
    accountant: Membership, signed_in: SignIn, kinds: dict[str, list[Export]]
) -> None:
    for back in ("state=nonsense", "reason=none", "created_after=1-1-1-1"):
        signed_in(accountant).post("/acme/exports/retry/", {"all": "1", "back": back})
    assert not Export.objects.filter(status=Export.Status.WAITING).exists()


def test_who_only_looks_sees_reasons_and_no_button(
    auditor: Membership, signed_in: SignIn, kinds: dict[str, list[Export]]
) -> None:
    page = signed_in(auditor).get(ATTENTION).content.decode()
    assert len(told(page)) == 3
    assert "exports again?" not in page


def test_elsewhere_there_are_no_reasons(
    accountant: Membership, signed_in: SignIn, kinds: dict[str, list[Export]]
) -> None:
    client = signed_in(accountant)
    closed = reasons_of(Export.objects.all())[1]
    assert not told(client.get("/acme/exports/").content.decode())
    page = client.get(f"{ATTENTION}&reason={closed.key}").content.decode()
    tabs = page.partition("Exports by state")[2].partition("</ul>")[0]
    assert "reason=" not in tabs


def test_many_cost_what_one_costs(
    accountant: Membership, signed_in: SignIn, over: Connection
) -> None:
    client = signed_in(accountant)

    def queries(count: int) -> tuple[int, int]:
        for number in range(count):
            failed(f"Reason {'x' * number}")
        with CaptureQueriesContext(
            database,
        ) as shown:
            client.get(ATTENTION)
        with CaptureQueriesContext(database) as tried:
            client.post("/acme/exports/retry/", {"all": "1", "back": "state=attention"})
        return len(shown), len(tried)

    first = queries(1)
    assert queries(9) == first
