"""What other rooms ask about what is sold."""

from collections.abc import Iterable

from catalog.models import Product, TaxRate


def revenue_accounts(rates: Iterable[TaxRate]) -> list[str]:
    """The accounts that rates and products are booked on."""
    of_products = Product.objects.exclude(account="").order_by()
    known = {rate.revenue_account for rate in rates}
    known.update(of_products.values_list("account", flat=True).distinct())
    return sorted(known - {""})
