"""HTML to PDF with WeasyPrint, everything that lasts longer than a document kept warm.

A new font configuration, fetcher and style sheet per document would be half of its time.
"""

import hashlib
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from invoicing.documents.printed import Printed

FONTS = Path(settings.BASE_DIR) / "static" / "vendor" / "inter-ui"
STYLES = Path(settings.BASE_DIR) / "templates" / "invoicing" / "documents" / "print.css"
# Pango's font map belongs to one thread at a time.
_one_at_a_time = threading.Lock()


class NotOurs(ValueError):
    """A document asked for something that is not among its own files."""


class LocalFetcher(URLFetcher):  # type: ignore[misc]
    """Hands out the files of one folder, from memory after the first time, and nothing else."""

    def __init__(self, folder: Path) -> None:
        super().__init__(allowed_protocols=["file"], allow_redirects=False, fail_on_errors=True)
        self._folder = folder.resolve()
        self._kept: dict[str, tuple[str, bytes]] = {}

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
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
    return Press(fonts, fetcher, styles)


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


def pdf_of(html: str, *, identity: str, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """The same HTML gives the same bytes, whenever and in whichever process."""
    with _one_at_a_time:
        kept = press()
        fetcher = PictureFetcher(FONTS, pictures) if pictures else kept.fetcher
        document = HTML(string=html, url_fetcher=fetcher)
        content: bytes = document.write_pdf(
            font_config=kept.fonts,
            stylesheets=[kept.styles],
            pdf_identifier=hashlib.sha256(f"{identity}\n{html}".encode()).digest()[:16],
        )
    return content


def invoice_pdf(printed: Printed) -> bytes:
    return pdf_of(invoice_html(printed), identity=printed.identity)


def work_report_pdf(printed: Printed) -> bytes:
    return pdf_of(work_report_html(printed), identity=printed.identity)
