"""Workers that are killed anywhere, over every system that has a sandbox: in the end each document
is there exactly once, with the right sums.

No task ever arrives: whatever a broker would have lost is lost. Only the sweep finds the rows.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection as database
from django.db.models import F
from django.utils import timezone

from integrations.domain import lanes, outbox
from integrations.domain.sending import send_export
from integrations.http import Http
from integrations.models import Connection, Export, ExportStep, Turn
from integrations.sandbox.web import SandboxServer
from invoicing.domain.drafting import new_draft
from invoicing.domain.lines import price_line, save_totals
from invoicing.domain.posting import post_invoices
from invoicing.models import Invoice, InvoiceFile, InvoiceLine
from tenants.scope import tenant_scope
from tests.factories import CustomerFactory, TaxRateFactory, TenantFactory
from tests.integrations.conftest import link, store_pdf
from tests.integrations.sandboxes import WITH_SANDBOX, Running, new_sandbox

pytestmark = pytest.mark.usefixtures("committed_db")
FORK = multiprocessing.get_context("fork")
# More than any document has; one that never ends is a fault of its own.
MOST_SEAMS = 150


class Restarting(Running):
    """A sandbox whose listening socket a worker can close."""

    def __init__(self, system: str, folder: Path) -> None:
        program = new_sandbox(system, folder)
        program.limits_rate = False
        self.server = SandboxServer(program, 0)
        super().__init__(system, program, self.server.url)
        object.__setattr__(self, "thread", self._served())

    def _served(self) -> threading.Thread:
        thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        thread.start()
        return thread

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    server: SandboxServer
    thread: threading.Thread

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)


@pytest.fixture(params=WITH_SANDBOX)
def sandbox(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> Iterator[Restarting]:
    found = Restarting(request.param, tmp_path / "sandbox")
    settings.ALLOW_LOCAL_SANDBOX = True
    settings.SANDBOX_URLS = {request.param: found.url}
    settings.OUTGOING_RATE_LIMIT = False
    # Tokens are shared by the workers as they are in earnest.
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": tmp_path / "cache",
        }
    }
    with patch("celery.app.task.Task.apply_async"):
        yield found
    found.stop()
    found.program.close()


@pytest.fixture
def company_id() -> int:
    return int(TenantFactory().pk)


def make_documents(sandbox: Running, company_id: int, count: int) -> None:
    """Posted, with their PDFs, and of as many sums as there are documents."""
    door = sandbox.door()
    with tenant_scope(company_id):
        connection = sandbox.connect()
        percent = Decimal(door.get("percent", "25.5"))
        rate = TaxRateFactory(name=f"{percent} %", percent=percent)
        buyer = CustomerFactory()
        link(connection, buyer, door["customer"])
        drafts = []
        for number in range(count):
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

    with (
        around(outbox, "claim"),
        around(outbox, "hold"),
        around(outbox, "note_writing"),
        around(outbox, "note_done"),
        around(outbox, "settle"),
        around(Http, "_ask"),
    ):
        yield seams


def work(company_id: int, sandbox: Restarting, *, at: int = -1, until: float = 20) -> None:
    """What a worker does with the tasks of the sweep, until nothing is due any more."""
    sandbox.server.socket.close()  # the parent's
    deadline = time.monotonic() + until
    with dying(at):
        while time.monotonic() < deadline:
            with tenant_scope(company_id):
                due = outbox.sweep(now=timezone.now())
            if not due:
                with tenant_scope(company_id):
                    left = Export.objects.filter(lanes.is_due(timezone.now())).exists()
                if not left:
                    return
                time.sleep(0.02)
            while due:
                # Each task arrives twice.
                send_export(tenant_id=company_id, export_id=due[0])
                send_export(tenant_id=company_id, export_id=due[0])
                with tenant_scope(company_id):
                    connection = Connection.objects.get()
                    due = due[1:] or lanes.next_of(connection.pk, timezone.now())


def started(target: Callable[..., None], *arguments: Any, **named: Any) -> Any:
    database.close()
    process = FORK.Process(target=target, args=arguments, kwargs=named, daemon=True)
    process.start()
    return process


def let_time_pass(company_id: int) -> None:
    """All workers are dead or through: leases, pauses and quiet minutes are over."""
    # Longer than the quiet minute; not so long that a document counts as another one of the day.
    back = timedelta(seconds=70)
    with tenant_scope(company_id):
        Export.objects.filter(status=Export.Status.SENDING).update(
            claimed_until=timezone.now() - timedelta(seconds=1)
        )
        Export.objects.filter(status=Export.Status.WAITING).update(
            next_attempt_at=timezone.now() - back, queued_at=None, attempts=0
        )
        ExportStep.objects.filter(done_at=None).update(begun_at=F("begun_at") - back)
        Connection.objects.update(paused_until=None, unanswered=0)
    Turn.objects.update(until=timezone.now() - timedelta(seconds=1))


def statuses(company_id: int) -> dict[str, int]:
    with tenant_scope(company_id):
        found: dict[str, int] = {}
        for status in Export.objects.values_list("status", flat=True):
            found[status] = found.get(status, 0) + 1
    return found


def assert_each_is_there_once(sandbox: Running, company_id: int) -> None:
    with tenant_scope(company_id):
        failed = Export.objects.exclude(status=Export.Status.SENT)
        assert [(one.status, one.error) for one in failed] == []
        invoices = list(Invoice.objects.all())
        remote = dict(Export.objects.values_list("invoice_id", "remote_number"))
    there = sandbox.documents()
    assert len(there) == len(invoices)
    by_name: dict[str, list[dict[str, str]]] = {}
    for document in there:
        for name in {document["number"], document["marker"]} - {""}:
            by_name.setdefault(name, []).append(document)
    for invoice in invoices:
        names = {f"LASKURI-{company_id}-{invoice.pk}", invoice.number, remote[invoice.pk]}
        found = {
            (one["number"], one["marker"], one["net"], one["gross"])
            for name in names
            for one in by_name.get(name or "", [])
        }
        assert len(found) == 1, (invoice.number, found)
        ((_number, _marker, net, gross),) = found
        assert (Decimal(net), Decimal(gross)) == (invoice.net_total, invoice.gross_total)


def test_a_worker_is_killed_between_any_two_steps(sandbox: Restarting, company_id: int) -> None:
    """At each seam of a document in turn; the next worker goes on with what it finds."""
    make_documents(sandbox, company_id, 3)
    deaths = 0
    for at in range(MOST_SEAMS):
        process = started(work, company_id, sandbox, at=at)
        process.join(40)
        assert process.exitcode is not None
        deaths += process.exitcode == -signal.SIGKILL
        let_time_pass(company_id)
        if statuses(company_id) == {"sent": 3}:
            break
    # Each turn dies one seam later than the one before, so each got a little further.
    assert deaths >= 3
    assert_each_is_there_once(sandbox, company_id)
