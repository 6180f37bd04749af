"""Hours as a list: what one may see of them, its sums and its files."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.lists import is_list_request, order_by_request
from core.periods import Period, periods_around, presets
from customers.custom_lists import Columns, columns_of
from customers.models import Customer, Project
from customers.selectors import visible_customers, visible_projects
from tenants.access import TenantRequest, permission_required
from tenants.models import Membership
from tenants.roles import Permission
from timesheets.domain.access import (
    may_write_for,
    visible_entries,
    visible_people,
)
from timesheets.models import Task
from timesheets.selectors.buckets import UNBILLED, segments_of
from timesheets.selectors.entries import entry_rows, sums_of
from timesheets.selectors.grouping import (
    Dimension,
    Group,
    dimensions_in,
    entries_in,
    in_order,
    read_groups,
)
from timesheets.views import undo
from timesheets.views.entries.filters import EntryFilter
from timesheets.views.work_steps import narrowed, steps_below
from timesheets.work_filters import STATES
from timesheets.work_kinds import HOURS

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
GROUPS_PER_PAGE, ENTRIES_IN_A_GROUP = 50, 200
# So many groups of the second level begin opened; of one group, so many are shown at all.
MOST_PARTS_OPEN, MOST_PARTS = 100, 400


@require_GET
@SEE
def entry_list(request: TenantRequest) -> HttpResponse:
    """`?group=project&group=task` sums up instead, and opens to the entries."""
    columns = columns_of("hours", "time_entry", request.membership)
    filter_set, rows = asked_rows(request, columns)
    is_valid = filter_set.is_valid()
    rows = rows if is_valid else rows.none()
    reader = request.membership
    people = _people(request)
    filter_set.offer(people)
    dimensions = dimensions_in(request.GET.getlist("group"))
    context = {
        "filter": filter_set,
        "columns": columns,
        "several_people": len(people) > 1,
        "sees_rates": _sees_rates(reader),
        "may_add": may_write_for(reader, reader.pk),
        "undo": len(undo.offered(request)),
        "settled": undo.offered_settling(request, kind=HOURS.name),
        **steps_below(HOURS, reader),
        **(_groups(request, rows, dimensions) if dimensions else _entries(request, rows)),
        **_grouping(request, dimensions),
        **_states(filter_set, is_valid=is_valid),
        **periods_around(request.GET, period_of(filter_set), presets(timezone.localdate())),
    }
    template = "timesheets/entry_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=200 if is_valid else 422)


def _entries(request: TenantRequest, rows: QuerySet[Any]) -> dict[str, Any]:
    sums = sums_of(rows, request.membership)
    paginator = Paginator(rows, PER_PAGE)
    # The sums have counted them.
    paginator.count = sums.count
    page = paginator.get_page(request.GET.get("page"))
    shown = entry_rows(page.object_list, request.membership)
    return {
        "page": page,
        "rows": shown,
        "sums": sums,
        "may_tick_any": any(row.may_tick for row in shown),
        "may_change_any": any(row.may_change for row in shown),
        "default_sort": DEFAULT_SORT,
    }


def _groups(
    request: TenantRequest, rows: QuerySet[Any], dimensions: list[Dimension]
) -> dict[str, Any]:
    found = read_groups(rows, dimensions, request.membership)
    page = Paginator(in_order(found.groups, request.GET.get("sort", "")), GROUPS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    parts = sum(len(group.parts) for group in page.object_list)
    return {
        "page": page,
        "rows": page.object_list,
        "groups": page,
        "sums": found.sums,
        "parts_shown": parts <= MOST_PARTS_OPEN,
        "most_parts": MOST_PARTS,
        "may_tick_any": True,
        "may_change_any": may_write_for(request.membership, request.membership.pk),
        "default_sort": "name",
    }


def _grouping(request: TenantRequest, dimensions: list[Dimension]) -> dict[str, Any]:
    """The two choices above the list, and what of the address they leave alone."""
    query = request.GET.copy()
    for name in ("group", "page", "sort"):
        query.pop(name, None)
    chosen = [*dimensions, None, None]
    return {
        "dimensions": dimensions,
        "dimension_choices": list(Dimension),
        "first_dimension": chosen[0],
        "second_dimension": chosen[1],
        "counts_once": Dimension.TAG in dimensions,
        "kept_groups": [dimension.value for dimension in dimensions],
        "kept_query": [(name, value) for name, values in query.lists() for value in values],
    }


@require_GET
@SEE
def entry_group(request: TenantRequest) -> HttpResponse:
    """The entries of one group: `in` names it, once for each level."""
    columns = columns_of("hours", "time_entry", request.membership)
    filter_set, rows = asked_rows(request, columns)
    if not filter_set.is_valid():
        raise Http404
    dimensions = dimensions_in(request.GET.getlist("group"))
    names = request.GET.getlist("in")
    if not dimensions or not 0 < len(names) <= len(dimensions):
        raise Http404
    for dimension, name in zip(dimensions, names, strict=False):
        rows = entries_in(rows, dimension, name)
    if len(names) < len(dimensions):
        return _parts(request, rows, dimensions, names[0])
    found = list(rows[: ENTRIES_IN_A_GROUP + 1])
    context = {
        "columns": columns,
        "rows": entry_rows(found[:ENTRIES_IN_A_GROUP], request.membership),
        "left_out": rows.count() - ENTRIES_IN_A_GROUP if len(found) > ENTRIES_IN_A_GROUP else 0,
        "several_people": len(_people(request)) > 1,
        "sees_rates": _sees_rates(request.membership),
    }
    template = "timesheets/entry_group.html" + ("#entries" if is_list_request(request) else "")
    return render(request, template, context)


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
    of_record = visible_entries(request.membership).filter(which)
    rows, narrowing = narrowed(request, _with_names(of_record))
    sums = sums_of(rows, request.membership)
    shown = rows.order_by("-work_date", "-pk")[:SHOWN_IN_A_TAB]
    context = {
        "rows": entry_rows(shown, request.membership),
        "sums": sums,
        "title": title,
        "query": query,
        **narrowing,
        "several_people": True,
        "sees_rates": _sees_rates(request.membership),
    }
    template = "timesheets/entry_part.html" + ("#part" if is_list_request(request) else "")
    return render(request, template, context)


def _parts(
    request: TenantRequest, rows: QuerySet[Any], dimensions: list[Dimension], name: str
) -> HttpResponse:
    """The second level inside a group, where there were too many to be sent with the page."""
    found = read_groups(rows, dimensions[1:], request.membership)
    top = Group(
        dimensions[0],
        None,
        sums=found.sums,
        parts=in_order(found.groups, request.GET.get("sort", "")),
    )
    context = {
        "group": top,
        "in_group": name,
        "number": f"in-{name}",
        "most_parts": MOST_PARTS,
        "sees_rates": _sees_rates(request.membership),
    }
    if is_list_request(request):
        return render(request, "timesheets/entry_parts.html", context)
    return render(request, "timesheets/entry_parts_page.html", context)


def asked_rows(request: TenantRequest, columns: Columns) -> tuple[EntryFilter, QuerySet[Any]]:
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


def period_of(filter_set: EntryFilter) -> Period | None:
    return filter_set.period if filter_set.is_valid() else None
