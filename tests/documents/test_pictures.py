"""Pages as they look, beside pictures that somebody has looked at.

`pytest tests/documents/test_pictures.py -n0 --write-pictures` makes them anew; look at them before
they are committed.
"""

import io
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageChops, ImageFilter

from invoicing.documents.letterheads import FOLDS
from invoicing.documents.rendering import invoice_pdf
from invoicing.documents.samples import sample_invoice

PICTURES = Path(__file__).with_name("pictures")
# Dots an inch: enough to see what moved, little enough for a file of some kilobytes.
DPI = 45
# Of the greys, once blurred: other versions of the rasteriser smooth letters otherwise.
MOST_DIFFERENCE = 60
SELLER = {
    "name": "Kuusi", "legal_name": "Kuusi Ohjelmistot Oy", "business_id": "2077474-0",
    "vat_id": "FI20774740", "street": "Testikatu 1", "postal_code": "00100", "city": "Helsinki",
    "country": "FI", "email": "laskut@kuusi.example", "phone": "+358 40 1234567",
    "website": "https://kuusi.example", "iban": "FI2112345600000785", "bic": "NDEAFIHH",
    "document_footer": "Huomautukset 8 päivän kuluessa.", "accent": "#1f6f54",
    "fold_marks": "yes",
}  # fmt: skip
GERMAN = SELLER | {
    "legal_name": "Nordlicht Systemhaus GmbH", "country": "DE", "street": "Hafenstraße 5",
    "postal_code": "24103", "city": "Kiel", "iban": "DE89370400440532013000",
    "bic": "COBADEFFXXX", "vat_id": "DE136695976", "business_id": "HRB 21874 KI",
    "document_footer": "", "accent": "", "fold_marks": "",
}  # fmt: skip
CASES = {
    "fi": (SELLER, "fi", 3),
    "sv": (SELLER, "sv", 23),
    "de": (GERMAN, "de", 3),
    "de-two-pages": (GERMAN, "de", 40),
    "en": (GERMAN | {"letter_window": "fi", "accent": "#8a1c4a"}, "en", 12),
}


def rendered(name: str, dpi: int = DPI) -> list[Image.Image]:
    seller, language, lines = CASES[name]
    document = pypdfium2.PdfDocument(invoice_pdf(sample_invoice(seller, language, lines=lines)))
    try:
        return [page.render(scale=dpi / 72, grayscale=True).to_pil() for page in document]
    finally:
        document.close()


@pytest.mark.parametrize("name", CASES)
def test_pages_look_as_they_did(name: str, request: pytest.FixtureRequest) -> None:
    made = rendered(name)
    kept = sorted(PICTURES.glob(f"{name}.[0-9].png"))
    if request.config.getoption("--write-pictures"):
        PICTURES.mkdir(exist_ok=True)
        for path in kept:
            path.unlink()
        for number, page in enumerate(made, start=1):
            page.quantize(16).save(PICTURES / f"{name}.{number}.png", optimize=True)
        return
    assert len(made) == len(kept)
    for page, path in zip(made, kept, strict=True):
        with Image.open(path) as picture:
            assert difference(page, picture) <= MOST_DIFFERENCE, path.name


def difference(one: Image.Image, other: Image.Image) -> int:
    """The largest there is at any place, of 255, after a blur of about a millimetre."""
    assert one.size == other.size
    blurred = [image.convert("L").filter(ImageFilter.GaussianBlur(1.5)) for image in (one, other)]
    counts = ImageChops.difference(*blurred).histogram()
    return max(grey for grey, count in enumerate(counts) if count)


def test_what_moved_by_two_millimetres_would_be_noticed() -> None:
    (page,) = rendered("fi")
    moved = ImageChops.offset(page, 0, 4)
    assert difference(page, page) == 0
    assert difference(page, moved) > MOST_DIFFERENCE


@pytest.mark.parametrize(
    ("name", "kinds"),
    [("fi", {"Code128", "QRCode"}), ("de", {"QRCode"}), ("en", {"QRCode"})],
)
def test_scanners_read_the_codes_of_the_page_as_it_looks(name: str, kinds: set[str]) -> None:
    page = rendered(name, dpi=200)[-1]
    assert {found.format.name for found in zxingcpp.read_barcodes(page)} == kinds


@pytest.mark.parametrize(("name", "window"), [("fi", "fi"), ("de", "din")])
def test_the_address_stands_in_the_window_of_the_envelope(name: str, window: str) -> None:
    """In millimetres from the upper left corner of the sheet."""
    seller, language, lines = CASES[name]
    content = invoice_pdf(sample_invoice(seller, language, lines=lines))
    buyer = sample_invoice(seller, language).address
    left, right, top, bottom = {
        "din": (20.0, 105.0, 62.0, 90.0),
        "fi": (18.0, 108.0, 44.0, 70.0),
    }[window]
    boxes = [where(content, line) for line in buyer]
    assert all(left < box[0] and box[2] < right for box in boxes)
    assert all(top < box[1] and box[3] < bottom for box in boxes)
    assert len(FOLDS[window]) == 3


def where(content: bytes, words: str) -> tuple[float, float, float, float]:
    document = pypdfium2.PdfDocument(io.BytesIO(content))
    page = document[0]
    text = page.get_textpage()
    found = text.search(words).get_next()
    assert found is not None, words
    index, count = found
    boxes = [text.get_charbox(at) for at in range(index, index + count)]
    height = page.get_height()
    inked = [box for box in boxes if box[2] > box[0]]
    millimetre = 25.4 / 72
    return (
        min(box[0] for box in inked) * millimetre,
        (height - max(box[3] for box in inked)) * millimetre,
        max(box[2] for box in inked) * millimetre,
        (height - min(box[1] for box in inked)) * millimetre,
    )
