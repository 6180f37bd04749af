"""Addresses of the designs; in the namespace of invoicing."""

from django.urls import path

from invoicing.views.designs import pages

ALL = "company/documents/designs/"

urlpatterns = [
    path("company/documents/designs/", pages.design_gallery, name="design_gallery"),
    path("company/documents/designs/<int:pk>/", pages.design_edit, name="design_edit"),
    path("company/documents/designs/<int:pk>/paper/", pages.design_paper, name="design_paper"),
    path(
        "company/documents/designs/<int:pk>/sample.pdf", pages.design_sample, name="design_sample"
    ),
]
