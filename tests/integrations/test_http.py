"""The one way out: to known hosts, without redirects, proxies of somebody's netrc, or secrets."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from integrations.http import ForbiddenHost, Http, NoAnswer
from integrations.ports import Environment
from integrations.registry import (
    all_systems,
    environment_of,
    environments_of,
    hosts_of,
    system_of,
)

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
