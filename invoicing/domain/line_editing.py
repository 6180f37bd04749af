"""One line of a draft by itself, where the draft has too many of them for one form.

A form of a line carries what the line was when it was opened. Others may change other lines
meanwhile; who changed this one is told, and nothing is written over.
"""

import hashlib
import json

from django.db import transaction
from django.db.models import F, Max, Q

from invoicing import errors
from invoicing.domain.drafting import free_lines, locked_draft
from invoicing.domain.editing import (
    LineEdit,
    as_far_as_typed,
    line_changes,
    minutes_by_line,
    set_line,
    write_changes,
)
from invoicing.domain.following import shares_on, siblings_of
from invoicing.domain.lines import MOST_TOTAL
from invoicing.models import Invoice, InvoiceLine
from tenants.models import User
from tenants.sent_forms import answer_once, token_of


def state_of(line: InvoiceLine) -> str:
    """Another one as soon as anything that is typed or follows from its hours has changed."""
    told = [
        line.kind, line.text, line.quantity.normalize(), line.unit, line.unit_price.normalize(),
        line.discount_percent.normalize(), line.tax_rate_id, line.account, line.billed_minutes,
        line.product_id, line.start_date, line.end_date,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()[:16]


@transaction.atomic
def save_line(draft: Invoice, edit: LineEdit, *, state: str, actor: User | None) -> Invoice | None:
    """Make one line what was typed; without `pk` it is a new one at the end, whose `state` is the
    token of its form. None where nothing differs."""
    invoice = locked_draft(draft.pk)
    if edit.pk is None:
        answer_once(token_of(state))
        last = invoice.lines.aggregate(last=Max("position"))["last"] or 0
        line = InvoiceLine(invoice=invoice, kind=edit.kind, position=last + 1)
        changes = {f"line {line.position} added": ["", edit.text]}
    else:
        line = _held_line(invoice, edit.pk, state, actor)
        edit = as_far_as_typed(line, edit)
        changes = line_changes(line, edit, line.position)
    if not changes:
        return None
    set_line(line, edit, currency=invoice.currency)
    line.save()
    saved = write_changes(invoice, changes, actor=actor)
    if saved.gross_total >= MOST_TOTAL:
        raise errors.SumTooLarge
    return saved


@transaction.atomic
def remove_line(draft: Invoice, line_id: int, *, state: str, actor: User | None) -> Invoice:
    """Take one line off; its work is open again, and the lines below move up. What is for the
    whole document goes from all rates."""
    invoice = locked_draft(draft.pk)
    line = _held_line(invoice, line_id, state, actor)
    minutes = sum(minutes_by_line(Q(line=line)).values())
    free_lines([line.pk])
    if line.follows:
        siblings = siblings_of([line.pk], shares_on(invoice)) - {line.pk}
        invoice.lines.filter(pk__in=siblings).delete()
    invoice.lines.filter(pk=line.pk).delete()
    invoice.lines.filter(position__gt=line.position).update(position=F("position") - 1)
    changes = {f"line {line.position} deleted": [line.text, ""]}
    return write_changes(invoice, changes, actor=actor, freed_minutes=minutes)


def _held_line(invoice: Invoice, line_id: int, state: str, actor: User | None) -> InvoiceLine:
    """The line of the locked draft, if it still is what the form was made from."""
    line: InvoiceLine | None = invoice.lines.select_related("tax_rate").filter(pk=line_id).first()
    if line is None:
        raise errors.LineDeleted
    if state_of(line) != state:
        raise errors.LineChanged(who=invoice.changed_by, reader=actor, at=invoice.changed_at)
    return line
