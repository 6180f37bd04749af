"""Addresses of invoicing. Their names are what other rooms link to."""

from django.urls import path

from invoicing import (
    archive_views,
    document_views,
    draft_entry_views,
    draft_list_views,
    draft_views,
    invoice_views,
    posting_views,
    ready_draft_views,
    ready_views,
)

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
    path("invoices/<int:pk>/", invoice_views.invoice_detail, name="invoice_detail"),
    path("invoices/<int:pk>/document/", invoice_views.invoice_document, name="invoice_document"),
    path("invoices/<int:pk>/hours/", invoice_views.invoice_hours, name="invoice_hours"),
    path("invoices/<int:pk>/journal/", invoice_views.invoice_journal, name="invoice_journal"),
    path("invoices/<int:pk>/history/", invoice_views.invoice_history, name="invoice_history"),
    path("invoices/<int:pk>/exports/", invoice_views.invoice_exports, name="invoice_exports"),
    path("customers/<int:pk>/invoices/", archive_views.customer_invoices, name="customer_invoices"),
    path("projects/<int:pk>/invoices/", archive_views.project_invoices, name="project_invoices"),
    path("drafts/", draft_list_views.draft_list, name="draft_list"),
    path("drafts/export.<filekind:kind>", draft_list_views.draft_export, name="draft_export"),
    path("drafts/post/", posting_views.post_many, name="post_many"),
    path("drafts/discard/", posting_views.discard_many, name="discard_many"),
    path("postings/<int:pk>/", posting_views.posting_run, name="posting_run"),
    path("drafts/new/", draft_views.draft_new, name="draft_new"),
    path("drafts/<int:pk>/", draft_views.draft_edit, name="draft_edit"),
    path("drafts/<int:pk>/post/", draft_views.draft_post, name="draft_post"),
    path("drafts/<int:pk>/preview.pdf", document_views.draft_preview, name="draft_preview"),
    path("invoices/<int:pk>/document.pdf", document_views.invoice_pdf, name="invoice_pdf"),
    path("invoices/<int:pk>/work-report/", document_views.work_report, name="work_report"),
    path("drafts/<int:pk>/discard/", draft_views.draft_discard, name="draft_discard"),
    path("drafts/<int:pk>/totals/", draft_views.draft_totals, name="draft_totals"),
    path("drafts/<int:pk>/parties/", draft_views.draft_parties, name="draft_parties"),
    path("drafts/<int:pk>/presence/", draft_views.draft_presence, name="draft_presence"),
    path("drafts/<int:pk>/entries/", draft_entry_views.draft_entries, name="draft_entries"),
    path("drafts/<int:pk>/entries/add/", draft_entry_views.draft_add, name="draft_add"),
    path(
        "drafts/<int:pk>/entries/<int:entry>/release/",
        draft_entry_views.draft_release,
        name="draft_release",
    ),
    path(
        "drafts/<int:pk>/entries/<int:entry>/return/",
        draft_entry_views.draft_return,
        name="draft_return",
    ),
]
