"""The documents that hours and charges are on, for the pages of hours (`timesheets.documents`)."""

from collections.abc import Collection, Mapping

from django.db.models import Exists, OuterRef
from django.urls import NoReverseMatch, reverse

from invoicing.models import Source
from invoicing.selectors.visible import visible_invoices
from tenants.models import Membership
from timesheets.documents import WorkDocument
from timesheets.models import Billable


def documents_of_work(
    kind: type[Billable], ids: Collection[int], reader: Membership
) -> Mapping[int, WorkDocument]:
    """In one question; the address only of what the reader may open."""
    column = f"{Source.WORK[kind]}_id"
    visible = visible_invoices(reader).filter(pk=OuterRef("line__invoice_id"))
    found = (
        Source.objects.filter(released_at=None, **{f"{column}__in": ids})
        .select_related("line__invoice")
        .annotate(may_open=Exists(visible))
        .order_by("pk")
    )
    return {
        getattr(source, column): WorkDocument(
            label=str(source.line.invoice),
            url=_url(source.line.invoice_id) if source.may_open else "",
        )
        for source in found
    }


def _url(pk: int) -> str:
    try:
        return reverse("invoicing:invoice_detail", args=[pk])
    except NoReverseMatch:
        return ""
