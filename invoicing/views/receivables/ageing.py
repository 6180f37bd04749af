"""What customers owe by how late it is, on any day, with a chart and the documents behind it."""

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.lists import is_list_request, page_of
from customers.models import Customer
from invoicing.selectors.receivables import (
    AgedCustomer,
    Bucket,
    aged_customers,
    due_dates,
    owed_documents,
    sums_of,
)
from invoicing.views.list_parts import cells_of
from invoicing.views.receivables.charts import chart_of
from invoicing.views.receivables.filters import DEFAULT_SORT, AgeingFilter, in_order
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from tenants.roles import Permission

# Of all customers: who sees the invoices of their own projects only sees none of it.
SEE = permission_required(Permission.VIEW_INVOICE)


@require_GET
@SEE
def receivables(request: TenantRequest) -> HttpResponse:
    asked = AgeingFilter(request.GET)
    rows: Any = in_order(asked.narrow(aged_customers(asked.on)), request.GET.get("sort", ""))
    sums = sums_of(rows)
    page = page_of(request, rows, per_page=100)
    context = {
        "filter": asked,
        "page": page,
        "rows": [_shown(row, asked) for row in page],
        "buckets": list(Bucket),
        "charts": [chart_of(currency, amounts) for currency, amounts in sums.items()],
        "sums": sums,
        "default_sort": DEFAULT_SORT,
    }
    template = "invoicing/receivables/ageing.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=200 if asked.is_valid else 422)


@require_GET
@SEE
def receivables_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    """Everything the filters let through, as a file."""
    asked = AgeingFilter(request.GET)
    if not asked.is_valid:
        return refuse_filters()
    head = [
        _("On"), _("Customer number"), _("Customer"), _("Currency"),
        *(str(bucket.label) for bucket in Bucket), _("Open"), _("Credit"), _("Documents"),
    ]  # fmt: skip
    found = in_order(asked.narrow(aged_customers(asked.on)), request.GET.get("sort", ""))
    return list_file(
        request,
        kind,
        name=f"receivables-{asked.on}",
        title=_("Receivables"),
        head=head,
        rows=lambda: ([asked.on, *_cells(row)] for row in found),
    )


@require_GET
@SEE
def receivables_customer(request: TenantRequest, pk: int) -> HttpResponse:
    """The documents that one customer owed on the day, as they stood then."""
    customer = get_object_or_404(Customer, pk=pk)
    asked = AgeingFilter(request.GET)
    documents = owed_documents(
        asked.on,
        customer_id=pk,
        currency=asked.currency,
        bucket=asked.late if asked.late in Bucket.values else "",
    )
    context = {"customer": customer, "filter": asked, "documents": documents}
    template = "invoicing/receivables/documents.html"
    # Opened under its row it is a part of the page.
    template += "#list" if is_list_request(request) else ""
    return render(request, template, context, status=200 if asked.is_valid else 422)


def _shown(row: AgedCustomer, asked: AgeingFilter) -> dict[str, Any]:
    """With where its figures lead: into the archive for today, for another day to what was owed
    then."""
    return {
        "row": row,
        "documents_url": _documents_url(row, asked),
        "cells": [
            (bucket, row.amounts.of(bucket), _bucket_url(row, asked, bucket)) for bucket in Bucket
        ],
        "total_url": _bucket_url(row, asked, None),
    }


def _documents_url(row: AgedCustomer, asked: AgeingFilter, bucket: str = "") -> str:
    query = {"on": asked.on.isoformat(), "currency": row.currency}
    if bucket:
        query["late"] = bucket
    return f"{reverse('invoicing:receivables_customer', args=[row.customer_id])}?{urlencode(query)}"


def _bucket_url(row: AgedCustomer, asked: AgeingFilter, bucket: Bucket | None) -> str:
    if not asked.is_today:
        return _documents_url(row, asked, bucket or "")
    query = {"customer": str(row.customer_id), "currency": row.currency, "q": "open:>0"}
    first, last = due_dates(bucket, asked.on) if bucket else (None, None)
    if first:
        query["due_after"] = first.isoformat()
    if last:
        query["due_before"] = last.isoformat()
    query["sort"] = "due"
    return f"{reverse('invoicing:archive')}?{urlencode(query)}"


def _cells(row: AgedCustomer) -> list[Any]:
    amounts = row.amounts
    return [
        row.number,
        row.name,
        row.currency,
        *cells_of(
            row.currency,
            *(amounts.of(bucket) for bucket in Bucket),
            amounts.total,
            amounts.credit,
        ),
        amounts.documents,
    ]
