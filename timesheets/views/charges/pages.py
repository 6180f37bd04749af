"""Charges as a list: what one may see of them, its sums and its files; tabs of other pages."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from catalog.models import Unit
from core.lists import is_list_request, order_by_request
from core.money import places
from customers.models import Customer, Project
from customers.selectors import visible_customers, visible_projects
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from tenants.models import Membership
from tenants.roles import Permission
from timesheets.domain.access import visible_charges, visible_people
from timesheets.models import ChargeKind
from timesheets.selectors.charges import ChargeRow, charge_rows, sums_of_charges
from timesheets.views import undo
from timesheets.views.charges.filters import ChargeFilter
from timesheets.views.work_steps import narrowed, steps_below
from timesheets.work_kinds import CHARGES

SEE = permission_required(
    Permission.RECORD_HOURS, Permission.VIEW_HOURS, Permission.VIEW_PROJECT_HOURS
)
SORTS = {
    "date": ["charge_date"],
    "kind": ["kind", "-charge_date"],
    "customer": ["customer__name", "project__name", "-charge_date"],
    "text": ["text", "destination", "-charge_date"],
    "person": ["member__name", "-charge_date"],
    "quantity": ["quantity", "-charge_date"],
    "price": ["unit_price", "-charge_date"],
    "state": ["billing_state", "-charge_date"],
}
DEFAULT_SORT = "-date"
PER_PAGE = 50
SHOWN_IN_A_TAB = 50
SEARCH_RESULTS = 30


@require_GET
@SEE
def charge_list(request: TenantRequest) -> HttpResponse:
    reader = request.membership
    filter_set, rows = _rows(request)
    is_valid = filter_set.is_valid()
    rows = rows if is_valid else rows.none()
    sums = sums_of_charges(rows)
    paginator = Paginator(rows, PER_PAGE)
    # The sums have counted them.
    paginator.count = sums.count
    page = paginator.get_page(request.GET.get("page"))
    people = _people(reader)
    filter_set.offer(people)
    shown = charge_rows(page.object_list, reader)
    context = {
        "filter": filter_set,
        "page": page,
        "rows": shown,
        "sums": sums,
        "several_people": len(people) > 1,
        "settled": undo.offered_settling(request, kind=CHARGES.name),
        **steps_below(CHARGES, reader),
        "may_tick_any": any(row.may_tick for row in shown),
        "may_change_any": any(row.may_change for row in shown),
        "may_add": may_add_charges(reader),
        "default_sort": DEFAULT_SORT,
    }
    template = "timesheets/charge_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=200 if is_valid else 422)


@require_GET
@SEE
def charge_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    """Everything the filters let through, on however many pages, as a file."""
    filter_set, rows = _rows(request)
    if not filter_set.is_valid():
        return refuse_filters()
    head = [
        _("Date"), _("Kind"), _("Customer number"), _("Customer"), _("Project number"),
        _("Project"), _("Person"), _("Text"), _("Destination"), _("Quantity"), _("Unit"),
        _("Unit price"), _("Amount"), _("Currency"), _("VAT"), _("Account"), _("Billable"),
        _("State"), _("Note on billing"), _("Internal note"),
    ]  # fmt: skip
    return list_file(
        request,
        kind,
        name="charges",
        title=_("Charges"),
        head=head,
        count=rows.count,
        rows=lambda: _file_rows(rows),
    )


@require_GET
@SEE
def charge_search(request: TenantRequest, kind: str) -> JsonResponse:
    """Answer the comboboxes: among what the reader has charges of, or with `for=new` may add to."""
    words, reader = request.GET.get("q", "")[:100].split(), request.membership
    found: QuerySet[Any]
    if kind == "customer":
        found, columns = Customer.objects.all(), ("name", "number")
    elif kind == "project":
        found, columns = Project.objects.all(), ("name", "customer__name")
    else:
        raise Http404
    is_for_new = request.GET.get("for") == "new"
    if is_for_new:
        found = chargeable_customers(reader) if kind == "customer" else chargeable_projects(reader)
    elif not reader.may(Permission.VIEW_HOURS):
        found = found.filter(pk__in=visible_charges(reader).order_by().values(f"{kind}_id"))
    for word in words:
        found = found.filter(
            Q(**{f"{columns[0]}__icontains": word}) | Q(**{f"{columns[1]}__icontains": word})
        )
    rows = found.order_by("name", "pk").values_list("pk", *columns)[:SEARCH_RESULTS]
    results = [{"id": pk, "text": name, "hint": hint or ""} for pk, name, hint in rows]
    nothing = "—" if is_for_new else str(_("All"))
    return JsonResponse({"results": [{"id": "", "text": nothing}, *results]})


@require_GET
@permission_required(Permission.VIEW_HOURS, Permission.VIEW_PROJECT_HOURS)
def project_charges(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a project's page."""
    project = get_object_or_404(visible_projects(request.membership), pk=pk)
    return _part(request, Q(project=project), str(project), f"project={pk}")


@require_GET
@permission_required(Permission.VIEW_HOURS, Permission.VIEW_PROJECT_HOURS)
def customer_charges(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a customer's page."""
    customer = get_object_or_404(visible_customers(request.membership), pk=pk)
    return _part(request, Q(customer=customer), str(customer), f"customer={pk}")


def may_add_charges(writer: Membership) -> bool:
    return any(
        writer.may(permission)
        for permission in (
            Permission.RECORD_HOURS,
            Permission.EDIT_HOURS,
            Permission.EDIT_PROJECT_HOURS,
        )
    )


def chargeable_projects(writer: Membership) -> QuerySet[Project]:
    """The open projects for which this person may write charges."""
    projects: QuerySet[Project] = Project.objects.filter(is_active=True, customer__is_active=True)
    if writer.may(Permission.EDIT_HOURS) or writer.may(Permission.RECORD_HOURS):
        return projects
    return projects.filter(manager=writer)


def chargeable_customers(writer: Membership) -> QuerySet[Customer]:
    """Those who may have charges without a project."""
    customers: QuerySet[Customer] = Customer.objects.filter(is_active=True)
    return customers if writer.may(Permission.EDIT_HOURS) else customers.none()


def _part(request: TenantRequest, which: Q, title: str, query: str) -> HttpResponse:
    of_record = visible_charges(request.membership).filter(which)
    rows, narrowing = narrowed(request, _with_names(of_record))
    shown = rows.order_by("-charge_date", "-pk")[:SHOWN_IN_A_TAB]
    context = {
        "rows": charge_rows(shown, request.membership),
        "sums": sums_of_charges(rows),
        "title": title,
        "query": query,
        **narrowing,
        "several_people": True,
        "may_add": may_add_charges(request.membership),
    }
    template = "timesheets/charge_part.html" + ("#part" if is_list_request(request) else "")
    return render(request, template, context)


def _rows(request: TenantRequest) -> tuple[ChargeFilter, QuerySet[Any]]:
    charges = _with_names(visible_charges(request.membership))
    filter_set = ChargeFilter(request.GET, queryset=charges, request=request)
    return filter_set, order_by_request(request, filter_set.qs, SORTS, default=DEFAULT_SORT)


def _with_names(charges: QuerySet[Any]) -> QuerySet[Any]:
    return charges.select_related("member", "customer", "project", "tax_rate", "settled_by")


def _people(reader: Membership) -> list[Membership]:
    if not (reader.may(Permission.VIEW_HOURS) or reader.may(Permission.VIEW_PROJECT_HOURS)):
        return [reader]
    return list(visible_people(reader).order_by("name", "pk"))


def _file_rows(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    for charge in rows.iterator(chunk_size=2000):
        row = ChargeRow(charge, may_write=False, document=None)
        step = Decimal(1).scaleb(-places(charge.customer.currency))
        yield [
            charge.charge_date,
            str(ChargeKind(charge.kind).label),
            charge.customer.number,
            charge.customer.name,
            charge.project.number if charge.project else "",
            charge.project.name if charge.project else "",
            charge.member.name if charge.member else "",
            charge.text,
            charge.destination,
            charge.quantity,
            str(Unit(charge.unit).label),
            charge.unit_price,
            charge.net.quantize(step),
            charge.customer.currency,
            charge.tax_rate.percent if charge.tax_rate else None,
            charge.account,
            _("yes") if charge.is_billable else _("no"),
            str(row.state),
            charge.billing_note,
            charge.note,
        ]
