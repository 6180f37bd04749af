"""What one call works with, and the shapes of answers that all of them share."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.app import Call, Refused
from integrations.sandbox.store import Document, Store
from integrations.sandbox.web import Response, UnreadableBody, json_response
from integrations.systems.sevdesk.sandbox.company import FIRST, Company

BERLIN = ZoneInfo("Europe/Berlin")
MOST_ROWS, USUAL_ROWS = 1000, 100
MOST_DIGITS = 15
# The one number that is not written as text.
NUMBERS = frozenset({"paidAmount"})
CENT = Decimal("0.01")


@dataclass
class Switches:
    """How this sandbox behaves where the real service is known to differ from itself."""

    unwrapped: bool = False  # actions answer without `objects`
    cancel_gives_credit_note: bool = False
    refuses_duplicates: bool = False
    rounds_per_position: bool = False
    plain_401: bool = False
    ignores_note_filter: bool = False
    # The documentation has `filename` for invoices only, and unknown fields are ignored.
    credit_notes_take_files: bool = False
    # Tax rules that the company's tax profile refuses once a draft is opened.
    refused_rules: tuple[str, ...] = ()


@dataclass
class Context:
    call: Call
    store: Store
    company: Company
    switches: Switches
    version: str

    @property
    def slug(self) -> str:
        return self.company.slug

    def one(self, name: str) -> str | None:
        values = self.call.request.query.get(name)
        return values[-1] if values and values[-1] != "" else None

    def body(self) -> Document:
        try:
            data = self.call.request.json()
        except UnreadableBody:
            raise refused(400, "Could not parse the request body") from None
        if self.call.request.content_type != "application/json" or not isinstance(data, dict):
            raise refused(400, "Could not parse the request body")
        return data

    def new_id(self, kind: str) -> int:
        return self.store.next_number(kind, self.slug, FIRST[kind])

    def get(self, kind: str, text: Any) -> Document:
        """A missing object comes as 400 and not as 404."""
        number = as_id(text)
        found = None if number is None else self.store.get(kind, self.slug, number)
        if found is None:
            raise refused(400, f"{kind} not found", code=151)
        return found

    def has(self, kind: str, reference: Any) -> bool:
        number = as_id(reference.get("id")) if isinstance(reference, dict) else None
        return number is not None and self.store.get(kind, self.slug, number) is not None

    def answer(self, data: Any, status: int = 200, *, is_action: bool = False) -> Response:
        shown = wire(data)
        if is_action and self.switches.unwrapped:
            return json_response(shown, status)
        return json_response({"objects": shown}, status)

    def rows(
        self,
        kind: str,
        conditions: list[tuple[str, Any]],
        shape: Callable[[Document], Document] = lambda document: document,
    ) -> Response:
        limit = self._number("limit", USUAL_ROWS)
        if not 1 <= limit <= MOST_ROWS:
            raise refused(400, f"limit must be between 1 and {MOST_ROWS}")
        found = self.store.find(
            kind, self.slug, conditions, limit=limit, offset=self._number("offset", 0)
        )
        if kind in ("Invoice", "CreditNote"):
            self.call.documents = [one["id"] for one in found]
        answer: Document = {"objects": wire([shape(one) for one in found])}
        if self.one("countAll") == "true":
            answer["total"] = str(self.store.count(kind, self.slug, conditions))
        return json_response(answer)

    def _number(self, name: str, default: int) -> int:
        text = self.one(name)
        if text is None:
            return default
        if not text.isdecimal() or len(text) > MOST_DIGITS:
            raise refused(400, f"{name} must be a number")
        return int(text)

    def reference_filter(self, name: str) -> list[tuple[str, Any]]:
        """`contact[id]` counts only together with `contact[objectName]`."""
        number = as_id(self.one(f"{name}[id]"))
        if number is None or self.one(f"{name}[objectName]") is None:
            return []
        return [(f"json_extract(body, '$.{name}.id') = ?", number)]

    def moment_filter(self, *names: tuple[str, str, str]) -> list[tuple[str, Any]]:
        conditions: list[tuple[str, Any]] = []
        for name, column, sign in names:
            text = self.one(name)
            if text is not None and text.isdecimal() and len(text) <= MOST_DIGITS:
                conditions.append(
                    (f"unixepoch(json_extract(body, '$.{column}')) {sign} ?", int(text))
                )
        return conditions


def error_body(message: str, code: int | None = None) -> Document:
    return {
        "objects": None,
        "error": {
            "message": message,
            "code": None if code is None else str(code),
            "data": None,
            "exceptionUUID": str(uuid.uuid4()),
        },
    }


def refused(status: int, message: str, *, code: int | None = None) -> Refused:
    return Refused(json_response(error_body(message, code), status))


def as_id(value: Any) -> int | None:
    """Ids come as numbers or as numeric strings."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None


def as_decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < Decimal(10) ** 12 else None


def as_day(value: Any) -> date | None:
    """A unix timestamp, dd.mm.yyyy or ISO."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal) or (isinstance(value, str) and value.isdecimal()):
        seconds = int(value)
        return (
            datetime.fromtimestamp(seconds, BERLIN).date() if 0 < seconds < 32_503_680_000 else None
        )
    if not isinstance(value, str):
        return None
    for form in ("%d.%m.%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(value[:10], form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None


def moment(day: date) -> str:
    return datetime(day.year, day.month, day.day, tzinfo=BERLIN).isoformat()


def now() -> str:
    return datetime.now(BERLIN).isoformat(timespec="seconds")


def plain(number: Decimal) -> str:
    """119 and not 119.00: whoever compares text is wrong here."""
    text = f"{number.normalize():f}"
    return "0" if text == "-0" else text


def wire(value: Any, name: str = "") -> Any:
    """All scalars are texts; what begins with an underscore is the sandbox's own."""
    if isinstance(value, dict):
        return {key: wire(one, key) for key, one in value.items() if not key.startswith("_")}
    if isinstance(value, list):
        return [wire(one) for one in value]
    if value is None or isinstance(value, str):
        return float(value) if name in NUMBERS and value else value
    if isinstance(value, bool):
        return "1" if value else "0"
    if name in NUMBERS:
        return value
    return plain(Decimal(str(value)))
