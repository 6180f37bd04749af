"""Each design in each language, and each kind of document, as somebody has looked at it.

`pytest tests/documents/test_looks.py -n0 --write-pictures` makes the pictures anew; look at them
before they are committed.
"""

import pypdfium2
import pytest
from PIL import Image

from invoicing.documents.rendering import invoice_pdf
from tenants.models import Tenant
from tests.documents.looks import NAMES, look
from tests.documents.test_pictures import DPI, MOST_DIFFERENCE, PICTURES, difference

LOOKS = PICTURES / "looks"
# Of all others the first page: what follows is a work report, which is in each design once.
PAGES = {"long": 2, "classic-en": 2, "nordic-fi": 2, "band-sv": 2, "compact-de": 2}


def rendered(name: str) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(invoice_pdf(look(name)))
    try:
        return [
            document[at].render(scale=DPI / 72, grayscale=True).to_pil()
            for at in range(PAGES.get(name, 1))
        ]
    finally:
        document.close()


@pytest.mark.parametrize("name", NAMES)
def test_it_looks_as_it_did(name: str, tenant: Tenant, request: pytest.FixtureRequest) -> None:
    made = rendered(name)
    if request.config.getoption("--write-pictures"):
        LOOKS.mkdir(exist_ok=True)
        for number, page in enumerate(made, start=1):
            page.quantize(16).save(LOOKS / f"{name}.{number}.png", optimize=True)
        return
    for number, page in enumerate(made, start=1):
        with Image.open(LOOKS / f"{name}.{number}.png") as picture:
            assert difference(page, picture) <= MOST_DIFFERENCE, f"{name}, page {number}"


def test_there_is_a_picture_for_each_and_no_other() -> None:
    wanted = {f"{name}.{page}.png" for name in NAMES for page in range(1, PAGES.get(name, 1) + 1)}
    assert {path.name for path in LOOKS.glob("*.png")} == wanted
