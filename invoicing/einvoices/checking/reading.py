"""XML from anybody: nothing is fetched, nothing replaced, and nothing huge is taken."""

from typing import Any

from lxml import etree

from invoicing.einvoices.checking.findings import NotReadable

MOST_BYTES = 20 * 1024 * 1024
# Where a document type can stand.
MOST_PROLOGUE = 4096
_NO_XML = (etree.ErrorTypes.ERR_DOCUMENT_EMPTY, etree.ErrorTypes.ERR_DOCUMENT_START)


def read_xml(content: bytes) -> Any:
    """The root element. Raises NotReadable."""
    if len(content) > MOST_BYTES:
        raise NotReadable("larger than 20 MB")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        element = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise NotReadable(_why(content, error)) from None
    except ValueError:
        raise NotReadable("it is neither XML nor a PDF") from None
    if element.getroottree().docinfo.doctype:
        raise NotReadable("it declares a document type")
    return element


def _why(content: bytes, error: etree.XMLSyntaxError) -> str:
    """In words that say what to do about it; the parser's own are for programmers."""
    # Entities of its own fail before the document type can be asked for.
    if b"<!DOCTYPE" in content[:MOST_PROLOGUE].upper():
        return "it declares a document type"
    if error.code in _NO_XML:
        return "it is neither XML nor a PDF"
    return f"its XML is damaged or incomplete, in line {error.lineno}"
