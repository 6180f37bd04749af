"""OAuth 2 as RFC 6749 and 7636 have it: no system is named here, and nothing is stored."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.utils.translation import gettext as _

from integrations.http import Answer, Http, NoAnswer
from integrations.ports import AccessLost, Environment, OAuth, RetryLater, System
from integrations.wire import retry_after

# A token is renewed this long before its end, so that no call meets it.
MARGIN = timedelta(minutes=2)
USUAL_LIFE = 3600.0
# Names in the sealed credentials of a connection. `tokens_for` is the environment that gave them.
TOKEN_NAMES = ("access_token", "refresh_token", "expires_at", "tokens_for")


class GrantEnded(AccessLost):
    """The other side knows the sign-in no more: whoever wants access signs in again."""


@dataclass(frozen=True)
class ClientOf:
    """What the installation is called there."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Place:
    """Where tokens are asked for, and as whom."""

    system: System
    environment: Environment
    client: ClientOf

    @property
    def oauth(self) -> OAuth:
        assert self.system.oauth is not None
        return self.system.oauth

    @property
    def base(self) -> str:
        return self.environment.sign_in_url or self.environment.url

    @property
    def title(self) -> str:
        return self.system.title


@dataclass(frozen=True)
class Challenge:
    """The secret of one sign-in, and what of it the address may show."""

    verifier: str = field(repr=False)

    @classmethod
    def new(cls) -> "Challenge":
        return cls(secrets.token_urlsafe(64))

    @property
    def code(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def client_of(system: System) -> ClientOf | None:
    """None where the installation has no client there: then nobody can sign in."""
    clients: Mapping[str, Mapping[str, str]] = settings.OAUTH_CLIENTS
    known = clients.get(system.key, {})
    if system.oauth is None or not known.get("id"):
        return None
    return ClientOf(known["id"], known.get("secret", ""))


def authorize_url(place: Place, *, redirect_uri: str, state: str, challenge: Challenge) -> str:
    """Where the person's browser is sent."""
    asked = {
        "client_id": place.client.id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "state": state,
        "code_challenge": challenge.code,
        "code_challenge_method": "S256",
        **({"scope": " ".join(place.oauth.scopes)} if place.oauth.scopes else {}),
        **place.oauth.parameters,
    }
    return f"{place.base}{place.oauth.authorize_path}?{urlencode(asked)}"


def exchange(
    http: Http, place: Place, *, code: str, redirect_uri: str, verifier: str
) -> dict[str, str]:
    """Tokens for a code, which works once. Raises AdapterError."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    return _tokens(_ask(http, place, form), place)


def refresh(http: Http, place: Place, refresh_token: str) -> dict[str, str]:
    """New tokens; where they rotate the old one is dead from here on. Raises AdapterError."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    answer = _ask(http, place, form)
    # Who does not rotate leaves the refresh token out.
    return {"refresh_token": refresh_token, **_tokens(answer, place)}


def revoke(http: Http, place: Place, token: str) -> None:
    """End the sign-in there. Raises AdapterError when nobody knows whether it ended."""
    if not place.oauth.revoke_path:
        return
    http.hide(token)
    answer = _post(http, place, place.oauth.revoke_path, {"token": token})
    if answer.status >= 400 and _error_of(answer) not in ("invalid_grant", "invalid_token"):
        raise RetryLater(
            _("%(system)s did not take the sign-out (%(status)s).")
            % {"system": place.title, "status": answer.status}
        )


def usable_token(
    credentials: Mapping[str, str], environment: Environment, *, stale: str, now: datetime
) -> str:
    """The access token while it lives and is not the one that was refused; else nothing."""
    token = credentials.get("access_token", "")
    if not token or token == stale or credentials.get("tokens_for") != environment.key:
        return ""
    try:
        ends = datetime.fromisoformat(credentials.get("expires_at", ""))
    except ValueError:
        return ""
    return token if now + MARGIN < ends else ""


def without_tokens(credentials: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in credentials.items() if name not in TOKEN_NAMES}


def _ask(http: Http, place: Place, form: Mapping[str, str]) -> Answer:
    for name in ("code", "refresh_token", "code_verifier"):
        http.hide(form.get(name, ""))
    return _post(http, place, place.oauth.token_path, form)


def _post(http: Http, place: Place, path: str, form: Mapping[str, str]) -> Answer:
    client = place.client
    http.hide(client.secret)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if place.oauth.names_client_in_body:
        form = {**form, "client_id": client.id, "client_secret": client.secret}
    else:
        # Both are encoded as a form before they are joined: RFC 6749, 2.3.1.
        pair = f"{quote(client.id, safe='')}:{quote(client.secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    try:
        answer = http.request(
            "POST",
            f"{place.base}{path}",
            headers=headers,
            body=urlencode(form).encode(),
            keep_body=False,
        )
    except NoAnswer:
        raise RetryLater(_("%(system)s did not answer.") % {"system": place.title}) from None
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RetryLater(
            _("%(system)s asks for patience: too many requests.") % {"system": place.title},
            seconds=retry_after(answer),
            pauses_connection=True,
            was_refused=True,
        )
    if answer.status >= 500:
        raise RetryLater(
            _("%(system)s answered with an error (%(status)s).")
            % {"system": place.title, "status": answer.status}
        )
    return answer


def _tokens(answer: Answer, place: Place) -> dict[str, str]:
    if answer.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise _refusal(_error_of(answer), place)
    data = answer.json()
    token = data.get("access_token") if isinstance(data, dict) else None
    if answer.status != HTTPStatus.OK or not isinstance(token, str) or not token:
        raise RetryLater(
            _("%(system)s gave no access token that could be read.") % {"system": place.title}
        )
    tokens = {
        "access_token": token,
        "expires_at": (datetime.now(UTC) + _life(data.get("expires_in"))).isoformat(),
        "tokens_for": place.environment.key,
    }
    if isinstance(data.get("refresh_token"), str) and data["refresh_token"]:
        tokens["refresh_token"] = data["refresh_token"]
    return tokens


def _refusal(error: str, place: Place) -> AccessLost:
    if error in ("unauthorized_client", "invalid_client"):
        return AccessLost(
            _("%(system)s does not let this program in: its registration there is wrong or was"
              " withdrawn. Tell your administrator.")
            % {"system": place.title}
        )  # fmt: skip
    return GrantEnded(
        _("The sign-in at %(system)s has ended: it was withdrawn there, or is too old. Sign in"
          " again.")
        % {"system": place.title}
    )  # fmt: skip


def _error_of(answer: Answer) -> str:
    data: Any = answer.json()
    error = data.get("error") if isinstance(data, dict) else None
    return error if isinstance(error, str) else ""


def _life(value: Any) -> timedelta:
    try:
        seconds = min(max(float(value), 0), 10 * 365 * 86_400)
    except (TypeError, ValueError):
        seconds = USUAL_LIFE
    return timedelta(seconds=seconds)
