"""Durations as hurried people type them; the browser's reader is held to the same table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.durations import BadDuration, NoTimeAtAll, NumberMeans, read_minutes
from core.templatetags.figures import hours

UNDERSTOOD = [
    ("1:30", 90), ("01:30", 90), ("0:05", 5), (":30", 30), (":05", 5), ("1:5", 65),
    ("24:00", 1440), ("1:30:00", 90), ("1:29:30", 90), ("1:29:29", 89), ("0:00:20", 1),
    ("1.5", 90), ("1,5", 90), ("1.50", 90), (".5", 30), (",5", 30), ("0,25", 15), ("0.75", 45),
    ("7,75", 465), ("1.333", 80), ("1,67", 100), ("0.01", 1), ("8", 480), ("08", 480),
    ("24", 1440), ("+2", 120), ("1", 60),
    ("90m", 90), ("90 m", 90), ("90min", 90), ("90 min.", 90), ("5 minutes", 5), ("1 minute", 1),
    ("90 minuuttia", 90), ("90 Minuten", 90), ("1440m", 1440), ("90M", 90), ("90MIN", 90),
    ("1h", 60), ("1 h", 60), ("1H", 60), ("1.5h", 90), ("1,5 h", 90), (".5h", 30), ("8h", 480),
    ("2t", 120), ("2 tuntia", 120), ("1 tunti", 60), ("2 Std.", 120), ("2 Stunden", 120),
    ("1 Stunde", 60), ("2 hrs", 120), ("2 hours", 120), ("1 hour", 60),
    ("1h30", 90), ("1h 30", 90), ("1h 30m", 90), ("1h30m", 90), ("1 h 30 min", 90), ("1h5", 65),
    ("1h05", 65), ("1h 5m", 65), ("2t 15min", 135), ("2 Std. 15 Min.", 135), ("0h 20m", 20),
    ("1H30M", 90), ("1h 90m", 150), ("1 hour 30 minutes", 90), ("1h 29m 30s", 90), ("90s", 2),
    ("30 sec", 1), ("1h 5s", 60), (" 1:30 ", 90), ("\t8\n", 480), ("1\u00a0h", 60),
]  # fmt: skip
UNCLEAR = "This is no duration. Write it as 1:30 or 1.5."
COLON = "After a colon stand 0 to 59. Write it as 1:30 or 1.5."
TOO_LONG = "An entry cannot be longer than 24 hours."
NEGATIVE = "The duration is negative."
REFUSED = [
    ("", UNCLEAR), ("x", UNCLEAR), ("one", UNCLEAR), ("h", UNCLEAR), ("m", UNCLEAR), (":", UNCLEAR),
    ("1:", UNCLEAR), ("1::30", UNCLEAR), ("1:30:", UNCLEAR), ("1:3:0:0", UNCLEAR), ("-", UNCLEAR),
    ("1h30x", UNCLEAR), ("1h 300", UNCLEAR), ("1h 75", UNCLEAR), ("30m 1h", UNCLEAR),
    ("1.5.5", UNCLEAR), ("1,5,5", UNCLEAR), ("1..5", UNCLEAR), ("1 5", UNCLEAR), ("1e3", UNCLEAR),
    ("NaN", UNCLEAR), ("Infinity", UNCLEAR), ("1.5 €", UNCLEAR), ("9-17", UNCLEAR),
    ("1:30pm", UNCLEAR), ("<b>1</b>", UNCLEAR), ("1" * 41, UNCLEAR), ("½", UNCLEAR),
    ("1:60", COLON), ("1:75", COLON), ("0:99", COLON), ("1:30:75", COLON),
    ("-1", NEGATIVE), ("-1:30", NEGATIVE), ("−1,5", NEGATIVE), ("-90m", NEGATIVE),
    ("-0:00:01", NEGATIVE), ("-1h 30m", NEGATIVE),
    ("24:01", TOO_LONG), ("24.5", TOO_LONG), ("25h", TOO_LONG), ("1441m", TOO_LONG),
    ("1441", TOO_LONG), ("99999:59", TOO_LONG), ("9" * 40, TOO_LONG), ("24h 1s", TOO_LONG),
    ("25", "25 would be hours, and a day has 24. For minutes write 25m."),
    ("90", "90 would be hours, and a day has 24. For minutes write 90m."),
]  # fmt: skip
NOUGHT = ["0", "0:00", ":00", "00:00:00", "0,0", "0h", "0m", "0h 0m", "-0"]


@pytest.mark.parametrize(("text", "minutes"), UNDERSTOOD)
def test_what_people_type_is_understood(text: str, minutes: int) -> None:
    assert read_minutes(text) == minutes


@pytest.mark.parametrize(("text", "sentence"), REFUSED)
def test_what_is_no_duration_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(BadDuration) as refused:
        read_minutes(text)
    assert str(refused.value.reason) == sentence
    assert not isinstance(refused.value, NoTimeAtAll)


@pytest.mark.parametrize("text", NOUGHT)
def test_nought_is_told_apart_because_it_empties_a_cell(text: str) -> None:
    with pytest.raises(NoTimeAtAll):
        read_minutes(text)


@pytest.mark.parametrize(
    ("text", "means", "minutes"),
    [
        ("90", NumberMeans.MINUTES, 90),
        ("1440", NumberMeans.MINUTES, 1440),
        ("5400", NumberMeans.SECONDS, 90),
        ("1:30", NumberMeans.SECONDS, 90),
        ("1,5", NumberMeans.MINUTES, 2),
    ],
)
def test_a_bare_number_means_what_the_file_says(
    text: str, means: NumberMeans, minutes: int
) -> None:
    assert read_minutes(text, means) == minutes


@given(st.integers(1, 1440))
def test_what_is_printed_is_read_back(minutes: int) -> None:
    whole, rest = divmod(minutes, 60)
    assert read_minutes(hours(minutes)) == minutes
    assert read_minutes(f"{minutes}m") == minutes
    assert read_minutes(f"{whole}h {rest}m") == minutes
    assert read_minutes(f"{whole}h{rest:02}") == minutes
    assert read_minutes(f"{minutes / 60:.4f}") == minutes
    assert read_minutes(f"{minutes / 60:.4f}".replace(".", ",")) == minutes


@given(st.text(max_size=50))
def test_any_text_is_a_duration_of_a_day_or_refused_with_a_sentence(text: str) -> None:
    try:
        outcome: int | str = read_minutes(text)
    except BadDuration as refused:
        outcome = str(refused.reason)
    assert outcome in range(1, 1441) or str(outcome).endswith(".")
