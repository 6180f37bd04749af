"""A file of usage is received, and read once its columns are told; or it is discarded."""

from dataclasses import replace
from itertools import islice
from typing import BinaryIO, cast
from uuid import uuid4

from django.core.files.base import File
from django.db import transaction

from core.numbers import DecimalMarks
from tenants.audit import log
from tenants.models import User
from tenants.scope import current_tenant_id
from timesheets.models.usage import UsageImport, UsageMapping
from timesheets.usage import errors, turns
from timesheets.usage.choices import Choices
from timesheets.usage.source import FIELDS, NEEDED, Layout, layout_of, proposed, rows_of
from timesheets.usage.steps import work_off

MAX_BYTES = 300 * 1024 * 1024
ROWS_WHILE_WAITING = 2_000
SNIFFED_ROWS = 20_000

State = UsageImport.State


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
    with usage_import.file.open("rb") as file, rows_of(file, layout) as rows:
        return [record.cells for record in islice(rows, count)]


@transaction.atomic
def start(import_id: int, choices: Choices, *, actor: User | None) -> UsageImport:
    """Read the file with these columns; they are remembered for the next one like it."""
    usage_import = turns.held(import_id, State.CHOOSING)
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
        turns.enqueue(usage_import)
    return usage_import


def _mark_shown(usage_import: UsageImport, choices: Choices, layout: Layout) -> str:
    """The decimal sign that the first rows show. Nothing where each number tells by itself."""
    places = [choices.columns[name] for name in ("quantity", "rate") if name in choices.columns]
    try:
        file = usage_import.file.open("rb")
    except (OSError, ValueError):
        raise errors.UsageFileGone from None
    cells: list[str] = []
    with file, rows_of(file, layout) as rows:
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
    usage_import = turns.held(import_id, State.CHOOSING)
    turns.drop_file(usage_import)
    log("usage.import_discarded", usage_import, actor=actor)
    usage_import.delete()
    return usage_import.file_name


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
