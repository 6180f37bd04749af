"""How a document went to its customer, for its page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject

from invoicing.models import CustomerQuestion, Invoice, Sending, SendingAttempt

# More often nobody sends one document by hand; the rest is in its history.
SHOWN = 50


@dataclass(frozen=True)
class Attempt:
    """As its row; `outcome` in words, empty while it goes on."""

    began_at: datetime
    outcome: str
    answer: str


@dataclass(frozen=True)
class SendingLog:
    sendings: Sequence[Any]

    @property
    def last(self) -> int:
        """What somebody who sees this log has seen; see `send_by_mail`."""
        return self.sendings[0].pk if self.sendings else 0

    @property
    def is_moving(self) -> bool:
        """Something on it may change by itself in the next moments."""
        return any(one.is_under_way and not one.is_later for one in self.sendings)

    @property
    def arrived(self) -> Sequence[Any]:
        return [
            one
            for one in self.sendings
            if one.status == Sending.Status.SENT and one.bounced_at is None
        ]

    @property
    def is_sent(self) -> bool:
        return bool(self.arrived)


def sendings_of(invoice: Invoice) -> SendingLog:
    """The latest first, each with its `tries`; in one statement."""
    tries = SendingAttempt.objects.filter(sending=OuterRef("pk")).order_by("pk")
    found: list[Any] = list(
        Sending.objects.filter(invoice=invoice)
        .select_related("requested_by", "bounced_by", "reminder")
        .annotate(
            tried=ArraySubquery(
                tries.values(
                    told=JSONObject(
                        began_at=F("began_at"), outcome=F("outcome"), answer=F("answer")
                    )
                )
            )
        )
        .order_by("-pk")[:SHOWN]
    )
    words = dict(SendingAttempt.Outcome.choices)
    for sending in found:
        sending.tries = [
            Attempt(
                datetime.fromisoformat(one["began_at"]),
                str(words.get(one["outcome"], "")),
                one["answer"],
            )
            for one in sending.tried
        ]
    return SendingLog(found)


def open_questions(invoice: Invoice) -> list[CustomerQuestion]:
    """What the customer asked and nobody has answered, the first one first."""
    found = CustomerQuestion.objects.filter(invoice=invoice, answered_at=None)
    questions = list(found.order_by("pk")[:SHOWN])
    for question in questions:
        question.invoice = invoice
    return questions
