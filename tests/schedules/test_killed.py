"""Worker processes killed at every step of a run: the next one goes on, and nothing is doubled."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any
from unittest.mock import patch

from django.db import connection

from invoicing.domain.schedules import working
from invoicing.domain.verifying import verify_books
from invoicing.models import Invoice, InvoicingRun, Sending
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.factories import MembershipFactory, TaxRateFactory, TenantFactory
from tests.schedules.making import customer_with_hours, schedule_of, started
from timesheets.models import TimeEntry

SCHEDULES = "invoicing.domain.schedules"
PLANNING = [(f"{SCHEDULES}.planning", "_prepared"), (f"{SCHEDULES}.planning", "wanted_of")]
# In each share, in this order.
SHARE = [
    (f"{SCHEDULES}.working", "do_items"),
    (f"{SCHEDULES}.working", "_settle"),
    (f"{SCHEDULES}.claiming", "draft_items"),
    (f"{SCHEDULES}.claiming", "claim_period"),
    (f"{SCHEDULES}.claiming", "draft_each"),
    ("invoicing.domain.drafting", "write_lines"),
    (f"{SCHEDULES}.working", "last_step_refusals"),
    (f"{SCHEDULES}.working", "post_invoices"),
    ("invoicing.domain.posting", "number_documents"),
    ("invoicing.domain.posting", "_mark_billed"),
    (f"{SCHEDULES}.working", "_tell"),
    (f"{SCHEDULES}.working", "send_as_usual"),
    (f"{SCHEDULES}.working.InvoicingRunItem.objects", "bulk_update"),
]
ENDING = [(f"{SCHEDULES}.working", "finish_if_done"), (f"{SCHEDULES}.finishing", "log")]
FORK = multiprocessing.get_context("fork")


def test_workers_killed_at_every_step(committed_db: None) -> None:
    company = TenantFactory()
    shares = 2 * len(SHARE) + 2
    with patch("celery.app.task.Task.delay"), tenant_scope(company.pk):
        TaxRateFactory()
        member = MembershipFactory(role=Role.ACCOUNTANT)
        assert member.user is not None
        for number in range(2 * shares):
            customer_with_hours(f"No {number:02}", email=f"no{number}@x.example")
        run = started(schedule_of(member, result="send"), member.user)

    done = 0
    for step, is_after, goes_well in _deaths():
        assert _worker(company.pk, run.pk, step, is_after, goes_well) == -signal.SIGKILL, step
        with tenant_scope(company.pk):
            now_done = _whole(run)
        # What a worker had finished before it died is kept, and nothing of what it was at.
        expected = 2 * shares if step in ENDING else done + 2 * goes_well
        assert now_done == expected, (step, is_after)
        done = now_done

    assert _worker(company.pk, run.pk, None, False, 0) == 0
    with tenant_scope(company.pk):
        run.refresh_from_db()
        assert run.finished_at is not None
        assert _whole(run) == 2 * shares
        numbers = Invoice.objects.order_by("number").values_list("number", flat=True)
        counted = [f"{number:04}" for number in range(1, 2 * shares + 1)]
        assert [number.partition("-")[2] for number in numbers] == counted
        assert [fault for check in verify_books() for fault in check.faults] == []


def _deaths() -> Iterator[tuple[tuple[str, str], bool, int]]:
    """Where a worker dies, before or after the step, and how many shares go well before that."""
    for steps, goes_well in ((PLANNING, 0), (SHARE, 1), (ENDING, 0)):
        for step in steps:
            for is_after in (False, True):
                yield step, is_after, goes_well


def _whole(run: InvoicingRun) -> int:
    """How many items are made; with everything that belongs to each, and nothing beside."""
    made = run.items.filter(outcome="made").count()
    assert run.items.exclude(outcome__in=["made", "waiting"]).count() == 0
    assert Invoice.objects.filter(status="posted").count() == Invoice.objects.count() == made
    assert Sending.objects.count() == made
    assert TimeEntry.objects.filter(billing_state="billed").count() == made
    assert TimeEntry.objects.filter(billing_state="drafted").count() == 0
    return int(made)


def _worker(
    tenant_id: int, run_id: int, step: tuple[str, str] | None, is_after: bool, goes_well: int
) -> int | None:
    """Run a process of its own until it is through or dead, and its connection with it."""
    connection.close()
    process = FORK.Process(target=_work, args=(tenant_id, run_id, step, is_after, goes_well))
    process.start()
    process.join(60)
    process.kill()
    process.join()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND usename = current_user AND pid <> pg_backend_pid()"
            )
            if cursor.fetchone() == (0,):
                break
        time.sleep(0.02)
    return process.exitcode


def _work(
    tenant_id: int, run_id: int, step: tuple[str, str] | None, is_after: bool, goes_well: int
) -> None:
    working.SHARE = 2
    with patch("celery.app.task.Task.delay"):
        if step is None:
            working.work_run(tenant_id, run_id)
            return
        owner, name = _found(step[0]), step[1]
        real, shares = getattr(owner, name), []
        count = working.do_items

        def counting(*args: Any, **kwargs: Any) -> Any:
            shares.append(1)
            return count(*args, **kwargs)

        def dies(*args: Any, **kwargs: Any) -> Any:
            if name == "do_items":
                shares.append(1)
            is_early = goes_well > 0 and len(shares) <= goes_well
            result = real(*args, **kwargs) if is_early or is_after else None
            if not is_early:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        with patch.object(working, "do_items", counting), patch.object(owner, name, dies):
            working.work_run(tenant_id, run_id)


def _found(path: str) -> Any:
    """A module, or what is in one."""
    try:
        return import_module(path)
    except ModuleNotFoundError:
        outer, _dot, name = path.rpartition(".")
        return getattr(_found(outer), name)
