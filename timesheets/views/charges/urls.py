"""Addresses of charges."""

from django.urls import path

from timesheets.views import settling as settling_views
from timesheets.views.charges import changes as change
from timesheets.views.charges import pages as charge_views
from timesheets.views.charges import receipts as receipt_views
from timesheets.work_kinds import CHARGES

urlpatterns = [
    path("charges/", charge_views.charge_list, name="charge_list"),
    path("charges/export.<filekind:kind>", charge_views.charge_export, name="charge_export"),
    path("charges/search/<slug:kind>/", charge_views.charge_search, name="charge_search"),
    path("charges/new/", change.charge_new, name="charge_new"),
    path("charges/bulk/", change.charge_bulk, name="charge_bulk"),
    path(
        "charges/settle/<slug:step>/",
        settling_views.settle,
        {"kind": CHARGES},
        name="charge_settle",
    ),
    path("charges/<int:pk>/", change.charge_edit, name="charge_edit"),
    path("charges/snap/", receipt_views.receipt_snap, name="receipt_snap"),
    path(
        "charges/<int:pk>/receipts/<int:receipt>/",
        receipt_views.charge_receipt,
        name="charge_receipt",
    ),
    path(
        "charges/<int:pk>/receipts/<int:receipt>/remove/",
        receipt_views.charge_receipt_remove,
        name="charge_receipt_remove",
    ),
    path("charges/<int:pk>/billable/", change.charge_billable, name="charge_billable"),
    path("charges/<int:pk>/delete/", change.charge_delete, name="charge_delete"),
    path("projects/<int:pk>/charges/", charge_views.project_charges, name="project_charges"),
    path("customers/<int:pk>/charges/", charge_views.customer_charges, name="customer_charges"),
]
