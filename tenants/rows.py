"""Rows of statements that the ORM has no words for, in the scope that is open."""

from typing import Any

from django.db import connection

from tenants.scope import current_tenant_id


def rows_of(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """`%(tenant)s` in the statement is the company whose rows are asked for."""
    with connection.cursor() as cursor:
        cursor.execute(statement, {"tenant": current_tenant_id(), **values})
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
