"""sevDesk over HTTP: the token, wrapped and bare answers, errors, paging. Sections 1 and 2."""

import json
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _

from integrations.http import Answer, NoAnswer
from integrations.ports import Access, AccessLost, Rejected, RetryLater
from integrations.problems import Problem
from integrations.systems.sevdesk.assumptions import CLOSED
from integrations.systems.sevdesk.sentences import Refusal, read_refusal

PATH = "/api/v1"
PAGE_SIZE = 1000
MOST_ROWS = 50_000
RETRY_AFTER, LONGEST_RETRY_AFTER = 5.0, 3600.0
DONE = (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT)

type Json = dict[str, Any]


class Refused(Exception):
    """400, 404, 409, 422, or an error inside a success: trying again changes nothing."""

    def __init__(self, status: int, refusal: Refusal) -> None:
        super().__init__(status)
        self.status = status
        self.refusal = refusal

    @property
    def is_missing(self) -> bool:
        """A missing object comes as 404, or as 400 that says so."""
        return self.status == HTTPStatus.NOT_FOUND or (
            self.status == HTTPStatus.BAD_REQUEST and self.refusal.says("not found")
        )

    @property
    def is_about_tax(self) -> bool:
        return self.refusal.says("taxtype", "taxrule", "taxset", "bookkeeping")


class Client:
    def __init__(self, access: Access) -> None:
        self._http = access.http
        self._base = f"{access.base_url}{PATH}"
        self._token = access.credentials.get("token", "").strip()
        self._http.hide(self._token)

    def one(self, path: str, params: Mapping[str, str] | None = None, *, needs: str = "id") -> Json:
        """A single object: it comes bare, wrapped, or as an array of one. `needs` is what makes it
        one and not somebody else's answer."""
        found = only(_unwrapped(*self._call("GET", path, params=params)))
        if not found.get(needs):
            raise unreadable()
        return found

    def listed(self, path: str, params: Mapping[str, str] | None = None) -> list[Json]:
        """A list as it comes. It has to be wrapped: a bare one is no answer to a search, and taking
        it for “nothing found” would make things twice."""
        status, data = self._call("GET", path, params=params)
        if not isinstance(data, dict):
            raise unreadable()
        found = _unwrapped(status, data)
        if not isinstance(found, list) or not all(
            isinstance(row, dict) and row.get("id") for row in found
        ):
            raise unreadable()
        return found

    def send(self, method: str, path: str, body: Json) -> Json:
        """Write something; what is there now."""
        status, data = self._call(
            method,
            path,
            body=to_json(body).encode(),
            headers={"Content-Type": "application/json; charset=utf-8"},
        )
        return only(_unwrapped(status, data))

    def upload(self, path: str, name: str, content: bytes) -> Json:
        files = {"file": (name, content, "application/pdf")}
        note = f"({name}, {len(content)} bytes)"
        return only(_unwrapped(*self._call("POST", path, files=files, note=note)))

    def rows(
        self, path: str, params: Mapping[str, str] | None = None, *, most: int = MOST_ROWS
    ) -> Iterator[Json]:
        """All objects of a list, page by page and each once: rows move while others are added."""
        seen: set[str] = set()
        for offset in range(0, most, PAGE_SIZE):
            asked = {**(params or {}), "limit": str(PAGE_SIZE), "offset": str(offset)}
            found = self.listed(path, asked)
            for row in found:
                if str(row["id"]) not in seen:
                    seen.add(str(row["id"]))
                    yield row
            if len(found) < PAGE_SIZE:
                return
        if most >= MOST_ROWS:
            raise Rejected(
                _("sevDesk's list is too long to look through; look for the document there."),
                problem=Problem.UNCLEAR,
            )

    def _call(self, method: str, path: str, **arguments: Any) -> tuple[int, Any]:
        """The status and the body of what is no refusal."""
        headers = {
            "Accept": "application/json",
            "Authorization": self._token.encode(),
            **arguments.pop("headers", {}),
        }
        try:
            answer = self._http.request(method, f"{self._base}{path}", headers=headers, **arguments)
        except NoAnswer:
            raise RetryLater(_("sevDesk did not answer.")) from None
        return _read(answer)


def _read(answer: Answer) -> tuple[int, Any]:
    data = answer.json()
    if answer.status == HTTPStatus.UNAUTHORIZED:
        raise AccessLost(
            _("sevDesk no longer accepts the token. Copy the current one from sevDesk (Settings,"
              " Users) and enter it.")
        )  # fmt: skip
    if answer.status in (HTTPStatus.FORBIDDEN, CLOSED):
        raise AccessLost(
            _("sevDesk does not let this token in. Its user has to be an administrator, and the"
              " tariff has to include bookkeeping. If the account in sevDesk was closed, switch"
              " this connection off.")
        )  # fmt: skip
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RetryLater(
            _("sevDesk asks for patience: too many requests."),
            seconds=_retry_after(answer),
            pauses_connection=True,
            was_refused=True,
        )
    if answer.status >= 500:
        message = read_refusal(data, answer.text).message
        raise RetryLater(
            _("sevDesk answered with an error (%(status)s). %(message)s")
            % {"status": answer.status, "message": message}
        )
    if 400 <= answer.status < 500:
        raise Refused(answer.status, read_refusal(data, answer.text))
    if answer.status not in DONE:
        # A redirect, or an unexpected success: nobody knows what it did.
        raise RetryLater(
            _("sevDesk answered in an unexpected way (%(status)s).") % {"status": answer.status}
        )
    if answer.status == HTTPStatus.NO_CONTENT:
        return answer.status, {}
    if data is None:
        raise unreadable()
    return answer.status, data


def _unwrapped(status: int, data: Any) -> Any:
    if not isinstance(data, dict):
        return data
    if data.get("error") and not data.get("objects"):
        raise Refused(status, read_refusal(data, ""))
    return data.get("objects", data)


def only(found: Any) -> Json:
    if isinstance(found, list):
        found = found[0] if len(found) == 1 else None
    if not isinstance(found, dict):
        raise unreadable()
    return found


def unreadable() -> RetryLater:
    return RetryLater(_("sevDesk's answer could not be read."))


def _retry_after(answer: Answer) -> float:
    """In seconds or as a date of HTTP, within reason."""
    text = {name.lower(): value for name, value in answer.headers.items()}.get("retry-after", "")
    if text.strip().isdecimal():
        return min(float(text), LONGEST_RETRY_AFTER)
    try:
        seconds = parsedate_to_datetime(text).timestamp() - time.time()
    except ValueError:
        return RETRY_AFTER
    return min(max(seconds, RETRY_AFTER), LONGEST_RETRY_AFTER)


def to_json(data: Json) -> str:
    return json.dumps(data, ensure_ascii=False, default=_number)


def _number(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} does not go into JSON")
