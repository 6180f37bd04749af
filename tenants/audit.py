"""The append-only log, written in the transaction of the change it tells of."""

from typing import Any

from django.db import models

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
    entry(action, subject, actor=actor, **detail).save(force_insert=True)


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
