from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core.lists import is_id, is_list_request, order_by_request, page_of
from customers.custom_lists import Columns, columns_of
from customers.domain import custom_fields, registers
from customers.domain.billing_terms import Level, terms_of
from customers.filters import ProjectFilter
from customers.forms import ProjectForm
from customers.models import Project
from customers.selectors import visible_customers, visible_projects
from customers.tabs import PROJECT_CARDS, PROJECT_PARTS, parts_for
from customers.terms_words import facts_of
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file
from tenants.roles import Permission

SORTS = {
    "number": ["number", "name"],
    "name": ["name"],
    "customer": ["customer__name", "name"],
    "manager": ["manager__name", "name"],
    "start": ["start_date", "name"],
    "end": ["end_date", "name"],
}
SEARCH_RESULTS = 20
SEE = permission_required(Permission.VIEW_CUSTOMERS, Permission.VIEW_PROJECT_CUSTOMERS)


@require_GET
@SEE
def project_list(request: TenantRequest) -> HttpResponse:
    columns = columns_of("projects", "project", request.membership)
    filter_set, rows = _rows(request, columns)
    context = {
        "filter": filter_set,
        "page": page_of(request, rows),
        "default_sort": "customer",
        "columns": columns,
    }
    template = "customers/project_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context)


@require_GET
@SEE
def project_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    own = columns_of("projects", "project", request.membership)
    _filter_set, rows = _rows(request, own)
    head = [_("Number"), _("Project"), _("Customer"), _("Project manager"), _("Starts"), _("Ends")]
    columns = ["number", "name", "customer__name", "manager__name", "start_date", "end_date"]
    found = rows.values_list("custom_values", *columns)
    return list_file(
        request,
        kind,
        name="projects",
        title=_("Projects"),
        head=[*head, *own.file_head],
        count=rows.count,
        rows=lambda: ([*cells, *own.file_cells(values)] for values, *cells in found),
    )


@require_GET
@SEE
def project_search(request: TenantRequest) -> JsonResponse:
    """Answer a combobox: `?q=` in name, number or customer, whatever the state."""
    query = {"q": request.GET.get("q", ""), "state": "all"}
    filter_set = ProjectFilter(
        query, queryset=visible_projects(request.membership), request=request
    )
    found = filter_set.qs.order_by("name", "pk")[:SEARCH_RESULTS]
    results = [{"id": p.pk, "text": p.name, "hint": p.customer.name} for p in found]
    return JsonResponse({"results": results})


@require_GET
@SEE
def project_detail(request: TenantRequest, pk: int) -> HttpResponse:
    project = get_object_or_404(visible_projects(request.membership), pk=pk)
    parts = parts_for(PROJECT_PARTS, request.membership, pk)
    tab = request.GET.get("tab", "overview")
    if tab not in parts:
        tab = "overview"
    tabs: list[dict[str, Any]] = [
        {"label": _("Overview"), "url": "?", "active": tab == "overview"},
        *(
            {"label": part.label, "url": f"?tab={key}", "active": key == tab}
            for key, (part, _url) in parts.items()
        ),
    ]
    context = {
        "project": project,
        "tab": tab,
        "tabs": tabs,
        "part_url": parts[tab][1] if tab in parts else "",
        "cards": parts_for(PROJECT_CARDS, request.membership, pk) if tab == "overview" else {},
        "may_edit": request.membership.may(Permission.EDIT_CUSTOMERS),
        "fields": custom_fields.fields_of("project") if tab == "overview" else [],
        "terms": facts_of(terms_of(project=project, tenant=request.tenant), own=Level.PROJECT),
    }
    return render(request, "customers/project_detail.html", context)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.EDIT_CUSTOMERS)
def project_new(request: TenantRequest) -> HttpResponse:
    """`?customer=7` fills the customer in."""
    asked = request.GET.get("customer", "")
    customers = visible_customers(request.membership)
    customer = customers.filter(pk=asked).first() if is_id(asked) else None
    form = ProjectForm(
        request.POST or None,
        instance=Project(tenant=request.tenant),
        initial={"customer": customer},
        customers=customers,
    )
    del form.fields["is_active"]
    if request.method == "POST" and form.is_valid():
        project = registers.add_project(actor=request.user, **form.cleaned_data)
        messages.success(request, _("%(name)s is added.") % {"name": project.name})
        return redirect("customers:project_detail", project.pk)
    return _form_page(request, form, None)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.EDIT_CUSTOMERS)
def project_edit(request: TenantRequest, pk: int) -> HttpResponse:
    project = get_object_or_404(visible_projects(request.membership), pk=pk)
    form = ProjectForm(request.POST or None, instance=project)
    if request.method == "POST" and form.is_valid():
        registers.change_project(project, actor=request.user, **form.cleaned_data)
        messages.success(request, _("%(name)s is saved.") % {"name": project.name})
        return redirect("customers:project_detail", project.pk)
    return _form_page(request, form, visible_projects(request.membership).get(pk=pk))


def _form_page(request: TenantRequest, form: ProjectForm, project: Project | None) -> HttpResponse:
    context = {"form": form, "project": project}
    status = 422 if form.errors else 200
    return render(request, "customers/project_form.html", context, status=status)


def _rows(request: TenantRequest, columns: Columns) -> tuple[ProjectFilter, QuerySet[Project]]:
    rows = columns.sortable(visible_projects(request.membership), request)
    filter_set = ProjectFilter(request.GET, queryset=rows, request=request, columns=columns)
    sorts = SORTS | columns.sorts()
    return filter_set, order_by_request(request, filter_set.qs, sorts, default="customer")
