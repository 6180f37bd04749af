"""Two administrations: the platform's, and one inside each tenant for its owners."""

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tenants.roles import Permission


class PlatformAdminSite(AdminSite):
    site_title = site_header = _("Laskuri platform")
    index_title = _("Tenants and users")


class TenantAdminSite(AdminSite):
    site_title = site_header = _("Administration")

    def has_permission(self, request: HttpRequest) -> bool:
        membership = getattr(request, "membership", None)
        return membership is not None and membership.may(Permission.USE_ADMIN)


tenant_admin = TenantAdminSite(name="admin")
