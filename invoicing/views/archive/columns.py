"""The columns of the archive: which there are, which are shown, and what each sorts by."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.expressions import OrderBy
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from customers.custom_lists import BUILT_IN, BuiltIn, Choice, value_of
from customers.domain.custom_fields import shown, typed_value
from customers.models import Customer, CustomField, Project
from invoicing.models import Invoice
from invoicing.selectors.archive import ArchiveStatus
from invoicing.views.archive.filters import OWN
from invoicing.views.list_parts import cells_of
from tenants.models import Membership, User

DEFAULT_SORT = "-date"


def _project_name() -> Any:
    named = Project.objects.filter(pk=OuterRef("project_key"))
    return Subquery(named.values("name")[:1])


def _creator_name() -> Any:
    return Subquery(User.objects.filter(pk=OuterRef("creator_key")).values("name")[:1])


def _customer_number() -> Any:
    numbered = Customer.objects.filter(pk=OuterRef("customer_key"))
    return Subquery(numbered.values("number")[:1])


def _order_reference() -> Any:
    referring = Invoice.objects.filter(pk=OuterRef("invoice_id"))
    return Subquery(referring.values("order_reference")[:1])


@dataclass(frozen=True)
class Column:
    """`css` is the class of its cells; `keys` what it sorts by, of the index; `cell` what stands in
    a file, under the longer `name` where a file says more."""

    key: str
    label: Any
    css: str = ""
    keys: Callable[[], Sequence[Any]] = tuple
    is_usual: bool = False
    own: CustomField | None = None
    cell: Callable[[Any], Any] = lambda _invoice: None
    name: Any = ""

    @property
    def file_head(self) -> str:
        return str(self.name or self.label)


def _by(*names: str) -> Callable[[], Sequence[Any]]:
    return lambda: [F(name) for name in names]


def _money(name: str) -> Callable[[Any], Any]:
    return lambda invoice: cells_of(invoice.currency, getattr(invoice, name))[0]


# As a list shows them. A file begins with what tells a document and its customer.
COLUMNS = (
    Column(
        "number", _("Number"), "archive-number", _by("number_key"), is_usual=True,
        cell=lambda invoice: invoice.number,
    ),
    Column(
        "customer", _("Customer"), "archive-customer", _by("name_key"), is_usual=True,
        cell=lambda invoice: invoice.billing_name,
    ),
    Column(
        "customer_number", _("Customer number"), "", lambda: [_customer_number()],
        cell=lambda invoice: invoice.customer.number,
    ),
    Column(
        "project", _("Project"), "archive-project", lambda: [_project_name()],
        cell=lambda invoice: invoice.project.name if invoice.project else "",
    ),
    Column(
        "kind", _("Kind"), "", _by("kind"), cell=lambda invoice: invoice.get_kind_display()
    ),
    Column(
        "date", _("Date"), "date", _by("issue_date"), is_usual=True,
        cell=lambda invoice: invoice.issue_date, name=_("Invoice date"),
    ),
    Column(
        "due", _("Due"), "date", _by("due_date"), is_usual=True,
        cell=lambda invoice: invoice.due_date, name=_("Due date"),
    ),
    Column("currency", _("Currency"), "", _by("currency"), cell=lambda invoice: invoice.currency),
    Column("net", _("Net"), "money", _by("signed_net"), cell=_money("signed_net")),
    Column(
        "tax", _("VAT"), "money", lambda: [F("signed_gross") - F("signed_net")],
        cell=_money("signed_tax"),
    ),
    Column(
        "gross", _("Gross"), "money", _by("signed_gross"), is_usual=True,
        cell=_money("signed_gross"),
    ),
    Column(
        "open", _("Open"), "money", _by("open_amount"), is_usual=True, cell=_money("open_amount"),
        name=_("Open amount"),
    ),
    Column(
        "reference", _("Reference"), "", _by("reference_text"),
        cell=lambda invoice: invoice.payment_reference,
    ),
    Column(
        "order", _("Customer's order"), "archive-own", lambda: [_order_reference()],
        cell=lambda invoice: invoice.order_reference,
    ),
    Column(
        "creator", _("Made by"), "", lambda: [_creator_name()],
        cell=lambda invoice: invoice.created_by,
    ),
    Column(
        "status", _("Status"), "archive-status", _by("rank", "due_date"), is_usual=True,
        cell=lambda invoice: ArchiveStatus(invoice.state).label,
    ),
)  # fmt: skip
BUILT_IN["invoices"] = BuiltIn([column.key for column in COLUMNS], OWN)
# The order of a file over all of them, which accountants' own sheets are made for.
IN_FILES = (
    "number", "status", "customer_number", "customer", "date", "due", "currency", "net", "tax",
    "gross", "open", "reference", "order", "kind", "project", "creator",
)  # fmt: skip


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
        cell=lambda invoice: typed_value(field, invoice.custom_values.get(field.name)),
    )


@dataclass(frozen=True)
class ShownColumns:
    """The columns of the archive for its reader: as an address says, or as they chose themselves,
    or the usual ones."""

    every: Sequence[Column]
    asked: Sequence[str]
    kept: Sequence[str]
    name: str = "invoices"

    @property
    def wanted(self) -> list[Column]:
        """What was chosen; what does not exist any more is passed over."""
        for keys in (self.asked, self.kept):
            if found := [column for column in self.every if column.key in keys]:
                return found
        return []

    @property
    def shown(self) -> list[Column]:
        return self.wanted or [column for column in self.every if column.is_usual]

    @property
    def choices(self) -> list[Choice]:
        shown = self.shown
        return [Choice(column.key, column.label, column in shown) for column in self.every]

    @property
    def is_adjusted(self) -> bool:
        return bool(self.wanted)

    @property
    def in_files(self) -> list[Column]:
        """What was chosen, amounts with their currency; all there is where nobody chose."""
        by_key = {column.key: column for column in self.every}
        if not self.wanted:
            own = [column for column in self.every if column.own]
            return [*(by_key[key] for key in IN_FILES), *own]
        found = self.wanted
        amounts = [column for column in found if column.key in AMOUNTS]
        if amounts and by_key["currency"] not in found:
            found.insert(found.index(amounts[0]), by_key["currency"])
        return found


AMOUNTS = ("net", "tax", "gross", "open")


def columns_for(reader: Membership, own: Iterable[CustomField], query: QueryDict) -> ShownColumns:
    kept = reader.list_columns.get("invoices", [])
    return ShownColumns(all_columns(own), query.getlist("column"), kept)


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
