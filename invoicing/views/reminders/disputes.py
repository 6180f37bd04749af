"""Noting that a customer objects to an invoice, and that it is settled."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from core.errors import DomainError
from core.forms import add_refusal
from invoicing.domain.reminding.disputes import open_dispute, settle_dispute
from invoicing.models import Invoice
from invoicing.selectors.visible import visible_invoices
from invoicing.views.posting import leave
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

REMIND = permission_required(Permission.SEND_REMINDERS)


class DisputeForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("What the customer objects to"),
        max_length=300,
        widget=forms.TextInput({"autofocus": True}),
        error_messages={
            "required": gettext_lazy("Write what the customer objects to, so that others know.")
        },
    )


class SettleForm(forms.Form):
    outcome = forms.CharField(
        label=gettext_lazy("What came of it"),
        max_length=300,
        required=False,
        widget=forms.TextInput({"autofocus": True}),
    )


@require_http_methods(["GET", "POST"])
@REMIND
def invoice_dispute(request: TenantRequest, pk: int) -> HttpResponse:
    invoice = _posted(request, pk)
    form = DisputeForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        try:
            open_dispute(invoice, reason=form.cleaned_data["reason"], actor=request.user)
        except DomainError as refused:
            add_refusal(form, refused)
        else:
            messages.success(
                request, _("%(invoice)s is disputed and not reminded of.") % {"invoice": invoice}
            )
            return leave(request, reverse("invoicing:invoice_detail", args=[pk]))
    context = {"invoice": invoice, "form": form, "is_settling": False}
    status = 422 if form.errors else 200
    return render(request, "invoicing/reminders/dispute.html", context, status=status)


@require_http_methods(["GET", "POST"])
@REMIND
def invoice_settle(request: TenantRequest, pk: int) -> HttpResponse:
    invoice = _posted(request, pk)
    form = SettleForm(request.POST if request.method == "POST" else None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        try:
            settle_dispute(invoice, outcome=form.cleaned_data["outcome"], actor=request.user)
        except DomainError as refused:
            add_refusal(form, refused)
        else:
            messages.success(
                request, _("The dispute about %(invoice)s is settled.") % {"invoice": invoice}
            )
            return leave(request, reverse("invoicing:invoice_detail", args=[pk]))
    context = {"invoice": invoice, "form": form, "is_settling": True}
    status = 422 if form.errors else 200
    return render(request, "invoicing/reminders/dispute.html", context, status=status)


def _posted(request: TenantRequest, pk: int) -> Invoice:
    posted = visible_invoices(request.membership).filter(status=Invoice.Status.POSTED)
    found: Invoice = get_object_or_404(posted, pk=pk)
    return found
