"""What both dialects have in common: companies, the steps, looking before writing again."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.doubles import take_the_only_one
from integrations.handover import package
from integrations.outgoing import OutgoingInvoice
from integrations.ports import (
    Access,
    AdapterError,
    ByHand,
    Delivery,
    Exported,
    Handed,
    OutgoingFile,
    Partner,
    PartnerChanges,
    PartnerDetails,
    Rejected,
    RetryLater,
    Settlement,
    Step,
    StepResult,
)
from integrations.problems import Problem
from integrations.systems.hq import assumptions, mapping
from integrations.systems.hq.client import Client, Refused
from integrations.systems.hq.mapping import Json
from integrations.systems.hq.options import OVER_API, Options

HEAD = Step("head", gettext_lazy("Create the draft"))
MARK = Step("mark", gettext_lazy("Mark it as ours"))
LINE = Step("line", gettext_lazy("Line"), is_repeated=True)
CANCEL = Step("cancel", gettext_lazy("Create the cancellation"))
VERIFY = Step("verify", gettext_lazy("Compare what is there"))
STEPS = (HEAD, CANCEL, MARK, LINE, VERIFY)

FOUND_PARTNERS = 20
MOST_COMPANIES = 2000


def line_step(number: int) -> Step:
    return Step(f"{LINE.key}-{number}", LINE.label)


def customer_heading() -> str:
    return _("Company id in HQ")


def hand_over(documents: Sequence[Handed]) -> list[OutgoingFile]:
    return package(documents, customer_there=customer_heading())


class ApiAdapter(ABC):
    """Drafts over one of the two APIs; finishing, numbering and sending stay in HQ."""

    version: str
    # What else may be amiss where HQ does not take a tax rate.
    if_rate_is_there: Any = ""

    def __init__(self, access: Access) -> None:
        self.options = Options.read(access.settings, access.lists)
        self.client = Client(access, self.version)

    def package(self, documents: Sequence[Handed]) -> list[OutgoingFile]:
        return hand_over(documents)

    # Companies.

    @abstractmethod
    def _companies(self, most: int, **words: str) -> list[Partner]: ...

    @abstractmethod
    def _of_number(self, number: int) -> list[Partner]: ...

    @abstractmethod
    def _create_company(self, body: Json) -> Json: ...

    @abstractmethod
    def _company(self, remote_id: str) -> Json: ...

    @abstractmethod
    def _change_company(self, stored: Json, email: str) -> Json: ...

    @abstractmethod
    def _partner(self, row: Json) -> Partner: ...

    def list_partners(self, limit: int) -> list[Partner]:
        with_words = self._guarded(lambda: self._companies(limit))
        return with_words[:limit]

    def search_partners(self, text: str) -> list[Partner]:
        """By debtor number first; names and VAT ids are looked for in the register, because only
        equality is documented for filters."""
        text = " ".join(text.split())
        found: dict[str, Partner] = {}
        if text.isdecimal() and len(text) <= 9:
            for partner in self._guarded(lambda: self._of_number(int(text))):
                found[partner.id] = partner
        if text:
            asked = text.casefold()
            for partner in self._guarded(lambda: self._companies(MOST_COMPANIES)):
                names = (partner.name, partner.number, partner.vat_id)
                if any(asked in name.casefold() for name in names):
                    found.setdefault(partner.id, partner)
        return list(found.values())[:FOUND_PARTNERS]

    def read_partner(self, remote_id: str) -> Partner:
        return self._partner(self._stored_company(remote_id))

    def create_partner(self, details: PartnerDetails) -> Partner:
        body = mapping.new_company(details, self.options)
        for same in self._guarded(lambda: self._of_number(body["debitorNumber"])):
            raise Rejected(
                _("HQ has “%(name)s” with the debtor number %(number)s already. Link that one.")
                % {"name": same.name, "number": same.number}
            )
        made = self._guarded(lambda: self._create_company(body))
        return self._partner({**body, **made} if self.version == "v2" else made)

    def update_partner(self, remote_id: str, changes: PartnerChanges) -> Partner:
        """Only the e-mail stands with the company; contact persons and terms are lists of their
        own there."""
        stored = self._stored_company(remote_id)
        partner = self._partner(stored)
        if not changes.email or changes.email == partner.email:
            return partner
        self._guarded(lambda: self._change_company(stored, changes.email))
        return self._partner(self._stored_company(remote_id))

    def _stored_company(self, remote_id: str) -> Json:
        if not remote_id.isdecimal():
            raise Rejected(_("This is no company of HQ. Link another one."))
        try:
            return self._company(remote_id)
        except Refused as refused:
            if refused.status == 404:
                raise Rejected(
                    _("This company does not exist in HQ any more. Link another one.")
                ) from None
            raise Rejected(refused.sentence) from None

    def _is_gone(self, remote_id: str) -> bool:
        """Asked where a draft was refused: its own words of why are documented nowhere."""
        try:
            self._company(remote_id)
        except Refused as refused:
            return refused.status == HTTPStatus.NOT_FOUND
        except AdapterError:
            return False
        return False

    def _guarded[T](self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except Refused as refused:
            raise Rejected(refused.sentence) from None

    # Documents.

    @abstractmethod
    def _steps(self, invoice: OutgoingInvoice) -> list[Step]: ...

    @abstractmethod
    def _head(self, delivery: Delivery) -> StepResult: ...

    @abstractmethod
    def _cancel(self, delivery: Delivery) -> StepResult: ...

    @abstractmethod
    def _mark(self, delivery: Delivery) -> StepResult: ...

    @abstractmethod
    def _add_line(self, delivery: Delivery, remote_id: str, number: int) -> None:
        """Write the line; calls `delivery.write()` before it does."""

    @abstractmethod
    def _line_count(self, remote_id: str) -> int: ...

    @abstractmethod
    def _read(self, remote_id: str) -> "Stored": ...

    @abstractmethod
    def _there(self, delivery: Delivery) -> list["Stored"]:
        """All documents in HQ that our requests for this one made: one, unless one came twice."""

    def plan(self, invoice: OutgoingInvoice) -> tuple[Step, ...]:
        if not invoice.is_credit_note:
            mapping.check(invoice)
            return tuple(self._steps(invoice))
        if self.options.corrections != OVER_API:
            raise ByHand(
                _("Create the correction of invoice %(number)s in HQ, then enter the number that it"
                  " has there.")
                % {"number": invoice.corrected_remote_number or invoice.corrected_number}
            )  # fmt: skip
        if not invoice.corrected_remote_id:
            raise ByHand(
                _("Invoice %(number)s did not go over this connection. Create its correction in HQ,"
                  " then enter the number that it has there.")
                % {"number": invoice.corrected_number}
            )  # fmt: skip
        return (CANCEL, MARK, VERIFY)

    def run(self, step: str, delivery: Delivery) -> StepResult:
        do: dict[str, Callable[[Delivery], StepResult]] = {
            HEAD.key: self._head,
            CANCEL.key: self._cancel,
            MARK.key: self._mark,
            VERIFY.key: self._verify,
        }
        name, _dash, number = step.partition("-")
        try:
            if name == LINE.key:
                return self._line(delivery, int(number))
            return do[name](delivery)
        except Refused as refused:
            if refused.status == 404 and name not in (HEAD.key, CANCEL.key):
                raise Rejected(
                    _("The draft does not exist in HQ any more. Begin anew to make it again."),
                    problem=Problem.DIFFERS,
                ) from None
            if name == HEAD.key and self._is_gone(delivery.invoice.remote_customer_id):
                raise Rejected(
                    _("The linked company does not exist in HQ any more. Link another one."),
                    problem=Problem.NOT_LINKED,
                ) from None
            raise Rejected(
                self._about_rate(refused, step, delivery.invoice) or self._why(refused, step)
            ) from None

    def _about_rate(self, refused: Refused, step: str, invoice: OutgoingInvoice) -> str:
        """Empty where it is about something else."""
        is_meant = assumptions.ABOUT_RATES.search(refused.message)
        if refused.status != HTTPStatus.BAD_REQUEST or not is_meant or invoice.is_credit_note:
            return ""
        name, _dash, number = step.partition("-")
        lines = mapping.positions(invoice)
        meant = [lines[int(number) - 1]] if name == LINE.key else lines
        rates = sorted({line.tax for line in meant})
        sentence = _("HQ does not take a VAT of %(rates)s %%: the company there has no such tax"
                     " rate. Have it created in HQ, then try again. (HQ: %(message)s)") % {
            "rates": ", ".join(f"{rate.normalize():f}" for rate in rates),
            "message": refused.message,
        }  # fmt: skip
        return f"{sentence} {self.if_rate_is_there}".rstrip()

    def _why(self, refused: Refused, step: str) -> str:
        return refused.sentence

    def _line(self, delivery: Delivery, number: int) -> StepResult:
        """Lines are written in their order, so their count tells which have arrived."""
        remote_id = document_of(delivery)
        if delivery.written_at is not None:
            there = self._line_count(remote_id)
            if there == number:
                return StepResult(was_found=True)
            if there != number - 1:
                raise Rejected(
                    _("The draft in HQ has %(there)s lines where it should have %(here)s: somebody"
                      " changed it. Delete it there and begin anew, or finish it and mark this"
                      " as entered by hand.")
                    % {"there": there, "here": number - 1},
                    problem=Problem.UNCLEAR,
                )  # fmt: skip
            wait_until_quiet(delivery)
        self._add_line(delivery, remote_id, number)
        return StepResult()

    def _verify(self, delivery: Delivery) -> StepResult:
        """What HQ made of it. A draft that differs stays, and a person looks at it."""
        invoice = delivery.invoice
        remote_id = document_of(delivery)
        found = self._there(delivery)
        if remote_id not in {one.id for one in found}:
            try:
                found.insert(0, self._read(remote_id))
            except Refused as refused:
                if refused.status != HTTPStatus.NOT_FOUND or not found:
                    raise
        take_the_only_one("HQ", {one.id: one.called for one in found}, remote_id)
        stored = found[0]
        here = (invoice.net_total, invoice.tax_total, invoice.gross_total)
        there: tuple[Decimal | None, ...] = (stored.net, stored.tax, stored.gross)
        if invoice.is_credit_note:
            # A cancellation may have its sums above or below nought.
            there = tuple(None if one is None else abs(one) for one in there)
        differing = [
            _("%(what)s is %(there)s there and %(here)s here")
            % {
                "what": what,
                "there": _shown(found),
                "here": _shown(own),
            }
            for what, own, found in zip((_("net"), _("tax"), _("gross")), here, there, strict=True)
            if found != own
        ]
        if not invoice.is_credit_note and stored.day != invoice.issue_date.isoformat():
            differing.append(
                _("the date is %(there)s there and %(here)s here")
                % {"there": stored.day, "here": invoice.issue_date.isoformat()}
            )
        if not stored.is_marked(invoice.marker):
            differing.append(_("our mark is not on it"))
        if differing:
            raise Rejected(
                _("The draft %(id)s in HQ differs: %(what)s. It is left as it is: correct it there"
                  " and mark this as entered by hand, or delete it there and begin anew.")
                % {"id": remote_id, "what": "; ".join(differing)},
                problem=Problem.DIFFERS,
            )  # fmt: skip
        return StepResult(remote_id, stored.number)

    # Payments.

    @abstractmethod
    def _settlements(self, since: datetime | None, oldest: str) -> list[Settlement]: ...

    @abstractmethod
    def _settlement(self, remote_id: str) -> Settlement: ...

    def read_settlements(
        self, documents: Sequence[Exported], since: datetime | None
    ) -> list[Settlement]:
        """One list of what changed; what it does not name is asked for only at the first time."""
        if not documents:
            return []
        oldest = min(one.issue_date for one in documents).isoformat()
        wanted = {one.remote_id for one in documents}
        listed = self._guarded(lambda: self._settlements(since, oldest))
        found = {one.remote_id: one for one in listed if one.remote_id in wanted}
        if since is None:
            for remote_id in sorted(wanted - found.keys()):
                found[remote_id] = self._one_settlement(remote_id)
        return list(found.values())

    def _one_settlement(self, remote_id: str) -> Settlement:
        try:
            return self._settlement(remote_id)
        except Refused as refused:
            if refused.status == 404:
                return Settlement(remote_id=remote_id, paid=Decimal(0), is_gone=True)
            raise Rejected(refused.sentence) from None


def cancels(invoice: OutgoingInvoice) -> Callable[["Stored"], bool]:
    """Whether a cancellation may be the one of this credit note, by its sum."""
    return lambda one: one.gross is not None and abs(one.gross) == invoice.gross_total


def _shown(amount: Decimal | None) -> str:
    return "?" if amount is None else f"{amount:.2f}"


class Stored:
    """A document as HQ has it."""

    def __init__(
        self,
        *,
        id: Any,
        net: Any,
        tax: Any,
        gross: Any,
        day: str,
        number: Any,
        mark: Any,
        created: Any,
    ) -> None:
        self.id = str(id)
        self.net = mapping.cents_of(net)
        self.tax = mapping.cents_of(tax)
        self.gross = mapping.cents_of(gross)
        self.day = day
        self.number = "" if number is None else str(number)
        self.created = mapping.moment_of(created)
        self.mark = mark

    @property
    def called(self) -> str:
        """A draft has no number yet, and may bear nobody's mark."""
        number = self.number or (_("draft") if self.mark else _("unmarked draft"))
        return _("%(number)s (id %(id)s)") % {"number": number, "id": self.id}

    def is_marked(self, marker: str) -> bool:
        return mapping.has_mark(self.mark, marker)


def document_of(delivery: Delivery) -> str:
    first = delivery.done.get(HEAD.key) or delivery.done[CANCEL.key]
    return first.remote_id


def wait_until_quiet(delivery: Delivery) -> None:
    """A look right after a time-out may come before what it looks for is stored."""
    if delivery.written_at is None:
        return
    seconds = (delivery.written_at + assumptions.QUIET - timezone.now()).total_seconds()
    if seconds > 0:
        raise RetryLater(
            _("It is not known whether the last request arrived; HQ is asked again."),
            seconds=seconds,
        )


def unknown_cancellation(invoice: OutgoingInvoice) -> ByHand:
    """Nothing on a cancellation tells whose it is before it is marked."""
    return ByHand(
        _("It is not known whether HQ created the correction of invoice %(number)s. Look for it"
          " there, create it if it is not there, and enter its number.")
        % {"number": invoice.corrected_remote_number or invoice.corrected_number}
    )  # fmt: skip


def only_in_part(invoice: OutgoingInvoice) -> ByHand:
    return ByHand(
        _("Only part of invoice %(number)s is credited, and HQ cancels whole documents. Create the"
          " correction there, then enter its number.")
        % {"number": invoice.corrected_remote_number or invoice.corrected_number}
    )  # fmt: skip
