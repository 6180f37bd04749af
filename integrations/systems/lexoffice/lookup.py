"""Finding a document again whose outcome nobody knows. Section 10 of the contract."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.doubles import take_the_only_one
from integrations.outgoing import OutgoingInvoice
from integrations.ports import Delivery, OutOfTurn, Rejected, RetryLater
from integrations.problems import Problem
from integrations.systems.lexoffice.assumptions import (
    CLOCKS_THERE,
    LISTED_LATER,
    LOOK_BACK,
    QUIET,
)
from integrations.systems.lexoffice.client import Client, Json, Refused, text_of
from integrations.systems.lexoffice.letters import has_marker
from integrations.systems.lexoffice.mapping import BERLIN, VOUCHER

# Clocks differ. There is no latest moment: the mark decides, and a lost answer may be late.
BEFORE = timedelta(hours=1)
GONE = frozenset({"voided"})
TITLE = "Lexware Office"


# Newest first, so that the first page has all that came since a document did.
NEWEST = 25


def path_of(invoice: OutgoingInvoice, mode: str) -> str:
    if mode == VOUCHER:
        return "/vouchers"
    return "/credit-notes" if invoice.is_credit_note else "/invoices"


def find(client: Client, delivery: Delivery, mode: str) -> Json | None:
    """The document of this delivery that is there already; several of them go to a person."""
    invoice = delivery.invoice
    if mode == VOUCHER:
        found = _by_number(client, invoice)
    elif delivery.written_at is not None:
        found = _by_marker(client, invoice, delivery.written_at)
    else:
        # Nothing was written yet: there is nothing to find, and each look costs a request.
        return None
    if found:
        take_the_only_one(TITLE, names_of(found), text_of(found[0], "id"))
    return found[0] if found else None


@dataclass(frozen=True)
class There:
    """What Lexware Office's list has of one document: its row, and what bears its mark besides."""

    row: Json | None
    doubles: list[Json]


def all_of(client: Client, delivery: Delivery, mode: str, remote_id: str, begun: datetime) -> There:
    """One request, unless somebody else's sum is the same: the list tells no marks, so each that
    may be a double of this document is read."""
    invoice = delivery.invoice
    rows = list(
        _numbered(client, invoice) if mode == VOUCHER else _since(client, invoice, remote_id, begun)
    )
    row = next((one for one in rows if str(one.get("id")) == remote_id), None)
    others = {
        text_of(one, "id"): one
        for one in rows
        if one is not row and one.get("voucherStatus") not in GONE and _may_be(one, invoice, begun)
    }
    for held in delivery.held_by_others(others) if others else ():
        others.pop(held, None)
    path = path_of(invoice, mode)
    read = (_read(client, path, one) for one in others.values())
    return There(row, [one for one in read if one and _is_marked(one, invoice)])


def wait_until_listed(begun: datetime) -> None:
    """What the list does not show yet cannot be counted by it."""
    if timezone.now() < begun + QUIET:
        raise OutOfTurn(
            _("Lexware Office does not list the document yet; it is looked for again."),
            seconds=LISTED_LATER.total_seconds(),
        )


def names_of(found: Sequence[Json]) -> dict[str, str]:
    """Vouchers have our number, both of them; the id tells them apart."""
    numbers = Counter(str(one.get("voucherNumber") or "") for one in found)
    named = {}
    for one in found:
        key, number = text_of(one, "id"), str(one.get("voucherNumber") or "")
        named[key] = number if numbers[number] == 1 else f"{number} ({key})".strip()
    return named


def _since(client: Client, invoice: OutgoingInvoice, remote_id: str, begun: datetime) -> list[Json]:
    """The newest documents of the customer, back to when this one was asked for.

    That they come in this order is asked for and not relied on: otherwise all of the day are read.
    """
    passed = timezone.now() - begun + CLOCKS_THERE
    query = {**_query(invoice, begun - BEFORE), "sort": "createdDate,DESC"}
    rows: list[Json] = []
    own: datetime | None = None
    last: datetime | None = None
    is_in_order = True
    for row in client.pages("/voucherlist", query, at_once=NEWEST):
        created = _created(row)
        is_in_order = is_in_order and created is not None and (last is None or created <= last)
        last = created
        if is_in_order and own and created and created < own - passed:
            break
        rows.append(row)
        own = created if str(row.get("id")) == remote_id else own
    return rows


def _is_marked(stored: Json, invoice: OutgoingInvoice) -> bool:
    return has_marker(str(stored.get("remark") or ""), invoice.marker)


def wait_until_quiet(delivery: Delivery) -> None:
    """A look right after a time-out may come before what it looks for is stored."""
    if delivery.written_at is None:
        return
    seconds = (delivery.written_at + QUIET - timezone.now()).total_seconds()
    if seconds > 0:
        raise RetryLater(
            _("It is not known whether the last request arrived; Lexware Office is asked again."),
            seconds=seconds,
        )


def _by_number(client: Client, invoice: OutgoingInvoice) -> list[Json]:
    found = []
    for row in _numbered(client, invoice):
        if row.get("voucherStatus") in GONE:
            continue
        voucher = _read(client, "/vouchers", row)
        if voucher is None:
            continue
        if not _is_marked(voucher, invoice):
            raise Rejected(
                _("Lexware Office has another voucher with the number %(number)s already. Look"
                  " there: delete that one and try again, or close this export.")
                % {"number": invoice.number},
                problem=Problem.UNCLEAR,
            )  # fmt: skip
        found.append(voucher)
    return found


def _by_marker(client: Client, invoice: OutgoingInvoice, written_at: datetime) -> list[Json]:
    path = path_of(invoice, "")
    found = []
    for row in client.pages("/voucherlist", _query(invoice, written_at - LOOK_BACK)):
        if row.get("voucherStatus") in GONE or not _may_be(row, invoice, written_at):
            continue
        stored = _read(client, path, row)
        if stored and _is_marked(stored, invoice):
            found.append(stored)
    return found


def _numbered(client: Client, invoice: OutgoingInvoice) -> list[Json]:
    kind = "salescreditnote" if invoice.is_credit_note else "salesinvoice"
    rows = client.pages(
        "/voucherlist",
        {"voucherType": kind, "voucherStatus": "any", "voucherNumber": invoice.number},
    )
    return [row for row in rows if row.get("voucherNumber") == invoice.number]


def _query(invoice: OutgoingInvoice, since: datetime) -> dict[str, str]:
    query = {
        "voucherType": "creditnote" if invoice.is_credit_note else "invoice",
        "voucherStatus": "any",
        "createdDateFrom": since.astimezone(BERLIN).date().isoformat(),
    }
    if invoice.remote_customer_id:
        query["contactId"] = invoice.remote_customer_id
    return query


def _may_be(row: Json, invoice: OutgoingInvoice, written_at: datetime) -> bool:
    """Its sum may differ by what rounding makes of it; its day may not."""
    total = amount_of(row.get("totalAmount"))
    if total is not None:
        rounding = Decimal("0.01") * (len(invoice.lines) + 5)
        if abs(abs(total) - invoice.gross_total) > rounding:
            return False
    created = _created(row)
    return created is None or created >= written_at - BEFORE


def _created(row: Json) -> datetime | None:
    try:
        created = datetime.fromisoformat(str(row.get("createdDate")))
    except ValueError:
        return None
    return created if created.tzinfo else None


def _read(client: Client, path: str, row: Json) -> Json | None:
    try:
        return client.get(f"{path}/{text_of(row, 'id')}")
    except Refused as refused:
        if refused.status == 404:
            return None
        raise


def amount_of(value: Any) -> Decimal | None:
    """A number, at times written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount.quantize(Decimal("0.01")) if amount.is_finite() else None
