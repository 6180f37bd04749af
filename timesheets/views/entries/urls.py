"""Addresses of the week grid and of the list of hours."""

from django.urls import path

from timesheets.views import settling as settling_views
from timesheets.views.entries import changes as change
from timesheets.views.entries import files as entry_file_views
from timesheets.views.entries import lists as entry_views
from timesheets.views.entries import reports as report_views
from timesheets.views.entries import weeks as week_views
from timesheets.views.tags import marking as marking_views
from timesheets.work_kinds import HOURS

urlpatterns = [
    path("hours/", week_views.week, name="week"),
    path("hours/week/cell/", week_views.week_cell, name="week_cell"),
    path("hours/week/row/", week_views.week_row, name="week_row"),
    path("hours/week/billable/", week_views.week_billable, name="week_billable"),
    path("hours/week/entries/", week_views.week_entries, name="week_entries"),
    path("hours/places/", week_views.place_search, name="place_search"),
    path("hours/entries/", entry_views.entry_list, name="entry_list"),
    path(
        "hours/entries/export.<filekind:kind>", entry_file_views.entry_export, name="entry_export"
    ),
    path("hours/entries/group/", entry_views.entry_group, name="entry_group"),
    path("hours/entries/search/<slug:kind>/", entry_views.entry_search, name="entry_search"),
    path("hours/entries/new/", change.entry_new, name="entry_new"),
    path("hours/entries/billable/", change.entry_billable, name="entry_billable"),
    path("hours/entries/bulk/", change.entry_bulk, name="entry_bulk"),
    path("hours/entries/tags/", marking_views.entry_tags, name="entry_tags"),
    path("hours/entries/undo/", change.entry_undo, name="entry_undo"),
    path("hours/entries/settle/undo/", settling_views.settle_undo, name="settle_undo"),
    path(
        "hours/entries/settle/<slug:step>/", settling_views.settle, {"kind": HOURS}, name="settle"
    ),
    path("hours/entries/<int:pk>/", change.entry_edit, name="entry_edit"),
    path("hours/entries/<int:pk>/delete/", change.entry_delete, name="entry_delete"),
    path("hours/where/", report_views.work_report, name="work_report"),
    path(
        "hours/where/export.<filekind:kind>",
        report_views.work_report_export,
        name="work_report_export",
    ),
    path("projects/<int:pk>/hours/", entry_views.project_hours, name="project_hours"),
    path("customers/<int:pk>/hours/", entry_views.customer_hours, name="customer_hours"),
]
