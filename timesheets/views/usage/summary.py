"""What customers used, and what of it is charged for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.lists import is_list_request
from core.money import round_money
from core.periods import Period, periods_around, presets, usual_period
from customers.models import Customer
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from tenants.roles import Permission
from timesheets.models import UsageRecord
from timesheets.selectors.usage import Bucket, By, customers_of_usage, sum_of, usage_of_customer
from timesheets.views.usage.forms import SummaryForm

SEE = permission_required(Permission.VIEW_HOURS)
BAR, GAP = 12, 4


@dataclass(frozen=True)
class Asked:
    form: SummaryForm
    period: Period
    customer: Customer | None
    by: By


@require_GET
@SEE
def usage_summary(request: TenantRequest) -> HttpResponse:
    """`?customer=` shows one by days, weeks, months or destinations, otherwise all of them."""
    asked = _asked(request)
    is_valid = asked.form.is_valid()
    buckets = _buckets(asked) if is_valid else []
    context = {
        "form": asked.form,
        "customer": asked.customer,
        "by": asked.by,
        "buckets": buckets,
        "total": sum_of(buckets, asked.customer.currency) if asked.customer else None,
        "has_usage": bool(buckets) or UsageRecord.objects.exists(),
        "chart_width": max(len(buckets) * (BAR + GAP), 1),
        "bars": _bars(buckets, asked),
        "may_import": request.membership.may(Permission.IMPORT_HOURS),
        **periods_around(request.GET, asked.period, presets(timezone.localdate())),
    }
    template = "timesheets/usage/summary.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=200 if is_valid else 422)


@require_GET
@SEE
def usage_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    asked = _asked(request)
    if not asked.form.is_valid():
        return refuse_filters()
    first = [_("From"), _("To")] if asked.customer and asked.by != By.DESTINATION else []
    if not first:
        first = [_("Destination") if asked.customer else _("Customer")]
    head = [
        *first, _("Records"), _("Quantity"), _("Unit"), _("Not charged"), _("Charged"), _("Amount"),
        _("Open"), _("Currency"),
    ]  # fmt: skip
    return list_file(
        request,
        kind,
        name="usage",
        title=_("Usage"),
        head=head,
        rows=lambda: _file_rows(asked),
    )


def _asked(request: TenantRequest) -> Asked:
    usual = usual_period(timezone.localdate())
    query = request.GET.copy()
    query.setdefault("start", usual.start.isoformat())
    query.setdefault("end", usual.end.isoformat())
    query.setdefault("by", By.DAY)
    form = SummaryForm(query)
    if not form.is_valid():
        return Asked(form, usual, None, By.DAY)
    cleaned = form.cleaned_data
    start, end = cleaned.get("start") or usual.start, cleaned.get("end") or usual.end
    end = max(end, start)
    by = By(cleaned.get("by") or By.DAY)
    return Asked(form, Period(start, end), cleaned.get("customer"), by)


def _buckets(asked: Asked) -> list[Bucket]:
    if asked.customer is None:
        return customers_of_usage(asked.period)
    buckets = usage_of_customer(asked.customer, asked.period, asked.by)
    for bucket in buckets:
        if bucket.start and bucket.end:
            days = [date_format(day, "SHORT_DATE_FORMAT") for day in (bucket.start, bucket.end)]
            bucket.label = days[0] if bucket.start == bucket.end else "–".join(days)
    return buckets


def _bars(buckets: list[Bucket], asked: Asked) -> list[dict[str, Any]]:
    if asked.customer is None:
        return []
    return [
        {
            "x": bucket.place * (BAR + GAP) + GAP // 2,
            "y": 100 - bucket.height,
            "height": bucket.height,
            "width": BAR,
            "bucket": bucket,
        }
        for bucket in buckets
    ]


def _file_rows(asked: Asked) -> Iterator[list[Any]]:
    for bucket in _buckets(asked):
        first: list[Any] = [bucket.label] if bucket.start is None else [bucket.start, bucket.end]
        for part in bucket.parts:
            yield [
                *first,
                part.records,
                part.quantity,
                str(part.unit_label),
                part.uncharged,
                part.charged,
                round_money(part.worth, bucket.currency),
                round_money(part.open_worth, bucket.currency),
                bucket.currency,
            ]
