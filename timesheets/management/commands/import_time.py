"""`manage.py import_time FILE --tenant acme`, described in docs/import.md."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError

from tenants.commands import UNUSABLE, counted, named_actor, named_tenant
from tenants.models import Tenant, User
from tenants.roles import Permission
from tenants.scope import tenant_scope
from timesheets.imports.errors import ImportRefused, RowsRefused
from timesheets.imports.names import DefaultProject, Kind
from timesheets.imports.options import ImportOptions, RatesFrom
from timesheets.imports.plan import Plan, plan_import
from timesheets.imports.report import problem_json, report_of, write_rejects_of
from timesheets.imports.rows import RowProblem
from timesheets.imports.terminal import BarProgress, LineProgress, hours, print_report
from timesheets.imports.values import DateOrder
from timesheets.imports.writing import Written, import_time
from timesheets.models import TimeImport

REFUSED = 1  # rows are bad or names unknown; nothing was written


class Command(BaseCommand):
    help = "Import hours from a CSV export of Kimai, Toggl Track, Clockify, Harvest or plain CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the CSV file; - for standard input")
        parser.add_argument("--tenant", required=True, help="the company, as in its address")
        parser.add_argument(
            "--create",
            action="store_true",
            help="create the customers, projects, tasks and people that are not known yet",
        )
        parser.add_argument(
            "--skip-bad",
            action="store_true",
            help="import the good rows and write the others to a file of rejects",
        )
        parser.add_argument(
            "--rejects", type=Path, metavar="FILE", help="where to (FILE.rejects.csv unless given)"
        )
        parser.add_argument(
            "--dates",
            choices=[order.value for order in DateOrder],
            help="how 03/04/2026 is read, where the file does not tell",
        )
        parser.add_argument(
            "--project",
            type=_default_project,
            metavar='"CUSTOMER / PROJECT"',
            help="where work without customer or project goes",
        )
        parser.add_argument(
            "--rates",
            choices=[source.value for source in RatesFrom],
            default=RatesFrom.RULES.value,
            help="price the hours by our own rules (the default) or as the file does",
        )
        # As the commands of invoicing have it; `--by` is what it was called before.
        parser.add_argument(
            "--user", "--by", metavar="E-MAIL", help="the member in whose name it is done"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument("--json", action="store_true", help="print the outcome as JSON")

    def handle(self, **options: Any) -> None:
        tenant = named_tenant(options["tenant"])
        actor = None
        if options["user"]:
            actor = named_actor(
                options["user"], tenant, to="import hours", permission=Permission.IMPORT_HOURS
            )
        with _opened(options["file"]) as file:
            run = _Run(self, tenant, actor, file, options)
            with tenant_scope(tenant.pk):
                status = run.check() if options["dry_run"] else run.write()
        if status:
            sys.exit(status)


class _Run:
    """One call of the command."""

    def __init__(
        self, command: Command, tenant: Tenant, actor: User | None, file: BinaryIO, options: Any
    ) -> None:
        self.command, self.tenant, self.actor, self.file = command, tenant, actor, file
        self.name = "standard input" if options["file"] == "-" else Path(options["file"]).name
        self.path, self.rejects = options["file"], options["rejects"]
        self.create, self.skip_bad = options["create"], options["skip_bad"]
        self.as_json = options["json"]
        self.options = ImportOptions(
            date_order=DateOrder(options["dates"]) if options["dates"] else None,
            default_project=options["project"],
            rates=RatesFrom(options["rates"]),
        )
        self.today = datetime.now(ZoneInfo(tenant.time_zone)).date()
        self.progress = BarProgress() if sys.stderr.isatty() else LineProgress(sys.stderr)

    def check(self) -> int:
        with self.progress:
            try:
                plan = plan_import(
                    self.file, options=self.options, today=self.today, progress=self.progress
                )
            except ImportRefused as refused:
                raise CommandError(str(refused), returncode=UNUSABLE) from None
        _ready, problems = plan.split(None if self.create else ())
        if self.as_json:
            self._print_json("checked", plan, problems, {})
        else:
            print_report(self.command.stdout, self.name, report_of(plan), plan.problems)
            self._say_what_is_missing(plan)
            self.command.stdout.write("Nothing was written, as asked for.")
        return REFUSED if problems and not self.skip_bad else 0

    def write(self) -> int:
        time_import = TimeImport.objects.create(file_name=self.name[:200], created_by=self.actor)
        with self.progress:
            try:
                plan, written = import_time(
                    self.file,
                    time_import=time_import,
                    options=self.options,
                    create=None if self.create else (),
                    skip_bad=self.skip_bad,
                    today=self.today,
                    actor=self.actor,
                    progress=self.progress,
                )
            except RowsRefused as refused:
                time_import.delete()
                plan, problems = refused.params["plan"], refused.params["problems"]
                self._refuse(plan, problems, str(refused))
                return REFUSED
            except ImportRefused as refused:
                raise CommandError(str(refused), returncode=UNUSABLE) from None
        rejects = self._write_rejects(plan, written)
        if self.as_json:
            self._print_json("imported", plan, written.problems, written.as_json())
        else:
            self._tell(plan, written, rejects)
        return 0

    def _refuse(self, plan: Plan, problems: list[RowProblem], sentence: str) -> None:
        if self.as_json:
            self._print_json("refused", plan, problems, {})
            return
        print_report(self.command.stdout, self.name, report_of(plan), plan.problems)
        self._say_what_is_missing(plan)
        self.command.stderr.write(self.command.style.ERROR(sentence))

    def _say_what_is_missing(self, plan: Plan) -> None:
        say = self.command.stdout.write
        # A new tag keeps nothing out.
        if any(name.kind is not Kind.TAG for name in plan.new_names) and not self.create:
            say("Add --create to create what is not known yet, or correct the names in the file.")
        if plan.problems and not self.skip_bad:
            say("Correct these rows, or add --skip-bad to import the others without them.")

    def _write_rejects(self, plan: Plan, written: Written) -> Path | None:
        """Before the transaction ends: where the file cannot be written, nothing is."""
        if not written.problems:
            return None
        path: Path = self.rejects or (
            Path("rejects.csv") if self.path == "-" else Path(self.path).with_suffix(".rejects.csv")
        )
        if self.path != "-" and path.exists() and path.samefile(self.path):
            raise CommandError(f"The rejects cannot replace the file itself: {path}", returncode=2)
        try:
            with path.open("w", encoding="utf-8-sig", newline="") as out:
                write_rejects_of(plan, written.problems, out)
        except OSError as error:
            raise CommandError(
                f"Nothing was imported: {path} cannot be written ({error.strerror}).",
                returncode=UNUSABLE,
            ) from None
        return path

    def _tell(self, plan: Plan, written: Written, rejects: Path | None) -> None:
        say = self.command.stdout.write
        entries, worked = counted(written.entries, "entry", "entries"), hours(written.minutes)
        done = f"Imported {entries}, {worked} hours, from {plan.source.dialect.title}."
        if not written.entries:
            done = "There was nothing new to import."
        say(self.command.style.SUCCESS(done))
        for kind, names in written.created.items():
            say(f"Created {kind}: {', '.join(names)}.")
        if written.tags_left_off:
            say(f"Tags left off, which --create makes: {', '.join(written.tags_left_off)}.")
        if written.known:
            say(f"Imported before and left alone: {counted(written.known, 'row', 'rows')}.")
        if written.billed_elsewhere:
            entries = counted(written.billed_elsewhere, "entry", "entries")
            say(f"Billed elsewhere and therefore not open: {entries}.")
        if written.without_rate:
            entries = counted(written.without_rate, "entry", "entries")
            say(f"Billable but without a rate: {entries}. Set one and recalculate.")
        if rejects:
            rows = counted(written.left_out, "row", "rows")
            say(f"Left out: {rows}; see {rejects} for the reasons.")

    def _print_json(
        self, state: str, plan: Plan, problems: list[RowProblem], result: dict[str, Any]
    ) -> None:
        outcome = {
            "state": state,
            "file": self.name,
            **report_of(plan),
            "bad_lines": len({problem.line for problem in problems}),
            "problem_count": len(problems),
            "problems": [problem_json(problem) for problem in problems],
            "result": result or None,
        }
        self.command.stdout.write(json.dumps(outcome, ensure_ascii=False, indent=2))


def _default_project(text: str) -> DefaultProject:
    try:
        return DefaultProject.parse(text)
    except ValueError:
        raise ArgumentTypeError("write it as “Customer / Project”") from None


def _opened(path: str) -> BinaryIO:
    if path == "-":
        return BytesIO(sys.stdin.buffer.read())
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise CommandError(
            f"{path} cannot be read ({error.strerror}).", returncode=UNUSABLE
        ) from None
