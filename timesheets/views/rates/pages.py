"""Rates: the list, adding, changing, removing, which one applies, and the tabs of other pages."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.dialogs import close_dialog
from core.errors import DomainError
from core.forms import add_refusal, typed_number
from core.lists import is_list_request, order_by_request, page_of
from core.templatetags.figures import money
from customers.models import Customer, Project
from customers.selectors import visible_customers, visible_projects
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from tenants.roles import Permission
from timesheets import errors
from timesheets.domain.rate_changes import add_rate, change_rate, remove_rate
from timesheets.models import Rate, RateLevel
from timesheets.selectors.rates import explain_rate, level_of_rate, listed_rates
from timesheets.views.rates.forms import (
    ExplainForm,
    RateDaysForm,
    RateFilter,
    RateForm,
    of_customer,
    of_project,
)
from timesheets.views.rates.tabs import rate_tabs

SET = permission_required(Permission.SET_RATES)
SORTS = {
    "level": ["level_order", "customer__name", "project__name", "task__name", "member__name"],
    "customer": ["customer__name", "project__customer__name", "level_order"],
    "project": ["project__name", "task__project__name", "level_order"],
    "member": ["member__name", "level_order"],
    "task": ["task__name", "level_order"],
    "amount": ["amount", "level_order"],
    "start": ["start_date", "level_order"],
    "end": ["end_date", "level_order"],
}
DEFAULT_SORT = "level"
SHOWN_IN_A_TAB = 200


@require_GET
@SET
def rate_list(request: TenantRequest) -> HttpResponse:
    filter_set, rows = _rows(request)
    refused = not filter_set.form.is_valid()
    context = {
        "filter": filter_set,
        "page": page_of(request, rows, per_page=100),
        "has_rates": Rate.objects.exists(),
        "default_sort": DEFAULT_SORT,
        "today": timezone.localdate(),
        "tabs": rate_tabs(request.membership, "rates"),
    }
    template = "timesheets/rate_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=422 if refused else 200)


@require_GET
@SET
def rate_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    filter_set, rows = _rows(request)
    if not filter_set.form.is_valid():
        return refuse_filters()
    head = [
        _("Level"), _("Customer"), _("Project"), _("Task"), _("Person"), _("Rate"), _("Currency"),
        _("Valid from"), _("Valid until"),
    ]  # fmt: skip
    return list_file(
        request,
        kind,
        name="rates",
        title=_("Rates"),
        head=head,
        rows=lambda: map(_file_row, rows),
    )


@require_http_methods(["GET", "POST"])
@SET
def rate_new(request: TenantRequest) -> HttpResponse:
    """`?level=&customer=&project=&task=&member=` fill it in."""
    names = ("level", "customer", "project", "task", "member", "currency")
    initial = {name: request.GET[name] for name in names if name in request.GET}
    form = RateForm(request.tenant, request.POST or None, initial=initial)
    offers_end = False
    if request.method == "POST" and form.is_valid():
        values = {name: value for name, value in form.cleaned_data.items() if name != "level"}
        try:
            rate = add_rate(actor=request.membership, **values)
        except DomainError as refusal:
            offers_end = isinstance(refusal, errors.RateOverlapsOpenOne)
            add_refusal(form, refusal)
        else:
            amount = money(rate.amount, rate.currency)
            messages.success(
                request,
                _("The rate of %(amount)s is added. Hours written already keep theirs.")
                % {"amount": amount},
            )
            return _done(request)
    context = {"form": form, "offers_end": offers_end or form["end_other"].value()}
    return render(request, "timesheets/rate_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@SET
def rate_edit(request: TenantRequest, pk: int) -> HttpResponse:
    """Change amount and days; `?end` puts today's date into the last day."""
    rate = get_object_or_404(listed_rates(), pk=pk)
    initial = {
        "amount": typed_number(rate.amount, least_places=2),
        "start_date": rate.start_date,
        "end_date": rate.end_date or (timezone.localdate() if "end" in request.GET else None),
    }
    form = RateDaysForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_rate(pk, actor=request.membership, **form.cleaned_data)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The rate is saved. Hours written already keep theirs."))
            return _done(request)
    context = {"form": form, "rate": rate, "level": level_of_rate(rate)}
    return render(request, "timesheets/rate_form.html", context, status=422 if form.errors else 200)


@require_POST
@SET
def rate_remove(request: TenantRequest, pk: int) -> HttpResponse:
    get_object_or_404(Rate, pk=pk)
    try:
        rate = remove_rate(pk, actor=request.membership)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        amount = money(rate.amount, rate.currency)
        messages.success(request, _("The rate of %(amount)s is removed.") % {"amount": amount})
    return _done(request)


@require_GET
@SET
def rate_explain(request: TenantRequest) -> HttpResponse:
    """Which rate applies to a person, project, task and day, and why."""
    asked = "project" in request.GET
    initial = {"day": timezone.localdate()}
    form = ExplainForm(request.GET if asked else None, initial=initial)
    explanation = None
    if asked and form.is_valid():
        explanation = explain_rate(**form.cleaned_data)
    context = {"form": form, "explanation": explanation}
    return render(
        request, "timesheets/rate_explain.html", context, status=422 if form.errors else 200
    )


@require_GET
@SET
def customer_rates(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a customer's page."""
    customer: Customer = get_object_or_404(visible_customers(request.membership), pk=pk)
    rates = listed_rates().filter(of_customer(pk))
    query = f"level={RateLevel.CUSTOMER}&customer={pk}"
    return _part(request, rates, str(customer), query, customer.currency)


@require_GET
@SET
def project_rates(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a project's page."""
    project: Project = get_object_or_404(visible_projects(request.membership), pk=pk)
    rates = listed_rates().filter(of_project(pk))
    query = f"level={RateLevel.PROJECT}&project={pk}"
    return _part(request, rates, str(project), query, project.customer.currency)


def _part(
    request: TenantRequest, rates: Any, title: str, query: str, currency: str
) -> HttpResponse:
    context = {
        "page": rates.order_by(*SORTS[DEFAULT_SORT], "pk")[:SHOWN_IN_A_TAB],
        "title": title,
        "query": f"{query}&currency={currency}",
        "today": timezone.localdate(),
    }
    template = "timesheets/rate_part.html" + ("#part" if is_list_request(request) else "")
    return render(request, template, context)


def _rows(request: TenantRequest) -> tuple[RateFilter, Any]:
    filter_set = RateFilter(request.GET, queryset=listed_rates(), request=request)
    return filter_set, order_by_request(request, filter_set.qs, SORTS, default=DEFAULT_SORT)


def _done(request: TenantRequest) -> HttpResponse:
    if is_list_request(request):
        return close_dialog()
    return redirect(reverse("timesheets:rate_list"))


def _file_row(rate: Any) -> list[Any]:
    project = rate.project or (rate.task.project if rate.task else None)
    customer = rate.customer or (project.customer if project else None)
    return [
        level_of_rate(rate).label,
        str(customer) if customer else "",
        str(project) if project else "",
        str(rate.task) if rate.task else "",
        str(rate.member) if rate.member else "",
        rate.amount,
        rate.currency,
        rate.start_date,
        rate.end_date,
    ]
