"""The list of quotations and its files."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.lists import is_list_request, order_by_request, page_of
from customers.selectors import visible_customers, visible_projects
from invoicing.models import Quotation, QuotationState
from invoicing.views.list_parts import cells_of
from invoicing.views.quotations.filters import QuotationFilter
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from tenants.roles import Permission

SEE = permission_required(Permission.MANAGE_QUOTATIONS, Permission.VIEW_INVOICE)
SORTS = {
    "number": ["number", "version"],
    "date": ["issue_date", "number"],
    "customer": ["customer__name", "-issue_date"],
    "title": ["title", "-issue_date"],
    "valid": ["valid_until", "number"],
    "net": ["currency", "net_total", "number"],
    "state": ["state", "-issue_date"],
}
DEFAULT_SORT = "-date"
SHOWN_IN_A_TAB = 50
TONES = {
    QuotationState.DRAFT: "neutral",
    QuotationState.SENT: "info",
    QuotationState.EXPIRED: "warning",
    QuotationState.ACCEPTED: "positive",
    QuotationState.DECLINED: "negative",
    QuotationState.REPLACED: "neutral",
}
ICONS = {
    QuotationState.DRAFT: "pencil",
    QuotationState.SENT: "send",
    QuotationState.EXPIRED: "hourglass",
    QuotationState.ACCEPTED: "circle-check",
    QuotationState.DECLINED: "circle-x",
    QuotationState.REPLACED: "replace",
}


@require_GET
@SEE
def quotation_list(request: TenantRequest) -> HttpResponse:
    filter_set, rows = _rows(request)
    is_valid = filter_set.is_valid()
    page = page_of(request, rows if is_valid else rows.none())
    context = {
        "filter": filter_set,
        "page": page,
        "rows": _badged(page.object_list),
        "default_sort": DEFAULT_SORT,
        "may_manage": request.membership.may(Permission.MANAGE_QUOTATIONS),
    }
    template = "invoicing/quotations/list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=200 if is_valid else 422)


@require_GET
@SEE
def quotation_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    filter_set, rows = _rows(request)
    if not filter_set.is_valid():
        return refuse_filters()

    def cells() -> Iterator[list[Any]]:
        for one in rows:
            yield [
                one.number,
                one.version,
                one.issue_date,
                one.valid_until,
                one.customer.number,
                one.customer.name,
                one.title,
                str(QuotationState(one.state).label),
                *cells_of(one.currency, one.net_total, one.tax_total, one.gross_total),
                one.currency,
                one.decided_name,
                one.decided_at,
                one.decline_reason,
            ]

    return list_file(
        request,
        kind,
        name="quotations",
        title=_("Quotations"),
        head=[
            _("Number"), _("Version"), _("Date"), _("Valid until"), _("Customer number"),
            _("Customer"), _("Title"), _("Status"), _("Net"), _("VAT"), _("Gross"), _("Currency"),
            _("Decided by"), _("Decided"), _("Reason"),
        ],
        rows=cells,
        count=rows.count,
    )  # fmt: skip


@require_GET
@SEE
def customer_quotations(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a customer's page."""
    customer = get_object_or_404(visible_customers(request.membership), pk=pk)
    return _part(request, Q(customer=customer), customer, f"customer={pk}")


@require_GET
@SEE
def project_quotations(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a project's page: those about it, and the one it came from."""
    project = get_object_or_404(visible_projects(request.membership), pk=pk)
    query = f"customer={project.customer_id}&project={pk}"
    return _part(request, Q(project=project), project, query)


def _part(request: TenantRequest, which: Q, title: object, query: str) -> HttpResponse:
    found = _with_state().filter(which).order_by("-issue_date", "-pk")
    context = {
        "rows": _badged(found[:SHOWN_IN_A_TAB]),
        "most": SHOWN_IN_A_TAB,
        "title": title,
        "query": query,
        "may_manage": request.membership.may(Permission.MANAGE_QUOTATIONS),
    }
    template = "invoicing/quotations/part.html" + ("#part" if is_list_request(request) else "")
    return render(request, template, context)


def _badged(quotations: Iterable[Any]) -> list[tuple[Any, dict[str, Any]]]:
    return [(one, badge_of(QuotationState(one.state))) for one in quotations]


def badge_of(state: QuotationState) -> dict[str, Any]:
    return {"label": state.label, "tone": TONES[state], "icon": ICONS[state]}


def _with_state() -> QuerySet[Any]:
    quotations: Any = Quotation.objects.select_related("customer")
    found: QuerySet[Any] = quotations.with_state(timezone.localdate())
    return found


def _rows(request: TenantRequest) -> tuple[QuotationFilter, QuerySet[Any]]:
    filter_set = QuotationFilter(request.GET, queryset=_with_state(), request=request)
    return filter_set, order_by_request(request, filter_set.qs, SORTS, default=DEFAULT_SORT)
