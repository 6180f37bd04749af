"""What networks ask for: Peppol beyond the rules that XRechnung took over from it, Finvoice beyond
its schema, in words that say more than the schema does."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from invoicing.einvoices.checking.findings import Finding
from invoicing.einvoices.content import Content
from invoicing.einvoices.participants import EMAIL
from invoicing.einvoices.writing.elements import written_number

MOST_SIGNS_OF_A_NUMBER, MOST_SIGNS_OF_A_QUANTITY = 20, 14


def peppol_findings(content: Content) -> list[Finding]:
    return [*_references(content), *_addresses(content)]


def finvoice_findings(content: Content) -> list[Finding]:
    return [*_lengths(content), *_account(content)]


def _lengths(content: Content) -> Iterator[Finding]:
    numbers = [content.number, content.preceding.number if content.preceding else ""]
    if max(map(len, numbers)) > MOST_SIGNS_OF_A_NUMBER:
        yield Finding("LK-F1", _("Finvoice takes numbers of at most 20 signs. Shorten the series."))
    if any(len(written_number(line.quantity)) > MOST_SIGNS_OF_A_QUANTITY for line in content.lines):
        yield Finding("LK-F2", _("Finvoice takes quantities of at most 14 digits."))


def _account(content: Content) -> Iterator[Finding]:
    if not content.payment.iban:
        yield Finding("LK-F3", _("Finvoice needs your company's IBAN."))


def _references(content: Content) -> Iterator[Finding]:
    if not (content.buyer_reference or content.order_reference):
        yield Finding(
            "PEPPOL-EN16931-R003",
            _("Peppol needs the buyer's reference or the number of the buyer's order."),
        )


def _addresses(content: Content) -> Iterator[Finding]:
    address = content.buyer.electronic_address
    if address is not None and address.scheme == EMAIL:
        yield Finding(
            "LK-P1", _("Peppol delivers to no e-mail address. Fill in the buyer's Peppol address.")
        )
