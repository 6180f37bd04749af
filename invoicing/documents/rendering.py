"""HTML to PDF/A-3 with WeasyPrint, everything that lasts longer than a document kept warm.

A new font configuration, fetcher and style sheet per document would be half of its time.
"""

import base64
import hashlib
import logging
import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from weasyprint import CSS, HTML
from weasyprint.logger import LOGGER
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from invoicing.documents.archival import VARIANT, Enclosed, enclose, finish
from invoicing.documents.glyphs import FONTS, with_boxes
from invoicing.documents.logos import data_url
from invoicing.documents.printed import Printed

_PICTURE = re.compile(r"data:(image/(?:png|jpeg|svg\+xml));base64,")
MOST_PICTURES_KEPT = 50
STYLES = Path(settings.BASE_DIR) / "templates" / "invoicing" / "documents" / "print.css"
# Pango's font map belongs to one thread at a time.
_one_at_a_time = threading.Lock()


class NotOurs(ValueError):
    """A document asked for something that is not among its own files."""


class LocalFetcher(URLFetcher):  # type: ignore[misc]
    """Hands out the files of one folder, from memory after the first time, and the pictures that
    an address holds itself; nothing else."""

    def __init__(self, folder: Path) -> None:
        super().__init__(allowed_protocols=["file"], allow_redirects=False, fail_on_errors=True)
        self._folder = folder.resolve()
        self._kept: dict[str, tuple[str, bytes]] = {}

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        if picture := _PICTURE.match(url):
            content = base64.b64decode(url[picture.end() :], validate=True)
            return URLFetcherResponse(url, content, {"Content-Type": picture[1]})
        found = self._kept.get(url) or self._kept.setdefault(url, self._read(url))
        return URLFetcherResponse(found[0], found[1])

    def _read(self, url: str) -> tuple[str, bytes]:
        parts = urlsplit(url)
        if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
            raise NotOurs(url)
        path = Path(unquote(parts.path)).resolve()
        if not path.is_relative_to(self._folder):
            raise NotOurs(url)
        return path.as_uri(), path.read_bytes()


class PictureFetcher(LocalFetcher):
    """Hands out the pictures of one document as well, under the addresses it names them by."""

    def __init__(self, folder: Path, pictures: Mapping[str, bytes]) -> None:
        super().__init__(folder)
        self._pictures = pictures

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        if url not in self._pictures:
            return super().fetch(url, headers)
        kind = f"image/{url.rpartition('.')[2]}"
        return URLFetcherResponse(url, self._pictures[url], {"Content-Type": kind})


class Press(NamedTuple):
    """What a process keeps between documents."""

    fonts: FontConfiguration
    fetcher: LocalFetcher
    styles: CSS
    # Logos as WeasyPrint reads them, by their addresses.
    pictures: dict[str, Any]


@cache
def press() -> Press:
    fetcher = LocalFetcher(FONTS)
    with _own_fonts_only():
        fonts = FontConfiguration()
    styles = CSS(
        string=STYLES.read_text(),
        base_url=FONTS.as_uri() + "/",
        font_config=fonts,
        url_fetcher=fetcher,
    )
    return Press(fonts, fetcher, styles, {})


@contextmanager
def _own_fonts_only() -> Iterator[None]:
    """Fontconfig reads its configuration once, when a FontConfiguration is made."""
    before = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = str(Path(__file__).with_name("fonts.conf"))
    try:
        yield
    finally:
        if before is None:
            del os.environ["FONTCONFIG_FILE"]
        else:
            os.environ["FONTCONFIG_FILE"] = before


def invoice_html(printed: Printed) -> str:
    return render_to_string("invoicing/documents/invoice.html", {"doc": printed})


def work_report_html(printed: Printed) -> str:
    return render_to_string("invoicing/documents/work_report.html", {"doc": printed})


def pdf_of(
    html: str,
    *,
    identity: str,
    pictures: Mapping[str, bytes] | None = None,
    enclosed: Sequence[Enclosed] = (),
    descriptions: Sequence[bytes] = (),
) -> bytes:
    """A tagged PDF/A-3. The same input gives the same bytes, whenever and in whichever process.

    `enclosed` are files to put inside, `descriptions` what its metadata say of them (`rdf:RDF`).
    """
    html = with_boxes(html)
    unique = hashlib.sha256(f"{identity}\n{html}".encode())
    for part in (*(file.content for file in enclosed), *descriptions):
        unique.update(part)
    with _one_at_a_time:
        kept = press()
        fetcher = PictureFetcher(FONTS, pictures) if pictures else kept.fetcher
        if len(kept.pictures) > MOST_PICTURES_KEPT:
            kept.pictures.clear()
        options = {
            "pdf_variant": VARIANT,
            "pdf_identifier": unique.digest()[:16],
            "cache": kept.pictures,
        }
        document = HTML(string=html, url_fetcher=fetcher).render(
            font_config=kept.fonts, stylesheets=[kept.styles], **options
        )
        enclose(document, enclosed, descriptions)
        content: bytes = document.write_pdf(finisher=finish, **options)
    return content


def is_printable(kind: str, content: bytes) -> bool:
    """Whether a picture can be put on paper: somebody else drew it, and no document may fail for
    it afterwards."""
    html = f'<html lang="en"><title>-</title><img alt="-" src="{data_url(kind, content)}"></html>'
    complaints = _Complaints()
    LOGGER.addHandler(complaints)
    try:
        pdf_of(html, identity="trial")
    except Exception:
        return False
    finally:
        LOGGER.removeHandler(complaints)
    return not complaints.told


class _Complaints(logging.Handler):
    """WeasyPrint leaves out a picture it cannot read, and says so in its log."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.told += 1


def invoice_pdf(printed: Printed) -> bytes:
    return pdf_of(invoice_html(printed), identity=printed.identity)


def work_report_pdf(printed: Printed) -> bytes:
    return pdf_of(work_report_html(printed), identity=printed.identity)
