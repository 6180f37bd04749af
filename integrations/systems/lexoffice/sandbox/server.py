"""The addresses of the interface, of signing in, and of the sandbox's own pages."""

import re
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from typing import Any

from integrations.sandbox.app import Call, Key, Refused, Sandbox
from integrations.sandbox.pages import Pages
from integrations.sandbox.store import Document
from integrations.sandbox.web import Request, Response, json_response
from integrations.systems.lexoffice.sandbox import (
    contacts,
    controls,
    documents,
    events,
    lists,
    oauth,
    pages,
    vouchers,
)
from integrations.systems.lexoffice.sandbox.context import (
    Context,
    error,
    issues,
    now,
    refused,
    validation,
)
from integrations.systems.lexoffice.sandbox.organisations import (
    CLIENT_ID,
    CLIENT_SECRET,
    ORGANISATIONS,
    fill,
    stable_id,
)

REQUESTS_PER_SECOND, AT_ONCE = 2.0, 5.0

type Endpoint = Callable[..., Response]


def _of(endpoint: Endpoint, kind: str) -> Endpoint:
    return lambda context, *arguments: endpoint(context, *arguments, kind=kind)


ROUTES: list[tuple[str, str, Endpoint]] = [
    ("GET", "/profile", lists.profile),
    ("GET", "/countries", lists.countries),
    ("GET", "/posting-categories", lists.categories),
    ("GET", "/print-layouts", lists.layouts),
    ("GET", "/voucherlist", lists.voucherlist),
    ("GET", "/payments/*", lists.payments),
    ("GET", "/contacts", contacts.find),
    ("POST", "/contacts", contacts.create),
    ("GET", "/contacts/*", contacts.read),
    ("PUT", "/contacts/*", contacts.replace),
    ("POST", "/invoices", _of(documents.create, "invoice")),
    ("GET", "/invoices/*", _of(documents.read, "invoice")),
    ("GET", "/invoices/*/file", _of(documents.file, "invoice")),
    ("GET", "/invoices/*/document", _of(documents.document_file_id, "invoice")),
    ("POST", "/credit-notes", _of(documents.create, "creditnote")),
    ("GET", "/credit-notes/*", _of(documents.read, "creditnote")),
    ("GET", "/credit-notes/*/file", _of(documents.file, "creditnote")),
    ("POST", "/vouchers", vouchers.create),
    ("GET", "/vouchers/*", vouchers.read),
    ("POST", "/vouchers/*/files", vouchers.add_file),
    ("GET", "/event-subscriptions", events.find),
    ("POST", "/event-subscriptions", events.create),
    ("DELETE", "/event-subscriptions/*", events.remove),
]
_PATTERNS = [
    (method, re.compile(path.replace("*", "([^/]+)")), endpoint)
    for method, path, endpoint in ROUTES
]


class Bucket:
    """So many requests in a second, some at once, for each organisation."""

    def __init__(self, per_second: float, at_once: float) -> None:
        self.per_second, self.at_once = per_second, at_once
        self._lock = threading.Lock()
        self._state: dict[str, tuple[float, float]] = {}

    def allows(self, key: str) -> bool:
        at = time.monotonic()
        with self._lock:
            left, since = self._state.get(key, (self.at_once, at))
            left = min(self.at_once, left + (at - since) * self.per_second)
            is_allowed = left >= 1
            self._state[key] = (left - 1 if is_allowed else left, at)
        return is_allowed


class LexofficeSandbox(Sandbox):
    title = "Lexware Office sandbox"
    token_path = "/oauth2/token"  # noqa: S105 (an address)
    secret_fields = frozenset({"code", "code_verifier", "refresh_token", "token", "client_secret"})
    fault_targets = (
        ("*", "*", "Any request"),
        ("POST", "/oauth2/token", "Ask for a token"),
        ("GET", "/contacts*", "Search and read customers"),
        ("POST", "/contacts", "Create a customer"),
        ("GET", "/voucherlist", "List vouchers"),
        ("POST", "/invoices", "Create an invoice"),
        ("GET", "/invoices/*", "Read an invoice"),
        ("POST", "/credit-notes", "Create a credit note"),
        ("POST", "/vouchers", "Create a voucher"),
        ("POST", "/vouchers/*/files", "Attach a file"),
        ("GET", "/payments/*", "Read payments"),
    )

    def __init__(self, folder: Path) -> None:
        self.access_seconds = oauth.ACCESS_SECONDS
        self.stale_status = 406
        self.bucket = Bucket(REQUESTS_PER_SECOND, AT_ONCE)
        super().__init__(
            folder,
            Pages(
                self.title,
                Path(__file__).parent / "html",
                filters="integrations.systems.lexoffice.sandbox.filters",
            ),
        )
        self.signer = events.Signer(folder)
        self.teller = events.Teller(self.store, self.signer)

    def close(self) -> None:
        self.teller.stopping.set()
        for thread in self.teller.threads:
            thread.join(timeout=events.SECONDS)
        super().close()

    def keys(self, url: str) -> list[Key]:
        return [
            Key("Interface", f"{url}/v1"),
            Key("Sign-in", f"{url}/oauth2/authorize"),
            Key("Client id", CLIENT_ID),
            Key("Client secret", CLIENT_SECRET),
            Key("Public key", f"{url}/_sandbox/public_key"),
            *(Key("API key", one.api_key, one.name) for one in ORGANISATIONS.values()),
        ]

    def seed(self) -> None:
        with self.store.transaction():
            for organisation in ORGANISATIONS.values():
                fill(self.store, organisation, now())

    def documents(self) -> list[dict[str, str]]:
        found = []
        for stored in self.store.newest("document", limit=-1):
            if stored["voucherStatus"] == "voided":
                continue
            sign = -1 if "credit" in stored["kind"] else 1
            total = stored["totalPrice"]
            remark = str(stored["sent"].get("remark") or "")
            marker = re.search(r"Ref ([A-Z0-9-]+)\s*$", remark)
            found.append(
                {
                    "number": stored["voucherNumber"],
                    "marker": marker[1] if marker else "",
                    "net": _decimal(total["totalNetAmount"], sign),
                    "gross": _decimal(total["totalGrossAmount"], sign),
                }
            )
        return found

    def erase(self, name: str) -> bool:
        for slug in ORGANISATIONS:
            for one in self.store.find("document", slug):
                if name in (one["uuid"], one["voucherNumber"]):
                    self.store.remove("document", slug, one["id"])
                    return True
        return False

    def door(self) -> dict[str, Any]:
        organisation = ORGANISATIONS["nordlicht"]
        return {
            "credentials": {"api_key": organisation.api_key},
            "settings": {},
            "customer": stable_id(organisation.slug, "contact", 1),
            "percent": "19",
        }

    def api_path(self, path: str) -> str | None:
        if path in ("/oauth2/token", "/oauth2/revoke"):
            return path
        return path.removeprefix("/v1") if path.startswith("/v1/") else None

    def error(self, status: int, message: str, path: str = "") -> Response:
        """A refusal that was ordered: `issue:` before its field gives the older shape of errors."""
        if status in (401, 402, 403, 429):
            return json_response({"message": message}, status)
        if path.startswith("issue:"):
            return issues([(path.removeprefix("issue:"), message)], status).response
        if path:
            return validation("", [("INVALID", path, message)])
        return error(status, message, "")

    def dispatch(self, call: Call) -> Response:
        if call.path.startswith("/oauth2/"):
            return self._sign_in(call)
        organisation, scopes, connection = oauth.who(self.store, call)
        call.company = organisation.slug
        if self.limits_rate and not self.bucket.allows(organisation.slug):
            raise Refused(json_response({"message": "Too Many Requests"}, 429))
        endpoint, arguments = self._endpoint(call)
        context = Context(call, self.store, organisation, scopes, connection, self.stale_status)
        response = endpoint(context, *arguments)
        for event, uuid in context.events:
            self.teller.tell(organisation.slug, organisation.uuid, event, uuid)
        return response

    def _dispatch(self, call: Call) -> Response:
        try:
            return super()._dispatch(call)
        except oauth.CodeSpent as spent:
            self.store.remove_tokens(spent.code)
        except oauth.Reused as reused:
            self.end_grant(reused.grant, "a refresh token came twice", tells=True)
        return json_response({"error": "invalid_grant"}, HTTPStatus.BAD_REQUEST)

    def _sign_in(self, call: Call) -> Response:
        if call.request.method != "POST":
            raise refused(405, "Method Not Allowed", call.path)
        if call.path == self.token_path:
            return oauth.token(self.store, call, seconds=self.access_seconds)
        return oauth.revoke(self.store, call)[0]

    def end_grant(self, grant: Document, reason: str, *, tells: bool) -> None:
        """Subscribers hear of it before their subscriptions end."""
        organisation = ORGANISATIONS[grant["organisation"]]
        if tells:
            self.teller.tell(organisation.slug, organisation.uuid, "token.revoked", grant["uuid"])
        with self.store.transaction():
            oauth.end(self.store, grant, reason)

    def _endpoint(self, call: Call) -> tuple[Endpoint, tuple[Any, ...]]:
        other = False
        for method, pattern, endpoint in _PATTERNS:
            match = pattern.fullmatch(call.path)
            if match and method == call.request.method:
                return endpoint, match.groups()
            # Invoices cannot be listed, changed or removed, and the service does not know the way.
            other = other or (match is not None and method != "POST")
        if other:
            raise refused(405, "Method Not Allowed", call.path)
        raise refused(404, "Not Found", call.path)

    def control(self, request: Request, name: str) -> Response | None:
        return controls.control(self, request, name)

    def overview_context(self, request: Request) -> dict[str, Any]:
        return pages.overview_context(self, request)

    def page(self, request: Request) -> Response | None:
        return pages.page(self, request)

    def submit(self, request: Request) -> Response | None:
        return pages.submit(self, request)


def _decimal(value: Any, sign: int) -> str:
    return str((Decimal(str(value)) * sign).quantize(documents.CENT))
