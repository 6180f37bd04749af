"""Schedules that take only hours with certain tags."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from invoicing import schedule_errors as errors
from invoicing.domain.composing.options import LineOptions, TextOf
from invoicing.domain.schedules.editing import change_schedule
from invoicing.domain.schedules.planning import plan_run
from invoicing.domain.verifying import verify_books
from invoicing.models import Invoice, InvoiceLine, Schedule
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import HoursLockFactory, TagFactory, TaxRateFactory, TimeEntryFactory
from tests.prepaid.selling import sold
from tests.schedules.making import (
    customer_with_hours,
    done,
    outcomes,
    run_of,
    schedule_of,
    started,
    words,
)
from tests.schedules.test_pages import FORM
from timesheets import tag_errors
from timesheets.domain.tags import keeping
from timesheets.models import EntryTag, Tag, TimeEntry

SignIn = Callable[[Membership], Client]


@pytest.fixture(autouse=True)
def _rates(tenant: Tenant) -> None:
    TaxRateFactory()


@pytest.fixture
def on_call(tenant: Tenant) -> Tag:
    """On one of Aava's two entries and on Besk's one; Cava has none with it."""
    tag: Tag = TagFactory(name="On call")
    for name, minutes in (("Aava", [60, 90]), ("Besk", [30]), ("Cava", [15])):
        customer_with_hours(name, minutes)
    for long in (60, 30):
        put(tag, TimeEntry.objects.get(minutes=long))
    return tag


def put(tag: Tag, entry: TimeEntry) -> None:
    EntryTag.objects.create(time_entry=entry, tag=tag)


def tagged(actor: Membership, *tags: Tag, **more: object) -> Schedule:
    told = {"kinds": ("hours",), "tags": [tag.pk for tag in tags], **more}
    return schedule_of(actor, **told)


def nets() -> list[tuple[str, Decimal]]:
    rows = Invoice.objects.order_by("billing_name", "net_total")
    return list(rows.values_list("billing_name", "net_total"))


def open_minutes() -> list[int]:
    rows = TimeEntry.objects.filter(billing_state="open").order_by("minutes")
    return list(rows.values_list("minutes", flat=True))


def test_only_hours_with_the_tag_are_invoiced(accountant: Membership, on_call: Tag) -> None:
    run = run_of(tagged(accountant, on_call), accountant)
    assert outcomes(run) == [("Aava", "made", ""), ("Besk", "made", "")]
    assert nets() == [("Aava", Decimal("100.00")), ("Besk", Decimal("50.00"))]
    assert open_minutes() == [15, 90]
    assert [fault for check in verify_books() for fault in check.faults] == []


def test_any_of_several_tags_is_enough_and_takes_an_hour_once(
    accountant: Membership, on_call: Tag
) -> None:
    night = TagFactory(name="Night")
    put(night, TimeEntry.objects.get(minutes=60))
    put(night, TimeEntry.objects.get(minutes=15))
    run_of(tagged(accountant, on_call, night), accountant)
    assert [net for _name, net in nets()] == [
        Decimal("100.00"), Decimal("50.00"), Decimal("25.00"),
    ]  # fmt: skip
    assert open_minutes() == [90]


def test_a_trial_shows_exactly_the_run(accountant: Membership, on_call: Tag) -> None:
    schedule = tagged(accountant, on_call)
    trial = run_of(schedule, accountant, is_trial=True)
    told = [(item.name, item.net_total, item.lines) for item in trial.items.order_by("position")]
    assert [net for _name, net, _lines in told] == [Decimal("100.00"), Decimal("50.00")]
    assert (Invoice.objects.count(), open_minutes()) == (0, [15, 30, 60, 90])
    run = run_of(schedule, accountant)
    assert [(item.name, item.net_total) for item in run.items.order_by("position")] == [
        (name, net) for name, net, _lines in told
    ]
    made = Invoice.objects.get(billing_name="Aava").lines.get()
    assert [line["text"] for line in told[0][2]] == [made.text]


def test_the_same_period_again_makes_nothing_twice(accountant: Membership, on_call: Tag) -> None:
    schedule = tagged(accountant, on_call)
    run_of(schedule, accountant)
    put(on_call, TimeEntry.objects.get(minutes=90))
    again = run_of(schedule, accountant)
    [(name, outcome, why)] = outcomes(again)
    assert (name, outcome) == ("Aava", "skipped")
    assert "next period" in why
    assert Invoice.objects.count() == 2


def test_two_schedules_with_tags_of_their_own_share_a_customer(
    accountant: Membership, on_call: Tag
) -> None:
    night = TagFactory(name="Night")
    put(night, TimeEntry.objects.get(minutes=90))
    run_of(tagged(accountant, on_call, name="On call"), accountant)
    run_of(tagged(accountant, night, name="Nights"), accountant)
    assert nets() == [
        ("Aava", Decimal("100.00")), ("Aava", Decimal("150.00")), ("Besk", Decimal("50.00")),
    ]  # fmt: skip


def test_tags_narrow_the_chosen_customers(accountant: Membership, on_call: Tag) -> None:
    cava = TimeEntry.objects.get(minutes=15).project.customer
    aava = TimeEntry.objects.get(minutes=90).project.customer
    schedule = tagged(accountant, on_call, whom="chosen", customers=[aava, cava])
    assert outcomes(run_of(schedule, accountant)) == [("Aava", "made", "")]
    assert nets() == [("Aava", Decimal("100.00"))]


def test_locks_are_asked_of_the_hours_with_the_tag_alone(
    accountant: Membership, on_call: Tag
) -> None:
    entry = TimeEntry.objects.get(minutes=60)
    other = TimeEntry.objects.get(minutes=90)
    TimeEntry.objects.filter(pk=other.pk).update(work_date=date(2026, 10, 6))
    HoursLockFactory(member=entry.member, start_date=date(2026, 10, 5), end_date=date(2026, 10, 5))
    run = run_of(tagged(accountant, on_call, only_locked=True), accountant)
    assert [(name, outcome) for name, outcome, _why in outcomes(run)] == [
        ("Aava", "made"), ("Besk", "skipped"),
    ]  # fmt: skip


def test_prepaid_hours_stand_in_the_way_of_hours_with_the_tag_alone(
    accountant: Membership, on_call: Tag
) -> None:
    cava, besk = (TimeEntry.objects.get(minutes=long).project.customer for long in (15, 30))
    sold(cava)
    sold(besk)
    run = run_of(tagged(accountant, on_call), accountant)
    assert [(name, outcome) for name, outcome, _why in outcomes(run)] == [
        ("Aava", "made"), ("Besk", "failed"),
    ]  # fmt: skip
    # Hours without the tag that prepaid ones would cover are none of its business.
    put(on_call, TimeEntryFactory(project__customer=cava, minutes=45, work_date=date(2025, 12, 1)))
    run = run_of(tagged(accountant, on_call, name="Late ones"), accountant)
    assert ("Cava", "made", "") in outcomes(run)


def test_a_tag_merged_between_start_and_run_means_the_other_one(
    accountant: Membership, on_call: Tag
) -> None:
    schedule, other = tagged(accountant, on_call), TagFactory(name="Standby")
    assert accountant.user is not None
    run = started(schedule, accountant.user)
    keeping.merge_tag(on_call.pk, into_id=other.pk, actor=accountant.user)
    assert outcomes(done(run)) == [("Aava", "made", ""), ("Besk", "made", "")]
    assert [link.tag for link in schedule.tag_links.all()] == [other]


def test_work_whose_tag_is_taken_off_after_planning_is_left(
    accountant: Membership, on_call: Tag
) -> None:
    assert accountant.user is not None
    run = started(tagged(accountant, on_call), accountant.user)
    plan_run(run.pk)
    EntryTag.objects.filter(time_entry__minutes=30).delete()
    assert [(name, outcome) for name, outcome, _why in outcomes(done(run))] == [
        ("Aava", "made"), ("Besk", "skipped"),
    ]  # fmt: skip


def test_a_tag_of_a_schedule_is_not_deleted_and_stays_when_it_is_archived(
    accountant: Membership, on_call: Tag
) -> None:
    unused = TagFactory(name="Unused")
    schedule = tagged(accountant, unused)
    with pytest.raises(tag_errors.TagOfSchedule, match="The schedule “Monthly invoices”"):
        keeping.remove_tag(unused.pk, actor=accountant.user)
    keeping.archive_tag(unused.pk, actor=accountant.user)
    change_schedule(schedule, words(kinds=("hours",), tags=[unused.pk]), actor=accountant)
    with pytest.raises(tag_errors.TagArchived):
        schedule_of(accountant, name="Other", kinds=("hours",), tags=[unused.pk])
    change_schedule(schedule, words(kinds=("hours",), tags=[on_call.pk]), actor=accountant)
    changed = AuditEntry.objects.filter(action="schedule.changed").latest("pk")
    assert changed.detail["changes"] == {"tags": ["Unused", "On call"]}


def test_only_hours_have_tags(accountant: Membership, on_call: Tag) -> None:
    with pytest.raises(errors.OnlyHoursHaveTags) as refused:
        tagged(accountant, on_call, kinds=("hours", "charges"))
    assert refused.value.field == "tags"


def test_the_form_keeps_tags_and_foresees_whom_they_reach(
    accountant: Membership, signed_in: SignIn, on_call: Tag
) -> None:
    client = signed_in(accountant)
    form = {**FORM, "name": "On call", "kinds": ["hours"], "tags": [on_call.pk]}
    page = client.post("/acme/schedules/new/", form)
    assert page.status_code == 302, page.context["form"].errors
    schedule = Schedule.objects.get()
    assert [link.tag for link in schedule.tag_links.all()] == [on_call]
    listed = client.get("/acme/schedules/").content.decode()
    assert "All customers; only hours with On call" in listed
    edit = client.get(f"/acme/schedules/{schedule.pk}/edit/")
    assert f'<option value="{on_call.pk}" selected>On call</option>' in edit.content.decode()
    refused = client.post(
        "/acme/schedules/new/", {**form, "name": "2", "kinds": ["hours", "charges"]}
    )
    assert refused.status_code == 422
    assert "Only hours have tags." in str(refused.context["form"].errors["tags"])


def test_lines_of_many_customers_tell_their_tags_with_one_question(
    accountant: Membership, on_call: Tag
) -> None:
    put(TagFactory(name="Night"), TimeEntry.objects.get(minutes=60))
    options = LineOptions(text=TextOf.PATTERN, pattern="{project}: { tags }")
    with CaptureQueriesContext(connection) as asked:
        run_of(tagged(accountant, on_call, options=options), accountant)
    texts = InvoiceLine.objects.order_by("text").values_list("text", flat=True)
    assert list(texts) == ["Aava's site: Night, On call", "Besk's site: On call"]
    assert sum("tag.colour" in query["sql"] for query in asked) == 1


def test_tags_that_no_line_tells_are_not_asked_for(accountant: Membership, on_call: Tag) -> None:
    with CaptureQueriesContext(connection) as asked:
        run_of(schedule_of(accountant, kinds=("hours",)), accountant)
    told = [q["sql"] for q in asked if "entrytag" in q["sql"]]
    assert (Invoice.objects.count(), told) == (3, [])
