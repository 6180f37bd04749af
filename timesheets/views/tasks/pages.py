"""Tasks: the list, adding, changing, closing, deleting, and the tab of a project's page."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.dialogs import close_dialog, refuse_in_list
from core.errors import DomainError
from core.forms import add_refusal
from core.lists import is_list_request, order_by_request, page_of
from customers.custom_lists import Columns, columns_of
from customers.models import Project
from customers.selectors import visible_projects
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from tenants.models import Membership
from tenants.roles import Permission
from timesheets.domain import tasks
from timesheets.domain.access import may_edit_tasks, visible_tasks
from timesheets.models import Task
from timesheets.selectors.tasks import listed_tasks, task_rows
from timesheets.views.rates.tabs import rate_tabs
from timesheets.views.tasks.forms import TaskFilter, TaskForm

LIST = permission_required(Permission.SET_RATES, Permission.EDIT_CUSTOMERS)
EDIT = permission_required(
    Permission.SET_RATES, Permission.EDIT_CUSTOMERS, Permission.EDIT_PROJECT_HOURS
)
SEE = permission_required(Permission.VIEW_CUSTOMERS, Permission.VIEW_PROJECT_CUSTOMERS)
SORTS = {
    # The company's first, then project by project.
    "project": ["of_project", "project__name", "project__customer__name", "-is_active", "name"],
    "name": ["name", "of_project", "project__name"],
    "billable": ["-is_billable", "name"],
    "hours": ["minutes", "name"],
    "state": ["-is_active", "name"],
}
DEFAULT_SORT = "project"
SHOWN_IN_A_TAB = 200


@require_GET
@LIST
def task_list(request: TenantRequest) -> HttpResponse:
    columns = columns_of("tasks", "task", request.membership)
    filter_set, found = _rows(request, columns)
    page = page_of(request, found, per_page=100)
    context = {
        "filter": filter_set,
        "page": page,
        "rows": task_rows(page.object_list, request.membership, today=timezone.localdate()),
        "has_tasks": bool(page.object_list) or Task.objects.exists(),
        "default_sort": DEFAULT_SORT,
        "tabs": rate_tabs(request.membership, "tasks"),
        "columns": columns,
    }
    template = "timesheets/task_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=200 if filter_set.form.is_valid() else 422)


@require_GET
@LIST
def task_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    columns = columns_of("tasks", "task", request.membership)
    filter_set, found = _rows(request, columns)
    if not filter_set.form.is_valid():
        return refuse_filters()
    head = [_("Task"), _("Project"), _("Customer"), _("Billable"), _("Hours"), _("State")]
    return list_file(
        request,
        kind,
        name="tasks",
        title=_("Tasks"),
        head=[*head, *columns.file_head],
        rows=lambda: _file_rows(found, columns),
    )


@require_http_methods(["GET", "POST"])
@EDIT
def task_new(request: TenantRequest) -> HttpResponse:
    """`?project=7` fills the project in."""
    initial = {"project": request.GET["project"]} if "project" in request.GET else {}
    form = TaskForm(request.membership, None, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            task = tasks.add_task(actor=request.membership, **form.cleaned_data)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The task “%(name)s” is added.") % {"name": task.name})
            return _done(request, task)
    return _form_page(request, form, None)


@require_http_methods(["GET", "POST"])
@EDIT
def task_edit(request: TenantRequest, pk: int) -> HttpResponse:
    task = _editable(request, pk)
    form = _form(request, task, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            task = tasks.change_task(pk, actor=request.membership, **form.cleaned_data)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The task “%(name)s” is saved.") % {"name": task.name})
            return _done(request, task)
    return _form_page(request, form, task)


@require_POST
@EDIT
def task_deactivate(request: TenantRequest, pk: int) -> HttpResponse:
    return _act(request, pk, tasks.deactivate_task, _("“%(name)s” is not offered any more."))


@require_POST
@EDIT
def task_reactivate(request: TenantRequest, pk: int) -> HttpResponse:
    return _act(request, pk, tasks.reactivate_task, _("“%(name)s” is offered again."))


@require_POST
@EDIT
def task_remove(request: TenantRequest, pk: int) -> HttpResponse:
    return _act(request, pk, tasks.remove_task, _("The task “%(name)s” is deleted."))


@require_GET
@SEE
def project_tasks(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a project's page: its own tasks, and how many of the company's there are."""
    project: Project = get_object_or_404(visible_projects(request.membership), pk=pk)
    found = listed_tasks(request.membership).filter(project=project)
    found = found.order_by("-is_active", "name", "pk")[:SHOWN_IN_A_TAB]
    context = {
        "project": project,
        "rows": task_rows(found, request.membership, today=timezone.localdate()),
        "shared": Task.objects.filter(project=None, is_active=True).count(),
        "may_edit": may_edit_tasks(request.membership, project),
        "may_list": may_edit_tasks(request.membership, None),
    }
    template = "timesheets/task_part.html" + ("#part" if is_list_request(request) else "")
    return render(request, template, context)


def _rows(request: TenantRequest, columns: Columns) -> tuple[TaskFilter, Any]:
    rows = columns.sortable(listed_tasks(request.membership), request)
    filter_set = TaskFilter(request.GET, queryset=rows, request=request, columns=columns)
    sorts = SORTS | columns.sorts()
    return filter_set, order_by_request(request, filter_set.qs, sorts, default=DEFAULT_SORT)


def _editable(request: TenantRequest, pk: int) -> Task:
    task: Task = get_object_or_404(visible_tasks(request.membership), pk=pk)
    if not may_edit_tasks(request.membership, task.project):
        raise PermissionDenied
    return task


def _form(request: TenantRequest, task: Task, data: Any) -> TaskForm:
    initial = {"name": task.name, "project": task.project_id, "is_billable": task.is_billable}
    return TaskForm(request.membership, task, data, initial=initial)


def _form_page(
    request: TenantRequest, form: TaskForm, task: Task | None, *, refusal: str = ""
) -> HttpResponse:
    address = reverse("timesheets:task_edit", args=[task.pk]) if task else request.get_full_path()
    context = {
        "form": form,
        "form_url": address,
        "task": task,
        "refusal": refusal,
        "back": _home(request, task),
    }
    status = 422 if form.errors or refusal else 200
    return render(request, "timesheets/task_form.html", context, status=status)


def _act(
    request: TenantRequest,
    pk: int,
    act: Callable[..., Task],
    sentence: str,
) -> HttpResponse:
    task = _editable(request, pk)
    try:
        task = act(pk, actor=request.membership)
    except DomainError as refusal:
        if is_list_request(request):
            return refuse_in_list(request, refusal)
        return _form_page(request, _form(request, task, None), task, refusal=str(refusal))
    messages.success(request, sentence % {"name": task.name})
    return _done(request, task)


def _done(request: TenantRequest, task: Task) -> HttpResponse:
    return close_dialog() if is_list_request(request) else redirect(_home(request, task))


def _home(request: TenantRequest, task: Task | None) -> str:
    """The list; those who have none come from a project's page."""
    reader: Membership = request.membership
    if may_edit_tasks(reader, None):
        return reverse("timesheets:task_list")
    if task is not None and task.project_id:
        return f"{reverse('customers:project_detail', args=[task.project_id])}?tab=tasks"
    return reverse("customers:project_list")


def _file_rows(found: Any, columns: Columns) -> Iterator[list[Any]]:
    for task in found:
        yield [
            task.name,
            task.project.name if task.project else "",
            task.project.customer.name if task.project else "",
            _("Yes") if task.is_billable else _("No"),
            (Decimal(task.minutes) / 60).quantize(Decimal("0.01")),
            _("Active") if task.is_active else _("Not active"),
            *columns.file_cells(task.custom_values),
        ]
