from django.urls import path

from timesheets.views.imports import pages as views

urlpatterns = [
    path("", views.import_home, name="import"),
    path("template/", views.import_template, name="import_template"),
    path("<int:pk>/", views.import_detail, name="import_detail"),
    path("<int:pk>/options/", views.import_options, name="import_options"),
    path("<int:pk>/start/", views.import_start, name="import_start"),
    path("<int:pk>/discard/", views.import_discard, name="import_discard"),
    path("<int:pk>/take-back/", views.import_take_back, name="import_take_back"),
    path("<int:pk>/progress/", views.import_progress, name="import_progress"),
    path("<int:pk>/rejects/", views.import_rejects, name="import_rejects"),
]
