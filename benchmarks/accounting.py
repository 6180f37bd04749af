"""Accounting systems for measurements: sandboxes in processes of their own, companies connected to
them, and processes that do what a worker does."""

import hashlib
import heapq
import os
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path
from queue import Empty
from typing import Any
from unittest.mock import patch

import requests
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection as database
from django.utils import timezone

from benchmarks.cases.posting import make_drafts
from benchmarks.companies import Company, make_company
from catalog.models import TaxRate
from customers.models import Customer
from integrations.domain import outbox
from integrations.models import Connection, CustomerLink, Export, ProductMapping
from integrations.registry import SANDBOX, all_systems
from integrations.tasks import send_export, send_slow_export
from invoicing.domain.posting import post_invoices
from invoicing.models import InvoiceFile
from tenants.scope import tenant_scope

FORK = get_context("fork")
LINES = 3
# As long as the PDF of a short invoice.
PDF = b"%PDF-1.7\n" + os.urandom(30_000)
# As production has them: docker-compose.yml.
WORKERS, SENDERS = 4, 8
# As beat has it.
SWEEP_SECONDS = 10.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Sandbox:
    system: str
    url: str
    pid: int

    def door(self) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(f"{self.url}/_sandbox/door", timeout=30).json()
        return found

    def documents(self) -> int:
        return len(requests.get(f"{self.url}/_sandbox/documents", timeout=60).json())

    def set_fault(self, **fault: Any) -> None:
        requests.post(f"{self.url}/_sandbox/faults", json=fault, timeout=30).raise_for_status()

    def clear_faults(self) -> None:
        requests.delete(f"{self.url}/_sandbox/faults", timeout=30).raise_for_status()

    @property
    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def sandbox(system: str) -> Iterator[Sandbox]:
    """Without a limit of its rate, known to the settings of this process and those it forks."""
    manage = Path(settings.BASE_DIR) / "manage.py"
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [
                sys.executable, manage, "sandbox", system, "--port", "0", "--data", folder,
                "--no-rate-limit",
            ],
            stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            url = process.stdout.readline().partition(" is at ")[2].partition("/ ")[0]
            settings.SANDBOX_URLS = {**settings.SANDBOX_URLS, system: url}
            yield Sandbox(system, url, process.pid)
        finally:
            process.terminate()
            process.wait(30)
            if process.stdout is not None:
                process.stdout.close()


def connected(slug: str, there: Sandbox) -> Company:
    """A company that sends to this sandbox, with one customer that is known there."""
    company = make_company(slug, customers=1, projects=1, people=1)
    door = there.door()
    with tenant_scope(company.tenant.pk):
        percent = Decimal(door.get("percent", "25.5"))
        TaxRate.objects.update(percent=percent, name=f"{percent} %")
        connection = Connection(
            system=there.system,
            name=all_systems()[there.system].title,
            environment=SANDBOX,
            settings=door["settings"],
        )
        connection.credentials = door["credentials"]
        connection.save()
        buyer = Customer.objects.get()
        CustomerLink.objects.create(
            connection=connection, customer=buyer, remote_id=door["customer"], remote_name="There"
        )
        if product := door.get("product"):
            ProductMapping.objects.create(
                connection=connection, remote_id=product, remote_name="There"
            )
    return company


def post_documents(company: Company, number: int) -> list[int]:
    """Posted, with their PDFs stored; the ids of their exports, which wait for the sweep."""
    drafts = make_drafts(company, number, lines_each=LINES)
    with tenant_scope(company.tenant.pk), patch("invoicing.tasks.render_invoice_pdf.delay"):
        posted = post_invoices(drafts, actor=company.accountant)
        stored = InvoiceFile(
            invoice=posted[0],
            kind=InvoiceFile.Kind.PDF,
            sha256=hashlib.sha256(PDF).hexdigest(),
            size=len(PDF),
        )
        stored.file.save(f"{company.tenant.slug}.pdf", ContentFile(PDF), save=False)
        InvoiceFile.objects.bulk_create(
            InvoiceFile(
                invoice=invoice, kind=stored.kind, sha256=stored.sha256, size=stored.size,
                file=stored.file.name,
            )
            for invoice in posted
        )  # fmt: skip
        Export.objects.update(queued_at=None)
        return list(Export.objects.order_by("pk").values_list("pk", flat=True))[-number:]


def all_sent(company: Company, export_ids: list[int]) -> bool:
    with tenant_scope(company.tenant.pk):
        found = Export.objects.filter(pk__in=export_ids)
        return found.filter(status=Export.Status.SENT).count() == len(export_ids)


def in_a_process(work: Callable[..., Any], *arguments: Any) -> Any:
    """What it returns, done by a process of its own with connections of its own."""
    database.close()
    with FORK.Pool(1) as pool:
        return pool.apply(_closing, (work, arguments))


def _closing(work: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    try:
        return work(*arguments)
    finally:
        database.close()


class Workers:
    """Processes that take tasks and call them, as those of Celery do: so many workers, which leave
    the slow queue alone, and one sender with its threads (docker-compose.yml). The broker is pipes:
    what Redis would take is not in the figures."""

    def __init__(self, number: int) -> None:
        database.close()
        self.exports, self.slow = FORK.Queue(), FORK.Queue()
        works = [_work] * number + [_work_in_threads]
        self.processes = [
            FORK.Process(target=work, args=(self.exports, self.slow), daemon=True) for work in works
        ]
        for process in self.processes:
            process.start()

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_exception: object) -> None:
        for process in self.processes:
            process.kill()
            process.join()

    def sweep(self, *companies: Company) -> None:
        """As beat has it done."""
        for company in companies:
            with tenant_scope(company.tenant.pk):
                due = outbox.sweep(now=timezone.now())
            for export_id in due:
                self.exports.put((company.tenant.pk, export_id))

    def seconds_until(self, company: Company, export_ids: list[int], *others: Company) -> float:
        """Until all of these have arrived, while those of others wait as well."""
        started, swept = time.perf_counter(), 0.0
        while not all_sent(company, export_ids):
            if time.perf_counter() - swept > SWEEP_SECONDS:
                self.sweep(*others, company)
                swept = time.perf_counter()
            time.sleep(0.05)
        return time.perf_counter() - started


class _Later:
    """Tasks of this process that are to go into the queue of exports after some seconds."""

    def __init__(self, exports: Any) -> None:
        self.exports = exports
        self._lock = threading.Lock()
        self._waiting: list[tuple[float, int, int]] = []

    def add(self, one: tuple[int, int], seconds: float) -> None:
        with self._lock:
            heapq.heappush(self._waiting, (time.monotonic() + seconds, *one))

    def put_due(self) -> None:
        with self._lock:
            while self._waiting and self._waiting[0][0] <= time.monotonic():
                self.exports.put(heapq.heappop(self._waiting)[1:])


@contextmanager
def _calling(exports: Any, slow: Any) -> Iterator[_Later]:
    """Tasks go where `CELERY_TASK_ROUTES` sends them."""
    later = _Later(exports)

    def call(queue: Any) -> Callable[..., None]:
        def apply_async(
            _args: object = None, kwargs: Any = None, *, countdown: float | None = None
        ) -> None:
            one = (kwargs["tenant_id"], kwargs["export_id"])
            if countdown:
                later.add(one, countdown)
            else:
                queue.put(one)

        return apply_async

    with (
        patch.object(send_export, "apply_async", call(exports)),
        patch.object(send_slow_export, "apply_async", call(slow)),
    ):
        yield later


def _work(exports: Any, slow: Any) -> None:
    with _calling(exports, slow) as later:
        while True:
            later.put_due()
            with suppress(Empty):
                tenant_id, export_id = exports.get(timeout=0.2)
                send_export(tenant_id=tenant_id, export_id=export_id)


def _work_in_threads(exports: Any, slow: Any) -> None:
    free = threading.Semaphore(SENDERS)

    def work(task: Any, tenant_id: int, export_id: int) -> None:
        try:
            task(tenant_id=tenant_id, export_id=export_id)
        except Exception:
            traceback.print_exc()
        finally:
            free.release()

    with _calling(exports, slow) as later, ThreadPoolExecutor(SENDERS) as threads:
        for queue, task in cycle(((exports, send_export), (slow, send_slow_export))):
            later.put_due()
            if not free.acquire(timeout=0.2):
                continue
            try:
                one = queue.get(timeout=0.01)
            except Empty:
                free.release()
            else:
                threads.submit(work, task, *one)


def send_all(company: Company, export_ids: list[int]) -> tuple[float, float]:
    """What one process of a worker does until they all are sent: the seconds, and those that its
    processor worked."""
    tasks: deque[tuple[Any, int]] = deque()

    def call(task: Any) -> Callable[..., None]:
        def apply_async(_args: object = None, kwargs: Any = None, **_options: object) -> None:
            tasks.append((task, kwargs["export_id"]))

        return apply_async

    started, worked = time.perf_counter(), time.process_time()
    with (
        patch.object(send_export, "apply_async", call(send_export)),
        patch.object(send_slow_export, "apply_async", call(send_slow_export)),
    ):
        while True:
            with tenant_scope(company.tenant.pk):
                due = outbox.sweep(now=timezone.now())
            tasks.extend((send_export, export_id) for export_id in due)
            if not tasks:
                break
            while tasks:
                task, export_id = tasks.popleft()
                task(tenant_id=company.tenant.pk, export_id=export_id)
    took = time.perf_counter() - started, time.process_time() - worked
    assert all_sent(company, export_ids)
    return took
