import json
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from customers.models import Customer
from tenants.models import AuditEntry, Membership, Tenant
from tests.timesheets.imports.files import PLAIN, SAMPLES
from timesheets.models import TimeEntry, TimeImport

pytestmark = pytest.mark.usefixtures("tenant")


class Outcome:
    def __init__(self, *arguments: str) -> None:
        out, err = StringIO(), StringIO()
        self.status = 0
        try:
            call_command("import_time", *arguments, stdout=out, stderr=err, no_color=True)
        except SystemExit as left:
            self.status = int(left.code or 0)
        self.out, self.err = out.getvalue(), err.getvalue()


def run(file: str | Path, *arguments: str) -> Outcome:
    return Outcome(str(file), "--tenant", "acme", *arguments)


@pytest.fixture
def toggl(tmp_path: Path) -> Path:
    """A copy, so that the file of rejects is not put beside the sample."""
    copy = tmp_path / "toggl.csv"
    copy.write_bytes((SAMPLES / "toggl-faulty.csv").read_bytes())
    return copy


def test_first_it_lists_what_is_not_known_and_writes_nothing() -> None:
    outcome = run(SAMPLES / "kimai-english.csv")

    assert outcome.status == 1
    assert "kimai-english.csv: Kimai" in outcome.out
    assert "33 new rows, 64:00 hours, 2026-08-31 to 2026-09-08" in outcome.out
    assert "  customer  Stadtwerke Rosenau: " in outcome.out
    assert "  project   Brandmelder (of Pflegeheim Lindenhof gGmbH): " in outcome.out
    assert "  person    Jürgen Weiß (j.weiss@elbtech.example): " in outcome.out
    assert "Add --create to create what is not known yet" in outcome.out
    assert "Nothing was imported, because some rows cannot be." in outcome.err
    assert (TimeEntry.objects.count(), TimeImport.objects.count(), Customer.objects.count()) == (
        0,
        0,
        0,
    )


def test_then_it_imports(owner: Membership) -> None:
    assert owner.user is not None
    outcome = run(SAMPLES / "kimai-english.csv", "--create", "--user", owner.user.email)

    assert outcome.status == 0
    assert "Imported 33 entries, 64:00 hours, from Kimai." in outcome.out
    assert "Created person: Jürgen Weiß, Sabine Groß, Tomasz Król." in outcome.out
    assert "Billed elsewhere and therefore not open: 9 entries." in outcome.out
    assert AuditEntry.objects.get(action="hours.imported").actor == owner.user

    again = run(SAMPLES / "kimai-english.csv")
    assert again.status == 0
    assert "Imported before and left alone: 33 rows." in again.out
    assert TimeEntry.objects.count() == 33


def test_bad_rows_are_told_by_line_column_value_and_reason(toggl: Path) -> None:
    outcome = run(toggl, "--create")

    assert outcome.status == 1
    assert "line 3, Start date “2026-09-31”: This day does not exist." in outcome.out
    assert "line 5, Duration “26:10:00”: An entry cannot be longer than 24 hours." in outcome.out
    assert "line 11, User: Nobody is named." in outcome.out
    assert "add --skip-bad to import the others without them" in outcome.out
    assert TimeEntry.objects.count() == 0


def test_bad_rows_are_left_out_and_kept_in_a_file(toggl: Path) -> None:
    outcome = run(toggl, "--create", "--skip-bad")

    rejects = toggl.with_suffix(".rejects.csv")
    assert outcome.status == 0
    assert f"Left out: 9 rows; see {rejects} for the reasons." in outcome.out
    lines = rejects.read_text(encoding="utf-8-sig").splitlines()
    assert (len(lines), TimeEntry.objects.count()) == (10, 3)
    assert lines[0].endswith("Import problem,Import copy")
    assert "Start date: This day does not exist." in lines[1]


def test_the_rejects_can_be_corrected_and_imported(toggl: Path) -> None:
    run(toggl, "--create", "--skip-bad")
    rejects = toggl.with_suffix(".rejects.csv")
    text = rejects.read_text(encoding="utf-8-sig").replace("2026-09-31", "2026-09-30")
    rejects.write_text(text, encoding="utf-8-sig")

    outcome = run(rejects, "--create", "--skip-bad")

    assert "Imported 1 entry," in outcome.out
    assert TimeEntry.objects.count() == 4
    left = toggl.with_name("toggl.rejects.rejects.csv").read_text(encoding="utf-8-sig")
    assert len(left.splitlines()) == 9


def test_rejects_go_where_they_are_wanted(toggl: Path, tmp_path: Path) -> None:
    run(toggl, "--create", "--skip-bad", "--rejects", str(tmp_path / "bad.csv"))
    assert (tmp_path / "bad.csv").exists()


def test_where_the_rejects_cannot_be_written_nothing_is(toggl: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "missing" / "bad.csv"
    with pytest.raises(CommandError, match=r"Nothing was imported: .*bad\.csv cannot be written"):
        run(toggl, "--create", "--skip-bad", "--rejects", str(nowhere))
    assert TimeEntry.objects.count() == 0


def test_the_rejects_never_replace_the_file_itself(toggl: Path) -> None:
    with pytest.raises(CommandError, match="The rejects cannot replace the file itself"):
        run(toggl, "--create", "--skip-bad", "--rejects", str(toggl))
    assert toggl.read_bytes() == (SAMPLES / "toggl-faulty.csv").read_bytes()


def test_a_dry_run_writes_nothing() -> None:
    outcome = run(SAMPLES / "kimai-english.csv", "--create", "--dry-run")
    assert outcome.status == 0
    assert "Nothing was written, as asked for." in outcome.out
    assert "    21:00  Stadtwerke Rosenau" in outcome.out
    assert (TimeEntry.objects.count(), Customer.objects.count()) == (0, 0)


def test_a_dry_run_tells_by_its_status_that_the_import_would_be_refused(toggl: Path) -> None:
    assert run(toggl, "--create", "--dry-run").status == 1
    assert run(SAMPLES / "kimai-english.csv", "--dry-run").status == 1
    assert run(toggl, "--create", "--skip-bad", "--dry-run").status == 0


def test_json_has_everything(toggl: Path) -> None:
    refused = run(toggl, "--json")
    outcome = json.loads(refused.out)
    assert (refused.status, outcome["state"], outcome["program"]) == (1, "refused", "Toggl Track")
    first = outcome["problems"][0]
    assert {"line", "column", "value", "reason"} == set(first)
    assert {name["kind"] for name in outcome["new_names"]} == {
        "customer",
        "project",
        "task",
        "person",
    }

    imported = json.loads(run(toggl, "--json", "--create", "--skip-bad").out)
    assert imported["state"] == "imported"
    assert (imported["result"]["entries"], imported["result"]["left_out"]) == (3, 9)
    assert len(imported["problems"]) == 9


def test_an_undecided_file_is_asked_about() -> None:
    with pytest.raises(CommandError, match="Say it: day-first or month-first") as asked:
        run(SAMPLES / "clockify-undecided.csv", "--create")
    assert asked.value.returncode == 2
    outcome = run(SAMPLES / "clockify-undecided.csv", "--create", "--dates", "day-first")
    assert "Imported 36 entries, 60:00 hours, from Clockify." in outcome.out


def test_work_without_a_project_goes_where_it_is_told() -> None:
    refused = run(SAMPLES / "toggl-detailed.csv", "--create")
    assert "Project: The row names neither customer nor project." in refused.out
    outcome = run(SAMPLES / "toggl-detailed.csv", "--create", "--project", "Havupuu / Office")
    assert "Imported 37 entries, 69:27 hours, from Toggl Track." in outcome.out


def test_rates_of_the_file() -> None:
    run(SAMPLES / "kimai-english.csv", "--create", "--rates", "file")
    levels = TimeEntry.objects.order_by().values_list("rate", "rate_level").distinct()
    assert [(str(rate), level) for rate, level in levels] == [("82.5000", "manual")]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none.csv", "--tenant", "acme"], "none.csv cannot be read (No such file or directory)."),
        (["x", "--tenant", "nobody"], "There is no tenant “nobody”. There are: acme."),
        (["x", "--tenant", "acme", "--project", "Office"], "write it as “Customer / Project”"),
        (["x", "--tenant", "acme", "--dates", "sideways"], "invalid choice: 'sideways'"),
        (["x", "--tenant", "acme", "--user", "who@example.com"], "who@example.com is no member"),
        (["x", "--tenant", "acme", "--by", "member@example.com"], "may not import hours."),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("member")
def test_a_wrong_command_line_is_one_clear_line(arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError) as refused:
        Outcome(*arguments)
    assert sentence in str(refused.value)


def test_a_file_of_another_kind_is_one_clear_line(tmp_path: Path) -> None:
    workbook = tmp_path / "hours.xlsx"
    workbook.write_bytes(b"PK\x03\x04")
    with pytest.raises(CommandError, match="This is an Excel or OpenDocument workbook") as refused:
        run(workbook)
    assert refused.value.returncode == 2


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = BytesIO(f"{PLAIN}\n2026-09-15,a@b.fi,Anna,Kuusi,Web,,,,,1:00,yes\n".encode())

    monkeypatch.setattr("sys.stdin", Stdin())
    assert "Imported 1 entry, 1:00 hours" in run("-", "--create").out


def test_progress_goes_to_the_error_stream_as_plain_lines(capsys: Any) -> None:
    run(SAMPLES / "kimai-english.csv", "--create")
    assert capsys.readouterr().err.splitlines() == [
        "Reading: 33 rows",
        "Checking: 33 rows",
        "Writing: 33 rows",
    ]


def test_it_writes_into_the_tenant_that_was_named(other_tenant: Tenant) -> None:
    run(SAMPLES / "kimai-english.csv", "--create")
    assert {member.tenant.slug for member in Membership.objects.filter(user=None)} == {"acme"}
