"""Deleting hours for good."""

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from timesheets.models import TimeEntry


def delete_rows(entries: QuerySet[TimeEntry]) -> bool:
    """Delete all of them; False, and none is deleted, when one was once on a posted invoice.

    The invoice says for ever what it was made of, whatever a credit note has freed since.
    """
    try:
        with transaction.atomic():
            entries.delete()
    except IntegrityError as refused:
        diag = getattr(refused.__cause__, "diag", None)
        if diag is not None and diag.constraint_name == "source_of_a_posted_line_stays":
            return False
        raise
    return True
