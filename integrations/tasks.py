from celery import shared_task
from django.utils import timezone

from tenants.turns import for_each_tenant


@shared_task
def send_export(*, tenant_id: int, export_id: int) -> None:
    """Send one export. Twice does not matter: whoever comes second finds it taken or not due.

    The task that comes again is only quicker than the sweep; the row says when it is due.
    """
    from integrations.domain.sending import send_export as send

    seconds = send(tenant_id=tenant_id, export_id=export_id)
    if seconds is not None and seconds < 60:
        send_export.apply_async(
            kwargs={"tenant_id": tenant_id, "export_id": export_id}, countdown=seconds + 0.5
        )


@shared_task
def sweep_exports() -> None:
    """Find what is due, what a dead worker left, and what was never sent for."""
    from integrations.domain.outbox import sweep

    def send_all(tenant_id: int, due: list[int]) -> None:
        for export_id in due:
            send_export.delay(tenant_id=tenant_id, export_id=export_id)

    for_each_tenant(lambda: sweep(now=timezone.now()), what="sweep of exports", then=send_all)
