"""The companies of the sandbox, as `seed.json` describes them, and what all of them have."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from integrations.sandbox.store import Document, Store

FIRST = {
    "Contact": 880011, "ContactAddress": 640001, "CommunicationWay": 720001, "Invoice": 7700101,
    "InvoicePos": 990501, "CreditNote": 7900101, "CreditNotePos": 995501, "Email": 31001,
    "Log": 4401, "File": 1,
}  # fmt: skip
# The United Kingdom is there twice.
COUNTRIES = {
    1: ("de", "Deutschland"), 2: ("ch", "Schweiz"), 3: ("at", "Österreich"),
    7: ("fr", "Frankreich"),
    8: ("fi", "Finnland"), 9: ("se", "Schweden"), 10: ("dk", "Dänemark"), 11: ("nl", "Niederlande"),
    12: ("gb", "Vereinigtes Königreich"), 13: ("it", "Italien"), 14: ("es", "Spanien"),
    15: ("pl", "Polen"), 16: ("be", "Belgien"), 17: ("us", "Vereinigte Staaten"),
    18: ("no", "Norwegen"), 19: ("gb", "Großbritannien"), 20: ("ie", "Irland"),
    21: ("cz", "Tschechien"), 22: ("lu", "Luxemburg"), 23: ("ee", "Estland"),
}  # fmt: skip
CATEGORIES = {
    "Contact": {2: "Lieferant", 3: "Kunde", 4: "Partner", 28: "Interessent"},
    "ContactAddress": {43: "Arbeit", 44: "Privat", 47: "Rechnungsanschrift"},
}
ADDRESS_KEYS = {1: "Privat", 2: "Arbeit", 3: "Fax", 5: "Ohne", 8: "Rechnungsadresse"}
PAYMENT_METHODS = {21919: "Überweisung", 21920: "Lastschrift"}
# Meaning, the rates that may stand with it (None: those of the country it goes to), and for whom.
TAX_RULES: dict[str, tuple[str, tuple[str, ...] | None]] = {
    "1": ("Umsatzsteuerpflichtige Umsätze", ("0", "7", "19")),
    "2": ("Ausfuhren", ("0",)),
    "3": ("Innergemeinschaftliche Lieferungen", ("0", "7", "19")),
    "4": ("Steuerfreie Umsätze § 4 UStG", ("0",)),
    "5": ("Reverse Charge gem. § 13b UStG", ("0",)),
    "11": ("Steuer nicht erhoben nach § 19 UStG", ("0",)),
    "17": ("Nicht im Inland steuerbare Leistung", ("0",)),
    "18": ("One Stop Shop (Waren)", None),
    "19": ("One Stop Shop (elektronische Dienstleistung)", None),
    "20": ("One Stop Shop (andere Dienstleistung)", None),
    "21": ("Reverse Charge gem. § 18b UStG", ("0",)),
}
OSS = ("18", "19", "20")
TAX_TYPES = ("default", "eu", "noteu", "custom", "ss")
# For a time old words are still taken by the new bookkeeping.
RULE_OF_TYPE = {"default": "1", "eu": "3", "ss": "11"}


@dataclass(frozen=True)
class Company:
    slug: str
    id: int
    name: str
    token: str
    version: str
    is_small: bool
    sequences: dict[str, list[Any]]
    users: list[dict[str, Any]]
    unities: dict[str, int]
    contacts: list[dict[str, Any]]
    tax_sets: dict[str, str]

    @property
    def check_accounts(self) -> list[Document]:
        return [
            {"id": 3301, "objectName": "CheckAccount", "name": "Kasse", "type": "offline",
             "currency": "EUR", "defaultAccount": "0", "status": "100"},
            {"id": 3302, "objectName": "CheckAccount", "name": "Geschäftskonto", "type": "online",
             "currency": "EUR", "defaultAccount": "1", "status": "100"},
        ]  # fmt: skip


@cache
def companies() -> dict[str, Company]:
    loaded = json.loads((Path(__file__).parent / "seed.json").read_text("utf-8"))
    return {
        entry["slug"]: Company(
            slug=entry["slug"],
            id=entry["id"],
            name=entry["name"],
            token=entry["token"],
            version=entry["version"],
            is_small=entry["isSmall"],
            sequences=entry["sequences"],
            users=entry["users"],
            unities=entry["unities"],
            contacts=entry["contacts"],
            tax_sets=entry.get("taxSets", {}),
        )
        for entry in loaded["companies"]
    }


def fill(store: Store, company: Company, now: str) -> None:
    """What the company had before anybody connected; once."""
    if store.count("Contact", company.slug):
        return
    for plan in company.contacts:
        contact = {
            "id": store.next_number("Contact", company.slug, FIRST["Contact"]),
            "objectName": "Contact",
            "name": plan.get("name"),
            "surename": plan.get("surename"),
            "familyname": plan.get("familyname"),
            "customerNumber": plan["customerNumber"],
            "vatNumber": plan["vatNumber"] or None,
            "buyerReference": plan.get("buyerReference"),
            "defaultTimeToPay": plan.get("days"),
            "status": 1000,
            "category": {"id": plan.get("category", 3), "objectName": "Category"},
            "parent": None,
            "create": now,
            "update": now,
        }
        store.put("Contact", company.slug, contact)
        reference = {"id": contact["id"], "objectName": "Contact"}
        address = {
            "id": store.next_number("ContactAddress", company.slug, FIRST["ContactAddress"]),
            "objectName": "ContactAddress",
            "contact": reference,
            "street": plan["street"],
            "zip": plan["zip"],
            "city": plan["city"],
            "country": {"id": 1, "objectName": "StaticCountry"},
            "category": {"id": 43, "objectName": "Category"},
        }
        store.put("ContactAddress", company.slug, address)
        if email := plan.get("email"):
            way = {
                "id": store.next_number(
                    "CommunicationWay", company.slug, FIRST["CommunicationWay"]
                ),
                "objectName": "CommunicationWay",
                "contact": reference,
                "type": "EMAIL",
                "value": email,
                "key": {"id": 2, "objectName": "CommunicationWayKey"},
                "main": True,
            }
            store.put("CommunicationWay", company.slug, way)
