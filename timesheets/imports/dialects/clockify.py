"""Clockify, Reports > Detailed > Export > Save as CSV.

Dates and times have the form set in the workspace; older files lack the two durations and newer
ones tell what was invoiced.
"""

from timesheets.imports.dialects.base import Dialect

CLOCKIFY = Dialect(
    name="clockify",
    title="Clockify",
    signs=(
        frozenset({"duration (h)"}),
        frozenset({"duration (decimal)"}),
        frozenset({"user", "group", "start date", "start time", "end date", "end time"}),
    ),
    needed=(("email", "person"), ("date",), ("duration", "duration_decimal", "end")),
    columns={
        "person": ("User",),
        "email": ("Email",),
        "customer": ("Client",),
        "project": ("Project",),
        "task": ("Task",),
        "description": ("Description",),
        "billable": ("Billable",),
        "billed": ("Invoiced",),
        "date": ("Start Date",),
        "start": ("Start Time",),
        "end_date": ("End Date",),
        "end": ("End Time",),
        "duration": ("Duration (h)",),
        "duration_decimal": ("Duration (decimal)",),
        "rate": ("Billable Rate",),
        "tags": ("Tags",),
    },
    tasks_belong_to_project=True,
)
