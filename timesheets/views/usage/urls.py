from django.urls import path

from timesheets.views.usage import imports, summary

urlpatterns = [
    path("usage/", summary.usage_summary, name="usage_summary"),
    path("usage/export.<filekind:kind>", summary.usage_export, name="usage_export"),
    path("usage/imports/", imports.usage_imports, name="usage_imports"),
    path("usage/imports/<int:pk>/", imports.usage_import_detail, name="usage_import_detail"),
    path("usage/imports/<int:pk>/start/", imports.usage_import_start, name="usage_import_start"),
    path(
        "usage/imports/<int:pk>/progress/",
        imports.usage_import_progress,
        name="usage_import_progress",
    ),
    path(
        "usage/imports/<int:pk>/problems.csv",
        imports.usage_import_problems,
        name="usage_import_problems",
    ),
    path(
        "usage/imports/<int:pk>/discard/", imports.usage_import_discard, name="usage_import_discard"
    ),
    path(
        "usage/imports/<int:pk>/take-back/",
        imports.usage_import_take_back,
        name="usage_import_take_back",
    ),
]
