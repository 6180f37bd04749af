"""Addresses of service orders."""

from django.urls import path

from timesheets.views.orders import evidence, lists, work
from timesheets.views.orders import pages as views

urlpatterns = [
    path("orders/", lists.order_list, name="order_list"),
    path("orders/export.<filekind:kind>", lists.order_export, name="order_export"),
    path("orders/search/<slug:kind>/", lists.order_search, name="order_search"),
    path("orders/mine/", work.order_mine, name="order_mine"),
    path("orders/new/", views.order_new, name="order_new"),
    path("orders/<int:pk>/", views.order_detail, name="order_detail"),
    path("orders/<int:pk>/edit/", views.order_edit, name="order_edit"),
    path("orders/<int:pk>/cancel/", views.order_cancel, name="order_cancel"),
    path("orders/<int:pk>/revive/", views.order_revive, name="order_revive"),
    path("orders/<int:pk>/reopen/", views.order_reopen, name="order_reopen"),
    path("orders/<int:pk>/check/<slug:part>/", views.order_check, name="order_check"),
    path("orders/<int:pk>/work/", work.order_work, name="order_work"),
    path("orders/<int:pk>/start/", work.order_start, name="order_start"),
    path("orders/<int:pk>/clock/", work.order_clock, name="order_clock"),
    path("orders/<int:pk>/hours/", work.order_hours, name="order_hours"),
    path("orders/<int:pk>/parts/", work.order_parts, name="order_parts"),
    path("orders/<int:pk>/report/", work.order_report, name="order_report"),
    path("orders/<int:pk>/done/", work.order_done, name="order_done"),
    path("orders/<int:pk>/photos/", evidence.order_photos, name="order_photos"),
    path("orders/<int:pk>/photos/<int:photo>/", evidence.order_photo, name="order_photo"),
    path(
        "orders/<int:pk>/photos/<int:photo>/remove/",
        evidence.order_photo_remove,
        name="order_photo_remove",
    ),
    path("orders/<int:pk>/sign/", evidence.order_sign, name="order_sign"),
    path("orders/<int:pk>/unsign/", evidence.order_unsign, name="order_unsign"),
    path("orders/<int:pk>/signature/", evidence.order_signature, name="order_signature"),
    path("projects/<int:pk>/orders/", lists.project_orders, name="project_orders"),
    path("customers/<int:pk>/orders/", lists.customer_orders, name="customer_orders"),
]
