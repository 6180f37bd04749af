"""A long archive is shown first and counted afterwards; the figures are the same."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from invoicing.models import Invoice
from tenants.models import Membership
from tests.factories import CustomerFactory

SignIn = Callable[[Membership], Client]
ARCHIVE = "/acme/invoices/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def long_archive(accountant: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
    """120 documents, where five are few already."""
    monkeypatch.setattr("invoicing.selectors.archive_pages.FEW", 5)
    customer = CustomerFactory()
    Invoice.objects.bulk_create(
        [
            Invoice(
                customer=customer, billing_name=f"No {n:03}", billing_country="FI", currency="EUR",
                language="en", issue_date=date(2026, 10, 1), due_date=date(2026, 10, 15),
                tax_point=date(2026, 10, 1), net_total=1, gross_total=1,
                comment="zq" if n == 77 else "",
            )
            for n in range(120)
        ]
    )  # fmt: skip


def names(page: Any) -> list[str]:
    return [invoice.billing_name for invoice in page.context["page"].object_list]


def test_the_list_does_not_wait_for_its_sums(
    long_archive: None, signed_in: SignIn, accountant: Membership
) -> None:
    client = signed_in(accountant)

    with CaptureQueriesContext(connection) as queries:
        page = client.get(f"{ARCHIVE}?sort=customer&page=2")

    assert (names(page)[0], names(page)[-1]) == ("No 050", "No 099")
    text = page.content.decode()
    assert ", counting…" in text
    assert not any('SUM("invoicing_documentindex"' in query["sql"] for query in queries)
    asked = re.search(r'hx-get="(/acme/invoices/\?[^"]+totals=[^"]+)"', text)
    assert asked
    url = asked[1].replace("&amp;", "&")
    token = re.search(r"totals=([0-9a-f-]+)", url)
    assert token
    assert f'id="sums-{token[1]}"' in text

    totals = client.get(url, headers=HTMX)

    told = totals.content.decode()
    with CaptureQueriesContext(connection) as queries:
        client.get(url, headers=HTMX)
    assert any('SUM("invoicing_documentindex"' in query["sql"] for query in queries)
    assert [stat["value"] for stat in totals.context["stats"]] == ["€120.00", "€120.00", "€0.00"]
    assert "<strong>51–100</strong> of <strong>120</strong>" in " ".join(told.split())
    # It lands where this list is, and nowhere when another list is shown by then.
    assert f'id="sums-{token[1]}"' in told
    assert "hx-swap-oob" in told
    # The pages go on in the order that was asked for, and do not ask for totals.
    assert "sort=customer&amp;page=3" in told
    assert "totals=" not in told


def test_without_javascript_the_page_itself_counts(
    long_archive: None, signed_in: SignIn, accountant: Membership
) -> None:
    page = signed_in(accountant).get(f"{ARCHIVE}?totals=all")

    assert len(names(page)) == 50
    assert page.context["page"].paginator.count == 120
    assert ", counting…" not in page.content.decode()


@pytest.mark.parametrize(
    ("query", "count_and_shown"),
    [
        # Fewer than a page: all that is needed is there already.
        ("q=%22no+01%22", (10, 10)),
        # Two letters have no trigram; what a sample takes for rare is looked for in one pass.
        ("q=zq", (1, 1)),
        ("q=zqzqzq", (0, 0)),
        # A page that does not exist gives the last one.
        ("page=77", (120, 20)),
        ("page=-3&q=%22no+0%22", (None, 50)),
    ],
)
def test_it_is_counted_at_once_where_that_costs_little(
    long_archive: None,
    signed_in: SignIn,
    accountant: Membership,
    query: str,
    count_and_shown: tuple[int | None, int],
) -> None:
    count, shown = count_and_shown
    page = signed_in(accountant).get(f"{ARCHIVE}?{query}").context["page"]

    assert len(page.object_list) == shown
    assert getattr(page, "is_uncounted", False) is (count is None)
    if count is not None:
        assert page.paginator.count == count


def test_pages_follow_each_other_before_anybody_counted(
    long_archive: None, signed_in: SignIn, accountant: Membership
) -> None:
    client = signed_in(accountant)
    pages = [client.get(f"{ARCHIVE}?sort=customer&page={n}") for n in (1, 2, 3)]

    assert [len(names(page)) for page in pages] == [50, 50, 20]
    assert names(pages[0]) + names(pages[1]) + names(pages[2]) == [f"No {n:03}" for n in range(120)]
    assert [page.context["page"].has_next() for page in pages] == [True, True, False]
    assert [page.context["page"].has_previous() for page in pages] == [False, True, True]


def test_a_tab_is_counted_for_itself(
    long_archive: None, signed_in: SignIn, accountant: Membership
) -> None:
    customer = CustomerFactory()
    Invoice.objects.filter(billing_name__lt="No 060").update(customer=customer)
    address = f"/acme/customers/{customer.pk}/invoices/"
    client = signed_in(accountant)

    page = client.get(address)
    totals = client.get(f"{address}?totals=x", headers=HTMX | {"HX-Target": "foot-x"})

    assert page.context["page"].is_uncounted
    assert totals.context["page"].paginator.count == 60
    assert "export" not in totals.content.decode()
