"""Rates of value added tax with their versions, and the revenue accounts of projects."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from catalog.models import TaxRate
from core.dialogs import close_dialog
from core.errors import DomainError
from core.forms import add_refusal
from core.lists import is_list_request, order_by_request, page_of
from invoicing.domain.books import revenue, tax_codes
from invoicing.models import ProjectAccount
from invoicing.views.books.forms import NextVersionForm, RuleForm, TaxRateForm
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
RULE_SORTS = {
    "project": ["project__name", "project__customer__name"],
    "account": ["account", "project__name"],
}


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


# Revenue accounts of projects


@require_GET
@SEE
def revenue_rules(request: TenantRequest) -> HttpResponse:
    found = ProjectAccount.objects.select_related("project__customer", "tax_rate")
    page = page_of(request, order_by_request(request, found, RULE_SORTS, default="project"))
    context = {
        "page": page,
        "default_sort": "project",
        "tabs": tabs_of(ACCOUNTS, "rules"),
        "may_manage": request.membership.may(Permission.MANAGE_BOOKS),
    }
    template = "invoicing/books/rule_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context)


@require_GET
@SEE
def revenue_rules_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    found = ProjectAccount.objects.select_related("project__customer", "tax_rate")
    ordered = order_by_request(request, found, RULE_SORTS, default="project")

    def rows() -> Iterator[list[Any]]:
        for rule in ordered:
            customer = rule.project.customer
            yield [rule.project.name, customer.name, str(rule.tax_rate or ""), rule.account]

    return list_file(
        request,
        kind,
        name="revenue-accounts",
        title=_("Revenue accounts"),
        head=[_("Project"), _("Customer"), _("VAT"), _("Account")],
        rows=rows,
    )


@require_http_methods(["GET", "POST"])
@MANAGE
def rule_new(request: TenantRequest) -> HttpResponse:
    blank = ProjectAccount(tenant=request.tenant)
    return _rule_form(request, RuleForm(request.POST or None, instance=blank))


@require_http_methods(["GET", "POST"])
@MANAGE
def rule_edit(request: TenantRequest, pk: int) -> HttpResponse:
    rule = get_object_or_404(ProjectAccount.objects.all(), pk=pk)
    return _rule_form(request, RuleForm(request.POST or None, instance=rule))


def _rule_form(request: TenantRequest, form: RuleForm) -> HttpResponse:
    is_new = form.instance._state.adding
    if request.method == "POST" and form.is_valid():
        try:
            rule = revenue.save_rule(form.instance, actor=request.user)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            said = {"project": rule.project, "account": rule.account}
            sentence = _("Sales of %(project)s are booked on %(account)s from now on.")
            messages.success(request, sentence % said)
            return _done(request)
    context = {
        "form": form,
        "rule": None if is_new else form.instance,
        "form_url": reverse("invoicing:rule_new")
        if is_new
        else reverse("invoicing:rule_edit", args=[form.instance.pk]),
    }
    status = 422 if form.errors else 200
    return render(request, "invoicing/books/rule_form.html", context, status=status)


@require_POST
@MANAGE
def rule_remove(request: TenantRequest, pk: int) -> HttpResponse:
    rule = get_object_or_404(ProjectAccount.objects.all(), pk=pk)
    revenue.remove_rule(rule, actor=request.user)
    messages.success(request, _("The account of the project is taken away."))
    return _done(request)


def _done(request: TenantRequest) -> HttpResponse:
    return close_dialog() if is_list_request(request) else redirect("invoicing:revenue_rules")
