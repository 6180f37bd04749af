"""The work at a file of usage: it is read, charged for, or taken back in steps.

Each step is a transaction of its own and says how far it came, so that a worker that dies leaves
the rest to another one. What was read before is recognised, whatever file it comes in.
"""

from collections.abc import Callable, Generator, Sequence
from functools import partial
from itertools import islice

from django.db.models.functions import Lower
from django.utils import timezone

from customers.models import Customer
from tenants.audit import log
from tenants.scope import current_tenant_id, tenant_scope
from timesheets.models.usage import UsageImport, UsageProblem, UsageRecord
from timesheets.usage import errors, turns
from timesheets.usage.charging import charge_usage
from timesheets.usage.choices import Choices
from timesheets.usage.reading import Names, Problem, Reader, Usage
from timesheets.usage.source import Layout, rows_of
from timesheets.usage.stopping import fail, stop
from timesheets.usage.storing import differing, insert
from timesheets.usage.taking_back import take_back_step

STEP = 50_000
MOST_BAD = 10_000
CUSTOMERS_IN_A_STEP = 20

State = UsageImport.State
type Step = Callable[[], bool]


def work_off(import_id: int) -> None:
    """Read what is left of the file and charge for it. Each step opens the scope it needs; another
    worker that is at the same file makes this one stop."""
    tenant_id = current_tenant_id()
    for step in steps_of(import_id):
        with tenant_scope(tenant_id):
            if not step():
                return


def work(tenant_id: int, import_id: int) -> None:
    """The same where no scope is open: between two steps nothing is."""
    steps: Generator[Step] | None = None
    while True:
        with tenant_scope(tenant_id):
            steps = steps_of(import_id) if steps is None else steps
            step = next(steps, None)
            if step is None or not step():
                return


def steps_of(import_id: int) -> Generator[Step]:
    """Functions, each a step, which tell whether to go on."""
    usage_import = UsageImport.objects.filter(pk=import_id).first()
    if usage_import is None:
        return
    if usage_import.state == State.READING:
        yield from _reading(usage_import)
        usage_import = UsageImport.objects.get(pk=import_id)
    while step := {State.CHARGING: _charge_step, State.TAKING_BACK: take_back_step}.get(
        State(usage_import.state)
    ):
        yield partial(step, import_id)
        usage_import = UsageImport.objects.get(pk=import_id)


def _reading(usage_import: UsageImport) -> Generator[Step]:
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
        yield partial(fail, usage_import.pk, errors.UsageFileGone())
        return
    with file, rows_of(file, layout) as rows:
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
                yield partial(fail, usage_import.pk, errors.UsageFileUnreadable(line=line))
                return
            waiting = []
            yield partial(_write_step, usage_import.pk, line, found)
            if len(found) < STEP:
                return
            line = found[-1].line


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


def _write_step(import_id: int, line: int, found: Sequence[Usage | Problem]) -> bool:
    """Keep these rows, the next after `line`; False where another worker has, or where the file has
    to wait for another one that is taken back."""
    turns.hold_usage()
    if UsageImport.objects.filter(state=State.TAKING_BACK).exists():
        return False
    usage_import = turns.working(import_id, State.READING)
    if usage_import is None or usage_import.line != line:
        return False
    usage = [row for row in found if isinstance(row, Usage)]
    problems = [row for row in found if isinstance(row, Problem)]
    stored = insert(usage_import, usage)
    if stored.differing:
        problems += [differing(row) for row in usage if row.line in stored.differing]
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
        stop(usage_import, errors.TooManyBadRows(most=MOST_BAD, line=usage_import.line))
    elif len(found) < STEP:
        usage_import.state, usage_import.line = State.CHARGING, 0
        turns.drop_file(usage_import)
    usage_import.save()
    return True


def _charge_step(import_id: int) -> bool:
    """Charge the next customers; `line` is the last one that is charged."""
    turns.hold_usage()
    usage_import = turns.working(import_id, State.CHARGING)
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
                stop(usage_import, refusal)
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
