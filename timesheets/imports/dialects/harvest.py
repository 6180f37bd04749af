"""Harvest, Reports > Detailed time > Export > CSV.

Hours are decimal, with a comma where the account is set so. There is no e-mail address; the person
is first and last name. A rate of nought stands where there is none.
"""

from timesheets.imports.dialects.base import Dialect

HARVEST = Dialect(
    name="harvest",
    title="Harvest",
    signs=(
        frozenset({"date", "hours", "project code"}),
        frozenset({"date", "hours", "billable?"}),
        frozenset({"date", "hours", "first name", "last name"}),
    ),
    needed=(("date",), ("duration",), ("first_name", "last_name", "email")),
    columns={
        "first_name": ("First Name",),
        "last_name": ("Last Name",),
        "email": ("Email", "E-mail"),
        "staff_number": ("Employee Id",),
        "customer": ("Client",),
        "project": ("Project",),
        "task": ("Task",),
        "description": ("Notes",),
        "billable": ("Billable?",),
        "billed": ("Invoiced?",),
        "date": ("Date",),
        "start": ("Started At", "Start Time"),
        "end": ("Ended At", "End Time"),
        "duration": ("Hours",),
        "rate": ("Billable Rate",),
        "currency": ("Currency",),
    },
)
