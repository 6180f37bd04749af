"""Revenue and value added tax of a period by tax point, from the documents and from the journal."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from catalog.models import TaxRate
from core.money import ZERO
from core.periods import Period
from invoicing.selectors.books.accounts import account_names
from tenants.rows import rows_of


@dataclass(frozen=True)
class TaxSum:
    """What the posted documents of a month come to at one rate; credit notes are deducted."""

    month: date
    category: str
    percent: Decimal
    documents: int
    taxable: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        return self.taxable + self.tax

    @property
    def category_name(self) -> str:
        return str(TaxRate.Category(self.category).label)


@dataclass(frozen=True)
class Booked:
    """What the entries of these documents put on an account beside the receivable."""

    account: str
    name: str
    is_tax: bool
    amount: Decimal


@dataclass(frozen=True)
class TaxReport:
    rows: list[TaxSum]
    booked: list[Booked]
    documents: int

    @property
    def months(self) -> list[tuple[date, list[TaxSum]]]:
        found: dict[date, list[TaxSum]] = {}
        for row in self.rows:
            found.setdefault(row.month, []).append(row)
        return list(found.items())

    @property
    def by_rate(self) -> list[TaxSum]:
        """Over all months."""
        sums: dict[tuple[str, Decimal], TaxSum] = {}
        for row in self.rows:
            key = (row.category, row.percent)
            known = sums.get(key)
            sums[key] = TaxSum(
                row.month,
                row.category,
                row.percent,
                row.documents + (known.documents if known else 0),
                row.taxable + (known.taxable if known else ZERO),
                row.tax + (known.tax if known else ZERO),
            )
        return sorted(sums.values(), key=lambda one: (-one.percent, one.category))

    @property
    def taxable(self) -> Decimal:
        return _sum(row.taxable for row in self.rows)

    @property
    def tax(self) -> Decimal:
        return _sum(row.tax for row in self.rows)

    @property
    def gross(self) -> Decimal:
        return self.taxable + self.tax

    @property
    def booked_total(self) -> Decimal:
        return _sum(one.amount for one in self.booked)

    @property
    def is_booked(self) -> bool:
        """Whether the journal has what the documents say, revenue and tax each."""
        tax = _sum(one.amount for one in self.booked if one.is_tax)
        return self.booked_total == self.gross and tax == self.tax


def tax_report(period: Period, currency: str) -> TaxReport:
    """Three statements, however many documents."""
    names = account_names()
    asked: dict[str, Any] = {"start": period.start, "end": period.end, "currency": currency}
    sums = rows_of(
        """
        SELECT date_trunc('month', document.tax_point)::date AS month, tax.category,
            tax.percent, count(*),
            sum(CASE document.kind WHEN 'invoice' THEN tax.taxable ELSE -tax.taxable END),
            sum(CASE document.kind WHEN 'invoice' THEN tax.tax ELSE -tax.tax END)
        FROM invoicing_invoice document
        JOIN invoicing_invoicetax tax
            ON tax.tenant_id = document.tenant_id AND tax.invoice_id = document.id
        WHERE document.tenant_id = %(tenant)s AND document.status = 'posted'
            AND document.tax_point BETWEEN %(start)s AND %(end)s
            AND document.currency = %(currency)s
        GROUP BY month, tax.category, tax.percent
        ORDER BY month, tax.percent DESC, tax.category
        """,
        **asked,
    )
    # An account that took the tax of a document is one of taxes; the first posting of an
    # entry is the receivable.
    accounts = rows_of(
        """
        WITH entry AS MATERIALIZED (
            SELECT journal.id, journal.invoice_id
            FROM invoicing_journalentry journal
            WHERE journal.tenant_id = %(tenant)s AND journal.invoice_id IS NOT NULL
                AND journal.date BETWEEN %(start)s AND %(end)s
                AND journal.currency = %(currency)s
        ), posted AS (
            SELECT posting.account, posting.amount, entry.invoice_id, row_number()
                OVER (PARTITION BY posting.entry_id ORDER BY posting.id) AS place
            FROM invoicing_posting posting
            JOIN entry ON entry.id = posting.entry_id
            WHERE posting.tenant_id = %(tenant)s
        )
        SELECT posted.account, EXISTS (
                SELECT FROM invoicing_invoicetax tax
                WHERE tax.tenant_id = %(tenant)s AND tax.invoice_id = posted.invoice_id
                    AND tax.tax <> 0
                    AND (tax.account = posted.account OR tax.shares ? posted.account)
            ) AS is_tax, -sum(posted.amount)
        FROM posted
        JOIN invoicing_invoice document
            ON document.tenant_id = %(tenant)s AND document.id = posted.invoice_id
        WHERE posted.place > 1 OR document.gross_total = 0
        GROUP BY posted.account, is_tax
        ORDER BY posted.account, is_tax
        """,
        **asked,
    )
    booked = [
        Booked(account, names.get(account, ""), is_tax, amount)
        for account, is_tax, amount in accounts
    ]
    ((documents,),) = rows_of(
        """
        SELECT count(*) FROM invoicing_invoice
        WHERE tenant_id = %(tenant)s AND status = 'posted' AND currency = %(currency)s
            AND tax_point BETWEEN %(start)s AND %(end)s
        """,
        **asked,
    )
    return TaxReport([TaxSum(*row) for row in sums], booked, documents)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
