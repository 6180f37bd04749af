"""API v1: OData, PascalCase, the classic finance module."""

from decimal import Decimal
from typing import Any

from integrations.sandbox.store import Document
from integrations.sandbox.web import Response, json_response
from integrations.systems.hq.sandbox import query
from integrations.systems.hq.sandbox.checks import (
    SERVICES,
    TAX_OPTIONS,
    Check,
    body_of,
    check_rate,
    is_currency,
    is_day,
    is_id,
    is_number,
    is_text,
    one_of,
    read,
    refused,
)
from integrations.systems.hq.sandbox.context import Context
from integrations.systems.hq.sandbox.data import line_net, sums

CONTEXT = "https://api.hellohq.io/v1/$metadata"
STATUSES = (
    "Draft", "WaitingForReview", "WaitingForApproval", "Approved", "Sent", "PartlyPaid",
    "CompletelyPaid", "Canceled",
)  # fmt: skip
# What a document may become from where it is.
NEXT = {
    "Draft": ("WaitingForReview", "WaitingForApproval", "Approved", "Sent"),
    "WaitingForReview": ("Draft", "WaitingForApproval", "Approved", "Sent"),
    "WaitingForApproval": ("Draft", "Approved", "Sent"),
    "Approved": ("Draft", "Sent"),
    "Sent": ("PartlyPaid", "CompletelyPaid"),
    "PartlyPaid": ("CompletelyPaid",),
    "CompletelyPaid": (),
    "Canceled": (),
}
INVOICE: dict[str, Check] = {
    "CompanyId": is_id, "InvoiceDate": is_day, "DeliveryDate": is_day, "DueDate": is_day,
    "PaymentDate": is_day, "BookingDate": is_day, "Status": one_of(STATUSES),
    "Positions": lambda value: isinstance(value, list), "Currency": is_currency,
    "TaxOption": one_of(TAX_OPTIONS), "ServiceOption": one_of(SERVICES),
    "DiscountType": one_of(("Percent", "NetValue", "NotSet")), "Discount": is_number,
    "Margin": is_number, "PaymentConditionId": is_id, "DeliveryConditionId": is_id,
    "DocumentTemplateId": is_id, "CompanyAddressId": is_id, "ContactPersonId": is_id,
    "InternalContactPersonId": is_id, "ProjectId": is_id, "LeadId": is_id, "Subject": is_text,
    "Header": is_text, "Footer": is_text, "AddressText": is_text, "Note": is_text,
    "CompanyPurchaseOrderNumber": is_text, "Language": is_text, "SyncId": is_text,
}  # fmt: skip
POSITION: dict[str, Check] = {
    "Type": one_of(("Freetext", "Article", "UserReporting", "Textline", "Subtotal")),
    "Text": is_text, "Amount": is_number, "Unit": is_text, "Price": is_number, "Tax": is_number,
    "Discount": is_number, "Order": is_number, "ProjectId": is_id, "BookingAccount": is_text,
    "CostCenter1": is_text, "CostCenter2": is_text,
    "UserReportings": lambda value: isinstance(value, list),
}  # fmt: skip
COMPANY: dict[str, Check] = {
    "Name": is_text, "DebitorNumber": is_id, "TaxId": is_text,
    "DefaultAddress": lambda value: isinstance(value, dict),
    "CompanyTypes": lambda value: isinstance(value, list), "DefaultPaymentConditionId": is_id,
    "CustomFields": lambda value: isinstance(value, list),
    "Subsystems": lambda value: isinstance(value, list),
}  # fmt: skip
# What stands in an entity and is not written by clients.
COMPUTED = frozenset(
    {"Id", "Number", "NetTotal", "VatTotal", "GrossTotal", "PaidTotal", "Type", "CreatedOn",
     "UpdatedOn", "CalculatedSubject"}
)  # fmt: skip
TAXED = "VatApplicable"


def me(context: Context) -> Response:
    return json_response(
        {"@odata.context": CONTEXT, "Id": 1, "UserName": "SyncUser",
         "CompanyName": context.tenant.name}
    )  # fmt: skip


# Companies.


def find_companies(context: Context) -> Response:
    rows = query.filtered(
        context.all("company"),
        query.word(context.call, "$filter"),
        {
            "Id": lambda row: row["id"],
            "DebitorNumber": lambda row: row["debitorNumber"],
            "Name": lambda row: row["name"],
        },
    )
    return _list(context, [_company(context, row) for row in rows])


def read_company(context: Context, number: str) -> Response:
    return json_response(_company(context, context.get("company", number)))


def create_company(context: Context) -> Response:
    fields = _company_fields(context, body_of(context.call))
    return json_response(_company(context, context.add("company", fields)), 201)


def replace_company(context: Context, number: str) -> Response:
    stored = context.get("company", number)
    data = {name: value for name, value in body_of(context.call).items() if name not in COMPUTED}
    stored = context.save("company", {**stored, **_company_fields(context, data)})
    return json_response(_company(context, stored))


def _company_fields(context: Context, data: dict[str, Any]) -> Document:
    kept = read(context.call, data, COMPANY, required=["Name"])
    address = {
        f"{name[0].lower()}{name[1:]}": value
        for name, value in (kept.get("DefaultAddress") or {}).items()
    }
    return {
        "name": kept["Name"],
        "debitorNumber": kept.get("DebitorNumber"),
        "vatId": kept.get("TaxId"),
        "defaultAddress": address,
        "companyTypes": [{"companyTypeId": one.get("Id")} for one in kept.get("CompanyTypes", [])],
        "standardPaymentConditionId": kept.get("DefaultPaymentConditionId"),
    }


def _company(context: Context, row: Document) -> Document:
    shown = {
        "Id": row["id"], "Name": row["name"], "DebitorNumber": row["debitorNumber"],
        "TaxId": row["vatId"], "DefaultPaymentConditionId": row["standardPaymentConditionId"],
    }  # fmt: skip
    if "DefaultAddress" in query.word(context.call, "$expand"):
        address = row["defaultAddress"]
        shown["DefaultAddress"] = {
            f"{name[0].upper()}{name[1:]}": value for name, value in address.items()
        }
    if "CompanyTypes" in query.word(context.call, "$expand"):
        shown["CompanyTypes"] = [{"Id": one["companyTypeId"]} for one in row["companyTypes"] or []]
    return shown


# Invoices.


def find_invoices(context: Context) -> Response:
    rows = query.filtered(
        context.all("invoice"),
        query.word(context.call, "$filter"),
        {
            "Id": lambda row: row["id"],
            "CompanyId": lambda row: row["CompanyId"],
            "SyncId": lambda row: row.get("SyncId"),
            "InvoiceDate": lambda row: row.get("InvoiceDate"),
            "UpdatedOn": lambda row: row["updatedOn"],
        },
    )
    return _list(context, [shown(context, row) for row in rows])


def read_invoice(context: Context, number: str) -> Response:
    row = shown(context, context.get("invoice", number))
    return json_response({"@odata.context": f"{CONTEXT}#Invoices/$entity", **row})


def create_invoice(context: Context) -> Response:
    fields = _fields(context, body_of(context.call))
    if fields.get("Status", "Draft") != "Draft":
        raise refused(400, "A new invoice is a draft.")
    positions = fields.pop("Positions", [])
    if positions and context.behaviour.nested == "refuse":
        raise refused(400, "Positions cannot be created together with their invoice.")
    fields["Status"], fields["Type"] = "Draft", "Invoice"
    fields["positions"] = [
        _position(context, data, f"Positions[{index}]: ") for index, data in enumerate(positions)
    ]
    made = context.add("invoice", fields)
    return json_response(shown(context, made, whole=True), 201)


def replace_invoice(context: Context, number: str) -> Response:
    stored = context.get("invoice", number)
    if stored["Status"] != "Draft":
        raise refused(400, "Only drafts can be changed.")
    data = {name: value for name, value in body_of(context.call).items() if name not in COMPUTED}
    data.pop("Positions", None)
    kept = {
        name: value
        for name, value in stored.items()
        if name[0].islower() or name in ("Type", "Number", "PaidTotal")
    }
    stored = context.save("invoice", {**kept, "Status": "Draft", **_fields(context, data)})
    return json_response(shown(context, stored, whole=True))


def remove_invoice(context: Context, number: str) -> Response:
    stored = context.get("invoice", number)
    if stored["Status"] != "Draft":
        raise refused(400, "Only drafts can be deleted.")
    context.store.remove("invoice", context.tenant.slug, stored["id"])
    return Response(204)


def add_position(context: Context, number: str) -> Response:
    stored = context.get("invoice", number)
    if stored["Status"] != "Draft":
        raise refused(400, "Only drafts can be changed.")
    if len(stored["positions"]) + 1 == context.behaviour.failing_line:
        raise refused(500, "Internal Server Error")
    position = _position(context, body_of(context.call), "")
    stored["positions"].append(position)
    context.save("invoice", stored)
    return json_response(position, 201)


def set_status(context: Context, number: str) -> Response:
    stored = context.get("invoice", number)
    kept = read(
        context.call, body_of(context.call), {"Status": one_of(STATUSES)}, required=["Status"]
    )
    status = kept["Status"]
    if status not in NEXT[stored["Status"]]:
        raise refused(400, f"The status cannot change from {stored['Status']} to {status}.")
    return json_response(shown(context, become(context, stored, status)))


def become(context: Context, stored: Document, status: str) -> Document:
    """The number is given when a document is sent."""
    stored["Status"] = status
    if status == "Sent" and not stored.get("Number"):
        stored["Number"] = f"RE-{stored['InvoiceDate'][:4]}-{context.next('payment'):04}"
    return context.save("invoice", stored)


def create_cancellation(context: Context, number: str) -> Response:
    original = context.get("invoice", number)
    if original["Status"] == "Draft":
        raise refused(400, "A draft cannot be cancelled; delete it.")
    if original["Status"] == "Canceled" or original["Type"] != "Invoice":
        raise refused(400, "This document cannot be cancelled.")
    kept = {
        name: value
        for name, value in original.items()
        if name not in ("id", "Number", "SyncId", "PaidTotal", "Note")
    }
    made = context.add(
        "invoice",
        {
            **kept,
            "Type": "Cancellation",
            "Status": "Draft",
            "positions": [
                {**position, "Amount": -position["Amount"], "Id": context.next("position")}
                for position in original["positions"]
            ],
        },
    )
    return json_response(shown(context, made, whole=True), 201)


def file_of(context: Context, number: str) -> Response:
    stored = context.get("invoice", number)
    return Response(200, f"%PDF-1.4 {stored['id']}".encode(), "application/pdf")


def _fields(context: Context, data: dict[str, Any]) -> Document:
    for name in ("Number", "NetTotal", "GrossTotal", "VatTotal", "PaidTotal"):
        if name in data:
            raise refused(400, f"{name} is read-only.")
    kept = read(context.call, data, INVOICE, required=["CompanyId", "InvoiceDate", "Currency"])
    if context.store.get("company", context.tenant.slug, kept["CompanyId"]) is None:
        raise refused(400, "The company does not exist.")
    return kept


def _position(context: Context, data: Any, where: str) -> Document:
    if not isinstance(data, dict):
        raise refused(400, f"{where}A position is an object.")
    kept = read(
        context.call, data, POSITION, required=["Type", "Text", "Amount", "Price", "Tax"],
        where=where,
    )  # fmt: skip
    check_rate(kept["Tax"], context.behaviour, where)
    return {"Id": context.next("position"), **kept}


def totals(row: Document, rounding: str) -> tuple[Decimal, Decimal]:
    lines = [
        (
            line_net(one["Amount"], one["Price"], one.get("Discount")),
            Decimal(str(one["Tax"] if row.get("TaxOption", TAXED) == TAXED else 0)),
        )
        for one in row["positions"]
    ]
    return sums(lines, rounding)


def shown(context: Context, row: Document, *, whole: bool = False) -> Document:
    net, tax = totals(row, context.behaviour.rounding)
    fields = {name: value for name, value in row.items() if name[0].isupper()}
    entity = {
        "Id": row["id"], "Number": None, "SyncId": None, "PaidTotal": 0, **fields,
        "NetTotal": net, "VatTotal": tax, "GrossTotal": net + tax,
        "CreatedOn": row["createdOn"], "UpdatedOn": row["updatedOn"],
    }  # fmt: skip
    if whole or "Positions" in query.word(context.call, "$expand"):
        entity["Positions"] = row["positions"]
    return entity


def _list(context: Context, rows: list[Document]) -> Response:
    top, skip = query.page(context.call, "$")
    answer: dict[str, Any] = {"@odata.context": CONTEXT}
    if query.word(context.call, "$count") == "true":
        answer["@odata.count"] = len(rows)
    answer["value"] = rows[skip : skip + top]
    return json_response(answer)
