"""Subscriptions: the list, the page of one with its fees, its form, and a customer's tab."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.forms import add_refusal
from core.lists import is_list_request, order_by_request, page_of
from customers.models import Customer
from customers.selectors import visible_customers
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from tenants.roles import Permission
from timesheets.domain.packages import subscribing
from timesheets.domain.packages.fees import Book, due_by_now, write_fees
from timesheets.models import OwnTerms, Package, Subscription
from timesheets.package_errors import PackageRefused
from timesheets.requested import number_of
from timesheets.selectors.packages import (
    current_prices,
    fee_rows,
    following_of,
    subscription_rows,
    term_rows,
    unpriced_days,
)
from timesheets.views.packages.filters import SubscriptionFilter
from timesheets.views.packages.following import asks_how_far, how_far
from timesheets.views.packages.forms import OwnForm, SubscriptionForm, UntilForm, own_forms

SEE = permission_required(Permission.VIEW_CUSTOMERS)
EDIT = permission_required(Permission.EDIT_CUSTOMERS)
SORTS = {
    "customer": ["customer__name", "package__name", "-start_date"],
    "package": ["package__name", "customer__name", "-start_date"],
    "from": ["start_date", "customer__name"],
    "to": ["end_date", "customer__name"],
}
DEFAULT_SORT = "customer"


@require_GET
@SEE
def subscription_list(request: TenantRequest) -> HttpResponse:
    today = timezone.localdate()
    filter_set, found = _rows(request)
    page = page_of(request, found)
    context = {
        "filter": filter_set,
        "page": page,
        "rows": subscription_rows(page.object_list, today),
        "has_subscriptions": bool(page.object_list) or Subscription.objects.exists(),
        "default_sort": DEFAULT_SORT,
        "may_edit": request.membership.may(Permission.EDIT_CUSTOMERS),
        "until_form": UntilForm(initial={"until": due_by_now(today)}),
    }
    template = "timesheets/packages/subscriptions.html"
    template += "#list" if is_list_request(request) else ""
    return render(request, template, context, status=200 if filter_set.form.is_valid() else 422)


@require_GET
@SEE
def subscription_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    filter_set, found = _rows(request)
    if not filter_set.form.is_valid():
        return refuse_filters()
    head = [
        _("Customer number"), _("Customer"), _("Project"), _("Package"), _("From"), _("To"),
        _("Written until"), _("Billed until"), _("Internal note"),
    ]  # fmt: skip
    return list_file(
        request,
        kind,
        name="subscriptions",
        title=_("Subscriptions"),
        head=head,
        rows=lambda: _file_rows(found),
    )


@require_GET
@SEE
def subscription_detail(request: TenantRequest, pk: int) -> HttpResponse:
    subscription = get_object_or_404(_with_names(), pk=pk)
    following = following_of(Subscription.objects.filter(pk=pk))
    if asks_how_far(request):
        return how_far(request, following)
    today = timezone.localdate()
    fees = fee_rows(subscription, request.membership)
    book = Book([subscription])
    context = {
        "subscription": subscription,
        "following": following,
        "terms": term_rows(subscription, book, today),
        "fees": fees,
        "unpriced": unpriced_days(subscription, book, until=due_by_now(today)),
        "may_edit": request.membership.may(Permission.EDIT_CUSTOMERS),
        "today": today,
    }
    return render(request, "timesheets/packages/subscription.html", context)


@require_http_methods(["GET", "POST"])
@EDIT
def subscription_new(request: TenantRequest) -> HttpResponse:
    """`?customer=` and `?package=` fill it in."""
    initial = {name: request.GET.get(name, "") for name in ("customer", "package")}
    initial["start_date"] = timezone.localdate().replace(day=1).isoformat()
    form = SubscriptionForm(request.POST or None, subscription=None, initial=initial)
    own = _own_forms(request, form["package"].value())
    if request.method == "POST" and _are_valid(form, own):
        try:
            subscription = subscribing.subscribe(
                actor=request.user, own=_agreed(own), **form.cleaned_data
            )
        except PackageRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("The subscription is added, and what is due is written."))
            return redirect("timesheets:subscription_detail", subscription.pk)
    return _form_page(request, form, own, None)


@require_http_methods(["GET", "POST"])
@EDIT
def subscription_edit(request: TenantRequest, pk: int) -> HttpResponse:
    subscription = get_object_or_404(_with_names(), pk=pk)
    form = SubscriptionForm(
        request.POST or None,
        subscription=subscription,
        initial=SubscriptionForm.initial_of(subscription),
    )
    own = _own_forms(request, form["package"].value(), subscription)
    if request.method == "POST" and _are_valid(form, own):
        try:
            subscribing.change_subscription(
                pk, actor=request.user, own=_agreed(own), **form.cleaned_data
            )
        except PackageRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("The subscription is saved."))
            return redirect("timesheets:subscription_detail", pk)
    return _form_page(request, form, own, subscription)


@require_GET
@EDIT
def subscription_terms(request: TenantRequest) -> HttpResponse:
    """The fields for own terms of the package that was chosen in the form."""
    own = _own_forms(request, request.GET.get("package", ""))
    return render(request, "timesheets/packages/subscription_form.html#terms", {"own_forms": own})


@require_POST
@EDIT
def subscription_remove(request: TenantRequest, pk: int) -> HttpResponse:
    get_object_or_404(Subscription.objects.all(), pk=pk)
    try:
        subscribing.remove_subscription(pk, actor=request.user)
    except PackageRefused as refused:
        messages.error(request, str(refused))
        return redirect("timesheets:subscription_detail", pk)
    messages.success(request, _("The subscription is deleted."))
    return redirect("timesheets:subscription_list")


@require_POST
@EDIT
def subscription_fees(request: TenantRequest) -> HttpResponse:
    """Write the fees due until a day, of all subscriptions."""
    form = UntilForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Enter the day until which fees are written."))
        return redirect("timesheets:subscription_list")
    try:
        written = write_fees(actor=request.user, until=form.cleaned_data["until"])
    except PackageRefused as refused:
        messages.error(request, str(refused))
        return redirect("timesheets:subscription_list")
    told = ngettext("%(count)d fee is written.", "%(count)d fees are written.", written.made)
    messages.success(request, told % {"count": written.made})
    names = sorted({f"{one.subscription}: {one.component}" for one in written.unpriced})
    if names:
        sentence = _("Without a price for all days, and so not wholly charged: %(names)s.")
        messages.warning(request, sentence % {"names": "; ".join(names[:10])})
    if written.foreign:
        sentence = _("Sold in another currency than the customer's, so not charged: %(names)s.")
        told = "; ".join(str(one) for one in written.foreign[:10])
        messages.warning(request, sentence % {"names": told})
    return redirect("timesheets:subscription_list")


@require_GET
@SEE
def customer_subscriptions(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a customer's page."""
    customer: Customer = get_object_or_404(visible_customers(request.membership), pk=pk)
    found = _with_names().filter(customer=customer).order_by("-start_date", "pk")
    context = {
        "customer": customer,
        "rows": subscription_rows(found, timezone.localdate()),
        "may_edit": request.membership.may(Permission.EDIT_CUSTOMERS),
        "new_url": f"{reverse('timesheets:subscription_new')}?customer={pk}",
    }
    template = "timesheets/packages/customer_part.html"
    return render(request, template + ("#part" if is_list_request(request) else ""), context)


def _with_names() -> QuerySet[Any]:
    found: QuerySet[Any] = Subscription.objects.select_related("customer", "project", "package")
    return found


def _rows(request: TenantRequest) -> tuple[SubscriptionFilter, QuerySet[Any]]:
    filter_set = SubscriptionFilter(
        request.GET, queryset=_with_names(), request=request, today=timezone.localdate()
    )
    return filter_set, order_by_request(request, filter_set.qs, SORTS, default=DEFAULT_SORT)


def _file_rows(found: QuerySet[Any]) -> Iterator[list[Any]]:
    for row in subscription_rows(found, timezone.localdate()):
        one = row.subscription
        yield [
            one.customer.number,
            one.customer.name,
            one.project.name if one.project else "",
            one.package.name,
            one.start_date,
            one.end_date,
            row.written_until,
            row.billed_until,
            one.note,
        ]


def _own_forms(
    request: TenantRequest, package_id: Any, subscription: Subscription | None = None
) -> list[OwnForm]:
    number = number_of(str(package_id or ""))
    package = Package.objects.filter(pk=number).first() if number else None
    if package is None:
        return []
    components = list(package.components.all())
    prices = current_prices(components, timezone.localdate())
    own = (
        {row.component_id: row for row in OwnTerms.objects.filter(subscription=subscription)}
        if subscription
        else None
    )
    return own_forms(components, prices, data=request.POST or None, own=own)


def _are_valid(form: SubscriptionForm, own: list[OwnForm]) -> bool:
    return all([form.is_valid(), *(one.is_valid() for one in own)])


def _agreed(own: list[OwnForm]) -> dict[int, subscribing.Own]:
    return {one.component.pk: one.own() for one in own}


def _form_page(
    request: TenantRequest,
    form: SubscriptionForm,
    own: list[OwnForm],
    subscription: Subscription | None,
) -> HttpResponse:
    back = (
        reverse("timesheets:subscription_detail", args=[subscription.pk])
        if subscription
        else reverse("timesheets:subscription_list")
    )
    context = {"form": form, "own_forms": own, "subscription": subscription, "back": back}
    is_wrong = bool(form.errors) or any(one.errors for one in own)
    template = "timesheets/packages/subscription_form.html"
    return render(request, template, context, status=422 if is_wrong else 200)
