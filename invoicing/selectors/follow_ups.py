"""What waits for somebody across all documents: questions, and e-mails that did not arrive."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from invoicing.models import CustomerQuestion, Sending
from invoicing.selectors.visible import visible_invoices
from tenants.models import Membership, Tenant
from tenants.roles import Permission

Status = Sending.Status


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


def undelivered(reader: Membership) -> QuerySet[Sending]:
    """What did not leave, perhaps did not, or came back, and has not been sent since."""
    later = Sending.objects.filter(invoice=OuterRef("invoice"), pk__gt=OuterRef("pk"))
    sent_since = later.exclude(status=Status.WITHDRAWN)
    found = Sending.objects.filter(NOT_ARRIVED, ~Exists(sent_since), **_seen_by(reader))
    return found.select_related("invoice__customer").order_by("-pk")


# As the index has it. What came later tells what has become of it.
NOT_ARRIVED = Q(status__in=["failed", "unclear"]) | Q(bounced_at__isnull=False)


def follow_ups(reader: Membership) -> FollowUps:
    """How many there are, in one statement."""
    numbers = [_count(found) for found in (unanswered(reader), undelivered(reader))]
    here = Tenant.objects.filter(pk=reader.tenant_id)
    return FollowUps(*here.values_list(*(Coalesce(Subquery(one), 0) for one in numbers))[0])


def _count(rows: QuerySet[Any]) -> QuerySet[Any]:
    every = rows.order_by().select_related(None).annotate(every=Value(1)).values("every")
    counted: QuerySet[Any] = every.annotate(count=Count("*")).values("count")
    return counted


def _seen_by(reader: Membership) -> dict[str, Any]:
    if reader.may(Permission.VIEW_INVOICE):
        return {}
    return {"invoice__in": visible_invoices(reader).values("pk")}
