"""Proposes which product there one of ours is. Asks nobody, and decides nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from catalog.models import Product, TaxRate
from integrations.ports import RemoteProduct
from timesheets.models import Task


@dataclass(frozen=True)
class ProductGuess:
    """`is_sure`: the number is the same, and no other product there has it."""

    remote: RemoteProduct
    is_sure: bool


def guess_products(
    rows: Iterable[Product | Task | TaxRate], remote: Iterable[RemoteProduct]
) -> Mapping[int, ProductGuess]:
    """By key of ours. A name alone is only a proposal, and no proposal if two there have it."""
    by_number: dict[str, list[RemoteProduct]] = {}
    by_name: dict[str, list[RemoteProduct]] = {}
    for product in remote:
        if not product.is_active:
            continue
        if product.number:
            by_number.setdefault(product.number.casefold(), []).append(product)
        by_name.setdefault(_plain(product.name), []).append(product)
    found = {}
    for row in rows:
        number = row.number.casefold() if isinstance(row, Product) else ""
        same = by_number.get(number, []) if number else []
        if len(same) == 1:
            found[row.pk] = ProductGuess(same[0], is_sure=True)
            continue
        alike = same or by_name.get(_plain(row.name), [])
        if len(alike) == 1:
            found[row.pk] = ProductGuess(alike[0], is_sure=False)
    return found


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
