"""An e-invoice as a person reads it: labels and texts in the order of a paper invoice."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.money import CURRENCY_CODES
from core.templatetags.figures import figure, money, number, rate
from invoicing.einvoices.checking.findings import Finding
from invoicing.models import Unit

type Fact = tuple[str, str]
MOST_LINES = 1000
_KINDS: dict[str, Promise] = {
    "380": gettext_lazy("Invoice"),
    "381": gettext_lazy("Credit note"),
    "384": gettext_lazy("Corrected invoice"),
    "386": gettext_lazy("Advance invoice"),
    "389": gettext_lazy("Self-billed invoice"),
}
_MEANS: dict[str, Promise] = {
    "1": gettext_lazy("not told"),
    "10": gettext_lazy("cash"),
    "30": gettext_lazy("transfer"),
    "48": gettext_lazy("card"),
    "57": gettext_lazy("standing agreement"),
    "58": gettext_lazy("SEPA transfer"),
    "59": gettext_lazy("SEPA direct debit"),
    "97": gettext_lazy("set off"),
}
_TOTALS = (
    ("BT-106", gettext_lazy("Sum of the lines")),
    ("BT-107", gettext_lazy("Discounts")),
    ("BT-108", gettext_lazy("Surcharges")),
    ("BT-109", gettext_lazy("Net")),
    ("BT-110", gettext_lazy("VAT")),
    ("BT-112", gettext_lazy("Gross")),
    ("BT-113", gettext_lazy("Paid already")),
    ("BT-114", gettext_lazy("Rounding")),
    ("BT-115", gettext_lazy("To pay")),
)
_TAKEN_OFF = "BT-107", "BT-113"
# In the official files these are formulas, or in German.
_PLAIN: dict[str, Promise] = {
    "BR-16": gettext_lazy("There is no line."),
    "BR-27": gettext_lazy("A price is negative."),
    "BR-CO-10": gettext_lazy("The sum of the lines is not what the lines come to."),
    "BR-CO-11": gettext_lazy("The sum of the discounts is not what they come to."),
    "BR-CO-12": gettext_lazy("The sum of the surcharges is not what they come to."),
    "BR-CO-13": gettext_lazy("The net total is not the lines less discounts plus surcharges."),
    "BR-CO-14": gettext_lazy("The VAT is not the sum of the VAT by rate."),
    "BR-CO-15": gettext_lazy("The gross total is not net plus VAT."),
    "BR-CO-16": gettext_lazy("What is to be paid is not gross less what was paid already."),
    "BR-CO-17": gettext_lazy("The VAT of a rate is not that share of what is taxable at it."),
    "BR-DE-1": gettext_lazy("It does not say how to pay."),
    "BR-DE-2": gettext_lazy("The seller names no contact."),
    "BR-DE-3": gettext_lazy("The seller's town is missing."),
    "BR-DE-4": gettext_lazy("The seller's postal code is missing."),
    "BR-DE-5": gettext_lazy("The name of the seller's contact is missing."),
    "BR-DE-6": gettext_lazy("The telephone of the seller's contact is missing."),
    "BR-DE-7": gettext_lazy("The e-mail of the seller's contact is missing."),
    "BR-DE-8": gettext_lazy("The buyer's town is missing."),
    "BR-DE-9": gettext_lazy("The buyer's postal code is missing."),
    "BR-DE-14": gettext_lazy("A VAT rate is missing."),
    "BR-DE-15": gettext_lazy("The buyer's reference is missing."),
    "BR-DE-17": gettext_lazy("XRechnung does not know this type of document."),
    "BR-DE-18": gettext_lazy("The terms of a cash discount are not written as XRechnung has them."),
    "BR-DE-19": gettext_lazy("The IBAN is wrong."),
    "BR-DE-20": gettext_lazy("The IBAN of the direct debit is wrong."),
    "BR-DE-21": gettext_lazy("It does not say of itself that it is XRechnung."),
    "BR-DE-26": gettext_lazy("A corrected invoice does not name the one that it corrects."),
    "BR-DE-27": gettext_lazy("The telephone of the seller's contact is none."),
    "BR-DE-28": gettext_lazy("The e-mail of the seller's contact is none."),
    "PEPPOL-EN16931-R008": gettext_lazy("There are empty elements."),
    "PEPPOL-EN16931-R010": gettext_lazy("The buyer's e-invoice address is missing."),
    "PEPPOL-EN16931-R020": gettext_lazy("The seller's e-invoice address is missing."),
}
# In front of what a rule says; of schemas the name of the namespace.
_RULE_ID, _NAMESPACE = re.compile(r"^\s*\[[^\]]*\]\s*[-:]?\s*"), re.compile(r"\{[^}]*\}")


@dataclass(frozen=True)
class ShownParty:
    name: str
    address: Sequence[str]
    facts: Sequence[Fact]


@dataclass(frozen=True)
class ShownLine:
    number: str
    name: str
    details: Sequence[str]
    quantity: str
    price: str
    tax: str
    net: str


@dataclass(frozen=True)
class ShownTax:
    name: str
    taxable: str
    tax: str
    reason: str


@dataclass(frozen=True)
class ShownFinding:
    text: str
    rule: str
    is_error: bool


@dataclass(frozen=True)
class Shown:
    kind: str
    number: str
    total: str
    seller: ShownParty
    buyer: ShownParty
    facts: Sequence[Fact]
    lines: Sequence[ShownLine]
    left_out: int
    adjustments: Sequence[tuple[str, str, str]]
    taxes: Sequence[ShownTax]
    totals: Sequence[Fact]
    payment: Sequence[Fact]
    notes: Sequence[str]
    attachments: Sequence[tuple[str, int]]


def shown(said: Mapping[str, Any]) -> Shown:
    """`said` is what was read, by the numbers of EN 16931."""
    currency = said.get("BT-5", "")
    lines = said.get("BG-25", [])
    code = said.get("BT-3", "")
    total = said.get("BT-115") or said.get("BT-112")
    return Shown(
        kind=str(_KINDS.get(code) or _("Document of type %(code)s") % {"code": code or "?"}),
        number=said.get("BT-1", ""),
        total=_money(total, currency),
        seller=_party(said.get("BG-4", {})),
        buyer=_party(said.get("BG-7", {})),
        facts=_facts(said),
        lines=[_line(line, currency) for line in lines[:MOST_LINES]],
        left_out=max(len(lines) - MOST_LINES, 0),
        adjustments=_adjustments(said, currency),
        taxes=[_tax(group, currency) for group in said.get("BG-23", [])],
        totals=_totals(said, currency),
        payment=_payment(said),
        notes=[note["BT-22"] for note in said.get("BG-1", []) if note.get("BT-22")],
        attachments=[
            (one.get("BT-125-2") or one.get("BT-122", ""), len(one.get("BT-125") or b""))
            for one in said.get("BG-24", [])
        ],
    )


def shown_findings(findings: Iterable[Finding]) -> list[ShownFinding]:
    """Each once, errors first, without the program's own marks in their texts."""
    told = {
        one.rule + one.text: ShownFinding(_plain(one), one.rule, one.severity == "error")
        for one in findings
    }
    return sorted(told.values(), key=lambda one: not one.is_error)


def _plain(finding: Finding) -> str:
    if words := _PLAIN.get(finding.rule):
        return str(words)
    text = _NAMESPACE.sub("", _RULE_ID.sub("", finding.text)).strip()
    if finding.rule == "XSD" and finding.location:
        return _("Line %(line)s of the file: %(text)s") % {"line": finding.location, "text": text}
    return text


def _party(said: Mapping[str, Any]) -> ShownParty:
    street = [said.get(f"addr_l{number}", "") for number in (1, 2, 3)]
    town = f"{said.get('postcode', '')} {said.get('city', '')}".strip()
    contacts = said.get("contacts") or [{}]
    address = said.get("einvoicing_addr", "")
    scheme = said.get("einvoicing_addr_schemeid", "")
    facts = (
        (_("VAT id"), said.get("vat_identifier", "")),
        (_("Tax number"), said.get("tax_identifier", "")),
        (_("Registered as"), said.get("legal_identifier", "")),
        (_("Contact"), contacts[0].get("name", "")),
        (_("Telephone"), contacts[0].get("phone", "")),
        (_("E-mail"), contacts[0].get("email", "")),
        (_("E-invoice address"), f"{scheme}:{address}" if address and scheme else address),
    )
    return ShownParty(
        name=said.get("name", ""),
        address=[part for part in (*street, town, said.get("country_code", "")) if part],
        facts=_told(facts),
    )


def _facts(said: Mapping[str, Any]) -> Sequence[Fact]:
    preceding = said.get("BG-3") or [{}]
    facts = (
        (_("Date"), _day(said.get("BT-2"))),
        (_("Due"), _day(said.get("BT-9"))),
        (_("Supplied on"), _day(said.get("BT-72"))),
        (_("Period"), _days(said.get("BT-73"), said.get("BT-74"))),
        (_("Tax point"), _day(said.get("BT-7"))),
        (_("Buyer's reference"), said.get("BT-10", "")),
        (_("Order"), said.get("BT-13", "")),
        (_("Contract"), said.get("BT-12", "")),
        (_("Project"), said.get("BT-11", "")),
        (
            _("Earlier invoice"),
            ", ".join(
                filter(None, (preceding[0].get("BT-25", ""), _day(preceding[0].get("BT-26"))))
            ),
        ),
        (_("Currency"), said.get("BT-5", "")),
    )
    return _told(facts)


def _payment(said: Mapping[str, Any]) -> Sequence[Fact]:
    means = said.get("BT-81", "")
    facts = (
        (_("How"), str(_MEANS.get(means, means))),
        (_("Account"), said.get("BT-84", "")),
        ("BIC", said.get("BT-86", "")),
        (_("Reference"), said.get("BT-83", "")),
        (_("Terms"), said.get("BT-20", "")),
    )
    return _told(facts)


def _totals(said: Mapping[str, Any], currency: str) -> Sequence[Fact]:
    """What is nought says nothing, but for what is to be paid."""
    return [
        (str(label), _money(said[name], currency, sign=-1 if name in _TAKEN_OFF else 1))
        for name, label in _TOTALS
        if said.get(name) and (_decimal(said[name]) or name == "BT-115")
    ]


def _adjustments(said: Mapping[str, Any], currency: str) -> Sequence[tuple[str, str, str]]:
    """Reason, tax and signed amount of what is for the whole document."""
    return [
        (
            _reason(one),
            _rate(one.get("vat_category_code"), one.get("vat_rate")),
            _amount(one.get("amount"), currency, sign=sign),
        )
        for sign, name in ((-1, "BG-20"), (1, "BG-21"))
        for one in said.get(name, [])
    ]


def _line(said: Mapping[str, Any], currency: str) -> ShownLine:
    unit = said.get("BT-130", "")
    label = str(Unit(unit).label) if unit in Unit.values else unit
    base = _decimal(said.get("BT-149"))
    price = _exact(said.get("BT-146"), currency)
    details = [
        said.get("BT-154", ""),
        _days(said.get("BT-134"), said.get("BT-135")),
        *(one.get("BT-127", "") for one in said.get("BT-127-00", [])),
        *(
            f"{_reason(one)}: {_amount(one.get('amount'), currency, sign=sign)}"
            for sign, name in ((-1, "BG-27"), (1, "BG-28"))
            for one in said.get(name, [])
        ),
    ]
    return ShownLine(
        number=said.get("BT-126", ""),
        name=said.get("BT-153", ""),
        details=[text for text in details if text],
        quantity=f"{_quantity(said.get('BT-129'))} {label}".strip(),
        price=f"{price} / {_quantity(said['BT-149'])}" if base and base != 1 else price,
        tax=_rate(said.get("BT-151"), said.get("BT-152")),
        net=_amount(said.get("BT-131"), currency),
    )


def _tax(said: Mapping[str, Any], currency: str) -> ShownTax:
    return ShownTax(
        name=_rate(said.get("BT-118"), said.get("BT-119")),
        taxable=_amount(said.get("BT-116"), currency),
        tax=_amount(said.get("BT-117"), currency),
        reason=said.get("BT-120", "") or said.get("BT-121", ""),
    )


def _reason(said: Mapping[str, Any]) -> str:
    percent = _decimal(said.get("rate"))
    reason = said.get("reason", "") or _("Without a reason")
    return f"{reason} ({number(percent)} %)" if percent else reason


def _rate(category: str | None, percent: str | None) -> str:
    found = _decimal(percent)
    told = f"{number(found)} %" if found is not None else "–"
    return told if category in (None, "", "S") else f"{told} {category}"


def _told(facts: Iterable[Fact]) -> Sequence[Fact]:
    return [(label, text) for label, text in facts if text]


def _day(day: Any) -> str:
    return date_format(day, "SHORT_DATE_FORMAT") if isinstance(day, date) else str(day or "")


def _days(first: Any, last: Any) -> str:
    if first == last or not (first and last):
        return _day(first or last)
    return f"{_day(first)} – {_day(last)}"


def _decimal(text: Any) -> Decimal | None:
    try:
        return Decimal(text) if text not in (None, "") else None
    except InvalidOperation:
        return None


def _money(text: Any, currency: str, *, sign: int = 1) -> str:
    amount = _decimal(text)
    if amount is None or currency not in CURRENCY_CODES:
        return f"{text or ''} {currency}".strip()
    return money(amount * sign, currency)


def _amount(text: Any, currency: str, *, sign: int = 1) -> str:
    amount = _decimal(text)
    if amount is None or currency not in CURRENCY_CODES:
        return str(text or "")
    return figure(amount * sign, currency)


def _exact(text: Any, currency: str) -> str:
    amount = _decimal(text)
    if amount is None or currency not in CURRENCY_CODES:
        return str(text or "")
    return rate(amount, currency)


def _quantity(text: Any) -> str:
    amount = _decimal(text)
    return str(text or "") if amount is None else number(amount)
