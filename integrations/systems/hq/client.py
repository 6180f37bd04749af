"""HQ over HTTP, both dialects: errors, envelopes, paging. Section 1 of its contract."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from email.utils import parsedate_to_datetime
from html import unescape
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _

from integrations.http import Answer, NoAnswer
from integrations.ports import Access, AccessLost, RetryLater
from integrations.systems.hq import assumptions

type Json = dict[str, Any]

LONGEST_RETRY_AFTER = 3600.0
SHOWN_CHARACTERS = 300


class Refused(Exception):
    """The request itself is at fault. `message` is HQ's own, in any language and shape."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(status)
        self.status = status
        self.message = message

    @property
    def sentence(self) -> str:
        if self.status == HTTPStatus.FORBIDDEN:
            return _("The token's user lacks the rights for this in HQ. Let an administrator grant"
                     " them, or make a sync token.")  # fmt: skip
        if not self.message:
            return _("HQ refused it without a reason.")
        return _("HQ refused it: %(message)s") % {"message": self.message}


class Client:
    """`version` is v1 or v2: the words of a query have a `$` in v1 and none in v2."""

    def __init__(self, access: Access, version: str) -> None:
        self._http = access.http
        self._base = f"{access.base_url}/{version}"
        self._token = access.credentials.get("token", "")
        self._dollar = "$" if version == "v1" else ""

    def get(self, path: str, **words: str | int) -> Any:
        """`filter`, `expand`, `orderby`, `top`, `skip` as keywords."""
        params = {f"{self._dollar}{name}": str(value) for name, value in words.items()}
        return self._call("GET", path, params=params)

    def read(self, path: str, **words: str | int) -> Json:
        """One entity; an answer without one is no answer."""
        found = self.get(path, **words)
        if not isinstance(found, dict) or _id_of(found) is None:
            raise _unreadable()
        return found

    def rows(self, path: str, *, most: int = 2000, **words: str | int) -> Iterator[Json]:
        """All rows of a list, page by page, each once even if paging is not understood there."""
        seen: set[Any] = set()
        for skip in range(0, most, assumptions.PAGE_SIZE):
            answer = self.get(path, top=assumptions.PAGE_SIZE, skip=skip, **words)
            rows = rows_of(answer)
            fresh = [row for row in rows if _id_of(row) not in seen]
            seen.update(_id_of(row) for row in fresh)
            yield from fresh
            if len(rows) < assumptions.PAGE_SIZE or not fresh:
                return

    def create(self, path: str, body: Mapping[str, Any]) -> Json:
        """The new entity, with its id."""
        made = self.send("POST", path, body)
        if not isinstance(made, dict):
            raise _unreadable()
        if _id_of(made) is None:
            if message := _message(made, ""):
                # 200 with an error inside.
                raise Refused(HTTPStatus.BAD_REQUEST, message)
            raise _unreadable()
        return made

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        return self._call(
            method,
            path,
            headers={"Content-Type": "application/json; charset=utf-8"},
            body=to_json(body).encode(),
        )

    def _call(self, method: str, path: str, **arguments: Any) -> Any:
        headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {self._token}",
            **arguments.pop("headers", {}),
        }
        try:
            answer = self._http.request(method, self._base + path, headers=headers, **arguments)
        except NoAnswer:
            raise RetryLater(_("HQ did not answer.")) from None
        return _read(answer)


def _read(answer: Answer) -> Any:
    if answer.status in (HTTPStatus.UNAUTHORIZED, assumptions.CLOSED):
        raise AccessLost(
            _("HQ does not accept the token. Make a new one there (Admin, API clients) and enter"
              " it. If the account in HQ was closed, switch this connection off.")
        )  # fmt: skip
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RetryLater(
            _("HQ asks for patience: too many requests."),
            seconds=_retry_after(answer),
            pauses_connection=True,
            was_refused=True,
        )
    if answer.status >= 500:
        raise RetryLater(_("HQ answered with an error (%(status)s).") % {"status": answer.status})
    if 400 <= answer.status < 500:
        raise Refused(answer.status, _message(answer.json(), answer.text))
    if answer.status not in (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT):
        # A redirect, or a success that nobody announced.
        raise RetryLater(
            _("HQ answered in an unexpected way (%(status)s).") % {"status": answer.status}
        )
    if not answer.body.strip():
        return None
    data = answer.json()
    if data is None:
        raise _unreadable()
    return data


def rows_of(answer: Any) -> list[Json]:
    """A list, bare or in one of the envelopes."""
    if isinstance(answer, dict):
        answer = answer.get("value", answer.get("data"))
    if not isinstance(answer, list):
        raise _unreadable()
    return [row for row in answer if isinstance(row, dict)]


def _id_of(row: Json) -> Any:
    return row.get("Id", row.get("id"))


def _unreadable() -> RetryLater:
    return RetryLater(_("HQ's answer could not be read."))


def _message(data: Any, text: str) -> str:
    """Error bodies are documented nowhere: the first words for people that are in it."""
    if isinstance(data, list):
        data = "; ".join(_message(one, "") or str(one) for one in data)
    if not isinstance(data, dict):
        return _short(data if isinstance(data, str) else text)
    for name in ("message", "Message", "error", "title", "detail", "error_description"):
        found = data.get(name)
        if isinstance(found, dict | str) and (words := _message(found, "")):
            return words
    errors = data.get("errors")
    if isinstance(errors, dict):
        return _short("; ".join(f"{name}: {_join(what)}" for name, what in errors.items()))
    return ""


def _join(what: Any) -> str:
    return ", ".join(map(str, what)) if isinstance(what, list) else str(what)


def _short(text: str) -> str:
    text = unescape(re.sub(r"<[^>]*>", " ", text))
    return " ".join(text.split())[:SHOWN_CHARACTERS]


def _retry_after(answer: Answer) -> float:
    text = {name.lower(): value for name, value in answer.headers.items()}.get("retry-after", "")
    if text.strip().isdecimal():
        return min(float(text), LONGEST_RETRY_AFTER)
    try:
        seconds = parsedate_to_datetime(text).timestamp() - time.time()
    except ValueError:
        return assumptions.PAUSE_SECONDS
    return min(max(seconds, 1.0), LONGEST_RETRY_AFTER)


def to_json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, default=_number)


def _number(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} does not go into JSON")
