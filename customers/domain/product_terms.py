"""What a product fills in for a customer: words, price and tax rate."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from catalog.models import Product, TaxRate
from customers.models import Customer, Project


@dataclass(frozen=True, kw_only=True)
class FilledIn:
    """`unit_price` is None without a price in the currency; `tax_rate` is None where the line is
    taxed as the work is."""

    text: str
    unit: str
    unit_price: Decimal | None
    tax_rate: TaxRate | None
    account: str


def filled_in(
    product: Product,
    *,
    language: str,
    currency: str,
    day: date,
    customer: Customer | None = None,
    project: Project | None = None,
) -> FilledIn:
    return FilledIn(
        text=product.name_in(language),
        unit=product.unit,
        unit_price=product.price_in(currency),
        tax_rate=rate_of(product, day=day, customer=customer, project=project),
        account=product.account,
    )


def rate_of(
    product: Product, *, day: date, customer: Customer | None, project: Project | None
) -> TaxRate | None:
    """The product's rate, unless the customer is not taxed as usual: then it does not matter what
    is sold to them."""
    for theirs in (project.tax_rate if project else None, customer.tax_rate if customer else None):
        if theirs is not None and theirs.is_valid_on(day):
            if theirs.category != TaxRate.Category.STANDARD:
                return None
            break
    rate: TaxRate | None = product.tax_rate
    return rate if rate is not None and rate.is_valid_on(day) else None
