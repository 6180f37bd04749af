from datetime import date, time
from decimal import Decimal

import pytest

from tests.timesheets.imports.files import (
    CLOCKIFY,
    HARVEST,
    KIMAI,
    PLAIN,
    SAMPLES,
    TOGGL,
    lines_of,
    problems_of,
    rows_of,
    sample,
    source_of,
)
from timesheets.imports.rows import ImportedRow, RowProblem
from timesheets.imports.values import DateOrder


def test_a_toggl_row() -> None:
    text = (
        TOGGL.replace("Duration", '"Duration"')
        + ',Tags,Amount (EUR)\n"Anna Virtanen","Anna@Example.com",'
        '"Acme Oy","Web","Design","Logo, ""new""",'
        '"Yes","2026-09-15","08:00:10","2026-09-15","09:29:50","01:29:40","a, b","120.00"\n'
    )
    assert rows_of(text) == [
        ImportedRow(
            line=2,
            person_name="Anna Virtanen",
            email="anna@example.com",
            staff_number="",
            customer="Acme Oy",
            project="Web",
            task="Design",
            description='Logo, "new"',
            work_date=date(2026, 9, 15),
            start=time(8, 0),
            end=time(9, 29),
            minutes=90,
            billable=True,
            billed_elsewhere=False,
            rate=None,
            currency="EUR",
            tags=("a", "b"),
        )
    ]


def test_a_clockify_row() -> None:
    (row,) = rows_of(
        CLOCKIFY + ",Invoiced,Billable Rate (USD)\n"
        "Web,Acme Oy,Logo,Design,Anna,Team,anna@example.com,,No,"
        "09/15/2026,11:30:00 PM,09/16/2026,12:15:00 AM,00:45:00,0.75,Yes,80.00\n"
    )
    assert (row.work_date, row.start, row.end) == (date(2026, 9, 15), time(23, 30), time(0, 15))
    assert (row.minutes, row.billable, row.billed_elsewhere) == (45, False, True)
    assert (row.rate, row.currency) == (Decimal("80.00"), "USD")


def test_a_harvest_row() -> None:
    (row,) = rows_of(
        HARVEST + ",Employee Id,Billable Rate,Currency\n"
        '26.01.2015,Acme Oy,Web,W-1,Design,Logo,"7,5",Yes,Yes,Anna,Virtanen,17,"78,5",Euro - EUR\n'
    )
    assert (row.person_name, row.email, row.staff_number) == ("Anna Virtanen", "", "17")
    assert (row.work_date, row.start, row.minutes) == (date(2015, 1, 26), None, 450)
    assert (row.billed_elsewhere, row.rate, row.currency) == (True, Decimal("78.5"), "EUR")


@pytest.mark.parametrize(
    ("exported", "billable", "expected"),
    [
        ("", "1", (False, True)),
        ("1", "", (True, False)),
        ("No", "Yes", (False, True)),
        ("", "", (False, False)),
        ("Ja", "Nein", (True, False)),
        ("true", "false", (True, False)),
        ("0", "0", (False, False)),
    ],
)
def test_kimai_writes_no_as_nothing(
    exported: str, billable: str, expected: tuple[bool, bool]
) -> None:
    (row,) = rows_of(
        f"{KIMAI}\n2026-09-15,08:00,09:30,1:30,Anna,anna,a@b.fi,Acme,Web,Design,,{exported},{billable}\n"
    )
    assert (row.billed_elsewhere, row.billable) == expected


def test_an_empty_billable_says_nothing_in_other_programs() -> None:
    (row,) = rows_of(f"{TOGGL}\nAnna,,Acme,Web,,,,2026-09-15,,,,1:00\n")
    assert row.billable is None


@pytest.mark.parametrize(
    ("name", "login", "email", "person"),
    [
        ("Anna", "av", "a@b.fi", "Anna"),
        ("", "av", "a@b.fi", "av"),
        ("", "", "A@B.fi", "a@b.fi"),
    ],
)
def test_kimais_person_is_name_then_login(name: str, login: str, email: str, person: str) -> None:
    (row,) = rows_of(f"{KIMAI}\n2026-09-15,,,1:30,{name},{login},{email},Acme,Web,,,,1\n")
    assert row.person == person


@pytest.mark.parametrize(
    ("durations", "minutes"),
    [
        (["5400", "900", "20"], [90, 15, 1]),
        (["5400"], [90]),
        (["2", "8"], [120, 480]),  # nobody's entries are all shorter than half a minute
        (["2", "1,5"], [120, 90]),
        (["2.00", "0.11"], [120, 7]),
        (["1:30", "0:06"], [90, 6]),
        (["1:30:00", "2"], [90, 120]),
    ],
)
def test_kimais_durations_are_decided_over_the_whole_file(
    durations: list[str], minutes: list[int]
) -> None:
    rows = (f'2026-09-15,,,"{d}",Anna,av,,Acme,Web,,{i},,1' for i, d in enumerate(durations))
    assert [row.minutes for row in rows_of("\n".join([KIMAI, *rows]))] == minutes


def test_one_decimal_makes_a_lonely_large_number_a_fault() -> None:
    (problem,) = problems_of(
        f'{KIMAI}\n2026-09-15,,,"1,5",Anna,,,A,B,,,,1\n2026-09-15,,,5400,Anna,,,A,B,,,,1\n'
    )
    assert problem == RowProblem(3, "Duration", "5400", "An entry cannot be longer than 24 hours.")


@pytest.mark.parametrize(
    ("day", "start", "end", "minutes"),
    [
        ("2026-09-15", "08:00", "09:30", 90),
        ("2026-09-15", "22:30", "01:15", 165),  # ends the next day
        ("2026-09-15", "16:00", "24:00", 480),
        ("2026-09-15", "16:00", "0:00", 480),
        ("2026-10-25", "01:30", "04:30", 240),  # the night the clocks go back in Finland
        ("2026-10-24", "22:00", "06:00", 540),
        ("2026-03-29", "01:30", "04:30", 120),  # and the night they go forward
        ("2026-03-28", "22:00", "06:00", 420),
    ],
)
def test_without_a_duration_the_clock_of_the_tenant_tells(
    day: str, start: str, end: str, minutes: int
) -> None:
    (row,) = rows_of(f"{PLAIN}\n{day},a@b.fi,,Acme,Web,,,{start},{end},,yes\n")
    assert (row.minutes, row.work_date) == (minutes, date.fromisoformat(day))


def test_seconds_count_where_there_is_no_duration() -> None:
    header = "Project,User,Group,Start Date,Start Time,End Date,End Time,Client"
    (row,) = rows_of(f"{header}\nWeb,Anna,,2026-09-15,10:23:00 AM,2026-09-15,11:23:31 AM,Acme\n")
    assert (row.minutes, row.start, row.end) == (61, time(10, 23), time(11, 23))


def test_a_given_duration_is_believed_over_start_and_end() -> None:
    """A break lies between them, or an hour that the clock counted twice."""
    rows = rows_of(
        f"{PLAIN}\n2026-09-15,a@b.fi,,Acme,Web,,,08:00,16:00,7:30,yes\n"
        "2026-10-25,a@b.fi,,Acme,Web,,,01:30,04:30,4:00,yes\n"
    )
    assert [row.minutes for row in rows] == [450, 240]


def test_an_empty_duration_falls_back_to_the_decimal_one() -> None:
    (row,) = rows_of(f'{CLOCKIFY}\nWeb,Acme,,,Anna,,,,,2026-09-15,,,,,"1,75"\n')
    assert row.minutes == 105


NO_TIME = "This is no time of day. Write it as 14:30."
NO_DURATION = "This is no duration. Write it as 1:30 or 1.5."
NO_LENGTH = "The duration is missing, and so are start and end."
NO_CURRENCY = "This is no currency. Write its three letters, such as EUR."


@pytest.mark.parametrize(
    ("cells", "column", "value", "reason"),
    [
        ({"Date": ""}, "Date", "", "This is missing."),
        ({"Date": "31.9.2026"}, "Date", "31.9.2026", "This day does not exist."),
        ({"Date": "soon"}, "Date", "soon", "This is no date. Write it as 2026-09-15."),
        ({"Date": "1889-12-31"}, "Date", "1889-12-31", "This day is too long ago."),
        ({"Date": "0202-09-15"}, "Date", "0202-09-15", "This day is too long ago."),
        ({"Date": "2027-11-23"}, "Date", "2027-11-23", "This day is too far ahead."),
        ({"Date": "2206-09-15"}, "Date", "2206-09-15", "This day is too far ahead."),
        ({"Email": "", "Person": ""}, "Person", "", "Nobody is named."),
        ({"Email": "anna.example.com"}, "Email", "anna.example.com", "This is no e-mail address."),
        ({"Duration": "0:00"}, "Duration", "0:00", "The duration is nought."),
        ({"Duration": "-1:00"}, "Duration", "-1:00", "The duration is negative."),
        ({"Duration": "24:01"}, "Duration", "24:01", "An entry cannot be longer than 24 hours."),
        ({"Duration": "x"}, "Duration", "x", NO_DURATION),
        ({"Duration": ""}, "Duration", "", NO_LENGTH),
        ({"Duration": "", "Start": "8:00"}, "Duration", "", NO_LENGTH),
        (
            {"Duration": "", "Start": "8:00", "End": "8:00"},
            "End",
            "8:00",
            "The duration is nought.",
        ),
        ({"Start": "8 o'clock"}, "Start", "8 o'clock", NO_TIME),
        ({"End": "25:00"}, "End", "25:00", NO_TIME),
        ({"Duration": "", "Start": "8:00", "End": "nine"}, "End", "nine", NO_TIME),
        ({"Billable": "perhaps"}, "Billable", "perhaps", "Write yes or no."),
        ({"Billed elsewhere": "?"}, "Billed elsewhere", "?", "Write yes or no."),
        ({"Rate": "-5"}, "Rate", "-5", "A rate cannot be negative."),
        ({"Rate": "1.23456"}, "Rate", "1.23456", "A rate has at most four decimal places."),
        ({"Rate": "a lot"}, "Rate", "a lot", "This is no number."),
        ({"Currency": "Euros"}, "Currency", "Euros", NO_CURRENCY),
        ({"Customer": "x" * 81}, "Customer", "x" * 81, "This name has 81 letters; at most 80 fit."),
        ({"Project": "x" * 81}, "Project", "x" * 81, "This name has 81 letters; at most 80 fit."),
        ({"Task": "x" * 81}, "Task", "x" * 81, "This name has 81 letters; at most 80 fit."),
        ({"Person": "x" * 151}, "Person", "x" * 151, "This name has 151 letters; at most 150 fit."),
        (
            {"Description": "x" * 3001},
            "Description",
            "x" * 3001,
            "This text has 3001 letters; at most 3000 fit.",
        ),
    ],
)
def test_a_bad_cell_is_named_with_line_column_value_and_reason(
    cells: dict[str, str], column: str, value: str, reason: str
) -> None:
    titles = f"{PLAIN},Rate,Currency,Billed elsewhere".split(",")
    good = dict.fromkeys(titles, "") | {"Date": "2026-09-15", "Email": "a@b.fi", "Person": "Anna"}
    good |= {"Customer": "Acme", "Project": "Web", "Duration": "1:00", "Billable": "yes"}
    row = ",".join((good | cells).values())
    assert problems_of(f"{','.join(good)}\n{','.join(good.values())}\n{row}\n") == [
        RowProblem(3, column, value, reason)
    ]


def test_every_fault_of_a_line_is_told_at_once() -> None:
    problems = problems_of(f"{PLAIN}\n31.9.2026,anna,,Acme,Web,,,8,,x,perhaps\n")
    assert [problem.column for problem in problems] == [
        "Date",
        "Start",
        "Duration",
        "Email",
        "Billable",
    ]


def test_a_line_with_too_many_cells_is_a_fault() -> None:
    problems = problems_of(f"{PLAIN}\n2026-09-15,a@b.fi,,Acme,Web,,Logo, new,,,1:00,yes,x\n")
    assert problems[0].reason == (
        "This line has 13 cells and the header 11. "
        "Put texts that hold a delimiter in quotation marks."
    )


def test_empty_cells_beyond_the_header_do_not_matter() -> None:
    (row,) = rows_of(f"{PLAIN}\n2026-09-15,a@b.fi,,Acme,Web,,,,,1:00,yes,,,\n")
    assert row.minutes == 60


def test_cells_missing_at_the_end_are_empty() -> None:
    (row,) = rows_of(f"{PLAIN}\n2026-09-15,a@b.fi,,Acme,Web,,,,,1:00\n")
    assert row.billable is None


def test_a_broken_line_is_reported_whole() -> None:
    lines = lines_of(source_of(f'{PLAIN}\n2026-09-15,"a "b" c",,,,,,,,1,\n'))
    (problem,) = lines[0].problems
    assert (problem.line, problem.column, lines[0].row) == (2, "", None)
    assert problem.reason.startswith("The quotation marks of this line do not match.")


def test_a_description_keeps_its_lines_and_loses_its_blanks() -> None:
    (row,) = rows_of(f'{PLAIN}\n2026-09-15,a@b.fi,,Acme,Web,,"  one  two \r\n\r\nthree ",,,1:00,\n')
    assert row.description == "one two\nthree"


@pytest.mark.parametrize(
    ("name", "dates", "expected"),
    [  # rows, minutes, billable rows, rows billed elsewhere: summed from the files by other means
        ("toggl-detailed.csv", None, (37, 4167, 31, 0)),
        ("clockify-day-first.csv", None, (38, 4280, 29, 0)),
        ("clockify-month-first-am-pm.csv", None, (38, 4500, 30, 0)),
        ("clockify-undecided.csv", DateOrder.DAY_FIRST, (36, 3600, 32, 0)),
        ("harvest-comma.csv", None, (34, 4965, 30, 9)),
        ("kimai-english.csv", None, (33, 3840, 28, 11)),
        ("kimai-seconds.csv", None, (30, 3135, 25, 0)),
        ("kimai-german-excel.csv", None, (37, 4530, 28, 1)),
        ("plain.csv", None, (30, 3405, 25, 3)),
    ],
)
def test_the_samples_are_read_whole(
    name: str, dates: DateOrder | None, expected: tuple[int, int, int, int]
) -> None:
    lines = sample(name, dates)
    rows = [line.row for line in lines if line.row and not line.problems]
    assert len(rows) == len(lines)
    assert expected == (
        len(rows),
        sum(row.minutes for row in rows),
        sum(bool(row.billable) for row in rows),
        sum(row.billed_elsewhere for row in rows),
    )


def test_the_faulty_sample_names_each_fault() -> None:
    found = [
        (p.line, p.column, p.value) for line in sample("toggl-faulty.csv") for p in line.problems
    ]
    assert found == [
        (3, "Start date", "2026-09-31"),
        (5, "Duration", "26:10:00"),
        (6, "Start time", "8.75 Uhr"),
        (7, "Duration", "00:00:00"),
        (8, "Duration", "-00:30:00"),
        (9, "Email", "mikko.saarinen"),
        (10, "Billable", "maybe"),
        (11, "User", ""),
    ]


def test_the_german_sample_keeps_its_letters() -> None:
    rows = [line.row for line in sample("kimai-german-excel.csv") if line.row]
    assert {row.person_name for row in rows} == {"Jürgen Weiß", "Sabine Groß", "Tomasz Król"}
    assert 'Jahresprüfung; Protokoll "EG" – 120 € Material' in {row.description for row in rows}
    night = rows[-1]
    assert (night.start, night.end, night.minutes) == (time(22), time(6), 540)


def test_the_example_of_the_manual_is_read() -> None:
    manual = (SAMPLES.parents[1] / "docs" / "import.md").read_text()
    example = manual.split("```csv\n")[1].split("```")[0]
    rows = rows_of(example)
    assert [(row.minutes, row.billable, row.task) for row in rows] == [
        (90, True, "Design"),
        (15, False, ""),
    ]
