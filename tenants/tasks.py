from celery import shared_task
from django.utils import timezone

from tenants.turns import for_each_tenant


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=6)
def send_invitation(*, membership_id: int, inviter_name: str) -> None:
    """Mail the link; a second run sends the same link again, which does no harm."""
    from tenants.mail import mail_invitation

    mail_invitation(membership_id, inviter_name=inviter_name)


@shared_task
def sweep_sent_forms() -> None:
    """Forget the forms that were answered long ago."""
    from tenants.sent_forms import forget_old

    for_each_tenant(lambda: forget_old(now=timezone.now()), what="sweep of sent forms")
