from django.urls import path

from invoicing.views.schedules import lists, pages, runs

urlpatterns = [
    path("schedules/", lists.schedule_list, name="schedule_list"),
    path("schedules/export.<filekind:kind>", lists.schedule_export, name="schedule_export"),
    path("schedules/new/", pages.schedule_new, name="schedule_new"),
    path("schedules/preview/", pages.schedule_preview, name="schedule_preview"),
    path("schedules/<int:pk>/", pages.schedule_detail, name="schedule_detail"),
    path("schedules/<int:pk>/edit/", pages.schedule_edit, name="schedule_edit"),
    path("schedules/<int:pk>/pause/", pages.schedule_pause, name="schedule_pause"),
    path("schedules/<int:pk>/approve/", pages.schedule_approve, name="schedule_approve"),
    path("schedules/<int:pk>/delete/", pages.schedule_remove, name="schedule_remove"),
    path("schedules/<int:pk>/run/", pages.schedule_run, name="schedule_run"),
    path("runs/", lists.run_list, name="run_list"),
    path("runs/export.<filekind:kind>", lists.run_export, name="run_export"),
    path("runs/<int:pk>/", runs.run_detail, name="run_detail"),
    path("runs/<int:pk>/export.<filekind:kind>", runs.run_file, name="run_file"),
    path("runs/<int:pk>/lines/", runs.run_lines, name="run_lines"),
    path("runs/<int:pk>/stop/", runs.run_stop, name="run_stop"),
    path("runs/<int:pk>/resume/", runs.run_resume, name="run_resume"),
    path("runs/<int:pk>/retry/", runs.run_retry, name="run_retry"),
]
