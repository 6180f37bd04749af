"""What comes from a camera or a canvas, read carefully and written anew.

Nothing of the file as it was sent is kept: not where it was taken, nor anything hidden behind it.
"""

import base64
import binascii
import io
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from PIL import Image

from core.pictures import NotAPicture, TooManyPixels, opened, upright
from timesheets import order_errors as errors

MOST_MB = 15
LONGEST_SIDE = 1600
# A camera's picture has some 12 to 50 million; more is a bomb.
MOST_PIXELS = 80_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
_PNG_URL = "data:image/png;base64,"
_MOST_DRAWN = 600_000
_DRAWN_SIDES = (2400, 1200)


@dataclass(frozen=True)
class Picture:
    content: bytes
    ending: str
    width: int
    height: int


def photo(upload: "UploadedFile[Any]") -> Picture:
    """A JPEG of at most `LONGEST_SIDE` pixels, turned as the camera was held."""
    if (upload.size or 0) > MOST_MB * 1024 * 1024:
        raise errors.PictureTooLarge(most=MOST_MB)
    image = _opened(upload.read(), FORMATS, errors.PictureUnreadable)
    image = upright(image)
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return _written(_on_white(image), "JPEG", "jpg", quality=82, optimize=True)


def drawing(data_url: str) -> Picture:
    """A PNG of the signature; black on white, whatever the page's colours were."""
    if not data_url.startswith(_PNG_URL) or len(data_url) > _MOST_DRAWN:
        raise errors.SignatureUnreadable
    try:
        content = base64.b64decode(data_url.removeprefix(_PNG_URL), validate=True)
    except binascii.Error:
        raise errors.SignatureUnreadable from None
    image = _opened(content, ("PNG",), errors.SignatureUnreadable)
    if image.width > _DRAWN_SIDES[0] or image.height > _DRAWN_SIDES[1]:
        raise errors.SignatureUnreadable
    flat = _on_white(image).convert("L")
    if flat.getextrema() == (255, 255):
        # An empty sheet is no signature.
        raise errors.SignatureUnreadable
    return _written(flat, "PNG", "png", optimize=True)


def _opened(
    content: bytes, formats: tuple[str, ...], refusal: type[errors.OrderRefused]
) -> Image.Image:
    try:
        return opened(content, formats, most_pixels=MOST_PIXELS)
    except TooManyPixels:
        raise errors.PictureTooLarge(most=MOST_MB) from None
    except NotAPicture:
        raise refusal from None


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        sheet = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(sheet, layer).convert("RGB")
    return image.convert("RGB")


def _written(image: Image.Image, kind: str, ending: str, **options: Any) -> Picture:
    out = io.BytesIO()
    # Without `exif=` and `icc_profile=` nothing of the old file's notes comes along.
    image.info.clear()
    image.save(out, kind, **options)
    return Picture(out.getvalue(), ending, image.width, image.height)
