from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from integrations.capabilities import capabilities_of
from integrations.domain import connections, hearing, signing_in
from integrations.domain.access import Door, door_of
from integrations.domain.products_needed import products_needed
from integrations.errors import AnotherCompany, IntegrationRefused
from integrations.forms import ConnectionForm
from integrations.models import Connection
from integrations.oauth import without_tokens
from integrations.ports import AdapterError, Checked, System
from integrations.registry import all_systems, environment_of, system_of
from integrations.selectors import connection_overview
from integrations.views.events import listen
from integrations.views.signing_in import leave, tell_revoked
from tenants.access import TenantRequest, opens_own_scope, permission_required
from tenants.roles import Permission
from tenants.scope import tenant_scope

MANAGE = permission_required(Permission.MANAGE_INTEGRATIONS)


@require_GET
@MANAGE
def connection_list(request: TenantRequest) -> HttpResponse:
    overview = connection_overview()
    used = {row.connection.system for row in overview if row.connection.is_active}
    context = {
        "rows": overview,
        "systems": [system for system in all_systems().values() if system.key not in used],
    }
    return render(request, "integrations/connection_list.html", context)


@opens_own_scope
@require_http_methods(["GET", "POST"])
@MANAGE
def connection_new(request: TenantRequest, key: str) -> HttpResponse:
    """A saved connection is checked at once; what the check finds stands on its page."""
    with tenant_scope(request.tenant.pk):
        system = _system(key)
        blank = Connection(tenant=request.tenant, system=key, name=system.title)
        form = system.form(request.POST or None, instance=blank, system=system)
        saved = _saved(request, form, blank) if request.method == "POST" else None
        if saved is None:
            return _form_page(request, form, system, None)
        if form.signs_in:
            signing_in.wait_for_sign_in(saved)
            return leave(request, saved)
        door = door_of(saved)
    return _checked_and_back(request, saved.pk, door)


@opens_own_scope
@require_http_methods(["GET", "POST"])
@MANAGE
def connection_edit(request: TenantRequest, pk: int) -> HttpResponse:
    with tenant_scope(request.tenant.pk):
        connection = get_object_or_404(Connection.objects.all(), pk=pk)
        system = _system(connection.system)
        form = system.form(request.POST or None, instance=connection, system=system)
        stored = Connection.objects.get(pk=pk)
        new_door = None
        if request.method == "POST" and form.is_valid() and form.credentials():
            new_door = _entered(form, stored, system)
    is_meant = "another_company" in request.POST
    if new_door is not None and not is_meant:
        found = _ask(new_door)
        another = connections.another_company_of(request.tenant.pk, pk, found)
        if another is not None:
            form.add_error(None, str(another))
            with tenant_scope(request.tenant.pk):
                return _form_page(request, form, system, stored, another=another)
    with tenant_scope(request.tenant.pk):
        saved = _saved(request, form, connection) if request.method == "POST" else None
        if saved is None:
            return _form_page(request, form, system, stored)
        if form.signs_in:
            return leave(request, saved)
        given_up = signing_in.held(stored) if form.credentials() else None
        door = _stored(request, saved)
    if given_up is not None:
        tell_revoked(request, given_up)
    if door is None:
        return redirect("integrations:connection_edit", pk)
    return _checked_and_back(request, pk, door, may_be_another=is_meant)


def _saved(
    request: TenantRequest, form: ConnectionForm, connection: Connection
) -> Connection | None:
    if not form.is_valid():
        return None
    values = form.cleaned_data
    try:
        return connections.save_connection(
            connection,
            actor=request.user,
            name=values["name"],
            environment=values["environment"],
            settings=form.settings_values(),
            credentials=form.credentials(),
        )
    except IntegrationRefused as refused:
        form.add_error(None, str(refused))
        return None


@opens_own_scope
@require_POST
@MANAGE
def connection_company(request: TenantRequest, pk: int) -> HttpResponse:
    """Go on with the other company that answers, which a person says is meant."""
    with tenant_scope(request.tenant.pk):
        connection = get_object_or_404(Connection.objects.all(), pk=pk)
        door = _stored(request, connection)
    if door is None:
        return redirect("integrations:connection_edit", pk)
    return _checked_and_back(request, pk, door, may_be_another=True)


def _checked_and_back(
    request: TenantRequest, pk: int, door: Door, *, may_be_another: bool = False
) -> HttpResponse:
    found = _ask(door)
    with tenant_scope(request.tenant.pk):
        connection = connections.record_check(
            pk, found, actor=request.user, may_be_another=may_be_another
        )
    listen(request.tenant.pk, pk)
    if connection.trouble:
        messages.error(request, _("Saved, but: %(reason)s") % {"reason": connection.trouble})
    elif isinstance(found, Checked):
        messages.success(
            request,
            _("Saved, and connected to %(company)s.") % {"company": found.company or connection},
        )
    else:
        messages.error(request, _("Saved, but: %(reason)s") % {"reason": found.sentence})
    return redirect("integrations:connection_edit", pk)


def _ask(door: Door) -> Checked | AdapterError:
    try:
        return connections.check(door)
    except AdapterError as failure:
        return failure


@opens_own_scope
@require_POST
@MANAGE
def connection_try(request: TenantRequest, key: str) -> HttpResponse:
    """Test what is entered for a new connection, saving nothing."""
    with tenant_scope(request.tenant.pk):
        system = _system(key)
        blank = Connection(tenant=request.tenant, system=key, name=system.title)
        form = system.form(request.POST, instance=blank, system=system)
        door = _entered(form, blank, system)
    return _tested(request, door)


@opens_own_scope
@require_POST
@MANAGE
def connection_check(request: TenantRequest, pk: int) -> HttpResponse:
    """Test what is entered, saving nothing; without a form, test and record what is stored."""
    with tenant_scope(request.tenant.pk):
        connection = get_object_or_404(Connection.objects.all(), pk=pk)
        system = _system(connection.system)
        is_entered = "name" in request.POST
        form = system.form(request.POST or None, instance=connection, system=system)
        stored = Connection.objects.get(pk=pk)
        door = _entered(form, stored, system) if is_entered else _stored(request, stored)
    if is_entered:
        return _tested(request, door, stored)
    if door is None:
        return redirect("integrations:connection_list")
    return _checked_and_shown(request, pk, door)


def _stored(request: TenantRequest, connection: Connection) -> Door | None:
    try:
        return door_of(connection)
    except IntegrationRefused as refused:
        messages.error(request, str(refused))
        return None


def _entered(form: ConnectionForm, stored: Connection, system: System) -> Door | None:
    """The door as the form describes it; what is left empty is as stored."""
    form.is_valid()
    environment = environment_of(system, form.cleaned_data.get("environment", ""))
    names = {*form.credential_names, "environment"}
    if environment is None or any(name in form.errors for name in names):
        return None
    return Door(
        tenant_id=form.instance.tenant_id,
        connection_id=None,
        signed_in_id=None if form.credentials() else stored.pk,
        system=system,
        environment=environment,
        credentials={**_kept(stored, form), **form.credentials()},
        settings=form.settings_values(),
        lists=stored.remote.get("lists", {}),
    )


def _kept(stored: Connection, form: ConnectionForm) -> dict[str, str]:
    return without_tokens(stored.credentials) if form.credentials() else stored.credentials


def _tested(
    request: TenantRequest, door: Door | None, stored: Connection | None = None
) -> HttpResponse:
    if door is None:
        sentence = _("Fill in the environment and the credentials first.")
        return render(
            request, "integrations/connection_check.html", {"failure": sentence}, status=422
        )
    found = _ask(door)
    another = (
        connections.another_company_of(request.tenant.pk, stored.pk, found) if stored else None
    )
    context = {"found": found} if isinstance(found, Checked) else {"failure": found.sentence}
    return render(request, "integrations/connection_check.html", {**context, "another": another})


def _checked_and_shown(request: TenantRequest, pk: int, door: Door) -> HttpResponse:
    found = _ask(door)
    with tenant_scope(request.tenant.pk):
        connection = connections.record_check(pk, found, actor=request.user)
    listen(request.tenant.pk, pk)
    if isinstance(found, Checked) and connection.trouble:
        messages.error(request, connection.trouble)
    elif isinstance(found, Checked):
        messages.success(request, _("Connected to %(company)s.") % {"company": found.company})
    else:
        messages.error(request, found.sentence)
    return redirect("integrations:connection_list")


@opens_own_scope
@require_POST
@MANAGE
def connection_switch(request: TenantRequest, pk: int) -> HttpResponse:
    ending = None
    with tenant_scope(request.tenant.pk):
        connection = get_object_or_404(Connection.objects.all(), pk=pk)
        try:
            if request.POST.get("on") == "1":
                connections.switch_on(connection, actor=request.user)
                messages.success(request, _("%(name)s is switched on.") % {"name": connection})
            else:
                ending = hearing.held(connection)
                connections.switch_off(connection, actor=request.user)
                messages.success(request, _("%(name)s is switched off.") % {"name": connection})
        except IntegrationRefused as refused:
            messages.error(request, str(refused))
            return redirect("integrations:connection_list")
    if ending is not None:
        # Should they not answer: nobody is heard at that address any more.
        hearing.stop(ending)
    else:
        listen(request.tenant.pk, pk)
    return redirect("integrations:connection_list")


@opens_own_scope
@require_POST
@MANAGE
def connection_remove(request: TenantRequest, pk: int) -> HttpResponse:
    with tenant_scope(request.tenant.pk):
        connection = get_object_or_404(Connection.objects.all(), pk=pk)
        given_up, ending = signing_in.held(connection), hearing.held(connection)
        try:
            connections.remove(connection, actor=request.user)
        except IntegrationRefused as refused:
            messages.error(request, str(refused))
            return redirect("integrations:connection_list")
    messages.success(request, _("%(name)s is removed.") % {"name": connection})
    if ending is not None:
        hearing.stop(ending)
    if given_up is not None:
        tell_revoked(request, given_up)
    return redirect("integrations:connection_list")


def _system(key: str) -> System:
    system = system_of(key)
    if system is None:
        raise Http404
    return system


def _form_page(
    request: TenantRequest,
    form: ConnectionForm,
    system: System,
    connection: Connection | None,
    *,
    another: AnotherCompany | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "system": system,
        "connection": connection,
        "capabilities": capabilities_of(
            system, connection.settings if connection else form.initial_settings()
        ),
        "another": another,
    }
    if connection is not None:
        context["may_remove"] = not connection.exports.exists()
        context["why_unheard"] = hearing.why_unheard(connection, system)
        if system.needs_products:
            context["products_needed"] = len(products_needed(connection))
    status = 422 if form.errors else 200
    return render(request, "integrations/connection_form.html", context, status=status)
