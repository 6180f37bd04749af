"""Signing in by redirect: codes, tokens that rotate, connections that a double refresh kills."""

import base64
import hashlib
import hmac
import re
import secrets
import time
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from integrations.sandbox.app import Call, Refused
from integrations.sandbox.store import Document, Store
from integrations.sandbox.web import Request, Response, json_response
from integrations.systems.lexoffice.sandbox.context import now
from integrations.systems.lexoffice.sandbox.organisations import (
    CLIENT_ID,
    CLIENT_SECRET,
    ORGANISATIONS,
    Organisation,
)

CODE_SECONDS, ACCESS_SECONDS = 300, 14_399
SCOPES = frozenset(
    f"{name}.{right}"
    for name, rights in {
        "contacts": "read write", "invoices": "read write", "credit-notes": "read write",
        "voucherlist": "read", "vouchers": "read write sendmail", "files": "read write",
        "payments": "read", "profile": "read", "articles": "read write",
    }.items()
    for right in rights.split()
)  # fmt: skip
GRANTS = "all"


def unauthorized() -> Refused:
    return Refused(json_response({"message": "Unauthorized"}, 401))


def bad(error: str) -> Refused:
    return Refused(json_response({"error": error}, 400))


def bearer(call: Call) -> str:
    match = re.fullmatch(r"[Bb]earer (\S+)", call.request.header("Authorization"))
    if match is None:
        raise unauthorized()
    return match[1]


def asked_well(asked: dict[str, str]) -> bool:
    scopes = set(asked.get("scope", "").split())
    return (
        asked.get("response_type") == "code"
        and asked.get("client_id") == CLIENT_ID
        and asked.get("code_challenge_method") == "S256"
        and re.fullmatch(r"[A-Za-z0-9_-]{43}", asked.get("code_challenge", "")) is not None
        and bool(asked.get("state"))
        and scopes <= SCOPES
        and _is_address(asked.get("redirect_uri", ""))
    )


def _is_address(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not parts.query


def consent(store: Store, asked: dict[str, str], slug: str) -> str | None:
    """Where the person is sent back to: with a code, or with a refusal."""
    back = asked["redirect_uri"]
    if slug == "deny":
        return f"{back}?{urlencode({'error': 'access_denied', 'state': asked['state']})}"
    if slug not in ORGANISATIONS:
        return None
    code = secrets.token_hex(64)
    store.put_token(
        code,
        slug,
        {
            "kind": "code",
            "expires_at": time.time() + CODE_SECONDS,
            "challenge": asked["code_challenge"],
            "redirect_uri": back,
            "scope": asked.get("scope") or " ".join(sorted(SCOPES)),
        },
    )
    return f"{back}?{urlencode({'code': code, 'state': asked['state']})}"


def token(store: Store, call: Call, *, seconds: int) -> Response:
    form = _form(call)
    kind = form.get("grant_type")
    if kind == "authorization_code":
        grant = _exchange(store, form)
    elif kind == "refresh_token":
        grant = _refresh(store, form.get("refresh_token", ""))
    else:
        raise bad("unsupported_grant_type")
    call.company = grant["organisation"]
    access, refresh = f"eyJ{secrets.token_urlsafe(200)}", f"r-{secrets.token_hex(63)}"
    store.put_token(
        access,
        grant["organisation"],
        {"kind": "access", "grant": grant["id"], "expires_at": time.time() + seconds},
    )
    grant.update(access=access, refresh=_digest(refresh))
    store.put("grant", GRANTS, grant)
    return json_response(
        {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": seconds,
            "refresh_token": refresh,
            "scope": grant["scope"],
        }
    )


def revoke(store: Store, call: Call) -> tuple[Response, Document | None]:
    value = _form(call).get("token", "")
    digest = _digest(value)
    for grant in grants(store):
        if grant["access"] == value or grant["refresh"] == digest:
            end(store, grant, "revoked by the client")
            return Response(200), grant
    return Response(200), None


def grants(store: Store) -> list[Document]:
    return store.find("grant", GRANTS, order="id")


def end(store: Store, grant: Document, reason: str) -> None:
    """Both tokens die, and the subscriptions with them."""
    if grant["ended"]:
        return
    store.remove_tokens(grant["access"])
    grant["ended"] = reason
    store.put("grant", GRANTS, grant)
    slug = grant["organisation"]
    for one in store.find("subscription", slug):
        if one["connection"] == grant["uuid"]:
            store.remove("subscription", slug, one["id"])


def who(store: Store, call: Call) -> tuple[Organisation, frozenset[str] | None, str]:
    """The organisation of the key or token, its scopes (None: all), and its connection."""
    value = bearer(call)
    for organisation in ORGANISATIONS.values():
        if hmac.compare_digest(organisation.api_key.encode(), value.encode()):
            return organisation, None, f"key-{organisation.slug}"
    found = store.token(value)
    if found is None or found[1]["kind"] != "access" or found[1]["expires_at"] <= time.time():
        raise unauthorized()
    grant = store.get("grant", GRANTS, found[1]["grant"])
    if grant is None or grant["ended"]:
        raise unauthorized()
    return ORGANISATIONS[found[0]], frozenset(grant["scope"].split()), grant["uuid"]


def _form(call: Call) -> dict[str, str]:
    if call.request.content_type != "application/x-www-form-urlencoded":
        raise bad("invalid_request")
    _check_client(call.request)
    return call.request.form()


def _check_client(request: Request) -> None:
    kind, _blank, value = request.header("Authorization").partition(" ")
    try:
        given = base64.b64decode(value, validate=True)
    except ValueError:
        given = b""
    if kind != "Basic" or not hmac.compare_digest(given, f"{CLIENT_ID}:{CLIENT_SECRET}".encode()):
        raise Refused(json_response({"error": "invalid_client"}, 401))


def _exchange(store: Store, form: dict[str, str]) -> dict[str, Any]:
    code = form.get("code", "")
    found = store.token(code)
    if found is None or found[1]["kind"] != "code":
        raise bad("invalid_grant")
    slug, kept = found
    is_right = (
        kept["expires_at"] > time.time()
        and form.get("redirect_uri") == kept["redirect_uri"]
        and _challenge(form.get("code_verifier", "")) == kept["challenge"]
    )
    if not is_right:
        # A failed exchange uses the code up; it must not be rolled back with the refusal.
        raise CodeSpent(code)
    store.remove_tokens(code)
    return {
        "id": store.next_number("grant", GRANTS, 1),
        "uuid": str(uuid4()),
        "organisation": slug,
        "scope": kept["scope"],
        "created": now(),
        "access": "",
        "refresh": "",
        "old": [],
        "refreshes": 0,
        "ended": "",
    }


class CodeSpent(Exception):
    """A code that was used wrongly is gone."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self.code = code


class Reused(Exception):
    """Somebody came with a refresh token that was used before: the connection is dead."""

    def __init__(self, grant: Document) -> None:
        super().__init__()
        self.grant = grant


def _refresh(store: Store, value: str) -> Document:
    digest = _digest(value)
    for grant in grants(store):
        if grant["ended"]:
            continue
        if digest in grant["old"]:
            raise Reused(grant)
        if hmac.compare_digest(grant["refresh"], digest):
            store.remove_tokens(grant["access"])
            grant["old"].append(digest)
            grant["refreshes"] += 1
            return grant
    raise bad("invalid_grant")


def _challenge(verifier: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier):
        return ""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
