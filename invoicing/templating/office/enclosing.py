"""A PDF/A-3 of LibreOffice's, finished: smaller, and with files inside, such as an e-invoice."""

import io
import mimetypes
from collections.abc import Sequence

import pikepdf

from invoicing.documents.archival import Enclosed, one_description


def finished(content: bytes, files: Sequence[Enclosed], descriptions: Sequence[bytes]) -> bytes:
    """LibreOffice's PDF with these files, and its structure packed: it writes that out at length.

    `descriptions` are `rdf:RDF` elements for its metadata, as for our own papers.
    """
    with pikepdf.open(io.BytesIO(content)) as pdf:
        if files:
            pdf.Root.AF = pdf.make_indirect(pikepdf.Array([_put(pdf, file) for file in files]))
        packet = pdf.Root.Metadata.read_bytes()
        end = packet.rindex(b"</x:xmpmeta>")
        packet = one_description(packet[:end] + b"".join(descriptions) + packet[end:])
        # Readers that know no PDF look for it in plain text.
        pdf.Root.Metadata = pdf.make_stream(
            packet, Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML
        )
        # LibreOffice's own sum over the file as it was.
        if "/DocChecksum" in pdf.trailer:
            del pdf.trailer["/DocChecksum"]
        written = io.BytesIO()
        pdf.save(written, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return written.getvalue()


def _put(pdf: pikepdf.Pdf, file: Enclosed) -> pikepdf.Object:
    at = f"D:{file.at:%Y%m%d%H%M%S}Z"
    pdf.attachments[file.name] = pikepdf.AttachedFileSpec(
        pdf,
        file.content,
        filename=file.name,
        description=file.description,
        mime_type=mimetypes.guess_type(file.name)[0] or "application/octet-stream",
        creation_date=at,
        mod_date=at,
    )
    placed = pdf.attachments[file.name].obj
    placed.AFRelationship = pikepdf.Name(f"/{file.relationship}")
    return placed
