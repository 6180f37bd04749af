"""Letters for the post as one PDF, each with its invoice, on sheets of their own."""

from collections.abc import Iterable
from contextlib import ExitStack
from io import BytesIO

import pikepdf

from invoicing.documents.reminders import reminder_pdf
from invoicing.documents.storing import StoredFileDamaged, stored_bytes, stored_document, stored_pdf
from invoicing.errors import PdfDamaged
from invoicing.models import Invoice, Reminder
from invoicing.reminder_errors import InvoiceNotSetYet, InvoiceWithoutPdf, NothingForThePost

# Each takes some fifty milliseconds to set, while the person waits.
MOST_LETTERS = 25


def letters_pdf(reminders: Iterable[Reminder]) -> bytes:
    """Each letter begins on a right-hand page, so that none is printed on the back of another's.

    Raises NothingForThePost, and why an invoice has no file to go with it.
    """
    with ExitStack() as opened, pikepdf.new() as letters:
        for reminder in reminders:
            for content in (reminder_pdf(reminder, reminder.invoice), _paper_of(reminder.invoice)):
                # The pages are read when all of it is written.
                part = opened.enter_context(pikepdf.open(BytesIO(content)))
                letters.pages.extend(part.pages)
            if len(letters.pages) % 2:
                _left, _bottom, width, height = letters.pages[-1].mediabox
                letters.add_blank_page(page_size=(round(width), round(height)))
        if not letters.pages:
            raise NothingForThePost
        written = BytesIO()
        letters.save(written)
    return written.getvalue()


def _paper_of(invoice: Invoice) -> bytes:
    stored = stored_pdf(invoice)
    if stored is None:
        other = stored_document(invoice)
        if other is not None:
            raise InvoiceWithoutPdf(invoice=invoice, kind=other.get_kind_display())
        raise InvoiceNotSetYet(invoice=invoice)
    try:
        return stored_bytes(stored)
    except StoredFileDamaged:
        raise PdfDamaged(invoice=invoice) from None
