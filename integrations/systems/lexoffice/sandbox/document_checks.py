"""Everything that is wrong with an invoice or a credit note, in the regular shape of errors."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from integrations.sandbox.store import Document
from integrations.systems.lexoffice.sandbox.context import (
    BERLIN,
    Context,
    Findings,
    is_amount,
    moment,
)
from integrations.systems.lexoffice.sandbox.organisations import COUNTRIES, layouts

TAX_TYPES = {
    "net", "gross", "vatfree", "intraCommunitySupply", "constructionService13b",
    "externalService13b", "thirdPartyCountryService", "thirdPartyCountryDelivery",
}  # fmt: skip
LINES = ("custom", "text", "service", "material")
SHIPPING = {"service", "serviceperiod", "delivery", "deliveryperiod", "none"}
LENGTHS = {"title": 25, "introduction": 2000, "remark": 2000}
MISSING = "darf nicht leer sein"


def check(  # noqa: C901 (one rule after the other)
    context: Context, body: dict[str, Any], kind: str
) -> Document | None:
    """Refuses what is wrong; gives the contact, where one is named."""
    findings = Findings()
    when = _day(body.get("voucherDate"), "voucherDate", findings, required=True)
    for name, most in LENGTHS.items():
        value = body.get(name)
        if value is not None and (not isinstance(value, str) or len(value) > most):
            findings.add("SIZE", name, f"Länge muss zwischen 0 und {most} liegen")
    if body.get("language") not in (None, "de", "en"):
        findings.add("INVALID", "language", "de oder en")
    contact = _address(context, body.get("address"), findings)
    tax_type = _tax_type(context, body, contact, findings)
    if kind == "invoice":
        when = _shipping(body.get("shippingConditions"), when, findings)
        _payment(body.get("paymentConditions"), findings)
    else:
        for name in ("shippingConditions", "paymentConditions"):
            if body.get(name):
                findings.add("INVALID", name, "nicht erlaubt")
    total = body.get("totalPrice")
    if not isinstance(total, dict):
        findings.add("NOTNULL", "totalPrice", MISSING)
    elif total.get("currency") != "EUR":
        findings.add("INVALID", "totalPrice.currency", "nur EUR")
    layout = body.get("printLayoutId")
    if layout and layout not in {one["id"] for one in layouts(context.organisation)}:
        findings.add("INVALID", "printLayoutId", "unbekannt")
    if (body.get("xRechnung") or {}).get("buyerReference") and not (contact or {}).get("xRechnung"):
        findings.add("INVALID", "xRechnung.buyerReference", "Kontakt ohne XRechnung")
    _lines(body.get("lineItems"), tax_type, when, kind, findings)
    findings.conclude(context)
    return contact


def _address(context: Context, address: Any, findings: Findings) -> Document | None:
    if not isinstance(address, dict):
        findings.add("NOTNULL", "address", MISSING)
        return None
    uuid = address.get("contactId")
    if uuid is None:
        if not str(address.get("name") or "").strip():
            findings.add("NOTBLANK", "address.name", MISSING)
        if address.get("countryCode") not in COUNTRIES:
            findings.add("INVALID", "address.countryCode", "unbekanntes Land")
        return None
    if address.get("countryCode") not in (None, *COUNTRIES):
        findings.add("INVALID", "address.countryCode", "unbekanntes Land")
    contact = context.find("contact", str(uuid))
    if contact is None:
        findings.add("INVALID", "address.contactId", "Kontakt existiert nicht")
        return None
    billing = (contact.get("addresses") or {}).get("billing") or []
    if len(billing) != 1:
        findings.add("INVALID", "addresses.billing", "genau eine Rechnungsadresse")
    return contact


def _tax_type(
    context: Context, body: dict[str, Any], contact: Document | None, findings: Findings
) -> str:
    conditions = body.get("taxConditions")
    kind = conditions.get("taxType") if isinstance(conditions, dict) else None
    path = "taxConditions.taxType"
    if kind is None:
        findings.add("NOTNULL", path, MISSING)
        return "net"
    if kind not in TAX_TYPES:
        findings.add("INVALID", path, "unbekannt")
        return "net"
    if context.organisation.tax_type == "vatfree" and kind != "vatfree":
        findings.add("INVALID", path, "nur vatfree für diese Organisation")
    if kind not in ("net", "gross", "vatfree") and contact is None:
        findings.add("NOTNULL", "address.contactId", "wird für diese Steuerart benötigt")
    return str(kind)


def _shipping(conditions: Any, when: date | None, findings: Findings) -> date | None:
    """The day that decides which rates are legal."""
    if not isinstance(conditions, dict) or conditions.get("shippingType") is None:
        findings.add("NOTNULL", "shippingConditions.shippingType", MISSING)
        return when
    kind = conditions["shippingType"]
    if kind not in SHIPPING:
        findings.add("INVALID", "shippingConditions.shippingType", "unbekannt")
        return when
    if kind == "none":
        return when
    start = _day(
        conditions.get("shippingDate"), "shippingConditions.shippingDate", findings, required=True
    )
    if not kind.endswith("period"):
        return start
    end = _day(
        conditions.get("shippingEndDate"),
        "shippingConditions.shippingEndDate",
        findings,
        required=True,
    )
    if start and end and end < start:
        findings.add("INVALID", "shippingConditions.shippingEndDate", "vor dem Beginn")
    return end


def _payment(conditions: Any, findings: Findings) -> None:
    if conditions is None:
        return
    label, days = conditions.get("paymentTermLabel"), conditions.get("paymentTermDuration")
    if not label:
        findings.add("NOTNULL", "paymentConditions.paymentTermLabel", MISSING)
    if not isinstance(days, int) or isinstance(days, bool) or days < 0:
        findings.add("INVALID", "paymentConditions.paymentTermDuration", "ganze Zahl")


def _lines(lines: Any, tax_type: str, when: date | None, kind: str, findings: Findings) -> None:
    if not isinstance(lines, list) or not lines:
        findings.add("NOTEMPTY", "lineItems", MISSING)
        return
    if len(lines) > 300:
        findings.add("SIZE", "lineItems", "höchstens 300")
    for index, line in enumerate(lines):
        _line(line, f"lineItems[{index}]", tax_type, when, kind, findings)


def _line(  # noqa: C901, PLR0912, PLR0917 (one rule after the other)
    line: Any, path: str, tax_type: str, when: date | None, kind: str, findings: Findings
) -> None:
    if not isinstance(line, dict) or line.get("type") not in (
        "custom",
        "text",
        "service",
        "material",
    ):
        findings.add("INVALID", f"{path}.type", "unbekannt")
        return
    name = line.get("name")
    if not isinstance(name, str) or not name.strip():
        findings.add("NOTBLANK", f"{path}.name", MISSING)
    elif len(name) > 255:
        findings.add("SIZE", f"{path}.name", "Länge muss zwischen 0 und 255 liegen")
    if len(str(line.get("description") or "")) > 2000:
        findings.add("SIZE", f"{path}.description", "Länge muss zwischen 0 und 2000 liegen")
    if line["type"] == "text":
        return
    if line["type"] in ("service", "material") and not line.get("id"):
        findings.add("NOTNULL", f"{path}.id", MISSING)
    if not is_amount(line.get("quantity"), 4) or line["quantity"] < 0:
        findings.add("INVALID", f"{path}.quantity", "höchstens 4 Nachkommastellen")
    if not str(line.get("unitName") or "").strip():
        findings.add("NOTBLANK", f"{path}.unitName", MISSING)
    discount = line.get("discountPercentage")
    if discount is not None:
        if kind == "creditnote":
            findings.add("INVALID", f"{path}.discountPercentage", "nicht erlaubt")
        elif not is_amount(discount, 2) or not 0 <= discount <= 100:
            findings.add("INVALID", f"{path}.discountPercentage", "0 bis 100")
    price = line.get("unitPrice")
    if not isinstance(price, dict):
        findings.add("NOTNULL", f"{path}.unitPrice", MISSING)
        return
    if price.get("currency") != "EUR":
        findings.add("INVALID", f"{path}.unitPrice.currency", "nur EUR")
    name = "grossAmount" if tax_type == "gross" else "netAmount"
    if not is_amount(price.get(name), 4):
        findings.add("INVALID", f"{path}.unitPrice.{name}", "höchstens 4 Nachkommastellen")
    rate = price.get("taxRatePercentage")
    if not is_amount(rate, 2) or Decimal(str(rate)) not in _rates(tax_type, when):
        findings.add("INVALID", f"{path}.unitPrice.taxRatePercentage", "Steuersatz nicht erlaubt")


def _rates(tax_type: str, when: date | None) -> set[Decimal]:
    if tax_type not in ("net", "gross"):
        return {Decimal(0)}
    if when and date(2020, 7, 1) <= when <= date(2020, 12, 31):
        return {Decimal(0), Decimal(5), Decimal(16)}
    return {Decimal(0), Decimal(7), Decimal(19)}


def _day(value: Any, path: str, findings: Findings, *, required: bool = False) -> date | None:
    if value is None:
        if required:
            findings.add("NOTNULL", path, MISSING)
        return None
    at: datetime | None = moment(value)
    if at is None:
        findings.add("INVALID", path, "Format yyyy-MM-ddTHH:mm:ss.SSSXXX")
        return None
    return at.astimezone(BERLIN).date()
