"""API v2: REST, camelCase, the new finance module."""

import uuid
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
from integrations.systems.hq.sandbox.data import line_net, seed, sums

TYPES = (
    "Quotation", "Invoice", "DeliveryNote", "Warning", "Reminder", "Cancellation", "CreditNote",
    "Confirmation", "IncomingInvoice", "Undefined", "Order", "PriceInquiry", "Letter", "Minute",
    "AdvancedInvoice", "PlannedRevenueStandard", "PlannedRevenueTimeAndMaterial", "PlannedCost",
    "FinalInvoice",
)  # fmt: skip
STATUS_TYPES = (
    "Draft", "Feedback", "Quoted", "Planned", "Deferred", "Sent", "Accepted", "Delivered", "Paid",
    "Billed", "Declined", "Canceled",
)  # fmt: skip
PAYMENT_TYPES = (
    "BankAccount", "DebitCharge", "CreditCard", "Cash", "WillNeverBePaid", "Correction",
    "EarlyPayment",
)  # fmt: skip
HEAD: dict[str, Check] = {
    "documentType": one_of(TYPES), "companyId": is_id, "currency": is_currency, "date": is_day,
    "validUntilDate": is_day, "performancePeriodStartDate": is_day,
    "performancePeriodEndDate": is_day, "documentTemplateEntityId": is_id,
    "discountNet": is_number, "discountPercent": is_number, "marginNet": is_number,
    "marginPercent": is_number, "deliveryConditionId": is_id, "paymentConditionId": is_id,
    "contactPersonId": is_id, "companyPurchaseOrderNumberId": is_id,
    "financesBankAccountId": is_id, "internalContactPersonId": is_id, "projectId": is_id,
    "leadId": is_id, "number": is_text,
}  # fmt: skip
REQUIRED = (
    "documentType", "companyId", "currency", "date", "validUntilDate",
    "performancePeriodStartDate", "performancePeriodEndDate", "documentTemplateEntityId",
)  # fmt: skip
UPDATE: dict[str, Check] = {
    **HEAD, "note": is_text, "taxOption": one_of(TAX_OPTIONS), "serviceType": one_of(SERVICES),
}  # fmt: skip
POSITION: dict[str, Check] = {
    "documentEntityId": is_id, "documentTableId": is_text, "text": is_text, "amount1": is_number,
    "unitId1": is_id, "amount2": is_number, "unitId2": is_id, "price": is_number,
    "cost": is_number, "tax": is_number, "discountNet": is_number, "discountPercent": is_number,
    "marginNet": is_number, "marginPercent": is_number, "performancePeriodStartDate": is_day,
    "performancePeriodEndDate": is_day, "isExternal": lambda value: isinstance(value, bool),
    "projectId": is_id, "taskTypeId": is_id, "interval": one_of(("Once", "Monthly")),
}  # fmt: skip
COMPANY: dict[str, Check] = {
    "name": is_text, "defaultAddress": lambda value: isinstance(value, dict), "vatId": is_text,
    "debitorNumber": is_id, "companyTypes": lambda value: isinstance(value, list),
    "standardPaymentConditionId": is_id, "routingId": is_text,
    "responsibleUserIds": lambda value: isinstance(value, list),
    "subsystemIds": lambda value: isinstance(value, list),
    "customFields": lambda value: isinstance(value, list), "description": is_text,
}  # fmt: skip
ADDRESS: dict[str, Check] = dict.fromkeys(
    ("street", "houseNumber", "zipCode", "city", "country", "description", "email"), is_text
)
TAXED = "VatApplicable"
DRAFT = 21


# What settings choose from.


def own_companies(context: Context) -> Response:
    return _list(context, [{"id": 1, "name": context.tenant.name}])


def statuses(context: Context) -> Response:
    return _list(context, [_status(context, row["id"]) for row in seed()["statuses"]])


def templates(context: Context) -> Response:
    return _list(
        context,
        [
            {**row, "documentType": _name(context, row["documentType"], TYPES)}
            for row in seed()["templates"]
        ],
    )


def _name(context: Context, name: str, names: tuple[str, ...]) -> Any:
    """The schema has numbers where the live API has names."""
    return names.index(name) if context.behaviour.enums == "numbers" else name


def _status(context: Context, number: int) -> Document:
    row = next(row for row in seed()["statuses"] if row["id"] == number)
    return {
        **row,
        "documentType": _name(context, row["documentType"], TYPES),
        "documentStatusType": _name(context, row["documentStatusType"], STATUS_TYPES),
    }


# Companies.


def find_companies(context: Context) -> Response:
    rows = _found(
        context,
        context.all("company"),
        {name: _reader(name) for name in ("id", "debitorNumber", "name", "vatId", "updatedOn")},
    )
    return _list(context, [_company(context, row) for row in rows])


def read_company(context: Context, number: str) -> Response:
    return json_response(_company(context, context.get("company", number)))


def create_company(context: Context) -> Response:
    return json_response(_company(context, context.add("company", _company_fields(context))))


def replace_company(context: Context, number: str) -> Response:
    stored = context.get("company", number)
    kept: Document = {
        name: stored[name] for name in ("id", "createdOn", "created") if name in stored
    }
    saved = context.save("company", {**kept, **_company_fields(context)})
    return json_response(_company(context, saved))


def _company_fields(context: Context) -> Document:
    kept = read(context.call, body_of(context.call), COMPANY, required=["name"])
    address = kept.get("defaultAddress")
    if address is not None:
        kept["defaultAddress"] = read(
            context.call, address, ADDRESS,
            required=["street", "zipCode", "city", "country", "description"],
            where="defaultAddress: ",
        )  # fmt: skip
    # What is not named is emptied.
    return {name: kept.get(name) for name in COMPANY}


def _company(context: Context, row: Document) -> Document:
    expanded = query.word(context.call, "expand").casefold()
    hidden = {"created"}
    if "defaultaddress" not in expanded and context.call.request.method == "GET":
        hidden.add("defaultAddress")
    return {name: value for name, value in row.items() if name not in hidden}


# Documents.


def find_documents(context: Context) -> Response:
    names = (
        "id", "companyId", "documentType", "date", "number", "createdOn", "updatedOn", "note",
    )  # fmt: skip
    rows = _found(context, context.all("document"), {name: _reader(name) for name in names})
    return _list(context, [shown(context, row) for row in rows])


def read_document(context: Context, number: str) -> Response:
    return json_response(shown(context, context.get("document", number)))


def create_document(context: Context) -> Response:
    fields = _head(context, HEAD)
    fields |= {
        "documentStatusId": DRAFT, "note": None, "taxOption": TAXED, "number": None,
        "serviceType": None, "positions": [], "payments": [],
        "elements": [{"id": str(uuid.uuid4()), "type": "Grid", "index": 1, "text": None}],
    }  # fmt: skip
    return json_response(shown(context, context.add("document", fields), elements=True))


def replace_document(context: Context, number: str) -> Response:
    """What is not named becomes null."""
    stored = context.get("document", number)
    _refuse_finished(context, stored)
    fields = _head(context, UPDATE)
    kept = {
        name: stored[name]
        for name in ("id", "documentStatusId", "positions", "payments", "elements", "createdOn",
                     "created", "number")
    }  # fmt: skip
    saved = context.save(
        "document", {**kept, **{name: fields.get(name) for name in UPDATE if name != "number"}}
    )
    return json_response(shown(context, saved))


def remove_document(context: Context, number: str) -> Response:
    stored = context.get("document", number)
    _refuse_finished(context, stored)
    context.store.remove("document", context.tenant.slug, stored["id"])
    return Response(200)


def add_table(context: Context, number: str) -> Response:
    stored = context.get("document", number)
    _refuse_finished(context, stored)
    kept = read(
        context.call, body_of(context.call), {"index": is_number, "text": is_text},
        required=["index"],
    )  # fmt: skip
    element = {"id": str(uuid.uuid4()), "type": "Grid", "text": None, **kept}
    stored["elements"].append(element)
    context.save("document", stored)
    return json_response(element)


def change_status(context: Context, number: str) -> Response:
    stored = context.get("document", number)
    kept = read(
        context.call, body_of(context.call),
        {"documentStatusId": is_id, "paymentDtos": lambda value: isinstance(value, list)},
        required=["documentStatusId"],
    )  # fmt: skip
    become(context, stored, kept["documentStatusId"], kept.get("paymentDtos", []))
    # Nothing is said of it.
    return Response(200)


def become(
    context: Context, stored: Document, status: int, payments: list[dict[str, Any]]
) -> Document:
    known = {row["id"]: row for row in seed()["statuses"]}
    if status not in known or known[status]["documentType"] != stored["documentType"]:
        raise refused(400, "The status does not exist for this type of document.")
    for payment in payments:
        kept = read(
            context.call, payment,
            {"paymentDate": is_day, "amount": is_number, "typeOfPayment": one_of(PAYMENT_TYPES)},
            required=["paymentDate", "amount", "typeOfPayment"], where="paymentDtos: ",
        )  # fmt: skip
        stored["payments"].append({"id": context.next("payment"), **kept})
    stored["documentStatusId"] = status
    if known[status]["documentStatusType"] == "Sent" and not stored["number"]:
        stored["number"] = f"RE-{stored['date'][:4]}-{context.next('payment'):04}"
    return context.save("document", stored)


def create_from(context: Context, number: str) -> Response:
    original = context.get("document", number)
    kept = read(
        context.call, body_of(context.call), {"documentType": one_of(TYPES)},
        required=["documentType"],
    )  # fmt: skip
    kind = kept["documentType"]
    if kind not in ("Cancellation", "CreditNote") or original["documentType"] != "Invoice":
        raise refused(400, "This document cannot be made of that one.")
    if original["documentStatusId"] == DRAFT:
        raise refused(400, "A draft cannot be cancelled.")
    fields = {name: value for name, value in original.items() if name not in ("id", "seed")}
    made = context.add(
        "document",
        {
            **fields, "documentType": kind, "documentStatusId": 31, "number": None, "note": None,
            "payments": [],
            "positions": [
                {**one, "id": context.next("position"), "amount1": -one["amount1"]}
                for one in original["positions"]
            ],
        },
    )  # fmt: skip
    return json_response(shown(context, made))


def add_position(context: Context) -> Response:
    kept = read(
        context.call, body_of(context.call), POSITION,
        required=["documentEntityId", "documentTableId", "text", "amount1", "price", "tax"],
    )  # fmt: skip
    stored = context.store.get("document", context.tenant.slug, kept["documentEntityId"])
    if stored is None:
        raise refused(400, "The document does not exist.")
    stored = context.get("document", stored["id"])
    _refuse_finished(context, stored)
    if kept["documentTableId"] not in {one["id"] for one in stored["elements"]}:
        raise refused(400, "The table does not belong to the document.")
    if "unitId1" in kept and kept["unitId1"] not in {one["id"] for one in seed()["units"]}:
        raise refused(400, "The unit does not exist.")
    if len(stored["positions"]) + 1 == context.behaviour.failing_line:
        raise refused(500, "Internal Server Error")
    scale = 100 if context.behaviour.tax_scale == "fraction" else 1
    percent = Decimal(str(kept["tax"])) * scale
    check_rate(percent, context.behaviour)
    position = {
        **{name: kept[name] for name in kept if name not in ("documentEntityId", "tax")},
        "id": context.next("position"),
        "type": "Freetext",
        "percent": percent,
        "discount": Decimal(str(kept.get("discountPercent", 0))) * scale,
    }
    stored["positions"].append(position)
    context.save("document", stored)
    return json_response(_position(context, position))


def _head(context: Context, checks: dict[str, Check]) -> Document:
    data = body_of(context.call)
    kept = read(context.call, data, checks, required=REQUIRED)
    if isinstance(kept["documentType"], int):
        kept["documentType"] = TYPES[kept["documentType"]]
    if "number" in kept and kept["documentType"] != "IncomingInvoice":
        raise refused(400, "number can only be given for incoming invoices.")
    if context.store.get("company", context.tenant.slug, kept["companyId"]) is None:
        raise refused(400, "The value of companyId does not exist.")
    if kept["documentTemplateEntityId"] not in {row["id"] for row in seed()["templates"]}:
        raise refused(400, "The value of documentTemplateEntityId does not exist.")
    conditions = {None, *(row["id"] for row in seed()["paymentConditions"])}
    if kept.get("paymentConditionId") not in conditions:
        raise refused(400, "The value of paymentConditionId does not exist.")
    return kept


def _refuse_finished(context: Context, stored: Document) -> None:
    known = {row["id"]: row["documentStatusType"] for row in seed()["statuses"]}
    if known[stored["documentStatusId"]] != "Draft":
        raise refused(400, "Only drafts can be changed.")


def totals(row: Document, rounding: str) -> tuple[Decimal, Decimal]:
    lines = [
        (
            line_net(one["amount1"], one["price"], one["discount"]),
            Decimal(str(one["percent"] if row.get("taxOption") in (TAXED, None) else 0)),
        )
        for one in row["positions"]
    ]
    return sums(lines, rounding)


def shown(context: Context, row: Document, *, elements: bool = False) -> Document:
    expanded = query.word(context.call, "expand").casefold().split(",")
    net, tax = totals(row, context.behaviour.rounding)
    entity = {
        name: value
        for name, value in row.items()
        if name not in ("positions", "payments", "elements", "seed", "created", "documentStatusId")
    }
    entity |= {
        "documentType": _name(context, row["documentType"], TYPES),
        "documentStatusEntityId": row["documentStatusId"],
        "netValue": net, "taxValue": tax, "grossValue": net + tax,
    }  # fmt: skip
    if elements or "orderedelements" in expanded:
        entity["orderedElements"] = row["elements"]
    if "positions" in expanded:
        entity["positions"] = [_position(context, one) for one in row["positions"]]
    if "payments" in expanded:
        entity["payments"] = row["payments"]
    if "documentstatusentity" in expanded:
        entity["documentStatusEntity"] = _status(context, row["documentStatusId"])
    return entity


def _position(context: Context, row: Document) -> Document:
    scale = 100 if context.behaviour.tax_scale == "fraction" else 1
    net = line_net(row["amount1"], row["price"], row["discount"])
    entity = {name: value for name, value in row.items() if name not in ("percent", "discount")}
    percent = Decimal(str(row["percent"]))
    return {**entity, "tax": percent / scale, "totalNetValue": net}


# Lists.


def _reader(name: str) -> Any:
    return lambda row: row.get(name)


def _found(context: Context, rows: list[Document], allowed: dict[str, Any]) -> list[Document]:
    if context.behaviour.words == "ignored":
        return rows
    rows = query.filtered(rows, query.word(context.call, "filter"), allowed)
    return query.ordered(rows, query.word(context.call, "orderby"))


def _list(context: Context, rows: list[Document]) -> Response:
    top, skip = query.page(context.call, "")
    if context.behaviour.words == "ignored":
        top, skip = query.MOST, 0
    more = len(rows) > skip + top
    link = f"https://api.hellohq.io/v2{context.call.path}?top={top}&skip={skip + top}"
    headers = {"helloHQ-Count": str(len(rows)), "helloHQ-NextLink": link if more else ""}
    return json_response(rows[skip : skip + top], headers=headers)
