"""Writing products: every change is one transaction with its audit entry."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import IntegerField, Max, ProtectedError
from django.db.models.functions import Cast
from django.utils import timezone

from catalog import errors
from catalog.models import Product, ProductName, ProductPrice, TaxRate, Unit
from tenants import audit
from tenants.audit import changes_to, log
from tenants.models import AuditEntry, User

FIRST_NUMBER = 100
_AT_ONCE = 500
_NUMBER_OF_ONE = {"product_number", "product_number_in_any_letters"}
_FIELDS = (
    "number", "name", "unit", "currency", "unit_price", "cost", "tax_rate", "account", "is_active",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ProductValues:
    """All that a product says. `names` by language and `prices` by currency beside its own."""

    number: str
    name: str
    unit: str = Unit.PIECE
    currency: str
    unit_price: Decimal
    cost: Decimal | None = None
    tax_rate: TaxRate | None = None
    account: str = ""
    is_active: bool = True
    names: Mapping[str, str] = field(default_factory=dict)
    prices: Mapping[str, Decimal] = field(default_factory=dict)

    @classmethod
    def of(cls, product: Product) -> "ProductValues":
        return cls(
            **{name: getattr(product, name) for name in _FIELDS},
            names={one.language: one.name for one in product.names.all()},
            prices={one.currency: one.unit_price for one in product.prices.all()},
        )

    def tidied(self) -> "ProductValues":
        names = {language: _one_line(name) for language, name in self.names.items()}
        return replace(
            self,
            number=_one_line(self.number),
            name=_one_line(self.name),
            account=_one_line(self.account),
            names={language: name for language, name in names.items() if name},
            # Its own currency has its own column.
            prices={code: price for code, price in self.prices.items() if code != self.currency},
        )


def next_product_number() -> str:
    """The one after the highest; numbers with letters do not count."""
    numeric = Product.objects.filter(number__regex=r"^[0-9]{1,9}$")
    highest = numeric.aggregate(highest=Max(Cast("number", IntegerField())))["highest"]
    return str(highest + 1 if highest else FIRST_NUMBER)


@transaction.atomic
def add_product(values: ProductValues, *, actor: User | None) -> Product:
    values = values.tidied()
    _refuse_taken(values.number)
    with _number_still_free(values.number):
        [product] = add_products([values], actor=actor)
    return product


@transaction.atomic
def add_products(wanted: Sequence[ProductValues], *, actor: User | None) -> list[Product]:
    """All of them in a few statements, whose numbers nobody has."""
    tidied = [values.tidied() for values in wanted]
    products: list[Product] = Product.objects.bulk_create(
        [Product(**_columns(values)) for values in tidied], batch_size=_AT_ONCE
    )
    pairs = list(zip(products, tidied, strict=True))
    _write_names(pairs)
    _write_prices(pairs)
    audit.write(
        audit.entry("product.added", one, actor=actor, price=f"{one.unit_price} {one.currency}")
        for one in products
    )
    return products


@transaction.atomic
def change_product(
    product_id: int, values: ProductValues, *, actor: User | None, state: str | None = None
) -> Product:
    """Make it what was typed. What was filled in from it before stays as it was.

    `state` is what the form was made from; a product that has changed since is refused.
    """
    product = _held(product_id)
    if state is not None and state != state_of(product):
        raise errors.ProductChanged
    values = values.tidied()
    if values.number != product.number:
        _refuse_taken(values.number, but=product.pk)
    with _number_still_free(values.number, but=product.pk):
        change_products([(product, values)], actor=actor)
    return product


@transaction.atomic
def change_products(pairs: Iterable[tuple[Product, ProductValues]], *, actor: User | None) -> None:
    """Each as its values say, in a few statements. Call with the products locked."""
    changed: list[tuple[Product, ProductValues]] = []
    named: list[tuple[Product, ProductValues]] = []
    priced: list[tuple[Product, ProductValues]] = []
    records: list[AuditEntry] = []
    for product, asked in pairs:
        before, values = ProductValues.of(product), asked.tidied()
        changes = changes_to(product, _columns(values))
        changes |= _differences("name", before.names, values.names)
        changes |= _differences("price", before.prices, values.prices)
        if not changes:
            continue
        product.updated_at = timezone.now()
        changed.append((product, values))
        if before.names != values.names:
            named.append((product, values))
        if before.prices != values.prices:
            priced.append((product, values))
        records.append(audit.entry("product.changed", product, actor=actor, changes=changes))
    if not changed:
        return
    products = [product for product, _values in changed]
    Product.objects.bulk_update(products, [*_FIELDS, "updated_at"], batch_size=_AT_ONCE)
    ProductName.objects.filter(product__in=[product for product, _values in named]).delete()
    _write_names(named)
    ProductPrice.objects.filter(product__in=[product for product, _values in priced]).delete()
    _write_prices(priced)
    audit.write(records)


@transaction.atomic
def remove_product(product_id: int, *, actor: User | None) -> None:
    """One that nothing was ever filled in from; others are only put aside."""
    product = _held(product_id)
    try:
        with transaction.atomic():
            Product.objects.get(pk=product.pk).delete()
    except ProtectedError as refused:
        raise errors.ProductInUse(product=product.name) from refused
    log("product.removed", product, actor=actor)


def state_of(product: Product) -> str:
    """Another one after every change."""
    return product.updated_at.isoformat()


def _held(product_id: int) -> Product:
    product: Product | None = Product.objects.select_for_update().filter(pk=product_id).first()
    if product is None:
        raise errors.ProductGone
    return product


def _refuse_taken(number: str, *, but: int | None = None) -> None:
    other = Product.objects.filter(number__iexact=number).exclude(pk=but).first()
    if other is not None:
        raise errors.ProductNumberTaken(product=other.name, number=other.number)


@contextmanager
def _number_still_free(number: str, *, but: int | None = None) -> Iterator[None]:
    """Whoever comes second with a number meets it at the latest when it is written."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as refused:
        if number_was_taken(refused):
            _refuse_taken(number, but=but)
        raise


def number_was_taken(refused: IntegrityError) -> bool:
    diag = getattr(refused.__cause__, "diag", None)
    return diag is not None and diag.constraint_name in _NUMBER_OF_ONE


def _columns(values: ProductValues) -> dict[str, Any]:
    return {name: getattr(values, name) for name in _FIELDS}


def _differences(
    what: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, list[str]]:
    keys: Iterable[str] = sorted({*before, *after})
    return {
        f"{what} {key}": [str(before.get(key, "")), str(after.get(key, ""))]
        for key in keys
        if before.get(key) != after.get(key)
    }


def _write_names(pairs: Iterable[tuple[Product, ProductValues]]) -> None:
    ProductName.objects.bulk_create(
        (
            ProductName(product=product, language=language, name=name)
            for product, values in pairs
            for language, name in values.names.items()
        ),
        batch_size=_AT_ONCE,
    )


def _write_prices(pairs: Iterable[tuple[Product, ProductValues]]) -> None:
    ProductPrice.objects.bulk_create(
        (
            ProductPrice(product=product, currency=currency, unit_price=price)
            for product, values in pairs
            for currency, price in values.prices.items()
        ),
        batch_size=_AT_ONCE,
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
