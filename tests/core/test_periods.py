from datetime import date

import pytest

from core.periods import Period, month_of, presets, quarter_of, usual_period, year_of


@pytest.mark.parametrize(
    ("period", "name"),
    [
        (month_of(date(2026, 2, 10)), "February 2026"),
        (quarter_of(date(2026, 11, 21)), "Q4 2026"),
        (year_of(date(2026, 11, 21)), "2026"),
        (year_of(date(2026, 5, 31), 6), "2025-06-01 – 2026-05-31"),
        (Period(date(2026, 11, 2), date(2026, 11, 8)), "2026-11-02 – 2026-11-08"),
        (Period(date(2026, 11, 2), date(2026, 11, 2)), "2026-11-02"),
    ],
)
def test_a_period_is_called_what_people_call_it(period: Period, name: str) -> None:
    assert str(period) == name


@pytest.mark.parametrize(
    ("period", "before", "after"),
    [
        (
            month_of(date(2026, 1, 15)),
            Period(date(2025, 12, 1), date(2025, 12, 31)),
            Period(date(2026, 2, 1), date(2026, 2, 28)),
        ),
        (
            quarter_of(date(2026, 2, 1)),
            Period(date(2025, 10, 1), date(2025, 12, 31)),
            Period(date(2026, 4, 1), date(2026, 6, 30)),
        ),
        (
            year_of(date(2024, 3, 1), 3),
            Period(date(2023, 3, 1), date(2024, 2, 29)),
            Period(date(2025, 3, 1), date(2026, 2, 28)),
        ),
        (
            Period(date(2026, 11, 1), date(2027, 1, 31)),
            Period(date(2026, 8, 1), date(2026, 10, 31)),
            Period(date(2027, 2, 1), date(2027, 4, 30)),
        ),
        (
            Period(date(2026, 11, 2), date(2026, 11, 8)),
            Period(date(2026, 10, 26), date(2026, 11, 1)),
            Period(date(2026, 11, 9), date(2026, 11, 15)),
        ),
    ],
)
def test_steps_keep_the_kind_of_period(period: Period, before: Period, after: Period) -> None:
    assert (period.before(), period.after()) == (before, after)


@pytest.mark.parametrize(
    ("today", "month"), [(date(2026, 11, 15), 10), (date(2026, 11, 16), 11), (date(2026, 1, 3), 12)]
)
def test_early_in_a_month_people_invoice_the_one_before(today: date, month: int) -> None:
    assert usual_period(today).start.month == month


def test_presets_in_the_last_days_of_a_long_month() -> None:
    periods = [period for _key, _label, period in presets(date(2026, 5, 31))]

    assert periods == [
        Period(date(2026, 5, 1), date(2026, 5, 31)),
        Period(date(2026, 4, 1), date(2026, 4, 30)),
        Period(date(2026, 4, 1), date(2026, 6, 30)),
        Period(date(2026, 1, 1), date(2026, 3, 31)),
    ]
