"""Addresses of invoicing. Their names are what other rooms link to."""

from django.urls import path, register_converter

from invoicing import archive_views, ready_draft_views, ready_views


class FileKind:
    regex = "csv|xlsx"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(FileKind, "filekind")

app_name = "invoicing"
urlpatterns = [
    path("ready/", ready_views.ready, name="ready"),
    path("ready/export.<filekind:kind>", ready_views.ready_export, name="ready_export"),
    path("ready/drafts/", ready_draft_views.ready_drafts, name="ready_drafts"),
    path("ready/<slug:key>/", ready_views.ready_lines, name="ready_lines"),
    path("ready/<slug:key>/entries/", ready_views.ready_entries, name="ready_entries"),
    path("ready/<slug:key>/draft/", ready_draft_views.ready_draft, name="ready_draft"),
    path("invoices/", archive_views.archive, name="archive"),
    path("invoices/export.<filekind:kind>", archive_views.archive_export, name="archive_export"),
    path("customers/<int:pk>/invoices/", archive_views.customer_invoices, name="customer_invoices"),
    path("projects/<int:pk>/invoices/", archive_views.project_invoices, name="project_invoices"),
]
