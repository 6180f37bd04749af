from io import StringIO

import pytest

from tests.timesheets.imports.files import PLAIN, lines_of, source_of
from timesheets.imports.rejects import Reject, restored, safe, write_rejects
from timesheets.imports.rows import RowProblem


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+358 40",
        "-1:30",
        "@home",
        "\tx",
        "\rx",
        "'=x",
        "''-x",
        "'quoted'",
        "plain",
        "",
        "'",
        "1:30",
    ],
)
def test_what_is_made_safe_comes_back_exactly(cell: str) -> None:
    assert restored(safe(cell)) == cell


@pytest.mark.parametrize(
    "cell", ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''=1"]
)
def test_no_spreadsheet_takes_a_cell_for_a_formula(cell: str) -> None:
    assert safe(cell)[0] == "'"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_rejects_can_be_corrected_and_read_again(delimiter: str) -> None:
    header = PLAIN.replace(",", delimiter)
    cells = [
        "2026-09-31",
        "a@b.fi",
        "Anna",
        "Acme",
        "Web",
        "",
        "=cmd|' /C calc'!A0",
        "",
        "",
        "1:00",
        "yes",
    ]
    origin = source_of(header + "\n")
    out = StringIO()
    problem = RowProblem(2, "Date", "2026-09-31", "This day does not exist.")
    write_rejects(origin, [Reject(cells, (problem,), copy=2)], out)

    text = out.getvalue()
    assert "'=cmd|" in text
    assert "Date: This day does not exist." in text
    corrected = source_of(text.replace("2026-09-31", "2026-09-30"))
    (line,) = lines_of(corrected)
    assert line.problems == ()
    assert line.row is not None
    assert (line.row.description, line.row.copy) == ("=cmd|' /C calc'!A0", 2)

    # A second round of rejects has the reason once, not twice.
    again = StringIO()
    write_rejects(corrected, [Reject(line.cells, (problem,))], again)
    assert again.getvalue().splitlines()[0].count("Import problem") == 1
    assert again.getvalue().splitlines()[0] == text.splitlines()[0]


def test_an_apostrophe_outside_a_rejects_file_is_left_alone() -> None:
    (line,) = lines_of(source_of(f"{PLAIN}\n2026-09-30,a@b.fi,,Acme,Web,,'=x,,,1:00,\n"))
    assert line.row is not None
    assert line.row.description == "'=x"
