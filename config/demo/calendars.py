"""Working days of the two countries."""

from datetime import date, timedelta


def easter(year: int) -> date:
    """Gauss's rule in the form of Meeus."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


def public_holidays(country: str, year: int) -> set[date]:
    fixed = {
        "FI": ((1, 1), (1, 6), (5, 1), (12, 6), (12, 24), (12, 25), (12, 26)),
        "DE": ((1, 1), (5, 1), (10, 3), (10, 31), (12, 24), (12, 25), (12, 26), (12, 31)),
    }[country]
    # Good Friday, Easter Monday, Ascension; Whit Monday is none in Finland.
    moving = {"FI": (-2, 1, 39), "DE": (-2, 1, 39, 50)}[country]
    days = {date(year, month, day) for month, day in fixed}
    days |= {easter(year) + timedelta(days=offset) for offset in moving}
    if country == "FI":  # Midsummer Eve, the Friday between 19 and 25 June
        days |= {d for n in range(19, 26) if (d := date(year, 6, n)).weekday() == 4}
    return days


def working_days(country: str, start: date, end: date) -> list[date]:
    """Monday to Friday, both ends included, without public holidays."""
    holidays = {
        day for year in range(start.year, end.year + 1) for day in public_holidays(country, year)
    }
    days = (start + timedelta(days=n) for n in range((end - start).days + 1))
    return [day for day in days if day.weekday() < 5 and day not in holidays]


def month_start(day: date, months_before: int = 0) -> date:
    number = day.year * 12 + day.month - 1 - months_before
    return date(number // 12, number % 12 + 1, 1)


def month_end(day: date) -> date:
    return month_start(month_start(day) + timedelta(days=32)) - timedelta(days=1)
