"""Customer groups: a list in the settings, and a dialog for one."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.dialogs import close_dialog
from core.lists import is_list_request, order_by_request, page_of
from customers.domain import groups
from customers.errors import CustomerRefused
from customers.forms import CustomerGroupForm
from customers.models import CustomerGroup
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file
from tenants.roles import Permission
from tenants.settings_tabs import settings_tabs

EDIT = permission_required(Permission.EDIT_CUSTOMERS)
SORTS = {"name": ["name"], "customers": ["customer_count", "name"]}


@require_GET
@EDIT
def group_list(request: TenantRequest) -> HttpResponse:
    context = {
        "page": page_of(request, _rows(request)),
        "default_sort": "name",
        "tabs": settings_tabs(request.membership, "groups"),
    }
    template = "customers/group_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context)


@require_GET
@EDIT
def group_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    def rows() -> Iterator[list[Any]]:
        for group in _rows(request):
            yield [group.name, group.customer_count]

    return list_file(
        request,
        kind,
        name="customer-groups",
        title=_("Customer groups"),
        head=[_("Name"), _("Active customers")],
        rows=rows,
    )


@require_http_methods(["GET", "POST"])
@EDIT
def group_new(request: TenantRequest) -> HttpResponse:
    form = CustomerGroupForm(request.POST or None, instance=CustomerGroup(tenant=request.tenant))
    if request.method == "POST" and form.is_valid():
        group = groups.add_group(actor=request.user, name=form.cleaned_data["name"])
        messages.success(request, _("The group “%(name)s” is added.") % {"name": group.name})
        return _done(request)
    return _form_page(request, form, None)


@require_http_methods(["GET", "POST"])
@EDIT
def group_edit(request: TenantRequest, pk: int) -> HttpResponse:
    group = get_object_or_404(CustomerGroup.objects.all(), pk=pk)
    form = CustomerGroupForm(request.POST or None, instance=group)
    if request.method == "POST" and form.is_valid():
        group = groups.change_group(group, actor=request.user, name=form.cleaned_data["name"])
        messages.success(request, _("The group “%(name)s” is saved.") % {"name": group.name})
        return _done(request)
    return _form_page(request, form, CustomerGroup.objects.get(pk=pk))


@require_POST
@EDIT
def group_remove(request: TenantRequest, pk: int) -> HttpResponse:
    group = get_object_or_404(CustomerGroup.objects.all(), pk=pk)
    try:
        groups.remove_group(group, actor=request.user)
    except CustomerRefused as refusal:
        if is_list_request(request):
            messages.error(request, str(refusal))
            return HttpResponse(status=422, headers={"HX-Reswap": "none"})
        form = CustomerGroupForm(instance=group)
        return _form_page(request, form, group, refusal=str(refusal))
    messages.success(request, _("The group “%(name)s” is deleted.") % {"name": group.name})
    return _done(request)


def _rows(request: TenantRequest) -> QuerySet[Any]:
    counted = CustomerGroup.objects.annotate(
        customer_count=Count("customers", filter=Q(customers__is_active=True))
    )
    return order_by_request(request, counted, SORTS, default="name")


def _done(request: TenantRequest) -> HttpResponse:
    return close_dialog() if is_list_request(request) else redirect("customers:group_list")


def _form_page(
    request: TenantRequest,
    form: CustomerGroupForm,
    group: CustomerGroup | None,
    *,
    refusal: str = "",
) -> HttpResponse:
    context = {"form": form, "group": group, "refusal": refusal}
    status = 422 if form.errors or refusal else 200
    return render(request, "customers/group_form.html", context, status=status)
