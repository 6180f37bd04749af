"""The addresses of the interface and of the sandbox's own pages."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from typing import Any

from integrations.sandbox.app import Call, Key, Refused, Sandbox, see_other
from integrations.sandbox.pages import Pages
from integrations.sandbox.web import Request, Response, json_response
from integrations.systems.procountor.sandbox import (
    attachments,
    auth,
    invoices,
    ledger,
    pages,
    partners,
    settings,
)
from integrations.systems.procountor.sandbox.company import FIRST, client, companies, fill
from integrations.systems.procountor.sandbox.context import Context, errors, next_version, refused
from integrations.systems.procountor.sandbox.sums import CENT

# Named versions stay available for a while; anything else is not found.
BASE = re.compile(r"(?:/(?:latest|supported|v2604|v2510))?/api(/.*)?")
OTHER_BASE = re.compile(r"/[^/]+/api(/.*)?")
REQUESTS_PER_SECOND = 60

type Endpoint = Callable[..., Response]

ROUTES: list[tuple[str, str, Endpoint]] = [
    ("GET", "/status", settings.status),
    ("GET", "/sessioninfo", settings.session),
    ("GET", "/company", settings.company),
    ("GET", "/company/usagesettings", settings.usage_settings),
    ("GET", "/company/deliveryterms", settings.delivery_terms),
    ("GET", "/company/invoicetemplates", settings.invoice_templates),
    ("GET", "/users", settings.users),
    ("GET", "/bankaccounts", settings.bank_accounts),
    ("GET", "/vats/default", settings.vats),
    ("GET", "/vats/settings", settings.vat_settings),
    ("GET", "/vats/country", settings.vats_of_country),
    ("GET", "/products", settings.products),
    ("POST", "/products", settings.create_product),
    ("GET", "/products/*", settings.read_products),
    ("GET", "/businesspartners", partners.find),
    ("POST", "/businesspartners", partners.create),
    ("GET", "/businesspartners/*", partners.read),
    ("PUT", "/businesspartners/*", partners.replace),
    ("PATCH", "/businesspartners/*", partners.patch),
    ("GET", "/invoices", invoices.find),
    ("POST", "/invoices", invoices.create),
    ("GET", "/invoices/*", invoices.read),
    ("PUT", "/invoices/*", invoices.replace),
    ("PUT", "/invoices/*/approve", invoices.approve),
    ("PUT", "/invoices/*/send", invoices.send),
    ("PUT", "/invoices/*/unfinished", invoices.reopen),
    ("PUT", "/invoices/*/invalidate", invoices.invalidate),
    ("PUT", "/invoices/*/notes", invoices.change_notes),
    ("PUT", "/invoices/*/paymentevents/markpaid", invoices.mark_paid),
    ("GET", "/invoices/*/paymentevents", invoices.payment_events),
    ("GET", "/invoices/*/transactions", invoices.transactions),
    ("POST", "/attachments", attachments.create),
    ("GET", "/attachments/*", attachments.read),
    ("PATCH", "/attachments/*", attachments.rename),
    ("DELETE", "/attachments/*", attachments.remove),
    ("GET", "/ledgerreceipts/*", ledger.read),
    ("PUT", "/ledgerreceipts/*", ledger.replace),
]
_PATTERNS = [
    (method, re.compile(path.replace("*", "([^/]+)")), endpoint)
    for method, path, endpoint in ROUTES
]


class ProcountorSandbox(Sandbox):
    title = "Procountor sandbox"
    token_path = "/oauth/token"  # noqa: S105 (an address)
    secret_fields = frozenset({"client_secret", "api_key", "code", "refresh_token"})
    fault_targets = (
        ("*", "*", "Any request"),
        ("POST", "/oauth/token", "Ask for a token"),
        ("GET", "/businesspartners*", "Search customers"),
        ("GET", "/invoices*", "Search and read invoices"),
        ("POST", "/invoices", "Create an invoice"),
        ("POST", "/attachments", "Attach a file"),
        ("PUT", "/invoices/*/approve", "Approve"),
        ("PUT", "/invoices/*/send", "Send"),
    )

    def __init__(self, folder: Path) -> None:
        self.token_seconds = auth.TOKEN_SECONDS
        self.rate_limit = auth.RateLimit(REQUESTS_PER_SECOND)
        super().__init__(
            folder,
            Pages(
                self.title,
                Path(__file__).parent / "html",
                filters="integrations.systems.procountor.sandbox.filters",
            ),
        )

    def keys(self, url: str) -> list[Key]:
        client_id, client_secret = client()
        return [
            Key("Interface", f"{url}/api"),
            Key("Client id", client_id),
            Key("Client secret", client_secret),
            *(Key("API key", company.api_key, company.name) for company in companies().values()),
        ]

    def documents(self) -> list[dict[str, str]]:
        found = []
        for invoice in self.store.newest("invoice", limit=-1):
            if invoice["status"] in ("INVALIDATED", "DELETED"):
                continue
            sums = invoice["invoiceSumInfo"][0]
            found.append(
                {
                    "number": invoice.get("originalInvoiceNumber") or str(invoice["invoiceNumber"]),
                    "marker": "",  # the interface has no field for one
                    "net": str(Decimal(str(sums["excludingVatTotal"])).quantize(CENT)),
                    "gross": str(Decimal(str(sums["invoiceSumTotal"])).quantize(CENT)),
                }
            )
        return found

    def erase(self, name: str) -> bool:
        for slug, company in companies().items():
            for one in self.store.find("invoice", slug):
                is_it = name in (str(one["id"]), str(one["invoiceNumber"]))
                if is_it and one["status"] in ("UNFINISHED", "NOT_SENT"):
                    context = Context(Call(Request("POST", "/"), ""), self.store, company)
                    with self.store.transaction():
                        invoices.invalidate(context, str(one["id"]))
                    return True
        return False

    def door(self) -> dict[str, Any]:
        client_id, client_secret = client()
        company = companies()["kuusi"]
        return {
            "credentials": {
                "client_id": client_id,
                "client_secret": client_secret,
                "api_key": company.api_key,
            },
            "settings": {"bank_account": company.bank_accounts[0]["iban"]},
            "customer": str(FIRST["partner"]),
        }

    def seed(self) -> None:
        with self.store.transaction():
            for company in companies().values():
                fill(self.store, company, next_version())

    def api_path(self, path: str) -> str | None:
        known = BASE.fullmatch(path)
        if known:
            return known[1] or "/"
        return "" if OTHER_BASE.fullmatch(path) else None

    def error(self, status: int, message: str, path: str = "") -> Response:
        return errors(status, [(path, message)])

    def dispatch(self, call: Call) -> Response:
        if not call.path:
            raise refused(HTTPStatus.NOT_FOUND, "This version is not available")
        if call.request.method == "GET" and call.request.body:
            # The gateway in front of the service does not let it through.
            raise Refused(Response(400, b"<html><h1>400 Bad Request</h1></html>", "text/html"))
        if call.path == self.token_path:
            if call.request.method != "POST":
                raise refused(HTTPStatus.METHOD_NOT_ALLOWED, "Method Not Allowed")
            self._check_rate(call.request.form().get("client_id", ""))
            return auth.issue(self.store, call, self.token_seconds)
        company = auth.company_of(self.store, call)
        self._check_rate(call.client)
        auth.check_rights(self.store, call)
        endpoint, arguments = self._endpoint(call)
        return endpoint(Context(call, self.store, company), *arguments)

    def _check_rate(self, client_id: str) -> None:
        if self.limits_rate and not self.rate_limit.allows(client_id):
            raise Refused(self.too_many(1))

    def _endpoint(self, call: Call) -> tuple[Endpoint, tuple[Any, ...]]:
        other = False
        for method, pattern, endpoint in _PATTERNS:
            match = pattern.fullmatch(call.path)
            if match and method == call.request.method:
                return endpoint, match.groups()
            other = other or match is not None
        if other:
            raise refused(HTTPStatus.METHOD_NOT_ALLOWED, "Method Not Allowed")
        raise refused(HTTPStatus.NOT_FOUND, "Not Found")

    def control(self, request: Request, name: str) -> Response | None:
        if request.method == "GET" and name == "invoices":
            return json_response({"invoices": self.store.newest("invoice", limit=-1)})
        done = re.fullmatch(
            r"invoices/(\w+)/(\d+)/(bounce|pay|invalidate|payments/\d+/remove)", name
        )
        if request.method != "POST" or not done or done[1] not in companies():
            return None
        context = Context(Call(request, ""), self.store, companies()[done[1]])
        try:
            with self.store.transaction():
                self._happen(context, done[2], done[3], request)
        except Refused as refused_:
            return refused_.response
        return see_other(f"/invoices/{done[1]}/{done[2]}")

    def _happen(self, context: Context, number: str, what: str, request: Request) -> None:
        """What nobody does over the interface: people there, banks and mail servers."""
        if what == "bounce":
            invoices.bounce(context, number)
        elif what == "invalidate":
            invoices.invalidate(context, number)
        elif what == "pay":
            form = request.form()
            try:
                amount = Decimal(form.get("amount", "")).quantize(CENT)
                day = date.fromisoformat(form.get("day") or date.today().isoformat())  # noqa: DTZ011
            except (ArithmeticError, ValueError):
                raise refused(400, "Write amount=12.50 and day=2026-11-20") from None
            invoices.receive(context, number, amount, day, form.get("text", ""))
        else:
            invoices.take_back(context, number, what.split("/")[1])

    def overview_context(self, request: Request) -> dict[str, Any]:
        return pages.overview_context(self, request)

    def page(self, request: Request) -> Response | None:
        if request.path == "/login":
            return pages.login(self, request)
        return pages.page(self, request)

    def submit(self, request: Request) -> Response | None:
        return pages.login(self, request) if request.path == "/login" else None
