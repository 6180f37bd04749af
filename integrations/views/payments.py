"""Payments in accounting systems: what was booked of them, and what a person has to see to."""

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.lists import is_list_request, page_of
from integrations import trouble_mail
from integrations.domain import settlements
from integrations.errors import IntegrationRefused
from integrations.models import PaymentThere
from integrations.needs import TO_SEE_TO
from integrations.views.exports import MANAGE, SEE
from invoicing.selectors.visible import visible_invoices
from tenants.access import TenantRequest
from tenants.models import Membership

STATES = {
    "attention": TO_SEE_TO,
    "booked": Q(payment__isnull=False),
    "all": Q(),
}


def visible_payments(membership: Membership) -> QuerySet[PaymentThere]:
    found: QuerySet[PaymentThere] = PaymentThere.objects.select_related(
        "export__invoice", "export__connection", "payment", "seen_by"
    )
    return found.filter(export__invoice__in=visible_invoices(membership))


@require_GET
@SEE
def payment_list(request: TenantRequest) -> HttpResponse:
    state = request.GET.get("state", "attention")
    state = state if state in STATES else "attention"
    payments = visible_payments(request.membership)
    context = {
        "page": page_of(request, payments.filter(STATES[state]).order_by("-pk")),
        "state": state,
        "tabs": _tabs(payments, state),
    }
    part = "#list" if is_list_request(request) else ""
    return render(request, f"integrations/payment_list.html{part}", context)


def _tabs(payments: QuerySet[PaymentThere], active: str) -> list[dict[str, Any]]:
    labels = {"attention": _("Needs attention"), "booked": _("Registered"), "all": _("All")}
    return [
        {
            "label": label,
            "url": f"?state={key}",
            "active": key == active,
            "count": payments.filter(STATES[key]).count(),
        }
        for key, label in labels.items()
    ]


@require_POST
@MANAGE
def payment_book(request: TenantRequest, pk: int) -> HttpResponse:
    """Try to register it again."""
    row = get_object_or_404(visible_payments(request.membership), pk=pk)
    try:
        row = settlements.book_again(row, actor=request.user)
    except IntegrationRefused as refused:
        messages.warning(request, str(refused))
        return redirect("integrations:payment_list")
    if row.payment is None:
        messages.error(request, row.sentence)
    else:
        messages.success(request, _("The payment is registered."))
    return redirect("integrations:payment_list")


@require_POST
@MANAGE
def payment_seen(request: TenantRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(visible_payments(request.membership), pk=pk)
    try:
        settlements.see_to(row, actor=request.user)
    except IntegrationRefused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, _("It is off the list."))
    return redirect("integrations:payment_list")


@require_http_methods(["GET", "POST"])
@MANAGE
def trouble_mail_page(request: TenantRequest) -> HttpResponse:
    """Whether one gets the daily e-mail oneself."""
    if request.method == "POST":
        yes = request.POST.get("wanted") == "1"
        trouble_mail.want(request.membership, yes=yes)
        messages.success(
            request,
            _("You get an e-mail on mornings when something needs somebody.")
            if yes
            else _("You get no more of these e-mails."),
        )
        return redirect("integrations:export_list")
    context = {"is_wanted": trouble_mail.is_wanted(request.membership)}
    return render(request, "integrations/trouble_mail.html", context)
