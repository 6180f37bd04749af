"""Where rendered documents are kept: written once, found by number, proven by their SHA-256."""

import hashlib
import re
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from invoicing.documents.printed import printed_invoice
from invoicing.documents.rendering import invoice_html, pdf_of
from invoicing.models import Invoice, InvoiceFile
from tenants.audit import log
from tenants.scope import tenant_scope


class StoredFileDamaged(Exception):
    """The bytes on the disk are not those that were stored, or are gone."""


@dataclass(frozen=True)
class _Sheet:
    """Everything that is needed to render, read in one short transaction."""

    invoice: Invoice
    html: str
    identity: str


def store_invoice_pdf(tenant_id: int, invoice_id: int) -> bool:
    """Render the posted document and store it, unless it is stored; True if it was stored now.

    Whoever comes second keeps the first one's file. No transaction is open while it renders.
    """
    with tenant_scope(tenant_id):
        sheet = _sheet_to_make(invoice_id)
    if sheet is None:
        return False
    content = pdf_of(sheet.html, identity=sheet.identity)
    name = _written(sheet.invoice, content)
    with tenant_scope(tenant_id):
        stored, is_new = _recorded(sheet.invoice, name, content)
    if stored.file.name != name:
        default_storage.delete(name)
    return is_new


def stored_pdf(invoice: Invoice) -> InvoiceFile | None:
    found: InvoiceFile | None = InvoiceFile.objects.filter(
        invoice=invoice, kind=InvoiceFile.Kind.PDF
    ).first()
    return found


def stored_bytes(stored: InvoiceFile) -> bytes:
    """The file as it was stored. Raises StoredFileDamaged rather than hand out anything else."""
    try:
        with stored.file.storage.open(str(stored.file.name), "rb") as opened:
            content: bytes = opened.read()
    except FileNotFoundError:
        raise StoredFileDamaged(f"{stored.file.name} is gone") from None
    if hashlib.sha256(content).hexdigest() != stored.sha256:
        raise StoredFileDamaged(f"{stored.file.name} was changed")
    return content


def plain_name(text: str) -> str:
    """A number as part of a file name: 2026/0007 as 2026-0007."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.") or "document"


def _sheet_to_make(invoice_id: int) -> _Sheet | None:
    invoice = (
        Invoice.objects.select_related("customer")
        .filter(pk=invoice_id, status=Invoice.Status.POSTED)
        .exclude(files__kind=InvoiceFile.Kind.PDF)
        .first()
    )
    if invoice is None:
        return None
    printed = printed_invoice(invoice)
    return _Sheet(invoice, invoice_html(printed), printed.identity)


def _written(invoice: Invoice, content: bytes) -> str:
    """The name says what is inside, so a file of that name that is there already will do."""
    digest = hashlib.sha256(content).hexdigest()
    folder = f"{invoice.tenant_id}/{invoice.issue_date:%Y}"
    name = f"{folder}/{plain_name(str(invoice.number))}-{digest[:16]}.pdf"
    if default_storage.exists(name):
        with default_storage.open(name, "rb") as opened:
            if hashlib.file_digest(opened, "sha256").hexdigest() == digest:
                return name
    return default_storage.save(name, ContentFile(content))


@transaction.atomic
def _recorded(invoice: Invoice, name: str, content: bytes) -> tuple[InvoiceFile, bool]:
    digest = hashlib.sha256(content).hexdigest()
    stored, is_new = InvoiceFile.objects.get_or_create(
        invoice=invoice,
        kind=InvoiceFile.Kind.PDF,
        defaults={"file": name, "sha256": digest, "size": len(content)},
    )
    if is_new:
        log("invoice.pdf_stored", invoice, actor=None, sha256=digest, size=len(content))
    return stored, is_new
