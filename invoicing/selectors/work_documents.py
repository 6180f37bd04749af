"""The documents that hours and charges are on, for the pages of hours (`timesheets.documents`)."""

from collections.abc import Collection, Mapping

from django.db.models import Exists, OuterRef
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from invoicing.models import PrepaidDraw, Source
from invoicing.selectors.visible import visible_invoices
from tenants.models import Membership
from timesheets.documents import WorkDocument
from timesheets.models import Billable, TimeEntry


def documents_of_work(
    kind: type[Billable], ids: Collection[int], reader: Membership
) -> Mapping[int, WorkDocument]:
    """In one question, or two where not all have a line; the address only of what the reader may
    open."""
    column = f"{Source.WORK[kind]}_id"
    visible = visible_invoices(reader).filter(pk=OuterRef("line__invoice_id"))
    found = (
        Source.objects.filter(released_at=None, **{f"{column}__in": ids})
        .select_related("line__invoice")
        .annotate(may_open=Exists(visible))
        .order_by("pk")
    )
    documents = {
        getattr(source, column): WorkDocument(
            label=str(source.line.invoice),
            url=_url(source.line.invoice_id) if source.may_open else "",
        )
        for source in found
    }
    if kind is TimeEntry and (others := set(ids) - documents.keys()):
        documents |= _prepaid(others, reader)
    return documents


def _prepaid(ids: Collection[int], reader: Membership) -> Mapping[int, WorkDocument]:
    """The invoices on which the hours were paid in advance."""
    visible = visible_invoices(reader).filter(pk=OuterRef("prepaid__line__invoice_id"))
    found = (
        PrepaidDraw.objects.filter(time_entry__in=ids)
        .select_related("prepaid__line__invoice")
        .annotate(may_open=Exists(visible))
    )
    return {
        draw.time_entry_id: WorkDocument(
            label=_("%(invoice)s, prepaid") % {"invoice": draw.prepaid.invoice},
            url=_url(draw.prepaid.invoice.pk) if draw.may_open else "",
        )
        for draw in found
    }


def _url(pk: int) -> str:
    try:
        return reverse("invoicing:invoice_detail", args=[pk])
    except NoReverseMatch:
        return ""
