"""Taking an export: by one worker at a time, with everything that its turn needs.

Inside the tenant's scope, like `outbox`; what waits for another server comes after it.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from integrations.domain.access import Door, door_of
from integrations.domain.answers import answers_to, holding
from integrations.domain.lanes import (
    CREDIT_DELAY,
    is_due,
    is_of_this_company,
    may_be_quick,
    most_at_once,
    next_of,
    took_long,
    under_way,
    what_it_waits_for,
)
from integrations.domain.mapping import Mapped, Mappings, map_lines, mappings_of, names_of
from integrations.domain.outbox import PDF_DELAY, fail, hand_on, leave_by_hand, queue
from integrations.domain.packing import pack
from integrations.domain.statements import take
from integrations.errors import IntegrationRefused
from integrations.models import Connection, CustomerLink, DocumentAnswers, Export, ExportStep
from integrations.outgoing import OutgoingInvoice
from integrations.ports import ByHand, Can, StepResult
from integrations.problems import Problem
from integrations.registry import system_of
from invoicing.models import Invoice, InvoiceFile, InvoiceLine
from tenants.prepared import prepared, together

# Longer than any step takes: its few calls end after a minute each.
LEASE = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """One worker's turn with one export."""

    export_id: int
    claim: uuid.UUID
    door: Door
    invoice: OutgoingInvoice
    pdf: InvoiceFile | None
    done: Mapping[str, StepResult]
    begun: Mapping[str, datetime]
    language: str
    # As it was when it was claimed, with its invoice and its connection.
    export: Export
    began_at: datetime = field(default_factory=timezone.now)

    @property
    def written(self) -> Mapping[str, datetime]:
        """Of the steps whose outcome is unknown, when they began to write."""
        return {key: at for key, at in self.begun.items() if key not in self.done}


def claim(export_id: int, *, now: datetime, is_patient: bool = True) -> Claimed | None:
    """Take the export, or None when it is not due, taken, or lacks what it needs.

    Who is not patient takes none that may take long, and hands it to those who are.
    """
    export: Export | None = next(iter(_due(export_id, now)), None)
    if export is None:
        return None
    connection = export.connection
    if not is_patient and not may_be_quick(connection, now):
        hand_on(export, now)
        return None
    most = most_at_once(system_of(connection.system), connection)
    beside = _Beside.read(export, now, most)
    if len(beside.under_way) >= most:
        _step_aside(export)
        return None
    # Each step prolongs its turn, so that one which began long ago is being waited for.
    if not is_patient and any(took_long(until - LEASE, now) for until in beside.under_way):
        hand_on(export, now)
        return None
    language: str = export.language  # type: ignore[attr-defined]  # annotated
    with translation.override(language):
        claimed = _claim(export, connection, beside, language, now)
    if claimed is None:
        queue(next_of(connection.pk, now))
    return claimed


@prepared
def _due(export_id: int, now: datetime) -> QuerySet[Any]:
    found: QuerySet[Any] = (
        Export.objects.filter(is_due(now), pk=export_id)
        .select_related("connection", "invoice__customer")
        .annotate(language=F("tenant__language"))
        # Not skipped where it is locked: who calls the next one may hold this row for a moment only
        # to find that it was called, and its task would be for nothing. The connection, so that
        # two do not both find room.
        .select_for_update(of=("self", "connection"))
    )
    return found


@dataclass(frozen=True)
class _Beside:
    """What a claim needs beside its row, asked in one go."""

    under_way: Sequence[datetime]
    pdfs: Sequence[InvoiceFile]
    lines: list[InvoiceLine]
    links: Sequence[CustomerLink]
    steps: Sequence[ExportStep]
    answers: Sequence[DocumentAnswers]
    mappings: Mappings

    @classmethod
    def read(cls, export: Export, now: datetime, most: int) -> "_Beside":
        invoice, connection = export.invoice, export.connection
        ahead, pdfs, lines, links, steps, answers, mappings = together(
            under_way.question(connection.pk, now, most=most),
            _pdf_of.question(invoice.pk),
            _lines_of.question(invoice.pk),
            _link_of.question(connection.pk, invoice.customer_id),
            _steps_of.question(export.pk),
            answers_to.question(invoice.pk, connection.pk),
            mappings_of.question(connection.pk),
        )
        return cls(ahead, pdfs, lines, links, steps, answers, Mappings.of_rows(mappings))


@prepared
def _pdf_of(invoice_id: int) -> QuerySet[Any]:
    return InvoiceFile.objects.filter(invoice=invoice_id, kind=InvoiceFile.Kind.PDF)


@prepared
def _lines_of(invoice_id: int) -> QuerySet[Any]:
    return InvoiceLine.objects.filter(invoice=invoice_id).order_by()


@prepared
def _link_of(connection_id: int, customer_id: int) -> QuerySet[Any]:
    return CustomerLink.objects.filter(connection=connection_id, customer=customer_id)


@prepared
def _steps_of(export_id: int) -> QuerySet[Any]:
    return ExportStep.objects.filter(export=export_id)


def _claim(
    export: Export, connection: Connection, beside: _Beside, language: str, now: datetime
) -> Claimed | None:
    try:
        door = door_of(connection)
    except IntegrationRefused as refused:
        _wait(export, now + timedelta(minutes=1), str(refused))
        return None
    invoice = export.invoice
    if invoice.is_credit_note and Can.CREDIT_NOTES not in door.system.can:
        words = _(
            "%(system)s takes no credit notes from here. Enter %(number)s there by hand, and say"
            " under which number."
        ) % {"system": door.system.title, "number": invoice.number}
        export.next_attempt_at = export.queued_at = None
        leave_by_hand(export, ByHand(words))
        return None
    pdf = next(iter(beside.pdfs), None)
    if door.system.needs_pdf and pdf is None and invoice.is_posted:
        _wait_for_pdf(export, door, now)
        return None
    link = next(iter(beside.links), None)
    has_products = Can.PRODUCTS in door.system.can
    mapped = map_lines(beside.mappings, beside.lines) if has_products else Mapped({}, ())
    if _is_unlinked(export, invoice, link, door) or _is_unmapped(export, mapped, door):
        return None
    corrected = None
    if invoice.corrects_id is not None:
        corrected = (
            Export.objects.select_related("invoice")
            .filter(connection=connection, invoice=invoice.corrects_id)
            .first()
        )
        if sentence := what_it_waits_for(export, corrected):
            _wait(export, now + CREDIT_DELAY, sentence)
            return None
    there = corrected if corrected and is_of_this_company(corrected, connection) else None
    token = uuid.uuid4()
    is_ours = take(export.pk, token, until=now + LEASE)
    assert is_ours, "its row is locked"
    return Claimed(
        export_id=export.pk,
        claim=token,
        door=door,
        invoice=pack(
            invoice,
            beside.lines,
            remote_products=mapped.products,
            remote_customer_id=link.remote_id if link else "",
            corrected_remote_id=there.remote_id if there else "",
            corrected_remote_number=there.remote_number if there else "",
            answers=holding(beside.answers, link),
        ),
        pdf=pdf,
        done={
            step.key: StepResult(step.remote_id, step.remote_number, step.was_found)
            for step in beside.steps
            if step.done_at
        },
        begun={step.key: step.begun_at for step in beside.steps},
        language=language,
        export=export,
        began_at=now,
    )


def _wait_for_pdf(export: Export, door: Door, now: datetime) -> None:
    """Or fail, where there will never be one."""
    if (made := _made_without_pdf(export)) is not None:
        fail(
            export,
            _(
                "The invoice is a %(kind)s file, and %(system)s takes PDFs. Choose another"
                " template for this customer."
            )
            % {"kind": made.get_kind_display(), "system": door.system.title},
            Problem.REFUSED,
        )
        return
    is_late = now - export.created_at > timedelta(minutes=5)
    delay = timedelta(seconds=30) if is_late else PDF_DELAY
    _wait(export, now + delay, _("Waits for the invoice's PDF."))


def _is_unlinked(export: Export, invoice: Invoice, link: CustomerLink | None, door: Door) -> bool:
    if link is not None or not must_be_linked(door):
        return False
    fail(
        export,
        _("Link %(customer)s to a customer in %(system)s; then it is sent by itself.")
        % {"customer": invoice.customer, "system": door.system.title},
        Problem.NOT_LINKED,
    )
    return True


def _is_unmapped(export: Export, mapped: Mapped, door: Door) -> bool:
    if not (mapped.missing and door.system.needs_products):
        return False
    names = names_of(mapped.missing)
    fail(
        export,
        _("Say which products in %(system)s these are; then it is sent by itself: %(names)s.")
        % {"system": door.system.title, "names": ", ".join(names[:5])},
        Problem.NOT_MAPPED,
    )
    return True


def must_be_linked(door: Door) -> bool:
    return door.system.needs_link or door.settings.get("unlinked", "hold") == "hold"


def _step_aside(export: Export) -> None:
    """Others of its connection are under way; who is through calls it."""
    export.queued_at = None
    export.save(update_fields=["queued_at"])


def _wait(export: Export, until: datetime, why: str) -> None:
    export.next_attempt_at, export.error = until, why
    export.queued_at = None
    export.save(update_fields=["next_attempt_at", "queued_at", "error"])


def _made_without_pdf(export: Export) -> InvoiceFile | None:
    """The document where its template makes a file and no PDF: waiting would help nothing."""
    made: InvoiceFile | None = InvoiceFile.objects.filter(
        invoice=export.invoice_id, kind__in=InvoiceFile.RENDERED
    ).first()
    return made
