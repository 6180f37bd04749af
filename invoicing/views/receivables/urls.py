"""Addresses of what customers owe; in the namespace of invoicing."""

from django.urls import path

from invoicing.views.receivables import ageing, statements

urlpatterns = [
    path("receivables/", ageing.receivables, name="receivables"),
    path(
        "receivables/export.<filekind:kind>", ageing.receivables_export, name="receivables_export"
    ),
    path("receivables/<int:pk>/", ageing.receivables_customer, name="receivables_customer"),
    path("customers/<int:pk>/statement/", statements.customer_statement, name="customer_statement"),
    path(
        "customers/<int:pk>/statement/statement.pdf",
        statements.customer_statement_pdf,
        name="customer_statement_pdf",
    ),
    path(
        "customers/<int:pk>/statement/send/",
        statements.customer_statement_send,
        name="customer_statement_send",
    ),
    path("statements/<int:pk>/statement.pdf", statements.statement_file, name="statement_file"),
    path(
        "customers/<int:pk>/statement/export.<filekind:kind>",
        statements.customer_statement_export,
        name="customer_statement_export",
    ),
]
