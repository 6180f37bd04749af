"""The addresses of both APIs and of the sandbox's own pages."""

import re
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from threading import Lock
from typing import Any

from integrations.sandbox.app import Call, Key, Refused, Sandbox
from integrations.sandbox.pages import Pages
from integrations.sandbox.web import Request, Response, json_response
from integrations.systems.hq.sandbox import pages, v1, v2
from integrations.systems.hq.sandbox.checks import refused, unauthorized
from integrations.systems.hq.sandbox.context import Context
from integrations.systems.hq.sandbox.data import CHOICES, Behaviour, cents, fill, tenants

PER_MINUTE = 1000

type Endpoint = Callable[..., Response]

ROUTES: list[tuple[str, str, Endpoint]] = [
    ("GET", "/v1/Me", v1.me),
    ("GET", "/v1/Companies", v1.find_companies),
    ("POST", "/v1/Companies", v1.create_company),
    ("GET", "/v1/Companies(#)", v1.read_company),
    ("PUT", "/v1/Companies(#)", v1.replace_company),
    ("GET", "/v1/Invoices", v1.find_invoices),
    ("POST", "/v1/Invoices", v1.create_invoice),
    ("GET", "/v1/Invoices(#)", v1.read_invoice),
    ("PUT", "/v1/Invoices(#)", v1.replace_invoice),
    ("DELETE", "/v1/Invoices(#)", v1.remove_invoice),
    ("POST", "/v1/Invoices(#)/Positions", v1.add_position),
    ("POST", "/v1/Invoices(#)/do.SetStatus", v1.set_status),
    ("POST", "/v1/Invoices(#)/do.CreateCancellation", v1.create_cancellation),
    ("GET", "/v1/Invoices(#)/DocumentFile/$value", v1.file_of),
    ("GET", "/v2/OwnCompanies", v2.own_companies),
    ("GET", "/v2/DocumentStatus", v2.statuses),
    ("GET", "/v2/DocumentTemplates", v2.templates),
    ("GET", "/v2/Companies", v2.find_companies),
    ("POST", "/v2/Companies", v2.create_company),
    ("GET", "/v2/Companies/#", v2.read_company),
    ("PUT", "/v2/Companies/#", v2.replace_company),
    ("GET", "/v2/Documents", v2.find_documents),
    ("POST", "/v2/Documents", v2.create_document),
    ("GET", "/v2/Documents/#", v2.read_document),
    ("PUT", "/v2/Documents/#", v2.replace_document),
    ("DELETE", "/v2/Documents/#", v2.remove_document),
    ("POST", "/v2/Documents/#/Table", v2.add_table),
    ("POST", "/v2/Documents/#/ChangeStatus", v2.change_status),
    ("POST", "/v2/Documents/#/CreateFromDocument", v2.create_from),
    ("POST", "/v2/DocumentPositions/FreeTextPosition", v2.add_position),
]
_PATTERNS = [
    (method, re.compile(re.escape(path).replace(re.escape("#"), r"(\d+)")), endpoint)
    for method, path, endpoint in ROUTES
]


class RateLimit:
    """So many requests in any minute, for each token."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._lock = Lock()
        self._recent: dict[str, deque[float]] = defaultdict(deque)

    def allows(self, token: str) -> bool:
        now = time.monotonic()
        with self._lock:
            recent = self._recent[token]
            while recent and recent[0] <= now - 60:
                recent.popleft()
            if len(recent) >= self.per_minute:
                return False
            recent.append(now)
        return True


class HqSandbox(Sandbox):
    title = "HQ sandbox"
    token_path = "/none"  # noqa: S105 (tokens are copied from the administration, not asked for)
    fault_targets = (
        ("*", "*", "Any request"),
        ("GET", "/v?/Companies*", "Search companies"),
        ("POST", "/v1/Invoices", "Create an invoice (v1)"),
        ("POST", "/v1/Invoices(*)/Positions", "Add a line (v1)"),
        ("POST", "/v2/Documents", "Create a document (v2)"),
        ("PUT", "/v2/Documents/*", "Change a document (v2)"),
        ("POST", "/v2/DocumentPositions/*", "Add a line (v2)"),
    )

    def __init__(self, folder: Path) -> None:
        self.rate_limit = RateLimit(PER_MINUTE)
        self.behaviour = Behaviour()
        filters = "integrations.systems.hq.sandbox.filters"
        super().__init__(folder, Pages(self.title, Path(__file__).parent / "html", filters=filters))

    def keys(self, url: str) -> list[Key]:
        return [
            Key("API v1", f"{url}/v1"),
            Key("API v2", f"{url}/v2"),
            *(Key("Token", tenant.token, tenant.name) for tenant in tenants().values()),
        ]

    def documents(self) -> list[dict[str, str]]:
        found = []
        for row in self.store.newest("invoice", limit=-1):
            if row["Status"] == "Canceled":
                continue
            net, tax = v1.totals(row, self.behaviour.rounding)
            found.append(_listed(row.get("Note"), row.get("SyncId"), row["id"], net, tax))
        for row in self.store.newest("document", limit=-1):
            if "seed" in row:
                continue
            net, tax = v2.totals(row, self.behaviour.rounding)
            number, _newline, marker = (row.get("note") or "").partition("\n")
            found.append(_listed(number, marker, row["id"], net, tax))
        return found

    def erase(self, name: str) -> bool:
        return any(
            pages.happen(self, kind, slug, name, "delete")
            for kind in ("document", "invoice")
            for slug in tenants()
        )

    def door(self) -> dict[str, Any]:
        return {
            "credentials": {"token": tenants()["nordlicht"].token},
            "settings": {"dialect": "v1"},
            "customer": "71",
        }

    def seed(self) -> None:
        with self.store.transaction():
            fill(self.store)

    def api_path(self, path: str) -> str | None:
        return path if path.startswith(("/v1/", "/v2/")) else None

    def error(self, status: int, message: str, path: str = "") -> Response:
        return json_response({"message": f"{path}: {message}" if path else message}, status)

    def dispatch(self, call: Call) -> Response:
        match = re.fullmatch(r"[Bb]earer (\S+)", call.request.header("Authorization"))
        found = self.store.token(match[1]) if match else None
        if match is None or found is None:
            raise unauthorized()
        call.company = found[0]
        is_limited = call.path.startswith("/v2/") and self.limits_rate
        if is_limited and not self.rate_limit.allows(match[1]):
            # How the reset is told is not documented: no header.
            raise Refused(self.too_many(None))
        endpoint, arguments = _endpoint(call)
        context = Context(call, self.store, tenants()[found[0]], self.behaviour)
        return endpoint(context, *arguments)

    def control(self, request: Request, name: str) -> Response | None:
        if name == "behaviour":
            if request.method == "POST":
                return self._behave(request.json())
            return json_response(asdict(self.behaviour))
        if name == "tokens" and request.method == "POST":
            # After they were revoked: the same ones work again.
            self.seed()
            return Response(204)
        return None

    def _behave(self, asked: Any) -> Response:
        if not isinstance(asked, dict) or not asked.keys() <= asdict(self.behaviour).keys():
            return json_response({"error": "There is no such behaviour."}, 422)
        for name, value in asked.items():
            allowed = CHOICES.get(name)
            is_known = value in allowed if allowed else isinstance(value, int) and value >= 0
            if not is_known:
                return json_response({"error": f"{name} cannot be “{value}”."}, 422)
        for name, value in asked.items():
            setattr(self.behaviour, name, value)
        return json_response(asdict(self.behaviour))

    def overview_context(self, request: Request) -> dict[str, Any]:
        return pages.overview_context(self, request)

    def page(self, request: Request) -> Response | None:
        return pages.page(self, request)

    def submit(self, request: Request) -> Response | None:
        return pages.submit(self, request)


def _endpoint(call: Call) -> tuple[Endpoint, tuple[Any, ...]]:
    known = False
    for method, pattern, endpoint in _PATTERNS:
        match = pattern.fullmatch(call.path)
        if match and method == call.request.method:
            return endpoint, match.groups()
        known = known or match is not None
    raise refused(405 if known else 404, "Method Not Allowed" if known else "Not Found")


def _listed(number: Any, marker: Any, own: int, net: Decimal, tax: Decimal) -> dict[str, str]:
    return {
        "number": str(number or own),
        "marker": str(marker or ""),
        "net": str(cents(net)),
        "gross": str(cents(net + tax)),
    }
