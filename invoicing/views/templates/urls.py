"""Addresses of templates; in the namespace of invoicing."""

from django.urls import path

from invoicing.views.templates import choices, deeds, files, pages

urlpatterns = [
    path("company/templates/", pages.template_list, name="template_list"),
    path("company/templates/export.<filekind:kind>", pages.template_export, name="template_export"),
    path("company/templates/upload/", deeds.template_upload, name="template_upload"),
    path(
        "company/templates/placeholders/", pages.template_placeholders, name="template_placeholders"
    ),
    path(
        "company/templates/begin/<slug:kind>/",
        files.template_beginning,
        name="template_beginning",
    ),
    path("company/templates/<int:pk>/", pages.template_detail, name="template_detail"),
    path("company/templates/<int:pk>/change/", deeds.template_change, name="template_change"),
    path("company/templates/<int:pk>/version/", deeds.template_version, name="template_version"),
    path("company/templates/<int:pk>/choose/", deeds.template_choose, name="template_choose"),
    path(
        "company/templates/<int:pk>/choices/<int:choice>/remove/",
        deeds.template_choice_remove,
        name="template_choice_remove",
    ),
    path("company/templates/<int:pk>/remove/", deeds.template_remove, name="template_remove"),
    path("company/templates/<int:pk>/take-back/", deeds.template_take_back, name="template_back"),
    path("company/templates/<int:pk>/sample/", files.template_sample, name="template_sample"),
    path(
        "company/templates/<int:pk>/versions/<int:version>/file/",
        files.template_file,
        name="template_file",
    ),
    path("customers/<int:pk>/template/", choices.customer_template, name="customer_template"),
    path("projects/<int:pk>/template/", choices.project_template, name="project_template"),
]
