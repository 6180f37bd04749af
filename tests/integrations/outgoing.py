"""An outgoing invoice to begin with; tests change what they are about."""

from datetime import date
from decimal import Decimal
from typing import Any

from integrations.outgoing import OutgoingInvoice, OutgoingLine, OutgoingParty

BUYER = OutgoingParty(
    name="Esimerkki Oy",
    street="Testikatu 1",
    postal_code="53100",
    city="Lappeenranta",
    country="FI",
    business_id="1967543-8",
    vat_id="FI19675438",
    email="laskut@esimerkki.example",
    contact_name="Anna Ostaja",
    customer_number="C-1001",
)


def line(**changes: Any) -> OutgoingLine:
    return OutgoingLine(
        **{
            "text": "Konsultointi",
            "quantity": Decimal("2.5"),
            "unit": "HUR",
            "unit_price": Decimal("100"),
            "discount_percent": Decimal(0),
            "tax_percent": Decimal("25.5"),
            "tax_category": "S",
            "net": Decimal("250"),
            **changes,
        }
    )


def text_line(text: str) -> OutgoingLine:
    return line(text=text, quantity=Decimal(0), unit_price=Decimal(0), net=Decimal(0), is_text=True)


def outgoing(**changes: Any) -> OutgoingInvoice:
    return OutgoingInvoice(
        **{
            "number": "2026-0017",
            "issue_date": date(2026, 11, 20),
            "due_date": date(2026, 12, 4),
            "service_start": None,
            "service_end": None,
            "currency": "EUR",
            "language": "fi",
            "seller": OutgoingParty(name="Acme Oy", country="FI"),
            "seller_iban": "FI2112345600000785",
            "buyer": BUYER,
            "delivery": changes.get("buyer", BUYER),
            "lines": (line(),),
            "net_total": Decimal("250"),
            "tax_total": Decimal("63.75"),
            "gross_total": Decimal("313.75"),
            "reference": "202600017",
            **changes,
        }
    )
