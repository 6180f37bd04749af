"""What an accounting system has to offer. Adapters get plain data and give plain data back.

A system is a folder `integrations/systems/<name>/` whose `adapter.py` has a `SYSTEM`; nothing
outside it knows its name. `docs/integrations.md` says how to write one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from integrations.http import Http
from integrations.outgoing import OutgoingInvoice
from integrations.problems import Problem

if TYPE_CHECKING:
    from integrations.forms import ConnectionForm


class AdapterError(Exception):
    """`sentence` is for the accountant: what happened and what to do."""

    def __init__(self, sentence: Any) -> None:
        super().__init__(str(sentence))
        self.sentence = str(sentence)


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


class Rejected(AdapterError):
    """A person must act; trying again changes nothing. `problem` is is what to offer."""

    def __init__(self, sentence: Any, *, problem: Problem = Problem.REFUSED) -> None:
        super().__init__(sentence)
        self.problem = problem


class AccessLost(AdapterError):
    """The system no longer takes the credentials: nothing can be sent over this connection."""


@dataclass(frozen=True)
class Environment:
    """`url` without a closing slash; calls may go to its host and to no other."""

    key: str
    label: Any
    url: str


@dataclass(frozen=True)
class Step:
    key: str
    label: Any


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
class Checked:
    """The answer of a check. `lists` are what settings choose from: `{"accounts": [[key, label]]}`;
    `warnings` are sentences about what will go wrong although the credentials are right."""

    company: str
    lists: dict[str, list[list[str]]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class OutgoingFile:
    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Delivery:
    """What a step works with. `done` holds the results of the steps before it.

    `written_at` is set when something was written before and nobody knows whether it arrived: the
    adapter has to look in the system before it writes again. It calls `write` immediately before
    each request that must not be made twice; that stores the moment, and stops a worker whose turn
    has passed to another one.
    """

    invoice: OutgoingInvoice
    pdf: OutgoingFile | None
    done: Mapping[str, StepResult]
    write: Callable[[], None]
    written_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Access:
    """An open door to one system for one connection.

    `keep_credentials` stores credentials that the system has changed, such as a refresh token.
    """

    key: str
    base_url: str
    credentials: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, str]
    lists: Mapping[str, list[list[str]]]
    http: Http
    keep_credentials: Callable[[Mapping[str, str]], None] = field(repr=False)


class Adapter(Protocol):
    """Every method raises RetryLater, Rejected or AccessLost, and nothing else it expects."""

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
        """The steps this invoice takes. Asks nobody; raises Rejected if it cannot be sent."""

    def run(self, step: str, delivery: Delivery) -> StepResult:
        """Do one step, once: look for its outcome first where that may exist."""


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
    # Steps attach our PDF: sending waits until it is rendered.
    needs_pdf: bool = True
    # Documents are refused there without a partner.
    needs_link: bool = False
    # The system takes one call at a time for each company.
    is_serial: bool = False
    # Which of "email", "contact_name", "payment_term_days" the system keeps with its partner.
    partner_fields: frozenset[str] = frozenset()
    # What the system takes for a document's number.
    most_number_characters: int = 40
    numbers_are_digits: bool = False
    # The address of a document's page there; `{id}` and `{number}` are filled in.
    document_url: str = ""

    def environment(self, key: str) -> Environment | None:
        return next((known for known in self.environments if known.key == key), None)
