"""Addresses of quotations."""

from django.urls import path

from invoicing.views.quotations import lists, pages

urlpatterns = [
    path("quotations/", lists.quotation_list, name="quotation_list"),
    path("quotations/export.<filekind:kind>", lists.quotation_export, name="quotation_export"),
    path("quotations/new/", pages.quotation_new, name="quotation_new"),
    path("quotations/<int:pk>/", pages.quotation_detail, name="quotation_detail"),
    path("quotations/<int:pk>/totals/", pages.quotation_totals, name="quotation_totals"),
    path("quotations/<int:pk>/file.pdf", pages.quotation_file, name="quotation_file"),
    path("quotations/<int:pk>/send/", pages.quotation_send, name="quotation_send"),
    path("quotations/<int:pk>/decide/", pages.quotation_decide, name="quotation_decide"),
    path("quotations/<int:pk>/do/<slug:step>/", pages.quotation_step, name="quotation_step"),
    path("customers/<int:pk>/quotations/", lists.customer_quotations, name="customer_quotations"),
    path("projects/<int:pk>/quotations/", lists.project_quotations, name="project_quotations"),
    path("invoices/<int:pk>/quoted/", pages.invoice_quoted, name="invoice_quoted"),
]
