"""The invoice archive: all documents, drafts included, and those of one customer or project."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any
from uuid import uuid4

from django.core.paginator import Page
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.lists import UncountedPage, asked_page, in_steps, is_list_request, page_of
from core.stepping import carried
from customers.selectors import visible_customers, visible_projects
from invoicing.models import Source
from invoicing.selectors.archive import (
    ArchiveStatus,
    ArchiveSum,
    documents,
    indexed,
    sums_by_currency,
)
from invoicing.selectors.archive_pages import narrowed, one_pass
from invoicing.selectors.follow_ups import follow_ups
from invoicing.selectors.search_keys import KEYS
from invoicing.views.archive.columns import (
    DEFAULT_SORT,
    Column,
    all_columns,
    columns_for,
    ordered,
    with_cells,
)
from invoicing.views.archive.filters import ArchiveFilter
from invoicing.views.archive.saved_links import address_of, default_of, saved_links, visible_filters
from invoicing.views.list_parts import sum_stats
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_file, refuse_filters
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE)
PER_PAGE = 50
# Names the customer or project whose page shows a part of the archive.
WITHIN = "within"
# So many documents are read at a time for a file.


@require_GET
@SEE
def archive(request: TenantRequest) -> HttpResponse:
    """Opened without any filter, it begins with the reader's default one."""
    saved_filters = list(visible_filters(request.membership))
    default = default_of(saved_filters)
    if default is not None and not request.GET and not is_list_request(request):
        return redirect(address_of(default))
    if is_list_request(request) and "totals" in request.GET:
        return totals(request, Q())
    context = list_context(request, Q(), counted="totals" in request.GET)
    context["carried"] = carried(request)
    if not is_list_request(request):
        context["follow_ups"] = follow_ups(request.membership)
    context["saved_filters"] = saved_links(request, saved_filters)
    template = "invoicing/archive.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=422 if context["filter"].is_refused else 200)


@require_GET
@SEE
def archive_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    """Everything the filters let through, on however many pages, as a file."""
    filter_set, rows = filtered(request, Q())
    if filter_set.search_error is not None:
        return refuse_file(filter_set.search_error.sentence)
    if filter_set.is_refused:
        return refuse_filters()
    columns = columns_for(request.membership, filter_set.own_fields, request.GET).in_files
    return list_file(
        request,
        kind,
        name="invoices",
        title=_("Invoices"),
        head=[column.file_head for column in columns],
        count=rows.count,
        rows=lambda: _file_rows(rows, columns),
    )


@require_GET
@SEE
def customer_invoices(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a customer's page."""
    customer = get_object_or_404(visible_customers(request.membership), pk=pk)
    return _part(request, f"customer-{pk}", str(customer))


@require_GET
@SEE
def project_invoices(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a project's page: documents about it alone, or with its hours among others."""
    project = get_object_or_404(visible_projects(request.membership), pk=pk)
    return _part(request, f"project-{pk}", str(project))


def within(request: TenantRequest, place: str) -> tuple[Q, str]:
    """What a tab shows: `customer-7` or `project-7`; the condition, and the filter it replaces."""
    kind, _dash, key = place.partition("-")
    if not (key.isascii() and key.isdecimal() and len(key) < 18):
        return Q(), ""
    if kind == "customer":
        return Q(customer_key=key), kind
    if kind == "project":
        work = Source.objects.filter(
            Q(time_entry__project=key) | Q(charge__project=key),
            line__invoice=OuterRef("invoice_id"),
        )
        return Q(project_key=key) | Q(Exists(work)), kind
    return Q(), ""


def _part(request: TenantRequest, place: str, title: str) -> HttpResponse:
    """The archive without the filter that the page itself is."""
    which, fixed = within(request, place)
    if is_list_request(request) and "totals" in request.GET:
        return totals(request, which, fixed=fixed, place=place)
    context = list_context(request, which, fixed=fixed, counted="totals" in request.GET)
    context |= {"title": title, "within": place, "carried": carried(request, **{WITHIN: place})}
    template = "invoicing/archive_part.html"
    if is_list_request(request):
        # The filters above the list ask for the list alone, the tab for both.
        template += "#list" if request.headers.get("HX-Target") == "list" else "#part"
    return render(request, template, context, status=422 if context["filter"].is_refused else 200)


def filtered(
    request: TenantRequest, which: Q, *, query: Any = None, fixed: str = ""
) -> tuple[ArchiveFilter, QuerySet[Any]]:
    """The filters of an address, and the rows of the index that they let through, in order."""
    query = request.GET if query is None else query
    today = timezone.localdate()
    filter_set = ArchiveFilter(
        query,
        queryset=indexed(request.membership, on=today).filter(which),
        request=request,
        on=today,
        fixed=fixed,
    )
    columns = all_columns(filter_set.own_fields)
    return filter_set, ordered(filter_set.rows, columns, query.get("sort", ""))


def list_context(
    request: TenantRequest, which: Q, *, fixed: str = "", counted: bool = False
) -> dict[str, Any]:
    """A long list is counted and summed up only when somebody asks for that, see `totals`."""
    filter_set, rows = filtered(request, which, fixed=fixed)
    columns = columns_for(request.membership, filter_set.own_fields, request.GET)
    shown = columns.shown
    page, sums = _page(request, filter_set, rows, counted=counted)
    page.object_list = with_cells(documents(list(page.object_list), on=timezone.localdate()), shown)
    return {
        "filter": filter_set,
        "page": page,
        "columns": columns,
        "asked_columns": columns.asked,
        "shown": shown,
        "stats": _stats(sums),
        "default_sort": DEFAULT_SORT,
        "search_keys": list(KEYS),
        "statuses": ArchiveStatus.choices,
        "token": uuid4(),
    }


def totals(request: TenantRequest, which: Q, *, fixed: str = "", place: str = "") -> HttpResponse:
    """Count and sums of what is shown, for a page that did not wait for them."""
    query = request.GET.copy()
    token = query.pop("totals")[-1]
    # The links of the pages go on without it.
    request.GET = query  # type: ignore[assignment]
    filter_set, rows = filtered(request, which, fixed=fixed)
    # Through an index, texts would be read one here, one there.
    with one_pass() if filter_set.reads_texts else nullcontext():
        page, sums = _counted(request, rows)
    context = {"page": page, "stats": _stats(sums), "token": token, "within": place}
    return render(request, "invoicing/archive_totals.html", context)


def _page(
    request: TenantRequest, filter_set: ArchiveFilter, rows: QuerySet[Any], *, counted: bool
) -> tuple[Page[Any], Sequence[ArchiveSum]]:
    """The keys of the documents of a page; with sums where they cost next to nothing."""
    if filter_set.is_refused:
        return page_of(request, [], count=0), []
    number = asked_page(request)
    if counted or filter_set.is_narrow or filter_set.is_small:
        return _counted(request, rows)
    if filter_set.reads_texts and number == 1:
        few = narrowed(rows)
        if few is not None:
            return _counted(request, few)
    start = (number - 1) * PER_PAGE
    keys = list(rows.values_list("invoice_id", flat=True)[start : start + PER_PAGE + 1])
    if not keys or (number == 1 and len(keys) <= PER_PAGE):
        # All of it, or a page that does not exist.
        return _counted(request, rows)
    return UncountedPage(keys, number, PER_PAGE), []


def _counted(request: TenantRequest, rows: QuerySet[Any]) -> tuple[Page[Any], Sequence[ArchiveSum]]:
    sums = sums_by_currency(rows)
    keys = rows.values_list("invoice_id", flat=True)
    return page_of(request, keys, per_page=PER_PAGE, count=sum(one.count for one in sums)), sums


def _stats(sums: Sequence[ArchiveSum]) -> list[dict[str, str]]:
    return sum_stats(
        sums,
        (_("Net"), "receipt-tax", "net"),
        (_("Gross"), "coins", "gross"),
        (_("Open"), "clock", "open_amount"),
    )


def _file_rows(rows: QuerySet[Any], columns: Sequence[Column]) -> Iterator[list[Any]]:
    today = timezone.localdate()
    for step in in_steps(rows, key="invoice_id"):
        for invoice in documents(step, on=today):
            yield [column.cell(invoice) for column in columns]
