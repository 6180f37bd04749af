"""Discarded drafts, and the hours that would go with a draft that is discarded."""

from collections.abc import Collection

from django.db.models import Count, QuerySet, Sum

from invoicing.models import Invoice, Source
from invoicing.selectors.visible import visible_invoices
from tenants.models import Membership


def discarded_drafts(membership: Membership) -> QuerySet[Invoice]:
    """Those this person may see, with how many hours they had."""
    return (
        visible_invoices(membership)
        .filter(status=Invoice.Status.DISCARDED)
        .select_related("customer", "project", "discarded_by", "corrects")
        .annotate(hours=Sum("lines__sources__minutes"))
    )


def work_on(documents: Collection[Invoice]) -> dict[str, int]:
    """How many entries, minutes and charges are on these documents and may be let go."""
    return tied_to(documents).aggregate(
        entries=Count("time_entry"), charges=Count("charge"), minutes=Sum("minutes", default=0)
    )


def tied_to(documents: Collection[Invoice]) -> QuerySet[Source]:
    """Hours and charges, the first day first."""
    sources: QuerySet[Source] = Source.objects.filter(line__invoice__in=documents, released_at=None)
    return sources.select_related(
        "charge", "time_entry__member", "time_entry__project", "time_entry__task"
    ).order_by("charge__charge_date", "time_entry__work_date", "pk")
