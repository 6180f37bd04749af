"""The one way out: to known hosts, without redirects, proxies of somebody's netrc, or secrets."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch

import pytest
from urllib3.connection import HTTPSConnection

from integrations.domain.access import door_of
from integrations.domain.connections import check
from integrations.http import ForbiddenHost, Http, NoAnswer
from integrations.models import Connection, Export
from integrations.ports import Environment, Rejected
from integrations.registry import (
    all_systems,
    environment_of,
    environments_of,
    hosts_of,
    system_of,
)
from integrations.sessions import PrivateAddress, _PublicConnection
from tenants.models import Tenant
from tests.integrations.conftest import make_connection, posted, send

type Answering = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(answer: Answering) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    program = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    program.daemon_threads = True
    thread = threading.Thread(target=program.serve_forever, args=[0.02])
    thread.start()
    yield f"http://127.0.0.1:{program.server_port}"
    program.shutdown()
    thread.join()
    program.server_close()


@pytest.fixture(autouse=True)
def _sandbox_allowed(settings: Any) -> None:
    settings.ALLOW_LOCAL_SANDBOX = True


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/api",
        "http://api.procountor.com/api",
        "https://api.procountor.com:8443/api",
        "https://api.procountor.com@evil.example/api",
        "https://me@api.procountor.com/api",
        "https://169.254.169.254/latest",
        "http://127.0.0.1/api",
        "file:///etc/passwd",
    ],
)
def test_only_the_hosts_of_the_system_are_asked(url: str) -> None:
    with Http(["api.procountor.com"]) as http, pytest.raises(ForbiddenHost):
        http.request("GET", url)


def test_loopback_is_for_the_sandbox_alone(settings: Any) -> None:
    settings.ALLOW_LOCAL_SANDBOX = False
    with Http(["127.0.0.1"]) as http:
        for url in ("http://127.0.0.1:9/", "https://127.0.0.1/"):
            with pytest.raises(ForbiddenHost):
                http.request("GET", url)


def test_redirects_are_not_followed() -> None:
    def elsewhere(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "http://169.254.169.254/")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with server(elsewhere) as url, Http(["127.0.0.1"]) as http:
        assert http.request("GET", url).status == 302


def test_an_answer_that_drips_is_cut() -> None:
    """A time-out of the library would wait for each drop anew."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _drop in range(60):
            try:
                handler.wfile.write(b"x" * 70_000)
            except OSError:
                return
            time.sleep(0.05)

    with server(drip) as url, Http(["127.0.0.1"], seconds=0.2) as http:
        started = time.monotonic()
        with pytest.raises(NoAnswer):
            http.request("GET", url)
        assert time.monotonic() - started < 2.5


def test_secrets_are_hidden_in_the_record() -> None:
    def echo(handler: BaseHTTPRequestHandler) -> None:
        body = f"your key {handler.headers['X-Key']} is wrong".encode()
        handler.send_response(400)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with server(echo) as url, Http(["127.0.0.1"], secrets=["s3cret", ""]) as http:
        http.request("GET", f"{url}/x", headers={"X-Key": "s3cret"}, params={"k": "s3cret"})
        (call,) = http.calls
    assert (call["status"], call["path"], call["query"]) == (400, "/x", "k=•••")
    assert call["answer"] == "your key ••• is wrong"


def test_netrc_does_not_replace_our_authorization(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else")
    monkeypatch.setenv("NETRC", str(netrc))
    seen: list[str] = []

    def remember(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers["Authorization"])
        handler.send_response(204)
        handler.end_headers()

    with server(remember) as url, Http(["127.0.0.1"]) as http:
        http.request("GET", url, headers={"Authorization": "Bearer ours"})
    assert seen == ["Bearer ours"]


# Systems.


def test_procountor_is_found_by_its_folder() -> None:
    assert "procountor" in all_systems()
    assert system_of("nothing") is None


@pytest.mark.parametrize("key", sorted(all_systems()))
def test_a_system_keeps_to_the_rules(key: str) -> None:
    """Whatever system is added: https only, its steps named, its secrets in secret fields."""
    system = all_systems()[key]
    assert system.environments
    for environment in system.environments:
        assert environment.url.startswith("https://")
        assert not environment.url.endswith("/")
        assert hosts_of(environment)
    assert len({step.key for step in system.steps}) == len(system.steps) > 0
    assert system.form.credential_names


def test_the_sandbox_s_address_comes_from_the_settings_each_time(settings: Any) -> None:
    """It has another port at each start of the demo; what is stored is only the word sandbox."""
    system = all_systems()["procountor"]
    settings.SANDBOX_URLS = {"procountor": "http://127.0.0.1:4001/"}
    first = environment_of(system, "sandbox")
    settings.SANDBOX_URLS = {"procountor": "http://127.0.0.1:4002"}
    second = environment_of(system, "sandbox")
    assert isinstance(first, Environment)
    assert isinstance(second, Environment)
    assert (first.url, second.url) == ("http://127.0.0.1:4001", "http://127.0.0.1:4002")

    settings.ALLOW_LOCAL_SANDBOX = False
    assert environment_of(system, "sandbox") is None
    assert [one.key for one in environments_of(system)] == ["production", "test"]


# Where a name leads.


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_name_that_leads_into_a_private_network_is_not_spoken_to(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs the system's DNS could otherwise use us to speak to our neighbours."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as listening:
        port = listening.getsockname()[1]
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda *_arguments, **_named: [
                (
                    family,
                    socket.SOCK_STREAM,
                    6,
                    "",
                    (address, port, 0, 0)[: 4 if family == 10 else 2],
                )
            ],
        )
        with Http(["api.procountor.com"]) as http, pytest.raises(PrivateAddress):
            http.request("GET", "https://api.procountor.com/api/status")
        accepted, _peer = listening.accept()
        with accepted:
            assert accepted.recv(1) == b""  # not even a greeting
    assert http.calls[0]["answer"] == "The address lies inside a private network."


@pytest.mark.parametrize(
    ("address", "is_refused"),
    [
        ("10.0.0.1", True),
        ("169.254.169.254", True),
        ("100.64.0.1", True),
        ("fd00::1", True),
        ("fe80::1%eth0", True),
        ("::ffff:192.168.0.1", True),
        ("93.184.216.34", False),
        ("2a00:1450:400f::1", False),
    ],
)
def test_addresses_of_the_internet_are_spoken_to(address: str, *, is_refused: bool) -> None:
    with socket.socket() as sock, patch.object(HTTPSConnection, "_new_conn", return_value=sock):
        connection = _PublicConnection("api.procountor.com")
        with patch.object(socket.socket, "getpeername", return_value=(address, 443)):
            if is_refused:
                with pytest.raises(PrivateAddress):
                    connection._new_conn()
            else:
                assert connection._new_conn() is sock


def test_a_private_address_needs_a_person_and_is_said_in_words(tenant: Tenant) -> None:
    make_connection(environment="production", settings={"unlinked": "send"})
    invoice = posted()
    with patch.object(Http, "_ask", side_effect=PrivateAddress("api.procountor.com")):
        export = send(Export.objects.get(invoice=invoice))
        (found,) = Connection.objects.all()
        with pytest.raises(Rejected, match="inside this network"):
            check(door_of(found))
    assert export.status == Export.Status.FAILED
    assert "“api.procountor.com” leads to an address inside this network" in export.error


def test_a_key_that_no_header_can_hold_is_no_crash() -> None:
    with Http(["127.0.0.1"]) as http, pytest.raises(NoAnswer):
        http.request("GET", "http://127.0.0.1:9/", headers={"X-Key": "schlüssel–€"})
    with Http(["127.0.0.1"]) as http, pytest.raises(NoAnswer):
        http.request("GET", "http://127.0.0.1:9/", headers={"X-Key": "line\nbreak"})


def test_an_endless_body_is_cut() -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        with suppress(OSError):
            while True:
                handler.wfile.write(b"x" * 100_000)

    with server(endless) as url, Http(["127.0.0.1"]) as http, pytest.raises(NoAnswer, match="long"):
        http.request("GET", url)
