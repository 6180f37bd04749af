"""Whatever comes in, the answer is a row, a problem with its line, or a refusal; never a crash."""

import contextlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.timesheets.imports.files import CLOCKIFY, HARVEST, KIMAI, PLAIN, TOGGL, lines_of
from timesheets.imports.errors import ImportRefused
from timesheets.imports.rejects import restored, safe
from timesheets.imports.source import recognise
from timesheets.imports.values import (
    BadValue,
    DateOrder,
    clean,
    read_currency,
    read_date,
    read_decimal,
    read_minutes,
    read_rate,
    read_time,
    read_yes_or_no,
)

HEADERS = [TOGGL, CLOCKIFY, HARVEST, KIMAI, PLAIN]
# Texts that come near to what the readers look for, and any other.
CELLS = st.one_of(
    st.from_regex(r"[-−+]?[0-9]{1,6}[:.,/ -]?[0-9]{0,6}[:.,/ -]?[0-9]{0,6} ?(AM|h|m|EUR|T)?"),
    st.sampled_from(["", "yes", "no", "2026-09-15", "1:30", "24:00", "a@b.fi", "'=x", "\\", '"']),
    st.text(max_size=30),
)


@pytest.mark.parametrize(
    "read",
    [
        read_currency,
        read_decimal,
        read_minutes,
        read_rate,
        read_time,
        read_yes_or_no,
        lambda text: read_date(text, DateOrder.DAY_FIRST),
        lambda text: read_date(text, DateOrder.MONTH_FIRST),
    ],
)
@given(text=CELLS)
def test_a_cell_is_a_value_or_bad(read: Callable[[str], Any], text: str) -> None:
    with contextlib.suppress(BadValue):
        read(clean(text))


@given(text=CELLS)
def test_minutes_are_those_of_at_most_one_day(text: str) -> None:
    with contextlib.suppress(BadValue):
        assert 1 <= read_minutes(clean(text)) <= 1440


@given(text=st.text(alphabet="'=+-@\t\rx ", max_size=8))
def test_made_safe_and_restored_is_the_same(text: str) -> None:
    assert restored(safe(text)) == text
    assert not safe(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(
    mark=st.sampled_from([b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"sep=;\n"]),
    content=st.binary(max_size=400),
)
def test_any_bytes_are_a_file_or_refused(mark: bytes, content: bytes) -> None:
    with contextlib.suppress(ImportRefused):
        lines_of(recognise(BytesIO(mark + content)))


@settings(max_examples=200)
@given(
    header=st.sampled_from(HEADERS),
    rows=st.lists(st.lists(CELLS, max_size=16), max_size=6),
    delimiter=st.sampled_from(",;\t"),
    quoted=st.booleans(),
)
def test_any_rows_are_rows_or_problems(
    header: str, rows: list[list[str]], delimiter: str, quoted: bool
) -> None:
    mark = '"' if quoted else ""
    text = "\n".join(
        [
            header.replace(",", delimiter),
            *(delimiter.join(f"{mark}{cell}{mark}" for cell in row) for row in rows),
        ]
    )
    with contextlib.suppress(ImportRefused):
        for line in lines_of(recognise(BytesIO(text.encode("utf-8", "surrogatepass")))):
            assert line.row is not None or line.problems
            assert all(problem.line == line.line for problem in line.problems)
