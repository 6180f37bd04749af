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
CANCELLATION = "SR"
ZERO = Decimal(0)


def read_settlements(
    client: Client, documents: Sequence[Exported], since: datetime | None
) -> list[Settlement]:
    found: list[Settlement] = []
    for kind, is_credit_note in ((INVOICE, False), (CREDIT_NOTE, True)):
        wanted = {
            one.remote_id
            for one in documents
            if one.is_credit_note == is_credit_note and one.remote_id.isdecimal()
        }
        if wanted:
            found += _of(client, kind, wanted, since)
    return found


def _of(client: Client, kind: Kind, wanted: set[str], since: datetime | None) -> list[Settlement]:
    if len(wanted) <= FEW:
        cancelled = _cancelled(_changed(client, kind, since, cancellations=True), wanted)
        found = [_one(client, kind, number, cancelled) for number in sorted(wanted, key=int)]
        return [one for one in found if one is not None]
    rows = {str(row["id"]): row for row in _changed(client, kind, since)}
    cancelled = _cancelled(rows.values(), wanted)
    settled = [
        settlement_of(row, kind, is_gone=number in cancelled)
        for number, row in rows.items()
        if number in wanted
    ]
    if since is not None:
        return settled
    # A list that is paged while others write may miss one: it is asked for by itself.
    missing = wanted - rows.keys()
    alone = [_one(client, kind, number, cancelled) for number in sorted(missing, key=int)]
    return settled + [one for one in alone if one is not None]


def _changed(
    client: Client, kind: Kind, since: datetime | None, *, cancellations: bool = False
) -> list[Json]:
    asked: dict[str, str] = {}
    if kind is INVOICE:
        asked["showAll"] = "true"
        if cancellations:
            asked["invoiceType"] = CANCELLATION
    elif cancellations:
        return []
    if since is not None:
        asked["updateAfter"] = str(int((since - assumptions.CLOCKS_DIFFER).timestamp()))
    return list(client.rows(kind.path, asked))


def _cancelled(rows: object, wanted: set[str]) -> set[str]:
    """A cancelled invoice counts as paid there, by the cancellation that names it."""
    assert hasattr(rows, "__iter__")
    origins = {
        str((row.get("origin") or {}).get("id"))
        for row in rows
        if row.get("invoiceType") == CANCELLATION
    }
    return origins & wanted


def _one(client: Client, kind: Kind, number: str, cancelled: set[str]) -> Settlement | None:
    try:
        row = client.one(f"{kind.path}/{number}")
    except Refused as refused:
        if refused.is_missing:
            return Settlement(remote_id=number, paid=ZERO, is_gone=True)
        raise
    return settlement_of(row, kind, is_gone=number in cancelled)


def settlement_of(row: Json, kind: Kind, *, is_gone: bool = False) -> Settlement:
    return Settlement(
        remote_id=str(row["id"]),
        paid=ZERO if is_gone else decimal_of(row.get("paidAmount")),
        remote_number=str(row.get(kind.number) or ""),
        status=str(row.get("status") or ""),
        paid_on=day_of(row.get("payDate")),
        is_gone=is_gone,
    )


def day_of(value: object) -> date | None:
    """The calendar day in Berlin: an offset of UTC would make it the day before."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at.astimezone(BERLIN).date() if at.tzinfo else at.date()
