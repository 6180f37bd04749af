from django.urls import path

from tenants.views import entry, invitations

urlpatterns = [
    path("", entry.tenant_choose, name="tenant_choose"),
    path("profile/", entry.profile, name="profile"),
    path("profile/language/", entry.set_language, name="set_language"),
    path("profile/theme/", entry.set_theme, name="set_theme"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
]
