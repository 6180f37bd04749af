"""Documents of every kind to look at, of no database: designs, languages, currencies."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from invoicing.documents.designs.registry import designs, look_of
from invoicing.documents.printed import Printed
from invoicing.domain.amounts import totals
from invoicing.models import InvoiceTax
from invoicing.templating.gathering import Rows
from invoicing.templating.sample import Sample, sample_rows

FINNISH = {
    "name": "Kuusi", "legal_name": "Kuusi Ohjelmistot Oy", "business_id": "2077474-0",
    "vat_id": "FI20774740", "street": "Testikatu 1", "postal_code": "00100", "city": "Helsinki",
    "country": "FI", "email": "laskut@kuusi.example", "phone": "+358 40 1234567",
    "website": "https://kuusi.example", "iban": "FI2112345600000785", "bic": "NDEAFIHH",
    "document_footer": "Huomautukset 8 päivän kuluessa.", "accent": "#1f6f54",
    "late_interest_percent": "10.5",
}  # fmt: skip
GERMAN = FINNISH | {
    "legal_name": "Nordlicht Systemhaus GmbH", "country": "DE", "street": "Hafenstraße 5",
    "postal_code": "24103", "city": "Kiel", "iban": "DE89370400440532013000",
    "bic": "COBADEFFXXX", "vat_id": "DE136695976", "business_id": "HRB 21874 KI",
    "document_footer": "", "accent": "#1b4f8a", "phone": "+49 431 123456",
    "email": "rechnung@nordlicht.example", "website": "https://nordlicht.example",
}  # fmt: skip
LANGUAGES = ("en", "fi", "sv", "de")


def rows_of(language: str, case: Sample = Sample.INVOICE, seller: Any = None) -> Rows:
    seller = seller or (GERMAN if language == "de" else FINNISH)
    return sample_rows(seller, language, [], case)


def _summed(rows: Rows, lines: Sequence[Any], *, reason: str = "", **fields: Any) -> Rows:
    """The document of these lines, its taxes and sums reckoned anew."""
    invoice = rows.invoice
    for name, value in fields.items():
        setattr(invoice, name, value)
    sums = totals(lines, invoice.currency)
    taxes = [InvoiceTax(**vars(group), exemption_reason=reason) for group in sums.groups]
    invoice.net_total, invoice.tax_total, invoice.gross_total = sums.net, sums.tax, sums.gross
    return replace(rows, lines=list(lines), taxes=taxes)


def priced(rows: Rows, currency: str, prices: Sequence[str]) -> Rows:
    lines = list(rows.lines)
    for line, price in zip(lines, prices, strict=True):
        line.unit_price = Decimal(price)
        line.net = line.quantity * line.unit_price
    return _summed(rows, lines, currency=currency)


def untaxed(rows: Rows, category: str, reason: str = "", **fields: Any) -> Rows:
    lines = list(rows.lines)
    for line in lines:
        line.tax_category, line.tax_percent = category, Decimal(0)
    return _summed(rows, lines, reason=reason, **fields)


def discounted(rows: Rows) -> Rows:
    """A discount on a line, one on the whole, long texts, a delivery elsewhere, a line of text."""
    lines = list(rows.lines)
    lines[0].discount_percent = Decimal("12.5")
    lines[0].net = Decimal("1537.81")
    lines[1].text += ": " + "Käyttäjätuki, varmuuskopiot ja tietoturvapäivitykset sopimuksen " * 3
    return _summed(
        rows,
        lines,
        delivery_name="Lumikenttä Oy, varasto",
        delivery_street="Satamakatu 3",
        delivery_postal_code="00160",
        delivery_city="Helsinki",
        delivery_country="FI",
        order_reference="PO-7781/2026",
        buyer_reference="Kustannuspaikka 4410",
        comment="Kiitos tilauksesta. Työt jatkuvat sopimuksen mukaan joulukuussa.",
    )


SMALL = "Kein Ausweis von Umsatzsteuer, da Kleinunternehmer nach § 19 UStG."
VARIED: Mapping[str, tuple[str, Callable[[], Rows]]] = {
    "final": ("classic", lambda: rows_of("en", Sample.FINAL)),
    "final-de": ("compact", lambda: rows_of("de", Sample.FINAL)),
    "credit-note": ("nordic", lambda: rows_of("fi", Sample.CREDIT_NOTE)),
    "credit-note-de": ("band", lambda: rows_of("de", Sample.CREDIT_NOTE)),
    "yen": ("classic", lambda: priced(rows_of("sv"), "JPY", ["15000", "78000", "7400"])),
    "dinar": ("band", lambda: priced(rows_of("en"), "KWD", ["31.250", "157.125", "15.075"])),
    "reverse-charge": (
        "band",
        lambda: untaxed(rows_of("de"), "AE", buyer_vat_id="ATU12345675", billing_country="AT"),
    ),
    "intra-eu": (
        "classic",
        lambda: untaxed(rows_of("fi"), "K", buyer_vat_id="SE556000475201", billing_country="SE"),
    ),
    "small-business": ("compact", lambda: untaxed(rows_of("de"), "E", SMALL)),
    "discounts": ("nordic", lambda: discounted(rows_of("fi"))),
    "long": ("compact", lambda: rows_of("sv", Sample.LONG)),
}


PLAIN = [f"{key}-{language}" for key in designs() for language in LANGUAGES]
NAMES = [*PLAIN, *VARIED]


def look(name: str) -> Printed:
    """One of `NAMES`: a design in a language, or what else is printed otherwise."""
    if name in VARIED:
        key, make = VARIED[name]
        return make().printed_in(look_of(key))
    key, _dash, language = name.partition("-")
    return rows_of(language).printed_in(look_of(key))
