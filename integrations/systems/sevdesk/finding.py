"""Finds again what may have been stored: by our mark, which sevDesk keeps with the document."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.doubles import take_the_only_one
from integrations.outgoing import OutgoingInvoice
from integrations.ports import Delivery, Rejected, RetryLater, StepResult
from integrations.problems import Problem
from integrations.systems.sevdesk import assumptions
from integrations.systems.sevdesk.client import Client, Refused
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
    """Ours, or nothing; several go to a person."""
    found = _marked(client, kind, invoice)
    if found:
        take_the_only_one("sevDesk", _names(found, kind), str(found[0]["id"]))
    return found[0] if found else None


def only_one(client: Client, kind: Kind, delivery: Delivery, step: str) -> Json:
    """What the step made, by the search for our mark: where its request came there twice, that
    finds two, and nothing is finished or numbered."""
    remote_id = delivery.done[step].remote_id
    since = delivery.begun[step] - assumptions.LOOK_BACK
    found = _marked(client, kind, delivery.invoice, createAfter=str(int(since.timestamp())))
    stored = next((row for row in found if str(row["id"]) == remote_id), None)
    if stored is None:
        try:
            stored = client.one(f"{kind.path}/{remote_id}", needs="status")
        except Refused as refused:
            if not refused.is_missing or not found:
                raise
        else:
            found.append(stored)
    take_the_only_one("sevDesk", _names(found, kind), remote_id)
    assert stored is not None, "it is the only one"
    return stored


def _marked(client: Client, kind: Kind, invoice: OutgoingInvoice, **asked: str) -> list[Json]:
    """Ours by its mark, compared here: a filter that sevDesk does not know finds everything.

    The list cuts nothing short, so a mark that is not in it was not stored.
    """
    assert invoice.marker
    rows = client.rows(kind.path, {"customerInternalNote": invoice.marker, **asked})
    return [row for row in rows if bears(row, invoice.marker)]


def _names(found: Sequence[Json], kind: Kind) -> dict[str, str]:
    """They have the same number, so the id tells them apart."""
    return {
        str(one["id"]): _("%(number)s (id %(id)s)")
        % {"number": one.get(kind.number) or _("draft"), "id": one["id"]}
        for one in found
    }


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


def created(
    document: Json, kind: Kind, invoice: OutgoingInvoice, *, was_found: bool = False
) -> StepResult:
    """A number there becomes ours only when it is known that nothing else has it."""
    result = result_of(document, kind, was_found=was_found)
    return result if invoice.number else replace(result, remote_number="")


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
