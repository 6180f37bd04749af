"""The same figures from both ends: of what is to be said, and of what factur-x reads in a file."""

from decimal import Decimal
from typing import Any

from invoicing.einvoices.content import Content, DocumentAdjustment, Line, Party, TaxGroup


def figures(content: Content) -> dict[str, Any]:
    """Expected, by the numbers of EN 16931; what is empty is left out."""
    payment = content.payment
    said = {
        "BT-1": content.number,
        "BT-2": content.issue_date,
        "BT-3": str(content.type_code),
        "BT-5": content.currency,
        "BT-9": content.due_date,
        "BT-10": content.buyer_reference,
        "BT-12": content.contract_reference,
        "BT-13": content.order_reference,
        "BT-20": content.payment_terms,
        "BT-72": content.delivery.day,
        "BT-73": content.period and content.period.start,
        "BT-74": content.period and content.period.end,
        "BT-81": str(payment.means),
        "BT-83": payment.reference,
        "BT-84": payment.iban if payment.is_transfer else "",
        "BT-86": payment.bic if payment.is_transfer else "",
        "BT-7": content.tax_point,
        "BT-11": content.project_reference,
        "BT-106": content.line_total,
        "BT-107": content.allowance_total or None,
        "BT-108": content.charge_total or None,
        "BT-109": content.net_total,
        "BT-110": content.tax_total,
        "BT-112": content.gross_total,
        "BT-115": content.gross_total,
        "notes": "\n".join(content.notes),
        "groups": [_group(group) for group in content.taxes],
        "lines": [_line(line) for line in content.lines],
        "preceding": content.preceding and (content.preceding.number, content.preceding.issue_date),
        "adjustments": sorted(_document_adjustment(one) for one in content.adjustments),
        "attachments": [
            (one.name, one.mime, one.description, one.file) for one in content.attachments
        ],
    }
    return _without_empty(said)


def figures_of(said: dict[str, Any]) -> dict[str, Any]:
    """Of what was read, in the same form."""
    numbers = ("BT-106", "BT-107", "BT-108", "BT-109", "BT-110", "BT-112", "BT-115")
    plain = {
        name: said.get(name)
        for name in (
            "BT-1", "BT-2", "BT-3", "BT-5", "BT-7", "BT-9", "BT-10", "BT-11", "BT-12", "BT-13",
            "BT-20", "BT-72", "BT-73",
            "BT-74", "BT-81", "BT-83", "BT-84", "BT-86",
        )
    }  # fmt: skip
    preceding = said.get("BG-3")
    return _without_empty(
        plain
        | {name: Decimal(said[name]) for name in numbers if name in said}
        | {
            # UBL has one for all.
            "notes": "\n".join(note["BT-22"] for note in said.get("BG-1", [])),
            "groups": [_read_group(group) for group in said["BG-23"]],
            "lines": [_read_line(line) for line in said["BG-25"]],
            "preceding": preceding and (preceding[0]["BT-25"], preceding[0]["BT-26"]),
            "adjustments": sorted(
                [_read_adjustment(one, is_charge=False) for one in said.get("BG-20", [])]
                + [_read_adjustment(one, is_charge=True) for one in said.get("BG-21", [])]
            ),
            "attachments": [
                (one["BT-125-2"], one["BT-125-1"], one["BT-123"], one["BT-125"])
                for one in said.get("BG-24", [])
            ],
        }
    )


def party(expected: Party, content: Content) -> dict[str, Any]:
    address, contact = expected.address, expected.contact
    with_vat_id = not content.is_outside_scope
    said = {
        "name": expected.name,
        "addr_l1": address.street,
        "postcode": address.postal_code,
        "city": address.city,
        "country_code": address.country,
        "legal_identifier": expected.business_id,
        "legal_identifier_schemeid": expected.register,
        "vat_identifier": expected.vat_id if with_vat_id else "",
        "tax_identifier": expected.tax_number if with_vat_id else "",
        "phone": contact.phone if contact else "",
        "email": contact.email if contact else "",
    }
    if expected.electronic_address is not None:
        said["einvoicing_addr"] = expected.electronic_address.identifier
        said["einvoicing_addr_schemeid"] = expected.electronic_address.scheme
    return _without_empty(said)


def parties_of(said: dict[str, Any], group: str) -> dict[str, Any]:
    read = dict(said[group])
    for contact in read.pop("contacts", []):
        read |= {"phone": contact.get("phone"), "email": contact.get("email")}
    for ours in ("biz_name", "identifiers", "legal_info"):
        read.pop(ours, None)
    return _without_empty(read)


def _document_adjustment(one: DocumentAdjustment) -> tuple[Any, ...]:
    percent = Decimal(0) if one.category == "O" else one.tax_percent
    return (
        one.is_charge, one.amount, one.percent, one.base, one.reason, one.category, percent,
    )  # fmt: skip


def _read_adjustment(one: dict[str, str], *, is_charge: bool) -> tuple[Any, ...]:
    return (
        is_charge,
        Decimal(one["amount"]),
        Decimal(one.get("rate", 0)),
        Decimal(one.get("base_amount", 0)),
        one["reason"],
        one["vat_category_code"],
        Decimal(one.get("vat_rate", 0)),
    )


def _group(group: TaxGroup) -> tuple[Any, ...]:
    return (
        group.category,
        group.percent,
        group.taxable,
        group.tax,
        group.reason,
        group.reason_code,
    )


def _read_group(group: dict[str, str]) -> tuple[Any, ...]:
    return (
        group["BT-118"],
        Decimal(group["BT-119"]),
        Decimal(group["BT-116"]),
        Decimal(group["BT-117"]),
        group.get("BT-120", ""),
        group.get("BT-121", ""),
    )


def _line(line: Line) -> dict[str, Any]:
    adjustment = line.adjustment
    said = {
        "number": str(line.number),
        "name": "".join(sign for sign in line.name if sign >= " ").strip(),
        "description": line.description,
        "quantity": line.quantity,
        "unit": line.unit,
        "price": line.price,
        "net": line.net,
        "category": line.category,
        "percent": None if line.category == "O" else line.percent,
        "period": line.period and (line.period.start, line.period.end),
        "off": adjustment and not adjustment.is_charge and (adjustment.amount, adjustment.base),
        "on": adjustment and adjustment.is_charge and (adjustment.amount, adjustment.base),
    }
    return {name: value for name, value in said.items() if value not in (None, "", False)}


def _read_line(line: dict[str, Any]) -> dict[str, Any]:
    said = {
        "number": line["BT-126"],
        "name": line["BT-153"],
        "description": line.get("BT-154"),
        "quantity": Decimal(line["BT-129"]),
        "unit": line["BT-130"],
        "price": Decimal(line["BT-146"]),
        "net": Decimal(line["BT-131"]),
        "category": line["BT-151"],
        "percent": Decimal(line["BT-152"]) if "BT-152" in line else None,
        "period": "BT-134" in line and (line["BT-134"], line["BT-135"]),
        "off": _adjusted(line.get("BG-27")),
        "on": _adjusted(line.get("BG-28")),
    }
    return {name: value for name, value in said.items() if value not in (None, "", False)}


def _adjusted(found: list[dict[str, str]] | None) -> tuple[Decimal, Decimal] | None:
    if not found:
        return None
    (one,) = found
    return Decimal(one["amount"]), Decimal(one["base_amount"])


def _without_empty(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value not in (None, "", [])}
