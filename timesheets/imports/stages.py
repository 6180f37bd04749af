"""An import on the page: received, looked at, decided, done; or discarded, or taken back.

A small file is handled while the person waits, a large one by a worker.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from io import BytesIO
from time import monotonic
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone, translation

from tenants.audit import log
from tenants.models import Tenant, User
from tenants.scope import current_tenant_id
from timesheets.domain.deleting import delete_rows
from timesheets.domain.holding import hold_hours
from timesheets.imports.errors import (
    DateOrderContradictory,
    DateOrderUndecided,
    FileTooLarge,
    ImportBroke,
    ImportIsNotOpen,
    QuestionIsOpen,
    RowsRefused,
    WorkIsTaken,
    WorkWasInvoiced,
)
from timesheets.imports.options import ImportOptions
from timesheets.imports.plan import Plan, Progress, plan_import
from timesheets.imports.rejects import for_spreadsheets
from timesheets.imports.report import report_of, write_rejects_of
from timesheets.imports.rows import RowProblem
from timesheets.imports.source import recognise
from timesheets.imports.writing import import_time
from timesheets.models import BillingState, TimeEntry, TimeImport

MAX_BYTES = 25 * 1024 * 1024
ROWS_WHILE_WAITING = 2_000
KEPT_UNDECIDED = timedelta(days=7)
LOST_AFTER = timedelta(minutes=5)
ATTEMPTS_AT_MOST = 3

State = TimeImport.State


@transaction.atomic
def receive_file(file: BinaryIO, *, name: str, size: int, actor: User) -> TimeImport:
    """Keep the file and look at it. Raises ImportRefused when it is no time export."""
    if size > MAX_BYTES:
        raise FileTooLarge(size=-(-size // 2**20), limit=MAX_BYTES // 2**20)
    content = file.read()
    source = recognise(BytesIO(content))
    time_import: TimeImport = TimeImport.objects.create(
        file_name=name[-200:], program=source.dialect.title, content=content, created_by=actor
    )
    _look(time_import, ImportOptions(), actor)
    return time_import


@transaction.atomic
def change_options(pk: int, *, options: ImportOptions, actor: User) -> TimeImport:
    """Look at the file again, the other way."""
    time_import = _open(pk)
    _look(time_import, options, actor)
    return time_import


def _look(time_import: TimeImport, options: ImportOptions, actor: User) -> None:
    time_import.options, time_import.attempts = options.as_json(), 0
    if _is_large(time_import):
        from timesheets.tasks import check_import

        time_import.state, time_import.report = State.CHECKING, None
        time_import.save()
        _enqueue(check_import, time_import, actor)
    else:
        check(time_import)


@transaction.atomic
def check(time_import: TimeImport, progress: Progress | None = None) -> None:
    """Find out what the import would do, and keep it as the report."""
    options = ImportOptions.from_json(time_import.options)
    try:
        plan = plan_import(_file(time_import), options=options, today=_today(), progress=progress)
    except (DateOrderUndecided, DateOrderContradictory) as question:
        example = question.params.get("example", "")
        time_import.report = {"question": "dates", "text": str(question), "example": example}
    else:
        time_import.report = report_of(plan)
    time_import.state = State.CHECKED
    time_import.save()


@transaction.atomic
def start(pk: int, *, create: Collection[str], skip_bad: bool, actor: User) -> TimeImport:
    """Import what was looked at. Raises RowsRefused when rows are bad and not to be left out."""
    time_import = _open(pk)
    if time_import.report is None or "question" in time_import.report:
        raise QuestionIsOpen
    time_import.report.pop("refusal", None)
    time_import.options |= {"create": sorted(create), "skip_bad": skip_bad}
    if _is_large(time_import):
        from timesheets.tasks import run_import

        time_import.state, time_import.attempts = State.QUEUED, 0
        time_import.save()
        _enqueue(run_import, time_import, actor)
    else:
        run(time_import, actor=actor)
    return time_import


@transaction.atomic
def run(time_import: TimeImport, *, actor: User | None, progress: Progress | None = None) -> None:
    """Write the entries, and keep the rows that were left out for download."""
    plan, written = import_time(
        _file(time_import),
        time_import=time_import,
        options=ImportOptions.from_json(time_import.options),
        create=time_import.options["create"],
        skip_bad=time_import.options["skip_bad"],
        today=_today(),
        actor=actor,
        progress=progress,
    )
    if written.problems:
        time_import.rejects = rejects_file(plan, written.problems)
        time_import.save(update_fields=["rejects"])


@transaction.atomic
def begin(import_id: int, state: str) -> bool:
    """Count an attempt before it is made, in a transaction of its own: one that breaks the worker
    is counted as well. False where nothing waits, or another worker is at it."""
    time_import = claimed(import_id, state)
    if time_import is None:
        return False
    time_import.attempts += 1
    time_import.save(update_fields=["attempts", "updated_at"])
    return True


def claimed(import_id: int, state: str) -> TimeImport | None:
    """The import, if it still waits for this and no other worker is at it."""
    waiting = TimeImport.objects.filter(pk=import_id, state=state)
    found: TimeImport | None = waiting.select_for_update(skip_locked=True).first()
    return found


def refuse(time_import: TimeImport, refused: RowsRefused) -> None:
    """Back to the person: the rows have changed their minds since they were looked at."""
    time_import.state = State.CHECKED
    time_import.report = report_of(refused.params["plan"]) | {"refusal": str(refused)}
    time_import.save()


def problems_file(time_import: TimeImport) -> bytes:
    """The rows that cannot be imported, before anything is."""
    options = ImportOptions.from_json(time_import.options)
    plan = plan_import(_file(time_import), options=options, today=_today())
    return rejects_file(plan, plan.problems)


def rejects_file(plan: Plan, problems: list[RowProblem]) -> bytes:
    return for_spreadsheets(partial(write_rejects_of, plan, problems))


@transaction.atomic
def discard(pk: int, *, actor: User) -> str:
    """Forget the file; nothing of it was imported. Says what it was called."""
    time_import = _open(pk, State.CHECKED, State.CHECKING, State.FAILED)
    log("import.discarded", time_import, actor=actor)
    time_import.delete()
    return time_import.file_name


@transaction.atomic
def take_back(pk: int, *, actor: User) -> int:
    """Delete all entries of an import, while none of them is locked or on an invoice."""
    time_import = _open(pk, State.DONE)
    hold_hours()
    entries = TimeEntry.objects.filter(time_import=time_import)
    columns = ("is_locked", "billing_state", "billing_note", "settled_at")
    held = list(entries.select_for_update().values_list(*columns))
    taken = sum(
        # Billed elsewhere by the import itself goes with it; by hand, somebody has decided on it.
        locked or not (state == BillingState.OPEN or (note and settled_at is None))
        for locked, state, note, settled_at in held
    )
    if taken:
        raise WorkIsTaken(count=taken)
    # The trigger holds on to what is not open.
    settled = entries.filter(billing_state=BillingState.BILLED)
    settled.update(billing_state=BillingState.OPEN, billing_note="")
    if not delete_rows(entries):
        raise WorkWasInvoiced
    time_import.state, time_import.rejects = State.TAKEN_BACK, None
    time_import.save()
    log("import.taken_back", time_import, actor=actor, entries=len(held))
    return len(held)


def _open(pk: int, *states: str) -> TimeImport:
    """The import, locked, in one of the states (waiting for a decision unless said)."""
    time_import: TimeImport | None = TimeImport.objects.select_for_update().filter(pk=pk).first()
    if time_import is None or time_import.state not in (states or (State.CHECKED,)):
        raise ImportIsNotOpen
    return time_import


def _file(time_import: TimeImport) -> BinaryIO:
    assert time_import.content is not None
    return BytesIO(time_import.content)


def _is_large(time_import: TimeImport) -> bool:
    assert time_import.content is not None
    return bytes(time_import.content).count(b"\n") > ROWS_WHILE_WAITING


def _today() -> date:
    zone = Tenant.objects.values_list("time_zone", flat=True).get(pk=current_tenant_id())
    return datetime.now(ZoneInfo(zone)).date()


def _enqueue(task: Any, time_import: TimeImport, actor: User | None) -> None:
    cache.delete(_key(time_import.tenant_id, time_import.pk))
    transaction.on_commit(
        partial(
            task.delay,
            tenant_id=time_import.tenant_id,
            import_id=time_import.pk,
            actor_id=actor.pk if actor else None,
        )
    )


@transaction.atomic
def sweep(*, now: datetime) -> None:
    """Drop files nobody decided about, send again what no worker has taken up, and give up what
    has broken every worker that began with it."""
    from timesheets.tasks import check_import, run_import

    undecided = TimeImport.objects.filter(
        state__in=[State.CHECKED, State.FAILED], updated_at__lt=now - KEPT_UNDECIDED
    )
    undecided.only("pk", "tenant").delete()
    waiting = TimeImport.objects.filter(
        state__in=[State.CHECKING, State.QUEUED], updated_at__lt=now - LOST_AFTER
    ).defer("content")
    for time_import in waiting.select_for_update(skip_locked=True):
        if time_import.attempts >= ATTEMPTS_AT_MOST:
            _give_up(time_import)
            continue
        task = run_import if time_import.state == State.QUEUED else check_import
        time_import.save(update_fields=["updated_at"])
        _enqueue(task, time_import, time_import.created_by)


def _give_up(time_import: TimeImport) -> None:
    """Back to the person, who may begin anew; a file that could not even be read is of no use."""
    reader = time_import.created_by
    with translation.override(reader.language if reader else "en"):
        refusal = str(ImportBroke(times=time_import.attempts))
    is_read = time_import.state == State.QUEUED
    time_import.state = State.CHECKED if is_read else State.FAILED
    time_import.report = (time_import.report or {}) | {"refusal": refusal}
    time_import.save(update_fields=["state", "report", "updated_at"])
    log("import.given_up", time_import, actor=None, attempts=time_import.attempts)


# --- how far a worker is, for the page that waits ---


def _key(tenant_id: int | None, import_id: int) -> str:
    return f"time-import-{tenant_id}-{import_id}"


@dataclass
class SharedProgress(Progress):
    """Progress other processes can read; the transaction that works is invisible to them."""

    tenant_id: int
    import_id: int
    phase: str = ""
    total: int = 0
    said_at: float = field(default=0.0)

    def start(self, phase: str, total: int) -> None:
        self.phase, self.total = phase, total
        self._say(0)

    def at(self, done: int) -> None:
        if monotonic() - self.said_at > 0.4:
            self._say(done)

    def _say(self, done: int) -> None:
        self.said_at = monotonic()
        said = {"phase": self.phase, "done": done, "total": self.total}
        cache.set(_key(self.tenant_id, self.import_id), said, timeout=3600)


def progress_of(time_import: TimeImport) -> dict[str, Any]:
    said = cache.get(_key(time_import.tenant_id, time_import.pk))
    return said or {"phase": "", "done": 0, "total": 0}


def is_waiting_long(time_import: TimeImport) -> bool:
    """No worker has taken it up within half a minute."""
    age = timezone.now() - time_import.updated_at
    return age > timedelta(seconds=30) and not progress_of(time_import)["total"]
