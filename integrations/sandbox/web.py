"""A small HTTP server for loopback: requests in, answers out, or no answer at all."""

import json
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

LOOPBACK = "127.0.0.1"
MAX_BODY = 20_000_000


class UnreadableBody(Exception):
    """The body is not the JSON it says it is."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, list[str]] = field(default_factory=dict)
    headers: Message = field(default_factory=Message)
    body: bytes = b""
    # As it came, for systems that sign their addresses.
    target: str = ""

    @property
    def content_type(self) -> str:
        return str(self.headers.get_content_type()) if "Content-Type" in self.headers else ""

    def header(self, name: str) -> str:
        """A header as text: clients write letters beyond ASCII as UTF-8 or as Latin-1."""
        raw = str(self.headers.get(name) or "").strip()
        try:
            return raw.encode("latin-1").decode()
        except UnicodeError:
            return raw

    def json(self) -> Any:
        try:
            data = json.loads(self.body, parse_float=Decimal, parse_constant=_no_constant)
            dump(data).encode()  # half a letter can be read and not be written
        except (ValueError, RecursionError) as broken:
            raise UnreadableBody from broken
        return data

    def form(self) -> dict[str, str]:
        fields = parse_qs(self.body.decode(errors="replace"), keep_blank_values=True)
        return {name: values[-1] for name, values in fields.items()}


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


@dataclass(frozen=True)
class Response:
    status: int = 200
    body: bytes = b""
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    # How often it is sent.
    times: int = 1


@dataclass(frozen=True)
class NoAnswer:
    """The connection is held for so long and then closed without a word."""

    seconds: float = 0


def json_response(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(status, dump(data).encode(), "application/json;charset=UTF-8", headers or {})


def dump(data: Any, indent: int | None = None) -> str:
    return json.dumps(data, ensure_ascii=False, indent=indent, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        is_whole = value.adjusted() < 18 and value == value.to_integral_value()
        return int(value) if is_whole else float(value)
    raise TypeError(f"{type(value).__name__} does not go into JSON")


def parse_target(target: str) -> tuple[str, dict[str, list[str]]]:
    parts = urlsplit(target)
    return parts.path, parse_qs(parts.query, keep_blank_values=True)


class Application(Protocol):
    def answer(self, request: Request) -> Response | NoAnswer: ...


class SandboxServer(ThreadingHTTPServer):
    """Binds to loopback only. Held connections do not keep it from stopping."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, application: Application, port: int) -> None:
        self.application = application
        self.stopping = threading.Event()
        self._open: set[Any] = set()
        super().__init__((LOOPBACK, port), _Handler)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.server_port}"

    def shutdown(self) -> None:
        self.stopping.set()
        super().shutdown()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """And with it what is open: who was connected would be answered by who is no more."""
        super().server_close()
        for request in [*self._open]:
            with suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is its own affair; anything else is a bug and is printed."""
        import sys

        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 120
    # Head and body in one packet: the second would wait 40 ms for the first to be confirmed.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: SandboxServer

    def _serve(self) -> None:
        body = self._read_body()
        if body is None:
            return
        if not self._is_addressed_to_us():
            self._write(Response(HTTPStatus.MISDIRECTED_REQUEST, b"This is a local sandbox.\n"))
            return
        path, query = parse_target(self.path)
        answer = self.server.application.answer(
            Request(self.command, path, query, self.headers, body, self.path)
        )
        if isinstance(answer, NoAnswer):
            self.server.stopping.wait(answer.seconds)
            self._hang_up()
        else:
            for _time in range(answer.times):
                self._write(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815 (http.server)

    def _read_body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or len(length) > 12:
            self.close_connection = True
            self._write(Response(HTTPStatus.LENGTH_REQUIRED))
            return None
        if int(length) > MAX_BODY:
            self.close_connection = True
            self._write(Response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
            return None
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else None

    def _is_addressed_to_us(self) -> bool:
        """A page elsewhere must not reach us through a name of its own."""
        host = self.headers.get("Host", LOOPBACK).rsplit(":", 1)[0]
        return host in (LOOPBACK, "localhost")

    def _write(self, response: Response) -> None:
        self.send_response(response.status)
        if response.content_type:
            self.send_header("Content-Type", response.content_type)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and response.status != HTTPStatus.NO_CONTENT:
            self.wfile.write(response.body)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def version_string(self) -> str:
        return "sandbox"

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are kept in the store and shown on the page."""
