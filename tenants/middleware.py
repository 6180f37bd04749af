from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import Resolver404, get_script_prefix, resolve, set_script_prefix
from django.utils import timezone, translation

from tenants.models import RESERVED_SLUGS, Membership
from tenants.role_book import keep_for_scope
from tenants.scope import tenant_scope

GetResponse = Callable[[HttpRequest], HttpResponse]


class UserLanguageMiddleware:
    """Pages speak the language of the person who signed in."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
        return self.get_response(request)


class TenantMiddleware:
    """`/acme/...` is the tenant acme: check the membership, open its scope, and make `/acme/` the
    script prefix, so that every `reverse()` below stays inside."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.tenant = None  # type: ignore[attr-defined]
        request.membership = None  # type: ignore[attr-defined]
        slug, _, rest = request.path_info.lstrip("/").partition("/")
        if not slug or slug in RESERVED_SLUGS or "." in slug:
            return self.get_response(request)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        membership = (
            Membership.objects.select_related("tenant")
            .filter(tenant__slug=slug, tenant__is_active=True, user=request.user, is_active=True)
            .first()
        )
        if membership is None:
            raise Http404
        request.tenant = membership.tenant  # type: ignore[attr-defined]
        request.membership = membership  # type: ignore[attr-defined]
        request.urlconf = settings.TENANT_URLCONF
        request.path_info = f"/{rest}"
        outside = get_script_prefix()
        set_script_prefix(f"/{slug}/")
        try:
            with timezone.override(membership.tenant.time_zone):
                if _opens_own_scope(request):
                    # Read now: what the role may is asked between the scopes too.
                    membership.role_book  # noqa: B018
                    return self.get_response(request)
                with tenant_scope(membership.tenant.pk):
                    keep_for_scope(membership.role_book)
                    request.is_in_scope = True  # type: ignore[attr-defined]
                    return self.get_response(request)
        finally:
            set_script_prefix(outside)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Django turns the exception into a response, so the scope would commit."""
        if getattr(request, "is_in_scope", False):
            transaction.set_rollback(True)


def _opens_own_scope(request: HttpRequest) -> bool:
    """Views that wait for another server; see `tenants.access.opens_own_scope`."""
    try:
        view = resolve(request.path_info, settings.TENANT_URLCONF).func
    except Resolver404:
        return False
    return getattr(view, "opens_own_scope", False)
