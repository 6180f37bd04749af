"""The tenant's own fields: the list of each kind of record, and defining one."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.dialogs import close_dialog
from core.forms import add_refusal
from core.lists import is_list_request
from customers.domain import custom_field_changes as changes
from customers.errors import CustomFieldRefused
from customers.field_forms import FieldForm
from customers.models import CustomField
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

MANAGE = permission_required(Permission.MANAGE_SETTINGS)
ICONS = {
    CustomField.Target.CUSTOMER: "building",
    CustomField.Target.PROJECT: "folder",
    CustomField.Target.TASK: "tags",
    CustomField.Target.TIME_ENTRY: "clock",
    CustomField.Target.DOCUMENT: "file-invoice",
}


@require_GET
@MANAGE
def field_list(request: TenantRequest) -> HttpResponse:
    """`?target=project`; without one, the fields of customers."""
    return _list_page(request, _asked_target(request))


@require_http_methods(["GET", "POST"])
@MANAGE
def field_new(request: TenantRequest) -> HttpResponse:
    target = _asked_target(request)
    form = FieldForm(target, None, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            field = changes.add_field(actor=request.user, target=target, **form.values())
        except CustomFieldRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("The field “%(name)s” is added.") % {"name": field.label})
            return _done(request, field)
    return _form_page(request, form, target, None)


@require_http_methods(["GET", "POST"])
@MANAGE
def field_edit(request: TenantRequest, pk: int) -> HttpResponse:
    field = get_object_or_404(CustomField.objects.all(), pk=pk)
    form = FieldForm(field.target, field, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            changed = changes.change_field(pk, actor=request.user, **form.values())
        except CustomFieldRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("The field “%(name)s” is saved.") % {"name": changed.label})
            return _done(request, changed)
    return _form_page(request, form, field.target, field)


@require_POST
@MANAGE
def field_deactivate(request: TenantRequest, pk: int) -> HttpResponse:
    return _switch(request, pk, _("“%(name)s” is not offered any more."), is_active=False)


@require_POST
@MANAGE
def field_reactivate(request: TenantRequest, pk: int) -> HttpResponse:
    return _switch(request, pk, _("“%(name)s” is offered again."), is_active=True)


@require_http_methods(["GET", "POST"])
@MANAGE
def field_remove(request: TenantRequest, pk: int) -> HttpResponse:
    """Say how many values go with the field, and delete it once that was read."""
    field = get_object_or_404(CustomField.objects.all(), pk=pk)
    refusal = ""
    if request.method == "POST":
        told = request.POST.get("losing", "")
        losing = int(told) if told.isdecimal() and len(told) < 10 else 0
        try:
            removed = changes.remove_field(pk, actor=request.user, losing=losing)
        except CustomFieldRefused as refused:
            refusal = str(refused)
        else:
            messages.success(
                request, _("The field “%(name)s” is deleted.") % {"name": removed.label}
            )
            return _done(request, removed)
    context = {
        "field": field,
        "usage": changes.usage_of(field),
        "refusal": refusal,
        "back": _home(field.target),
    }
    status = 422 if refusal else 200
    return render(request, "customers/field_remove.html", context, status=status)


@require_POST
@MANAGE
def field_order(request: TenantRequest) -> HttpResponse:
    """The ids in their new order, as the list sends them after a row was moved."""
    target = _asked_target(request)
    keys = [int(pk) for pk in request.POST.getlist("pk") if pk.isdecimal() and len(pk) < 19]
    changes.order_fields(target, keys, actor=request.user)
    if is_list_request(request):
        return HttpResponse(status=204)
    return redirect(_home(target))


def _asked_target(request: TenantRequest) -> str:
    target = request.GET.get("target", CustomField.Target.CUSTOMER)
    if target not in CustomField.Target.values:
        raise Http404
    return str(target)


def _list_page(request: TenantRequest, target: str) -> HttpResponse:
    fields = list(CustomField.objects.order_by("position", "pk"))
    tabs = [
        {
            "label": label,
            "icon": ICONS[CustomField.Target(key)],
            "url": f"?target={key}",
            "active": key == target,
            "count": sum(field.target == key for field in fields),
        }
        for key, label in CustomField.Target.choices
    ]
    context = {
        "tabs": tabs,
        "target": target,
        "fields": [field for field in fields if field.target == target],
        "new_url": f"{reverse('customers:field_new')}?target={target}",
        "order_url": f"{reverse('customers:field_order')}?target={target}",
        "list_url": _home(target),
    }
    template = "customers/field_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context)


def _form_page(
    request: TenantRequest, form: FieldForm, target: str, field: CustomField | None
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "field": field,
        "target_label": CustomField.Target(target).label,
        "form_url": request.get_full_path(),
        "back": _home(target),
    }
    status = 422 if form.errors else 200
    return render(request, "customers/field_form.html", context, status=status)


def _switch(request: TenantRequest, pk: int, sentence: str, *, is_active: bool) -> HttpResponse:
    get_object_or_404(CustomField.objects.all(), pk=pk)
    field = changes.switch_field(pk, actor=request.user, is_active=is_active)
    messages.success(request, sentence % {"name": field.label})
    return _done(request, field)


def _done(request: TenantRequest, field: CustomField) -> HttpResponse:
    return close_dialog() if is_list_request(request) else redirect(_home(field.target))


def _home(target: str) -> str:
    return f"{reverse('customers:field_list')}?target={target}"
