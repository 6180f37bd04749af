"""Conditions that the search puts to the archive's index. What was typed is always a parameter."""

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, F, Func, Q, TextField, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import Exact, GreaterThan

from core.search import Field, Period, Span, fold

EMPTY, MISSING, ANY = "", "~", "*"
ALWAYS, NEVER = Q(pk__isnull=False), Q(pk__isnull=True)


def text(value: str) -> Value:
    return Value(value, TextField())


class Fold(Func):
    """`core.search.fold` by the database."""

    function = "laskuri_fold"
    output_field = TextField()


class Like(Func):
    """`text LIKE pattern`."""

    arg_joiner = " LIKE "
    template = "(%(expressions)s)"
    output_field = BooleanField()


class AmongKeys(Func):
    """`key = ANY (keys)`: thousands of keys as one parameter."""

    arg_joiner = " = ANY ("
    template = "(%(expressions)s))"
    output_field = BooleanField()

    def __init__(self, column: str, keys: Sequence[int], **extra: Any) -> None:
        super().__init__(F(column), Value(list(keys), ArrayField(BigIntegerField())), **extra)


def contains(column: Any, part: str) -> Q:
    """The folded text has this part anywhere inside.

    Not LIKE, of which PostgreSQL believes under row-level security that it lets next to nothing
    through; of this it expects a third, and reads the page's sort order from an index.
    """
    found = F(column) if isinstance(column, str) else column
    return Q(GreaterThan(StrIndex(found, text(part)), 0))


def fits(column: Any, pieces: Sequence[str]) -> Q:
    """The folded text consists of these pieces with anything between them."""
    found = F(column) if isinstance(column, str) else column
    return Q(Like(found, text("%".join(escaped(piece) for piece in pieces))))


def escaped(part: str) -> str:
    """For LIKE: the three signs that mean something there, as themselves."""
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def is_empty(column: str) -> Q:
    return Q(**{column: ""})


def folded_contains(column: str, part: str) -> Q:
    """For small tables whose texts are kept as they were typed."""
    return contains(Fold(F(column)), fold(part))


def equals(value: Any, wanted: str) -> Q:
    return Q(Exact(value, text(wanted)))


def special_of(field: Field) -> str | None:
    """`key:`, `key:~` or `key:*`, unless in quotation marks."""
    if field.is_quoted:
        return None
    return field.value if field.value in (EMPTY, MISSING, ANY) else None


def between(column: str, span: Span) -> Q:
    found = Q()
    if span.low is not None:
        found &= Q(**{f"{column}__{'gt' if span.is_over else 'gte'}": span.low})
    if span.high is not None:
        found &= Q(**{f"{column}__{'lt' if span.is_under else 'lte'}": span.high})
    return found


def within(column: str, days: Period) -> Q:
    found = Q()
    if days.first is not None:
        found &= Q(**{f"{column}__gte": days.first})
    if days.last is not None:
        found &= Q(**{f"{column}__lte": days.last})
    return found
