"""Addresses of invoicing. Their names are what other rooms link to."""

from django.urls import include, path

from invoicing.views import posting as posting_views
from invoicing.views.archive import lists as archive_views
from invoicing.views.archive import saved_filters as saved_filter_views
from invoicing.views.archive import zips as archive_zip_views
from invoicing.views.compose import each as compose_each_views
from invoicing.views.compose import lines as compose_line_views
from invoicing.views.compose import overview as compose_views
from invoicing.views.credits import long_documents as credit_long_views
from invoicing.views.credits import notes as credit_views
from invoicing.views.customer_page import links as customer_link_views
from invoicing.views.documents import files as document_views
from invoicing.views.documents import invoices as invoice_views
from invoicing.views.drafts import adjusting as draft_adjust_views
from invoicing.views.drafts import discarding as discard_views
from invoicing.views.drafts import editing as draft_views
from invoicing.views.drafts import lines as draft_line_views
from invoicing.views.drafts import lists as draft_list_views
from invoicing.views.drafts import paper as draft_paper_views
from invoicing.views.drafts import service_orders as service_order_views
from invoicing.views.drafts import work as draft_work_views
from invoicing.views.einvoices import drafts as einvoice_views
from invoicing.views.einvoices import viewer as viewer_views
from invoicing.views.follow_ups import pages as follow_up_views
from invoicing.views.numbering import series as numbering_views
from invoicing.views.payments import deeds as payment_views
from invoicing.views.payments import lists as payment_list_views
from invoicing.views.payments import pages as payment_page_views
from invoicing.views.ready import drafting as ready_draft_views
from invoicing.views.ready import overview as ready_views
from invoicing.views.sending import mail_texts as mail_text_views
from invoicing.views.sending import runs as sending_run_views
from invoicing.views.sending import single as sending_views

app_name = "invoicing"
urlpatterns = [
    path("", include("invoicing.views.schedules.urls")),
    path("", include("invoicing.views.fixed_prices.urls")),
    path("", include("invoicing.views.prepaid.urls")),
    path("books/", include("invoicing.views.books.urls")),
    path("orders/<int:pk>/report.pdf", service_order_views.order_report, name="order_report"),
    path("orders/<int:pk>/invoice/", service_order_views.order_draft, name="order_draft"),
    path("company/mails/", mail_text_views.mail_texts, name="mail_texts"),
    path("company/mails/<slug:which>/", mail_text_views.mail_text, name="mail_text"),
    path(
        "company/mails/<slug:which>/preview/",
        mail_text_views.mail_text_preview,
        name="mail_text_preview",
    ),
    path(
        "company/mails/<slug:which>/reset/", mail_text_views.mail_text_reset, name="mail_text_reset"
    ),
    path("", include("invoicing.views.receivables.urls")),
    path("", include("invoicing.views.reminders.urls")),
    path("", include("invoicing.views.designs.urls")),
    path("", include("invoicing.views.letterhead.urls")),
    path("", include("invoicing.views.templates.urls")),
    path("numbering/", numbering_views.series_list, name="series_list"),
    path("numbering/export.<filekind:kind>", numbering_views.series_export, name="series_export"),
    path("numbering/new/", numbering_views.series_new, name="series_new"),
    path("numbering/preview/", numbering_views.series_preview, name="series_preview"),
    path("numbering/<int:pk>/", numbering_views.series_edit, name="series_edit"),
    path("numbering/<int:pk>/remove/", numbering_views.series_remove, name="series_remove"),
    path("numbering/<int:pk>/continuity/", numbering_views.series_report, name="series_report"),
    path(
        "numbering/<int:pk>/continuity.<filekind:kind>",
        numbering_views.series_proof,
        name="series_proof",
    ),
    path("ready/", ready_views.ready, name="ready"),
    path("ready/export.<filekind:kind>", ready_views.ready_export, name="ready_export"),
    path("ready/drafts/", ready_draft_views.ready_drafts, name="ready_drafts"),
    path("ready/<slug:key>/", ready_views.ready_lines, name="ready_lines"),
    path("ready/<slug:key>/entries/", ready_views.ready_entries, name="ready_entries"),
    path("ready/<slug:key>/draft/", ready_draft_views.ready_draft, name="ready_draft"),
    path("invoices/", archive_views.archive, name="archive"),
    path("invoices/export.<filekind:kind>", archive_views.archive_export, name="archive_export"),
    path("invoices/zip/", archive_zip_views.archive_zip_start, name="archive_zip_start"),
    path("invoices/zip/<int:pk>/", archive_zip_views.archive_zip, name="archive_zip"),
    path(
        "invoices/zip/<int:pk>/documents.zip",
        archive_zip_views.archive_zip_file,
        name="archive_zip_file",
    ),
    path("invoices/send/", sending_run_views.send_many, name="send_many"),
    path("invoices/send/<int:pk>/", sending_run_views.sending_run, name="sending_run"),
    path("invoices/follow-up/", follow_up_views.follow_up, name="follow_up"),
    path(
        "invoices/follow-up/<slug:kind>/<int:pk>/bounce/",
        follow_up_views.mail_bounce,
        name="mail_bounce",
    ),
    path(
        "invoices/follow-up/<slug:kind>/<int:pk>/dismiss/",
        follow_up_views.mail_dismiss,
        name="mail_dismiss",
    ),
    path("invoices/filters/new/", saved_filter_views.filter_new, name="filter_new"),
    path("invoices/filters/<int:pk>/", saved_filter_views.filter_edit, name="filter_edit"),
    path(
        "invoices/filters/<int:pk>/delete/", saved_filter_views.filter_delete, name="filter_delete"
    ),
    path("invoices/<int:pk>/", invoice_views.invoice_detail, name="invoice_detail"),
    path("invoices/<int:pk>/credit/", credit_views.invoice_credit, name="invoice_credit"),
    path(
        "invoices/<int:pk>/credit/sums/",
        credit_views.invoice_credit_sums,
        name="invoice_credit_sums",
    ),
    path(
        "invoices/<int:pk>/credit/hours/",
        credit_views.invoice_credit_hours,
        name="invoice_credit_hours",
    ),
    path(
        "invoices/<int:pk>/credit/lines/<int:line>/",
        credit_long_views.invoice_credit_line,
        name="invoice_credit_line",
    ),
    path("invoices/<int:pk>/cancel/", credit_views.invoice_cancel, name="invoice_cancel"),
    path("invoices/<int:pk>/pay/", payment_views.invoice_pay, name="invoice_pay"),
    path("invoices/<int:pk>/give-up/", payment_views.invoice_give_up, name="invoice_give_up"),
    path(
        "invoices/<int:pk>/use-credit/", payment_views.invoice_use_credit, name="invoice_use_credit"
    ),
    path("invoices/<int:pk>/payments/", invoice_views.invoice_payments, name="invoice_payments"),
    path("bank/", include("invoicing.views.banking.urls")),
    path("payments/", payment_list_views.payment_list, name="payment_list"),
    path(
        "payments/export.<filekind:kind>", payment_list_views.payment_export, name="payment_export"
    ),
    path("payments/new/", payment_list_views.payment_new, name="payment_new"),
    path("payments/<int:pk>/", payment_page_views.payment_detail, name="payment_detail"),
    path(
        "payments/<int:pk>/allocate/", payment_page_views.payment_allocate, name="payment_allocate"
    ),
    path("payments/<int:pk>/refund/", payment_page_views.payment_refund, name="payment_refund"),
    path("payments/<int:pk>/reverse/", payment_page_views.payment_reverse, name="payment_reverse"),
    path(
        "allocations/<int:pk>/take-back/",
        payment_views.allocation_take_back,
        name="allocation_take_back",
    ),
    path("", include("invoicing.views.quotations.urls")),
    path("invoices/<int:pk>/document/", invoice_views.invoice_document, name="invoice_document"),
    path("invoices/<int:pk>/hours/", invoice_views.invoice_hours, name="invoice_hours"),
    path("invoices/<int:pk>/charges/", invoice_views.invoice_charges, name="invoice_charges"),
    path("invoices/<int:pk>/receipts.zip", invoice_views.invoice_receipts, name="invoice_receipts"),
    path("invoices/<int:pk>/journal/", invoice_views.invoice_journal, name="invoice_journal"),
    path("invoices/<int:pk>/history/", invoice_views.invoice_history, name="invoice_history"),
    path("invoices/<int:pk>/exports/", invoice_views.invoice_exports, name="invoice_exports"),
    path("invoices/<int:pk>/send/", sending_views.invoice_send, name="invoice_send"),
    path(
        "invoices/<int:pk>/send/preview/",
        sending_views.invoice_send_preview,
        name="invoice_send_preview",
    ),
    path("invoices/<int:pk>/sent/", sending_views.invoice_mark_sent, name="invoice_mark_sent"),
    path("invoices/<int:pk>/sendings/", sending_views.invoice_sendings, name="invoice_sendings"),
    path("invoices/<int:pk>/link/", customer_link_views.invoice_link, name="invoice_link"),
    path(
        "invoices/<int:pk>/link/revoke/",
        customer_link_views.invoice_link_revoke,
        name="invoice_link_revoke",
    ),
    path(
        "questions/<int:pk>/answered/",
        customer_link_views.question_answered,
        name="question_answered",
    ),
    path("sendings/<int:pk>/withdraw/", sending_views.sending_withdraw, name="sending_withdraw"),
    path("customers/<int:pk>/invoices/", archive_views.customer_invoices, name="customer_invoices"),
    path("projects/<int:pk>/invoices/", archive_views.project_invoices, name="project_invoices"),
    path("compose/", compose_views.compose_start, name="compose_start"),
    path("compose/<int:pk>/", compose_views.compose, name="compose"),
    path("compose/<int:pk>/customer/", compose_views.compose_customer, name="compose_customer"),
    path("compose/<int:pk>/entries/", compose_views.compose_entries, name="compose_entries"),
    path("compose/<int:pk>/look/", compose_views.compose_look, name="compose_look"),
    path("compose/<int:pk>/tick/", compose_views.compose_tick, name="compose_tick"),
    path("compose/<int:pk>/billable/", compose_views.compose_billable, name="compose_billable"),
    path("compose/<int:pk>/each/", compose_each_views.compose_each, name="compose_each"),
    path("compose/<int:pk>/lines/", compose_line_views.compose_lines, name="compose_lines"),
    path(
        "compose/<int:pk>/preview/",
        compose_line_views.compose_preview_lines,
        name="compose_preview",
    ),
    path("drafts/", draft_list_views.draft_list, name="draft_list"),
    path("drafts/export.<filekind:kind>", draft_list_views.draft_export, name="draft_export"),
    path("drafts/post/", posting_views.post_many, name="post_many"),
    path("drafts/discard/", discard_views.discard_many, name="discard_many"),
    path("drafts/discarded/", discard_views.discarded, name="discarded"),
    path("drafts/restore/", discard_views.drafts_restore, name="drafts_restore"),
    path("drafts/delete/", discard_views.drafts_delete, name="drafts_delete"),
    path("postings/<int:pk>/", posting_views.posting_run, name="posting_run"),
    path("drafts/new/", draft_views.draft_new, name="draft_new"),
    path("drafts/<int:pk>/", draft_views.draft_edit, name="draft_edit"),
    path("drafts/<int:pk>/post/", draft_views.draft_post, name="draft_post"),
    path("drafts/<int:pk>/paper/", draft_paper_views.draft_paper, name="draft_paper"),
    path("drafts/<int:pk>/e-invoice/", einvoice_views.draft_einvoice, name="draft_einvoice"),
    path("drafts/<int:pk>/preview.pdf", document_views.draft_preview, name="draft_preview"),
    path("invoices/<int:pk>/document.pdf", document_views.invoice_pdf, name="invoice_pdf"),
    path(
        "invoices/<int:pk>/document.xml", document_views.invoice_einvoice, name="invoice_einvoice"
    ),
    path(
        "invoices/<int:pk>/e-invoice/",
        viewer_views.invoice_einvoice_read,
        name="invoice_einvoice_read",
    ),
    path("e-invoices/look/", viewer_views.einvoice_viewer, name="einvoice_viewer"),
    path("invoices/<int:pk>/work-report/", document_views.work_report, name="work_report"),
    path("drafts/<int:pk>/discard/", discard_views.draft_discard, name="draft_discard"),
    path("drafts/<int:pk>/totals/", draft_views.draft_totals, name="draft_totals"),
    path("drafts/<int:pk>/parties/", draft_views.draft_parties, name="draft_parties"),
    path("drafts/<int:pk>/presence/", draft_views.draft_presence, name="draft_presence"),
    path("drafts/<int:pk>/accounts/", draft_line_views.draft_accounts, name="draft_accounts"),
    path("drafts/<int:pk>/lines/new/", draft_line_views.draft_line_new, name="draft_line_new"),
    path("drafts/<int:pk>/lines/<int:line>/", draft_line_views.draft_line, name="draft_line"),
    path(
        "drafts/<int:pk>/lines/<int:line>/remove/",
        draft_line_views.draft_line_remove,
        name="draft_line_remove",
    ),
    path("drafts/<int:pk>/adjust/", draft_adjust_views.draft_adjust, name="draft_adjust"),
    path("drafts/<int:pk>/work/", draft_work_views.draft_work, name="draft_work"),
    path("drafts/<int:pk>/work/add/", draft_work_views.draft_work_add, name="draft_work_add"),
    path(
        "drafts/<int:pk>/work/<slug:kind>/<int:work>/release/",
        draft_work_views.draft_work_release,
        name="draft_work_release",
    ),
    path(
        "drafts/<int:pk>/work/<slug:kind>/<int:work>/return/",
        draft_work_views.draft_work_return,
        name="draft_work_return",
    ),
]
