"""Contacts, their addresses and ways to reach them."""

import re
from typing import Any

from integrations.sandbox.store import Document
from integrations.sandbox.web import Response
from integrations.systems.sevdesk.sandbox.company import ADDRESS_KEYS, CATEGORIES, COUNTRIES
from integrations.systems.sevdesk.sandbox.context import Context, as_id, now, refused

FIELDS = (
    "name", "surename", "familyname", "status", "customerNumber", "parent", "vatNumber",
    "taxNumber", "exemptVat", "defaultTimeToPay", "description", "buyerReference",
    "governmentAgency", "bankAccount", "category",
)  # fmt: skip
WAY_TYPES = ("EMAIL", "PHONE", "WEB", "MOBILE")


def find(context: Context) -> Response:
    conditions: list[tuple[str, Any]] = []
    number = context.one("customerNumber")
    if number is not None:
        conditions.append(("json_extract(body, '$.customerNumber') = ?", number))
    if context.one("depth") != "1":
        conditions.append(("json_extract(body, '$.name') <> ?", ""))
    conditions += context.reference_filter("category")
    return context.rows("Contact", conditions)


def read(context: Context, number: str) -> Response:
    return context.answer([context.get("Contact", number)])


def create(context: Context) -> Response:
    data = context.body()
    _check(context, data)
    if not isinstance(data.get("category"), dict):
        raise refused(422, "Category is required")
    if not data.get("name") and not data.get("familyname"):
        raise refused(422, "name or familyname must be set")
    contact: Document = {
        "id": context.new_id("Contact"),
        "objectName": "Contact",
        **{name: data.get(name) for name in FIELDS},
        "create": now(),
        "update": now(),
    }
    contact["status"] = data.get("status", 100)
    context.store.put("Contact", context.slug, contact)
    return context.answer(contact, 201)


def change(context: Context, number: str) -> Response:
    contact = context.get("Contact", number)
    data = context.body()
    _check(context, data)
    contact |= {name: data[name] for name in FIELDS if name in data}
    contact["update"] = now()
    context.store.put("Contact", context.slug, contact)
    return context.answer([contact])


def _check(context: Context, data: Document) -> None:
    for name in ("name", "surename", "familyname", "customerNumber", "vatNumber", "description"):
        if data.get(name) is not None and not isinstance(data[name], str):
            raise refused(422, f"{name} must be a string")
    category = data.get("category")
    if category is not None and (
        not isinstance(category, dict)
        or category.get("objectName") != "Category"
        or as_id(category.get("id")) not in CATEGORIES["Contact"]
    ):
        raise refused(422, "Category not found")
    if data.get("parent") is not None and not context.has("Contact", data["parent"]):
        raise refused(422, "parent not found")
    days = data.get("defaultTimeToPay")
    if days is not None and as_id(days) is None:
        raise refused(422, "defaultTimeToPay must be an integer")


def remove(context: Context, number: str) -> Response:
    contact = context.get("Contact", number)
    for kind in ("Invoice", "CreditNote"):
        if context.store.count(
            kind, context.slug, [("json_extract(body, '$.contact.id') = ?", contact["id"])]
        ):
            raise refused(409, "The contact is in use")
    context.store.remove("Contact", context.slug, contact["id"])
    return context.answer([None])


def is_number_free(context: Context) -> Response:
    number = context.one("customerNumber")
    if number is None:
        raise refused(500, "Internal Server Error")
    taken = context.store.count(
        "Contact", context.slug, [("json_extract(body, '$.customerNumber') = ?", number)]
    )
    return context.answer(not taken)


def next_number(context: Context) -> Response:
    numbers = [
        int(one["customerNumber"])
        for one in context.store.find("Contact", context.slug)
        if str(one.get("customerNumber") or "").isdecimal()
    ]
    return context.answer(str(max(numbers, default=1000) + 1))


# Addresses and ways to reach them.


def find_addresses(context: Context) -> Response:
    embedded = (context.one("embed") or "").split(",")

    def shape(address: Document) -> Document:
        if "country" not in embedded:
            return address
        code, name = COUNTRIES[address["country"]["id"]]
        return {**address, "country": {**address["country"], "code": code, "name": name}}

    return context.rows("ContactAddress", context.reference_filter("contact"), shape)


def create_address(context: Context) -> Response:
    data = context.body()
    if not context.has("Contact", data.get("contact")):
        raise refused(422, "Contact must not be empty")
    country = data.get("country")
    if not isinstance(country, dict) or as_id(country.get("id")) not in COUNTRIES:
        raise refused(422, "Country is required")
    category = data.get("category")
    if (
        not isinstance(category, dict)
        or as_id(category.get("id")) not in CATEGORIES["ContactAddress"]
    ):
        raise refused(422, "Category is required")
    address = {
        "id": context.new_id("ContactAddress"),
        "objectName": "ContactAddress",
        "contact": {"id": as_id(data["contact"]["id"]), "objectName": "Contact"},
        **{name: data.get(name) for name in ("street", "zip", "city", "name", "name2")},
        "country": {"id": as_id(country["id"]), "objectName": "StaticCountry"},
        "category": {"id": as_id(category["id"]), "objectName": "Category"},
    }
    context.store.put("ContactAddress", context.slug, address)
    return context.answer(address, 201)


def find_ways(context: Context) -> Response:
    conditions = context.reference_filter("contact")
    for name in ("type", "value"):
        value = context.one(name)
        if value is not None:
            conditions.append((f"json_extract(body, '$.{name}') = ?", value))
    return context.rows("CommunicationWay", conditions)


def create_way(context: Context) -> Response:
    data = context.body()
    if not context.has("Contact", data.get("contact")):
        raise refused(422, "Contact must not be empty")
    _check_way(data)
    key = data.get("key")
    if not isinstance(key, dict) or as_id(key.get("id")) not in ADDRESS_KEYS:
        raise refused(422, "Key is required")
    way = {
        "id": context.new_id("CommunicationWay"),
        "objectName": "CommunicationWay",
        "contact": {"id": as_id(data["contact"]["id"]), "objectName": "Contact"},
        "type": data["type"],
        "value": data["value"],
        "key": {"id": as_id(key["id"]), "objectName": "CommunicationWayKey"},
        "main": data.get("main") in (True, 1, "1"),
    }
    context.store.put("CommunicationWay", context.slug, way)
    return context.answer(way, 201)


def change_way(context: Context, number: str) -> Response:
    way = context.get("CommunicationWay", number)
    data = context.body()
    way["value"] = data.get("value", way["value"])
    way["type"] = data.get("type", way["type"])
    _check_way(way)
    context.store.put("CommunicationWay", context.slug, way)
    return context.answer(way)


def _check_way(data: Document) -> None:
    if data.get("type") not in WAY_TYPES:
        raise refused(422, "type is required")
    value = data.get("value")
    if not isinstance(value, str) or not value:
        raise refused(422, "value is required")
    if data["type"] == "EMAIL" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        raise refused(422, "value is not a valid e-mail address")
