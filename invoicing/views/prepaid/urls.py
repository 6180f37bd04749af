"""Addresses of prepaid hours; in the namespace of invoicing."""

from django.urls import path

from invoicing.views.prepaid import drawing, lists, pages

urlpatterns = [
    path("prepaid/", lists.prepaid_list, name="prepaid_list"),
    path("prepaid/export.<filekind:kind>", lists.prepaid_export, name="prepaid_export"),
    path("prepaid/new/", pages.prepaid_new, name="prepaid_new"),
    path("prepaid/<int:pk>/", pages.prepaid_detail, name="prepaid_detail"),
    path("prepaid/<int:pk>/edit/", pages.prepaid_edit, name="prepaid_edit"),
    path(
        "prepaid/<int:pk>/draws.<filekind:kind>", pages.prepaid_statement, name="prepaid_statement"
    ),
    path("prepaid/<int:pk>/statement.pdf", pages.prepaid_letter, name="prepaid_letter"),
    path("prepaid/<int:pk>/undo/", drawing.prepaid_undo, name="prepaid_undo"),
    path("customers/<int:pk>/prepaid/", lists.customer_prepaid, name="customer_prepaid"),
    path("customers/<int:pk>/prepaid/draw/", drawing.prepaid_draw, name="prepaid_draw"),
    path("projects/<int:pk>/prepaid/", lists.project_prepaid, name="project_prepaid"),
]
