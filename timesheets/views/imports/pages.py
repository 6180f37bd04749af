"""The pages of an import: choose a file, look at what it would do, decide, see what it did."""

import csv
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.lists import is_list_request, page_of
from customers.models import Project
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission
from timesheets.imports import stages
from timesheets.imports.dialects.plain import HEADER
from timesheets.imports.errors import ImportRefused, RowsRefused
from timesheets.imports.names import Kind
from timesheets.imports.report import report_of
from timesheets.models import TimeImport
from timesheets.views.imports.forms import OptionsForm, UploadForm
from timesheets.views.rejects import csv_file, rejects_of

HOME = "timesheets/import.html"
DETAIL = "timesheets/import_detail.html"
State = TimeImport.State
_SHOWN_PLACES = 2_000


@require_http_methods(["GET", "POST"])
@permission_required(Permission.IMPORT_HOURS)
def import_home(request: TenantRequest) -> HttpResponse:
    """Upload a file; below it, what was imported before."""
    posted = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if posted else UploadForm()
    if posted and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            time_import = stages.receive_file(
                file, name=file.name, size=file.size, actor=request.user
            )
        except ImportRefused as refused:
            form.add_error("file", str(refused))
        else:
            return redirect("timesheets:import_detail", time_import.pk)
    imports = _imports().select_related("created_by").order_by("-pk")
    context = {"form": form, "page": page_of(request, imports, per_page=20)}
    template = HOME + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=422 if form.errors else 200)


@require_GET
@permission_required(Permission.IMPORT_HOURS)
def import_detail(request: TenantRequest, pk: int) -> HttpResponse:
    return _detail_page(request, get_object_or_404(_imports(), pk=pk))


@require_POST
@permission_required(Permission.IMPORT_HOURS)
def import_options(request: TenantRequest, pk: int) -> HttpResponse:
    """Look at the file again with other answers."""
    time_import = get_object_or_404(_imports(), pk=pk)
    form = OptionsForm(request.POST, report=time_import.report or {})
    if not form.is_valid():
        return _detail_page(request, time_import, form=form, status=422)
    try:
        stages.change_options(pk, options=form.options(), actor=request.user)
    except ImportRefused as refused:
        return _detail_page(request, time_import, refusal=str(refused), status=422)
    return redirect("timesheets:import_detail", pk)


@require_POST
@permission_required(Permission.IMPORT_HOURS)
def import_start(request: TenantRequest, pk: int) -> HttpResponse:
    time_import = get_object_or_404(_imports(), pk=pk)
    ticked, skip_bad = set(request.POST.getlist("create")), "skip_bad" in request.POST
    try:
        stages.start(pk, create=ticked, skip_bad=skip_bad, actor=request.user)
    except RowsRefused as refused:
        time_import.report = report_of(refused.params["plan"])
        rows = len({problem.line for problem in refused.params["problems"]})
        return _detail_page(
            request, time_import, refusal=_why(rows), ticked=ticked, skip_bad=skip_bad, status=422
        )
    except ImportRefused as refused:
        return _detail_page(request, time_import, refusal=str(refused), status=422)
    return redirect("timesheets:import_detail", pk)


@require_POST
@permission_required(Permission.IMPORT_HOURS)
def import_discard(request: TenantRequest, pk: int) -> HttpResponse:
    time_import = get_object_or_404(_imports(), pk=pk)
    try:
        name = stages.discard(pk, actor=request.user)
    except ImportRefused as refused:
        return _detail_page(request, time_import, refusal=str(refused), status=422)
    messages.success(request, _("%(file)s is discarded.") % {"file": name})
    return redirect("timesheets:import")


@require_POST
@permission_required(Permission.IMPORT_HOURS)
def import_take_back(request: TenantRequest, pk: int) -> HttpResponse:
    time_import = get_object_or_404(_imports(), pk=pk)
    try:
        count = stages.take_back(pk, actor=request.user)
    except ImportRefused as refused:
        return _detail_page(request, time_import, refusal=str(refused), status=422)
    text = ngettext("%(count)d entry is taken back.", "%(count)d entries are taken back.", count)
    messages.success(request, text % {"count": count})
    return redirect("timesheets:import_detail", pk)


@require_GET
@permission_required(Permission.IMPORT_HOURS)
def import_progress(request: TenantRequest, pk: int) -> HttpResponse:
    """The moving part of the page; once the worker is done, the whole page."""
    time_import = get_object_or_404(_imports(), pk=pk)
    if time_import.state not in {State.CHECKING, State.QUEUED}:
        url = reverse("timesheets:import_detail", args=[pk])
        return HttpResponse(headers={"HX-Redirect": url})
    return render(request, DETAIL + "#progress", _working(time_import))


@require_GET
@permission_required(Permission.IMPORT_HOURS)
def import_rejects(request: TenantRequest, pk: int) -> HttpResponse:
    """The rows that are left out, to be corrected and imported again."""
    time_import = get_object_or_404(TimeImport, pk=pk)
    if time_import.rejects is not None:
        content = bytes(time_import.rejects)
    else:
        get_object_or_404(_imports(), pk=pk, state=State.CHECKED)
        content = stages.problems_file(time_import)
    return rejects_of(time_import.file_name, content)


@require_GET
@permission_required(Permission.IMPORT_HOURS)
def import_template(request: TenantRequest) -> HttpResponse:
    """An empty file in the plain format."""
    response = csv_file(b"\xef\xbb\xbf", "hours.csv")
    csv.writer(response).writerow(HEADER)
    return response


def _imports() -> Any:
    """Without the file, which no page shows."""
    return TimeImport.objects.defer("content", "rejects")


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _why(rows: int) -> str:
    return ngettext(
        "Nothing was imported: %(rows)d row cannot be. Tick the names it needs, "
        "or tick that such rows are left out.",
        "Nothing was imported: %(rows)d rows cannot be. Tick the names they need, "
        "or tick that such rows are left out.",
        rows,
    ) % {"rows": rows}


def _detail_page(
    request: TenantRequest,
    time_import: TimeImport,
    *,
    form: OptionsForm | None = None,
    refusal: str = "",
    ticked: set[str] | None = None,
    skip_bad: bool = False,
    status: int = 200,
) -> HttpResponse:
    report = time_import.report or {}
    days = (time_import.result if time_import.state == State.DONE else report) or {}
    context: dict[str, Any] = {
        "time_import": time_import,
        "report": report,
        "result": time_import.result or {},
        "refusal": refusal or report.get("refusal", ""),
        # Tags are labels that keep nothing out: they are made unless somebody says otherwise.
        "ticked": ticked
        if ticked is not None
        else {one["key"] for one in report.get("new_names", []) if one["kind"] == Kind.TAG},
        "skip_bad": skip_bad,
        "first_date": _day(days.get("first_date")),
        "last_date": _day(days.get("last_date")),
    }
    if time_import.state == State.CHECKED:
        context |= _review(time_import, report, form)
    elif time_import.state in {State.CHECKING, State.QUEUED}:
        context |= _working(time_import)
    elif time_import.state == State.DONE:
        created = context["result"]["created"]
        # The same task is made for several projects, and named once here.
        context["created"] = [
            (kind.plural, len(created[kind]), sorted(set(created[kind])))
            for kind in Kind
            if kind in created
        ]
        context["has_rejects"] = bool(context["result"]["left_out"])
    return render(request, DETAIL, context, status=status)


def _review(
    time_import: TimeImport, report: dict[str, Any], form: OptionsForm | None
) -> dict[str, Any]:
    new_names = [
        (kind.plural, [name for name in report.get("new_names", []) if name["kind"] == kind])
        for kind in Kind
    ]
    places = Project.objects.select_related("customer").order_by("customer__name", "name")
    form = form or OptionsForm(initial=time_import.options, report=report)
    has_place = time_import.options.get("project") or report.get("without_project")
    return {
        "form": form,
        "asks": bool(has_place or form.errors or {"rates", "dates"} & form.fields.keys()),
        "new_names": [(label, names) for label, names in new_names if names],
        "totals": [
            (_("Customers"), report.get("customers", [])),
            (_("Projects"), report.get("projects", [])),
            (_("People"), report.get("people", [])),
        ],
        "places": [f"{place.customer.name} / {place.name}" for place in places[:_SHOWN_PLACES]],
        "more_problems": report.get("problem_count", 0) - len(report.get("problems", [])),
    }


def _working(time_import: TimeImport) -> dict[str, Any]:
    return {
        "time_import": time_import,
        "progress": stages.progress_of(time_import),
        "is_waiting_long": stages.is_waiting_long(time_import),
    }
