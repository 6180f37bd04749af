"""Netvisor's sandbox for its tests, and a client of its own that signs by itself."""

import hashlib
import hmac
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import requests

from integrations.models import Connection, Export, ProductMapping
from integrations.systems.netvisor.adapter import QUIET
from integrations.systems.netvisor.sandbox.company import COMPANIES, PARTNER_ID, PARTNER_KEY
from integrations.systems.netvisor.sandbox.server import NetvisorSandbox

KUUSI = COMPANIES["kuusi"]
JARVIKANSA, CONSULTING = "1000", "2000"
SETTINGS = {"organisation": KUUSI.business_id, "status": "open"}
CREDENTIALS = {
    "customer_id": KUUSI.customer_id,
    "customer_key": KUUSI.customer_key,
    "partner_id": PARTNER_ID,
    "partner_key": PARTNER_KEY,
}


def connect(**settings: str) -> Connection:
    """A connection with a default product."""
    made = Connection(
        system="netvisor",
        name="Netvisor",
        environment="sandbox",
        settings={**SETTINGS, **settings},
    )
    made.credentials = CREDENTIALS
    made.save()
    ProductMapping.objects.create(connection=made, remote_id=CONSULTING, remote_name="Konsultointi")
    return made


def stored(sandbox: NetvisorSandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.store.find("invoice", "kuusi", [], order="id")
    return found


def fault(sandbox: NetvisorSandbox, kind: str, method: str, path: str, **more: Any) -> None:
    sandbox.faults.add({"kind": kind, "method": method, "path": path, "seconds": 1, **more})


def requests_to(sandbox: NetvisorSandbox, method: str, path: str) -> int:
    kept = sandbox.store.requests(limit=500)
    return sum(1 for one in kept if one["method"] == method and one["path"].endswith(path))


def later(export: Export) -> None:
    """As if the last request were made long ago."""
    for step in export.steps.filter(done_at=None):
        step.begun_at -= QUIET
        step.save()


class Signer:
    """Asks as the documentation says, in code that is neither the adapter's nor the sandbox's."""

    def __init__(self, url: str) -> None:
        self.url = url

    def headers(self, url: str, **changes: str) -> dict[str, str]:
        now = datetime.now(UTC)
        fields = {
            "Sender": "Test",
            "CustomerId": KUUSI.customer_id,
            "PartnerId": PARTNER_ID,
            "Timestamp": now.strftime("%Y-%m-%d %H:%M:%S.000"),
            "TimestampUnix": str(int(time.time())),
            "TransactionId": uuid.uuid4().hex,
            "Language": "EN",
            "Organisation": KUUSI.business_id,
            "MACHashCalculationAlgorithm": "HMACSHA256",
            "UseHTTPResponseStatusCodes": "1",
            "CustomerKey": KUUSI.customer_key,
            "PartnerKey": PARTNER_KEY,
            **changes,
        }
        names = (
            "Sender", "CustomerId", "Timestamp", "Language", "Organisation", "TransactionId",
            "TimestampUnix", "CustomerKey", "PartnerKey",
        )  # fmt: skip
        text = "&".join([url, *(fields[name] for name in names)])
        key = fields["CustomerKey"] + "&" + fields["PartnerKey"]
        mac = fields.get("MAC") or hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
        sent = ("Sender", "CustomerId", "PartnerId", "Timestamp", "TimestampUnix",
                "TransactionId", "MACHashCalculationAlgorithm",
                "UseHTTPResponseStatusCodes")  # fmt: skip
        headers = {f"X-Netvisor-Authentication-{name}": fields[name] for name in sent}
        headers["X-Netvisor-Interface-Language"] = fields["Language"]
        headers["X-Netvisor-Organisation-ID"] = fields["Organisation"]
        headers["X-Netvisor-Authentication-MAC"] = mac
        return {name: value for name, value in headers.items() if value}

    def get(self, path: str, **changes: str) -> requests.Response:
        url = f"{self.url}/{path}"
        return requests.get(url, headers=self.headers(url, **changes), timeout=10)

    def post(
        self, path: str, body: str | bytes, *, kind: str = "text/xml; charset=utf-8", **changes: str
    ) -> requests.Response:
        url = f"{self.url}/{path}"
        content = body.encode() if isinstance(body, str) else body
        return requests.post(
            url,
            data=content,
            headers={**self.headers(url, **changes), "Content-Type": kind},
            timeout=10,
        )
