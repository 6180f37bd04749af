"""The project's own format, defined in docs/import.md."""

from timesheets.imports.dialects.base import Dialect

PLAIN = Dialect(
    name="plain",
    title="Plain CSV",
    signs=tuple(
        frozenset({"date", person, length})
        for person in ("email", "person")
        for length in ("duration", "hours", "minutes", "end")
    ),
    needed=(("date",), ("duration", "minutes", "end"), ("email", "person")),
    columns={
        "person": ("Person",),
        "email": ("Email",),
        "staff_number": ("Staff number",),
        "customer": ("Customer",),
        "project": ("Project",),
        "task": ("Task",),
        "description": ("Description",),
        "billable": ("Billable",),
        "billed": ("Billed elsewhere",),
        "date": ("Date",),
        "start": ("Start",),
        "end": ("End",),
        "duration": ("Duration", "Hours"),
        "minutes": ("Minutes",),
        "rate": ("Rate",),
        "currency": ("Currency",),
        "tags": ("Tags",),
    },
)

# In the order of the manual; `Minutes` can stand for `Duration`.
HEADER = (
    "Date", "Email", "Person", "Customer", "Project", "Task", "Description", "Start", "End",
    "Duration", "Billable", "Tags", "Rate", "Currency", "Billed elsewhere",
)  # fmt: skip
