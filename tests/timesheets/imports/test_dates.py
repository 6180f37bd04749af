import pytest

from tests.timesheets.imports.files import CLOCKIFY, lines_of, rows_of, source_of
from timesheets.imports.dates import decide_date_order
from timesheets.imports.errors import DateOrderContradictory, DateOrderUndecided
from timesheets.imports.values import DateOrder

DAY, MONTH = DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST


def clockify(*dates: str) -> str:
    rows = (f"Web,Acme,,,Anna,,a@b.fi,,Yes,{day},08:00,{day},09:00,01:00:00,1.00" for day in dates)
    return "\n".join([CLOCKIFY, *rows, ""])


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["2026-09-01", "2026-09-02"], None),
        (["05/05/2026", "06/06/2026"], None),
        (["03/04/2026", "15/04/2026"], DAY),
        (["15/04/2026", "03/04/2026"], DAY),
        (["03/04/2026", "04/15/2026"], MONTH),
        (["01/02/2026"] * 500 + ["01/13/2026"], MONTH),
        (["3-4-2026", "15-4-2026"], DAY),
        (["03.04.2026", "04.04.2026"], None),
        (["03.04.2026", "04/15/2026", "03/04/2026"], MONTH),
        (["2026-04-03", "15/04/2026"], DAY),
    ],
)
def test_the_whole_file_decides(dates: list[str], order: DateOrder | None) -> None:
    assert decide_date_order(source_of(clockify(*dates))) is order


def test_the_end_dates_have_a_say() -> None:
    text = clockify("12/09/2026").replace(",12/09/2026,09:00", ",13/09/2026,09:00")
    assert decide_date_order(source_of(text)) is DAY


def test_an_undecidable_file_asks() -> None:
    with pytest.raises(DateOrderUndecided) as asked:
        decide_date_order(source_of(clockify("05/05/2026", "03/04/2026")))
    assert str(asked.value) == (
        "Dates such as 03/04/2026 can be read day first or month first, and no line of the file "
        "tells which. Say it: day-first or month-first."
    )


def test_a_contradictory_file_names_both_lines() -> None:
    with pytest.raises(DateOrderContradictory) as asked:
        decide_date_order(source_of(clockify("03/04/2026", "15/04/2026", "04/16/2026")))
    assert str(asked.value).startswith(
        "The dates contradict each other: 15/04/2026 in line 3 is day first, "
        "04/16/2026 in line 4 is month first."
    )


@pytest.mark.parametrize(("told", "months"), [(DAY, [4, 5]), (MONTH, [3, 6])])
def test_what_is_told_holds(told: DateOrder, months: list[int]) -> None:
    rows = rows_of(clockify("03/04/2026", "06/05/2026"), told)
    assert [row.work_date.month for row in rows] == months


def test_told_wrong_gives_problems_not_guesses() -> None:
    lines = lines_of(source_of(clockify("03/04/2026", "15/04/2026")), MONTH)
    assert [len(line.problems) for line in lines] == [0, 1]
    problem = lines[1].problems[0]
    assert (problem.line, problem.column, problem.value) == (3, "Start Date", "15/04/2026")
    assert problem.reason == "This day does not exist."
