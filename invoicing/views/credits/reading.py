"""The draft of a credit note for those who read or post it and do not write it."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render

from core.errors import DomainError
from core.lists import page_of
from customers.domain import custom_fields
from invoicing.domain.looked_at import post_as_looked_at
from invoicing.models import Invoice
from invoicing.selectors.invoice_page import freed_by
from invoicing.selectors.long_documents import LINES_PER_PAGE, lines_with
from invoicing.selectors.visible import visible_invoices
from invoicing.views.credits.page import post_refusal, posted_invoice, saved_credit
from invoicing.views.drafts.forms import whole
from invoicing.views.drafts.page import stored_totals
from invoicing.views.drafts.steps import steps_from
from tenants.access import TenantRequest
from tenants.roles import Permission

PAGE = "invoicing/credit_read.html"


def read_note(request: TenantRequest, pk: int) -> HttpResponse:
    """Look at the draft; `post` with the version that was looked at posts it."""
    seen = visible_invoices(request.membership).select_related("created_by", "corrects")
    note = seen.filter(corrects=pk, status=Invoice.Status.DRAFT).first()
    if note is None:
        raise PermissionDenied
    invoice = posted_invoice(request, pk)
    if request.method == "GET":
        return _show(request, invoice, note)
    if not request.membership.may(Permission.POST_INVOICE):
        raise PermissionDenied
    try:
        version = whole(request.POST.get("version", ""))
        posted = post_as_looked_at(note, version=version, actor=request.user)
    except DomainError as refusal:
        note.refresh_from_db()
        return _show(request, invoice, note, refusal=str(refusal), status=422)
    return saved_credit(request, invoice, posted)


def _show(
    request: TenantRequest, invoice: Invoice, note: Invoice, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    may_post = request.membership.may(Permission.POST_INVOICE)
    context = {
        "invoice": invoice,
        "note": note,
        "refusal": refusal,
        "steps": steps_from(request, note),
        "lines": page_of(request, lines_with(note.lines.all(), []), per_page=LINES_PER_PAGE),
        "fields": custom_fields.known_fields(request.membership, "document"),
        "freed": freed_by(note),
        "may_post": may_post,
        "post_refusal": post_refusal(request, note) if may_post else "",
        **stored_totals(note),
    }
    return render(request, PAGE, context, status=status)
