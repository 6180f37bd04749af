"""XML from anybody: nothing is fetched, nothing replaced, and nothing huge is taken."""

from typing import Any

from lxml import etree

from invoicing.einvoices.checking.findings import NotReadable

MOST_BYTES = 20 * 1024 * 1024


def read_xml(content: bytes) -> Any:
    """The root element. Raises NotReadable."""
    if len(content) > MOST_BYTES:
        raise NotReadable("larger than 20 MB")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        element = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotReadable(str(error)) from None
    if element.getroottree().docinfo.doctype:
        raise NotReadable("it declares a document type")
    return element
