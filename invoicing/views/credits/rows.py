"""The lines of a credit note's form: what is left of each, and what is taken back of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q, Sum
from django.http import QueryDict
from django.utils.translation import gettext as _

from core.errors import DomainError
from core.forms import plain_number, typed_number
from core.lists import ids_in
from core.money import ZERO, places, round_money
from invoicing.domain.amounts import Totals
from invoicing.domain.credit_lines import LineCredit, quantity_of_hours
from invoicing.domain.credits import Left, LeftLine
from invoicing.models import Invoice, InvoiceLine, Source

FREE, KEEP, CHOSEN = "free", "keep", "chosen"
LARGEST = Decimal(10) ** 9


@dataclass(frozen=True)
class TiedWork:
    """The hours and charges on a line of the invoice that no credit note has freed yet."""

    entries: int
    charges: int
    minutes: int
    all_minutes: int
    # By the draft, once it is posted.
    freed: Collection[int]
    freed_charges: Collection[int]


@dataclass
class CreditRow:
    """A line of the invoice. What was typed is kept as it came, right or wrong."""

    left: LeftLine
    hours: TiedWork | None
    currency: str
    quantity: Decimal = ZERO
    net: Decimal = ZERO
    typed_quantity: str = ""
    typed_amount: str = ""
    work: str = FREE
    freed: Collection[int] = ()
    freed_charges: Collection[int] = ()
    error: str = ""

    @property
    def line(self) -> InvoiceLine:
        return self.left.line

    @property
    def key(self) -> int:
        return self.left.line.pk

    @property
    def all_quantity(self) -> str:
        return typed_number(self.left.quantity)

    @property
    def all_amount(self) -> str:
        return typed_number(self.left.net, least_places=places(self.currency))

    def take(self, quantity: Decimal, net: Decimal) -> None:
        self.quantity, self.net = quantity, net
        self.typed_quantity = typed_number(quantity)
        self.typed_amount = typed_number(net, least_places=places(self.currency))

    def credit(self) -> LineCredit:
        by_net = self.left.quantity_of(self.net, self.currency) == self.quantity and self.line.net
        freed = {FREE: None, KEEP: (), CHOSEN: self.freed}[self.work] if self.hours else ()
        return LineCredit(
            line_id=self.key,
            quantity=None if by_net else self.quantity,
            net=self.net if by_net else None,
            freed=freed,
            freed_charges=self.freed_charges if self.work == CHOSEN else (),
        )

    def as_line(self) -> InvoiceLine:
        """Unsaved, for the sums."""
        line = self.line
        return InvoiceLine(
            tenant_id=line.tenant_id,
            net=self.net,
            quantity=self.quantity,
            corrects_line_id=line.pk,
            tax_category=line.tax_category,
            tax_percent=line.tax_percent,
        )


@dataclass
class CreditRows:
    """All lines of which something is left."""

    left: Left
    rows: list[CreditRow] = field(default_factory=list)

    @property
    def currency(self) -> str:
        return self.left.invoice.currency

    @property
    def is_sound(self) -> bool:
        return not any(row.error for row in self.rows)

    def credits(self) -> list[LineCredit]:
        return [row.credit() for row in self.rows if row.quantity or row.net]

    def totals(self) -> tuple[Totals | None, str]:
        """The sums, or why there are none."""
        lines = [row.as_line() for row in self.rows if not row.error and (row.quantity or row.net)]
        try:
            return self.left.totals(lines), ""
        except DomainError as refusal:
            return None, str(refusal)


def stored_rows(left: Left, lines: Sequence[InvoiceLine]) -> CreditRows:
    """As the draft's lines have it; without any everything that is left is proposed."""
    found = _blank(left)
    of_note = {line.corrects_line_id: line for line in lines}
    for row in found.rows:
        if not lines:
            row.take(row.left.quantity, row.left.net)
            continue
        stored = of_note.get(row.key)
        row.take(stored.quantity if stored else ZERO, stored.net if stored else ZERO)
        if row.hours is not None:
            row.freed, row.freed_charges = row.hours.freed, row.hours.freed_charges
            of_all = row.hours.entries + row.hours.charges
            chosen = len(row.freed) + len(row.freed_charges)
            row.work = FREE if chosen == of_all else CHOSEN if chosen else KEEP
    return found


def typed_rows(left: Left, data: QueryDict) -> CreditRows:
    """As somebody typed it. Quantity and amount say the same: what was changed counts."""
    found = _blank(left)
    for row in found.rows:
        _read_work(row, data)
        row.typed_quantity = data.get(f"q-{row.key}", "")
        row.typed_amount = data.get(f"a-{row.key}", "")
        quantity, net = _number(row.typed_quantity), _number(row.typed_amount)
        if quantity is None or net is None:
            row.error = _("Enter a number, like 1.5 or 1,5.")
            continue
        _settle(row, quantity, round_money(net, row.currency), data)
        try:
            left.check(row.as_line())
        except DomainError as refusal:
            row.error = str(refusal)
    return found


def take_hours(row: CreditRow) -> None:
    """Credit just the hours and charges of the line that were chosen to be free."""
    assert row.hours is not None
    chosen = Q(time_entry__in=list(row.freed)) | Q(charge__in=list(row.freed_charges))
    sums = Source.objects.filter(chosen, line=row.key, released_at=None).aggregate(
        minutes=Sum("minutes", default=0), charged=Sum("charge__quantity", default=ZERO)
    )
    quantity = min(sums["charged"], row.left.quantity, key=abs)
    if sums["minutes"]:
        quantity = quantity_of_hours(
            row.left, sums["minutes"], row.hours.minutes, row.hours.all_minutes
        )
    row.error = ""
    row.take(quantity, row.left.net_of(quantity, row.currency))


def _read_work(row: CreditRow, data: QueryDict) -> None:
    if row.hours is None:
        return
    asked = data.get(f"work-{row.key}", FREE)
    row.work = asked if asked in (FREE, KEEP, CHOSEN) else FREE
    row.freed = ids_in(data.getlist(f"free-{row.key}"))
    row.freed_charges = ids_in(data.getlist(f"free-charge-{row.key}"))


def _settle(row: CreditRow, quantity: Decimal, net: Decimal, data: Mapping[str, str]) -> None:
    changed = data.get("changed", "")
    was_quantity, was_net = (
        _number(data.get(f"q0-{row.key}", "")),
        _number(data.get(f"a0-{row.key}", "")),
    )
    by_quantity = row.left.net_of(quantity, row.currency)
    if changed == f"a-{row.key}":
        row.quantity, row.net = row.left.quantity_of(net, row.currency), net
    elif (
        changed == f"q-{row.key}"
        or by_quantity == net
        or not row.line.net
        or (net == was_net and quantity != was_quantity)
    ):
        row.quantity, row.net = quantity, by_quantity
    elif quantity in (was_quantity, row.left.quantity_of(net, row.currency)):
        row.quantity, row.net = row.left.quantity_of(net, row.currency), net
    else:
        row.quantity, row.net = quantity, net
        row.error = _("This quantity comes to %(amount)s. Change one of the two.") % {
            "amount": typed_number(by_quantity, least_places=places(row.currency))
        }


def _number(text: str) -> Decimal | None:
    """None is for what is no number; nothing typed is nought."""
    try:
        found = Decimal(plain_number(text) or "0")
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < LARGEST else None


def _blank(left: Left) -> CreditRows:
    hours = _tied(left)
    return CreditRows(
        left,
        [
            CreditRow(line, hours.get(pk), left.invoice.currency)
            for pk, line in left.lines.items()
            if not line.is_empty
        ],
    )


def _tied(left: Left) -> dict[int, TiedWork]:
    live = Q(released_at=None)
    freed = live & Q(freed_by__invoice__status="draft")
    found = (
        Source.objects.filter(line__in=list(left.lines))
        .order_by()
        .values_list("line_id")
        .annotate(
            tied=Count("time_entry", filter=live),
            tied_charges=Count("charge", filter=live),
            tied_minutes=Sum("minutes", filter=live, default=0),
            all_minutes=Sum("minutes"),
            freed_entries=ArrayAgg(
                "time_entry_id", filter=freed & Q(time_entry__isnull=False), default=[]
            ),
            freed_charges=ArrayAgg("charge_id", filter=freed & Q(charge__isnull=False), default=[]),
        )
    )
    return {row[0]: TiedWork(*row[1:]) for row in found if row[1] or row[2]}


def listed_rows(left: Left) -> list[CreditRow]:
    """Every line `left` knows of; what the draft takes back of it was read with the line."""
    hours, currency = _tied(left), left.invoice.currency
    rows = [CreditRow(line, hours.get(pk), currency) for pk, line in left.lines.items()]
    for row in rows:
        net: Decimal | None = getattr(row.line, "credited_net", None)
        if net is not None:
            row.take(row.line.credited_quantity, net)  # type: ignore[attr-defined]
    return rows


def drafted_lines(invoice: Invoice) -> list[InvoiceLine]:
    """Those of the draft of a credit note for it, which they know; none is without lines."""
    lines = InvoiceLine.objects.filter(
        invoice__corrects=invoice, invoice__status=Invoice.Status.DRAFT
    )
    return list(lines.select_related("invoice__created_by").order_by("position"))
