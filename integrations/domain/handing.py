"""Documents handed over as files, for a person to enter them in the accounting system."""

import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import IO

from django.utils.text import slugify

from integrations.domain.access import Door, door_of
from integrations.domain.packing import pack
from integrations.errors import FilesNotReady, NothingToHandOver
from integrations.models import Connection, CustomerLink, Export
from integrations.outgoing import OutgoingInvoice
from integrations.ports import Can, Handed, HandsOver, OutgoingFile
from integrations.registry import system_of
from invoicing.documents.storing import plain_name, stored_bytes
from invoicing.models import Invoice, InvoiceFile

# As many as can be ticked on a page; a PDF has some 60 kB.
MOST_DOCUMENTS = 500


@dataclass(frozen=True)
class Chosen:
    """A document and its stored files, read in the tenant's scope; the bytes are read later."""

    invoice: OutgoingInvoice
    files: tuple[InvoiceFile, ...]


@dataclass(frozen=True)
class Choice:
    """Documents of one connection, and the way to its adapter."""

    name: str
    door: Door
    documents: tuple[Chosen, ...]


def takes_files(export: Export) -> bool:
    """Whether there is something to download for whoever enters it."""
    system = system_of(export.connection.system)
    by_hand = Export.Status.BY_HAND in (export.status, export.status_before)
    return system is not None and by_hand and Can.FILES in system.can


def choose(exports: Sequence[Export]) -> list[Choice]:
    """What to put into the ZIP, by connection. The exports need connection and customer."""
    exports = [export for export in exports if takes_files(export)][:MOST_DOCUMENTS]
    if not exports:
        raise NothingToHandOver
    keys = [export.invoice_id for export in exports]
    files: dict[int, list[InvoiceFile]] = {}
    for stored in InvoiceFile.objects.filter(invoice__in=keys).order_by("kind", "pk"):
        files.setdefault(stored.invoice_id, []).append(stored)
    links = {
        (link.connection_id, link.customer_id): link.remote_id
        for link in CustomerLink.objects.filter(
            connection__in={export.connection_id for export in exports},
            customer__in={export.invoice.customer_id for export in exports},
        )
    }
    invoices = {
        one.pk: one
        for one in Invoice.objects.filter(pk__in=keys)
        .select_related("customer", "corrects")
        .prefetch_related("lines")
    }
    chosen: dict[int, list[Chosen]] = {}
    for export in exports:
        if export.invoice_id not in files:
            raise FilesNotReady(invoice=export.invoice)
        invoice = invoices[export.invoice_id]
        packed = pack(
            invoice,
            remote_customer_id=links.get((export.connection_id, invoice.customer_id), ""),
        )
        chosen.setdefault(export.connection_id, []).append(
            Chosen(packed, tuple(files[export.invoice_id]))
        )
    connections = {export.connection_id: export.connection for export in exports}
    folders = _folders([connections[pk] for pk in chosen])
    return [
        Choice(folders[pk], door_of(connections[pk]), tuple(documents))
        for pk, documents in chosen.items()
    ]


def _folders(connections: Sequence[Connection]) -> dict[int, str]:
    """By connection. Names that differ in signs only would be one folder."""
    folders: dict[int, str] = {}
    for connection in connections:
        plain = slugify(connection.name) or connection.system
        names = chain([plain], (f"{plain}-{number}" for number in count(2)))
        folders[connection.pk] = next(name for name in names if name not in folders.values())
    return folders


def write_zip(choices: Sequence[Choice]) -> IO[bytes]:
    """The package; of several connections each has a folder. Raises StoredFileDamaged."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the answer closes it)
    # PDFs are compressed already.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for choice in choices:
            folder = f"{choice.name}/" if len(choices) > 1 else ""
            for packed in _package(choice):
                archive.writestr(f"{folder}{packed.name}", packed.content)
    file.seek(0)
    return file


def _package(choice: Choice) -> list[OutgoingFile]:
    handed = [
        Handed(
            invoice=one.invoice,
            papers=tuple(
                OutgoingFile(
                    f"{plain_name(one.invoice.number)}.{stored.kind}", stored_bytes(stored)
                )
                for stored in one.files
            ),
        )
        for one in choice.documents
    ]
    with choice.door.open() as (adapter, _http):
        maker: HandsOver = adapter  # type: ignore[assignment]  # promised by Can.FILES
        return maker.package(handed)
