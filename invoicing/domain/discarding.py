"""Discarding drafts, which keeps them, bringing them back, and deleting them for good."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from core.money import ZERO, round_money
from invoicing import errors
from invoicing.domain.composing.claiming import Entry, entries_on
from invoicing.domain.composing.recounting import recount
from invoicing.domain.drafting import locked_documents, not_a_draft, touch
from invoicing.domain.lines import price_line, save_totals
from invoicing.models import Invoice, InvoiceLine, InvoiceTax, Source, Unit
from tenants import audit
from tenants.models import User
from tenants.scope import current_tenant_id
from timesheets.domain.holding import hold_hours

LONGEST_NOTE = 200


@dataclass(frozen=True)
class Restored:
    """A draft that is one again; `gone` work meanwhile has another life and is off it."""

    draft: Invoice
    entries: int
    gone: Sequence[Source]


@dataclass(frozen=True)
class Kept:
    """Work that stays billed when its draft is discarded: by their ids, or all of it."""

    entries: Collection[int] = ()
    charges: Collection[int] = ()
    all: bool = False

    def __bool__(self) -> bool:
        return self.all or bool(self.entries) or bool(self.charges)


def discard_draft(
    draft: Invoice, *, actor: User | None, kept: Kept = Kept(), note: str = ""
) -> None:
    """Take the draft out of all lists; its work is open again, but for that kept as billed.

    What is kept counts as billed elsewhere, for which the note says why.
    """
    if not discard_drafts([draft.pk], actor=actor, kept=kept, note=note):
        found = Invoice.objects.filter(pk=draft.pk).first()
        raise errors.InvoiceGone if found is None else not_a_draft(found)


@transaction.atomic
def discard_drafts(
    ids: Iterable[int],
    *,
    actor: User | None,
    kept: Kept = Kept(),
    note: str = "",
) -> list[Invoice]:
    """Discard those that are still drafts, and do not wait for a number elsewhere."""
    found = [draft for draft in locked_documents(ids) if draft.is_draft and not draft.number_giver]
    if not found:
        return []
    note = " ".join(note.split())
    if kept and not note:
        raise errors.BilledElsewhereWhere
    if len(note) > LONGEST_NOTE:
        raise errors.BilledElsewhereTooLong(most=LONGEST_NOTE)
    now = timezone.now()
    counts = _let_go([draft.pk for draft in found], kept, note, actor, now)
    Invoice.objects.filter(pk__in=[draft.pk for draft in found]).update(
        status=Invoice.Status.DISCARDED, discarded_at=now, discarded_by=actor
    )
    records = []
    for draft in found:
        draft.status = Invoice.Status.DISCARDED
        draft.discarded_at, draft.discarded_by = now, actor
        freed, billed = counts.get(draft.pk, (0, 0))
        about = {"customer": draft.billing_name, "freed": freed, "kept_as_billed": billed}
        if billed:
            about["note"] = note
        records.append(audit.entry("invoice.discarded", draft, actor=actor, **about))
    audit.write(records)
    return found


@transaction.atomic
def restore_drafts(ids: Iterable[int], *, actor: User | None) -> list[Restored]:
    """Make those that are discarded drafts again, with the hours that are as they were.

    An hour that somebody changed, deleted, invoiced or settled meanwhile comes off its line.
    """
    found = [one for one in locked_documents(ids) if one.status == Invoice.Status.DISCARDED]
    if not found:
        return []
    for note in found:
        other = Invoice.objects.filter(corrects=note.corrects_id, status=Invoice.Status.DRAFT)
        if note.corrects_id is not None and other.exists():
            raise errors.CreditNoteDrafted(invoice=note.corrects, note=other.get().pk)
    Invoice.objects.filter(pk__in=[one.pk for one in found]).update(
        status=Invoice.Status.DRAFT, discarded_at=None, discarded_by=None
    )
    taken = _take_back(found)
    gone: dict[int, list[Source]] = defaultdict(list)
    left_out = Source.objects.filter(line__invoice__in=found, released_at__isnull=False)
    for source in left_out.select_related(
        "line__tax_rate", "line__addition", "time_entry__member", "charge"
    ):
        gone[source.line.invoice_id].append(source)
    restored = []
    for draft in found:
        draft.status, draft.discarded_at, draft.discarded_by = Invoice.Status.DRAFT, None, None
        _shrink(draft, gone[draft.pk])
        touch(draft, actor=actor)
        if gone[draft.pk]:
            save_totals(draft)
        restored.append(Restored(draft, taken.get(draft.pk, 0), gone[draft.pk]))
    audit.write(
        audit.entry(
            "invoice.restored",
            one.draft,
            actor=actor,
            customer=one.draft.billing_name,
            entries=one.entries,
            gone=len(one.gone),
        )
        for one in restored
    )
    return restored


@transaction.atomic
def delete_drafts(ids: Iterable[int], *, actor: User | None) -> int:
    """Remove drafts and discarded ones for good; the hours of drafts are open again.

    Those that wait for a number elsewhere stay; one that did once is kept with what was tried.
    """
    found = [one for one in locked_documents(ids) if not (one.is_posted or one.number_giver)]
    audit.write(
        audit.entry(
            "invoice.deleted",
            one,
            actor=actor,
            customer=one.billing_name,
            gross=f"{round_money(one.gross_total, one.currency)} {one.currency}",
        )
        for one in found
    )
    drafts = [one.pk for one in found if one.is_draft]
    if drafts:
        _let_go(drafts, Kept(), "", actor, timezone.now())
    lines = InvoiceLine.objects.filter(invoice__in=found)
    Source.objects.filter(line__in=lines).delete()
    Source.objects.filter(freed_by__in=lines).update(freed_by=None)
    InvoiceTax.objects.filter(invoice__in=found).delete()
    lines.delete()
    try:
        Invoice.objects.filter(pk__in=[one.pk for one in found]).delete()
    except ProtectedError:
        raise errors.DraftsKept from None
    return len(found)


def _let_go(
    ids: list[int], kept: Kept, note: str, actor: User | None, now: datetime
) -> dict[int, tuple[int, int]]:
    """Release the work of these drafts; returns by draft how much is free and how much billed."""
    hold_hours()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH released AS (
                UPDATE invoicing_source source SET released_at = %(now)s
                FROM invoicing_invoiceline line
                WHERE source.tenant_id = %(tenant)s AND line.tenant_id = source.tenant_id
                    AND line.id = source.line_id AND line.invoice_id = ANY(%(ids)s)
                    AND source.released_at IS NULL
                RETURNING source.time_entry_id, source.charge_id, line.invoice_id,
                    coalesce(
                        %(all)s OR source.time_entry_id = ANY(%(entries)s)
                            OR source.charge_id = ANY(%(charges)s),
                        false
                    ) AS is_kept
            ), opened AS (
                UPDATE timesheets_timeentry entry
                SET billing_state = CASE WHEN is_kept THEN 'billed' ELSE 'open' END,
                    billing_note = CASE WHEN is_kept THEN %(note)s ELSE '' END,
                    settled_by_id = CASE WHEN is_kept THEN %(actor)s::bigint END,
                    settled_at = CASE WHEN is_kept THEN %(now)s::timestamptz END
                FROM released
                WHERE entry.tenant_id = %(tenant)s AND entry.id = released.time_entry_id
            ), opened_charges AS (
                UPDATE timesheets_charge charge
                SET billing_state = CASE WHEN is_kept THEN 'billed' ELSE 'open' END,
                    billing_note = CASE WHEN is_kept THEN %(note)s ELSE '' END,
                    settled_by_id = CASE WHEN is_kept THEN %(actor)s::bigint END,
                    settled_at = CASE WHEN is_kept THEN %(now)s::timestamptz END
                FROM released
                WHERE charge.tenant_id = %(tenant)s AND charge.id = released.charge_id
            )
            SELECT invoice_id, count(*) FILTER (WHERE NOT is_kept), count(*) FILTER (WHERE is_kept)
            FROM released GROUP BY invoice_id
            """,
            {
                "tenant": current_tenant_id(),
                "ids": ids,
                "entries": list(kept.entries),
                "charges": list(kept.charges),
                "all": kept.all,
                "note": note,
                "actor": actor.pk if actor else None,
                "now": now,
            },
        )
        return {row[0]: (row[1], row[2]) for row in cursor.fetchall()}


# What makes hours and charges the same as when their draft was discarded.
_AS_IT_WAS = """
    work.is_billable AND work.updated_at <= wanted.discarded_at
    AND (
        work.billing_state = 'open'
        OR work.billing_state = 'billed' AND work.settled_at = wanted.discarded_at
    )
"""


def _take_back(found: Sequence[Invoice]) -> dict[int, int]:
    """Claim the work that is as it was when its draft was discarded; how much, by draft."""
    hold_hours()
    taken: dict[int, int] = defaultdict(int)
    for table, column, same in (
        ("timesheets_timeentry", "time_entry_id", "work.minutes = wanted.minutes"),
        ("timesheets_charge", "charge_id", "true"),
    ):
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                WITH wanted AS (
                    SELECT DISTINCT ON (source.{column})
                        source.id, source.{column} AS work_id, source.minutes,
                        draft.id AS draft_id, draft.discarded_at
                    FROM unnest(%(ids)s::bigint[], %(moments)s::timestamptz[])
                        AS draft (id, discarded_at)
                    JOIN invoicing_invoiceline line
                        ON line.tenant_id = %(tenant)s AND line.invoice_id = draft.id
                    JOIN invoicing_source source
                        ON source.tenant_id = line.tenant_id AND source.line_id = line.id
                    WHERE source.released_at IS NOT NULL AND source.{column} IS NOT NULL
                    ORDER BY source.{column}, draft.discarded_at DESC, source.id
                ), taken AS (
                    UPDATE {table} work
                    SET billing_state = 'drafted', billing_note = '', settled_by_id = NULL,
                        settled_at = NULL
                    FROM wanted
                    WHERE work.tenant_id = %(tenant)s AND work.id = wanted.work_id
                        AND {same} AND {_AS_IT_WAS}
                    RETURNING wanted.id, wanted.draft_id
                ), tied AS (
                    UPDATE invoicing_source source SET released_at = NULL
                    FROM taken WHERE source.tenant_id = %(tenant)s AND source.id = taken.id
                )
                SELECT draft_id, count(*) FROM taken GROUP BY draft_id
                """,  # noqa: S608 - names of tables and columns, no values
                {
                    "tenant": current_tenant_id(),
                    "ids": [one.pk for one in found],
                    "moments": [one.discarded_at for one in found],
                },
            )
            for draft_id, count in cursor.fetchall():
                taken[draft_id] += count
    return taken


def _shrink(draft: Invoice, gone: Sequence[Source]) -> None:
    """Take what this work made up off its lines; an emptied line goes."""
    by_line: dict[int, list[Source]] = defaultdict(list)
    for source in gone:
        by_line[source.line_id].append(source)
    if not by_line:
        return
    left = entries_on(list(by_line))
    charges: dict[int, Decimal] = defaultdict(Decimal)
    live = Source.objects.filter(line__in=list(by_line), released_at=None, charge__isnull=False)
    for line_id, quantity in live.values_list("line_id", "charge__quantity"):
        charges[line_id] += quantity
    Source.objects.filter(pk__in=[source.pk for source in gone]).delete()
    for line_id, sources in by_line.items():
        line = sources[0].line
        if line_id in charges:
            line.quantity = charges[line_id]
            price_line(line, currency=draft.currency)
            line.save(update_fields=["quantity", "net", "tax_percent", "tax_category"])
        elif not left[line_id]:
            line.delete()
        elif line.unit == Unit.PIECE:
            _shrink_lump(line, left[line_id], sources, draft.currency)
        else:
            as_they_were = [_as_it_was(source, left[line_id][0]) for source in sources]
            recount(line, [*left[line_id], *as_they_were], left[line_id], currency=draft.currency)


def _as_it_was(source: Source, beside: Entry) -> Entry:
    """An hour that has changed since, or is deleted, as far as the line's quantity needs it."""
    entry = source.time_entry
    return beside._replace(
        id=0,
        minutes=source.minutes,
        project_id=entry.project_id if entry else beside.project_id,
        work_date=entry.work_date if entry else beside.work_date,
    )


def _shrink_lump(
    line: InvoiceLine, left: Sequence[Entry], gone: Sequence[Source], currency: str
) -> None:
    """An amount for all of the work: the rest of the work has its share."""
    minutes = sum(entry.minutes for entry in left)
    before = minutes + sum(source.minutes for source in gone)
    price = round_money(line.unit_price * Decimal(minutes) / before, currency)
    line.unit_price = max(price, ZERO)
    price_line(line, currency=currency)
    line.save(update_fields=["unit_price", "net", "tax_percent", "tax_category"])
