"""Hours as a list: what one may see of them, its sums and its files."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.lists import is_list_request, order_by_request
from core.periods import Period, presets
from customers.custom_lists import Columns, columns_of
from customers.models import Customer, Project
from customers.selectors import visible_customers, visible_projects
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from tenants.models import Membership
from tenants.roles import Permission
from timesheets import undo
from timesheets.actions import actions_for
from timesheets.domain.access import (
    may_see_rate,
    may_write_for,
    visible_entries,
    visible_people,
)
from timesheets.domain.settling import Step, may_take
from timesheets.entry_filters import STATES, EntryFilter
from timesheets.models import Task
from timesheets.selectors.buckets import UNBILLED, segments_of
from timesheets.selectors.entries import EntryRow, entry_rows, sums_of

SEE = permission_required(
    Permission.RECORD_HOURS, Permission.VIEW_HOURS, Permission.VIEW_PROJECT_HOURS
)
SORTS = {
    "date": ["work_date", "start_time"],
    "person": ["member__name", "-work_date"],
    "project": ["project__customer__name", "project__name", "-work_date"],
    "task": ["task__name", "-work_date"],
    "hours": ["minutes", "-work_date"],
    "rate": ["rate", "-work_date"],
    "state": ["billing_state", "is_locked", "-work_date"],
}
DEFAULT_SORT = "-date"
PER_PAGE = 50
SHOWN_IN_A_TAB = 50
SEARCH_RESULTS = 30


@require_GET
@SEE
def entry_list(request: TenantRequest) -> HttpResponse:
    columns = columns_of("hours", "time_entry", request.membership)
    filter_set, rows = _rows(request, columns)
    is_valid = filter_set.is_valid()
    rows = rows if is_valid else rows.none()
    sums = sums_of(rows, request.membership)
    paginator = Paginator(rows, PER_PAGE)
    # The sums have counted them.
    paginator.count = sums.count
    page = paginator.get_page(request.GET.get("page"))
    people = _people(request)
    filter_set.offer(people)
    shown = entry_rows(page.object_list, request.membership)
    reader = request.membership
    context = {
        **_states(filter_set, is_valid=is_valid),
        "steps": _steps(reader),
        "actions": actions_for(reader),
        "settled": undo.offered_settling(request),
        "filter": filter_set,
        "page": page,
        "rows": shown,
        "sums": sums,
        "several_people": len(people) > 1,
        "sees_rates": _sees_rates(request.membership),
        "may_tick_any": any(row.may_tick for row in shown),
        "may_change_any": any(row.may_change for row in shown),
        "may_add": may_write_for(request.membership, request.membership.pk),
        "default_sort": DEFAULT_SORT,
        "undo": len(undo.offered(request)),
        "columns": columns,
        **periods_around(request, filter_set),
    }
    template = "timesheets/entry_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=200 if is_valid else 422)


@require_GET
@SEE
def entry_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    """Everything the filters let through, on however many pages, as a file."""
    columns = columns_of("hours", "time_entry", request.membership)
    filter_set, rows = _rows(request, columns)
    if not filter_set.is_valid():
        return refuse_filters()
    head = [
        _("Date"), _("Person"), _("Staff number"), _("Customer"), _("Project number"),
        _("Project"), _("Task"), _("Start"), _("End"), _("Hours"), _("Minutes"), _("Billable"),
        _("Description"), _("State"), _("Rate"), _("Value"), _("Currency"), _("Note on billing"),
        _("Settled by"), _("Settled"),
    ]  # fmt: skip
    reader = request.membership
    return list_file(
        request,
        kind,
        name="hours",
        title=_("Hours"),
        head=[*head, *columns.file_head],
        count=rows.count,
        rows=lambda: _file_rows(rows, reader, columns),
    )


@require_GET
@SEE
def entry_search(request: TenantRequest, kind: str) -> JsonResponse:
    """Answer the comboboxes of the filter bar, among what the reader has to do with."""
    words, reader = request.GET.get("q", "")[:100].split(), request.membership
    every = reader.may(Permission.VIEW_HOURS)
    seen = visible_entries(reader).order_by()
    found: QuerySet[Any]
    if kind == "customer":
        found = Customer.objects.all()
        if not every:
            found = found.filter(pk__in=seen.values("project__customer_id"))
        columns = ("name", "number")
    elif kind == "project":
        found = Project.objects.all()
        if not every:
            found = found.filter(pk__in=seen.values("project_id"))
        columns = ("name", "customer__name")
    elif kind == "task":
        found = Task.objects.all()
        if not every:
            found = found.filter(pk__in=seen.values("task_id"))
        columns = ("name", "project__name")
    else:
        raise Http404
    for word in words:
        found = found.filter(
            Q(**{f"{columns[0]}__icontains": word}) | Q(**{f"{columns[1]}__icontains": word})
        )
    rows = found.order_by("name", "pk").values_list("pk", *columns)[:SEARCH_RESULTS]
    results = [{"id": pk, "text": name, "hint": hint or ""} for pk, name, hint in rows]
    return JsonResponse({"results": [{"id": "", "text": str(_("All"))}, *results]})


@require_GET
@permission_required(Permission.VIEW_HOURS, Permission.VIEW_PROJECT_HOURS)
def project_hours(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a project's page."""
    project = get_object_or_404(visible_projects(request.membership), pk=pk)
    return _part(request, Q(project=project), str(project), f"project={pk}")


@require_GET
@permission_required(Permission.VIEW_HOURS, Permission.VIEW_PROJECT_HOURS)
def customer_hours(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a customer's page."""
    customer = get_object_or_404(visible_customers(request.membership), pk=pk)
    return _part(request, Q(project__customer=customer), str(customer), f"customer={pk}")


def _part(request: TenantRequest, which: Q, title: str, query: str) -> HttpResponse:
    rows = _with_names(visible_entries(request.membership).filter(which))
    sums = sums_of(rows, request.membership)
    shown = rows.order_by("-work_date", "-pk")[:SHOWN_IN_A_TAB]
    context = {
        "rows": entry_rows(shown, request.membership),
        "sums": sums,
        "title": title,
        "query": query,
        "several_people": True,
        "sees_rates": _sees_rates(request.membership),
    }
    template = "timesheets/entry_part.html" + ("#part" if is_list_request(request) else "")
    return render(request, template, context)


def _rows(request: TenantRequest, columns: Columns) -> tuple[EntryFilter, QuerySet[Any]]:
    entries = columns.sortable(_with_names(visible_entries(request.membership)), request)
    filter_set = EntryFilter(request.GET, queryset=entries, request=request, columns=columns)
    sorts = SORTS | columns.sorts()
    return filter_set, order_by_request(request, filter_set.qs, sorts, default=DEFAULT_SORT)


def _with_names(entries: QuerySet[Any]) -> QuerySet[Any]:
    return entries.select_related("member", "project__customer", "task", "settled_by")


def _people(request: TenantRequest) -> list[Membership]:
    reader = request.membership
    if not _sees_rates(reader):
        return [reader]
    return list(visible_people(reader).order_by("name", "pk"))


def _sees_rates(reader: Membership) -> bool:
    return reader.may(Permission.VIEW_HOURS) or reader.may(Permission.VIEW_PROJECT_HOURS)


def _steps(reader: Membership) -> list[Step]:
    """For everything the filters let through; on their own hours people decide by ticking them."""
    corrects = reader.may(Permission.EDIT_HOURS) or reader.may(Permission.EDIT_PROJECT_HOURS)
    return [
        step
        for step in Step
        if may_take(step, reader) and (corrects or step not in (Step.BILLABLE, Step.NOT_BILLABLE))
    ]


def _states(filter_set: EntryFilter, *, is_valid: bool) -> dict[str, Any]:
    """The bar over all hours of the filters, whatever is billed of them, and its tabs."""
    parts = segments_of(filter_set.whatever_the_state) if is_valid else []
    total = sum(part.minutes for part in parts)
    unbilled = sum(part.minutes for part in parts if part.bucket in UNBILLED)
    asked = filter_set.data.get("state")
    labels = dict(STATES)
    tabs = [
        {"state": "unbilled", "label": labels["unbilled"], "minutes": unbilled},
        *(
            {
                "state": part.bucket.value,
                "label": part.label,
                "minutes": part.minutes,
                "bucket": part.bucket.value,
            }
            for part in parts
            if part.minutes or part.bucket == asked
        ),
        {"state": "all", "label": labels["all"], "minutes": total},
    ]
    for tab in tabs:
        tab["is_current"] = tab["state"] == asked
    return {"segments": parts, "state_total": total, "state_tabs": tabs}


def periods_around(request: TenantRequest, filter_set: EntryFilter) -> dict[str, Any]:
    """The period's name and the addresses of those beside it."""

    def query(period: Period) -> str:
        other = request.GET.copy()
        other.pop("page", None)
        other["start"], other["end"] = period.start.isoformat(), period.end.isoformat()
        return other.urlencode()

    period = filter_set.period if filter_set.is_valid() else None
    return {
        "period": period,
        "before": query(period.before()) if period else "",
        "after": query(period.after()) if period else "",
        "presets": [
            {"label": label, "query": query(preset), "is_current": preset == period}
            for _key, label, preset in presets(timezone.localdate())
        ],
    }


def _file_rows(rows: QuerySet[Any], reader: Membership, columns: Columns) -> Iterator[list[Any]]:
    for entry in rows.iterator(chunk_size=2000):
        row = EntryRow(
            entry, may_write=False, may_see_rate=may_see_rate(reader, entry.project), document=None
        )
        yield [
            entry.work_date,
            entry.member.name,
            entry.member.staff_number,
            entry.project.customer.name,
            entry.project.number,
            entry.project.name,
            entry.task.name if entry.task else "",
            f"{entry.start_time:%H:%M}" if entry.start_time else "",
            f"{entry.end_time:%H:%M}" if entry.end_time else "",
            (Decimal(entry.minutes) / 60).quantize(Decimal("0.01")),
            entry.minutes,
            _("yes") if entry.is_billable else _("no"),
            entry.description,
            str(row.state),
            entry.rate if row.may_see_rate else None,
            row.value,
            entry.project.customer.currency,
            entry.billing_note,
            str(entry.settled_by) if entry.settled_by else "",
            entry.settled_at,
            *columns.file_cells(entry.custom_values),
        ]
