"""Which of several amounts make up a given one."""

from collections.abc import Sequence
from decimal import Decimal

# Beyond it, the answer would be one of very many, and so none.
MOST_SUMS = 20_000


def parts_that_make(
    wanted: Decimal, amounts: Sequence[tuple[int, Decimal]]
) -> list[tuple[int, ...]] | None:
    """Up to two ways to make `wanted` of these; None where there are too many to look at.

    One way is an answer, two are an ambiguity.
    """
    fitting = [(key, amount) for key, amount in amounts if 0 < amount <= wanted]
    # Sum -> up to two ways to make it.
    made: dict[Decimal, list[tuple[int, ...]]] = {Decimal(0): [()]}
    for key, amount in fitting:
        for total, ways in [(total, list(ways)) for total, ways in made.items()]:
            reached = total + amount
            if reached > wanted:
                continue
            kept = made.setdefault(reached, [])
            kept += [(*way, key) for way in ways[: 2 - len(kept)]]
        if len(made) > MOST_SUMS:
            return None
    return made.get(wanted, []) if wanted else []
