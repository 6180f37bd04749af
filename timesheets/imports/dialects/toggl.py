"""Toggl Track, Reports > Detailed > Download CSV. ISO dates, 24-hour times, H:MM:SS."""

from timesheets.imports.dialects.base import Dialect

TOGGL = Dialect(
    name="toggl",
    title="Toggl Track",
    signs=(
        frozenset({"user", "start date", "duration"}),
        frozenset({"email", "start date", "duration"}),
    ),
    needed=(("email", "person"), ("date",), ("duration",)),
    columns={
        "person": ("User",),
        "email": ("Email", "E-mail"),
        "customer": ("Client",),
        "project": ("Project",),
        "task": ("Task",),
        "description": ("Description",),
        "billable": ("Billable",),
        "date": ("Start date",),
        "start": ("Start time",),
        "end_date": ("End date", "Stop date"),
        "end": ("End time", "Stop time"),
        "duration": ("Duration",),
        "amount": ("Amount",),
        "tags": ("Tags",),
    },
    tasks_belong_to_project=True,
)
