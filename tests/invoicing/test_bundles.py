"""Many PDFs as one zip."""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client, TestCase
from django.utils import timezone

from invoicing.domain import bundles
from invoicing.domain.bundles import make_bundle, start_bundle, sweep_bundles
from invoicing.domain.long_runs import ATTEMPTS_AT_MOST
from invoicing.errors import NoDocumentsForBundle, TooManyForBundle
from invoicing.models import DocumentBundle, Invoice, InvoiceFile
from tenants.models import Membership, Tenant
from tests.documents.making import draft, posted

SignIn = Callable[[Membership], Client]
START = "/acme/invoices/zip/"


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def with_file(content: bytes, **fields: Any) -> Invoice:
    from hashlib import sha256

    invoice = posted(**fields)
    InvoiceFile.objects.create(
        invoice=invoice,
        kind=InvoiceFile.Kind.PDF,
        file=ContentFile(content, name=f"{invoice.pk}.pdf"),
        sha256=sha256(content).hexdigest(),
        size=len(content),
    )
    return invoice


def contents(bundle: DocumentBundle) -> dict[str, bytes]:
    with bundle.file.open("rb") as opened, zipfile.ZipFile(io.BytesIO(opened.read())) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_files_are_packed_and_what_is_missing_is_named(tenant: Tenant) -> None:
    first, second = with_file(b"%PDF-1"), with_file(b"%PDF-2")
    without, unposted = posted(), draft()
    damaged = with_file(b"%PDF-3")
    path = Path(InvoiceFile.objects.get(invoice=damaged).file.path)
    path.chmod(0o600)
    path.write_bytes(b"changed")
    keys = [second.pk, first.pk, without.pk, unposted.pk, damaged.pk]

    bundle = start_bundle(keys, token=uuid4(), actor=None)
    make_bundle(tenant.pk, bundle.pk)

    bundle.refresh_from_db()
    assert contents(bundle) == {f"{second}.pdf": b"%PDF-2", f"{first}.pdf": b"%PDF-1"}
    assert bundle.missing == [
        [str(without), "Its PDF is still being made."],
        [str(unposted), "It is not posted."],
        [str(damaged), "Its file is damaged."],
    ]
    assert (bundle.done, bundle.size > 0) == (5, True)


def test_the_same_answer_twice_is_one_zip(tenant: Tenant) -> None:
    token, invoice = uuid4(), with_file(b"%PDF-1")

    first = start_bundle([invoice.pk], token=token, actor=None)
    again = start_bundle([invoice.pk], token=token, actor=None)
    make_bundle(tenant.pk, first.pk)
    first.refresh_from_db()
    make_bundle(tenant.pk, first.pk)
    name = first.file.name
    first.refresh_from_db()

    assert first.pk == again.pk
    assert first.file.name == name


def test_none_and_too_many_are_refused(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("invoicing.domain.bundles.MOST_DOCUMENTS", 2)
    with pytest.raises(NoDocumentsForBundle):
        start_bundle([], token=uuid4(), actor=None)
    with pytest.raises(TooManyForBundle, match="3") as refused:
        start_bundle([1, 2, 3], token=uuid4(), actor=None)
    assert "at most 2" in str(refused.value)
    assert not DocumentBundle.objects.exists()


def test_a_day_later_it_is_gone(tenant: Tenant, django_capture_on_commit_callbacks: Any) -> None:
    bundle = start_bundle([with_file(b"%PDF-1").pk], token=uuid4(), actor=None)
    make_bundle(tenant.pk, bundle.pk)
    bundle.refresh_from_db()
    name = str(bundle.file.name)

    sweep_bundles(now=timezone.now() + timedelta(hours=23))
    assert default_storage.exists(name)
    with django_capture_on_commit_callbacks(execute=True):
        sweep_bundles(now=timezone.now() + timedelta(hours=25))

    assert not default_storage.exists(name)
    assert not DocumentBundle.objects.exists()


def test_a_lost_zip_is_taken_up_again_and_given_up_in_the_end(tenant: Tenant) -> None:
    bundle = start_bundle([with_file(b"%PDF-1").pk], token=uuid4(), actor=None)

    def handed_on() -> bool:
        DocumentBundle.objects.update(updated_at=timezone.now() - timedelta(minutes=6))
        with (
            patch("invoicing.tasks.make_document_bundle.delay") as delay,
            TestCase.captureOnCommitCallbacks(execute=True),
        ):
            sweep_bundles(now=timezone.now())
        bundle.refresh_from_db()
        return bool(delay.called)

    # All workers are busy for hours: it only waits.
    assert all(handed_on() for _ in range(20))
    for _attempt in range(ATTEMPTS_AT_MOST):
        assert handed_on()
        with patch.object(bundles, "_write", side_effect=SystemExit), pytest.raises(SystemExit):
            make_bundle(tenant.pk, bundle.pk)
    assert not handed_on()
    assert bundle.finished_at is not None
    assert not bundle.file


def test_from_the_ticks_to_the_download(
    signed_in: SignIn, accountant: Membership, auditor: Membership, tenant: Tenant
) -> None:
    ticked, other = with_file(b"%PDF-1"), with_file(b"%PDF-2")
    client = signed_in(accountant)

    answer = client.post(START, {"pk": [ticked.pk, 999999, "x"]})
    bundle = DocumentBundle.objects.get()
    assert bundle.documents == [ticked.pk]
    make_bundle(tenant.pk, bundle.pk)

    page = client.get(answer.headers["Location"])
    assert "1 document packed" in page.content.decode()
    file = client.get(f"{START}{bundle.pk}/documents.zip")
    assert "attachment" in file.headers["Content-Disposition"]
    assert zipfile.ZipFile(io.BytesIO(b"".join(file))).namelist() == [f"{ticked}.pdf"]

    client.post(f"{START}?q={other.number}", {"all": "1"})
    assert DocumentBundle.objects.latest("pk").documents == [other.pk]
    assert client.post(START, {}).status_code == 422
    assert signed_in(auditor).get(f"{START}{bundle.pk}/").status_code == 404


def test_an_empty_zip_is_not_offered(
    signed_in: SignIn, accountant: Membership, tenant: Tenant
) -> None:
    client = signed_in(accountant)
    answer = client.post(START, {"pk": [posted().pk]})
    make_bundle(tenant.pk, DocumentBundle.objects.get().pk)

    page = client.get(answer.headers["Location"]).content.decode()
    assert "Nothing could be packed." in page
    assert "Its PDF is still being made." in page
    assert "documents.zip" not in page
