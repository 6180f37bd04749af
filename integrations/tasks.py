from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from celery import shared_task
from django.utils import timezone

from tenants.turns import for_each_tenant


def _for_all(find: Callable[[datetime], list[int]], task: Any, argument: str, *, what: str) -> None:
    """Each company's rows that are due, and a task for each of them once that is committed."""

    def send_all(tenant_id: int, due: list[int]) -> None:
        for pk in due:
            task.delay(tenant_id=tenant_id, **{argument: pk})

    for_each_tenant(lambda: find(timezone.now()), what=what, then=send_all)


@shared_task
def send_export(*, tenant_id: int, export_id: int) -> None:
    """Send one export, or hand it on where its system may be slow (`domain.lanes`). Twice does not
    matter: whoever comes second finds it taken or not due."""
    _send(tenant_id, export_id, is_patient=False)


@shared_task
def send_slow_export(*, tenant_id: int, export_id: int) -> None:
    """Send one export, however long its system takes; in a queue of its own."""
    _send(tenant_id, export_id, is_patient=True)


def _send(tenant_id: int, export_id: int, *, is_patient: bool) -> None:
    """The task that comes again is only quicker than the sweep; the row says when it is due."""
    from integrations.domain.sending import send_export as send

    seconds = send(tenant_id=tenant_id, export_id=export_id, is_patient=is_patient)
    if seconds is not None and seconds < 60:
        send_export.apply_async(
            kwargs={"tenant_id": tenant_id, "export_id": export_id}, countdown=seconds + 0.5
        )


@shared_task
def read_payments(*, tenant_id: int, connection_id: int) -> None:
    """Ask one system what was paid; who comes second finds it asked."""
    from integrations.domain.settlements import read_payments as read

    read(tenant_id=tenant_id, connection_id=connection_id)


@shared_task
def settle_documents(*, tenant_id: int, connection_id: int, remote_ids: list[str]) -> None:
    """Some documents there have changed. Not answered, the next reading finds them."""
    from integrations.domain.settlements import settle_documents as settle
    from integrations.errors import IntegrationRefused
    from integrations.ports import AdapterError

    with suppress(AdapterError, IntegrationRefused):
        settle(connection_id, remote_ids, tenant_id=tenant_id)


@shared_task
def tick_payments() -> None:
    """Find the connections whose payments are due."""
    from integrations.domain.settlements import connections_to_read

    _for_all(connections_to_read, read_payments, "connection_id", what="reading of payments")


@shared_task
def tell_of_troubles() -> None:
    """In each company's morning: who is told of what needs a person."""
    from integrations.trouble_mail import readers_due

    _for_all(readers_due, mail_troubles, "member_id", what="daily e-mail")


@shared_task
def mail_troubles(*, tenant_id: int, member_id: int) -> None:
    """One e-mail. What the server does not take now is sent with a later tick of the morning."""
    from integrations.trouble_mail import tell

    tell(tenant_id, member_id)


@shared_task
def sweep_exports() -> None:
    """Find what is due, what a dead worker left, and what was never sent for."""
    from integrations.domain.outbox import sweep

    _for_all(lambda now: sweep(now=now), send_export, "export_id", what="sweep of exports")


@shared_task
def listen_to_system(*, tenant_id: int, connection_id: int) -> None:
    """Ask the system to call us; where it refuses, the connection's page says so."""
    from integrations.domain.hearing import listen, note_refusal

    failure = listen(tenant_id, connection_id)
    if failure is not None:
        note_refusal(tenant_id, connection_id, failure)


@shared_task
def do_event(*, tenant_id: int, event_id: int) -> None:
    """Do what a system told us of. Twice does not matter: how things stand is asked for."""
    from integrations.domain.hearing import do

    do(tenant_id, event_id)


@shared_task
def sweep_events() -> None:
    """Do what nobody did, because a task was lost or the system did not answer."""
    from integrations.domain.hearing import sweep

    _for_all(lambda now: sweep(now=now), do_event, "event_id", what="sweep of events")
