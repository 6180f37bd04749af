"""Who asks, and proof of it: the headers of one request. Section 2 of Netvisor's contract."""

import hashlib
import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from integrations.systems.netvisor.assumptions import SENDER

PREFIX = "X-Netvisor-Authentication-"


@dataclass(frozen=True)
class Keys:
    customer_id: str
    partner_id: str
    organisation: str
    customer_key: str = field(repr=False)
    partner_key: str = field(repr=False)

    @classmethod
    def of(cls, credentials: Mapping[str, str], organisation: str) -> "Keys":
        return cls(
            credentials.get("customer_id", ""),
            credentials.get("partner_id", ""),
            organisation,
            credentials.get("customer_key", ""),
            credentials.get("partner_key", ""),
        )


def message(
    keys: Keys,
    url: str,
    *,
    sender: str,
    timestamp: str,
    language: str,
    transaction_id: str,
    unix: str = "",
) -> str:
    """What is signed: `url` whole, as it goes over the line. No body, and no partner id."""
    parts = [url, sender, keys.customer_id, timestamp, language, keys.organisation, transaction_id]
    if unix:
        parts.append(unix)
    return "&".join([*parts, keys.customer_key, keys.partner_key])


def signature(keys: Keys, text: str) -> str:
    key = f"{keys.customer_key}&{keys.partner_key}"
    return hmac.new(
        key.encode("iso-8859-15", "replace"), text.encode("iso-8859-15", "replace"), hashlib.sha256
    ).hexdigest()


def headers(
    keys: Keys, url: str, *, language: str, now: datetime | None = None, transaction_id: str = ""
) -> dict[str, str]:
    """Of one request: each has a transaction id of its own, a repeated one too."""
    now = now or datetime.now(UTC)
    transaction_id = transaction_id or str(uuid.uuid4())
    timestamp = f"{now.astimezone(UTC):%Y-%m-%d %H:%M:%S}.{now.microsecond // 1000:03}"
    unix = str(int(now.timestamp()))
    signed = message(
        keys,
        url,
        sender=SENDER,
        timestamp=timestamp,
        language=language,
        transaction_id=transaction_id,
        unix=unix,
    )
    return {
        f"{PREFIX}Sender": SENDER,
        f"{PREFIX}CustomerId": keys.customer_id,
        f"{PREFIX}PartnerId": keys.partner_id,
        f"{PREFIX}Timestamp": timestamp,
        f"{PREFIX}TimestampUnix": unix,
        f"{PREFIX}TransactionId": transaction_id,
        "X-Netvisor-Interface-Language": language,
        "X-Netvisor-Organisation-ID": keys.organisation,
        f"{PREFIX}MACHashCalculationAlgorithm": "HMACSHA256",
        f"{PREFIX}UseHTTPResponseStatusCodes": "1",
        f"{PREFIX}MAC": signature(keys, signed),
    }
