"""What HQ has of one document of ours, where something on the way may have made it there twice.

A new head of v2 bears no mark before the next step, nor does a cancellation: the second one of a
doubled request bears none for ever. It is known by its moment, and by being nobody else's.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from integrations.ports import Delivery
from integrations.systems.hq import assumptions

if TYPE_CHECKING:
    from integrations.systems.hq.base import Stored


def is_of_moment(created: datetime | None, begun: datetime) -> bool:
    return (
        created is not None
        and begun - assumptions.CLOCKS_DIFFER <= created <= begun + assumptions.ARRIVES_WITHIN
    )


def all_of(
    delivery: Delivery,
    step: str,
    own_id: str,
    rows: Sequence["Stored"],
    could_be: Callable[["Stored"], bool],
) -> list["Stored"]:
    """Of these rows all that are this document: the one that was answered, others with its mark,
    and what nobody has who could, made when this one was."""
    own = [one for one in rows if one.id == own_id]
    others = [one for one in rows if one.id != own_id]
    marked = [one for one in others if one.is_marked(delivery.invoice.marker)]
    free = [
        one
        for one in others
        if not one.mark and could_be(one) and is_of_moment(one.created, delivery.begun[step])
    ]
    if free:
        held = delivery.held_by_others(one.id for one in free)
        free = [one for one in free if one.id not in held]
    if free and len(free) <= delivery.sought_by_others(step):
        # Documents whose outcome is unknown will take them for their own.
        free = []
    if not free:
        return own + marked
    # Who is through is told nothing any more.
    rest = delivery.held_by_others((one.id for one in others), unfinished=True)
    near = [one for one in free if _is_nearest(int(one.id), int(own_id), map(int, rest))]
    return own + marked + near


def _is_nearest(number: int, own: int, others: Iterable[int]) -> bool:
    """Ids are given in turn, so that it stands beside the one it is the double of: of many
    documents to one customer that are on their way only that one is held up."""
    return all(abs(number - own) <= abs(number - other) for other in others)
