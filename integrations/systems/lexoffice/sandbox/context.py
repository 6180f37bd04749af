"""What one call works with, and the shapes of answers and refusals."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from integrations.sandbox.app import Call, Refused
from integrations.sandbox.store import Document, Store
from integrations.sandbox.web import Response, UnreadableBody, json_response
from integrations.systems.lexoffice.sandbox.organisations import Organisation

BERLIN = ZoneInfo("Europe/Berlin")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|[+-]\d\d:\d\d)")
MOST_ROWS = 10_000
LARGEST_PAGE = 250


@dataclass
class Context:
    call: Call
    store: Store
    organisation: Organisation
    scopes: frozenset[str] | None = None  # of a key: all
    connection: str = ""
    # What a stale version of a contact is answered with: documented is 409, measured 406.
    stale_status: int = 406
    events: list[tuple[str, str]] = field(default_factory=list)

    @property
    def slug(self) -> str:
        return self.organisation.slug

    def one(self, name: str) -> str:
        values = self.call.request.query.get(name)
        return values[-1] if values else ""

    def needs(self, scope: str) -> None:
        if self.scopes is not None and scope not in self.scopes:
            raise Refused(json_response({"message": "Forbidden"}, 403))

    def body(self) -> dict[str, Any]:
        if self.call.request.content_type != "application/json":
            raise refused(415, "Unsupported Media Type", self.call.path)
        try:
            data = self.call.request.json()
        except UnreadableBody:
            raise refused(400, "JSON parse error", self.call.path) from None
        if not isinstance(data, dict):
            raise refused(400, "JSON parse error", self.call.path)
        return data

    def find(self, kind: str, uuid: str) -> Document | None:
        found = self.store.find(kind, self.slug, [("json_extract(body, '$.uuid') = ?", uuid)])
        return found[0] if found else None

    def get(self, kind: str, uuid: str) -> Document:
        try:
            UUID(uuid)
        except ValueError:
            raise refused(400, "Invalid id", self.call.path) from None
        found = self.find(kind, uuid)
        if found is None:
            raise refused(404, "Requested resource not found", self.call.path)
        self.call.documents.append(found["id"])
        return found

    def tell(self, event: str, uuid: str) -> None:
        """Subscribers hear of it once this call is through."""
        self.events.append((event, uuid))


@dataclass
class Findings:
    details: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, violation: str, path: str, message: str) -> None:
        self.details.append((violation, path, message))

    def conclude(self, context: Context) -> None:
        if self.details:
            raise Refused(validation(context.call.path, self.details))


def now() -> str:
    return datetime.now(BERLIN).isoformat(timespec="milliseconds")


def error(
    status: int, message: str, path: str, details: list[dict[str, str]] | None = None
) -> Response:
    names = {400: "Bad Request", 404: "Not Found", 406: "Not Acceptable", 409: "Conflict"}
    body: dict[str, Any] = {
        "timestamp": now(),
        "status": status,
        "error": names.get(status, message),
        "path": f"/v1{path}",
        "traceId": uuid4().hex[:12],
        "message": message,
    }
    if details:
        body["details"] = details
    return json_response(body, status)


def validation(path: str, found: Iterable[tuple[str, str, str]]) -> Response:
    return error(
        406,
        "Validation failed, see details",
        path,
        [
            {"violation": violation, "field": name, "message": message}
            for violation, name, message in found
        ],
    )


def refused(status: int, message: str, path: str) -> Refused:
    return Refused(error(status, message, path))


def issues(found: Iterable[tuple[str, str]], status: int = 406) -> Refused:
    """The older shape: source and key."""
    return Refused(
        json_response(
            {
                "requestId": uuid4().hex,
                "IssueList": [
                    {
                        "i18nKey": key,
                        "source": source,
                        "type": "validation_failure",
                        "additionalData": None,
                        "args": None,
                    }
                    for source, key in found
                ],
            },
            status,
        )
    )


def done(context: Context, document: Document, status: int, resource: str) -> Response:
    host = context.call.request.header("Host")
    uri = f"http://{host}/v1/{resource}/{document['uuid']}"
    return json_response(
        {
            "id": document["uuid"],
            "resourceUri": uri,
            "createdDate": document["created"],
            "updatedDate": document.get("updated", document["created"]),
            "version": document["version"],
        },
        status,
        {"Location": uri} if status == 201 else {},
    )


def page_of(context: Context, rows: Sequence[Mapping[str, Any]]) -> Response:
    number, size = _number(context, "page", 0), _number(context, "size", 25)
    if not 1 <= size <= LARGEST_PAGE:
        raise refused(400, "Invalid page size", context.call.path)
    if number * size + size > MOST_ROWS:
        raise refused(400, "Maximum search window size exceeded", context.call.path)
    shown = rows[number * size : number * size + size]
    pages = -(-len(rows) // size)
    return json_response(
        {
            "content": shown,
            "first": number == 0,
            "last": number >= pages - 1,
            "totalPages": pages,
            "totalElements": len(rows),
            "numberOfElements": len(shown),
            "size": size,
            "number": number,
            "sort": [],
        }
    )


def _number(context: Context, name: str, usual: int) -> int:
    text = context.one(name)
    if not text:
        return usual
    if not text.isdecimal() or len(text) > 6:
        raise refused(400, f"Invalid {name}", context.call.path)
    return int(text)


def moment(text: Any) -> datetime | None:
    """Exactly `yyyy-MM-ddTHH:mm:ss.SSSXXX`, or None."""
    if not isinstance(text, str) or not MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None


def is_amount(value: Any, places: int) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return False
    exponent = Decimal(value).normalize().as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -places
