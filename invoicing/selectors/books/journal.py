"""The journal: entries with their postings, and what each belongs to."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum, TextChoices
from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from invoicing.models import Allocation, DocumentKind, Invoice, JournalEntry, Payment, Posting
from invoicing.selectors.books.accounts import account_names
from tenants.models import Tenant


class EntryKind(TextChoices):
    """What an entry books; follows from what refers to it."""

    INVOICE = "invoice", _("Invoice")
    CREDIT_NOTE = "credit_note", _("Credit note")
    RECEIVED = "received", _("Payment received")
    REFUND = "refund", _("Paid back")
    REVERSAL = "reversal", _("Reversal")
    SETTLEMENT = "settlement", _("Settlement")
    OTHER = "other", _("Other")


@dataclass(frozen=True)
class Booking:
    """A posting as a page shows it: in one of two columns, with the account's name."""

    account: str
    name: str
    amount: Decimal

    @property
    def debit(self) -> Decimal | None:
        return self.amount if self.amount > 0 else None

    @property
    def credit(self) -> Decimal | None:
        return -self.amount if self.amount < 0 else None


@dataclass
class ShownEntry:
    """An entry with its postings, and the documents and the payment it belongs to."""

    entry: JournalEntry
    kind: EntryKind
    bookings: list[Booking] = field(default_factory=list)
    documents: list[Invoice] = field(default_factory=list)
    payment: Payment | None = None

    @property
    def debit(self) -> Decimal:
        return sum((one.amount for one in self.bookings if one.amount > 0), ZERO)

    @property
    def credit(self) -> Decimal:
        return -sum((one.amount for one in self.bookings if one.amount < 0), ZERO)

    @property
    def is_balanced(self) -> bool:
        return not sum((one.amount for one in self.bookings), ZERO)

    @property
    def customer(self) -> Any:
        if self.payment is not None:
            return self.payment.customer
        return self.documents[0].customer if self.documents else None

    @property
    def debited(self) -> list[str]:
        return [one.account for one in self.bookings if one.amount > 0]

    @property
    def credited(self) -> list[str]:
        return [one.account for one in self.bookings if one.amount < 0]


def booked_entries(entries: QuerySet[JournalEntry], tenant: Tenant) -> list[ShownEntry]:
    """With their postings alone, in two statements: for a page that knows what they belong to."""
    names = account_names(tenant)
    found: dict[int, ShownEntry] = {}
    postings = Posting.objects.filter(entry__in=entries.order_by().values("pk"))
    for posting in postings.select_related("entry").order_by("entry__number", "pk"):
        shown = found.setdefault(posting.entry_id, ShownEntry(posting.entry, EntryKind.OTHER))
        shown.bookings.append(
            Booking(posting.account, names.get(posting.account, ""), posting.amount)
        )
    return list(found.values())


def shown_entries(entries: Iterable[JournalEntry], *, named: bool = True) -> list[ShownEntry]:
    """With all that a page says of them, in five statements however many; `named` accounts cost
    one of these."""
    entries = list(entries)
    keys = [entry.pk for entry in entries]
    names = account_names() if named else {}
    bookings: dict[int, list[Booking]] = defaultdict(list)
    for posting in Posting.objects.filter(entry__in=keys).order_by("pk"):
        bookings[posting.entry_id].append(
            Booking(posting.account, names.get(posting.account, ""), posting.amount)
        )
    payments = {
        payment.entry_id: payment
        for payment in Payment.objects.filter(entry__in=keys).select_related("customer")
    }
    documents = documents_of(entries)
    return [
        ShownEntry(
            entry,
            _kind(documents[entry.pk], payments.get(entry.pk), is_own=bool(entry.invoice_id)),
            bookings[entry.pk],
            documents[entry.pk],
            payments.get(entry.pk),
        )
        for entry in entries
    ]


def documents_of(entries: Collection[JournalEntry]) -> dict[int, list[Invoice]]:
    """What each entry books, or settles; two statements."""
    keys = [entry.pk for entry in entries]
    settled: dict[int, set[int]] = defaultdict(set)
    for entry in entries:
        if entry.invoice_id is not None:
            settled[entry.pk].add(entry.invoice_id)
    for entry_id, invoice_id in Allocation.objects.filter(entry__in=keys).values_list(
        "entry_id", "invoice_id"
    ):
        settled[entry_id].add(invoice_id)
    found = (
        Invoice.objects.filter(pk__in=set().union(*settled.values()))
        .select_related("customer")
        .only("pk", "number", "kind", "status", "customer", "currency")
    )
    by_key = {invoice.pk: invoice for invoice in found}
    documents: dict[int, list[Invoice]] = defaultdict(list)
    for entry_id, ids in settled.items():
        documents[entry_id] = [by_key[pk] for pk in sorted(ids) if pk in by_key]
    return documents


def _kind(documents: list[Invoice], payment: Payment | None, *, is_own: bool) -> EntryKind:
    if payment is not None:
        return EntryKind(payment.kind)
    if is_own:
        return EntryKind(documents[0].kind)
    return EntryKind.SETTLEMENT if documents else EntryKind.OTHER


def of_kind(entries: QuerySet[JournalEntry], kind: EntryKind) -> QuerySet[JournalEntry]:
    """The entries that `_kind` calls so."""
    paid = Payment.objects.filter(entry=OuterRef("pk"))
    settling = Exists(Allocation.objects.filter(entry=OuterRef("pk")))
    if kind in DocumentKind.values:
        return entries.filter(invoice__kind=kind)
    if kind in Payment.Kind.values:
        return entries.filter(Exists(paid.filter(kind=kind)))
    rest = entries.filter(~Exists(paid), invoice=None)
    return rest.filter(settling) if kind == EntryKind.SETTLEMENT else rest.exclude(settling)


def about_documents(numbers: str) -> Q:
    """Entries that book or settle documents whose number has this in it."""
    settling = Allocation.objects.filter(entry=OuterRef("pk"), invoice__number__icontains=numbers)
    return Q(invoice__number__icontains=numbers) | Q(Exists(settling))


def about_customer(customer_id: int) -> Q:
    paid = Payment.objects.filter(entry=OuterRef("pk"), customer=customer_id)
    settling = Allocation.objects.filter(entry=OuterRef("pk"), invoice__customer=customer_id)
    return Q(invoice__customer=customer_id) | Q(Exists(paid)) | Q(Exists(settling))


@dataclass(frozen=True)
class JournalSum:
    currency: str
    entries: int
    debit: Decimal


def journal_sums(entries: QuerySet[JournalEntry]) -> list[JournalSum]:
    """How many there are in each currency, and what is debited in them; one statement."""
    debit = Sum("postings__amount", filter=Q(postings__amount__gt=0), default=ZERO)
    found = (
        entries.order_by()
        .values_list("currency")
        .annotate(entries=Count("pk", distinct=True), debit=debit)
        .order_by("currency")
    )
    return [JournalSum(*row) for row in found]
