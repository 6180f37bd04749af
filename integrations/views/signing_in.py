"""Signing in at a system by redirect, and signing out of it."""

import secrets
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from integrations import errors
from integrations.domain import connections, signing_in
from integrations.domain.access import Door
from integrations.models import Connection
from integrations.ports import AdapterError, Checked
from integrations.registry import system_of
from integrations.views.events import listen
from tenants.access import TenantRequest, opens_own_scope, permission_required
from tenants.models import Membership, User
from tenants.roles import Permission
from tenants.scope import tenant_scope

MANAGE = permission_required(Permission.MANAGE_INTEGRATIONS)
# What ties a sign-in to this browser, in its session.
BINDING = "system_sign_in"


@require_POST
@MANAGE
def sign_in(request: TenantRequest, pk: int) -> HttpResponse:
    connection = get_object_or_404(Connection.objects.all(), pk=pk)
    return leave(request, connection)


def leave(request: TenantRequest, connection: Connection) -> HttpResponse:
    """Send the browser to the system's page. Inside the scope.

    Not by a redirect: our own policy lets forms lead to this site only, and counts what they are
    redirected to.
    """
    try:
        url = signing_in.begin(
            connection, actor=request.user, session=_binding(request), now=timezone.now()
        )
    except errors.IntegrationRefused as refused:
        messages.error(request, str(refused))
        return redirect("integrations:connection_edit", connection.pk)
    context = {"url": url, "connection": connection, "system": system_of(connection.system)}
    response = render(request, "integrations/sign_in_leaving.html", context)
    response["Refresh"] = f"0; url={url}"
    response["Cache-Control"] = "no-store"
    return response


@opens_own_scope
@require_POST
@MANAGE
def sign_out(request: TenantRequest, pk: int) -> HttpResponse:
    with tenant_scope(request.tenant.pk):
        connection = get_object_or_404(Connection.objects.all(), pk=pk)
        signed_out = signing_in.sign_out(connection, actor=request.user)
    if signed_out is None:
        messages.error(request, _("Nobody was signed in."))
    else:
        tell_revoked(request, signed_out)
    return redirect("integrations:connection_edit", pk)


def tell_revoked(request: HttpRequest, signed_out: signing_in.SignedOut) -> None:
    """End the sign-in there as well, and say how that went. No transaction may be open."""
    failure = signing_in.revoke(signed_out)
    title = signed_out.system.title
    if failure is None:
        messages.success(request, _("Signed out of %(system)s.") % {"system": title})
    else:
        messages.warning(
            request,
            _("Signed out here, but: %(reason)s Withdraw the access in %(system)s as well.")
            % {"reason": failure.sentence, "system": title},
        )


@never_cache
@require_GET
def sign_in_back(request: HttpRequest) -> HttpResponse:
    """Where the system leads back to, for all companies: the state says which one, and only who is
    its member, began it and has the same browser gets any further."""
    if not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path())
    state = request.GET.get("state", "")
    tenant_id = signing_in.company_of_state(state)
    membership = (
        Membership.objects.select_related("tenant")
        .filter(tenant=tenant_id, tenant__is_active=True, user=request.user, is_active=True)
        .first()
        if tenant_id is not None
        else None
    )
    if membership is None or not membership.may(Permission.MANAGE_INTEGRATIONS):
        return _failed(request, errors.SignInUnknown())
    try:
        with tenant_scope(membership.tenant.pk):
            begun = signing_in.take(
                state,
                actor=request.user,
                session=request.session.get(BINDING, ""),
                now=timezone.now(),
            )
    except errors.IntegrationRefused as refused:
        return _failed(request, refused, membership)
    _finish(request, begun, request.user)
    return redirect(_page_of(membership, begun.connection_id))


def _finish(request: HttpRequest, begun: signing_in.Begun, actor: User) -> None:
    title = begun.place.title
    if request.GET.get("error") or not request.GET.get("code"):
        messages.error(request, _in_words(request.GET.get("error", ""), title))
        return
    try:
        tokens = signing_in.exchange(begun, request.GET["code"])
    except AdapterError as failure:
        messages.error(
            request,
            _("The sign-in did not work: %(reason)s") % {"reason": failure.sentence},
        )
        return
    with tenant_scope(begun.tenant_id):
        door = signing_in.keep(begun, tokens, actor=actor)
    _check(request, begun, door, actor)


def _check(request: HttpRequest, begun: signing_in.Begun, door: Door, actor: User) -> None:
    found: Checked | AdapterError
    try:
        found = connections.check(door)
    except AdapterError as failure:
        found = failure
    with tenant_scope(begun.tenant_id):
        connection = connections.record_check(begun.connection_id, found, actor=actor)
    listen(begun.tenant_id, begun.connection_id)
    if isinstance(found, Checked) and not connection.trouble:
        messages.success(
            request,
            _("Signed in, and connected to %(company)s.") % {"company": found.company},
        )
    else:
        reason = connection.trouble if isinstance(found, Checked) else found.sentence
        messages.error(request, _("Signed in, but: %(reason)s") % {"reason": reason})


def _in_words(error: str, title: str) -> str:
    if error == "access_denied":
        return _("Access was refused at %(system)s. Nothing was changed.") % {"system": title}
    if error == "invalid_scope":
        return _(
            "%(system)s does not give this program all the rights that it needs. Tell your"
            " administrator."
        ) % {"system": title}
    if error in ("temporarily_unavailable", "server_error"):
        return _("%(system)s cannot sign anybody in right now. Try again later.") % {
            "system": title
        }
    return _("%(system)s sent you back without a sign-in. Begin it anew.") % {"system": title}


def _failed(
    request: HttpRequest, refused: errors.IntegrationRefused, membership: Membership | None = None
) -> HttpResponse:
    context: dict[str, Any] = {"error": refused}
    if membership is not None:
        context["url"] = f"/{membership.tenant.slug}{_inside('integrations:connection_list')}"
    return render(request, "integrations/sign_in_failed.html", context, status=400)


def _page_of(membership: Membership, connection_id: int) -> str:
    return f"/{membership.tenant.slug}{_inside('integrations:connection_edit', connection_id)}"


def _inside(name: str, *arguments: Any) -> str:
    return reverse(name, urlconf="config.tenant_urls", args=arguments)


def _binding(request: HttpRequest) -> str:
    value: str = request.session.setdefault(BINDING, secrets.token_urlsafe(24))
    return value
