"""From an entry of camt.053 to lines: one for each transaction in it where its amounts add up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from core.money import CURRENCY_CODES, ZERO
from invoicing import bank_errors as errors
from invoicing.domain.banking.entries import Entry
from invoicing.domain.banking.nodes import Node

_NOT_GIVEN = frozenset({"NOTPROVIDED", "NOT PROVIDED", "NONREF", "N/A"})
LONGEST_NAME, LONGEST_TEXT, LONGEST_REFERENCE = 140, 1000, 80


def entry_of(node: Node) -> Entry | None:
    """The entry as such; None where it is announced and not booked."""
    status = node.words("Sts", "Cd") or node.words("Sts")
    if status not in ("BOOK", ""):
        return None
    amount = node.find("Amt")
    if amount is None:
        raise errors.EntryWithoutAmount(line=node.line, text="—")
    if amount.currency not in CURRENCY_CODES:
        raise errors.CurrencyUnknown(line=amount.line, currency=amount.currency[:10] or "—")
    value = node.day("ValDt")
    booked = node.day("BookgDt") or value
    if booked is None:
        raise errors.EntryWithoutDate(line=node.line)
    return Entry(
        booking_date=booked,
        value_date=value,
        amount=amount.amount() * _direction(node, node.line),
        currency=amount.currency,
        text=node.words("AddtlNtryInf")[:LONGEST_TEXT],
        bank_reference=_given(node.words("AcctSvcrRef")),
        charges=_charges(node, amount.currency),
        is_reversal=_is_reversal(node),
        end_to_end_id=_given(node.words("NtryDtls", "Btch", "PmtInfId"))[:LONGEST_REFERENCE],
        line=node.line,
    )


def _is_reversal(entry: Node) -> bool:
    return entry.words("RvslInd").lower() in ("true", "1")


def _direction(node: Node, line: int, default: int = 0) -> int:
    sign = {"CRDT": 1, "DBIT": -1}.get(node.words("CdtDbtInd"), default)
    if not sign:
        raise errors.EntryWithoutDirection(line=line)
    return sign


@dataclass(frozen=True, slots=True)
class Detail:
    """One transaction of an entry: who paid, and what they wrote."""

    # In the account's currency and with its direction, where it says so.
    amount: Decimal | None
    name: str
    iban: str
    reference: str
    text: str
    end_to_end_id: str
    bank_reference: str
    charges: Decimal
    sent_amount: Decimal | None
    sent_currency: str
    is_returned: bool


def detail_of(node: Node, entry: Node) -> Detail:
    """Of a transaction, and what of its entry stands before it in the file."""
    whole = entry.find("Amt")
    currency = whole.currency if whole is not None else ""
    came_in = entry.words("CdtDbtInd") != "DBIT"
    returned = node.find("RtrInf") is not None
    is_reversal = _is_reversal(entry) or (returned and not came_in)
    # What is taken back still names who had paid.
    name, iban = _party(node, "Dbtr" if came_in != is_reversal else "Cdtr")
    reference, text = _words_of(node)
    sent = node.find("AmtDtls", "InstdAmt", "Amt")
    return Detail(
        amount=_amount_of(node, currency, came_in=came_in),
        name=name[:LONGEST_NAME],
        iban=iban[:34],
        reference=reference[:LONGEST_REFERENCE],
        text=text[:LONGEST_TEXT],
        end_to_end_id=_given(node.words("Refs", "EndToEndId"))[:LONGEST_REFERENCE],
        bank_reference=_given(node.words("Refs", "AcctSvcrRef"))
        or _given(node.words("Refs", "TxId")),
        charges=_charges(node, currency),
        sent_amount=sent.amount() if sent is not None else None,
        sent_currency=sent.currency[:3] if sent is not None else "",
        is_returned=is_reversal,
    )


def lines_of(entry: Entry, found: Sequence[Detail]) -> list[Entry]:
    """The entry's transactions as lines of their own, where their amounts make it up."""
    if not found:
        return [entry]
    if len(found) == 1:
        # Other forms of files have the entry's own reference alone.
        named = entry.bank_reference or found[0].bank_reference
        return [replace(_line(entry, found[0], entry.amount), bank_reference=named[:100])]
    known = [(one, one.amount) for one in found if one.amount is not None]
    if len(known) == len(found):
        total = sum((amount for _one, amount in known), ZERO)
        if total == entry.amount:
            return [_line(entry, *pair) for pair in known]
        taken = entry.amount - total
        if taken == -entry.charges < 0:
            # The transactions are gross, and the bank's charges are taken off the entry.
            gross = replace(entry, charges=ZERO)
            charged = replace(gross, amount=taken, end_to_end_id="charges")
            return [*(_line(gross, *pair) for pair in known), charged]
    return [replace(entry, text=_joined([entry.text, *(one.text for one in found)]))]


def _line(entry: Entry, detail: Detail, amount: Decimal) -> Entry:
    named = dict.fromkeys(filter(None, [entry.bank_reference, detail.bank_reference]))
    return replace(
        entry,
        amount=amount,
        name=detail.name,
        iban=detail.iban,
        reference=detail.reference,
        text=_joined([detail.text, entry.text]),
        end_to_end_id=detail.end_to_end_id,
        bank_reference="/".join(named)[:100],
        charges=detail.charges or entry.charges,
        sent_amount=detail.sent_amount,
        sent_currency=detail.sent_currency,
        is_reversal=entry.is_reversal or detail.is_returned,
    )


def _amount_of(detail: Node, currency: str, *, came_in: bool) -> Decimal | None:
    for path in (("Amt",), ("AmtDtls", "TxAmt", "Amt"), ("AmtDtls", "InstdAmt", "Amt")):
        amount = detail.find(*path)
        if amount is not None and amount.currency == currency:
            return amount.amount() * _direction(detail, detail.line, 1 if came_in else -1)
    return None


def _party(detail: Node, role: str) -> tuple[str, str]:
    """Name and account; from version 8 on a party is one level deeper."""
    parties = detail.find("RltdPties")
    if parties is None:
        return "", ""
    names = (
        parties.words(*path)
        for one in (role, f"Ultmt{role}")
        for path in ((one, "Nm"), (one, "Pty", "Nm"))
    )
    account = parties.find(f"{role}Acct", "Id")
    iban = (account.words("IBAN") or account.words("Othr", "Id")) if account is not None else ""
    return next(filter(None, names), ""), "".join(iban.split()).upper()


def _words_of(detail: Node) -> tuple[str, str]:
    """The reference in the field made for it, and everything else that was written."""
    first, *more = [
        one.text for one in detail.all("RmtInf", "Strd", "CdtrRefInf", "Ref") if one.text
    ] or [""]
    texts = [
        *more,
        *(one.text for one in detail.all("RmtInf", "Ustrd")),
        *(one.text for one in detail.all("RmtInf", "Strd", "RfrdDocInf", "Nb")),
        *(one.text for one in detail.all("RmtInf", "Strd", "AddtlRmtInf")),
        detail.words("AddtlTxInf"),
        detail.words("RtrInf", "AddtlInf") or detail.words("RtrInf", "Rsn", "Cd"),
    ]
    return first, _joined(texts)


def _joined(texts: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(filter(None, texts)))[:LONGEST_TEXT]


def _charges(node: Node, currency: str) -> Decimal:
    total = node.find("Chrgs", "TtlChrgsAndTaxAmt")
    if total is not None:
        return total.amount() if total.currency == currency else ZERO
    amounts = [*node.all("Chrgs", "Amt"), *node.all("Chrgs", "Rcrd", "Amt")]
    return sum((one.amount() for one in amounts if one.currency == currency), ZERO)


def _given(text: str) -> str:
    return "" if text.upper() in _NOT_GIVEN else text
