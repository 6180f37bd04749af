"""From a service order to its invoice, and back."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Unit
from customers.models import Project
from invoicing import errors
from invoicing.domain.crediting import cancel_invoice
from invoicing.domain.discarding import discard_drafts
from invoicing.domain.numbering import make_series
from invoicing.domain.order_drafting import draft_order
from invoicing.domain.posting import post_invoice
from invoicing.models import Composition, Invoice
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import CustomerFactory, ProjectFactory, RateFactory, TaxRateFactory
from timesheets.domain.entries import record_entry
from timesheets.domain.orders import checking, planning, working
from timesheets.domain.orders.checking import Part
from timesheets.models import Charge, ServiceOrder, TimeEntry
from timesheets.order_errors import WorkOnDocument

SignedIn = Callable[[Membership], Client]
DAY = date(2026, 11, 19)


@pytest.fixture
def project(tenant: Tenant, manager: Membership) -> Project:
    TaxRateFactory()
    RateFactory(amount=Decimal("96"))
    make_series(tenant)
    found: Project = ProjectFactory(
        customer=CustomerFactory(name="Ostaja Oy"), name="Service", manager=manager
    )
    return found


@pytest.fixture
def started(project: Project, accountant: Membership, member: Membership) -> ServiceOrder:
    """Two hours of the member and a quarter of an hour of the manager, a pump and two seals."""
    order = planning.create_order(
        actor=accountant,
        customer=project.customer,
        project=project,
        title="Boiler makes a noise",
        technician=member,
        planned_start_at=timezone.now(),
    )
    working.start_order(order.pk, actor=member, now=timezone.now())
    assert project.manager is not None
    for person, minutes in ((member, 90), (member, 30), (project.manager, 15)):
        working.record_hours(
            order.pk, actor=accountant, member=person, work_date=DAY, minutes=minutes
        )
    for text, quantity, price in (("Pump", "1", "214.50"), ("Seal", "2", "2.40")):
        working.record_part(
            order.pk,
            actor=member,
            text=text,
            quantity=Decimal(quantity),
            unit=Unit.PIECE,
            unit_price=Decimal(price),
            charge_date=DAY,
        )
    working.write_report(order.pk, text="Replaced the pump.", actor=member)
    return order


@pytest.fixture
def done(started: ServiceOrder, member: Membership) -> ServiceOrder:
    return working.finish_order(started.pk, actor=member, now=timezone.now())


@pytest.fixture
def checked(done: ServiceOrder, accountant: Membership) -> ServiceOrder:
    return _check(done, accountant, timezone.now())


def _check(order: ServiceOrder, actor: Membership, now: datetime) -> ServiceOrder:
    for part in Part:
        order = checking.check(order.pk, part, actor=actor, now=now)
    return order


def standing(order: ServiceOrder) -> str:
    orders: Any = ServiceOrder.objects
    return str(orders.with_standing().get(pk=order.pk).standing)


def lines(invoice: Invoice) -> list[tuple[str, Decimal, Decimal]]:
    return [
        (line.text, line.quantity, line.net) for line in invoice.lines.order_by("position", "pk")
    ]


def test_labour_by_person_and_parts_become_lines(
    checked: ServiceOrder, accountant: Membership
) -> None:
    draft = draft_order(checked.pk, actor=accountant.user)

    assert sorted(lines(draft)) == sorted(
        [
            ("Service · Member", Decimal(2), Decimal("192.00")),
            ("Service · Project manager", Decimal("0.25"), Decimal("24.00")),
            ("Pump", Decimal(1), Decimal("214.50")),
            ("Seal", Decimal(2), Decimal("4.80")),
        ]
    )
    assert (draft.customer, draft.project) == (checked.customer, checked.project)
    assert draft.comment == "SO-0001 Boiler makes a noise"
    assert (draft.service_start_date, draft.service_end_date) == (DAY, DAY)
    assert standing(checked) == "drafted"
    entry = AuditEntry.objects.get(action="order.drafted")
    assert entry.detail == {"draft": draft.pk}


def test_what_is_checked_needs_no_lock_even_where_locks_are_demanded(
    checked: ServiceOrder, accountant: Membership, tenant: Tenant
) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(unlocked_hours=Tenant.UnlockedHours.REFUSE)

    draft_order(checked.pk, actor=accountant.user)

    assert standing(checked) == "drafted"


def test_other_work_of_the_project_stays_where_it_is(
    checked: ServiceOrder, accountant: Membership, member: Membership, project: Project
) -> None:
    other = record_entry(actor=member, member=member, project=project, work_date=DAY, minutes=45)

    draft_order(checked.pk, actor=accountant.user)

    other.refresh_from_db()
    assert other.billing_state == "open"


def test_what_is_not_done_is_refused(started: ServiceOrder, accountant: Membership) -> None:
    with pytest.raises(errors.OrderNotDone, match="SO-0001 is in progress"):
        draft_order(started.pk, actor=accountant.user)


def test_what_is_not_checked_is_named(done: ServiceOrder, accountant: Membership) -> None:
    checking.check(done.pk, Part.HOURS, actor=accountant, now=timezone.now())

    with pytest.raises(errors.OrderNotChecked, match="checked yet: Report, Parts"):
        draft_order(done.pk, actor=accountant.user)

    assert not Invoice.objects.exists()


def test_twice_is_refused_with_the_document(checked: ServiceOrder, accountant: Membership) -> None:
    draft = draft_order(checked.pk, actor=accountant.user)

    with pytest.raises(errors.OrderOnDocument) as refused:
        draft_order(checked.pk, actor=accountant.user)
    assert refused.value.params["document"] == str(draft)


def test_without_billable_work_there_is_nothing(done: ServiceOrder, accountant: Membership) -> None:
    TimeEntry.objects.update(is_billable=False)
    Charge.objects.update(is_billable=False)
    order = _check(done, accountant, timezone.now())

    with pytest.raises(errors.OrderWithoutWork):
        draft_order(order.pk, actor=accountant.user)


def test_posting_makes_it_invoiced_and_cancelling_done_again(
    checked: ServiceOrder, accountant: Membership
) -> None:
    draft = draft_order(checked.pk, actor=accountant.user)
    invoice = post_invoice(draft, actor=accountant.user, now=timezone.now())

    assert standing(checked) == "invoiced"
    cancel_invoice(invoice, reason="A mistake", actor=accountant.user, now=timezone.now())
    assert standing(checked) == "done"
    draft_order(checked.pk, actor=accountant.user)
    assert standing(checked) == "drafted"


def test_discarding_makes_it_done_again(checked: ServiceOrder, accountant: Membership) -> None:
    draft = draft_order(checked.pk, actor=accountant.user)

    discard_drafts([draft.pk], actor=accountant.user)

    assert standing(checked) == "done"


def test_checks_stay_while_it_is_on_a_document(
    checked: ServiceOrder, accountant: Membership
) -> None:
    draft_order(checked.pk, actor=accountant.user)

    with pytest.raises(WorkOnDocument):
        checking.uncheck(checked.pk, Part.HOURS, actor=accountant)
    with pytest.raises(WorkOnDocument):
        working.reopen_order(checked.pk, actor=accountant)


# The pages


def page(answer: Any) -> str:
    return str(answer.content.decode())


def test_order_draft_and_invoice_link_to_each_other(
    checked: ServiceOrder, accountant: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(accountant)
    order_url = f"/acme/orders/{checked.pk}/"

    answer = client.post(f"{order_url}invoice/")

    draft = Invoice.objects.get()
    assert answer["Location"] == f"/acme/drafts/{draft.pk}/"
    assert f'href="{order_url}"' in page(client.get(f"/acme/drafts/{draft.pk}/"))
    assert f"/acme/invoices/{draft.pk}/" in page(client.get(order_url))
    invoice = post_invoice(draft, actor=accountant.user, now=timezone.now())
    assert f'href="{order_url}"' in page(client.get(f"/acme/invoices/{draft.pk}/"))
    shown = page(client.get(order_url))
    assert str(invoice.number) in shown
    assert "Invoiced" in shown


def test_a_refusal_is_said_on_the_order(
    done: ServiceOrder, accountant: Membership, signed_in: SignedIn
) -> None:
    answer = signed_in(accountant).post(f"/acme/orders/{done.pk}/invoice/")

    assert answer.status_code == 422
    assert "Not everything of SO-0001 is checked yet: Report, Hours, Parts." in page(answer)


def test_who_may(
    checked: ServiceOrder,
    member: Membership,
    manager: Membership,
    auditor: Membership,
    signed_in: SignedIn,
) -> None:
    for person in (member, auditor):
        client = signed_in(person)
        assert client.post(f"/acme/orders/{checked.pk}/invoice/").status_code == 403
        assert "Create invoice" not in page(client.get(f"/acme/orders/{checked.pk}/"))
    Project.objects.update(manager=None)
    assert signed_in(manager).post(f"/acme/orders/{checked.pk}/invoice/").status_code == 404
    Project.objects.update(manager=manager)
    assert signed_in(manager).post(f"/acme/orders/{checked.pk}/invoice/").status_code == 302


def test_its_lines_can_be_chosen_in_the_composer(
    checked: ServiceOrder, accountant: Membership, member: Membership, signed_in: SignedIn
) -> None:
    record_entry(actor=member, member=member, project=checked.project, work_date=DAY, minutes=45)
    client = signed_in(accountant)

    order_page = page(client.get(f"/acme/orders/{checked.pk}/"))
    [start] = re.findall(r'action="([^"]+order=\d+[^"]+)"', order_page)
    answer = client.post(unescape(start))

    composition = Composition.objects.get()
    assert answer.status_code == 302
    shown = page(client.get(answer["Location"]))
    assert composition.customer == checked.customer
    # 2:15 of the order, not the 0:45 beside it.
    assert "2:15" in shown
    assert "3:00" not in shown
