"""Workers that die anywhere, and a sandbox that fails, repeats and restarts: what tests of both are
made of."""

import gc
import multiprocessing
import os
import random
import re
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import partialmethod
from pathlib import Path
from typing import Any
from unittest.mock import patch

import requests
from celery.app.task import Task
from django.db import connection as database
from django.db.models import F
from django.utils import timezone

from config.demo.services import free_port
from integrations import oauth, tasks
from integrations.domain import (
    byhand,
    claiming,
    connections,
    ending,
    lanes,
    noting,
    outbox,
    signing_in,
)
from integrations.domain.access import door_of
from integrations.http import Http
from integrations.models import Connection, Export, ExportStep, Turn
from integrations.ports import AdapterError
from integrations.problems import Problem
from integrations.sandbox.web import NoAnswer, Request, Response, SandboxServer
from integrations.systems.lexoffice.sandbox import organisations
from integrations.systems.lexoffice.sandbox.server import LexofficeSandbox
from invoicing.domain.crediting import cancel_invoice
from invoicing.domain.drafting import new_draft
from invoicing.domain.lines import price_line, save_totals
from invoicing.domain.posting import post_invoices
from invoicing.models import Invoice, InvoiceFile, InvoiceLine
from tenants.models import User
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.factories import CustomerFactory, MembershipFactory, TaxRateFactory
from tests.integrations.conftest import link, store_pdf
from tests.integrations.lexoffice.signing import CLIENT, asked, consent
from tests.integrations.sandboxes import WITH_SANDBOX, Running, new_sandbox

FORK = multiprocessing.get_context("fork")
CATEGORY = organisations.stable_id("nordlicht", "category", "Einnahmen")
# Renewed so often that workers die while they do it.
TOKEN_SECONDS = round(oauth.MARGIN.total_seconds()) + 2
# An answer that was lost is looked for so long before anything is asked anew.
QUIET = {"sevdesk": timedelta(seconds=610)}
USUAL_QUIET = timedelta(seconds=70)
CREATES = {
    "hq-v1": "/v1/Invoices",
    "hq-v2": "/v2/Documents",
    "lexoffice-document": "/invoices",
    "lexoffice-voucher": "/vouchers",
    "netvisor": "/salesinvoice.nv",
    "procountor": "/invoices",
    "sevdesk": "/Invoice/Factory/saveInvoice",
}
# Settings of systems with several ways for documents to get there.
WAYS: dict[str, dict[str, dict[str, str]]] = {
    "hq": {"v1": {"dialect": "v1"}, "v2": {"dialect": "v2", "template": "5"}},
    "lexoffice": {
        "document": {"mode": "document", "finalize": "yes"},
        "voucher": {"mode": "voucher", "category_net": CATEGORY},
    },
}


@dataclass(frozen=True)
class Way:
    system: str
    name: str = ""
    settings: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.system}-{self.name}".strip("-")

    @property
    def creates(self) -> str:
        """Where a document is made."""
        return CREATES[str(self)] if str(self) in CREATES else CREATES[self.system]

    @property
    def refuses_doubles(self) -> bool:
        """What arrives there a second time is known by its id."""
        return self.system == "netvisor"

    @property
    def credits(self) -> bool:
        """Whether credit notes go there. HQ takes those of documents that a person finished there,
        and leaves to a person whatever had an unknown outcome."""
        return self.system != "hq"

    @property
    def quiet(self) -> timedelta:
        return QUIET.get(self.system, USUAL_QUIET)


EACH_WAY = [
    Way(key, name, settings)
    for key in WITH_SANDBOX
    for name, settings in WAYS.get(key, {"": {}}).items()
]


# A sandbox in a process of its own.


class Restarting(Running):
    """Killed whatever it is doing, and started again on the same port with what it had stored."""

    def __init__(
        self,
        way: Way,
        folder: Path,
        faults: list[dict[str, Any]],
        *,
        limits_rate: bool = False,
    ) -> None:
        port = free_port()
        super().__init__(way.system, None, f"http://127.0.0.1:{port}")  # type: ignore[arg-type]
        object.__setattr__(self, "_life", _Life(way, folder, port, faults, limits_rate))

    _life: "_Life"

    @property
    def way(self) -> Way:
        return self._life.way

    def start(self, *, fails: bool = False) -> None:
        self._life.start(fails=fails)

    def kill(self) -> None:
        self._life.kill()

    def wait_until_idle(self) -> None:
        """What was asked and not waited for may still be under way there."""
        deadline = time.monotonic() + 30
        while self._life.busy.value and time.monotonic() < deadline:
            time.sleep(0.01)


def point_to(sandbox: Restarting, settings: Any, folder: Path) -> None:
    """Settings of an installation with this sandbox; tokens are shared by its processes."""
    settings.ALLOW_LOCAL_SANDBOX = True
    settings.SANDBOX_URLS = {sandbox.way.system: sandbox.url}
    settings.OUTGOING_RATE_LIMIT = False
    settings.OAUTH_CLIENTS = CLIENT
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": folder / "cache",
        }
    }


class _Life:
    def __init__(
        self,
        way: Way,
        folder: Path,
        port: int,
        faults: list[dict[str, Any]],
        limits_rate: bool,
    ) -> None:
        self.way, self.folder, self.port, self.faults = way, folder, port, faults
        self.limits_rate = limits_rate
        self.busy = FORK.Value("i", 0)
        self.starts = 0
        self.process: Any = None

    def start(self, *, fails: bool) -> None:
        self.busy.value = 0
        self.starts += 1
        self.process = started(self._serve, fails)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                requests.get(f"http://127.0.0.1:{self.port}/_sandbox/faults", timeout=5)
                return
            except requests.RequestException:
                assert self.process.is_alive(), "the sandbox did not start"
                time.sleep(0.01)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join()

    def _serve(self, fails: bool) -> None:
        program = new_sandbox(self.way.system, self.folder)
        program.limits_rate = self.limits_rate
        if isinstance(program, LexofficeSandbox):
            program.access_seconds = TOKEN_SECONDS
        for number, fault in enumerate(self.faults if fails else []):
            # Another life has other troubles.
            program.faults.add({**fault, "seed": fault["seed"] + 100 * self.starts + number})
        answer = program.answer

        def counted(request: Request) -> Response | NoAnswer:
            with self.busy:
                self.busy.value += 1
            try:
                return answer(request)
            finally:
                with self.busy:
                    self.busy.value -= 1

        program.answer = counted  # type: ignore[method-assign]
        SandboxServer(program, self.port).serve_forever()


def started(target: Callable[..., None], *arguments: Any, **named: Any) -> Any:
    database.close()
    process = FORK.Process(target=target, args=arguments, kwargs=named, daemon=True)
    # The child shares all of it, unless it goes through it to collect.
    gc.freeze()
    process.start()
    gc.unfreeze()
    return process


# Documents.


def make_documents(sandbox: Running, way: Way, company_id: int, count: int) -> None:
    """Posted, with their PDFs, and of as many sums as there are invoices; where credit notes go,
    one of six is one of those."""
    notes = max(1, count // 6) if way.credits else 0
    door = sandbox.door()
    with tenant_scope(company_id):
        connection = sandbox.connect(settings={**door["settings"], **way.settings})
        percent = Decimal(door.get("percent", "25.5"))
        rate = TaxRateFactory(name=f"{percent} %", percent=percent)
        buyer = CustomerFactory()
        link(connection, buyer, door["customer"])
        drafts = []
        for number in range(count - notes):
            draft = new_draft(customer=buyer, actor=None, issue_date=date(2026, 11, 20))
            line = InvoiceLine(
                invoice=draft,
                position=1,
                text="Work",
                quantity=Decimal(1),
                unit_price=Decimal(number) + Decimal("0.37"),
                tax_rate=rate,
            )
            price_line(line, currency=draft.currency)
            line.save()
            save_totals(draft)
            drafts.append(draft)
        posted = post_invoices([draft.pk for draft in drafts], actor=None)
        posted += [cancel_invoice(one, reason="By mistake", actor=None) for one in posted[:notes]]
        store_pdf(posted[0])
        stored = InvoiceFile.objects.get()
        InvoiceFile.objects.bulk_create(
            InvoiceFile(
                invoice=invoice, kind=stored.kind, sha256=stored.sha256, size=stored.size,
                file=stored.file.name,
            )
            for invoice in posted[1:]
        )  # fmt: skip


# A worker.

SEAMS = [
    (claiming, "claim"), (noting, "hold"), (noting, "note_writing"), (noting, "note_done"),
    (ending, "settle"), (Http, "_ask"),
]  # fmt: skip


@contextmanager
def dying(at: int) -> Iterator[list[str]]:
    """Kill this process at the seam of that number, before or after each thing that is stored or
    asked; the list names the seams passed."""
    seams: list[str] = []

    def seam(name: str) -> None:
        if len(seams) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        seams.append(name)

    def around(owner: Any, name: str) -> Any:
        real = getattr(owner, name)

        def wrapped(*arguments: Any, **named: Any) -> Any:
            seam(f"before {name}")
            found = real(*arguments, **named)
            seam(f"after {name}")
            return found

        return patch.object(owner, name, wrapped)

    patches = [around(owner, name) for owner, name in SEAMS]
    for one in patches:
        one.start()
    try:
        yield seams
    finally:
        for one in patches:
            one.stop()


# As many as pass when nothing was there to be taken.
LEAST_SEAMS = 8


class Worker:
    """What a worker does with its tasks and those of the sweep, until nothing is due any more.

    Each task arrives twice, and some not at all: then only the sweep finds the row. `at_work` tells
    the test which export a worker that died had in its hands.
    """

    def __init__(self, company_id: int, *, seed: str, at_work: Any = None, place: int = 0) -> None:
        self.company_id, self.at_work, self.place = company_id, at_work, place
        self.random = random.Random(seed)
        self.queue: deque[tuple[Task, int]] = deque()
        self.known: list[tuple[Task, int]] = []

    def work(self, *, at: int = -1, until: float = 60) -> None:
        deadline = time.monotonic() + until
        with patch.object(Task, "apply_async", partialmethod(self._take_task)), dying(at) as seams:
            passed = -LEAST_SEAMS
            while time.monotonic() < deadline:
                if self.queue:
                    self._do(*self.queue.popleft())
                    continue
                if len(seams) - passed < LEAST_SEAMS:
                    # Others are at it.
                    time.sleep(0.1)
                passed = len(seams)
                if not self._look():
                    return

    def _take_task(
        self, task: Task, _arguments: Any = None, kwargs: Any = None, *, countdown: Any = None
    ) -> None:
        if not countdown and "export_id" in kwargs and self.random.random() < 0.9:
            self.queue.append((task, kwargs["export_id"]))

    def _do(self, task: Task, export_id: int) -> None:
        self.known.append((task, export_id))
        # Somebody else's, perhaps, or long done.
        for send, pk in (self.known[-1], self.known[-1], self.random.choice(self.known[-20:])):
            if self.at_work is not None:
                self.at_work[self.place] = pk
            send(tenant_id=self.company_id, export_id=pk)

    def _look(self) -> bool:
        now = timezone.now()
        with tenant_scope(self.company_id):
            self.queue.extend((tasks.send_export, pk) for pk in outbox.sweep(now=now))
            if not self.queue:
                left = Export.objects.filter(lanes.is_due(now), queued_at=None).exists()
        return bool(self.queue) or left


def is_over(company_id: int) -> bool:
    with tenant_scope(company_id):
        return not Export.objects.exclude(status=Export.Status.SENT).exists()


def let_time_pass(company_id: int, quiet: timedelta = USUAL_QUIET) -> None:
    """All workers are dead or through: leases, pauses and quiet minutes are over."""
    now = timezone.now()
    with tenant_scope(company_id):
        Export.objects.filter(status=Export.Status.SENDING).update(
            claimed_until=now - timedelta(seconds=1)
        )
        Export.objects.filter(status=Export.Status.WAITING).update(
            next_attempt_at=now - quiet, queued_at=F("queued_at") - 2 * lanes.LOST_AFTER
        )
        # Once only: long ago a document counts as another one of the day.
        ExportStep.objects.filter(done_at=None, begun_at__gt=now - quiet).update(
            begun_at=F("begun_at") - quiet
        )
        Connection.objects.update(paused_until=None, unanswered=0)
    Turn.objects.update(until=now - timedelta(seconds=1))


def let_lease_end(company_id: int, export_id: int) -> None:
    """Of the one that a dead worker had; what it began stays as young as it is."""
    now = timezone.now()
    with tenant_scope(company_id):
        Export.objects.filter(pk=export_id, status=Export.Status.SENDING).update(
            claimed_until=now - timedelta(seconds=1)
        )
    Turn.objects.update(until=now - timedelta(seconds=1))


def somebody() -> User:
    """Who sees to exports."""
    user = MembershipFactory(role=Role.ACCOUNTANT).user
    assert isinstance(user, User)
    return user


def names_told(sentence: str) -> list[str]:
    """Of a document that is there several times: ids where they stand beside, or else numbers."""
    told = re.search(r"several times: (.+?)\. A request", sentence)
    if told is None:
        return []
    # “draft (id 17)”, “2026-0001 (f2c8…)”, or a number alone.
    return [re.sub(r"^.*\((?:id )?(\S+)\)$", r"\1", name) for name in told[1].split(", ")]


class Person:
    """Who sees to what needs attention, as its sentence says: of a document that is there twice
    deletes one, whichever, and tries again."""

    def __init__(self, sandbox: Running, company_id: int, *, seed: str) -> None:
        self.sandbox, self.company_id = sandbox, company_id
        self.random = random.Random(seed)
        self.doubles = self.sign_ins = 0
        with tenant_scope(company_id):
            self.user = somebody()

    def see_to_all(self) -> None:
        with tenant_scope(self.company_id):
            connection = Connection.objects.get()
        if connection.trouble and connection.system == "lexoffice":
            self.sign_in()
        with tenant_scope(self.company_id):
            failed = list(Export.objects.filter(status=Export.Status.FAILED).order_by("pk"))
        for export in failed:
            self._see_to(export)

    def sign_in(self) -> None:
        """Until it worked: what fails there fails for people as well."""
        for _time in range(20):
            try:
                self._sign_in()
            except AdapterError:
                continue
            self.sign_ins += 1
            return
        raise AssertionError("nobody gets in")

    def _sign_in(self) -> None:
        now = timezone.now()
        with tenant_scope(self.company_id):
            connection = Connection.objects.get()
            url = signing_in.begin(connection, actor=self.user, session="browser", now=now)
        told = asked(consent(url))
        with tenant_scope(self.company_id):
            begun = signing_in.take(told["state"], actor=self.user, session="browser", now=now)
        tokens = signing_in.exchange(begun, told["code"])
        with tenant_scope(self.company_id):
            door = signing_in.keep(begun, tokens, actor=self.user)
        found = connections.check(door)
        with tenant_scope(self.company_id):
            connections.record_check(connection.pk, found, actor=self.user)

    def _is_still_so(self, name: str, sentence: str) -> bool:
        """What nobody had may have become another document's meanwhile, and says so there."""
        if f"unmarked draft (id {name})" not in sentence:
            return True
        return any(one["number"] == name and not one["marker"] for one in self.sandbox.documents())

    def _see_to(self, export: Export) -> None:
        names = names_told(export.error)
        self.random.shuffle(names)
        for name in names[1:]:
            # Gone where it was told of two documents that it might be theirs.
            if self._is_still_so(name, export.error):
                self.doubles += self.sandbox.delete(name)
        with tenant_scope(self.company_id):
            if export.problem == Problem.DIFFERS or " lines where it should have " in export.error:
                # A line that came twice.
                self.sandbox.delete(export.remote_id)
                byhand.begin_anew(export, actor=self.user)
            else:
                byhand.retry([export.pk], actor=self.user)


def statuses(company_id: int) -> dict[str, int]:
    with tenant_scope(company_id):
        return dict(Counter(Export.objects.values_list("status", flat=True)))


# In the end.


def assert_each_is_there_once(sandbox: Running, company_id: int) -> None:
    with tenant_scope(company_id):
        failed = Export.objects.exclude(status=Export.Status.SENT).values_list("status", "error")
        assert not failed, Counter(failed)
        invoices = list(Invoice.objects.all())
        remote = dict(Export.objects.values_list("invoice_id", "remote_number"))
        undone = ExportStep.objects.filter(done_at=None).values_list("export_id", "key")
        assert list(undone) == []
        steps = Counter(ExportStep.objects.values_list("export__invoice", flat=True))
        assert len(steps) == len(invoices)
        # All invoices are alike, and so are all credit notes: each took the same steps.
        for kind in (False, True):
            assert len({steps[one.pk] for one in invoices if one.is_credit_note is kind}) <= 1
    there = sandbox.documents()
    by_name: dict[str, list[dict[str, str]]] = {}
    for document in there:
        for name in {document["number"], document["marker"]} - {""}:
            by_name.setdefault(name, []).append(document)
    wrong = []
    for invoice in invoices:
        names = {f"LASKURI-{company_id}-{invoice.pk}", invoice.number, remote[invoice.pk]}
        found = {id(one): one for name in names for one in by_name.get(name or "", [])}
        sums = [(Decimal(one["net"]), Decimal(one["gross"])) for one in found.values()]
        sign = -1 if invoice.is_credit_note else 1
        if sums != [(sign * invoice.net_total, sign * invoice.gross_total)]:
            wrong.append((invoice.number, list(found.values())))
    assert wrong == []
    assert len(there) == len(invoices), [one for one in there if not one["marker"]]


def assert_still_signed_in(sandbox: Running, company_id: int) -> None:
    """The tokens that are stored let in, and those before them were renewed."""
    with tenant_scope(company_id):
        connection = Connection.objects.get()
        door = door_of(connection)
    assert connection.trouble == ""
    assert "refresh_token" in connection.credentials
    assert connections.check(door).company == "Nordlicht Kontor GmbH"
    grants = requests.get(f"{sandbox.url}/_sandbox/grants", timeout=30).json()["grants"]
    assert sum(one["refreshes"] for one in grants) > 0
    assert grants[-1]["ended"] == ""
