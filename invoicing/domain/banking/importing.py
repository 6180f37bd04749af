"""A bank's file: received, asked about where it leaves something open, read, matched, booked.

What a step has done is committed with it, so that a worker that dies leaves the rest to another
one. Reading is one step: of a file that cannot be read to its end nothing is kept.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from io import BytesIO
from typing import Any, BinaryIO

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime

from core.csv_files import FileRefused
from core.errors import DomainError
from invoicing import bank_errors as errors
from invoicing.domain.banking import booking, statements
from invoicing.domain.banking.camt import looks_like_xml
from invoicing.domain.banking.knowledge import book_for, matchable, twins_of
from invoicing.domain.banking.layouts import as_json, layout_of
from invoicing.domain.banking.matching import Match, match_lines
from invoicing.domain.banking.tables import (
    Layout,
    guessed_layout,
    is_complete,
    missing,
    open_table,
)
from invoicing.domain.long_runs import ATTEMPTS_AT_MOST
from invoicing.domain.payments import settling
from invoicing.models import BankAccount, BankLine, CsvLayout, LineState, StatementImport
from tenants.audit import log
from tenants.books import check_account
from tenants.models import User
from tenants.scope import current_tenant_id

MAX_BYTES = 25 * 1024 * 1024
# What is smaller is read and booked while the person waits.
BYTES_AT_ONCE = 200_000
LINES_AT_ONCE = 40
# A step holds the books for as long as it takes.
STEP = 40
LOST_AFTER = timedelta(minutes=2)
KEPT_UNANSWERED = timedelta(days=30)

State = StatementImport.State


@transaction.atomic
def receive_file(file: BinaryIO, *, name: str, size: int, actor: User | None) -> StatementImport:
    """Keep the file and begin with it. Raises FileRefused where it is none of a bank's."""
    if size > MAX_BYTES:
        raise errors.FileTooLarge(size=-(-size // 2**20), limit=MAX_BYTES // 2**20)
    content = file.read()
    digest = sha256(content).hexdigest()
    _refuse_known(digest)
    is_xml = looks_like_xml(content[:200])
    if not is_xml:
        open_table(BytesIO(content))
    source = StatementImport(
        file_name=name[-200:],
        format=StatementImport.Format.CAMT if is_xml else StatementImport.Format.CSV,
        sha256=digest,
        size=len(content),
        content=content,
        created_by=actor,
        booked_by=actor,
    )
    try:
        with transaction.atomic():
            source.save(force_insert=True)
    except IntegrityError:
        # Somebody else sent the same file at the same moment.
        _refuse_known(digest)
        raise
    _begin(source)
    return source


def _refuse_known(digest: str) -> None:
    known = StatementImport.objects.filter(sha256=digest).exclude(state=State.REFUSED)
    if found := known.select_related("created_by").first():
        raise errors.ImportedBefore(
            file=found.file_name,
            day=date_format(localtime(found.created_at), "SHORT_DATETIME_FORMAT"),
            by=found.created_by or "?",
            source=found,
        )


def _begin(source: StatementImport) -> None:
    """Read it, or ask what it leaves open; a large one is read by a worker."""
    if source.format == StatementImport.Format.CSV and not _find_layout(source):
        return
    _begin_reading(source)


# --- what is asked ---


def _find_layout(source: StatementImport) -> bool:
    """Whether the columns are known already, and of which account they are."""
    table = open_table(content_of(source))
    known = CsvLayout.objects.filter(fingerprint=table.fingerprint).first()
    layout = layout_of(known) if known else guessed_layout(table)
    account = statements.account_named_in(table, layout, source.file_name)
    if known and account:
        source.layout = known
        source.question = {"account": account.pk}
        source.save(update_fields=["layout", "question"])
        return True
    source.state = State.ASKING
    source.question = {
        "columns": [*map(str, table.header)],
        "sample": table.sample(),
        "is_known": known is not None,
        "account": account.pk if account else (known.account_id if known else None),
        "layout": as_json(layout),
    }
    source.save(update_fields=["state", "question"])
    return False


@transaction.atomic
def answer_columns(
    source: StatementImport, layout: Layout, *, account: BankAccount, actor: User | None
) -> StatementImport:
    """Remember what the columns mean, and read the file by it."""
    held = _asking(source)
    if what := missing(layout):
        raise errors.ColumnMissing(what=what)
    assert is_complete(layout)  # the form asks for both
    table = open_table(content_of(held))
    kept = as_json(layout)
    known, is_new = CsvLayout.objects.update_or_create(
        fingerprint=table.fingerprint,
        defaults={"header": table.header, "account": account, **kept},
    )
    log("csv_layout.kept", known, actor=actor, account=str(account), is_new=is_new)
    held.layout, held.question = known, {"account": account.pk}
    held.state = State.READING
    held.save(update_fields=["layout", "question", "state", "updated_at"])
    _begin_reading(held)
    return held


@transaction.atomic
def answer_accounts(
    source: StatementImport, accounts: Mapping[str, tuple[str, str]], *, actor: User | None
) -> StatementImport:
    """Lay out the accounts that the file is of: number -> (name, account in the books)."""
    held = _asking(source)
    for place, asked in enumerate((held.question or {}).get("accounts", [])):
        name, ledger_account = accounts[asked["number"]]
        check_account(ledger_account, field=f"ledger{place}")
        account, is_new = BankAccount.objects.get_or_create(
            number=asked["number"],
            currency=asked["currency"],
            defaults={"name": name, "ledger_account": ledger_account},
        )
        if is_new:
            log("bank_account.added", account, actor=actor, number=account.number)
    held.state, held.question = State.READING, None
    held.save(update_fields=["question", "state", "updated_at"])
    _begin_reading(held)
    return held


def _begin_reading(source: StatementImport) -> None:
    """After an answer the columns are not looked for again."""
    if source.size > BYTES_AT_ONCE:
        _enqueue(source)
        return
    read(source)
    if source.state == State.MATCHING and source.new_count <= LINES_AT_ONCE:
        _work_at_once(source)
    elif source.is_working:
        _enqueue(source)


def _work_at_once(source: StatementImport) -> None:
    """While the person waits, in their transaction: match, and book what one step can.

    The step after it would lock documents with the books held, and so stop whoever posts.
    """
    if source.state == State.MATCHING:
        advance(source.pk)
    if _steps_left(source) > 1:
        _enqueue(source)
    else:
        while advance(source.pk):
            pass
    source.refresh_from_db()


@transaction.atomic
def discard(source: StatementImport, *, actor: User | None) -> str:
    """Forget a file that waits for an answer, or was refused. Says what it was called."""
    held = StatementImport.objects.select_for_update().get(pk=source.pk)
    if held.state not in (State.ASKING, State.REFUSED):
        raise errors.ImportHasLines
    log("statement_import.discarded", held, actor=actor)
    held.delete()
    return str(held.file_name)


def _asking(source: StatementImport) -> StatementImport:
    held: StatementImport = StatementImport.objects.select_for_update().get(pk=source.pk)
    if held.state != State.ASKING:
        raise errors.ImportNotWaiting
    return held


def content_of(source: StatementImport) -> BinaryIO:
    assert source.content is not None
    return BytesIO(source.content)


# --- the steps ---


@transaction.atomic
def read(source: StatementImport) -> None:
    """Keep the lines that are new. Raises FileRefused; nothing of the file is kept then."""
    try:
        with transaction.atomic():
            unknown = statements.write_lines(source, content_of(source))
            if unknown:
                raise _Unknown(unknown)
    except _Unknown as asked:
        source.state = State.ASKING
        source.question = {"accounts": asked.accounts}
        source.save(update_fields=["state", "question", "updated_at"])
        return
    source.content, source.question = None, None
    source.state = State.MATCHING
    if not source.new_count:
        source.state, source.finished_at = State.DONE, timezone.now()
    source.save()
    log(
        "statement_import.read",
        source,
        actor=source.created_by,
        lines=source.new_count,
        repeated=source.repeated_count,
        skipped=source.skipped_count,
    )


class _Unknown(Exception):
    """Takes back what was written before an account came that nobody knows."""

    def __init__(self, accounts: list[dict[str, str]]) -> None:
        super().__init__(accounts)
        self.accounts = accounts


@transaction.atomic
def advance(import_id: int) -> bool:
    """Take the next step; tell whether there are more. Another worker's step is left alone."""
    source = (
        StatementImport.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("created_by", "booked_by", "layout")
        .filter(pk=import_id, state__in=[State.READING, State.MATCHING, State.BOOKING])
        .first()
    )
    if source is None:
        return False
    if source.state == State.READING:
        _read_or_refuse(source)
    elif source.state == State.MATCHING:
        match_import(source)
        source.state = State.BOOKING
    elif not _book_some(source):
        source.state, source.finished_at = State.DONE, timezone.now()
    source.resumed = 0
    source.save()
    return bool(source.is_working)


def _read_or_refuse(source: StatementImport) -> None:
    try:
        read(source)
    except FileRefused as refused:
        source.state, source.content, source.question = State.REFUSED, None, None
        source.refusal, source.finished_at = str(refused), timezone.now()


def match_import(source: StatementImport) -> None:
    """Find out what its undecided lines pay. What was booked once and undone is only offered."""
    lines: Any = BankLine.objects.with_state().filter(source=source)
    undecided = lines.exclude(state__in=[LineState.BOOKED, LineState.RETURNED, LineState.IGNORED])
    found = list(undecided.select_related("account").order_by("position", "pk"))
    undone = set(
        BankLine.objects.filter(source=source, line_payments__isnull=False).values_list(
            "pk", flat=True
        )
    )
    asked = matchable(found, twins=twins_of(found))
    matches = match_lines(asked, book_for(asked))
    _keep(
        [
            (line.pk, kept, bool(match and match.certain) and line.pk not in undone)
            for line in found
            for match in [matches.get(line.pk)]
            for kept in [match.as_json() if match else None]
            # Most lines of a long file fit nothing, before as after.
            if kept is not None or line.match is not None or line.refusal
        ]
    )


def _keep(found: list[tuple[int, dict[str, Any] | None, bool]]) -> None:
    """In one statement: with the ORM's cases, ten thousand lines take most of a minute."""
    keys = [pk for pk, _match, _waits in found]
    matches = [match and json.dumps(match) for _pk, match, _waits in found]
    waiting = [waits for _pk, _match, waits in found]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE invoicing_bankline line
            SET match = found.match::jsonb, waits = found.waits, refusal = ''
            FROM unnest(%s::bigint[], %s::text[], %s::boolean[]) AS found (id, match, waits)
            WHERE line.tenant_id = %s AND line.id = found.id
            """,
            [keys, matches, waiting, current_tenant_id()],
        )


def _book_some(source: StatementImport) -> bool:
    """Book what waits; tell whether something did.

    What also uses credit locks payments and goes alone, since others hold the books by then.
    """
    together, alone = _waiting(source)
    wanted = together[:STEP] or alone[:1]
    if wanted:
        _book_lines(wanted, actor=source.booked_by)
    return bool(wanted)


def _steps_left(source: StatementImport) -> int:
    together, alone = _waiting(source)
    return -(-len(together) // STEP) + len(alone)


def _waiting(source: StatementImport) -> tuple[list[int], list[int]]:
    """The next lines to book: those that go together, and those that go alone."""
    waiting = BankLine.objects.filter(source=source, waits=True).order_by("position", "pk")
    keys = list(waiting.values_list("pk", "match")[: STEP + 1])
    alone = [pk for pk, match in keys if match["credit"] or match["takes_back"]]
    return [pk for pk, _match in keys if pk not in alone], alone


def _book_lines(keys: list[int], *, actor: User | None) -> None:
    """Each in a savepoint of its own; all documents are locked first, in everybody's order."""
    held: Any = (
        BankLine.objects.select_for_update(of=("self",), no_key=True)
        .select_related("account", "ignored_by")
        .filter(pk__in=keys, waits=True)
        .order_by("pk")
    )
    lines = list(held)
    matches = {line.pk: Match.from_json(line.match) for line in lines}
    settling.locked_invoices({pk for match in matches.values() for pk, _amount in match.shares})
    for line in sorted(lines, key=lambda line: (line.position, line.pk)):
        try:
            with transaction.atomic():
                booking.book_match(line, matches[line.pk], actor=actor)
        except DomainError as refused:
            line.waits, line.refusal = False, str(refused)[:300]
            line.save(update_fields=["waits", "refusal"])


# --- asked for on the page ---


@transaction.atomic
def match_again(source: StatementImport, *, actor: User | None) -> StatementImport:
    """Look at what is not decided with what is open now; what is certain is booked."""
    held = _at_rest(source)
    log("statement_import.matched_again", held, actor=actor)
    return _work(held, State.MATCHING, actor=actor)


@transaction.atomic
def accept_offered(source: StatementImport, *, actor: User | None) -> StatementImport:
    """Book everything that is offered, but for what needs a look of its own: lines that take a
    payment back, that were booked before, or that came with another file as well."""
    held = _at_rest(source)
    offered = (
        BankLine.objects.with_state()
        .filter(source=source, state=LineState.OFFERED, line_payments=None)
        .exclude(match__takes_back=True)
        .exclude(match__is_twin=True)
    )
    keys = list(offered.values_list("pk", flat=True))
    if not keys:
        raise errors.NothingOffered
    BankLine.objects.filter(pk__in=keys).update(waits=True, refusal="")
    log("statement_import.accepted", held, actor=actor, lines=len(keys))
    return _work(held, State.BOOKING, actor=actor, lines=len(keys))


def _at_rest(source: StatementImport) -> StatementImport:
    held: StatementImport = StatementImport.objects.select_for_update().get(pk=source.pk)
    if held.state != State.DONE:
        raise errors.ImportNotWaiting
    return held


def _work(
    held: StatementImport, state: str, *, actor: User | None, lines: int = 0
) -> StatementImport:
    held.state, held.booked_by = state, actor
    held.finished_at, held.resumed = None, 0
    held.save()
    if (lines or held.new_count) <= LINES_AT_ONCE:
        _work_at_once(held)
    else:
        _enqueue(held)
    return held


@transaction.atomic
def sweep_imports(*, now: datetime) -> None:
    """Hand imports that no worker is at to another one; give those up that never get on. Files that
    nobody answered for are forgotten."""
    StatementImport.objects.filter(state=State.ASKING, updated_at__lt=now - KEPT_UNANSWERED).only(
        "pk", "tenant"
    ).delete()
    lost = StatementImport.objects.filter(
        state__in=[State.READING, State.MATCHING, State.BOOKING], updated_at__lt=now - LOST_AFTER
    ).defer("content")
    for source in lost.select_for_update(skip_locked=True):
        if source.resumed < ATTEMPTS_AT_MOST:
            source.save(update_fields=["updated_at"])
            _enqueue(source)
            continue
        _give_up(source, now=now)


def _give_up(source: StatementImport, *, now: datetime) -> None:
    source.finished_at = now
    if source.state == State.READING:
        source.state, source.content, source.question = State.REFUSED, None, None
        source.refusal = str(errors.ReadingBroke())
    else:
        BankLine.objects.filter(source=source, waits=True).update(waits=False)
        source.state = State.DONE
    source.save()


def language_of_import(import_id: int) -> str:
    """Of whoever reads the refusals."""
    imports = StatementImport.objects.select_related("booked_by").defer("content")
    source = imports.get(pk=import_id)
    return source.booked_by.language if source.booked_by else "en"


def _enqueue(source: StatementImport) -> None:
    from invoicing.tasks import work_statement_import

    transaction.on_commit(
        partial(work_statement_import.delay, tenant_id=source.tenant_id, import_id=source.pk)
    )
