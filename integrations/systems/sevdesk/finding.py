"""Finds again what may have been stored: by our mark, which sevDesk keeps with the document."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.outgoing import OutgoingInvoice
from integrations.ports import Delivery, Rejected, RetryLater, StepResult
from integrations.problems import Problem
from integrations.systems.sevdesk import assumptions
from integrations.systems.sevdesk.client import Client
from integrations.systems.sevdesk.mapping import Json, decimal_of

DRAFT = "100"


@dataclass(frozen=True)
class Kind:
    """Invoices and credit notes have the same verbs at different addresses."""

    name: str
    number: str
    positions: str

    @property
    def path(self) -> str:
        return f"/{self.name}"

    @property
    def key(self) -> str:
        return self.name[0].lower() + self.name[1:]


INVOICE = Kind("Invoice", "invoiceNumber", "invoicePosSave")
CREDIT_NOTE = Kind("CreditNote", "creditNoteNumber", "creditNotePosSave")


def kind_of(invoice: OutgoingInvoice) -> Kind:
    return CREDIT_NOTE if invoice.is_credit_note else INVOICE


def bears(document: Json, marker: str) -> bool:
    """Whether our mark stands on it, among others perhaps."""
    return marker in str(document.get("customerInternalNote") or "").split()


def find_ours(client: Client, kind: Kind, invoice: OutgoingInvoice) -> Json | None:
    """Ours by its mark, compared here: a filter that sevDesk does not know finds everything.

    The list cuts nothing short, so a mark that is not in it was not stored.
    """
    assert invoice.marker
    asked = {"customerInternalNote": invoice.marker}
    found = [row for row in client.rows(kind.path, asked) if bears(row, invoice.marker)]
    if len(found) > 1:
        numbers = ", ".join(str(one.get(kind.number) or one["id"]) for one in found)
        raise Rejected(
            _("sevDesk has this document several times: %(numbers)s. Delete all but one there and"
              " try again.")
            % {"numbers": numbers},
            problem=Problem.UNCLEAR,
        )  # fmt: skip
    return found[0] if found else None


def wait_until_quiet(delivery: Delivery) -> None:
    """A look right after a time-out may come before what it looks for is stored."""
    if delivery.written_at is None:
        return
    seconds = (delivery.written_at + assumptions.QUIET - timezone.now()).total_seconds()
    if seconds > 0:
        raise RetryLater(
            _("It is not known whether the last request arrived; sevDesk is asked again."),
            seconds=min(seconds, assumptions.LOOKED_FOR_EVERY.total_seconds()),
        )


def refuse_taken_number(client: Client, kind: Kind, number: str) -> None:
    """Whether sevDesk would refuse a number twice is not documented."""
    if not number:
        return
    for row in client.rows(kind.path, {kind.number: number}):
        if str(row.get(kind.number) or "") == number:
            raise Rejected(
                _("sevDesk has another document with the number %(number)s, made by somebody else."
                  " Give that one another number there, or close this export.")
                % {"number": number},
                problem=Problem.DIFFERS,
            )  # fmt: skip


def result_of(document: Json, kind: Kind, *, was_found: bool = False) -> StepResult:
    return StepResult(
        str(document["id"]), str(document.get(kind.number) or ""), was_found=was_found
    )


def is_draft(document: Json) -> bool:
    return str(document.get("status")) == DRAFT


def compare(invoice: OutgoingInvoice, document: Json, kind: Kind) -> None:
    """Before it counts in the books: the sums there are reckoned by somebody else."""
    pairs: Sequence[tuple[str, Decimal]] = (
        ("sumNet", invoice.net_total),
        ("sumTax", invoice.tax_total),
        ("sumGross", invoice.gross_total),
    )
    for name, here in pairs:
        there = decimal_of(document.get(name))
        if there != here:
            raise Rejected(
                _("sevDesk reckons %(there)s %(currency)s, the document says %(here)s (%(sum)s). It"
                  " is left as it is: correct it there and open it, then close this export.")
                % {
                    "there": f"{there:f}",
                    "here": f"{here.normalize():f}",
                    "currency": invoice.currency,
                    "sum": {"sumNet": _("net"), "sumTax": _("VAT"), "sumGross": _("gross")}[name],
                },
                problem=Problem.DIFFERS,
            )  # fmt: skip
    number = str(document.get(kind.number) or "")
    if invoice.number and number != invoice.number:
        raise Rejected(
            _("The document has the number %(there)s in sevDesk, and %(here)s here. Correct it"
              " there and try again.")
            % {"there": number or "–", "here": invoice.number},
            problem=Problem.DIFFERS,
        )  # fmt: skip
