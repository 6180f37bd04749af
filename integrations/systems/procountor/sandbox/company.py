"""The companies of the sandbox, as `seed.json` describes them."""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from integrations.sandbox.store import Document, Store

FIRST = {"invoice": 8123001, "partner": 70001, "product": 5501, "ledger": 9123001}
VAT_PERCENTAGES = [Decimal(text) for text in ("25.5", "13.5", "10", "0")]
# 1, 3, 5 and 12 are documented. What a company has for services to the EU and for construction
# work is not, so those two numbers are made up: whoever needs them has to read this list.
VAT_STATUSES = [
    {"vatStatus": number, "description": description, "sales": sales, "purchase": purchase}
    for number, description, sales, purchase in (
        (1, "Domestic", True, True),
        (3, "Outside of the EU", True, True),
        (5, "EU community sales (product)", True, False),
        (8, "EU community acquisitions (product)", False, True),
        (12, "No VAT handling", True, True),
        (31, "EU community sales (service)", True, False),
        (32, "Construction service, reverse charge", True, False),
    )
]
DOMESTIC = 1
DELIVERY_TERMS = ["EXW", "FCA", "DAP", "DDP"]
INVOICE_TEMPLATES = [{"id": 1, "name": "Oletuspohja"}, {"id": 2, "name": "Default template"}]


@dataclass(frozen=True)
class Company:
    slug: str
    id: int
    name: str
    business_id: str
    country: str
    currency: str
    api_key: str
    user: dict[str, Any]
    closed_until: date
    bank_accounts: list[dict[str, Any]]
    partners: list[dict[str, Any]]
    products: list[dict[str, Any]]

    def owns(self, iban: str) -> bool:
        return any(
            account["iban"] == iban and account["status"] == "ACTIVE"
            for account in self.bank_accounts
        )

    def is_closed(self, day: date) -> bool:
        return day <= self.closed_until


@cache
def _seed() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((Path(__file__).parent / "seed.json").read_text("utf-8"))
    return loaded


def client() -> tuple[str, str]:
    return _seed()["client"]["id"], _seed()["client"]["secret"]


@cache
def companies() -> dict[str, Company]:
    return {
        entry["slug"]: Company(
            slug=entry["slug"],
            id=entry["id"],
            name=entry["name"],
            business_id=entry["businessId"],
            country=entry["country"],
            currency=entry["currency"],
            api_key=entry["apiKey"],
            user=entry["user"],
            closed_until=date.fromisoformat(entry["closedUntil"]),
            bank_accounts=entry["bankAccounts"],
            partners=entry["partners"],
            products=entry["products"],
        )
        for entry in _seed()["companies"]
    }


def sales_statuses() -> set[int]:
    return {int(str(entry["vatStatus"])) for entry in VAT_STATUSES if entry["sales"]}


def fill(store: Store, company: Company, version: str) -> None:
    """What the company had before anybody connected; once."""
    if store.count("partner", company.slug) or store.count("product", company.slug):
        return
    for partner in company.partners:
        store.put("partner", company.slug, _partner(store, company, partner, version))
    for product in company.products:
        number = store.next_number("product", company.slug, FIRST["product"])
        added = {"discount": 0, "active": True, "currency": company.currency, "version": version}
        store.put("product", company.slug, {"id": number, **product, **added})


def _partner(store: Store, company: Company, plan: dict[str, Any], version: str) -> Document:
    invoicing = {
        "customerNumber": plan["number"],
        "identifier": plan["identifier"],
        "identifierType": plan.get("identifierType", "FI"),
        "invoiceChannel": plan["channel"],
        "language": plan.get("language", "FINNISH"),
    }
    for name in ("email", "einvoiceAddress", "einvoiceOperator"):
        if name in plan:
            invoicing[name] = plan[name]
    return {
        "id": store.next_number("partner", company.slug, FIRST["partner"]),
        "name": plan["name"],
        "type": "CUSTOMER",
        "address": {
            "name": plan["name"],
            "street": plan["street"],
            "zip": plan["zip"],
            "city": plan["city"],
            "country": plan.get("country", company.country),
        },
        "invoicingInfo": invoicing,
        "paymentInfo": {
            "paymentMethod": "BANK_TRANSFER",
            "currency": company.currency,
            "paymentTermDays": plan["days"],
        },
        "registryInfo": {"active": plan.get("active", True)},
        "version": version,
    }
