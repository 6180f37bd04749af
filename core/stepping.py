"""From one record of a list to the one before and after it, in the list's own order and filters.

The list's query string goes along in the address of the record, as `?list=`. However long the list
is, two of its rows are asked for.
"""

from copy import copy
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet, Subquery, Value
from django.db.models.expressions import OrderBy
from django.http import HttpRequest, QueryDict

PARAMETER = "list"
# They say where in the list somebody is, not what it shows.
_NOT_CARRIED = ("page", "totals")


@dataclass(frozen=True)
class Step:
    url: str
    label: str


@dataclass(frozen=True)
class Steps:
    """The records before and after one; None where the list ends, or where it is not in it."""

    previous: Step | None = None
    following: Step | None = None

    def __bool__(self) -> bool:
        return bool(self.previous or self.following)


def carried(request: HttpRequest, **more: str) -> str:
    """What a list appends to the addresses of its rows; `more` says what its address does not."""
    query = request.GET.copy()
    for name in _NOT_CARRIED:
        query.pop(name, None)
    for name, value in more.items():
        query[name] = value
    return "?" + urlencode({PARAMETER: query.urlencode()})


def kept(request: HttpRequest) -> str:
    """What a record's pages append to their own addresses, so that the list is not lost."""
    if PARAMETER not in request.GET:
        return ""
    return "?" + urlencode({PARAMETER: request.GET[PARAMETER]})


def list_asked(request: HttpRequest) -> QueryDict | None:
    """The query string of the list one came from."""
    asked = request.GET.get(PARAMETER)
    return None if asked is None else QueryDict(asked[:4000])


def as_list[R: HttpRequest](request: R, query: QueryDict) -> R:
    """The request as it would be for the list itself."""
    asked = copy(request)
    asked.GET = query  # type: ignore[assignment]
    return asked


def neighbours(
    rows: QuerySet[Any], here: QuerySet[Any], *, key: str = "pk", label: str
) -> tuple[tuple[Any, str] | None, tuple[Any, str] | None]:
    """Key and label of the rows before and after the one in `here`, in the order of `rows`.

    `here` need not be among them: what no longer passes a filter still has its place.
    """
    order = [_ordered(by) for by in rows.query.order_by]
    names = {f"step_{number}": by.expression for number, by in enumerate(order)}
    place = here.order_by().annotate(**names)
    rows = rows.alias(**names).alias(
        **{f"here_{number}": Subquery(place.values(name)[:1]) for number, name in enumerate(names)}
    )
    nearest = [
        rows.filter(_beyond(order, is_before=is_before)).annotate(is_before=Value(is_before))
        for is_before in (True, False)
    ]
    columns = (key, label, "is_before")
    before, after = (one.values_list(*columns) for one in nearest)
    found = before.reverse()[:1].union(after[:1], all=True).order_by()
    places = {is_before: (pk, text) for pk, text, is_before in found}
    return places.get(True), places.get(False)


def _beyond(order: list[OrderBy], *, is_before: bool) -> Q:
    """What comes before the place, or after it: the first column that differs decides."""
    beyond, same = Q(pk__in=[]), Q()
    for number, by in enumerate(order):
        beyond |= same & _further(by, number, is_before=is_before)
        same &= _equal(number)
    # Says nothing new, and lets an index begin here.
    return beyond & (_further(order[0], 0, is_before=is_before) | _equal(0))


def _further(by: OrderBy, number: int, *, is_before: bool) -> Q:
    step, here = f"step_{number}", f"here_{number}"
    compared = "lt" if bool(by.descending) != is_before else "gt"
    nulls_last = bool(by.nulls_last) if by.descending else not by.nulls_first
    nulls_follow = nulls_last != is_before
    missing = Q(**{f"{step}__isnull": nulls_follow, f"{here}__isnull": not nulls_follow})
    return Q(**{f"{step}__{compared}": F(here)}) | missing


def _equal(number: int) -> Q:
    step, here = f"step_{number}", f"here_{number}"
    return Q(**{step: F(here)}) | Q(**{f"{step}__isnull": True, f"{here}__isnull": True})


def _ordered(by: Any) -> OrderBy:
    if isinstance(by, str):
        return OrderBy(F(by.removeprefix("-")), descending=by.startswith("-"))
    return by if isinstance(by, OrderBy) else OrderBy(by)
