"""Lexware Office over HTTP: access, errors in three shapes, paging. Sections 2 and 3."""

import html
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _

from integrations.http import Answer, NoAnswer
from integrations.ports import Access, AccessLost, RetryLater
from integrations.systems.lexoffice.assumptions import CLOSED, PAUSE_SECONDS, STALE_SOURCE
from integrations.systems.lexoffice.sentences import Violation, read_violations
from integrations.wire import retry_after, to_json

PATH = "/v1"
PAGE_SIZE = 250
# Behind them the search ends with an error.
MOST_FOUND = 10_000

type Json = dict[str, Any]


class Refused(Exception):
    """4xx: the request itself is at fault, and trying again changes nothing."""

    def __init__(self, status: int, violations: list[Violation]) -> None:
        super().__init__(status)
        self.status = status
        self.violations = violations

    @property
    def lost(self) -> AccessLost | None:
        """What it says where it is no fault of the request: contract or permission."""
        if self.status in (HTTPStatus.PAYMENT_REQUIRED, CLOSED):
            return AccessLost(
                _("The contract with Lexware Office does not include this, or is not paid. Settle"
                  " it there and test the connection. If the organisation there was closed, switch"
                  " this connection off.")
            )  # fmt: skip
        if self.status == HTTPStatus.FORBIDDEN:
            return AccessLost(
                _("The access to Lexware Office lacks a permission. Make a key with the permissions"
                  " for contacts, invoices, credit notes, vouchers and files, or sign in again.")
            )  # fmt: skip
        return None

    @property
    def is_stale(self) -> bool:
        """Somebody else changed it meanwhile."""
        return self.status == HTTPStatus.CONFLICT or (
            self.status == HTTPStatus.NOT_ACCEPTABLE
            and any(one.field == STALE_SOURCE for one in self.violations)
        )


class Client:
    def __init__(self, access: Access) -> None:
        self._access = access
        self._http = access.http
        self._base = f"{access.base_url}{PATH}"

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Json:
        return _object(self.get_any(path, params))

    def get_any(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        return self._json(self._call("GET", path, params=params))

    def write(
        self, method: str, path: str, body: Json, params: Mapping[str, str] | None = None
    ) -> Json:
        """What the action answers; its `id` is that of what was written."""
        answer = self._call(
            method,
            path,
            params=params,
            headers={"Content-Type": "application/json"},
            body=to_json(body).encode(),
        )
        done = _object(self._json(answer))
        text_of(done, "id")
        return done

    def remove(self, path: str) -> None:
        self._call("DELETE", path)

    def upload(self, path: str, name: str, content: bytes) -> Json:
        answer = self._call(
            "POST",
            path,
            files={"file": (name, content, "application/pdf")},
            note=f"({name}, {len(content)} bytes)",
        )
        return _object(self._json(answer))

    def download(self, path: str, accept: str) -> bytes:
        return self._call("GET", path, accept=accept).body

    def pages(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        most: int = MOST_FOUND,
        at_once: int = PAGE_SIZE,
    ) -> Iterator[Json]:
        """All rows of a search, page by page."""
        for number in range(-(-most // at_once)):
            asked = {**params, "page": str(number), "size": str(at_once)}
            answer = self.get(path, asked)
            rows = answer.get("content")
            if not isinstance(rows, list):
                raise unreadable()
            yield from (row for row in rows if isinstance(row, dict))
            if answer.get("last") is not False or not rows:
                return

    # One call.

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: str = "application/json",
        body: bytes | None = None,
        files: Any = None,
        note: str = "",
    ) -> Answer:
        token = self._token()
        for is_second in (False, True):
            answer = self._ask(
                method,
                f"{self._base}{path}",
                headers={**(headers or {}), "Accept": accept, "Authorization": f"Bearer {token}"},
                params=params,
                body=body,
                files=files,
                note=note,
            )
            if answer.status != HTTPStatus.UNAUTHORIZED:
                return _checked(answer)
            if is_second or self._access.sign_in is None:
                break
            token = self._access.sign_in(token)
            self._http.hide(token)
        if self._access.sign_in is not None:
            raise AccessLost(
                _("Lexware Office no longer accepts the sign-in. Sign in there again.")
            )
        raise AccessLost(
            _("Lexware Office does not accept the API key. Make a new one there and enter it.")
        )

    def _token(self) -> str:
        if self._access.sign_in is not None:
            token = self._access.sign_in("")
            self._http.hide(token)
            return token
        key = self._access.credentials.get("api_key", "")
        if not key:
            raise AccessLost(_("Enter an API key of Lexware Office, or sign in there."))
        if not key.isascii() or not key.isprintable():
            raise AccessLost(_("This is no API key of Lexware Office: it has other characters."))
        return key

    def _ask(self, method: str, url: str, **arguments: Any) -> Answer:
        try:
            answer = self._http.request(method, url, **arguments)
        except NoAnswer:
            raise RetryLater(_("Lexware Office did not answer.")) from None
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise RetryLater(
                _("Lexware Office asks for patience: too many requests."),
                seconds=retry_after(answer, PAUSE_SECONDS),
                pauses_connection=True,
                was_refused=True,
            )
        if answer.status >= 500:
            raise RetryLater(
                _("Lexware Office answered with an error (%(status)s).") % {"status": answer.status}
            )
        return answer

    def _json(self, answer: Answer) -> Any:
        data = answer.json()
        if data is None:
            raise unreadable()
        return data


def _checked(answer: Answer) -> Answer:
    if 200 <= answer.status < 300:
        return answer
    if 400 <= answer.status < 500:
        raise Refused(answer.status, read_violations(answer.json(), answer.text))
    # A redirect: nobody knows what it did.
    raise RetryLater(
        _("Lexware Office answered in an unexpected way (%(status)s).") % {"status": answer.status}
    )


def _object(data: Any) -> Json:
    if not isinstance(data, dict):
        raise unreadable()
    return data


def text_of(data: Mapping[str, Any], name: str) -> str:
    """A text that has to be there."""
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise unreadable()
    return value


def unreadable() -> RetryLater:
    return RetryLater(_("The answer of Lexware Office could not be read."))


def filter_text(text: str) -> str:
    """For a filter of texts: `_` and `%` stand for anything, marks of HTML are encoded."""
    escaped = text.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
    return html.escape(escaped, quote=False)
