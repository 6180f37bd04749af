from django.utils.translation import gettext_lazy as _

from core.csv_files import FileRefused

# What the file as such is refused for is a refusal of the import.
ImportRefused = FileRefused


class FileTooLarge(ImportRefused):
    message = _(
        "The file has %(size)s MB; at most %(limit)s MB can be imported at once. "
        "Export a shorter period, or use the command import_time."
    )


class HeaderUnknown(ImportRefused):
    message = _(
        "The columns are not those of a known time export. The first line says: %(header)s. "
        "Known are the detailed reports of Kimai (English or German), Toggl Track, Clockify "
        "and Harvest, and the plain format of the manual."
    )


class HeaderIncomplete(ImportRefused):
    message = _(
        "This looks like an export of %(program)s, but it lacks a column: %(missing)s. "
        "Export the detailed report with all columns and try again."
    )


class DateOrderUndecided(ImportRefused):
    message = _(
        "Dates such as %(example)s can be read day first or month first, and no line of the file "
        "tells which. Say it: day-first or month-first."
    )


class DateOrderContradictory(ImportRefused):
    message = _(
        "The dates contradict each other: %(day_first)s in line %(day_line)d is day first, "
        "%(month_first)s in line %(month_line)d is month first. "
        "Correct one of them, or say which order holds: day-first or month-first."
    )


class RowsRefused(ImportRefused):
    """Some rows are bad and nobody said to leave them out. Carries `plan` and `problems`."""

    message = _("Nothing was imported, because some rows cannot be.")


class ImportIsNotOpen(ImportRefused):
    message = _("This import is finished or was discarded by somebody else.")


class ImportBroke(ImportRefused):
    message = _(
        "The work at this file broke off %(times)s times, and nothing was imported. Try again with"
        " the file in parts, and tell the administrator if that breaks off, too."
    )


class QuestionIsOpen(ImportRefused):
    message = _("Say first how the dates of this file are read.")


class WorkIsTaken(ImportRefused):
    message = _(
        "Nothing was taken back: %(count)d entries of this import are locked, on an invoice or "
        "settled by hand. "
        "Free them first; then all of it can be taken back."
    )


class WorkWasInvoiced(ImportRefused):
    message = _(
        "Nothing was taken back: hours of this import were on an invoice that was credited, and"
        " stay because the invoice does."
    )
