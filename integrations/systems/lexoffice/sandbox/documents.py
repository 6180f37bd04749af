"""Invoices and credit notes: created, read, printed; nothing else is possible from outside."""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import uuid4

from integrations.sandbox.app import Refused
from integrations.sandbox.store import Document
from integrations.sandbox.web import Response, json_response
from integrations.systems.lexoffice.sandbox.contacts import name_of
from integrations.systems.lexoffice.sandbox.context import (
    Context,
    done,
    now,
    refused,
    validation,
)
from integrations.systems.lexoffice.sandbox.document_checks import check
from integrations.systems.lexoffice.sandbox.organisations import FIRST_NUMBER
from integrations.systems.lexoffice.sandbox.printing import pdf_of

CENT = Decimal("0.01")
RESOURCES = {"invoice": "invoices", "creditnote": "credit-notes"}
PREFIX = {"invoice": "RE", "creditnote": "GU"}


def create(context: Context, kind: str) -> Response:
    context.needs(f"{RESOURCES[kind]}.write")
    body = context.body()
    contact = check(context, body, kind)
    finalize = context.one("finalize") == "true"
    preceding = _preceding(context, kind)
    number = context.store.next_number(kind, context.slug, FIRST_NUMBER[kind])
    lines, taxes, total = _reckon(body)
    stored: Document = {
        "id": context.store.next_number("document", context.slug, 1),
        "uuid": str(uuid4()),
        "kind": kind,
        "version": 1,
        "created": now(),
        "voucherNumber": f"{PREFIX[kind]}{number:04d}",
        "voucherStatus": "open" if finalize else "draft",
        "contactName": name_of(contact) if contact else body["address"].get("name", ""),
        "payments": [],
        "related": [],
        "sent": body,
        "lineItems": lines,
        "taxAmounts": taxes,
        "totalPrice": {**body["totalPrice"], **total},
        "dueDate": _due(body),
        "notes": [],
    }
    if preceding is not None:
        _tie(context, preceding, stored, finalize)
    context.store.put("document", context.slug, stored)
    context.call.documents.append(stored["id"])
    name = RESOURCES[kind].removesuffix("s")
    context.tell(f"{name}.created", stored["uuid"])
    return done(context, stored, 201, RESOURCES[kind])


def read(context: Context, uuid: str, kind: str) -> Response:
    context.needs(f"{RESOURCES[kind]}.read")
    return json_response(shown(context, get(context, uuid, kind)))


def get(context: Context, uuid: str, kind: str) -> Document:
    stored = context.get("document", uuid)
    if stored["kind"] != kind:
        raise refused(404, "Requested resource not found", context.call.path)
    return stored


def file(context: Context, uuid: str, kind: str) -> Response:
    context.needs("files.read")
    stored = get(context, uuid, kind)
    accept = context.call.request.header("Accept") or "*/*"
    if accept not in ("application/pdf", "application/xml", "*/*"):
        raise refused(406, "Not Acceptable", context.call.path)
    if stored["voucherStatus"] == "draft":
        raise refused(409, "Documents in draft state have no file", context.call.path)
    if accept == "application/xml":
        raise refused(404, "No XML document", context.call.path)
    return Response(
        200,
        pdf_of(stored),
        "application/pdf",
        {"Content-Disposition": f'attachment; filename="{stored["voucherNumber"]}.pdf"'},
    )


def document_file_id(context: Context, uuid: str, kind: str) -> Response:
    stored = get(context, uuid, kind)
    if stored["voucherStatus"] == "draft":
        raise refused(406, "Document is a draft", context.call.path)
    return json_response({"documentFileId": stored["uuid"]})


def shown(context: Context, stored: Document) -> dict[str, Any]:
    return {
        **stored["sent"],
        "id": stored["uuid"],
        "organizationId": context.organisation.uuid,
        "createdDate": stored["created"],
        "updatedDate": stored.get("updated", stored["created"]),
        "version": stored["version"],
        "archived": False,
        "voucherStatus": stored["voucherStatus"],
        "voucherNumber": stored["voucherNumber"],
        "dueDate": stored["dueDate"],
        "electronicDocumentProfile": "NONE",
        "lineItems": stored["lineItems"],
        "totalPrice": stored["totalPrice"],
        "taxAmounts": stored["taxAmounts"],
        "relatedVouchers": stored["related"],
    }


def open_amount(stored: Document) -> Decimal:
    """What is still to be paid."""
    if stored["voucherStatus"] in ("draft", "voided", "paidoff"):
        return Decimal(0)
    paid = sum((Decimal(str(one["amount"])) for one in stored["payments"]), Decimal(0))
    return Decimal(str(stored["totalPrice"]["totalGrossAmount"])) - paid


def settle(stored: Document) -> None:
    """The status that follows from the payments."""
    if stored["voucherStatus"] in ("open", "paid"):
        stored["voucherStatus"] = "open" if open_amount(stored) > 0 else "paid"
    stored["updated"] = now()
    stored["version"] += 1


def _preceding(context: Context, kind: str) -> Document | None:
    uuid = context.one("precedingSalesVoucherId")
    if not uuid:
        return None
    found = context.find("document", uuid)
    path = "precedingSalesVoucherId"
    if found is None or found["kind"] != "invoice" or kind != "creditnote":
        raise Refused(
            validation(context.call.path, [("INVALID", path, "kein zulässiger Vorgänger")])
        )
    if found["voucherStatus"] not in ("open", "paid"):
        raise Refused(validation(context.call.path, [("INVALID", path, "Entwurf")]))
    if any(one["voucherType"] == "creditnote" for one in found["related"]):
        raise Refused(
            validation(context.call.path, [("INVALID", path, "hat eine Rechnungskorrektur")])
        )
    return found


def _tie(context: Context, invoice: Document, note: Document, finalize: bool) -> None:
    note["related"].append(_related(invoice))
    invoice["related"].append(_related(note))
    if finalize:
        note["voucherStatus"] = "paidoff"
        taken = min(open_amount(invoice), Decimal(str(note["totalPrice"]["totalGrossAmount"])))
        invoice["payments"].append(
            {
                "paymentItemType": "creditNote",
                "postingDate": note["sent"]["voucherDate"],
                "amount": float(taken),
                "currency": "EUR",
            }
        )
        settle(invoice)
        context.tell("payment.changed", invoice["uuid"])
    context.store.put("document", context.slug, invoice)


def _related(one: Document) -> dict[str, Any]:
    return {"id": one["uuid"], "voucherNumber": one["voucherNumber"], "voucherType": one["kind"]}


def _due(body: dict[str, Any]) -> str:
    days = (body.get("paymentConditions") or {}).get("paymentTermDuration") or 0
    at = datetime.fromisoformat(body["voucherDate"]) + timedelta(days=days)
    return at.isoformat(timespec="milliseconds")


def _reckon(
    body: dict[str, Any],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]:
    """A line is rounded to cents; tax is reckoned once for each rate, half up."""
    is_gross = body["taxConditions"]["taxType"] == "gross"
    lines: list[dict[str, Any]] = []
    sums: dict[Decimal, Decimal] = {}
    for line in body["lineItems"]:
        if line["type"] == "text":
            lines.append(line)
            continue
        price = line["unitPrice"]
        rate = Decimal(price["taxRatePercentage"])
        unit = Decimal(price["grossAmount" if is_gross else "netAmount"])
        share = 1 - Decimal(line.get("discountPercentage") or 0) / 100
        amount = (Decimal(line["quantity"]) * unit * share).quantize(CENT, ROUND_HALF_UP)
        sums[rate] = sums.get(rate, Decimal(0)) + amount
        lines.append({**line, "lineItemAmount": float(amount)})
    taxes, net, tax = [], Decimal(0), Decimal(0)
    for rate, amount in sums.items():
        part = amount * rate / (100 + rate) if is_gross else amount * rate / 100
        part = part.quantize(CENT, ROUND_HALF_UP)
        base = amount - part if is_gross else amount
        taxes.append({"taxRatePercentage": rate, "taxAmount": part, "netAmount": base})
        net, tax = net + base, tax + part
    total = {
        "totalNetAmount": net, "totalTaxAmount": tax, "totalGrossAmount": net + tax,
    }  # fmt: skip
    return lines, taxes, total
