"""Whatever a system answers, and to whichever of our questions: a person can understand what became
of the document, and in the end it is there once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core.cache import cache

from integrations.domain.access import Door, door_of
from integrations.http import Answer, Http, NoAnswer
from integrations.models import Connection, Export, ExportStep
from integrations.ports import Adapter, AdapterError, PartnerDetails
from tenants.models import Tenant
from tests.factories import CustomerFactory
from tests.integrations.conftest import link, posted, send
from tests.integrations.sandboxes import WITH_SANDBOX, Running, running

HTML = b"<!doctype html><html><head><title>Maintenance</title></head><body>Back soon</body></html>"
BAD: dict[str, Answer | None] = {
    "an endless body": None,
    "a redirect": Answer(302, {"Location": "http://169.254.169.254/"}, b""),
    "a page": Answer(200, {"Content-Type": "text/html"}, HTML),
    "a page of a gateway": Answer(502, {"Content-Type": "text/html"}, HTML),
    "nothing": Answer(200, {}, b""),
    "null": Answer(200, {}, b"null"),
    "a number": Answer(200, {}, b"7"),
    "an empty list": Answer(200, {}, b"[]"),
    "a list of nothing": Answer(200, {}, b"[null, 1, []]"),
    "an empty object": Answer(200, {}, b"{}"),
    "an error inside": Answer(200, {}, b'{"error": {"code": 151, "message": "Not possible"}}'),
    "other types": Answer(200, {}, b'{"id": {}, "objects": 5, "results": "x", "content": null}'),
    "half of it": Answer(200, {}, b'{"id": 81230'),
    "no letters": Answer(200, {}, b"\xff\xfe\x00\x01"),
    "deep brackets": Answer(200, {}, b"[" * 100_000),
    "other XML": Answer(200, {}, b"<Root><Other/></Root>"),
    "an error in XML": Answer(
        200, {}, b"<Root><ResponseStatus><Status>FAILED</Status><Status>SYSTEM_ERROR :: x</Status>"
        b"</ResponseStatus></Root>"
    ),
    "a refusal in words": Answer(400, {"Content-Type": "text/plain"}, b"That was no good."),
    "a refusal in a page": Answer(404, {"Content-Type": "text/html"}, HTML),
    "an odd refusal": Answer(422, {}, b'{"errors": "everything"}'),
    "a teapot": Answer(418, {}, b'[{"message": null}]'),
    "forbidden": Answer(403, {}, b""),
    "patience": Answer(429, {"Retry-After": "soon"}, b""),
}  # fmt: skip


@contextmanager
def bad_answer(answer: Answer | None, at: int) -> Iterator[list[int]]:
    """The call of this number is answered so, and not passed on; the list counts all calls."""
    counted: list[int] = []
    ask = Http._ask

    def sometimes(self: Http, *arguments: Any, **named: Any) -> Answer:
        counted.append(1)
        if len(counted) - 1 != at:
            return ask(self, *arguments, **named)
        if answer is None:
            raise NoAnswer("The answer is too long.")
        return answer

    with patch.object(Http, "_ask", sometimes):
        yield counted


@pytest.fixture(params=WITH_SANDBOX)
def sandbox(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> Iterator[Running]:
    settings.OUTGOING_RATE_LIMIT = False
    with running(request.param, tmp_path, settings, limits_rate=False) as found:
        yield found


@pytest.fixture
def customer(sandbox: Running) -> str:
    return str(sandbox.door()["customer"])


def asked(sandbox: Running, customer: str) -> dict[str, Callable[[Adapter], Any]]:
    """What people do on the pages of a connection and of its customers."""
    details = PartnerDetails(
        name="Uusi Oy", number="9001", street="Katu 1", postal_code="00100", city="Helsinki",
        country="FI",
    )  # fmt: skip
    return {
        "check": lambda adapter: adapter.check(),
        "list": lambda adapter: adapter.list_partners(50),
        "search": lambda adapter: adapter.search_partners("1967543-8"),
        "read": lambda adapter: adapter.read_partner(customer),
        "create": lambda adapter: adapter.create_partner(details),
    }


@pytest.mark.parametrize("kind", BAD)
def test_pages_say_what_happened(
    tenant: Tenant, sandbox: Running, customer: str, kind: str
) -> None:
    door = door_of(sandbox.connect())
    for name, ask in asked(sandbox, customer).items():
        for at in range(3):
            cache.clear()
            with bad_answer(BAD[kind], at) as counted:
                failure = _failure(door, ask)
            assert failure is None or len(failure.sentence) > 10, (name, at)
            if len(counted) <= at:
                break


def _failure(door: Door, ask: Callable[[Adapter], Any]) -> AdapterError | None:
    try:
        with door.open() as (adapter, _http):
            ask(adapter)
    except AdapterError as failure:
        return failure
    return None


@pytest.mark.parametrize("begin", range(3))
def test_a_document_ends_in_words_and_arrives_once(
    tenant: Tenant, sandbox: Running, customer: str, begin: int
) -> None:
    """Each question gets other answers each time."""
    connection = sandbox.connect()
    kinds, answers = BAD.values(), 0
    percent = sandbox.percent()
    link(connection, (buyer := CustomerFactory()), customer)
    for at in range(60):
        export = Export.objects.get(invoice=posted(customer=buyer, percent=percent))
        cache.clear()
        with bad_answer(list(kinds)[(begin * 8 + at * 5) % len(kinds)], at) as counted:
            send(export)
        answers += 1
        if len(counted) <= at:
            break
        assert export.status != Export.Status.SENDING
        if export.status != Export.Status.SENT:
            connection.refresh_from_db()
            assert len(export.error or connection.trouble) > 10
        _mend(connection, export)
    else:
        pytest.fail("more than sixty calls for one document")

    numbers = sorted(one["number"] for one in sandbox.documents())
    assert len(numbers) == len(set(numbers)) == Export.objects.count() == answers
    assert set(Export.objects.values_list("status", flat=True)) == {Export.Status.SENT}


def _mend(connection: Connection, export: Export) -> None:
    """A person looks at it, and time passes."""
    for _turn in range(4):
        if export.status == Export.Status.SENT:
            return
        Connection.objects.filter(pk=connection.pk).update(trouble="", paused_until=None)
        for step in ExportStep.objects.filter(export=export, done_at=None):
            step.begun_at -= timedelta(minutes=5)
            step.save()
        Export.objects.filter(pk=export.pk, status=Export.Status.FAILED).update(
            status=Export.Status.WAITING, next_attempt_at=export.created_at
        )
        send(export)
    assert export.status == Export.Status.SENT, export.error


def test_the_words_are_the_accountant_s(tenant: Tenant, sandbox: Running) -> None:
    """No sentence names a class, a key or a line of code."""
    door = door_of(sandbox.connect())
    for answer in BAD.values():
        cache.clear()
        with bad_answer(answer, 0):
            failure = _failure(door, lambda adapter: adapter.check())
        if failure is not None:
            for word in ("Error(", "Traceback", "NoneType", "object at", "<html", "KeyError"):
                assert word not in failure.sentence
