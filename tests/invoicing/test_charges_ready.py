"""Charges under "ready to invoice" and on the pages of drafts."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from customers.models import Customer, Project
from invoicing.domain.drafting import draft_work
from invoicing.models import Invoice
from invoicing.selectors.ready import Grouping, Ready, ReadyRow, RowState, attach_links, read_ready
from tenants.models import Membership, Tenant
from tests.asking import asked_by
from tests.factories import (
    ChargeFactory,
    CustomerFactory,
    ProjectFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from timesheets.models import Charge, ChargeKind

type SignIn = Callable[[Membership], Client]
START, END = date(2026, 10, 1), date(2026, 10, 31)
OCTOBER = "start=2026-10-01&end=2026-10-31"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def project(tenant: Tenant, manager: Membership) -> Project:
    TaxRateFactory()
    found: Project = ProjectFactory(
        name="Roof", manager=manager, customer=CustomerFactory(name="Ostaja Oy")
    )
    return found


@pytest.fixture
def work(project: Project) -> Customer:
    """Hours and charges of a project, and charges of its customer alone."""
    TimeEntryFactory(project=project, minutes=90)
    reduced = TaxRateFactory(name="14 %", percent=Decimal(14), is_default=False)
    ChargeFactory(project=project, text="Hotel", unit_price=Decimal("119"), tax_rate=reduced)
    for day, quantity in ((3, "10"), (20, "21")):
        ChargeFactory(
            customer=project.customer,
            kind=ChargeKind.USAGE,
            destination="Germany",
            charge_date=date(2026, 10, day),
            quantity=Decimal(quantity),
            unit_price=Decimal("0.0345"),
        )
    customer: Customer = project.customer
    return customer


def read(reader: Membership, grouping: Grouping = "project") -> Ready:
    return read_ready(start=START, end=END, membership=reader, grouping=grouping)


def told(row: ReadyRow) -> tuple[str, int, int, Decimal, Decimal | None]:
    return row.key, row.minutes, row.charge_count, row.net, row.gross


def test_rows_have_the_charges_beside_the_hours(accountant: Membership, work: Customer) -> None:
    rows = {row.key: row for row in read(accountant).rows}

    project = Project.objects.get()
    assert sorted(map(told, rows.values())) == [
        # 31 × 0.0345 = 1.0695; 1.07 and 25.5 %
        (f"n{work.pk}", 0, 2, Decimal("1.07"), Decimal("1.34")),
        # 150 and 25.5 %, 119 and 14 %
        (f"p{project.pk}", 90, 1, Decimal("269"), Decimal("323.91")),
    ]
    assert rows[f"n{work.pk}"].project is None
    assert rows[f"n{work.pk}"].state == RowState.READY
    assert rows[f"p{project.pk}"].state == RowState.WAITING


@pytest.mark.parametrize("grouping", ["project", "customer"])
def test_a_row_is_priced_as_its_draft_will_be(
    accountant: Membership, work: Customer, grouping: Grouping
) -> None:
    rows = read(accountant, grouping).rows
    drafts = [
        draft_work(
            start=START,
            end=END,
            actor=None,
            project_ids=row.project_ids,
            loose_of=None if row.key.startswith("p") else work.pk,
            allow_unlocked=True,
        )
        for row in rows
    ]

    assert [(row.net, row.gross) for row in rows] == [
        (draft.net_total, draft.gross_total) for draft in drafts
    ]
    for row, draft in zip(rows, drafts, strict=True):
        texts = [line.text for line in row.charges]
        assert list(draft.lines.values_list("text", flat=True))[len(row.lines) :] == texts


def test_drafted_charges_name_their_document(accountant: Membership, work: Customer) -> None:
    draft = draft_work(start=START, end=END, actor=None, project_ids=[], loose_of=work.pk)

    [row] = [row for row in read(accountant).rows if row.state == RowState.DRAFTED]
    attach_links([row], start=START, end=END)

    assert row.key == f"n{work.pk}"
    assert [document.invoice_id for document in row.documents] == [draft.pk]


def test_a_manager_sees_own_projects_alone(manager: Membership, work: Customer) -> None:
    ChargeFactory(project=ProjectFactory(customer=work), text="Another's")

    [row] = read(manager).rows

    assert row.key == f"p{Project.objects.get(name='Roof').pk}"
    assert row.may_draft
    [row] = read(manager, "customer").rows
    assert row.charge_count == 1


def test_a_charge_without_any_tax_rate_is_to_be_mended(
    accountant: Membership, tenant: Tenant
) -> None:
    ChargeFactory()

    [row] = read(accountant).rows

    assert (row.state, row.gross) == (RowState.MEND, None)


def test_many_charges_ask_no_more(
    accountant: Membership, signed_in: SignIn, work: Customer
) -> None:
    client = signed_in(accountant)

    def count() -> int:
        return asked_by(client, f"/acme/ready/?{OCTOBER}&status=all")

    ChargeFactory()
    few = count()
    ChargeFactory.create_batch(10, customer=work)
    ChargeFactory.create_batch(3)
    assert few == count() <= 11


def test_one_press_drafts_what_belongs_to_no_project(
    accountant: Membership, manager: Membership, signed_in: SignIn, work: Customer
) -> None:
    address = f"/acme/ready/n{work.pk}/"

    assert signed_in(manager).post(f"{address}draft/?{OCTOBER}", headers=HTMX).status_code == 404
    assert signed_in(manager).get(f"{address}?{OCTOBER}").status_code == 404
    client = signed_in(accountant)
    page = client.get(f"{address}?{OCTOBER}").content.decode()
    assert "Usage · Germany" in page
    assert client.post(f"{address}draft/?{OCTOBER}", headers=HTMX).status_code == 200

    draft = Invoice.objects.get()
    assert draft.net_total == Decimal("1.07")


def test_the_drafts_charges_come_off_and_on(
    accountant: Membership, signed_in: SignIn, work: Customer
) -> None:
    draft = draft_work(start=START, end=END, actor=None, customer_id=work.pk, allow_unlocked=True)
    hotel = Charge.objects.get(text="Hotel")
    later = ChargeFactory(customer=work, text="Taxi", unit_price=Decimal(30))
    client = signed_in(accountant)
    address = f"/acme/drafts/{draft.pk}/work/"

    page = client.get(address).content.decode()
    assert "Hotel" in page
    assert "Open charges of Ostaja Oy" in page
    assert "Taxi" in page
    assert client.post(f"{address}add/").status_code == 422
    assert client.post(f"{address}add/", {"charge": later.pk}).status_code == 302
    assert client.post(f"{address}charges/{hotel.pk}/release/").status_code == 302
    draft.refresh_from_db()
    # 150, 1.07 and 30
    assert draft.net_total == Decimal("181.07")
    again = client.post(f"{address}charges/{hotel.pk}/release/", headers=HTMX)
    assert again["HX-Reswap"] == "none"
    assert "not on a draft" in again["HX-Trigger"]
    assert client.post(f"{address}charges/{hotel.pk}/return/", headers=HTMX).status_code == 200
    draft.refresh_from_db()
    assert draft.net_total > Decimal("181.07")
    assert client.post(f"{address}charges/{hotel.pk}/release/").status_code == 302
    form = client.get(f"/acme/drafts/{draft.pk}/").content.decode()
    assert "2 charges" in form


def test_the_auditor_looks_at_the_drafts_charges_only(
    auditor: Membership, member: Membership, signed_in: SignIn, work: Customer
) -> None:
    draft = draft_work(start=START, end=END, actor=None, customer_id=work.pk, allow_unlocked=True)
    hotel = Charge.objects.get(text="Hotel")
    address = f"/acme/drafts/{draft.pk}/work/"

    page = signed_in(auditor).get(address)
    assert page.status_code == 200
    assert "Take off" not in page.content.decode()
    assert signed_in(auditor).post(f"{address}charges/{hotel.pk}/release/").status_code == 403
    assert signed_in(member).get(address).status_code == 403
