"""Many documents as one zip file, made step by step by a worker and kept for a day."""

import tempfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import IO
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from invoicing import errors
from invoicing.documents.storing import StoredFileDamaged, plain_name, stored_bytes
from invoicing.domain.long_runs import ATTEMPTS_AT_MOST, begin
from invoicing.models import DocumentBundle, Invoice, InvoiceFile
from tenants.audit import log
from tenants.models import User
from tenants.scope import tenant_scope

# A PDF has some 60 kB; more than this and the download takes longer than anybody waits.
MOST_DOCUMENTS = 2000
STEP = 50
KEPT_FOR = timedelta(days=1)
LOST_AFTER = timedelta(minutes=5)


@transaction.atomic
def start_bundle(keys: Sequence[int], *, token: UUID, actor: User | None) -> DocumentBundle:
    """Ask for the PDFs of these documents, in this order. A used token is that bundle again."""
    if not keys:
        raise errors.NoDocumentsForBundle
    if len(keys) > MOST_DOCUMENTS:
        raise errors.TooManyForBundle(count=len(keys), most=MOST_DOCUMENTS)
    bundle, is_new = DocumentBundle.objects.get_or_create(
        token=token, defaults={"started_by": actor, "documents": list(keys)}
    )
    started: DocumentBundle = bundle
    if is_new:
        log("document_bundle.started", started, actor=actor, documents=len(keys))
        _enqueue(started)
    return started


def make_bundle(tenant_id: int, bundle_id: int) -> None:
    """Write the zip and store it, unless that is done. No transaction is open meanwhile."""
    with tenant_scope(tenant_id):
        if not begin(DocumentBundle.objects.all(), bundle_id):
            return
        bundle = DocumentBundle.objects.get(pk=bundle_id)
    with tempfile.TemporaryFile() as file:
        missing = _write(file, tenant_id, bundle)
        size = file.tell()
        file.seek(0)
        name = default_storage.save(f"bundles/{tenant_id}/{bundle.token}.zip", File(file))
    with tenant_scope(tenant_id):
        finished = DocumentBundle.objects.filter(pk=bundle_id, finished_at=None).update(
            file=name, size=size, missing=missing, done=bundle.total,
            finished_at=timezone.now(), updated_at=timezone.now(),
        )  # fmt: skip
    if not finished:
        default_storage.delete(name)


def _write(file: IO[bytes], tenant_id: int, bundle: DocumentBundle) -> list[list[str]]:
    """Put the files in; return the documents that have none, with the reason."""
    missing: list[list[str]] = []
    taken: Counter[str] = Counter()
    # PDFs are compressed already.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for done, step in _steps(bundle.documents):
            with tenant_scope(tenant_id):
                found = _read(step)
                DocumentBundle.objects.filter(pk=bundle.pk).update(
                    done=done, updated_at=timezone.now()
                )
            for invoice, files in found:
                name = str(invoice)
                if not any(stored.kind in InvoiceFile.RENDERED for stored in files):
                    missing.append([name, _why_missing(invoice)])
                    continue
                try:
                    contents = [(stored.kind, stored_bytes(stored)) for stored in files]
                except StoredFileDamaged:
                    missing.append([name, _("Its file is damaged.")])
                    continue
                plain = plain_name(name)
                taken[plain] += 1
                suffix = f"-{taken[plain]}" if taken[plain] > 1 else ""
                for kind, content in contents:
                    archive.writestr(f"{plain}{suffix}.{kind}", content)
    return missing


def _read(keys: Sequence[int]) -> list[tuple[Invoice, list[InvoiceFile]]]:
    """Each document with all its files, so far as it has them."""
    files: dict[int, list[InvoiceFile]] = defaultdict(list)
    for stored in InvoiceFile.objects.filter(invoice__in=keys).order_by("kind", "pk"):
        files[stored.invoice_id].append(stored)
    documents = Invoice.objects.in_bulk(keys)
    return [(documents[key], files[key]) for key in keys if key in documents]


def _why_missing(invoice: Invoice) -> str:
    if invoice.status != Invoice.Status.POSTED:
        return _("It is not posted.")
    return _("Its PDF is still being made.")


def _steps(keys: Sequence[int]) -> Iterator[tuple[int, Sequence[int]]]:
    for start in range(0, len(keys), STEP):
        yield start, keys[start : start + STEP]


@transaction.atomic
def sweep_bundles(*, now: datetime) -> None:
    """Remove what is a day old; hand what no worker is at to another one, or give it up."""
    for bundle in DocumentBundle.objects.filter(started_at__lt=now - KEPT_FOR):
        if bundle.file:
            transaction.on_commit(partial(default_storage.delete, str(bundle.file.name)))
        bundle.delete()
    lost = DocumentBundle.objects.filter(finished_at=None, updated_at__lt=now - LOST_AFTER)
    for bundle in lost.select_for_update(skip_locked=True):
        if bundle.resumed >= ATTEMPTS_AT_MOST:
            bundle.finished_at = now
        else:
            _enqueue(bundle)
        bundle.save()


def language_of_bundle(bundle_id: int) -> str:
    bundle = DocumentBundle.objects.select_related("started_by").filter(pk=bundle_id).first()
    return bundle.started_by.language if bundle and bundle.started_by else "en"


def _enqueue(bundle: DocumentBundle) -> None:
    from invoicing.tasks import make_document_bundle

    transaction.on_commit(
        partial(make_document_bundle.delay, tenant_id=bundle.tenant_id, bundle_id=bundle.pk)
    )
