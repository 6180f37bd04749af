"""Queries whose SQL is made once for the process.

For what is asked of each of thousands of documents, one by one: the ORM takes longer to make the
SQL of a query over wide tables than the database to answer it. The rule stays where it is, a
queryset.
"""

from collections.abc import Callable, Hashable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet

from tenants.scope import as_if_tenant, current_tenant_id

# Values that stand in the place of others until the query is asked; none of them is ever real.
_TENANT = 8_999_999_999_999_999_999
_FIRST_NUMBER = 8_000_000_000_000_000_000
_FIRST_MOMENT = datetime(9990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class _Made:
    queryset: QuerySet[Any]
    compiler: Any
    sql: str
    # The value itself, or which of those that are given.
    params: tuple[Any, ...]
    places: tuple[int | None, ...]


@dataclass(frozen=True)
class Question:
    """A prepared query with its values, not asked yet."""

    made: _Made
    params: tuple[Any, ...]

    def read(self, rows: list[tuple[Any, ...]]) -> list[Any]:
        """What the queryset makes of rows of its SQL."""
        compiler = copy(self.made.compiler)
        compiler.connection = connection
        compiler.execute_sql = lambda *_arguments, **_named: [rows]
        queryset = self.made.queryset.all()
        queryset.query.get_compiler = lambda *_arguments, **_named: compiler  # type: ignore[method-assign]
        return list(queryset)


def together(*questions: Question) -> list[list[Any]]:
    """The rows of each, asked in one go: for a short query the way to the server and back takes
    longer than the answer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "; ".join(one.made.sql for one in questions),
            [param for one in questions for param in one.params],
        )
        found = []
        for one in questions:
            found.append(one.read(cursor.fetchall()))
            cursor.nextset()
    return found


class prepared:  # noqa: N801 (a decorator)
    """Asks the queryset that the function makes: `found = rows_of(pk, now)`, as a list. With
    `rows_of.question(pk, now)` several are asked `together`.

    What is given is one of the query's values as it is, an `int` or a moment: what is computed of
    it has to be given as well. Keywords decide what is asked; each has SQL of its own.
    """

    def __init__(self, make: Callable[..., QuerySet[Any]]) -> None:
        self._make = make
        self._made: dict[Hashable, _Made] = {}

    def __call__(self, *given: int | datetime, **constants: Hashable) -> list[Any]:
        return together(self.question(*given, **constants))[0]

    def question(self, *given: int | datetime, **constants: Hashable) -> Question:
        key = (*constants.items(),)
        made = self._made.get(key) or self._made.setdefault(key, self._prepare(given, constants))
        return Question(made, _filled(made, (*given, current_tenant_id())))

    def _prepare(self, given: Sequence[int | datetime], constants: dict[str, Hashable]) -> _Made:
        stand_ins: list[int | datetime] = [
            _FIRST_MOMENT + timedelta(days=place)
            if isinstance(value, datetime)
            else _FIRST_NUMBER + place
            for place, value in enumerate(given)
        ]
        places = {value: place for place, value in enumerate([*stand_ins, _TENANT])}
        with as_if_tenant(_TENANT):
            queryset = self._make(*stand_ins, **constants)
            compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
            sql, params = compiler.as_sql()
        made = _Made(
            queryset,
            compiler,
            sql,
            tuple(params),
            tuple(places.get(param) if _may_stand_in(param) else None for param in params),
        )
        # Whatever was computed of a stand-in would be asked for as it is.
        plain = self._make(*given, **constants).query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
        if (sql, _filled(made, (*given, current_tenant_id()))) != (plain[0], tuple(plain[1])):
            raise AssertionError(f"{self._make.__name__} asks for more than it is given")
        return made


def _may_stand_in(param: Any) -> bool:
    return isinstance(param, int | datetime) and not isinstance(param, bool)


def _filled(made: _Made, values: Sequence[int | datetime]) -> tuple[Any, ...]:
    return tuple(
        param if place is None else values[place]
        for param, place in zip(made.params, made.places, strict=True)
    )
