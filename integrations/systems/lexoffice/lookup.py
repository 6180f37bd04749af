"""Finding a document again whose outcome nobody knows. Section 10 of the contract."""

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.outgoing import OutgoingInvoice
from integrations.ports import Delivery, Rejected, RetryLater
from integrations.problems import Problem
from integrations.systems.lexoffice.assumptions import LOOK_BACK, QUIET
from integrations.systems.lexoffice.client import Client, Json, Refused, text_of
from integrations.systems.lexoffice.letters import has_marker
from integrations.systems.lexoffice.mapping import BERLIN, VOUCHER

# Clocks differ. There is no latest moment: the mark decides, and a lost answer may be late.
BEFORE = timedelta(hours=1)
GONE = frozenset({"voided"})


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
    if len(found) > 1:
        numbers = ", ".join(str(one.get("voucherNumber") or one["id"]) for one in found)
        raise Rejected(
            _("Lexware Office has this document several times: %(numbers)s. Delete all but one"
              " there and try again, or close this export.")
            % {"numbers": numbers},
            problem=Problem.UNCLEAR,
        )  # fmt: skip
    return found[0] if found else None


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
    kind = "salescreditnote" if invoice.is_credit_note else "salesinvoice"
    rows = client.pages(
        "/voucherlist",
        {"voucherType": kind, "voucherStatus": "any", "voucherNumber": invoice.number},
    )
    found = []
    for row in rows:
        if row.get("voucherNumber") != invoice.number or row.get("voucherStatus") in GONE:
            continue
        voucher = _read(client, "/vouchers", row)
        if voucher is None:
            continue
        if not has_marker(str(voucher.get("remark") or ""), invoice.marker):
            raise Rejected(
                _("Lexware Office has another voucher with the number %(number)s already. Look"
                  " there: delete that one and try again, or close this export.")
                % {"number": invoice.number},
                problem=Problem.UNCLEAR,
            )  # fmt: skip
        found.append(voucher)
    return found


def _by_marker(client: Client, invoice: OutgoingInvoice, written_at: datetime) -> list[Json]:
    since = (written_at - LOOK_BACK).astimezone(BERLIN).date()
    query = {
        "voucherType": "creditnote" if invoice.is_credit_note else "invoice",
        "voucherStatus": "any",
        "createdDateFrom": since.isoformat(),
    }
    if invoice.remote_customer_id:
        query["contactId"] = invoice.remote_customer_id
    path = path_of(invoice, "")
    found = []
    for row in client.pages("/voucherlist", query):
        if row.get("voucherStatus") in GONE or not _may_be(row, invoice, written_at):
            continue
        stored = _read(client, path, row)
        if stored and has_marker(str(stored.get("remark") or ""), invoice.marker):
            found.append(stored)
    return found


def _may_be(row: Json, invoice: OutgoingInvoice, written_at: datetime) -> bool:
    """Its sum may differ by what rounding makes of it; its day may not."""
    total = amount_of(row.get("totalAmount"))
    if total is not None:
        rounding = Decimal("0.01") * (len(invoice.lines) + 5)
        if abs(abs(total) - invoice.gross_total) > rounding:
            return False
    try:
        created = datetime.fromisoformat(str(row.get("createdDate")))
    except ValueError:
        return True
    return created.tzinfo is None or created >= written_at - BEFORE


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
