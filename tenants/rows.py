"""Rows of statements that the ORM has no words for, in the scope that is open."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model

from tenants.base import TenantModel
from tenants.scope import current_tenant_id


def rows_of(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """`%(tenant)s` in the statement is the company whose rows are asked for."""
    with connection.cursor() as cursor:
        cursor.execute(statement, {"tenant": current_tenant_id(), **values})
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def objects_where[M: Model](model: type[M], condition: str, **values: Any) -> list[M]:
    """Objects of the rows that fulfil it; after the condition there may be an order and a lock.

    For what each posting reads: Django builds a statement anew each time it is asked, which for a
    handful of rows takes longer than PostgreSQL takes to find them.
    """
    found: Any = model._default_manager.raw(
        f"SELECT * FROM {model._meta.db_table} WHERE tenant_id = %(tenant)s AND {condition}",  # noqa: S608
        {"tenant": current_tenant_id(), **values},
    )
    return list(found)


def update_rows(rows: Sequence[TenantModel], names: Sequence[str]) -> None:
    """Write these fields of rows of one model in one statement. `bulk_update` names each row in a
    case of each field, which for some thousands takes seconds."""
    if not rows:
        return
    meta = type(rows[0])._meta
    fields: list[Any] = [meta.pk, *map(meta.get_field, names)]
    columns = [
        [field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows]
        for field in fields
    ]
    written = [field.column for field in fields]
    arrays = ", ".join(f"%s::{field.cast_db_type(connection)}[]" for field in fields)
    settings = ", ".join(f"{column} = changed.{column}" for column in written[1:])
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {meta.db_table} kept SET {settings}"  # noqa: S608 - names of our own columns
            f" FROM unnest({arrays}) AS changed ({', '.join(written)})"
            " WHERE kept.tenant_id = %s AND kept.id = changed.id",
            [*columns, current_tenant_id()],
        )
