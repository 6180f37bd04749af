"""What was paid in Procountor: the payment events of the invoices that changed. Section 4.1."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from integrations.ports import Exported, RemotePayment, Settlement
from integrations.systems.procountor.client import Client, Refused

HELSINKI = ZoneInfo("Europe/Helsinki")
# Up to so many are read at once, in one call (section 3.3).
AT_ONCE = 200
GONE = frozenset({"INVALIDATED", "DELETED"})
# Only these have payment events: for the others one call less.
WITH_PAYMENTS = frozenset({"PARTLY_PAID", "PAID", "MARKED_PAID", "PAYMENT_TRANSACTION_REMOVED"})
# What settles without money: credit notes and losses are booked where they are made.
NO_MONEY = frozenset({"ADJUSTMENT", "CORRECTION", "CREDIT_LOSS", "CREDIT_NOTE", "SET_OFF"})


def read_settlements(
    client: Client, documents: Sequence[Exported], since: datetime | None
) -> list[Settlement]:
    asked = [one for one in documents if not one.is_credit_note and one.remote_id.isdecimal()]
    if since is not None and len(asked) > AT_ONCE:
        changed = _changed(client, since)
        asked = [one for one in asked if one.remote_id in changed]
    found = []
    for start in range(0, len(asked), AT_ONCE):
        some = asked[start : start + AT_ONCE]
        stored = {str(one.get("id")): one for one in _read(client, some)}
        found += [_settlement(client, one, stored.get(one.remote_id)) for one in some]
    return found


def _changed(client: Client, since: datetime) -> set[str]:
    """By day, and one day more: what zone versions are in is not documented."""
    day = since.astimezone(HELSINKI).date() - timedelta(days=1)
    asked = {"types": "SALES_INVOICE", "versionStartDate": day.isoformat()}
    return {str(one.get("id")) for one in client.pages("/invoices", asked, most=20_000)}


def _read(client: Client, some: Sequence[Exported]) -> Iterator[dict[str, Any]]:
    """One id gives an object, several a list without the unknown ones, none of them 404."""
    try:
        answer = client.get_any(f"/invoices/{','.join(one.remote_id for one in some)}")
    except Refused as refused:
        if refused.status == 404:
            return
        raise
    yield from answer if isinstance(answer, list) else [answer]


def _settlement(client: Client, document: Exported, stored: dict[str, Any] | None) -> Settlement:
    status = str((stored or {}).get("status") or "DELETED")
    if status in GONE:
        return Settlement(
            remote_id=document.remote_id, paid=Decimal(0), status=status, is_gone=True
        )
    payments = tuple(_payments(client, document)) if status in WITH_PAYMENTS else ()
    return Settlement(
        remote_id=document.remote_id,
        paid=sum((one.amount for one in payments), Decimal(0)),
        status=status,
        payments=payments,
    )


def _payments(client: Client, document: Exported) -> Iterator[RemotePayment]:
    for event in client.pages(f"/invoices/{document.remote_id}/paymentevents", {}):
        if event.get("paymentMethodType") in NO_MONEY:
            continue
        amount, day = _amount(event.get("amount")), _day(event.get("paymentDate"))
        if event.get("id") is None or amount is None or day is None:
            continue
        yield RemotePayment(
            id=str(event["id"]),
            amount=amount,
            paid_on=day,
            text=str(event.get("description") or ""),
        )


def _amount(value: Any) -> Decimal | None:
    try:
        amount = Decimal(str(value)).quantize(Decimal("0.01"))
    except InvalidOperation:
        return None
    return amount or None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
