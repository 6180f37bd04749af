"""A form that adds something adds it once, however often its answer arrives."""

from datetime import datetime, timedelta
from uuid import UUID

from tenants.errors import AnsweredAlready
from tenants.models import SentForm


def answer_once(token: UUID | None) -> None:
    """Call in the transaction that adds. Whoever comes at the same time with the same token waits,
    and is told afterwards; where the first was refused, the second is the first one."""
    if token is None:
        return
    _form, is_first = SentForm.objects.get_or_create(token=token)
    if not is_first:
        raise AnsweredAlready


# Nobody answers a form so late; a session is shorter.
FORGOTTEN_AFTER = timedelta(days=60)


def forget_old(*, now: datetime) -> int:
    """Delete what keeps no form from being answered twice any more; returns how many."""
    deleted, _by_kind = SentForm.objects.filter(at__lt=now - FORGOTTEN_AFTER).delete()
    return int(deleted)


def token_of(typed: str) -> UUID | None:
    """None where nothing, or nothing of ours, was sent along."""
    try:
        return UUID(typed)
    except ValueError:
        return None
