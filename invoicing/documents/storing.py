"""Where rendered documents are kept: written once, found by number, proven by their SHA-256."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from invoicing.documents.printed import printed_invoice
from invoicing.documents.rendering import invoice_html, pdf_of
from invoicing.einvoices.making import Wanted, make, wanted_of
from invoicing.models import Invoice, InvoiceFile
from tenants.audit import log
from tenants.models import Tenant
from tenants.scope import tenant_scope

Kind = InvoiceFile.Kind


class StoredFileDamaged(Exception):
    """The bytes on the disk are not those that were stored, or are gone."""


@dataclass(frozen=True)
class _Sheet:
    """Everything that is needed to render, read in one short transaction."""

    invoice: Invoice
    html: str
    identity: str
    einvoice: Wanted | None


def store_invoice_pdf(tenant_id: int, invoice_id: int) -> bool:
    """Render the posted document and store it, with its e-invoice where it has one, unless it is
    stored; True if it was stored now.

    Whoever comes second keeps the first one's file. No transaction is open while it renders.
    """
    with tenant_scope(tenant_id):
        sheet = _sheet_to_make(invoice_id)
    if sheet is None:
        return False
    made = make(sheet.einvoice) if sheet.einvoice else None
    content = pdf_of(
        sheet.html,
        identity=sheet.identity,
        enclosed=made.enclosed if made else (),
        descriptions=made.descriptions if made else (),
    )
    files = [_written(sheet.invoice, content, Kind.PDF)]
    if made and made.file:
        files.append(_written(sheet.invoice, made.file, Kind.XML, made.wanted.format))
    with tenant_scope(tenant_id):
        kept, is_new = _recorded(sheet.invoice, files, faults=made.faults if made else ())
    for file in files:
        if file.name not in kept:
            default_storage.delete(file.name)
    return is_new


def stored_pdf(invoice: Invoice) -> InvoiceFile | None:
    return _stored(invoice, Kind.PDF)


def stored_einvoice(invoice: Invoice) -> InvoiceFile | None:
    return _stored(invoice, Kind.XML)


def _stored(invoice: Invoice, kind: InvoiceFile.Kind) -> InvoiceFile | None:
    found: InvoiceFile | None = InvoiceFile.objects.filter(invoice=invoice, kind=kind).first()
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
    einvoice = wanted_of(invoice, Tenant.objects.get(pk=invoice.tenant_id))
    return _Sheet(invoice, invoice_html(printed), printed.identity, einvoice)


@dataclass(frozen=True)
class _File:
    kind: InvoiceFile.Kind
    format: str
    name: str
    sha256: str
    size: int


def _written(
    invoice: Invoice, content: bytes, kind: InvoiceFile.Kind, file_format: str = ""
) -> _File:
    """The name says what is inside, so a file of that name that is there already will do."""
    digest = hashlib.sha256(content).hexdigest()
    folder = f"{invoice.tenant_id}/{invoice.issue_date:%Y}"
    name = f"{folder}/{plain_name(str(invoice.number))}-{digest[:16]}.{kind}"
    return _File(kind, file_format, _saved(name, content, digest), digest, len(content))


def _saved(name: str, content: bytes, digest: str) -> str:
    if default_storage.exists(name):
        with default_storage.open(name, "rb") as opened:
            if hashlib.file_digest(opened, "sha256").hexdigest() == digest:
                return name
    return default_storage.save(name, ContentFile(content))


@transaction.atomic
def _recorded(
    invoice: Invoice, files: Sequence[_File], *, faults: Sequence[str]
) -> tuple[set[str], bool]:
    """The names that are kept: all of these, or all of somebody else's. The PDF decides."""
    pdf, *others = files
    _stored_pdf, is_new = InvoiceFile.objects.get_or_create(
        invoice=invoice,
        kind=pdf.kind,
        defaults={"file": pdf.name, "sha256": pdf.sha256, "size": pdf.size},
    )
    if is_new:
        log("invoice.pdf_stored", invoice, actor=None, sha256=pdf.sha256, size=pdf.size)
        for file in others:
            InvoiceFile.objects.create(
                invoice=invoice,
                kind=file.kind,
                format=file.format,
                file=file.name,
                sha256=file.sha256,
                size=file.size,
            )
            log(
                "invoice.einvoice_stored",
                invoice,
                actor=None,
                format=file.format,
                sha256=file.sha256,
                size=file.size,
            )
        if faults:
            log("invoice.einvoice_refused", invoice, actor=None, rules=", ".join(faults))
    kept = InvoiceFile.objects.filter(invoice=invoice).values_list("file", flat=True)
    return set(kept), is_new
