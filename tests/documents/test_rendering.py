"""The making of PDFs: the same bytes each time, nothing from elsewhere, any length."""

import hashlib
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pikepdf
import pytest
from django.conf import settings
from weasyprint.urls import FatalURLFetchingError

from invoicing.documents.fetching import LocalFetcher, NotOurs
from invoicing.documents.glyphs import FONTS
from invoicing.documents.rendering import pdf_of, press
from invoicing.models import InvoiceLine
from tenants.models import Tenant
from tests.documents.making import codes, draft, html_of, pages, pdf_bytes, posted, words

HOSTILE = """<script>alert(1)</script><img src="file:///etc/passwd"> & "x" {{ 7 }} {% now %}"""


def test_the_same_document_gives_the_same_bytes(seller: Tenant) -> None:
    invoice = posted({}, {"text": "Ä ö ß ł č Ω Ж"})
    first = pdf_bytes(invoice)
    pdf_bytes(posted({"text": "Another one in between"}, language="de"))
    assert pdf_bytes(invoice) == first


def test_another_process_makes_the_same_bytes(seller: Tenant, tmp_path: Path) -> None:
    invoice = posted({}, language="sv")
    here = pdf_bytes(invoice)
    page = tmp_path / "page.html"
    page.write_text(html_of(invoice))
    script = (
        "import sys, hashlib, pathlib, django; django.setup();"
        "from invoicing.documents.rendering import pdf_of;"
        "html = pathlib.Path(sys.argv[1]).read_text();"
        "print(hashlib.sha256(pdf_of(html, identity=sys.argv[2])).hexdigest())"
    )
    told = subprocess.run(
        [sys.executable, "-c", script, str(page), invoice.content_hash],
        cwd=settings.BASE_DIR, check=True, capture_output=True, text=True,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONHASHSEED": "7",
                          "SECRET_KEY": "x", "FIELD_ENCRYPTION_KEYS": "x"},
    )  # fmt: skip
    assert told.stdout.strip() == hashlib.sha256(here).hexdigest()


def test_the_pdf_is_dated_by_its_document_and_names_its_author(seller: Tenant) -> None:
    invoice = posted({})
    assert invoice.posted_at is not None
    with pikepdf.open(_as_file(pdf_bytes(invoice))) as pdf:
        info = {str(key): str(value) for key, value in pdf.docinfo.items()}
    assert info["/CreationDate"].startswith(f"D:{invoice.posted_at:%Y%m%d%H%M%S}")
    assert info["/ModDate"] == info["/CreationDate"]
    assert info["/Title"] == "Invoice 2026-0001"
    assert info["/Author"] == "Acme Oy"


def test_only_the_fonts_we_bring_are_used(seller: Tenant) -> None:
    content = pdf_bytes(posted({"text": "Ä ö ß ł č Ω Ж ₤ 漢字 🎉 עברית"}))
    with pikepdf.open(_as_file(content)) as pdf:
        fonts = {
            str(font["/BaseFont"]).partition("+")[2]
            for page in pdf.pages
            for font in page["/Resources"]["/Font"].values()
        }
    assert fonts == {"Print", "Print-Semi-Bold"}
    # PDF/A forbids what fonts draw for letters they lack, so there stand boxes.
    assert "Ä ö ß ł č Ω Ж ₤ □□ □ □□□□□" in words(pages(content))


def test_what_people_typed_stays_text(seller: Tenant) -> None:
    names = (
        "billing_name", "billing_street", "order_reference", "contact_name", "buyer_reference",
    )  # fmt: skip
    fields = dict.fromkeys(names, HOSTILE[:40])
    seller.legal_name, seller.document_footer = HOSTILE[:40], HOSTILE
    seller.save()
    invoice = posted({"text": HOSTILE}, {"kind": InvoiceLine.Kind.TEXT, "text": HOSTILE},
                     comment=HOSTILE, **fields)  # fmt: skip

    html = html_of(invoice)

    assert "<script" not in html
    assert "<img" not in html
    assert set(re.findall(r"<(\w+)", html)) <= {
        "html", "head", "meta", "title", "body", "div", "table", "thead", "tbody", "tr", "td",
        "th", "h1", "h2", "p", "br", "svg", "path", "DOCTYPE",
    }  # fmt: skip
    assert "<script>alert(1)</script>" in words(pages(pdf_bytes(invoice)))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/x.png",
        "https://example.com/x.png",
        "ftp://example.com/x.png",
        "file:///etc/passwd",
        f"file://{FONTS}/../../css/laskuri.css",
        f"file://{FONTS}/%2e%2e/%2e%2e/css/laskuri.css",
        f"file://example.com{FONTS}/LICENSE",
        "data:text/plain,hello",
    ],
)
def test_the_fetcher_hands_out_nothing_but_our_own_files(url: str) -> None:
    with pytest.raises(NotOurs):
        LocalFetcher(FONTS).fetch(url)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret").write_text("x")
    (tmp_path / "inside" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(NotOurs):
        LocalFetcher(tmp_path / "inside").fetch((tmp_path / "inside" / "link").as_uri())


def test_our_own_files_are_read_once(tmp_path: Path) -> None:
    (tmp_path / "font").write_text("first")
    fetcher = LocalFetcher(tmp_path)
    url = (tmp_path / "font").as_uri()
    assert fetcher.fetch(url).read() == b"first"
    (tmp_path / "font").write_text("second")
    assert fetcher.fetch(url).read() == b"first"


def test_a_document_that_asks_for_something_else_is_not_made() -> None:
    with pytest.raises(FatalURLFetchingError):
        pdf_of("<img src='https://example.com/x.png'>", identity="x")


def test_a_process_keeps_one_press() -> None:
    assert press() is press()


def test_sixty_lines_go_over_pages_with_head_and_page_numbers(german_seller: Tenant) -> None:
    invoice = posted(*[{"text": f"Position {n}"} for n in range(1, 61)], language="de")

    found = [words(page) for page in pages(pdf_bytes(invoice))]

    assert len(found) >= 3
    for number, page in enumerate(found, start=1):
        assert f"Seite {number} / {len(found)}" in page
        assert "USt-IdNr. DE136695976" in page
    listed = [page for page in found if "Position" in page]
    assert all("Beschreibung Menge Einzelpreis USt. Netto" in page for page in listed)
    assert all("Rechnung 2026-0001" in page for page in found[1:])
    for line in range(1, 61):
        assert sum(f"Position {line} " in f"{page} " for page in found) == 1
    assert sum("Zu zahlen" in page for page in found) == 1


def test_a_dozen_lines_and_the_payment_box_share_one_page(seller: Tenant) -> None:
    seller.document_footer = "Please tell us within 8 days if anything is wrong."
    seller.save()
    invoice = posted(
        *[{"text": f"Position {n}"} for n in range(1, 13)],
        buyer_reference="PO-2026-11",
        billing_vat_id="FI20774740",
        billing_business_id="2077474-0",
    )
    content = pdf_bytes(invoice)
    [page] = [words(page) for page in pages(content)]
    assert "Position 12" in page
    assert page.count("Please tell us within 8 days") == 1
    assert len(codes(content)) == 2


def test_long_names_and_words_stay_on_the_page(seller: Tenant) -> None:
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    invoice = posted(
        {"text": long * 6, "quantity": Decimal("999999.5"), "unit_price": Decimal("999.123456")},
        billing_name=long[:80], billing_street=long[:80], billing_city=long[:40],
        contact_name=long[:70], order_reference="9" * 70,
    )  # fmt: skip
    content = pdf_bytes(invoice)
    assert "".join(pages(content)).replace("\r\n", "").count("Donaudampf") == 10
    for left, right in _edges(content):
        assert left >= 24.5
        assert right <= 190.5


def test_a_draft_can_be_shown_before_it_is_complete(seller: Tenant) -> None:
    empty = draft({}, billing_street="", billing_city="", billing_postal_code="")
    empty.lines.all().delete()
    (page,) = pages(pdf_bytes(empty))
    assert "Asiakas Oy" in page


def _as_file(content: bytes):  # type: ignore[no-untyped-def]
    from io import BytesIO

    return BytesIO(content)


def _edges(content: bytes) -> list[tuple[float, float]]:
    """The outermost ink of each page's text, in millimetres from the left."""
    import pypdfium2

    edges = []
    for page in pypdfium2.PdfDocument(content):
        text = page.get_textpage()
        boxes = [text.get_charbox(index) for index in range(text.count_chars())]
        inked = [box for box in boxes if box[2] > box[0]]
        edges.append((min(box[0] for box in inked) / 72 * 25.4,
                      max(box[2] for box in inked) / 72 * 25.4))  # fmt: skip
    return edges
