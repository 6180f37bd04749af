"""HTML to PDF/A-3 with WeasyPrint, everything that lasts longer than a document kept warm.

A new font configuration, fetcher and style sheet per document would be half of its time.
"""

import logging
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from weasyprint import CSS, HTML
from weasyprint.logger import LOGGER
from weasyprint.text.fonts import FontConfiguration

from invoicing.documents.archival import Enclosed, identifier_of, pdf_a
from invoicing.documents.fetching import FOLDERS, LocalFetcher, PictureFetcher
from invoicing.documents.glyphs import FONTS, with_boxes
from invoicing.documents.letterheads import PLAIN, Letterhead
from invoicing.documents.logos import data_url
from invoicing.documents.printed import Printed
from invoicing.documents.tagging import remember_pages

MOST_PICTURES_KEPT = 50
MOST_DESIGNS_KEPT = 200
STYLES = Path(settings.BASE_DIR) / "templates" / "invoicing" / "documents" / "print.css"
# Pango's font map belongs to one thread at a time.
_one_at_a_time = threading.Lock()


class Press(NamedTuple):
    """What a process keeps between documents."""

    fonts: FontConfiguration
    fetcher: LocalFetcher
    styles: CSS
    # What designs lay over them, by their text, and logos as WeasyPrint reads them, by their
    # addresses.
    designs: dict[str, CSS]
    pictures: dict[str, Any]

    def styles_of(self, letterhead: Letterhead) -> list[CSS]:
        css = letterhead.css
        if css not in self.designs:
            if len(self.designs) >= MOST_DESIGNS_KEPT:
                self.designs.clear()
            self.designs[css] = self._read(css)
        return [self.styles, self.designs[css]]

    def _read(self, css: str) -> CSS:
        return CSS(string=css, font_config=self.fonts, url_fetcher=self.fetcher)


@cache
def press() -> Press:
    remember_pages()
    fetcher = LocalFetcher(*FOLDERS)
    with _own_fonts_only():
        fonts = FontConfiguration()
    styles = CSS(
        string=STYLES.read_text(),
        base_url=FONTS.as_uri() + "/",
        font_config=fonts,
        url_fetcher=fetcher,
    )
    return Press(fonts, fetcher, styles, {}, {})


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
    letterhead: Letterhead = PLAIN,
    pictures: Mapping[str, bytes] | None = None,
    enclosed: Sequence[Enclosed] = (),
    descriptions: Sequence[bytes] = (),
) -> bytes:
    """A tagged PDF/A-3. The same input gives the same bytes, whenever and in whichever process.

    `enclosed` are files to put inside, `descriptions` what its metadata say of them (`rdf:RDF`).
    """
    html = with_boxes(html)
    identifier = identifier_of(f"{identity}\n{letterhead.css}", html, enclosed, descriptions)
    with _one_at_a_time:
        kept = press()
        fetcher = PictureFetcher(pictures) if pictures else kept.fetcher
        if len(kept.pictures) > MOST_PICTURES_KEPT:
            kept.pictures.clear()
        return pdf_a(
            HTML(string=html, url_fetcher=fetcher),
            identifier=identifier,
            styles=kept.styles_of(letterhead),
            fonts=kept.fonts,
            pictures=kept.pictures,
            enclosed=enclosed,
            descriptions=descriptions,
        )


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
    return pdf_of(invoice_html(printed), identity=printed.identity, letterhead=printed.letterhead)


def work_report_pdf(printed: Printed) -> bytes:
    return pdf_of(
        work_report_html(printed), identity=printed.identity, letterhead=printed.letterhead
    )
