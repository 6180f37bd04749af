"""Roles × permissions: who may what, adjusted by owners, read by auditors."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError
from core.forms import add_refusal
from tenants import errors
from tenants.access import TenantRequest, permission_required
from tenants.domain import roles
from tenants.exports import list_file
from tenants.forms import NewRoleForm, RoleNameForm
from tenants.role_book import RoleSet
from tenants.role_matrix import (
    agreement,
    asked_sets,
    read_matrix,
    reset_words,
    sentences,
    taken_from_people,
)
from tenants.roles import Permission

PAGE, FORM = "tenants/role_matrix.html", "tenants/role_form.html"
READ = permission_required(Permission.MANAGE_ROLES, Permission.VIEW_AUDIT)
CHANGE = permission_required(Permission.MANAGE_ROLES)


@require_http_methods(["GET", "POST"])
@READ
def role_list(request: TenantRequest) -> HttpResponse:
    """The matrix. What takes something away from people is shown before it is saved."""
    if request.method == "GET":
        return _page(request)
    if not request.membership.may(Permission.MANAGE_ROLES):
        raise PermissionDenied
    wanted = asked_sets(request.membership, request.POST)
    changes = roles.changes_between(request.tenant, request.membership.role_book, wanted)
    if request.POST.get("seen") != read_matrix(request.membership).seen:
        return _page(request, wanted=wanted, refusal=errors.RolesChanged())
    if taken_from_people(changes) and request.POST.get("agreed") != agreement(changes):
        return _page(request, wanted=wanted, changes=changes)
    try:
        saved = roles.adjust_roles(request.tenant, wanted, actor=request.user)
    except errors.RoleRefused as refused:
        return _page(request, wanted=wanted, refusal=refused)
    if saved:
        messages.success(request, _("The roles are saved. They hold from the next click on."))
    return redirect("tenants:role_list")


@require_GET
@READ
def role_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    """Every role and permission in a table, for the files of an audit."""
    matrix = read_matrix(request.membership)
    head = [_("Group"), _("Permission"), *(str(column.role) for column in matrix.columns)]
    return list_file(
        request,
        kind,
        name="roles",
        title=_("Roles"),
        head=head,
        rows=lambda: (
            [
                str(section.label),
                str(row.permission.label),
                *("x" if c.stored else "" for c in row.cells),
            ]
            for section in matrix.sections
            for row in section.rows
        ),
    )


@require_http_methods(["GET", "POST"])
@CHANGE
def role_new(request: TenantRequest) -> HttpResponse:
    initial = {"copy_of": request.GET.get("copy_of", "member")}
    form = NewRoleForm(
        request.POST or None, initial=initial, choices=request.membership.role_book.choices
    )
    if request.method == "POST" and form.is_valid():
        try:
            row = roles.add_role(request.tenant, actor=request.user, **form.cleaned_data)
        except DomainError as refused:
            add_refusal(form, refused)
        else:
            text = _("%(role)s is added. Tick what it may, and give it to people under Members.")
            messages.success(request, text % {"role": row.name})
            return redirect("tenants:role_list")
    return _form_page(request, form)


@require_http_methods(["GET", "POST"])
@CHANGE
def role_rename(request: TenantRequest, role: str) -> HttpResponse:
    named = _role(request, role)
    form = RoleNameForm(request.POST or None, initial={"name": str(named)})
    if request.method == "POST" and form.is_valid():
        try:
            roles.rename_role(
                request.tenant, role, name=form.cleaned_data["name"], actor=request.user
            )
        except DomainError as refused:
            add_refusal(form, refused)
        else:
            return redirect("tenants:role_list")
    return _form_page(request, form, named)


@require_POST
@CHANGE
def role_reset(request: TenantRequest, role: str) -> HttpResponse:
    named = _role(request, role)
    try:
        roles.reset_role(request.tenant, role, actor=request.user)
    except DomainError as refused:
        return _page(request, refusal=refused)
    messages.success(request, _("%(role)s is back to its default.") % {"role": named})
    return redirect("tenants:role_list")


@require_POST
@CHANGE
def role_remove(request: TenantRequest, role: str) -> HttpResponse:
    named = _role(request, role)
    try:
        roles.remove_role(request.tenant, role, actor=request.user)
    except DomainError as refused:
        return _page(request, refusal=refused)
    messages.success(request, _("%(role)s is removed.") % {"role": named})
    return redirect("tenants:role_list")


def _role(request: TenantRequest, key: str) -> RoleSet:
    found = request.membership.role_book.get(key)
    if found is None:
        raise Http404
    return found


def _page(
    request: TenantRequest,
    *,
    wanted: dict[str, frozenset[Permission]] | None = None,
    changes: list[roles.RoleChange] | None = None,
    refusal: DomainError | None = None,
) -> HttpResponse:
    matrix = read_matrix(request.membership, wanted)
    context: dict[str, Any] = {
        "matrix": matrix,
        "may_change": request.membership.may(Permission.MANAGE_ROLES),
        "resets": [(c, reset_words(c)) for c in matrix.columns if c.role.is_adjusted],
        "own_roles": [column for column in matrix.columns if column.role.is_own],
        "refusal": refusal,
        "is_unsaved": wanted is not None,
    }
    if changes:
        context["review"] = [sentence for change in changes for sentence in sentences(change)]
        context["agreed"] = agreement(changes)
    status = 422 if refusal or changes else 200
    return render(request, PAGE, context, status=status)


def _form_page(request: TenantRequest, form: Any, role: RoleSet | None = None) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, FORM, {"form": form, "role": role}, status=status)
