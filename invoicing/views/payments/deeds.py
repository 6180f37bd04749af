"""Money on an invoice's page: registered, given up, taken from credit, taken back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import DomainError
from core.forms import typed_number
from core.money import places
from core.templatetags.figures import money
from invoicing import payment_errors as errors
from invoicing.domain.payments import allocating
from invoicing.domain.payments.registering import NewPayment, give_up, pay_invoice
from invoicing.models import Allocation, Invoice, Payment
from invoicing.selectors.visible import visible_invoices
from invoicing.views.credits.page import posted_invoice
from invoicing.views.drafts.page import document_url
from invoicing.views.payments.forms import GiveUpForm, PayForm, refuse
from invoicing.views.posting import leave
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

PAY = permission_required(Permission.REGISTER_PAYMENT)
# What a `NewPayment` takes from the form as it is.
TYPED = ("token", "amount", "payment_date", "method", "account", "reference", "text")


@require_http_methods(["GET", "POST"])
@PAY
def invoice_pay(request: TenantRequest, pk: int) -> HttpResponse:
    """Register a payment of this invoice; all that is open is filled in."""
    invoice = posted_invoice(request, pk)
    owed = _open(invoice)
    if request.method == "GET":
        initial = {
            "amount": typed_number(owed, least_places=places(invoice.currency)),
            "seen_open": owed,
        }
        return _show_pay(request, invoice, PayForm(tenant=request.tenant, initial=initial))
    form = PayForm(request.POST, tenant=request.tenant)
    if not form.is_valid():
        return _show_pay(request, invoice, form)
    typed = form.cleaned_data
    try:
        payment = pay_invoice(
            invoice,
            NewPayment(
                customer=invoice.customer,
                currency=invoice.currency,
                **{name: typed[name] for name in TYPED},
            ),
            seen_open=typed["seen_open"],
            closes=typed["closes"],
            is_another=typed["is_another"],
            actor=request.user,
        )
    except DomainError as refusal:
        return _show_pay(request, invoice, _refused(form, invoice, refusal), refusal)
    messages.success(request, _outcome(invoice, payment))
    return leave(request, document_url(invoice))


def _show_pay(
    request: TenantRequest, invoice: Invoice, form: PayForm, refusal: DomainError | None = None
) -> HttpResponse:
    owed = _open(invoice)
    context = {
        "invoice": invoice,
        "form": form,
        "open_amount": owed,
        "open_plain": f"{owed.normalize():f}",
        "asks_another": isinstance(refusal, errors.LooksKnown) or bool(form["is_another"].value()),
    }
    return render(request, "invoicing/pay.html", context, status=422 if form.errors else 200)


def _refused[Form: forms.Form](form: Form, invoice: Invoice, refusal: DomainError) -> Form:
    """The page says what is open now, and so does the form."""
    if isinstance(refusal, errors.OpenMoved | errors.PaidMeanwhile | errors.SentAlready):
        refuse(form, refusal, seen_open=str(_open(invoice)))
    else:
        refuse(form, refusal)
    return form


def _outcome(invoice: Invoice, payment: Payment) -> str:
    """What became of the invoice."""
    owed = _open(invoice)
    said = {"invoice": invoice, "amount": money(payment.amount, payment.currency)}
    if owed > 0:
        said["open"] = money(owed, invoice.currency)
        return _("%(amount)s is registered. %(open)s of %(invoice)s stays open.") % said
    settled = sum(row.amount for row in payment.allocations.filter(kind=Allocation.Kind.PAYMENT))
    if payment.amount > settled:
        said["more"] = money(payment.amount - settled, payment.currency)
        return _("%(invoice)s is paid. %(more)s is the customer's credit.") % said
    return _("%(invoice)s is paid.") % said


@require_http_methods(["GET", "POST"])
@PAY
def invoice_give_up(request: TenantRequest, pk: int) -> HttpResponse:
    """Close what is open as discount, bank cost or bad debt."""
    invoice = posted_invoice(request, pk)
    if request.method == "GET":
        form = GiveUpForm(initial={"seen_open": _open(invoice)})
        return _show_give_up(request, invoice, form)
    form = GiveUpForm(request.POST)
    if not form.is_valid():
        return _show_give_up(request, invoice, form)
    try:
        row = give_up(invoice, actor=request.user, **form.cleaned_data)
    except DomainError as refusal:
        return _show_give_up(request, invoice, _refused(form, invoice, refusal))
    said = {
        "invoice": invoice,
        "amount": money(row.amount, invoice.currency),
        "as": row.get_kind_display(),
    }
    messages.success(request, _("%(invoice)s is closed. %(as)s: %(amount)s.") % said)
    return leave(request, document_url(invoice))


def _show_give_up(request: TenantRequest, invoice: Invoice, form: GiveUpForm) -> HttpResponse:
    context = {"invoice": invoice, "form": form, "open_amount": _open(invoice)}
    return render(request, "invoicing/give_up.html", context, status=422 if form.errors else 200)


@require_POST
@PAY
def invoice_use_credit(request: TenantRequest, pk: int) -> HttpResponse:
    """Settle it with what the customer has to their credit."""
    invoice = posted_invoice(request, pk)
    try:
        rows = allocating.use_credit(invoice, actor=request.user)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
    else:
        used = money(sum(row.amount for row in rows), invoice.currency)
        said = {"amount": used, "invoice": invoice}
        messages.success(request, _("%(amount)s of credit settles %(invoice)s.") % said)
    return leave(request, document_url(invoice))


@require_POST
@PAY
def allocation_take_back(request: TenantRequest, pk: int) -> HttpResponse:
    """Undo what settles an invoice; both rows stay."""
    seen = visible_invoices(request.membership)
    found = Allocation.objects.filter(invoice__in=seen).select_related("invoice")
    allocation: Any = get_object_or_404(found, pk=pk)
    invoice = allocation.invoice
    try:
        row = allocating.take_back(allocation, actor=request.user)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
    else:
        said = {"amount": money(-row.amount, invoice.currency), "invoice": invoice}
        messages.success(request, _("%(amount)s of %(invoice)s is open again.") % said)
    return leave(request, reverse("invoicing:invoice_payments", args=[invoice.pk]))


def _open(invoice: Invoice) -> Any:
    found: Any = Invoice.objects.filter(pk=invoice.pk)
    return found.with_open_amount().values_list("open_amount", flat=True).get()
