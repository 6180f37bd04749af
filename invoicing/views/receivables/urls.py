"""Addresses of what customers owe; in the namespace of invoicing."""

from django.urls import path

from invoicing.views.receivables import ageing

urlpatterns = [
    path("receivables/", ageing.receivables, name="receivables"),
    path(
        "receivables/export.<filekind:kind>", ageing.receivables_export, name="receivables_export"
    ),
    path("receivables/<int:pk>/", ageing.receivables_customer, name="receivables_customer"),
]
