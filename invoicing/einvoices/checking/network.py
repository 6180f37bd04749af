"""What networks ask for: Peppol beyond the rules that XRechnung took over from it, Finvoice beyond
its schema, in words that say more than the schema does."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.identifiers import fits_scheme
from invoicing.einvoices.checking.findings import Finding
from invoicing.einvoices.content import Content, TypeCode
from invoicing.einvoices.participants import EMAIL
from invoicing.einvoices.writing.elements import written_number

_REFERENCE_MISSING = gettext_lazy(
    "Peppol needs the buyer's reference or the number of the buyer's order."
)
MOST_SIGNS_OF_A_NUMBER, MOST_SIGNS_OF_A_QUANTITY = 20, 14


def peppol_findings(content: Content) -> list[Finding]:
    return [*_references(content), *_addresses(content), *_kinds(content)]


def finvoice_findings(content: Content) -> list[Finding]:
    return [*_lengths(content), *_account(content)]


def said_findings(said: Mapping[str, Any]) -> Iterator[Finding]:
    """The same of a file that somebody else wrote."""
    if not (said.get("BT-10") or said.get("BT-13")):
        yield Finding("PEPPOL-EN16931-R003", str(_REFERENCE_MISSING))
    for group, rule in (("BG-4", "LK-P2"), ("BG-7", "LK-P3")):
        party = said.get(group, {})
        scheme, known = party.get("einvoicing_addr_schemeid"), party.get("einvoicing_addr")
        if scheme and known and not fits_scheme(scheme, known):
            yield Finding(rule, wrong_address(scheme, known))


def wrong_address(scheme: str, identifier: str) -> str:
    return _("The e-invoice address %(address)s is not right: a digit is wrong.") % {
        "address": f"{scheme}:{identifier}"
    }


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
            str(_REFERENCE_MISSING),
        )


def _kinds(content: Content) -> Iterator[Finding]:
    if content.type_code == TypeCode.SELF_BILLED_INVOICE:
        yield Finding(
            "PEPPOL-EN16931-P0100",
            _(
                "Peppol has a service of its own for what the customer makes out, in which the"
                " customer is the sender. Send this one as PDF."
            ),
        )


def _addresses(content: Content) -> Iterator[Finding]:
    parties = ((content.seller, "LK-P2"), (content.buyer, "LK-P3"))
    for party, rule in parties:
        known = party.electronic_address
        if known is not None and not fits_scheme(known.scheme, known.identifier):
            yield Finding(rule, wrong_address(known.scheme, known.identifier))
    address = content.seller.electronic_address
    if address is not None and address.scheme == EMAIL:
        yield Finding(
            "LK-P4",
            _(
                "Peppol takes no e-mail address as your company's. Fill in its e-invoice address,"
                " or its VAT id."
            ),
        )
    address = content.buyer.electronic_address
    if address is not None and address.scheme == EMAIL:
        yield Finding(
            "LK-P1", _("Peppol delivers to no e-mail address. Fill in the buyer's Peppol address.")
        )
