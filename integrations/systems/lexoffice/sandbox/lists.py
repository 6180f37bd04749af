"""The organisation, the list of all vouchers, and what was paid."""

import json
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from integrations.sandbox.store import Document
from integrations.sandbox.web import Response, json_response
from integrations.systems.lexoffice.sandbox import organisations
from integrations.systems.lexoffice.sandbox.context import BERLIN, Context, moment, page_of, refused
from integrations.systems.lexoffice.sandbox.documents import open_amount

EXACT = ("voucherNumber", "contactId")
DATES = {"voucherDate": "voucherDate", "createdDate": "createdDate", "updatedDate": "updatedDate"}


def profile(context: Context) -> Response:
    context.needs("profile.read")
    organisation = context.organisation
    return json_response(
        {
            "organizationId": organisation.uuid,
            "companyName": organisation.name,
            "created": {
                "userId": organisations.stable_id(organisation.slug, "user"),
                "userName": "Ella Beispiel",
                "userEmail": f"ella@{organisation.slug}.example",
                "date": "2024-01-08T09:00:00.000+01:00",
            },
            "connectionId": context.connection,
            "taxType": organisation.tax_type,
            "smallBusiness": organisation.small_business,
            "distanceSalesPrinciple": None,
            "businessFeatures": list(organisation.features),
            "subscriptionStatus": "active",
        }
    )


def countries(context: Context) -> Response:
    return json_response([{"countryCode": code} for code in organisations.COUNTRIES])


def categories(context: Context) -> Response:
    return json_response(organisations.categories(context.organisation))


def layouts(context: Context) -> Response:
    return json_response(organisations.layouts(context.organisation))


def voucherlist(context: Context) -> Response:
    context.needs("voucherlist.read")
    types, statuses = context.one("voucherType"), context.one("voucherStatus")
    if not types or not statuses:
        raise refused(400, "voucherType and voucherStatus are mandatory", context.call.path)
    allowed = {
        "voucherType": None if types == "any" else types.split(","),
        "voucherStatus": None if statuses == "any" else statuses.split(","),
        **{name: [text] for name in EXACT if (text := context.one(name))},
    }
    wanted = [(name, values) for name, values in allowed.items() if values is not None]
    spans = _spans(context)
    return page_of(
        context,
        [
            row
            for row in map(_row, context.store.texts("document", context.slug))
            if all(row[name] in values for name, values in wanted)
            and all(first <= _day(row[column]) <= last for column, first, last in spans)
        ],
    )


def _spans(context: Context) -> list[tuple[str, date, date]]:
    """By column the first and the last day that are asked for, where any is."""
    return [
        (
            column,
            _asked(context, f"{name}From") or date.min,
            _asked(context, f"{name}To") or date.max,
        )
        for name, column in DATES.items()
        if context.one(f"{name}From") or context.one(f"{name}To")
    ]


def _asked(context: Context, name: str) -> date | None:
    text = context.one(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise refused(400, f"Invalid {name}", context.call.path) from None


@lru_cache(maxsize=10_000)
def _day(text: str) -> date:
    at = moment(text)
    return at.astimezone(BERLIN).date() if at else date.min


@lru_cache(maxsize=10_000)
def _row(text: str) -> Mapping[str, Any]:
    """Of a document as it is stored; the same document makes the same row."""
    stored: Document = json.loads(text)
    sent = stored["sent"]
    return {
        "id": stored["uuid"],
        "voucherType": stored["kind"],
        "voucherStatus": stored["voucherStatus"],
        "voucherNumber": stored["voucherNumber"],
        "voucherDate": sent["voucherDate"],
        "createdDate": stored["created"],
        "updatedDate": stored.get("updated", stored["created"]),
        "dueDate": stored["dueDate"],
        "contactId": sent.get("contactId") or (sent.get("address") or {}).get("contactId"),
        "contactName": stored["contactName"],
        "totalAmount": stored["totalPrice"]["totalGrossAmount"],
        "openAmount": open_amount(stored),
        "currency": "EUR",
        "archived": False,
    }


def payments(context: Context, uuid: str) -> Response:
    context.needs("payments.read")
    stored = context.get("document", uuid)
    if stored["voucherStatus"] == "draft":
        raise refused(406, "Voucher is a draft", context.call.path)
    still_open = open_amount(stored)
    answer: dict[str, Any] = {
        "openAmount": str(still_open),  # at times a text
        "currency": "EUR",
        "paymentStatus": "openRevenue" if still_open else "balanced",
        "voucherType": stored["kind"],
        "voucherStatus": stored["voucherStatus"],
        "paymentItems": stored["payments"],
    }
    if not still_open and stored["payments"]:
        answer["paidDate"] = stored["payments"][-1]["postingDate"]
    return json_response(answer)
