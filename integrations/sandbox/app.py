"""A stand-in for an accounting system: its interface, its faults, its pages."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from integrations.sandbox.faults import BODIES, KINDS, BadFault, Fault, FaultBook
from integrations.sandbox.pages import Pages
from integrations.sandbox.store import Store
from integrations.sandbox.web import (
    NoAnswer,
    Request,
    Response,
    UnreadableBody,
    json_response,
)

CONTROL = "/_sandbox"
KEPT_CHARACTERS = 50_000
# On the first page: documents, and requests.
SHOWN, LATEST = 50, 12


class Refused(Exception):
    """The answer that ends a request; whatever it had written is rolled back."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


@dataclass
class Call:
    """One request to the interface: `path` is the one inside it; the rest is for the log."""

    request: Request
    path: str
    company: str = ""
    client: str = ""
    documents: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Key(NamedTuple):
    label: str
    value: str
    note: str = ""


class Sandbox(ABC):
    title: str
    token_path: str
    secret_fields: frozenset[str] = frozenset()
    fault_targets: Sequence[tuple[str, str, str]] = ()  # method, path, words
    # Off in measurements and tests of many documents: 429 as the contract says, or never.
    limits_rate = True

    def __init__(self, folder: Path, pages: Pages) -> None:
        self.store = Store(folder)
        self.faults = FaultBook(token_path=self.token_path)
        self.pages = pages
        self.seed()

    def close(self) -> None:
        self.store.close()

    @abstractmethod
    def documents(self) -> list[dict[str, str]]:
        """Every document that counts, of all companies: `number`, `marker`, `net` and `gross`.

        `number` is the sender's own, or else the one given here; `marker` the sender's mark, where
        one came. Sums are decimals, below nought for credit notes. Deleted ones are left out.
        """

    def erase(self, name: str) -> bool:
        """Delete the document of this id or number, as the accountant there would; False where
        there is none that may be deleted."""
        return False

    @abstractmethod
    def door(self) -> dict[str, Any]:
        """What a connection needs that shall work: `credentials`, `settings` and `customer`, the id
        of one that is here; `product` too, where lines need one, and `percent`, where not every
        rate of VAT is known. Made now, where it is used up."""

    def keys(self, url: str) -> list[Key]:
        """What a connection needs, for whoever starts it and for the first page."""
        return []

    @abstractmethod
    def seed(self) -> None:
        """Bring what every start needs into the store; called again after a reset."""

    @abstractmethod
    def api_path(self, path: str) -> str | None:
        """The path inside the interface, or None when it is not one of it."""

    @abstractmethod
    def dispatch(self, call: Call) -> Response: ...

    @abstractmethod
    def error(self, status: int, message: str, path: str = "") -> Response:
        """A refusal in the system's own shape."""

    @abstractmethod
    def page(self, request: Request) -> Response | None: ...

    def submit(self, request: Request) -> Response | None:
        """A form of one of its own pages."""
        return None

    def answer(self, request: Request) -> Response | NoAnswer:
        path = self.api_path(request.path)
        if path is not None:
            return self._answer_api(Call(request, path))
        try:
            if request.path.startswith(f"{CONTROL}/"):
                return self._control(request)
            return self._page(request) or self.pages.missing()
        except BadFault as bad:
            return json_response({"error": str(bad)}, HTTPStatus.UNPROCESSABLE_ENTITY)
        except UnreadableBody:
            return json_response({"error": "The body is not JSON."}, HTTPStatus.BAD_REQUEST)

    def _answer_api(self, call: Call) -> Response | NoAnswer:
        at, started = datetime.now(UTC), time.monotonic()
        fault = self.faults.take(call.request.method, call.path)
        answer = self._dispatch_with(fault, call)
        self.store.keep_request(
            {
                "at": at.isoformat(timespec="milliseconds"),
                "milliseconds": round((time.monotonic() - started) * 1000, 1),
                "method": call.request.method,
                "path": call.request.path,
                "query": urlencode(call.request.query, doseq=True),
                "company": call.company,
                "fault": fault.label if fault else "",
                "notes": call.notes,
                "headers": self._shown_headers(call.request),
                "body": self._shown_body(call.request),
                "status": answer.status if isinstance(answer, Response) else 0,
                "answer": _shown_answer(answer),
            },
            call.company,
            call.documents,
        )
        return answer

    def _dispatch_with(self, fault: Fault | None, call: Call) -> Response | NoAnswer:
        if fault is None:
            return self._dispatch(call)
        before: dict[str, Callable[[], Response | NoAnswer]] = {
            "refuse": lambda: self.error(
                fault.status, fault.message or "REFUSED_BY_SANDBOX", fault.field
            ),
            "revoke": self._revoke,
            "rate_limit": lambda: self.too_many(fault.retry_after),
            "error_before": lambda: self._broken(fault),
            "timeout_before": lambda: NoAnswer(fault.seconds),
            "drop_before": NoAnswer,
        }
        if fault.kind in before:
            return before[fault.kind]()
        if fault.kind == "slow":
            time.sleep(fault.seconds)
        if fault.kind == "repeat":
            # As somebody between does who hears no answer; it passes on that of the second.
            self._dispatch(call)
        if fault.kind == "expire_tokens":
            self.store.remove_tokens()
        response = self._dispatch(call)
        after: dict[str, Callable[[], Response | NoAnswer]] = {
            "answer_twice": lambda: replace(response, times=2),
            "error_after": lambda: self._broken(fault),
            "timeout_after": lambda: NoAnswer(fault.seconds),
            "drop_after": NoAnswer,
        }
        return after[fault.kind]() if fault.kind in after else response

    def _dispatch(self, call: Call) -> Response:
        try:
            with self.store.transaction():
                return self.dispatch(call)
        except Refused as refused:
            return refused.response

    def _revoke(self) -> Response:
        self.store.remove_tokens()
        return self.error(HTTPStatus.UNAUTHORIZED, "Unauthorized")

    def too_many(self, retry_after: int | None) -> Response:
        answer = self.error(HTTPStatus.TOO_MANY_REQUESTS, "Too Many Requests")
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return Response(answer.status, answer.body, answer.content_type, headers)

    def _broken(self, fault: Fault) -> Response:
        message = fault.message or HTTPStatus(fault.status).phrase
        if fault.body == "empty":
            return Response(fault.status)
        if fault.body == "html":
            page = (
                f"<html><head><title>{fault.status} {message}</title></head><body><center>"
                f"<h1>{fault.status} {message}</h1></center><hr><center>nginx</center></body>"
                "</html>"
            )
            return Response(fault.status, page.encode(), "text/html")
        return self.error(fault.status, message)

    # What people and tests control it with.

    def _control(self, request: Request) -> Response:
        if request.method != "GET" and not _is_same_site(request):
            return Response(HTTPStatus.FORBIDDEN)
        name = request.path.removeprefix(f"{CONTROL}/")
        if request.method == "GET" and (asset := self.pages.asset(name)):
            return asset
        done: dict[str, Callable[[Request], Response]] = {
            "reset": self._reset,
            "delete": self._erase,
        }
        if request.method == "POST" and name in done:
            return done[name](request)
        told: dict[str, Callable[[], Any]] = {"documents": self.documents, "door": self.door}
        if request.method == "GET" and name in told:
            return json_response(told[name]())
        if name == "faults" or name.startswith("faults/"):
            return self._control_faults(request, name.removeprefix("faults").strip("/"))
        return self.control(request, name) or json_response({"error": "Nothing is here."}, 404)

    def _reset(self, _request: Request) -> Response:
        self.faults.clear()
        with self.store.transaction():
            self.store.clear()
            self.seed()
        return Response(HTTPStatus.NO_CONTENT)

    def _erase(self, request: Request) -> Response:
        is_done = self.erase(request.form().get("name", ""))
        return Response(HTTPStatus.NO_CONTENT if is_done else HTTPStatus.NOT_FOUND)

    def control(self, request: Request, name: str) -> Response | None:
        """Further controls of this system."""
        return None

    def _control_faults(self, request: Request, rest: str) -> Response:
        number, _, action = rest.rpartition("/") if rest.endswith("clear") else (rest, "", "")
        which = as_number(number)
        if (number and which is None) or request.method not in ("GET", "POST", "DELETE"):
            return json_response({"error": "Nothing is here."}, HTTPStatus.NOT_FOUND)
        if request.method == "GET":
            return json_response({"faults": self.faults.describe()})
        if request.method == "DELETE" or action:
            found = self.faults.clear(which)
            if action:
                return see_other("/#faults")
            missing = which is not None and not found
            return Response(HTTPStatus.NOT_FOUND if missing else HTTPStatus.NO_CONTENT)
        if request.content_type == "application/x-www-form-urlencoded":
            return self._add_from_form(request)
        fields = request.json()
        if not isinstance(fields, dict):
            raise BadFault("A fault is an object with a “kind”.")
        self.faults.add(fields)
        return json_response({"faults": self.faults.describe()}, HTTPStatus.CREATED)

    def _add_from_form(self, request: Request) -> Response:
        form = request.form()
        method, _, path = form.pop("target", "* *").partition(" ")
        try:
            self.faults.add({"method": method, "path": path or "*", **form})
        except BadFault as bad:
            return self._overview(request, typed=request.form(), error=str(bad))
        return see_other("/#faults")

    # Pages.

    @abstractmethod
    def overview_context(self, request: Request) -> dict[str, Any]:
        """What `overview.html` shows of this system: its documents, how many there are, and more.

        With `a_page` where they have several pages."""

    def a_page(self, request: Request, kind: str, companies: dict[str, Any]) -> dict[str, Any]:
        """The documents of that kind which the page asks for, newest first."""
        page = as_number(request.query.get("page", ["0"])[0]) or 0
        total = sum(self.store.count(kind, slug) for slug in companies)
        return {
            "documents": self.store.newest(kind, limit=SHOWN, offset=page * SHOWN),
            "total": total,
            "newer": page - 1 if page else None,
            "older": page + 1 if total > (page + 1) * SHOWN else None,
        }

    def _overview(
        self, request: Request, *, typed: dict[str, str] | None = None, error: str = ""
    ) -> Response:
        return self.pages.render(
            "overview.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK,
            faults=self.faults.all(),
            fault_kinds=KINDS.items(),
            fault_bodies=BODIES,
            fault_targets=[
                (f"{method} {path}", words) for method, path, words in self.fault_targets
            ],
            typed=typed or {},
            fault_error=error,
            keys=self.keys(f"http://{request.header('Host')}"),
            requests=self.store.requests(limit=LATEST),
            **self.overview_context(request),
        )

    def _page(self, request: Request) -> Response | None:
        if request.method not in ("GET", "HEAD"):
            return self.submit(request) if _is_same_site(request) else None
        if request.path == "/":
            return self._overview(request)
        if request.path == "/requests":
            before = as_number(request.query.get("before", [""])[0])
            shown = self.store.requests(limit=101, before=before)
            more = shown[99]["id"] if len(shown) > 100 else None
            return self.pages.render("requests.html", requests=shown[:100], more=more)
        number = as_number(request.path.removeprefix("/requests/"))
        if number is not None:
            found = self.store.request(number)
            return self.pages.render("request.html", call=found) if found else None
        return self.page(request)

    def _shown_headers(self, request: Request) -> list[list[str]]:
        return [
            [name, "Bearer ···" if name.lower() == "authorization" else value]
            for name, value in request.headers.items()
        ]

    def _shown_body(self, request: Request) -> str:
        if request.content_type == "application/x-www-form-urlencoded":
            return "\n".join(
                f"{name}={'···' if name in self.secret_fields else value}"
                for name, value in parse_qsl(request.body.decode(errors="replace"))
            )
        if request.content_type.startswith("multipart/"):
            return f"(multipart, {len(request.body)} bytes)"
        return request.body.decode(errors="replace")[:KEPT_CHARACTERS]


def see_other(url: str) -> Response:
    return Response(HTTPStatus.SEE_OTHER, headers={"Location": url})


def _is_same_site(request: Request) -> bool:
    """A page elsewhere could send a form here; curl and tests send no origin."""
    origin = request.header("Origin")
    return not origin or urlsplit(origin).netloc == request.header("Host")


def _shown_answer(answer: Response | NoAnswer) -> str:
    if isinstance(answer, NoAnswer):
        return ""
    text = answer.content_type.startswith(("application/json", "text/"))
    return (
        answer.body.decode(errors="replace")[:KEPT_CHARACTERS]
        if text or not answer.body
        else f"({answer.content_type}, {len(answer.body)} bytes)"
    )


def as_number(text: Any) -> int | None:
    return int(text) if isinstance(text, str) and text.isdecimal() and len(text) <= 10 else None
