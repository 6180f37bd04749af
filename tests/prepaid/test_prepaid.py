"""Prepaid hours: sold on an invoice, drawn by entries, by literal minutes and amounts."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from customers.models import Customer, Project
from invoicing import prepaid_errors as errors
from invoicing.domain.advances import set_fixed_price
from invoicing.domain.crediting import cancel_invoice
from invoicing.domain.discarding import delete_drafts, discard_draft, restore_drafts
from invoicing.domain.drafting import draft_work
from invoicing.domain.editing import save_draft
from invoicing.domain.posting import post_invoice, refusals
from invoicing.domain.prepaid.drawing import draw_hours, undo_draws
from invoicing.domain.prepaid.planning import LeftOpen, plan_draw
from invoicing.domain.prepaid.selling import Sale, change_prepaid, sell_hours
from invoicing.domain.verifying import check_prepaid, check_work
from invoicing.errors import CustomerHasPrepaid, NothingToInvoice
from invoicing.models import Invoice, InvoiceLine, PrepaidDraw, PrepaidHours
from tenants.errors import AnsweredAlready
from tenants.models import AuditEntry, Tenant
from tests.factories import CustomerFactory, ProjectFactory, ServiceOrderFactory, TaxRateFactory
from tests.invoicing.crediting import credit, part
from tests.prepaid.selling import balance, drafted, sold, worked
from timesheets.models import BillingState, TimeEntry


@pytest.fixture
def customer(tenant: Tenant) -> Customer:
    TaxRateFactory()
    found: Customer = CustomerFactory(name="Havu Oy")
    return found


@pytest.fixture
def project(customer: Customer) -> Project:
    found: Project = ProjectFactory(customer=customer, name="Upkeep")
    return found


def draw(customer: Customer, **told: Any) -> Any:
    return draw_hours(customer, actor=None, **told)


def states(entries: list[TimeEntry]) -> list[str]:
    return [TimeEntry.objects.get(pk=entry.pk).billing_state for entry in entries]


# Selling


def test_hours_are_sold_with_their_vat_and_cost_nothing_more(
    customer: Customer, project: Project
) -> None:
    prepaid = drafted(customer, "20", valid_until=date(2026, 12, 31))
    [line] = prepaid.line.invoice.lines.all()
    assert line.text == "Prepaid hours: 20 h, valid until 31 Dec 2026"
    assert (line.quantity, line.unit, line.unit_price, line.net) == (
        Decimal(20), "HUR", Decimal(100), Decimal("2000.00"),
    )  # fmt: skip
    invoice = post_invoice(line.invoice, actor=None)
    assert (invoice.net_total, invoice.tax_total) == (Decimal("2000.00"), Decimal("510.00"))
    entries = worked(120, 90, project=project)

    draw(customer)

    assert states(entries) == ["billed", "billed"]
    assert balance(prepaid) == (1200, 210, 990)
    assert Invoice.objects.count() == 1
    with pytest.raises(NothingToInvoice):
        draft_work(
            start=date(2026, 10, 1), end=date(2026, 10, 31), customer_id=customer.pk, actor=None
        )
    assert (check_work().faults, check_prepaid().faults) == ([], [])


def test_a_lump_sum_buys_its_hours_for_one_amount(customer: Customer) -> None:
    prepaid = sold(customer, "12.5", lump_sum=Decimal("999.00"))

    assert prepaid.line.text == "Prepaid hours: 12:30 h"
    assert (prepaid.line.quantity, prepaid.line.net) == (Decimal(1), Decimal("999.00"))
    assert balance(prepaid) == (750, 0, 750)


def test_the_line_says_how_many_hours_were_bought(customer: Customer) -> None:
    prepaid = drafted(customer, "20")
    InvoiceLine.objects.filter(pk=prepaid.line_id).update(quantity=Decimal("25"))

    assert balance(prepaid) == (1500, 0, 1500)


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"minutes": 0}, errors.PrepaidTimeMissing),
        ({"minutes": -60}, errors.PrepaidTimeMissing),
        ({"minutes": 6_000_060}, errors.PrepaidTimeMissing),
        ({"hour_price": None}, errors.PrepaidPriceMissing),
        ({"hour_price": Decimal(0)}, errors.PrepaidPriceMissing),
        ({"hour_price": Decimal(-1)}, errors.PrepaidPriceMissing),
        ({"lump_sum": Decimal(100)}, errors.PrepaidPriceMissing),
        ({"hour_price": None, "lump_sum": Decimal("0.001")}, errors.PrepaidPriceMissing),
        ({"valid_until": date(2025, 12, 31)}, errors.PrepaidExpiryFirst),
    ],
)
def test_what_cannot_be_sold(
    customer: Customer, changed: dict[str, Any], refusal: type[errors.PrepaidRefused]
) -> None:
    values: dict[str, Any] = {
        "minutes": 600,
        "hour_price": Decimal(100),
        "valid_from": date(2026, 1, 1),
    }
    with pytest.raises(refusal):
        sell_hours(customer, Sale(**(values | changed)), actor=None)
    assert not Invoice.objects.exists()


def test_for_a_project_of_the_customer_that_is_invoiced_by_hours(
    customer: Customer, project: Project
) -> None:
    with pytest.raises(errors.PrepaidProjectElsewhere):
        drafted(customer, project=ProjectFactory())
    set_fixed_price(project, amount=Decimal(900), text="All", tax_rate=None, actor=None)
    with pytest.raises(errors.PrepaidProjectFixed):
        drafted(customer, project=project)


def test_a_form_sells_once(customer: Customer) -> None:
    sale = Sale(minutes=600, hour_price=Decimal(100), valid_from=date(2026, 1, 1))
    token = uuid4()
    sell_hours(customer, sale, actor=None, token=token)
    with pytest.raises(AnsweredAlready):
        sell_hours(customer, sale, actor=None, token=token)
    assert PrepaidHours.objects.count() == 1


# Drawing


def test_nothing_is_drawn_before_the_invoice_is_posted(
    customer: Customer, project: Project
) -> None:
    prepaid = drafted(customer)
    worked(60, project=project)
    with pytest.raises(errors.NothingToDraw):
        draw(customer)
    post_invoice(prepaid.line.invoice, actor=None)
    draw(customer)
    assert balance(prepaid) == (1200, 60, 1140)


def test_the_oldest_first_until_one_does_not_fit(customer: Customer, project: Project) -> None:
    prepaid = sold(customer, "5")
    entries = worked(120, 90, 120, 30, project=project)

    plan = plan_draw(customer)
    [only] = plan.parts
    assert (only.before, only.minutes, only.after) == (300, 210, 90)
    assert only.stopped_by is not None
    assert only.stopped_by.entry == entries[2]
    assert [(one.entry, reason) for one, reason in plan.left_open] == [
        (entries[2], LeftOpen.NO_ROOM), (entries[3], LeftOpen.NO_ROOM),
    ]  # fmt: skip
    draw(customer)

    assert states(entries) == ["billed", "billed", "open", "open"]
    assert balance(prepaid) == (300, 210, 90)


def test_the_oldest_prepaid_hours_first(customer: Customer, project: Project) -> None:
    new = sold(customer, "10", valid_from=date(2026, 6, 1))
    old = sold(customer, "3", valid_from=date(2026, 1, 1))
    entries = worked(120, 120, 60, project=project)

    draw(customer)

    assert balance(old) == (180, 120, 60)
    assert balance(new) == (600, 180, 420)
    assert states(entries) == ["billed", "billed", "billed"]


def test_only_hours_of_their_project_and_days(customer: Customer, project: Project) -> None:
    prepaid = sold(
        customer,
        project=project,
        valid_from=date(2026, 10, 2),
        valid_until=date(2026, 10, 3),
    )
    entries = worked(60, 60, 60, 60, project=project)
    [other] = worked(60, project=ProjectFactory(customer=customer))
    [elsewhere] = worked(60)

    draw(customer)

    assert states(entries) == ["open", "billed", "billed", "open"]
    assert states([other, elsewhere]) == ["open", "open"]
    assert balance(prepaid) == (1200, 120, 1080)


def test_what_is_not_drawn(customer: Customer, project: Project) -> None:
    sold(customer)
    order = ServiceOrderFactory(project=project)
    [unlocked] = worked(60, project=project, is_locked=False)
    [ordered] = worked(60, project=project, service_order=order)
    [internal] = worked(60, project=project, is_billable=False)
    fixed = ProjectFactory(customer=customer)
    set_fixed_price(fixed, amount=Decimal(900), text="All", tax_rate=None, actor=None)
    [of_fixed] = worked(60, project=fixed)

    plan = plan_draw(customer)
    assert {(draw.entry, reason) for draw, reason in plan.left_open} == {
        (unlocked, LeftOpen.NOT_LOCKED), (ordered, LeftOpen.ON_ORDER),
    }  # fmt: skip
    with pytest.raises(errors.NothingToDraw):
        draw(customer)
    draw(customer, allow_unlocked=True)

    assert states([unlocked, ordered, internal, of_fixed]) == ["billed", "open", "open", "open"]


def test_a_company_that_demands_locks_draws_no_unlocked_hours(
    tenant: Tenant, customer: Customer, project: Project
) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(unlocked_hours=Tenant.UnlockedHours.REFUSE)
    sold(customer)
    worked(60, project=project, is_locked=False)
    with pytest.raises(errors.NothingToDraw):
        draw(customer, allow_unlocked=True)


@pytest.mark.parametrize(
    ("per", "counted"),
    [("entry", 30 + 45), ("day", 60), ("line", 30 + 45)],
)
def test_time_is_rounded_as_on_lines(
    customer: Customer, project: Project, per: str, counted: int
) -> None:
    project.rounding_minutes, project.rounding_direction = 15, "up"
    project.rounding_per = per
    project.save()
    prepaid = sold(customer, "10")
    [first] = worked(20, project=project)
    worked(40, project=project, member=first.member)

    draw(customer)

    assert balance(prepaid) == (600, counted, 600 - counted)


def test_a_preview_is_kept_or_nothing_is_drawn(customer: Customer, project: Project) -> None:
    prepaid = sold(customer, "10")
    entries = worked(60, 120, project=project)
    shown = plan_draw(customer).shown
    assert shown == [(prepaid.pk, entries[0].pk, 60), (prepaid.pk, entries[1].pk, 120)]
    later = worked(30, project=project)
    taken = draft_work(
        start=date(2026, 10, 2), end=date(2026, 10, 2), customer_id=customer.pk, actor=None
    )

    with pytest.raises(errors.DrawChanged) as refused:
        draw(customer, shown=shown)
    assert f"2026-10-02, 2:00 h (Draft {taken.pk})" in str(refused.value)
    assert balance(prepaid) == (600, 0, 600)

    discard_draft(taken, actor=None)
    draw(customer, shown=shown)
    # What came later was not shown.
    assert states([*entries, *later]) == ["billed", "billed", "open"]


def test_a_preview_of_more_than_is_left_by_now(customer: Customer, project: Project) -> None:
    prepaid = sold(customer, "3")
    worked(60, 120, project=project)
    shown = plan_draw(customer).shown
    credit(prepaid.line.invoice, part(prepaid.line, quantity="2"))

    with pytest.raises(errors.DrawChanged, match="only 1:00 h are left"):
        draw(customer, shown=shown)
    assert not PrepaidDraw.objects.exists()


def test_an_undone_draw_is_open_and_can_be_drawn_again(
    customer: Customer, project: Project
) -> None:
    prepaid = sold(customer)
    entries = worked(60, 90, project=project)
    draw(customer)
    first = PrepaidDraw.objects.get(time_entry=entries[0])

    assert undo_draws(prepaid, actor=None, draw_ids=[first.pk]) == 60
    assert states(entries) == ["open", "billed"]
    assert balance(prepaid) == (1200, 90, 1110)
    assert undo_draws(prepaid, actor=None) == 90
    with pytest.raises(errors.DrawsNotThere):
        undo_draws(prepaid, actor=None)
    draw(customer)
    assert states(entries) == ["billed", "billed"]
    actions = AuditEntry.objects.filter(object_type="invoicing.prepaidhours").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "prepaid.drafted", "prepaid.drawn", "prepaid.undone", "prepaid.undone", "prepaid.drawn",
    ]  # fmt: skip


def test_the_days_change_as_far_as_what_is_drawn_stays_inside(
    customer: Customer, project: Project
) -> None:
    prepaid = sold(customer, valid_until=date(2026, 12, 31))
    worked(60, project=project)
    draw(customer)
    told: dict[str, Any] = {"valid_from": date(2026, 1, 1), "note": "", "actor": None}
    with pytest.raises(errors.PrepaidOutside, match="2026-10-01"):
        change_prepaid(prepaid.pk, valid_until=date(2026, 9, 30), **told)
    with pytest.raises(errors.PrepaidExpiryFirst):
        change_prepaid(prepaid.pk, valid_until=date(2025, 9, 30), **told)
    changed = change_prepaid(prepaid.pk, valid_until=None, **told)
    assert changed.valid_until is None


# What becomes of the invoice


def test_a_discarded_draft_sells_nothing_and_restored_does(customer: Customer) -> None:
    prepaid = drafted(customer)
    invoice = prepaid.line.invoice
    discard_draft(invoice, actor=None)
    assert PrepaidHours.objects.with_state(date(2026, 11, 1)).get().state == "discarded"
    restore_drafts([invoice.pk], actor=None)
    post_invoice(Invoice.objects.get(pk=invoice.pk), actor=None)
    assert PrepaidHours.objects.with_state(date(2026, 11, 1)).get().state == "valid"


def test_with_the_draft_or_its_line_they_are_gone(customer: Customer) -> None:
    delete_drafts([drafted(customer).line.invoice_id], actor=None)
    assert not PrepaidHours.objects.exists()

    draft = drafted(customer).line.invoice
    save_draft(draft, version=draft.version, values={}, lines=[], actor=None)
    assert not PrepaidHours.objects.exists()


def test_the_draft_keeps_its_customer(customer: Customer) -> None:
    draft = drafted(customer).line.invoice
    with pytest.raises(CustomerHasPrepaid):
        save_draft(
            draft,
            version=draft.version,
            values={"customer": CustomerFactory()},
            lines=None,
            actor=None,
        )


def test_a_credit_note_takes_hours_back(customer: Customer, project: Project) -> None:
    prepaid = sold(customer, "20")
    worked(*[480] * 2, project=project)
    draw(customer)

    credit(prepaid.line.invoice, part(prepaid.line, quantity="3.5"))

    assert balance(prepaid) == (990, 960, 30)


def test_a_credit_of_a_lump_sum_takes_its_share_of_the_hours(customer: Customer) -> None:
    prepaid = sold(customer, "20", lump_sum=Decimal("1500.00"))
    credit(prepaid.line.invoice, part(prepaid.line, net="500.00"))
    assert balance(prepaid) == (800, 0, 800)


def test_drawn_hours_are_not_credited(customer: Customer, project: Project) -> None:
    prepaid = sold(customer, "20")
    worked(*[480] * 2, project=project)
    draw(customer)
    invoice = prepaid.line.invoice

    with pytest.raises(errors.PrepaidDrawn):
        cancel_invoice(invoice, reason="Wrong", actor=None)
    with pytest.raises(errors.PrepaidDrawn, match=r"16:00 h are drawn, and 15:30 h would be left"):
        credit(invoice, part(prepaid.line, quantity="4.5"))
    [note] = Invoice.objects.filter(corrects=invoice)
    assert isinstance(refusals([note])[note.pk], errors.PrepaidDrawn)
    assert balance(prepaid) == (1200, 960, 240)

    undo_draws(prepaid, actor=None)
    assert refusals([note]) == {}
    discard_draft(note, actor=None)
    cancel_invoice(invoice, reason="Wrong", actor=None)
    assert balance(prepaid) == (0, 0, 0)
    assert PrepaidHours.objects.with_state(date(2026, 11, 1)).get().state == "credited"
    with pytest.raises(errors.NothingToDraw):
        draw(customer)


@pytest.mark.parametrize(
    ("fields", "minutes", "stands"),
    [
        ({}, 0, ("valid", False)),
        ({}, 480, ("valid", False)),
        ({}, 481, ("valid", True)),
        ({}, 600, ("used_up", False)),
        ({"valid_until": date(2026, 10, 31)}, 60, ("expired", False)),
        ({"valid_from": date(2026, 12, 1)}, 0, ("later", False)),
    ],
)
def test_state(
    project: Project, fields: dict[str, Any], minutes: int, stands: tuple[str, bool]
) -> None:
    sold(project.customer, "10", **fields)
    if minutes:
        worked(minutes, project=project)
        draw(project.customer)
    found = PrepaidHours.objects.with_state(date(2026, 11, 1)).get()
    assert (found.state, found.is_low) == stands


def test_the_currency_stays(customer: Customer, project: Project) -> None:
    prepaid = drafted(customer)
    Invoice.objects.filter(pk=prepaid.line.invoice_id).update(currency="SEK")
    post_invoice(Invoice.objects.get(pk=prepaid.line.invoice_id), actor=None)
    worked(60, project=project)
    with pytest.raises(errors.PrepaidCurrencyOther, match="were sold in SEK"):
        draw(customer)


# What the database refuses by itself


def test_the_database_refuses_more_than_was_bought(customer: Customer, project: Project) -> None:
    prepaid = sold(customer, "1")
    entries = worked(60, 1, project=project)
    PrepaidDraw.objects.create(prepaid=prepaid, time_entry=entries[0], minutes=60)
    with (
        pytest.raises(IntegrityError, match="more is drawn than was bought"),
        transaction.atomic(),
    ):
        PrepaidDraw.objects.create(prepaid=prepaid, time_entry=entries[1], minutes=1)
    with pytest.raises(IntegrityError, match="hour_drawn_once"), transaction.atomic():
        PrepaidDraw.objects.create(prepaid=prepaid, time_entry=entries[0], minutes=0)


def test_the_database_refuses_draws_from_a_draft(customer: Customer, project: Project) -> None:
    prepaid = drafted(customer)
    [entry] = worked(60, project=project)
    with pytest.raises(IntegrityError, match="more is drawn"), transaction.atomic():
        PrepaidDraw.objects.create(prepaid=prepaid, time_entry=entry, minutes=60)


def test_verifying_finds_an_hour_in_two_places(customer: Customer, project: Project) -> None:
    prepaid = sold(customer)
    [entry] = worked(60, project=project)
    draft_work(start=date(2026, 10, 1), end=date(2026, 10, 1), customer_id=customer.pk, actor=None)
    PrepaidDraw.objects.create(prepaid=prepaid, time_entry=entry, minutes=60)
    assert check_work().faults == [f"time entry {entry.pk}: its state is not its document's"]


def test_verifying_finds_hours_that_are_not_covered(customer: Customer) -> None:
    prepaid = sold(customer)
    [entry] = worked(60, billing_state=BillingState.BILLED)
    PrepaidDraw.objects.create(prepaid=prepaid, time_entry=entry, minutes=60)
    [fault] = check_prepaid().faults
    assert "hours are drawn that they do not cover" in fault


def test_verifying_finds_more_drawn_than_was_bought(customer: Customer, project: Project) -> None:
    prepaid = sold(customer, "2", lump_sum=Decimal(100))
    worked(90, project=project)
    draw(customer)
    assert check_prepaid().faults == []
    PrepaidHours.objects.filter(pk=prepaid.pk).update(minutes=89)
    [fault] = check_prepaid().faults
    assert fault.endswith("more is drawn than was bought")
