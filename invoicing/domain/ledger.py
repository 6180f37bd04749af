"""Journal entries of documents. Debit is positive, credit negative."""

from collections.abc import Iterable
from decimal import Decimal

from core.money import ZERO
from invoicing.models import Books, Invoice, InvoiceLine, InvoiceTax, JournalEntry, Posting


def sale_amounts(
    invoice: Invoice,
    lines: Iterable[InvoiceLine],
    taxes: Iterable[InvoiceTax],
    *,
    receivables_account: str,
) -> dict[str, Decimal]:
    """Account -> amount: the receivable against revenue and tax."""
    amounts = {receivables_account: invoice.gross_total}
    for line in lines:
        if line.net:
            amounts[line.account] = amounts.get(line.account, ZERO) - line.net
    for tax in taxes:
        if tax.tax:
            amounts[tax.account] = amounts.get(tax.account, ZERO) - tax.tax
    return {account: amount for account, amount in amounts.items() if amount}


def write_entries(
    books: Books, wanted: Iterable[tuple[Invoice, dict[str, Decimal]]]
) -> list[JournalEntry]:
    """Number and write one journal entry per document; `books` is locked by the caller."""
    entries, amounts_of = [], []
    for invoice, amounts in wanted:
        books.last_entry_number += 1
        entries.append(
            JournalEntry(
                number=books.last_entry_number,
                date=invoice.tax_point,
                text=f"{invoice.number} {invoice.billing_name}"[:200],
                currency=invoice.currency,
                invoice=invoice,
            )
        )
        amounts_of.append(amounts)
    JournalEntry.objects.bulk_create(entries)
    Posting.objects.bulk_create(
        Posting(entry=entry, account=account, amount=amount)
        for entry, amounts in zip(entries, amounts_of, strict=True)
        for account, amount in amounts.items()
    )
    return entries
