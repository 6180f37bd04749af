"""From one posted document to the next: in the archive's list one came from, or as they were
posted."""

from django.urls import reverse
from django.utils import timezone

from core.stepping import Step, Steps, kept, list_asked, neighbours
from invoicing.models import Invoice
from invoicing.selectors.archive import indexed
from invoicing.selectors.invoice_page import posted_around
from invoicing.views.archive.lists import WITHIN, filtered, within
from tenants.access import TenantRequest


def steps_from(request: TenantRequest, invoice: Invoice) -> Steps:
    asked = list_asked(request)
    if asked is None:
        around = posted_around(invoice, request.membership)
    else:
        which, fixed = within(request, asked.get(WITHIN, ""))
        filters, rows = filtered(request, which, query=asked, fixed=fixed)
        if filters.is_refused:
            return Steps()
        here = indexed(request.membership, on=timezone.localdate()).filter(invoice=invoice)
        posted = rows.filter(status=Invoice.Status.POSTED)
        around = neighbours(posted, here, key="invoice_id", label="invoice__number")
    return Steps(*(found and Step(document_url(request, found[0]), found[1]) for found in around))


def document_url(request: TenantRequest, pk: int) -> str:
    """The document's page, which knows the list one came from."""
    return reverse("invoicing:invoice_detail", args=[pk]) + kept(request)


def archive_url(request: TenantRequest) -> str:
    """The archive, as one came from it; a customer's or project's part of it has a page of its
    own."""
    asked = list_asked(request)
    query = asked.urlencode() if asked and WITHIN not in asked else ""
    return reverse("invoicing:archive") + (f"?{query}" if query else "")
