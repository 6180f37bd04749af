"""Contacts as our partners, and back. Section 3 of the contract."""

from typing import Any

from django.utils.translation import gettext as _

from integrations.ports import AdapterError, Partner, PartnerChanges, PartnerDetails, Rejected
from integrations.problems import Problem
from integrations.systems.sevdesk import assumptions
from integrations.systems.sevdesk.client import Client, Refused, unreadable
from integrations.systems.sevdesk.mapping import Json, reference
from integrations.systems.sevdesk.registers import Registers
from integrations.systems.sevdesk.sentences import NO_CONTACT, sentence_of

FOUND = 20
MOST_SEARCHED = 5000
ACTIVE = 1000


class Partners:
    def __init__(self, client: Client, registers: Registers) -> None:
        self._client = client
        self._registers = registers

    def some(self, limit: int) -> list[Partner]:
        found = []
        for row in self._client.rows("/Contact", {"depth": "1"}, most=max(limit, 1000)):
            if _is_customer(row):
                found.append(partner_of(row))
                if len(found) == limit:
                    break
        return found

    def search(self, text: str) -> list[Partner]:
        """By number first, then by what the name, the VAT id or the number contain.

        Only the filter by number is documented, and others answer everything: we look ourselves.
        """
        wanted = " ".join(text.split()).casefold()
        if not wanted:
            return []
        found = {row["id"]: row for row in self._by_number(" ".join(text.split()))}
        for row in self._client.rows("/Contact", {"depth": "1"}, most=MOST_SEARCHED):
            if _is_customer(row) and any(wanted in field for field in _searched(row)):
                found.setdefault(row["id"], row)
        return [partner_of(row) for row in list(found.values())[:FOUND]]

    def _by_number(self, number: str) -> list[Json]:
        asked = {"customerNumber": number, "depth": "1"}
        rows = self._client.rows("/Contact", asked, most=1000)
        return [row for row in rows if row.get("customerNumber") == number and _is_customer(row)]

    def read(self, remote_id: str) -> Partner:
        row = self._contact(remote_id)
        own = {"contact[id]": str(row["id"]), "contact[objectName]": "Contact"}
        addresses = self._of(row, "/ContactAddress", {**own, "embed": "country"})
        return partner_of(row, address=next(iter(addresses), {}), email=self._email(row))

    def _contact(self, remote_id: str) -> Json:
        gone = Rejected(_("This customer does not exist in sevDesk any more. Link another one."))
        if not remote_id.isdecimal():
            raise gone
        try:
            return self._client.one(f"/Contact/{remote_id}")
        except Refused as refused:
            if refused.is_missing:
                raise gone from None
            raise

    def _of(self, contact: Json, path: str, params: dict[str, str]) -> list[Json]:
        """A filter that is not known answers everything."""
        return [
            row
            for row in self._client.rows(path, params, most=1000)
            if str((row.get("contact") or {}).get("id")) == str(contact["id"])
        ]

    def _ways(self, contact: Json) -> list[Json]:
        """Its e-mail addresses, the one for invoices first."""
        own = {"contact[id]": str(contact["id"]), "contact[objectName]": "Contact", "type": "EMAIL"}
        ways = [
            row for row in self._of(contact, "/CommunicationWay", own) if row.get("type") == "EMAIL"
        ]
        return sorted(ways, key=_rank)

    def _email(self, contact: Json) -> str:
        return next((str(way.get("value") or "") for way in self._ways(contact)), "")

    def create(self, details: PartnerDetails) -> Partner:
        """Up to three calls; what the first one made is kept whatever becomes of the others."""
        for same in self._by_number(details.number) if details.number else []:
            raise Rejected(
                _("sevDesk has “%(name)s” with the customer number %(number)s already. Link that"
                  " one.")
                % {"name": partner_of(same).name, "number": details.number}
            )  # fmt: skip
        contact = self._client.send("POST", "/Contact", contact_body(details))
        if not contact.get("id"):
            raise unreadable()
        try:
            self._complete(contact, details)
        except (AdapterError, Refused):
            # Documents bring their own address; what is missing shows when both sides are compared.
            return partner_of(contact)
        return self.read(str(contact["id"]))

    def _complete(self, contact: Json, details: PartnerDetails) -> None:
        own = reference("Contact", str(contact["id"]))
        if details.country and (details.street or details.city):
            address = {
                "contact": own,
                "street": details.street,
                "zip": details.postal_code,
                "city": details.city,
                "country": reference("StaticCountry", self._registers.country(details.country)),
                "category": reference("Category", str(assumptions.BUSINESS_ADDRESS)),
            }
            self._client.send("POST", "/ContactAddress", address)
        if details.email:
            self._add_email(own, details.email)

    def _add_email(self, own: Json, email: str) -> None:
        way = {
            "contact": own,
            "type": "EMAIL",
            "value": email,
            "key": reference("CommunicationWayKey", str(assumptions.INVOICE_EMAIL)),
            "main": True,
        }
        self._client.send("POST", "/CommunicationWay", way)

    def update(self, remote_id: str, changes: PartnerChanges) -> Partner:
        """sevDesk has no versions: whoever writes last wins, so only what differs is written."""
        contact = self._contact(remote_id)
        days = changes.payment_term_days
        if days is not None and str(contact.get("defaultTimeToPay")) != str(days):
            self._client.send("PUT", f"/Contact/{remote_id}", {"defaultTimeToPay": days})
        if changes.email:
            ways = self._ways(contact)
            if not any(str(way.get("value")) == changes.email for way in ways[:1]):
                self._write_email(contact, ways, changes.email)
        return self.read(remote_id)

    def _write_email(self, contact: Json, ways: list[Json], email: str) -> None:
        for way in ways:
            if _key(way) == assumptions.INVOICE_EMAIL:
                changed = {"type": "EMAIL", "value": email}
                self._client.send("PUT", f"/CommunicationWay/{way['id']}", changed)
                return
        # Its general address stays; this one is for invoices.
        self._add_email(reference("Contact", str(contact["id"])), email)


def in_words(refused: Refused) -> Rejected:
    is_unlinked = refused.refusal.says(NO_CONTACT)
    return Rejected(
        sentence_of(refused.refusal),
        problem=Problem.NOT_LINKED if is_unlinked else Problem.REFUSED,
    )


def _is_customer(row: Json) -> bool:
    category = row.get("category") or {}
    return str(category.get("id")) != str(assumptions.SUPPLIER)


def _searched(row: Json) -> tuple[str, ...]:
    partner = partner_of(row)
    compact = partner.vat_id.replace(" ", "")
    return tuple(one.casefold() for one in (partner.name, partner.number, compact))


def _key(way: Json) -> int:
    text = str((way.get("key") or {}).get("id") or "")
    return int(text) if text.isdecimal() else 0


def _rank(way: Json) -> tuple[bool, bool]:
    return _key(way) != assumptions.INVOICE_EMAIL, str(way.get("main")) not in ("1", "True")


def partner_of(row: Json, *, address: Json | None = None, email: str = "") -> Partner:
    address = address or {}
    person = " ".join(str(row.get(part) or "") for part in ("surename", "familyname")).strip()
    days = str(row.get("defaultTimeToPay") or "")
    return Partner(
        id=str(row["id"]),
        name=str(row.get("name") or person),
        number=str(row.get("customerNumber") or ""),
        vat_id=str(row.get("vatNumber") or ""),
        street=str(address.get("street") or ""),
        postal_code=str(address.get("zip") or ""),
        city=str(address.get("city") or ""),
        country=_country(address),
        email=email,
        payment_term_days=int(days) if days.isdecimal() else None,
    )


def _country(address: Json) -> str:
    """Its code where it came along, which it does only when asked for; the id says nothing."""
    country: Any = address.get("country") or {}
    if code := country.get("code"):
        return str(code).upper()
    return "DE" if str(country.get("id")) == "1" else ""


def contact_body(details: PartnerDetails) -> Json:
    body: Json = {
        "name": details.name,
        "category": reference("Category", str(assumptions.CUSTOMER)),
        "status": ACTIVE,
    }
    for name, value in (("customerNumber", details.number), ("vatNumber", details.vat_id)):
        if value:
            body[name] = value
    if details.payment_term_days is not None:
        body["defaultTimeToPay"] = details.payment_term_days
    return body
