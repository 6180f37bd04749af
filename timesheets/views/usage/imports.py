"""Files of usage: upload, say what the columns are, see how far it is and what became of it."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError
from core.lists import is_list_request, page_of
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission
from timesheets.imports.rejects import for_spreadsheets
from timesheets.models import UsageImport
from timesheets.usage import receiving
from timesheets.usage.errors import UsageRefused
from timesheets.usage.problems import write_problems
from timesheets.usage.taking_back import take_back
from timesheets.views.rejects import rejects_of
from timesheets.views.usage.forms import ColumnsForm, UploadForm

MAY = permission_required(Permission.IMPORT_HOURS)
DETAIL = "timesheets/usage/import.html"
State = UsageImport.State
WORKING = {State.READING, State.CHARGING, State.TAKING_BACK}
SHOWN_ROWS, SHOWN_PROBLEMS = 5, 100
LONG_WAIT_SECONDS = 30


@require_http_methods(["GET", "POST"])
@MAY
def usage_imports(request: TenantRequest) -> HttpResponse:
    """Upload a file; below it, what was imported before."""
    is_posted = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if is_posted else UploadForm()
    if is_posted and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            usage_import = receiving.receive_file(
                file, name=file.name, size=file.size, actor=request.user
            )
        except DomainError as refused:
            form.add_error("file", str(refused))
        else:
            return redirect("timesheets:usage_import_detail", usage_import.pk)
    found = UsageImport.objects.select_related("created_by").order_by("-pk")
    context = {"form": form, "page": page_of(request, found, per_page=20)}
    template = "timesheets/usage/imports.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=422 if form.errors else 200)


@require_GET
@MAY
def usage_import_detail(request: TenantRequest, pk: int) -> HttpResponse:
    return _page(request, get_object_or_404(UsageImport.objects.all(), pk=pk))


@require_POST
@MAY
def usage_import_start(request: TenantRequest, pk: int) -> HttpResponse:
    usage_import = get_object_or_404(UsageImport.objects.all(), pk=pk)
    form = ColumnsForm(request.POST, usage_import=usage_import)
    refusal = ""
    if form.is_valid():
        try:
            receiving.start(pk, form.choices(), actor=request.user)
        except UsageRefused as refused:
            if refused.field:
                form.add_error(refused.field, str(refused))
            else:
                refusal = str(refused)
        else:
            return redirect("timesheets:usage_import_detail", pk)
    return _page(request, usage_import, form=form, refusal=refusal)


@require_GET
@MAY
def usage_import_progress(request: TenantRequest, pk: int) -> HttpResponse:
    """The moving part of the page; once the worker is done, the whole page."""
    usage_import = get_object_or_404(UsageImport.objects.all(), pk=pk)
    if usage_import.state not in WORKING:
        url = reverse("timesheets:usage_import_detail", args=[pk])
        return HttpResponse(headers={"HX-Redirect": url})
    return render(request, DETAIL + "#progress", _working(usage_import))


@require_GET
@MAY
def usage_import_problems(request: TenantRequest, pk: int) -> HttpResponse:
    """The rows that were left out, to be corrected and imported again."""
    usage_import = get_object_or_404(UsageImport.objects.all(), pk=pk)
    content = for_spreadsheets(partial(write_problems, usage_import))
    return rejects_of(usage_import.file_name, content)


@require_POST
@MAY
def usage_import_discard(request: TenantRequest, pk: int) -> HttpResponse:
    usage_import = get_object_or_404(UsageImport.objects.all(), pk=pk)
    try:
        name = receiving.discard(pk, actor=request.user)
    except UsageRefused as refused:
        return _page(request, usage_import, refusal=str(refused))
    messages.success(request, _("%(file)s is discarded.") % {"file": name})
    return redirect("timesheets:usage_imports")


@require_POST
@MAY
def usage_import_take_back(request: TenantRequest, pk: int) -> HttpResponse:
    usage_import = get_object_or_404(UsageImport.objects.all(), pk=pk)
    try:
        usage_import = take_back(pk, actor=request.user)
    except UsageRefused as refused:
        return _page(request, usage_import, refusal=str(refused))
    if usage_import.state == State.TAKEN_BACK:
        count = usage_import.taken
        told = ngettext(
            "%(count)s record is taken back.", "%(count)s records are taken back.", count
        )
        messages.success(request, told % {"count": count})
    return redirect("timesheets:usage_import_detail", pk)


def _page(
    request: TenantRequest,
    usage_import: UsageImport,
    *,
    form: ColumnsForm | None = None,
    refusal: str = "",
) -> HttpResponse:
    context: dict[str, Any] = {"usage_import": usage_import, "refusal": refusal}
    if usage_import.state == State.CHOOSING:
        context["form"] = form or ColumnsForm(usage_import=usage_import)
        context["header"] = usage_import.layout["header"]
        context["first_rows"] = receiving.first_rows(usage_import, SHOWN_ROWS)
    elif usage_import.state in WORKING:
        context |= _working(usage_import)
    else:
        context["problems"] = usage_import.problems.order_by("line")[:SHOWN_PROBLEMS]
    is_wrong = bool(refusal or (form and form.errors))
    return render(request, DETAIL, context, status=422 if is_wrong else 200)


def _working(usage_import: UsageImport) -> dict[str, Any]:
    waited = (timezone.now() - usage_import.updated_at).total_seconds()
    return {
        "usage_import": usage_import,
        # Nobody knows how many rows a file has that is read.
        "total": usage_import.added if usage_import.state == State.TAKING_BACK else 0,
        "is_waiting_long": not usage_import.rows and waited > LONG_WAIT_SECONDS,
    }
