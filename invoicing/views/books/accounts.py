"""The chart of accounts: the list with its files, one account, and a file read in."""

from collections.abc import Iterator
from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.dialogs import close_dialog
from core.errors import DomainError
from core.filters import SearchFilter
from core.forms import add_refusal
from core.lists import is_list_request, order_by_request, page_of
from invoicing.domain.books import account_files, accounts
from invoicing.domain.books.standard_charts import STANDARD_CHARTS, charts_of
from invoicing.models import Account, Posting
from invoicing.selectors.books.accounts import balances_of
from invoicing.views.books.forms import AccountFileForm, AccountForm
from invoicing.views.books.tabs import ACCOUNTS, tabs_of
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_BOOKS)
MANAGE = permission_required(Permission.MANAGE_BOOKS)
SORTS = {
    "number": ["number"],
    "name": ["name", "number"],
    "kind": ["kind", "number"],
    "state": ["-is_active", "number"],
}
DEFAULT_SORT = "number"


class AccountFilter(django_filters.FilterSet):  # type: ignore[misc]
    q = SearchFilter("number", "name")
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind"),
        choices=Account.Kind.choices,
        empty_label=gettext_lazy("All"),
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        choices=[("yes", gettext_lazy("In use")), ("no", gettext_lazy("Out of use"))],
        empty_label=gettext_lazy("All"),
        method="in_state",
    )

    class Meta:
        model = Account
        fields: list[str] = []

    def in_state(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(is_active=value == "yes")


@require_GET
@SEE
def account_list(request: TenantRequest) -> HttpResponse:
    filter_set, found = _asked(request)
    page = page_of(request, found, per_page=100)
    shown = list(page)
    sums = balances_of([account.number for account in shown])
    context = {
        "filter": filter_set,
        "page": page,
        "rows": [(account, sums.get(account.number, [])) for account in shown],
        "unnamed": accounts.unnamed_accounts(),
        "default_sort": DEFAULT_SORT,
        "tabs": tabs_of(ACCOUNTS, "accounts"),
        "may_manage": request.membership.may(Permission.MANAGE_BOOKS),
        "charts": _other_charts(request),
    }
    template = "invoicing/books/account_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=200 if filter_set.form.is_valid() else 422)


def _other_charts(request: TenantRequest) -> list[Any]:
    """What the company can begin with: any while it has none, another while nothing is booked."""
    offered = charts_of(request.tenant.country)
    if not Account.objects.exists():
        return offered
    if len(offered) < 2 or Posting.objects.exists():
        return []
    now = request.tenant.receivables_account
    return [chart for chart in offered if chart.settings["receivables_account"] != now]


@require_GET
@SEE
def account_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    filter_set, found = _asked(request)
    if not filter_set.form.is_valid():
        return refuse_filters()

    def rows() -> Iterator[Any]:
        for account in found:
            yield account_files.account_cells(account)

    return list_file(
        request,
        kind,
        name="accounts",
        title=_("Accounts"),
        head=list(account_files.column_words().values()),
        rows=rows,
    )


def _asked(request: TenantRequest) -> tuple[AccountFilter, QuerySet[Any]]:
    filter_set = AccountFilter(request.GET, queryset=Account.objects.all(), request=request)
    return filter_set, order_by_request(request, filter_set.qs, SORTS, default=DEFAULT_SORT)


@require_http_methods(["GET", "POST"])
@MANAGE
def account_new(request: TenantRequest) -> HttpResponse:
    """`?number=3005` fills the number in."""
    blank = Account(tenant=request.tenant)
    initial = {"number": request.GET.get("number", "")[:10]}
    return _form_view(request, AccountForm(request.POST or None, instance=blank, initial=initial))


@require_http_methods(["GET", "POST"])
@MANAGE
def account_edit(request: TenantRequest, pk: int) -> HttpResponse:
    account = get_object_or_404(Account.objects.all(), pk=pk)
    return _form_view(request, AccountForm(request.POST or None, instance=account))


def _form_view(request: TenantRequest, form: AccountForm) -> HttpResponse:
    is_new = form.instance._state.adding
    if request.method == "POST" and form.is_valid():
        try:
            account = accounts.save_account(form.instance, actor=request.user)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            sentence = (
                _("The account %(account)s is added.")
                if is_new
                else _("The account %(account)s is saved.")
            )
            messages.success(request, sentence % {"account": account})
            return _done(request)
    return _form_page(request, form)


def _form_page(request: TenantRequest, form: AccountForm, refusal: str = "") -> HttpResponse:
    account = None
    if not form.instance._state.adding:
        account = Account.objects.get(pk=form.instance.pk)
    context = {
        "form": form,
        "account": account,
        "refusal": refusal,
        "is_booked_on": account is not None and accounts.is_booked_on(account.number),
        "form_url": reverse("invoicing:account_edit", args=[account.pk])
        if account
        else reverse("invoicing:account_new"),
    }
    status = 422 if form.errors or refusal else 200
    return render(request, "invoicing/books/account_form.html", context, status=status)


@require_POST
@MANAGE
def account_delete(request: TenantRequest, pk: int) -> HttpResponse:
    """Only where nothing names it."""
    account = get_object_or_404(Account.objects.all(), pk=pk)
    try:
        accounts.delete_account(account, actor=request.user)
    except DomainError as refusal:
        return _form_page(request, AccountForm(instance=account), str(refusal))
    messages.success(request, _("The account %(account)s is deleted.") % {"account": account})
    return _done(request)


@require_http_methods(["GET", "POST"])
@MANAGE
def account_import(request: TenantRequest) -> HttpResponse:
    form = AccountFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            content = form.cleaned_data["file"].read(account_files.MOST_BYTES + 1)
            done = account_files.import_accounts(content, actor=request.user)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            sentence = ngettext(
                "%(added)s account is added, %(changed)s changed.",
                "%(added)s accounts are added, %(changed)s changed.",
                done.added,
            )
            messages.success(request, sentence % {"added": done.added, "changed": done.changed})
            return redirect("invoicing:account_list")
    return render(
        request,
        "invoicing/books/account_import.html",
        {"form": form},
        status=422 if form.errors else 200,
    )


@require_POST
@MANAGE
def chart_choose(request: TenantRequest) -> HttpResponse:
    """Begin with another standard chart."""
    key = request.POST.get("chart", "")
    try:
        accounts.choose_chart(request.tenant, key, actor=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        name = STANDARD_CHARTS[key].name
        messages.success(request, _("The books now begin with %(chart)s.") % {"chart": name})
    return redirect("invoicing:account_list")


def _done(request: TenantRequest) -> HttpResponse:
    return close_dialog() if is_list_request(request) else redirect("invoicing:account_list")
