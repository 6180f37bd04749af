"""Events that Lexware Office tells of, signed with its key. Section 9 of the contract."""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from integrations.ports import BadSignature, Event, Heard, RemoteEvent
from integrations.systems.lexoffice.client import Client, Refused, text_of
from integrations.systems.lexoffice.mapping import pairs

SIGNATURE = "x-lxo-signature"
DOCUMENTS = (
    "payment.changed",
    "invoice.status.changed",
    "invoice.changed",
    "invoice.deleted",
    "credit-note.status.changed",
    "credit-note.deleted",
    "voucher.status.changed",
    "voucher.deleted",
)
KINDS = {
    **dict.fromkeys(DOCUMENTS, Event.DOCUMENT),
    "contact.changed": Event.PARTNER,
    "token.revoked": Event.REVOKED,
}


def read_event(heard: Heard) -> RemoteEvent | None:
    """What happened, or None where it is no concern of ours. Raises BadSignature.

    There is no id of a delivery: kind, resource and moment tell one from the next.
    """
    _check_signature(heard.headers.get(SIGNATURE, ""), heard.body, heard.keys)
    try:
        data: Any = json.loads(heard.body)
    except ValueError:
        return None
    names = ("organizationId", "eventType", "resourceId", "eventDate")
    if not isinstance(data, dict) or not all(isinstance(data.get(name), str) for name in names):
        return None
    kind = KINDS.get(data["eventType"])
    if kind is None or data["organizationId"] != pairs(heard.lists, "organisation").get("id"):
        return None
    told = "\n".join(data[name] for name in names)
    return RemoteEvent(
        kind=kind,
        remote_id=data["resourceId"],
        key=hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest(),
    )


def _check_signature(signature: str, body: bytes, keys: Sequence[str]) -> None:
    """RSA with SHA-512 over the bytes; or over the JSON without blanks, should a proxy have
    written it anew. Several keys, so that one can take over from the other."""
    try:
        signed = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature from None
    for text in _texts(body):
        for key in keys:
            if _is_signed(key, signed, text):
                return
    raise BadSignature


def _texts(body: bytes) -> Iterable[bytes]:
    yield body
    try:
        compact = json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False)
        yield compact.encode()
    except (ValueError, RecursionError):
        return


def _is_signed(key: str, signature: bytes, text: bytes) -> bool:
    public = load_pem_public_key(key.encode())
    assert isinstance(public, rsa.RSAPublicKey)
    try:
        public.verify(signature, text, padding.PKCS1v15(), hashes.SHA512())
    except InvalidSignature:
        return False
    return True


def subscribe(client: Client, url: str) -> list[str]:
    """One subscription for each kind of event; those made before a refusal are taken back."""
    made: list[str] = []
    try:
        for kind in KINDS:
            done = client.write(
                "POST", "/event-subscriptions", {"eventType": kind, "callbackUrl": url}
            )
            made.append(text_of(done, "id"))
    except Exception:
        unsubscribe(client, made)
        raise
    return made


def unsubscribe(client: Client, ids: Iterable[str]) -> None:
    for one in ids:
        try:
            client.remove(f"/event-subscriptions/{one}")
        except Refused as refused:
            if refused.status != 404:  # they delete those that did not answer
                raise
