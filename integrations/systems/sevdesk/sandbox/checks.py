"""What a document and its positions have to keep to before they are stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from integrations.sandbox.store import Document
from integrations.systems.sevdesk.sandbox.company import (
    COUNTRIES,
    OSS,
    RULE_OF_TYPE,
    TAX_RULES,
    TAX_TYPES,
)
from integrations.systems.sevdesk.sandbox.context import (
    Context,
    as_day,
    as_decimal,
    as_id,
    plain,
    refused,
)

INVOICE_TYPES = ("RE", "WKR", "SR", "MA", "TR", "AR", "ER")
BOOKING_CATEGORIES = ("PROVISION", "ROYALTY_ASSIGNED", "ROYALTY_UNASSIGNED", "UNDERACHIEVEMENT")
TEXTS = (
    "header", "headText", "footText", "address", "addressName", "addressStreet", "addressZip",
    "addressCity", "taxText", "customerInternalNote",
)  # fmt: skip
MOST_LETTERS = {"customerInternalNote": 255, "header": 255, "taxText": 255}


@dataclass(frozen=True)
class Tax:
    """How a document is taxed: by rule in the new bookkeeping, by type in the old."""

    rule: str = ""
    type: str = ""
    tax_set: str = ""

    @property
    def fields(self) -> Document:
        return {
            "taxRule": {"id": self.rule, "objectName": "TaxRule"} if self.rule else None,
            "taxType": self.type or None,
            "taxSet": {"id": self.tax_set, "objectName": "TaxSet"} if self.tax_set else None,
        }


def reference(data: Document, name: str, kind: str, known: Any) -> Document:
    """`known` says whether an id exists."""
    found = data.get(name)
    if not isinstance(found, dict) or "id" not in found or found.get("objectName") != kind:
        raise refused(422, f"{name}: expected array with 'id' and 'objectName'")
    number = as_id(found["id"])
    if number is None or not known(number):
        raise refused(422, f"{kind} not found")
    return {"id": number, "objectName": kind}


def head(context: Context, data: Document, *, contact_needed: bool) -> Document:
    """The fields that invoices and credit notes share, checked."""
    company = context.company
    fields: Document = {"contact": None}
    if data.get("contact") is not None or contact_needed:
        if data.get("contact") is None:
            raise refused(422, "Contact must not be empty")
        fields["contact"] = reference(
            data,
            "contact",
            "Contact",
            lambda number: context.store.get("Contact", context.slug, number) is not None,
        )
    users = [user["id"] for user in company.users]
    fields["contactPerson"] = reference(data, "contactPerson", "SevUser", users.__contains__)
    fields["addressCountry"] = reference(
        data, "addressCountry", "StaticCountry", COUNTRIES.__contains__
    )
    currency = data.get("currency")
    if not currency:
        raise refused(422, "Currency is required")
    if not isinstance(currency, str) or len(currency) != 3 or not currency.isupper():
        raise refused(422, "Currency is not known")
    fields["currency"] = currency
    if as_decimal(data.get("taxRate")) is None:
        raise refused(422, "taxRate is required")
    fields["taxRate"] = 0
    for name in TEXTS:
        value = data.get(name)
        if value is not None and not isinstance(value, str):
            raise refused(422, f"{name} must be a string")
        if value and len(value) > MOST_LETTERS.get(name, 20_000):
            raise refused(422, f"{name} is too long")
        fields[name] = value
    if not fields["taxText"]:
        raise refused(422, "taxText is required")
    fields["showNet"] = data.get("showNet", True) in (True, 1, "1", "true")
    fields["smallSettlement"] = data.get("smallSettlement") in (True, 1, "1", "true")
    return fields


def day(data: Document, name: str, *, required: bool = False) -> date | None:
    value = data.get(name)
    if value in (None, ""):
        if required:
            raise refused(422, f"{name} is required")
        return None
    found = as_day(value)
    if found is None:
        raise refused(422, f"{name} is not a date")
    return found


def whole(data: Document, name: str, *, required: bool = False) -> int | None:
    value = data.get(name)
    if value is None and not required:
        return None
    number = as_id(value)
    if number is None:
        raise refused(422, f"{name} must be an integer")
    return number


def tax(context: Context, data: Document) -> Tax:
    if context.version == "2.0":
        return _rule(context, data)
    kind = data.get("taxType")
    if kind not in TAX_TYPES:
        raise refused(422, "Could not find taxType")
    chosen = ""
    if kind == "custom":
        given = data.get("taxSet")
        chosen = str(given.get("id")) if isinstance(given, dict) else ""
        if chosen not in context.company.tax_sets:
            raise refused(422, "TaxSet not found")
    return Tax(type=str(kind), tax_set=chosen)


def _rule(context: Context, data: Document) -> Tax:
    given = data.get("taxRule")
    if given is None:
        old = RULE_OF_TYPE.get(str(data.get("taxType")))
        if old is None:
            raise refused(422, "Could not find taxType or taxRule")
        rule = old
    else:
        if not isinstance(given, dict) or given.get("objectName") != "TaxRule":
            raise refused(422, "taxRule: expected array with 'id' and 'objectName'")
        rule = str(given.get("id"))
    if rule not in TAX_RULES:
        raise refused(422, "Could not find taxRule")
    if rule == "11" and not context.company.is_small:
        raise refused(422, "taxRule 11 is only for small businesses")
    if rule in OSS and data.get("deliveryAddressCountry") in (None, "", "de"):
        raise refused(422, "deliveryAddressCountry is required for this taxRule")
    return Tax(rule=rule)


def positions(
    context: Context, rows: Any, *, kind: str, tax_: Tax, is_small: bool, first: int = 0
) -> list[Document]:
    """Those to be added or changed; `id` stands with the latter."""
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise refused(400, f"{kind} must be a list")
    return [
        _position(context, row, kind, tax_, is_small=is_small, index=first + index)
        for index, row in enumerate(rows)
    ]


def _position(
    context: Context, row: Any, kind: str, tax_: Tax, *, is_small: bool, index: int
) -> Document:
    if not isinstance(row, dict) or row.get("objectName") != kind:
        raise refused(400, f"{kind}: expected array with 'id' and 'objectName'")
    if row.get("mapAll") is not True:
        raise refused(400, f"{kind}: mapAll must be true")
    quantity = as_decimal(row.get("quantity"))
    if quantity is None:
        raise refused(422, "quantity is required")
    price = as_decimal(row.get("price", 0))
    discount = as_decimal(row["discount"] if row.get("discount") is not None else 0)
    rate = as_decimal(row.get("taxRate"))
    if price is None:
        raise refused(422, "price must be a number")
    if discount is None or not 0 <= discount <= 100:
        raise refused(422, "discount must be between 0 and 100")
    if rate is None or not 0 <= rate <= 100:
        raise refused(422, "taxRate is required")
    _check_rate(tax_, rate, is_small)
    for name in ("name", "text"):
        if row.get(name) is not None and not isinstance(row[name], str):
            raise refused(422, f"{name} must be a string")
    if len(row.get("name") or "") > 255:
        raise refused(422, "name is too long")
    return {
        "id": as_id(row.get("id")),
        "objectName": kind,
        "positionNumber": whole(row, "positionNumber") if "positionNumber" in row else index,
        "quantity": plain(quantity),
        "price": plain(price),
        "discount": plain(discount) if discount else None,
        "name": row.get("name"),
        "text": row.get("text"),
        "unity": reference(
            row, "unity", "Unity", list(context.company.unities.values()).__contains__
        ),
        "taxRate": plain(rate),
    }


def _check_rate(tax_: Tax, rate: Decimal, is_small: bool) -> None:
    if is_small and rate:
        raise refused(422, "A small settlement invoice must not contain any vat")
    if tax_.rule:
        allowed = TAX_RULES[tax_.rule][1]
        if allowed is not None and plain(rate) not in allowed:
            raise refused(422, f"The tax rate {plain(rate)} is not allowed for taxRule {tax_.rule}")
    elif tax_.type in ("noteu", "ss") and rate:
        raise refused(422, f"The tax rate {plain(rate)} is not allowed for taxType {tax_.type}")


def check_rates_of(origin: Sequence[Document], added: Sequence[Document]) -> None:
    known = {position["taxRate"] for position in origin}
    if any(position["taxRate"] not in known for position in added):
        raise refused(422, "Different taxRate than origin document")
