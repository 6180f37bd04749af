from typing import Protocol

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError
from core.forms import add_refusal
from core.lists import is_list_request, order_by_request, page_of
from tenants.access import TenantRequest, permission_required
from tenants.domain import members
from tenants.errors import MemberRefused, RoleRefused
from tenants.filters import MemberFilter
from tenants.forms import MemberForm, NewMemberForm
from tenants.models import Membership, User
from tenants.roles import Permission

SORTS = {
    "name": ["name"],
    "email": ["email", "name"],
    "role": ["role", "name"],
    "staff_number": ["staff_number", "name"],
}
LIST = "tenants/member_list.html"


class Change(Protocol):
    def __call__(self, member: Membership, /, *, actor: User) -> Membership: ...


@require_GET
@permission_required(Permission.MANAGE_MEMBERS)
def member_list(request: TenantRequest) -> HttpResponse:
    filter_set = MemberFilter(request.GET, queryset=_members(request), request=request)
    rows = order_by_request(request, filter_set.qs, SORTS, default="name")
    context = {"filter": filter_set, "page": page_of(request, rows), "default_sort": "name"}
    return render(request, LIST + ("#list" if is_list_request(request) else ""), context)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.MANAGE_MEMBERS)
def member_new(request: TenantRequest) -> HttpResponse:
    form = NewMemberForm(request.POST or None, instance=Membership(tenant=request.tenant))
    if request.method == "POST" and form.is_valid():
        try:
            member = members.add_member(request.tenant, actor=request.user, **form.cleaned_data)
        except DomainError as refused:
            add_refusal(form, refused)
        else:
            if form.cleaned_data["invite"]:
                text = _("%(name)s is added, the invitation is on its way to %(email)s.")
            else:
                text = _("%(name)s is added.")
            messages.success(request, text % {"name": member.name, "email": member.email})
            return redirect("tenants:member_list")
    return _form_page(request, form)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.MANAGE_MEMBERS)
def member_edit(request: TenantRequest, pk: int) -> HttpResponse:
    member = get_object_or_404(_members(request), pk=pk)
    form = MemberForm(request.POST or None, instance=member)
    if request.method == "POST" and form.is_valid():
        try:
            members.change_member(member, actor=request.user, **form.cleaned_data)
        except (MemberRefused, RoleRefused) as refused:
            form.add_error("role", str(refused))
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": member.name})
            return redirect("tenants:member_list")
    return _form_page(request, form, Membership.objects.select_related("user").get(pk=pk))


@require_POST
@permission_required(Permission.MANAGE_MEMBERS)
def member_invite(request: TenantRequest, pk: int) -> HttpResponse:
    return _change(request, pk, members.invite_member, _("The invitation is on its way."))


@require_POST
@permission_required(Permission.MANAGE_MEMBERS)
def member_revoke(request: TenantRequest, pk: int) -> HttpResponse:
    return _change(request, pk, members.revoke_invitation, _("The invitation is withdrawn."))


@require_POST
@permission_required(Permission.MANAGE_MEMBERS)
def member_deactivate(request: TenantRequest, pk: int) -> HttpResponse:
    return _change(request, pk, members.deactivate_member, _("The member cannot sign in any more."))


@require_POST
@permission_required(Permission.MANAGE_MEMBERS)
def member_reactivate(request: TenantRequest, pk: int) -> HttpResponse:
    return _change(request, pk, members.reactivate_member, _("The member is active again."))


def _change(request: TenantRequest, pk: int, change: Change, done: str) -> HttpResponse:
    """Answer a button of a row: the row anew for htmx, else back to the list."""
    member = get_object_or_404(_members(request), pk=pk)
    error: MemberRefused | RoleRefused | None = None
    try:
        member = change(member, actor=request.user)
    except (MemberRefused, RoleRefused) as refused:
        error = refused
    if not is_list_request(request):
        if error:
            messages.error(request, str(error))
        else:
            messages.success(request, done)
        return redirect("tenants:member_list")
    member = _members(request).get(pk=pk)
    if error is None:
        messages.success(request, done)
    context = {"member": member, "error": error}
    return render(request, f"{LIST}#row", context, status=422 if error else 200)


def _form_page(
    request: TenantRequest, form: MemberForm, member: Membership | None = None
) -> HttpResponse:
    context = {"form": form, "member": member, "roles": _roles(request)}
    status = 422 if form.errors else 200
    return render(request, "tenants/member_form.html", context, status=status)


def _roles(request: TenantRequest) -> list[dict[str, object]]:
    """What each role may do, for the table beside the form."""
    return [
        {
            "key": role.key,
            "label": str(role),
            "permissions": [p.label for p in Permission if p in role.permissions],
        }
        for role in request.membership.role_book
    ]


def _members(request: TenantRequest) -> QuerySet[Membership]:
    return Membership.objects.filter(tenant=request.tenant).select_related("user")
