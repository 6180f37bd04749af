"""Event subscriptions: callers are told of what happened, signed, and told again when they fail."""

import base64
import json
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from integrations.sandbox.app import Refused
from integrations.sandbox.store import Store
from integrations.sandbox.web import Response, json_response
from integrations.systems.lexoffice.sandbox.context import Context, now, refused, validation

RESOURCES = [
    "contact",
    "invoice",
    "credit-note",
    "voucher",
    "quotation",
    "order-confirmation",
    "delivery-note",
    "down-payment-invoice",
    "dunning",
    "recurring-template",
    "article",
]
EVENTS = {
    *(f"{name}.{what}" for name in RESOURCES for what in ("created", "changed", "deleted")),
    *(
        f"{name}.status.changed"
        for name in RESOURCES
        if name not in ("contact", "article", "dunning", "recurring-template")
    ),
    "payment.changed",
    "token.revoked",
}
AGAIN = {401, 403, 404, 429}
SECONDS = 5


class Signer:
    """A key of its own, made at the first start and kept with the data."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "signing_key.pem"
        if not file.exists():
            made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            file.write_bytes(
                made.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
            file.chmod(0o600)
        key = serialization.load_pem_private_key(file.read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        self._key = key
        self.public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.public_file = folder / "public_key.pub"
        # Others read it as they start: it is never empty for a moment.
        if not self.public_file.exists() or self.public_file.read_bytes() != self.public:
            self.public_file.write_bytes(self.public)

    def sign(self, body: bytes) -> str:
        return base64.b64encode(self._key.sign(body, padding.PKCS1v15(), hashes.SHA512())).decode()


def create(context: Context) -> Response:
    body = context.body()
    event, url = str(body.get("eventType") or ""), str(body.get("callbackUrl") or "")
    if event not in EVENTS:
        raise Refused(validation(context.call.path, [("INVALID", "eventType", "unbekannt")]))
    for one in context.store.find("subscription", context.slug):
        if (one["eventType"], one["callbackUrl"], one["connection"]) == (
            event,
            url,
            context.connection,
        ):
            raise refused(409, "Subscription exists", context.call.path)
    if not _answers_head(url):
        raise Refused(
            validation(context.call.path, [("INVALID", "callbackUrl", "antwortet nicht")])
        )
    stored = {
        "id": context.store.next_number("subscription", context.slug, 1),
        "uuid": str(uuid4()),
        "created": now(),
        "eventType": event,
        "callbackUrl": url,
        "connection": context.connection,
    }
    context.store.put("subscription", context.slug, stored)
    return json_response(
        {
            "id": stored["uuid"],
            "resourceUri": f"/v1/event-subscriptions/{stored['uuid']}",
            "createdDate": stored["created"],
            "updatedDate": stored["created"],
            "version": 0,
        },
        201,
    )


def find(context: Context) -> Response:
    return json_response(
        {
            "content": [
                {
                    "subscriptionId": one["uuid"],
                    "organizationId": context.organisation.uuid,
                    "createdDate": one["created"],
                    "eventType": one["eventType"],
                    "callbackUrl": one["callbackUrl"],
                }
                for one in context.store.find("subscription", context.slug, order="id")
                if one["connection"] == context.connection
            ]
        }
    )


def remove(context: Context, uuid: str) -> Response:
    found = context.find("subscription", uuid)
    if found is None or found["connection"] != context.connection:
        raise refused(404, "Requested resource not found", context.call.path)
    context.store.remove("subscription", context.slug, found["id"])
    return Response(204)


def _is_local(url: str) -> bool:
    """Nothing leaves this machine."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and parts.hostname in ("127.0.0.1", "localhost")


def _answers_head(url: str) -> bool:
    if not _is_local(url):
        return False
    try:
        request = urllib.request.Request(url, method="HEAD")  # noqa: S310 (_is_local)
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 (_is_local)
            return bool(200 <= answer.status < 300)
    except (OSError, ValueError):
        return False


class Teller:
    """Calls subscribers from a thread; `pauses` between the tries can be shortened."""

    def __init__(self, store: Store, signer: Signer) -> None:
        self.store = store
        self.signer = signer
        self.pauses: tuple[float, ...] = (10, 20, 40, 80, 160)
        self.stopping = threading.Event()
        self.threads: list[threading.Thread] = []

    def tell(self, slug: str, organisation: str, event: str, resource: str) -> None:
        urls = [
            (one["id"], one["callbackUrl"])
            for one in self.store.find("subscription", slug, order="id")
            if one["eventType"] == event
        ]
        body = json.dumps(
            {
                "organizationId": organisation,
                "eventType": event,
                "resourceId": resource,
                "eventDate": now(),
            },
            separators=(",", ":"),
        ).encode()
        for number, url in urls:
            thread = threading.Thread(
                target=self._deliver, args=(slug, number, url, body), daemon=True
            )
            self.threads.append(thread)
            thread.start()

    def _deliver(self, slug: str, subscription: int, url: str, body: bytes) -> None:
        status = 0
        for pause in (0.0, *self.pauses):
            if self.stopping.wait(pause):
                return
            status = self.post(url, body, self.signer.sign(body))
            self._note(slug, url, body, status)
            if status == 410:
                break
            if status and status < 500 and status not in AGAIN:
                return
        if status in (0, 404, 410):
            self.store.remove("subscription", slug, subscription)

    def post(self, url: str, body: bytes, signature: str) -> int:
        request = urllib.request.Request(  # noqa: S310 (_is_local)
            url,
            data=body,
            headers={"Content-Type": "application/json", "X-Lxo-Signature": signature},
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 (_is_local)
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def _note(self, slug: str, url: str, body: bytes, status: int) -> None:
        data: dict[str, Any] = json.loads(body)
        self.store.put(
            "delivery",
            slug,
            {
                "id": self.store.next_number("delivery", slug, 1),
                "created": now(),
                "url": url,
                "event": data["eventType"],
                "resource": data["resourceId"],
                "status": status,
            },
        )
