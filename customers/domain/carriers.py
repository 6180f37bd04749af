"""The records that carry values of the tenant's own fields.

Tasks, hours and documents lie to the right of this room and cannot be imported here; their rooms
register them when the apps are ready.
"""

from collections.abc import Callable
from dataclasses import dataclass
from json import dumps
from typing import Any

from django.apps import apps
from django.db.models import BooleanField, Count, Q, QuerySet
from django.db.models.expressions import RawSQL

from customers.domain.custom_fields import ValueAt
from customers.models import CustomField


@dataclass(frozen=True)
class Carrier:
    """`frozen`: rows that nothing changes any more. `hold`: taken before many rows are written."""

    model: str
    frozen: Q | None = None
    hold: Callable[[], None] | None = None


_carriers: dict[str, Carrier] = {}


def register(target: str, carrier: Carrier) -> None:
    _carriers[target] = carrier


def rows_with(field: CustomField, name: str = "") -> QuerySet[Any]:
    """All records that have the field's key, whatever its value."""
    model: Any = apps.get_model(_carriers[field.target].model)
    found: QuerySet[Any] = model.objects.order_by()
    return found.filter(custom_values__has_key=name or field.name)


def frozen(field: CustomField) -> Q:
    """The condition of rows that stay as they are; it holds for none where all may change."""
    return _carriers[field.target].frozen or Q(pk__in=[])


def filled(name: str) -> Q:
    """The condition of rows with a value that somebody could miss."""
    text = "coalesce(custom_values ->> %s, '') NOT IN ('', 'false')"
    return Q(RawSQL(text, [name], BooleanField()))  # noqa: S611


def hold(field: CustomField) -> None:
    if take := _carriers[field.target].hold:
        take()


def rename_key(field: CustomField, old: str, new: str) -> None:
    rows_with(field, old).exclude(frozen(field)).update(
        custom_values=RawSQL(
            "(custom_values - %s::text) || jsonb_build_object(%s::text, custom_values -> %s)",
            [old, new, old],
        )
    )


def drop_key(field: CustomField) -> None:
    rows_with(field).exclude(frozen(field)).update(
        custom_values=RawSQL("custom_values - %s::text", [field.name])
    )


def values_of(field: CustomField) -> list[tuple[Any, int, int]]:
    """Each value with how many rows have it, and how many of those are frozen; in the order of the
    values, so that a refusal names the same example each time."""
    found = (
        rows_with(field)
        .values_list(ValueAt("custom_values", field.name))
        .annotate(rows=Count("pk"), kept=Count("pk", filter=frozen(field)))
    )
    return sorted(found, key=lambda one: str(one[0]))


def replace_values(field: CustomField, new: dict[str, Any]) -> None:
    """Write another value where the one now, as text, is among the keys."""
    name, mapping = field.name, dumps(new)
    changing = RawSQL(
        "jsonb_exists(%s::jsonb, custom_values ->> %s)", [mapping, name], BooleanField()
    )
    rows_with(field).exclude(frozen(field)).filter(Q(changing)).update(
        custom_values=RawSQL(
            "jsonb_set(custom_values, ARRAY[%s], %s::jsonb -> (custom_values ->> %s))",
            [name, mapping, name],
        )
    )
