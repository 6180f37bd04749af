"""Saving a draft as a form has it: all of it or nothing, and never over somebody else's change."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, Sum
from django.utils import timezone

from catalog.models import Product, TaxRate
from core.money import ZERO, places
from customers.domain import custom_fields
from invoicing import errors
from invoicing.domain.drafting import free_lines, locked_draft
from invoicing.domain.following import share_of, siblings_of
from invoicing.domain.lines import price_line, save_totals
from invoicing.models import Invoice, InvoiceLine, PrepaidHours, Source, Unit
from tenants.audit import changes_to, log
from tenants.models import User
from tenants.scope import current_tenant_id

HEADER = (
    "customer", "project", "issue_date", "due_date", "service_start_date", "service_end_date",
    "tax_point", "currency", "language", "billing_name", "billing_street", "billing_postal_code",
    "billing_city", "billing_country", "buyer_business_id", "buyer_vat_id", "delivery_name",
    "delivery_street", "delivery_postal_code", "delivery_city", "delivery_country",
    "contact_name", "contact_email", "order_reference", "contract_reference", "buyer_reference",
    "comment", "internal_note", "has_work_report", "template", "replaces", "is_self_billed",
)  # fmt: skip
_EDITED = (
    "text", "quantity", "unit", "unit_price", "discount_percent", "tax_rate_id", "account",
    "product_id", "start_date", "end_date",
)  # fmt: skip
# What one UPDATE writes of all changed lines.
_WRITTEN = {
    "id": "bigint",
    "position": "integer",
    "text": "text",
    "quantity": "numeric",
    "unit": "text",
    "unit_price": "numeric",
    "discount_percent": "numeric",
    "tax_rate_id": "bigint",
    "tax_percent": "numeric",
    "tax_category": "text",
    "account": "text",
    "product_id": "bigint",
    "start_date": "date",
    "end_date": "date",
    "net": "numeric",
}


@dataclass(frozen=True, kw_only=True)
class LineEdit:
    """A line as it shall be; with `pk` it is one that the draft has."""

    pk: int | None = None
    kind: str = InvoiceLine.Kind.ITEM
    text: str
    quantity: Decimal = ZERO
    unit: str = Unit.HOUR
    unit_price: Decimal = ZERO
    discount_percent: Decimal = ZERO
    tax_rate: TaxRate | None = None
    account: str = ""
    product: Product | None = None
    start_date: date | None = None
    end_date: date | None = None

    @property
    def tax_rate_id(self) -> int | None:
        return self.tax_rate.pk if self.tax_rate else None

    @property
    def product_id(self) -> int | None:
        return self.product.pk if self.product else None


@transaction.atomic
def save_draft(
    draft: Invoice,
    *,
    version: int,
    values: Mapping[str, Any],
    lines: Sequence[LineEdit] | None,
    actor: User | None,
    freed: Collection[int] = (),
) -> Invoice:
    """Make the draft what the form says; `lines` are all of its lines, in their order, or None
    where the form has only the head.

    A form made from an older version is refused. So is deleting a line with hours, unless `freed`
    names it: its hours are open again.
    """
    values = dict(values)
    given = values.pop("custom_values", {})
    assert not set(values) - {*HEADER}
    fields = custom_fields.held_fields("document") if given else {}
    invoice = locked_draft(draft.pk)
    if invoice.version != version:
        raise errors.DraftChanged(who=invoice.changed_by, reader=actor, at=invoice.changed_at)
    if lines is None:
        changes = _set_header(invoice, values, has_hours=_has_work(invoice))
        changes |= custom_fields.change_values(invoice, fields, given)
        if reprice_lines(invoice):
            changes["lines"] = ["", "priced anew"]
        return write_changes(invoice, changes, actor=actor)
    stored = {line.pk: line for line in invoice.lines.select_related("tax_rate")}
    kept = [edit.pk for edit in lines if edit.pk is not None]
    if len(kept) != len(set(kept)) or not set(kept) <= stored.keys():
        raise errors.LineGone
    hours = minutes_by_line(Q(line__invoice=invoice))
    lines = _without_siblings(stored, lines)
    kept = [edit.pk for edit in lines if edit.pk is not None]
    deleted = [stored[pk] for pk in stored.keys() - set(kept)]
    if any(line.pk in hours and line.pk not in freed for line in deleted):
        raise errors.HoursWouldBeFreed
    changes = _set_header(invoice, values, has_hours=bool(hours.keys() & set(kept)))
    changes |= custom_fields.change_values(invoice, fields, given)
    changes |= _save_lines(invoice, stored, lines, deleted)
    return write_changes(
        invoice, changes, actor=actor, freed_minutes=sum(hours.get(line.pk, 0) for line in deleted)
    )


def _without_siblings(
    stored: Mapping[int, InvoiceLine], lines: Sequence[LineEdit]
) -> Sequence[LineEdit]:
    """What is for the whole document goes from all rates when it is taken from one."""
    shares = [
        share_of(line)
        for line in sorted(stored.values(), key=lambda line: line.position)
        if line.follows
    ]
    gone = siblings_of(stored.keys() - {edit.pk for edit in lines}, shares)
    return [edit for edit in lines if edit.pk not in gone] if gone else lines


def write_changes(
    invoice: Invoice,
    changes: Mapping[str, list[str]],
    *,
    actor: User | None,
    freed_minutes: int = 0,
) -> Invoice:
    """Count the version up, sum the lines anew and log it, where anything was changed."""
    if not changes:
        return invoice
    invoice.version += 1
    invoice.changed_by, invoice.changed_at = actor, timezone.now()
    invoice.save()
    save_totals(invoice)
    log(
        "invoice.changed",
        invoice,
        actor=actor,
        version=invoice.version,
        changes=changes,
        freed_minutes=freed_minutes,
    )
    return invoice


def _set_header(
    invoice: Invoice, values: Mapping[str, Any], *, has_hours: bool
) -> dict[str, list[str]]:
    customer_before = invoice.customer_id
    changes = changes_to(invoice, dict(values))
    if invoice.customer_id != customer_before:
        if has_hours:
            raise errors.CustomerHasHours
        if PrepaidHours.objects.filter(line__invoice=invoice).exists():
            raise errors.CustomerHasPrepaid
    project = invoice.project
    if project is not None and project.customer_id != invoice.customer_id:
        raise errors.ProjectOfAnotherCustomer(project=project, customer=invoice.customer)
    replaced = invoice.replaces
    if replaced is not None and replaced.customer_id != invoice.customer_id:
        raise errors.ReplacesAnothers(invoice=replaced, customer=invoice.customer)
    # Rates of hours are in the customer's currency.
    if has_hours and "currency" in changes and invoice.currency != invoice.customer.currency:
        raise errors.CurrencyMix(currency=invoice.customer.currency)
    if invoice.due_date < invoice.issue_date:
        raise errors.DueBeforeIssue
    start, end = invoice.service_start_date, invoice.service_end_date
    if start and end and end < start:
        raise errors.ServiceTurnedAround
    return changes


def _save_lines(
    invoice: Invoice,
    stored: Mapping[int, InvoiceLine],
    edits: Sequence[LineEdit],
    deleted: Collection[InvoiceLine],
) -> dict[str, list[str]]:
    """Write what differs; returns it as the log words it."""
    changes = _order_changes(stored, edits)
    for line in sorted(deleted, key=lambda line: line.position):
        changes[f"line {line.position} deleted"] = [line.text, ""]
    new, changed = [], []
    for position, sent in enumerate(edits, start=1):
        edit = sent if sent.pk is None else as_far_as_typed(stored[sent.pk], sent)
        if edit.pk is None:
            line = InvoiceLine(invoice=invoice, kind=edit.kind)
            new.append(line)
            changes[f"line {position} added"] = ["", edit.text]
        else:
            line = stored[edit.pk]
            before = line.position, line.net, line.tax_percent, line.tax_category
            differs = line_changes(line, edit, position)
            changes |= differs
            changed.append((line, before, bool(differs)))
        line.position = position
        set_line(line, edit, currency=invoice.currency)
        if edit.pk is not None and f"line {position} tax rate" not in changes:
            changes |= _tax_changes(line, before, position)
    free_lines(line.pk for line in deleted)
    InvoiceLine.objects.filter(pk__in=[line.pk for line in deleted]).delete()
    # The currency, which rounds, may have changed without the line.
    _write(
        [
            line
            for line, before, differs in changed
            if differs or before != (line.position, line.net, line.tax_percent, line.tax_category)
        ]
    )
    InvoiceLine.objects.bulk_create(new)
    return changes


def as_far_as_typed(line: InvoiceLine, edit: LineEdit) -> LineEdit:
    """Rate and figures of what is for the whole document follow from the other lines. An amount is
    changed by what is typed for a share of it."""
    if not line.follows:
        return edit
    return replace(
        edit,
        quantity=line.quantity,
        unit_price=edit.unit_price if line.document_percent is None else line.unit_price,
        discount_percent=line.discount_percent,
        tax_rate=line.tax_rate,
    )


def set_line(line: InvoiceLine, edit: LineEdit, *, currency: str) -> None:
    """Make the line what was typed, and price it; it is not saved."""
    line.text, line.unit, line.account = edit.text, edit.unit, edit.account
    line.quantity, line.unit_price = edit.quantity, edit.unit_price
    line.discount_percent = edit.discount_percent
    is_item = line.kind == InvoiceLine.Kind.ITEM
    line.tax_rate = edit.tax_rate if is_item else None
    line.product = edit.product if is_item else None
    line.start_date = edit.start_date if is_item else None
    line.end_date = edit.end_date if is_item else None
    price_line(line, currency=currency)


def _order_changes(
    stored: Mapping[int, InvoiceLine], edits: Sequence[LineEdit]
) -> dict[str, list[str]]:
    now = [stored[edit.pk] for edit in edits if edit.pk is not None]
    places = [line.position for line in now]
    if places == sorted(places):
        return {}
    return {"order of lines": [_joined(sorted(places)), _joined(places)]}


def _joined(places: Iterable[int]) -> str:
    return ", ".join(map(str, places))


def line_changes(line: InvoiceLine, edit: LineEdit, position: int) -> dict[str, list[str]]:
    changes = {}
    is_text = line.kind == InvoiceLine.Kind.TEXT
    for name in ("text",) if is_text else _EDITED:
        old, new = getattr(line, name), getattr(edit, name)
        if old == new:
            continue
        if name == "tax_rate_id":
            old, new = line.tax_rate, edit.tax_rate
        elif name == "product_id":
            old, new = line.product or "", edit.product or ""
        words = name.removesuffix("_id").replace("_", " ")
        changes[f"line {position} {words}"] = [_plain(old), _plain(new)]
    return changes


def _tax_changes(line: InvoiceLine, before: Sequence[Any], position: int) -> dict[str, list[str]]:
    """The rate itself may have been corrected since the line was priced."""
    old, new = before[2], line.tax_percent
    return {} if old == new else {f"line {position} tax percent": [_plain(old), _plain(new)]}


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _write(lines: Sequence[InvoiceLine]) -> None:
    if not lines:
        return
    columns = [[getattr(line, name) for line in lines] for name in _WRITTEN]
    names = ", ".join(_WRITTEN)
    arrays = ", ".join(f"%s::{kind}[]" for kind in _WRITTEN.values())
    settings = ", ".join(f"{name} = edited.{name}" for name in _WRITTEN if name != "id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE invoicing_invoiceline line SET {settings}"  # noqa: S608
            f" FROM unnest({arrays}) AS edited ({names})"
            " WHERE line.tenant_id = %s AND line.id = edited.id",
            [*columns, current_tenant_id()],
        )


def reprice_lines(invoice: Invoice) -> int:
    """Where the currency, which rounds, or a tax rate says something else than when the lines were
    priced, they follow; returns how many. One statement, as `price_line` has it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH priced AS (
                SELECT line.id, rate.percent, rate.category,
                    round(
                        line.quantity * line.unit_price * (100 - line.discount_percent) * 0.01,
                        %(places)s
                    ) AS net
                FROM invoicing_invoiceline line
                JOIN catalog_taxrate rate
                    ON rate.tenant_id = line.tenant_id AND rate.id = line.tax_rate_id
                WHERE line.tenant_id = %(tenant)s AND line.invoice_id = %(invoice)s
                    AND line.kind = 'item'
            )
            UPDATE invoicing_invoiceline line
            SET net = priced.net, tax_percent = priced.percent, tax_category = priced.category
            FROM priced
            WHERE line.tenant_id = %(tenant)s AND line.id = priced.id
                AND (line.net, line.tax_percent, line.tax_category)
                    IS DISTINCT FROM (priced.net, priced.percent, priced.category)
            """,
            {
                "places": places(invoice.currency),
                "tenant": current_tenant_id(),
                "invoice": invoice.pk,
            },
        )
        return int(cursor.rowcount)


def _has_work(invoice: Invoice) -> bool:
    return Source.objects.filter(line__invoice=invoice, released_at=None).exists()


def minutes_by_line(which: Q) -> dict[int, int]:
    """Of the lines with work, charges alone being nought."""
    found: Iterable[tuple[int, int]] = (
        Source.objects.filter(which, released_at=None)
        .order_by()
        .values_list("line_id")
        .annotate(minutes=Sum("minutes"))
    )
    return dict(found)
