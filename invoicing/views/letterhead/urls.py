"""Addresses of the letterhead; in the namespace of invoicing."""

from django.urls import path

from invoicing.views.letterhead import pages

urlpatterns = [
    path("company/documents/", pages.letterhead, name="letterhead"),
    path("company/documents/sample.pdf", pages.letterhead_sample, name="letterhead_sample"),
]
