"""Who has an account in the sandbox, and what stood there before anybody connected."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from integrations.sandbox.store import Document, Store

FIRST = {"company": 71, "invoice": 811, "document": 1951, "position": 5001, "payment": 901}
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Tenant:
    slug: str
    name: str
    token: str
    companies: list[Document]


@dataclass
class Behaviour:
    """What nobody has documented, to be switched by tests: `POST /_sandbox/behaviour`."""

    # How taxes are written, and whether enumerations are names or numbers.
    tax_scale: str = "percent"
    enums: str = "names"
    # v1: whether lines are taken together with the head.
    nested: str = "take"
    # v2: whether words of a query are understood.
    words: str = "understood"
    # Tax by the sum of a rate, or rounded for each line.
    rounding: str = "rate"
    # Whether a percentage that is none of the company's rates is refused.
    tax_rates: str = "known"
    # The line that is refused with a server error, counted within its document; 0 for none.
    failing_line: int = 0


CHOICES = {
    "tax_scale": ("percent", "fraction"),
    "enums": ("names", "numbers"),
    "nested": ("take", "refuse"),
    "words": ("understood", "ignored"),
    "rounding": ("rate", "line"),
    "tax_rates": ("known", "any"),
}


@cache
def seed() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((Path(__file__).parent / "seed.json").read_text())
    return content


def tenants() -> dict[str, Tenant]:
    return {
        entry["slug"]: Tenant(entry["slug"], entry["name"], entry["token"], entry["companies"])
        for entry in seed()["tenants"]
    }


def fill(store: Store) -> None:
    for tenant in tenants().values():
        store.put_token(tenant.token, tenant.slug, {})
        if store.count("company", tenant.slug):
            continue
        for entry in tenant.companies:
            number = store.next_number("company", tenant.slug, FIRST["company"])
            store.put("company", tenant.slug, _company(number, entry))
        # A document of earlier days, from which the scale of taxes can be learnt.
        number = store.next_number("document", tenant.slug, FIRST["document"])
        store.put("document", tenant.slug, _earlier(number))


def _company(number: int, entry: Document) -> Document:
    at = now()
    return {
        "id": number,
        "name": entry["name"],
        "vatId": entry["vatId"],
        "debitorNumber": entry["debitorNumber"],
        "defaultAddress": {
            "description": "Hauptadresse",
            **{
                name: entry[name]
                for name in ("street", "houseNumber", "zipCode", "city", "country", "email")
            },
        },
        "companyTypes": [{"companyTypeId": 1}],
        "standardPaymentConditionId": 2,
        "createdOn": at,
        "updatedOn": at,
    }


def _earlier(number: int) -> Document:
    return {
        "id": number, "documentType": "Invoice", "number": "RE-2025-0099", "seed": True,
        "date": "2025-12-01T00:00:00", "currency": "EUR", "companyId": FIRST["company"],
        "documentStatusId": 24, "note": None, "taxOption": "VatApplicable", "payments": [],
        "createdOn": "2025-12-01T09:00:00Z", "updatedOn": "2025-12-01T09:00:00Z",
        "created": "2025-12-01T09:00:00+00:00",
        "elements": [{"id": "00000000-0000-4000-8000-000000000001", "type": "Grid", "index": 1}],
        "positions": [{"id": 1, "text": "Frühere Leistung", "amount1": 1, "price": 100,
                       "percent": 19, "discount": 0, "type": "Freetext"}],
    }  # fmt: skip


def now() -> str:
    """A UTC instant."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def sums(lines: list[tuple[Decimal, Decimal]], rounding: str) -> tuple[Decimal, Decimal]:
    """Net and tax of lines given as net and percentage."""
    net = sum((amount for amount, _percent in lines), Decimal(0))
    if rounding == "line":
        taxes = [cents(amount * percent / 100) for amount, percent in lines]
        return net, sum(taxes, Decimal(0))
    by_rate: dict[Decimal, Decimal] = {}
    for amount, percent in lines:
        by_rate[percent] = by_rate.get(percent, Decimal(0)) + amount
    return net, sum((cents(base * percent / 100) for percent, base in by_rate.items()), Decimal(0))


def line_net(amount: Any, price: Any, discount: Any) -> Decimal:
    amount, price, discount = (Decimal(str(one or 0)) for one in (amount, price, discount))
    return cents(amount * price * (1 - discount / 100))


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)
