from celery import shared_task


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=6)
def send_invitation(*, membership_id: int, inviter_name: str) -> None:
    """Mail the link; a second run sends the same link again, which does no harm."""
    from tenants.mail import mail_invitation

    mail_invitation(membership_id, inviter_name=inviter_name)
