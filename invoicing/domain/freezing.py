"""What is copied onto a document at posting, and the hash that proves it was not touched."""

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from invoicing.models import Invoice, InvoiceLine, InvoiceTax
from tenants.models import Tenant

SELLER_FIELDS = (
    "name", "legal_name", "business_id", "vat_id", "street", "postal_code", "city", "country",
    "email", "phone", "website", "iban", "bic", "document_footer", "letter_window", "accent",
    "logo", "einvoice_address", "einvoice_operator",
)  # fmt: skip
_HEADER = (
    "kind", "number", "issue_date", "due_date", "service_start_date", "service_end_date",
    "tax_point", "currency", "language", "billing_name", "billing_street", "billing_postal_code",
    "billing_city", "billing_country", "buyer_business_id", "buyer_vat_id", "delivery_name",
    "delivery_street", "delivery_postal_code", "delivery_city", "delivery_country",
    "contact_name", "contact_email", "order_reference", "buyer_reference", "comment",
    "has_work_report", "seller", "payment_reference", "net_total", "tax_total", "gross_total",
    "customer_id", "project_id", "series_id", "chain_position",
)  # fmt: skip
# What documents that were posted before there was any do not have in their hash.
_WHERE_TOLD = (
    "custom_values", "printed_fields", "paper", "buyer", "is_self_billed", "replaces_id",
    "contract_reference",
)  # fmt: skip
# Only on credit notes, so that what was frozen before there were any has the same hash.
_CREDIT_HEADER = ("corrects_id", "reason", "is_cancellation")
_CREDIT_LINE = ("corrects_line_id",)
_LINE = (
    "position", "kind", "text", "quantity", "unit", "unit_price", "discount_percent",
    "tax_percent", "tax_category", "account", "net",
)  # fmt: skip
# Of lines that have them, so that what was frozen before there were any has the same hash.
_LINE_WHERE_TOLD = ("start_date", "end_date", "for_document", "document_percent")
_TAX = ("category", "percent", "taxable", "tax", "account", "exemption_reason")


def seller_copy(tenant: Tenant) -> dict[str, str]:
    copy = {name: str(getattr(tenant, name)) for name in SELLER_FIELDS}
    interest = tenant.late_interest_percent
    return copy | {
        "late_interest_percent": "" if interest is None else _plain(interest),
        "fold_marks": "yes" if tenant.fold_marks else "",
        "einvoice_work_report": "yes" if tenant.einvoice_work_report else "",
    }


def buyer_copy(invoice: Invoice, einvoice_format: str = "") -> dict[str, str]:
    """What a document says of its customer and project beside what its form has."""
    customer, project = invoice.customer, invoice.project
    return {
        "number": customer.number,
        "email": customer.email,
        "project_number": project.number if project else "",
        "einvoice_format": einvoice_format,
        "einvoice_address": customer.einvoice_address,
        "einvoice_operator": customer.einvoice_operator,
    }


def buyer_of(invoice: Invoice) -> dict[str, str]:
    """As copied at posting; a draft, and what was posted before there was a copy, has what is
    known of the customer now."""
    frozen: dict[str, str] = invoice.buyer
    return frozen or buyer_copy(invoice)


def content(
    invoice: Invoice, lines: Iterable[InvoiceLine], taxes: Iterable[InvoiceTax]
) -> dict[str, Any]:
    """Everything a reader of the document relies on, in a form that never varies."""
    own = {name: getattr(invoice, name) for name in _WHERE_TOLD if getattr(invoice, name)}
    is_credit = invoice.is_credit_note
    header = (*_HEADER, *(_CREDIT_HEADER if is_credit else ()))
    of_line = (*_LINE, *(_CREDIT_LINE if is_credit else ()))
    return {
        "document": {name: _plain(getattr(invoice, name)) for name in header} | own,
        "lines": [
            {name: _plain(getattr(line, name)) for name in of_line}
            | {name: _plain(told) for name in _LINE_WHERE_TOLD if (told := getattr(line, name))}
            for line in sorted(lines, key=lambda line: (line.position, line.pk))
        ],
        "taxes": [
            {name: _plain(getattr(tax, name)) for name in _TAX}
            # Without any, as on everything posted before there were some, the hash is as it was.
            | ({"shares": tax.shares} if tax.shares else {})
            for tax in sorted(taxes, key=lambda tax: (-tax.percent, tax.category))
        ],
    }


def chained_hash(previous_hash: str, frozen: dict[str, Any]) -> str:
    """SHA-256 over the predecessor's hash and the content as canonical JSON."""
    text = json.dumps(frozen, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{previous_hash}\n{text}".encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        # 250, 250.00 and 250.000 are the same amount, whatever the database returned.
        return f"{value.normalize():f}"
    if isinstance(value, date):
        return value.isoformat()
    return value
