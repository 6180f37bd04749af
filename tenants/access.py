"""Who may call a view. Another tenant's object is 404, too small a role 403."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from tenants.models import Membership, Tenant, User
from tenants.roles import Permission


class TenantRequest(HttpRequest):
    """A request inside a tenant, as the middleware leaves it."""

    tenant: Tenant
    membership: Membership
    user: User
    htmx: Any


type View[**P] = Callable[Concatenate[TenantRequest, P], HttpResponseBase]


def permission_required[**P](*permissions: Permission) -> Callable[[View[P]], View[P]]:
    """Any one of the named permissions opens the view; it narrows what is shown by itself."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def checked(request: TenantRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not any(request.membership.may(permission) for permission in permissions):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        checked.permissions = permissions  # type: ignore[attr-defined]
        return checked  # type: ignore[return-value]

    return decorate


def member_required[**P](view: View[P]) -> View[P]:
    """Every member of the tenant may; the middleware has checked the membership."""
    view.permissions = ()  # type: ignore[attr-defined]
    return view


def opens_own_scope[**P](view: View[P]) -> View[P]:
    """For views that ask another server: they open the tenant's scope before and after the call
    themselves, so that no transaction waits with them. The outermost decorator of its view."""
    view.opens_own_scope = True  # type: ignore[attr-defined]
    return view
