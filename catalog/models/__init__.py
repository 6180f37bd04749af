"""What is sold, and how it is taxed."""

from catalog.models.kinds import Unit
from catalog.models.products import Product, ProductName, ProductPrice
from catalog.models.rates import TaxRate

__all__ = ["Product", "ProductName", "ProductPrice", "TaxRate", "Unit"]
