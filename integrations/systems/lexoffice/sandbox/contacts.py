"""Contacts: checked with the older shape of errors, replaced as a whole, never deleted."""

import html
import re
from typing import Any
from uuid import uuid4

from integrations.sandbox.store import Document
from integrations.sandbox.web import Response, json_response
from integrations.systems.lexoffice.sandbox.context import Context, done, issues, now, page_of
from integrations.systems.lexoffice.sandbox.organisations import COUNTRIES, FIRST_NUMBER

type Issues = list[tuple[str, str]]

EMAIL_KINDS = {"business", "office", "private", "other"}
PHONE_KINDS = {"business", "office", "mobile", "private", "fax", "other"}
FIELDS = {"company", "person", "addresses", "emailAddresses", "phoneNumbers", "xRechnung", "note"}


def create(context: Context) -> Response:
    context.needs("contacts.write")
    body = context.body()
    if body.get("version") != 0:
        raise issues([("version", "invalid_value")])
    _check(body)
    roles = _roles(context, body["roles"], {})
    stored = {
        "id": context.store.next_number("contact", context.slug, 1),
        "uuid": str(uuid4()),
        "version": 1,
        "created": now(),
        "roles": roles,
        "archived": False,
        **{name: body[name] for name in FIELDS if name in body},
    }
    context.store.put("contact", context.slug, stored)
    context.call.documents.append(stored["id"])
    context.tell("contact.created", stored["uuid"])
    return done(context, stored, 201, "contacts")


def replace(context: Context, uuid: str) -> Response:
    context.needs("contacts.write")
    stored = context.get("contact", uuid)
    body = context.body()
    if body.get("version") != stored["version"]:
        raise issues([("version", "invalid_value")], context.stale_status)
    if _has_several(stored):
        raise issues([("addresses.billing.size", "invalid_value")])
    _check(body)
    changed = {
        **{name: stored[name] for name in ("id", "uuid", "created", "archived")},
        "updated": now(),
        "version": stored["version"] + 1,
        "roles": _roles(context, body["roles"], stored["roles"]),
        **{name: body[name] for name in FIELDS if name in body},
    }
    context.store.put("contact", context.slug, changed)
    context.tell("contact.changed", uuid)
    return done(context, changed, 200, "contacts")


def read(context: Context, uuid: str) -> Response:
    context.needs("contacts.read")
    return json_response(shown(context.get("contact", uuid), context))


def find(context: Context) -> Response:
    context.needs("contacts.read")
    for name in ("name", "email"):
        text = context.one(name)
        if text and len(text) < 3:
            raise issues([(name, "size")], 400)
    number = context.one("number")
    if number and not number.isdecimal():
        raise issues([("number", "invalid_value")], 400)
    rows = context.store.find("contact", context.slug, order="id")
    found = [
        row
        for row in rows
        if _matches(context.one("name"), name_of(row))
        and (
            not context.one("email")
            or any(_matches(context.one("email"), one) for one in _emails(row))
        )
        and (not number or str(row["roles"].get("customer", {}).get("number")) == number)
        and (context.one("customer") != "true" or "customer" in row["roles"])
    ]
    return page_of(context, [shown(row, context) for row in found])


def name_of(contact: Document) -> str:
    person = contact.get("person") or {}
    full = f"{person.get('firstName') or ''} {person.get('lastName') or ''}".strip()
    return str((contact.get("company") or {}).get("name") or full)


def shown(contact: Document, context: Context) -> dict[str, Any]:
    hidden = ("uuid", "created", "updated")
    return {
        **{name: value for name, value in contact.items() if name not in hidden},
        "id": contact["uuid"],
        "organizationId": context.organisation.uuid,
    }


def _matches(pattern: str, text: str) -> bool:
    """The pattern is encoded for HTML; `_` and `%` are wildcards unless behind a backslash."""
    if not pattern:
        return True
    if re.search(r"&(?!amp;|lt;|gt;|quot;|#)|[<>]", pattern):
        return False  # as the service: what is not encoded finds nothing
    parts, escaped = [], False
    for letter in html.unescape(pattern):
        if escaped:
            parts.append(re.escape(letter))
            escaped = False
        elif letter == "\\":
            escaped = True
        else:
            parts.append({"_": ".", "%": ".*"}.get(letter, re.escape(letter)))
    return re.search("".join(parts), text, re.IGNORECASE | re.DOTALL) is not None


def _emails(contact: Document) -> list[str]:
    return [str(one) for found in (contact.get("emailAddresses") or {}).values() for one in found]


def _has_email(contact: Document, pattern: str) -> bool:
    return not pattern or any(_matches(pattern, one) for one in _emails(contact))


def _roles(context: Context, asked: dict[str, Any], stored: dict[str, Any]) -> dict[str, Any]:
    """Numbers are given here and cannot be changed."""
    roles: dict[str, Any] = {}
    for name in ("customer", "vendor"):
        if name in asked:
            roles[name] = stored.get(name) or {
                "number": context.store.next_number(name, context.slug, FIRST_NUMBER["customer"])
            }
    return roles


def _has_several(stored: Document) -> bool:
    groups = [
        *(stored.get("addresses") or {}).values(),
        *(stored.get("emailAddresses") or {}).values(),
    ]
    return any(len(group) > 1 for group in groups)


def _check(body: dict[str, Any]) -> None:
    found: Issues = []
    roles, company, person = body.get("roles"), body.get("company"), body.get("person")
    if not isinstance(roles, dict) or not {"customer", "vendor"} & roles.keys():
        found.append(("roles.customer or roles.vendor", "missing_entity"))
    if not company and not person:
        found.append(("company or person", "missing_entity"))
    if company and person:
        found.append(("company and person", "invalid_value"))
    if isinstance(person, dict) and not str(person.get("lastName") or "").strip():
        found.append(("person.lastName", "missing_entity"))
    if len(str(body.get("note") or "")) > 1000:
        found.append(("note", "invalid_value"))
    found += [*_in_company(company), *_in_addresses(body), *_in_lists(body)]
    if found:
        raise issues(found)


def _in_company(company: Any) -> Issues:
    found: Issues = []
    if isinstance(company, dict):
        if not str(company.get("name") or "").strip():
            found.append(("company.name", "missing_entity"))
        people = company.get("contactPersons") or []
        if len(people) > 1:
            found.append(("company.contactPersons.size", "invalid_value"))
        if any(
            not str(one.get("lastName") or "").strip() for one in people if isinstance(one, dict)
        ):
            found.append(("company.contactPersons.lastName", "missing_entity"))
    return found


def _in_addresses(body: dict[str, Any]) -> Issues:
    found: Issues = []
    addresses = body.get("addresses") or {}
    for kind in ("billing", "shipping"):
        group = addresses.get(kind) or []
        if len(group) > 1:
            found.append((f"addresses.{kind}.size", "invalid_value"))
        for address in group:
            if address.get("countryCode") not in COUNTRIES:
                found.append(("countryCode", "countrycode_is_not_valid"))
    return found


def _in_lists(body: dict[str, Any]) -> Issues:
    found: Issues = []
    for name, kinds in (("emailAddresses", EMAIL_KINDS), ("phoneNumbers", PHONE_KINDS)):
        for kind, group in (body.get(name) or {}).items():
            if kind not in kinds or not isinstance(group, list):
                found.append((f"{name}.{kind}", "invalid_value"))
            elif len(group) > 1:
                found.append((f"{name}.{kind}.size", "invalid_value"))
    return found
