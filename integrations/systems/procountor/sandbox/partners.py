"""The register of business partners."""

import copy
from typing import Any

from integrations.sandbox.store import Document
from integrations.sandbox.web import Response, json_response
from integrations.systems.procountor.sandbox import checks, codes
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

PATCHED = ("name", "type", "address", "invoicingInfo", "paymentInfo")


def find(context: Context) -> Response:
    conditions: Conditions = []
    for name, column, known in (
        ("customerNumber", "$.invoicingInfo.customerNumber", None),
        ("type", "$.type", codes.PARTNER_TYPES),
        ("identifierType", "$.invoicingInfo.identifierType", None),
        ("partnerGroup", "$.partnerGroup", None),
        ("mainGroup", "$.mainGroup", None),
    ):
        value = context.one(name)
        if value is None:
            continue
        if known is not None and value not in known:
            raise refused(400, f"Value of the '{name}' field is invalid: {value}")
        conditions.append((f"json_extract(body, '{column}') = ?", value))
    active = (context.one("active") or "true").lower()
    if active not in ("true", "false"):
        raise refused(400, "Value of the 'active' field is invalid: must be true or false")
    column = "coalesce(json_extract(body, '$.registryInfo.active'), 1) = ?"
    conditions.append((column, int(active == "true")))
    conditions += day_range(
        context, "json_extract(body, '$.version')", "versionStartDate", "versionEndDate"
    )
    # Name and identifier come as headers.
    name, identifier = (context.call.request.header(which) for which in ("name", "identifier"))
    if name:
        conditions.append(("instr(fold(json_extract(body, '$.name')), ?)", name.casefold()))
    if identifier:
        conditions.append(("json_extract(body, '$.invoicingInfo.identifier') = ?", identifier))
    return search(context, "partner", conditions)


def read(context: Context, numbers: str) -> Response:
    return read_many(context, "partner", numbers, "Business partner")


def create(context: Context) -> Response:
    findings = Findings()
    fields = context.body(findings)
    _check(fields)
    context.conclude(findings)
    partner = {
        **_written(fields),
        "id": context.store.next_number("partner", context.slug, FIRST["partner"]),
        "version": next_version(),
    }
    context.store.put("partner", context.slug, partner)
    return json_response(partner)


def replace(context: Context, number: str) -> Response:
    """Everything is overwritten: what is not sent is gone."""
    stored = context.get("partner", number, "Business partner")
    findings = Findings()
    fields = context.body(findings)
    _check(fields)
    check_version(fields, fields.data.get("version"), stored)
    context.conclude(findings)
    return _save(context, stored, _written(fields))


def patch(context: Context, number: str) -> Response:
    stored = context.get("partner", number, "Business partner")
    findings = Findings()
    changes = context.body(findings)
    for name in changes.data.keys() - {"id", "version", *PATCHED}:
        changes.refuse(name, "cannot be changed by PATCH")
    if changes.data.get("id") not in (None, stored["id"]):
        changes.refuse("id", "cannot be changed")
    check_version(changes, changes.data.get("version") or context.one("version"), stored)
    merged = copy.deepcopy(stored)
    for name in PATCHED:
        if name in changes.data:
            merged[name] = _merge(merged.get(name), changes.data[name])
    _check(Fields(merged, "", findings))
    context.conclude(findings)
    return _save(context, stored, merged)


def _merge(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{name: _merge(old.get(name), value) for name, value in new.items()}}
    return new


def _save(context: Context, stored: Document, partner: Document) -> Response:
    partner |= {"id": stored["id"], "version": next_version(stored["version"])}
    context.store.put("partner", context.slug, partner)
    return json_response(partner)


def _written(fields: Fields) -> Document:
    partner = {name: copy.deepcopy(fields.data[name]) for name in fields.known()}
    partner.setdefault("registryInfo", {"active": True})
    return partner


def _check(fields: Fields) -> None:
    fields.ignore(["id", "version"])
    fields.text("name", 80, low=1, required=True)
    kind = fields.choice("type", codes.PARTNER_TYPES, required=True)
    if kind == "PERSON":
        fields.refuse("type", "persons cannot be created over the API")
    for name in ("phone", "partnerGroup", "mainGroup"):
        fields.text(name)
    address = fields.object("address", required=kind == "CUSTOMER")
    if address:
        for name, high in {
            "name": 80, "specifier": 80, "street": 80, "zip": 20, "city": 40, "subdivision": 35,
        }.items():  # fmt: skip
            address.text(name, high)
        address.choice("country", codes.COUNTRIES)
        address.finish()
    _check_payment(fields.object("paymentInfo", required=True))
    _check_invoicing(fields.object("invoicingInfo"))
    registry = fields.object("registryInfo")
    if registry:
        registry.boolean("active")
    fields.finish()


def _check_payment(payment: Fields | None) -> None:
    if payment is None:
        return
    payment.choice("paymentMethod", codes.PAYMENT_METHODS, required=True)
    payment.choice("currency", codes.CURRENCIES)
    payment.text("bankAccount")
    days = payment.text("paymentTermDays")
    if days and not (days.isdecimal() and len(days) <= 3):
        payment.refuse("paymentTermDays", "must be a number of days from 0 to 999")
    payment.number("penalInterestRate", low=0, high=100, scale=2)
    payment.number("discountPercentage", low=0, high=100, scale=4)
    payment.choice("deliveryMethod", codes.DELIVERY_METHODS)
    payment.finish()


def _check_invoicing(invoicing: Fields | None) -> None:
    if invoicing is None:
        return
    for name in (
        "customerNumber", "identifierType", "ovt", "einvoiceAddress", "einvoiceOperator",
    ):  # fmt: skip
        invoicing.text(name)
    for name in ("orderReference", "buyerReferenceIdentifier", "sellerReferenceIdentifier"):
        invoicing.text(name, 70)
    invoicing.choice("invoiceChannel", codes.CHANNELS)
    invoicing.choice("language", codes.LANGUAGES)
    invoicing.email("email")
    identifier = invoicing.text("identifier")
    if (
        identifier
        and invoicing.data.get("identifierType") == "FI"
        and not checks.is_business_id(identifier)
    ):
        invoicing.refuse("identifier", "ERROR_BRN_CODE")
    invoicing.finish()
