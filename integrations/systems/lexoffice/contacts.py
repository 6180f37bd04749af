"""Customers of Lexware Office: found, created, changed as a whole. Section 5 of the contract."""

import copy
from typing import Any

from django.utils.translation import gettext as _

from integrations.ports import Partner, PartnerChanges, PartnerDetails, Rejected
from integrations.systems.lexoffice.assumptions import MOST_TRIES_WHEN_STALE
from integrations.systems.lexoffice.client import Client, Json, Refused, filter_text, text_of
from integrations.systems.lexoffice.letters import plain, shortened
from integrations.systems.lexoffice.sentences import sentence_of

FOUND = 20
SHORTEST_FILTER = 3
EMAIL_KINDS = ("business", "office", "private", "other")
LISTS = ("emailAddresses", "phoneNumbers", "addresses")


def list_partners(client: Client, limit: int) -> list[Partner]:
    try:
        rows = client.pages("/contacts", {"customer": "true"}, most=limit)
        return [partner_of(row) for row in rows][:limit]
    except Refused as refused:
        raise Rejected(sentence_of(refused.violations)) from None


def search_partners(client: Client, text: str) -> list[Partner]:
    """By number, e-mail or name. The service itself finds nothing for fewer than three letters."""
    text = " ".join(plain(text).split())
    queries: list[dict[str, str]] = []
    if text.isascii() and text.isdecimal() and len(text) <= 9:
        queries.append({"number": text})
    elif "@" in text:
        queries.append({"email": filter_text(text)})
    if len(text) >= SHORTEST_FILTER and "@" not in text:
        queries.append({"name": filter_text(text)})
    found: dict[str, Partner] = {}
    try:
        for query in queries:
            answer = client.get("/contacts", {**query, "customer": "true", "size": str(FOUND)})
            for row in answer.get("content") or []:
                partner = partner_of(row)
                found.setdefault(partner.id, partner)
    except Refused as refused:
        raise Rejected(sentence_of(refused.violations)) from None
    return list(found.values())[:FOUND]


def read_partner(client: Client, remote_id: str) -> Partner:
    return partner_of(_read(client, remote_id))


def create_partner(client: Client, details: PartnerDetails) -> Partner:
    """Numbers are given there, so a second one would be noticed by nobody: look first."""
    name = plain(details.name)
    if len(name) >= SHORTEST_FILTER:
        for one in search_partners(client, name):
            if one.name.casefold() == name.casefold():
                raise Rejected(
                    _("Lexware Office has “%(name)s” with the customer number %(number)s already."
                      " Link that one.")
                    % {"name": one.name, "number": one.number or "–"}
                )  # fmt: skip
    try:
        done = client.write("POST", "/contacts", contact_body(details))
    except Refused as refused:
        raise Rejected(sentence_of(refused.violations)) from None
    return read_partner(client, text_of(done, "id"))


def update_partner(client: Client, remote_id: str, changes: PartnerChanges) -> Partner:
    """The whole contact is written anew in the version read; somebody else may be quicker."""
    for tries_left in reversed(range(MOST_TRIES_WHEN_STALE)):
        stored = _read(client, remote_id)
        body = changed(stored, changes)
        if body == stored:
            return partner_of(stored)
        if _has_several(stored):
            raise Rejected(
                _("Lexware Office lets no other program change a customer with several addresses,"
                  " e-mail addresses, phone numbers or contact persons. Change it there.")
            )  # fmt: skip
        try:
            client.write("PUT", f"/contacts/{remote_id}", body)
            return read_partner(client, remote_id)
        except Refused as refused:
            if not refused.is_stale:
                raise Rejected(sentence_of(refused.violations)) from None
            if not tries_left:
                raise Rejected(
                    _("Somebody is changing this customer in Lexware Office. Try again soon.")
                ) from None
    raise AssertionError("the last try returns or raises")


def _read(client: Client, remote_id: str) -> Json:
    try:
        found = client.get(f"/contacts/{remote_id}")
    except Refused as refused:
        if refused.status == 404:
            raise Rejected(
                _("This customer does not exist in Lexware Office any more. Link another one.")
            ) from None
        raise Rejected(sentence_of(refused.violations)) from None
    text_of(found, "id")
    return found


# To their words and back.


def partner_of(data: Any) -> Partner:
    data = _dict(data)
    company, person = _dict(data.get("company")), _dict(data.get("person"))
    address = _first(_dict(data.get("addresses")).get("billing"))
    contact = _first(company.get("contactPersons"))
    emails = _dict(data.get("emailAddresses"))
    email = next(
        (
            str(found[0])
            for name in EMAIL_KINDS
            if isinstance(found := emails.get(name), list) and found
        ),
        str(contact.get("emailAddress") or ""),
    )
    customer = _dict(_dict(data.get("roles")).get("customer"))
    return Partner(
        id=text_of(data, "id"),
        name=str(company.get("name") or _full_name(person)),
        number=str(customer.get("number") or ""),
        business_id=str(company.get("vatRegistrationId") or company.get("taxNumber") or ""),
        street=str(address.get("street") or ""),
        postal_code=str(address.get("zip") or ""),
        city=str(address.get("city") or ""),
        country=str(address.get("countryCode") or ""),
        email=email,
        contact_name=_full_name(contact),
        is_active=data.get("archived") is not True,
    )


def contact_body(details: PartnerDetails) -> Json:
    name = shortened(details.name, 255)
    if not name:
        raise Rejected(_("The customer has no name."))
    company: Json = {"name": name}
    if details.vat_id:
        company["vatRegistrationId"] = details.vat_id.replace(" ", "")
    if details.contact_name:
        company["contactPersons"] = [_person(details.contact_name)]
    body: Json = {"version": 0, "roles": {"customer": {}}, "company": company}
    if details.country:
        address = {
            "street": plain(details.street),
            "zip": plain(details.postal_code),
            "city": plain(details.city),
            "countryCode": details.country,
        }
        body["addresses"] = {"billing": [{key: value for key, value in address.items() if value}]}
    if details.email:
        body["emailAddresses"] = {"business": [details.email]}
    if details.number:
        body["note"] = shortened(f"LASKURI-CUSTOMER:{details.number}", 1000)
    return body


def changed(stored: Json, changes: PartnerChanges) -> Json:
    """All that was there, with what is new in its place."""
    body = copy.deepcopy(stored)
    if changes.email and partner_of(stored).email != changes.email:
        emails = _dict(body.get("emailAddresses"))
        used = next(
            (name for name in ("business", "office", "private", "other") if emails.get(name)),
            "business",
        )
        body["emailAddresses"] = {**emails, used: [changes.email]}
    if changes.contact_name and partner_of(stored).contact_name != changes.contact_name:
        company = _dict(body.get("company"))
        if company:
            person = {**_first(company.get("contactPersons")), **_person(changes.contact_name)}
            body["company"] = {**company, "contactPersons": [person]}
    return body


def _has_several(stored: Json) -> bool:
    lists = [value for name in LISTS for value in _dict(stored.get(name)).values()]
    lists.append(_dict(stored.get("company")).get("contactPersons"))
    return any(isinstance(value, list) and len(value) > 1 for value in lists)


def _person(name: str) -> Json:
    first, _blank, last = shortened(name, 120).rpartition(" ")
    return {"firstName": first, "lastName": last} if first else {"lastName": last}


def _full_name(person: Json) -> str:
    parts = (str(person.get("firstName") or ""), str(person.get("lastName") or ""))
    return " ".join(part for part in parts if part)


def _dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _first(value: Any) -> Json:
    return _dict(value[0]) if isinstance(value, list) and value else {}
