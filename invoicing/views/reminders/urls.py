"""Addresses of reminders; in the namespace of invoicing."""

from django.urls import path

from invoicing.views.reminders import disputes, due, letters, settings, texts

urlpatterns = [
    path("reminders/", due.reminders, name="reminders"),
    path("reminders/<int:pk>/letter.pdf", letters.reminder_letter, name="reminder_letter"),
    path("reminders/sent/<int:pk>/letters.pdf", letters.run_letters, name="run_letters"),
    path("invoices/<int:pk>/reminder/", letters.invoice_reminder, name="invoice_reminder"),
    path(
        "invoices/<int:pk>/reminder.pdf", letters.invoice_reminder_pdf, name="invoice_reminder_pdf"
    ),
    path("invoices/<int:pk>/dispute/", disputes.invoice_dispute, name="invoice_dispute"),
    path("invoices/<int:pk>/dispute/settle/", disputes.invoice_settle, name="invoice_settle"),
    path("company/reminders/", settings.reminder_settings, name="reminder_settings"),
    path("company/reminders/rates/", settings.rate_new, name="rate_new"),
    path("company/reminders/rates/<int:pk>/remove/", settings.reference_remove,
         name="reference_remove"),
    path("company/reminders/terms/<slug:country>/", settings.terms_edit, name="terms_edit"),
    path("company/reminders/terms/<slug:country>/reset/", settings.terms_reset,
         name="terms_reset"),
    path("company/reminders/texts/<slug:words>/", texts.reminder_text, name="words_edit"),
    path("company/reminders/texts/<slug:words>/preview/", texts.reminder_text_preview,
         name="words_preview"),
    path("company/reminders/texts/<slug:words>/reset/", texts.reminder_text_reset,
         name="words_reset"),
]  # fmt: skip
