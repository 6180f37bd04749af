from django.urls import path

from catalog.views.products import importing, pages

app_name = "catalog"
urlpatterns = [
    path("products/", pages.product_list, name="product_list"),
    path("products/export.<filekind:kind>", pages.product_export, name="product_export"),
    path("products/new/", pages.product_new, name="product_new"),
    path("products/import/", importing.product_import, name="product_import"),
    path("products/import/save/", importing.product_import_save, name="product_import_save"),
    path("products/<int:pk>/", pages.product_edit, name="product_edit"),
    path("products/<int:pk>/remove/", pages.product_remove, name="product_remove"),
]
