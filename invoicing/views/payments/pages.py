"""The page of a payment: what it settles, changed there; paid back and reversed."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError
from core.forms import NumberField, text_of, typed_number
from core.money import ZERO, places
from core.templatetags.figures import money
from invoicing import payment_errors as errors
from invoicing.domain.payments.allocating import allocate
from invoicing.domain.payments.registering import pay_back, reverse_payment
from invoicing.models import Payment
from invoicing.selectors.banking import line_of
from invoicing.selectors.payments import (
    MOST_OFFERED,
    listed_payments,
    movements_of,
    offered_invoices,
)
from invoicing.views.payments.deeds import PAY
from invoicing.views.payments.filters import state_of
from invoicing.views.payments.forms import RefundForm, refuse
from invoicing.views.payments.lists import SEE
from invoicing.views.posting import leave
from tenants.access import TenantRequest
from tenants.roles import Permission
from timesheets.requested import number_of


class AllocationsForm(forms.Form):
    """An amount for each invoice offered; empty is nothing. Beside it what the page showed, so that
    only what somebody typed is changed."""

    def __init__(self, *args: Any, invoices: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invoices = invoices
        for invoice in invoices:
            self.fields[f"i{invoice.pk}"] = NumberField(
                label=str(invoice), max_digits=18, decimal_places=3, required=False, min_value=ZERO
            )
            self.fields[f"was-i{invoice.pk}"] = forms.DecimalField(
                required=False, widget=forms.HiddenInput, initial=f"{invoice.settled:f}"
            )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        # A row that was not sent along, as of a page that did not show it, is not changed.
        self.seen = {
            one.pk: values[f"was-i{one.pk}"] or ZERO
            for one in self.invoices
            if f"i{one.pk}" in self.data and f"was-i{one.pk}" in values
        }
        self.wanted = {
            pk: typed
            for pk, was in self.seen.items()
            if (typed := values.get(f"i{pk}") or ZERO) != was
        }
        return values

    def anew(self, invoices: list[Any]) -> "AllocationsForm":
        """What is settled now takes the place of what was; what somebody typed stays."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        for one in invoices:
            data[f"was-i{one.pk}"] = f"{one.settled:f}"
            if one.pk not in self.wanted:
                data[f"i{one.pk}"] = _typed(one.settled, one.currency)
        return AllocationsForm(data, invoices=invoices)


@require_GET
@SEE
def payment_detail(request: TenantRequest, pk: int) -> HttpResponse:
    """With `?fill` the amounts are proposed, the first invoice due first."""
    payment = _payment(pk)
    invoices = offered_invoices(payment, request.membership)
    amounts = {one.pk: one.settled for one in invoices}
    if "fill" in request.GET:
        amounts |= _proposed(payment, invoices)
    return _show(request, payment, invoices, _form(payment, invoices, amounts))


@require_POST
@PAY
@SEE
def payment_allocate(request: TenantRequest, pk: int) -> HttpResponse:
    """Make the payment settle what is typed."""
    payment = _payment(pk)
    invoices = offered_invoices(payment, request.membership, also=_sent(request))
    form = AllocationsForm(request.POST, invoices=invoices)
    if not form.is_valid():
        return _show(request, payment, invoices, form, status=422)
    try:
        rows = allocate(payment, form.wanted, seen=form.seen, actor=request.user)
    except DomainError as refusal:
        if isinstance(refusal, errors.SettledMeanwhile):
            payment = _payment(pk)
            invoices = offered_invoices(payment, request.membership, also=_sent(request))
            form = form.anew(invoices)
        form.add_error(None, str(refusal))
        return _show(request, payment, invoices, form, status=422)
    if rows:
        messages.success(request, _("Allocated."))
    return leave(request, _url(payment))


@require_http_methods(["GET", "POST"])
@PAY
@SEE
def payment_refund(request: TenantRequest, pk: int) -> HttpResponse:
    """Pay back what is left of it."""
    payment = _payment(pk)
    if request.method == "GET":
        initial = {
            "amount": typed_number(payment.left_amount, least_places=places(payment.currency)),
            "account": payment.account,
        }
        return _show_refund(request, payment, RefundForm(tenant=request.tenant, initial=initial))
    form = RefundForm(request.POST, tenant=request.tenant)
    if not form.is_valid():
        return _show_refund(request, payment, form)
    try:
        refund = pay_back(payment, actor=request.user, **form.cleaned_data)
    except DomainError as refusal:
        refuse(form, refusal)
        return _show_refund(request, payment, form)
    said = {"amount": money(-refund.amount, refund.currency), "customer": payment.customer}
    messages.success(request, _("%(amount)s is paid back to %(customer)s.") % said)
    return leave(request, _url(payment))


@require_http_methods(["GET", "POST"])
@PAY
@SEE
def payment_reverse(request: TenantRequest, pk: int) -> HttpResponse:
    """Ask why, then undo it; what it settled is open again."""
    payment = _payment(pk)
    reason = text_of(request, "reason", most=200)
    refused, status = "", 200
    if request.method == "POST":
        try:
            reverse_payment(payment, reason=reason, actor=request.user)
        except DomainError as refusal:
            refused, status = str(refusal), 422
        else:
            messages.success(request, _("The payment is reversed."))
            return leave(request, _url(payment))
    context = {
        "payment": payment,
        "settled": [one for one in offered_invoices(payment, request.membership) if one.settled],
        "refused": refused,
        "reason": reason,
    }
    return render(request, "invoicing/payment_reverse.html", context, status=status)


def _payment(pk: int) -> Any:
    return get_object_or_404(listed_payments().select_related("entry", "origin"), pk=pk)


def _url(payment: Payment) -> str:
    return reverse("invoicing:payment_detail", args=[payment.pk])


def _form(payment: Payment, invoices: list[Any], amounts: Mapping[int, Decimal]) -> AllocationsForm:
    initial = {f"i{pk}": _typed(amount, payment.currency) for pk, amount in amounts.items()}
    return AllocationsForm(invoices=invoices, initial=initial)


def _typed(amount: Decimal, currency: str) -> str:
    return typed_number(amount, least_places=places(currency)) if amount else ""


def _sent(request: TenantRequest) -> list[int]:
    """The invoices that the page offered, of which some may be paid by now."""
    asked = (number_of(name[1:]) for name in request.POST if name.startswith("i"))
    return [pk for pk in asked if pk][:MOST_OFFERED]


def _proposed(payment: Any, invoices: list[Any]) -> dict[int, Decimal]:
    """Spread what is left over what is open, the first one due first."""
    left: Decimal = payment.left_amount
    amounts = {}
    for one in sorted(invoices, key=lambda one: (one.due_date, one.pk)):
        part = min(left, one.open_amount)
        amounts[one.pk] = one.settled + part
        left -= part
    return amounts


def _show(
    request: TenantRequest,
    payment: Any,
    invoices: list[Any],
    form: AllocationsForm,
    *,
    status: int = 200,
) -> HttpResponse:
    may = request.membership.may(Permission.REGISTER_PAYMENT)
    is_live = payment.kind == Payment.Kind.RECEIVED and not payment.is_reversed
    context = {
        "payment": payment,
        "state": state_of(payment),
        "rows": (
            [(one, form[f"i{one.pk}"], form[f"was-i{one.pk}"]) for one in invoices]
            if is_live
            else []
        ),
        "form": form,
        "is_live": is_live,
        "is_cut": len(invoices) >= MOST_OFFERED,
        "may_allocate": may and is_live,
        "may_refund": may and is_live and payment.left_amount > 0,
        "may_reverse": may and payment.kind != Payment.Kind.REVERSAL and not payment.is_reversed,
        "movements": movements_of(payment),
        "bank_line": line_of(payment),
    }
    return render(request, "invoicing/payment_detail.html", context, status=status)


def _show_refund(request: TenantRequest, payment: Any, form: RefundForm) -> HttpResponse:
    context = {"payment": payment, "form": form}
    return render(
        request, "invoicing/payment_refund.html", context, status=422 if form.errors else 200
    )
