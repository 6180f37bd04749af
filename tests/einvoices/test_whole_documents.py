"""Documents of both countries from the draft to the file: posted, printed, checked, read back.

Each is posted in the database, its PDF rendered with its XML inside, the PDF checked for PDF/A, the
XML by schema and official rules, and its figures read back by factur-x.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import facturx
import pytest

from invoicing.documents.printed import printed_invoice
from invoicing.documents.rendering import invoice_html, pdf_of
from invoicing.domain.adjusting import adjust_document
from invoicing.domain.crediting import cancel_invoice
from invoicing.domain.posting import post_invoice
from invoicing.einvoices.checking.verdict import content_findings, file_findings
from invoicing.einvoices.gathering import content_of
from invoicing.einvoices.making import Wanted, make
from invoicing.einvoices.profiles import FACTUR_X
from invoicing.models import Invoice, InvoiceLine
from tenants.einvoices import EInvoiceFormat
from tenants.models import Tenant
from tests.documents.making import draft, rate_of
from tests.einvoices.archival import pdf_a_report
from tests.einvoices.figures import figures, figures_of
from tests.einvoices.test_check_document import run
from tests.factories import CustomerFactory

REASONS = {
    "AE": "Reverse charge",
    "K": "VAT-exempt intra-Community supply",
    "G": "Export outside the EU",
    "O": "Outside the scope of VAT",
}
type Line = dict[str, Any]
ADDRESS = {"street": "Katu 1", "postal_code": "00100", "city": "Helsinki", "country": "FI"}
ABROAD = {
    "DE": {"street": "Weg 2", "postal_code": "80336", "city": "München", "country": "DE"},
    "FI": ADDRESS,
    "US": {"street": "1 Main Street", "postal_code": "10001", "city": "New York", "country": "US"},
    "GR": {"street": "Οδός 3", "postal_code": "105 57", "city": "Αθήνα", "country": "GR"},
    "BG": {"street": "ул. Иван 4", "postal_code": "1000", "city": "София", "country": "BG"},
}
IDS = {"FI": "FI12345671", "DE": "DE129274202", "GR": "EL094259216", "BG": "BG175074752"}


def one(
    price: str = "100", quantity: str = "1", *, rate: str = "", category: str = "S", **more: Any
) -> Line:
    return {"price": price, "quantity": quantity, "rate": rate, "category": category, **more}


@dataclass(frozen=True)
class Document:
    """From Finland unless told; `then` happens to the draft, `back` takes it back at the end."""

    lines: tuple[Line, ...] = (one(),)
    seller: str = "FI"
    buyer: str = "FI"
    language: str = "en"
    currency: str = "EUR"
    name: str = "Asiakas Oy"
    fields: dict[str, Any] = field(default_factory=dict)
    then: tuple[dict[str, Any], ...] = ()
    back: bool = False


def german(*lines: Line, **more: Any) -> Document:
    values: dict[str, Any] = {"seller": "DE", "buyer": "DE", "language": "de"} | more
    return Document(lines or (one(),), name=values.pop("name", "Müller & Söhne KG"), **values)


def finnish(*lines: Line, **more: Any) -> Document:
    values: dict[str, Any] = {"language": "fi"} | more
    return Document(lines or (one(),), **values)


def taken_off(**adjustment: Any) -> dict[str, Any]:
    return {"text": "Adjustment", "is_charge": False} | adjustment


TEN_PERCENT, FIVE_EUROS = taken_off(percent=Decimal(10)), taken_off(amount=Decimal(5))
FREIGHT = taken_off(text="Freight", amount=Decimal("4.90"), is_charge=True)
RUSH = taken_off(text="Rush", percent=Decimal("7.5"), is_charge=True)
MIXED = (one("88.40", "7.5"), one("11.15", "3", rate="13.5"), one("3.33", rate="10"))
LONG = "Säätökäyrän mittaus ja lämmönsiirtimen huolto, " * 10
DOCUMENTS: dict[str, Document] = {
    "FI 25.5": finnish(),
    "FI 13.5": finnish(one("41.90", "4", rate="13.5")),
    "FI 10": finnish(one("7.90", "12", rate="10")),
    "FI 0": finnish(one("500", category="Z")),
    "FI three rates": finnish(*MIXED),
    "FI three rates in Swedish": finnish(*MIXED, language="sv"),
    "FI three rates in English": finnish(*MIXED, language="en"),
    "FI rounded once per rate": finnish(*(one("0.33") for _ in range(3))),
    "FI small cents": finnish(*(one("0.10", rate="13.5") for _ in range(2))),
    "FI twenty minutes": finnish(one("90", "0.333333", unit="HUR")),
    "FI six places": finnish(one("0.123456", "1234.5")),
    "FI free of charge": finnish(one("0"), one("10")),
    "FI nothing to pay": finnish(one("0")),
    "FI large": finnish(one("99999.99", "99")),
    "FI exempt": finnish(one("80", category="E", reason="AVL 34 §")),
    "FI small business": finnish(one("80", category="E", reason="AVL 3 §: vähäinen toiminta")),
    "FI reverse charge at home": finnish(one("900", category="AE")),
    "FI reverse charge to Germany": finnish(one("250", "3", category="AE"), buyer="DE"),
    "FI goods to Germany": finnish(one("250", "3", category="K"), buyer="DE", language="de"),
    "FI goods to Greece": finnish(one("75", category="K"), buyer="GR", name="Ελλάς Α.Ε."),
    "FI export": finnish(one("1200", category="G"), buyer="US", language="en"),
    "FI outside the scope": finnish(one("1200", category="O"), buyer="US", language="en"),
    "FI discount on a line": finnish(one("33.33", "3", discount="15")),
    "FI surcharge on a line": finnish(one("33.33", "3", discount="-15")),
    "FI whole discount": finnish(one("100", discount="100"), one("1")),
    "FI share off the whole": finnish(*MIXED, then=(TEN_PERCENT,)),
    "FI amount off the whole": finnish(*MIXED, then=(FIVE_EUROS,)),
    "FI share on the whole": finnish(*MIXED, then=(RUSH,)),
    "FI freight and discount": finnish(one("45.10", "2"), then=(TEN_PERCENT, FREIGHT)),
    "FI credit note": finnish(back=True),
    "FI credit note of three rates": finnish(*MIXED, back=True),
    "FI credit note of a discount": finnish(*MIXED, then=(TEN_PERCENT,), back=True),
    "FI credit note of reverse charge": finnish(one("250", category="AE"), buyer="DE", back=True),
    "FI long texts": finnish(one(text=LONG[:500]), fields={"comment": LONG * 4}),
    "FI text lines": finnish(one(), one(kind="text", text="Kiitos!"), one("20")),
    "FI seventy lines": finnish(*(one(f"{cents / 100}", "1.25") for cents in range(101, 171))),
    "FI Finnish letters": finnish(name="Äyräväisen Öljy & Åkerlund Oy"),
    "FI Greek letters": finnish(name="Ελληνική Εταιρεία Α.Ε.", language="en"),
    "FI Cyrillic letters": finnish(
        one("10", category="AE"), buyer="BG", name="Българска фирма ООД"
    ),
    "FI kroner": finnish(one("1999.50"), currency="SEK", language="sv"),
    "FI dollars": finnish(one("120.10"), currency="USD", language="en"),
    "FI yen": finnish(one("1050", "3"), currency="JPY", language="en"),
    "FI dinar": finnish(one("12.75", "4", rate="10"), currency="KWD", language="en"),
    "FI references": finnish(
        fields={
            "order_reference": "PO 4711/26",
            "contract_reference": "V 12",
            "buyer_reference": "K-9",
        }
    ),
    "FI period": finnish(
        fields={"service_start_date": date(2026, 10, 1), "service_end_date": date(2026, 10, 31)}
    ),
    "FI tax point": finnish(fields={"tax_point": date(2026, 11, 3)}),
    "DE 19": german(one("120", "8")),
    "DE 7": german(one("24.90", "2", rate="7")),
    "DE 0": german(one("9000", category="Z")),
    "DE both rates": german(one("120"), one("24.90", rate="7")),
    "DE small business": german(one("400", category="E", reason="§ 19 UStG: keine Umsatzsteuer")),
    "DE reverse charge": german(one("250", "3", category="AE")),
    "DE reverse charge to Finland": german(one("250", category="AE"), buyer="FI", language="fi"),
    "DE goods to Finland": german(one("250", category="K"), buyer="FI", language="en"),
    "DE export": german(one("1200", category="G"), buyer="US", language="en"),
    "DE outside the scope": german(one("90", category="O"), buyer="US", language="en"),
    "DE discount on lines": german(one("33.33", "3", discount="5"), one("19.99", "2.5")),
    "DE discount on the whole": german(one("33.33", "3"), one("19.99", "2.5"), then=(FIVE_EUROS,)),
    "DE surcharge on the whole": german(one("120", "8"), then=(RUSH,)),
    "DE two rates and a share": german(
        one("120"), one("24.90", rate="7"), then=(TEN_PERCENT, FREIGHT)
    ),
    "DE credit note": german(back=True),
    "DE credit note of a small business": german(
        one("80", category="E", reason="§ 19 UStG: keine Umsatzsteuer"), back=True
    ),
    "DE credit note of a discount": german(one("99.99"), then=(TEN_PERCENT,), back=True),
    "DE many lines": german(*(one(f"{cents / 100}") for cents in range(1, 41))),
    "DE letters": german(one(text="Größe ß ẞ ÄÖÜ"), name="Jörg Größe GmbH & Co. KG"),
    "DE self-billed": german(fields={"is_self_billed": True}),
}


@pytest.fixture(params=DOCUMENTS)
def document(request: pytest.FixtureRequest, tenant: Tenant) -> tuple[Document, Invoice]:
    wanted = DOCUMENTS[request.param]
    request.getfixturevalue("seller" if wanted.seller == "FI" else "german_seller")
    return wanted, posted(wanted)


def posted(wanted: Document) -> Invoice:
    vat_id = IDS.get(wanted.buyer, "")
    customer = CustomerFactory(
        name=wanted.name,
        vat_id=vat_id,
        language=wanted.language,
        currency=wanted.currency,
        **ABROAD[wanted.buyer],
    )
    usual = "25.5" if wanted.seller == "FI" else "19"
    found = draft(
        *(_line(line, usual) for line in wanted.lines), customer=customer, **wanted.fields
    )
    for adjustment in wanted.then:
        adjust_document(found, **adjustment, actor=None)
    invoice = post_invoice(found, actor=None)
    if not wanted.back:
        return invoice
    return cancel_invoice(invoice, reason="Never ordered", actor=None)


def _line(line: Line, usual: str) -> dict[str, Any]:
    if line.get("kind") == "text":
        return {"kind": InvoiceLine.Kind.TEXT, "text": line["text"]}
    percent = (line["rate"] or usual) if line["category"] == "S" else "0"
    rate = rate_of(
        line["category"],
        percent=percent,
        tax_account="2939" if line["category"] == "S" else "",
        reason=line.get("reason", REASONS.get(line["category"], "")),
    )
    values = {name: line[name] for name in ("text", "unit") if name in line}
    return values | {
        "unit_price": Decimal(line["price"]),
        "quantity": Decimal(line["quantity"]),
        "discount_percent": Decimal(line.get("discount", 0)),
        "tax_rate": rate,
    }


def test_there_are_at_least_sixty_of_both_countries() -> None:
    sellers = [one.seller for one in DOCUMENTS.values()]
    assert len(sellers) >= 60
    assert min(map(sellers.count, ("FI", "DE"))) >= 20


def test_it_passes_schema_rules_and_pdf_a_and_is_read_with_its_figures(
    document: tuple[Document, Invoice], tmp_path: Path
) -> None:
    _wanted, invoice = document
    content = content_of(invoice)
    assert invoice.posted_at is not None
    made = make(Wanted(EInvoiceFormat.FACTUR_X, content, invoice.posted_at))
    printed = printed_invoice(invoice)
    pdf = pdf_of(
        invoice_html(printed),
        identity=printed.identity,
        letterhead=printed.letterhead,
        enclosed=made.enclosed,
        descriptions=made.descriptions,
    )

    assert [one.rule for one in content_findings(content, FACTUR_X)] == []
    assert file_findings(made.file, FACTUR_X) == []
    assert facturx.get_xml_from_pdf(pdf) == ("factur-x.xml", made.file)
    assert figures_of(facturx.parse_ubl_cii_xml(made.file)) == figures(content)
    report = pdf_a_report(pdf, tmp_path)
    assert report.passed, report.summary()


@pytest.mark.parametrize("document", ["DE two rates and a share"], indirect=True)
def test_the_command_says_so_too(document: tuple[Document, Invoice], tmp_path: Path) -> None:
    _wanted, invoice = document
    assert invoice.posted_at is not None
    made = make(Wanted(EInvoiceFormat.FACTUR_X, content_of(invoice), invoice.posted_at))
    printed = printed_invoice(invoice)
    path = tmp_path / "invoice.pdf"
    path.write_bytes(
        pdf_of(
            invoice_html(printed),
            identity=printed.identity,
            enclosed=made.enclosed,
            descriptions=made.descriptions,
        )
    )
    assert "invoice.pdf passes." in run(path)
