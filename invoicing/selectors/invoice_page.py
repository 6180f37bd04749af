"""What the page of a posted document shows besides the document itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum, When

from core.stepping import neighbours
from invoicing.models import (
    Allocation,
    CustomerQuestion,
    Dispute,
    DocumentKind,
    Invoice,
    InvoiceFile,
    JournalEntry,
    Sending,
    Source,
)
from invoicing.selectors.archive import archived
from invoicing.selectors.books.journal import ShownEntry, booked_entries
from invoicing.selectors.long_documents import line_count
from invoicing.selectors.payments import credit, given_up, received
from invoicing.selectors.prepaid import prepaid_sold_on
from invoicing.selectors.visible import visible_invoices
from tenants.audit_words import action_words, detail_lines
from tenants.models import AuditEntry, Membership, Tenant


@dataclass(frozen=True)
class Event:
    """Something that happened to the document. `who` is empty for the program itself."""

    at: datetime
    who: str
    what: str
    details: Sequence[str]


@dataclass(frozen=True)
class PersonHours:
    member_id: int
    name: str
    minutes: int
    entries: int


def shown_invoices(membership: Membership, *, on: date) -> QuerySet[Any]:
    """The documents this person may see, with what is said of each on its page."""
    # The PDF where there is one, else the file of its template.
    made = InvoiceFile.objects.filter(
        invoice=OuterRef("pk"), kind__in=InvoiceFile.RENDERED
    ).order_by(Case(When(kind=InvoiceFile.Kind.PDF, then=0), default=1), "pk")
    return (
        archived(membership, on=on)
        .select_related("customer", "project", "posted_by", "series", "corrects")
        .annotate(
            has_einvoice=Exists(
                InvoiceFile.objects.filter(invoice=OuterRef("pk"), kind=InvoiceFile.Kind.XML)
            ),
            pdf_stored_at=Subquery(made.values("created_at")[:1]),
            stored_kind=Subquery(made.values("kind")[:1]),
            file_kind=Subquery(made.exclude(kind=InvoiceFile.Kind.PDF).values("kind")[:1]),
            has_hours=Exists(Source.objects.filter(line__invoice=OuterRef("pk"), charge=None)),
            has_sendings=Exists(Sending.objects.filter(invoice=OuterRef("pk"))),
            has_charges=Exists(
                Source.objects.filter(line__invoice=OuterRef("pk"), charge__isnull=False)
            ),
            line_count=line_count(),
            credit=credit(),
            given_up=given_up(),
            received=received(),
            has_notes=Exists(_notes().filter(corrects=OuterRef("pk"))),
            has_questions=Exists(
                CustomerQuestion.objects.filter(invoice=OuterRef("pk"), answered_at=None)
            ),
            has_dispute=Exists(Dispute.objects.filter(invoice=OuterRef("pk"), closed_at=None)),
            prepaid=prepaid_sold_on(OuterRef("pk")),
            has_freed=Exists(Source.objects.filter(freed_by__invoice=OuterRef("pk"), charge=None)),
        )
    )


def reason_without_pdf(invoice: Invoice) -> str:
    """As the history has it."""
    entry = (
        AuditEntry.objects.filter(
            object_type="invoicing.invoice", object_id=invoice.pk, action="invoice.without_pdf"
        )
        .order_by("-pk")
        .first()
    )
    return str(entry.detail.get("reason", "")) if entry else ""


def credit_notes_of(invoice: Invoice) -> list[Invoice]:
    """Those for it that are posted, and a draft of one; the first one first."""
    notes = _notes().filter(corrects=invoice).select_related("created_by")
    return list(notes.order_by("chain_position", "pk"))


def _notes() -> QuerySet[Invoice]:
    notes: QuerySet[Invoice] = Invoice.objects.filter(kind=DocumentKind.CREDIT_NOTE)
    return notes.exclude(status=Invoice.Status.DISCARDED)


def posted_around(
    invoice: Invoice, membership: Membership
) -> tuple[tuple[int, str] | None, tuple[int, str] | None]:
    """Key and number of the documents posted before and after this one, of those the person may
    see."""
    posted = visible_invoices(membership).filter(status=Invoice.Status.POSTED)
    here = posted.filter(pk=invoice.pk)
    return neighbours(posted.order_by("chain_position"), here, label="number")


def history_of(invoice: Invoice) -> list[Event]:
    """What the audit log tells of it, the latest first."""
    entries = AuditEntry.objects.filter(object_type="invoicing.invoice", object_id=invoice.pk)
    return [
        Event(entry.at, entry.actor_name, action_words(entry.action), detail_lines(entry.detail))
        for entry in entries.order_by("-pk")
    ]


def freed_by(note: Invoice) -> dict[str, int]:
    """How many entries, minutes and charges can be invoiced again once this draft is posted."""
    freed: QuerySet[Source] = Source.objects.filter(freed_by__invoice=note, released_at=None)
    return freed.aggregate(
        entries=Count("time_entry"), charges=Count("charge"), minutes=Sum("minutes", default=0)
    )


def hours_of_people(invoice: Invoice) -> list[PersonHours]:
    found = (
        _hours_of(invoice)
        .order_by("time_entry__member__name", "time_entry__member_id")
        .values_list("time_entry__member_id", "time_entry__member__name")
        .annotate(minutes=Sum("minutes"), entries=Count("*"))
    )
    return [PersonHours(*row) for row in found]


def _hours_of(invoice: Invoice) -> QuerySet[Source]:
    """What an invoice was made of; of a credit note, the hours it has freed."""
    which = {"freed_by__invoice" if invoice.is_credit_note else "line__invoice": invoice}
    sources: QuerySet[Source] = Source.objects.filter(**which, charge=None)
    return sources


def billed_hours(invoice: Invoice) -> QuerySet[Source]:
    """Person by person, the first day first."""
    return (
        _hours_of(invoice)
        .select_related("line", "time_entry__member", "time_entry__project", "time_entry__task")
        .order_by(
            "time_entry__member__name",
            "time_entry__member_id",
            "time_entry__work_date",
            "time_entry_id",
            "pk",
        )
    )


def billed_charges(invoice: Invoice) -> QuerySet[Source]:
    """Line by line, the first day first."""
    sources: QuerySet[Source] = Source.objects.filter(line__invoice=invoice, charge__isnull=False)
    return sources.select_related(
        "line", "charge__customer", "charge__project", "charge__member"
    ).order_by("line__position", "line_id", "charge__charge_date", "charge_id", "pk")


def by_person(
    sources: Sequence[Source], people: Sequence[PersonHours]
) -> list[tuple[PersonHours, list[Source]]]:
    """The entries of one page under their people, whose sums are those of the whole document."""
    sums = {person.member_id: person for person in people}
    return [
        (sums[member_id], list(found))
        for member_id, found in groupby(sources, key=lambda source: source.time_entry.member_id)
    ]


def journal_of(invoice: Invoice, tenant: Tenant) -> list[ShownEntry]:
    """The entries that book it, and those that settle it."""
    settling = Allocation.objects.filter(invoice=invoice).values("entry")
    entries = JournalEntry.objects.filter(Q(invoice=invoice) | Q(pk__in=settling))
    return booked_entries(entries, tenant)
