"""The organisation, the list of all vouchers, and what was paid."""

from datetime import date
from typing import Any

from integrations.sandbox.store import Document
from integrations.sandbox.web import Response, json_response
from integrations.systems.lexoffice.sandbox import organisations
from integrations.systems.lexoffice.sandbox.context import BERLIN, Context, moment, page_of, refused
from integrations.systems.lexoffice.sandbox.documents import open_amount

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
    found = []
    for stored in context.store.find("document", context.slug, order="id DESC"):
        row = _row(stored)
        if (
            (types == "any" or row["voucherType"] in types.split(","))
            and (statuses == "any" or row["voucherStatus"] in statuses.split(","))
            and _passes(context, row)
        ):
            found.append(row)
    return page_of(context, found)


def _passes(context: Context, row: dict[str, Any]) -> bool:
    if context.one("voucherNumber") and row["voucherNumber"] != context.one("voucherNumber"):
        return False
    if context.one("contactId") and row["contactId"] != context.one("contactId"):
        return False
    for name, column in DATES.items():
        at = moment(row[column])
        on = at.astimezone(BERLIN).date() if at else date.min
        for suffix, is_wrong in (("From", on.__lt__), ("To", on.__gt__)):
            text = context.one(name + suffix)
            if not text:
                continue
            try:
                given = date.fromisoformat(text)
            except ValueError:
                raise refused(400, f"Invalid {name}{suffix}", context.call.path) from None
            if is_wrong(given):
                return False
    return True


def _row(stored: Document) -> dict[str, Any]:
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
