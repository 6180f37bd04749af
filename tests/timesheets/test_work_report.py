"""Where the work went: whatever happens to hours, the parts add up to what was worked."""

import csv
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from invoicing.domain.discarding import discard_draft
from invoicing.domain.draft_work import release_work
from invoicing.domain.drafting import draft_work
from invoicing.domain.posting import post_invoice
from invoicing.domain.verifying import verify_books
from invoicing.models import Invoice, Source
from tenants.models import Membership, Tenant
from tests.factories import (
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    TaskFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from timesheets.domain.settling import Step, settle
from timesheets.models import BillingState, TimeEntry
from timesheets.selectors.buckets import Bucket
from timesheets.selectors.grouping import Dimension, Grouped, entries_in, read_groups

SignIn = Callable[[Membership], Client]
PAGE = "/acme/hours/where/"
OCTOBER = "start=2026-10-01&end=2026-10-31"


def grouped(reader: Membership, *dimensions: Dimension) -> Grouped:
    return read_groups(TimeEntry.objects.all(), dimensions or [Dimension.PROJECT], reader)


def test_every_hour_is_in_one_place(accountant: Membership) -> None:
    project = ProjectFactory(name="Web shop", customer__name="Satama")
    more = {"project": project, "rate": Decimal("90")}
    TimeEntryFactory(minutes=60, **more)
    TimeEntryFactory(minutes=50, is_billable=False, **more)
    TimeEntryFactory(minutes=40, billing_state=BillingState.DRAFTED, **more)
    TimeEntryFactory(minutes=30, billing_state=BillingState.BILLED, **more)
    TimeEntryFactory(minutes=20, billing_state=BillingState.BILLED, billing_note="R-1", **more)
    TimeEntryFactory(minutes=10, billing_state=BillingState.WRITTEN_OFF, **more)
    TimeEntryFactory(minutes=5, project=project, rate=None)

    [group] = grouped(accountant).groups

    assert (group.label, group.hint, group.sums.entries) == ("Web shop", "Satama", 7)
    assert group.sums.minutes_in == {
        "open": 65, "not_billable": 50, "drafted": 40, "billed": 50, "written_off": 10,
    }  # fmt: skip
    amounts = {bucket: group.sums.amount(bucket, "EUR") for bucket in Bucket}
    assert amounts == {
        Bucket.NOT_BILLABLE: 0, Bucket.OPEN: Decimal("90.00"), Bucket.DRAFTED: Decimal("60.00"),
        Bucket.BILLED: Decimal("75.00"), Bucket.WRITTEN_OFF: Decimal("15.00"),
    }  # fmt: skip
    assert (group.sums.minutes, group.sums.billable_minutes, group.sums.unpriced) == (215, 165, 1)
    [value] = group.sums.values
    assert (value.currency, value.amount) == ("EUR", Decimal("240.00"))
    assert sum(segment.width for segment in group.sums.segments) == 1000


def test_currencies_are_kept_apart(accountant: Membership) -> None:
    person = MembershipFactory(name="Anna")
    TimeEntryFactory(member=person, rate=Decimal("100"))
    TimeEntryFactory(member=person, rate=Decimal("900"), project__customer__currency="SEK")
    for dimension in (Dimension.PERSON, Dimension.MONTH):
        [group] = grouped(accountant, dimension).groups
        assert [(v.currency, v.amount) for v in group.sums.values] == [
            ("EUR", Decimal("100.00")), ("SEK", Decimal("900.00")),
        ]  # fmt: skip
    assert len(grouped(accountant, Dimension.CUSTOMER).groups) == 2


def test_weeks_are_those_of_the_iso_year(accountant: Membership) -> None:
    for day in (date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 4)):
        TimeEntryFactory(work_date=day)
    weeks = grouped(accountant, Dimension.WEEK).groups
    assert [(group.label, group.sums.entries) for group in weeks] == [
        ("Week 53, 2026", 2), ("Week 1, 2027", 1),
    ]  # fmt: skip
    assert weeks[0].filters == {"start": "2026-12-28", "end": "2027-01-03"}
    months = grouped(accountant, Dimension.MONTH).groups
    assert [group.label for group in months] == ["December 2026", "January 2027"]


def test_two_levels_hold_the_same_hours(accountant: Membership) -> None:
    web, app = ProjectFactory(name="Web"), ProjectFactory(name="App")
    design = TaskFactory(name="Design")
    TimeEntryFactory(project=web, task=design, minutes=20, rate=Decimal("100"))
    TimeEntryFactory(project=web, task=design, minutes=20, rate=Decimal("100"))
    TimeEntryFactory(project=web, minutes=20, rate=Decimal("100"))
    TimeEntryFactory(project=app, task=design, minutes=10)

    found = grouped(accountant, Dimension.PROJECT, Dimension.TASK)

    told = [(g.label, [(p.label, p.sums.minutes) for p in g.parts]) for g in found.groups]
    assert told == [
        ("App", [("Design", 10)]), ("Web", [("Design", 40), ("Without a task", 20)]),
    ]  # fmt: skip
    values = found.groups[1].sums.values[0].amount
    # 66.67 and 33.33: what is shown above is the sum of what is shown below.
    assert values == Decimal("100.00")
    for group in found.groups:
        inside = entries_in(TimeEntry.objects.all(), group.dimension, group.name)
        assert inside.count() == group.sums.entries
        for part in group.parts:
            deeper = entries_in(inside, part.dimension, part.name)
            assert deeper.count() == part.sums.entries


@pytest.mark.parametrize("dimension", Dimension)
@pytest.mark.parametrize("name", ["", "x", "2026-13-40", "9" * 30, "-1", "2026-10-05x"])
@pytest.mark.usefixtures("tenant")
def test_a_group_that_is_none_holds_nothing(dimension: Dimension, name: str) -> None:
    TimeEntryFactory()
    assert entries_in(TimeEntry.objects.all(), dimension, name).count() == 0


def some_project(random: Random) -> int:
    pk: int = random.choice(list(TimeEntry.objects.values_list("project_id", flat=True)))
    return pk


def draft(actor: Membership, random: Random) -> None:
    draft_work(
        start=date(2026, 10, 1),
        end=date(2026, 10, random.randint(1, 31)),
        project_ids=[some_project(random)],
        actor=actor.user,
        allow_unlocked=True,
    )


def of_drafts(random: Random) -> Invoice:
    drafts = list(Invoice.objects.filter(status="draft").order_by("pk"))
    if not drafts:
        raise DomainError
    chosen: Invoice = random.choice(drafts)
    return chosen


def post(actor: Membership, random: Random) -> None:
    post_invoice(of_drafts(random), actor=actor.user)


def discard(actor: Membership, random: Random) -> None:
    discard_draft(of_drafts(random), actor=actor.user)


def take_off(actor: Membership, random: Random) -> None:
    live = Source.objects.filter(line__invoice__status="draft").values_list("time_entry", flat=True)
    if not live:
        raise DomainError
    release_work(TimeEntry, random.choice(list(live)), actor=actor.user)


def decide(actor: Membership, random: Random) -> None:
    entries = TimeEntry.objects.filter(project_id=some_project(random))
    settle(entries, step=random.choice(list(Step)), actor=actor, note="Because")


DEEDS = [draft, draft, post, discard, take_off, decide, decide, decide]


@settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(random=st.randoms(use_true_random=False))
def test_whatever_is_done_the_parts_add_up_to_what_was_worked(
    tenant: Tenant, random: Random
) -> None:
    with transaction.atomic():
        _do_things_and_add_up(random)
        transaction.set_rollback(True)  # the next example begins with nothing


def _do_things_and_add_up(random: Random) -> None:
    actor = MembershipFactory(role="owner")
    TaxRateFactory()
    projects = [ProjectFactory(), ProjectFactory(customer=CustomerFactory(currency="SEK"))]
    people, tasks = MembershipFactory.create_batch(2), [None, TaskFactory()]
    for _ in range(random.randint(1, 10)):
        TimeEntryFactory(
            member=random.choice(people),
            project=random.choice(projects),
            task=random.choice(tasks),
            work_date=date(2026, 10, random.randint(1, 31)),
            minutes=random.randint(1, 500),
            rate=Decimal(random.randint(0, 99_999)) / 100,
            is_billable=random.random() < 0.8,
        )
    worked = sum(TimeEntry.objects.values_list("minutes", flat=True))
    for deed in random.choices(DEEDS, k=12):
        try:
            with transaction.atomic():
                deed(actor, random)
        except DomainError:
            pass
    states = TimeEntry.objects.values_list("billing_state", "is_billable", "minutes")
    expected = {
        bucket: sum(
            minutes
            for state, billable, minutes in states
            if bucket == (state if state != "open" or billable else "not_billable")
        )
        for bucket in Bucket
    }
    for dimension in Dimension:
        for second in Dimension:
            dimensions = [dimension] if second == dimension else [dimension, second]
            found = read_groups(TimeEntry.objects.all(), dimensions, actor)
            _check_sums(found, worked, expected)
    assert [fault for check in verify_books() for fault in check.faults] == []


def _check_sums(found: Grouped, worked: int, expected: dict[Bucket, int]) -> None:
    assert found.sums.minutes == worked
    assert {bucket: found.sums.minutes_in.get(bucket, 0) for bucket in Bucket} == expected
    assert sum(group.sums.minutes for group in found.groups) == worked
    for currency in found.sums.currencies:
        parts = [found.sums.amount(bucket, currency) for bucket in Bucket]
        [value] = [v.amount for v in found.sums.values if v.currency == currency]
        assert sum(parts) == value
        rows = [group.sums.amount(b, currency) for group in found.groups for b in Bucket]
        assert sum(rows) == value
    for group in found.groups:
        if group.parts:
            assert sum(part.sums.minutes for part in group.parts) == group.sums.minutes
            for bucket in Bucket:
                for currency in group.sums.currencies:
                    inside = sum(part.sums.amount(bucket, currency) for part in group.parts)
                    assert inside == group.sums.amount(bucket, currency)


# --- the page ---


def test_the_page_shows_rows_sums_and_a_picture(accountant: Membership, signed_in: SignIn) -> None:
    web = ProjectFactory(name="Web shop")
    TimeEntryFactory(project=web, minutes=90, rate=Decimal("100"))
    TimeEntryFactory(project=web, minutes=30, billing_state=BillingState.BILLED)
    TimeEntryFactory(minutes=60, is_billable=False, project__name="Office")
    page = signed_in(accountant).get(f"{PAGE}?{OCTOBER}")
    text = page.content.decode()
    assert [group.label for group in page.context["page"]] == ["Office", "Web shop"]
    for words in ("Where the work went", "3:00", "€150.00", "€50.00", "€200.00", "state-billed"):
        assert words in text
    assert "style=" not in text
    by_worked = signed_in(accountant).get(f"{PAGE}?{OCTOBER}&sort=-billed")
    assert [group.label for group in by_worked.context["page"]] == ["Web shop", "Office"]
    link = page.context["page"][1].query
    listed = signed_in(accountant).get(f"/acme/hours/entries/?{link}")
    assert listed.context["sums"].minutes == 120


@pytest.mark.parametrize("group", ["project", "customer", "person", "task", "week", "month"])
def test_every_grouping_shows_the_same_hours(
    accountant: Membership, signed_in: SignIn, group: str
) -> None:
    TimeEntryFactory(minutes=90, task=TaskFactory())
    TimeEntryFactory(minutes=30, work_date=date(2026, 10, 20))
    client = signed_in(accountant)
    page = client.get(f"{PAGE}?{OCTOBER}&group={group}")
    assert page.context["sums"].minutes == 120
    answer = client.get(f"{PAGE}export.csv?{OCTOBER}&group={group}")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert sum(Decimal(row["Worked, hours"].replace(",", ".")) for row in rows) == 2
    assert sum(Decimal(row["Open, value"].replace(",", ".")) for row in rows) == 200
    xlsx = client.get(f"{PAGE}export.xlsx?{OCTOBER}&group={group}")
    assert xlsx.status_code == 200


def test_wrong_filters_are_said(accountant: Membership, signed_in: SignIn) -> None:
    client = signed_in(accountant)
    for query in ("group=nonsense", "start=2026-10-31&end=2026-10-01", "project=x"):
        assert client.get(f"{PAGE}?{query}").status_code == 422
        assert client.get(f"{PAGE}export.csv?{query}").status_code == 422


def test_who_sees_what(
    manager: Membership, member: Membership, auditor: Membership, signed_in: SignIn
) -> None:
    TimeEntryFactory(project=ProjectFactory(name="Managed", manager=manager), minutes=60)
    TimeEntryFactory(project__name="Other", minutes=30)
    TimeEntryFactory(member=manager, project__name="Own", minutes=15, rate=Decimal("500"))
    page = signed_in(manager).get(f"{PAGE}?{OCTOBER}")
    assert [group.label for group in page.context["page"]] == ["Managed", "Own"]
    assert page.context["sums"].minutes == 75
    assert [value.amount for value in page.context["sums"].values] == [Decimal("100.00")]
    assert signed_in(auditor).get(f"{PAGE}?{OCTOBER}").context["sums"].minutes == 105
    assert signed_in(member).get(PAGE).status_code == 403
    assert signed_in(member).get(f"{PAGE}export.csv").status_code == 403
    assert signed_in(auditor).get("/other/hours/where/").status_code == 404


def test_the_report_of_any_size_asks_as_much(accountant: Membership, signed_in: SignIn) -> None:
    client = signed_in(accountant)

    def questions(group: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{PAGE}?{OCTOBER}&group={group}").status_code == 200
        return len(queries)

    TimeEntryFactory(task=TaskFactory())
    names: list[Any] = ["project", "customer", "person", "task", "week", "month"]
    few = [questions(name) for name in names]
    for _ in range(5):
        TimeEntryFactory(task=TaskFactory(), project__customer__currency="SEK")
    assert [questions(name) for name in names] == few
    assert max(few) <= 12
