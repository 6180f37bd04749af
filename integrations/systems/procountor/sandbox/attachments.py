"""Files of an invoice."""

import json
import re
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from mimetypes import guess_type
from typing import Any

from integrations.sandbox.store import Document
from integrations.sandbox.web import Response, dump, json_response
from integrations.systems.procountor.sandbox.checks import Fields, Findings, check_letters
from integrations.systems.procountor.sandbox.context import (
    Context,
    next_version,
    read_id,
    refused,
)

MAX_BYTES = 10_000_000
REFERENCE_TYPES = ("INVOICE", "LEDGER_RECEIPT", "BUSINESS_PARTNER")
BOUNDARY = "sandbox-part"


@dataclass
class Part:
    headers: Message
    content: bytes

    @property
    def name(self) -> str:
        return str(self.headers.get_param("name", "", header="content-disposition"))


def create(context: Context) -> Response:
    meta, content = _read_parts(context)
    findings = Findings()
    check_letters(meta, "", findings)
    fields = Fields(meta, "", findings)
    fields.ignore(["id", "mimeType"])
    name = fields.text("name", 255, required=True)
    if name and not re.search(r"[^.]\.[A-Za-z0-9]{1,10}$", name):
        fields.refuse("name", "must have the file's extension")
    kind = fields.choice("referenceType", REFERENCE_TYPES, required=True)
    if kind not in (None, "INVOICE"):
        fields.refuse("referenceType", "this sandbox keeps files of invoices only")
    reference = fields.integer("referenceId", required=True)
    fields.boolean("sendWithInvoice", required=True)
    fields.finish()
    if not content:
        findings.add("file", "must not be empty")
    if len(content) > MAX_BYTES:
        findings.add("file", f"size must be at most {MAX_BYTES} bytes")
    context.conclude(findings)
    invoice = context.store.get("invoice", context.slug, reference or 0)
    if invoice is None:
        raise refused(404, "Invoice was not found")
    attachment = {
        "id": context.store.next_number("attachment", context.slug, 501),
        "name": name,
        "referenceType": kind,
        "referenceId": reference,
        "mimeType": guess_type(name or "")[0] or "application/octet-stream",
        "sendWithInvoice": meta["sendWithInvoice"],
        "size": len(content),
    }
    context.store.put("attachment", context.slug, attachment)
    context.store.put_file(context.slug, attachment["id"], content)
    _list_on_invoice(context, invoice)
    return json_response(attachment)


def _list_on_invoice(context: Context, invoice: Document) -> None:
    invoice["attachments"] = context.store.find(
        "attachment",
        context.slug,
        [("json_extract(body, '$.referenceId') = ?", invoice["id"])],
        order="id",
    )
    invoice["version"] = next_version(invoice["version"])
    context.store.put("invoice", context.slug, invoice)
    context.call.documents = [invoice["id"]]


def read(context: Context, number: str) -> Response:
    attachment = context.get("attachment", number, "Attachment")
    context.call.documents = [attachment["referenceId"]]
    content = context.store.file(context.slug, attachment["id"]) or b""
    body = b"".join(
        [
            f"--{BOUNDARY}\r\nContent-Type: application/json\r\n"
            f'Content-Disposition: form-data; name="meta"\r\n\r\n{dump(attachment)}\r\n'
            f"--{BOUNDARY}\r\nContent-Type: {attachment['mimeType']}\r\n"
            f'Content-Disposition: form-data; name="file"\r\n\r\n'.encode(),
            content,
            f"\r\n--{BOUNDARY}--\r\n".encode(),
        ]
    )
    return Response(200, body, f"multipart/mixed; boundary={BOUNDARY}")


def remove(context: Context, number: str) -> Response:
    attachment, invoice = _changeable(context, number)
    context.store.remove("attachment", context.slug, attachment["id"])
    context.store.remove_file(context.slug, attachment["id"])
    _list_on_invoice(context, invoice)
    return Response(204)


def rename(context: Context, number: str) -> Response:
    attachment, invoice = _changeable(context, number)
    findings = Findings()
    attachment["name"] = context.body(findings).text("name", 255, required=True)
    context.conclude(findings)
    context.store.put("attachment", context.slug, attachment)
    _list_on_invoice(context, invoice)
    return json_response(attachment)


def _changeable(context: Context, number: str) -> tuple[Document, Document]:
    attachment = context.get("attachment", str(read_id(number)), "Attachment")
    invoice = context.store.get("invoice", context.slug, attachment["referenceId"])
    assert invoice is not None
    return attachment, invoice


def _read_parts(context: Context) -> tuple[dict[str, Any], bytes]:
    request = context.call.request
    boundary = request.headers.get_param("boundary")
    if request.content_type != "multipart/form-data" or not boundary:
        raise refused(400, "A multipart/form-data request is required")
    parts = {part.name: part for part in _split(request.body, str(boundary).encode())}
    for name in ("meta", "file"):
        if name not in parts:
            raise refused(400, f"Required request part '{name}' is not present")
    if parts["meta"].headers.get_content_type() != "application/json":
        raise refused(400, "The content type of the part 'meta' must be application/json")
    try:
        meta = json.loads(parts["meta"].content)
    except ValueError:
        raise refused(400, "Malformed JSON request") from None
    if not isinstance(meta, dict):
        raise refused(400, "Malformed JSON request")
    return meta, parts["file"].content


def _split(body: bytes, boundary: bytes) -> list[Part]:
    parts = []
    for piece in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        if piece.startswith(b"--"):
            break
        head, _, content = piece.partition(b"\r\n\r\n")
        headers = HeaderParser().parsestr(head.strip().decode("utf-8", "replace"))
        parts.append(Part(headers, content))
    return parts
