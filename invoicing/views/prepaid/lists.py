"""The list of prepaid hours and its files; the tabs of customers and projects."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.lists import is_list_request, order_by_request, page_of
from customers.selectors import visible_customers, visible_projects
from invoicing.models import PrepaidState
from invoicing.selectors.prepaid import drawable_prepaid, visible_prepaid
from invoicing.views.prepaid.filters import PrepaidFilter
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE)
SORTS = {
    "customer": ["customer__name", "valid_from", "pk"],
    "project": ["project__name", "customer__name", "pk"],
    "invoice": ["line__invoice__number", "pk"],
    "from": ["valid_from", "pk"],
    "until": ["valid_until", "pk"],
    "bought": ["bought_minutes", "pk"],
    "drawn": ["drawn_minutes", "pk"],
    "left": ["left_minutes", "pk"],
    "state": ["state", "customer__name", "pk"],
}
DEFAULT_SORT = "customer"
_LOOKS = {
    PrepaidState.DRAFT: ("neutral", "pencil"),
    PrepaidState.DISCARDED: ("neutral", "trash"),
    PrepaidState.CREDITED: ("negative", "receipt-refund"),
    PrepaidState.USED_UP: ("neutral", "checks"),
    PrepaidState.EXPIRED: ("warning", "hourglass"),
    PrepaidState.LATER: ("info", "calendar"),
    PrepaidState.VALID: ("positive", "circle-check"),
}


@require_GET
@SEE
def prepaid_list(request: TenantRequest) -> HttpResponse:
    filter_set, rows = _rows(request)
    is_valid = filter_set.is_valid()
    page = page_of(request, rows if is_valid else rows.none())
    context = {
        "filter": filter_set,
        "page": page,
        "rows": [with_badge(one) for one in page.object_list],
        "default_sort": DEFAULT_SORT,
        "may_sell": request.membership.may(Permission.CREATE_INVOICE),
    }
    template = "invoicing/prepaid/list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=200 if is_valid else 422)


@require_GET
@SEE
def prepaid_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    filter_set, rows = _rows(request)
    if not filter_set.is_valid():
        return refuse_filters()

    def cells() -> Iterator[list[Any]]:
        for one in rows:
            yield [
                one.customer.number,
                one.customer.name,
                one.project.name if one.project else "",
                one.invoice.number or "",
                one.line.text,
                one.valid_from,
                one.valid_until,
                *(
                    round(minutes / 60, 2)
                    for minutes in (one.bought_minutes, one.drawn_minutes, one.left_minutes)
                ),
                one.line.net,
                one.invoice.currency,
                str(PrepaidState(one.state).label),
                one.note,
            ]

    return list_file(
        request,
        kind,
        name="prepaid-hours",
        title=_("Prepaid hours"),
        head=[
            _("Customer number"), _("Customer"), _("Project"), _("Invoice"), _("Text"),
            _("Valid from"), _("Valid until"), _("Bought, hours"), _("Drawn, hours"),
            _("Left, hours"), _("Net"), _("Currency"), _("Status"), _("Note"),
        ],
        rows=cells,
        count=rows.count,
    )  # fmt: skip


@require_GET
@SEE
def customer_prepaid(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a customer's page."""
    customer = get_object_or_404(visible_customers(request.membership), pk=pk)
    return _tab(
        request, Q(customer=pk), customer_id=pk, title=customer.name, query=f"customer={pk}"
    )


@require_GET
@SEE
def project_prepaid(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a project's page: its own, and its customer's for all projects."""
    project = get_object_or_404(visible_projects(request.membership), pk=pk)
    which = Q(project=pk) | Q(project=None, customer=project.customer_id)
    return _tab(
        request, which, customer_id=project.customer_id, title=project.name, query=f"project={pk}"
    )


def with_badge(prepaid: Any) -> tuple[Any, dict[str, Any]]:
    """The row, and how its state looks."""
    state = PrepaidState(prepaid.state)
    tone, icon = _LOOKS[state]
    return prepaid, {"label": state.label, "tone": tone, "icon": icon}


def _tab(
    request: TenantRequest, which: Q, *, customer_id: int, title: str, query: str
) -> HttpResponse:
    found = visible_prepaid(request.membership).filter(which).with_state(timezone.localdate())
    may_sell = request.membership.may(Permission.CREATE_INVOICE)
    rows = [with_badge(one) for one in found.order_by("-valid_from", "-pk")]
    drawable = drawable_prepaid(request.membership, request.tenant).filter(which)
    mine = set(drawable.values_list("pk", flat=True))
    context = {
        "title": title,
        "rows": rows,
        "may_sell": may_sell,
        "may_draw": any(one.pk in mine and one.state == PrepaidState.VALID for one, _badge in rows),
        "customer_id": customer_id,
        "new_url": f"{reverse('invoicing:prepaid_new')}?{query}",
    }
    template = "invoicing/prepaid/tab.html" + ("#part" if is_list_request(request) else "")
    return render(request, template, context)


def _rows(request: TenantRequest) -> tuple[PrepaidFilter, QuerySet[Any]]:
    prepaid = visible_prepaid(request.membership).with_state(timezone.localdate())
    filter_set = PrepaidFilter(request.GET, queryset=prepaid, request=request)
    return filter_set, order_by_request(request, filter_set.qs, SORTS, default=DEFAULT_SORT)
