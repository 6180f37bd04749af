"""An e-invoice from anybody, as XML or inside a PDF: what it is, what it says, whether it passes.

It is read by factur-x and not by the program that wrote ours, so that one reading checks the other.
"""

import json
import logging
import subprocess
import sys
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import facturx
from django.utils.translation import gettext as _
from lxml import etree

from core.money import CURRENCY_CODES, ZERO, round_money, tax_of
from invoicing.einvoices import profiles
from invoicing.einvoices.checking.findings import Finding, NotReadable, Severity
from invoicing.einvoices.checking.network import said_findings
from invoicing.einvoices.checking.reading import read_xml
from invoicing.einvoices.checking.rules import rule_findings
from invoicing.einvoices.checking.schemas import schema_findings
from invoicing.einvoices.finvoice_reading import said_in_finvoice
from invoicing.einvoices.profiles import Profile, Syntax

# It tells every step.
logging.getLogger("factur-x").setLevel(logging.WARNING)

MOST_BYTES = 20 * 1024 * 1024
# Its own limit is a little less.
PATIENCE_SECONDS = 30
_OPENER = Path(__file__).with_name("pdf_opener.py")
_SYNTAXES = {"CrossIndustryInvoice": Syntax.CII, "Invoice": Syntax.UBL, "CreditNote": Syntax.UBL}


@dataclass(frozen=True)
class Inspected:
    container: str
    profile: Profile
    # By the numbers of EN 16931; empty where the file cannot be understood.
    said: dict[str, Any]
    findings: list[Finding]

    @property
    def passes(self) -> bool:
        return all(one.severity != Severity.ERROR for one in self.findings)


def inspect(content: bytes) -> Inspected:
    """Raises NotReadable where there is no e-invoice, and RulesNotAvailable without a verdict."""
    container, xml, findings = opened(content)
    element = read_xml(xml)
    profile = _profile_of(element)
    findings += schema_findings(element, profile)
    if any(one.rule == "XSD" for one in findings):
        return Inspected(container, profile, {}, findings)
    said = said_in(element, profile)
    if profile in (profiles.MINIMUM, profiles.BASIC_WL):
        findings.append(_without_lines())
    if profile != profiles.FINVOICE:
        findings += rule_findings(element, profile)
    if profile == profiles.PEPPOL:
        findings += said_findings(said)
    return Inspected(container, profile, said, [*findings, *_sums(said, profile)])


def said_in(element: Any, profile: Profile) -> dict[str, Any]:
    """What is told, by the numbers of EN 16931."""
    if profile == profiles.FINVOICE:
        return said_in_finvoice(element)
    said: dict[str, Any] = facturx.parse_ubl_cii_xml(etree.tostring(element), check_xsd=False)
    return said


def read(content: bytes) -> tuple[Profile, dict[str, Any]]:
    """What an XML file is and says, without judging it. Raises NotReadable."""
    element = read_xml(content)
    profile = _profile_of(element)
    return profile, said_in(element, profile)


def opened(content: bytes) -> tuple[str, bytes, list[Finding]]:
    """What the file is, the XML in it, and what is wrong with its wrapping."""
    if len(content) > MOST_BYTES:
        raise NotReadable("larger than 20 MB")
    if not content.startswith(b"%PDF"):
        return "XML", content, []
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-I", str(_OPENER)],
            input=content,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=True,
        )
        found = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        raise NotReadable("this PDF cannot be opened within what one may take") from None
    if "broken" in found:
        raise NotReadable(found["broken"])
    part, findings = found["part"], []
    if part != "3":
        findings.append(Finding("LK-A1", _("The PDF does not say of itself that it is PDF/A-3.")))
    container = (f"PDF/A-{part}" if part else "PDF") + f", {found['name']}"
    return container, b64decode(found["xml"]), findings


def _without_lines() -> Finding:
    return Finding(
        "LK-L10",
        _("This profile tells no lines. In Germany such a file is no invoice."),
        Severity.WARNING,
    )


def _profile_of(element: Any) -> Profile:
    name = etree.QName(element).localname
    if name == "Finvoice":
        return profiles.FINVOICE
    syntax = _SYNTAXES.get(name)
    if syntax is None:
        raise NotReadable(f"{name} is no e-invoice that is known here")
    specification = _specification(element)
    known: tuple[tuple[str, dict[Syntax, Profile]], ...] = (
        *((profile.specification, {Syntax.CII: profile}) for profile in profiles.OTHER_LEVELS),
        ("xrechnung", {Syntax.CII: profiles.XRECHNUNG_CII, Syntax.UBL: profiles.XRECHNUNG_UBL}),
        ("peppol", {Syntax.UBL: profiles.PEPPOL}),
        ("urn:cen.eu:en16931:2017", {Syntax.CII: profiles.FACTUR_X, Syntax.UBL: profiles.UBL}),
    )
    for part, by_syntax in known:
        if part in specification and syntax in by_syntax:
            return by_syntax[syntax]
    raise NotReadable(f"nothing is known here of {specification or 'what does not say what it is'}")


def _specification(element: Any) -> str:
    found = element.xpath(
        "string(//*[local-name()='GuidelineSpecifiedDocumentContextParameter']/*[local-name()='ID']"
        " | /*/*[local-name()='CustomizationID'])"
    )
    return str(found).strip()


def _sums(said: dict[str, Any], profile: Profile) -> Iterator[Finding]:
    """Our own, over the figures of the file: exact, where the official rules are not."""
    currency = said.get("BT-5", "")
    if currency not in CURRENCY_CODES:
        return
    # Finvoice need not tell amounts by row; extended invoices have subordinate lines.
    if "BG-25" in said and profile not in (profiles.FINVOICE, profiles.EXTENDED):
        yield from _sums_of_lines(said, currency)
    due = _number(said, "BT-112") - _number(said, "BT-113") + _number(said, "BT-114")
    if _number(said, "BT-115") != due:
        yield _differs(_("What is to be paid"), _number(said, "BT-115"), due)
    if "BT-109" in said and "BT-110" in said:
        gross = _number(said, "BT-109") + _number(said, "BT-110")
        if _number(said, "BT-112") != gross:
            yield _differs(_("The total"), _number(said, "BT-112"), gross)


def _sums_of_lines(said: dict[str, Any], currency: str) -> Iterator[Finding]:
    taxable: dict[tuple[str, Decimal], Decimal] = defaultdict(Decimal)
    for line in said.get("BG-25", []):
        net = _number(line, "BT-131")
        taxable[_rate(line, "BT-151", "BT-152")] += net
        exact = _net_of(line, currency)
        if net != exact:
            yield _differs(_("Net amount of line %(name)s") % {"name": line["BT-126"]}, net, exact)
    for sign, group in ((-1, "BG-20"), (1, "BG-21")):
        for one in said.get(group, []):
            key = one.get("vat_category_code", ""), Decimal(one.get("vat_rate") or 0).normalize()
            taxable[key] += sign * Decimal(one["amount"])
    for group in said.get("BG-23", []):
        key = _rate(group, "BT-118", "BT-119")
        base, tax = _number(group, "BT-116"), _number(group, "BT-117")
        name = f"{key[1]:f} % ({key[0]})"
        if base != taxable[key]:
            yield _differs(_("What is taxable at %(rate)s") % {"rate": name}, base, taxable[key])
        exact = tax_of(base, key[1], currency)
        if tax != exact:
            yield _differs(_("VAT at %(rate)s") % {"rate": name}, tax, exact)


def _net_of(line: dict[str, Any], currency: str) -> Decimal:
    price = _number(line, "BT-146") / (_number(line, "BT-149") or 1)
    net = round_money(_number(line, "BT-129") * price, currency)
    off = sum((Decimal(one["amount"]) for one in line.get("BG-27", [])), ZERO)
    on = sum((Decimal(one["amount"]) for one in line.get("BG-28", [])), ZERO)
    return net - off + on


def _rate(group: dict[str, Any], category: str, percent: str) -> tuple[str, Decimal]:
    return group.get(category, ""), _number(group, percent).normalize()


def _number(group: dict[str, Any], name: str) -> Decimal:
    return Decimal(group.get(name) or 0)


def _differs(name: str, said: Decimal, exact: Decimal) -> Finding:
    """Others round by line; a cent is worth saying and no reason to send it back."""
    severity = Severity.WARNING if abs(said - exact) <= Decimal("0.02") else Severity.ERROR
    text = _("%(name)s: %(said)s is said, and it comes to %(exact)s.")
    return Finding("LK-S", text % {"name": name, "said": said, "exact": exact}, severity)
