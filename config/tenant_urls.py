"""Pages inside a tenant; the middleware has taken the tenant's segment off the path."""

from django.urls import include, path

from config.navigation import home
from tenants.admin_sites import tenant_admin

urlpatterns = [
    path("", home, name="home"),
    path("admin/", tenant_admin.urls),
    path("company/", include("tenants.urls")),
    path("", include("catalog.urls")),
    path("", include("customers.urls")),
    path("", include("timesheets.urls")),
    path("", include("invoicing.urls")),
    path("", include("integrations.urls")),
]
