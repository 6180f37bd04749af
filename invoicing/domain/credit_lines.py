"""The lines of a credit note: what is taken back of each line of the invoice, and which of its work
is free again."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import Case, Count, DecimalField, F, Q, Sum, When

from core.money import ZERO, places, round_money
from invoicing import errors
from invoicing.domain.amounts import QUANTITY_STEP
from invoicing.domain.credits import Left, LeftLine
from invoicing.domain.lines import store_totals, sums_by_rate
from invoicing.models import Invoice, InvoiceLine, Source
from tenants.scope import current_tenant_id

_LINE_COPIED = (
    "kind", "text", "unit", "unit_price", "discount_percent", "tax_rate_id", "tax_percent",
    "tax_category", "account", "product_id", "start_date", "end_date",
    "for_document",
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


def write_lines(note: Invoice, credits: Sequence[LineCredit], left: Left) -> None:
    """Replace the draft's lines, in the order of the invoice."""
    wanted = {credit.line_id: credit for credit in credits}
    if len(wanted) != len(credits) or not wanted.keys() <= left.lines.keys():
        raise errors.CreditLineGone
    by_hours = [credit for credit in credits if credit.quantity is None and credit.net is None]
    shares = _shares_of_hours(by_hours, left)
    lines = [
        line
        for pk, left_line in left.lines.items()
        if pk in wanted
        and (line := _line(note, wanted[pk], left_line, shares.get(pk, ZERO))) is not None
    ]
    if not lines:
        raise errors.NothingCredited
    for line in lines:
        left.check(line)
    Source.objects.filter(freed_by__invoice=note).update(freed_by=None)
    note.lines.all().delete()
    texts = _texts(note) if _takes_all(lines, left) else []
    written = sorted([*lines, *texts], key=lambda line: line.position)
    for position, line in enumerate(written, start=1):
        line.position = position
    InvoiceLine.objects.bulk_create(written)
    _mark_freed([(line, wanted[line.corrects_line_id or 0]) for line in lines], left)
    sums = left.totals(lines)
    store_totals(note, sums, left.tax_rows(note, sums.groups))


def write_line(note: Invoice, credit: LineCredit, left: Left) -> None:
    """Replace one line of the draft, or take it off where nothing of it is credited; the others
    stay. `left` may know of this line only."""
    if credit.line_id not in left.lines:
        raise errors.CreditLineGone
    by_hours = [credit] if credit.quantity is None and credit.net is None else []
    share = _shares_of_hours(by_hours, left).get(credit.line_id, ZERO)
    line = _line(note, credit, left.lines[credit.line_id], share)
    Source.objects.filter(freed_by__invoice=note, line=credit.line_id).update(freed_by=None)
    # What is put together line by line does not repeat the invoice with its texts.
    own = Q(corrects_line=credit.line_id) | Q(kind=InvoiceLine.Kind.TEXT)
    note.lines.filter(own).delete()
    if line is not None:
        left.check(line)
        line.save(force_insert=True)
        _mark_freed([(line, credit)], left)
    sums = left.totals(sums_by_rate(note))
    if not sums.groups:
        raise errors.NothingCredited
    _renumber(note)
    store_totals(note, sums, left.tax_rows(note, sums.groups))


def _line(note: Invoice, credit: LineCredit, left: LeftLine, share: Decimal) -> InvoiceLine | None:
    """Unsaved, at the place of the line it corrects; None where nothing is taken back."""
    quantity, net = _resolved(credit, left, share, note.currency)
    if not net and (left.line.net or not quantity):
        return None
    return InvoiceLine(
        invoice=note,
        corrects_line=left.line,
        position=left.line.position,
        quantity=quantity,
        net=net,
        **{name: getattr(left.line, name) for name in _LINE_COPIED},
    )


def _takes_all(lines: Sequence[InvoiceLine], left: Left) -> bool:
    """Whether the credit note repeats the whole invoice."""
    return len(lines) == len(left.lines) and all(
        (line.quantity, line.net) == (found.line.quantity, found.line.net)
        for line, found in zip(lines, left.lines.values(), strict=True)
    )


def _texts(note: Invoice) -> list[InvoiceLine]:
    """The invoice's lines of text, for a credit note that repeats it."""
    found = InvoiceLine.objects.filter(invoice=note.corrects_id, kind=InvoiceLine.Kind.TEXT)
    return [
        InvoiceLine(
            invoice=note,
            corrects_line=line,
            position=line.position,
            **{name: getattr(line, name) for name in _LINE_COPIED},
        )
        for line in found
    ]


def _renumber(note: Invoice) -> None:
    """In the order of the invoice, without gaps."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE invoicing_invoiceline line SET position = placed.position
            FROM (
                SELECT own.id, row_number() OVER (ORDER BY corrected.position, own.id) AS position
                FROM invoicing_invoiceline own
                LEFT JOIN invoicing_invoiceline corrected
                    ON corrected.tenant_id = own.tenant_id AND corrected.id = own.corrects_line_id
                WHERE own.tenant_id = %(tenant)s AND own.invoice_id = %(note)s
            ) placed
            WHERE line.tenant_id = %(tenant)s AND line.id = placed.id
                AND line.position <> placed.position
            """,
            {"tenant": current_tenant_id(), "note": note.pk},
        )


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


def quantity_of_hours(left: LeftLine, minutes: int, tied: int, of_all: int) -> Decimal:
    """As much of the line's quantity as these of its minutes are; the last ones take the rest."""
    if minutes == tied:
        return left.quantity
    share = (left.line.quantity * minutes / of_all).quantize(QUANTITY_STEP)
    return min(share, left.quantity, key=abs)
