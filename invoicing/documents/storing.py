"""Where rendered documents are kept: written once, found by number, proven by their SHA-256."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from invoicing.documents.long_papers import rows_to_print, turn, why_too_long
from invoicing.einvoices.making import Wanted, make, wanted_of
from invoicing.models import Invoice, InvoiceFile
from invoicing.templating.sheets import Sheet, make_sheet, sheet_of
from tenants.audit import log
from tenants.models import AuditEntry, Tenant
from tenants.scope import tenant_scope

Kind = InvoiceFile.Kind


class StoredFileDamaged(Exception):
    """The bytes on the disk are not those that were stored, or are gone."""


@dataclass(frozen=True)
class _ToMake:
    """Everything that is needed to render, read in one short transaction."""

    invoice: Invoice
    sheet: Sheet
    einvoice: Wanted | None


def store_invoice_pdf(tenant_id: int, invoice_id: int, *, waits: bool = True) -> bool:
    """Render the posted document and store it, with its e-invoice where it has one, unless it is
    stored; True if it was stored now.

    Whoever comes second keeps the first one's file. No transaction is open while it renders. Long
    documents are made one at a time: raises TurnTaken where this one does not wait for its turn.
    """
    with tenant_scope(tenant_id):
        unmade = _unmade(invoice_id)
        rows = rows_to_print(unmade) if unmade else 0
        too_long = why_too_long(rows)
        alone = _einvoice_alone(unmade) if unmade and too_long else None
    if unmade is None:
        return False
    if too_long is not None:
        _store_without_pdf(tenant_id, unmade, alone, str(too_long))
        return False
    with turn(rows, waits=waits):
        return _store(tenant_id, invoice_id)


def _store(tenant_id: int, invoice_id: int) -> bool:
    with tenant_scope(tenant_id):
        wanted = _to_make(invoice_id)
    if wanted is None:
        return False
    invoice = wanted.invoice
    einvoice = make(wanted.einvoice) if wanted.einvoice else None
    made = make_sheet(
        wanted.sheet,
        enclosed=einvoice.enclosed if einvoice else (),
        descriptions=einvoice.descriptions if einvoice else (),
    )
    # What is the same each time it is made stands first and decides.
    files = [_written(invoice, made.file, Kind(made.ending))] if made.file else []
    if made.pdf:
        files.append(_written(invoice, made.pdf, Kind.PDF))
    if einvoice and einvoice.file:
        files.append(_written(invoice, einvoice.file, Kind.XML, einvoice.wanted.format))
    troubles = _Troubles(einvoice.faults if einvoice else (), made.trouble, made.why_no_pdf)
    with tenant_scope(tenant_id):
        kept, is_new = _recorded(invoice, files, troubles)
    for file in files:
        if file.name not in kept:
            default_storage.delete(file.name)
    return is_new


def _einvoice_alone(invoice: Any) -> Wanted | None:
    """What is to be made of a document that is too long for a PDF, unless it was."""
    if stored_einvoice(invoice) is not None:
        return None
    return wanted_of(invoice, Tenant.objects.get(pk=invoice.tenant_id))


def _store_without_pdf(
    tenant_id: int, invoice: Invoice, wanted: Wanted | None, reason: str
) -> None:
    """Its e-invoice all the same, also one that would lie inside the PDF. Said once: the sweep
    comes back, and makes the PDF when whoever runs the program allows more rows."""
    einvoice = make(wanted) if wanted else None
    files = []
    if einvoice and einvoice.file:
        files.append(_written(invoice, einvoice.file, Kind.XML, einvoice.wanted.format))
    with tenant_scope(tenant_id):
        for file in files:
            _stored, is_new = InvoiceFile.objects.get_or_create(
                invoice=invoice, kind=file.kind, defaults=file.row
            )
            if is_new:
                _log_stored(invoice, file)
        said = AuditEntry.objects.filter(object_type="invoicing.invoice", object_id=invoice.pk)
        if not said.filter(action="invoice.without_pdf").exists():
            log("invoice.without_pdf", invoice, actor=None, reason=reason)


def stored_pdf(invoice: Invoice) -> InvoiceFile | None:
    return _stored(invoice, Kind.PDF)


def stored_document(invoice: Invoice, wanted: str = "") -> InvoiceFile | None:
    """What is handed out as the document: the PDF, or the file of an office program where its
    template makes none; that file as well when it is `wanted`."""
    found = {
        stored.kind: stored
        for stored in InvoiceFile.objects.filter(invoice=invoice, kind__in=InvoiceFile.RENDERED)
    }
    kinds = (wanted, *InvoiceFile.RENDERED)
    return next((found[kind] for kind in kinds if kind in found), None)


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


def _unmade(invoice_id: int) -> Any:
    return (
        Invoice.objects.select_related("customer")
        .filter(pk=invoice_id, status=Invoice.Status.POSTED)
        .exclude(files__kind__in=InvoiceFile.RENDERED)
        .first()
    )


def _to_make(invoice_id: int) -> _ToMake | None:
    invoice = _unmade(invoice_id)
    if invoice is None:
        return None
    einvoice = wanted_of(invoice, Tenant.objects.get(pk=invoice.tenant_id))
    return _ToMake(invoice, sheet_of(invoice), einvoice)


@dataclass(frozen=True)
class _File:
    kind: InvoiceFile.Kind
    format: str
    name: str
    sha256: str
    size: int

    @property
    def row(self) -> dict[str, str | int]:
        return {"file": self.name, "sha256": self.sha256, "size": self.size, "format": self.format}


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


@dataclass(frozen=True)
class _Troubles:
    """Why there is no e-invoice, why the template was not used, why there is no PDF."""

    faults: Sequence[str] = ()
    template: str = ""
    no_pdf: str = ""


@transaction.atomic
def _recorded(
    invoice: Invoice, files: Sequence[_File], troubles: _Troubles
) -> tuple[set[str], bool]:
    """The names that are kept: all of these, or all of somebody else's. The first one decides."""
    first, *others = files
    _stored, is_new = InvoiceFile.objects.get_or_create(
        invoice=invoice, kind=first.kind, defaults=first.row
    )
    if is_new:
        for file in others:
            # An e-invoice may be there from when the document was too long for a PDF.
            InvoiceFile.objects.get_or_create(invoice=invoice, kind=file.kind, defaults=file.row)
        for file in files:
            _log_stored(invoice, file)
        if troubles.faults:
            log("invoice.einvoice_refused", invoice, actor=None, rules=", ".join(troubles.faults))
        if troubles.template:
            log("invoice.template_failed", invoice, actor=None, reason=troubles.template)
        if troubles.no_pdf:
            log("invoice.without_pdf", invoice, actor=None, reason=troubles.no_pdf)
    kept = InvoiceFile.objects.filter(invoice=invoice).values_list("file", flat=True)
    return set(kept), is_new


def _log_stored(invoice: Invoice, file: _File) -> None:
    said = {"sha256": file.sha256, "size": file.size}
    if file.kind == Kind.PDF:
        log("invoice.pdf_stored", invoice, actor=None, **said)
    elif file.kind == Kind.XML:
        log("invoice.einvoice_stored", invoice, actor=None, format=file.format, **said)
    else:
        log("invoice.file_stored", invoice, actor=None, format=file.kind, **said)
