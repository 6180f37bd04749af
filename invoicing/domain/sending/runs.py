"""Sending many documents: a run keeps what was asked and how far it is.

It goes on in steps, each a transaction of its own, in which sendings are written down for the
documents that have an address; the others are refused with their reason. The e-mails themselves
go the way of every other (`delivering`).
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone

from core.errors import DomainError
from invoicing import errors
from invoicing.domain.long_runs import take_up_lost
from invoicing.domain.receipts import receipts_of
from invoicing.domain.reminding.sending import remind
from invoicing.domain.sending.own_words import wording_for
from invoicing.domain.sending.requesting import Letter, recipients_of, send_by_mail
from invoicing.models import Invoice, Sending, SendingRun, SendingRunItem
from invoicing.reminder_errors import NothingToRemind
from tenants.audit import log
from tenants.models import User

STEP = 50
# So many are written down while the person waits.
AT_ONCE = 10
Outcome = SendingRunItem.Outcome


def send_as_usual(
    invoice: Invoice,
    *,
    token: UUID,
    actor: User | None,
    due_at: datetime | None = None,
    seen: int | None = None,
) -> Sending:
    """To whom it usually goes, with the usual words in the document's language."""
    letter = Letter(
        recipients_of(invoice),
        [],
        wording_for(invoice.kind, invoice.language),
        with_receipts=invoice.customer.gets_receipts and bool(receipts_of(invoice)),
    )
    return send_by_mail(invoice, letter, token=token, actor=actor, due_at=due_at, seen=seen)


@transaction.atomic
def start_sending_run(
    ids: Collection[int],
    *,
    token: UUID,
    actor: User | None,
    due_at: datetime | None = None,
) -> SendingRun:
    """Send these documents, the oldest first. A token that was used is that run again."""
    run, is_new = SendingRun.objects.get_or_create(
        token=token, defaults={"started_by": actor, "due_at": due_at or timezone.now()}
    )
    started: SendingRun = run
    if not is_new:
        return started
    posted = Invoice.objects.filter(pk__in=ids, status=Invoice.Status.POSTED)
    keys = posted.order_by("issue_date", "pk").values_list("pk", flat=True)
    items = [
        SendingRunItem(run=started, position=position, invoice_id=pk)
        for position, pk in enumerate(keys, start=1)
    ]
    if not items:
        raise errors.NothingToSend
    return _begin(started, items, "sending_run.started", actor=actor)


@transaction.atomic
def advance(run_id: int) -> bool:
    """Take the next step; tell whether there are more. Another worker's step is left alone."""
    run = (
        SendingRun.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("started_by")
        .filter(pk=run_id, finished_at=None)
        .first()
    )
    if run is None:
        return False
    waiting = run.items.filter(outcome=Outcome.WAITING).select_related("invoice__customer")
    items = list(waiting.order_by("position")[: STEP + 1])
    step, has_more = items[:STEP], len(items) > STEP
    _ask_for(step, run)
    SendingRunItem.objects.bulk_update(step, ["outcome", "refusal", "sending"])
    if not has_more:
        run.finished_at = timezone.now()
    run.resumed = 0
    run.save(update_fields=["finished_at", "resumed", "updated_at"])
    return has_more


@transaction.atomic
def start_reminder_run(
    shown: Sequence[tuple[int, int, Decimal]],
    *,
    on: date,
    token: UUID,
    actor: User | None,
) -> SendingRun:
    """Remind of these: invoice, level and open amount as the person saw them."""
    run, is_new = SendingRun.objects.get_or_create(
        token=token, defaults={"started_by": actor, "due_at": timezone.now(), "reminds_on": on}
    )
    started: SendingRun = run
    if not is_new:
        return started
    posted = set(
        Invoice.objects.filter(
            pk__in=[pk for pk, *_seen in shown], status=Invoice.Status.POSTED
        ).values_list("pk", flat=True)
    )
    items = [
        SendingRunItem(run=started, position=position, invoice_id=pk, level=level, seen_open=seen)
        for position, (pk, level, seen) in enumerate(shown, start=1)
        if pk in posted
    ]
    if not items:
        raise NothingToRemind
    return _begin(started, items, "sending_run.reminders", actor=actor)


def _begin(
    run: SendingRun, items: Sequence[SendingRunItem], action: str, *, actor: User | None
) -> SendingRun:
    """A few are written down at once, many by a worker."""
    SendingRunItem.objects.bulk_create(items)
    log(action, run, actor=actor, documents=len(items))
    if len(items) <= AT_ONCE:
        advance(run.pk)
        run.refresh_from_db()
    else:
        _enqueue(run)
    return run


def _ask_for(items: Sequence[SendingRunItem], run: SendingRun) -> None:
    """Set what became of each; the items are not saved."""
    for item in sorted(items, key=lambda one: one.invoice_id):
        try:
            with transaction.atomic():
                item.sending = _sent(item, run)
        except DomainError as refusal:
            item.outcome, item.refusal = Outcome.REFUSED, str(refusal)
        else:
            item.outcome = Outcome.ASKED


def _sent(item: SendingRunItem, run: SendingRun) -> Sending:
    # The same for every try of this item.
    token = uuid5(run.token, str(item.invoice_id))
    if run.reminds_on is None:
        return send_as_usual(item.invoice, token=token, actor=run.started_by, due_at=run.due_at)
    assert item.level is not None
    return remind(
        item.invoice,
        level=item.level,
        seen_open=item.seen_open,
        on=run.reminds_on,
        token=token,
        actor=run.started_by,
        due_at=run.due_at,
    )


@transaction.atomic
def sweep_sending_runs(*, now: datetime) -> None:
    take_up_lost(SendingRun.objects.all(), now=now, enqueue=_enqueue, give_up=_give_up)


def _give_up(run: SendingRun) -> None:
    run.items.filter(outcome=Outcome.WAITING).update(
        outcome=Outcome.REFUSED, refusal=str(errors.SendingBroke())
    )


def language_of_run(run_id: int) -> str:
    run = SendingRun.objects.select_related("started_by").get(pk=run_id)
    return run.started_by.language if run.started_by else "en"


def _enqueue(run: SendingRun) -> None:
    from invoicing.tasks import work_sending_run

    transaction.on_commit(partial(work_sending_run.delay, tenant_id=run.tenant_id, run_id=run.pk))
