"""The invoice archive: all documents, drafts included, and those of one customer or project."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.lists import is_list_request, order_by_request, page_of
from customers.selectors import visible_customers, visible_projects
from invoicing.filters import InvoiceFilter
from invoicing.list_parts import cells_of, sum_stats
from invoicing.models import Invoice, Source
from invoicing.selectors.archive import ArchiveStatus, archived, sums_by_currency
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE)
SORTS = {
    "number": ["number"],
    "customer": ["billing_name", "issue_date"],
    "date": ["issue_date", "id"],
    "due": ["due_date"],
    "gross": ["signed_gross"],
    "open": ["open_amount"],
    "status": ["state", "due_date"],
}
DEFAULT_SORT = "-date"
TONES = {
    ArchiveStatus.DRAFT: "neutral",
    ArchiveStatus.POSTED: "info",
    ArchiveStatus.OVERDUE: "negative",
    ArchiveStatus.CREDITED: "neutral",
    ArchiveStatus.CANCELLED: "neutral",
}
SHOWN_IN_A_TAB = 50


@require_GET
@SEE
def archive(request: TenantRequest) -> HttpResponse:
    filter_set, rows = _rows(request)
    refused = not filter_set.form.is_valid()
    sums = sums_by_currency(filter_set.qs)
    context = {
        "filter": filter_set,
        "page": page_of(request, rows, count=sum(found.count for found in sums)),
        "stats": sum_stats(
            sums, (_("Gross"), "coins", "gross"), (_("Open"), "clock", "open_amount")
        ),
        "default_sort": DEFAULT_SORT,
        **_words(),
    }
    template = "invoicing/archive.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=422 if refused else 200)


@require_GET
@SEE
def archive_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    """Everything the filters let through, on however many pages, as a file."""
    filter_set, rows = _rows(request)
    head = [
        _("Number"), _("Status"), _("Customer number"), _("Customer"), _("Invoice date"),
        _("Due date"), _("Currency"), _("Net"), _("VAT"), _("Gross"), _("Open amount"),
        _("Reference"), _("Customer's order"),
    ]  # fmt: skip
    if not filter_set.form.is_valid():
        return refuse_filters()
    return list_file(
        request,
        kind,
        name="invoices",
        title=_("Invoices"),
        head=head,
        count=rows.count,
        rows=lambda: _file_rows(rows),
    )


@require_GET
@SEE
def customer_invoices(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a customer's page."""
    customer = get_object_or_404(visible_customers(request.membership), pk=pk)
    return _part(request, Q(customer=customer), str(customer), f"customer={pk}")


@require_GET
@SEE
def project_invoices(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a project's page: documents about it alone, or with its hours among others."""
    project = get_object_or_404(visible_projects(request.membership), pk=pk)
    hours = Source.objects.filter(line__invoice=OuterRef("pk"), time_entry__project=project)
    return _part(request, Q(project=project) | Q(Exists(hours)), str(project), "")


def _part(request: TenantRequest, which: Q, title: str, query: str) -> HttpResponse:
    rows = archived(request.membership, on=timezone.localdate()).filter(which)
    context = {
        "invoices": rows.order_by("-issue_date", "-pk")[:SHOWN_IN_A_TAB],
        "sums": sums_by_currency(rows),
        "title": title,
        "query": query,
        **_words(),
    }
    template = "invoicing/archive_part.html" + ("#part" if is_list_request(request) else "")
    return render(request, template, context)


def _rows(request: TenantRequest) -> tuple[InvoiceFilter, QuerySet[Invoice]]:
    filter_set = InvoiceFilter(
        request.GET,
        queryset=archived(request.membership, on=timezone.localdate()),
        request=request,
    )
    return filter_set, order_by_request(request, filter_set.qs, SORTS, default=DEFAULT_SORT)


def _words() -> dict[str, Any]:
    return {"labels": dict(ArchiveStatus.choices), "tones": TONES}


def _file_rows(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    labels = dict(ArchiveStatus.choices)
    found = rows.values_list(
        "number", "state", "customer__number", "billing_name", "issue_date", "due_date",
        "currency", "signed_net", "signed_tax", "signed_gross", "open_amount",
        "payment_reference", "order_reference",
    )  # fmt: skip
    for number, state, customer_number, name, issued, due, currency, *amounts in found:
        *sums, reference, order = amounts
        yield [
            number, labels[state], customer_number, name, issued, due, currency,
            *cells_of(currency, *sums), reference, order,
        ]  # fmt: skip
