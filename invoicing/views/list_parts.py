"""What the lists of documents and of payments have in common: sums on top, amounts as cells."""

from collections.abc import Sequence
from decimal import Decimal

from core.money import places
from core.templatetags.figures import money
from invoicing.selectors.archive import ArchiveSum
from invoicing.selectors.payments import PaymentSum


def sum_stats(
    sums: Sequence[ArchiveSum | PaymentSum], *wanted: tuple[str, str, str]
) -> list[dict[str, str]]:
    """Figures for `components/stat.html`: (label, icon, field); further currencies as a hint."""
    stats = []
    for label, icon, name in wanted if sums else ():
        amounts = [money(getattr(sum_, name), sum_.currency) for sum_ in sums]
        stats.append(
            {"label": label, "icon": icon, "value": amounts[0], "hint": " · ".join(amounts[1:])}
        )
    return stats


def cells_of(currency: str, *amounts: Decimal) -> list[Decimal]:
    """Amounts in the currency's own number of places, as cells."""
    step = Decimal(1).scaleb(-places(currency))
    return [amount.quantize(step) for amount in amounts]
