"""Documents into every accounting system that has a sandbox, by one process of a worker; and a
company's documents while the systems of several others are slow or down."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from statistics import mean
from typing import Any
from unittest.mock import patch

import requests
from django.conf import settings
from django.db import connection as database
from django.utils import timezone

from benchmarks.accounting import (
    SENDERS,
    WORKERS,
    Sandbox,
    Workers,
    connected,
    in_a_process,
    post_documents,
    sandbox,
    send_all,
)
from benchmarks.companies import Company, vacuum
from benchmarks.measuring import Result
from integrations.models import Connection, Export
from integrations.registry import folders_with
from tenants.scope import tenant_scope

DOCUMENTS = 300
# Of systems that make a document with one writing call.
LEAST_A_SECOND = 40
BESIDE = 120
OTHERS, WAITING = 3, 200
OUR_SYSTEM, THEIR_SYSTEM = "lexoffice", "procountor"


def run(address: str) -> Iterator[Result]:
    settings.ALLOW_LOCAL_SANDBOX = True
    settings.OUTGOING_RATE_LIMIT = False
    for system in sorted(folders_with("sandbox")):
        with sandbox(system) as there:
            yield _one_system(there, address)
    with sandbox(OUR_SYSTEM) as ours, sandbox(THEIR_SYSTEM) as theirs:
        yield from _side_by_side(ours, theirs, address)


@dataclass(frozen=True)
class Asked:
    """A request as it went out."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def writes(self) -> bool:
        return self.method not in ("GET", "HEAD")

    def about(self, old: tuple[str, str], new: tuple[str, str]) -> requests.PreparedRequest:
        """The same of another document: its number and its mark."""
        url, body = self.url, self.body
        for before, after in zip(old, new, strict=True):
            url = url.replace(before, after)
            body = body.replace(before.encode(), after.encode())
        same = requests.PreparedRequest()
        same.method, same.url, same.body = self.method, url, body or None
        same.headers = requests.structures.CaseInsensitiveDict(self.headers)
        if self.body:
            same.headers["Content-Length"] = str(len(body))
        return same


def _one_system(there: Sandbox, address: str) -> Result:
    ours, theirs = (connected(f"{slug}-{there.system}", there) for slug in ("exports", "by-hand"))
    # The first one gets tokens and fills caches; the second is what the yardstick repeats.
    in_a_process(send_all, ours, post_documents(ours, 1))
    model = post_documents(ours, 1)
    asked = in_a_process(_asked, ours, model)
    exports, by_hand = (post_documents(company, DOCUMENTS) for company in (ours, theirs))
    vacuum(address)
    before = there.cpu_seconds
    seconds, worked = in_a_process(send_all, ours, exports)
    served = there.cpu_seconds - before
    names = _names(ours, model)[model[0]]
    bare, bare_worked = in_a_process(_by_hand, theirs, by_hand, asked, names)
    assert there.documents() >= DOCUMENTS + 2
    writes = sum(one.writes for one in asked)
    each = f"{len(asked)} requests each, {writes} of them writing"
    return Result(
        f"exports: {DOCUMENTS} documents to {there.system}, by one process of a worker",
        seconds,
        yardstick="the same requests sent bare to the same sandbox, and the least statements by"
        " hand",
        yardstick_seconds=bare,
        limit_seconds=DOCUMENTS / LEAST_A_SECOND if writes == 1 else None,
        note=f"{DOCUMENTS / seconds:.0f} a second, by hand {DOCUMENTS / bare:.0f}; {each}"
        f"{', so it counts as a system of a single call' if writes == 1 else ''}; the processor"
        f" worked {worked / DOCUMENTS * 1000:.1f} ms for each, by hand"
        f" {bare_worked / DOCUMENTS * 1000:.1f}, and the sandbox's"
        f" {served / DOCUMENTS * 1000:.1f}",
    )


def _asked(company: Company, export_ids: list[int]) -> list[Asked]:
    asked: list[Asked] = []
    send = requests.Session.send

    def kept(session: Any, request: Any, **arguments: Any) -> requests.Response:
        body = request.body or b""
        asked.append(
            Asked(
                request.method, request.url, dict(request.headers),
                body.encode() if isinstance(body, str) else body,
            )
        )  # fmt: skip
        return send(session, request, **arguments)

    with patch.object(requests.Session, "send", kept):
        send_all(company, export_ids)
    return asked


def _names(company: Company, export_ids: list[int]) -> dict[int, tuple[str, str]]:
    """By export our number of its document, and its mark."""
    with tenant_scope(company.tenant.pk):
        found = Export.objects.filter(pk__in=export_ids)
        return {
            pk: (number, f"LASKURI-{company.tenant.pk}-{invoice}")
            for pk, number, invoice in found.values_list("pk", "invoice__number", "invoice")
        }


# Several companies.


def _side_by_side(ours: Sandbox, theirs: Sandbox, address: str) -> Iterator[Result]:
    company = connected("beside-ours", ours)
    others = [connected(f"beside-theirs-{number}", theirs) for number in range(OTHERS)]
    send_in = partial(_send_beside, company)
    # So that no process meets its first document while it is measured.
    first = post_documents(company, 2 * (WORKERS + SENDERS))
    vacuum(address)
    with Workers(WORKERS) as workers:
        workers.seconds_until(company, first)
        alone = [send_in(workers)]
        for other in others:
            post_documents(other, WAITING)
        beside = {}
        for words, fault in (
            ("take three seconds for each answer", {"kind": "slow", "seconds": 3}),
            ("are down: they take requests and answer none", {"kind": "timeout_before"}),
        ):
            # They turn slow all at once, in the middle of their documents.
            workers.sweep(*others)
            _wait_until_quick(others)
            theirs.set_fault(**fault, times="always")
            # Until their documents have all the processes that they get.
            time.sleep(2)
            beside[words] = send_in(workers, *others)
            assert all(_are_waiting(other) for other in others)
            theirs.clear_faults()
    with Workers(WORKERS) as workers:
        alone.append(send_in(workers))
    for words, seconds in beside.items():
        yield Result(
            f"exports: {BESIDE} documents by {WORKERS} processes and {SENDERS} threads, while the"
            f" systems of {OTHERS} other companies, of which {WAITING} wait each, {words}",
            seconds,
            yardstick="the same alone",
            yardstick_seconds=mean(alone),
            limit=1.5,
            note=f"{BESIDE / seconds:.0f} a second, alone {BESIDE / mean(alone):.0f}",
        )


def _wait_until_quick(companies: list[Company]) -> None:
    waiting = list(companies)
    while waiting:
        with tenant_scope(waiting[0].tenant.pk):
            if Connection.objects.filter(quick_until__gt=timezone.now()).exists():
                waiting.pop(0)
        time.sleep(0.05)


def _are_waiting(company: Company) -> bool:
    with tenant_scope(company.tenant.pk):
        return Export.objects.filter(status=Export.Status.WAITING).exists()


def _send_beside(company: Company, workers: Workers, *others: Company) -> float:
    return workers.seconds_until(company, post_documents(company, BESIDE), *others)


# By hand: no conditions, no limits, no record of the calls.

READ = """
    SELECT invoice.*, line.*, link.remote_id, connection.sealed_credentials
    FROM integrations_export export
    JOIN integrations_connection connection
        ON connection.tenant_id = export.tenant_id AND connection.id = export.connection_id
    JOIN invoicing_invoice invoice
        ON invoice.tenant_id = export.tenant_id AND invoice.id = export.invoice_id
    JOIN invoicing_invoiceline line
        ON line.tenant_id = invoice.tenant_id AND line.invoice_id = invoice.id
    JOIN integrations_customerlink link
        ON link.tenant_id = invoice.tenant_id AND link.customer_id = invoice.customer_id
    WHERE export.tenant_id = %(tenant)s AND export.id = %(export)s
"""
CLAIM = """
    UPDATE integrations_export SET status = 'sending', claim = gen_random_uuid(),
        claimed_until = now() + interval '10 minutes', attempts = attempts + 1
    WHERE tenant_id = %(tenant)s AND id = %(export)s AND status = 'waiting'
"""
BEGIN_STEP = """
    INSERT INTO integrations_exportstep (tenant_id, export_id, key, begun_at, remote_id,
        remote_number, was_found)
    VALUES (%(tenant)s, %(export)s, 'create', now(), '', '', false)
"""
END_STEP = """
    UPDATE integrations_exportstep SET done_at = now(), remote_id = '1'
    WHERE tenant_id = %(tenant)s AND export_id = %(export)s
"""
ATTEMPT = """
    INSERT INTO integrations_exportattempt (tenant_id, export_id, began_at, ended_at, outcome,
        sentence, calls)
    VALUES (%(tenant)s, %(export)s, now(), now(), 'sent', '', %(calls)s)
"""
SENT = """
    UPDATE integrations_export SET status = 'sent', sent_at = now(), claim = NULL,
        claimed_until = NULL, next_attempt_at = NULL, remote_id = '1', remote_number = '1'
    WHERE tenant_id = %(tenant)s AND id = %(export)s
"""
LOG = """
    INSERT INTO tenants_auditentry (tenant_id, at, actor_name, action, object_type, object_id,
        object_label, detail)
    VALUES (%(tenant)s, now(), '', 'export.sent', 'integrations.export', %(export)s, '', '{}')
"""


def _by_hand(
    company: Company, export_ids: list[int], asked: list[Asked], model: tuple[str, str]
) -> tuple[float, float]:
    """What a system refuses because it is repeated costs it as much as it costs."""
    tenant = company.tenant.pk
    names = _names(company, export_ids)
    calls = json.dumps([one.url for one in asked])
    started, worked = time.perf_counter(), time.process_time()
    with requests.Session() as session:
        session.trust_env = False
        for export_id in export_ids:
            values = {"tenant": tenant, "export": export_id, "calls": calls}
            _execute(tenant, values, CLAIM, READ)
            is_first = True
            for one in asked:
                if one.writes and is_first:
                    _execute(tenant, values, BEGIN_STEP)
                session.send(one.about(model, names[export_id]), timeout=30)
                if one.writes and is_first:
                    _execute(tenant, values, END_STEP)
                    is_first = False
            _execute(tenant, values, ATTEMPT, SENT, LOG)
    return time.perf_counter() - started, time.process_time() - worked


def _execute(tenant: int, values: dict[str, Any], *statements: str) -> None:
    with tenant_scope(tenant), database.cursor() as wrapped:
        cursor = wrapped.connection.connection.cursor()
        for statement in statements:
            cursor.execute(statement, values)
            if statement is READ:
                cursor.fetchall()
