"""Adds lines to a draft that is there: once, whatever becomes of the answer. Section 5.4.

sevDesk saves positions and the draft's own fields in one call. Our mark goes into the draft's
reference in the same call as our positions, so that both are there or none.
"""

from collections import Counter
from contextlib import AbstractContextManager
from datetime import date

from django.utils.translation import gettext as _

from integrations.outgoing import OutgoingInvoice
from integrations.ports import Access, Delivery, Rejected, RemoteDraft, StepResult
from integrations.problems import Problem
from integrations.systems.sevdesk import assumptions
from integrations.systems.sevdesk.client import Client, Refused
from integrations.systems.sevdesk.finding import (
    INVOICE,
    bears,
    is_draft,
    result_of,
    wait_until_quiet,
)
from integrations.systems.sevdesk.mapping import (
    Json,
    Options,
    Register,
    decimal_of,
    positions,
    sum_of,
)
from integrations.systems.sevdesk.taxes import Tax, rule_name

# Of the draft, sent back as they are: the whole document is saved anew.
_KEPT = (
    "contact", "contactPerson", "invoiceDate", "deliveryDate", "deliveryDateUntil", "invoiceType",
    "invoiceNumber", "header", "headText", "footText", "address", "addressCountry", "currency",
    "taxText", "taxRule", "taxType", "taxSet", "timeToPay", "smallSettlement",
    "paymentMethod", "deliveryAddressCountry",
)  # fmt: skip


def list_drafts(client: Client, contact: str) -> list[RemoteDraft]:
    """Of this customer, what lines can be added to; compared here, as filters may be ignored."""
    asked = {"status": "100", "contact[id]": contact, "contact[objectName]": "Contact"}
    return [
        RemoteDraft(
            id=str(row["id"]),
            label=_label(row),
            issue_date=_day(row.get("invoiceDate")),
            net=decimal_of(row.get("sumNet")),
        )
        for row in client.rows("/Invoice", asked)
        if is_draft(row) and _is_of(row, contact) and row.get("invoiceType") == "RE"
    ]


def _label(row: Json) -> str:
    number = str(row.get("invoiceNumber") or "") or _("Draft %(id)s") % {"id": row["id"]}
    header = str(row.get("header") or "")
    return f"{number}: {header}" if header and number not in header else header or number


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


def _is_of(row: Json, contact: str) -> bool:
    return str((row.get("contact") or {}).get("id")) == contact


def one_at_a_time(access: Access, draft: str) -> AbstractContextManager[None]:
    """Two at once would each read the draft without the other's mark, and one would be lost. Ids
    are sevDesk's own, so that nobody's draft has another's name."""
    sentence = _("Another document is just being added to this draft.")
    return access.alone(f"draft {draft}", sentence)


def read_draft(client: Client, invoice: OutgoingInvoice) -> Json:
    """The draft that was chosen, wherever it stands by now."""
    gone = Rejected(
        _("The draft that the lines were to be added to was deleted in sevDesk. Credit this"
          " document and invoice the work anew, or enter it there and close this export."),
        problem=Problem.DIFFERS,
    )  # fmt: skip
    if not invoice.append_to.isdecimal():
        raise gone
    try:
        return client.one(f"/Invoice/{invoice.append_to}")
    except Refused as refused:
        if refused.is_missing:
            raise gone from None
        raise


def check_draft(invoice: OutgoingInvoice, draft: Json, register: Register, tax: Tax) -> None:
    """Whether our lines may stand in it."""
    if not is_draft(draft) or draft.get("enshrined"):
        raise Rejected(
            _("The draft that the lines were to be added to was opened in sevDesk meanwhile"
              " (%(number)s). Enter them there in another document, then close this export.")
            % {"number": draft.get("invoiceNumber") or draft["id"]},
            problem=Problem.DIFFERS,
        )  # fmt: skip
    if not _is_of(draft, invoice.remote_customer_id):
        raise Rejected(_("The draft in sevDesk is another customer's now. Choose another one."))
    if str(draft.get("currency")) != invoice.currency:
        raise Rejected(
            _("The draft in sevDesk is in %(there)s, these lines are in %(here)s.")
            % {"there": draft.get("currency"), "here": invoice.currency}
        )
    if str(draft.get("showNet")) not in ("1", "True", "true"):
        raise Rejected(
            _("The draft in sevDesk has gross prices; lines with net prices cannot be added to it.")
        )
    _check_tax(draft, tax.fields(register.version))
    note = _note_with(draft, invoice.marker)
    if len(note) > assumptions.NOTE_LETTERS:
        raise Rejected(
            _("The draft's reference in sevDesk has no room for our mark any more. Open that draft"
              " and choose another one.")
        )  # fmt: skip


def _check_tax(draft: Json, wanted: Json) -> None:
    for name, value in wanted.items():
        there = draft.get(name)
        if isinstance(value, dict):
            is_same = isinstance(there, dict) and str(there.get("id")) == str(value["id"])
            words = _words_of(there)
        else:
            is_same, words = str(there) == value, str(there)
        if not is_same:
            raise Rejected(
                _("The draft in sevDesk has another tax rule (%(rule)s) than these lines.")
                % {"rule": words}
            )


def _words_of(rule: object) -> str:
    number = str(rule.get("id")) if isinstance(rule, dict) else ""
    return rule_name(number) if number in assumptions.TAX_TEXTS else number or "–"


def _note_with(draft: Json, marker: str) -> str:
    note = str(draft.get("customerInternalNote") or "").strip()
    return assumptions.BETWEEN_MARKS.join(part for part in (note, marker) if part)


def append(
    client: Client, delivery: Delivery, options: Options, register: Register, tax: Tax
) -> StepResult:
    """Add our positions and our mark in one call; what is there already is not added again."""
    invoice = delivery.invoice
    draft = read_draft(client, invoice)
    there = _positions(client, invoice)
    if bears(draft, invoice.marker):
        _compare(invoice, options, register, there)
        return result_of(draft, INVOICE, was_found=True)
    check_draft(invoice, draft, register, tax)
    last = max((int(decimal_of(row.get("positionNumber"))) for row in there), default=-1)
    rows = positions(invoice, options, register, first=last + 1)
    if delivery.written_at is not None and _has_all(there, rows):
        raise Rejected(
            _("The draft in sevDesk has these lines, but not our mark. Look whether they are there"
              " once; then close this export, or take them out there and try again."),
            problem=Problem.UNCLEAR,
        )  # fmt: skip
    wait_until_quiet(delivery)
    delivery.write()
    client.send("POST", "/Invoice/Factory/saveInvoice", _envelope(draft, invoice, rows))
    after = _positions(client, invoice)
    _refuse_doubles(rows, there, after)
    _compare(invoice, options, register, after)
    return result_of(draft, INVOICE)


def _positions(client: Client, invoice: OutgoingInvoice) -> list[Json]:
    return client.listed(f"/Invoice/{invoice.append_to}/getPositions")


def _envelope(draft: Json, invoice: OutgoingInvoice, rows: list[Json]) -> Json:
    """The draft as it stands, and new positions only: the others are somebody else's."""
    kept = {name: draft[name] for name in _KEPT if draft.get(name) is not None}
    return {
        "invoice": {
            **kept,
            "objectName": "Invoice",
            "mapAll": True,
            "id": int(str(draft["id"])),
            "status": "100",
            "discount": 0,
            # Required, and used by nobody.
            "taxRate": 0,
            "showNet": True,
            "smallSettlement": str(draft.get("smallSettlement")) in ("1", "True", "true"),
            **_dates(draft),
            "customerInternalNote": _note_with(draft, invoice.marker),
        },
        "invoicePosSave": rows,
        "invoicePosDelete": None,
        "discountSave": None,
        "discountDelete": None,
        "takeDefaultAddress": False,
    }


def _dates(draft: Json) -> Json:
    """The calendar day as it is written, whatever its offset."""
    found = {name: _day(draft.get(name)) for name in _KEPT if "Date" in name}
    return {name: f"{day:%d.%m.%Y}" for name, day in found.items() if day is not None}


def _signature(row: Json) -> tuple[str, str, str, str, str]:
    parts = ("quantity", "price", "discount", "taxRate")
    return (
        str(row.get("name") or ""),
        *(f"{decimal_of(row.get(one)).normalize():f}" for one in parts),
    )  # type: ignore[return-value]


def _has_all(there: list[Json], rows: list[Json]) -> bool:
    """Whether each of ours is there, as often as it is here."""
    return not Counter(map(_signature, rows)) - Counter(map(_signature, there))


def _refuse_doubles(rows: list[Json], before: list[Json], after: list[Json]) -> None:
    """Our mark is there once however often the request came; our lines would be there as often."""
    added = Counter(map(_signature, after)) - Counter(map(_signature, before))
    if all(added[one] >= 2 * count for one, count in Counter(map(_signature, rows)).items()):
        raise Rejected(
            _("The draft in sevDesk has these lines twice: a request came there twice. Take them"
              " out there once and try again; nothing is added anew."),
            problem=Problem.UNCLEAR,
        )  # fmt: skip


def _compare(
    invoice: OutgoingInvoice, options: Options, register: Register, there: list[Json]
) -> None:
    rows = positions(invoice, options, register)
    if _has_all(there, rows) and sum_of(rows) == invoice.net_total:
        return
    raise Rejected(
        _("The draft in sevDesk does not have these lines as they were sent. Compare them there,"
          " then close this export."),
        problem=Problem.DIFFERS,
    )  # fmt: skip
