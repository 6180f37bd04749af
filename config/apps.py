from django.contrib.admin.apps import AdminConfig


class LaskuriAdminConfig(AdminConfig):
    default_site = "tenants.admin_sites.PlatformAdminSite"
