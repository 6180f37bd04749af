"""Credit notes: taking back all or part of a posted invoice. Cancelling is the full case.

The corrected invoice's row is locked first, so that two people crediting it come one after the
other. What a draft credits is not reserved: posting looks again.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Case, Count, DecimalField, F, Q, Sum, When
from django.utils import timezone

from core.money import ZERO, places, round_money
from invoicing import errors
from invoicing.domain import four_eyes
from invoicing.domain.amounts import QUANTITY_STEP
from invoicing.domain.credits import Left, LeftLine, left_of
from invoicing.domain.drafting import locked_draft
from invoicing.domain.lines import store_totals
from invoicing.domain.posting import post_invoice
from invoicing.models import DocumentKind, Invoice, InvoiceLine, Source
from tenants.audit import changes_to, log
from tenants.models import Tenant, User
from tenants.scope import current_tenant_id

# Copied from the invoice: a credit note goes to the same people about the same work.
_COPIED = (
    "customer_id", "project_id", "currency", "language", "service_start_date", "service_end_date",
    "billing_name", "billing_street", "billing_postal_code", "billing_city", "billing_country",
    "buyer_business_id", "buyer_vat_id", "delivery_name", "delivery_street",
    "delivery_postal_code", "delivery_city", "delivery_country", "contact_name", "contact_email",
    "order_reference", "buyer_reference", "custom_values",
)  # fmt: skip
_LINE_COPIED = (
    "kind", "text", "unit", "unit_price", "discount_percent", "tax_rate_id", "tax_percent",
    "tax_category", "account",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class LineCredit:
    """What is taken back of one line: so much of its quantity, an amount, or else its freed hours.

    `freed` are the hours on it that may be billed again, `freed_charges` the charges; None for
    `freed` is all that is still tied to it.
    """

    line_id: int
    quantity: Decimal | None = None
    net: Decimal | None = None
    freed: Collection[int] | None = ()
    freed_charges: Collection[int] = ()


@dataclass(frozen=True)
class Tied:
    """The work that is still tied to a line."""

    entries: set[int] = field(default_factory=set)
    charges: set[int] = field(default_factory=set)


@transaction.atomic
def draft_credit_note(
    invoice: Invoice,
    credits: Sequence[LineCredit],
    *,
    reason: str,
    actor: User | None,
    issue_date: date | None = None,
    comment: str = "",
    cancels: bool = False,
) -> Invoice:
    """A draft that takes these parts of the posted invoice back once it is posted."""
    left = _locked_left(invoice.pk)
    corrected = left.invoice
    drafted = corrected.credit_notes.filter(status=Invoice.Status.DRAFT).first()
    if drafted is not None:
        raise errors.CreditNoteDrafted(invoice=corrected, note=drafted.pk)
    issue_date = issue_date or timezone.localdate()
    note = Invoice(
        kind=DocumentKind.CREDIT_NOTE,
        corrects=corrected,
        is_cancellation=cancels,
        reason=_checked_reason(reason),
        issue_date=issue_date,
        due_date=issue_date,
        tax_point=issue_date,
        comment=comment,
        created_by=actor,
        changed_by=actor,
        **{name: getattr(corrected, name) for name in _COPIED},
    )
    _check_date(note, corrected)
    note.save(force_insert=True)
    _write_lines(note, credits, left)
    log(
        "credit_note.drafted",
        note,
        actor=actor,
        invoice=corrected.number,
        reason=note.reason,
        gross=_amount(note),
    )
    return note


@transaction.atomic
def save_credit_note(
    note: Invoice,
    credits: Sequence[LineCredit],
    *,
    version: int,
    reason: str,
    actor: User | None,
    issue_date: date,
    comment: str = "",
) -> Invoice:
    """Make the draft what the form says; a form made from an older version is refused."""
    assert note.corrects_id is not None
    left = _locked_left(note.corrects_id)
    draft = locked_draft(note.pk)
    if draft.version != version:
        raise errors.DraftChanged(by=draft.changed_by or "?", at=draft.changed_at)
    before, told = _amount(draft), _told(draft)
    changes = changes_to(
        draft,
        {
            "reason": _checked_reason(reason),
            "issue_date": issue_date,
            "due_date": issue_date,
            "tax_point": issue_date,
            "comment": comment,
        },
    )
    _check_date(draft, left.invoice)
    _write_lines(draft, credits, left)
    if before != _amount(draft):
        changes["gross"] = [before, _amount(draft)]
    if not changes and told == _told(draft):
        # Whoever looks and saves has not worked on it, and may still post it.
        return draft
    # What leaves something of the invoice does not cancel it.
    draft.is_cancellation = draft.is_cancellation and draft.gross_total == left.gross
    draft.version += 1
    draft.changed_by, draft.changed_at = actor, timezone.now()
    draft.save()
    log("credit_note.changed", draft, actor=actor, version=draft.version, changes=changes)
    return draft


@transaction.atomic
def cancel_invoice(
    invoice: Invoice,
    *,
    reason: str,
    actor: User | None,
    kept: Collection[int] = (),
    kept_charges: Collection[int] = (),
    now: datetime | None = None,
) -> Invoice:
    """Take a posted invoice back altogether; returns the credit note, posted or left to another
    person as `post_or_leave` has it.

    All its hours and charges may be billed again, but for those kept as billed.
    """
    left = _locked_left(invoice.pk)
    notes = left.invoice.credit_notes.filter(status=Invoice.Status.POSTED).order_by("pk")
    if notes:
        raise errors.PartlyCredited(invoice=left.invoice, notes=", ".join(map(str, notes)))
    tied = _tied_work(left.invoice)
    if not set(kept) <= set().union(*(work.entries for work in tied.values())):
        raise errors.FreedHoursGone
    if not set(kept_charges) <= set().union(*(work.charges for work in tied.values())):
        raise errors.FreedHoursGone
    freed = {
        pk: Tied(work.entries - set(kept), work.charges - set(kept_charges))
        for pk, work in tied.items()
    }
    note = draft_credit_note(
        invoice,
        whole_credit(left, freed=freed if kept or kept_charges else None),
        reason=reason,
        actor=actor,
        cancels=True,
    )
    return post_or_leave(note, actor=actor, now=now)


@transaction.atomic
def post_or_leave(note: Invoice, *, actor: User | None, now: datetime | None = None) -> Invoice:
    """Post it; where the company demands that another person does, it stays a draft for them."""
    tenant = Tenant.objects.get(pk=current_tenant_id())
    refusal = four_eyes.refusals([note], tenant=tenant, actor=actor).get(note.pk)
    if isinstance(refusal, errors.AnotherMustPost):
        return note
    return post_invoice(note, actor=actor, now=now)


def whole_credit(left: Left, *, freed: dict[int, Tied] | None = None) -> list[LineCredit]:
    """All that is left, with all work, or that which is named by line."""
    return [
        LineCredit(line_id=pk, quantity=line.quantity, freed=None)
        if freed is None
        else LineCredit(
            line_id=pk,
            quantity=line.quantity,
            freed=freed.get(pk, Tied()).entries,
            freed_charges=freed.get(pk, Tied()).charges,
        )
        for pk, line in left.lines.items()
        if not line.is_empty
    ]


def quantity_of_hours(left: LeftLine, minutes: int, tied: int, of_all: int) -> Decimal:
    """As much of the line's quantity as these of its minutes are; the last ones take the rest."""
    if minutes == tied:
        return left.quantity
    share = (left.line.quantity * minutes / of_all).quantize(QUANTITY_STEP)
    return min(share, left.quantity, key=abs)


def _locked_left(invoice_id: int) -> Left:
    invoice = Invoice.objects.select_for_update().filter(pk=invoice_id).first()
    if invoice is None:
        raise errors.InvoiceGone
    if invoice.kind != DocumentKind.INVOICE or invoice.status != Invoice.Status.POSTED:
        raise errors.NotAPostedInvoice
    left = left_of([invoice])[invoice.pk]
    if left.is_empty:
        raise errors.NothingLeftToCredit(invoice=invoice)
    return left


def _checked_reason(reason: str) -> str:
    if not reason.strip():
        raise errors.ReasonMissing
    return reason.strip()


def _check_date(note: Invoice, corrected: Invoice) -> None:
    if note.issue_date < corrected.issue_date:
        raise errors.CreditedBeforeInvoiced(day=corrected.issue_date)


def _write_lines(note: Invoice, credits: Sequence[LineCredit], left: Left) -> None:
    """Replace the draft's lines, in the order of the invoice."""
    wanted = {credit.line_id: credit for credit in credits}
    if len(wanted) != len(credits) or not wanted.keys() <= left.lines.keys():
        raise errors.CreditLineGone
    by_hours = [credit for credit in credits if credit.quantity is None and credit.net is None]
    shares = _shares_of_hours(by_hours, left)
    lines: list[InvoiceLine] = []
    for pk, left_line in left.lines.items():
        if pk not in wanted:
            continue
        quantity, net = _resolved(wanted[pk], left_line, shares.get(pk, ZERO), note.currency)
        if not net and (left_line.line.net or not quantity):
            continue
        line = InvoiceLine(
            invoice=note,
            corrects_line=left_line.line,
            position=len(lines) + 1,
            quantity=quantity,
            net=net,
            **{name: getattr(left_line.line, name) for name in _LINE_COPIED},
        )
        left.check(line)
        lines.append(line)
    if not lines:
        raise errors.NothingCredited
    Source.objects.filter(freed_by__invoice=note).update(freed_by=None)
    note.lines.all().delete()
    InvoiceLine.objects.bulk_create(lines)
    _mark_freed([(line, wanted[line.corrects_line_id or 0]) for line in lines], left)
    sums = left.totals(lines)
    store_totals(note, sums, left.tax_rows(note, sums.groups))


def _resolved(
    credit: LineCredit, left: LeftLine, share: Decimal, currency: str
) -> tuple[Decimal, Decimal]:
    if credit.net is None:
        # Above what is left is for `Left.check` to say, with the figures.
        quantity = share if credit.quantity is None else credit.quantity
        return quantity, left.net_of(quantity, currency)
    net = round_money(credit.net, currency)
    if abs(net) > abs(left.net):
        return left.quantity, net
    return left.quantity_of(net, currency), net


def _shares_of_hours(credits: Sequence[LineCredit], left: Left) -> dict[int, Decimal]:
    """By line, how much of its quantity the hours to be freed are."""
    if not credits:
        return {}
    whole = [credit.line_id for credit in credits if credit.freed is None]
    entries = {entry for credit in credits for entry in credit.freed or ()}
    tied = Q(released_at=None)
    sums = (
        Source.objects.filter(line__in=[credit.line_id for credit in credits])
        .order_by()
        .values_list("line_id")
        .annotate(
            chosen=Sum("minutes", filter=tied & (Q(line__in=whole) | Q(time_entry__in=entries))),
            tied=Sum("minutes", filter=tied),
            of_all=Sum("minutes"),
        )
    )
    return {
        line_id: quantity_of_hours(left.lines[line_id], chosen, tied_minutes, of_all)
        for line_id, chosen, tied_minutes, of_all in sums
        if chosen
    }


def _mark_freed(wanted: Iterable[tuple[InvoiceLine, LineCredit]], left: Left) -> None:
    """Tie the work to the line that will free it, no more of it than is credited."""
    freeing = [
        (line, credit)
        for line, credit in wanted
        if credit.freed is None or credit.freed or credit.freed_charges
    ]
    if not freeing:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE invoicing_source source SET freed_by_id = wanted.note_line
            FROM unnest(%s::bigint[], %s::bigint[]) AS wanted (line, note_line)
            WHERE source.tenant_id = %s AND source.line_id = wanted.line
                AND source.released_at IS NULL
            """,
            [
                [line.corrects_line_id for line, credit in freeing if credit.freed is None],
                [line.pk for line, credit in freeing if credit.freed is None],
                current_tenant_id(),
            ],
        )
    _mark_named(
        "time_entry_id",
        [(line, pk) for line, credit in freeing for pk in set(credit.freed or ())],
    )
    _mark_named(
        "charge_id",
        [(line, pk) for line, credit in freeing for pk in set(credit.freed_charges)],
    )
    _refuse_freeing_uncredited([line for line, _credit in freeing], left)


def _mark_named(column: str, named: Sequence[tuple[InvoiceLine, int]]) -> None:
    if not named:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE invoicing_source source SET freed_by_id = wanted.note_line
            FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[])
                AS wanted (line, note_line, work)
            WHERE source.tenant_id = %s AND source.line_id = wanted.line
                AND source.{column} = wanted.work AND source.released_at IS NULL
            """,  # noqa: S608 - the name of a column
            [
                [line.corrects_line_id for line, _work in named],
                [line.pk for line, _work in named],
                [work for _line, work in named],
                current_tenant_id(),
            ],
        )
        if cursor.rowcount != len(named):
            raise errors.FreedHoursGone


# What a part of a line's work is worth beside the rest: hours by their minutes, charges by price.
_WEIGHT = Case(
    When(charge__isnull=False, then=F("charge__quantity") * F("charge__unit_price")),
    default=F("minutes"),
    output_field=DecimalField(max_digits=34, decimal_places=12),
)


def _refuse_freeing_uncredited(lines: Sequence[InvoiceLine], left: Left) -> None:
    """Work that is free again while it is still charged would be billed twice."""
    weights: dict[int, Decimal] = defaultdict(Decimal)
    freed: dict[int, Decimal] = defaultdict(Decimal)
    entries: dict[int, int] = defaultdict(int)
    sums = (
        Source.objects.filter(line__in=[line.corrects_line_id for line in lines])
        .order_by()
        .values_list("line_id", "freed_by_id", "released_at")
        .annotate(weight=Sum(_WEIGHT), entries=Count("*"))
    )
    now_freeing = {line.pk for line in lines}
    for line_id, freed_by, released_at, summed, count in sums:
        weights[line_id] += summed
        if released_at is not None or freed_by in now_freeing:
            freed[line_id] += summed
            entries[line_id] += count
    for line in lines:
        found = left.lines[line.corrects_line_id or 0]
        corrected = found.line
        if corrected.pk not in freed:
            continue
        credited = abs(corrected.net - found.net + line.net)
        whole = weights[corrected.pk]
        worth = round_money(
            abs(corrected.net) * freed[corrected.pk] / whole if whole else ZERO,
            line.invoice.currency,
        )
        # Each of the hours was rounded when it was credited.
        tolerated = entries[corrected.pk] * Decimal(1).scaleb(-places(line.invoice.currency))
        if worth - credited > tolerated:
            raise errors.FreedAboveCredit(
                line=corrected.text, worth=left.written(worth), credited=left.written(credited)
            )


def _tied_work(invoice: Invoice) -> dict[int, Tied]:
    """The hours and charges that are still tied to it, by line."""
    tied: dict[int, Tied] = defaultdict(Tied)
    found = Source.objects.filter(line__invoice=invoice, released_at=None).order_by()
    for line_id, entry_id, charge_id in found.values_list("line_id", "time_entry_id", "charge_id"):
        if charge_id is None:
            tied[line_id].entries.add(entry_id)
        else:
            tied[line_id].charges.add(charge_id)
    return tied


def _told(note: Invoice) -> set[tuple[object, ...]]:
    """What its lines say and which work they free, by the lines they correct."""
    lines = note.lines.values_list("corrects_line_id", "quantity", "net", "text")
    freed = Source.objects.filter(freed_by__invoice=note).order_by()
    return {*lines, *freed.values_list("pk", "freed_by__corrects_line_id")}


def _amount(note: Invoice) -> str:
    return f"{round_money(note.gross_total, note.currency)} {note.currency}"
