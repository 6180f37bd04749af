"""What becomes of a line: booked, put aside, brought back, undone.

A line is locked before documents, payments and the books, so that two people at one line come one
after the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.money import ZERO
from core.templatetags.figures import money
from customers.models import Customer
from invoicing import bank_errors as errors
from invoicing.domain.banking.matching import Match
from invoicing.domain.payments import settling
from invoicing.domain.payments.allocating import allocate, use_credit
from invoicing.domain.payments.registering import NewPayment, register_payment, reverse_payment
from invoicing.domain.payments.settling import Owed, Share
from invoicing.models import BankLine, BankLinePayment, Invoice, Payment
from tenants.audit import log
from tenants.models import User

# Whose names the tokens of lines' payments are.
_TOKENS = UUID("6f0f6c1e-7f52-4b3f-9a55-1f7a3b8a5d10")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a line pays. The customer gets what the shares leave, as credit."""

    shares: Mapping[int, Decimal]
    customer: int | None = None
    closes: str = ""
    uses_credit: bool = False


@transaction.atomic
def accept(line: BankLine, *, actor: User | None) -> BankLine:
    """Book what is offered for the line."""
    held = locked_line(line.pk)
    if held.match is None:
        _refuse_decided(held)
        raise errors.NothingOffered
    return book_match(held, Match.from_json(held.match), actor=actor)


def book_match(held: BankLine, match: Match, *, actor: User | None) -> BankLine:
    """Of a locked line."""
    _refuse_decided(held)
    if match.payment is None:
        decision = Decision(
            shares=dict(match.shares),
            customer=match.customer,
            closes=match.closes,
            uses_credit=match.uses_credit,
        )
        return _book(held, decision, actor=actor, reason=match.reason)
    payment = Payment.objects.filter(pk=match.payment).first()
    if payment is None:
        raise errors.PaymentMoved
    if match.is_taking_back:
        reason = _text_of(held) or _("The bank took it back")
        payment = reverse_payment(payment, reason=reason, actor=actor, on=held.booking_date)
    elif (
        payment.amount != held.amount
        or payment.currency != held.currency
        or Payment.objects.filter(reverses=payment).exists()
    ):
        raise errors.PaymentMoved
    _link(held, [payment], was_made=match.is_taking_back, actor=actor)
    _log("bank_line.booked", held, actor=actor, payment=str(payment.pk), reason=match.reason)
    return held


@transaction.atomic
def book(line: BankLine, decision: Decision, *, actor: User | None) -> BankLine:
    """Book what somebody chose for the line."""
    held = locked_line(line.pk)
    _refuse_decided(held)
    return _book(held, decision, actor=actor, reason="chosen")


def _book(held: BankLine, decision: Decision, *, actor: User | None, reason: str) -> BankLine:
    if held.amount <= 0:
        raise errors.MoneyWentOut
    wanted = {pk: amount for pk, amount in decision.shares.items() if amount}
    owed = settling.locked_invoices(wanted)
    for one in owed.values():
        if one.invoice.currency != held.currency:
            raise errors.ShareInOtherCurrency(
                invoice=one.invoice, theirs=one.invoice.currency, ours=held.currency
            )
    made = [
        _register(held, customer, amount, shares=shares, owed=owed, decision=decision, actor=actor)
        for customer, amount, shares in _by_customer(held, wanted, owed, decision)
    ]
    _link(held, made, was_made=True, actor=actor)
    _log(
        "bank_line.booked",
        held,
        actor=actor,
        reason=reason,
        invoices=", ".join(str(one.invoice) for one in owed.values()),
    )
    return held


def _by_customer(
    held: BankLine, wanted: Mapping[int, Decimal], owed: Mapping[int, Owed], decision: Decision
) -> list[tuple[int, Decimal, dict[int, Decimal]]]:
    """Each customer with their part of the money and what it settles."""
    shares: dict[int, dict[int, Decimal]] = defaultdict(dict)
    for pk, amount in wanted.items():
        if pk not in owed:
            raise errors.NothingOffered
        shares[owed[pk].invoice.customer_id][pk] = amount
    shared = sum(wanted.values(), ZERO)
    if (
        decision.customer is not None
        and decision.customer not in shares
        and (not shares or shared < held.amount)
    ):
        shares[decision.customer] = {}
    if not shares:
        raise errors.NoShares
    if len(shares) == 1:
        ((customer, parts),) = shares.items()
        return [(customer, held.amount, parts)]
    rest = held.amount - shared
    if rest and (rest < 0 or decision.customer is None):
        raise errors.SharesDoNotAddUp(
            amount=money(held.amount, held.currency), shared=money(shared, held.currency)
        )
    return [
        (
            customer,
            sum(parts.values(), ZERO) + (rest if customer == decision.customer else ZERO),
            parts,
        )
        for customer, parts in sorted(shares.items())
    ]


def _register(
    held: BankLine,
    customer_id: int,
    amount: Decimal,
    *,
    shares: Mapping[int, Decimal],
    owed: Mapping[int, Owed],
    decision: Decision,
    actor: User | None,
) -> Payment:
    day = held.booking_date
    # What came before its invoice is credit until the invoice's own day.
    early = {pk: part for pk, part in shares.items() if owed[pk].invoice.issue_date > day}
    nth = BankLinePayment.objects.filter(line=held).count()
    payment = register_payment(
        NewPayment(
            customer=Customer.objects.get(pk=customer_id),
            currency=held.currency,
            amount=amount,
            payment_date=day,
            token=uuid5(_TOKENS, f"{held.tenant_id}-{held.pk}-{nth}-{customer_id}"),
            account=held.account.ledger_account,
            reference=held.reference[:40],
            text=_text_of(held),
        ),
        [Share(pk, part) for pk, part in shares.items() if pk not in early],
        actor=actor,
        closes=decision.closes,
    )
    if early:
        allocate(payment, early, actor=actor, on=day)
    if decision.uses_credit:
        _settle_with_credit(shares, actor=actor)
    return payment


def _settle_with_credit(shares: Iterable[int], *, actor: User | None) -> None:
    for pk, amount in sorted(settling.open_amounts(list(shares)).items()):
        if amount > 0:
            use_credit(Invoice.objects.get(pk=pk), actor=actor)


def _link(
    held: BankLine, payments: Iterable[Payment], *, was_made: bool, actor: User | None
) -> None:
    try:
        with transaction.atomic():
            for payment in payments:
                BankLinePayment.objects.create(
                    line=held, payment=payment, was_made=was_made, created_by=actor
                )
    except IntegrityError as broken:
        if "banklinepayment_one_line" not in str(broken):
            raise
        raise errors.PaymentMoved from None
    held.waits, held.refusal = False, ""
    held.save(update_fields=["waits", "refusal"])


@transaction.atomic
def put_aside(line: BankLine, *, note: str, actor: User | None) -> BankLine:
    """It is not ours to register: say what it is instead."""
    held = locked_line(line.pk)
    _refuse_decided(held)
    if not note.strip():
        raise errors.NoteMissing
    held.note, held.waits = note.strip()[:200], False
    held.ignored_at, held.ignored_by = timezone.now(), actor
    held.save(update_fields=["note", "waits", "ignored_at", "ignored_by"])
    _log("bank_line.ignored", held, actor=actor, note=held.note)
    return held


@transaction.atomic
def bring_back(line: BankLine, *, actor: User | None) -> BankLine:
    """Put it among those that wait for a decision again; the note stays."""
    held = locked_line(line.pk)
    if held.ignored_at is None:
        raise errors.LineIsNotIgnored
    held.ignored_at = held.ignored_by = None
    held.save(update_fields=["ignored_at", "ignored_by"])
    _log("bank_line.brought_back", held, actor=actor)
    return held


@transaction.atomic
def undo(line: BankLine, *, reason: str, actor: User | None) -> BankLine:
    """Reverse what the line made, and forget what it was found to be: it waits again."""
    held = locked_line(line.pk)
    live = list(
        BankLinePayment.objects.live().filter(line=held).select_related("payment").order_by("pk")
    )
    if not live:
        raise errors.LineIsNotBooked
    settled = Invoice.objects.filter(allocations__payment__in=[one.payment_id for one in live])
    settling.locked_invoices(settled.values_list("pk", flat=True))
    settling.locked_payments([one.payment_id for one in live])
    for one in live:
        if one.was_made:
            reverse_payment(one.payment, reason=reason, actor=actor)
        one.undone_at = timezone.now()
        one.save(update_fields=["undone_at"])
    held.match, held.waits, held.refusal = None, False, ""
    held.save(update_fields=["match", "waits", "refusal"])
    _log("bank_line.undone", held, actor=actor, reason=reason.strip()[:200])
    return held


def locked_line(pk: int) -> BankLine:
    held: BankLine = (
        BankLine.objects.select_for_update(of=("self",), no_key=True)
        .select_related("account", "ignored_by")
        .get(pk=pk)
    )
    return held


def _refuse_decided(held: BankLine) -> None:
    live: Any = BankLinePayment.objects.live().filter(line=held).select_related("created_by")
    if found := live.first():
        raise errors.LineIsBooked(by=found.created_by or "?")
    if returned := _return_of(held):
        raise errors.LineIsReturned(day=date_format(returned.booking_date, "SHORT_DATE_FORMAT"))
    if held.ignored_at is not None:
        raise errors.LineIsIgnored(by=held.ignored_by or "?")


def _return_of(held: BankLine) -> BankLine | None:
    """The line with which the bank took its money back."""
    taken: Any = BankLinePayment.objects.filter(line=held)
    found: BankLine | None = BankLine.objects.filter(
        line_payments__undone_at=None,
        line_payments__payment__reverses__in=taken.taken_back().values("payment"),
    ).first()
    return found


def _text_of(held: BankLine) -> str:
    return " · ".join(filter(None, [held.name, held.text]))[:200]


def _log(action: str, held: BankLine, *, actor: User | None, **detail: str) -> None:
    log(
        action,
        held,
        actor=actor,
        amount=settling.written(held.amount, held.currency),
        date=str(held.booking_date),
        **{name: value for name, value in detail.items() if value},
    )
