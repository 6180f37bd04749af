"""Netvisor over HTTP: one signed request, and what its answer means. Sections 2 and 3."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

from django.utils.translation import gettext as _

from integrations.http import Answer, NoAnswer
from integrations.ports import Access, AccessLost, RetryLater
from integrations.systems.netvisor import signing
from integrations.systems.netvisor.assumptions import (
    ENCODINGS,
    MAINTENANCE_SECONDS,
    QUERY_ENCODING,
    USUAL_ENCODING,
)
from integrations.systems.netvisor.sentences import (
    BROKEN,
    MAINTENANCE,
    NO_ACCESS,
    NO_RIGHT,
    NOT_UNIQUE,
    Failure,
)
from integrations.systems.netvisor.xml import Node, Tag, Unreadable, read

RETRY_AFTER = 30.0


class Refused(Exception):
    """It answered no; trying again changes nothing."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.category)
        self.failure = failure


class NoRight(AccessLost):
    """The keys are right and may not do this."""


class Client:
    def __init__(self, access: Access) -> None:
        self._http = access.http
        self._base = access.base_url
        settings = access.settings
        self._keys = signing.Keys.of(access.credentials, settings.get("organisation", ""))
        self._language = settings.get("language") or "EN"
        encoding = settings.get("encoding", "")
        self._encoding = encoding if encoding in ENCODINGS else USUAL_ENCODING

    def get(self, resource: str, **params: str) -> Node:
        return self._call("GET", resource, params)

    def post(
        self,
        resource: str,
        content: Tag | None = None,
        *,
        shown: Tag | None = None,
        **params: str,
    ) -> Node:
        """Write something. `shown` is recorded in place of what was sent."""
        if content is None:
            return self._call("POST", resource, params)
        note = Tag("root", (shown,)).write() if shown else ""
        return self._call("POST", resource, params, Tag("root", (content,)).write(), note)

    def _call(
        self, method: str, resource: str, params: Mapping[str, str], body: str = "", note: str = ""
    ) -> Node:
        answer = self._ask(method, resource, params, body, note)
        # A clock that was set, or an id that a machine on the way repeated.
        if isinstance(answer, Failure) and (
            answer.category == NO_ACCESS or (answer.category == NOT_UNIQUE and method == "GET")
        ):
            answer = self._ask(method, resource, params, body, note)
        if isinstance(answer, Failure):
            raise self._raised(answer, resource)
        return answer

    def _raised(self, failure: Failure, resource: str) -> Exception:
        if failure.category == NO_ACCESS:
            return AccessLost(
                failure.said(
                    _("Netvisor does not accept the keys. Check the identifiers, the keys and the"
                      " business id; the organisation may be closed.")
                )
            )  # fmt: skip
        if failure.category == NO_RIGHT:
            return NoRight(
                failure.said(
                    _("The keys may not use %(resource)s in Netvisor. Allow it there under the"
                      " access rights of the interface.")
                    % {"resource": resource}
                )
            )  # fmt: skip
        if failure.category in MAINTENANCE:
            return RetryLater(
                failure.said(_("Netvisor is being maintained.")),
                seconds=MAINTENANCE_SECONDS,
                pauses_connection=True,
            )
        if failure.category in (BROKEN, NOT_UNIQUE):
            return RetryLater(failure.said(_("Netvisor had an error.")))
        return Refused(failure)

    def _ask(
        self, method: str, resource: str, params: Mapping[str, str], body: str, note: str
    ) -> Node | Failure:
        """The answer, or how it failed."""
        url = f"{self._base}/{resource}"
        if params:
            url += "?" + "&".join(
                f"{name}={quote(value, safe='', encoding=QUERY_ENCODING)}"
                for name, value in params.items()
            )
        headers = signing.headers(self._keys, url, language=self._language)
        content = None
        if method == "POST":
            # Letters that the encoding lacks are written as their numbers.
            content = body.encode(self._encoding, "xmlcharrefreplace")
            headers["Content-Type"] = f"text/xml; charset={self._encoding}"
        try:
            answer = self._http.request(method, url, headers=headers, body=content, note=note)
        except NoAnswer:
            raise RetryLater(_("Netvisor did not answer.")) from None
        return self._understood(answer)

    def _understood(self, answer: Answer) -> Node | Failure:
        """The body is the authority: failures come with 200 as well."""
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise RetryLater(
                _("Netvisor asks for patience: too many requests."),
                seconds=_retry_after(answer),
                pauses_connection=True,
                was_refused=True,
            )
        try:
            root = read(answer.body)
        except Unreadable:
            if answer.status == HTTPStatus.NOT_FOUND:
                return Failure("", _("the address is not known there (404)"))
            if answer.status >= 500:
                sentence = _("Netvisor answered with an error (%(status)s).")
                raise RetryLater(sentence % {"status": answer.status}) from None
            raise RetryLater(_("Netvisor's answer could not be read.")) from None
        statuses = [node.text for node in root.child("responsestatus").children("status")]
        if not statuses:
            raise RetryLater(_("Netvisor's answer could not be read."))
        if statuses[0].upper() == "OK":
            return root
        failure = Failure.read(statuses[1] if len(statuses) > 1 else "")
        if failure.category not in (BROKEN, NOT_UNIQUE):
            self._http.was_refused()
        return failure


def _retry_after(answer: Answer) -> float:
    text = {name.lower(): value for name, value in answer.headers.items()}.get("retry-after", "")
    return min(float(text), 3600.0) if text.strip().isdecimal() else RETRY_AFTER
