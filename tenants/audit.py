"""The append-only log, written in the transaction of the change it tells of."""

import json
from collections.abc import Iterable
from typing import Any

from django.db import connection, models

from tenants.models import AuditEntry, User


def entry(
    action: str, subject: models.Model | None = None, *, actor: User | None, **detail: Any
) -> AuditEntry:
    """An unsaved audit row, for code that writes many at once."""
    return AuditEntry(
        actor=actor,
        actor_name=str(actor)[:150] if actor else "",
        action=action,
        object_type=subject._meta.label_lower if subject else "",
        object_id=subject.pk if subject else None,
        object_label=str(subject)[:200] if subject else "",
        detail=detail,
    )


def log(
    action: str, subject: models.Model | None = None, *, actor: User | None, **detail: Any
) -> None:
    """Add one row: `log("invoice.posted", invoice, actor=user, number="2026-0001")`."""
    write([entry(action, subject, actor=actor, **detail)])


# Column -> its type in PostgreSQL.
_WRITTEN = {
    "tenant_id": "bigint",
    "at": "timestamptz",
    "actor_id": "bigint",
    "actor_name": "text",
    "action": "text",
    "object_type": "text",
    "object_id": "bigint",
    "object_label": "text",
}


def write(entries: Iterable[AuditEntry]) -> None:
    """Add these rows in one statement. Every change pays for it, so it is not left to the ORM,
    which takes four times as long."""
    rows = list(entries)
    columns = [[getattr(row, name) for row in rows] for name in _WRITTEN]
    details = [json.dumps(row.detail) for row in rows]
    names = ", ".join(_WRITTEN)
    arrays = ", ".join(f"%s::{kind}[]" for kind in _WRITTEN.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO tenants_auditentry ({names}, detail)"  # noqa: S608
            f" SELECT * FROM unnest({arrays}, %s::jsonb[])",
            [*columns, details],
        )


def changes_to(subject: models.Model, values: dict[str, Any]) -> dict[str, list[str]]:
    """Set the values that differ, unsaved; return `{"city": ["Turku", "Tampere"]}` for the log."""
    changes = {}
    for name, new in values.items():
        old = getattr(subject, name)
        if old != new:
            changes[name] = [_in_words(old), _in_words(new)]
            setattr(subject, name, new)
    return changes


def _in_words(value: Any) -> str:
    return "" if value is None else str(value)
