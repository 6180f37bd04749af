"""The revenue accounts of projects."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.dialogs import close_dialog
from core.errors import DomainError
from core.forms import add_refusal
from core.lists import is_list_request, order_by_request, page_of
from invoicing.domain.books import revenue
from invoicing.models import ProjectAccount
from invoicing.views.books.forms import RuleForm
from invoicing.views.books.tabs import ACCOUNTS, tabs_of
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_BOOKS)
MANAGE = permission_required(Permission.MANAGE_BOOKS)
SORTS = {
    "project": ["project__name", "project__customer__name"],
    "account": ["account", "project__name"],
}
DEFAULT_SORT = "project"


@require_GET
@SEE
def revenue_rules(request: TenantRequest) -> HttpResponse:
    context = {
        "page": page_of(request, _rules(request)),
        "default_sort": DEFAULT_SORT,
        "tabs": tabs_of(ACCOUNTS, "rules"),
        "may_manage": request.membership.may(Permission.MANAGE_BOOKS),
    }
    template = "invoicing/books/rule_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context)


def _rules(request: TenantRequest) -> Any:
    found = ProjectAccount.objects.select_related("project__customer", "tax_rate")
    return order_by_request(request, found, SORTS, default=DEFAULT_SORT)


@require_GET
@SEE
def revenue_rules_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    def rows() -> Iterator[list[Any]]:
        for rule in _rules(request):
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
