"""Two administrations: the platform's, and one inside each tenant for its owners."""

from functools import wraps
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from core.root_urls import root_reverse
from tenants.roles import Permission

_MFA_FIRST = _(
    "The platform's administration asks for a second step. Set up an authenticator app or a"
    " passkey here, then open it again."
)


class _OurSignIn(AdminSite):
    """Signing in, out and changing the password are allauth's, with its second step and limits."""

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Who is signed in and may not enter is told so; Django would ask to sign in again."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            response: HttpResponse = inner(request, *args, **kwargs)
            return response

        return guarded

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.user.is_authenticated:
            raise PermissionDenied
        target = request.GET.get("next", request.get_full_path())
        return redirect_to_login(target, settings.LOGIN_URL)

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        return redirect(root_reverse("account_logout"))

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        return redirect(root_reverse("account_change_password"))


class PlatformAdminSite(_OurSignIn):
    """For staff who have a second step: from here every company can be reached."""

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            # `has_permission` cannot say where to go; it is asked inside.
            if self.has_permission(request) and not is_mfa_enabled(request.user):
                messages.warning(request, _MFA_FIRST)
                return redirect(root_reverse("mfa_index"))
            response: HttpResponse = inner(request, *args, **kwargs)
            return response

        return guarded

    site_title = site_header = _("Laskuri platform")
    index_title = _("Tenants and users")
    site_url = "/"


class TenantAdminSite(_OurSignIn):
    site_title = site_header = _("Administration")
    index_title = _("All records of the company")

    def has_permission(self, request: HttpRequest) -> bool:
        membership = getattr(request, "membership", None)
        return membership is not None and membership.may(Permission.USE_ADMIN)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        tenant = getattr(request, "tenant", None)
        if tenant is not None:
            context["site_header"] = context["site_title"] = str(tenant)
            context["site_url"] = f"/{tenant.slug}/"
        return context


tenant_admin = TenantAdminSite(name="admin")
