"""What invoices of both countries say, without a database: the documents that must pass."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from core.money import ZERO, round_money
from invoicing.domain.amounts import line_net, totals
from invoicing.einvoices.content import (
    Address,
    Adjustment,
    Attachment,
    Contact,
    Content,
    Delivery,
    DocumentAdjustment,
    ElectronicAddress,
    Line,
    Means,
    Party,
    Payment,
    Period,
    Reference,
    TaxGroup,
    TypeCode,
)
from invoicing.einvoices.gathering import REASON_CODES

FINNISH_SELLER = Party(
    name="Kuusi Koodaus Oy",
    trading_name="Kuusi",
    business_id="2077474-0",
    register="0212",
    vat_id="FI20774740",
    address=Address("Testikatu 1", "00100", "Helsinki", "FI"),
    contact=Contact("Kuusi", phone="+358 40 1234567", email="laskut@kuusi.example"),
    electronic_address=ElectronicAddress("0216", "003720774740"),
)
GERMAN_SELLER = Party(
    name="Nordlicht Technik GmbH",
    business_id="HRB 21874 KI",
    vat_id="DE136695976",
    address=Address("Hafenstraße 7", "24103", "Kiel", "DE"),
    legal_information="Geschäftsführer: Jörg Größe · Amtsgericht Kiel",
    contact=Contact("Nordlicht", phone="+49 431 998877", email="rechnung@nordlicht.example"),
    electronic_address=ElectronicAddress("9930", "DE136695976"),
)
FINNISH_BUYER = Party(
    name="Asiakas Oy",
    identifier="C-1",
    business_id="1234567-1",
    register="0212",
    vat_id="FI12345671",
    address=Address("Asiakastie 2", "33100", "Tampere", "FI"),
    electronic_address=ElectronicAddress("0216", "003712345671"),
)
GERMAN_BUYER = Party(
    name="Müller & Söhne KG",
    identifier="10007",
    vat_id="DE129274202",
    address=Address("Goethestraße 3", "80336", "München", "DE"),
    contact=Contact("Anna Groß", email="anna@mueller.example"),
    electronic_address=ElectronicAddress("EM", "rechnungen@mueller.example"),
)
AMERICAN_BUYER = Party(
    name="Acme Inc.",
    identifier="10008",
    address=Address("1 Main Street", "10001", "New York", "US"),
    electronic_address=ElectronicAddress("EM", "ap@acme.example"),
)
REASONS = {
    "E": "Kleinunternehmer nach § 19 UStG: keine Umsatzsteuer.",
    "AE": "Reverse charge: the recipient of the supply is liable for the VAT.",
    "K": "VAT-exempt intra-Community supply.",
    "G": "Export outside the EU.",
    "O": "Outside the scope of VAT.",
}
IBANS = {"FI": ("FI2112345600000785", "NDEAFIHH"), "DE": ("DE89370400440532013000", "COBADEFFXXX")}
DAY = date(2026, 11, 20)


def line(
    price: str = "100",
    *,
    quantity: str = "1",
    rate: str = "25.5",
    category: str = "S",
    discount: str = "0",
    currency: str = "EUR",
    **fields: Any,
) -> Line:
    """One hour, unless told otherwise, with its net as the program computes it."""
    amounts = Decimal(quantity), Decimal(price)
    net = line_net(*amounts, Decimal(discount), currency)
    whole = round_money(amounts[0] * amounts[1], currency)
    adjustment = Adjustment(
        net > whole, abs(Decimal(discount)), abs(whole), abs(whole - net), "Discount"
    )
    values: dict[str, Any] = {
        "number": 1,
        "name": "Consulting",
        "quantity": amounts[0],
        "unit": "HUR",
        "price": amounts[1],
        "net": net,
        "category": category,
        "percent": Decimal(rate) if category == "S" else ZERO,
        "adjustment": adjustment if Decimal(discount) else None,
    } | fields
    return Line(**values)


def off(
    amount: str = "",
    *,
    percent: str = "0",
    base: str = "0",
    rate: str = "25.5",
    category: str = "S",
    is_charge: bool = False,
) -> DocumentAdjustment:
    """Taken off all lines of a rate; a percentage comes to what the program makes of it."""
    share = round_money(Decimal(base) * Decimal(percent) / 100, "EUR")
    return DocumentAdjustment(
        is_charge=is_charge,
        percent=Decimal(percent),
        base=Decimal(base),
        amount=Decimal(amount) if amount else share,
        reason="Surcharge" if is_charge else "Discount",
        category=category,
        tax_percent=Decimal(rate) if category == "S" else ZERO,
    )


def on(amount: str = "", **fields: Any) -> DocumentAdjustment:
    return off(amount, is_charge=True, **fields)


class _Taxed:
    def __init__(self, line: Line | DocumentAdjustment) -> None:
        self.tax_category = line.category
        if isinstance(line, Line):
            self.net, self.tax_percent = line.net, line.percent
        else:
            self.net = line.amount if line.is_charge else -line.amount
            self.tax_percent = line.tax_percent


def content(*lines: Line, seller: Party = FINNISH_SELLER, **fields: Any) -> Content:
    """An invoice of these lines with the sums the program makes of them."""
    currency = fields.get("currency", "EUR")
    numbered = tuple(
        replace(one, number=number) for number, one in enumerate(lines or (line(),), start=1)
    )
    counted = (*numbered, *fields.get("adjustments", ()))
    sums = totals((_Taxed(one) for one in counted), currency)
    iban, bic = IBANS[seller.address.country]
    is_domestic = seller.address.country == "FI"
    return Content(
        **{
            "type_code": TypeCode.INVOICE,
            "number": "2026-0001",
            "issue_date": DAY,
            "due_date": date(2026, 12, 4),
            "payment_terms": "14 days net",
            "currency": currency,
            "language": "en",
            "seller": seller,
            "buyer": FINNISH_BUYER if is_domestic else GERMAN_BUYER,
            "delivery": Delivery(date(2026, 11, 18)),
            "buyer_reference": "04011000-1234512345-06",
            "payment": Payment(
                Means.SEPA_CREDIT_TRANSFER if currency == "EUR" else Means.CREDIT_TRANSFER,
                reference="1234561" if is_domestic else "2026-0001",
                iban=iban,
                bic=bic,
                account_name=seller.name,
            ),
            "lines": numbered,
            "taxes": tuple(
                TaxGroup(
                    group.category,
                    group.percent,
                    group.taxable,
                    group.tax,
                    reason=REASONS.get(group.category, ""),
                    reason_code=REASON_CODES.get(group.category, ""),
                )
                for group in sums.groups
            ),
            "net_total": sums.net,
            "tax_total": sums.tax,
            "gross_total": sums.gross,
        }
        | fields
    )


def credit_note(*lines: Line, **fields: Any) -> Content:
    return content(
        *lines,
        **{
            "type_code": TypeCode.CREDIT_NOTE,
            "number": "2026-0002",
            "due_date": None,
            "payment_terms": "",
            "payment": Payment(
                Means.CLEARING, "2026-0002", *IBANS["FI"], account_name="Kuusi Koodaus Oy"
            ),
            "preceding": Reference("2026-0001", date(2026, 11, 1)),
            "notes": ("Reason: Wrong hours",),
        }
        | fields,
    )


def _german(*lines: Line, **fields: Any) -> Content:
    return content(*lines, seller=GERMAN_SELLER, **fields)


def _taxed_otherwise(category: str, *, seller: Party, buyer: Party, **fields: Any) -> Content:
    return content(
        line("250", quantity="3", category=category), seller=seller, buyer=buyer, **fields
    )


_SMALL_GERMAN = replace(
    GERMAN_SELLER, vat_id="", business_id="", identifier="12/345/67890", tax_number="12/345/67890"
)
_SMALL_FINN = replace(FINNISH_SELLER, vat_id="", tax_number="2077474-0")
_THREE_RATES = (
    line("88.40", quantity="7.5"),
    line("11.15", quantity="3", rate="13.5", unit="C62", name="Sandwich"),
    line("3.33", rate="10", unit="C62", name="Newspaper"),
)
GOODS = Delivery(DAY, address=GERMAN_BUYER.address)

SAMPLES: dict[str, Content] = {
    "one line": content(),
    "three rates": content(*_THREE_RATES),
    "rounded once per rate": content(*(line("0.33") for _ in range(3))),
    "small cents": content(*(line("0.10", rate="13.5") for _ in range(2))),
    "rate of food": content(line("41.90", quantity="4", rate="13.5", unit="C62")),
    "rate of newspapers": content(line("7.90", quantity="12", rate="10", unit="MON")),
    "zero rate": content(line("500", category="Z")),
    "zero rate beside a rate": content(line("500", category="Z"), line("20")),
    "exempt": content(line("80", category="E"), seller=_SMALL_FINN),
    "exempt beside taxed": content(line("80", category="E"), line("20")),
    "twenty minutes": content(line("90", quantity="0.333333")),
    "six places": content(line("0.123456", quantity="1234.5", unit="C62")),
    "price of nought": content(line("0"), line("10")),
    "nothing to pay": content(line("0")),
    "quantity of nought": content(line("10", quantity="0"), line("10")),
    "large": content(line("999999.99", quantity="99")),
    "returned goods": content(line("50", quantity="2"), line("10", quantity="-1", unit="C62")),
    "all taken back": content(line("10"), line("10", quantity="-1")),
    "discount on a line": content(line("33.33", quantity="3", discount="15")),
    "whole discount": content(line("100", discount="100"), line("1")),
    "discount of a third": content(line("99.99", quantity="7", discount="33.33")),
    "discount on what is returned": content(
        line("100", quantity="3"), line("100", quantity="-1", discount="10")
    ),
    "surcharge on a line": content(line("33.33", quantity="3", discount="-15")),
    "surcharge and discount": content(line("80", discount="-25"), line("80", discount="25")),
    "surcharge on what is returned": content(
        line("100", quantity="3"), line("100", quantity="-1", discount="-10")
    ),
    "discount on the whole": content(line("250", quantity="3"), adjustments=(off("50"),)),
    "share off the whole": content(
        line("33.33", quantity="3"), adjustments=(off(percent="7.5", base="99.99"),)
    ),
    "surcharge on the whole": content(line("19.99"), adjustments=(on("4.90"),)),
    "share put on the whole": content(
        line("45.10", quantity="2"), adjustments=(on(percent="3.33", base="90.20"),)
    ),
    "discount on several rates": content(
        *_THREE_RATES,
        adjustments=(
            off(percent="10", base="663.00"),
            off(percent="10", base="33.45", rate="13.5"),
            off(percent="10", base="3.33", rate="10"),
        ),
    ),
    "discount and surcharge on the whole": content(
        line("1000"), adjustments=(off("100"), on("25.55"), off(percent="2", base="1000"))
    ),
    "discount on line and whole": content(
        line("33.33", quantity="3", discount="5"), adjustments=(off("10"),)
    ),
    "all of it given away": content(line("75"), adjustments=(off(percent="100", base="75"),)),
    "discount on an export": content(
        line("100", category="G"), buyer=AMERICAN_BUYER, adjustments=(off("10", category="G"),)
    ),
    "discount outside the scope": content(
        line("100", category="O"), buyer=AMERICAN_BUYER, adjustments=(off("10", category="O"),)
    ),
    "discount on reverse charge": content(
        line("100", category="AE"), buyer=GERMAN_BUYER, adjustments=(off("10", category="AE"),)
    ),
    "German discount on the whole": content(
        line("33.33", quantity="3", rate="19"),
        line("19.99", quantity="2.5", rate="19"),
        seller=GERMAN_SELLER,
        adjustments=(off("10", rate="19"),),
    ),
    "discount of a small business": content(
        line("400", category="E"), seller=_SMALL_GERMAN, adjustments=(off("40", category="E"),)
    ),
    "credit note of a discount on the whole": credit_note(
        line("250", quantity="3"), adjustments=(off("50"),)
    ),
    "corrected invoice": content(
        type_code=TypeCode.CORRECTED_INVOICE, preceding=Reference("2026-0001", DAY)
    ),
    "German corrected invoice": content(
        line("120", rate="19"),
        seller=GERMAN_SELLER,
        type_code=TypeCode.CORRECTED_INVOICE,
        preceding=Reference("RE-2026-0007", DAY),
    ),
    "tax point of another month": content(tax_point=date(2026, 10, 31)),
    "project": content(project_reference="P-2026-04"),
    "credit note of a project": credit_note(
        project_reference="P-2026-04", tax_point=date(2026, 10, 31)
    ),
    "attachments": content(
        attachments=(
            Attachment("hours.csv", "text/csv", "Tuntierittely", "päivä;tunnit\n".encode()),
        )
    ),
    "credit note with an attachment": credit_note(
        attachments=(Attachment("hours.pdf", "application/pdf", "Work report", b"%PDF"),)
    ),
    "period of service": content(
        line(period=Period(date(2026, 10, 1), date(2026, 10, 31))),
        period=Period(date(2026, 10, 1), date(2026, 10, 31)),
    ),
    "texts": content(
        line(description="Second line\nThird line", note="A text above the item"),
        notes=("A comment\nof two lines", "Project: Boiler room"),
    ),
    "long texts": content(line(name="x" * 500, note="n" * 2000), notes=("ä" * 2000,)),
    "two hundred lines": content(
        *(line(f"{cents / 100}", quantity="1.25") for cents in range(101, 301))
    ),
    "order and delivery": content(
        order_reference="PO 4711/26",
        contract_reference="V-2026/12 Ä",
        delivery=Delivery(DAY, "Varasto", Address("Satamatie 5", "20100", "Turku", "FI")),
    ),
    "names of four scripts": content(
        line(name="Ääkköset, Größe, Ελληνικά, Кириллица"),
        buyer=replace(FINNISH_BUYER, name="Łódź & Ćwik <Ελλάς> \"Привет\" 'Õ'"),
    ),
    "signs that XML does not take": content(line(name="bell\x07 and null\x00")),
    "no due date but at once": content(due_date=DAY, payment_terms="due at once"),
    "seller without account": content(payment=Payment(Means.NOT_TOLD, reference="2026-0001")),
    "dollars": content(line("120.10", currency="USD"), currency="USD"),
    "crowns": content(line("1999.50", currency="SEK"), currency="SEK"),
    "yen": content(line("1050", quantity="3", currency="JPY"), currency="JPY"),
    "dinar": content(line("12.75", quantity="4", currency="KWD", rate="10"), currency="KWD"),
    "reverse charge to Germany": _taxed_otherwise("AE", seller=FINNISH_SELLER, buyer=GERMAN_BUYER),
    "reverse charge to Finland": _taxed_otherwise("AE", seller=GERMAN_SELLER, buyer=FINNISH_BUYER),
    "goods to Germany": _taxed_otherwise(
        "K", seller=FINNISH_SELLER, buyer=GERMAN_BUYER, delivery=GOODS
    ),
    "goods to Finland": _taxed_otherwise(
        "K",
        seller=GERMAN_SELLER,
        buyer=FINNISH_BUYER,
        delivery=Delivery(DAY, address=FINNISH_BUYER.address),
    ),
    "Finnish export": _taxed_otherwise("G", seller=FINNISH_SELLER, buyer=AMERICAN_BUYER),
    "German export": _taxed_otherwise("G", seller=GERMAN_SELLER, buyer=AMERICAN_BUYER),
    "outside the scope": _taxed_otherwise("O", seller=FINNISH_SELLER, buyer=AMERICAN_BUYER),
    "German standard rate": _german(line("120", quantity="8", rate="19")),
    "German reduced rate": _german(line("24.90", quantity="2", rate="7", unit="C62")),
    "both German rates": _german(line("120", rate="19"), line("24.90", rate="7")),
    "German discount": _german(
        line("33.33", quantity="3", rate="19", discount="5"),
        line("19.99", quantity="2.5", rate="19"),
    ),
    "photovoltaic": _german(line("9000", category="Z", unit="C62")),
    "small German business": content(line("400", category="E"), seller=_SMALL_GERMAN),
    "credit note": credit_note(),
    "credit note of a part": credit_note(line("88.40", quantity="1.333333")),
    "credit note of three rates": credit_note(*_THREE_RATES),
    "German credit note": credit_note(line("120", rate="19"), seller=GERMAN_SELLER),
    "credit note of reverse charge": credit_note(
        line("250", category="AE"), seller=FINNISH_SELLER, buyer=GERMAN_BUYER
    ),
    "credit note of goods": credit_note(
        line("250", category="K"), buyer=GERMAN_BUYER, delivery=GOODS
    ),
    "credit note with a discount": credit_note(line("70", quantity="3", discount="12.5")),
    "credit note of a small business": credit_note(line("80", category="E"), seller=_SMALL_GERMAN),
    "buyer abroad without ids": content(buyer=AMERICAN_BUYER),
    "day": content(line("800", quantity="2.5", unit="DAY")),
    "kilometres": content(line("0.57", quantity="123", unit="KMT")),
    "minutes": content(line("1.5", quantity="90", unit="MIN")),
    "kilograms and litres": content(
        line("2.4", quantity="12.5", unit="KGM"), line("1.899", quantity="40", unit="LTR")
    ),
}
