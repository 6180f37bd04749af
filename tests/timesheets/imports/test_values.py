from datetime import date, time
from decimal import Decimal

import pytest

from core.durations import NumberMeans
from timesheets.imports.values import (
    BadValue,
    DateOrder,
    clean,
    fold,
    is_undecided,
    order_shown_by,
    read_currency,
    read_date,
    read_decimal,
    read_minutes,
    read_rate,
    read_time,
    read_yes_or_no,
)

DAY, MONTH = DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("1:30", 90),
        ("01:30", 90),
        ("0:06", 6),
        ("01:30:00", 90),
        ("01:30:29", 90),
        ("01:30:30", 91),
        ("00:59:59", 60),
        ("23:59:45", 1440),
        ("24:00", 1440),
        ("24:00:00", 1440),
        ("0:00:29", 1),  # never nought for time that was worked
        ("00:00:02", 1),
        ("00:00:30", 1),
        ("00:01:29.500", 1),
        ("1.5", 90),
        ("1,5", 90),
        ("7,5", 450),
        ("2.00", 120),
        ("2", 120),
        ("0,25", 15),
        ("0.11", 7),
        ("1.33", 80),
        ("1.333333", 80),
        ("0,01", 1),
        (".5", 30),
        ("8", 480),
        ("24", 1440),
        ("90m", 90),
        ("90 min", 90),
        ("1h", 60),
        ("1h 30m", 90),
        ("1h30", 90),
        ("1h05m", 65),
        ("1 h 15 min", 75),
        ("1.5h", 90),
        ("1,5 t", 90),
        ("2 Std.", 120),
        ("45 min 40 sec", 46),
        ("90 MIN", 90),
    ],
)
def test_a_duration_is_read_in_every_usual_form(text: str, minutes: int) -> None:
    assert read_minutes(text) == minutes


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("5400", 90), ("20", 1), ("3629", 60), ("3630", 61), ("86400", 1440), ("7200", 120)],
)
def test_whole_numbers_may_be_seconds(text: str, minutes: int) -> None:
    assert read_minutes(text, NumberMeans.SECONDS) == minutes


@pytest.mark.parametrize(
    ("text", "minutes"), [("90", 90), ("7,5", 8), ("1440", 1440), ("1:30", 90)]
)
def test_numbers_may_be_minutes(text: str, minutes: int) -> None:
    assert read_minutes(text, NumberMeans.MINUTES) == minutes


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "This is no duration. Write it as 1:30 or 1.5."),
        ("abc", "This is no duration. Write it as 1:30 or 1.5."),
        ("1:75", "After a colon stand 0 to 59. Write it as 1:30 or 1.5."),
        ("1:30:75", "After a colon stand 0 to 59. Write it as 1:30 or 1.5."),
        ("1:3:0:0", "This is no duration. Write it as 1:30 or 1.5."),
        ("01. Mai", "This is no duration. Write it as 1:30 or 1.5."),  # what Excel makes of 1.5
        ("1e3", "This is no duration. Write it as 1:30 or 1.5."),
        ("NaN", "This is no duration. Write it as 1:30 or 1.5."),
        ("Infinity", "This is no duration. Write it as 1:30 or 1.5."),
        ("h", "This is no duration. Write it as 1:30 or 1.5."),
        ("-", "This is no duration. Write it as 1:30 or 1.5."),
        ("0", "The duration is nought."),
        ("0:00", "The duration is nought."),
        ("00:00:00", "The duration is nought."),
        ("0,0", "The duration is nought."),
        ("0h", "The duration is nought."),
        ("-1:30", "The duration is negative."),
        ("-0:00:30", "The duration is negative."),
        ("−1,5", "The duration is negative."),
        ("-2", "The duration is negative."),
        ("-1h 30m", "The duration is negative."),
        ("24:01", "An entry cannot be longer than 24 hours."),
        ("24:00:01", "An entry cannot be longer than 24 hours."),
        ("26:10:00", "An entry cannot be longer than 24 hours."),
        ("24.1", "An entry cannot be longer than 24 hours."),
        ("25", "25 would be hours, and a day has 24. For minutes write 25m."),
        ("99999:00", "An entry cannot be longer than 24 hours."),
    ],
)
def test_a_duration_that_cannot_be_is_refused(text: str, reason: str) -> None:
    with pytest.raises(BadValue) as refused:
        read_minutes(text)
    assert str(refused.value.reason) == reason


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2026-09-15", None, date(2026, 9, 15)),
        ("2026/9/5", None, date(2026, 9, 5)),
        ("2026.09.15", None, date(2026, 9, 15)),
        ("2026-09-15T08:00:00+03:00", None, date(2026, 9, 15)),
        ("2026-09-15 08:00", None, date(2026, 9, 15)),
        ("15/09/2026", DAY, date(2026, 9, 15)),
        ("03/04/2026", DAY, date(2026, 4, 3)),
        ("03/04/2026", MONTH, date(2026, 3, 4)),
        ("3/4/2026", MONTH, date(2026, 3, 4)),
        ("09-15-2026", MONTH, date(2026, 9, 15)),
        ("15-09-2026", DAY, date(2026, 9, 15)),
        ("26.01.2015", None, date(2015, 1, 26)),
        ("3.4.2026", None, date(2026, 4, 3)),
        ("3.4.2026", MONTH, date(2026, 4, 3)),  # dots are day first wherever they are used
        ("3.4.26", None, date(2026, 4, 3)),
        ("9/15/26", MONTH, date(2026, 9, 15)),
        ("29.2.2028", None, date(2028, 2, 29)),
        ("05/05/2026", None, date(2026, 5, 5)),
        ("2026-09-15", MONTH, date(2026, 9, 15)),
    ],
)
def test_a_date_is_read(text: str, order: DateOrder | None, day: date) -> None:
    assert read_date(text, order) == day


@pytest.mark.parametrize(
    ("text", "order", "reason"),
    [
        ("31.2.2026", None, "This day does not exist."),
        ("29.2.2026", None, "This day does not exist."),
        ("2026-09-31", None, "This day does not exist."),
        ("2026-13-01", None, "This day does not exist."),
        ("15/09/2026", MONTH, "This day does not exist."),
        ("0000-01-01", None, "This day does not exist."),
        ("00/00/2026", DAY, "This day does not exist."),
        ("15.09-2026", None, "This is no date. Write it as 2026-09-15."),
        ("15 Sep 2026", None, "This is no date. Write it as 2026-09-15."),
        ("46280", None, "This is no date. Write it as 2026-09-15."),  # Excel's count of days
        ("yesterday", None, "This is no date. Write it as 2026-09-15."),
        ("15/9", DAY, "This is no date. Write it as 2026-09-15."),
    ],
)
def test_a_date_that_cannot_be_is_refused(text: str, order: DateOrder | None, reason: str) -> None:
    with pytest.raises(BadValue) as refused:
        read_date(text, order)
    assert str(refused.value.reason) == reason


@pytest.mark.parametrize(
    ("text", "shown", "undecided"),
    [
        ("15/09/2026", DAY, False),
        ("13/12/2026", DAY, False),
        ("09/15/2026", MONTH, False),
        ("12/13/2026", MONTH, False),
        ("09-15-2026", MONTH, False),
        ("03/04/2026", None, True),
        ("12/11/2026", None, True),
        ("05/05/2026", None, False),
        ("13/13/2026", None, False),
        ("3.4.2026", DAY, False),
        ("2026-03-04", None, False),
        ("", None, False),
        ("rubbish", None, False),
    ],
)
def test_what_a_date_tells_about_the_order(
    text: str, shown: DateOrder | None, undecided: bool
) -> None:
    assert (order_shown_by(text), is_undecided(text)) == (shown, undecided)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("08:00", time(8)),
        ("8:00", time(8)),
        ("08:00:59", time(8, 0, 59)),
        ("14.30", time(14, 30)),
        ("23:59", time(23, 59)),
        ("24:00", time(0)),
        ("12:00 AM", time(0)),
        ("12:30:15 AM", time(0, 30, 15)),
        ("12:00 PM", time(12)),
        ("01:26:00 PM", time(13, 26)),
        ("1:26 pm", time(13, 26)),
        ("1:26pm", time(13, 26)),
        ("1:26 p.m.", time(13, 26)),
        ("11:59 AM", time(11, 59)),
        ("1 PM", time(13)),
        ("2026-09-15 15:10", time(15, 10)),
        ("2026-09-15T08:00:00+03:00", time(8)),
    ],
)
def test_a_time_is_read(text: str, expected: time) -> None:
    assert read_time(text) == expected


@pytest.mark.parametrize(
    "text",
    ["25:00", "24:01", "12:60", "8:00:61", "13:00 PM", "0:30 AM", "8", "8.75 Uhr", "noon", ":30"],
)
def test_a_time_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(BadValue) as refused:
        read_time(text)
    assert str(refused.value.reason) == "This is no time of day. Write it as 14:30."


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234.5", "1234.5"),
        ("1234,5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1,234.5", "1234.5"),
        ("1 234,5", "1234.5"),
        ("1\u202f234,5", "1234.5"),
        ("1'234.50", "1234.50"),
        ("12.345.678,90", "12345678.90"),
        ("-3,5", "-3.5"),
        ("−3,5", "-3.5"),
        ("+3", "3"),
        (",5", "0.5"),
        ("100,0", "100.0"),
    ],
)
def test_a_number_is_read_with_comma_or_point(text: str, number: str) -> None:
    assert read_decimal(text) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["", ",", "1,2,3.4,5x", "12 34", "NaN", "1e5", "--5", "0x1f", "1.2.3"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        read_decimal(text)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("85", "85"),
        ("85.50", "85.5"),
        ("85,50", "85.5"),
        ("85,5 €", "85.5"),
        ("€85.50", "85.5"),
        ("85.50 EUR", "85.5"),
        ("85 €/h", "85"),
        ("85.500000", "85.5"),
        ("0", "0"),
        ("2.000,0", "2000"),
        ("99999999.9999", "99999999.9999"),
    ],
)
def test_a_rate_is_read(text: str, rate: str) -> None:
    assert read_rate(text) == Decimal(rate)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("85.12345", "A rate has at most four decimal places."),
        ("-85", "A rate cannot be negative."),
        ("100000000", "This rate is too high."),
        ("9" * 60, "This rate is too high."),
        ("free", "This is no number."),
    ],
)
def test_a_rate_that_cannot_be_is_refused(text: str, reason: str) -> None:
    with pytest.raises(BadValue) as refused:
        read_rate(text)
    assert str(refused.value.reason) == reason


@pytest.mark.parametrize("text", ["Yes", "yes", "YES", "1", "true", "Ja", "Wahr", "Kyllä", "x"])
def test_yes(text: str) -> None:
    assert read_yes_or_no(text) is True


@pytest.mark.parametrize("text", ["No", "no", "0", "false", "Nein", "Falsch", "Ei"])
def test_no(text: str) -> None:
    assert read_yes_or_no(text) is False


@pytest.mark.parametrize("text", ["maybe", "2", "ja nein", "-"])
def test_neither_yes_nor_no(text: str) -> None:
    with pytest.raises(BadValue) as refused:
        read_yes_or_no(text)
    assert str(refused.value.reason) == "Write yes or no."


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("EUR", "EUR"),
        ("eur", "EUR"),
        ("Euro - EUR", "EUR"),
        ("United States Dollar - USD", "USD"),
        ("Swedish Krona (SEK)", "SEK"),
        ("€", "EUR"),
        ("£", "GBP"),
    ],
)
def test_a_currency_is_read(text: str, currency: str) -> None:
    assert read_currency(text) == currency


@pytest.mark.parametrize("text", ["Euro", "EURO", "E", "12"])
def test_what_is_no_currency_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        read_currency(text)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  Acme   Oy ", "Acme Oy"),
        ("Acme\u00a0Oy", "Acme Oy"),
        ("Ma\u0308kinen", "Mäkinen"),  # composed, as PostgreSQL and people compare it
        ("\ufeffUser", "User"),
        ("a\u200bb", "ab"),
        ("a\x00b", "ab"),
        ("a\tb", "a b"),
        ("", ""),
    ],
)
def test_a_name_is_one_clean_line(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    ("one", "other"),
    [("ACME oy", "Acme  Oy"), ("Müller & Söhne", "MÜLLER & SÖHNE"), ("Weiß", "WEISS")],
)
def test_case_and_spacing_make_no_difference(one: str, other: str) -> None:
    assert fold(one) == fold(other)
