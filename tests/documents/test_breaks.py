"""Where pages end: nothing stands alone, and what is carried over is said on both sides."""

from decimal import Decimal

import pytest

from invoicing.documents.rendering import invoice_pdf
from invoicing.documents.samples import sample_invoice
from invoicing.domain.freezing import seller_copy
from invoicing.models import InvoiceLine
from tenants.models import Tenant
from tests.documents.making import draft, pages, pdf_bytes, posted, words


def found(content: bytes) -> list[str]:
    return [words(page) for page in pages(content)]


def lines_on(page: str, text: str = "Position") -> int:
    return page.count(f"{text} ")


def test_what_is_carried_over_is_said_on_both_pages(german_seller: Tenant) -> None:
    invoice = posted(*[{"text": f"Position {n}"} for n in range(1, 61)], language="de")
    first, second, *rest = found(pdf_bytes(invoice))
    carried = f"{lines_on(first) * 100:,}".replace(",", ".") + ",00"
    assert f"Übertrag {carried}" in first
    assert f"Übertrag {carried}" in second
    # Onto the last page, and not away from it.
    assert rest[-1].count("Übertrag") == 1


def test_nothing_is_carried_over_where_nothing_is(seller: Tenant) -> None:
    (page,) = found(pdf_bytes(posted(*[{"text": f"Position {n}"} for n in range(1, 13)])))
    assert "Carried over" not in page


@pytest.mark.parametrize("country", ["FI", "DE"])
def test_no_page_has_a_lone_line_nor_the_sums_alone(seller: Tenant, country: str) -> None:
    """However many lines there are, the last two and the sums are together."""
    copy = seller_copy(seller) | {"country": country}
    for count in range(17, 30):
        last = found(invoice_pdf(sample_invoice(copy, "en", lines=count)))[-1]
        assert "Total without VAT" in last
        assert "IBAN FI21" in last
        on_it = sum(last.count(text) for text in ("New web shop", "Maintenance, Nov", "Journey to"))
        assert on_it >= 2, count


def test_a_text_stays_with_what_it_is_about(seller: Tenant) -> None:
    heading = {"kind": InvoiceLine.Kind.TEXT, "text": "Second phase"}
    for count in range(18, 26):
        lines = [{"text": f"Position {n}"} for n in range(1, count)]
        invoice = draft(*lines, heading, {"text": "Behind it"}, {"text": "And more"})
        (page,) = [page for page in found(pdf_bytes(invoice)) if "Second phase" in page]
        assert "Behind it" in page


def test_a_line_longer_than_a_page_goes_on(seller: Tenant) -> None:
    long = "\n".join(f"w{n}" for n in range(100))
    content = found(pdf_bytes(posted({"text": long}, {"text": "After"})))
    whole = " ".join(content)
    assert all(f" w{n} " in whole for n in range(100))
    assert "After" in whole


def test_the_report_is_not_headed_by_what_was_carried_over(seller: Tenant) -> None:
    invoice = posted(
        *[{"text": f"Position {n}", "unit_price": Decimal(7)} for n in range(1, 41)],
        has_work_report=True,
    )
    *_rest, report = found(pdf_bytes(invoice))
    assert "Work report" in report
    assert "Carried over" not in report
