"""What waits for somebody across all documents: questions, and e-mails that did not arrive."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, TextChoices, Value
from django.db.models.functions import Coalesce

from invoicing.models import (
    CustomerQuestion,
    DocumentIndex,
    Quotation,
    QuotationSending,
    Rank,
    Sending,
    StatementSending,
)
from invoicing.selectors.visible import visible_invoices
from tenants.models import Membership, Tenant
from tenants.roles import Permission

# As the indexes have it. What came later tells what has become of it.
NOT_ARRIVED = Q(status__in=["failed", "unclear"]) | Q(bounced_at__isnull=False)


class MailKind(TextChoices):
    """What goes with an e-mail."""

    DOCUMENT = "document"
    STATEMENT = "statement"
    QUOTATION = "quotation"


@dataclass(frozen=True)
class FollowUps:
    questions: int
    undelivered: int

    def __bool__(self) -> bool:
        return bool(self.questions or self.undelivered)


def unanswered(reader: Membership) -> QuerySet[CustomerQuestion]:
    """What customers asked about documents that the reader sees; who waits longest comes first."""
    found = CustomerQuestion.objects.filter(answered_at=None, **_seen_by(reader))
    return found.select_related("invoice__customer").order_by("pk")


def seen_mails(reader: Membership) -> dict[MailKind, QuerySet[Any]]:
    """All that went out, or was to, of what the reader sees."""
    found: dict[MailKind, QuerySet[Any]] = {
        MailKind.DOCUMENT: Sending.objects.filter(**_seen_by(reader)).select_related(
            "invoice__customer", "reminder"
        )
    }
    if reader.may(Permission.VIEW_INVOICE):
        found |= {
            MailKind.STATEMENT: StatementSending.objects.select_related("customer"),
            MailKind.QUOTATION: QuotationSending.objects.select_related("quotation__customer"),
        }
    return found


def undelivered(reader: Membership) -> dict[MailKind, QuerySet[Any]]:
    """What did not leave, perhaps did not, or came back, was not sent since, and is not dismissed.

    Statements and quotations are about whole customers.
    """
    found: dict[MailKind, QuerySet[Any]] = {MailKind.DOCUMENT: _of_documents(reader)}
    if reader.may(Permission.VIEW_INVOICE):
        found |= {MailKind.STATEMENT: _of_statements(), MailKind.QUOTATION: _of_quotations()}
    return found


def undelivered_in_turn(reader: Membership) -> QuerySet[Any]:
    """Kind and key of them all, the latest first."""
    first, *others = (
        mails.order_by()
        .select_related(None)
        .annotate(kind=Value(kind.value))
        .values_list("kind", "pk", "requested_at")
        for kind, mails in undelivered(reader).items()
    )
    together: QuerySet[Any] = first.union(*others, all=True)
    return together.order_by("-requested_at", "-pk")


def mails_of(keys: Sequence[tuple[str, int, Any]], reader: Membership) -> list[tuple[str, Any]]:
    """The e-mails behind these, in their order, with what they are about."""
    rows: dict[tuple[str, int], Any] = {}
    for kind, mails in undelivered(reader).items():
        if wanted := [pk for one, pk, _at in keys if one == kind]:
            rows |= {(kind, mail.pk): mail for mail in mails.filter(pk__in=wanted)}
    return [(kind, rows[kind, pk]) for kind, pk, _at in keys if (kind, pk) in rows]


def _of_documents(reader: Membership) -> QuerySet[Sending]:
    """A reminder is of use only as long as the invoice is owed, and only another one replaces it;
    with it the invoice has gone out again, too."""
    later = Sending.objects.filter(invoice=OuterRef("invoice"), pk__gt=OuterRef("pk"))
    sent_since = later.exclude(status=Sending.Status.WITHDRAWN)
    owed = DocumentIndex.objects.filter(invoice=OuterRef("invoice"), rank=Rank.OWED)
    is_letter = Q(reminder=None) & ~Exists(sent_since)
    is_reminder = Q(reminder__isnull=False) & ~Exists(sent_since.filter(reminder__isnull=False))
    found = Sending.objects.filter(
        NOT_ARRIVED,
        is_letter | (is_reminder & Exists(owed)),
        dismissed_at=None,
        **_seen_by(reader),
    )
    return found.select_related("invoice__customer", "reminder")


def _of_statements() -> QuerySet[StatementSending]:
    later = StatementSending.objects.filter(
        customer=OuterRef("customer"), currency=OuterRef("currency"), pk__gt=OuterRef("pk")
    )
    found: QuerySet[StatementSending] = StatementSending.objects.filter(
        NOT_ARRIVED, ~Exists(later), dismissed_at=None
    )
    return found.select_related("customer")


def _of_quotations() -> QuerySet[QuotationSending]:
    """While the customer has not decided; a newer version replaces it."""
    later = QuotationSending.objects.filter(quotation=OuterRef("quotation"), pk__gt=OuterRef("pk"))
    found: QuerySet[QuotationSending] = QuotationSending.objects.filter(
        NOT_ARRIVED, ~Exists(later), dismissed_at=None, quotation__status=Quotation.Status.SENT
    )
    return found.select_related("quotation__customer")


def follow_ups(reader: Membership) -> FollowUps:
    """How many there are, in one statement."""
    questions = _count(unanswered(reader))
    mails = reduce(add, (_count(found) for found in undelivered(reader).values()))
    here = Tenant.objects.filter(pk=reader.tenant_id)
    return FollowUps(*here.values_list(questions, mails)[0])


def _count(rows: QuerySet[Any]) -> Coalesce:
    every = rows.order_by().select_related(None).annotate(every=Value(1)).values("every")
    return Coalesce(Subquery(every.annotate(count=Count("*")).values("count")), 0)


def _seen_by(reader: Membership) -> dict[str, Any]:
    if reader.may(Permission.VIEW_INVOICE):
        return {}
    return {"invoice__in": visible_invoices(reader).values("pk")}
