"""What a company has set: VAT, bank accounts, templates, users, products."""

import copy
from decimal import Decimal

from integrations.sandbox.web import Response, json_response
from integrations.systems.procountor.sandbox import codes
from integrations.systems.procountor.sandbox.checks import Findings
from integrations.systems.procountor.sandbox.company import (
    DELIVERY_TERMS,
    FIRST,
    INVOICE_TEMPLATES,
    VAT_PERCENTAGES,
    VAT_STATUSES,
    sales_statuses,
)
from integrations.systems.procountor.sandbox.context import (
    Conditions,
    Context,
    day_range,
    next_version,
    read_many,
    refused,
    search,
)

VERSION = "26.04"


def status(_context: Context) -> Response:
    return json_response(
        {
            "name": "Procountor API",
            "version": VERSION,
            "status": "OK",
            "procountorVersion": VERSION,
        }
    )


def session(context: Context) -> Response:
    company = context.company
    return json_response(
        {
            "companyId": company.id,
            "name": company.name,
            "country": company.country,
            "productVersion": "FINANCIALS",
            "userId": company.user["id"],
        }
    )


def company(context: Context) -> Response:
    return json_response(
        {
            "id": context.company.id,
            "name": context.company.name,
            "country": context.company.country,
            "businessIdentifier": {"brnType": "FI", "code": context.company.business_id},
        }
    )


def users(context: Context) -> Response:
    return json_response([context.company.user])


def usage_settings(_context: Context) -> Response:
    return json_response({"defaultInvoiceChannel": "EMAIL", "accountingByRow": True})


def delivery_terms(_context: Context) -> Response:
    return json_response([{"name": name} for name in DELIVERY_TERMS])


def invoice_templates(_context: Context) -> Response:
    return json_response(INVOICE_TEMPLATES)


def bank_accounts(context: Context) -> Response:
    return json_response(context.company.bank_accounts)


def vats(_context: Context) -> Response:
    return json_response(
        {"vatInformation": [_vat_information("Finland")], "vatStatuses": VAT_STATUSES}
    )


def vats_of_country(context: Context) -> Response:
    if context.one("countryCode") != "FI":
        raise refused(400, "The company does not use VAT of this country", "countryCode")
    return json_response({"vatInformation": [_vat_information("Finland")]})


def _vat_information(country: str) -> dict[str, object]:
    percentages = [
        {"vatPercent": percent, "sales": True, "purchase": True} for percent in VAT_PERCENTAGES
    ]
    return {"country": country, "percentages": percentages}


def vat_settings(_context: Context) -> Response:
    return json_response(
        {"unitPricesIncludeVatSales": False, "unitPricesIncludeVatPurchase": False}
    )


def products(context: Context) -> Response:
    conditions: Conditions = []
    for name, column in (("name", "$.name"), ("code", "$.code")):
        value = context.one(name)
        if value is not None:
            text = f"instr(fold(json_extract(body, '{column}')), ?)"
            conditions.append((text, value.casefold()))
    kinds = context.many("type") or ["SALES", "PURCHASE"]
    if not set(kinds) <= set(codes.PRODUCT_TYPES):
        raise refused(400, "Value of the 'type' field is invalid", "type")
    conditions.append(("json_extract(body, '$.type')", kinds))
    active = context.one("active")
    if active is not None:
        conditions.append(("json_extract(body, '$.active') = ?", int(context.flag("active"))))
    conditions += day_range(
        context, "json_extract(body, '$.version')", "versionStartDate", "versionEndDate"
    )
    return search(context, "product", conditions)


def read_products(context: Context, numbers: str) -> Response:
    return read_many(context, "product", numbers, "Product")


def create_product(context: Context) -> Response:
    findings = Findings()
    fields = context.body(findings)
    fields.choice("type", codes.PRODUCT_TYPES, required=True)
    fields.text("name", 100, required=True)
    fields.number("price", required=True)
    fields.number("discount", required=True, low=0, high=100)
    fields.boolean("active", required=True)
    fields.choice("currency", codes.CURRENCIES, required=True)
    fields.text("code", 40)
    fields.choice("unit", codes.UNITS)
    percent = fields.number("vat")
    if percent is not None and percent not in VAT_PERCENTAGES:
        fields.refuse("vat", f"{Decimal(percent)} % is not enabled in the company")
    status = fields.integer("vatStatus")
    if status is not None and status not in sales_statuses():
        fields.refuse("vatStatus", f"VAT status {status} is not in use for sales")
    fields.text("defaultAccount")
    fields.integer("productGroupId")
    fields.finish()
    context.conclude(findings)
    product = {
        **{name: copy.deepcopy(fields.data[name]) for name in fields.known()},
        "id": context.store.next_number("product", context.slug, FIRST["product"]),
        "version": next_version(),
    }
    context.store.put("product", context.slug, product)
    return json_response(product)
