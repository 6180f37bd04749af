"""The documents that hours are on, for the pages of hours (`timesheets.documents`)."""

from collections.abc import Collection, Mapping

from django.urls import NoReverseMatch, reverse

from invoicing.models import Source
from invoicing.selectors.visible import visible_invoices
from tenants.models import Membership
from tenants.roles import Permission
from timesheets.documents import WorkDocument


def documents_of_entries(
    entry_ids: Collection[int], reader: Membership
) -> Mapping[int, WorkDocument]:
    found = list(
        Source.objects.filter(time_entry_id__in=entry_ids, released_at=None)
        .select_related("line__invoice")
        .order_by("pk")
    )
    ids = {source.line.invoice_id for source in found}
    open_to = ids if reader.may(Permission.VIEW_INVOICE) else _visible(ids, reader)
    return {
        source.time_entry_id: WorkDocument(
            label=str(source.line.invoice),
            url=_url(source.line.invoice_id) if source.line.invoice_id in open_to else "",
        )
        for source in found
    }


def _visible(ids: set[int], reader: Membership) -> set[int]:
    if not ids or not reader.may(Permission.VIEW_PROJECT_INVOICE):
        return set()
    return set(visible_invoices(reader).filter(pk__in=ids).values_list("pk", flat=True))


def _url(pk: int) -> str:
    try:
        return reverse("invoicing:invoice_detail", args=[pk])
    except NoReverseMatch:
        return ""
