"""What an e-invoice says, in the order and the sense of EN 16931; BT and BG are its numbers.

It holds the stored figures of one document. The writers put them into their syntax and add nothing;
amounts of a credit note are positive, as everywhere else.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from core.money import ZERO


class TypeCode(StrEnum):
    """UNTDID 1001."""

    INVOICE = "380"
    CREDIT_NOTE = "381"
    CORRECTED_INVOICE = "384"
    SELF_BILLED_INVOICE = "389"


class Means(StrEnum):
    """UNTDID 4461: how it is paid."""

    NOT_TOLD = "1"
    CREDIT_TRANSFER = "30"
    SEPA_CREDIT_TRANSFER = "58"
    # A credit note is set off against what the buyer owes.
    CLEARING = "97"


@dataclass(frozen=True)
class ElectronicAddress:
    """Where e-invoices reach somebody: BT-34, BT-49. The scheme is a code of the EAS list."""

    scheme: str
    identifier: str


@dataclass(frozen=True)
class Address:
    street: str
    postal_code: str
    city: str
    country: str


@dataclass(frozen=True)
class Contact:
    name: str
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class Party:
    name: str
    address: Address
    # What the other one knows this party by: BT-29, BT-46.
    identifier: str = ""
    trading_name: str = ""
    business_id: str = ""
    # Code of the register of `business_id` in ISO 6523, where it has one.
    register: str = ""
    vat_id: str = ""
    tax_number: str = ""
    # BT-33: what the law wants to be said of a company.
    legal_information: str = ""
    contact: Contact | None = None
    electronic_address: ElectronicAddress | None = None
    # As Finnish operators know it: an OVT code or an IBAN, and the code of the operator.
    operator_address: str = ""
    operator: str = ""


@dataclass(frozen=True)
class Delivery:
    """BG-13: when, and where it was another place than the buyer's."""

    day: date
    name: str = ""
    address: Address | None = None


@dataclass(frozen=True)
class Period:
    start: date
    end: date


@dataclass(frozen=True)
class Reference:
    """An earlier document: BG-3."""

    number: str
    issue_date: date


@dataclass(frozen=True)
class Payment:
    means: Means
    # What the payer quotes: BT-83.
    reference: str = ""
    # The seller's account, told also where nothing is paid into it.
    iban: str = ""
    bic: str = ""
    account_name: str = ""

    @property
    def is_transfer(self) -> bool:
        return self.means in (Means.CREDIT_TRANSFER, Means.SEPA_CREDIT_TRANSFER)


@dataclass(frozen=True)
class Adjustment:
    """What is taken off a line, or put on it: BG-27, BG-28. Never negative."""

    is_charge: bool
    percent: Decimal
    base: Decimal
    amount: Decimal
    reason: str


@dataclass(frozen=True)
class DocumentAdjustment(Adjustment):
    """The same for all lines of one rate: BG-20, BG-21. Without a percentage it has no base."""

    category: str
    tax_percent: Decimal


@dataclass(frozen=True)
class Attachment:
    """A file that explains the document: BG-24."""

    name: str
    mime: str
    description: str
    file: bytes


@dataclass(frozen=True)
class Line:
    number: int
    name: str
    quantity: Decimal
    # UN/ECE Recommendation 20.
    unit: str
    # Never negative; what is taken back has a negative quantity.
    price: Decimal
    net: Decimal
    category: str
    percent: Decimal
    description: str = ""
    note: str = ""
    period: Period | None = None
    adjustment: Adjustment | None = None

    @property
    def is_surcharged(self) -> bool:
        """What is taken off something negative makes it larger, and is no surcharge."""
        found = self.adjustment
        return found is not None and found.is_charge == (self.quantity >= ZERO)


@dataclass(frozen=True)
class TaxGroup:
    """BG-23: one for each category and rate."""

    category: str
    percent: Decimal
    taxable: Decimal
    tax: Decimal
    reason: str = ""
    reason_code: str = ""


@dataclass(frozen=True)
class Content:
    type_code: TypeCode
    number: str
    issue_date: date
    currency: str
    language: str
    seller: Party
    buyer: Party
    delivery: Delivery
    payment: Payment
    lines: tuple[Line, ...]
    taxes: tuple[TaxGroup, ...]
    net_total: Decimal
    tax_total: Decimal
    gross_total: Decimal
    # Credit notes are not due.
    due_date: date | None = None
    payment_terms: str = ""
    period: Period | None = None
    buyer_reference: str = ""
    order_reference: str = ""
    # BT-12.
    contract_reference: str = ""
    # BT-7, where it is another day than that of the supply.
    tax_point: date | None = None
    # BT-11.
    project_reference: str = ""
    preceding: Reference | None = None
    notes: tuple[str, ...] = ()
    adjustments: tuple[DocumentAdjustment, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    # When it was posted; None of a draft.
    made_at: datetime | None = None

    @property
    def is_credit_note(self) -> bool:
        return self.type_code == TypeCode.CREDIT_NOTE

    @property
    def line_total(self) -> Decimal:
        return sum((line.net for line in self.lines), ZERO)

    @property
    def allowance_total(self) -> Decimal:
        return sum((one.amount for one in self.adjustments if not one.is_charge), ZERO)

    @property
    def charge_total(self) -> Decimal:
        return sum((one.amount for one in self.adjustments if one.is_charge), ZERO)

    @property
    def is_outside_scope(self) -> bool:
        """Then nobody's VAT id may be told (BR-O-02, BR-O-11)."""
        return any(group.category == "O" for group in self.taxes)
