"""What makes a PDF of WeasyPrint's a PDF/A-3: files inside, one description, nothing forbidden."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pydyf
from lxml import etree
from weasyprint import CSS, HTML, Attachment, Document
from weasyprint.text.fonts import FontConfiguration

from core.memory import without_collecting
from invoicing.documents.tagging import mark_margins

VARIANT = "pdf/a-3a"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_SCHEMAS = "{http://www.aiim.org/pdfa/ns/extension/}schemas"
_BEGIN = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_END = b'\n<?xpacket end="w"?>'


@dataclass(frozen=True)
class Enclosed:
    """A file inside the PDF. `relationship` is that of PDF/A-3: Alternative, Supplement, Data ...

    `at` is written as its day and time, so that the same document has the same bytes.
    """

    name: str
    content: bytes
    description: str
    relationship: str
    at: datetime


def identifier_of(
    identity: str, html: str, enclosed: Iterable[Enclosed], descriptions: Iterable[bytes]
) -> bytes:
    """The same for the same document, and another one as soon as anything in it is."""
    unique = hashlib.sha256(f"{identity}\n{html}".encode())
    for part in (*(file.content for file in enclosed), *descriptions):
        unique.update(part)
    return unique.digest()[:16]


def pdf_a(
    page: HTML,
    *,
    identifier: bytes,
    styles: Sequence[CSS],
    fonts: FontConfiguration,
    pictures: dict[str, Any],
    enclosed: Sequence[Enclosed] = (),
    descriptions: Sequence[bytes] = (),
) -> bytes:
    """A tagged PDF/A-3; `pictures` are kept from one document to the next."""
    options = {"pdf_variant": VARIANT, "pdf_identifier": identifier, "cache": pictures}
    with without_collecting():
        document = page.render(font_config=fonts, stylesheets=list(styles), **options)
        enclose(document, enclosed, descriptions)
        content: bytes = document.write_pdf(finisher=finish, **options)
    return content


def enclose(document: Document, files: Iterable[Enclosed], descriptions: Sequence[bytes]) -> None:
    """Put files into the document; `descriptions` are `rdf:RDF` elements for its metadata."""
    for file in files:
        attachment = Attachment(
            string=file.content,
            name=file.name,
            description=file.description,
            relationship=file.relationship,
            created=file.at,
            modified=file.at,
        )
        document.metadata.attachments.append(attachment)
    document.metadata.xmp_metadata.extend(descriptions)


def finish(_document: Document, pdf: pydyf.PDF) -> None:
    """Mend what PDF/A does not allow, before WeasyPrint writes the file."""
    mark_margins(pdf)
    if "AF" in pdf.catalog:
        # Each file is listed twice.
        pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))
    for part in pdf.objects:
        if isinstance(part, pydyf.Stream):
            if part.extra.get("Subtype") == "/Image":
                part.extra["Interpolate"] = "false"
        elif isinstance(part, pydyf.Dictionary):
            for name in ("Pattern", "Shading"):
                if name in part and not part[name]:
                    del part[name]
    if "Metadata" in pdf.catalog:
        number = int(pdf.catalog["Metadata"].split()[0])
        packet = pdf.objects[number]
        packet.stream = [one_description(b"\n".join(packet.stream))]
        # Readers that know no PDF look for it in plain text.
        packet.compress = False


def one_description(packet: bytes) -> bytes:
    """Each further `rdf:RDF` stands behind the first, and a packet has but one."""
    start = packet.index(b"<x:xmpmeta")
    end = packet.rindex(b"</x:xmpmeta>") + len(b"</x:xmpmeta>")
    meta = etree.fromstring(packet[start:end], etree.XMLParser(resolve_entities=False))
    first, *others = meta.findall(f"{_RDF}RDF")
    for other in others:
        first.extend(list(other))
        meta.remove(other)
    _merge_schemas(first)
    written: bytes = etree.tostring(meta)
    return _BEGIN + written + _END


def _merge_schemas(description: Any) -> None:
    """A property stands once: further schemas join the first bag of them."""
    first, *others = [*description.iter(_SCHEMAS)] or [None]
    for other in others:
        first.find(f"{_RDF}Bag").extend(list(other.find(f"{_RDF}Bag")))
        other.getparent().remove(other)
