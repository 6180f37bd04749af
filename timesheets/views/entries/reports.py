"""Where the work went: what was worked, and how much of it is open, drafted, billed or never will
be."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.lists import is_list_request
from core.periods import periods_around, presets
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from tenants.roles import Permission
from timesheets.domain.access import visible_entries, visible_people
from timesheets.selectors.buckets import Bucket, segments
from timesheets.selectors.grouping import Dimension, Group, Grouped, Sums, in_order, read_groups
from timesheets.views.entries.filters import Tagged, WorkReportFilter
from timesheets.views.entries.lists import period_of

SEE = permission_required(Permission.VIEW_HOURS, Permission.VIEW_PROJECT_HOURS)
PER_PAGE = 100
DEFAULT_SORT = "name"


@require_GET
@SEE
def work_report(request: TenantRequest) -> HttpResponse:
    filter_set = _filter(request)
    is_valid = filter_set.is_valid()
    found = _read(request, filter_set) if is_valid else Grouped([], Sums())
    groups = in_order(found.groups, request.GET.get("sort", ""))
    page = Paginator(groups, PER_PAGE).get_page(request.GET.get("page"))
    people = list(visible_people(request.membership).order_by("name", "pk"))
    filter_set.offer(people)
    longest = max((group.sums.minutes for group in groups), default=0)
    for group in page.object_list:
        group.query = _query_of(request, filter_set, group)
        group.bar = segments(group.sums.minutes_in, whole=longest)
    context = {
        "filter": filter_set,
        "page": page,
        "sums": found.sums,
        "dimension": filter_set.dimension,
        "counts_once": filter_set.dimension == Dimension.TAG,
        "buckets": list(Bucket),
        "default_sort": DEFAULT_SORT,
        **periods_around(request.GET, period_of(filter_set), presets(timezone.localdate())),
    }
    template = "timesheets/work_report.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=200 if is_valid else 422)


@require_GET
@SEE
def work_report_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    """A row for each group and currency, hours and amounts side by side."""
    filter_set = _filter(request)
    if not filter_set.is_valid():
        return refuse_filters()
    groups = in_order(_read(request, filter_set).groups, request.GET.get("sort", ""))
    hours, amounts = _("%(state)s, hours"), _("%(state)s, value")
    head = [
        str(filter_set.dimension.label), _("Belongs to"), _("Worked, hours"),
        *(hours % {"state": bucket.label} for bucket in Bucket),
        _("Currency"), _("Worked, value"),
        *(amounts % {"state": bucket.label} for bucket in Bucket),
        _("Without a rate"),
    ]  # fmt: skip
    return list_file(
        request,
        kind,
        name="work",
        title=_("Where the work went"),
        head=head,
        rows=lambda: _file_rows(groups),
    )


def _filter(request: TenantRequest) -> WorkReportFilter:
    entries = visible_entries(request.membership)
    return WorkReportFilter(request.GET, queryset=entries, request=request)


def _read(request: TenantRequest, filter_set: WorkReportFilter) -> Grouped:
    return read_groups(filter_set.qs, [filter_set.dimension], request.membership)


def _query_of(request: TenantRequest, filter_set: WorkReportFilter, group: Group) -> str:
    """The list of the group's hours, whatever their state; empty where no filter names them."""
    if group.filters is None:
        return ""
    if group.dimension == Dimension.TAG and not _is_narrower(request, group):
        return ""
    query = request.GET.copy()
    for name in ("page", "sort", "group"):
        query.pop(name, None)
    period = filter_set.period
    days = group.filters
    if group.dimension == Dimension.TAG and request.GET.get("tagged") == Tagged.ALL:
        # Beside those that are asked for.
        query.appendlist("tags", days.pop("tags"))
    if period and "start" in days:
        start, end = max(days["start"], str(period.start)), min(days["end"], str(period.end))
        days = {"start": start, "end": end}
    elif period:
        days = {"start": str(period.start), "end": str(period.end), **days}
    for name, value in {**days, "state": "all"}.items():
        query[name] = value
    return query.urlencode()


def _is_narrower(request: TenantRequest, group: Group) -> bool:
    """Whether one filter of tags can say what is asked for and the group at once."""
    asked, tagged = request.GET.getlist("tags"), request.GET.get("tagged", "")
    if not asked or tagged == Tagged.WITHOUT:
        return True
    if group.key is None:
        return False
    return tagged == Tagged.ALL or (not tagged and group.name in asked)


def _file_rows(groups: list[Group]) -> Iterator[list[Any]]:
    """Hours once, in the row of the first currency."""
    for group in groups:
        sums = group.sums
        for number, currency in enumerate(sums.currencies or [""]):
            minutes = [sums.minutes, *(sums.minutes_in.get(bucket, 0) for bucket in Bucket)]
            amounts = [sums.amount(bucket, currency) for bucket in Bucket]
            yield [
                group.label,
                group.hint,
                *(_hours(part) if number == 0 else None for part in minutes),
                currency,
                sum(amounts) if currency else None,
                *(amount if currency else None for amount in amounts),
                sums.unpriced if number == 0 else None,
            ]


def _hours(minutes: int) -> Decimal:
    return (Decimal(minutes) / 60).quantize(Decimal("0.01"))
