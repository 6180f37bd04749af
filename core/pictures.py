"""Pictures of strangers, opened without trust."""

import io
import struct
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError


class NotAPicture(Exception):
    """Broken, cut short, or something else."""


class TooManyPixels(Exception):
    """A small file can say that it is as large as a football field: a bomb."""


def opened(content: bytes, formats: tuple[str, ...], *, most_pixels: int) -> Image.Image:
    """Read to the end. Raises NotAPicture or TooManyPixels."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=formats)
            if image.width * image.height > most_pixels:
                raise TooManyPixels
            image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        # What Pillow raises for files that are broken, cut short or no pictures at all.
        raise NotAPicture from None
    return image


def upright(image: Image.Image) -> Image.Image:
    """Turned as the camera noted; where its notes are broken, as the picture lies."""
    try:
        return ImageOps.exif_transpose(image)
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, struct.error):
        return image
