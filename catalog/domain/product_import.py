"""Products from a file: read, compared with what there is, and written once somebody agreed.

What a column that the file does not have would say stays as it is.
"""

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from catalog import errors
from catalog.domain.product_columns import TITLES, Column, columns_of
from catalog.domain.products import ProductValues, add_products, change_products, number_was_taken
from catalog.models import Product, TaxRate, Unit
from core.csv_files import FileIsEmpty, Record, encoding_of, head_of, records_below
from core.export import FORMULA_STARTS
from core.money import CURRENCIES
from core.numbers import read_number
from tenants.models import Tenant, User

MOST_KB = 1000
MOST_ROWS = 5000
_YES = {"yes", "y", "1", "true", "x", "kyllä", "ja"}
_NO = {"no", "n", "0", "false", "ei", "nein", "nej"}
_LENGTHS = {"number": 40, "name": 200, "account": 10}
_MOST = Decimal(100_000_000)


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass
class PlannedProduct:
    """One row of the file and what would become of it."""

    line: int
    number: str
    name: str
    outcome: Outcome
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    values: ProductValues | None = None
    product: Product | None = None


@dataclass
class ProductPlan:
    rows: list[PlannedProduct]
    left_out: list[str]  # titles of columns nobody knows

    def count(self, outcome: Outcome) -> int:
        return sum(row.outcome == outcome for row in self.rows)

    @property
    def to_save(self) -> int:
        return self.count(Outcome.NEW) + self.count(Outcome.CHANGED)

    @property
    def fingerprint(self) -> str:
        """Another one as soon as the file, or what it is compared with, has changed."""
        told = [
            (r.line, r.number, r.outcome, r.changes, r.problems, r.product and r.product.pk)
            for r in self.rows
        ]
        return hashlib.sha256(repr(told).encode()).hexdigest()[:24]


def text_of_file(content: bytes) -> str:
    """As text; the encodings that spreadsheets write. Raises FileRefused for what is none."""
    if len(content) > MOST_KB * 1000:
        raise errors.ImportTooLarge(most=MOST_KB)
    return content.decode(encoding_of(io.BytesIO(content)))


def plan_import(text: str, *, tenant: Tenant) -> ProductPlan:
    """What saving the file would do; nothing is written."""
    head, found = _records(text)
    columns = columns_of(head)
    _check_columns(head, columns)
    reader = _Reader(tenant, width=len(head))
    rows = [reader.plan(record, columns) for record in found]
    left_out = [title for place, title in enumerate(head) if place not in columns and title]
    return ProductPlan(rows, left_out)


@transaction.atomic
def save_import(
    text: str, *, fingerprint: str, tenant: Tenant, actor: User | None
) -> tuple[int, int]:
    """Write what the preview showed; returns how many are new and how many changed."""
    # Nobody changes a product between the comparison and the writing.
    list(Product.objects.select_for_update().order_by("pk").values_list("pk"))
    plan = plan_import(text, tenant=tenant)
    if plan.fingerprint != fingerprint:
        raise errors.ImportChanged
    new: list[ProductValues] = []
    changed: list[tuple[Product, ProductValues]] = []
    for row in plan.rows:
        if row.outcome == Outcome.NEW:
            assert row.values is not None
            new.append(row.values)
        elif row.outcome == Outcome.CHANGED:
            assert row.values is not None
            assert row.product is not None
            changed.append((row.product, row.values))
    try:
        with transaction.atomic():
            add_products(new, actor=actor)
            change_products(changed, actor=actor)
    except IntegrityError as refused:
        # Nobody can be kept from adding a number that there was not yet.
        if number_was_taken(refused):
            raise errors.ImportChanged from refused
        raise
    return plan.count(Outcome.NEW), plan.count(Outcome.CHANGED)


def _records(text: str) -> tuple[list[str], list[Record]]:
    file = io.BytesIO(text.encode())
    try:
        head, delimiter = head_of(file, "utf-8")
    except FileIsEmpty as empty:
        raise errors.ImportEmpty from empty
    found = list(islice(records_below(file, "utf-8", delimiter, head.line), MOST_ROWS + 1))
    if len(found) > MOST_ROWS:
        raise errors.ImportTooLong(most=MOST_ROWS)
    if not found:
        raise errors.ImportEmpty
    return [_plain(cell) for cell in head.cells], found


def _plain(cell: str) -> str:
    """Without what a spreadsheet needs so as not to run a text as a formula."""
    text = " ".join(cell.replace("\x00", "").split())
    is_marked = text.startswith("'") and text[1:].startswith(FORMULA_STARTS)
    return text[1:] if is_marked else text


def _check_columns(head: Sequence[str], columns: Mapping[int, Column]) -> None:
    if Column("number") not in columns.values():
        raise errors.ImportWithoutNumber(found=", ".join(filter(None, head))[:200])
    seen = set()
    for place, column in columns.items():
        if column in seen:
            raise errors.ImportColumnTwice(column=head[place])
        seen.add(column)


class _Reader:
    """Compares rows with the products there are, which are read once."""

    def __init__(self, tenant: Tenant, *, width: int) -> None:
        self.tenant, self.width = tenant, width
        known = Product.objects.select_related("tax_rate").prefetch_related("names", "prices")
        self.products = {one.number.casefold(): one for one in known}
        self.rates: list[TaxRate] = list(TaxRate.objects.order_by("-is_default", "name", "pk"))
        self.units = _unit_words()
        self.seen: dict[str, int] = {}

    def plan(self, record: Record, columns: Mapping[int, Column]) -> PlannedProduct:
        line, cells = record.line, [_plain(cell) for cell in record.cells]
        if record.broken:
            sentence = _("The quotation marks of this line make no sense.")
            return PlannedProduct(line, "", "", Outcome.REFUSED, problems=[sentence])
        typed = {
            column: cells[place] if place < len(cells) else "" for place, column in columns.items()
        }
        number = typed[Column("number")]
        product = self.products.get(number.casefold())
        name = typed.get(Column("name"), "") or (product.name if product else "")
        row = PlannedProduct(line, number, name, Outcome.REFUSED)
        if any(cells[self.width :]):
            row.problems.append(
                _("This row has more cells than the head. Put texts with a delimiter in quotes.")
            )
        self._check_number(number, line, row)
        values = self._values(typed, product, row)
        if row.problems or values is None:
            return row
        row.values = values.tidied()
        row.name = row.values.name
        if product is None:
            row.outcome = Outcome.NEW
            return row
        row.product = product
        row.changes = list(_changes(ProductValues.of(product), row.values))
        row.outcome = Outcome.CHANGED if row.changes else Outcome.SAME
        return row

    def _check_number(self, number: str, line: int, row: PlannedProduct) -> None:
        if not number:
            row.problems.append(_("The number is missing."))
            return
        first = self.seen.setdefault(number.casefold(), line)
        if first != line:
            row.problems.append(_("The number is in line %(line)s already.") % {"line": first})

    def _values(
        self, typed: Mapping[Column, str], product: Product | None, row: PlannedProduct
    ) -> ProductValues | None:
        blank = ProductValues(
            number=typed[Column("number")],
            name="",
            currency=self.tenant.currency,
            unit_price=Decimal(-1),
        )
        values = ProductValues.of(product) if product else blank
        names, prices = dict(values.names), dict(values.prices)
        told: dict[str, Any] = {}
        for column, text in typed.items():
            if column.key == "name" and column.code:
                self._check_length("name", text, row)
                names[column.code] = text
            elif column.key == "unit_price" and column.code:
                price = self._amount(column, text, row)
                prices.pop(column.code, None)
                if price is not None:
                    prices[column.code] = price
            elif column.key != "number":
                told |= self._field(column.key, text, row)
        values = replace(values, **told, names=names, prices=prices)
        self._check_length("number", values.number, row)
        if not values.name:
            row.problems.append(_("The name is missing."))
        if values.unit_price < 0 and not row.problems:
            row.problems.append(_("The price is missing."))
        return values

    def _field(self, key: str, text: str, row: PlannedProduct) -> dict[str, Any]:
        """What the cell sets. An empty one empties what may be empty, and else leaves it."""
        match key:
            case "name" | "account":
                self._check_length(key, text, row)
                return {key: text} if text or key == "account" else {}
            case "unit_price" | "cost":
                amount = self._amount(Column(key), text, row)
                return {key: amount} if amount is not None or key == "cost" else {}
            case "tax_rate":
                return {"tax_rate": self._rate(text, row)}
        if not text:
            return {}
        found = {
            "unit": lambda: self.units.get(text.casefold()),
            "currency": lambda: text.upper() if text.upper() in dict(CURRENCIES) else None,
            "is_active": lambda: _yes_or_no(text),
        }[key]()
        if found is None:
            row.problems.append(self._unknown(key, text))
            return {}
        return {key: found}

    def _unknown(self, key: str, text: str) -> str:
        if key == "unit":
            known = ", ".join(str(unit.label) for unit in Unit)
            return _("There is no unit “%(text)s”. Known are: %(known)s.") % {
                "text": text, "known": known,
            }  # fmt: skip
        if key == "currency":
            return _("“%(text)s” is no currency that is known here.") % {"text": text}
        return _("Write yes or no under %(column)s, not “%(text)s”.") % {
            "column": TITLES[key], "text": text,
        }  # fmt: skip

    def _amount(self, column: Column, text: str, row: PlannedProduct) -> Decimal | None:
        if not text:
            return None
        try:
            amount = read_number(text)
        except ValueError:
            sentence = _("“%(text)s” under %(column)s is no number.")
        else:
            if 0 <= amount <= _MOST and amount == round(amount, 6):
                return amount
            sentence = _(
                "“%(text)s” under %(column)s does not fit: from 0 to 100,000,000 with at most six"
                " decimal places."
            )
        title = f"{TITLES[column.key]} {column.code}".strip()
        row.problems.append(sentence % {"text": text, "column": title})
        return None

    def _rate(self, text: str, row: PlannedProduct) -> TaxRate | None:
        if not text:
            return None
        for rate in self.rates:
            if rate.name.casefold() == text.casefold():
                return rate
        try:
            percent = read_number(text.rstrip(" %"))
        except ValueError:
            percent = None
        today = timezone.localdate()
        fitting = [r for r in self.rates if r.percent == percent and r.is_valid_on(today)]
        if len(fitting) == 1:
            return fitting[0]
        known = ", ".join(rate.name for rate in self.rates)
        row.problems.append(
            _("There is no VAT rate “%(text)s”. Known are: %(known)s.")
            % {"text": text, "known": known}
        )
        return None

    def _check_length(self, key: str, text: str, row: PlannedProduct) -> None:
        if len(text) > _LENGTHS[key]:
            row.problems.append(
                _("%(column)s has %(length)s letters; at most %(most)s fit.")
                % {"column": TITLES[key], "length": len(text), "most": _LENGTHS[key]}
            )


def _changes(before: ProductValues, after: ProductValues) -> Iterator[tuple[str, str, str]]:
    for key, title in TITLES.items():
        old, new = getattr(before, key), getattr(after, key)
        if old != new:
            yield str(title), _shown(key, old), _shown(key, new)
    for key, old_ones, new_ones in (
        ("name", before.names, after.names),
        ("unit_price", before.prices, after.prices),
    ):
        for code in sorted({*old_ones, *new_ones}):
            if old_ones.get(code) != new_ones.get(code):
                old, new = old_ones.get(code), new_ones.get(code)
                yield f"{TITLES[key]} ({code})", _shown(key, old), _shown(key, new)


def _shown(key: str, value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(Unit(value).label) if key == "unit" else str(value)


def _yes_or_no(text: str) -> bool | None:
    word = text.casefold()
    if word in _YES or word == _("yes").casefold():
        return True
    return False if word in _NO or word == _("no").casefold() else None


def _unit_words() -> dict[str, str]:
    """Codes and labels, in this language and in English."""
    found = {unit.value.casefold(): unit.value for unit in Unit}
    with override("en"):
        found |= {str(unit.label).casefold(): unit.value for unit in Unit}
    return found | {str(unit.label).casefold(): unit.value for unit in Unit}
