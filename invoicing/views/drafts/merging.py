"""Two people saved one draft: bring the second one's form together with what the first stored.

The form carries what it was made from. What only one of the two changed is taken over; where both
did, the form keeps what was typed and shows the other's beside it. Nothing is written here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _

from catalog.models import TaxRate
from core.forms import typed_number
from core.shown import APART, KEPT, TAKEN, Difference
from customers.custom_forms import ValueField, typed
from customers.domain.custom_fields import shown as custom_shown
from invoicing.models import Invoice, InvoiceLine, Unit
from invoicing.views.drafts.forms import DraftForm, canonical, stored, whole
from invoicing.views.drafts.line_book import LineBook, Row

LINE_LABELS: dict[str, str | Promise] = {
    name: InvoiceLine._meta.get_field(name).verbose_name  # type: ignore[union-attr]
    for name in (
        "text", "quantity", "unit", "unit_price", "discount_percent", "tax_rate", "account",
        "product", "start_date", "end_date",
    )
}  # fmt: skip


@dataclass
class Merged:
    data: QueryDict
    rows: list[Row] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    # Of the head: field -> what the other person saved.
    theirs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Base:
    """What a form was made from."""

    head: Mapping[str, str]
    lines: Mapping[str, Mapping[str, str]]
    order: Sequence[str]

    @classmethod
    def read(cls, text: str) -> "Base":
        """A form without it, or with a broken one, was made from nothing: all differs."""
        try:
            found = json.loads(text)
            head, lines = dict(found["head"]), {k: dict(v) for k, v in found["lines"].items()}
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls({}, {}, ())
        return cls(head, lines, list(lines))


def base_of(draft: Invoice, form: DraftForm, rows: Sequence[Row]) -> str:
    """To be put into the form."""
    return json.dumps(
        {
            "head": {name: canonical(stored(draft, name)) for name in form.fields},
            "lines": {row.key: row.canonical() for row in rows if row.pk is not None},
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def merge(form: DraftForm, rows: Sequence[Row], base: Base, book: LineBook) -> Merged:
    """`form` and `rows` are as typed; `book` has read the draft as it is now."""
    assert isinstance(form.data, QueryDict)
    merged = Merged(form.data.copy())
    _merge_head(form, base, book.draft, merged)
    _merge_lines(rows, base, book, merged)
    return merged


def _merge_head(form: DraftForm, base: Base, draft: Invoice, merged: Merged) -> None:
    mine = form.canonical()
    for name, bound in form.fields.items():
        theirs, before = canonical(stored(draft, name)), base.head.get(name)
        if theirs in (mine[name], before):
            continue
        shown = _shown(draft, name, bound)
        label = str(bound.label or name)
        if mine[name] == before:
            merged.data[name] = _as_typed(draft, name, bound, theirs)
            merged.differences.append(Difference(label, shown, TAKEN))
        else:
            merged.theirs[name] = shown
            merged.differences.append(Difference(label, shown, KEPT))


def _as_typed(draft: Invoice, name: str, bound: Any, theirs: str) -> str:
    if isinstance(bound, ValueField):
        return canonical(typed(bound.custom_field, stored(draft, name)))
    return theirs


def _shown(draft: Invoice, name: str, bound: Any) -> str:
    if isinstance(bound, ValueField):
        return custom_shown(bound.custom_field, stored(draft, name)) or "—"
    value = getattr(draft, name)
    display = getattr(draft, f"get_{name}_display", None)
    if display is not None:
        return str(display())
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value or "—")


def _merge_lines(rows: Sequence[Row], base: Base, book: LineBook, merged: Merged) -> None:
    theirs = {row.key: row for row in book.stored_rows()}
    mine = {row.key for row in rows}
    fresh = _unused_keys(mine)
    for row in rows:
        if row.pk is None or row.key in theirs:
            if row.key in theirs:
                _merge_row(row, base.lines.get(row.key, {}), theirs[row.key], merged)
                book.prepare(row)
            merged.rows.append(row)
        elif row.canonical() == base.lines.get(row.key):
            words = _("Line “%(text)s”") % {"text": _short(row)}
            merged.differences.append(Difference(words, _("deleted"), TAKEN))
        else:
            words = _("Line “%(text)s”") % {"text": _short(row)}
            merged.differences.append(Difference(words, _("deleted"), KEPT))
            row.key, row.hours = next(fresh), None
            row.note = _("Deleted by somebody else, and kept because you changed it.")
            merged.rows.append(row)
    for key, row in theirs.items():
        if key in mine or key in base.lines:
            continue
        row.note = _("Added by somebody else.")
        words = _("Line “%(text)s”") % {"text": _short(row)}
        merged.differences.append(Difference(words, _("added"), TAKEN))
        merged.rows.append(row)
    _take_over_order(base, list(theirs), merged)


def _merge_row(mine: Row, before: Mapping[str, str], theirs: Row, merged: Merged) -> None:
    typed, stored = mine.canonical(), theirs.canonical()
    for name, value in stored.items():
        if value in (typed[name], before.get(name)):
            continue
        shown = _line_shown(name, theirs)
        what = _("Line “%(text)s”: %(field)s") % {
            "text": _short(mine),
            "field": LINE_LABELS[name],
        }
        if typed[name] == before.get(name):
            mine.typed[name] = theirs.typed[name]
            merged.differences.append(Difference(what, shown, TAKEN))
        else:
            mine.theirs[name] = shown
            merged.differences.append(Difference(what, shown, KEPT))


def _line_shown(name: str, row: Row) -> str:
    value: Any = row.values.get(name, row.typed[name])
    if isinstance(value, TaxRate):
        return value.name
    if name == "unit":
        return str(Unit(value).label)
    if name in ("quantity", "unit_price", "discount_percent"):
        return typed_number(value)
    return str(value or "—")


def _take_over_order(base: Base, theirs: Sequence[str], merged: Merged) -> None:
    """The other's order of the lines both have, unless this form has changed it itself."""
    common = [row.key for row in merged.rows if row.key in base.lines]
    before = [key for key in base.order if key in common]
    now = [key for key in theirs if key in common]
    if common != before or now == before:
        return
    by_key = {row.key: row for row in merged.rows}
    wanted = iter(now)
    merged.rows = [by_key[next(wanted)] if row.key in common else row for row in merged.rows]
    merged.differences.append(Difference(_("Order of the lines"), _("changed"), TAKEN))


def lines_left_out(draft: Invoice, data: QueryDict, base: Base) -> list[Difference]:
    """What was typed into lines of a draft that has meanwhile become too long for one form."""
    keys = [whole(key) for key in data.getlist("line")]
    book = LineBook(draft, lines=draft.lines.filter(pk__in=keys))
    rows, _refusal = book.typed_rows(data)
    return [
        Difference(_("Line “%(text)s”") % {"text": _typed_words(row)}, "—", APART)
        for row in rows
        if not row.is_untouched and row.canonical() != base.lines.get(row.key)
    ]


def _typed_words(row: Row) -> str:
    if row.is_text:
        return row.typed["text"]
    return "{text} · {quantity} × {unit_price}".format(**row.typed)


def _unused_keys(used: set[str]) -> Any:
    number = 1
    while True:
        if f"n{number}" not in used:
            yield f"n{number}"
        number += 1


def _short(row: Row) -> str:
    text = row.typed["text"]
    return text if len(text) <= 40 else f"{text[:39]}…"


def show_theirs(form: DraftForm, theirs: Mapping[str, str], by: str) -> None:
    """Say by each field what the other person has there."""
    for name, value in theirs.items():
        if name in form.fields:
            form.fields[name].help_text = format_html(
                '<span class="draft-theirs">{}: {}</span>', by, value
            )
