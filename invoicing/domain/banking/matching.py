"""What a line of a bank statement pays. Nothing here reads or writes the database.

Certain is only what cannot mean anything else: a reference with no more than is open, a number
together with the amount, or the amount of one invoice from an account that is known as its
customer's, as long as nothing on the line speaks against it. What fits well is likely, and a person
decides; all else is left to them from the start.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from core.money import ZERO
from invoicing.domain.banking.names import NameIndex
from invoicing.domain.banking.sums import parts_that_make
from invoicing.domain.banking.texts import NumberIndex
from invoicing.domain.references import plain_reference

# A payment that somebody registered may bear another day than the bank's.
DAYS_APART = timedelta(days=10)
# So near there is hardly a second payment of the same amount for the same invoice.
DAYS_NEAR = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class BankLine:
    """What is known of the money. Positive amounts came in."""

    pk: int
    day: date
    amount: Decimal
    currency: str
    name: str = ""
    iban: str = ""
    reference: str = ""
    text: str = ""
    end_to_end_id: str = ""
    charges: Decimal = ZERO
    is_reversal: bool = False
    # Of the books; money registered on another one is other money.
    account: str = ""
    # Another file brought a line like it, which may be the same money in other words.
    is_twin: bool = False


@dataclass(slots=True, kw_only=True)
class KnownInvoice:
    pk: int
    number: str
    customer: int
    currency: str
    open_amount: Decimal
    issue_date: date
    due_date: date
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPayment:
    """Registered by hand, and of no line yet; a refund has a negative amount."""

    pk: int
    customer: int
    currency: str
    amount: Decimal
    day: date
    account: str = ""
    invoices: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedLine:
    """A line that made a payment, which a later one may take back."""

    payment: int
    customer: int
    amount: Decimal
    day: date
    iban: str = ""
    reference: str = ""
    end_to_end_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What to book, and why. `payment` is one that is there already: linked, or taken back."""

    reason: str
    certain: bool = False
    customer: int | None = None
    shares: tuple[tuple[int, Decimal], ...] = ()
    # What is given up of the last rest, as `register_payment` has it.
    closes: str = ""
    uses_credit: bool = False
    payment: int | None = None
    is_taking_back: bool = False
    is_twin: bool = False
    # For the sentence: how many, or how much.
    count: int = 0
    amount: Decimal = ZERO

    def as_json(self) -> dict[str, Any]:
        return {
            "reason": self.reason,
            "customer": self.customer,
            "shares": [[pk, f"{amount:f}"] for pk, amount in self.shares],
            "closes": self.closes,
            "credit": self.uses_credit,
            "payment": self.payment,
            "takes_back": self.is_taking_back,
            "is_twin": self.is_twin,
            "count": self.count,
            "amount": f"{self.amount:f}",
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Match":
        return cls(
            reason=kept["reason"],
            customer=kept["customer"],
            shares=tuple((pk, Decimal(amount)) for pk, amount in kept["shares"]),
            closes=kept["closes"],
            uses_credit=kept["credit"],
            payment=kept["payment"],
            is_taking_back=kept["takes_back"],
            is_twin=kept.get("is_twin", False),
            count=kept["count"],
            amount=Decimal(kept["amount"]),
        )


@dataclass(slots=True, kw_only=True)
class Book:
    """What is open, who pays from where, and what is registered already."""

    invoices: dict[int, KnownInvoice]
    names: Mapping[int, str]
    # Account -> the customers who paid from it before.
    ibans: Mapping[str, frozenset[int]] = field(default_factory=dict)
    # Customer and currency -> what is to their credit.
    credit: Mapping[tuple[int, str], Decimal] = field(default_factory=dict)
    payments: list[KnownPayment] = field(default_factory=list)
    booked: Sequence[BookedLine] = ()
    # Number of a credit note -> the invoice it corrects.
    notes: Mapping[str, int] = field(default_factory=dict)
    _by_reference: dict[str, list[int]] = field(init=False)
    _of_customer: dict[tuple[int, str], list[int]] = field(init=False)
    _numbers: NumberIndex = field(init=False)
    _references: NumberIndex = field(init=False)
    _similar: NameIndex = field(init=False)

    def __post_init__(self) -> None:
        self._by_reference = defaultdict(list)
        self._of_customer = defaultdict(list)
        for one in sorted(self.invoices.values(), key=lambda one: (one.due_date, one.pk)):
            if plain := plain_reference(one.reference):
                self._by_reference[plain].append(one.pk)
            self._of_customer[one.customer, one.currency].append(one.pk)
        numbers = [(one.number, one.pk) for one in self.invoices.values()]
        self._numbers = NumberIndex([*numbers, *self.notes.items()])
        self._references = NumberIndex(
            (plain, keys[0]) for plain, keys in self._by_reference.items() if len(keys) == 1
        )
        self._similar = NameIndex(self.names)

    def open_of(self, customer: int, currency: str) -> list[KnownInvoice]:
        """The first one due first."""
        keys = self._of_customer.get((customer, currency), ())
        return [one for pk in keys if (one := self.invoices[pk]).open_amount > 0]

    def referred(self, line: BankLine) -> tuple[list[KnownInvoice], bool]:
        """The invoices whose references it bears, and whether it bears one that is unknown."""
        plain = plain_reference(line.reference)
        keys = list(self._by_reference.get(plain, ())) if plain else []
        if len(keys) > 1:
            return [], True
        more = self._references.mentions(f"{line.reference} {line.text}")
        keys += [one.key for one in more if one.is_strong and one.key not in keys]
        return [self.invoices[pk] for pk in keys], bool(plain and not keys)

    def named(self, line: BankLine) -> tuple[list[KnownInvoice], bool]:
        """The invoices whose numbers it bears, and whether none of them could mean another."""
        found = self._numbers.mentions(f"{line.reference} {line.text} {line.end_to_end_id}")
        strong = all(one.is_strong for one in found)
        keys = dict.fromkeys(one.key for one in found if one.key in self.invoices)
        return [self.invoices[pk] for pk in keys], strong

    def has_stranger(self, line: BankLine) -> bool:
        """Whether it bears a number like ours that is none of what may be paid."""
        return self._numbers.has_stranger(f"{line.reference} {line.text}")

    def payers(self, line: BankLine) -> tuple[list[int], str]:
        """Whose money it may be, and by what."""
        if line.iban and (known := self.ibans.get(line.iban)):
            return sorted(known), "iban"
        return (self._similar.like(line.name), "name") if line.name else ([], "")

    def take(self, match: Match) -> None:
        """What a line pays is not open for the next one."""
        for pk, amount in match.shares:
            self.invoices[pk].open_amount -= amount
        if match.payment is not None:
            self.payments = [one for one in self.payments if one.pk != match.payment]


def match_lines(lines: Iterable[BankLine], book: Book) -> dict[int, Match]:
    """By line. What is certain comes first, so that it narrows what is left for the others."""
    lines, found = list(lines), {}
    for line in lines:
        match = match_line(line, book)
        if match is not None and match.certain:
            found[line.pk] = match
            book.take(match)
    for line in lines:
        if line.pk not in found and (match := match_line(line, book)):
            found[line.pk] = match
            book.take(match)
    return found


def match_line(line: BankLine, book: Book) -> Match | None:
    match = _match_line(line, book)
    if match is not None and line.is_twin:
        return replace(match, certain=False, is_twin=True)
    return match


def _match_line(line: BankLine, book: Book) -> Match | None:
    if line.amount <= 0:
        return _taken_back(line, book) or _refunded(line, book)
    referred, is_unknown = book.referred(line)
    if referred:
        return _by_invoices(line, book, referred, "reference", strong=True)
    named, strong = book.named(line)
    has_stranger = book.has_stranger(line)
    if named and (match := _by_invoices(line, book, named, "number", strong=strong)):
        return replace(match, certain=match.certain and not has_stranger)
    return _by_payer(line, book, is_contradicted=is_unknown or bool(named) or has_stranger)


def _by_invoices(
    line: BankLine, book: Book, found: list[KnownInvoice], by: str, *, strong: bool
) -> Match | None:
    """What is named decides; the amount says how sure that is."""
    by = by if len(found) == 1 else f"{by}s"
    if any(one.currency != line.currency for one in found):
        return None
    if registered := _registered_for(line, book, found):
        return registered
    owed = [one for one in found if one.open_amount > 0]
    if not owed:
        return _paid_before(line, book, found, by)
    total = sum((one.open_amount for one in owed), ZERO)
    shares = tuple((one.pk, one.open_amount) for one in owed)
    is_early = any(one.issue_date > line.day for one in owed)
    if len({one.customer for one in owed}) > 1:
        fits = line.amount == total
        return Match(reason=f"{by}_several_customers", shares=shares) if fits else None
    if line.amount != total:
        return _not_equal(line, book, owed, total, by, is_sure=strong and not is_early)
    certain = not is_early and (strong or _is_payer(line, book, owed[0].customer))
    return Match(
        reason=f"{by}_early" if is_early else by,
        certain=certain,
        customer=owed[0].customer,
        shares=shares,
    )


def _not_equal(
    line: BankLine, book: Book, owed: list[KnownInvoice], total: Decimal, by: str, *, is_sure: bool
) -> Match:
    """Less or more than what is named."""
    customer = owed[0].customer
    if line.charges > 0 and line.amount + line.charges == total and len(owed) == 1:
        return Match(
            reason="charges", customer=customer, shares=((owed[0].pk, line.amount),),
            closes="bank_cost",
            amount=line.charges,
        )  # fmt: skip
    credit = book.credit.get((customer, line.currency), ZERO)
    if line.amount < total and credit and line.amount + credit == total:
        shares = _spread(owed, line.amount)
        return Match(
            reason="with_credit", customer=customer, shares=shares, uses_credit=True, amount=credit
        )
    shares = _spread(owed, line.amount)
    if line.amount > total:
        rest = line.amount - total
        return Match(reason=f"{by}_more", customer=customer, shares=shares, amount=rest)
    # A reference leaves no doubt what is paid in part; a number may be one of several.
    certain = is_sure and by == "reference"
    return Match(reason=f"{by}_less", certain=certain, customer=customer, shares=shares)


def _spread(owed: list[KnownInvoice], amount: Decimal) -> tuple[tuple[int, Decimal], ...]:
    """The first one due first."""
    shares = []
    for one in sorted(owed, key=lambda one: (one.due_date, one.pk)):
        part = min(amount, one.open_amount)
        if part > 0:
            shares.append((one.pk, part))
            amount -= part
    return tuple(shares)


def _paid_before(line: BankLine, book: Book, found: list[KnownInvoice], by: str) -> Match | None:
    """Paid twice, unless somebody has registered this very money without the invoice."""
    customers = {one.customer for one in found}
    if len(customers) != 1:
        return None
    (customer,) = customers
    same = [one for one in _registered(line, book) if one.customer == customer and not one.invoices]
    if same:
        return Match(reason="registered", customer=customer, payment=same[0].pk)
    return Match(reason=f"{by}_paid", customer=customer)


def _registered_for(line: BankLine, book: Book, found: list[KnownInvoice]) -> Match | None:
    """Somebody registered it by hand before the statement came: it must not be booked again.

    The same amount may have come twice, so that days far apart are for a person to look at.
    """
    keys = {one.pk for one in found}
    same = [
        one
        for one in _registered(line, book)
        if one.invoices & keys and one.customer in {known.customer for known in found}
    ]
    if not same:
        return None
    nearest = min(same, key=lambda one: (abs(one.day - line.day), one.pk))
    still_open = any(one.open_amount > 0 for one in found)
    certain = len(same) == 1 and (not still_open or abs(nearest.day - line.day) <= DAYS_NEAR)
    return Match(
        reason="registered", certain=certain, customer=nearest.customer, payment=nearest.pk
    )


def _registered(line: BankLine, book: Book) -> list[KnownPayment]:
    return [
        one
        for one in book.payments
        if one.amount == line.amount
        and one.currency == line.currency
        and one.account == line.account
        and abs(one.day - line.day) <= DAYS_APART
    ]


def _is_payer(line: BankLine, book: Book, customer: int) -> bool:
    return customer in book.payers(line)[0]


def _by_payer(line: BankLine, book: Book, *, is_contradicted: bool) -> Match | None:
    """Without a number: who paid, and whether the amount is that of something open."""
    customers, by = book.payers(line)
    registered = [one for one in _registered(line, book) if one.customer in customers]
    if len(registered) == 1:
        one = registered[0]
        certain = by == "iban" and one.day == line.day and not is_contradicted
        return Match(reason="registered", certain=certain, customer=one.customer, payment=one.pk)
    fitting = [match for customer in customers if (match := _by_amount(line, book, customer, by))]
    if len(fitting) != 1:
        return None
    (match,) = fitting
    if not match.certain or (len(customers) == 1 and not is_contradicted):
        return match
    return Match(reason=match.reason, customer=match.customer, shares=match.shares)


def _by_amount(line: BankLine, book: Book, customer: int, by: str) -> Match | None:
    owed = [one for one in book.open_of(customer, line.currency) if one.issue_date <= line.day]
    if not owed:
        return None
    same = [one for one in owed if one.open_amount == line.amount]
    if same:
        share = ((same[0].pk, line.amount),)
        if len(same) > 1:
            return Match(reason=f"{by}_several", customer=customer, shares=share, count=len(same))
        alone = parts_that_make(line.amount, _amounts(owed, but=same[0].pk)) == []
        return Match(
            reason=f"{by}_amount", certain=by == "iban" and alone, customer=customer, shares=share
        )
    parts = parts_that_make(line.amount, _amounts(owed))
    if parts is not None and len(parts) == 1:
        shares = tuple((pk, book.invoices[pk].open_amount) for pk in parts[0])
        return Match(reason=f"{by}_sum", customer=customer, shares=shares, count=len(shares))
    credit = book.credit.get((customer, line.currency), ZERO)
    if credit:
        netted = [one for one in owed if one.open_amount == line.amount + credit]
        total = sum((one.open_amount for one in owed), ZERO)
        wanted = netted[:1] if netted else owed if total == line.amount + credit else []
        if wanted:
            return Match(
                reason="with_credit", customer=customer, shares=_spread(wanted, line.amount),
                uses_credit=True, amount=credit,
            )  # fmt: skip
    return None


def _amounts(owed: Iterable[KnownInvoice], but: int = 0) -> list[tuple[int, Decimal]]:
    return [(one.pk, one.open_amount) for one in owed if one.pk != but]


def _taken_back(line: BankLine, book: Book) -> Match | None:
    """The bank takes back what a line brought: a returned direct debit, a mistake."""
    if not line.is_reversal:
        return None
    fitting = [
        one
        for one in book.booked
        if one.amount == -line.amount
        and one.day <= line.day
        and (
            (one.end_to_end_id and one.end_to_end_id == line.end_to_end_id)
            or (one.reference and one.reference == line.reference)
            or (one.iban and one.iban == line.iban)
        )
    ]
    if len(fitting) != 1:
        return None
    return Match(
        reason="taken_back", customer=fitting[0].customer, payment=fitting[0].payment,
        is_taking_back=True,
    )  # fmt: skip


def _refunded(line: BankLine, book: Book) -> Match | None:
    """Money paid back to a customer, registered before."""
    same = _registered(line, book)
    customers = book.payers(line)[0]
    known = [one for one in same if one.customer in customers]
    if len(known) == 1:
        return Match(reason="refund", certain=True, customer=known[0].customer, payment=known[0].pk)
    if len(same) == 1 and not known:
        return Match(reason="refund", customer=same[0].customer, payment=same[0].pk)
    return None
