"""Packages: the list, the page of one with its components and prices, and its dialogs."""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.forms import Form
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from catalog.models import Unit
from core.dialogs import close_dialog
from core.forms import add_refusal
from core.lists import is_list_request, order_by_request, page_of
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from tenants.roles import Permission
from timesheets.domain.packages import offering
from timesheets.models import BillingPeriod, ComponentPrice, DueAt, Package, PackageComponent
from timesheets.package_errors import PackageRefused
from timesheets.selectors.packages import (
    component_rows,
    current_prices,
    following_of,
    subscription_rows,
)
from timesheets.views.packages.filters import RUNNING, PackageFilter, state_is
from timesheets.views.packages.following import asks_how_far, how_far
from timesheets.views.packages.forms import ComponentForm, PackageForm, PriceForm

SEE = permission_required(Permission.VIEW_CUSTOMERS, Permission.SET_RATES)
EDIT = permission_required(Permission.SET_RATES)
SORTS = {
    "name": ["name"],
    "number": ["number", "name"],
    "currency": ["currency", "name"],
    "subscribers": ["subscribers", "name"],
    "state": ["-is_active", "name"],
}
DEFAULT_SORT = "name"
SHOWN_SUBSCRIPTIONS = 50


@require_GET
@SEE
def package_list(request: TenantRequest) -> HttpResponse:
    filter_set, found = _rows(request)
    page = page_of(request, found)
    context = {
        "filter": filter_set,
        "page": page,
        "has_packages": bool(page.object_list) or Package.objects.exists(),
        "default_sort": DEFAULT_SORT,
        "may_edit": request.membership.may(Permission.SET_RATES),
    }
    template = "timesheets/packages/list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=200 if filter_set.form.is_valid() else 422)


@require_GET
@SEE
def package_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    """A row for each component, with its price today."""
    filter_set, found = _rows(request)
    if not filter_set.form.is_valid():
        return refuse_filters()
    head = [
        _("Package"), _("Number"), _("Component"), _("Quantity"), _("Unit"), _("Period"),
        _("Billed"), _("Unit price"), _("Included usage"), _("Usage of"), _("Price beyond"),
        _("Currency"), _("VAT"), _("Account"),
    ]  # fmt: skip
    return list_file(
        request,
        kind,
        name="packages",
        title=_("Packages"),
        head=head,
        rows=lambda: _file_rows(found),
    )


@require_GET
@SEE
def package_detail(request: TenantRequest, pk: int) -> HttpResponse:
    package = get_object_or_404(Package.objects.all(), pk=pk)
    following = following_of(package.subscriptions.all())
    if asks_how_far(request):
        return how_far(request, following)
    today = timezone.localdate()
    subscriptions = package.subscriptions.filter(state_is(RUNNING, today)).select_related(
        "customer", "package"
    )
    context = {
        "package": package,
        "following": following,
        "components": component_rows(package, today),
        "subscriptions": subscription_rows(
            subscriptions.order_by("customer__name", "pk")[:SHOWN_SUBSCRIPTIONS], today
        ),
        "subscriber_count": subscriptions.count(),
        "may_edit": request.membership.may(Permission.SET_RATES),
        "may_subscribe": request.membership.may(Permission.EDIT_CUSTOMERS),
    }
    part = "#components" if is_list_request(request) else ""
    return render(request, "timesheets/packages/detail.html" + part, context)


@require_http_methods(["GET", "POST"])
@EDIT
def package_new(request: TenantRequest) -> HttpResponse:
    form = PackageForm(
        request.POST or None,
        instance=Package(tenant=request.tenant, currency=request.tenant.currency),
    )
    if request.method == "POST" and form.is_valid():
        package = offering.add_package(actor=request.user, **form.cleaned_data)
        messages.success(
            request, _("The package “%(name)s” is added. Give it its components.")
            % {"name": package.name}
        )  # fmt: skip
        return _go(request, reverse("timesheets:package_detail", args=[package.pk]))
    return _form_page(request, "package_form", form)


@require_http_methods(["GET", "POST"])
@EDIT
def package_edit(request: TenantRequest, pk: int) -> HttpResponse:
    package = get_object_or_404(Package.objects.all(), pk=pk)
    form = PackageForm(request.POST or None, instance=package)
    if request.method == "POST" and form.is_valid():
        try:
            package = offering.change_package(pk, actor=request.user, **form.cleaned_data)
        except PackageRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("The package is saved."))
            return _go(request, reverse("timesheets:package_detail", args=[pk]))
    return _form_page(request, "package_form", form, package=Package.objects.get(pk=pk))


@require_POST
@EDIT
def package_remove(request: TenantRequest, pk: int) -> HttpResponse:
    package = get_object_or_404(Package.objects.all(), pk=pk)
    try:
        offering.remove_package(pk, actor=request.user)
    except PackageRefused as refused:
        messages.error(request, str(refused))
        return redirect("timesheets:package_detail", pk)
    messages.success(request, _("The package “%(name)s” is deleted.") % {"name": package.name})
    return redirect("timesheets:package_list")


@require_http_methods(["GET", "POST"])
@EDIT
def component_new(request: TenantRequest, pk: int) -> HttpResponse:
    package = get_object_or_404(Package.objects.all(), pk=pk)
    first = timezone.localdate().replace(day=1)
    form = ComponentForm(request.POST or None, component=None, initial={"start_date": first})

    def save() -> None:
        offering.add_component(pk, actor=request.user, price=form.price(), **form.values())

    return _saved(request, form, save, "component_form", package=package)


@require_http_methods(["GET", "POST"])
@EDIT
def component_edit(request: TenantRequest, pk: int) -> HttpResponse:
    component = get_object_or_404(PackageComponent.objects.select_related("package"), pk=pk)
    form = ComponentForm(
        request.POST or None, component=component, initial=ComponentForm.initial_of(component)
    )

    def save() -> None:
        offering.change_component(pk, actor=request.user, **form.values())

    return _saved(
        request, form, save, "component_form", package=component.package, component=component
    )


@require_POST
@EDIT
def component_remove(request: TenantRequest, pk: int) -> HttpResponse:
    component = get_object_or_404(PackageComponent.objects.all(), pk=pk)
    return _removed(request, component.package_id, lambda: offering.remove_component(
        pk, actor=request.user
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@EDIT
def price_new(request: TenantRequest, pk: int) -> HttpResponse:
    component = get_object_or_404(PackageComponent.objects.select_related("package"), pk=pk)
    last = component.prices.order_by("-start_date").first()
    initial = PriceForm.initial_of(last) if last else {}
    form = PriceForm(request.POST or None, initial=initial | {"start_date": None, "end_date": None})

    def save() -> None:
        offering.add_price(pk, actor=request.user, **form.values())

    return _saved(request, form, save, "price_form", package=component.package, component=component)


@require_http_methods(["GET", "POST"])
@EDIT
def price_edit(request: TenantRequest, pk: int) -> HttpResponse:
    price = get_object_or_404(ComponentPrice.objects.select_related("component__package"), pk=pk)
    form = PriceForm(request.POST or None, initial=PriceForm.initial_of(price))

    def save() -> None:
        offering.change_price(pk, actor=request.user, **form.values())

    component = price.component
    return _saved(
        request,
        form,
        save,
        "price_form",
        package=component.package,
        component=component,
        price=price,
    )


@require_POST
@EDIT
def price_remove(request: TenantRequest, pk: int) -> HttpResponse:
    price = get_object_or_404(ComponentPrice.objects.select_related("component"), pk=pk)
    package_id = price.component.package_id
    try:
        fees = offering.remove_price(pk, actor=request.user)
    except PackageRefused as refused:
        messages.error(request, str(refused))
        return redirect("timesheets:package_detail", package_id)
    messages.success(request, _("The package is saved."))
    if fees:
        told = ngettext(
            "%(count)d open fee of its days is taken away.",
            "%(count)d open fees of its days are taken away.",
            fees,
        )
        messages.warning(request, told % {"count": fees})
    return redirect("timesheets:package_detail", package_id)


def _rows(request: TenantRequest) -> tuple[PackageFilter, QuerySet[Any]]:
    today = timezone.localdate()
    counted = Package.objects.annotate(
        subscribers=Count(
            "subscriptions",
            filter=Q(subscriptions__start_date__lte=today)
            & (Q(subscriptions__end_date=None) | Q(subscriptions__end_date__gte=today)),
            distinct=True,
        ),
        component_count=Count("components", distinct=True),
    )
    filter_set = PackageFilter(request.GET, queryset=counted, request=request)
    return filter_set, order_by_request(request, filter_set.qs, SORTS, default=DEFAULT_SORT)


def _file_rows(found: QuerySet[Any]) -> Iterator[list[Any]]:
    today = timezone.localdate()
    components = (
        PackageComponent.objects.filter(package__in=found.order_by().values("pk"))
        .select_related("package", "tax_rate")
        .order_by("package__name", "package_id", "position", "pk")
    )
    prices = current_prices(components, today)
    for component in components:
        price = prices.get(component.pk)
        yield [
            component.package.name,
            component.package.number,
            component.name,
            component.quantity,
            str(Unit(component.unit).label),
            str(BillingPeriod(component.period).label),
            str(DueAt(component.due_at).label),
            price.unit_price if price else None,
            component.included_quantity,
            component.usage_destination,
            price.usage_price if price else None,
            component.package.currency,
            component.tax_rate.percent if component.tax_rate else None,
            component.account,
        ]


def _saved(
    request: TenantRequest, form: Form, save: Callable[[], None], template: str, **context: Any
) -> HttpResponse:
    """A dialog of a package's page: saved, or shown again with what is wrong."""
    if request.method == "POST" and form.is_valid():
        try:
            save()
        except PackageRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("The package is saved."))
            if is_list_request(request):
                return close_dialog()
            return redirect("timesheets:package_detail", context["package"].pk)
    return _form_page(request, template, form, **context)


def _removed(request: TenantRequest, package_id: int, remove: Callable[[], None]) -> HttpResponse:
    try:
        remove()
    except PackageRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The package is saved."))
    return redirect("timesheets:package_detail", package_id)


def _go(request: TenantRequest, url: str) -> HttpResponse:
    if is_list_request(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def _form_page(request: TenantRequest, template: str, form: Any, **context: Any) -> HttpResponse:
    status = 422 if form.errors else 200
    path = f"timesheets/packages/{template}.html"
    return render(request, path, {"form": form, **context}, status=status)
