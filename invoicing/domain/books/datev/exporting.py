"""A file of a period's documents for DATEV. A document goes once, unless somebody asks again."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from core.periods import Period, year_of
from customers.models import Customer
from invoicing import book_errors as errors
from invoicing.domain.books.datev.writing import Booking, Header, stack_bytes
from invoicing.domain.books.shares import shared_out
from invoicing.models import (
    Account,
    DatevExport,
    DatevExportRow,
    DatevSettings,
    DebtorAccount,
    Invoice,
    InvoiceLine,
    InvoiceTax,
)
from tenants import audit
from tenants.models import Tenant, User
from tenants.scope import current_tenant_id

# What DATEV takes as a document's number.
_NUMBER = re.compile(r"[0-9A-Za-z$%&*+\-/]{1,36}")
# The keys of DATEV for taxed sales on accounts that do not compute the tax themselves.
TAX_KEYS = {Decimal(19): "3", Decimal(7): "2"}
_TO_OTHER_COUNTRIES = ("K", "AE")


@dataclass(frozen=True)
class Candidates:
    """The period's documents: to go, gone before, and those DATEV cannot take, with the reason."""

    fit: Sequence[Invoice]
    gone: Sequence[Invoice]
    refused: Sequence[tuple[Invoice, str]]


def documents_of(period: Period) -> Any:
    """By the date of the document, which is what DATEV books by; marked where they went before."""
    sent = DatevExportRow.objects.filter(invoice=OuterRef("pk"))
    posted: QuerySet[Any] = Invoice.objects.filter(
        status=Invoice.Status.POSTED, issue_date__range=(period.start, period.end)
    )
    return posted.annotate(went=Exists(sent)).order_by("issue_date", "chain_position")


def candidates(period: Period, *, again: bool = False) -> Candidates:
    """Nothing is written."""
    documents = list(documents_of(period).select_related("customer"))
    asked = [one for one in documents if again or not one.went]
    gone = [one for one in documents if one.went and not again]
    settings = DatevSettings.objects.first()
    books = _Books(asked, length=settings.account_length if settings else 4)
    refused, fit = [], []
    for one in asked:
        reason = books.refusal(one)
        if reason:
            refused.append((one, reason))
        else:
            fit.append(one)
    return Candidates(fit, gone, refused)


@transaction.atomic
def make_export(period: Period, *, actor: User | None, again: bool = False) -> DatevExport:
    """Write the file, keep it, and mark its documents. What DATEV cannot take stops all of it."""
    settings: DatevSettings | None = DatevSettings.objects.first()
    if settings is None:
        raise errors.DatevSettingsMissing
    # One file after the other: the second sees what went with the first.
    tenant = Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())
    year = year_of(period.start, tenant.year_begins)
    if period.end > year.end:
        raise errors.DatevOverTwoYears
    found = candidates(period, again=again)
    if found.refused:
        document, reason = found.refused[0]
        raise errors.DatevDocumentUnfit(document=document, reason=reason)
    if not found.fit:
        raise errors.DatevNothingToExport
    debtors = _debtors(found.fit, settings.account_length)
    books = _Books(found.fit, length=settings.account_length)
    bookings = [
        booking
        for document in found.fit
        for booking in books.bookings(document, debtors[document.customer_id])
    ]
    header = Header(
        created=timezone.localtime(),
        exported_by=str(actor or tenant.name),
        advisor_number=settings.advisor_number,
        client_number=settings.client_number,
        year_begins=year.start,
        account_length=settings.account_length,
        first=period.start,
        last=period.end,
        label=f"Ausgangsrechnungen {period.start:%m/%Y}",
        initials=settings.initials,
        is_locked=settings.locks,
        chart=settings.chart,
    )
    content = stack_bytes(header, bookings)
    export: DatevExport = DatevExport.objects.create(
        first=period.start,
        last=period.end,
        created_by=actor,
        documents=len(found.fit),
        bookings=len(bookings),
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    DatevExportRow.objects.bulk_create(
        DatevExportRow(export=export, invoice=document) for document in found.fit
    )
    audit.log(
        "datev.exported",
        export,
        actor=actor,
        documents=len(found.fit),
        sha256=export.sha256,
        again=again or None,
    )
    return export


class _Books:
    """Lines, taxes and accounts of these documents, read once."""

    def __init__(self, documents: Collection[Invoice], *, length: int) -> None:
        self.length = length
        self.accounts: dict[str, Account] = {one.number: one for one in Account.objects.all()}
        self.lines: dict[int, list[InvoiceLine]] = defaultdict(list)
        items = InvoiceLine.objects.filter(invoice__in=documents, kind=InvoiceLine.Kind.ITEM)
        for line in items.order_by("position", "pk"):
            self.lines[line.invoice_id].append(line)
        self.taxes: dict[int, list[InvoiceTax]] = defaultdict(list)
        for tax in InvoiceTax.objects.filter(invoice__in=documents):
            self.taxes[tax.invoice_id].append(tax)

    def refusal(self, document: Invoice) -> str:
        """Why DATEV cannot take it, in a sentence; empty where it can."""
        if document.currency != "EUR":
            return str(errors.DatevOtherCurrency(currency=document.currency))
        if not _NUMBER.fullmatch(document.number or ""):
            return str(errors.DatevNumberUnfit(number=document.number))
        for line in self.lines[document.pk]:
            refusal = self._account_refusal(line)
            if refusal is not None:
                return str(refusal)
        return ""

    def _account_refusal(self, line: InvoiceLine) -> Any:
        if not (line.account.isascii() and line.account.isdecimal()):
            return errors.DatevAccountUnfit(account=line.account)
        if len(line.account) > self.length:
            return errors.DatevAccountTooLong(account=line.account, length=self.length)
        account = self.accounts.get(line.account)
        if account is None:
            return errors.AccountNotThere(account=line.account)
        own = account.automatic_percent
        if own is not None and own != line.tax_percent:
            return errors.AccountTaxesItself(
                account=account,
                own=f"{own.normalize():f}",
                percent=f"{line.tax_percent.normalize():f}",
            )
        if own is None and line.tax_percent and line.tax_percent not in TAX_KEYS:
            return errors.DatevNoTaxKey(percent=f"{line.tax_percent.normalize():f}")
        return None

    def bookings(self, document: Invoice, debtor: int) -> Iterable[Booking]:
        """One for each rate and account; together they come to the gross total."""
        sign = -1 if document.is_credit_note else 1
        for tax in sorted(self.taxes[document.pk], key=lambda one: (-one.percent, one.category)):
            nets: dict[str, Decimal] = defaultdict(Decimal)
            for line in self.lines[document.pk]:
                if (line.tax_category, line.tax_percent) == (tax.category, tax.percent):
                    nets[line.account] += line.net
            taxes = shared_out(tax.tax, nets, document.currency)
            for account, net in nets.items():
                if amount := net + taxes[account]:
                    yield self._booking(document, debtor, account, tax, sign * amount)

    def _booking(
        self, document: Invoice, debtor: int, account: str, tax: InvoiceTax, amount: Decimal
    ) -> Booking:
        is_automatic = self.accounts[account].automatic_percent is not None
        crosses = tax.category in _TO_OTHER_COUNTRIES and document.billing_country != "DE"
        return Booking(
            amount=amount,
            debtor=debtor,
            account=account,
            tax_key="" if is_automatic or not tax.percent else TAX_KEYS[tax.percent],
            document_date=document.issue_date,
            number=document.number or "",
            due_date=None if document.is_credit_note else document.due_date,
            text=document.billing_name,
            vat_id=document.buyer_vat_id.replace(" ", "") if crosses else "",
            supply_date=document.tax_point,
        )


def _debtors(documents: Iterable[Invoice], length: int) -> dict[int, int]:
    """Each customer's account: the one it has, its own number where that is one, else the next."""
    customers = {document.customer_id: document.customer for document in documents}
    lowest, highest = 10**length, 7 * 10**length - 1
    known = dict(DebtorAccount.objects.values_list("customer_id", "number"))
    taken = set(known.values())
    made = []
    for pk, customer in sorted(customers.items()):
        if pk in known:
            continue
        number = _own_number(customer, lowest, highest)
        if number is None or number in taken:
            number = max((one for one in taken if lowest <= one <= highest), default=lowest - 1) + 1
        if number > highest:
            raise errors.DatevDebtorsFull
        taken.add(number)
        known[pk] = number
        made.append(DebtorAccount(customer=customer, number=number))
    DebtorAccount.objects.bulk_create(made)
    return known


def _own_number(customer: Customer, lowest: int, highest: int) -> int | None:
    number = customer.number
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        return None
    return int(number) if lowest <= int(number) <= highest else None
