"""Photos of the work, and the customer's signature."""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from tenants.audit import log
from tenants.models import Membership
from tenants.scope import current_tenant_id
from tenants.sent_forms import answer_once
from timesheets import order_errors as errors
from timesheets.domain.orders.access import order_to_work_on
from timesheets.domain.orders.pictures import Picture, drawing, photo
from timesheets.domain.orders.working import refuse_closed
from timesheets.models import ServiceOrder, ServiceOrderPhoto

MOST_PHOTOS = 30


@transaction.atomic
def add_photo(
    order_id: int,
    *,
    upload: "UploadedFile[Any]",
    caption: str = "",
    actor: Membership,
    token: UUID | None = None,
) -> ServiceOrderPhoto:
    """Keep a picture, whatever the camera made of it, small and upright."""
    order = order_to_work_on(order_id, actor)
    answer_once(token)
    refuse_closed(order, "report")
    if ServiceOrderPhoto.objects.filter(order=order).count() >= MOST_PHOTOS:
        raise errors.TooManyPhotos(most=MOST_PHOTOS)
    picture = photo(upload)
    kept: ServiceOrderPhoto = ServiceOrderPhoto.objects.create(
        order=order,
        file=_store(order, picture),
        caption=" ".join(caption.split())[:200],
        width=picture.width,
        height=picture.height,
        size=len(picture.content),
        taken_by=actor.user,
    )
    log("order.photo_added", order, actor=actor.user, photo=kept.pk)
    return kept


@transaction.atomic
def remove_photo(order_id: int, photo_id: int, *, actor: Membership) -> None:
    order = order_to_work_on(order_id, actor)
    refuse_closed(order, "report")
    found = ServiceOrderPhoto.objects.filter(order=order, pk=photo_id).first()
    if found is None:
        raise errors.PhotoGone
    log("order.photo_removed", order, actor=actor.user, photo=found.pk, caption=found.caption)
    name = str(found.file.name)
    found.delete()
    transaction.on_commit(partial(default_storage.delete, name))


@transaction.atomic
def sign(
    order_id: int, *, name: str, drawn: str = "", actor: Membership, now: datetime
) -> ServiceOrder:
    """The customer signs the report on the screen; `drawn` is a data URL of a PNG, or empty where
    the name was only typed."""
    order = order_to_work_on(order_id, actor)
    refuse_closed(order, "report")
    name = " ".join(name.split())[:80]
    if order.signed_at:
        raise errors.SignedAlready(name=order.signed_by)
    if not order.report:
        raise errors.ReportMissing
    if not name:
        raise errors.SignerMissing
    order.signed_by, order.signed_at = name, now
    if drawn:
        order.signature = _store(order, drawing(drawn))
    order.save(update_fields=["signed_by", "signed_at", "signature", "updated_at"])
    log("order.signed", order, actor=actor.user, name=name)
    return order


@transaction.atomic
def remove_signature(order_id: int, *, actor: Membership) -> ServiceOrder:
    """So that the report can change; the customer has to sign anew."""
    order = order_to_work_on(order_id, actor)
    refuse_closed(order, "report")
    if not order.signed_at:
        raise errors.NotSigned
    log("order.signature_removed", order, actor=actor.user, name=order.signed_by)
    stored = str(order.signature.name or "")
    order.signed_by, order.signed_at, order.signature = "", None, ""
    order.save(update_fields=["signed_by", "signed_at", "signature", "updated_at"])
    if stored:
        transaction.on_commit(partial(default_storage.delete, stored))
    return order


def _store(order: ServiceOrder, picture: Picture) -> str:
    """Under a name nobody guesses, which a rollback leaves without anything referring to it."""
    folder = f"orders/{current_tenant_id()}/{order.pk}"
    name = f"{folder}/{uuid4().hex}.{picture.ending}"
    return default_storage.save(name, ContentFile(picture.content))
