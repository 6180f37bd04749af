"""Connections kept from one document to the next: by whom, for how long, and what does not stay."""

import multiprocessing
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from unittest.mock import patch

import pytest

from integrations import sessions
from integrations.http import Http, NoAnswer
from integrations.sandbox.web import Request, Response, SandboxServer

FORK = multiprocessing.get_context("fork")


class Caller(BaseHTTPRequestHandler):
    """Answers which connection it was asked over, and which cookie came with it."""

    protocol_version = "HTTP/1.1"
    closes = False

    def do_GET(self) -> None:
        body = f"{self.client_address[1]} {self.headers.get('Cookie', '')}".encode()
        self.send_response(200)
        self.send_header("Set-Cookie", "session=ours")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        # Without having said so.
        self.close_connection = type(self).closes

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def url(settings: Any) -> Iterator[str]:
    settings.ALLOW_LOCAL_SANDBOX = True
    sessions.forget()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Caller)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    sessions.forget()


def asked(url: str, key: str) -> str:
    with Http(["127.0.0.1"], key=key) as http:
        return http.request("GET", url).text


def test_who_goes_on_goes_on_over_the_same_connection(url: str) -> None:
    first = asked(url, "1-7")
    assert asked(url, "1-7") == first
    assert asked(url, "2-7") != first
    assert asked(url, "1-7") == first


def test_without_a_key_nothing_is_kept(url: str) -> None:
    assert asked(url, "") != asked(url, "")


def test_a_cookie_does_not_stay(url: str) -> None:
    asked(url, "1-7")
    assert asked(url, "1-7").endswith(" ")


def test_what_was_idle_for_long_is_not_used(url: str) -> None:
    first = asked(url, "1-7")
    with patch.object(sessions, "KEPT_SECONDS", 0):
        assert asked(url, "1-7") != first


def test_only_the_last_few_are_kept(url: str) -> None:
    first = asked(url, "0")
    for number in range(1, sessions.MOST_KEPT):
        asked(url, str(number))
    assert asked(url, "0") == first
    for number in range(sessions.MOST_KEPT):
        asked(url, f"other {number}")
    assert asked(url, "0") != first


def test_what_ended_in_an_error_is_not_used(url: str) -> None:
    first = asked(url, "1-7")
    with suppress(ZeroDivisionError), Http(["127.0.0.1"], key="1-7") as http:
        assert http.request("GET", url).text == first
        raise ZeroDivisionError
    assert asked(url, "1-7") != first


def test_the_other_side_may_close_it_in_between(url: str) -> None:
    with patch.object(Caller, "closes", new=True):
        ports = {asked(url, "1-7") for _time in range(5)}
    assert len(ports) == 5


def test_after_a_call_without_an_answer_it_begins_anew(url: str) -> None:
    asked(url, "1-7")
    with patch.object(Caller, "do_GET", side_effect=OSError), pytest.raises(NoAnswer):
        asked(url, "1-7")
    assert asked(url, "1-7")


def test_a_sandbox_that_has_stopped_answers_nobody_any_more(settings: Any) -> None:
    settings.ALLOW_LOCAL_SANDBOX = True
    port = 0
    for name in ("first", "second"):
        server = SandboxServer(Named(name), port)
        port = server.server_port
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            assert asked(server.url, "1-7") == name
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@dataclass(frozen=True)
class Named:
    name: str

    def answer(self, request: Request) -> Response:
        return Response(200, self.name.encode(), "text/plain")


def test_a_process_leaves_those_of_its_parent_alone(url: str) -> None:
    first = asked(url, "1-7")
    found = FORK.SimpleQueue()
    child = FORK.Process(target=lambda: found.put(asked(url, "1-7")))
    child.start()
    child.join(20)
    assert found.get() != first
    assert asked(url, "1-7") == first
