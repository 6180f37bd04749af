"""Credit notes: of their own, or the mirror of an invoice."""

from datetime import datetime

from integrations.sandbox.store import Document
from integrations.sandbox.web import Response
from integrations.systems.sevdesk.sandbox import checks, papers, registers
from integrations.systems.sevdesk.sandbox.context import (
    BERLIN,
    Context,
    moment,
    now,
    refused,
    wire,
)
from integrations.systems.sevdesk.sandbox.papers import CREDIT_NOTE, DRAFT, INVOICE


def save(context: Context) -> Response:
    data = context.body()
    given = data.get("creditNote")
    if not isinstance(given, dict):
        raise refused(400, "CreditNote must not be empty")
    if given.get("objectName") != "CreditNote":
        raise refused(400, "creditNote: expected array with 'id' and 'objectName'")
    if given.get("mapAll") is not True:
        raise refused(400, "creditNote: mapAll must be true")
    if given.get("id") is not None:
        raise refused(422, "This sandbox changes no credit notes that are there")
    if str(given.get("status")) != str(DRAFT):
        raise refused(422, "New credit notes must be created with status 100")
    if data.get("discountSave"):
        raise refused(422, "This sandbox keeps no discounts of documents; send a position")
    note, tax = _head(context, given)
    rows = checks.positions(
        context,
        data.get("creditNotePosSave"),
        kind="CreditNotePos",
        tax_=tax,
        is_small=note["smallSettlement"],
    )
    if note["refSrcInvoice"] is not None:
        _check_source(context, note, rows)
    if context.switches.credit_notes_take_files:
        note["_file"] = papers.uploaded(context, data.get("filename"))
    papers.put(context, CREDIT_NOTE, note)
    papers.keep_positions(context, CREDIT_NOTE, note, rows, None)
    kept = papers.reckon(context, CREDIT_NOTE, note)
    context.call.documents = [note["id"]]
    return context.answer({"creditNote": note, "creditNotePos": kept}, 201, is_action=True)


def _head(context: Context, data: Document) -> tuple[Document, checks.Tax]:
    fields = checks.head(context, data, contact_needed=True)
    if not fields["header"]:
        raise refused(422, "header is required")
    day = checks.day(data, "creditNoteDate", required=True)
    assert day is not None
    start = checks.day(data, "deliveryDate")
    if start is None:
        raise refused(422, "deliveryDate is required", code=460)
    end = checks.day(data, "deliveryDateUntil")
    category = data.get("bookingCategory")
    if category not in checks.BOOKING_CATEGORIES and not (
        category == "ACCOUNTING_TYPE" and context.version == "1.0"
    ):
        raise refused(422, "bookingCategory is not known")
    number = data.get("creditNoteNumber")
    if not number:
        raise refused(422, "creditNoteNumber is required")
    papers.check_number(context, CREDIT_NOTE, number, None)
    source = None
    if data.get("refSrcInvoice") is not None:
        source = checks.reference(
            data,
            "refSrcInvoice",
            "Invoice",
            lambda one: context.store.get("Invoice", context.slug, one) is not None,
        )
    elif category == "UNDERACHIEVEMENT":
        raise refused(422, "refSrcInvoice is required")
    tax = checks.tax(context, data)
    sequence = next(one for one in CREDIT_NOTE.sequences if one in context.company.sequences)
    registers.use_up(context, sequence, number)
    note = _blank(context) | {
        "creditNoteNumber": number,
        "creditNoteDate": moment(day),
        "deliveryDate": moment(start),
        "deliveryDateUntil": moment(end) if end else None,
        "bookingCategory": category,
        "refSrcInvoice": source,
        **fields,
        **tax.fields,
    }
    return note, tax


def _blank(context: Context) -> Document:
    return {
        "id": context.new_id("CreditNote"),
        "objectName": "CreditNote",
        "status": DRAFT,
        "paidAmount": 0,
        "payDate": None,
        "sendDate": None,
        "sendType": None,
        "enshrined": None,
        "create": now(),
    }


def _check_source(context: Context, note: Document, rows: list[Document]) -> None:
    source = context.get("Invoice", note["refSrcInvoice"]["id"])
    if source["status"] == DRAFT:
        raise refused(422, "A draft can not be credited")
    if source["invoiceType"] in ("AR", "TR"):
        raise refused(422, "Advance and partial invoices can not be credited")
    if source["taxRule"] != note["taxRule"] or source["taxType"] != note["taxType"]:
        raise refused(422, "Different taxRule than origin document")
    origin = papers.positions_of(context, INVOICE, source)
    if source["smallSettlement"]:
        # Known of the real service: nothing is wrong with the rates.
        raise refused(422, "Different taxRate than origin document")
    checks.check_rates_of(origin, rows)


def from_invoice(context: Context) -> Response:
    given = context.body().get("invoice")
    if not isinstance(given, dict):
        raise refused(400, "Invoice must not be empty")
    source = context.get("Invoice", given.get("id"))
    if source["status"] == DRAFT or source["invoiceType"] in ("AR", "TR"):
        raise refused(422, "The invoice can not be credited")
    note = mirror(context, source)
    rows = papers.positions_of(context, CREDIT_NOTE, note)
    return context.answer(
        {"creditNote": note, "creditNotePos": rows, "discount": []}, 201, is_action=True
    )


def mirror(context: Context, source: Document) -> Document:
    """All of the invoice, as a draft."""
    copied = (
        "contact", "contactPerson", "addressCountry", "currency", "address", "taxText", "taxRule",
        "taxType", "taxSet", "showNet", "smallSettlement", "deliveryDate", "deliveryDateUntil",
    )  # fmt: skip
    sequence = next(one for one in CREDIT_NOTE.sequences if one in context.company.sequences)
    note = _blank(context) | {name: source[name] for name in copied}
    note |= {
        "creditNoteNumber": registers.next_number(context, sequence),
        "creditNoteDate": moment(datetime.now(BERLIN).date()),
        "bookingCategory": "UNDERACHIEVEMENT",
        "refSrcInvoice": {"id": source["id"], "objectName": "Invoice"},
        "header": f"Gutschrift zu {source['invoiceNumber']}",
        "customerInternalNote": None,
    }
    rows = [
        {**{key: one for key, one in row.items() if key != "invoice"},
         "id": None, "objectName": "CreditNotePos"}
        for row in papers.positions_of(context, INVOICE, source)
    ]  # fmt: skip
    papers.put(context, CREDIT_NOTE, note)
    papers.keep_positions(context, CREDIT_NOTE, note, rows, None)
    papers.reckon(context, CREDIT_NOTE, note)
    return note


def find(context: Context) -> Response:
    return context.rows("CreditNote", papers.find_conditions(context, CREDIT_NOTE))


def change(context: Context, number: str) -> Response:
    """Of a draft, its texts."""
    note = papers.get(context, CREDIT_NOTE, number)
    data = context.body()
    if note["status"] != DRAFT:
        raise refused(422, "Only drafts can be changed")
    for name in ("header", "headText", "footText", "customerInternalNote", "creditNoteNumber"):
        if isinstance(data.get(name), str):
            note[name] = data[name]
    papers.put(context, CREDIT_NOTE, note)
    return context.answer(wire(note), is_action=True)
