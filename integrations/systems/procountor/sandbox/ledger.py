"""Ledger receipts: made with an invoice; their accounts can be changed afterwards."""

from datetime import date
from decimal import Decimal
from typing import Any

from integrations.sandbox.store import Document
from integrations.sandbox.web import Response, json_response
from integrations.systems.procountor.sandbox.checks import Fields, Findings
from integrations.systems.procountor.sandbox.context import (
    Context,
    check_version,
    next_version,
    read_many,
    refused,
)
from integrations.systems.procountor.sandbox.invoice_checks import CheckedInvoice
from integrations.systems.procountor.sandbox.sums import vat_groups

RECEIVABLES = "1700"
# Account and the VAT percentages it may carry; None: any.
ACCOUNTS: dict[str, tuple[str, ...] | None] = {
    RECEIVABLES: None, "1910": None, "2939": None, "3000": None, "3010": None, "3020": None,
    "3360": ("0",), "3370": ("0",), "3500": None,
}  # fmt: skip
TRANSACTION_TYPES = ("ENTRY", "REVERSING_ENTRY", "RECONCILIATION_ENTRY")


def write(context: Context, invoice: Document, checked: CheckedInvoice) -> None:
    groups = vat_groups(checked)
    gross = sum((net + vat for net, vat in groups.values()), Decimal(0))
    transactions = [_transaction(1, RECEIVABLES, gross, Decimal(0))]
    for number, (percent, (net, vat)) in enumerate(groups.items(), start=2):
        account = "3000" if percent else "3360"
        transactions.append(_transaction(number, account, -(net + vat), percent))
    context.store.put(
        "ledger",
        context.slug,
        {
            "id": invoice["ledgerReceiptId"],
            "type": "SALES_INVOICE",
            "invoiceId": invoice["id"],
            "name": invoice["counterParty"]["counterPartyAddress"]["name"],
            "receiptDate": invoice["date"],
            "vatStatus": invoice["vatStatus"],
            "transactions": transactions,
            "version": next_version(),
        },
    )


def _transaction(number: int, account: str, value: Decimal, percent: Decimal) -> dict[str, Any]:
    return {
        "id": number,
        "transactionType": "ENTRY",
        "account": account,
        "accountingValue": value,
        "vatPercent": percent,
        "dimensionItemValues": [],
    }


def read(context: Context, numbers: str) -> Response:
    return read_many(context, "ledger", numbers, "Ledger receipt")


def replace(context: Context, number: str) -> Response:
    stored = context.get("ledger", number, "Ledger receipt")
    context.call.documents = [stored["invoiceId"]]
    if context.company.is_closed(date.fromisoformat(stored["receiptDate"])):
        raise refused(403, "CLOSED_FISCAL_PERIOD")
    findings = Findings()
    fields = context.body(findings)
    fields.text("name", 80)
    for transaction in fields.objects("transactions", low=1):
        _check_transaction(transaction)
    check_version(fields, fields.data.get("version"), stored)
    context.conclude(findings)
    receipt = {
        **stored,
        "name": fields.data.get("name", stored["name"]),
        "transactions": fields.data["transactions"],
        "version": next_version(stored["version"]),
    }
    context.store.put("ledger", context.slug, receipt)
    return json_response(receipt)


def _check_transaction(transaction: Fields) -> None:
    transaction.choice("transactionType", TRANSACTION_TYPES, required=True)
    transaction.number("accountingValue", required=True, scale=2)
    account = transaction.choice("account", ACCOUNTS, required=True)
    percent = transaction.number("vatPercent", required=True)
    if account is None:
        return
    accepted = ACCOUNTS[account]
    if percent is not None and accepted is not None and str(percent.normalize()) not in accepted:
        transaction.refuse("account", "ERROR_LEDGERACCOUNT_VATPERCENTAGE_COMBINATION")
    if transaction.value("dimensionItemValues"):
        transaction.refuse(
            "dimensionItemValues",
            "DIMENSION_OR_DIMENSION_ITEM_IDENTIFIERS_DOES_NOT_MATCH_THOSE_STORED_IN_DATABASE",
        )
