"""Balances: of one account posting by posting, and of all for a period."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, QuerySet, Sum, Window

from core.money import ZERO
from core.periods import Period
from invoicing.models import Account, Posting
from tenants.rows import rows_of

# What begins at nought with each financial year.
RESULT_KINDS = (Account.Kind.REVENUE, Account.Kind.EXPENSE)


def postings_on(number: str, currency: str) -> QuerySet[Any]:
    """Of one account, the first first, each with the `balance` after it of those that are asked
    for."""
    postings: QuerySet[Any] = Posting.objects.select_related("entry")
    found: QuerySet[Any] = postings.filter(account=number, entry__currency=currency)
    return found.order_by("entry__date", "entry__number", "pk")


def with_balance(postings: QuerySet[Any]) -> Any:
    order = [F("entry__date").asc(), F("entry__number").asc(), F("pk").asc()]
    return postings.annotate(running=Window(Sum("amount"), order_by=order))


def count_and_sum(postings: QuerySet[Any]) -> tuple[int, Decimal]:
    found = postings.order_by().aggregate(count=Count("pk"), sum=Sum("amount"))
    return found["count"], found["sum"] or ZERO


def sum_of(postings: QuerySet[Any]) -> Decimal:
    found: Decimal | None = postings.order_by().aggregate(sum=Sum("amount"))["sum"]
    return found or ZERO


def currencies_on(number: str | None = None) -> list[str]:
    """Those that anything is booked in."""
    found = Posting.objects.all() if number is None else Posting.objects.filter(account=number)
    return list(
        found.order_by("entry__currency").values_list("entry__currency", flat=True).distinct()
    )


@dataclass(frozen=True)
class Balance:
    """An account over a period; `number` is empty for the result of earlier years."""

    number: str
    name: str
    kind: str
    opening: Decimal
    debit: Decimal
    credit: Decimal
    account_id: int | None = None

    @property
    def closing(self) -> Decimal:
        return self.opening + self.debit - self.credit


@dataclass(frozen=True)
class TrialBalance:
    rows: list[Balance]

    @property
    def opening(self) -> Decimal:
        return _sum(row.opening for row in self.rows)

    @property
    def debit(self) -> Decimal:
        return _sum(row.debit for row in self.rows)

    @property
    def credit(self) -> Decimal:
        return _sum(row.credit for row in self.rows)

    @property
    def closing(self) -> Decimal:
        return _sum(row.closing for row in self.rows)

    @property
    def is_balanced(self) -> bool:
        return not self.opening and self.debit == self.credit and not self.closing


def trial_balance(period: Period, currency: str, *, year_start: date) -> TrialBalance:
    """Every account with an opening balance or a posting in the period.

    Revenue and expenses begin at nought with the financial year; what they came to before stands
    in a row of its own, so that the openings add up to nought as well.
    """
    accounts = {one.number: one for one in Account.objects.all()}
    found = rows_of(
        """
        SELECT posting.account,
            coalesce(sum(amount) FILTER (WHERE entry.date < %(year)s), 0),
            coalesce(sum(amount) FILTER (
                WHERE entry.date >= %(year)s AND entry.date < %(start)s), 0),
            coalesce(sum(amount) FILTER (WHERE entry.date >= %(start)s AND amount > 0), 0),
            coalesce(-sum(amount) FILTER (WHERE entry.date >= %(start)s AND amount < 0), 0)
        FROM invoicing_posting posting
        JOIN invoicing_journalentry entry
            ON entry.tenant_id = posting.tenant_id AND entry.id = posting.entry_id
        WHERE posting.tenant_id = %(tenant)s AND entry.tenant_id = %(tenant)s
            AND entry.currency = %(currency)s AND entry.date <= %(end)s
        GROUP BY posting.account
        ORDER BY posting.account
        """,
        currency=currency,
        year=min(year_start, period.start),
        start=period.start,
        end=period.end,
    )
    rows, earlier = [], ZERO
    for number, before_year, before, debit, credit in found:
        account = accounts.get(number)
        opening = before_year + before
        if account is not None and account.kind in RESULT_KINDS:
            earlier += before_year
            opening = before
        if opening or debit or credit:
            rows.append(
                Balance(
                    number,
                    account.name if account else "",
                    account.kind if account else "",
                    opening,
                    debit,
                    credit,
                    account.pk if account else None,
                )
            )
    if earlier:
        rows.append(Balance("", "", "", earlier, ZERO, ZERO))
    return TrialBalance(rows)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
