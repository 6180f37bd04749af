"""Which rate is found: most specific first, on its days, in the customer's currency."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenants.models import Membership
from tests.factories import CustomerFactory, ProjectFactory, RateFactory, TaskFactory
from timesheets.domain.entries import change_entry, record_entry
from timesheets.domain.rates import FoundRate, Priced, RateBook
from timesheets.models import Rate, RateLevel

NEW_YEAR = date(2027, 1, 1)
EVE = NEW_YEAR - timedelta(days=1)
DAYS = st.dates(date(2026, 12, 28), date(2027, 1, 4))


@st.composite
def spans(draw: st.DrawFn) -> tuple[date | None, date | None]:
    start, end = draw(st.none() | DAYS), draw(st.none() | DAYS)
    return (end, start) if start and end and end < start else (start, end)


LEVEL_FIELDS: dict[RateLevel, tuple[str, ...]] = {
    RateLevel.PROJECT_MEMBER: ("project", "member"),
    RateLevel.TASK: ("task",),
    RateLevel.PROJECT: ("project",),
    RateLevel.CUSTOMER: ("customer",),
    RateLevel.MEMBER: ("member",),
    RateLevel.TENANT: (),
}
RATES = st.lists(
    st.tuples(
        st.sampled_from(list(LEVEL_FIELDS)),
        st.integers(1, 2),
        st.integers(1, 2),
        st.sampled_from(["EUR", "SEK"]),
        spans(),
        st.integers(0, 200),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(
    rates=RATES,
    member=st.integers(1, 2),
    project=st.integers(1, 2),
    customer=st.integers(1, 2),
    task=st.none() | st.integers(1, 2),
    currency=st.sampled_from(["EUR", "SEK"]),
    day=DAYS,
)
def test_the_book_finds_what_a_slow_search_finds(
    *,
    rates: list[Any],
    member: int,
    project: int,
    customer: int,
    task: int | None,
    currency: str,
    day: date,
) -> None:
    work = {"member": member, "project": project, "customer": customer, "task": task}
    rows = []
    for level, first, second, of_currency, span, amount in rates:
        ids = dict(zip(LEVEL_FIELDS[level], (first, second), strict=False))
        rows.append((level, ids, of_currency, span, Decimal(amount)))
    book: dict[Any, list[Priced]] = {}
    for _level, ids, of_currency, (start, end), amount in rows:
        key = (*(ids.get(name) for name in ("customer", "project", "task", "member")), of_currency)
        book.setdefault(key, []).append(Priced(start, end, amount))

    expected = FoundRate(None, RateLevel.NONE)
    for wanted in LEVEL_FIELDS:
        fitting = [
            FoundRate(amount, level)
            for level, ids, of_currency, (start, end), amount in rows
            if level == wanted
            and of_currency == currency
            and all(work[name] == value for name, value in ids.items())
            and (start or date.min) <= day <= (end or date.max)
        ]
        if fitting:
            expected = fitting[0]
            break

    found = RateBook(book).find(
        member_id=member,
        project_id=project,
        customer_id=customer,
        task_id=task,
        currency=currency,
        day=day,
    )
    assert found == expected


@pytest.mark.usefixtures("tenant")
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=spans(), second=spans())
def test_the_database_refuses_two_rates_of_one_level_on_one_day(first: Any, second: Any) -> None:
    overlap = (first[0] or date.min) <= (second[1] or date.max) and (second[0] or date.min) <= (
        first[1] or date.max
    )
    with transaction.atomic():
        RateFactory(start_date=first[0], end_date=first[1])
        if overlap:
            with pytest.raises(IntegrityError, match="rate_once_a_day"), transaction.atomic():
                RateFactory(start_date=second[0], end_date=second[1])
        else:
            RateFactory(start_date=second[0], end_date=second[1])
        RateFactory(start_date=second[0], end_date=second[1], currency="SEK")
        Rate.objects.all().delete()


@pytest.mark.usefixtures("tenant")
def test_levels_do_not_get_in_each_others_way() -> None:
    project = ProjectFactory(customer=CustomerFactory())
    for fields in ({}, {"project": project}, {"task": TaskFactory()}):
        RateFactory(**fields)
        with pytest.raises(IntegrityError, match="rate_once_a_day"), transaction.atomic():
            RateFactory(**fields, start_date=NEW_YEAR)


def test_an_entry_takes_the_rate_of_its_own_day(member: Membership) -> None:
    RateFactory(amount=Decimal("95"), end_date=EVE)
    RateFactory(amount=Decimal("99.50"), start_date=NEW_YEAR)
    project = ProjectFactory()
    entries = [
        record_entry(actor=member, member=member, project=project, work_date=day, minutes=60)
        for day in (EVE, NEW_YEAR)
    ]
    assert [entry.rate for entry in entries] == [Decimal("95"), Decimal("99.50")]

    moved = change_entry(entries[0].pk, actor=member, work_date=NEW_YEAR)
    assert moved.rate == Decimal("99.50")


def test_another_day_of_the_same_rate_keeps_what_the_entry_was_written_with(
    member: Membership,
) -> None:
    RateFactory(amount=Decimal("95"))
    entry = record_entry(
        actor=member, member=member, project=ProjectFactory(), work_date=EVE, minutes=60
    )
    Rate.objects.update(amount=Decimal("120"))
    assert change_entry(entry.pk, actor=member, work_date=NEW_YEAR).rate == Decimal("95")
