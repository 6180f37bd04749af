"""The list of drafts: what waits to be posted, and what is still missing."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.lists import is_list_request, order_by_request, page_of
from core.stepping import carried
from customers.custom_lists import Columns, all_columns, columns_of
from invoicing.domain.posting import seller_refusal
from invoicing.einvoices.before_posting import ask_for_marks
from invoicing.models import Invoice
from invoicing.selectors.archive import sums_by_currency
from invoicing.selectors.draft_list import Remark, listed_drafts, poster_of, remarks_on
from invoicing.selectors.posting_runs import last_run_of
from invoicing.views.drafts.filters import DraftFilter
from invoicing.views.drafts.undo import offered
from invoicing.views.list_parts import cells_of, sum_stats
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from tenants.roles import Permission

SEE = permission_required(
    Permission.VIEW_INVOICE,
    Permission.VIEW_PROJECT_INVOICE,
    Permission.CREATE_INVOICE,
    Permission.CREATE_PROJECT_INVOICE,
)
SORTS = {
    "customer": ["billing_name", "issue_date"],
    "project": ["project__name", "billing_name"],
    "period": ["service_start_date", "service_end_date"],
    "date": ["issue_date"],
    "made": ["created_at"],
    "net": ["net_total"],
    "gross": ["gross_total"],
}
MAKES_DRAFTS = (
    Permission.CREATE_INVOICE, Permission.CREATE_PROJECT_INVOICE, Permission.CREDIT_INVOICE,
)  # fmt: skip
DEFAULT_SORT = "-made"


@require_GET
@SEE
def draft_list(request: TenantRequest) -> HttpResponse:
    columns = columns_of("drafts", "document", request.membership)
    filter_set, drafts = asked_drafts(request, columns)
    refused = not filter_set.form.is_valid()
    sums = sums_by_currency(filter_set.qs)
    page = page_of(request, drafts, count=sum(found.count for found in sums))
    remarks = _remarks(request, list(page))
    ask_for_marks(page, request.tenant)
    may = request.membership.may
    may_post = may(Permission.POST_INVOICE)
    may_discard = any(map(may, MAKES_DRAFTS))
    context = {
        "filter": filter_set,
        "columns": columns,
        "page": page,
        "rows": [(draft, remarks[draft.pk]) for draft in page],
        "one_currency": sums[0].currency if len(sums) == 1 else "",
        "stats": sum_stats(sums, (_("Net"), "coins", "net"), (_("Gross"), "receipt-tax", "gross")),
        "default_sort": DEFAULT_SORT,
        "may_post": may_post,
        "may_discard": may_discard,
        "may_tick": may_post or may_discard,
        "undo": len(offered(request)),
        "may_create": may(Permission.CREATE_INVOICE),
        "carried": carried(request),
        "seller_refusal": seller_refusal(request.tenant) if may_post else None,
        "last_run": last_run_of(request.user) if may_post else None,
    }
    template = "invoicing/draft_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=422 if refused else 200)


@require_GET
@SEE
def draft_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    """Everything the filters let through, as a file."""
    columns = columns_of("drafts", "document", request.membership)
    filter_set, drafts = asked_drafts(request, columns)
    if not filter_set.form.is_valid():
        return refuse_filters()
    head = [
        _("Customer number"), _("Customer"), _("Project"), _("Service from"), _("Service to"),
        _("Invoice date"), _("Due date"), _("Currency"), _("Net"), _("VAT"), _("Gross"),
        _("Made by"), _("Made"), _("Remarks"), *columns.file_head,
    ]  # fmt: skip
    return list_file(
        request,
        kind,
        name="drafts",
        title=_("Drafts"),
        head=head,
        count=drafts.count,
        rows=lambda: _file_rows(request, drafts, columns),
    )


def asked_drafts(
    request: TenantRequest, columns: Columns | None = None
) -> tuple[DraftFilter, QuerySet[Any]]:
    """What the query string asks for, in its order."""
    columns = columns or all_columns("drafts", "document")
    filter_set = DraftFilter(
        request.GET,
        queryset=listed_drafts(request.membership, on=timezone.localdate()),
        request=request,
        columns=columns,
    )
    rows = columns.sortable(filter_set.qs, request)
    return filter_set, order_by_request(
        request, rows, SORTS | columns.sorts(), default=DEFAULT_SORT
    )


def _remarks(request: TenantRequest, drafts: list[Any]) -> dict[int, list[Remark]]:
    by = poster_of(request.membership, request.user)
    return remarks_on(drafts, on=timezone.localdate(), tenant=request.tenant, by=by)


def _file_rows(
    request: TenantRequest, drafts: QuerySet[Invoice], columns: Columns
) -> Iterator[list[Any]]:
    found = list(drafts)
    remarks = _remarks(request, found)
    for draft in found:
        yield [
            draft.customer.number, draft.billing_name, draft.project.name if draft.project else "",
            draft.service_start_date, draft.service_end_date, draft.issue_date, draft.due_date,
            draft.currency, *cells_of(
                draft.currency, draft.net_total, draft.tax_total, draft.gross_total
            ),
            str(draft.created_by or ""), draft.created_at,
            ", ".join(remark.short for remark in remarks[draft.pk]),
            *columns.file_cells(draft.custom_values),
        ]  # fmt: skip
