"""What Peppol asks for beyond EN 16931 and the rules that XRechnung took over from it."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from invoicing.einvoices.checking.findings import Finding
from invoicing.einvoices.content import Content
from invoicing.einvoices.participants import EMAIL


def peppol_findings(content: Content) -> list[Finding]:
    return [*_references(content), *_addresses(content)]


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
