"""Rendered once, written once, proven by its hash."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from invoicing.documents import storing
from invoicing.documents.storing import (
    StoredFileDamaged,
    plain_name,
    store_invoice_pdf,
    stored_bytes,
    stored_pdf,
)
from invoicing.domain.verifying import check_files
from invoicing.models import Invoice, InvoiceFile
from invoicing.tasks import render_invoice_pdf, sweep_documents
from invoicing.templating import sheets
from tenants.models import AuditEntry, Tenant
from tenants.scope import tenant_scope
from tests.documents.making import draft, pdf_bytes, posted
from tests.factories import TaxRateFactory, TenantFactory


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


def files(settings: Any) -> list[str]:
    root = Path(settings.MEDIA_ROOT)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_posted_document_is_stored_with_its_hash(seller: Tenant, settings: Any) -> None:
    invoice = posted({})

    assert store_invoice_pdf(seller.pk, invoice.pk)

    stored = stored_pdf(invoice)
    assert stored is not None
    content = pdf_bytes(invoice)
    digest = hashlib.sha256(content).hexdigest()
    assert (stored.sha256, stored.size) == (digest, len(content))
    assert stored.file.name == f"{seller.pk}/2026/2026-0001-{digest[:16]}.pdf"
    assert stored_bytes(stored) == content
    assert files(settings) == [stored.file.name]
    assert Path(stored.file.path).stat().st_mode & 0o777 == 0o440
    logged = AuditEntry.objects.get(action="invoice.pdf_stored")
    assert (logged.object_id, logged.detail["sha256"]) == (invoice.pk, digest)


def test_a_second_time_changes_nothing(seller: Tenant, settings: Any) -> None:
    invoice = posted({})
    render_invoice_pdf(tenant_id=seller.pk, invoice_id=invoice.pk)
    first = InvoiceFile.objects.get()
    render_invoice_pdf(tenant_id=seller.pk, invoice_id=invoice.pk)
    assert not store_invoice_pdf(seller.pk, invoice.pk)
    assert InvoiceFile.objects.get() == first
    assert files(settings) == [first.file.name]
    assert AuditEntry.objects.filter(action="invoice.pdf_stored").count() == 1


def test_drafts_and_documents_that_are_gone_are_left_alone(seller: Tenant) -> None:
    assert not store_invoice_pdf(seller.pk, draft({}).pk)
    assert not store_invoice_pdf(seller.pk, 0)
    assert not InvoiceFile.objects.exists()


def test_a_crash_between_file_and_row_leaves_nothing_behind(seller: Tenant, settings: Any) -> None:
    invoice = posted({})
    with (
        patch.object(storing, "_recorded", side_effect=RuntimeError("power cut")),
        pytest.raises(RuntimeError),
    ):
        store_invoice_pdf(seller.pk, invoice.pk)
    assert not InvoiceFile.objects.exists()

    assert store_invoice_pdf(seller.pk, invoice.pk)

    assert files(settings) == [InvoiceFile.objects.get().file.name]


def test_the_first_ones_file_stays_when_a_second_renders_differently(
    seller: Tenant, settings: Any
) -> None:
    """Two versions of the program may meet in an upgrade."""
    invoice = posted({})
    older = b"%PDF- as the older program made it"

    def meanwhile(html: str, **options: Any) -> bytes:
        with patch.object(sheets, "pdf_of", return_value=older):
            store_invoice_pdf(seller.pk, invoice.pk)
        return b"%PDF- as the newer program makes it"

    with patch.object(sheets, "pdf_of", side_effect=meanwhile):
        assert not store_invoice_pdf(seller.pk, invoice.pk)

    stored = InvoiceFile.objects.get()
    assert stored_bytes(stored) == older
    assert files(settings) == [stored.file.name]


def test_the_row_cannot_be_changed_nor_removed(seller: Tenant) -> None:
    invoice = posted({})
    store_invoice_pdf(seller.pk, invoice.pk)
    for change in (
        lambda: InvoiceFile.objects.update(sha256="0" * 64),
        lambda: InvoiceFile.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
            change()
    with pytest.raises(IntegrityError), transaction.atomic():
        InvoiceFile.objects.create(
            invoice=invoice, kind=InvoiceFile.Kind.PDF, file="x.pdf", sha256="0", size=1
        )


def test_a_changed_or_lost_file_is_noticed_by_readers_and_by_the_proof(seller: Tenant) -> None:
    invoice = posted({})
    store_invoice_pdf(seller.pk, invoice.pk)
    stored = InvoiceFile.objects.get()
    assert check_files().faults == []

    path = Path(stored.file.path)
    path.chmod(0o640)
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(StoredFileDamaged, match="changed"):
        stored_bytes(stored)
    assert check_files().faults == [f"2026-0001: {stored.file.name} was changed"]

    path.unlink()
    with pytest.raises(StoredFileDamaged, match="gone"):
        stored_bytes(stored)
    assert check_files().faults == [f"2026-0001: {stored.file.name} is gone"]


def test_many_workers_at_once_store_one_document(committed_db: None, settings: Any) -> None:
    tenant = TenantFactory()
    with tenant_scope(tenant.pk):
        TaxRateFactory()
        invoice = posted({})

    def work(_number: int) -> bool:
        try:
            return store_invoice_pdf(tenant.pk, invoice.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=6) as pool:
        outcomes = list(pool.map(work, range(6)))

    assert outcomes.count(True) == 1
    with tenant_scope(tenant.pk):
        stored = InvoiceFile.objects.get()
        assert check_files().faults == []
        assert AuditEntry.objects.filter(action="invoice.pdf_stored").count() == 1
    assert files(settings) == [stored.file.name]


def test_storage_never_overwrites_and_leaves_no_parts(settings: Any) -> None:
    names = [default_storage.save("a/b.txt", ContentFile(text)) for text in (b"one", b"two")]
    assert names[0] == "a/b.txt" != names[1]
    assert [default_storage.open(name).read() for name in names] == [b"one", b"two"]
    assert files(settings) == sorted(names)


def test_a_full_disk_leaves_no_part_of_a_file(settings: Any) -> None:
    full = patch("core.storage.os.fsync", side_effect=OSError(28, "No space left"))
    with full, pytest.raises(OSError, match="No space"):
        default_storage.save("a/b.txt", ContentFile(b"one"))
    assert files(settings) == []


def test_a_full_disk_is_tried_again(seller: Tenant) -> None:
    assert OSError in render_invoice_pdf.autoretry_for
    assert (render_invoice_pdf.max_retries, render_invoice_pdf.retry_backoff) == (8, 5)


@pytest.mark.parametrize(
    ("number", "name"),
    [("2026/0007", "2026-0007"), ("RE 26 Ä 1", "RE-26-1"), ("../../etc", "etc"), ("§", "document")],
)  # fmt: skip
def test_numbers_become_plain_names_of_files(number: str, name: str) -> None:
    assert plain_name(number) == name


class TestSweep:
    @pytest.fixture
    def asked(self) -> Any:
        with patch("invoicing.tasks.render_invoice_pdf.delay") as delay:
            yield lambda: [call.kwargs["invoice_id"] for call in delay.call_args_list]

    @staticmethod
    def posted_at(moment: datetime) -> Invoice:
        with patch("invoicing.domain.posting.timezone.now", return_value=moment):
            return posted({})

    def test_it_asks_for_what_is_overdue_and_for_nothing_else(
        self, seller: Tenant, asked: Any
    ) -> None:
        now = timezone.now()
        lost = self.posted_at(now - timedelta(minutes=10))
        done = self.posted_at(now - timedelta(minutes=9))
        self.posted_at(now)
        draft({})
        store_invoice_pdf(seller.pk, done.pk)

        with _closed(seller):
            sweep_documents()

        assert asked() == [lost.pk]

    def test_it_does_not_pile_up_what_cannot_be_made(self, seller: Tenant, asked: Any) -> None:
        lost = self.posted_at(timezone.now() - timedelta(minutes=10))
        with _closed(seller):
            sweep_documents()
            sweep_documents()
        assert asked() == [lost.pk]
        cache.clear()  # as time does
        with _closed(seller):
            sweep_documents()
        assert asked() == [lost.pk, lost.pk]

    def test_beat_runs_it(self, settings: Any, db: None) -> None:
        from config.celery import app

        entry = settings.CELERY_BEAT_SCHEDULE["sweep-documents"]
        app.loader.import_default_modules()
        assert app.tasks[entry["task"]].run is not None
        assert entry["task"] == sweep_documents.name


def _closed(tenant: Tenant) -> Any:
    """The sweep opens its own scopes; here the test's own one is open already."""
    return patch("tenants.turns.active_tenant_ids", return_value=[tenant.pk])
