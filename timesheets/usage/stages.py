"""A file of usage on its way: received, its columns told, read in steps, charged for, taken back.

Each step is a transaction of its own and says how far it came, so that a worker that dies leaves
the rest to another one. What was read before is recognised, whatever file it comes in.
"""

from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from io import TextIOWrapper
from itertools import islice
from typing import Any, BinaryIO, NamedTuple, cast
from uuid import uuid4

from django.core.files.base import File
from django.db import connection, transaction
from django.db.models import Max, Min, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Unit
from core.csv_files import Record
from core.numbers import DecimalMarks
from customers.models import Customer
from tenants.audit import log
from tenants.models import User
from tenants.scope import current_tenant_id, tenant_scope
from timesheets.domain.holding import hold_hours
from timesheets.domain.packages.fees import is_settled
from timesheets.imports.values import DateOrder
from timesheets.models.usage import (
    UsageCharge,
    UsageImport,
    UsageMapping,
    UsageProblem,
    UsageRecord,
)
from timesheets.usage import errors
from timesheets.usage.charging import charge_usage, usage_of
from timesheets.usage.rating import UsageKey
from timesheets.usage.reading import Names, Problem, Reader, Usage
from timesheets.usage.source import FIELDS, NEEDED, Layout, layout_of, proposed, rows_after

MAX_BYTES = 300 * 1024 * 1024
STEP = 50_000
MOST_BAD = 10_000
ROWS_WHILE_WAITING = 2_000
CUSTOMERS_IN_A_STEP = 20
SNIFFED_ROWS = 20_000
LOST_AFTER = timedelta(minutes=3)
RESUMED_AT_MOST = 3
KEPT_UNDECIDED = timedelta(days=7)

State = UsageImport.State


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What the columns are, and what the file does not say: whose usage it is, and its unit.

    `mark` is the decimal sign; empty leaves it to what the numbers show."""

    columns: Mapping[str, int]
    customer_id: int | None = None
    unit: str = Unit.PIECE
    order: DateOrder = DateOrder.DAY_FIRST
    mark: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "columns": dict(self.columns),
            "customer": self.customer_id,
            "unit": self.unit,
            "order": self.order.value,
            "mark": self.mark,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Choices":
        return cls(
            columns=told.get("columns", {}),
            customer_id=told.get("customer"),
            unit=told.get("unit", Unit.PIECE),
            order=DateOrder(told.get("order", DateOrder.DAY_FIRST)),
            mark=told.get("mark", ""),
        )


@transaction.atomic
def receive_file(file: "File[bytes]", *, name: str, size: int, actor: User | None) -> UsageImport:
    """Keep the file and propose its columns: as they were told last time, or by their names."""
    if size > MAX_BYTES:
        raise errors.UsageFileTooLarge(size=-(-size // 2**20), limit=MAX_BYTES // 2**20)
    layout = layout_of(cast(BinaryIO, file))
    known = UsageMapping.objects.filter(header=layout.signature).first()
    told = known.columns if known else Choices(columns=proposed(layout.header)).to_json()
    usage_import = UsageImport(
        file_name=name[-200:],
        size=size,
        layout=layout.to_json(),
        columns=told,
        created_by=actor,
    )
    file.seek(0)
    # Under a name nobody guesses; what it was called is kept beside it.
    kept = f"usage/{current_tenant_id()}/{uuid4().hex}.csv"
    usage_import.file.save(kept, file, save=False)
    usage_import.save()
    return usage_import


def first_rows(usage_import: UsageImport, count: int) -> list[list[str]]:
    """What the page shows beside the columns."""
    layout = Layout(**usage_import.layout)
    with usage_import.file.open("rb") as file, _rows(file, layout) as rows:
        return [record.cells for record in islice(rows, count)]


@transaction.atomic
def start(import_id: int, choices: Choices, *, actor: User | None) -> UsageImport:
    """Read the file with these columns; they are remembered for the next one like it."""
    usage_import = _held(import_id, State.CHOOSING)
    layout = Layout(**usage_import.layout)
    _check(choices, layout)
    UsageMapping.objects.update_or_create(
        header=layout.signature, defaults={"columns": choices.to_json()}
    )
    choices = replace(choices, mark=choices.mark or _mark_shown(usage_import, choices, layout))
    usage_import.columns, usage_import.state = choices.to_json(), State.READING
    usage_import.save()
    log("usage.import_started", usage_import, actor=actor)
    if _is_small(usage_import):
        work_off(usage_import.pk)
        usage_import.refresh_from_db()
    else:
        _enqueue(usage_import)
    return usage_import


def _mark_shown(usage_import: UsageImport, choices: Choices, layout: Layout) -> str:
    """The decimal sign that the first rows show. Nothing where each number tells by itself."""
    places = [choices.columns[name] for name in ("quantity", "rate") if name in choices.columns]
    try:
        file = usage_import.file.open("rb")
    except (OSError, ValueError):
        raise errors.UsageFileGone from None
    cells: list[str] = []
    with file, _rows(file, layout) as rows:
        try:
            for record in islice(rows, SNIFFED_ROWS):
                cells += [record.cells[place] for place in places if place < len(record.cells)]
        except UnicodeDecodeError:
            pass  # what reading has a sentence for
    marks = DecimalMarks(cells)
    if marks.is_open and not marks.shown:
        raise errors.DecimalMarkOpen
    return marks.shown


@transaction.atomic
def discard(import_id: int, *, actor: User | None) -> str:
    """Forget a file of which nothing was read. Says what it was called."""
    usage_import = _held(import_id, State.CHOOSING)
    _drop_file(usage_import)
    log("usage.import_discarded", usage_import, actor=actor)
    usage_import.delete()
    return usage_import.file_name


@transaction.atomic
def take_back(import_id: int, *, actor: User | None) -> int:
    """Delete the records of an import, while what is charged of them can still be freed."""
    _hold_usage()
    usage_import = _held(import_id, State.DONE, State.FAILED)
    if (other := _recognising(usage_import).first()) is not None:
        raise errors.UsageRecognised(file=other.file_name)
    hold_hours()
    records = UsageRecord.objects.filter(usage_import=usage_import)
    days = (
        records.order_by()
        .values("customer")
        .annotate(first=Min("usage_date"), last=Max("usage_date"))
    )
    affected = {row["customer"]: (row["first"], row["last"]) for row in days}
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM timesheets_usagerecord WHERE tenant_id = %s AND usage_import_id = %s",
            [current_tenant_id(), usage_import.pk],
        )
        count = int(cursor.rowcount)
    for customer in Customer.objects.filter(pk__in=affected).order_by("pk"):
        first, last = affected[customer.pk]
        _refuse_billed(customer, first, last)
        charge_usage(customer, first, last, actor=actor)
    usage_import.state = State.TAKEN_BACK
    usage_import.save()
    UsageProblem.objects.filter(usage_import=usage_import).delete()
    log("usage.import_taken_back", usage_import, actor=actor, rows=count)
    return count


def _refuse_billed(customer: Customer, first: date, last: date) -> None:
    """What stays charged has to be covered by the usage that is left."""
    left = usage_of(customer, first, last)
    charged: dict[UsageKey, Any] = {}
    rows = UsageCharge.objects.filter(customer=customer, usage_date__range=(first, last))
    for row in rows.select_related("charge"):
        if is_settled(row.charge):
            key = UsageKey(row.usage_date, row.destination, row.unit, row.rate)
            charged[key] = charged.get(key, 0) + row.charge.quantity
    if any(quantity > left.get(key, 0) for key, quantity in charged.items()):
        raise errors.UsageIsBilled(customer=customer.name)


# --- the work itself, by the worker ---


def work_off(import_id: int) -> None:
    """Read what is left of the file and charge for it. Each step opens the scope it needs; another
    worker that is at the same file makes this one stop."""
    tenant_id = current_tenant_id()
    for step in _steps(import_id):
        with tenant_scope(tenant_id):
            if not step():
                return


def work(tenant_id: int, import_id: int) -> None:
    """The same where no scope is open: between two steps nothing is."""
    steps: Generator[Any] | None = None
    while True:
        with tenant_scope(tenant_id):
            steps = _steps(import_id) if steps is None else steps
            step = next(steps, None)
            if step is None or not step():
                return


def _steps(import_id: int) -> Generator[Any]:
    """Functions, each a step, which tell whether to go on."""
    usage_import = UsageImport.objects.filter(pk=import_id).first()
    if usage_import is None:
        return
    if usage_import.state == State.READING:
        yield from _reading(usage_import)
        usage_import = UsageImport.objects.get(pk=import_id)
    while usage_import.state == State.CHARGING:
        yield partial(_charge_step, import_id)
        usage_import = UsageImport.objects.get(pk=import_id)


def _reading(usage_import: UsageImport) -> Iterator[Any]:
    choices = Choices.from_json(usage_import.columns)
    reader = Reader(
        choices.columns,
        names=_names(),
        customer_id=choices.customer_id,
        unit=choices.unit,
        order=choices.order,
        mark=choices.mark,
        today=timezone.localdate(),
    )
    layout = Layout(**usage_import.layout)
    try:
        file = usage_import.file.open("rb")
    except (OSError, ValueError):
        yield partial(_fail, usage_import.pk, errors.UsageFileGone())
        return
    with file, _rows(file, layout) as rows:
        line = 0
        # What another worker has read is read again, because equal rows are counted; it is quick.
        for record in rows:
            if record.line > usage_import.line:
                waiting = [record]
                break
            reader.read(record)
            line = record.line
        else:
            waiting = []
        line = max(line, usage_import.line)
        while True:
            try:
                found = [reader.read(one) for one in (*waiting, *islice(rows, STEP - len(waiting)))]
            except (UnicodeDecodeError, ValueError):
                yield partial(_fail, usage_import.pk, errors.UsageFileUnreadable(line=line))
                return
            waiting = []
            yield partial(_write_step, usage_import.pk, line, found)
            if len(found) < STEP:
                return
            line = found[-1].line


def _rows(file: Any, layout: Layout) -> "closing[Generator[Record]]":
    """Closed before the file they come from."""
    return closing(rows_after(cast(BinaryIO, file), layout))


def _write_step(import_id: int, line: int, found: Sequence[Usage | Problem]) -> bool:
    """Keep these rows, the next after `line`; False where another worker has."""
    _hold_usage()
    usage_import = _working(import_id, State.READING)
    if usage_import is None or usage_import.line != line:
        return False
    usage = [row for row in found if isinstance(row, Usage)]
    problems = [row for row in found if isinstance(row, Problem)]
    stored = _insert(usage_import, usage)
    if stored.differing:
        problems += [_differing(row) for row in usage if row.line in stored.differing]
        problems.sort(key=lambda problem: problem.line)
    UsageProblem.objects.bulk_create(
        (
            UsageProblem(
                usage_import=usage_import,
                line=problem.line,
                reason=problem.reason[:500],
                cells=[cell.replace("\0", "")[:500] for cell in problem.cells[:100]],
            )
            for problem in problems[: MOST_BAD - usage_import.bad]
        ),
        batch_size=2000,
    )
    usage_import.rows += len(found)
    usage_import.added += stored.added
    usage_import.known += len(usage) - stored.added - len(stored.differing)
    usage_import.recognised = sorted({*usage_import.recognised, *stored.recognised})
    usage_import.resumed = 0
    usage_import.bad += len(problems)
    if found:
        usage_import.line = found[-1].line
    for row in usage:
        usage_import.first_date = min(row.day, usage_import.first_date or row.day)
        usage_import.last_date = max(row.day, usage_import.last_date or row.day)
    if usage_import.bad >= MOST_BAD:
        _stop(usage_import, errors.TooManyBadRows(most=MOST_BAD, line=usage_import.line))
    elif len(found) < STEP:
        usage_import.state, usage_import.line = State.CHARGING, 0
        _drop_file(usage_import)
    usage_import.save()
    return True


# Temporary, so that rows can be copied: into a table with policies nothing can.
_STAGE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS usage_stage (
        customer_id bigint, usage_date date, destination text, quantity numeric, unit text,
        unit_price numeric, fingerprint uuid, line bigint
    ) ON COMMIT DROP
"""


class Stored(NamedTuple):
    """What became of rows: how many are new, which lines say otherwise than the record with their
    number, and the imports that others were known from."""

    added: int = 0
    differing: Collection[int] = ()
    recognised: Collection[int] = ()


def _insert(usage_import: UsageImport, rows: Sequence[Usage]) -> Stored:
    """Keep those that are not known yet; of two with one number, the first."""
    if not rows:
        return Stored()
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy("COPY usage_stage FROM STDIN") as copy:
            for at in range(0, len(rows), 5_000):
                copy.write("".join(map(_copied, rows[at : at + 5_000])))
        cursor.execute(
            """
            INSERT INTO timesheets_usagerecord (
                tenant_id, usage_import_id, customer_id, usage_date, destination, quantity, unit,
                unit_price, fingerprint
            )
            SELECT
                %s, %s, customer_id, usage_date, destination, quantity, unit, unit_price,
                fingerprint
            FROM usage_stage ORDER BY line
            ON CONFLICT (tenant_id, fingerprint) DO NOTHING
            """,
            [usage_import.tenant_id, usage_import.pk],
        )
        added = int(cursor.rowcount)
        known: list[tuple[int, list[int], bool]] = []
        if added < len(rows):
            cursor.execute(_KNOWN, [usage_import.tenant_id])
            known = cursor.fetchall()
        cursor.execute("TRUNCATE usage_stage")
    return Stored(
        added,
        {line for _import, lines, _has_equal in known for line in lines},
        [pk for pk, _lines, has_equal in known if has_equal and pk != usage_import.pk],
    )


# By import that rows stand in: lines that say otherwise there, and whether any says the same.
_KNOWN = """
    SELECT
        usage_import_id,
        COALESCE(array_agg(line) FILTER (WHERE differs), '{}'),
        bool_or(NOT differs)
    FROM (
        SELECT
            known.usage_import_id,
            stage.line,
            (known.usage_date, known.destination, known.quantity, known.unit, known.unit_price)
            IS DISTINCT FROM
            (stage.usage_date, stage.destination, stage.quantity, stage.unit, stage.unit_price)
                AS differs
        FROM usage_stage stage
        JOIN timesheets_usagerecord known
            ON known.tenant_id = %s AND known.fingerprint = stage.fingerprint
    ) compared
    GROUP BY usage_import_id
"""


def _differing(row: Usage) -> Problem:
    told = _(
        "A record with this number was read before and says otherwise. Take its import back first,"
        " then import this file again."
    )
    return Problem(row.line, told, row.cells)


def _copied(row: Usage) -> str:
    """A line in PostgreSQL's own format; of its signs only the backslash can stand in a cell that
    was made one line."""
    destination = row.destination.replace("\\", "\\\\")
    rate = "\\N" if row.rate is None else f"{row.rate:f}"
    return (
        f"{row.customer_id}\t{row.day}\t{destination}\t{row.quantity:f}\t{row.unit}\t{rate}\t"
        f"{row.fingerprint}\t{row.line}\n"
    )


def _charge_step(import_id: int) -> bool:
    """Charge the next customers; `line` is the last one that is charged."""
    _hold_usage()
    usage_import = _working(import_id, State.CHARGING)
    if usage_import is None:
        return False
    usage_import.resumed = 0
    ids = list(
        UsageRecord.objects.filter(usage_import=usage_import, customer__gt=usage_import.line)
        .order_by("customer")
        .values_list("customer", flat=True)
        .distinct()[:CUSTOMERS_IN_A_STEP]
    )
    first, last = usage_import.first_date, usage_import.last_date
    if ids and first and last:
        for customer in Customer.objects.filter(pk__in=ids).order_by("pk"):
            try:
                charge_usage(customer, first, last, actor=usage_import.created_by)
            except errors.UsageSumTooLarge as refusal:
                _stop(usage_import, refusal)
                usage_import.save()
                return False
            usage_import.line = customer.pk
    else:
        usage_import.state, usage_import.finished_at = State.DONE, timezone.now()
        log(
            "usage.imported",
            usage_import,
            actor=usage_import.created_by,
            rows=usage_import.rows,
            added=usage_import.added,
            known=usage_import.known,
            bad=usage_import.bad,
        )
    usage_import.save()
    return True


def _fail(import_id: int, refusal: errors.UsageRefused) -> bool:
    _hold_usage()
    usage_import = _working(import_id, State.READING)
    if usage_import is not None:
        _stop(usage_import, refusal)
        usage_import.save()
    return False


def _stop(usage_import: UsageImport, refusal: errors.UsageRefused) -> None:
    """Give it up. Records nobody was charged for go with it, so that the corrected file brings them
    anew; where another file relied on them, it gets them and charges for them. Not saved."""
    left = UsageRecord.objects.filter(usage_import=usage_import)
    if usage_import.state == State.CHARGING:
        left = left.filter(customer__gt=usage_import.line)
    heir = _recognising(usage_import).exclude(state=State.FAILED).select_for_update().first()
    if heir is None:
        count, _models = left.delete()
    else:
        count = left.update(usage_import=heir)
        _inherit(heir, usage_import)
    usage_import.added -= count
    if usage_import.state == State.READING:
        usage_import.recognised = []
    usage_import.state, usage_import.refusal = State.FAILED, str(refusal)[:500]
    usage_import.finished_at = timezone.now()
    _drop_file(usage_import)


def _inherit(heir: UsageImport, lost: UsageImport) -> None:
    """Charge for what was another import's, too."""
    if lost.first_date and lost.last_date:
        heir.first_date = min(lost.first_date, heir.first_date or lost.first_date)
        heir.last_date = max(lost.last_date, heir.last_date or lost.last_date)
    if heir.state == State.DONE:
        heir.state, heir.finished_at = State.CHARGING, None
        _enqueue(heir)
    if heir.state == State.CHARGING:
        heir.line = 0
    heir.save()


def _recognising(usage_import: UsageImport) -> QuerySet[UsageImport]:
    """Imports of files that rows of this one stand in, too, and which rely on its records."""
    found: QuerySet[UsageImport] = UsageImport.objects.filter(
        recognised__contains=[usage_import.pk]
    )
    return found.exclude(state=State.TAKEN_BACK).order_by("pk")


def _hold_usage() -> None:
    """Files of a tenant are read and taken back in turns; taken before the imports' own rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('timesheets.usage', %s))",
            [current_tenant_id()],
        )


@transaction.atomic
def sweep(*, now: datetime) -> None:
    """Hand over what no worker is at, and forget files nobody decided about."""
    undecided = UsageImport.objects.filter(
        state=State.CHOOSING, updated_at__lt=now - KEPT_UNDECIDED
    )
    for usage_import in undecided:
        _drop_file(usage_import)
        usage_import.delete()
    lost = UsageImport.objects.filter(
        state__in=[State.READING, State.CHARGING], updated_at__lt=now - LOST_AFTER
    )
    if not lost.exists():
        return
    _hold_usage()
    for usage_import in lost.select_for_update(skip_locked=True):
        if usage_import.resumed >= RESUMED_AT_MOST:
            _stop(usage_import, errors.UsageImportBroke(times=usage_import.resumed))
        else:
            usage_import.resumed += 1
            _enqueue(usage_import)
        usage_import.save()


def write_problems(usage_import: UsageImport, out: TextIOWrapper) -> None:
    """The rows that were left out, as the file had them, with the line and the reason."""
    import csv

    from timesheets.imports.rejects import safe

    layout = Layout(**usage_import.layout)
    writer = csv.writer(out, delimiter=layout.delimiter, lineterminator="\r\n")
    writer.writerow([*layout.header, "Line", "Import problem"])
    width = len(layout.header)
    for problem in usage_import.problems.order_by("line").iterator():
        cells = [*problem.cells[:width], *[""] * (width - len(problem.cells))]
        writer.writerow([*(safe(cell) for cell in cells), problem.line, safe(problem.reason)])


def _names() -> Names:
    """Archived customers too: what they used before is still owed."""
    by_number, by_name, several = {}, {}, set()
    customers = Customer.objects.order_by("pk").values_list("pk", Lower("number"), "name")
    for pk, number, name in customers:
        by_number[number.casefold()] = pk
        folded = " ".join(name.split()).casefold()
        if folded in by_name:
            several.add(folded)
        by_name[folded] = pk
    for folded in several:
        del by_name[folded]
    return Names(by_number, by_name, frozenset(several))


def _check(choices: Choices, layout: Layout) -> None:
    needed = NEEDED if choices.customer_id else ("customer", *NEEDED)
    missing = [str(FIELDS[name][0]).lower() for name in needed if name not in choices.columns]
    if missing:
        raise errors.UsageColumnsMissing(fields=", ".join(missing))
    places = list(choices.columns.values())
    for place in places:
        if not 0 <= place < len(layout.header):
            raise errors.UsageColumnsMissing(fields=", ".join(missing) or "?")
        if places.count(place) > 1:
            raise errors.UsageColumnTwice(column=layout.header[place])


def _is_small(usage_import: UsageImport) -> bool:
    if usage_import.size > ROWS_WHILE_WAITING * 200:
        return False
    with usage_import.file.open("rb") as file:
        return bytes(file.read()).count(b"\n") <= ROWS_WHILE_WAITING


def _held(import_id: int, *states: str) -> UsageImport:
    found: UsageImport | None = UsageImport.objects.select_for_update().filter(pk=import_id).first()
    if found is None or found.state not in states:
        raise errors.UsageImportClosed
    return found


def _working(import_id: int, state: str) -> UsageImport | None:
    """The import, if it still waits for this and no other worker is at it."""
    found: UsageImport | None = (
        UsageImport.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("created_by")
        .filter(pk=import_id, state=state)
        .first()
    )
    return found


def _drop_file(usage_import: UsageImport) -> None:
    """When the transaction is through: one that is taken back needs its file again."""
    if not usage_import.file:
        return
    name, storage = str(usage_import.file.name), usage_import.file.storage
    usage_import.file = ""
    transaction.on_commit(partial(storage.delete, name))


def _enqueue(usage_import: UsageImport) -> None:
    from timesheets.tasks import work_usage_import

    transaction.on_commit(
        partial(
            work_usage_import.delay,
            tenant_id=usage_import.tenant_id,
            import_id=usage_import.pk,
        )
    )


def language_of(import_id: int) -> str:
    """The reasons why rows are left out are read by the person who asked."""
    found = UsageImport.objects.select_related("created_by").filter(pk=import_id).first()
    return found.created_by.language if found and found.created_by else "en"
