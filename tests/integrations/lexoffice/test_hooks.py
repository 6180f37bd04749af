"""Events told by Lexware Office: signatures good, bad and repeated, and what follows from them."""

import base64
import html
import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.test import Client

from core.quiet_links import HidesLinks
from integrations.domain import hearing
from integrations.domain.access import door_of
from integrations.domain.connections import record_check, switch_off
from integrations.models import Connection, CustomerLink, Export, HeardEvent
from integrations.ports import BadSignature, Event, Heard, Rejected
from integrations.systems.lexoffice.hooks import KINDS, read_event
from integrations.systems.lexoffice.sandbox import organisations
from integrations.systems.lexoffice.sandbox.server import LexofficeSandbox
from invoicing.models import Allocation
from tenants.models import Membership
from tenants.scope import current_tenant_id
from tests.integrations.conftest import send
from tests.integrations.sandboxes import Running

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ORGANISATION = organisations.stable_id("nordlicht")
CONTACT = organisations.stable_id("nordlicht", "contact", 1)
LISTS = {"organisation": [["id", ORGANISATION]]}


def pem(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def signed(body: bytes, key: rsa.RSAPrivateKey = KEY) -> str:
    return base64.b64encode(key.sign(body, padding.PKCS1v15(), hashes.SHA512())).decode()


def told(**changes: Any) -> dict[str, Any]:
    return {
        "organizationId": ORGANISATION,
        "eventType": "payment.changed",
        "resourceId": "0b8f3a64-6f3e-4a0e-8a77-9a3f6f5d2c10",
        "eventDate": "2026-11-21T10:15:30.000+01:00",
        **changes,
    }


def compact(data: Any) -> bytes:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()


def read(body: bytes, signature: str, *keys: rsa.RSAPrivateKey) -> Any:
    return read_event(
        Heard(
            headers={"x-lxo-signature": signature},
            body=body,
            keys=tuple(pem(key) for key in keys or (KEY,)),
            lists=LISTS,
        )
    )


# Signatures.


def test_a_good_signature() -> None:
    body = compact(told())
    event = read(body, signed(body))
    assert (event.kind, event.remote_id) == (Event.DOCUMENT, told()["resourceId"])
    assert read(body, signed(body)).key == event.key
    later = compact(told(eventDate="2026-11-21T10:15:31.000+01:00"))
    assert read(later, signed(later)).key != event.key


def test_written_anew_with_blanks_on_the_way() -> None:
    signature = signed(compact(told(resourceId="ä")))
    assert read(json.dumps(told(resourceId="ä"), indent=2).encode(), signature)
    assert read(json.dumps(told(resourceId="ä"), ensure_ascii=False).encode(), signature)


def test_one_key_may_take_over_from_the_other() -> None:
    body = compact(told())
    assert read(body, signed(body, OTHER_KEY), KEY, OTHER_KEY)
    with pytest.raises(BadSignature):
        read(body, signed(body, OTHER_KEY), KEY)


@pytest.mark.parametrize(
    "signature", ["", "x", "AAAA", "ä", "=" * 30, signed(b"something else"), "A" * 10_000]
)
def test_bad_signatures(signature: str) -> None:
    with pytest.raises(BadSignature):
        read(compact(told()), signature)


def test_another_order_of_the_fields_is_not_what_was_signed() -> None:
    turned = compact(dict(reversed(told().items())))
    with pytest.raises(BadSignature):
        read(turned, signed(compact(told())))


@pytest.mark.parametrize(
    "data",
    [
        told(organizationId="somebody else"),
        told(eventType="quotation.created"),
        told(resourceId=7),
        [],
        "x",
        {},
    ],
)
def test_what_is_no_concern_of_ours(data: Any) -> None:
    body = compact(data)
    assert read(body, signed(body)) is None
    assert read(b"no json", signed(b"no json")) is None


# The address.


@pytest.fixture
def heard(connection: Connection, settings: Any) -> str:
    """The address of a connection that is listened at."""
    settings.HOOK_PUBLIC_KEYS = {"lexoffice": (pem(KEY),)}
    with door_of(connection).open() as (adapter, _http):
        record_check(connection.pk, adapter.check(), actor=None)
    connection.refresh_from_db()
    connection.hook_digest = hearing._digest("secret")
    connection.save()
    return f"/open/accounting/events/{connection.tenant_id}-{connection.pk}-secret/"


def call(path: str, body: bytes, signature: str | None = None) -> Any:
    headers = {"X-Lxo-Signature": signed(body) if signature is None else signature}
    return Client(enforce_csrf_checks=True).post(
        path, body, content_type="application/json", headers=headers
    )


def test_a_call_is_noted_once_however_often_it_comes(heard: str) -> None:
    for _time in range(3):
        answer = call(heard, compact(told()))
        assert (answer.status_code, answer.content) == (204, b"")
    event = HeardEvent.objects.get()
    assert (event.kind, event.remote_id) == ("document", told()["resourceId"])


def test_a_bad_signature_is_answered_without_a_word(heard: str) -> None:
    answer = call(heard, compact(told()), signed(compact(told()), OTHER_KEY))
    assert (answer.status_code, answer.content) == (400, b"")
    assert call(heard, compact(told()), "").status_code == 400
    assert not HeardEvent.objects.exists()


def test_no_log_has_the_address(heard: str, caplog: pytest.LogCaptureFixture) -> None:
    """It is all that somebody needs to have us ask; a refused call is logged with its path."""
    secret = "s" * 43
    Connection.objects.update(hook_digest=hearing._digest(secret))
    path = heard.replace("-secret/", f"-{secret}/")
    for answer in (
        call(path, b"{}", ""),
        call(path, b"x" * 70_000),
        call(path.replace("s/", "t/"), b"{}"),
        Client().get(path),
    ):
        assert answer.status_code >= 400
    assert "/open/accounting/events/•••/" in caplog.text
    assert len(caplog.records) == 4
    assert "sssss" not in caplog.text


def test_the_server_s_log_has_no_address_that_opens_a_door() -> None:
    record = logging.makeLogRecord(
        {"msg": "%(method)s %(path)s", "args": {"method": "GET", "path": f"/open/{'k' * 40}/7.pdf"}}
    )
    assert HidesLinks().filter(record)
    assert record.getMessage() == "GET /open/•••/7.pdf"
    record = logging.makeLogRecord({"msg": "/open/accounting/sign-in/ /acme/drafts/"})
    assert HidesLinks().filter(record)
    assert record.getMessage() == "/open/accounting/sign-in/ /acme/drafts/"


def test_another_organisation_s_event_is_taken_and_forgotten(heard: str) -> None:
    assert call(heard, compact(told(organizationId="x"))).status_code == 204
    assert not HeardEvent.objects.exists()


def test_their_first_try_is_answered(heard: str) -> None:
    assert Client().head(heard).status_code == 200
    assert Client().get(heard).status_code == 405


@pytest.mark.parametrize(
    "token", ["x", "1-2", "1-2-", "--", "a-b-c", "٣-1-x", "9" * 40 + "-1-x", "1-999999-secret"]
)
def test_addresses_of_nobody(heard: str, token: str) -> None:
    path = f"/open/accounting/events/{token}/"
    for answer in (call(path, compact(told())), Client().head(path)):
        assert (answer.status_code, answer.content) == (404, b"")


def test_a_wrong_secret_or_a_closed_company_is_nobody(heard: str, tenant: Any) -> None:
    assert call(heard.replace("-secret", "-other"), compact(told())).status_code == 404
    tenant.is_active = False
    tenant.save()
    assert call(heard, compact(told())).status_code == 404


def test_a_long_body_is_not_read(heard: str) -> None:
    body = compact(told(resourceId="x" * 70_000))
    assert call(heard, body).status_code == 413
    assert not HeardEvent.objects.exists()


def test_switched_off_nobody_is_heard(
    heard: str, connection: Connection, accountant: Membership
) -> None:
    assert accountant.user is not None
    switch_off(connection, actor=accountant.user)
    assert call(heard, compact(told())).status_code == 404


# What follows.


def do_all() -> None:
    for event in HeardEvent.objects.filter(done_at=None):
        hearing.do(event.tenant_id, event.pk)


def test_a_payment_there_becomes_one_here_once(heard: str, served: Running, export: Export) -> None:
    send(export)
    requests.post(f"{served.url}/_sandbox/documents/nordlicht/1/pay", timeout=5)
    for moment in ("30", "31"):
        body = compact(
            told(resourceId=export.remote_id, eventDate=f"2026-11-21T10:15:{moment}.000+01:00")
        )
        assert call(heard, body).status_code == 204
        do_all()
    assert HeardEvent.objects.filter(done_at=None).count() == 0
    assert [one.amount for one in Allocation.objects.filter(invoice=export.invoice)] == [119]


def test_a_forged_hint_changes_nothing(heard: str, served: Running, export: Export) -> None:
    """Even with both secrets: how it stands is asked of the system."""
    send(export)
    call(heard, compact(told(resourceId=export.remote_id)))
    call(heard, compact(told(eventType="token.revoked")))
    do_all()
    assert not Allocation.objects.exists()
    assert Connection.objects.get().trouble == ""


def test_a_customer_changed_there_is_read_anew(
    heard: str, connection: Connection, sandbox: LexofficeSandbox, export: Export
) -> None:
    stored = sandbox.store.get("contact", "nordlicht", 1)
    assert stored is not None
    stored["company"]["name"] = "Hafenblick Medien GmbH"
    sandbox.store.put("contact", "nordlicht", stored)
    call(heard, compact(told(eventType="contact.changed", resourceId=CONTACT)))
    do_all()
    assert CustomerLink.objects.get().remote_name == "Hafenblick Medien GmbH"


def test_without_an_answer_the_event_waits(
    heard: str, sandbox: LexofficeSandbox, export: Export
) -> None:
    send(export)
    sandbox.faults.add({"kind": "error_before", "method": "GET", "path": "/payments/*"})
    call(heard, compact(told(resourceId=export.remote_id)))
    do_all()
    event = HeardEvent.objects.get()
    assert (event.done_at, event.tries) == (None, 1)
    do_all()
    event.refresh_from_db()
    assert event.done_at is not None


def test_what_breaks_each_time_does_not_come_back_for_ever(
    heard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(hearing, "_do", broken)
    call(heard, compact(told(resourceId="1")))
    event = HeardEvent.objects.get()
    for _time in range(hearing.MOST_TRIES):
        with pytest.raises(RuntimeError):
            hearing.do(current_tenant_id(), event.pk)
    hearing.do(current_tenant_id(), event.pk)
    event.refresh_from_db()
    assert event.done_at is not None


# Asking to be told.


class Inbox:
    """Somebody who answers on the internet, and keeps what came."""

    def __init__(self) -> None:
        self.status = 204
        self.came: list[tuple[bytes, str]] = []
        self.changed = threading.Condition()

    def wait_for(self, count: int) -> list[tuple[bytes, str]]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.came) >= count, 10)
            return list(self.came)


@contextmanager
def inbox() -> Iterator[tuple[Inbox, str]]:
    kept = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with kept.changed:
                kept.came.append((body, self.headers["X-Lxo-Signature"]))
                kept.changed.notify_all()
            self._answer()

        def _answer(self) -> None:
            self.send_response(kept.status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    program = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=program.serve_forever, args=[0.02])
    thread.start()
    try:
        yield kept, f"http://127.0.0.1:{program.server_port}"
    finally:
        program.shutdown()
        thread.join()
        program.server_close()


def listening(connection: Connection, url: str, settings: Any, sandbox: LexofficeSandbox) -> None:
    settings.BASE_URL = url
    settings.HOOK_PUBLIC_KEYS = {"lexoffice": (sandbox.signer.public.decode(),)}
    with door_of(connection).open() as (adapter, _http):
        record_check(connection.pk, adapter.check(), actor=None)


def test_the_sandbox_calls_and_is_understood(
    served: Running, sandbox: LexofficeSandbox, export: Export, settings: Any
) -> None:
    connection = export.connection
    with inbox() as (kept, url):
        listening(connection, url, settings, sandbox)
        assert hearing.listen(current_tenant_id(), connection.pk) is None
        connection.refresh_from_db()
        assert len(connection.subscriptions) == len(KINDS)
        subscriptions = sandbox.store.find("subscription", "nordlicht")
        path = subscriptions[0]["callbackUrl"].removeprefix(url)

        send(export)
        requests.post(f"{served.url}/_sandbox/documents/nordlicht/1/pay", timeout=5)
        for body, signature in kept.wait_for(2):
            assert call(path, body, signature).status_code == 204
        do_all()
    assert Allocation.objects.filter(invoice=export.invoice).count() == 1

    # A second time there is nothing to ask for.
    assert hearing.listen(current_tenant_id(), connection.pk) is None
    assert len(sandbox.store.find("subscription", "nordlicht")) == len(KINDS)


def test_the_sandbox_tells_again_who_did_not_answer(
    served: Running, sandbox: LexofficeSandbox, export: Export, settings: Any
) -> None:
    sandbox.teller.pauses = (0.05, 0.05)
    with inbox() as (kept, url):
        listening(export.connection, url, settings, sandbox)
        hearing.listen(current_tenant_id(), export.connection.pk)
        send(export)
        kept.status = 503
        requests.post(f"{served.url}/_sandbox/documents/nordlicht/1/void", timeout=5)
        assert len({body for body, _signature in kept.wait_for(3)}) == 1


def test_an_address_that_does_not_answer_is_told_and_leaves_nothing(
    sandbox: LexofficeSandbox, connection: Connection, settings: Any
) -> None:
    with inbox() as (kept, url):
        kept.status = 500
        listening(connection, url, settings, sandbox)
        failure = hearing.listen(current_tenant_id(), connection.pk)
    assert isinstance(failure, Rejected)
    assert "antwortet nicht" in failure.sentence
    connection.refresh_from_db()
    assert connection.subscriptions == []
    assert sandbox.store.find("subscription", "nordlicht") == []


def test_what_the_installation_lacks_to_be_called_stands_on_the_connection_s_page(
    connection: Connection,
    settings: Any,
    accountant: Membership,
    signed_in: Callable[[Membership], Client],
) -> None:
    client = signed_in(accountant)

    def page() -> str:
        return html.unescape(client.get(f"/acme/accounting/{connection.pk}/").content.decode())

    settings.HOOK_PUBLIC_KEYS = {}
    assert "this installation lacks the key that it signs with" in page()
    assert "names it in HOOK_LEXOFFICE_PUBLIC_KEYS" in page()
    settings.HOOK_PUBLIC_KEYS = {"lexoffice": (pem(KEY),)}
    assert "does not call us" not in page()
    Connection.objects.update(environment="production")
    settings.BASE_URL = "http://laskuri.example"
    assert "this installation has no address with https" in page()
    settings.BASE_URL = "https://laskuri.example"
    assert "does not call us" not in page()


def test_a_refusal_stands_on_the_connection_s_page(
    sandbox: LexofficeSandbox, connection: Connection, settings: Any, accountant: Membership
) -> None:
    assert accountant.user is not None
    client = Client()
    client.force_login(accountant.user)
    page = f"/acme/accounting/{connection.pk}"
    with inbox() as (kept, url):
        kept.status = 500
        listening(connection, url, settings, sandbox)
        client.post(f"{page}/check/")
    shown = client.get(f"{page}/").content.decode()
    assert "does not call us when something changes there" in shown


@pytest.mark.parametrize("missing", ["keys", "address", "access"])
def test_where_nobody_could_call_it_is_not_asked_for(
    sandbox: LexofficeSandbox, connection: Connection, settings: Any, missing: str
) -> None:
    listening(connection, "http://laskuri.internal", settings, sandbox)
    if missing == "keys":
        settings.HOOK_PUBLIC_KEYS = {}
    elif missing == "address":
        Connection.objects.update(environment="production")
    else:
        Connection.objects.update(trouble="No access.")
    assert hearing.listen(current_tenant_id(), connection.pk) is None
    assert sandbox.store.find("subscription", "nordlicht") == []


def test_switching_off_and_removing_take_it_back(
    sandbox: LexofficeSandbox, connection: Connection, settings: Any, accountant: Membership
) -> None:
    assert accountant.user is not None
    client = Client()
    client.force_login(accountant.user)
    page = f"/acme/accounting/{connection.pk}"
    with inbox() as (_kept, url):
        listening(connection, url, settings, sandbox)
        client.post(f"{page}/check/")
        assert len(sandbox.store.find("subscription", "nordlicht")) == len(KINDS)
        client.post(f"{page}/switch/")
        assert sandbox.store.find("subscription", "nordlicht") == []
        client.post(f"{page}/switch/", {"on": "1"})
        assert len(sandbox.store.find("subscription", "nordlicht")) == len(KINDS)
        client.post(f"{page}/remove/")
    assert sandbox.store.find("subscription", "nordlicht") == []
    assert not Connection.objects.exists()
