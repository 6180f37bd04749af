"""What a bank says, whatever file it came in: statements with their lines."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256

from invoicing.domain.references import plain_reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Money that came in (positive) or went out, as one line of a statement."""

    booking_date: date
    amount: Decimal
    currency: str
    value_date: date | None = None
    name: str = ""
    iban: str = ""
    # As the payer gave it in the field made for it; what is only in the text stays there.
    reference: str = ""
    text: str = ""
    end_to_end_id: str = ""
    # How the bank itself names the entry.
    bank_reference: str = ""
    # What the bank took off before it arrived, and what was sent, where it was something else.
    charges: Decimal = Decimal(0)
    sent_amount: Decimal | None = None
    sent_currency: str = ""
    # It takes an earlier entry back.
    is_reversal: bool = False
    # Where it stands in the file.
    line: int = 0


@dataclass(slots=True, kw_only=True)
class StatementHead:
    """One statement of a file. `account` is an IBAN, or what the bank calls the account."""

    account: str = ""
    currency: str = ""
    number: str = ""
    first_date: date | None = None
    last_date: date | None = None
    opening_balance: Decimal | None = None
    closing_balance: Decimal | None = None


class Keys:
    """Keys that say which entries of an account are the same, whatever file they came in.

    The bank's own reference makes them different from each other; what else forms of files say
    each in their own way is left out then. Equal entries are told apart by counting them: with the
    bank's reference within a statement, since two that overlap in a file bring it twice; without
    one in the whole file.
    """

    def __init__(self) -> None:
        self._in_file: Counter[str] = Counter()
        self._in_statement: Counter[str] = Counter()

    def begin_statement(self) -> None:
        self._in_statement.clear()

    def key_of(self, entry: Entry) -> str:
        named = [entry.booking_date.isoformat(), f"{entry.amount.normalize():f}", entry.currency]
        if entry.bank_reference:
            named += ["bank", entry.bank_reference]
            seen = self._in_statement
        else:
            reference = plain_reference(entry.reference) or entry.reference
            named += ["text", entry.name, entry.iban, reference, entry.end_to_end_id, entry.text]
            seen = self._in_file
        whole = "\x1f".join(" ".join(part.split()).casefold() for part in named)
        found = sha256(whole.encode()).hexdigest()[:40]
        seen[found] += 1
        return f"{found}:{seen[found]}"
