"""The look of the company's paper. What was posted keeps the one it was posted with."""

import hashlib
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from invoicing import letterhead_errors as errors
from invoicing.documents.designs.colours import contrast_with_white
from invoicing.documents.logos import MOST_MB, Picture, read_logo
from invoicing.documents.rendering import is_printable
from invoicing.models import Logo
from tenants.audit import log
from tenants.domain.settings import change_settings
from tenants.models import Tenant, User

LEAST_CONTRAST = 3.0


@transaction.atomic
def change_letterhead(
    tenant: Tenant,
    *,
    actor: User,
    logo: "UploadedFile[Any] | None" = None,
    without_logo: bool = False,
    **values: Any,
) -> tuple[Tenant, tuple[str, ...]]:
    """Change colour, window, fold marks and logo; with it come sentences about what was mended.

    Raises a LetterheadRefused.
    """
    if accent := values.get("accent"):
        contrast = contrast_with_white(accent)
        if contrast < LEAST_CONTRAST:
            raise errors.AccentTooLight(contrast=f"{contrast:.1f}")
    repaired: tuple[str, ...] = ()
    if logo is not None:
        picture = _read(logo)
        repaired = picture.repaired
        values["logo"] = _keep(picture, actor).sha256
    elif without_logo:
        values["logo"] = ""
    return change_settings(tenant, actor=actor, **values), repaired


def _read(upload: "UploadedFile[Any]") -> Picture:
    if (upload.size or 0) > MOST_MB * 1024 * 1024:
        # Before a byte of it is in memory.
        raise errors.LogoTooLarge(most=MOST_MB)
    picture = read_logo(upload.read())
    if not is_printable(picture.kind, picture.content):
        raise errors.LogoNotPrintable
    return picture


def _keep(picture: Picture, actor: User) -> Logo:
    kept: Logo
    kept, is_new = Logo.objects.get_or_create(
        sha256=hashlib.sha256(picture.content).hexdigest(),
        defaults={"kind": picture.kind, "content": picture.content, "created_by": actor},
    )
    if is_new:
        log("logo.uploaded", kept, actor=actor, kind=picture.kind, size=len(picture.content))
    return kept
