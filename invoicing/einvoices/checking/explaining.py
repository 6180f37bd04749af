"""Findings in plain words, with the place where they are mended."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from invoicing.einvoices.checking.findings import Finding, Severity


class Place(StrEnum):
    """A form."""

    COMPANY = "company"
    CUSTOMER = "customer"
    DRAFT = "draft"


@dataclass(frozen=True)
class Explained:
    text: str
    severity: Severity
    rules: tuple[str, ...]
    place: Place | None = None
    # The field of that form, where it is one.
    field: str = ""


@dataclass(frozen=True)
class _Words:
    text: str | Promise
    place: Place
    field: str = ""


_COMPANYS_CONTACT = _Words(
    _("Your company's telephone and e-mail are missing: needed for XRechnung."),
    Place.COMPANY,
    "phone",
)
# Missing, each breaks the rule about its form as well.
_COMPANYS_PHONE = _Words(
    _("Your company's telephone is missing or too short: needed for XRechnung."),
    Place.COMPANY,
    "phone",
)
_COMPANYS_EMAIL = _Words(
    _("Your company's e-mail is missing or none that XRechnung takes."), Place.COMPANY, "email"
)
_COMPANYS_ADDRESS = _Words(
    _("Your company's address is incomplete: needed for XRechnung."), Place.COMPANY, "street"
)
_BUYERS_ADDRESS = _Words(
    _("The buyer's address is incomplete: needed for XRechnung."), Place.DRAFT, "billing_city"
)
_REFERENCE = _("The buyer's reference is missing: needed for XRechnung.")
# The official rules that what people fill in can break. Others speak for themselves.
_WORDS = {
    "BR-DE-2": _COMPANYS_CONTACT,
    "BR-DE-3": _COMPANYS_ADDRESS,
    "BR-DE-4": _COMPANYS_ADDRESS,
    "BR-DE-6": _COMPANYS_PHONE,
    "BR-DE-7": _COMPANYS_EMAIL,
    "BR-DE-8": _BUYERS_ADDRESS,
    "BR-DE-9": _BUYERS_ADDRESS,
    "BR-DE-15": _Words(_REFERENCE, Place.DRAFT, "buyer_reference"),
    "BR-DE-19": _Words(
        _("Your company's IBAN is not right. Compare it with the bank's."), Place.COMPANY, "iban"
    ),
    "BR-DE-27": _COMPANYS_PHONE,
    "BR-DE-28": _COMPANYS_EMAIL,
    "PEPPOL-EN16931-R010": _Words(
        _("The customer has no e-invoice address."), Place.CUSTOMER, "einvoice_address"
    ),
    "PEPPOL-EN16931-R020": _Words(
        _("Your company has no e-invoice address: neither business id, VAT id nor e-mail."),
        Place.COMPANY,
        "email",
    ),
}
# Of our own rules, whose texts are plain already.
_PLACES = {
    "LK-L1": (Place.COMPANY, "street"),
    "LK-L2": (Place.COMPANY, "vat_id"),
    "LK-L3": (Place.DRAFT, "billing_street"),
    "LK-L5": (Place.COMPANY, "vat_id"),
    "LK-L6": (Place.DRAFT, "buyer_vat_id"),
    "LK-L9": (Place.COMPANY, "iban"),
    "LK-F3": (Place.COMPANY, "iban"),
    "LK-P1": (Place.CUSTOMER, "einvoice_address"),
    "LK-P2": (Place.COMPANY, "einvoice_address"),
    "LK-P3": (Place.CUSTOMER, "einvoice_address"),
    "PEPPOL-EN16931-R003": (Place.DRAFT, "buyer_reference"),
    "PEPPOL-EN16931-P0100": (Place.DRAFT, "is_self_billed"),
    "LK-P4": (Place.COMPANY, "einvoice_address"),
    "PEPPOL-EN16931-R110": (Place.DRAFT, "service_start_date"),
    "PEPPOL-EN16931-R111": (Place.DRAFT, "service_end_date"),
}


def explained(findings: Iterable[Finding]) -> list[Explained]:
    """Each sentence once, errors first; several rules may come to the same."""
    told: dict[str, Explained] = {}
    for one in findings:
        found = _explain(one)
        before = told.get(found.text)
        rules = (*before.rules, one.rule) if before else found.rules
        told[found.text] = Explained(
            found.text, found.severity, tuple(dict.fromkeys(rules)), found.place, found.field
        )
    return sorted(told.values(), key=lambda one: one.severity != Severity.ERROR)


def _explain(finding: Finding) -> Explained:
    rules = (finding.rule,)
    if words := _WORDS.get(finding.rule):
        return Explained(str(words.text), finding.severity, rules, words.place, words.field)
    place, field = _PLACES.get(finding.rule, (None, ""))
    return Explained(finding.text, finding.severity, rules, place, field)
