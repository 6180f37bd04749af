"""Why a line is offered, or was booked, as a sentence in the reader's language."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.templatetags.figures import money

SENTENCES: Mapping[str, str] = {
    "reference": gettext_noop("Reference and amount fit"),
    "references": gettext_noop("References and sum fit"),
    "reference_less": gettext_noop("The reference fits; less came in than is open"),
    "references_less": gettext_noop("The references fit; less came in than is open"),
    "reference_more": gettext_noop("The reference fits; %(amount)s more would be their credit"),
    "references_more": gettext_noop("The references fit; %(amount)s more would be their credit"),
    "reference_early": gettext_noop("Reference and amount fit, but it came before the invoice"),
    "references_early": gettext_noop("References and sum fit, but it came before the invoices"),
    "reference_paid": gettext_noop("The invoice of this reference is paid; it would be credit"),
    "references_paid": gettext_noop("The invoices named are paid; it would be credit"),
    "reference_several_customers": gettext_noop("References fit, of several customers"),
    "references_several_customers": gettext_noop("References and sum fit, of several customers"),
    "number": gettext_noop("Number in the text and amount fit"),
    "numbers": gettext_noop("Numbers in the text and sum fit"),
    "number_less": gettext_noop("Number in the text; less came in than is open"),
    "numbers_less": gettext_noop("Numbers in the text; less came in than is open"),
    "number_more": gettext_noop("Number in the text; %(amount)s more would be their credit"),
    "numbers_more": gettext_noop("Numbers in the text; %(amount)s more would be their credit"),
    "number_early": gettext_noop("Number and amount fit, but it came before the invoice"),
    "numbers_early": gettext_noop("Numbers and sum fit, but it came before the invoices"),
    "number_paid": gettext_noop("The invoice named is paid; it would be credit"),
    "numbers_paid": gettext_noop("The invoices named are paid; it would be credit"),
    "number_several_customers": gettext_noop("Numbers fit, of several customers"),
    "numbers_several_customers": gettext_noop(
        "Numbers in the text and sum fit, of several customers"
    ),
    "charges": gettext_noop("Fits with %(amount)s that the bank kept"),
    "with_credit": gettext_noop("Fits with %(amount)s of their credit"),
    "registered": gettext_noop("Registered by hand already; nothing is booked again"),
    "refund": gettext_noop("A refund that is registered; nothing is booked again"),
    "taken_back": gettext_noop("The bank takes a payment back; it would be reversed"),
    "iban_amount": gettext_noop("Known account and amount fit"),
    "iban_several": gettext_noop("Known account; %(count)s invoices have this amount"),
    "iban_sum": gettext_noop("Known account; the sum of %(count)s invoices fits"),
    "name_amount": gettext_noop("Amount and name fit"),
    "name_several": gettext_noop("Name fits; %(count)s invoices have this amount"),
    "name_sum": gettext_noop("Name fits, and the sum of %(count)s invoices"),
}


def reason_of(match: Mapping[str, Any] | None, currency: str) -> str:
    """The sentence of a match as it is kept."""
    if not match:
        return ""
    sentence = SENTENCES[match["reason"]]
    amount = money(Decimal(match["amount"]), currency)
    said = str(_(sentence)) % {"amount": amount, "count": match["count"]}
    if not match.get("is_twin"):
        return said
    return _(
        "%(reason)s. Another file brought a line like this one: look whether it is the same money."
    ) % {"reason": said}
