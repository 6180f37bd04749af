"""When a schedule runs: weeks, months, quarters, working days, clocks that change."""

from datetime import UTC, date, datetime, time
from itertools import islice
from typing import Any

import pytest

from core.working_days import is_working_day, working_day_from, working_day_until
from invoicing.domain.schedules.timing import (
    Rhythm,
    occurrence_after,
    occurrences,
    periods_to_run,
)

AFTER = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def rhythm(**told: Any) -> Rhythm:
    usual: dict[str, Any] = {
        "every": "month",
        "day": 1,
        "at": time(6),
        "working_days": "next",
        "covers": "previous",
        "zone": "Europe/Helsinki",
        "country": "FI",
    }
    return Rhythm(**{**usual, **told})


def told(rhythm: Rhythm, after: datetime = AFTER, count: int = 3) -> list[tuple[str, str, str]]:
    """Local moment, first and last day of what is invoiced."""
    return [
        (f"{one.run_at:%Y-%m-%d %H:%M}", one.period.start.isoformat(), one.period.end.isoformat())
        for one in islice(occurrences(rhythm, after=after), count)
    ]


def test_the_first_working_day_of_each_month() -> None:
    # 1 January is a holiday and a Friday; 1 February a Monday.
    assert told(rhythm()) == [
        ("2026-12-01 06:00", "2026-11-01", "2026-11-30"),
        ("2027-01-04 06:00", "2026-12-01", "2026-12-31"),
        ("2027-02-01 06:00", "2027-01-01", "2027-01-31"),
    ]


def test_the_last_working_day_invoices_the_month_that_goes_on() -> None:
    last = rhythm(day=31, working_days="previous", covers="current", at=time(22, 30))
    assert told(last) == [
        ("2026-11-30 22:30", "2026-11-01", "2026-11-30"),
        ("2026-12-31 22:30", "2026-12-01", "2026-12-31"),
        ("2027-01-29 22:30", "2027-01-01", "2027-01-31"),
    ]


def test_the_day_before_stays_in_its_month() -> None:
    # 1 November 2026 is a Sunday: on the Friday before October would not be over.
    found = told(rhythm(working_days="previous"), datetime(2026, 10, 20, tzinfo=UTC), 1)
    assert found == [("2026-11-02 06:00", "2026-10-01", "2026-10-31")]


def test_a_day_that_a_month_does_not_have_is_its_last() -> None:
    found = told(rhythm(day=30, working_days="none"), datetime(2027, 2, 1, tzinfo=UTC), 2)
    assert [one[0] for one in found] == ["2027-02-28 06:00", "2027-03-30 06:00"]


def test_every_week() -> None:
    # Monday 28 December follows the holidays; 6 January is Epiphany.
    friday = rhythm(every="week", day=5)
    assert told(friday, datetime(2026, 12, 18, 12, tzinfo=UTC)) == [
        ("2026-12-28 06:00", "2026-12-14", "2026-12-20"),
        ("2027-01-04 06:00", "2026-12-21", "2026-12-27"),
        ("2027-01-08 06:00", "2026-12-28", "2027-01-03"),
    ]


def test_one_that_moved_into_the_next_week_is_found_from_there() -> None:
    # Friday's run moved to Monday 28 December at six; it is five on that day.
    friday = rhythm(every="week", day=5)
    found = told(friday, datetime(2026, 12, 28, 3, tzinfo=UTC), 1)
    assert found == [("2026-12-28 06:00", "2026-12-14", "2026-12-20")]


def test_every_quarter() -> None:
    assert told(rhythm(every="quarter", day=10), count=2) == [
        ("2027-01-11 06:00", "2026-10-01", "2026-12-31"),
        ("2027-04-12 06:00", "2027-01-01", "2027-03-31"),
    ]
    last = rhythm(every="quarter", day=31, working_days="none", covers="current")
    assert told(last, count=1) == [("2026-12-31 06:00", "2026-10-01", "2026-12-31")]


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        # At three the clocks of Helsinki go to four: half past three is half past four.
        (date(2026, 3, 29), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        # At four they go back to three: half past three comes twice, and the first counts.
        (date(2026, 10, 25), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (date(2026, 11, 1), datetime(2026, 11, 1, 1, 30, tzinfo=UTC)),
    ],
)
def test_clocks_that_change(day: date, utc: datetime) -> None:
    weekly = rhythm(every="week", day=7, at=time(3, 30), working_days="none")
    before = datetime(day.year, day.month, day.day - 2 if day.day > 2 else day.day, tzinfo=UTC)
    found = next(occurrences(weekly, after=before))
    assert (found.named_date, found.run_at.astimezone(UTC)) == (day, utc)
    # Once, even where the hour comes twice.
    assert next(occurrences(weekly, after=utc)).named_date > day


def test_what_was_missed_follows_one_after_the_other() -> None:
    october = occurrence_after(rhythm(), date(2026, 9, 1))
    november = occurrence_after(rhythm(), october.named_date)
    assert [one.named_date for one in (october, november)] == [
        date(2026, 10, 1),
        date(2026, 11, 1),
    ]


def test_periods_offered_by_hand() -> None:
    found = periods_to_run(rhythm(), today=date(2026, 11, 21), count=3)
    assert [one.start for one in found] == [
        date(2026, 11, 1),
        date(2026, 10, 1),
        date(2026, 9, 1),
    ]


def test_working_days() -> None:
    midsummer_eve = date(2026, 6, 19)
    assert not is_working_day(midsummer_eve, "FI")
    assert is_working_day(midsummer_eve, "DE")
    assert working_day_from(date(2026, 12, 24), "FI") == date(2026, 12, 28)
    assert working_day_until(date(2026, 12, 26), "DE") == date(2026, 12, 24)


def test_a_country_without_a_calendar_has_weekends() -> None:
    assert is_working_day(date(2026, 12, 25), "ZZ")
    assert working_day_from(date(2026, 12, 26), "ZZ") == date(2026, 12, 28)
