"""The list of payments, its files, and money that is not for one invoice alone."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core.errors import DomainError
from core.lists import in_steps, is_list_request, order_by_request, page_of
from core.templatetags.figures import money
from invoicing import payment_errors as errors
from invoicing.domain.payments.registering import NewPayment, register_payment
from invoicing.selectors.payments import listed_payments, payment_sums, settled_by
from invoicing.views.list_parts import cells_of, sum_stats
from invoicing.views.payments.deeds import PAY, TYPED
from invoicing.views.payments.filters import PaymentFilter, state_of
from invoicing.views.payments.forms import NewPaymentForm, refuse
from invoicing.views.posting import leave
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from tenants.roles import Permission

# Money is of a customer and not of one project: who sees the invoices of their own only sees it on
# those.
SEE = permission_required(Permission.VIEW_INVOICE)
SORTS = {
    "date": ["payment_date", "pk"],
    "customer": ["customer__name", "payment_date"],
    "method": ["method", "payment_date"],
    "reference": ["reference", "payment_date"],
    "amount": ["amount"],
    "left": ["left_amount", "payment_date"],
}
DEFAULT_SORT = "-date"


@require_GET
@SEE
def payment_list(request: TenantRequest) -> HttpResponse:
    filter_set, rows = _asked(request)
    refused = not filter_set.form.is_valid()
    sums = [] if refused else payment_sums(rows)
    page = page_of(request, rows, count=sum(found.count for found in sums))
    shown = list(page)
    numbers = settled_by(shown)
    context = {
        "filter": filter_set,
        "page": page,
        "rows": [(one, state_of(one), numbers.get(one.pk, [])) for one in shown],
        "stats": sum_stats(
            sums, (_("Received"), "coins", "amount"), (_("Credit left"), "clock", "left")
        ),
        "default_sort": DEFAULT_SORT,
        "may_register": request.membership.may(Permission.REGISTER_PAYMENT),
    }
    template = "invoicing/payment_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=422 if refused else 200)


@require_GET
@SEE
def payment_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    """Everything the filters let through, as a file."""
    filter_set, rows = _asked(request)
    if not filter_set.form.is_valid():
        return refuse_filters()
    head = [
        _("Payment"), _("Date"), _("State"), _("Customer number"), _("Customer"), _("Method"),
        _("Account"), _("Reference"), _("Note"), _("Currency"), _("Amount"), _("Credit left"),
        _("Invoices"), _("Registered by"), _("Registered"),
    ]  # fmt: skip
    return list_file(
        request,
        kind,
        name="payments",
        title=_("Payments"),
        head=head,
        count=rows.count,
        rows=lambda: _file_rows(rows),
    )


def _asked(request: TenantRequest) -> tuple[PaymentFilter, QuerySet[Any]]:
    filter_set = PaymentFilter(request.GET, queryset=listed_payments(), request=request)
    return filter_set, order_by_request(request, filter_set.qs, SORTS, default=DEFAULT_SORT)


def _file_rows(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    for step in in_steps(rows):
        found = {one.pk: one for one in listed_payments().filter(pk__in=step)}
        numbers = settled_by(found)
        for payment in (found[key] for key in step if key in found):
            yield [
                payment.pk, payment.payment_date, state_of(payment).label,
                payment.customer.number, payment.customer.name, payment.get_method_display(),
                payment.account, payment.reference, payment.text, payment.currency,
                *cells_of(payment.currency, payment.amount, payment.left_amount),
                ", ".join(numbers.get(payment.pk, [])), str(payment.created_by or ""),
                payment.created_at,
            ]  # fmt: skip


@require_http_methods(["GET", "POST"])
@PAY
@SEE
def payment_new(request: TenantRequest) -> HttpResponse:
    """Register money first; what it settles is chosen on its page."""
    if request.method == "GET":
        initial = {"currency": request.tenant.currency, "customer": request.GET.get("customer")}
        return _show_new(request, _form(request, initial=initial))
    form = _form(request, request.POST)
    if not form.is_valid():
        return _show_new(request, form)
    typed = form.cleaned_data
    try:
        payment = register_payment(
            NewPayment(
                customer=typed["customer"],
                currency=typed["currency"],
                **{name: typed[name] for name in TYPED},
            ),
            is_another=typed["is_another"],
            actor=request.user,
        )
    except DomainError as refusal:
        refuse(form, refusal)
        return _show_new(request, form, asks_another=isinstance(refusal, errors.LooksKnown))
    said = {"amount": money(payment.amount, payment.currency), "customer": payment.customer}
    messages.success(request, _("%(amount)s of %(customer)s is registered.") % said)
    return leave(request, reverse("invoicing:payment_detail", args=[payment.pk]) + "?fill=1")


def _form(request: TenantRequest, *args: Any, **kwargs: Any) -> NewPaymentForm:
    return NewPaymentForm(*args, tenant=request.tenant, membership=request.membership, **kwargs)


def _show_new(
    request: TenantRequest, form: NewPaymentForm, *, asks_another: bool = False
) -> HttpResponse:
    context = {
        "form": form,
        "asks_another": asks_another or bool(form["is_another"].value()),
    }
    return render(
        request, "invoicing/payment_new.html", context, status=422 if form.errors else 200
    )
