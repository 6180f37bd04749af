"""Pages about the company itself, inside a tenant."""

from django.urls import path

from tenants.views import audit, members, roles, settings

app_name = "tenants"
urlpatterns = [
    path("members/", members.member_list, name="member_list"),
    path("members/new/", members.member_new, name="member_new"),
    path("members/<int:pk>/", members.member_edit, name="member_edit"),
    path("members/<int:pk>/invite/", members.member_invite, name="member_invite"),
    path("members/<int:pk>/revoke/", members.member_revoke, name="member_revoke"),
    path("members/<int:pk>/deactivate/", members.member_deactivate, name="member_deactivate"),
    path("members/<int:pk>/reactivate/", members.member_reactivate, name="member_reactivate"),
    path("roles/", roles.role_list, name="role_list"),
    path("roles/export.<filekind:kind>", roles.role_export, name="role_export"),
    path("roles/new/", roles.role_new, name="role_new"),
    path("roles/<slug:role>/rename/", roles.role_rename, name="role_rename"),
    path("roles/<slug:role>/reset/", roles.role_reset, name="role_reset"),
    path("roles/<slug:role>/remove/", roles.role_remove, name="role_remove"),
    path("settings/", settings.settings, name="settings"),
    path("audit/", audit.audit_list, name="audit_list"),
    path("audit/export/", audit.audit_csv, name="audit_csv"),
]
