"""How far a sending of many documents is, and what came of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, Q, QuerySet, When

from invoicing.domain.posting_runs import sending_token
from invoicing.domain.sending.requesting import usual_address
from invoicing.models import Invoice, PostingRun, Reminder, Sending, SendingRun, SendingRunItem

Outcome, Status = SendingRunItem.Outcome, Sending.Status
NOT_SENT = (Status.FAILED, Status.UNCLEAR, Status.WITHDRAWN)


@dataclass(frozen=True)
class SendingProgress:
    total: int
    sent: int
    # Refused at once, or by a mail server later.
    failed: int
    # The reasons with their counts, the commonest first.
    reasons: list[tuple[str, int]]

    @property
    def done(self) -> int:
        return self.sent + self.failed

    def is_over(self, run: SendingRun) -> bool:
        return run.finished_at is not None and self.done == self.total


def sending_progress(run: SendingRun) -> SendingProgress:
    """In two statements."""
    has_failed = Q(outcome=Outcome.REFUSED) | Q(sending__status__in=NOT_SENT)
    counts = run.items.aggregate(
        total=Count("pk"),
        sent=Count("pk", filter=Q(sending__status=Status.SENT)),
        failed=Count("pk", filter=has_failed),
    )
    return SendingProgress(**counts, reasons=_reasons(run, has_failed))


def _reasons(run: SendingRun, has_failed: Q) -> list[tuple[str, int]]:
    why = Case(When(sending=None, then="refusal"), default="sending__failure")
    found = run.items.filter(has_failed).order_by().annotate(why=why).values_list("why")
    return list(found.annotate(count=Count("*")).order_by("-count", "why"))


def recipients_by_document(keys: Sequence[int]) -> dict[int, str]:
    """Where these posted documents usually go, nothing where no address is known."""
    posted = Invoice.objects.filter(pk__in=keys, status=Invoice.Status.POSTED)
    return dict(
        posted.order_by("issue_date", "pk")
        .annotate(address=usual_address())
        .values_list("pk", "address")
    )


def items_of_sending(run: SendingRun) -> QuerySet[SendingRunItem]:
    """What did not leave first: it is what is left to do."""
    failed = Q(outcome=Outcome.REFUSED) | Q(sending__status__in=NOT_SENT)
    return run.items.select_related("invoice", "sending").order_by(
        Case(When(failed, then=0), default=1), "position", "pk"
    )


def letters_by_post(run: SendingRun) -> QuerySet[Reminder]:
    """The reminders of a run that nobody could be written to: for the printer, as they were asked
    for."""
    by_post = run.items.filter(sending__channel=Sending.Channel.POST)
    letters: QuerySet[Reminder] = Reminder.objects.filter(
        sendings__in=by_post.order_by().values("sending")
    )
    return letters.select_related("invoice__customer").order_by("pk")


def waits_until(run: SendingRun, *, now: datetime) -> datetime | None:
    """When the e-mails leave, where that is still to come."""
    return run.due_at if run.due_at > now else None


def sending_after(run: PostingRun) -> SendingRun | None:
    """The sending that a posting was followed by."""
    if not (run.then_send and run.finished_at):
        return None
    found: SendingRun | None = SendingRun.objects.filter(token=sending_token(run)).first()
    return found
