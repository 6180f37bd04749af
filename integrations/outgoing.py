"""Plain data that adapters receive: a posted invoice as it was frozen, free of the ORM."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class OutgoingParty:
    """A party as printed. `country` is ISO 3166 alpha-2."""

    name: str
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    business_id: str = ""
    vat_id: str = ""
    email: str = ""
    contact_name: str = ""
    customer_number: str = ""
    einvoice_address: str = ""
    einvoice_operator: str = ""


@dataclass(frozen=True)
class OutgoingLine:
    """`unit` is a UN/ECE Rec 20 code (HUR, DAY, C62, MON ...); `net` is the stored line net.

    A line that is only text has neither quantity nor price.
    """

    text: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    discount_percent: Decimal
    tax_percent: Decimal
    tax_category: str
    net: Decimal
    account: str = ""
    is_text: bool = False
    # What the company has mapped it to, where the system has products.
    remote_product_id: str = ""


@dataclass(frozen=True)
class OutgoingInvoice:
    """Amounts in `currency`; `reference` is the bank reference without blanks, or empty.

    A credit note has positive amounts and names the invoice it takes back, all or part; with
    `corrected_remote_id` where that one was sent over the same connection.

    `marker` is ASCII, unlike that of any other document, and never changes: what a document can be
    found again by where our number does not stand on it.

    `number` is empty where the system is to give the document its number. `choices` are the answers
    to `System.document_fields`, `append_to` the id of the draft there that takes the lines.
    """

    number: str
    issue_date: date
    due_date: date
    service_start: date | None
    service_end: date | None
    currency: str
    language: str
    seller: OutgoingParty
    seller_iban: str
    buyer: OutgoingParty
    delivery: OutgoingParty
    lines: tuple[OutgoingLine, ...]
    net_total: Decimal
    tax_total: Decimal
    gross_total: Decimal
    reference: str = ""
    order_reference: str = ""
    buyer_reference: str = ""
    comment: str = ""
    late_interest_percent: Decimal | None = None
    remote_customer_id: str = ""
    is_credit_note: bool = False
    corrected_number: str = ""
    corrected_remote_id: str = ""
    corrected_remote_number: str = ""
    marker: str = ""
    append_to: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
