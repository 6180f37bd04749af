"""Bookkeeping vouchers and their files, with the older shape of errors."""

from decimal import Decimal
from email import message_from_bytes
from typing import Any
from uuid import uuid4

from integrations.sandbox.store import Document
from integrations.sandbox.web import Response, json_response
from integrations.systems.lexoffice.sandbox.contacts import name_of
from integrations.systems.lexoffice.sandbox.context import (
    Context,
    done,
    is_amount,
    issues,
    moment,
    now,
    refused,
)
from integrations.systems.lexoffice.sandbox.organisations import categories

TYPES = {"salesinvoice", "salescreditnote", "purchaseinvoice", "purchasecreditnote"}
AMOUNTS = ("amount", "taxAmount", "taxRatePercent")
MOST_FILE_BYTES = 5 * 1024 * 1024
SIGNATURES = {b"%PDF": ".pdf", b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"<?xml": ".xml"}


def create(context: Context) -> Response:
    context.needs("vouchers.write")
    body = context.body()
    contact = _check(context, body)
    stored: Document = {
        "id": context.store.next_number("document", context.slug, 1),
        "uuid": str(uuid4()),
        "kind": body["type"],
        "version": 1,
        "created": now(),
        "voucherNumber": body["voucherNumber"],
        "voucherStatus": "open",
        "contactName": name_of(contact) if contact else "Sammelkunde",
        "payments": [],
        "related": [],
        "files": [],
        "sent": body,
        "lineItems": [],
        "totalPrice": {
            "currency": "EUR",
            "totalNetAmount": body["totalGrossAmount"] - body["totalTaxAmount"],
            "totalTaxAmount": body["totalTaxAmount"],
            "totalGrossAmount": body["totalGrossAmount"],
        },
        "dueDate": body.get("dueDate", body["voucherDate"]),
        "notes": [],
    }
    context.store.put("document", context.slug, stored)
    context.call.documents.append(stored["id"])
    context.tell("voucher.created", stored["uuid"])
    return done(context, stored, 201, "vouchers")


def read(context: Context, uuid: str) -> Response:
    context.needs("vouchers.read")
    return json_response(shown(context, get(context, uuid)))


def get(context: Context, uuid: str) -> Document:
    stored = context.get("document", uuid)
    if stored["kind"] not in TYPES:
        raise refused(404, "Requested resource not found", context.call.path)
    return stored


def shown(context: Context, stored: Document) -> dict[str, Any]:
    return {
        **stored["sent"],
        "id": stored["uuid"],
        "organizationId": context.organisation.uuid,
        "voucherStatus": stored["voucherStatus"],
        "files": [one["id"] for one in stored["files"]],
        "createdDate": stored["created"],
        "updatedDate": stored.get("updated", stored["created"]),
        "version": stored["version"],
    }


def add_file(context: Context, uuid: str) -> Response:
    context.needs("files.write")
    stored = get(context, uuid)
    name, content = _part(context)
    if len(content) > MOST_FILE_BYTES:
        raise issues([("file", "file_too_large")])
    if not any(content.startswith(start) for start in SIGNATURES):
        raise issues([("file", "invalid_file_type")])
    number = context.store.next_number("file", context.slug, 1)
    added = {"id": str(uuid4()), "number": number, "name": name}
    context.store.put_file(context.slug, number, content)
    stored["files"].append(added)
    stored["updated"] = now()
    stored["version"] += 1
    context.store.put("document", context.slug, stored)
    context.tell("voucher.changed", stored["uuid"])
    return json_response({"id": added["id"]}, 202)


def _part(context: Context) -> tuple[str, bytes]:
    request = context.call.request
    if request.content_type != "multipart/form-data":
        raise refused(415, "Unsupported Media Type", context.call.path)
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    for part in message_from_bytes(head + request.body).walk():
        content = part.get_payload(decode=True)
        if 'name="file"' in str(part.get("Content-Disposition")) and isinstance(content, bytes):
            return part.get_filename() or "", content
    raise issues([("file", "missing_entity")])


def _check(  # noqa: C901 (one rule after the other)
    context: Context, body: dict[str, Any]
) -> Document | None:
    found: list[tuple[str, str]] = []
    if body.get("version") != 0:
        found.append(("version", "invalid_value"))
    if body.get("type") not in TYPES:
        found.append(("type", "invalid_value"))
    if not str(body.get("voucherNumber") or "").strip():
        found.append(("voucherNumber", "missing_entity"))
    for name in ("voucherDate", "dueDate", "shippingDate"):
        value = body.get(name)
        if (value is None and name == "voucherDate") or (
            value is not None and moment(value) is None
        ):
            found.append((name, "invalid_value"))
    if body.get("taxType") not in ("net", "gross"):
        found.append(("taxType", "invalid_value"))
    contact = None
    if body.get("contactId"):
        contact = context.find("contact", str(body["contactId"]))
        if contact is None:
            found.append(("contactId", "invalid_value"))
        if body.get("useCollectiveContact"):
            found.append(("useCollectiveContact", "invalid_value"))
    elif body.get("useCollectiveContact") is not True:
        found.append(("contactId", "missing_entity"))
    found += _check_sums(context, body)
    if found:
        raise issues(found)
    return contact


def _check_sums(context: Context, body: dict[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    totals = body.get("totalGrossAmount"), body.get("totalTaxAmount")
    items = body.get("voucherItems")
    if not all(is_amount(total, 2) for total in totals):
        return [("totalGrossAmount", "invalid_value")]
    if not isinstance(items, list) or not items:
        return [("voucherItems", "missing_entity")]
    known = {one["id"] for one in categories(context.organisation) if one["type"] == "income"}
    gross = taxes = Decimal(0)
    for item in items:
        if not all(
            is_amount(item.get(name), 2) for name in ("amount", "taxAmount", "taxRatePercent")
        ):
            return [("voucherItems", "invalid_value")]
        if item.get("categoryId") not in known:
            found.append(("voucherItems.categoryId", "invalid_value"))
        amount, tax = Decimal(item["amount"]), Decimal(item["taxAmount"])
        expected = amount * Decimal(item["taxRatePercent"]) / 100
        if abs(expected - tax) > Decimal("0.01"):
            found.append(("voucherItems.taxAmount", "invalid_taxamount"))
        gross += amount + (tax if body.get("taxType") == "net" else 0)
        taxes += tax
    if gross != Decimal(str(totals[0])):
        found.append(("totalGrossAmount", "invalid_total_amount"))
    if taxes != Decimal(str(totals[1])):
        found.append(("totalTaxAmount", "invalid_taxamount"))
    return found
