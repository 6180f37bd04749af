"""Pages of the whole installation. What lies inside a tenant is in `tenant_urls`."""

from django.contrib import admin
from django.urls import include, path

from tenants.views.accounts import OwnEmailView

urlpatterns = [
    # Before allauth's own, which it replaces.
    path("accounts/email/", OwnEmailView.as_view(), name="account_email"),
    path("accounts/", include("allauth.urls")),
    path("platform/", admin.site.urls),
    path("", include("integrations.root_urls")),
    path("", include("invoicing.root_urls")),
    path("", include("tenants.root_urls")),
]
