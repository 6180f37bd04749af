"""From a selection of hours to a draft, while others go on working."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invoicing import errors
from invoicing.domain.composing.options import EVERY_ENTRY, STANDARD, Dimension, LineOptions
from invoicing.domain.composing.rounding import Rounding
from invoicing.domain.composing.selections import (
    FORGOTTEN_AFTER,
    Accept,
    Selected,
    changes,
    choose_customer,
    draft_selection,
    forget_old,
    look_again,
    preview,
    read_ticked,
    start_selection,
    tick,
)
from invoicing.domain.draft_work import add_work, release_work
from invoicing.domain.drafting import draft_work, new_draft
from invoicing.models import Composition, Invoice, InvoiceLine, Source, Unit
from invoicing.selectors.compose_preview import last_options
from tenants.models import Membership, Tenant
from tests.factories import (
    ChargeFactory,
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from timesheets.models import Charge, TimeEntry

pytestmark = pytest.mark.usefixtures("tenant")


@pytest.fixture(autouse=True)
def tax_rate(tenant: Tenant) -> None:
    TaxRateFactory()


def everything() -> Selected:
    return Selected(TimeEntry.objects.all(), Charge.objects.all())


def started(**told: Any) -> Composition:
    return start_selection(everything(), query="", actor=None, customer=None, **told)


def drafted(composition: Composition, options: LineOptions = STANDARD, **told: Any) -> Invoice:
    return draft_selection(
        composition, options=options, selected=everything(), actor=None, allow_unlocked=True, **told
    )


def on(draft: Invoice) -> list[int]:
    sources = Source.objects.filter(line__invoice=draft, released_at=None)
    return sorted(sources.values_list("time_entry_id", flat=True))


def test_what_is_shown_is_what_is_drafted() -> None:
    project = ProjectFactory()
    open_one = TimeEntryFactory(project=project)
    TimeEntryFactory(project=project, is_billable=False)
    TimeEntryFactory(project=project, billing_state="billed", billing_note="elsewhere")

    composition = started()
    draft = drafted(composition)

    assert on(draft) == [open_one.pk]
    assert (composition.draft, composition.customer) == (draft, project.customer)


def test_what_is_ticked_out_stays_open() -> None:
    project = ProjectFactory()
    kept, left = TimeEntryFactory(project=project), TimeEntryFactory(project=project)
    composition = started()
    tick(composition, [left.pk, 999_999], is_in=False)

    draft = drafted(composition)

    assert on(draft) == [kept.pk]
    left.refresh_from_db()
    assert left.billing_state == "open"


def test_ticking_in_again() -> None:
    entry = TimeEntryFactory()
    composition = started()
    tick(composition, [entry.pk], is_in=False)
    with pytest.raises(errors.SelectionEmpty):
        drafted(composition)
    tick(composition, [entry.pk], is_in=True)
    assert on(drafted(composition)) == [entry.pk]


def change(entry: TimeEntry, **values: Any) -> None:
    TimeEntry.objects.filter(pk=entry.pk).update(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"minutes": 61},
        {"rate": Decimal("101")},
        {"work_date": date(2026, 10, 6)},
        {"description": "Something else"},
    ],
)
def test_a_changed_entry_is_noticed(values: dict[str, Any]) -> None:
    entry = TimeEntryFactory()
    composition = started()
    change(entry, **values)

    with pytest.raises(errors.WorkChanged) as refused:
        drafted(composition)

    assert str(refused.value) == "1 changed since you looked."
    assert not Invoice.objects.exists()


def test_everything_that_happened_is_told() -> None:
    project = ProjectFactory()
    entries = [TimeEntryFactory(project=project) for _ in range(4)]
    composition = started()
    fresh = [TimeEntryFactory(project=project) for _ in range(3)]
    change(entries[0], minutes=30)
    change(entries[1], is_billable=False)
    entries[2].delete()

    different = changes(composition, everything())

    assert str(different) == "3 entries are new, 1 changed, 2 are gone"
    assert different.new == [entry.pk for entry in fresh]
    assert different.changed == [entries[0].pk]
    assert not different.taken


def test_an_entry_ticked_out_may_change_as_it_likes() -> None:
    project = ProjectFactory()
    kept, left = TimeEntryFactory(project=project), TimeEntryFactory(project=project)
    composition = started()
    tick(composition, [left.pk], is_in=False)
    change(left, minutes=5)
    assert on(drafted(composition)) == [kept.pk]


def test_taking_only_what_was_shown() -> None:
    project = ProjectFactory()
    same, changed = TimeEntryFactory(project=project), TimeEntryFactory(project=project)
    composition = started()
    TimeEntryFactory(project=project)
    change(changed, minutes=30)

    assert on(drafted(composition, accept=Accept.AS_SHOWN)) == [same.pk]


def test_taking_what_is_there_now() -> None:
    project = ProjectFactory()
    same, changed, out = (TimeEntryFactory(project=project) for _ in range(3))
    composition = started()
    tick(composition, [out.pk], is_in=False)
    fresh = TimeEntryFactory(project=project)
    change(changed, minutes=30)

    draft = drafted(composition, accept=Accept.AS_IT_IS)

    assert on(draft) == [same.pk, changed.pk, fresh.pk]
    assert sum(line.billed_minutes or 0 for line in draft.lines.all()) == 150


def test_looking_again_keeps_what_was_ticked_out() -> None:
    project = ProjectFactory()
    kept, out = TimeEntryFactory(project=project), TimeEntryFactory(project=project)
    composition = started()
    tick(composition, [out.pk], is_in=False)
    fresh = TimeEntryFactory(project=project)

    look_again(composition, everything())

    assert not changes(composition, everything())
    assert on(drafted(composition)) == [kept.pk, fresh.pk]


def test_what_another_draft_took_is_named_with_it() -> None:
    project = ProjectFactory()
    taken, left = (
        TimeEntryFactory(project=project, work_date=date(2026, 10, day)) for day in (5, 20)
    )
    composition = started()
    other = draft_work(
        start=date(2026, 10, 1),
        end=date(2026, 10, 10),
        project_ids=[project.pk],
        actor=None,
        allow_unlocked=True,
    )

    with pytest.raises(errors.WorkChanged) as refused:
        drafted(composition)

    [found] = refused.value.changes.taken
    assert (found.work, found.document) == (taken, other)
    assert str(refused.value) == "1 is gone since you looked."
    assert on(drafted(composition, accept=Accept.AS_SHOWN)) == [left.pk]


def test_the_same_selection_drafted_twice_finds_nothing() -> None:
    TimeEntryFactory()
    composition = started()
    drafted(composition)
    with pytest.raises(errors.WorkChanged):
        drafted(composition)
    with pytest.raises(errors.SelectionEmpty):
        drafted(composition, accept=Accept.AS_SHOWN)


def test_several_customers_need_a_choice() -> None:
    first, second = TimeEntryFactory(), TimeEntryFactory()
    composition = started()
    with pytest.raises(errors.MixedCustomers):
        preview(read_ticked(composition, everything()), options=STANDARD)
    with pytest.raises(errors.MixedCustomers):
        drafted(composition)

    choose_customer(composition, second.project.customer, everything())

    assert on(drafted(composition)) == [second.pk]
    first.refresh_from_db()
    assert first.billing_state == "open"


def test_appending_to_a_draft_keeps_what_came_when() -> None:
    project = ProjectFactory()
    TimeEntryFactory(project=project, work_date=date(2026, 10, 5))
    draft = drafted(started())
    TimeEntryFactory(project=project, work_date=date(2026, 11, 3), minutes=90)
    appended = drafted(started(), EVERY_ENTRY, draft=draft)

    appended.refresh_from_db()
    assert appended == draft
    assert [line.position for line in draft.lines.all()] == [1, 2]
    additions = [(one.entries, one.minutes) for one in draft.additions.order_by("pk")]
    assert additions == [(1, 60), (1, 90)]
    assert (appended.service_start_date, appended.service_end_date) == (
        date(2026, 10, 5),
        date(2026, 11, 3),
    )
    assert appended.net_total == Decimal("250.00")
    assert appended.version == 2


def test_a_draft_of_another_customer_is_refused() -> None:
    TimeEntryFactory()
    draft = new_draft(customer=CustomerFactory(), actor=None)
    with pytest.raises(errors.DraftOfOtherCustomer):
        drafted(started(), draft=draft)
    with pytest.raises(errors.DraftOfOtherCustomer):
        preview(read_ticked(started(), everything()), options=STANDARD, draft=draft)


def test_a_draft_in_another_currency_is_refused() -> None:
    entry = TimeEntryFactory()
    draft = new_draft(customer=entry.project.customer, actor=None, currency="SEK")
    with pytest.raises(errors.DraftInOtherCurrency) as refused:
        drafted(started(), draft=draft)
    assert str(refused.value) == (
        f"{draft} is in SEK, these hours are in EUR. Choose another draft."
    )
    entry.refresh_from_db()
    assert entry.billing_state == "open"


def test_a_posted_draft_is_refused() -> None:
    entry = TimeEntryFactory()
    draft = new_draft(customer=entry.project.customer, actor=None)
    composition = started()
    draft.delete()
    with pytest.raises(errors.InvoiceGone):
        drafted(composition, draft=draft)


def test_the_preview_is_what_the_draft_becomes() -> None:
    project = ProjectFactory()
    people = [MembershipFactory(user__name=name) for name in ("Aino", "Pekka")]
    for number in range(6):
        TimeEntryFactory(
            project=project, member=people[number % 2], minutes=35, rate=Decimal("95.50")
        )
    options = replace(STANDARD, rounding=Rounding(step=15), unit=Unit.DAY)
    composition = started()

    shown = preview(read_ticked(composition, everything()), options=options)
    draft = drafted(composition, options)

    lines = [
        (line.text, line.quantity, line.unit, line.unit_price, line.net, line.billed_minutes)
        for line in draft.lines.all()
    ]
    assert lines == [
        (line.text, line.quantity, line.unit, line.unit_price, line.net, line.billed_minutes)
        for line in shown.lines
    ]
    assert (shown.minutes, shown.billed_minutes, shown.entries) == (210, 270, 6)
    assert (draft.net_total, draft.gross_total) == (shown.totals.net, shown.totals.gross)
    assert shown.unlocked == ["Aino", "Pekka"]


def test_a_preview_writes_nothing() -> None:
    TimeEntryFactory()
    composition = started()
    preview(read_ticked(composition, everything()), options=STANDARD)
    assert not Invoice.objects.exists()
    assert TimeEntry.objects.get().billing_state == "open"


def test_hours_without_a_rate_are_named() -> None:
    TimeEntryFactory(rate=None, member__user__name="Aino")
    with pytest.raises(errors.RateMissing) as refused:
        preview(read_ticked(started(), everything()), options=STANDARD)
    assert "Aino" in str(refused.value)


def test_hours_that_are_not_locked_are_asked_about() -> None:
    TimeEntryFactory()
    composition = started()
    with pytest.raises(errors.HoursNotLocked):
        draft_selection(composition, options=STANDARD, selected=everything(), actor=None)
    assert not Invoice.objects.exists()


def test_terms_of_the_project_count_and_are_kept_with_the_draft() -> None:
    project = ProjectFactory(
        rounding_minutes=30, rounding_direction="up", rounding_per="entry", minimum_minutes=10
    )
    member = MembershipFactory()
    first, second = (
        TimeEntryFactory(project=project, member=member, minutes=minutes) for minutes in (5, 40)
    )
    draft = drafted(started())
    [line] = draft.lines.all()
    assert (line.billed_minutes, line.quantity, line.net) == (90, Decimal("1.5"), Decimal(150))

    type(project).objects.filter(pk=project.pk).update(rounding_minutes=60)
    release_work(TimeEntry, first.pk, actor=None)

    line.refresh_from_db()
    assert (line.billed_minutes, line.quantity, line.net) == (60, Decimal(1), Decimal(100))
    assert on(draft) == [second.pk]


def test_a_lump_follows_its_work() -> None:
    project = ProjectFactory()
    dear, _cheap = (
        TimeEntryFactory(project=project, rate=Decimal(200)),
        TimeEntryFactory(project=project, rate=Decimal(50)),
    )
    draft = drafted(started(), LineOptions(dimensions=(Dimension.PROJECT,), is_lump=True))
    [line] = draft.lines.all()
    assert (line.quantity, line.unit, line.net) == (Decimal(1), Unit.PIECE, Decimal(250))

    release_work(TimeEntry, dear.pk, actor=None)

    line.refresh_from_db()
    assert (line.unit_price, line.net, line.billed_minutes) == (Decimal(50), Decimal(50), 60)


def test_the_customers_last_choices_are_proposed() -> None:
    project = ProjectFactory()
    customer = project.customer
    TimeEntryFactory(project=project)
    assert last_options(customer) == STANDARD
    drafted(started(), EVERY_ENTRY)
    assert last_options(customer) == EVERY_ENTRY


def test_selections_nobody_came_back_to_are_forgotten() -> None:
    TimeEntryFactory()
    old, young = started(), started()
    Composition.objects.filter(pk=old.pk).update(
        updated_at=timezone.now() - FORGOTTEN_AFTER - timedelta(hours=1)
    )
    assert forget_old(now=timezone.now()) == 1
    assert list(Composition.objects.all()) == [young]


@pytest.mark.parametrize("options", [STANDARD, EVERY_ENTRY])
def test_the_number_of_queries_does_not_depend_on_the_work(
    options: LineOptions,
) -> None:
    project = ProjectFactory()
    member = MembershipFactory()
    counted = []
    for entries in (1, 30):
        for number in range(entries):
            TimeEntryFactory(project=project, member=member, minutes=number + 1)
        composition = started()
        with CaptureQueriesContext(connection) as queries:
            drafted(composition, options)
        counted.append(len(queries))
    assert counted[0] == counted[1]
    assert InvoiceLine.objects.count() == (2 if options == STANDARD else 31)


def test_many_lines_are_written_in_the_order_planned(accountant: Membership) -> None:
    project = ProjectFactory()
    member = MembershipFactory()
    for number in range(40):
        TimeEntryFactory(
            project=project, member=member, minutes=number + 1, description=f"Work {number}"
        )
    draft = draft_selection(
        started(),
        options=EVERY_ENTRY,
        selected=everything(),
        actor=accountant.user,
        allow_unlocked=True,
    )
    told = [
        (line.position, line.text, line.sources.get().minutes)
        for line in draft.lines.order_by("position")
    ]
    assert told == [(number + 1, f"Work {number}", number + 1) for number in range(40)]
    assert draft.additions.get().added_by == accountant.user


def test_charges_are_taken_beside_hours() -> None:
    project = ProjectFactory()
    TimeEntryFactory(project=project)
    hotel = ChargeFactory(project=project, text="Hotel", quantity=1, unit_price=Decimal(90))
    loose = ChargeFactory(customer=project.customer, text="Screws", unit_price=Decimal(10))
    ChargeFactory(project=project, is_billable=False)
    composition = started()
    tick(composition, [-loose.pk], is_in=False)

    shown = preview(read_ticked(composition, everything()), options=STANDARD)
    draft = drafted(composition)

    assert (shown.entries, shown.charges) == (1, 1)
    told = [(line.text, line.net) for line in shown.lines]
    assert [(line.text, line.net) for line in draft.lines.order_by("position")] == told
    assert told[-1] == ("Hotel", Decimal("90.00"))
    taken = Source.objects.filter(line__invoice=draft, charge__isnull=False)
    assert list(taken.values_list("charge_id", flat=True)) == [hotel.pk]
    addition = draft.additions.get()
    assert (addition.entries, addition.charges) == (1, 1)
    loose.refresh_from_db()
    assert loose.billing_state == "open"


def test_charges_alone_make_a_draft_and_come_onto_one() -> None:
    charge = ChargeFactory(text="Hotel")
    draft = drafted(started())
    assert [line.text for line in draft.lines.all()] == ["Hotel"]
    ChargeFactory(customer=charge.customer, text="Train", charge_date=date(2026, 11, 2))

    again = drafted(started(), draft=draft)

    assert again == draft
    assert [line.text for line in draft.lines.order_by("position")] == ["Hotel", "Train"]
    draft.refresh_from_db()
    assert draft.service_end_date == date(2026, 11, 2)


def test_what_became_of_charges_since_is_told() -> None:
    project = ProjectFactory()
    charges = [ChargeFactory(project=project, text=f"Part {n}") for n in range(3)]
    composition = started()
    fresh = ChargeFactory(project=project)
    Charge.objects.filter(pk=charges[0].pk).update(unit_price=Decimal("1.5"))
    other = new_draft(customer=project.customer, actor=None)
    add_work(other, charge_ids=[charges[1].pk], actor=None)

    different = changes(composition, everything())

    assert str(different) == "1 charge is new, 1 changed, 1 is gone"
    assert (different.new, different.changed) == ([-fresh.pk], [-charges[0].pk])
    [taken] = different.taken
    assert (taken.work, taken.document) == (charges[1], other)
    with pytest.raises(errors.WorkChanged):
        drafted(composition)
    draft = drafted(composition, accept=Accept.AS_SHOWN)
    assert [line.text for line in draft.lines.all()] == ["Part 2"]


def test_charges_without_a_project_tell_their_customer() -> None:
    ChargeFactory()
    TimeEntryFactory()
    with pytest.raises(errors.MixedCustomers):
        preview(read_ticked(started(), everything()), options=STANDARD)
