"""Access tokens: asked for with an API key, or with the code of a person's consent."""

import hmac
import re
import secrets
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from http import HTTPStatus
from threading import Lock
from typing import Any
from urllib.parse import urlencode, urlsplit

from integrations.sandbox.app import Call
from integrations.sandbox.store import Store
from integrations.sandbox.web import Request, Response, json_response
from integrations.systems.procountor.sandbox.company import Company, client, companies
from integrations.systems.procountor.sandbox.context import refused

# What a user may lack, as it is called at the end of an API key: `kuusi-api-key-without-approve`.
# Which right each address takes is documented nowhere; the first that fits is taken.
RIGHTS = {
    "approve": "PUT /invoices/[^/]+/approve",
    "send": "PUT /invoices/[^/]+/send",
    "payments": "GET /invoices/[^/]+/paymentevents|PUT /invoices/[^/]+/paymentevents/markpaid",
    "invoices": "GET /invoices.*",
    "create": "(POST|PUT) /invoices.*",
    "attach": "(POST|PATCH|DELETE) /attachments.*",
    "customers": "GET /businesspartners.*",
    "register": "(POST|PUT|PATCH) /businesspartners.*",
    "settings": "GET /(bankaccounts|vats|company/usagesettings).*",
}
WITHOUT = "-without-"
TOKEN_SECONDS = 3600
CODE_SECONDS = 300
REFRESH_SECONDS = 180 * 86_400


class RateLimit:
    """So many requests in any one second, for each API client, all its companies together."""

    def __init__(self, per_second: int) -> None:
        self.per_second = per_second
        self._lock = Lock()
        self._recent: dict[str, deque[float]] = defaultdict(deque)

    def allows(self, client_id: str) -> bool:
        now = time.monotonic()
        with self._lock:
            recent = self._recent[client_id]
            while recent and recent[0] <= now - 1:
                recent.popleft()
            if len(recent) >= self.per_second:
                return False
            recent.append(now)
        return True


def unauthorized() -> Exception:
    return refused(HTTPStatus.UNAUTHORIZED, "Unauthorized")


def issue(store: Store, call: Call, lifetime: int) -> Response:
    """Only the form body is read: secrets in the address would end up in logs."""
    if call.request.content_type != "application/x-www-form-urlencoded":
        raise refused(400, "A form of type application/x-www-form-urlencoded is required")
    form = call.request.form()
    call.client = form.get("client_id", "")
    kind = form.get("grant_type")
    if kind not in ("client_credentials", "authorization_code", "refresh_token"):
        raise refused(400, "Value of the 'grant_type' field is invalid: not supported")
    _check_client(form)
    if kind == "client_credentials":
        company, lacks = _by_api_key(form.get("api_key", ""))
    else:
        company, lacks = _by_secret(store, kind, form), []
    call.company = company.slug
    answer: dict[str, Any] = {
        "access_token": _keep(store, company, "access", lifetime, lacks),
        "token_type": "bearer",
        "expires_in": lifetime,
    }
    if kind == "authorization_code":
        answer["refresh_token"] = _keep(store, company, "refresh_token", REFRESH_SECONDS)
    return json_response(answer)


def _check_client(form: dict[str, str]) -> None:
    expected = "\n".join(client()).encode()
    given = f"{form.get('client_id')}\n{form.get('client_secret')}".encode()
    if not hmac.compare_digest(expected, given):
        raise unauthorized()
    if "redirect_uri" in form and not is_redirect_uri(form["redirect_uri"]):
        raise refused(400, "Value of the 'redirect_uri' field is invalid")


def is_redirect_uri(text: str) -> bool:
    """No query is allowed in it."""
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not parts.query


def _by_api_key(api_key: str) -> tuple[Company, list[str]]:
    """The company, and what the key's user may not."""
    api_key, _without, ends = api_key.partition(WITHOUT)
    lacks = ends.split("-") if ends else []
    for company in companies().values():
        is_its_key = hmac.compare_digest(company.api_key.encode(), api_key.encode())
        if is_its_key and set(lacks) <= set(RIGHTS):
            return company, lacks
    raise unauthorized()


def _by_secret(store: Store, kind: str, form: dict[str, str]) -> Company:
    value = form.get("code" if kind == "authorization_code" else "refresh_token", "")
    found = _valid(store, value, kind)
    if found is None:
        raise unauthorized()
    if kind == "authorization_code":
        store.remove_tokens(value)  # a code works once
    return found


def _keep(
    store: Store, company: Company, kind: str, seconds: int, lacks: Sequence[str] = ()
) -> str:
    value = f"sandbox.{secrets.token_urlsafe(32)}"
    kept = {"kind": kind, "expires_at": time.time() + seconds, "lacks": list(lacks)}
    store.put_token(value, company.slug, kept)
    return value


def _valid(store: Store, value: str, kind: str) -> Company | None:
    found = store.token(value)
    if found is None or found[1]["kind"] != kind or found[1]["expires_at"] <= time.time():
        return None
    return companies().get(found[0])


def check_rights(store: Store, call: Call) -> None:
    """Whether the user whose key it is may do this."""
    found = store.token(call.request.header("Authorization").partition(" ")[2])
    asked = f"{call.request.method} {call.path}"
    taken = next((name for name, what in RIGHTS.items() if re.fullmatch(what, asked)), "")
    if found is not None and taken in found[1].get("lacks", []):
        raise refused(HTTPStatus.FORBIDDEN, "Forbidden")


def company_of(store: Store, call: Call) -> Company:
    """The company the token was given for; the request itself names none."""
    match = re.fullmatch(r"[Bb]earer (\S+)", call.request.header("Authorization"))
    company = _valid(store, match[1], "access") if match else None
    if company is None:
        raise unauthorized()
    call.company, call.client = company.slug, client()[0]
    return company


def consent(store: Store, request: Request, slug: str) -> str | None:
    """The address a person is sent back to with a code; None when the request is no good."""
    asked = {name: values[-1] for name, values in request.query.items()}
    company, back = companies().get(slug), asked.get("redirect_uri", "")
    if company is None or not is_asked_well(asked):
        return None
    code = _keep(store, company, "authorization_code", CODE_SECONDS)
    return f"{back}?{urlencode({'code': code, 'state': asked.get('state', '')})}"


def is_asked_well(asked: dict[str, str]) -> bool:
    return (
        asked.get("response_type") == "code"
        and asked.get("client_id") == client()[0]
        and is_redirect_uri(asked.get("redirect_uri", ""))
    )
