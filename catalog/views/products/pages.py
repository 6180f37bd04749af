"""The list of products, one of them, and its file."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from catalog.domain import products
from catalog.domain.product_columns import head_of, languages_beside
from catalog.errors import ProductRefused
from catalog.models import Product, Unit
from catalog.views.products.filters import ProductFilter
from catalog.views.products.forms import ProductForm
from core.dialogs import close_dialog
from core.forms import add_refusal
from core.lists import is_list_request, order_by_request, page_of
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from tenants.roles import Permission

SEE = permission_required(
    Permission.MANAGE_PRODUCTS,
    Permission.VIEW_INVOICE,
    Permission.CREATE_INVOICE,
    Permission.CREATE_PROJECT_INVOICE,
)
MANAGE = permission_required(Permission.MANAGE_PRODUCTS)
SORTS = {
    "number": ["number"],
    "name": ["name", "number"],
    "unit": ["unit", "number"],
    "price": ["currency", "unit_price", "number"],
    "vat": ["tax_rate__percent", "number"],
    "account": ["account", "number"],
}
DEFAULT_SORT = "number"


@require_GET
@SEE
def product_list(request: TenantRequest) -> HttpResponse:
    filter_set, rows = _rows(request)
    context = {
        "filter": filter_set,
        "page": page_of(request, rows),
        "default_sort": DEFAULT_SORT,
        "may_manage": request.membership.may(Permission.MANAGE_PRODUCTS),
        "sees_cost": sees_cost(request),
    }
    template = "catalog/product_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context)


@require_GET
@SEE
def product_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    """Everything the filters let through, with the columns that the import reads."""
    filter_set, rows = _rows(request)
    if not filter_set.is_valid():
        return refuse_filters()
    languages = languages_beside(request.tenant)
    rows = rows.prefetch_related("names", "prices")
    currencies = sorted({price.currency for row in rows for price in row.prices.all()})
    shows_cost = sees_cost(request)

    def cells() -> Iterator[list[Any]]:
        for row in rows:
            names = {one.language: one.name for one in row.names.all()}
            prices = {one.currency: one.unit_price for one in row.prices.all()}
            yield [
                row.number,
                row.name,
                *(names.get(code, "") for code in languages),
                str(Unit(row.unit).label),
                row.unit_price,
                row.currency,
                *(prices.get(code) for code in currencies),
                row.cost if shows_cost else None,
                row.tax_rate.name if row.tax_rate else "",
                row.account,
                _("yes") if row.is_active else _("no"),
            ]

    return list_file(
        request,
        kind,
        name="products",
        title=_("Products"),
        head=head_of(languages, currencies),
        rows=cells,
        count=rows.count,
    )


@require_http_methods(["GET", "POST"])
@MANAGE
def product_new(request: TenantRequest) -> HttpResponse:
    """`?copy=` fills it in with all that another product says, but its number."""
    form = ProductForm(
        request.POST if request.method == "POST" else None,
        tenant=request.tenant,
        product=None,
        initial=_proposed(request),
    )
    if request.method == "POST" and form.is_valid():
        try:
            product = products.add_product(form.values(), actor=request.user)
        except ProductRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("“%(name)s” is added.") % {"name": product.name})
            return _done(request)
    return _form_page(request, form, None)


@require_http_methods(["GET", "POST"])
@SEE
def product_edit(request: TenantRequest, pk: int) -> HttpResponse:
    """Who may not change it sees what it says."""
    product = _product_or_404(pk)
    may_manage = request.membership.may(Permission.MANAGE_PRODUCTS)
    if request.method == "POST" and not may_manage:
        raise PermissionDenied
    if not may_manage:
        context = {"product": product, "sees_cost": sees_cost(request)}
        return render(request, "catalog/product_detail.html", context)
    form = ProductForm(
        request.POST if request.method == "POST" else None,
        tenant=request.tenant,
        product=product,
        initial=ProductForm.initial_of(product, state=products.state_of(product)),
    )
    if request.method == "POST" and form.is_valid():
        try:
            state = form.cleaned_data["state"]
            products.change_product(pk, form.values(), actor=request.user, state=state)
        except ProductRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": product.name})
            return _done(request)
    return _form_page(request, form, product)


@require_POST
@MANAGE
def product_remove(request: TenantRequest, pk: int) -> HttpResponse:
    product = _product_or_404(pk)
    try:
        products.remove_product(pk, actor=request.user)
    except ProductRefused as refused:
        form = ProductForm(
            tenant=request.tenant,
            product=product,
            initial=ProductForm.initial_of(product, state=products.state_of(product)),
        )
        return _form_page(request, form, product, refusal=str(refused))
    messages.success(request, _("“%(name)s” is deleted.") % {"name": product.name})
    return _done(request)


def sees_cost(request: TenantRequest) -> bool:
    may = request.membership.may
    return may(Permission.MANAGE_PRODUCTS) or may(Permission.VIEW_INVOICE)


def _rows(request: TenantRequest) -> tuple[ProductFilter, QuerySet[Product]]:
    products_with_rates: QuerySet[Product] = Product.objects.select_related("tax_rate")
    filter_set = ProductFilter(request.GET, queryset=products_with_rates, request=request)
    return filter_set, order_by_request(request, filter_set.qs, SORTS, default=DEFAULT_SORT)


def _product_or_404(pk: int) -> Product:
    rows = Product.objects.select_related("tax_rate").prefetch_related("names", "prices")
    found: Product = get_object_or_404(rows, pk=pk)
    return found


def _proposed(request: TenantRequest) -> dict[str, Any]:
    number = products.next_product_number()
    asked = request.GET.get("copy", "")
    if asked.isascii() and asked.isdecimal() and len(asked) < 18:
        return ProductForm.initial_of(_product_or_404(int(asked))) | {"number": number}
    return {"number": number, "unit": Unit.PIECE, "is_active": True}


def _done(request: TenantRequest) -> HttpResponse:
    """The page behind the dialog follows; a plain form goes to the list."""
    if "HX-Request" in request.headers:
        return close_dialog()
    return redirect("catalog:product_list")


def _form_page(
    request: TenantRequest, form: ProductForm, product: Product | None, *, refusal: str = ""
) -> HttpResponse:
    context = {"form": form, "product": product, "refusal": refusal}
    status = 422 if form.errors or refusal else 200
    return render(request, "catalog/product_form.html", context, status=status)
