"""Events that systems tell of by calling us: noted at once, done by a task.

The address is of one connection and cannot be guessed, and the call is signed. What it says is
only a hint: how things stand is asked of the system. So a call that is repeated, forged by whoever
has both secrets, or comes in another order does no harm.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import cast
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.lists import is_id
from core.root_urls import root_reverse
from integrations.domain import connections
from integrations.domain.access import Door, door_of
from integrations.domain.settlements import INTERVALS, settle_documents
from integrations.errors import IntegrationRefused
from integrations.models import Connection, CustomerLink, HeardEvent
from integrations.ports import (
    AdapterError,
    Event,
    Heard,
    HearsEvents,
    Rejected,
    RemoteEvent,
    System,
)
from integrations.registry import SANDBOX, system_of
from tenants.models import Tenant
from tenants.scope import tenant_scope

ASK_SECONDS = 12
# A repeated call is known for so long; later it would be done once more, which changes nothing.
KEPT = timedelta(days=30)
# A task is lost when nobody has done it by then.
LOST_AFTER = timedelta(minutes=2)
SWEEP_SIZE = 200
MOST_TRIES = 10


# Asking to be told.


def listen(tenant_id: int, connection_id: int) -> AdapterError | None:
    """Have the system call us about this connection; what kept it from that.

    Without it nothing is lost: payments are asked for, only later. No transaction may be open.
    """
    with tenant_scope(tenant_id):
        connection = Connection.objects.select_for_update().get(pk=connection_id)
        system = system_of(connection.system)
        if system is None or not _may_listen(connection, system):
            return None
        try:
            door = door_of(connection)
        except IntegrationRefused:
            return None
        secret = secrets.token_urlsafe(32)
        # Before they are told of it: they try the address at once.
        connection.hook_digest = _digest(secret)
        connection.save(update_fields=["hook_digest"])
    url = address(tenant_id, connection_id, secret)
    try:
        with door.open(seconds=ASK_SECONDS) as (adapter, _http):
            ids = cast(HearsEvents, adapter).subscribe(url)
    except AdapterError as failure:
        return failure
    with tenant_scope(tenant_id):
        Connection.objects.filter(pk=connection_id).update(subscriptions=ids)
    return None


def note_refusal(tenant_id: int, connection_id: int, failure: AdapterError) -> None:
    """Stands among the warnings until the connection is tested again."""
    with tenant_scope(tenant_id):
        connection = Connection.objects.select_for_update().get(pk=connection_id)
        system = system_of(connection.system)
        warning = _(
            "%(system)s does not call us when something changes there (%(reason)s). Payments are"
            " asked for from time to time instead."
        ) % {"system": system.title if system else "", "reason": failure.sentence}
        warnings = [*connection.remote.get("warnings", []), warning]
        connection.remote = {**connection.remote, "warnings": list(dict.fromkeys(warnings))}
        connection.save(update_fields=["remote"])


def why_unheard(connection: Connection, system: System) -> str:
    """Why a system that could call us is not asked to: something that the installation lacks."""
    if system.read_event is None:
        return ""
    if not _keys_of(system):
        return _(
            "%(system)s does not call us when something changes there: this installation lacks the"
            " key that it signs with. Payments are asked for from time to time instead. Your"
            " administrator finds the key among %(system)s's pages for developers and names it in"
            " %(setting)s."
        ) % {"system": system.title, "setting": f"HOOK_{system.key.upper()}_PUBLIC_KEYS"}
    if not _can_be_called(connection):
        return _(
            "%(system)s does not call us when something changes there: this installation has no"
            " address with https. Payments are asked for from time to time instead."
        ) % {"system": system.title}
    return ""


def _can_be_called(connection: Connection) -> bool:
    return connection.environment == SANDBOX or urlsplit(settings.BASE_URL).scheme == "https"


def _may_listen(connection: Connection, system: System) -> bool:
    return (
        system.read_event is not None
        and bool(_keys_of(system))
        and _can_be_called(connection)
        and connection.is_active
        and not connection.trouble
        and not connection.subscriptions
    )


@dataclass(frozen=True)
class Ending:
    """Subscriptions to be deleted, with the door to do it through."""

    door: Door
    ids: tuple[str, ...]


def held(connection: Connection) -> Ending | None:
    """What is to be deleted when the connection is given up or switched off."""
    if not connection.subscriptions:
        return None
    try:
        return Ending(door_of(connection), tuple(connection.subscriptions))
    except IntegrationRefused:
        return None


def stop(ending: Ending) -> AdapterError | None:
    """Delete them there. No transaction may be open."""
    try:
        with ending.door.open(seconds=ASK_SECONDS) as (adapter, _http):
            cast(HearsEvents, adapter).unsubscribe(ending.ids)
    except AdapterError as failure:
        return failure
    return None


def address(tenant_id: int, connection_id: int, secret: str) -> str:
    token = f"{tenant_id}-{connection_id}-{secret}"
    return f"{settings.BASE_URL.rstrip('/')}{root_reverse('system_events', token)}"


# Being told.


@dataclass(frozen=True)
class Listener:
    """A connection whose address was called."""

    tenant_id: int
    connection_id: int
    system: System
    lists: Mapping[str, list[list[str]]] = field(repr=False)
    is_active: bool

    def read(self, headers: Mapping[str, str], body: bytes) -> RemoteEvent | None:
        """Raises BadSignature."""
        assert self.system.read_event is not None
        heard = Heard(headers=headers, body=body, keys=_keys_of(self.system), lists=self.lists)
        return self.system.read_event(heard)


def listener_of(token: str) -> Listener | None:
    """Whose address it is; None says no more than that it is nobody's."""
    tenant, _dash, rest = token.partition("-")
    pk, _dash, secret = rest.partition("-")
    if not secret or not is_id(tenant) or not is_id(pk):
        return None
    if not Tenant.objects.filter(pk=int(tenant), is_active=True).exists():
        return None
    with tenant_scope(int(tenant)):
        connection = Connection.objects.filter(pk=int(pk)).exclude(hook_digest="").first()
        if connection is None or not hmac.compare_digest(connection.hook_digest, _digest(secret)):
            return None
        system = system_of(connection.system)
        if system is None or system.read_event is None:
            return None
        lists = connection.remote.get("lists", {})
        return Listener(int(tenant), connection.pk, system, lists, connection.is_active)


def note(listener: Listener, event: RemoteEvent) -> None:
    """Keep it, once, and have it done."""
    with tenant_scope(listener.tenant_id):
        made, is_new = HeardEvent.objects.get_or_create(
            connection_id=listener.connection_id,
            key=event.key,
            defaults={"kind": event.kind, "remote_id": event.remote_id[:60]},
        )
        if is_new:
            transaction.on_commit(partial(_send_task, listener.tenant_id, made.pk))


def _send_task(tenant_id: int, event_id: int) -> None:
    from integrations.tasks import do_event

    do_event.delay(tenant_id=tenant_id, event_id=event_id)


# Doing it.


def do(tenant_id: int, event_id: int) -> None:
    """Ask how things stand now. Two at once do the same, which changes nothing."""
    with tenant_scope(tenant_id):
        event = HeardEvent.objects.select_related("connection").filter(
            pk=event_id, done_at=None
        ).first()  # fmt: skip
        if event is None:
            return
        if event.tries >= MOST_TRIES:
            _settle(event_id, None)
            return
        connection = event.connection
        try:
            door = door_of(connection)
        except IntegrationRefused:
            door = None
        is_idle = door is None or not connection.is_active or bool(connection.trouble)
        # Before anything is done: what breaks each time must not come back for ever.
        event.tries += 1
        event.save(update_fields=["tries"])
    failure: AdapterError | None = None
    if door is not None and not is_idle:
        try:
            _do(door, Event(event.kind), connection.pk, event.remote_id)
        except AdapterError as error:
            failure = error
    with tenant_scope(tenant_id):
        _settle(event_id, failure)


def _do(door: Door, kind: Event, connection_id: int, remote_id: str) -> None:
    if kind == Event.DOCUMENT:
        # Whoever enters payments by hand does not want them twice.
        if door.settings.get("payments") not in INTERVALS:
            return
        settle_documents(connection_id, [remote_id], tenant_id=door.tenant_id)
    elif kind == Event.PARTNER:
        _read_partner(door, connection_id, remote_id)
    else:
        _check(door, connection_id)


def _read_partner(door: Door, connection_id: int, remote_id: str) -> None:
    """Only of customers that are linked: the name there is shown beside ours."""
    with tenant_scope(door.tenant_id):
        links = CustomerLink.objects.filter(connection=connection_id, remote_id=remote_id)
        if not links.exists():
            return
    with door.open(seconds=ASK_SECONDS) as (adapter, _http):
        partner = adapter.read_partner(remote_id)
    with tenant_scope(door.tenant_id):
        links.update(remote_name=partner.name[:200], remote_number=partner.number[:60])


def _check(door: Door, connection_id: int) -> None:
    """Whoever says that the sign-in is over is not believed: the system is asked."""
    try:
        found = connections.check(door)
    except Rejected:
        return
    except AdapterError as failure:
        with tenant_scope(door.tenant_id):
            connections.record_check(connection_id, failure, actor=None)
        raise
    with tenant_scope(door.tenant_id):
        connections.record_check(connection_id, found, actor=None)


def _settle(event_id: int, failure: AdapterError | None) -> None:
    event = HeardEvent.objects.select_for_update().get(pk=event_id)
    event.error = failure.sentence if failure else ""
    is_over = failure is None or isinstance(failure, Rejected) or event.tries >= MOST_TRIES
    if is_over or Event(event.kind) == Event.REVOKED:
        event.done_at = timezone.now()
    event.save()


def sweep(*, now: datetime) -> list[int]:
    """Events that nobody did, to be done; old ones are forgotten."""
    HeardEvent.objects.filter(done_at__lt=now - KEPT).delete()
    waiting = HeardEvent.objects.filter(done_at=None, heard_at__lt=now - LOST_AFTER)
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:SWEEP_SIZE])


def _keys_of(system: System) -> tuple[str, ...]:
    keys: Mapping[str, tuple[str, ...]] = settings.HOOK_PUBLIC_KEYS
    return keys.get(system.key, ())


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
