"""All schedules, and all runs there were of whatever kind."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.lists import is_list_request, order_by_request, page_of
from invoicing.domain.schedules.authority import needs_approval
from invoicing.domain.schedules.kinds import Kinds
from invoicing.domain.schedules.timing import rhythm_of
from invoicing.models import Schedule
from invoicing.selectors.schedules import RunKind, RunRow, all_runs, listed_schedules, run_rows
from invoicing.views.schedules.words import rhythm_words, whom_words
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_INVOICE)
SORTS = {
    "name": ["name"],
    "next": ["next_run_at", "name"],
    "last": ["last_run_at", "name"],
    "result": ["result", "name"],
}


@require_GET
@SEE
def schedule_list(request: TenantRequest) -> HttpResponse:
    page = page_of(request, _schedules(request))
    context = {
        "page": page,
        "rows": [described(request, schedule) for schedule in page],
        "default_sort": "next",
    }
    template = "invoicing/schedule_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context)


@require_GET
@SEE
def schedule_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    def rows() -> Iterator[list[Any]]:
        for schedule in _schedules(request):
            told = described(request, schedule)
            yield [
                schedule.name,
                told["what"],
                told["whom"],
                told["when"],
                schedule.get_result_display(),
                timezone.localtime(schedule.next_run_at) if schedule.next_run_at else None,
                _("active") if schedule.is_active else _("paused"),
            ]

    return list_file(
        request,
        kind,
        name="schedules",
        title=_("Schedules"),
        head=[
            _("Name"), _("What"), _("For whom"), _("When"), _("Result"), _("Next run"), _("State"),
        ],
        rows=rows,
    )  # fmt: skip


@require_GET
@SEE
def run_list(request: TenantRequest) -> HttpResponse:
    kind = request.GET.get("kind", "")
    kind = kind if kind in RunKind.values else ""
    page = page_of(request, all_runs(kind=kind, sort=request.GET.get("sort", "-started")))
    context = {
        "page": page,
        "rows": run_rows(page.object_list),
        "kind": kind,
        "kinds": RunKind.choices,
        "default_sort": "-started",
    }
    template = "invoicing/run_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context)


@require_GET
@SEE
def run_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    asked = request.GET.get("kind", "")
    runs = all_runs(
        kind=asked if asked in RunKind.values else "", sort=request.GET.get("sort", "-started")
    )

    def rows() -> Iterator[list[Any]]:
        for row in run_rows(runs):
            yield [
                row.kind.label,
                row.name,
                str(row.period or ""),
                timezone.localtime(row.started_at),
                timezone.localtime(row.finished_at) if row.finished_at else None,
                row.person,
                row.total,
                row.done,
                row.failed,
                row.refusal,
            ]

    return list_file(
        request,
        kind,
        name="runs",
        title=_("Runs"),
        head=[
            _("Kind"), _("Name"), _("Period"), _("Started"), _("Finished"), _("Started by"),
            _("All"), _("Done"), _("Failed"), _("Reason"),
        ],
        rows=rows,
    )  # fmt: skip


def described(request: TenantRequest, schedule: Schedule) -> dict[str, Any]:
    """The schedule with what it says in words."""
    next_at = schedule.next_run_at
    return {
        "schedule": schedule,
        "what": str(Kinds.of(schedule.kinds)),
        "whom": whom_words(schedule),
        "when": rhythm_words(rhythm_of(schedule, request.tenant)),
        "next": date_format(timezone.localtime(next_at), "SHORT_DATETIME_FORMAT")
        if next_at
        else "",
        "waits_for_approval": needs_approval(schedule, request.tenant)
        and schedule.approved_by_id is None,
    }


def _schedules(request: TenantRequest) -> Any:
    return order_by_request(request, listed_schedules(), SORTS, default="next")


def latest_runs(schedule: Schedule, *, count: int) -> list[RunRow]:
    """Of one schedule, trials among them."""
    keys = [
        (
            run.pk, run.started_at, run.finished_at,
            RunKind.TRIAL if run.is_trial else RunKind.INVOICING,
            run.name, run.start_date, run.end_date,
            run.started_by.name if run.started_by else "",
        )
        for run in schedule.runs.select_related("started_by").order_by("-pk")[:count]
    ]  # fmt: skip
    return run_rows(keys)
