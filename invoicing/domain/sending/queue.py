"""E-mails of a queue of their own, each handed over at most once, as those with documents are
(`delivering`): the row is taken in one update; what nobody can know is said and not repeated."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.core.mail import EmailMultiAlternatives, mailers
from django.db import transaction
from django.utils import timezone

from invoicing.domain.sending.delivering import (
    AGAIN_AFTER,
    LOST_AFTER,
    Ended,
    close,
    hand_over,
    told,
    why_unclear,
)
from invoicing.models import SendingAttempt
from invoicing.models.mails import QueuedMail
from tenants.audit import log
from tenants.scope import current_tenant_id, tenant_scope

Status, Outcome = QueuedMail.Status, SendingAttempt.Outcome
_ENDS = {
    Outcome.SENT: Status.SENT,
    Outcome.FAILED: Status.FAILED,
    Outcome.UNCLEAR: Status.UNCLEAR,
    Outcome.LATER: Status.WAITING,
}


@dataclass(frozen=True)
class Queue:
    """`subject` is what of a row the log is about, under `quotation.mail_sent` and the like."""

    name: str
    model: type[QueuedMail]
    subject: str
    message_of: Callable[[Any], EmailMultiAlternatives]

    def rows(self) -> Any:
        return self.model.objects.all()


def enqueue(queue: Queue, mail: QueuedMail) -> None:
    from invoicing.tasks import deliver_mail

    transaction.on_commit(
        partial(
            deliver_mail.delay, queue=queue.name, tenant_id=current_tenant_id(), sending_id=mail.pk
        )
    )


def deliver_mail(
    queue: Queue, tenant_id: int, mail_id: int, *, now: datetime | None = None
) -> None:
    """Send what waits, unless somebody else does."""
    now = now or timezone.now()
    waiting = {"pk": mail_id, "status": Status.WAITING, "due_at__lte": now}
    with tenant_scope(tenant_id):
        mail = queue.rows().select_related(queue.subject).filter(**waiting).first()
        message = queue.message_of(mail) if mail else None
    if message is None:
        return

    def take() -> bool:
        with tenant_scope(tenant_id):
            taken = queue.rows().filter(**waiting)
            return bool(taken.update(status=Status.SENDING, taken_at=timezone.now()))

    mailer = mailers.default
    try:
        mailer.open()
    except OSError as trouble:  # what smtplib raises is one too
        ended = Ended(Outcome.LATER, told(trouble)) if take() else None
    else:
        try:
            ended = hand_over(mailer, message) if take() else None
        finally:
            close(mailer)
    if ended is not None:
        with tenant_scope(tenant_id):
            _settle(queue, mail_id, ended)


def due_mails(queue: Queue, *, now: datetime) -> list[int]:
    waiting = queue.rows().filter(status=Status.WAITING, due_at__lte=now)
    return list(waiting.order_by("due_at", "pk").values_list("pk", flat=True))


def language_of_mail(queue: Queue, mail_id: int) -> str:
    """Of whoever reads why it failed."""
    mail = queue.rows().select_related("requested_by").filter(pk=mail_id).first()
    return mail.requested_by.language if mail and mail.requested_by else "en"


def give_up_lost_mails(queue: Queue, *, now: datetime) -> None:
    """What a worker took and never came back from: nobody knows whether it left."""
    queue.rows().filter(status=Status.SENDING, taken_at__lt=now - LOST_AFTER).update(
        status=Status.UNCLEAR, taken_at=None, failure=why_unclear()
    )


@transaction.atomic
def _settle(queue: Queue, mail_id: int, ended: Ended) -> None:
    found = queue.rows().select_related(queue.subject).select_for_update(of=("self",))
    mail: QueuedMail = found.get(pk=mail_id)
    now = timezone.now()
    mail.attempts += 1
    mail.taken_at, mail.failure = None, ended.answer
    mail.status = _ENDS[ended.outcome]
    if mail.status == Status.WAITING and mail.attempts <= len(AGAIN_AFTER):
        mail.due_at = now + AGAIN_AFTER[mail.attempts - 1]
    elif mail.status == Status.WAITING:
        mail.status = Status.FAILED
    elif mail.status == Status.SENT:
        mail.sent_at = now
    mail.save()
    if mail.status != Status.WAITING:
        log(
            f"{queue.name}.mail_{mail.status}", getattr(mail, queue.subject), actor=None,
            recipients=mail.recipients, reason=ended.answer,
        )  # fmt: skip
