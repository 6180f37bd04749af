"""What an accounting system has to offer. Adapters get plain data and give plain data back.

A system is a folder `integrations/systems/<name>/` whose `adapter.py` has a `SYSTEM`; nothing
outside it knows its name. `docs/integrations.md` says how to write one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from integrations.http import Http
from integrations.outgoing import OutgoingInvoice
from integrations.pacing import Rate
from integrations.problems import Problem
from integrations.redaction import storable

if TYPE_CHECKING:
    from integrations.forms import ConnectionForm


class Can(StrEnum):
    """What a system can do over its interface. Pages offer nothing else."""

    # A document can stay there unfinished, for somebody there to look at.
    DRAFT = "draft"
    # It can be finished there: approved, opened, finalised.
    FINAL = "final"
    # Lines can be added to an unfinished document that is there (`AppendsToDrafts`).
    APPEND = "append"
    # The document there has our number.
    OWN_NUMBER = "own_number"
    # The document gets a number there, which is read back (`StepResult.remote_number`).
    GIVES_NUMBER = "gives_number"
    ATTACH = "attach"
    SEND = "send"
    CREDIT_NOTES = "credit_notes"
    # It says what was paid there (`ReadsPayments`).
    PAYMENTS = "payments"
    # Customers can be added there.
    CUSTOMERS = "customers"
    # Lines name products of its register (`KeepsProducts`).
    PRODUCTS = "products"
    # Documents that a person enters there come as a package of files (`HandsOver`).
    FILES = "files"


class AdapterError(Exception):
    """`sentence` is for the accountant: what happened and what to do."""

    def __init__(self, sentence: Any) -> None:
        # It may quote what the system said.
        self.sentence = storable(str(sentence))
        super().__init__(self.sentence)


class RetryLater(AdapterError):
    """No answer, or not now: time will tell. `seconds` is what the system asked for.

    `was_refused` says that the system certainly did nothing, as with 429.
    """

    def __init__(
        self,
        sentence: Any,
        *,
        seconds: float | None = None,
        pauses_connection: bool = False,
        was_refused: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.seconds = seconds
        self.pauses_connection = pauses_connection
        self.was_refused = was_refused


class OutOfTurn(RetryLater):
    """Our own limiter held the call back, so that the system need not refuse it. No fault of the
    document's, and no attempt."""

    def __init__(self, sentence: Any, *, seconds: float) -> None:
        super().__init__(sentence, seconds=seconds, was_refused=True)


class StartOver(RetryLater):
    """What was stored of the steps is of no use: what they made is another document's. They are
    done from the first one again, which looks for what it may have made before."""


class Rejected(AdapterError):
    """A person must act; trying again changes nothing. `problem` is what to offer."""

    def __init__(self, sentence: Any, *, problem: Problem = Problem.REFUSED) -> None:
        super().__init__(sentence)
        self.problem = problem


class ByHand(AdapterError):
    """Not over the interface: a person does it there and says under which number. No failure."""


class AccessLost(AdapterError):
    """The system no longer takes the credentials: nothing can be sent over this connection."""


@dataclass(frozen=True)
class Environment:
    """Addresses without a closing slash; calls may go to their hosts and to no other.

    `sign_in_url` is where people sign in, where that is another host than the interface's; `rate`
    is there where it is not that of the system.
    """

    key: str
    label: Any
    url: str
    sign_in_url: str = ""
    rate: Rate | None = None


@dataclass(frozen=True)
class Step:
    """`is_repeated`: in `System.steps` it stands for `key-1`, `key-2` and so on of a plan."""

    key: str
    label: Any
    is_repeated: bool = False


@dataclass(frozen=True)
class StepResult:
    """`was_found`: it had been done before and was not done again."""

    remote_id: str = ""
    remote_number: str = ""
    was_found: bool = False


@dataclass(frozen=True, kw_only=True)
class Partner:
    """A customer as the system has it. `country` is ISO 3166 alpha-2, or the system's own word."""

    id: str
    name: str
    number: str = ""
    business_id: str = ""
    vat_id: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    email: str = ""
    contact_name: str = ""
    payment_term_days: int | None = None
    is_active: bool = True


@dataclass(frozen=True, kw_only=True)
class PartnerDetails:
    """A customer of ours, to be added there."""

    name: str
    number: str
    business_id: str = ""
    vat_id: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    email: str = ""
    contact_name: str = ""
    language: str = ""
    currency: str = ""
    payment_term_days: int | None = None
    einvoice_address: str = ""
    einvoice_operator: str = ""


@dataclass(frozen=True, kw_only=True)
class PartnerChanges:
    email: str = ""
    contact_name: str = ""
    payment_term_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class RemoteProduct:
    """A product or service as the system has it."""

    id: str
    name: str
    number: str = ""
    unit: str = ""
    price: Decimal | None = None
    tax_percent: Decimal | None = None
    is_active: bool = True


@dataclass(frozen=True, kw_only=True)
class ProductDetails:
    """A product of ours, to be added there. `unit` is a UN/ECE Rec 20 code, `price` net."""

    name: str
    number: str
    unit: str = ""
    price: Decimal | None = None
    currency: str = ""
    tax_percent: Decimal | None = None
    account: str = ""


@dataclass(frozen=True, kw_only=True)
class RemoteDraft:
    """An unfinished document there that lines can be added to. `label` says what it is."""

    id: str
    label: str
    issue_date: date | None = None
    net: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class RemotePayment:
    """One payment there. `id` is unique within its document, and the same at every reading."""

    id: str
    amount: Decimal
    paid_on: date
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """How a document stands there. `paid` is all that was ever paid on it, in its currency.

    `payments` are empty where the system tells only the sum; then what has been added to it since
    the last reading is one payment, of the day `paid_on`. `is_gone`: deleted or cancelled there.
    `remote_number`: what it is called there, where it got its number only after it had arrived.
    `number`: `Exported.number` of the one that is meant, where several were added to one there.
    """

    remote_id: str
    paid: Decimal
    status: str = ""
    paid_on: date | None = None
    payments: tuple[RemotePayment, ...] = ()
    is_gone: bool = False
    remote_number: str = ""
    number: str = ""


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A document of ours that is there."""

    remote_id: str
    remote_number: str
    number: str
    issue_date: date
    gross: Decimal
    currency: str
    is_credit_note: bool = False


@dataclass(frozen=True, kw_only=True)
class DocumentField:
    """A field of the system's own that is asked for with each document of a linked customer, such
    as the contact person or the channel; the answer is in `OutgoingInvoice.choices`.

    What can be chosen is asked of the adapter (`HasDocumentFields`); of free text these are only
    proposals, and there may be none. With `fills`, the answer is written into that field of our own
    draft instead, so that both say the same: `payment_term_days` makes its due date, `contact_name`
    and `contact_email` are fields of it.
    """

    key: str
    label: Any
    help: Any = ""
    is_free_text: bool = False
    fills: str = ""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """The answer of a check. `lists` are what settings choose from: `{"accounts": [[key, label]]}`;
    `warnings` are sentences about what will go wrong although the credentials are right.

    `company_id` is unlike that of any other company there and never changes; a system that tells
    none is known by the company's name.
    """

    company: str
    company_id: str = ""
    lists: dict[str, list[list[str]]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class OutgoingFile:
    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Handed:
    """A document with its stored files: the PDF, and the e-invoice where it has one."""

    invoice: OutgoingInvoice
    papers: tuple[OutgoingFile, ...]


class HeldByOthers(Protocol):
    def __call__(self, ids: Iterable[str], /, *, unfinished: bool = False) -> set[str]:
        """Of these ids there the ones that other documents have, or those of them that are still on
        their way."""


@dataclass(frozen=True)
class Delivery:
    """What a step works with. `done` holds the results of the steps before it.

    `written_at` is set when something was written before and nobody knows whether it arrived: the
    adapter has to look in the system before it writes again. It calls `write` immediately before
    each request that must not be made twice; that stores the moment, and stops a worker whose turn
    has passed to another one. `begun` says when each step last began to write. `held_by_others`
    says which of these ids there belong to other documents that went over the connection, and
    `sought_by_others` how many others of the customer and the day have begun that step without an
    outcome: what they made there is theirs to find.
    """

    invoice: OutgoingInvoice
    pdf: OutgoingFile | None
    done: Mapping[str, StepResult]
    write: Callable[[], None]
    written_at: datetime | None = None
    begun: Mapping[str, datetime] = field(default_factory=dict)
    held_by_others: HeldByOthers = lambda _ids, *, unfinished=False: set()
    sought_by_others: Callable[[str], int] = lambda _step: 0


@dataclass(frozen=True, kw_only=True)
class Access:
    """An open door to one system for one connection.

    `keep_credentials` stores credentials that the system has changed, such as a session's key.
    `sign_in` is there where somebody has signed in (`System.oauth`): it gives an access token, and
    not the one named, which was refused; raises AccessLost or RetryLater. `alone(name, sentence)`
    is held while something is done of which only one may be under way, such as a change to the
    draft of that name; raises OutOfTurn with the sentence while another is at it.
    """

    key: str
    base_url: str
    credentials: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, str]
    lists: Mapping[str, list[list[str]]]
    http: Http
    keep_credentials: Callable[[Mapping[str, str]], None] = field(repr=False)
    sign_in: Callable[[str], str] | None = field(default=None, repr=False)
    alone: Callable[[str, str], AbstractContextManager[None]] = field(
        default=lambda _name, _sentence: nullcontext(), repr=False
    )


class Adapter(Protocol):
    """Every method raises RetryLater, Rejected or AccessLost, and nothing else it expects; `plan`
    and `run` raise ByHand too."""

    def check(self) -> Checked:
        """Ask who we are there, and read the lists that the settings choose from."""

    def list_partners(self, limit: int) -> list[Partner]:
        """The customers there, at most so many, to guess which of ours they are."""

    def search_partners(self, text: str) -> list[Partner]:
        """By name, number or business id."""

    def read_partner(self, remote_id: str) -> Partner: ...

    def create_partner(self, details: PartnerDetails) -> Partner: ...

    def update_partner(self, remote_id: str, changes: PartnerChanges) -> Partner:
        """Change what the system can hold of it and leave the rest as it is."""

    def plan(self, invoice: OutgoingInvoice) -> tuple[Step, ...]:
        """The steps this invoice takes. Asks nobody; raises Rejected if it cannot be sent,
        and ByHand if a person is to enter it there.

        With `Can.GIVES_NUMBER` the invoice may have no number yet and no PDF. Then these are the
        steps up to the one that brings the number (`StepResult.remote_number`); with that number
        it is posted here, and planned again for what is left.
        """

    def run(self, step: str, delivery: Delivery) -> StepResult:
        """Do one step, once: look for its outcome first where that may exist."""


class KeepsProducts(Protocol):
    """With `Can.PRODUCTS`. Errors as of `Adapter`."""

    def list_products(self, limit: int) -> list[RemoteProduct]: ...

    def search_products(self, text: str) -> list[RemoteProduct]:
        """By name or number."""

    def create_product(self, details: ProductDetails) -> RemoteProduct: ...


class AppendsToDrafts(Protocol):
    """With `Can.APPEND`. The one chosen is in `OutgoingInvoice.append_to`."""

    def list_drafts(self, remote_customer_id: str) -> list[RemoteDraft]: ...


class HasDocumentFields(Protocol):
    """With `System.document_fields`."""

    def document_choices(self, remote_customer_id: str) -> Mapping[str, list[list[str]]]:
        """By field what can be chosen for a document of this customer: `[[key, label], ...]`."""


class HandsOver(Protocol):
    """With `Can.FILES`. Asks nobody."""

    def package(self, documents: Sequence[Handed]) -> list[OutgoingFile]:
        """What goes into the ZIP for these documents. Names may have folders."""


class BadSignature(Exception):
    """Whoever called is not the system."""


class Event(StrEnum):
    """What a system tells of by calling us."""

    # Paid, changed, cancelled or deleted: how it stands is asked for.
    DOCUMENT = "document"
    # A customer of its register was changed.
    PARTNER = "partner"
    # The sign-in was withdrawn there.
    REVOKED = "revoked"


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A call to a connection's address. `headers` have small letters; `keys` are those of the
    installation that the system signs with, `lists` those of the connection's last check."""

    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    keys: tuple[str, ...]
    lists: Mapping[str, list[list[str]]]


@dataclass(frozen=True, kw_only=True)
class RemoteEvent:
    """`key` is the same, of at most 64 characters, when the event is told again."""

    kind: Event
    remote_id: str
    key: str


class HearsEvents(Protocol):
    """With `System.read_event`."""

    def subscribe(self, url: str) -> list[str]:
        """Have that address called; the ids to take it back with."""

    def unsubscribe(self, ids: Sequence[str]) -> None: ...


class GivesPapers(Protocol):
    """With `System.gives_papers`."""

    def fetch_paper(self, document: Exported) -> OutgoingFile:
        """The document as the system has made it; raises Rejected while there is none."""


class ReadsPayments(Protocol):
    """With `Can.PAYMENTS`."""

    def read_settlements(
        self, documents: Sequence[Exported], since: datetime | None
    ) -> list[Settlement]:
        """How these stand there; those that did not change after `since` may be left out."""


@dataclass(frozen=True, kw_only=True)
class OAuth:
    """Signing in there by redirect: OAuth 2 with PKCE. Paths are behind the environment's
    `sign_in_url`. It is offered where the installation has a client there (`OAUTH_<SYSTEM>_…`).

    The client is named in the head of token requests, or with `names_client_in_body` in their body.
    """

    authorize_path: str
    token_path: str
    revoke_path: str = ""
    scopes: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    names_client_in_body: bool = False


@dataclass(frozen=True, kw_only=True)
class System:
    key: str
    title: str
    icon: str
    summary: Any
    environments: tuple[Environment, ...]
    form: type["ConnectionForm"]
    open: Callable[[Access], Adapter]
    # All steps there are, in their order; `Adapter.plan` chooses of them.
    steps: tuple[Step, ...]
    can: frozenset[Can]
    document_fields: tuple[DocumentField, ...] = ()
    # Steps attach our PDF: sending waits until it is rendered.
    needs_pdf: bool = True
    # Documents are refused there without a partner.
    needs_link: bool = False
    # Documents are refused there with a line that names no product of its register.
    needs_products: bool = False
    # The system takes one call at a time for each company; `Http` waits for its turn.
    is_serial: bool = False
    # The setting or credential that names the company there, where the system is serial: all our
    # companies that have the same one take turns. Without it each has its own.
    serial_by: str = ""
    # How fast it may be asked; `Http` waits for its turn before each request.
    rate: Rate | None = None
    # Reads what the system tells us by calling the connection's address; None where it is none of
    # our concern. Raises BadSignature, and asks nobody.
    read_event: Callable[[Heard], RemoteEvent | None] | None = None
    # People may sign in there instead of entering credentials.
    oauth: OAuth | None = None
    # How long a worker waits for an answer; people wait less.
    answer_seconds: float = 30
    # Which of "email", "contact_name", "payment_term_days" the system keeps with its partner.
    partner_fields: frozenset[str] = frozenset()
    # What the system takes for a document's number.
    most_number_characters: int = 40
    numbers_are_digits: bool = False
    # Fields of its requests and answers whose text may stand in the record, beside those of
    # `redaction.SHOWN`; never one that may hold a credential.
    shown_fields: frozenset[str] = frozenset()
    # The address of a document's page there; `{id}` and `{number}` are filled in, `{app}` with the
    # environment's `sign_in_url`, `{kind}` by `document_kind`. The sandbox's is a path of it.
    document_url: str = ""
    sandbox_document_path: str = ""
    # What `{kind}` is, by the settings of the connection and whether it is a credit note.
    document_kind: Callable[[Mapping[str, str], bool], str] | None = None
    # What of `can` goes with these settings of a connection; None where settings change nothing.
    can_with: Callable[[Mapping[str, str]], frozenset[Can]] | None = None
    # Whether documents have a PDF of theirs there, by the connection's settings (`GivesPapers`).
    gives_papers: Callable[[Mapping[str, str]], bool] | None = None

    def environment(self, key: str) -> Environment | None:
        return next((known for known in self.environments if known.key == key), None)

    def abilities(self, settings: Mapping[str, str]) -> frozenset[Can]:
        """What a connection with these settings can do."""
        return self.can & self.can_with(settings) if self.can_with else self.can
