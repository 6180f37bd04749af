"""Service orders as a list: filters, files, and the tabs of customers and projects."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.lists import is_list_request, order_by_request, page_of
from customers.models import Customer
from customers.selectors import visible_customers, visible_projects
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from timesheets.domain.orders.access import (
    PLAN,
    SEE,
    plannable_customers,
    plannable_projects,
    sees_all,
    visible_orders,
)
from timesheets.models import Standing
from timesheets.requested import number_of
from timesheets.selectors.orders import order_rows, technicians
from timesheets.views.orders.filters import ServiceOrderFilter

SORTS = {
    "number": ["number"],
    "customer": ["customer__name", "-number"],
    "title": ["title", "-number"],
    "technician": ["technician__name", "-number"],
    "planned": ["planned_start_at", "-number"],
    "standing": ["standing", "-number"],
}
DEFAULT_SORT = "-number"
SHOWN_IN_A_TAB = 50
SEARCH_RESULTS = 30


@require_GET
@permission_required(*SEE)
def order_list(request: TenantRequest) -> HttpResponse:
    reader = request.membership
    filter_set, rows = _rows(request)
    is_valid = filter_set.is_valid()
    people = technicians(reader)
    filter_set.offer(people)
    page = page_of(request, rows if is_valid else rows.none())
    context = {
        "filter": filter_set,
        "page": page,
        "rows": order_rows(page.object_list),
        "several_people": len(people) > 1 or sees_all(reader),
        "may_add": any(reader.may(one) for one in PLAN),
        "default_sort": DEFAULT_SORT,
    }
    template = "timesheets/order_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=200 if is_valid else 422)


@require_GET
@permission_required(*SEE)
def order_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    """Everything the filters let through, on however many pages, as a file."""
    filter_set, rows = _rows(request)
    if not filter_set.is_valid():
        return refuse_filters()
    head = [
        _("Number"), _("Customer number"), _("Customer"), _("Project"), _("What is to be done"),
        _("Site"), _("Technician"), _("Planned from"), _("Planned to"), _("Status"), _("Started"),
        _("Done"), _("Signed by"),
    ]  # fmt: skip
    return list_file(
        request,
        kind,
        name="service-orders",
        title=_("Service orders"),
        head=head,
        count=rows.count,
        rows=lambda: _file_rows(rows),
    )


@require_GET
@permission_required(*SEE)
def order_search(request: TenantRequest, kind: str) -> JsonResponse:
    """Answer the comboboxes: customers of orders one sees, or what one may plan for."""
    words, reader = request.GET.get("q", "")[:100].split(), request.membership
    is_for_new = request.GET.get("for") == "new"
    found: QuerySet[Any]
    if kind == "project":
        found, hint = plannable_projects(reader), "customer__name"
        customer = number_of(request.GET.get("customer"))
        found = found.filter(customer_id=customer) if customer else found
    elif kind == "customer" and is_for_new:
        found, hint = plannable_customers(reader), "number"
    elif kind == "customer":
        seen = visible_orders(reader).order_by().values("customer_id")
        found, hint = Customer.objects.filter(pk__in=seen), "number"
    else:
        raise Http404
    for word in words:
        found = found.filter(Q(name__icontains=word) | Q(**{f"{hint}__icontains": word}))
    rows = found.order_by("name", "pk").values_list("pk", "name", hint)[:SEARCH_RESULTS]
    results = [{"id": pk, "text": name, "hint": hinted or ""} for pk, name, hinted in rows]
    nothing = "—" if is_for_new else str(_("All"))
    return JsonResponse({"results": [{"id": "", "text": nothing}, *results]})


@require_GET
@permission_required(*SEE)
def project_orders(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a project's page."""
    project = get_object_or_404(visible_projects(request.membership), pk=pk)
    return _part(request, Q(project=project), str(project), f"project={pk}")


@require_GET
@permission_required(*SEE)
def customer_orders(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a customer's page."""
    customer = get_object_or_404(visible_customers(request.membership), pk=pk)
    return _part(request, Q(customer=customer), str(customer), f"customer={pk}")


def _part(request: TenantRequest, which: Q, title: str, query: str) -> HttpResponse:
    rows = _with_names(visible_orders(request.membership).filter(which)).order_by("-number")
    context = {
        "rows": order_rows(rows[:SHOWN_IN_A_TAB]),
        "most": SHOWN_IN_A_TAB,
        "title": title,
        "query": query,
        "may_add": any(request.membership.may(one) for one in PLAN),
    }
    template = "timesheets/order_part.html" + ("#part" if is_list_request(request) else "")
    return render(request, template, context)


def _rows(request: TenantRequest) -> tuple[ServiceOrderFilter, QuerySet[Any]]:
    orders = _with_names(visible_orders(request.membership))
    filter_set = ServiceOrderFilter(request.GET, queryset=orders, request=request)
    return filter_set, order_by_request(request, filter_set.qs, SORTS, default=DEFAULT_SORT)


def _with_names(orders: Any) -> QuerySet[Any]:
    found: QuerySet[Any] = orders.with_standing().select_related(
        "customer", "project", "technician"
    )
    return found


def _file_rows(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    for order in rows.iterator(chunk_size=2000):
        yield [
            order.label,
            order.customer.number,
            order.customer.name,
            order.project.name if order.project else "",
            order.title,
            order.site_line,
            order.technician.name if order.technician else "",
            order.planned_start_at,
            order.planned_end_at,
            str(Standing(order.standing).label),
            order.started_at,
            order.done_at,
            order.signed_by,
        ]
