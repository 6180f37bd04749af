"""Working days of a country: no weekend and no public holiday of the whole country."""

from datetime import date, timedelta
from functools import cache

from holidays import HolidayBase, country_holidays

_DAY = timedelta(days=1)


def is_working_day(day: date, country: str) -> bool:
    calendar = _calendar(country)
    return day.weekday() < 5 if calendar is None else bool(calendar.is_working_day(day))


def working_day_from(day: date, country: str) -> date:
    """The day itself, or the next working day."""
    while not is_working_day(day, country):
        day += _DAY
    return day


def working_day_until(day: date, country: str) -> date:
    """The day itself, or the working day before it."""
    while not is_working_day(day, country):
        day -= _DAY
    return day


@cache
def _calendar(country: str) -> HolidayBase | None:
    """None where nobody has written down the country's holidays: weekends count there."""
    try:
        return country_holidays(country)
    except NotImplementedError:
        return None
