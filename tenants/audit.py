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
