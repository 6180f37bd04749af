"""Procountor over HTTP: tokens, errors, paging. Sections 2 and 3 of its contract."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.utils.translation import gettext as _

from integrations import crypto
from integrations.http import Answer, NoAnswer
from integrations.ports import Access, AccessLost, RetryLater
from integrations.systems.procountor.rights import right_for
from integrations.systems.procountor.sentences import (
    Violation,
    not_allowed,
    read_violations,
    sentence_of,
)
from integrations.wire import retry_after, to_json

PATH = "/api"
PAGE_SIZE = 200
# Assumed, as it is documented nowhere: a company that was closed, or that allows no API clients any
# more, gets no token. To be confirmed with a test account.
NO_TOKEN = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
# Tokens are replaced when a tenth of their life is left.
LIFE = 0.9


class Refused(Exception):
    """400, 403 or 404: the request itself is at fault, and trying again changes nothing."""

    def __init__(self, status: int, violations: list[Violation], right: str = "") -> None:
        super().__init__(status)
        self.status = status
        self.violations = violations
        self.right = right

    @property
    def sentence(self) -> str:
        if self.status == HTTPStatus.FORBIDDEN:
            return not_allowed(self.violations, self.right)
        return sentence_of(self.violations)


class Client:
    def __init__(self, access: Access) -> None:
        self._access = access
        self._http = access.http
        self._base = f"{access.base_url}{PATH}"
        # Another key or another environment must not find the old one's token.
        identity = json.dumps([access.base_url, sorted(access.credentials.items())])
        digest = hashlib.sha256(identity.encode()).hexdigest()
        self._cache_key = f"procountor-token:{access.key}:{digest[:32]}"

    def get(
        self, path: str, params: Mapping[str, str] | None = None, **headers: str
    ) -> dict[str, Any]:
        found = self.get_any(path, params, **headers)
        return found if isinstance(found, dict) else {}

    def get_any(self, path: str, params: Mapping[str, str] | None = None, **headers: str) -> Any:
        encoded = {name: value.encode() for name, value in headers.items()}
        return self._call("GET", path, params=params, headers=encoded)

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Write something; the stored object, or what was answered in its place."""
        if body is None:
            answer = self._call(method, path)
        else:
            answer = self._call(
                method,
                path,
                headers={"Content-Type": b"application/json; charset=utf-8"},
                body=to_json(body).encode(),
            )
        return answer if isinstance(answer, dict) else {}

    def upload(self, meta: Mapping[str, Any], name: str, content: bytes) -> dict[str, Any]:
        files = {
            "meta": (None, to_json(meta), "application/json"),
            "file": (name, content, "application/pdf"),
        }
        note = f"{to_json(meta)}\n({name}, {len(content)} bytes)"
        answer = self._call("POST", "/attachments", files=files, note=note)
        return answer if isinstance(answer, dict) else {}

    def pages(
        self, path: str, params: Mapping[str, str], *, most: int = 2000, **headers: str
    ) -> Iterator[dict[str, Any]]:
        """All results of a search, page by page."""
        for number in range(most // PAGE_SIZE):
            asked = {**params, "size": str(PAGE_SIZE), "page": str(number)}
            answer = self.get(path, asked, **headers)
            results = answer.get("results", answer.get("products")) or []
            yield from (result for result in results if isinstance(result, dict))
            if len(results) < PAGE_SIZE:
                return

    # One call.

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, bytes] | None = None,
        body: bytes | None = None,
        files: Any = None,
        note: str = "",
    ) -> Any:
        for is_second in (False, True):
            answer = self._ask(
                method,
                f"{self._base}{path}",
                headers={
                    **(headers or {}),
                    "Accept": b"application/json",
                    "Authorization": f"Bearer {self._token(renew=is_second)}".encode(),
                },
                params=params,
                body=body,
                files=files,
                note=note,
            )
            if answer.status != HTTPStatus.UNAUTHORIZED:
                return _read(answer, right_for(method, path))
        cache.delete(self._cache_key)
        raise AccessLost(
            _("Procountor no longer accepts the API key. Make a new one there and enter it.")
        )

    def _ask(self, method: str, url: str, **arguments: Any) -> Answer:
        try:
            answer = self._http.request(method, url, **arguments)
        except NoAnswer:
            raise RetryLater(_("Procountor did not answer.")) from None
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise RetryLater(
                _("Procountor asks for patience: too many requests."),
                seconds=retry_after(answer),
                pauses_connection=True,
                was_refused=True,
            )
        if answer.status >= 500:
            raise RetryLater(
                _("Procountor answered with an error (%(status)s).") % {"status": answer.status}
            )
        return answer

    def _token(self, *, renew: bool) -> str:
        if not renew and (sealed := cache.get(self._cache_key)):
            try:
                kept = crypto.decrypt(sealed)["token"]
            except crypto.UnreadableSecrets:
                kept = ""
            if kept:
                self._http.hide(kept)
                return kept
        token, seconds = self._new_token()
        self._http.hide(token)
        cache.set(self._cache_key, crypto.encrypt({"token": token}), max(seconds * LIFE, 1))
        return token

    def _new_token(self) -> tuple[str, float]:
        credentials = self._access.credentials
        form = {
            "grant_type": "client_credentials",
            "client_id": credentials.get("client_id", ""),
            "client_secret": credentials.get("client_secret", ""),
            "api_key": credentials.get("api_key", ""),
        }
        if self._access.settings.get("redirect_uri"):
            form["redirect_uri"] = self._access.settings["redirect_uri"]
        answer = self._ask(
            "POST",
            f"{self._base}/oauth/token",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode(form).encode(),
            keep_body=False,
        )
        if answer.status == HTTPStatus.NOT_FOUND:
            raise AccessLost(_("Procountor does not know this address. Choose the environment."))
        if answer.status in NO_TOKEN:
            raise AccessLost(
                _("Procountor does not accept the credentials. Check client, secret and API key. If"
                  " the company in Procountor was closed, switch this connection off.")
            )  # fmt: skip
        data = answer.json()
        token = data.get("access_token") if isinstance(data, dict) else None
        if answer.status != HTTPStatus.OK or not isinstance(token, str) or not token:
            raise RetryLater(_("Procountor gave no access token."))
        return token, _seconds(data.get("expires_in"), 3600)


def _read(answer: Answer, right: str) -> Any:
    if answer.status in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
        if not answer.body.strip():
            return {}
        data = answer.json()
        if data is None:
            raise RetryLater(_("Procountor's answer could not be read."))
        return data
    if 400 <= answer.status < 500:
        raise Refused(answer.status, read_violations(answer.json(), answer.text), right)
    # A redirect or an unexpected success: nobody knows what it did.
    raise RetryLater(
        _("Procountor answered in an unexpected way (%(status)s).") % {"status": answer.status}
    )


def _seconds(value: Any, default: float) -> float:
    try:
        return max(float(value), 0)
    except (TypeError, ValueError):
        return default
