"""Which posted documents have no file yet."""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from invoicing.models import Invoice, InvoiceFile


def documents_without_pdf(*, posted_before: datetime | None = None) -> QuerySet[Invoice]:
    """The oldest first."""
    made = InvoiceFile.objects.filter(invoice=OuterRef("pk"), kind__in=InvoiceFile.RENDERED)
    found: QuerySet[Invoice] = Invoice.objects.filter(~Exists(made), status=Invoice.Status.POSTED)
    if posted_before is not None:
        found = found.filter(posted_at__lt=posted_before)
    return found.order_by("posted_at", "pk")
