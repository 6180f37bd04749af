"""Receipts of charges: read carefully, kept under names nobody guesses."""

import hashlib
import io
import re
from collections.abc import Iterable
from functools import partial
from typing import Any
from uuid import uuid4

import pikepdf
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from PIL import Image

from tenants.audit import log
from tenants.models import Membership
from tenants.scope import current_tenant_id
from timesheets import errors, order_errors
from timesheets.domain import checks
from timesheets.domain.access import may_write
from timesheets.domain.expenses import refuse_locked
from timesheets.domain.orders.pictures import MOST_MB, photo
from timesheets.models import BillingState, Charge, Receipt

MOST_RECEIPTS = 10
THUMBNAIL_SIDE = 320
_NO_NAME = re.compile(r"[^\w .()+-]")


@transaction.atomic
def add_receipt(charge_id: int, *, upload: "UploadedFile[Any]", actor: Membership) -> Receipt:
    """Keep a photo or a PDF with a charge that is still open."""
    charge = _held(charge_id, actor)
    if Receipt.objects.filter(charge=charge).count() >= MOST_RECEIPTS:
        raise errors.TooManyReceipts(most=MOST_RECEIPTS)
    if (upload.size or 0) > MOST_MB * 1024 * 1024:
        raise errors.ReceiptTooLarge(most=MOST_MB)
    is_pdf = upload.read(5) == b"%PDF-"
    upload.seek(0)
    content, thumbnail = (_pdf(upload), b"") if is_pdf else _picture(upload)
    kind = Receipt.Kind.PDF if is_pdf else Receipt.Kind.PICTURE
    receipt: Receipt = Receipt.objects.create(
        charge=charge,
        kind=kind,
        name=_plain(upload.name or ""),
        file=_store(charge, content, kind),
        thumbnail=_store(charge, thumbnail, "jpg") if thumbnail else "",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        added_by=actor.user,
    )
    log("charge.receipt_added", charge, actor=actor.user, name=receipt.name, sha256=receipt.sha256)
    return receipt


@transaction.atomic
def remove_receipt(charge_id: int, receipt_id: int, *, actor: Membership) -> None:
    charge = _held(charge_id, actor)
    receipt = Receipt.objects.filter(charge=charge, pk=receipt_id).first()
    if receipt is None:
        raise errors.ReceiptGone
    log(
        "charge.receipt_removed", charge, actor=actor.user, name=receipt.name, sha256=receipt.sha256
    )
    files = _files([receipt])
    receipt.delete()
    transaction.on_commit(partial(forget, files))


def files_of(charges: QuerySet[Charge]) -> list[str]:
    """The files that go when these charges go."""
    return _files(Receipt.objects.filter(charge__in=charges.order_by()))


def forget(names: Iterable[str]) -> None:
    for name in names:
        default_storage.delete(name)


def _files(receipts: Iterable[Receipt]) -> list[str]:
    return [str(file.name) for one in receipts for file in (one.file, one.thumbnail) if file.name]


def _held(charge_id: int, actor: Membership) -> Charge:
    charge: Charge | None = (
        Charge.objects.select_related("customer", "project")
        .select_for_update(of=("self",))
        .filter(pk=charge_id)
        .first()
    )
    if charge is None:
        raise errors.ChargeGone
    if not may_write(actor, member_id=charge.member_id, project=charge.project):
        raise errors.ChargeNotYours
    if charge.billing_state != BillingState.OPEN:
        raise errors.ChargeSettled(state=charge.get_billing_state_display().lower())
    checks.check_unchecked([charge], "parts")
    refuse_locked(charge)
    return charge


def _picture(upload: "UploadedFile[Any]") -> tuple[bytes, bytes]:
    """The picture and a small one of it."""
    try:
        kept = photo(upload)
    except order_errors.PictureTooLarge as refused:
        raise errors.ReceiptTooLarge(**refused.params) from refused
    except order_errors.PictureUnreadable as refused:
        raise errors.ReceiptUnreadable from refused
    image = Image.open(io.BytesIO(kept.content))
    image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    small = io.BytesIO()
    image.save(small, "JPEG", quality=75, optimize=True)
    return kept.content, small.getvalue()


def _pdf(upload: "UploadedFile[Any]") -> bytes:
    """As it was sent, if it can be read: it proves what was paid."""
    content: bytes = upload.read()
    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            if not len(document.pages):
                raise errors.ReceiptUnreadable
    except pikepdf.PasswordError as refused:
        raise errors.ReceiptProtected from refused
    except (pikepdf.PdfError, ValueError, RuntimeError) as refused:
        raise errors.ReceiptUnreadable from refused
    return content


def _plain(name: str) -> str:
    """The last part of a path, without what no file name should have."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return " ".join(_NO_NAME.sub(" ", last).split())[:120]


def _store(charge: Charge, content: bytes, ending: str) -> str:
    """A rollback leaves it without anything referring to it."""
    folder = f"receipts/{current_tenant_id()}/{charge.pk}"
    return default_storage.save(f"{folder}/{uuid4().hex}.{ending}", ContentFile(content))
