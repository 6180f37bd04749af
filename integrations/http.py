"""The one way out: requests to known hosts only, with time-outs, limits and a record of each call.

An adapter that follows redirects, or takes an address from an answer, could be sent anywhere;
this never does.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from urllib.request import getproxies

import requests
from django.conf import settings
from urllib3.exceptions import HTTPError

from integrations import sessions
from integrations.redaction import Redaction
from integrations.sessions import PrivateAddress

CONNECT_SECONDS = 5.0
LOOPBACK = ("127.0.0.1", "localhost")
MOST_BYTES = 5_000_000


class ForbiddenHost(Exception):
    """A bug or an attack: the address is none of the system's."""


class NoAnswer(Exception):
    """Nobody knows whether the other side did it: time-out, broken or endless answer."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body, or None when it is no JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class Http:
    """A session for one connection. `calls` is the record, of which `Redaction` says what is kept;
    `shown` are names of fields that it may keep beside its own list.

    `wait` is called before each request: it returns when the request may go, or raises. `turn` is
    held during it, for systems that take one at a time. Who has the same `key` next goes on over
    the same connections (`sessions`).
    """

    def __init__(
        self,
        hosts: Iterable[str],
        *,
        secrets: Iterable[str] = (),
        shown: Iterable[str] = (),
        seconds: float = 30,
        wait: Callable[[], None] = lambda: None,
        turn: Callable[[], AbstractContextManager[None]] | None = None,
        key: str = "",
    ):
        self.hosts = frozenset(hosts)
        self.seconds = seconds
        self._wait = wait
        self._turn = turn or nullcontext
        self._kept: ExitStack | None = None
        self._kept_until = 0.0
        self.calls: list[dict[str, Any]] = []
        self._redaction = Redaction(secrets, shown)
        self._key = key
        self._opened = ExitStack()

    def __enter__(self) -> "Http":
        self._session = self._opened.enter_context(sessions.session(self._key))
        return self

    def __exit__(self, *exception: Any) -> None:
        self._opened.__exit__(*exception)

    @contextmanager
    def one_turn(self) -> Iterator[None]:
        """Let the requests of one document follow each other in one turn, and not take and give
        back one for each. After `seconds` it is somebody else's, if anybody waits."""
        with ExitStack() as kept:
            self._kept, self._kept_until = kept, 0.0
            try:
                yield
            finally:
                self._kept = None

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if self._kept is None:
            with self._turn():
                yield
            return
        if time.monotonic() >= self._kept_until:
            self._kept.close()
            self._kept.enter_context(self._turn())
            self._kept_until = time.monotonic() + self.seconds
        yield

    def hide(self, secret: str) -> None:
        """Keep it out of the record from now on."""
        self._redaction.hide(secret)

    def was_refused(self) -> None:
        """The last answer was a no, whatever its status says: nothing was changed by it."""
        self.calls[-1]["was_refused"] = True

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str | bytes] | None = None,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        files: Any = None,
        note: str = "",
        keep_body: bool = True,
    ) -> Answer:
        """Ask once. `note` is recorded in place of a body that is no text."""
        self._refuse_others(url)
        self._wait()
        with self._in_turn():
            return self._recorded(
                method, url, note=note, keep_body=keep_body, params=params, body=body,
                headers=headers, files=files,
            )  # fmt: skip

    def _recorded(
        self,
        method: str,
        url: str,
        *,
        note: str,
        keep_body: bool,
        params: Mapping[str, str] | None,
        body: bytes | None,
        **arguments: Any,
    ) -> Answer:
        call: dict[str, Any] = {
            "at": datetime.now(UTC),
            "method": method,
            "path": self._redaction.path(urlsplit(url).path),
            "query": self._redaction.query(params or dict(parse_qsl(urlsplit(url).query))),
            "sent": self._redaction.body(note or body or b"") if keep_body else "",
            "status": None,
            "answer": "",
        }
        self.calls.append(call)
        started = time.monotonic()
        try:
            answer = self._ask(method, url, started, params=params, data=body, **arguments)
        except PrivateAddress:
            call["answer"] = "The address lies inside a private network."
            raise
        except FAILURES as failure:
            # Its own text may quote addresses and headers.
            call["answer"] = _in_words(failure)
            raise NoAnswer(call["answer"]) from None
        finally:
            call["ms"] = round((time.monotonic() - started) * 1000)
        call["status"] = answer.status
        if keep_body:
            call["answer"] = self._redaction.body(answer.body)
        return answer

    def _ask(self, method: str, url: str, started: float, **arguments: Any) -> Answer:
        with self._session.request(
            method,
            url,
            timeout=(CONNECT_SECONDS, self.seconds),
            allow_redirects=False,
            stream=True,
            proxies=None if urlsplit(url).hostname in LOOPBACK else getproxies(),
            **arguments,
        ) as response:
            chunks, size = [], 0
            for chunk in response.iter_content(65_536):
                size += len(chunk)
                if size > MOST_BYTES:
                    raise NoAnswer("The answer is too long.")
                # A time-out of requests is one between two packets.
                if time.monotonic() - started > 2 * self.seconds:
                    raise NoAnswer("The answer took too long.")
                chunks.append(chunk)
            return Answer(response.status_code, dict(response.headers), b"".join(chunks))

    def _refuse_others(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.hostname not in self.hosts or parts.username is not None:
            raise ForbiddenHost(parts.hostname)
        is_local = settings.ALLOW_LOCAL_SANDBOX and parts.hostname in LOOPBACK
        if not is_local and (parts.scheme != "https" or parts.port not in (None, 443)):
            raise ForbiddenHost(f"{parts.scheme}://{parts.netloc}")
        if parts.hostname in LOOPBACK and not is_local:
            raise ForbiddenHost(parts.hostname)


# What a credential with strange letters, or an answer that is no HTTP, ends in.
FAILURES = (requests.RequestException, HTTPError, HTTPException, UnicodeError, NoAnswer)


def _in_words(failure: Exception) -> str:
    if isinstance(failure, NoAnswer):
        return str(failure)
    if isinstance(failure, requests.ConnectTimeout | requests.ConnectionError) and not isinstance(
        failure, requests.ReadTimeout
    ):
        return "The connection failed or broke off."
    if isinstance(failure, requests.Timeout):
        return "There was no answer in time."
    return f"The answer could not be read ({type(failure).__name__})."
