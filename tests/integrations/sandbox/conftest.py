import copy
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from integrations.sandbox.web import SandboxServer
from integrations.systems.procountor.sandbox import create
from integrations.systems.procountor.sandbox.server import ProcountorSandbox

# The smallest body the documentation says is accepted.
SMALLEST: dict[str, Any] = {
    "type": "SALES_INVOICE",
    "status": "UNFINISHED",
    "date": "2026-11-20",
    "counterParty": {"counterPartyAddress": {"name": "Esimerkki Oy"}},
    "paymentInfo": {
        "paymentMethod": "BANK_TRANSFER",
        "currency": "EUR",
        "bankAccount": {"accountNumber": "FI3715903000000776"},
        "dueDate": "2026-12-04",
        "currencyRate": 1,
    },
    "extraInfo": {"accountingByRow": True, "unitPricesIncludeVat": False},
    "discountPercent": 0,
    "invoiceRows": [
        {
            "product": "Consulting",
            "quantity": 2.5,
            "unit": "HOUR",
            "unitPrice": 100,
            "discountPercent": 0,
            "vatPercent": 25.5,
        }
    ],
    "vatStatus": 1,
    "invoiceChannel": "NO_SENDING",
    "language": "FINNISH",
}


class Remote:
    """A client of the sandbox that trusts nothing of it but HTTP."""

    def __init__(self, url: str, api_key: str = "kuusi-api-key") -> None:
        self.url = url
        self.session = requests.Session()
        self.api_key = api_key
        self.token = ""

    def ask_token(self, **changes: str) -> requests.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": "laskuri",
            "client_secret": "laskuri-sandbox",
            "api_key": self.api_key,
        } | changes
        return self.session.post(f"{self.url}/api/oauth/token", data=form, timeout=5)

    def sign_in(self) -> "Remote":
        self.token = self.ask_token().json()["access_token"]
        return self

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        options.setdefault("timeout", 5)
        return self.session.request(method, f"{self.url}/api{path}", headers=headers, **options)

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.call("GET", path, params=query)

    def create(self, **changes: Any) -> dict[str, Any]:
        answer = self.call("POST", "/invoices", json=invoice(**changes))
        assert answer.status_code == 200, answer.text
        created: dict[str, Any] = answer.json()
        return created

    def approve(self, number: int) -> requests.Response:
        return self.call("PUT", f"/invoices/{number}/approve", json={"comment": ""})

    def send(self, number: int) -> requests.Response:
        return self.call("PUT", f"/invoices/{number}/send")

    def status(self, number: int) -> str:
        return str(self.get(f"/invoices/{number}").json()["status"])

    def attach(
        self, number: int, content: bytes = b"%PDF-1.7 content", **meta: Any
    ) -> requests.Response:
        meta = {
            "name": "invoice.pdf",
            "referenceType": "INVOICE",
            "referenceId": number,
            "sendWithInvoice": True,
        } | meta
        files = {
            "meta": (None, json.dumps(meta), "application/json"),
            "file": ("invoice.pdf", content, "application/pdf"),
        }
        return self.call("POST", "/attachments", files=files)

    def count(self) -> int:
        return len(self.control("GET", "/_sandbox/invoices").json()["invoices"])

    def control(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, f"{self.url}{path}", timeout=5, **options)

    def wait_for_fault(self, label: str) -> None:
        """Until the log shows a request that met it: the client gave up earlier."""
        for _ in range(200):
            if label in self.control("GET", "/requests").text:
                return
            time.sleep(0.05)
        raise AssertionError(f"no request met “{label}”")

    def break_it(self, kind: str, **fields: Any) -> None:
        answer = self.control("POST", "/_sandbox/faults", json={"kind": kind, **fields})
        assert answer.status_code == 201, answer.text


def invoice(**changes: Any) -> dict[str, Any]:
    """The smallest body; `paymentInfo__currency` names a field inside, None takes it away."""
    body = copy.deepcopy(SMALLEST)
    for path, value in changes.items():
        *parents, name = path.split("__")
        inner: Any = body
        for parent in parents:
            inner = inner[int(parent)] if parent.isdecimal() else inner.setdefault(parent, {})
        if value is None:
            del inner[name]
        else:
            inner[name] = value
    return body


def errors_of(answer: requests.Response, status: int = 400) -> list[tuple[str, str]]:
    assert answer.status_code == status, answer.text
    found = answer.json()["errors"]
    assert {entry["status"] for entry in found} == {status}
    return [(entry.get("field", ""), entry["message"]) for entry in found]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[ProcountorSandbox]:
    program = create(tmp_path / "data")
    yield program
    program.close()


@pytest.fixture
def server(program: ProcountorSandbox) -> Iterator[SandboxServer]:
    with SandboxServer(program, 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def remote(server: SandboxServer) -> Remote:
    return Remote(server.url).sign_in()
