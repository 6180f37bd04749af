"""Pages of invoicing that are outside any company: who opens them has a link and no account."""

from django.urls import path

from invoicing.views.customer_page import pages as views
from invoicing.views.quotations import customer as quotation_views

urlpatterns = [
    path("open/<str:token>/", views.customer_page, name="customer_page"),
    path("open/<str:token>/<int:pk>/", views.customer_page, name="customer_document"),
    path("open/<str:token>/<int:pk>.pdf", views.customer_pdf, name="customer_pdf"),
    path("open/<str:token>/<int:pk>.xml", views.customer_xml, name="customer_xml"),
    path("open/quotation/<str:token>/", quotation_views.quotation_page, name="quotation_page"),
    path(
        "open/quotation/<str:token>/file.pdf",
        quotation_views.quotation_file,
        name="quotation_file",
    ),
]
