"""Sales invoices: create, replace, find, and move through their states."""

import copy
from datetime import date
from decimal import Decimal
from typing import Any

from integrations.sandbox.store import Document
from integrations.sandbox.web import Response, json_response
from integrations.systems.procountor.sandbox import checks, codes, ledger
from integrations.systems.procountor.sandbox.checks import Fields, Findings
from integrations.systems.procountor.sandbox.company import FIRST
from integrations.systems.procountor.sandbox.context import (
    Conditions,
    Context,
    check_version,
    day_range,
    next_version,
    read_many,
    refused,
    search,
)
from integrations.systems.procountor.sandbox.invoice_checks import CheckedInvoice, check_invoice
from integrations.systems.procountor.sandbox.sums import sum_info

FOUND_FIELDS = (
    "id", "partnerId", "type", "status", "invoiceNumber", "originalInvoiceNumber", "date",
    "dueDate", "created", "version", "invoiceSumInfo", "counterParty", "invoiceChannel",
)  # fmt: skip


def create(context: Context) -> Response:
    context.flag("addCollectionPenalCosts")
    checked, data = _read(context)
    slug = context.slug
    invoice = _written(data, checked, context)
    invoice |= {
        "id": context.store.next_number("invoice", slug, FIRST["invoice"]),
        "status": "UNFINISHED",
        "invoiceNumber": context.store.next_number("invoice number", slug, 1001),
        "ledgerReceiptId": context.store.next_number("ledger", slug, FIRST["ledger"]),
        "creatorId": context.company.user["id"],
        "created": next_version(),
        "version": next_version(),
        "attachments": [],
    }
    _give_reference(invoice)
    context.store.put("invoice", slug, invoice)
    ledger.write(context, invoice, checked)
    note_action(context, invoice["id"], "CREATE")
    context.call.documents = [invoice["id"]]
    return json_response(invoice)


def replace(context: Context, number: str) -> Response:
    stored = _get(context, number)
    if stored["status"] != "UNFINISHED":
        raise _wrong_status(stored, "changed")
    checked, data = _read(context, stored)
    invoice = _written(data, checked, context)
    for name in ("id", "status", "invoiceNumber", "creatorId", "created", "attachments"):
        invoice[name] = stored[name]
    invoice["ledgerReceiptId"] = context.store.next_number("ledger", context.slug, FIRST["ledger"])
    invoice["version"] = next_version(stored["version"])
    _give_reference(invoice)
    context.store.put("invoice", context.slug, invoice)
    context.store.remove("ledger", context.slug, stored["ledgerReceiptId"])
    ledger.write(context, invoice, checked)
    note_action(context, invoice["id"], "UPDATE")
    return json_response(invoice)


def _read(context: Context, stored: Document | None = None) -> tuple[CheckedInvoice, Fields]:
    findings = Findings()
    fields = context.body(findings)
    checked = check_invoice(context, fields)
    if stored is not None:
        check_version(fields, fields.data.get("version"), stored)
        if fields.data.get("partnerId") != stored.get("partnerId"):
            fields.refuse("partnerId", "cannot be changed")
    context.conclude(findings)
    return checked, fields


def _written(fields: Fields, checked: CheckedInvoice, context: Context) -> Document:
    """As sent, with what the service adds; fields it does not know are dropped."""
    invoice = {name: copy.deepcopy(fields.data[name]) for name in fields.known()}
    address = invoice["counterParty"]["counterPartyAddress"]
    for name in ("billingAddress", "deliveryAddress"):
        if invoice.get(name) is None:
            invoice[name] = copy.deepcopy(address)
    for index, row in enumerate(invoice["invoiceRows"], start=1):
        row["id"] = index
    invoice["invoiceSumInfo"] = sum_info(checked, context.company.currency)
    return invoice


def _give_reference(invoice: Document) -> None:
    """An empty reference is filled; where the key is missing the invoice has none."""
    payment = invoice["paymentInfo"]
    if payment.get("bankReferenceCode") != "":
        return
    reference = checks.finnish_reference(f"{invoice['invoiceNumber']}")
    if payment.get("bankReferenceCodeType") == "RF":
        reference = checks.rf_reference(reference)
    payment["bankReferenceCode"] = reference


def read(context: Context, numbers: str) -> Response:
    return read_many(context, "invoice", numbers, "Invoice")


def find(context: Context) -> Response:
    conditions: Conditions = []
    for name, known in (
        ("status", codes.STATUSES),
        ("types", codes.INVOICE_TYPES),
        ("invoiceChannel", (*codes.CHANNELS, "EDIFACT", "PAPER_INVOICE")),
    ):
        values = context.many(name)
        for value in values:
            if value not in known:
                raise refused(400, f"Value of the '{name}' field is invalid: {value}")
        if values:
            column = {"types": "type"}.get(name, name)
            conditions.append((f"json_extract(body, '$.{column}')", values))
    for column, prefix in (
        ("$.date", "start end"),
        ("$.paymentInfo.dueDate", "dueStart dueEnd"),
        ("$.created", "createdStart createdEnd"),
        ("$.version", "versionStart versionEnd"),
    ):
        start, end = (f"{part}Date" for part in prefix.split())
        conditions += day_range(context, f"json_extract(body, '{column}')", start, end)
    for name, column in (
        ("businessPartnerId", "$.partnerId"),
        ("invoiceNumber", "$.invoiceNumber"),
    ):
        number = context.number(name)
        if number is not None:
            conditions.append((f"json_extract(body, '{column}') = ?", number))
    # Whether the real filter is exact is not documented: callers have to compare themselves.
    original = context.one("originalInvoiceNumber")
    if original is not None:
        text = "fold(json_extract(body, '$.originalInvoiceNumber'))"
        conditions.append((f"instr({text}, ?)", original.casefold()))
    conditions += _search_conditions(context)
    return search(context, "invoice", conditions, _found)


def _search_conditions(context: Context) -> Conditions:
    conditions: Conditions = []
    term = context.one("searchTerm")
    if term is not None:
        text = (
            "fold(json_extract(body, '$.counterParty.counterPartyAddress.name') || ' '"
            " || json_extract(body, '$.invoiceNumber') || ' '"
            " || coalesce(json_extract(body, '$.additionalInformation'), ''))"
        )
        conditions.append((f"instr({text}, ?)", term.casefold()))
    products = context.many("productId")
    if len(products) > 200:
        raise refused(400, "At most 200 products are accepted")
    if products:
        exists = (
            "EXISTS (SELECT 1 FROM json_each(body, '$.invoiceRows') AS row"
            " WHERE instr(?, ',' || json_extract(row.value, '$.productId') || ','))"
        )
        conditions.append((exists, f",{','.join(products)},"))
    return conditions


def _found(invoice: Document) -> Document:
    flat = {**invoice, "dueDate": invoice["paymentInfo"]["dueDate"]}
    return {name: flat.get(name) for name in FOUND_FIELDS}


# States.


def approve(context: Context, number: str) -> Response:
    context.flag("updateInventory")
    findings = Findings()
    context.body(findings).text("comment", 100)
    context.conclude(findings)
    invoice = _get(context, number)
    if invoice["status"] != "UNFINISHED":
        raise _wrong_status(invoice, "approved")
    _move(context, invoice, "NOT_SENT", "APPROVAL")
    return json_response({"message": "Invoice approved."})


def send(context: Context, number: str) -> Response:
    invoice = _get(context, number)
    if invoice["status"] not in ("NOT_SENT", "SENT"):
        raise _wrong_status(invoice, "sent")
    if invoice["invoiceChannel"] == "NO_SENDING":
        raise refused(400, "An invoice with the channel NO_SENDING cannot be sent.")
    _move(context, invoice, "SENT", "SEND")
    return json_response({"message": "Invoice queued for sending."})


def reopen(context: Context, number: str) -> Response:
    invoice = _get(context, number)
    if invoice["status"] != "NOT_SENT":
        raise _wrong_status(invoice, "opened again")
    _refuse_closed(context, invoice)
    _move(context, invoice, "UNFINISHED", "RETURN_TO_UNFINISHED")
    return json_response({"message": "Invoice returned to unfinished."})


def invalidate(context: Context, number: str) -> Response:
    invoice = _get(context, number)
    if invoice["status"] not in ("UNFINISHED", "NOT_SENT"):
        raise _wrong_status(invoice, "invalidated")
    _refuse_closed(context, invoice)
    _move(context, invoice, "INVALIDATED", "INVALIDATE")
    return json_response({"message": "Invoice invalidated."})


def bounce(context: Context, number: str) -> None:
    """Not a call of the interface: the e-mail came back, as the customer's server may do."""
    invoice = _get(context, number)
    if invoice["status"] != "SENT":
        raise _wrong_status(invoice, "returned by the recipient")
    note_action(context, invoice["id"], "SENDING_ERROR_RECEIVED")
    _move(context, invoice, "NOT_SENT", "SENDING_ERROR_REVERTED_TO_NOT_SENT")


def change_notes(context: Context, number: str) -> Response:
    findings = Findings()
    notes = context.body(findings).text("notes", 10_000)
    context.conclude(findings)
    invoice = _get(context, number)
    invoice["notes"] = notes
    _move(context, invoice, invoice["status"], "NOTES")
    return json_response(invoice)


def mark_paid(context: Context, number: str) -> Response:
    context.flag("addPenalExpense")
    invoice = _get(context, number)
    findings = Findings()
    fields = context.body(findings)
    fields.day("paymentDate", required=True)
    fields.number("amount", required=True, scale=2)
    currency = fields.choice("currency", codes.CURRENCIES, required=True)
    fields.text("description", 140)
    fields.choice("paymentMethodType", codes.PAYMENT_EVENT_METHODS)
    total = invoice["invoiceSumInfo"][0]
    if currency and currency != total["currency"]:
        fields.refuse("currency", f"must be {total['currency']}")
    context.conclude(findings)
    if invoice["status"] not in ("NOT_SENT", "SENT", "PARTLY_PAID"):
        raise _wrong_status(invoice, "paid")
    event = {
        "id": context.store.next_number("payment", context.slug, 1),
        "invoiceId": invoice["id"],
        **fields.data,
    }
    context.store.put("payment", context.slug, event)
    _move(context, invoice, _paid_status(context, invoice), "PAYMENT")
    return json_response(event)


def receive(context: Context, number: str, amount: Decimal, day: date, text: str = "") -> Document:
    """Not a call of the interface: money that came in on the bank account, or went back."""
    invoice = _get(context, number)
    if invoice["status"] not in ("NOT_SENT", "SENT", "PARTLY_PAID", "PAID", "MARKED_PAID"):
        raise _wrong_status(invoice, "paid")
    event = {
        "id": context.store.next_number("payment", context.slug, 1),
        "invoiceId": invoice["id"],
        "paymentDate": day.isoformat(),
        "amount": amount,
        "currency": invoice["invoiceSumInfo"][0]["currency"],
        "description": text,
        "paymentMethodType": "BANK_STATEMENT",
    }
    context.store.put("payment", context.slug, event)
    status = "PAID" if _paid_status(context, invoice) == "MARKED_PAID" else "PARTLY_PAID"
    _move(context, invoice, status, "PAYMENT")
    return event


def take_back(context: Context, number: str, payment: str) -> None:
    """Not a call of the interface: somebody removed a payment from the books."""
    invoice = _get(context, number)
    context.store.remove("payment", context.slug, int(payment))
    left = context.store.count("payment", context.slug, _of_invoice(invoice["id"]))
    status = _paid_status(context, invoice) if left else "PAYMENT_TRANSACTION_REMOVED"
    _move(context, invoice, status, "PAYMENT_REMOVED")


def _paid_status(context: Context, invoice: Document) -> str:
    payments = context.store.find("payment", context.slug, _of_invoice(invoice["id"]))
    paid = sum((Decimal(str(payment["amount"])) for payment in payments), Decimal(0))
    due = Decimal(str(invoice["invoiceSumInfo"][0]["invoiceSumTotal"]))
    return "MARKED_PAID" if abs(paid) >= abs(due) else "PARTLY_PAID"


def payment_events(context: Context, number: str) -> Response:
    return search(context, "payment", _of_invoice(_get(context, number)["id"]))


def transactions(context: Context, number: str) -> Response:
    return search(context, "action", _of_invoice(_get(context, number)["id"]))


def _of_invoice(number: int) -> Conditions:
    return [("json_extract(body, '$.invoiceId') = ?", number)]


def note_action(context: Context, number: int, action: str) -> None:
    """A line of the audit trail."""
    context.store.put(
        "action",
        context.slug,
        {
            "id": context.store.next_number("action", context.slug, 1),
            "invoiceId": number,
            "type": action,
            "userId": context.company.user["id"],
            "timestamp": next_version(),
        },
    )


def _get(context: Context, number: str) -> Document:
    invoice = context.get("invoice", number, "Invoice")
    context.call.documents = [invoice["id"]]
    return invoice


def _move(context: Context, invoice: Document, status: str, action: str) -> None:
    invoice |= {"status": status, "version": next_version(invoice["version"])}
    context.store.put("invoice", context.slug, invoice)
    note_action(context, invoice["id"], action)


def _wrong_status(invoice: Document, done: str) -> Exception:
    return refused(403, f"An invoice in status {invoice['status']} cannot be {done}.")


def _refuse_closed(context: Context, invoice: dict[str, Any]) -> None:
    if context.company.is_closed(date.fromisoformat(invoice["date"])):
        raise refused(403, "CLOSED_FISCAL_PERIOD")
