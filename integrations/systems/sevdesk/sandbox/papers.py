"""Invoices and credit notes: what both can do once they are stored."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.sandbox.store import Document
from integrations.sandbox.web import Response
from integrations.systems.sevdesk.sandbox import registers
from integrations.systems.sevdesk.sandbox.context import (
    CENT,
    Context,
    as_day,
    as_decimal,
    as_id,
    moment,
    now,
    plain,
    refused,
)
from integrations.systems.sevdesk.sandbox.sums import sums_of

DRAFT, OPEN, PARTLY_PAID, PAID = 100, 200, 750, 1000
SEND_TYPES = ("VPR", "VP", "VM", "VPDF")
BOOKINGS = ("FULL_PAYMENT", "N", "CB", "CF", "O", "OF", "MTC")


@dataclass(frozen=True)
class Kind:
    name: str
    position: str
    number: str
    date: str
    sequences: tuple[str, ...]


INVOICE = Kind("Invoice", "InvoicePos", "invoiceNumber", "invoiceDate", ("RE",))
CREDIT_NOTE = Kind(
    "CreditNote", "CreditNotePos", "creditNoteNumber", "creditNoteDate", ("CN", "GS")
)
KINDS = {kind.name: kind for kind in (INVOICE, CREDIT_NOTE)}


def get(context: Context, kind: Kind, text: Any) -> Document:
    document = context.get(kind.name, text)
    context.call.documents = [document["id"]]
    return document


def positions_of(context: Context, kind: Kind, document: Document) -> list[Document]:
    column = kind.name[0].lower() + kind.name[1:]
    return context.store.find(
        kind.position,
        context.slug,
        [(f"json_extract(body, '$.{column}.id') = ?", document["id"])],
        order="json_extract(body, '$.positionNumber'), id",
    )


def put(context: Context, kind: Kind, document: Document) -> None:
    document["update"] = now()
    context.store.put(kind.name, context.slug, document)


def reckon(context: Context, kind: Kind, document: Document) -> list[Document]:
    found = positions_of(context, kind, document)
    document |= sums_of(
        found,
        shows_net=document["showNet"],
        rounds_per_position=context.switches.rounds_per_position,
    )
    put(context, kind, document)
    return found


def keep_positions(
    context: Context, kind: Kind, document: Document, rows: Sequence[Document], deleted: Any
) -> None:
    """Positions that are not named stay as they are."""
    column = kind.name[0].lower() + kind.name[1:]
    there = {one["id"] for one in positions_of(context, kind, document)}
    for entry in deleted or []:
        number = as_id(entry.get("id")) if isinstance(entry, dict) else None
        if number is None or number not in there:
            raise refused(400, f"{kind.position} not found", code=151)
        context.store.remove(kind.position, context.slug, number)
    for row in rows:
        number = row["id"]
        if number is not None and number not in there:
            raise refused(400, f"{kind.position} not found", code=151)
        stored = {
            **row,
            "id": context.new_id(kind.position) if number is None else number,
            column: {"id": document["id"], "objectName": kind.name},
            "create": now(),
        }
        context.store.put(kind.position, context.slug, stored)
    if not positions_of(context, kind, document):
        raise refused(422, f"A {kind.name} must have at least one position")


def check_number(context: Context, kind: Kind, number: Any, own: int | None) -> None:
    if number is None:
        return
    if not isinstance(number, str) or not number.strip() or len(number) > 100:
        raise refused(422, f"{kind.number} must be a string")
    if not context.switches.refuses_duplicates:
        return
    same = context.store.find(
        kind.name, context.slug, [(f"json_extract(body, '$.{kind.number}') = ?", number)]
    )
    if any(one["id"] != own for one in same):
        raise refused(422, f"{kind.number} already exists")


def find_conditions(context: Context, kind: Kind) -> list[tuple[str, Any]]:
    """Filters the service knows; it ignores all others, and so answers everything."""
    conditions = context.reference_filter("contact")
    status = as_id(context.one("status"))
    if status is not None:
        conditions.append(("json_extract(body, '$.status') = ?", status))
    number = context.one(kind.number)
    if number is not None:
        conditions.append((f"json_extract(body, '$.{kind.number}') = ?", number))
    return conditions + context.moment_filter(
        ("startDate", kind.date, ">="),
        ("endDate", kind.date, "<="),
        ("createAfter", "create", ">="),
        ("createBefore", "create", "<="),
        ("updateAfter", "update", ">="),
        ("updateBefore", "update", "<="),
    )


def read(context: Context, kind: Kind, number: str) -> Response:
    return context.answer([get(context, kind, number)])


def read_positions(context: Context, kind: Kind, number: str) -> Response:
    return context.answer(positions_of(context, kind, get(context, kind, number)))


def remove(context: Context, kind: Kind, number: str) -> Response:
    document = get(context, kind, number)
    if document["status"] != DRAFT:
        raise refused(409, "Only drafts can be deleted")
    erase(context, kind, document)
    return context.answer([None])


def erase(context: Context, kind: Kind, document: Document) -> None:
    for position in positions_of(context, kind, document):
        context.store.remove(kind.position, context.slug, position["id"])
    context.store.remove(kind.name, context.slug, document["id"])


# States.


def send_by(context: Context, kind: Kind, number: str) -> Response:
    document = get(context, kind, number)
    data = context.body()
    if "sendType" not in data or "sendDraft" not in data:
        raise refused(400, "sendType and sendDraft are required")
    if data["sendType"] not in SEND_TYPES:
        raise refused(422, "sendType is not known")
    document["sendType"] = data["sendType"]
    if data["sendDraft"] not in (True, 1, "1", "true"):
        open_it(context, kind, document)
    put(context, kind, document)
    return context.answer(document, is_action=True)


def open_it(context: Context, kind: Kind, document: Document) -> None:
    if document["status"] != DRAFT:
        return
    if document["contact"] is None:
        raise refused(422, "Contact must not be empty")
    rule = (document.get("taxRule") or {}).get("id")
    if rule in context.switches.refused_rules or (context.company.is_small and rule != "11"):
        raise refused(422, "The tax rule does not fit the tax profile of this account", code=7100)
    sequence = next(one for one in kind.sequences if one in context.company.sequences)
    if document[kind.number] is None:
        document[kind.number] = registers.next_number(context, sequence)
    document["status"] = OPEN
    document["sendDate"] = now()
    put(context, kind, document)


def send_by_email(context: Context, kind: Kind, number: str) -> Response:
    """Called twice it is mailed twice."""
    document = get(context, kind, number)
    data = context.body()
    for name in ("toEmail", "subject", "text"):
        if not isinstance(data.get(name), str) or not data[name]:
            raise refused(400, f"{name} is required")
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", data["toEmail"]):
        raise refused(422, "toEmail is not a valid e-mail address")
    document["sendType"] = "VM"
    open_it(context, kind, document)
    put(context, kind, document)
    email = {
        "id": context.new_id("Email"),
        "objectName": "Email",
        "object": {"id": document["id"], "objectName": kind.name},
        "to": data["toEmail"],
        "subject": data["subject"],
        "text": data["text"],
        "create": now(),
    }
    context.store.put("Email", context.slug, email)
    return context.answer(email, 201, is_action=True)


def pdf(context: Context, kind: Kind, number: str) -> Response:
    """Without `preventSendBy` a draft is opened by looking at it."""
    document = get(context, kind, number)
    if context.one("preventSendBy") != "true":
        open_it(context, kind, document)
    content = _file_of(context, document) or (
        f"%PDF-1.4\n% {document[kind.number] or 'Entwurf'}\n%%EOF\n".encode()
    )
    return context.answer(
        {
            "filename": f"{document[kind.number] or 'Entwurf'}.pdf",
            "mimeType": "application/pdf",
            "base64encoded": True,
            "content": base64.b64encode(content).decode(),
        },
        is_action=True,
    )


def _file_of(context: Context, document: Document) -> bytes | None:
    number = document.get("_file")
    return None if number is None else context.store.file(context.slug, number)


def book(context: Context, kind: Kind, number: str) -> Response:
    document = get(context, kind, number)
    data = context.body()
    amount = as_decimal(data.get("amount"))
    if amount is None:
        raise refused(422, "amount is required")
    if data.get("type") not in BOOKINGS:
        raise refused(422, "type is not known")
    day = as_day(data.get("date"))
    if day is None:
        raise refused(422, "date is required")
    account = data.get("checkAccount")
    wanted = as_id(account.get("id")) if isinstance(account, dict) else None
    found = next((one for one in context.company.check_accounts if one["id"] == wanted), None)
    if found is None:
        raise refused(422, "CheckAccount not found")
    if found["type"] == "online" and not data.get("checkAccountTransaction"):
        raise refused(422, "An online account needs a checkAccountTransaction")
    return context.answer(
        pay(context, kind, document, amount.quantize(CENT), type_=data["type"], at=moment(day)),
        is_action=True,
    )


def pay(
    context: Context, kind: Kind, document: Document, amount: Decimal, *, type_: str, at: str
) -> Document:
    if document["status"] == DRAFT:
        raise refused(422, "A draft can not be paid")
    before = document["status"]
    paid = Decimal(str(document["paidAmount"])) + amount
    is_all = type_ in ("FULL_PAYMENT", "CB") or paid >= Decimal(document["sumGross"])
    document |= {
        "paidAmount": float(paid),
        "status": PAID if is_all else PARTLY_PAID,
        "payDate": at if is_all else None,
    }
    put(context, kind, document)
    entry = {
        "id": context.new_id("Log"),
        "objectName": f"{kind.name}Log",
        kind.name[0].lower() + kind.name[1:]: {"id": document["id"], "objectName": kind.name},
        "fromStatus": before,
        "toStatus": document["status"],
        "ammountPayed": plain(amount),
        "bookingDate": at,
        "_type": type_,
    }
    context.store.put("Log", context.slug, entry)
    return entry


def reset_to_draft(context: Context, kind: Kind, number: str) -> Response:
    document = get(context, kind, number)
    if document["status"] != OPEN or document["enshrined"]:
        raise refused(422, "Only open documents can be reset to draft")
    document["status"] = DRAFT
    put(context, kind, document)
    return context.answer(document, is_action=True)


def reset_to_open(context: Context, kind: Kind, number: str) -> Response:
    document = get(context, kind, number)
    if document["status"] not in (PARTLY_PAID, PAID) or document["enshrined"]:
        raise refused(422, "The document can not be reset to open")
    document |= {"status": OPEN, "paidAmount": 0, "payDate": None}
    put(context, kind, document)
    return context.answer(document, is_action=True)


def enshrine(context: Context, kind: Kind, number: str) -> Response:
    document = get(context, kind, number)
    if document["enshrined"]:
        raise refused(422, "Already enshrined")
    if document["status"] < OPEN:
        raise refused(422, "A draft can not be enshrined")
    document["enshrined"] = now()
    put(context, kind, document)
    return context.answer(document, is_action=True)


def upload(context: Context) -> Response:
    """A file that a document saved later may name; only the content of a multipart part counts."""
    request = context.call.request
    boundary = re.search(r"boundary=\"?([^\";]+)", request.header("Content-Type"))
    parts = request.body.split(b"--" + boundary[1].encode()) if boundary else []
    for part in parts:
        headers, _, content = part.partition(b"\r\n\r\n")
        if b'name="file"' in headers:
            number = context.new_id("File")
            content = content.removesuffix(b"\r\n")
            context.store.put_file(context.slug, number, content)
            name = f"temp-{number}.pdf"
            context.store.put("File", context.slug, {"id": number, "filename": name})
            return context.answer(
                {"pages": 1, "mimetype": "application/pdf", "filename": name,
                 "originMimeType": "application/pdf", "contentHash": str(hash(content))},
                201,
            )  # fmt: skip
    raise refused(400, "file is required")


def uploaded(context: Context, name: Any) -> int | None:
    if not name:
        return None
    found = context.store.find(
        "File", context.slug, [("json_extract(body, '$.filename') = ?", str(name))]
    )
    if not found:
        raise refused(422, "File not found")
    return int(found[0]["id"])
