"""From the page of a service order to its draft."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.errors import DomainError
from invoicing.documents.service_orders import order_pdf
from invoicing.documents.storing import plain_name
from invoicing.domain.order_drafting import draft_order
from invoicing.selectors.service_orders import may_draft
from invoicing.views.documents.files import file_response
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission
from timesheets.domain.orders.access import SEE
from timesheets.views.orders.pages import order_or_404, order_page


@require_POST
@permission_required(Permission.CREATE_INVOICE, Permission.CREATE_PROJECT_INVOICE)
def order_draft(request: TenantRequest, pk: int) -> HttpResponse:
    """Labour and parts become a draft; what is not done or not checked is refused there."""
    order = order_or_404(request, pk)
    if not may_draft(order, request.membership):
        raise PermissionDenied
    try:
        draft = draft_order(pk, actor=request.user)
    except DomainError as refused:
        return order_page(request, pk, refusal=str(refused))
    messages.success(request, _("The draft of %(order)s is made.") % {"order": order.label})
    return redirect("invoicing:draft_edit", draft.pk)


@require_GET
@permission_required(*SEE)
def order_report(request: TenantRequest, pk: int) -> HttpResponse:
    """The report for the customer, with hours, parts, photos and signature."""
    order = order_or_404(request, pk)
    return file_response(request, order_pdf(order), plain_name(order.label.lower()))
