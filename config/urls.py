"""Pages of the whole installation. What lies inside a tenant is in `tenant_urls`."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("platform/", admin.site.urls),
    path("", include("tenants.root_urls")),
]
