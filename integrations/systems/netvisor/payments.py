"""What was paid there. Lists have no pages: they are narrowed by days instead."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from integrations.ports import Exported, RemotePayment, Settlement
from integrations.systems.netvisor import assumptions as taken
from integrations.systems.netvisor.client import Client, NoRight, Refused
from integrations.systems.netvisor.xml import Node


def settlements(
    client: Client, documents: Sequence[Exported], since: datetime | None
) -> list[Settlement]:
    """Three questions, however many documents: which changed, what was paid, what was deleted."""
    if not documents:
        return []
    first = min(document.issue_date for document in documents)
    last = max(document.issue_date for document in documents)
    asked = {"begininvoicedate": first.isoformat(), "endinvoicedate": last.isoformat()}
    if since is not None:
        early = since - timedelta(seconds=taken.CLOCK_MARGIN_SECONDS)
        asked |= {"lastmodifiedstart": taken.moment(early), "includemodifiedpayments": "1"}
    rows = {
        row["netvisorkey"]: row
        for row in client.get("salesinvoicelist.nv", **asked)
        .child("salesinvoicelist")
        .children("salesinvoice")
    }
    gone = _deleted(client, first)
    changed = [document for document in documents if document.remote_id in rows]
    paid = _payments(client, changed) if changed else {}
    found = []
    for document in documents:
        if document.remote_id in gone:
            found.append(Settlement(remote_id=document.remote_id, paid=Decimal(0), is_gone=True))
        elif document.remote_id in rows:
            row = rows[document.remote_id]
            # Money that belongs to no invoice has no number either.
            payments = tuple(paid.get(_number(row), ()) if _number(row) else ())
            found.append(
                Settlement(
                    remote_id=document.remote_id,
                    paid=sum((payment.amount for payment in payments), Decimal(0)),
                    status=_status(row),
                    remote_number=_number(row),
                    paid_on=max((payment.paid_on for payment in payments), default=None),
                    payments=payments,
                )
            )
    return found


def _payments(client: Client, documents: Sequence[Exported]) -> dict[str, list[RemotePayment]]:
    """By invoice number. All there are of these invoices: what is told is the whole of it."""
    first = min(document.issue_date for document in documents)
    begin = first - timedelta(days=taken.EARLIER_PAYMENT_DAYS)
    answer = client.get("salespaymentlist.nv", begindate=begin.isoformat())
    found: dict[str, list[RemotePayment]] = defaultdict(list)
    for row in answer.everywhere("salespayment"):
        # In another currency the sum is in euros and what was paid beside it.
        amount = row.amount("foreigncurrencyamount") or row.amount("sum")
        day = _day(row["date"])
        failed = row["bankstatus"].upper() not in ("", "OK")
        if not row["netvisorkey"] or amount is None or day is None or failed:
            continue
        found[row["invoicenumber"]].append(
            RemotePayment(id=row["netvisorkey"], amount=amount, paid_on=day, text=row["name"][:200])
        )
    return found


def _deleted(client: Client, since: date) -> set[str]:
    """Not every company allows this question; without it nothing is said to be gone."""
    try:
        answer = client.get("deletedsalesinvoices.nv", deletedsince=since.isoformat())
    except (NoRight, Refused):
        return set()
    return {node.text for node in answer.everywhere("netvisorkey") if node.text}


def _number(row: Node) -> str:
    return row["invoicenumber"]


def _status(row: Node) -> str:
    status = row.child("invoicestatus")
    return (status.attribute("status") or status.text).casefold()


def _day(text: str) -> date | None:
    """`5.3.2026` or `2026-03-05`."""
    for shape in ("%d.%m.%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text.partition(" ")[0], shape).date()  # noqa: DTZ007 (a day)
        except ValueError:
            continue
    return None
