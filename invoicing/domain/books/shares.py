"""A rounded amount shared out over accounts."""

from collections.abc import Hashable, Mapping
from decimal import ROUND_DOWN, Decimal

from core.money import ZERO, places


def shared_out[K: Hashable](
    amount: Decimal, weights: Mapping[K, Decimal], currency: str
) -> dict[K, Decimal]:
    """By weight, in whole smallest units that add up to the amount; what rounding leaves goes to
    those it took the most from, the first first. Without any weight the first takes all."""
    whole = sum(weights.values(), ZERO)
    keys = list(weights)
    if not whole:
        return {key: amount if key == keys[0] else ZERO for key in keys}
    unit = Decimal(1).scaleb(-places(currency))
    exact = {key: amount * weight / whole for key, weight in weights.items()}
    shares = {key: share.quantize(unit, ROUND_DOWN) for key, share in exact.items()}
    rest = amount - sum(shares.values(), ZERO)
    step = unit.copy_sign(rest)
    lost = sorted(keys, key=lambda key: -(exact[key] - shares[key]) * step)
    place = 0
    while rest:
        shares[lost[place % len(lost)]] += step
        rest -= step
        place += 1
    return shares
