"""Kimai, Export > CSV. Labels are in the language of the user who exports.

`Exported` is set when hours were handed on for billing. A yes is 1 and a no is an empty cell in
today's files, words in older ones. Durations are H:MM, decimal or seconds, by the template.
"""

from timesheets.imports.dialects.base import Dialect

KIMAI = Dialect(
    name="kimai",
    title="Kimai",
    signs=(
        frozenset({"date", "from", "to", "activity"}),
        frozenset({"date", "begin", "end", "activity"}),
        frozenset({"datum", "von", "bis", "tätigkeit"}),
        frozenset({"datum", "beginn", "ende", "tätigkeit"}),
        frozenset({"date", "duration", "customer", "activity"}),
        frozenset({"datum", "dauer", "kunde", "tätigkeit"}),
    ),
    needed=(("date",), ("duration", "end"), ("person", "email", "login")),
    columns={
        "person": ("Name", "Alias"),
        "login": ("User", "Benutzer", "Username", "Benutzername"),
        "email": ("E-mail", "Email"),
        "staff_number": ("Staff number", "Personalnummer"),
        "customer": ("Customer", "Kunde"),
        "project": ("Project", "Projekt"),
        "task": ("Activity", "Tätigkeit"),
        "description": ("Description", "Beschreibung"),
        "billable": ("Billable", "Abrechenbar"),
        "billed": ("Exported", "Exportiert"),
        "date": ("Date", "Datum"),
        "start": ("From", "Begin", "Von", "Beginn"),
        "end": ("To", "End", "Bis", "Ende"),
        "duration": ("Duration", "Dauer"),
        "rate": ("Hourly price", "Hourly rate", "Stundenpreis", "Stundensatz", "Stundenlohn"),
        "currency": ("Currency", "Währung"),
        "tags": ("Tags", "Schlagworte", "Schlagwörter"),
    },
    empty_is_not_billable=True,
    may_count_seconds=True,
)
