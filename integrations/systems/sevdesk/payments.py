"""What was paid there: read by the moment of the last change. Sections 5.7 and 8."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from integrations.ports import Exported, Settlement
from integrations.systems.sevdesk import assumptions
from integrations.systems.sevdesk.client import Client, Refused
from integrations.systems.sevdesk.finding import CREDIT_NOTE, INVOICE, Kind
from integrations.systems.sevdesk.mapping import BERLIN, Json, decimal_of

# Up to so many are read one by one, and more in lists of a thousand.
FEW = 20
CANCELLATION, PAID = "SR", "1000"
ZERO = Decimal(0)


def read_settlements(
    client: Client, documents: Sequence[Exported], since: datetime | None
) -> list[Settlement]:
    found: list[Settlement] = []
    for kind, is_credit_note in ((INVOICE, False), (CREDIT_NOTE, True)):
        wanted = [
            one
            for one in documents
            if one.is_credit_note == is_credit_note and one.remote_id.isdecimal()
        ]
        if wanted:
            found += _of(client, kind, wanted, since)
    return found


def _of(
    client: Client, kind: Kind, wanted: Sequence[Exported], since: datetime | None
) -> list[Settlement]:
    """Several of ours may be in one document there: each has its settlement."""
    numbers = {one.remote_id for one in wanted}
    is_few = len(numbers) <= FEW
    changed = _changed(client, kind, since, only_cancellations=is_few)
    cancelled = _cancelled(changed) & numbers
    rows: dict[str, Json | None] = {str(row["id"]): row for row in changed}
    # A list that is paged while others write may miss one: it is asked for by itself.
    alone = numbers if is_few else numbers - rows.keys() if since is None else set()
    rows |= {number: _one(client, kind, number) for number in sorted(alone, key=int)}
    return [
        settlement_of(one, rows[one.remote_id], kind, is_gone=one.remote_id in cancelled)
        for one in wanted
        if one.remote_id in rows
    ]


def _changed(
    client: Client, kind: Kind, since: datetime | None, *, only_cancellations: bool
) -> list[Json]:
    asked: dict[str, str] = {}
    if kind is INVOICE:
        asked["showAll"] = "true"
        if only_cancellations:
            asked["invoiceType"] = CANCELLATION
    elif only_cancellations:
        return []
    if since is not None:
        asked["updateAfter"] = str(int((since - assumptions.CLOCKS_DIFFER).timestamp()))
    return list(client.rows(kind.path, asked))


def _cancelled(rows: Sequence[Json]) -> set[str]:
    """A cancelled invoice counts as paid there, by the cancellation that names it."""
    return {
        str((row.get("origin") or {}).get("id"))
        for row in rows
        if row.get("invoiceType") == CANCELLATION
    }


def _one(client: Client, kind: Kind, number: str) -> Json | None:
    """None where it is not there any more."""
    try:
        return client.one(f"{kind.path}/{number}", needs="status")
    except Refused as refused:
        if refused.is_missing:
            return None
        raise


def settlement_of(
    document: Exported, row: Json | None, kind: Kind, *, is_gone: bool = False
) -> Settlement:
    if row is None or is_gone:
        status = str(row.get("status") or "") if row else ""
        return Settlement(
            remote_id=document.remote_id,
            number=document.number,
            paid=ZERO,
            status=status,
            is_gone=True,
        )
    return Settlement(
        remote_id=document.remote_id,
        number=document.number,
        remote_number=str(row.get(kind.number) or ""),
        paid=_paid(document, row),
        status=str(row.get("status") or ""),
        paid_on=day_of(row.get("payDate")),
    )


def _paid(document: Exported, row: Json) -> Decimal:
    """Where our lines are part of a larger document nobody knows what a payment of some of it was
    for: they are paid when all of it is."""
    if decimal_of(row.get("sumGross")) == abs(document.gross):
        return decimal_of(row.get("paidAmount"))
    return abs(document.gross) if str(row.get("status")) == PAID else ZERO


def day_of(value: object) -> date | None:
    """The calendar day in Berlin: an offset of UTC would make it the day before."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at.astimezone(BERLIN).date() if at.tzinfo else at.date()
