"""What was paid there. Payments can only be read. Section 8 of the contract."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from integrations.ports import Exported, Rejected, RemotePayment, Settlement
from integrations.systems.lexoffice.assumptions import NO_MONEY
from integrations.systems.lexoffice.client import Client, Json, Refused
from integrations.systems.lexoffice.lookup import GONE, amount_of
from integrations.systems.lexoffice.mapping import BERLIN
from integrations.systems.lexoffice.sentences import sentence_of

# Up to so many are asked for one by one; for more, those that changed are listed first.
FEW = 5
ZERO = Decimal(0)


def read_settlements(
    client: Client, documents: Sequence[Exported], since: datetime | None, kinds: str
) -> list[Settlement]:
    """How these stand. Credit notes settle no money here and are left out."""
    asked = {one.remote_id: one for one in documents if not one.is_credit_note}
    try:
        if since is not None and len(asked) > FEW:
            asked = {key: asked[key] for key in _changed(client, since, kinds) if key in asked}
        found = [_settlement(client, document) for document in asked.values()]
    except Refused as refused:
        raise Rejected(sentence_of(refused.violations)) from None
    return [one for one in found if one is not None]


def _changed(client: Client, since: datetime, kinds: str) -> list[str]:
    """The filter knows days only; a day more does not matter."""
    rows = client.pages(
        "/voucherlist",
        {
            "voucherType": kinds,
            "voucherStatus": "any",
            "updatedDateFrom": since.astimezone(BERLIN).date().isoformat(),
        },
    )
    return list(dict.fromkeys(str(row.get("id")) for row in rows))


def _settlement(client: Client, document: Exported) -> Settlement | None:
    try:
        answer = client.get(f"/payments/{document.remote_id}")
    except Refused as refused:
        if refused.status == 404:
            return Settlement(
                remote_id=document.remote_id, paid=ZERO, status="deleted", is_gone=True
            )
        if refused.status == 406:  # a draft
            return None
        raise
    status = str(answer.get("voucherStatus") or "")
    payments = _payments(answer.get("paymentItems"))
    paid = sum((one.amount for one in payments), ZERO)
    if not payments:
        paid = _paid_by_sum(client, document, answer)
    return Settlement(
        remote_id=document.remote_id,
        paid=paid,
        status=status,
        paid_on=_day(answer.get("paidDate")),
        payments=payments,
        is_gone=status in GONE,
    )


def _payments(items: Any) -> tuple[RemotePayment, ...]:
    """They have no ids: kind, day and sum tell them apart, and equal ones are counted."""
    seen: Counter[str] = Counter()
    found = []
    for item in items if isinstance(items, list) else []:
        if not isinstance(item, dict) or item.get("paymentItemType") in NO_MONEY:
            continue
        amount, on = amount_of(item.get("amount")), _day(item.get("postingDate"))
        if amount is None or on is None or amount == 0:
            continue
        kind = str(item.get("paymentItemType") or "payment")
        key = f"{kind}-{on.isoformat()}-{amount}"
        seen[key] += 1
        found.append(RemotePayment(id=f"{key}-{seen[key]}", amount=amount, paid_on=on))
    return tuple(found)


def _paid_by_sum(client: Client, document: Exported, answer: Json) -> Decimal:
    """Where no payments are listed: what is no longer open, less what credit notes took off."""
    still_open = amount_of(answer.get("openAmount"))
    if still_open is None or still_open >= document.gross:
        return ZERO
    try:
        invoice = client.get(f"/invoices/{document.remote_id}")
    except Refused as refused:
        if refused.status == 404:
            # A bookkeeping voucher: credit notes are not tied to it.
            return document.gross - still_open
        raise
    credited = ZERO
    for one in invoice.get("relatedVouchers") or []:
        if isinstance(one, dict) and str(one.get("voucherType")).lower() == "creditnote":
            note = client.get(f"/credit-notes/{one.get('id')}")
            total = note.get("totalPrice")
            if isinstance(total, dict) and note.get("voucherStatus") not in ("draft", *GONE):
                credited += amount_of(total.get("totalGrossAmount")) or ZERO
    return max(document.gross - still_open - credited, ZERO)


def _day(value: Any) -> date | None:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at.astimezone(BERLIN).date() if at.tzinfo else at.date()
