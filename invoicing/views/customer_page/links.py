"""The customer's link and questions, on the page of a document."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from invoicing.domain.customer_access import link_for, mark_answered, revoke_links
from invoicing.models import CustomerQuestion, Invoice
from invoicing.selectors.visible import visible_invoices
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

SEND = permission_required(Permission.POST_INVOICE)
# The link opens all documents of a customer: whoever gets it to see must see all of them anyway.
SEE_ALL = permission_required(Permission.VIEW_INVOICE)


@require_POST
@SEND
@SEE_ALL
def invoice_link(request: TenantRequest, pk: int) -> HttpResponse:
    """Make the link, or the one there is, and show it to be copied."""
    invoice = _posted(request, pk)
    link = link_for(invoice, actor=request.user)
    return render(request, "invoicing/customer_link.html", {"invoice": invoice, "link": link})


@require_POST
@SEND
@SEE_ALL
def invoice_link_revoke(request: TenantRequest, pk: int) -> HttpResponse:
    invoice = _posted(request, pk)
    count = revoke_links(invoice, actor=request.user)
    if count:
        sentence = ngettext(
            "%(count)s link of this customer is withdrawn.",
            "%(count)s links of this customer are withdrawn.",
            count,
        ) % {"count": count}
        messages.success(request, sentence)
    else:
        messages.info(request, _("There was no link to withdraw."))
    return redirect("invoicing:invoice_detail", pk)


@require_POST
@SEND
def question_answered(request: TenantRequest, pk: int) -> HttpResponse:
    seen = visible_invoices(request.membership)
    found = CustomerQuestion.objects.filter(invoice__in=seen.values("pk"))
    question = get_object_or_404(found.select_related("invoice"), pk=pk)
    mark_answered(question, actor=request.user)
    messages.success(request, _("The question is marked as answered."))
    if request.GET.get("from") == "follow-up":
        return redirect("invoicing:follow_up")
    return redirect(reverse("invoicing:invoice_detail", args=[question.invoice_id]))


def _posted(request: TenantRequest, pk: int) -> Any:
    invoices = visible_invoices(request.membership).select_related("customer")
    return get_object_or_404(invoices, pk=pk, status=Invoice.Status.POSTED)
