"""The archive of documents: what it shows, finds, sums up and lets out."""

import csv
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from invoicing.domain.drafting import draft_work, new_draft
from invoicing.domain.lines import price_line, save_totals
from invoicing.domain.posting import post_invoice
from invoicing.models import Invoice, InvoiceLine
from invoicing.selectors.archive import archived, sums_by_currency
from tenants.models import Membership, Tenant
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.factories import (
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    TaxRateFactory,
    TenantFactory,
    TimeEntryFactory,
)

SignIn = Callable[[Membership], Client]
ARCHIVE = "/acme/invoices/"
HTMX = {"HX-Request": "true"}
# What lies before today is overdue, whenever these tests run.
LONG_AGO, FAR_AHEAD = date(2020, 1, 1), date(2100, 1, 1)


@pytest.fixture(autouse=True)
def _rates(request: pytest.FixtureRequest) -> None:
    if {"tenant", "accountant", "manager"} & set(request.fixturenames):
        request.getfixturevalue("tenant")
        TaxRateFactory()


def document(
    name: str = "Satama Oy",
    net: str = "100",
    *,
    text: str = "Work",
    issued: date = date(2026, 10, 1),
    due: date = FAR_AHEAD,
    posted: bool = False,
    currency: str = "EUR",
    **fields: Any,
) -> Invoice:
    customer = fields.pop("customer", None) or CustomerFactory(name=name, currency=currency)
    draft = new_draft(customer=customer, actor=None, issue_date=issued)
    line = InvoiceLine(
        invoice=draft,
        position=1,
        text=text,
        quantity=Decimal(1),
        unit_price=Decimal(net),
        tax_rate=TaxRateFactory(),
    )
    price_line(line, currency=draft.currency)
    line.save()
    save_totals(draft)
    Invoice.objects.filter(pk=draft.pk).update(due_date=due, **fields)
    draft.refresh_from_db()
    return post_invoice(draft, actor=None) if posted else draft


def names(page: Any) -> list[str]:
    return [invoice.billing_name for invoice in page.context["page"].object_list]


def test_state_and_open_amount_are_derived(accountant: Membership) -> None:
    document("Draft")
    document("Posted", posted=True, due=date(2026, 10, 15))
    document("Overdue", posted=True, due=date(2026, 10, 14))
    document("Old draft", due=date(2026, 10, 14))

    rows = archived(accountant, on=date(2026, 10, 15)).order_by("pk")

    assert [(r.billing_name, r.state, r.open_amount) for r in rows] == [  # type: ignore[attr-defined]
        ("Draft", "draft", Decimal(0)),
        ("Posted", "posted", Decimal("125.50")),
        ("Overdue", "overdue", Decimal("125.50")),
        ("Old draft", "draft", Decimal(0)),
    ]


def test_sums_by_currency(accountant: Membership) -> None:
    document(net="100", posted=True)
    document(net="50")
    document(net="1000", currency="SEK", posted=True)

    sums = sums_by_currency(archived(accountant, on=date(2026, 10, 15)))

    assert [(s.currency, s.count, s.gross, s.open_amount) for s in sums] == [
        ("SEK", 1, Decimal("1255.00"), Decimal("1255.00")),
        ("EUR", 2, Decimal("188.25"), Decimal("125.50")),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"Alpha", "Beta", "Gamma"}),
        ("status=draft", {"Alpha"}),
        ("status=posted", {"Beta"}),
        ("status=overdue", {"Gamma"}),
        ("date_after=2026-10-02", {"Gamma"}),
        ("date_before=2026-10-01", {"Alpha", "Beta"}),
        ("q=gam", {"Gamma"}),
        ("q=hydraulics", {"Beta"}),
        ("q=beta+hydraulics", {"Beta"}),
        ("q=alpha+hydraulics", set()),
        ("q=PO-77", {"Alpha"}),
        ("q=2026-0002", {"Gamma"}),
        ("q=100%25", set()),
    ],
)
def test_filters_and_search(
    signed_in: SignIn, accountant: Membership, query: str, expected: set[str]
) -> None:
    document("Alpha", order_reference="PO-77")
    document("Beta", text="New hydraulics pump", posted=True)
    document("Gamma", posted=True, issued=date(2026, 10, 2), due=date(2026, 10, 9))

    page = signed_in(accountant).get(f"{ARCHIVE}?{query}")

    assert page.status_code == 200
    assert set(names(page)) == expected


def test_the_payment_reference_is_found(signed_in: SignIn, accountant: Membership) -> None:
    paid = document("Alpha", posted=True)
    document("Beta", posted=True)

    page = signed_in(accountant).get(f"{ARCHIVE}?q={paid.payment_reference}")

    assert names(page) == ["Alpha"]


def test_filters_by_customer(signed_in: SignIn, accountant: Membership) -> None:
    wanted = document("Alpha")
    document("Beta")

    page = signed_in(accountant).get(f"{ARCHIVE}?customer={wanted.customer_id}")

    assert names(page) == ["Alpha"]
    assert ">Alpha</option>" in page.content.decode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("date_after=2026-10-02&date_before=2026-10-01", "The last day lies before the first."),
        ("date_after=2026-02-31", "Enter a valid date."),
        ("customer=999999", "Select a valid choice"),
        ("status=owing", "Select a valid choice"),
        ("amount_min=2&amount_max=1", "The second amount is smaller"),
        ("amount_min=x", "Enter a number"),
        ("q=nonsense:1", "There is no field “nonsense”."),
        ("q=%22open", "This quotation mark is not closed."),
        ("q=%00", "Null characters are not allowed"),
    ],
)
def test_a_wrong_filter_gets_a_sentence(
    signed_in: SignIn, accountant: Membership, query: str, sentence: str
) -> None:
    client = signed_in(accountant)

    page = client.get(f"{ARCHIVE}?{query}", headers=HTMX)

    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert client.get(f"{ARCHIVE}export.csv?{query}").status_code == 422


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["Beta", "Gamma", "Alpha"]),
        ("customer", ["Alpha", "Beta", "Gamma"]),
        ("-customer", ["Gamma", "Beta", "Alpha"]),
        ("number", ["Gamma", "Beta", "Alpha"]),
        ("-number", ["Beta", "Gamma", "Alpha"]),
        ("date", ["Alpha", "Gamma", "Beta"]),
        ("due", ["Beta", "Alpha", "Gamma"]),
        ("-gross", ["Gamma", "Alpha", "Beta"]),
        ("-open", ["Gamma", "Beta", "Alpha"]),
        ("status", ["Alpha", "Beta", "Gamma"]),
        ("nonsense", ["Beta", "Gamma", "Alpha"]),
    ],
)
def test_every_column_sorts(
    signed_in: SignIn, accountant: Membership, sort: str, expected: list[str]
) -> None:
    document("Alpha", "200", issued=date(2026, 10, 1), due=date(2099, 6, 1))
    document("Gamma", "300", issued=date(2026, 10, 2), due=FAR_AHEAD, posted=True)
    document("Beta", "100", issued=date(2026, 10, 3), due=date(2026, 10, 5), posted=True)

    page = signed_in(accountant).get(f"{ARCHIVE}?sort={sort}")

    assert names(page) == expected


def test_pages_hold_fifty_and_sums_hold_all(signed_in: SignIn, accountant: Membership) -> None:
    customer = CustomerFactory()
    Invoice.objects.bulk_create(
        [
            Invoice(
                customer=customer, billing_name=f"No {n}", billing_country="FI", currency="EUR",
                language="en", issue_date=date(2026, 10, 1), due_date=date(2026, 10, 15),
                tax_point=date(2026, 10, 1), net_total=1, gross_total=1,
            )
            for n in range(120)
        ]
    )  # fmt: skip

    page = signed_in(accountant).get(f"{ARCHIVE}?page=3")

    assert len(page.context["page"].object_list) == 20
    sums = [stat["value"] for stat in page.context["stats"]]
    assert sums == ["€120.00", "€120.00", "€0.00"]


def test_the_query_count_does_not_grow(signed_in: SignIn, accountant: Membership) -> None:
    client = signed_in(accountant)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(ARCHIVE)
        return len(queries)

    document()
    few = count()
    document(posted=True)
    document(currency="SEK")

    assert count() == few
    # Two of them are the savepoint that a test's scope has for a transaction.
    assert few <= 14


def test_csv_and_xlsx(signed_in: SignIn, accountant: Membership) -> None:
    document("=EVIL()", "33.33", posted=True, due=LONG_AGO, issued=LONG_AGO)
    document("Draft")
    client = signed_in(accountant)

    text = b"".join(client.get(f"{ARCHIVE}export.csv?status=overdue")).decode()
    book = load_workbook(io.BytesIO(client.get(f"{ARCHIVE}export.xlsx?status=draft").content))

    _head, *rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
    (row,) = rows
    assert row[:2] == ["2020-0001", "Overdue"]
    assert row[3:11] == [
        "'=EVIL()", "2020-01-01", "2020-01-01", "EUR", "33,33", "8,50", "41,83", "41,83",
    ]  # fmt: skip
    sheet: Any = book.active
    assert [cell.value for cell in sheet[2]][1:4:2] == ["Draft", "Draft"]
    assert sheet.max_row == 2


def test_a_list_too_long_for_excel_is_not_cut_silently(
    signed_in: SignIn, accountant: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenants.exports.MOST_XLSX_ROWS", 1)
    document()
    client = signed_in(accountant)
    assert client.get(f"{ARCHIVE}export.xlsx").status_code == 200
    document()

    answer = client.get(f"{ARCHIVE}export.xlsx")

    assert answer.status_code == 422
    assert "at most 1 rows" in answer.content.decode()


def test_a_customers_and_a_projects_tab(signed_in: SignIn, accountant: Membership) -> None:
    entry = TimeEntryFactory()
    draft = draft_work(
        start=entry.work_date,
        end=entry.work_date,
        actor=None,
        project_ids=[entry.project_id],
        allow_unlocked=True,
    )
    document("Somebody else")
    client = signed_in(accountant)

    for address in (
        f"/acme/customers/{entry.project.customer_id}/invoices/",
        f"/acme/projects/{entry.project_id}/invoices/",
    ):
        part = client.get(address, headers=HTMX)
        assert [invoice.pk for invoice in part.context["page"]] == [draft.pk]
        assert "<html" not in part.content.decode()
        assert "filter-bar" in part.content.decode()
        filtered = client.get(f"{address}?status=posted", headers=HTMX | {"HX-Target": "list"})
        assert list(filtered.context["page"]) == []
        assert "filter-bar" not in filtered.content.decode()
        assert client.get(f"{address}?q=x:1", headers=HTMX).status_code == 422
        assert "<html" in client.get(address).content.decode()


def test_members_may_not_look(signed_in: SignIn, member: Membership) -> None:
    client = signed_in(member)
    for path in ("", "export.csv", "export.xlsx"):
        assert client.get(f"{ARCHIVE}{path}").status_code == 403


def test_managers_see_documents_of_nothing_but_their_own_projects(
    signed_in: SignIn, manager: Membership
) -> None:
    own = ProjectFactory(manager=manager)
    sibling = ProjectFactory(customer=own.customer)
    also_own = ProjectFactory(customer=own.customer, manager=manager)
    day = date(2026, 10, 5)

    def draft(*projects: Any) -> Invoice:
        for project in projects:
            TimeEntryFactory(project=project, work_date=day)
        return draft_work(
            start=day,
            end=day,
            actor=None,
            project_ids=[project.pk for project in projects],
            allow_unlocked=True,
        )

    seen = [draft(own), draft(own, also_own)]
    draft(sibling)
    draft(own, sibling)
    document("Without hours", customer=own.customer)

    page = signed_in(manager).get(ARCHIVE)

    assert {invoice.pk for invoice in page.context["page"].object_list} == {
        invoice.pk for invoice in seen
    }


def test_another_tenants_documents_are_not_there(db: None, client: Client) -> None:
    ours, theirs = TenantFactory(slug="ours"), TenantFactory(slug="theirs")
    with tenant_scope(theirs.pk):
        TaxRateFactory()
        foreign = document("Foreign")
    with tenant_scope(ours.pk):
        owner: Membership = MembershipFactory(role=Role.OWNER)
        assert owner.user is not None
        client.force_login(owner.user)
        assert "Foreign" not in client.get("/ours/invoices/").content.decode()
        page = client.get(f"/ours/invoices/?customer={foreign.customer_id}")
        assert page.status_code == 422
        assert client.get("/theirs/invoices/").status_code == 404


def test_an_empty_archive_offers_the_first_step(
    signed_in: SignIn, accountant: Membership, tenant: Tenant
) -> None:
    page = signed_in(accountant).get(ARCHIVE).content.decode()

    assert "No invoices yet" in page
    assert f'href="/{tenant.slug}/ready/"' in page


@pytest.mark.parametrize("page", [ARCHIVE, "/acme/drafts/"])
def test_the_filter_names_no_customer_a_manager_does_not_see(
    manager: Membership, signed_in: SignIn, page: str
) -> None:
    own = ProjectFactory(manager=manager, customer__name="Satama Oy").customer
    other = CustomerFactory(name="Hidden Oy")
    client = signed_in(manager)

    assert "Satama Oy" in client.get(page, {"customer": own.pk}).content.decode()
    assert "Hidden Oy" not in client.get(page, {"customer": other.pk}).content.decode()
