"""Deleting hours and charges for good."""

from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from timesheets.domain import receipts
from timesheets.models import Charge, TimeEntry


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


def drop_charges(charges: QuerySet[Charge]) -> None:
    """Delete open charges that followed from something else; those that were on an invoice which
    was credited stay with it, and are not billable."""
    # By name, not by import: the room of documents lies to the right of this one.
    sources = Charge.sources.rel.related_model._default_manager
    invoiced = Exists(sources.filter(charge=OuterRef("pk")))
    charges.filter(invoiced).update(is_billable=False)
    delete_charge_rows(charges.filter(~invoiced))


def delete_charge_rows(charges: QuerySet[Charge]) -> None:
    """With their receipts, whose files go once that is certain."""
    files = receipts.files_of(charges)
    charges.delete()
    transaction.on_commit(partial(receipts.forget, files))
