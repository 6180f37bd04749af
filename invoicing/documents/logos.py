"""Logos as people upload them: read carefully, written anew, and refused where paper cannot bear
them.

Nothing of the file as it was sent is kept: no scripts, links, notes, or colours for presses.
"""

import base64
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from lxml import etree
from PIL import Image, ImageCms

from core.pictures import NotAPicture, TooManyPixels, opened, upright
from invoicing import letterhead_errors as errors
from invoicing.models import Logo

MOST_MB = 5
MOST_PIXELS = 40_000_000
# Seventy millimetres of paper in three hundred dots an inch, and half as much again.
LONGEST_SIDE = 1200
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
# What the head of the paper has room for, in millimetres; see print.css.
BOX = (70.0, 19.0)
_SVG = "http://www.w3.org/2000/svg"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_DRAWN = frozenset(
    {
        "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "defs",
        "use", "symbol", "clipPath", "linearGradient", "radialGradient", "stop", "mask", "pattern",
        "title", "desc", "style",
    }
)  # fmt: skip
# Silently: notes of drawing programs for themselves.
_NOTES = frozenset({"metadata", "namedview", "desc", "title"})
_WORDS = frozenset({"text", "tspan", "textPath", "flowRoot"})
_PICTURES = frozenset({"image", "feImage"})
_LENGTH = re.compile(r"\s*([0-9.]+(?:e[+-]?[0-9]+)?)\s*(px|pt|mm|cm|in|pc)?\s*\Z", re.IGNORECASE)
_ELSEWHERE = re.compile(r"url\(\s*['\"]?\s*(?!#)|@import|expression\(", re.IGNORECASE)
_Element = Any


@dataclass(frozen=True)
class Picture:
    """`repaired` are sentences for the person who uploaded it."""

    kind: Logo.Kind
    content: bytes
    repaired: tuple[str, ...] = ()


def read_logo(content: bytes) -> Picture:
    """Raises a LogoRefused that says what to do instead."""
    if len(content) > MOST_MB * 1024 * 1024:
        raise errors.LogoTooLarge(most=MOST_MB)
    if _looks_like_svg(content):
        return _drawing(content)
    return _photo(content)


def data_url(kind: str, content: bytes) -> str:
    """As the documents name it: its whole content, so that another logo is another document."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _looks_like_svg(content: bytes) -> bool:
    start = content[:2000].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return start.startswith(b"<") or b"<\x00s\x00v\x00g" in start


def _photo(content: bytes) -> Picture:
    try:
        image = opened(content, FORMATS, most_pixels=MOST_PIXELS)
    except TooManyPixels:
        raise errors.LogoTooLarge(most=MOST_MB) from None
    except NotAPicture:
        raise errors.LogoUnreadable from None
    repaired = []
    is_photo = image.format == "JPEG"
    if image.mode == "CMYK":
        image = _on_screen(image)
        repaired.append(
            _("Its colours were made for printing presses (CMYK). They are those of screens now;"
              " see whether they are still yours.")
        )  # fmt: skip
    else:
        image = upright(image)
    if max(image.size) > LONGEST_SIDE:
        repaired.append(_("It was made smaller: paper shows no more."))
    has_holes = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    image = image.convert("RGBA" if has_holes else "RGB")
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    # Without these nothing of the old file's notes comes along.
    image.info.clear()
    out = io.BytesIO()
    if is_photo:
        image.save(out, "JPEG", quality=90, optimize=True)
        return Picture(Logo.Kind.JPEG, out.getvalue(), tuple(repaired))
    image.save(out, "PNG", optimize=True)
    return Picture(Logo.Kind.PNG, out.getvalue(), tuple(repaired))


def _on_screen(image: Image.Image) -> Image.Image:
    """By the profile that the file brings, where it brings one that can be read."""
    profile = image.info.get("icc_profile")
    if profile:
        try:
            turned = ImageCms.profileToProfile(
                image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            turned = None
        if turned is not None:
            return turned
    return image.convert("RGB")


def _drawing(content: bytes) -> Picture:
    if b"<!ENTITY" in content.replace(b"\x00", b""):
        raise errors.LogoWithEntities
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise errors.LogoUnreadable from None
    if root.tag != f"{{{_SVG}}}svg":
        raise errors.LogoUnreadable
    taken = [*_cleaned(root)]
    _size(root)
    etree.cleanup_namespaces(root)
    repaired = (
        (_("Scripts, links and effects in the drawing were left out; the rest is as it was."),)
        if taken
        else ()
    )
    return Picture(Logo.Kind.SVG, etree.tostring(root), repaired)


def _cleaned(root: _Element) -> Iterator[str]:
    """Names what was taken out, so far as it could have been seen or have done something."""
    for element in [*root.iter()]:
        parent = element.getparent()
        name = etree.QName(element)
        if name.namespace != _SVG or name.localname in _NOTES:
            _remove(element)
        elif name.localname in _WORDS:
            raise errors.LogoWithText
        elif name.localname in _PICTURES:
            raise errors.LogoWithPicture
        elif name.localname not in _DRAWN or _leads_out(element.text if _is_style(name) else ""):
            _remove(element)
            yield name.localname
        elif parent is None or element.getroottree().getroot() is root:
            yield from _cleaned_attributes(element)


def _is_style(name: Any) -> bool:
    return bool(name.localname == "style")


def _cleaned_attributes(element: _Element) -> Iterator[str]:
    for key, value in [*element.attrib.items()]:
        name = etree.QName(key)
        if key in ("href", _XLINK_HREF):
            if value.startswith("#"):
                continue
        elif name.namespace is not None:
            # Of drawing programs, for themselves.
            del element.attrib[key]
            continue
        elif not (name.localname.lower().startswith("on") or _leads_out(value)):
            continue
        del element.attrib[key]
        yield name.localname


def _leads_out(text: str | None) -> bool:
    return bool(_ELSEWHERE.search(text or ""))


def _remove(element: _Element) -> None:
    parent = element.getparent()
    if parent is None:
        raise errors.LogoUnreadable
    parent.remove(element)


def _size(root: _Element) -> None:
    """As large as the head of the paper has room for, whatever it was drawn as."""
    box = [part for part in re.split(r"[\s,]+", root.get("viewBox", "").strip()) if part]
    try:
        left, top, width, height = map(float, box) if box else (0.0, 0.0, *_own_size(root))
    except ValueError:
        raise errors.LogoWithoutSize from None
    if not (0 < width < 1e6 and 0 < height < 1e6):
        raise errors.LogoWithoutSize
    scale = min(BOX[0] / width, BOX[1] / height)
    root.set("viewBox", f"{left:g} {top:g} {width:g} {height:g}")
    root.set("width", f"{width * scale:.2f}mm")
    root.set("height", f"{height * scale:.2f}mm")
    for name in ("preserveAspectRatio", "x", "y"):
        root.attrib.pop(name, None)


def _own_size(root: _Element) -> tuple[float, float]:
    return _pixels(root.get("width", "")), _pixels(root.get("height", ""))


_PER_PIXEL = {"px": 1.0, "pt": 4 / 3, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0, "pc": 16.0}


def _pixels(text: str) -> float:
    found = _LENGTH.match(text)
    if found is None:
        raise ValueError(text)
    return float(found[1]) * _PER_PIXEL[(found[2] or "px").lower()]
