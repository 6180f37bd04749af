"""A request that makes a document and arrives twice, over every system: two are there, somebody is
told, and whichever of both is left is taken. What that costs is pinned."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from integrations.domain import byhand, numbered_there
from integrations.models import Connection, Export, ExportStep
from integrations.problems import Problem
from tenants.models import Tenant
from tests.factories import CustomerFactory
from tests.integrations.conftest import link, posted, send, store_pdf
from tests.integrations.killing import EACH_WAY, Way, names_told, somebody
from tests.integrations.sandboxes import Running, running
from tests.integrations.test_systems_number import fresh, worked

# Netvisor knows a request that comes a second time by its id.
WAYS = [one for one in EACH_WAY if not one.refuses_doubles]
# Those that stay unfinished there are compared as well.
DRAFTS = [
    Way("procountor", "draft", {"until": "create"}),
    Way("sevdesk", "draft", {"until": "draft"}),
]
NUMBERING = [Way("procountor"), Way("sevdesk"), Way("lexoffice", "document", {"finalize": "yes"})]
# Each with its search before it is made, where there is one, and the reading that compares it.
REQUESTS = {
    "hq-v1": 3, "hq-v2": 6, "lexoffice-document": 2, "lexoffice-voucher": 5, "procountor": 8,
    "sevdesk": 6, "procountor-draft": 5, "sevdesk-draft": 4,
}  # fmt: skip
FINISHED = ("approve", "send", "open", "email")


@pytest.fixture
def sandbox(
    request: pytest.FixtureRequest, tenant: Tenant, tmp_path: Path, settings: Any
) -> Iterator[Running]:
    settings.OUTGOING_RATE_LIMIT = False
    with running(request.param.system, tmp_path, settings, limits_rate=False) as found:
        yield found


@pytest.fixture
def way(request: pytest.FixtureRequest) -> Way:
    found: Way = request.node.callspec.params["sandbox"]
    return found


@pytest.fixture
def connection(sandbox: Running, way: Way) -> Connection:
    return sandbox.connect(settings={**sandbox.door()["settings"], **way.settings})


def one(sandbox: Running, connection: Connection) -> Export:
    buyer = CustomerFactory()
    link(connection, buyer, sandbox.door()["customer"])
    made: Export = Export.objects.get(invoice=posted(customer=buyer, percent=sandbox.percent()))
    return made


def twice(sandbox: Running, way: Way) -> None:
    sandbox.program.faults.add({"kind": "repeat", "method": "POST", "path": way.creates})


def until_sent(export: Export, way: Way) -> None:
    for _turn in range(3):
        send(export)
        if export.status == Export.Status.SENT:
            return
        for step in ExportStep.objects.filter(export=export, done_at=None):
            step.begun_at -= way.quiet
            step.save()


@pytest.mark.parametrize("sandbox", [*WAYS, *DRAFTS], ids=str, indirect=True)
def test_noticing_costs_what_reading_it_back_does(
    sandbox: Running, way: Way, connection: Connection
) -> None:
    """Tokens and registers are asked for with the first one."""
    send(one(sandbox, connection))
    before = len(sandbox.program.store.requests(limit=100))
    export = send(one(sandbox, connection))
    assert export.status == Export.Status.SENT, export.error
    assert len(sandbox.program.store.requests(limit=100)) - before == REQUESTS[str(way)]


@pytest.mark.parametrize("left", [0, 1])
@pytest.mark.parametrize("sandbox", [*WAYS, *DRAFTS], ids=str, indirect=True)
def test_two_are_told_before_anything_is_finished_and_the_one_left_is_taken(
    sandbox: Running, way: Way, connection: Connection, left: int
) -> None:
    export = one(sandbox, connection)
    twice(sandbox, way)
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.UNCLEAR)
    names = names_told(export.error)
    assert len(names) == len(set(names)) == len(sandbox.documents()) == 2
    assert not export.steps.filter(key__in=FINISHED).exists()
    assert not _finishing(sandbox)

    # Nobody did anything there yet.
    byhand.retry([export.pk], actor=somebody())
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.UNCLEAR)

    assert sandbox.delete(names[1 - left])
    byhand.retry([export.pk], actor=somebody())
    until_sent(export, way)
    assert export.status == Export.Status.SENT, export.error
    (there,) = sandbox.documents()
    assert Decimal(there["gross"]) == export.invoice.gross_total
    # It is the one that is left that is called ours.
    assert names[left] in (export.remote_id, export.remote_number)


def _finishing(sandbox: Running) -> list[str]:
    return [
        call["path"]
        for call in sandbox.program.store.requests(limit=100)
        if call["path"].endswith(("/approve", "/send", "/sendBy", "/sendViaEmail"))
    ]


@pytest.mark.parametrize("left", [0, 1])
@pytest.mark.parametrize("sandbox", NUMBERING, ids=str, indirect=True)
def test_no_number_is_taken_from_one_of_two(
    sandbox: Running, way: Way, tenant: Tenant, left: int
) -> None:
    """A draft that was handed over is posted with the number of the one that is left."""
    chosen = {**sandbox.door()["settings"], **way.settings, "numbers": "there"}
    over = sandbox.connect(settings=chosen, gives_numbers=True)
    draft = worked(sandbox, over)
    twice(sandbox, way)
    export = send(numbered_there.hand_over(draft, over, actor=None))
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.UNCLEAR)
    assert not fresh(draft).is_posted
    names = names_told(export.error)
    assert len(names) == 2
    assert sandbox.delete(names[1 - left])
    byhand.retry([export.pk], actor=somebody())
    for _turn in range(3):
        send(export)
        if fresh(draft).is_posted:
            break
    assert fresh(draft).is_posted, export.error
    assert names[left] in (export.remote_id, export.remote_number)
    store_pdf(fresh(draft))
    until_sent(export, way)
    (there,) = sandbox.documents()
    assert fresh(draft).number == export.remote_number
    assert Decimal(there["gross"]) == fresh(draft).gross_total
