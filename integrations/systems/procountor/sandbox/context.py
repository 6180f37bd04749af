"""What one call works with, and the shapes of answers that all of them share."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.app import Call, Refused
from integrations.sandbox.store import Document, Store
from integrations.sandbox.web import Response, UnreadableBody, json_response
from integrations.systems.procountor.sandbox.checks import Fields, Findings, check_letters, read_day
from integrations.systems.procountor.sandbox.company import Company

HELSINKI = ZoneInfo("Europe/Helsinki")
MAX_IDS = 200
MAX_DIGITS = 10
MAX_SIZE = 200


@dataclass
class Context:
    call: Call
    store: Store
    company: Company

    @property
    def slug(self) -> str:
        return self.company.slug

    def flag(self, name: str) -> bool:
        text = self.one(name) or "false"
        if text not in ("true", "false"):
            raise refused(400, f"Value of the '{name}' field is invalid: must be true or false")
        return text == "true"

    def one(self, name: str) -> str | None:
        values = self.call.request.query.get(name)
        return values[-1].strip() if values and values[-1].strip() else None

    def many(self, name: str) -> list[str]:
        """Lists come joined by commas; repeated parameters are understood too."""
        values = ",".join(self.call.request.query.get(name, []))
        return [value.strip() for value in values.split(",") if value.strip()]

    def number(self, name: str) -> int | None:
        text = self.one(name)
        if text is not None and not (text.isdecimal() and len(text) <= MAX_DIGITS):
            raise refused(400, f"Value of the '{name}' field is invalid: must be an integer")
        return None if text is None else int(text)

    def body(self, findings: Findings) -> Fields:
        try:
            data = self.call.request.json()
        except UnreadableBody:
            raise refused(400, "Malformed JSON request") from None
        if self.call.request.content_type != "application/json" or not isinstance(data, dict):
            raise refused(400, "Malformed JSON request")
        check_letters(data, "", findings)
        return Fields(data, "", findings)

    def conclude(self, findings: Findings) -> None:
        self.call.notes.extend(findings.notes)
        if findings.violations:
            raise Refused(errors(400, findings.violations))

    def get(self, kind: str, text: str, name: str) -> Document:
        found = self.store.get(kind, self.slug, read_id(text))
        if found is None:
            raise refused(404, f"{name} was not found")
        return found


def errors(status: int, found: Iterable[tuple[str, str]]) -> Response:
    """In the documented shape: class-level errors have no field."""
    entries = [
        {"status": status, **({"field": path} if path else {}), "message": message}
        for path, message in found
    ]
    return json_response({"errors": entries}, status)


def refused(status: int, message: str, path: str = "") -> Refused:
    return Refused(errors(status, [(path, message)]))


def read_id(text: str) -> int:
    if not text.isdecimal() or len(text) > MAX_DIGITS:
        raise refused(400, "Value of the 'id' field is invalid: must be an integer")
    return int(text)


def next_version(previous: str | None = None) -> str:
    """Date and time without a zone. Seconds are all it has, so each change gets a later one."""
    now = datetime.now(HELSINKI).replace(tzinfo=None, microsecond=0)
    if previous is not None:
        now = max(now, datetime.fromisoformat(previous) + timedelta(seconds=1))
    return now.isoformat()


def check_version(fields: Fields, given: Any, stored: Document) -> None:
    if given is None:
        fields.refuse("version", "must not be null")
    elif given != stored["version"]:
        fields.refuse("version", "the resource has been changed since it was read")


def read_many(context: Context, kind: str, text: str, name: str) -> Response:
    """One id answers an object, several an array by id; unknown ones are left out."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > MAX_IDS:
        raise refused(400, f"At most {MAX_IDS} ids are accepted")
    ids = sorted({read_id(part) for part in parts})
    found = context.store.find(kind, context.slug, [("id", ids)], order="id")
    if not found:
        raise refused(404, f"{name} was not found")
    context.call.documents = [document["id"] for document in found] if kind == "invoice" else []
    return json_response(found if len(parts) > 1 else found[0])


type Conditions = list[tuple[str, Any]]


def search(
    context: Context,
    kind: str,
    conditions: Conditions,
    shape: Callable[[Document], Document] = lambda document: document,
) -> Response:
    size, number = context.number("size"), context.number("page") or 0
    size = 50 if size is None else size
    if not 1 <= size <= MAX_SIZE:
        raise refused(400, f"Value of the 'size' field is invalid: must be 1 to {MAX_SIZE}")
    direction = (context.one("orderById") or "DESC").upper()
    if direction not in ("ASC", "DESC"):
        raise refused(400, "Value of the 'orderById' field is invalid: must be ASC or DESC")
    total = context.store.count(kind, context.slug, conditions)
    previous = context.number("previousId")
    if previous is not None:
        conditions = [*conditions, ("id < ?" if direction == "DESC" else "id > ?", previous)]
    found = context.store.find(
        kind,
        context.slug,
        conditions,
        order=f"id {direction}",
        limit=size,
        offset=number * size,
    )
    if kind == "invoice":
        context.call.documents = [document["id"] for document in found]
    meta = {
        "pageNumber": number,
        "pageSize": size,
        "resultCount": len(found),
        "totalCount": total,
    }
    return json_response({"results": [shape(document) for document in found], "meta": meta})


def day_range(context: Context, column: str, start: str, end: str) -> Conditions:
    conditions: Conditions = []
    for name, sign in ((start, ">="), (end, "<=")):
        text = context.one(name)
        if text is None:
            continue
        if read_day(text[:10]) is None:
            raise refused(400, f"Value of the '{name}' field is invalid: must be a date")
        # Stored moments are compared by their day when only a day is given.
        conditions.append((f"substr({column}, 1, {len(text)}) {sign} ?", text))
    return conditions
