"""The small pictures of the designs, drawn by `scripts/draw_designs.py`."""

from pathlib import Path

import pypdfium2
from django.conf import settings
from PIL import Image

from invoicing.documents.designs.registry import look_of
from invoicing.documents.rendering import invoice_pdf
from invoicing.documents.samples import sample_invoice

THUMBNAILS = Path(settings.BASE_DIR) / "static" / "designs"
# Twice what the page shows of it, for screens with fine dots.
DPI = 54
SELLER = {
    "name": "Aurora", "legal_name": "Aurora Studio Oy", "business_id": "2077474-0",
    "vat_id": "FI20774740", "street": "Testikatu 1", "postal_code": "00100", "city": "Helsinki",
    "country": "FI", "email": "hello@aurora.example", "phone": "+358 40 1234567",
    "website": "https://aurora.example", "iban": "FI2112345600000785", "bic": "NDEAFIHH",
    "document_footer": "", "accent": "#1f5673",
}  # fmt: skip


def thumbnail(key: str) -> Image.Image:
    printed = sample_invoice(SELLER, "en", lines=6, look=look_of(key))
    document = pypdfium2.PdfDocument(invoice_pdf(printed))
    try:
        page: Image.Image = document[0].render(scale=DPI / 72).to_pil()
    finally:
        document.close()
    return page.quantize(64)
