"""The shapes of answers: what Netvisor really writes, oddities included."""

from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from integrations.sandbox.app import Refused
from integrations.sandbox.web import Response

HELSINKI = ZoneInfo("Europe/Helsinki")
# It is XML all the same.
KIND = "text/html; charset=utf-8"
HTTP = {
    "AUTHENTICATION_FAILED": 401,
    "SERVICE_ACCESS_ERROR": 403,
    "INVALID_DATA": 400,
    "INVALID_DATA_SIZE": 400,
    "PERIOD_LOCK": 400,
    "DUPLICATE_DATA": 409,
    "REQUEST_NOT_UNIQUE": 409,
    "SYSTEM_MAINTENANCE": 503,
    "TECHNICAL_ERROR": 500,
}
CATEGORIES = {400: "INVALID_DATA", 401: "AUTHENTICATION_FAILED", 403: "SERVICE_ACCESS_ERROR",
              409: "DUPLICATE_DATA", 503: "SYSTEM_MAINTENANCE"}  # fmt: skip
WRONG = "Data form incorrect:. "
MALFORMED = f"{WRONG}XML message validation failed: Could not validate xml"


def moment() -> str:
    """Local and not padded: 5.3.2026 9:07:01"""
    now = datetime.now(HELSINKI)
    return f"{now.day}.{now.month}.{now.year} {now.hour}:{now:%M:%S}"


def element(name: str, content: Any = "", **attributes: str) -> str:
    """Text is escaped; a tuple or list holds elements that are written already."""
    more = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    inside = "".join(content) if isinstance(content, (list, tuple)) else escape(str(content))
    return f"<{name}{more}>{inside}</{name}>" if inside else f"<{name}{more} />"


def _root(*parts: str) -> bytes:
    head = '<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n'
    return (head + element("Root", parts)).encode()


def ok(*parts: str) -> Response:
    status = element("ResponseStatus", (element("Status", "OK"), element("TimeStamp", moment())))
    return Response(200, _root(status, *parts), KIND)


def inserted(number: int) -> Response:
    return ok(element("Replies", (element("InsertedDataIdentifier", number),)))


def failed(category: str, text: str, http: int | None = None) -> Response:
    status = element(
        "ResponseStatus",
        (
            element("Status", "FAILED"),
            element("Status", f"{category} :: {text}"),
            element("TimeStamp", moment()),
        ),
    )
    return Response(HTTP.get(category, 400) if http is None else http, _root(status), KIND)


def refused(text: str, category: str = "INVALID_DATA") -> Refused:
    return Refused(failed(category, text))


def wrong(text: str) -> Refused:
    return refused(WRONG + text)


def malformed(where: str) -> Refused:
    """The service does not say where; the log of the sandbox does."""
    return refused(f"{MALFORMED} ({where})")
