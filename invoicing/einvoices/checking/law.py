"""What the law wants on an invoice and the official rules let pass.

Directive 2006/112/EC, article 226; § 14 (4) and § 14a UStG; AVL 209 e §.
"""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from invoicing.einvoices.checking.findings import Finding, Severity
from invoicing.einvoices.content import Address, Content

# Both parties are told by their VAT ids: who pays the tax, or bought free of it, must be known.
_BOTH_VAT_IDS = frozenset({"AE", "K"})
_SELLERS_VAT_ID = frozenset({"AE", "K", "G"})


def law_findings(content: Content) -> list[Finding]:
    return [*_parties(content), *_vat_ids(content), *_reasons(content), *_payment(content)]


def _parties(content: Content) -> Iterator[Finding]:
    if not _is_whole(content.seller.address):
        yield Finding(
            "LK-L1", _("Street, postal code and town of your company belong on an invoice.")
        )
    if not (content.seller.vat_id or content.seller.tax_number):
        yield Finding("LK-L2", _("Your company has neither VAT id nor business id."))
    if not _is_whole(content.buyer.address):
        yield Finding("LK-L3", _("Street, postal code and town of the buyer belong on an invoice."))
    if content.is_credit_note and content.preceding is None:
        yield Finding("LK-L4", _("A credit note names the invoice that it corrects."))


def _is_whole(address: Address) -> bool:
    return bool(address.street and address.postal_code and address.city)


def _vat_ids(content: Content) -> Iterator[Finding]:
    categories = {group.category for group in content.taxes}
    if categories & _SELLERS_VAT_ID and not content.seller.vat_id:
        yield Finding(
            "LK-L5", _("Your company's VAT id is missing, which a sale without VAT needs.")
        )
    if categories & _BOTH_VAT_IDS and not content.buyer.vat_id:
        yield Finding(
            "LK-L6", _("The buyer's VAT id is missing: the buyer owes the VAT of this sale.")
        )
    if "O" in categories and len(content.taxes) > 1:
        yield Finding(
            "LK-L7",
            _(
                "What is outside the scope of VAT needs an invoice of its own: e-invoices do not"
                " allow it beside other rates."
            ),
        )


def _reasons(content: Content) -> Iterator[Finding]:
    for group in content.taxes:
        if group.category not in ("S", "Z") and not group.reason:
            yield Finding("LK-L8", _("Say at the tax rate why no VAT is charged."))


def _payment(content: Content) -> Iterator[Finding]:
    is_owed = not content.is_credit_note and content.gross_total > 0
    if is_owed and not content.payment.iban:
        yield Finding(
            "LK-L9",
            _("Your company has no IBAN, so that nobody knows where to pay."),
            Severity.WARNING,
        )
