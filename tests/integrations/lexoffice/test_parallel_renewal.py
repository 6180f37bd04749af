"""Many worker processes meet an expired token at once: it is renewed exactly once.

The sandbox ends a connection whose refresh token comes a second time, as the service does.
"""

import multiprocessing
from datetime import timedelta
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

from django.db import connection as database
from django.utils import timezone

from integrations.domain.access import door_of
from integrations.domain.signing_in import begin, exchange, keep, take
from integrations.models import Connection
from integrations.systems.lexoffice.sandbox.server import LexofficeSandbox
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.factories import MembershipFactory, TenantFactory
from tests.integrations.lexoffice.signing import CLIENT, asked, consent
from tests.integrations.sandboxes import running

FORK = multiprocessing.get_context("fork")
WORKERS, ROUNDS = 6, 3


def test_processes_renew_one_at_a_time(committed_db: None, tmp_path: Path, settings: Any) -> None:
    settings.OAUTH_CLIENTS = CLIENT
    settings.OUTGOING_RATE_LIMIT = False
    company = TenantFactory(slug="acme")
    with running("lexoffice", tmp_path, settings, limits_rate=False) as served:
        program = served.program
        assert isinstance(program, LexofficeSandbox)
        pk = _signed_in(company.pk, served.connect, tenant=company)
        for round_ in range(1, ROUNDS + 1):
            _expire(company.pk, pk)
            # Slow, so that all the others come while the first one is asking.
            program.faults.add(
                {"kind": "slow", "seconds": 0.5, "method": "POST", "path": "/oauth2/token"}
            )
            assert _all_at_once(company.pk, pk) == ["Nordlicht Kontor GmbH"] * WORKERS
            (grant,) = program.store.find("grant", "all")
            assert (grant["refreshes"], grant["ended"]) == (round_, "")


def _signed_in(company: int, connect: Any, *, tenant: Any) -> int:
    now = timezone.now()
    with tenant_scope(company):
        person = MembershipFactory(role=Role.OWNER).user
        assert person is not None
        made: Connection = connect()
        url = begin(made, actor=person, session="browser", now=now)
    told = asked(consent(url))
    with tenant_scope(company):
        begun = take(told["state"], actor=person, session="browser", now=now)
    tokens = exchange(begun, told["code"])
    with tenant_scope(company):
        keep(begun, tokens, actor=person)
    return made.pk


def _expire(company: int, pk: int) -> None:
    with tenant_scope(company):
        made = Connection.objects.get(pk=pk)
        ended = (timezone.now() - timedelta(hours=1)).isoformat()
        made.credentials = {**made.credentials, "expires_at": ended}
        made.save()


def _all_at_once(company: int, pk: int) -> list[str]:
    database.close()
    gate = FORK.Barrier(WORKERS)
    workers = []
    for _number in range(WORKERS):
        ours, theirs = FORK.Pipe(duplex=False)
        process = FORK.Process(target=_work, args=(company, pk, gate, theirs))
        process.start()
        workers.append((process, ours))
    answers = [str(ours.recv()) if ours.poll(60) else "no answer" for _process, ours in workers]
    for process, _ours in workers:
        process.join(10)
    return answers


def _work(company: int, pk: int, gate: Any, answer: Pipe) -> None:
    try:
        with tenant_scope(company):
            door = door_of(Connection.objects.get(pk=pk))
        gate.wait(30)
        with door.open() as (adapter, _http):
            answer.send(adapter.check().company)
    except Exception as failure:
        answer.send(f"{type(failure).__name__}: {failure}")
    finally:
        database.close()
