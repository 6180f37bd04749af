from django.urls import path

from timesheets.views.packages import offering, search, subscriptions

urlpatterns = [
    path("packages/", offering.package_list, name="package_list"),
    path("packages/export.<filekind:kind>", offering.package_export, name="package_export"),
    path("packages/new/", offering.package_new, name="package_new"),
    path("packages/<int:pk>/", offering.package_detail, name="package_detail"),
    path("packages/<int:pk>/edit/", offering.package_edit, name="package_edit"),
    path("packages/<int:pk>/remove/", offering.package_remove, name="package_remove"),
    path("packages/<int:pk>/components/new/", offering.component_new, name="package_component_new"),
    path("packages/components/<int:pk>/", offering.component_edit, name="component_edit"),
    path(
        "packages/components/<int:pk>/remove/", offering.component_remove, name="component_remove"
    ),
    path(
        "packages/components/<int:pk>/prices/new/", offering.price_new, name="component_price_new"
    ),
    path("packages/prices/<int:pk>/", offering.price_edit, name="price_edit"),
    path("packages/prices/<int:pk>/remove/", offering.price_remove, name="price_remove"),
    path("packages/line-search/", search.line_search, name="line_search"),
    path("subscriptions/", subscriptions.subscription_list, name="subscription_list"),
    path(
        "subscriptions/export.<filekind:kind>",
        subscriptions.subscription_export,
        name="subscription_export",
    ),
    path("subscriptions/new/", subscriptions.subscription_new, name="subscription_new"),
    path("subscriptions/terms/", subscriptions.subscription_terms, name="subscription_terms"),
    path("subscriptions/fees/", subscriptions.subscription_fees, name="subscription_fees"),
    path("subscriptions/<int:pk>/", subscriptions.subscription_detail, name="subscription_detail"),
    path("subscriptions/<int:pk>/edit/", subscriptions.subscription_edit, name="subscription_edit"),
    path(
        "subscriptions/<int:pk>/remove/",
        subscriptions.subscription_remove,
        name="subscription_remove",
    ),
    path(
        "customers/<int:pk>/subscriptions/",
        subscriptions.customer_subscriptions,
        name="customer_subscriptions",
    ),
]
