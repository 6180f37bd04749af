"""Invoices: save, find, cancel."""

from datetime import datetime
from typing import Any

from integrations.sandbox.store import Document
from integrations.sandbox.web import Response
from integrations.systems.sevdesk.sandbox import checks, credit_notes, papers, registers
from integrations.systems.sevdesk.sandbox.context import (
    BERLIN,
    Context,
    as_decimal,
    moment,
    now,
    refused,
)
from integrations.systems.sevdesk.sandbox.papers import DRAFT, INVOICE, PAID

HIDDEN_TYPES = ["SR", "MA", "WKR"]


def save(context: Context) -> Response:
    data = context.body()
    given = data.get("invoice")
    if not isinstance(given, dict):
        raise refused(400, "Invoice must not be empty")
    if given.get("objectName") != "Invoice":
        raise refused(400, "invoice: expected array with 'id' and 'objectName'")
    if given.get("mapAll") is not True:
        raise refused(400, "invoice: mapAll must be true")
    stored = papers.get(context, INVOICE, given["id"]) if given.get("id") is not None else None
    if stored is None:
        if str(given.get("status")) != str(DRAFT):
            raise refused(422, "New invoices must be created with status 100")
        if not data.get("invoicePosSave"):
            raise refused(422, "An Invoice must have at least one position")
    elif stored["status"] != DRAFT or stored["enshrined"]:
        raise refused(422, "Only drafts can be changed")
    if data.get("discountSave"):
        raise refused(422, "This sandbox keeps no discounts of documents; send a position")
    invoice, tax = _head(context, given, stored)
    there = papers.positions_of(context, INVOICE, stored) if stored else []
    rows = checks.positions(
        context,
        data.get("invoicePosSave"),
        kind="InvoicePos",
        tax_=tax,
        is_small=invoice["smallSettlement"],
        first=len(there),
    )
    file = papers.uploaded(context, data.get("filename"))
    if file is not None:
        invoice["_file"] = file
    papers.put(context, INVOICE, invoice)
    papers.keep_positions(context, INVOICE, invoice, rows, data.get("invoicePosDelete"))
    kept = papers.reckon(context, INVOICE, invoice)
    context.call.documents = [invoice["id"]]
    return context.answer(
        {"invoice": invoice, "invoicePos": kept, "filename": data.get("filename") or ""},
        201,
        is_action=True,
    )


def _head(context: Context, data: Document, stored: Document | None) -> tuple[Document, checks.Tax]:
    fields = checks.head(context, data, contact_needed=False)
    kind = data.get("invoiceType")
    if kind not in checks.INVOICE_TYPES:
        raise refused(422, "invoiceType is not known")
    discount = as_decimal(data.get("discount"))
    if discount is None or discount != 0:
        raise refused(422, "discount must be an integer")
    day = checks.day(data, "invoiceDate", required=True)
    assert day is not None
    start = checks.day(data, "deliveryDate")
    end = checks.day(data, "deliveryDateUntil")
    if kind == "RE" and start is not None and start > day:
        raise refused(422, "The delivery date must not be after the invoice date")
    if end is not None and (start is None or end < start):
        raise refused(422, "deliveryDateUntil must not be before deliveryDate")
    tax = checks.tax(context, data)
    if fields["smallSettlement"] and tax.rule not in ("", "11"):
        raise refused(422, "smallSettlement does not fit the taxRule")
    papers.check_number(
        context, INVOICE, data.get("invoiceNumber"), stored["id"] if stored else None
    )
    invoice: Document = {
        "id": stored["id"] if stored else context.new_id("Invoice"),
        "objectName": "Invoice",
        "invoiceNumber": data.get("invoiceNumber"),
        "invoiceType": kind,
        "invoiceDate": moment(day),
        "deliveryDate": moment(start) if start else None,
        "deliveryDateUntil": moment(end) if end else None,
        "deliveryAddressCountry": data.get("deliveryAddressCountry"),
        "timeToPay": checks.whole(data, "timeToPay"),
        "discount": 0,
        **fields,
        **tax.fields,
        "status": DRAFT,
        "paidAmount": 0,
        "payDate": None,
        "sendDate": None,
        "sendType": None,
        "enshrined": None,
        "origin": None,
        "create": stored["create"] if stored else now(),
        "_file": stored["_file"] if stored else None,
        "_cancelled": False,
    }
    if invoice["invoiceNumber"] is not None:
        registers.use_up(context, "RE", invoice["invoiceNumber"])
    return invoice, tax


def find(context: Context) -> Response:
    conditions = papers.find_conditions(context, INVOICE)
    note = context.one("customerInternalNote")
    if note is not None and not context.switches.ignores_note_filter:
        conditions.append(("json_extract(body, '$.customerInternalNote') = ?", note))
    kind = context.one("invoiceType")
    if kind is not None:
        conditions.append(("json_extract(body, '$.invoiceType') = ?", kind))
    elif context.one("showAll") != "true":
        conditions.append(("json_extract(body, '$.invoiceType') NOT", list(HIDDEN_TYPES)))
    return context.rows("Invoice", conditions)


def cancel(context: Context, number: str) -> Response:
    """An SR invoice that is paid at once, or, in some companies, a credit note."""
    source = papers.get(context, INVOICE, number)
    if source["status"] == DRAFT:
        raise refused(422, "A draft can not be cancelled")
    if source["_cancelled"]:
        raise refused(422, "CreditNote exists", code=170)
    source["_cancelled"] = True
    if context.switches.cancel_gives_credit_note:
        papers.put(context, INVOICE, source)
        return context.answer(credit_notes.mirror(context, source), 201, is_action=True)
    made: dict[str, Any] = {
        **source,
        "id": context.new_id("Invoice"),
        "invoiceType": "SR",
        "invoiceNumber": registers.next_number(context, "RE"),
        "invoiceDate": moment(datetime.now(BERLIN).date()),
        "status": PAID,
        "paidAmount": float(source["sumGross"]),
        "origin": {"id": source["id"], "objectName": "Invoice"},
        "create": now(),
        "customerInternalNote": None,
    }
    papers.put(context, INVOICE, made)
    source |= {"status": PAID, "paidAmount": float(source["sumGross"])}
    papers.put(context, INVOICE, source)
    return context.answer(made, 201, is_action=True)
