"""Connections: entered, checked, switched on and off. What they hold secret is never shown."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from integrations.domain.access import Door
from integrations.errors import AnotherIsSending, ConnectionInUse
from integrations.models import Connection, Export
from integrations.ports import AccessLost, AdapterError, Checked
from tenants.audit import changes_to, log
from tenants.models import User

# People wait for a check; a worker may wait longer.
CHECK_SECONDS = 12


@transaction.atomic
def save_connection(
    connection: Connection,
    *,
    actor: User,
    name: str,
    environment: str,
    settings: Mapping[str, str],
    credentials: Mapping[str, str],
) -> Connection:
    """Add or change a connection. Credentials that are not named stay as they are."""
    is_new = connection.pk is None
    if is_new:
        _refuse_second(connection)
        saved = Connection(system=connection.system)
    else:
        saved = Connection.objects.select_for_update().get(pk=connection.pk)
    changes = changes_to(
        saved, {"name": name, "environment": environment, "settings": dict(settings)}
    )
    if credentials:
        saved.credentials = {**saved.credentials, **credentials}
        # By name only: the log shows no secret.
        changes["credentials"] = ["", ", ".join(sorted(credentials))]
    if credentials or "environment" in changes:
        saved.trouble, saved.paused_until = "", None
    saved.save()
    if is_new:
        log("connection.added", saved, actor=actor, system=saved.system)
    elif changes:
        changes.pop("settings", None)
        log("connection.changed", saved, actor=actor, changes=changes)
    return saved


def _refuse_second(connection: Connection) -> None:
    other = (
        Connection.objects.filter(system=connection.system, is_active=True)
        .exclude(pk=connection.pk)
        .first()
    )
    if other is not None:
        raise AnotherIsSending(other=other)


def check(door: Door) -> Checked:
    """Ask the other side who we are there; raises AdapterError. No transaction may be open."""
    with door.open(seconds=CHECK_SECONDS) as (adapter, _http):
        return adapter.check()


@transaction.atomic
def record_check(
    connection_id: int, found: Checked | AdapterError, *, actor: User | None
) -> Connection:
    """Keep what a check found; one that went well lets waiting exports go on."""
    connection: Connection = Connection.objects.select_for_update().get(pk=connection_id)
    connection.checked_at = timezone.now()
    if isinstance(found, Checked):
        connection.remote = {
            "company": found.company,
            "lists": found.lists,
            "warnings": list(found.warnings),
        }
        if connection.trouble:
            log("connection.mended", connection, actor=actor)
        connection.trouble, connection.paused_until = "", None
    elif isinstance(found, AccessLost):
        connection.trouble = found.sentence[:500]
    connection.save()
    return connection


@transaction.atomic
def switch_on(connection: Connection, *, actor: User) -> None:
    """From now on posted documents go there; those posted meanwhile are sent by hand."""
    connection = Connection.objects.select_for_update().get(pk=connection.pk)
    if connection.is_active:
        return
    _refuse_second(connection)
    connection.is_active = True
    connection.save(update_fields=["is_active"])
    log("connection.switched_on", connection, actor=actor)


@transaction.atomic
def switch_off(connection: Connection, *, actor: User) -> None:
    """What waits keeps waiting."""
    connection = Connection.objects.select_for_update().get(pk=connection.pk)
    if not connection.is_active:
        return
    connection.is_active = False
    connection.save(update_fields=["is_active"])
    log("connection.switched_off", connection, actor=actor)


@transaction.atomic
def remove(connection: Connection, *, actor: User) -> None:
    """Only one that nothing went over; its links go with it."""
    connection = Connection.objects.select_for_update().get(pk=connection.pk)
    if Export.objects.filter(connection=connection).exists():
        raise ConnectionInUse
    log("connection.removed", connection, actor=actor, system=connection.system)
    connection.delete()
