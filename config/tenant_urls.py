"""Pages inside a tenant; the middleware has taken the tenant's segment off the path."""

from django.urls import path

from tenants.admin_sites import tenant_admin

urlpatterns = [
    path("admin/", tenant_admin.urls),
]
