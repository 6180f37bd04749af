"""Rates of value added tax with their versions."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from catalog.models import TaxRate
from core.errors import DomainError
from core.forms import add_refusal
from core.lists import is_list_request, order_by_request, page_of
from invoicing.domain.books import tax_codes
from invoicing.views.books.forms import NextVersionForm, TaxRateForm
from invoicing.views.books.tabs import ACCOUNTS, tabs_of
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_BOOKS)
MANAGE = permission_required(Permission.MANAGE_BOOKS)
SORTS = {
    "code": ["code", "-valid_from", "name"],
    "name": ["name"],
    "percent": ["percent", "name"],
    "account": ["revenue_account", "name"],
    "from": ["valid_from", "name"],
}
DEFAULT_SORT = "-percent"


@require_GET
@SEE
def tax_code_list(request: TenantRequest) -> HttpResponse:
    today = timezone.localdate()
    page = page_of(request, _rates(request), per_page=100)
    context = {
        "page": page,
        "rows": [(rate, rate.is_valid_on(today)) for rate in page],
        "today": today,
        "default_sort": DEFAULT_SORT,
        "tabs": tabs_of(ACCOUNTS, "tax_codes"),
        "may_manage": request.membership.may(Permission.MANAGE_BOOKS),
    }
    template = "invoicing/books/tax_code_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context)


def _rates(request: TenantRequest) -> Any:
    return order_by_request(request, TaxRate.objects.all(), SORTS, default=DEFAULT_SORT)


@require_GET
@SEE
def tax_code_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    def rows() -> Iterator[list[Any]]:
        for rate in _rates(request):
            yield [
                rate.code, rate.name, rate.category, rate.get_category_display(), rate.percent,
                rate.revenue_account, rate.tax_account, rate.valid_from, rate.valid_to,
                rate.exemption_reason, _("yes") if rate.is_default else _("no"),
            ]  # fmt: skip

    head = [
        _("Code"), _("Name"), _("Category code"), _("Category"), _("VAT (%)"),
        _("Revenue account"), _("Tax account"), _("Valid from"), _("Valid to"),
        _("Reason printed"), _("Usual"),
    ]  # fmt: skip
    title = _("Tax codes")
    return list_file(request, kind, name="tax-codes", title=title, head=head, rows=rows)


@require_http_methods(["GET", "POST"])
@MANAGE
def tax_code_new(request: TenantRequest) -> HttpResponse:
    return _rate_form(request, TaxRateForm(request.POST or None, instance=_blank(request)))


def _blank(request: TenantRequest) -> TaxRate:
    return TaxRate(tenant=request.tenant)


@require_http_methods(["GET", "POST"])
@MANAGE
def tax_code_edit(request: TenantRequest, pk: int) -> HttpResponse:
    rate = get_object_or_404(TaxRate.objects.all(), pk=pk)
    return _rate_form(request, TaxRateForm(request.POST or None, instance=rate))


def _rate_form(request: TenantRequest, form: TaxRateForm) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            rate = tax_codes.save_rate(form.instance, actor=request.user)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The rate %(rate)s is saved.") % {"rate": rate})
            return redirect("invoicing:tax_code_list")
    return _show_rate(request, form)


def _show_rate(request: TenantRequest, form: TaxRateForm, refusal: str = "") -> HttpResponse:
    rate = None if form.instance._state.adding else TaxRate.objects.get(pk=form.instance.pk)
    context = {
        "form": form,
        "rate": rate,
        "refusal": refusal,
        "is_posted": rate is not None and tax_codes.is_posted_with(rate),
    }
    status = 422 if form.errors or refusal else 200
    return render(request, "invoicing/books/tax_code_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@MANAGE
def tax_code_next(request: TenantRequest, pk: int) -> HttpResponse:
    """The rate changes by law: its next version from a day on."""
    rate = get_object_or_404(TaxRate.objects.all(), pk=pk)
    form = NextVersionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            following = tax_codes.next_version(rate, actor=request.user, **form.cleaned_data)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The rate %(rate)s is saved.") % {"rate": following})
            return redirect("invoicing:tax_code_list")
    status = 422 if form.errors else 200
    context = {"form": form, "rate": rate}
    return render(request, "invoicing/books/tax_code_next.html", context, status=status)


@require_POST
@MANAGE
def tax_code_delete(request: TenantRequest, pk: int) -> HttpResponse:
    rate = get_object_or_404(TaxRate.objects.all(), pk=pk)
    try:
        tax_codes.delete_rate(rate, actor=request.user)
    except DomainError as refusal:
        return _show_rate(request, TaxRateForm(instance=rate), str(refusal))
    messages.success(request, _("The rate %(rate)s is deleted.") % {"rate": rate})
    return redirect("invoicing:tax_code_list")
