"""Bookkeeping vouchers: our number and our PDF, and only the sums by VAT there. Section 8."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core.money import round_money
from integrations.outgoing import OutgoingInvoice
from integrations.ports import Rejected
from integrations.problems import Problem
from integrations.systems.lexoffice.mapping import CURRENCY, Options, check, day, remark, tax_type

type Json = dict[str, Any]

MOST_REMARK = 255
# What each kind of VAT is booked as; the settings of these names choose among their categories.
CATEGORIES = {
    "net": "net",
    "vatfree": "vatfree",
    "constructionService13b": "construction",
    "externalService13b": "eu_services",
    "intraCommunitySupply": "eu_goods",
    "thirdPartyCountryService": "outside_eu",
    "thirdPartyCountryDelivery": "outside_eu",
}


def voucher_body(invoice: OutgoingInvoice, options: Options) -> Json:
    """The body of `POST /vouchers`; raises Rejected with what is missing."""
    check(invoice)
    if not invoice.number:
        raise Rejected(
            _("A bookkeeping voucher has our number, and this document has none. Let the connection"
              " create documents in Lexware Office, or number them here.")
        )  # fmt: skip
    category = _category(tax_type(invoice, options), options)
    body: Json = {
        "type": "salescreditnote" if invoice.is_credit_note else "salesinvoice",
        "voucherNumber": invoice.number,
        "voucherDate": day(invoice.issue_date),
        "dueDate": day(invoice.due_date),
        "totalGrossAmount": invoice.gross_total,
        "totalTaxAmount": invoice.tax_total,
        "taxType": "net",
        "remark": remark(invoice, MOST_REMARK),
        "voucherItems": _items(invoice, category),
        "version": 0,
    }
    if shipped := invoice.service_end or invoice.service_start:
        body["shippingDate"] = day(shipped)
    if invoice.remote_customer_id:
        body |= {"contactId": invoice.remote_customer_id, "useCollectiveContact": False}
    else:
        body["useCollectiveContact"] = True
    return body


def _category(kind: str, options: Options) -> str:
    chosen = (options.categories or {}).get(CATEGORIES[kind], "")
    if not chosen:
        raise Rejected(
            _("Choose in the connection how Lexware Office shall book invoices of this kind.")
        )
    return chosen


def _items(invoice: OutgoingInvoice, category: str) -> list[Json]:
    """One for each rate, as the document reckons: VAT once for each."""
    nets: dict[Decimal, Decimal] = {}
    for line in invoice.lines:
        if not line.is_text:
            nets[line.tax_percent] = nets.get(line.tax_percent, Decimal(0)) + line.net
    items: list[Json] = [
        {
            "amount": net,
            "taxAmount": round_money(net * rate / 100, CURRENCY),
            "taxRatePercent": rate,
            "categoryId": category,
        }
        for rate, net in sorted(nets.items(), reverse=True)
    ]
    if sum(item["taxAmount"] for item in items) != invoice.tax_total or (
        sum(nets.values()) != invoice.net_total
    ):
        raise Rejected(
            _("The invoice's sums are not those of its lines by rate, and Lexware Office would"
              " refuse it. Book it there by hand and close this export."),
            problem=Problem.DIFFERS,
        )  # fmt: skip
    return items
