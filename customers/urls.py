from django.urls import path

from customers.views import columns, contacts, customers, fields, groups, products, projects

app_name = "customers"
urlpatterns = [
    path("customers/", customers.customer_list, name="customer_list"),
    path("customers/export.<filekind:kind>", customers.customer_export, name="customer_export"),
    path("customers/search/", customers.customer_search, name="customer_search"),
    path("customers/new/", customers.customer_new, name="customer_new"),
    path("customers/<int:pk>/", customers.customer_detail, name="customer_detail"),
    path("customers/<int:pk>/edit/", customers.customer_edit, name="customer_edit"),
    path("customers/<int:pk>/contacts/new/", contacts.contact_new, name="contact_new"),
    path("customers/groups/", groups.group_list, name="group_list"),
    path("customers/groups/export.<filekind:kind>", groups.group_export, name="group_export"),
    path("customers/groups/new/", groups.group_new, name="group_new"),
    path("customers/groups/<int:pk>/", groups.group_edit, name="group_edit"),
    path("customers/groups/<int:pk>/remove/", groups.group_remove, name="group_remove"),
    path("contacts/<int:pk>/", contacts.contact_edit, name="contact_edit"),
    path("contacts/<int:pk>/remove/", contacts.contact_remove, name="contact_remove"),
    path("projects/", projects.project_list, name="project_list"),
    path("projects/export.<filekind:kind>", projects.project_export, name="project_export"),
    path("projects/search/", projects.project_search, name="project_search"),
    path("projects/new/", projects.project_new, name="project_new"),
    path("projects/<int:pk>/", projects.project_detail, name="project_detail"),
    path("projects/<int:pk>/edit/", projects.project_edit, name="project_edit"),
    path("products/search/", products.product_search, name="product_search"),
    path("columns/", columns.columns, name="columns"),
    path("company/fields/", fields.field_list, name="field_list"),
    path("company/fields/new/", fields.field_new, name="field_new"),
    path("company/fields/order/", fields.field_order, name="field_order"),
    path("company/fields/<int:pk>/", fields.field_edit, name="field_edit"),
    path("company/fields/<int:pk>/delete/", fields.field_remove, name="field_remove"),
    path("company/fields/<int:pk>/deactivate/", fields.field_deactivate, name="field_deactivate"),
    path("company/fields/<int:pk>/reactivate/", fields.field_reactivate, name="field_reactivate"),
]
