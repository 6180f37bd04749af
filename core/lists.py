"""What every list page does with its query string, and how it answers htmx."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest


def order_by_request[M: Model](
    request: HttpRequest,
    queryset: QuerySet[M],
    sorts: Mapping[str, Sequence[str]],
    *,
    default: str,
) -> QuerySet[M]:
    """Order by `?sort=key` or `-key` as `sorts` allows, always ending on something unique."""
    asked = request.GET.get("sort", "")
    chosen = asked if asked.removeprefix("-") in sorts else default
    fields = sorts[chosen.removeprefix("-")]
    if chosen.startswith("-"):
        fields = [_reversed(field) for field in fields]
    return queryset.order_by(*fields, "pk")


def sorted_as_asked[R](
    rows: Iterable[R], asked: str, sorts: Mapping[str, Callable[[R], Any]], *, default: str
) -> list[R]:
    """The same for rows that are no queryset; those that are equal keep the order they come in."""
    key = asked if asked.removeprefix("-") in sorts else default
    return sorted(rows, key=sorts[key.removeprefix("-")], reverse=key.startswith("-"))


def _reversed(field: str) -> str:
    return field.removeprefix("-") if field.startswith("-") else f"-{field}"


def page_of[M: Model](
    request: HttpRequest,
    queryset: QuerySet[M] | Sequence[M],
    *,
    per_page: int = 50,
    count: int | None = None,
) -> Page[M]:
    """Return the page of `?page=`; a number that does not exist gives the nearest one.

    `count` spares a query where the caller knows how many there are.
    """
    paginator = Paginator(queryset, per_page)
    if count is not None:
        paginator.count = count
    return paginator.get_page(request.GET.get("page"))


def in_steps(rows: QuerySet[Any], *, key: str = "pk", step: int = 1000) -> Iterator[list[int]]:
    """The keys of all rows, in their order, so many at a time: for files, whose rows need more than
    one query finds."""
    keys = list(rows.values_list(key, flat=True))
    for start in range(0, len(keys), step):
        yield keys[start : start + step]


class UncountedPage[M](Page[M]):
    """A page of a list that nobody has counted yet: whether another follows is all it knows."""

    is_uncounted = True

    def __init__(self, rows: Sequence[M], number: int, per_page: int) -> None:
        """`rows` may hold one more than the page: then there is a next one."""
        nothing_known: Paginator[M] = Paginator([], per_page)
        super().__init__(rows[:per_page], number, nothing_known)
        self._has_next = len(rows) > per_page

    def has_next(self) -> bool:
        return self._has_next

    def next_page_number(self) -> int:
        return self.number + 1

    def previous_page_number(self) -> int:
        return self.number - 1

    def start_index(self) -> int:
        return (self.number - 1) * self.paginator.per_page + 1

    def end_index(self) -> int:
        return self.start_index() + len(self.object_list) - 1


def asked_page(request: HttpRequest) -> int:
    """The number of `?page=`; 1 where it is none."""
    asked = request.GET.get("page", "")
    return max(int(asked), 1) if asked.isascii() and asked.isdecimal() and len(asked) < 8 else 1


def ids_in(texts: Iterable[str]) -> list[int]:
    """The keys that a form or an address names; what can be none names nothing."""
    return [int(text) for text in texts if is_id(text)]


def is_id(text: str) -> bool:
    """Whether it can be a key; a number without end would be refused by Python and the database."""
    return text.isascii() and text.isdecimal() and len(text) < 19


def is_list_request(request: HttpRequest) -> bool:
    """Tell whether htmx wants only the list, not the page around it."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
