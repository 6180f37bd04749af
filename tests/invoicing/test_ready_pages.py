"""The page of what is ready, its parts and files, and the drafts made from it."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from invoicing.models import Invoice
from tenants.models import Membership, Tenant
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.asking import asked_by
from tests.factories import (
    CustomerFactory,
    HoursLockFactory,
    MembershipFactory,
    ProjectFactory,
    TaxRateFactory,
    TenantFactory,
    TimeEntryFactory,
)
from timesheets.models import TimeEntry

SignIn = Callable[[Membership], Client]
OCTOBER = "start=2026-10-01&end=2026-10-31"
PAGE = f"/acme/ready/?{OCTOBER}"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _rates(request: pytest.FixtureRequest) -> None:
    if "tenant" in request.fixturenames or "accountant" in request.fixturenames:
        request.getfixturevalue("tenant")
        TaxRateFactory()


def locked_entry(**fields: Any) -> TimeEntry:
    entry: TimeEntry = TimeEntryFactory(**fields)
    HoursLockFactory(member=entry.member)
    return entry


def refuse_unlocked(tenant: Tenant) -> None:
    tenant.unlocked_hours = Tenant.UnlockedHours.REFUSE
    tenant.save()


def triggers(response: Any) -> set[str]:
    return set(json.loads(response.headers.get("HX-Trigger", "{}")))


def test_the_page_shows_rows_and_sums(signed_in: SignIn, accountant: Membership) -> None:
    customer = CustomerFactory(name="Satama Oy")
    locked_entry(project=ProjectFactory(customer=customer, name="Web shop"), minutes=90)
    TimeEntryFactory(member__name="Bo Waiting", minutes=30)

    page = signed_in(accountant).get(PAGE)

    assert page.status_code == 200
    assert page.context["sums"].minutes == 120
    for text in ("Satama Oy", "Web shop", "Bo Waiting", "€200.00", "€251.00", "1 of 2"):
        assert text in page.content.decode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"Alpha", "Beta"}),
        ("status=ready", {"Alpha"}),
        ("status=waiting", {"Beta"}),
        ("status=drafted", {"Gamma"}),
        ("status=invoiced", set()),
        ("status=all", {"Alpha", "Beta", "Gamma"}),
        ("q=bet", {"Beta"}),
        ("q=mobile+alpha", {"Alpha"}),
        ("q=Anna", {"Alpha"}),
        ("status=all&q=nobody", set()),
        ("group=customer", {"Alpha", "Beta"}),
    ],
)
def test_filters_narrow_the_rows(
    signed_in: SignIn, accountant: Membership, query: str, expected: set[str]
) -> None:
    def project(customer: str, name: str) -> Any:
        return ProjectFactory(customer=CustomerFactory(name=customer), name=name)

    locked_entry(project=project("Alpha", "Mobile"), member__name="Anna")
    TimeEntryFactory(project=project("Beta", "Mobile"))
    gamma = locked_entry(project=project("Gamma", "Data"))
    client = signed_in(accountant)
    client.post(f"/acme/ready/p{gamma.project_id}/draft/?{OCTOBER}", headers=HTMX)

    page = client.get(f"{PAGE}&{query}")

    assert {row.customer.name for row in page.context["page"].object_list} == expected


def test_filters_by_customer_and_manager(signed_in: SignIn, accountant: Membership) -> None:
    boss = MembershipFactory(name="Boss")
    first = TimeEntryFactory(project=ProjectFactory(manager=boss)).project
    second = TimeEntryFactory().project
    client = signed_in(accountant)

    def shown(query: str) -> list[int]:
        page = client.get(f"{PAGE}&{query}")
        return [row.project.pk for row in page.context["page"].object_list]

    assert shown(f"customer={second.customer_id}") == [second.pk]
    assert shown(f"manager={boss.pk}") == [first.pk]
    assert shown(f"customer={second.customer_id}&manager={boss.pk}") == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("start=2026-10-31&end=2026-10-01", "The last day lies before the first."),
        ("start=2026-02-31&end=2026-03-01", "Enter a valid date."),
        ("start=2020-01-01&end=2026-03-01", "at most three years"),
        ("start=0001-01-01&end=0001-01-31", "between 1990 and 2200"),
        ("status=nonsense", "is not one of the available choices"),
        ("customer=x", "Enter a whole number."),
    ],
)
def test_a_wrong_filter_gets_a_sentence(
    signed_in: SignIn, accountant: Membership, query: str, sentence: str
) -> None:
    page = signed_in(accountant).get(f"/acme/ready/?{query}")

    assert page.status_code == 422
    assert sentence in page.content.decode()


def test_htmx_gets_the_list_or_the_sums_alone(signed_in: SignIn, accountant: Membership) -> None:
    TimeEntryFactory()
    client = signed_in(accountant)

    listed = client.get(PAGE, headers=HTMX).content.decode()
    summed = client.get(PAGE, headers={**HTMX, "HX-Target": "ready-summary"}).content.decode()

    assert "<html" not in listed
    assert 'id="list"' in listed
    assert 'id="list"' not in summed
    assert 'id="ready-summary"' in summed


@pytest.mark.parametrize("grouping", ["", "&group=customer"])
def test_the_page_takes_at_most_eleven_queries(
    signed_in: SignIn, accountant: Membership, grouping: str
) -> None:
    client = signed_in(accountant)
    drafted = locked_entry()
    client.post(f"/acme/ready/p{drafted.project_id}/draft/?{OCTOBER}", headers=HTMX)

    def count() -> int:
        return asked_by(client, f"{PAGE}&status=all{grouping}")

    TimeEntryFactory(project=ProjectFactory(manager=MembershipFactory()))
    few = count()
    for _ in range(10):
        TimeEntryFactory(project=ProjectFactory(manager=MembershipFactory()))
        locked_entry(project=drafted.project)

    assert count() == few
    assert few <= 11


def test_an_opened_row_lists_people_and_then_entries(
    signed_in: SignIn, accountant: Membership
) -> None:
    entry = TimeEntryFactory(member__name="Anna", minutes=90, description="Fixed the till")
    TimeEntryFactory(project=entry.project, member__name="Bo", description="Other")
    client = signed_in(accountant)

    lines = client.get(f"/acme/ready/p{entry.project_id}/?{OCTOBER}", headers=HTMX)
    key = f"{entry.project_id}-{entry.member_id}-100.0000"
    entries = client.get(
        f"/acme/ready/p{entry.project_id}/entries/?{OCTOBER}&line={key}", headers=HTMX
    )

    assert "<html" not in lines.content.decode()
    for text in ("Anna", "1.50", "150.00", "Bo", "VAT 25.5 % of €250.00", "€313.75"):
        assert text in lines.content.decode()
    assert "Fixed the till" in entries.content.decode()
    assert "Other" not in entries.content.decode()


@pytest.mark.parametrize("path", ["p{}/", "p{}/entries/"])
def test_parts_of_a_row_work_as_pages(signed_in: SignIn, accountant: Membership, path: str) -> None:
    entry = TimeEntryFactory()
    line = f"{entry.project_id}-{entry.member_id}-100.0000"
    address = path.format(entry.project_id)

    page = signed_in(accountant).get(f"/acme/ready/{address}?{OCTOBER}&line={line}")

    assert page.status_code == 200
    assert "<html" in page.content.decode()


@pytest.mark.parametrize("key", ["p999999", "c999999", "x1", "p", "p-1", "p1x", "p" + "9" * 30])
def test_a_row_that_is_not_there_is_404(
    signed_in: SignIn, accountant: Membership, key: str
) -> None:
    client = signed_in(accountant)

    assert client.get(f"/acme/ready/{key}/?{OCTOBER}").status_code == 404
    assert client.post(f"/acme/ready/{key}/draft/?{OCTOBER}").status_code == 404


def test_plus_makes_the_draft_and_shows_it_in_the_row(
    signed_in: SignIn, accountant: Membership
) -> None:
    entry = locked_entry(minutes=90)

    answer = signed_in(accountant).post(
        f"/acme/ready/p{entry.project_id}/draft/?{OCTOBER}", headers=HTMX
    )

    assert answer.status_code == 200
    assert "Draft made" in answer.content.decode()
    assert triggers(answer) == {"ready:changed", "toasts"}
    draft = Invoice.objects.get()
    assert (draft.net_total, draft.created_by) == (Decimal(150), accountant.user)


def test_in_the_list_of_all_states_the_list_is_read_again(
    signed_in: SignIn, accountant: Membership
) -> None:
    entry = locked_entry()

    answer = signed_in(accountant).post(
        f"/acme/ready/p{entry.project_id}/draft/?{OCTOBER}&status=all", headers=HTMX
    )

    assert answer.headers["HX-Reswap"] == "none"
    assert triggers(answer) == {"ready:refresh", "toasts"}


def test_unlocked_hours_are_refused_with_names_until_confirmed(
    signed_in: SignIn, accountant: Membership
) -> None:
    entry = TimeEntryFactory(member__name="Anna Open")
    client = signed_in(accountant)
    address = f"/acme/ready/p{entry.project_id}/draft/?{OCTOBER}"

    refused = client.post(address, headers=HTMX)

    assert refused.status_code == 422
    assert "These people have not locked their hours: Anna Open." in refused.content.decode()
    assert not Invoice.objects.exists()
    assert client.post(f"{address}&unlocked=ok", headers=HTMX).status_code == 200
    assert Invoice.objects.count() == 1


def test_a_tenant_that_refuses_unlocked_hours_is_not_talked_round(
    signed_in: SignIn, accountant: Membership, tenant: Tenant
) -> None:
    refuse_unlocked(tenant)
    entry = TimeEntryFactory(member__name="Anna Open")

    answer = signed_in(accountant).post(
        f"/acme/ready/p{entry.project_id}/draft/?{OCTOBER}&unlocked=ok", headers=HTMX
    )

    assert answer.status_code == 422
    assert "Anna Open" in answer.content.decode()
    assert not Invoice.objects.exists()


def test_without_javascript_the_refusal_asks_on_a_page(
    signed_in: SignIn, accountant: Membership
) -> None:
    entry = TimeEntryFactory(member__name="Anna Open")

    page = signed_in(accountant).post(f"/acme/ready/p{entry.project_id}/draft/?{OCTOBER}")

    assert page.status_code == 422
    assert "Make them anyway" in page.content.decode()


def test_a_row_somebody_else_has_drafted_says_so(signed_in: SignIn, accountant: Membership) -> None:
    entry = locked_entry()
    client = signed_in(accountant)
    address = f"/acme/ready/p{entry.project_id}/draft/?{OCTOBER}"
    client.post(address, headers=HTMX)

    answer = client.post(address, headers=HTMX)

    assert "ready:refresh" in triggers(answer)
    assert "no open billable work" in answer.headers["HX-Trigger"]
    assert Invoice.objects.count() == 1


def test_ticked_rows_are_planned_before_they_are_made(
    signed_in: SignIn, accountant: Membership
) -> None:
    ready = locked_entry()
    waiting = TimeEntryFactory(member__name="Anna Open")
    mend = TimeEntryFactory(rate=None)
    TimeEntryFactory()
    keys = [f"p{entry.project_id}" for entry in (ready, waiting, mend)]

    page = signed_in(accountant).post(f"/acme/ready/drafts/?{OCTOBER}", {"row": keys})

    plan = page.context
    assert [row.key for row in plan["ready"]] == [keys[0]]
    assert [row.key for row in plan["waiting"]] == [keys[1]]
    assert [row.key for row in plan["left_lacking"]] == [keys[2]]
    assert plan["unlocked_people"] == ["Anna Open"]
    assert "data-autostart" not in page.content.decode()
    assert not Invoice.objects.exists()


def test_when_nothing_stands_against_it_the_queue_starts_by_itself(
    signed_in: SignIn, accountant: Membership
) -> None:
    entry = locked_entry()

    page = signed_in(accountant).post(
        f"/acme/ready/drafts/?{OCTOBER}", {"row": [f"p{entry.project_id}"]}
    )

    assert "data-autostart" in page.content.decode()


def test_a_refusing_tenant_leaves_waiting_rows_out(
    signed_in: SignIn, accountant: Membership, tenant: Tenant
) -> None:
    refuse_unlocked(tenant)
    keys = [f"p{entry.project_id}" for entry in (locked_entry(), TimeEntryFactory())]
    client = signed_in(accountant)

    plan = client.post(f"/acme/ready/drafts/?{OCTOBER}", {"row": keys}).context
    client.post(f"/acme/ready/drafts/?{OCTOBER}", {"row": keys, "go": "all"})

    assert ([row.key for row in plan["left_waiting"]], plan["waiting"]) == ([keys[1]], [])
    assert Invoice.objects.count() == 1


@pytest.mark.parametrize(("go", "made"), [("all", 3), ("locked", 2)])
def test_without_javascript_all_are_made_in_one_request(
    signed_in: SignIn, accountant: Membership, go: str, made: int
) -> None:
    entries = [locked_entry(), locked_entry(), TimeEntryFactory()]
    keys = [f"p{entry.project_id}" for entry in entries]

    page = signed_in(accountant).post(f"/acme/ready/drafts/?{OCTOBER}", {"row": keys, "go": go})

    assert page.context["made_count"] == made
    assert Invoice.objects.count() == made


def test_one_refused_row_does_not_stop_the_others(
    signed_in: SignIn, accountant: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each row is a transaction of its own."""
    from invoicing.domain.drafting import draft_work
    from invoicing.errors import NothingToInvoice
    from invoicing.views.ready import drafting as ready_draft_views

    entries = [locked_entry() for _ in range(3)]
    keys = [f"p{entry.project_id}" for entry in entries]

    def second_is_gone(**asked: Any) -> Invoice:
        invoice = draft_work(**asked)
        if asked["project_ids"] == [entries[1].project_id]:
            invoice.delete()
            raise NothingToInvoice
        return invoice

    monkeypatch.setattr(ready_draft_views, "draft_work", second_is_gone)
    page = signed_in(accountant).post(f"/acme/ready/drafts/?{OCTOBER}", {"row": keys, "go": "all"})

    assert page.context["made_count"] == 2
    refused = [outcome.refused for outcome in page.context["outcomes"] if outcome.refused]
    assert refused == ["There is no open billable work in this period any more."]


def test_one_of_many_answers_with_its_item(signed_in: SignIn, accountant: Membership) -> None:
    made, refused = locked_entry(), TimeEntryFactory(member__name="Anna Open")
    client = signed_in(accountant)

    first = client.post(f"/acme/ready/p{made.project_id}/draft/?{OCTOBER}&as=item", headers=HTMX)
    second = client.post(
        f"/acme/ready/p{refused.project_id}/draft/?{OCTOBER}&as=item", headers=HTMX
    )

    assert (first.status_code, second.status_code) == (200, 422)
    assert 'data-draft-outcome="made"' in first.content.decode()
    assert 'data-draft-outcome="refused"' in second.content.decode()
    assert "Anna Open" in second.content.decode()


def test_a_customers_row_becomes_one_draft(signed_in: SignIn, accountant: Membership) -> None:
    customer = CustomerFactory()
    for _ in range(2):
        locked_entry(project=ProjectFactory(customer=customer))

    signed_in(accountant).post(f"/acme/ready/c{customer.pk}/draft/?{OCTOBER}", headers=HTMX)

    assert Invoice.objects.get().net_total == Decimal(200)


def test_rows_without_rates_lead_to_the_rates(signed_in: SignIn, accountant: Membership) -> None:
    entry = TimeEntryFactory(rate=None, member__name="Anna Cheap")

    page = signed_in(accountant).get(PAGE).content.decode()

    assert f'href="/acme/projects/{entry.project_id}/?tab=rates"' in page
    assert "No rate: Anna Cheap" in page


def test_csv_holds_what_is_shown_and_no_formulas(signed_in: SignIn, accountant: Membership) -> None:
    customer = CustomerFactory(name="=cmd|' /C calc'!A0", number="1001")
    project = ProjectFactory(customer=customer, name="Web; shop", number="P1")
    TimeEntryFactory(project=project, minutes=80, rate=Decimal(100), member__name="Anna")
    locked_entry()

    answer = signed_in(accountant).get(f"/acme/ready/export.csv?{OCTOBER}&status=waiting")

    text = b"".join(answer).decode("utf-8")
    assert text.startswith("\ufeff")
    head, *rows = csv.reader(io.StringIO(text[1:]), delimiter=";")
    assert head[:4] == ["Customer number", "Customer", "Project number", "Project"]
    assert rows == [
        ["1001", "'=cmd|' /C calc'!A0", "P1", "Web; shop", "Waiting for locks", "Anna", "1,33",
         "0,00", "EUR", "133,33", "34,00", "167,33", "", "2026-10-05", "2026-10-05", ""],
    ]  # fmt: skip


def test_xlsx_holds_numbers_and_dates(signed_in: SignIn, accountant: Membership) -> None:
    customer = CustomerFactory(name="=1+1")
    TimeEntryFactory(project=ProjectFactory(customer=customer), minutes=80)

    answer = signed_in(accountant).get(f"/acme/ready/export.xlsx?{OCTOBER}")

    sheet: Any = load_workbook(io.BytesIO(answer.content)).active
    row = next(sheet.iter_rows(min_row=2))
    assert (row[1].value, row[1].data_type) == ("=1+1", "s")
    assert [row[i].value for i in (6, 9, 11)] == [1.33, 133.33, 167.33]
    assert row[13].value.date() == date(2026, 10, 5)


def test_members_may_not_look_and_auditors_not_draft(
    signed_in: SignIn, member: Membership, auditor: Membership
) -> None:
    entry = locked_entry()
    address = f"/acme/ready/p{entry.project_id}/draft/?{OCTOBER}"

    client = signed_in(member)
    assert client.get(PAGE).status_code == 403
    client = signed_in(auditor)
    page = client.get(PAGE)
    assert page.status_code == 200
    assert "data-ready-draft" not in page.content.decode()
    assert client.post(address).status_code == 403
    assert client.post(f"/acme/ready/drafts/?{OCTOBER}", {"row": "p1"}).status_code == 403
    assert not Invoice.objects.exists()


def test_managers_draft_their_own_projects_alone(signed_in: SignIn, manager: Membership) -> None:
    own = locked_entry(project=ProjectFactory(manager=manager, name="Own"))
    other = locked_entry(project=ProjectFactory(customer=own.project.customer, name="Foreign"))
    client = signed_in(manager)

    page = client.get(f"{PAGE}&group=customer").content.decode()
    assert "Foreign" not in page
    for path in (f"p{other.project_id}/", f"p{other.project_id}/entries/"):
        assert client.get(f"/acme/ready/{path}?{OCTOBER}").status_code == 404
    assert client.post(f"/acme/ready/p{other.project_id}/draft/?{OCTOBER}").status_code == 404
    client.post(f"/acme/ready/c{own.project.customer_id}/draft/?{OCTOBER}", headers=HTMX)

    assert Invoice.objects.get().net_total == Decimal(100)
    other.refresh_from_db()
    assert other.billing_state == "open"


def test_another_tenants_rows_are_404(db: None, client: Client) -> None:
    ours, theirs = TenantFactory(slug="ours"), TenantFactory(slug="theirs")
    with tenant_scope(theirs.pk):
        foreign = TimeEntryFactory()
        keys = [f"p{foreign.project_id}", f"c{foreign.project.customer_id}"]
    with tenant_scope(ours.pk):
        owner: Membership = MembershipFactory(role=Role.OWNER)
        assert owner.user is not None
        client.force_login(owner.user)
        for key in keys:
            assert client.get(f"/ours/ready/{key}/?{OCTOBER}").status_code == 404
            assert client.post(f"/ours/ready/{key}/draft/?{OCTOBER}").status_code == 404
        assert client.get(f"/theirs/ready/?{OCTOBER}").status_code == 404
