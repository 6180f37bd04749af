"""Recalculating rates: the preview is what is applied, and what is not free stays as it is."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenants.models import AuditEntry, Membership, Tenant
from tenants.roles import Role
from tests.factories import (
    CustomerFactory,
    HoursLockFactory,
    MembershipFactory,
    ProjectFactory,
    RateFactory,
    TimeEntryFactory,
)
from timesheets import errors
from timesheets.domain.rates import RateBook
from timesheets.domain.recalculating import (
    Scope,
    apply_recalculation,
    preview_recalculation,
    take_back,
)
from timesheets.models import BillingState, RateLevel, TimeEntry

type SignIn = Callable[[Membership], Client]
HOME = "/acme/rates/recalculate/"
DAYS = "start=2026-10-01&end=2026-10-31"
OCTOBER = Scope(date(2026, 10, 1), date(2026, 10, 31))


def rates() -> list[str | None]:
    entries = TimeEntry.objects.order_by("pk").values_list("rate", flat=True)
    return [None if rate is None else f"{rate.normalize():f}" for rate in entries]


def entry(**values: Any) -> TimeEntry:
    return TimeEntryFactory(**{"rate": Decimal("80"), "rate_level": RateLevel.TENANT, **values})


def test_the_preview_shows_old_and_new_and_writes_nothing(accountant: Membership) -> None:
    web = ProjectFactory(name="Web shop")
    anna = MembershipFactory(name="Anna")
    entry(project=web, member=anna, minutes=50)
    entry(project=web, member=anna, minutes=50)
    entry(project=web, rate=None, rate_level=RateLevel.NONE, minutes=60)
    entry(minutes=30)  # has the rate it should have
    RateFactory(amount=Decimal("80"))
    RateFactory(amount=Decimal("95.50"), project=web)

    preview = preview_recalculation(OCTOBER)

    shown = [
        (g.person, g.entries, g.minutes, g.old_rate, g.new_rate, g.old_amount, g.new_amount)
        for g in preview.groups
    ]
    assert shown[0] == (
        "Anna", 2, 100, Decimal("80"), Decimal("95.50"), Decimal("133.33"), Decimal("159.17"),
    )  # fmt: skip
    assert shown[1][3:] == (None, Decimal("95.50"), Decimal("0"), Decimal("95.50"))
    [total] = preview.sums
    assert (total.old_amount, total.new_amount) == (Decimal("133.33"), Decimal("254.67"))
    assert total.difference == Decimal("121.34")
    assert rates() == ["80", "80", None, "80"]


def test_what_is_not_free_is_left_out_and_counted(accountant: Membership) -> None:
    RateFactory(amount=Decimal("90"))
    free = entry()
    locked = entry(minutes=90)
    HoursLockFactory(member=locked.member)
    entry(billing_state=BillingState.DRAFTED)
    entry(billing_state=BillingState.BILLED)
    entry(billing_state=BillingState.WRITTEN_OFF)
    by_hand = entry(rate_level=RateLevel.MANUAL)
    entry(is_billable=False)
    entry(work_date=date(2026, 11, 1))
    entry(project=ProjectFactory(customer=CustomerFactory(currency="SEK")))  # no rate in SEK

    preview = preview_recalculation(OCTOBER)
    assert [change.entry_id for change in preview.changes] == [free.pk]
    assert preview.left_out == {"locked": 1, "drafted": 1, "by_hand": 1, "no_rate": 1}
    assert preview.left_out_minutes["locked"] == 90

    before = rates()
    apply_recalculation(OCTOBER, actor=accountant, token=preview.token)
    assert rates() == ["90", *before[1:]]

    also = Scope(OCTOBER.start, OCTOBER.end, by_hand=True)
    preview = preview_recalculation(also)
    assert [change.entry_id for change in preview.changes] == [by_hand.pk]
    apply_recalculation(also, actor=accountant, token=preview.token)
    by_hand.refresh_from_db()
    assert (by_hand.rate, by_hand.rate_level) == (Decimal("90"), RateLevel.TENANT)


def test_customer_project_and_person_narrow_the_scope(tenant: Tenant) -> None:
    RateFactory(amount=Decimal("90"))
    one = entry()
    entry()

    def found(**ids: Any) -> list[int]:
        preview = preview_recalculation(Scope(OCTOBER.start, OCTOBER.end, **ids))
        return [change.entry_id for change in preview.changes]

    assert len(found()) == 2
    assert found(customer_id=one.project.customer_id) == [one.pk]
    assert found(project_id=one.project_id) == [one.pk]
    assert found(member_id=one.member_id) == [one.pk]
    assert found(member_id=one.member_id, project_id=0) == []


def test_applying_is_one_statement_and_in_the_log(accountant: Membership) -> None:
    RateFactory(amount=Decimal("90"))
    for _ in range(5):
        entry()
    token = preview_recalculation(OCTOBER).token
    with CaptureQueriesContext(connection) as queries:
        apply_recalculation(OCTOBER, actor=accountant, token=token)
    updates = [q["sql"] for q in queries if "UPDATE timesheets_timeentry" in q["sql"]]
    assert len(updates) == 1
    assert len(queries) <= 9
    assert rates() == ["90"] * 5
    logged = AuditEntry.objects.get(action="rates.recalculated")
    assert logged.actor == accountant.user
    assert logged.detail["entries"] == 5
    assert logged.detail["amount_EUR"] == "400.00 → 450.00"
    token = preview_recalculation(OCTOBER).token
    with pytest.raises(errors.NothingToRecalculate):
        apply_recalculation(OCTOBER, actor=accountant, token=token)


@pytest.mark.parametrize("what", ["rate", "minutes", "new", "locked", "by hand", "nonsense"])
def test_what_has_changed_since_is_shown_again(accountant: Membership, what: str) -> None:
    rate = RateFactory(amount=Decimal("90"))
    changed, _other = entry(), entry()
    token = preview_recalculation(OCTOBER).token
    if what == "rate":
        type(rate).objects.filter(pk=rate.pk).update(amount=Decimal("91"))
    elif what == "minutes":
        TimeEntry.objects.filter(pk=changed.pk).update(minutes=61)
    elif what == "new":
        entry()
    elif what == "locked":
        HoursLockFactory(member=changed.member)
    elif what == "by hand":
        TimeEntry.objects.filter(pk=changed.pk).update(rate_level=RateLevel.MANUAL)
    else:
        token = "nonsense"
    before = rates()
    with pytest.raises(errors.PreviewChanged):
        apply_recalculation(OCTOBER, actor=accountant, token=token)
    assert rates() == before


def test_what_has_nothing_to_do_with_it_may_change(accountant: Membership) -> None:
    RateFactory(amount=Decimal("90"))
    one = entry()
    token = preview_recalculation(OCTOBER).token
    TimeEntry.objects.filter(pk=one.pk).update(description="Said better")
    entry(work_date=date(2026, 11, 1))
    apply_recalculation(OCTOBER, actor=accountant, token=token)
    assert rates() == ["90", "80"]


def test_taking_back_gives_the_old_rates_where_nothing_happened(accountant: Membership) -> None:
    RateFactory(amount=Decimal("90"))
    entry()
    entry(rate=None, rate_level=RateLevel.NONE)
    moved, locked = entry(), entry()
    done = apply_recalculation(
        OCTOBER, actor=accountant, token=preview_recalculation(OCTOBER).token
    )
    TimeEntry.objects.filter(pk=moved.pk).update(rate=Decimal("70"))
    HoursLockFactory(member=locked.member)

    assert take_back(done.changes, actor=accountant) == 2

    assert rates() == ["80", None, "70", "90"]
    levels = TimeEntry.objects.order_by("pk").values_list("rate_level", flat=True)
    assert list(levels)[:2] == [RateLevel.TENANT, RateLevel.NONE]
    assert AuditEntry.objects.get(action="rates.recalculation_undone").detail["entries"] == 2


@pytest.mark.usefixtures("tenant")
@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    entries=st.lists(
        st.tuples(
            st.integers(0, 1),
            st.integers(0, 1),
            st.sampled_from([None, 50, 60, 70]),
            st.sampled_from(list(RateLevel)),
            st.sampled_from(list(BillingState)),
            st.booleans(),
            st.integers(1, 200),
        ),
        max_size=8,
    ),
    amounts=st.lists(st.none() | st.sampled_from([50, 60, 70]), min_size=4, max_size=4),
    by_hand=st.booleans(),
)
def test_what_is_applied_is_what_was_shown(
    *, entries: list[Any], amounts: list[int | None], by_hand: bool
) -> None:
    with transaction.atomic():
        _apply_and_compare(entries, amounts, by_hand=by_hand)
        transaction.set_rollback(True)  # the next example begins with nothing


def _apply_and_compare(entries: list[Any], amounts: list[int | None], *, by_hand: bool) -> None:
    actor = MembershipFactory(role=Role.OWNER)
    people = [MembershipFactory() for _ in range(2)]
    projects = [ProjectFactory() for _ in range(2)]
    for member, project, rate, level, state, locked, minutes in entries:
        TimeEntry.objects.create(
            member=people[member],
            project=projects[project],
            work_date=date(2026, 10, 5),
            minutes=minutes,
            rate=rate,
            rate_level=level,
            billing_state=state,
            billing_note="A gift" if state == BillingState.WRITTEN_OFF else "",
            is_locked=locked,
        )
    named: list[dict[str, Any]] = [
        {"project": projects[0], "member": people[0]}, {"project": projects[1]},
        {"member": people[1]}, {"customer": projects[0].customer},
    ]  # fmt: skip
    for amount, names in zip(amounts, named, strict=True):
        if amount is not None:
            RateFactory(amount=Decimal(amount), **names)
    mine = TimeEntry.objects.filter(member__in=people)
    before = {one.pk: one for one in mine}
    book = RateBook.load()
    expected = {}
    for pk, one in before.items():
        found = book.find(
            member_id=one.member_id,
            project_id=one.project_id,
            customer_id=one.project.customer_id,
            task_id=None,
            currency="EUR",
            day=one.work_date,
        )
        free = one.billing_state == BillingState.OPEN and not one.is_locked
        asked = by_hand or one.rate_level != RateLevel.MANUAL
        if free and asked and found.amount is not None and found.amount != one.rate:
            expected[pk] = found
    scope = Scope(OCTOBER.start, OCTOBER.end, by_hand=by_hand)

    preview = preview_recalculation(scope)

    assert {change.entry_id for change in preview.changes} == set(expected)
    assert sum(group.entries for group in preview.groups) == len(expected)
    if expected:
        apply_recalculation(scope, actor=actor, token=preview.token)
    for one in mine.all():  # as they are now
        was = before[one.pk]
        wanted = expected.get(one.pk, (was.rate, was.rate_level))
        assert (one.rate, one.rate_level) == tuple(wanted)


# The page --------------------------------------------------------------------------------------


def page(client: Client, url: str = f"{HOME}?{DAYS}", status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status
    return response.content.decode()


def test_looking_applying_and_undoing(accountant: Membership, signed_in: SignIn) -> None:
    client = signed_in(accountant)
    RateFactory(amount=Decimal("90"))
    one = entry(project=ProjectFactory(name="Web shop"))
    locked = entry()
    HoursLockFactory(member=locked.member)
    assert "Show the difference" in page(client, HOME)

    text = page(client)
    assert "Web shop" in text
    assert "+€10.00" in text
    assert "Locked: unlock them first" in text
    token = re.findall(r'name="token"\s+value="(\w+)"', text)[0]

    entry(member=one.member)
    refused = client.post(f"{HOME}?{DAYS}", {"token": token})
    assert refused.status_code == 422
    text = refused.content.decode()
    assert "Hours or rates have changed since you looked." in text
    assert rates() == ["80", "80", "80"]

    token = re.findall(r'name="token"\s+value="(\w+)"', text)[0]
    done = client.post(f"{HOME}?{DAYS}", {"token": token}, follow=True)
    text = done.content.decode()
    assert "2 entries have their new rates." in text
    assert "Nothing would change" in text
    assert rates() == ["90", "80", "90"]

    undone = client.post(f"{HOME}undo/", follow=True).content.decode()
    assert "2 entries have their old rates again." in undone
    assert rates() == ["80", "80", "80"]
    client.post(f"{HOME}undo/")
    assert AuditEntry.objects.filter(action="rates.recalculation_undone").count() == 1


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("start=2026-10-31&end=2026-10-01", "The last day lies before the first."),
        ("start=2026-10-31", "“To” is empty. Give a day."),
        ("start=then&end=now", "Enter a valid date."),
        ("start=1066-10-14&end=2026-10-01", "Give a year between 2000 and 2200."),
        ("start=2020-10-14&end=2026-10-01", "Choose at most three years at a time."),
        (f"{DAYS}&project=999999", "Select a valid choice."),
        (f"{DAYS}&person=x", "Select a valid choice."),
    ],
)
def test_a_choice_that_cannot_be(
    accountant: Membership, signed_in: SignIn, query: str, sentence: str
) -> None:
    client = signed_in(accountant)
    assert sentence in page(client, f"{HOME}?{query}", status=422)
    assert client.post(f"{HOME}?{query}", {"token": "x"}).status_code == 422


def test_another_tenants_project_is_no_choice(
    accountant: Membership, signed_in: SignIn, tenant: Tenant, other_tenant: Tenant
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL app.tenant_id = '{other_tenant.pk}'")
        customer = CustomerFactory(tenant=other_tenant)
        cursor.execute(f"SET LOCAL app.tenant_id = '{tenant.pk}'")
    url = f"{HOME}?{DAYS}&customer={customer.pk}"
    assert "Select a valid choice." in page(signed_in(accountant), url, status=422)


def test_who_may_recalculate(
    manager: Membership, member: Membership, auditor: Membership, signed_in: SignIn
) -> None:
    RateFactory(amount=Decimal("90"))
    entry()
    token = preview_recalculation(OCTOBER).token
    for person in (manager, member, auditor):
        client = signed_in(person)
        assert client.get(HOME).status_code == 403
        assert client.post(f"{HOME}?{DAYS}", {"token": token}).status_code == 403
        assert client.post(f"{HOME}undo/").status_code == 403
        with pytest.raises(errors.RatesNotYours):
            apply_recalculation(OCTOBER, actor=person, token=token)
        with pytest.raises(errors.RatesNotYours):
            take_back([], actor=person)
    assert rates() == ["80"]


def test_the_number_of_queries_stands(accountant: Membership, signed_in: SignIn) -> None:
    client = signed_in(accountant)
    RateFactory(amount=Decimal("90"))
    counts = []
    for number in (1, 7):
        for _ in range(number):
            entry()
        with CaptureQueriesContext(connection) as queries:
            page(client)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
