"""Beside a draft: whether the e-invoice that goes with it would be right."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from core.lists import is_list_request
from core.returning import with_way_back
from invoicing.einvoices.before_posting import look_at_draft
from invoicing.einvoices.checking.explaining import Place
from invoicing.einvoices.checking.findings import Severity
from invoicing.einvoices.formats import profile_of
from invoicing.models import Invoice
from invoicing.selectors.visible import visible_invoices
from tenants.access import TenantRequest, permission_required
from tenants.einvoices import EInvoiceFindings
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE)


@require_GET
@SEE
def draft_einvoice(request: TenantRequest, pk: int) -> HttpResponse:
    """As it was last saved. The draft's page asks for this once it is shown."""
    drafts = visible_invoices(request.membership).select_related(
        "customer", "project", "corrects", "replaces"
    )
    draft: Invoice = get_object_or_404(drafts, pk=pk)
    if not draft.is_draft or not is_list_request(request):
        return redirect("invoicing:draft_edit", pk)
    profile = profile_of(draft, request.tenant)
    # A draft without lines says so by itself.
    has_lines = draft.taxes.exists()
    if profile is None or not has_lines:
        return HttpResponse()
    findings = look_at_draft(draft, request.tenant)
    links = _links(request, draft)
    return render(
        request,
        "invoicing/draft_einvoice.html",
        {
            "profile": profile,
            "findings": [(one, links.get(one.place)) for one in findings],
            "has_errors": any(one.severity == Severity.ERROR for one in findings),
            "stops": request.tenant.einvoice_findings == EInvoiceFindings.REFUSE,
        },
    )


def _links(request: TenantRequest, draft: Invoice) -> dict[Any, str]:
    """Where the reader may mend it."""
    may = request.membership.may
    back = reverse("invoicing:draft_edit", args=[draft.pk])
    links = {}
    if may(Permission.MANAGE_SETTINGS):
        links[Place.COMPANY] = with_way_back(reverse("tenants:settings"), back)
    if may(Permission.EDIT_CUSTOMERS):
        customer = reverse("customers:customer_edit", args=[draft.customer_id])
        links[Place.CUSTOMER] = with_way_back(customer, back)
    return links
