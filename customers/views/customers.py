from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core.lists import is_list_request, order_by_request, page_of
from core.returning import way_back, with_way_back
from customers.custom_lists import Columns, columns_of
from customers.domain import custom_fields, registers
from customers.domain.billing_terms import Level, terms_of
from customers.errors import CustomerRefused
from customers.filters import CustomerFilter
from customers.forms import CustomerForm
from customers.models import Customer
from customers.selectors import visible_customers, visible_projects
from customers.tabs import CUSTOMER_CARDS, CUSTOMER_PARTS, parts_for
from customers.terms_words import facts_of
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file
from tenants.roles import Permission

SORTS = {
    "number": ["number"],
    "name": ["name"],
    "city": ["city", "name"],
    "projects": ["project_count", "name"],
    "term": ["payment_term_days", "name"],
}
SEE = permission_required(Permission.VIEW_CUSTOMERS, Permission.VIEW_PROJECT_CUSTOMERS)
SEARCH_RESULTS = 30


@require_GET
@SEE
def customer_list(request: TenantRequest) -> HttpResponse:
    columns = columns_of("customers", "customer", request.membership)
    filter_set, rows = _rows(request, columns)
    context = {
        "filter": filter_set,
        "page": page_of(request, rows),
        "default_sort": "name",
        "columns": columns,
    }
    template = "customers/customer_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context)


@require_GET
@SEE
def customer_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    own = columns_of("customers", "customer", request.membership)
    _filter_set, rows = _rows(request, own)
    columns = [
        "number", "name", "business_id", "vat_id", "street", "postal_code", "city", "country",
        "email", "phone", "language", "currency", "payment_term_days", "group", "is_active",
    ]  # fmt: skip
    fields = [Customer._meta.get_field(column) for column in columns]
    head = [str(field.verbose_name) for field in fields]  # type: ignore[union-attr]
    columns[columns.index("group")] = "group__name"
    found = rows.values_list("custom_values", *columns)
    return list_file(
        request,
        kind,
        name="customers",
        title=_("Customers"),
        head=[*head, *own.file_head],
        count=rows.count,
        rows=lambda: ([*cells, *own.file_cells(values)] for values, *cells in found),
    )


@require_GET
@SEE
def customer_search(request: TenantRequest) -> JsonResponse:
    """Answer a combobox: `?q=` in name or number."""
    filter_set = CustomerFilter(
        {"q": request.GET.get("q", "")}, queryset=visible_customers(request.membership)
    )
    found = filter_set.qs.order_by("name", "pk")[:SEARCH_RESULTS]
    results = [{"id": c.pk, "text": c.name, "hint": c.number} for c in found]
    return JsonResponse({"results": results})


@require_GET
@SEE
def customer_detail(request: TenantRequest, pk: int) -> HttpResponse:
    visible = visible_customers(request.membership).select_related("group")
    customer = get_object_or_404(visible, pk=pk)
    projects = visible_projects(request.membership).filter(customer=customer)
    parts = parts_for(CUSTOMER_PARTS, request.membership, pk)
    keys = ["overview", "projects", "contacts", *parts]
    tab = request.GET.get("tab", "overview")
    if tab not in keys:
        tab = "overview"
    counts = {"projects": projects.count(), "contacts": customer.contacts.count()}
    labels: dict[str, Any] = {
        "overview": _("Overview"),
        "projects": _("Projects"),
        "contacts": _("Contacts"),
    }
    tabs = [
        {
            "label": labels.get(key) or parts[key][0].label,
            "url": f"?tab={key}" if key != "overview" else "?",
            "active": key == tab,
            "count": counts.get(key),
        }
        for key in keys
    ]
    context = {
        "customer": customer,
        "contacts": customer.contacts.all(),
        "projects": projects.order_by("-is_active", "name", "pk"),
        "tab": tab,
        "tabs": tabs,
        "project_new_url": f"{reverse('customers:project_new')}?customer={pk}",
        "part_url": parts[tab][1] if tab in parts else "",
        "cards": parts_for(CUSTOMER_CARDS, request.membership, pk) if tab == "overview" else {},
        "may_edit": request.membership.may(Permission.EDIT_CUSTOMERS),
        "fields": custom_fields.fields_of("customer") if tab == "overview" else [],
        "terms": facts_of(terms_of(customer=customer, tenant=request.tenant), own=Level.CUSTOMER),
    }
    return render(request, "customers/customer_detail.html", context)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.EDIT_CUSTOMERS)
def customer_new(request: TenantRequest) -> HttpResponse:
    if not request.membership.may(Permission.VIEW_CUSTOMERS):
        # Without a project of theirs in it, they would not see what they added.
        raise PermissionDenied
    tenant = request.tenant
    blank = Customer(
        tenant=tenant,
        number=registers.next_customer_number(),
        country=tenant.country,
        language=tenant.language,
        currency=tenant.currency,
    )
    form = CustomerForm(request.POST or None, instance=blank)
    del form.fields["is_active"]
    if request.method == "POST" and form.is_valid():
        customer = registers.add_customer(actor=request.user, **form.cleaned_data)
        messages.success(request, _("%(name)s is added.") % {"name": customer.name})
        return redirect("customers:customer_detail", customer.pk)
    return _form_page(request, form, None)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.EDIT_CUSTOMERS)
def customer_edit(request: TenantRequest, pk: int) -> HttpResponse:
    customer = get_object_or_404(visible_customers(request.membership), pk=pk)
    form = CustomerForm(request.POST or None, instance=customer)
    if request.method == "POST" and form.is_valid():
        try:
            registers.change_customer(customer, actor=request.user, **form.cleaned_data)
        except CustomerRefused as refused:
            form.add_error("currency", str(refused))
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": customer.name})
            saved = reverse("customers:customer_detail", args=[customer.pk])
            return redirect(with_way_back(saved, way_back(request)))
    return _form_page(request, form, Customer.objects.get(pk=pk))


def _form_page(
    request: TenantRequest, form: CustomerForm, customer: Customer | None
) -> HttpResponse:
    context = {"form": form, "customer": customer}
    status = 422 if form.errors else 200
    return render(request, "customers/customer_form.html", context, status=status)


def _rows(request: TenantRequest, columns: Columns) -> tuple[CustomerFilter, QuerySet[Customer]]:
    rows = columns.sortable(visible_customers(request.membership), request)
    filter_set = CustomerFilter(request.GET, queryset=rows, request=request, columns=columns)
    sorts = SORTS | columns.sorts()
    return filter_set, order_by_request(request, filter_set.qs, sorts, default="name")
