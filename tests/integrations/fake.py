"""A system of three steps that keeps what it was sent, and fails as it is told."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from django import forms

from integrations import registry
from integrations.forms import ConnectionForm, SecretInput
from integrations.handover import package
from integrations.outgoing import OutgoingInvoice
from integrations.ports import (
    Access,
    Can,
    Checked,
    Delivery,
    Environment,
    Handed,
    OutgoingFile,
    Partner,
    PartnerChanges,
    PartnerDetails,
    Step,
    StepResult,
    System,
)

STEPS = (Step("create", "Create"), Step("attach", "Attach"), Step("send", "Send"))


class FakeForm(ConnectionForm):
    credential_names = ("key",)

    key = forms.CharField(max_length=100, widget=SecretInput)


class Remote:
    """The other side: what it holds, and how often each step was done."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.done: Counter[tuple[str, str]] = Counter()
        self.before: Callable[[str, Delivery], None] = lambda _step, _delivery: None
        self.after: Callable[[str, Delivery], None] = lambda _step, _delivery: None

    def write(self, step: str, number: str) -> None:
        with self.lock:
            self.done[step, number] += 1

    def has(self, step: str, number: str) -> bool:
        with self.lock:
            return self.done[step, number] > 0


class FakeAdapter:
    def __init__(self, remote: Remote) -> None:
        self.remote = remote

    def check(self) -> Checked:
        return Checked(company="Fake Oy")

    def list_partners(self, limit: int) -> list[Partner]:
        return [Partner(id="1", name="Somebody")][:limit]

    def search_partners(self, text: str) -> list[Partner]:
        return []

    def read_partner(self, remote_id: str) -> Partner:
        return Partner(id=remote_id, name="Somebody")

    def create_partner(self, details: PartnerDetails) -> Partner:
        return Partner(id="2", name=details.name)

    def update_partner(self, remote_id: str, changes: PartnerChanges) -> Partner:
        return replace(self.read_partner(remote_id), email=changes.email)

    def package(self, documents: Sequence[Handed]) -> list[OutgoingFile]:
        return package(documents, customer_there="Customer there")

    def plan(self, invoice: OutgoingInvoice) -> tuple[Step, ...]:
        return STEPS

    def run(self, step: str, delivery: Delivery) -> StepResult:
        number = delivery.invoice.number
        self.remote.before(step, delivery)
        if self.remote.has(step, number):
            return StepResult(f"id-{number}", number, was_found=True)
        delivery.write()
        self.remote.write(step, number)
        self.remote.after(step, delivery)
        return StepResult(f"id-{number}", number)


@contextmanager
def fake_system(**fields: object) -> Iterator[Remote]:
    """Known to the registry as `fake` while it lasts."""
    remote = Remote()

    def open_it(_access: Access) -> FakeAdapter:
        return FakeAdapter(remote)

    system = System(
        key="fake",
        title="Fake",
        icon="plug",
        summary="",
        environments=(Environment("production", "Production", "https://fake.example"),),
        form=FakeForm,
        open=open_it,
        steps=STEPS,
        can=frozenset(Can),
    )
    known = registry.all_systems()
    known["fake"] = replace(system, **fields)  # type: ignore[arg-type]
    try:
        yield remote
    finally:
        del known["fake"]
