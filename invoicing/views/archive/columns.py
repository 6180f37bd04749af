"""The columns of the archive: which there are, which are shown, and what each sorts by."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.expressions import OrderBy
from django.utils.translation import gettext_lazy as _

from customers.custom_lists import value_of
from customers.domain.custom_fields import shown
from customers.models import CustomField, Project
from invoicing.models import Invoice
from invoicing.views.archive.filters import OWN
from tenants.models import User

DEFAULT_SORT = "-date"


def _project_name() -> Any:
    named = Project.objects.filter(pk=OuterRef("project_key"))
    return Subquery(named.values("name")[:1])


def _creator_name() -> Any:
    return Subquery(User.objects.filter(pk=OuterRef("creator_key")).values("name")[:1])


@dataclass(frozen=True)
class Column:
    """`css` is the class of its cells; `keys` what it sorts by, of the index."""

    key: str
    label: Any
    css: str = ""
    keys: Callable[[], Sequence[Any]] = tuple
    is_usual: bool = False
    own: CustomField | None = None


def _by(*names: str) -> Callable[[], Sequence[Any]]:
    return lambda: [F(name) for name in names]


COLUMNS = (
    Column("number", _("Number"), "archive-number", _by("number_key"), is_usual=True),
    Column("customer", _("Customer"), "archive-customer", _by("name_key"), is_usual=True),
    Column("project", _("Project"), "archive-project", lambda: [_project_name()]),
    Column("kind", _("Kind"), "", _by("kind")),
    Column("date", _("Date"), "date", _by("issue_date"), is_usual=True),
    Column("due", _("Due"), "date", _by("due_date"), is_usual=True),
    Column("currency", _("Currency"), "", _by("currency")),
    Column("net", _("Net"), "money", _by("signed_net")),
    Column("gross", _("Gross"), "money", _by("signed_gross"), is_usual=True),
    Column("open", _("Open"), "money", _by("open_amount"), is_usual=True),
    Column("reference", _("Reference"), "", _by("reference_text")),
    Column("creator", _("Made by"), "", lambda: [_creator_name()]),
    Column("status", _("Status"), "archive-status", _by("rank", "due_date"), is_usual=True),
)


def all_columns(own_fields: Iterable[CustomField]) -> list[Column]:
    """The built-in ones, then the tenant's own fields of documents."""
    return [*COLUMNS, *map(_own, own_fields)]


def _own(field: CustomField) -> Column:
    return Column(
        OWN + field.name,
        field.label,
        "money" if field.kind == CustomField.Kind.NUMBER else "archive-own",
        lambda: [value_of("fields", field)],
        own=field,
    )


def chosen(columns: Sequence[Column], asked: Sequence[str]) -> list[Column]:
    """Those that were asked for, or the usual ones; what does not exist is passed over."""
    wanted = [column for column in columns if column.key in asked]
    return wanted or [column for column in columns if column.is_usual]


def ordered(rows: QuerySet[Any], columns: Sequence[Column], asked: str) -> QuerySet[Any]:
    """By one column, up or down, with what has no value last both ways."""
    by_key = {column.key: column for column in columns}
    if asked.removeprefix("-") not in by_key:
        asked = DEFAULT_SORT
    is_down = asked.startswith("-")
    keys = by_key[asked.removeprefix("-")].keys()
    # As the indexes have it: the same direction to the end, and NULLs only where there can be any.
    return rows.order_by(*(_order(key, is_down) for key in (*keys, F("invoice_id"))))


NEVER_NULL = [
    F(name)
    for name in (
        "name_key", "kind", "issue_date", "due_date", "currency", "signed_net", "signed_gross",
        "open_amount", "reference_text", "rank", "invoice_id",
    )
]  # fmt: skip


def _order(key: Any, is_down: bool) -> OrderBy:
    last = None if key in NEVER_NULL else True
    if is_down:
        return OrderBy(key, descending=True, nulls_last=last)
    # Going up, PostgreSQL puts NULLs last by itself.
    return OrderBy(key)


@dataclass(frozen=True)
class Cell:
    column: Column
    text: str = ""


def with_cells(invoices: Sequence[Invoice], columns: Sequence[Column]) -> list[Any]:
    """The documents, each with `cells`: the columns that are shown, own fields as people read."""
    rows: list[Any] = list(invoices)
    for invoice in rows:
        invoice.cells = [
            Cell(column, _own_text(column, invoice) if column.own else "") for column in columns
        ]
    return rows


def _own_text(column: Column, invoice: Invoice) -> str:
    assert column.own is not None
    return shown(column.own, invoice.custom_values.get(column.own.name))
