"""The addresses of the interface and of the sandbox's own pages."""

import hmac
import re
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from integrations.sandbox.app import Call, Key, Refused, Sandbox
from integrations.sandbox.pages import Pages
from integrations.sandbox.web import Request, Response, json_response
from integrations.systems.sevdesk.sandbox import (
    contacts,
    credit_notes,
    invoices,
    pages,
    papers,
    registers,
)
from integrations.systems.sevdesk.sandbox.company import FIRST, Company, companies, fill
from integrations.systems.sevdesk.sandbox.context import (
    CENT,
    Context,
    Switches,
    error_body,
    now,
    refused,
)
from integrations.systems.sevdesk.sandbox.papers import CREDIT_NOTE, DRAFT, INVOICE, Kind

BASE = "/api/v1"
VERSIONS = ("default", *(f"1.{number}" for number in range(10)))

type Endpoint = Callable[..., Response]


def _of(kind: Kind) -> list[tuple[str, str, Endpoint]]:
    """What invoices and credit notes have in common."""
    verbs: list[tuple[str, str, Callable[..., Response]]] = [
        ("GET", "", papers.read),
        ("GET", "/getPositions", papers.read_positions),
        ("DELETE", "", papers.remove),
        ("PUT", "/sendBy", papers.send_by),
        ("POST", "/sendViaEmail", papers.send_by_email),
        ("GET", "/getPdf", papers.pdf),
        ("PUT", "/bookAmount", papers.book),
        ("PUT", "/resetToDraft", papers.reset_to_draft),
        ("PUT", "/resetToOpen", papers.reset_to_open),
        ("PUT", "/enshrine", papers.enshrine),
    ]
    return [
        (method, f"/{kind.name}/*{verb}", _with_kind(endpoint, kind))
        for method, verb, endpoint in verbs
    ]


def _with_kind(endpoint: Callable[..., Response], kind: Kind) -> Endpoint:
    return lambda context, number: endpoint(context, kind, number)


ROUTES: list[tuple[str, str, Endpoint]] = [
    ("GET", "/Tools/bookkeepingSystemVersion", registers.version),
    ("GET", "/SevClient", registers.client),
    ("GET", "/SevUser", registers.users),
    ("GET", "/StaticCountry", registers.countries),
    ("GET", "/Unity", registers.unities),
    ("GET", "/CheckAccount", registers.check_accounts),
    ("GET", "/PaymentMethod", registers.payment_methods),
    ("GET", "/TaxRule", registers.tax_rules),
    ("GET", "/Category", registers.categories),
    ("GET", "/CommunicationWayKey", registers.address_keys),
    ("GET", "/SevSequence/Factory/getByType", registers.sequence),
    ("GET", "/Contact/Mapper/checkCustomerNumberAvailability", contacts.is_number_free),
    ("GET", "/Contact/Factory/getNextCustomerNumber", contacts.next_number),
    ("GET", "/Contact", contacts.find),
    ("POST", "/Contact", contacts.create),
    ("GET", "/Contact/*", contacts.read),
    ("PUT", "/Contact/*", contacts.change),
    ("DELETE", "/Contact/*", contacts.remove),
    ("GET", "/ContactAddress", contacts.find_addresses),
    ("POST", "/ContactAddress", contacts.create_address),
    ("GET", "/CommunicationWay", contacts.find_ways),
    ("POST", "/CommunicationWay", contacts.create_way),
    ("PUT", "/CommunicationWay/*", contacts.change_way),
    ("POST", "/Voucher/Factory/uploadTempFile", papers.upload),
    ("GET", "/Invoice", invoices.find),
    ("POST", "/Invoice/Factory/saveInvoice", invoices.save),
    ("POST", "/Invoice/*/cancelInvoice", invoices.cancel),
    ("GET", "/CreditNote", credit_notes.find),
    ("POST", "/CreditNote/Factory/saveCreditNote", credit_notes.save),
    ("POST", "/CreditNote/Factory/createFromInvoice", credit_notes.from_invoice),
    ("PUT", "/CreditNote/*", credit_notes.change),
    *_of(INVOICE),
    *_of(CREDIT_NOTE),
]
_PATTERNS = [
    (method, re.compile(path.replace("*", "([^/]+)")), endpoint)
    for method, path, endpoint in ROUTES
]


class SevdeskSandbox(Sandbox):
    title = "sevDesk sandbox"
    token_path = ""  # a token is pasted; none is asked for
    fault_targets = (
        ("*", "*", "Any request"),
        ("GET", "/Contact*", "Search customers"),
        ("GET", "/Invoice*", "Search and read invoices"),
        ("POST", "/Invoice/Factory/saveInvoice", "Save an invoice"),
        ("POST", "/CreditNote/Factory/saveCreditNote", "Save a credit note"),
        ("PUT", "/Invoice/*/sendBy", "Open"),
        ("POST", "/Invoice/*/sendViaEmail", "Send by e-mail"),
    )

    def __init__(self, folder: Path) -> None:
        self.switches = Switches()
        # Companies are moved to the new bookkeeping, and nobody tells their programs.
        self.versions: dict[str, str] = {}
        # Tokens that were replaced by a new one.
        self.withdrawn: set[str] = set()
        super().__init__(
            folder,
            Pages(
                self.title,
                Path(__file__).parent / "html",
                filters="integrations.systems.sevdesk.sandbox.filters",
            ),
        )

    def keys(self, url: str) -> list[Key]:
        keys = [Key("Interface", f"{url}{BASE}")]
        for one in companies().values():
            note = f"{one.name}, bookkeeping {self.versions.get(one.slug, one.version)}"
            small = ", small business" if one.is_small else ""
            keys.append(Key("Token", one.token, note + small))
        return keys

    def documents(self) -> list[dict[str, str]]:
        found = []
        for kind, sign in ((INVOICE, 1), (CREDIT_NOTE, -1)):
            for one in self.store.newest(kind.name, limit=-1):
                found.append(
                    {
                        "number": one[kind.number] or "",
                        "marker": one.get("customerInternalNote") or "",
                        "net": str((sign * Decimal(one["sumNet"])).quantize(CENT)),
                        "gross": str((sign * Decimal(one["sumGross"])).quantize(CENT)),
                    }
                )
        return found

    def erase(self, name: str) -> bool:
        for kind in (INVOICE, CREDIT_NOTE):
            for slug, company in companies().items():
                for one in self.store.find(kind.name, slug):
                    if name in (str(one["id"]), one[kind.number]) and one["status"] == DRAFT:
                        context = self.context(Call(Request("POST", "/"), ""), company)
                        with self.store.transaction():
                            papers.erase(context, kind, one)
                        return True
        return False

    def door(self) -> dict[str, Any]:
        return {
            "credentials": {"token": companies()["nordlicht"].token},
            "settings": {"until": "open"},
            "customer": str(FIRST["Contact"]),
            "percent": "19",
        }

    def seed(self) -> None:
        self.switches, self.versions, self.withdrawn = Switches(), {}, set()
        with self.store.transaction():
            for company in companies().values():
                fill(self.store, company, now())

    def api_path(self, path: str) -> str | None:
        return (path.removeprefix(BASE) or "/") if path.startswith(f"{BASE}/") else None

    def error(self, status: int, message: str, path: str = "") -> Response:
        text = f"{path}: {message}" if path else message
        return json_response(error_body(text), status)

    def dispatch(self, call: Call) -> Response:
        company = self._company_of(call)
        version = call.request.header("X-Version") or "default"
        if version not in VERSIONS:
            raise refused(400, f"Version {version} is unknown; known are {', '.join(VERSIONS)}")
        endpoint, arguments = self._endpoint(call)
        return endpoint(self.context(call, company), *arguments)

    def context(self, call: Call, company: Company) -> Context:
        version = self.versions.get(company.slug, company.version)
        return Context(call, self.store, company, self.switches, version)

    def _company_of(self, call: Call) -> Company:
        """The bare token; a word before it makes it another one."""
        given = call.request.header("Authorization")
        for company in companies().values():
            if company.token not in self.withdrawn and hmac.compare_digest(
                company.token.encode(), given.encode()
            ):
                call.company = company.slug
                return company
        if self.switches.plain_401:
            raise Refused(Response(401, b"Authentication required", "text/plain"))
        raise refused(HTTPStatus.UNAUTHORIZED, "Authentication required")

    def _endpoint(self, call: Call) -> tuple[Endpoint, tuple[Any, ...]]:
        for method, pattern, endpoint in _PATTERNS:
            match = pattern.fullmatch(call.path)
            if match and method == call.request.method:
                return endpoint, match.groups()
        raise refused(HTTPStatus.NOT_FOUND, "Not Found")

    def _shown_headers(self, request: Request) -> list[list[str]]:
        return [
            [name, "···" if name.lower() == "authorization" else value]
            for name, value in request.headers.items()
        ]

    # Controls, pages.

    def control(self, request: Request, name: str) -> Response | None:
        if name == "switches":
            if request.method == "POST":
                self._set(request.json())
            return json_response({**asdict(self.switches), "versions": self.versions})
        return None

    def _set(self, given: Any) -> None:
        known = {one.name for one in fields(Switches)}
        if not isinstance(given, dict):
            return
        versions = given.pop("versions", {})
        self.versions |= {str(slug): str(version) for slug, version in dict(versions).items()}
        changes = {name: value for name, value in given.items() if name in known}
        if "refused_rules" in changes:
            changes["refused_rules"] = tuple(map(str, changes["refused_rules"]))
        self.switches = replace(self.switches, **changes)

    def overview_context(self, request: Request) -> dict[str, Any]:
        return pages.overview_context(self, request)

    def page(self, request: Request) -> Response | None:
        return pages.page(self, request)

    def submit(self, request: Request) -> Response | None:
        return pages.submit(self, request, partial(self.context, Call(request, "")))
