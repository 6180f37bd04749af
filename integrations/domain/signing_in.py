"""Signing in at a system by redirect: begun on a connection's page, ended at one root address.

What is begun is a row bound to the connection, the person and the browser's session. Its state
leads back to the company; it works once, and for ten minutes.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.lists import is_id
from core.root_urls import root_reverse
from integrations import crypto, errors, oauth
from integrations.domain.access import Door, door_of
from integrations.domain.connections import until_checked
from integrations.http import Http
from integrations.models import Connection, SignIn
from integrations.ports import AdapterError, Environment, System
from integrations.registry import environment_of, hosts_of, system_of
from tenants.audit import log
from tenants.models import User
from tenants.scope import current_tenant_id

LIFE = timedelta(minutes=10)
ASK_SECONDS = 12


def redirect_uri() -> str:
    """The one address that is registered there, for all companies."""
    return f"{settings.BASE_URL.rstrip('/')}{root_reverse('sign_in_back')}"


@transaction.atomic
def begin(connection: Connection, *, actor: User, session: str, now: datetime) -> str:
    """Note that this person begins to sign in with this browser; where to send it."""
    place = _place_of(connection)
    SignIn.objects.filter(connection=connection, expires_at__lt=now).delete()
    challenge, secret = oauth.Challenge.new(), secrets.token_urlsafe(32)
    SignIn.objects.create(
        connection=connection,
        user=actor,
        state_digest=_digest(secret),
        session_digest=_digest(session),
        sealed_verifier=crypto.encrypt({"verifier": challenge.verifier}),
        environment=place.environment.key,
        redirect_uri=redirect_uri(),
        expires_at=now + LIFE,
    )
    return oauth.authorize_url(
        place,
        redirect_uri=redirect_uri(),
        state=f"{current_tenant_id()}-{secret}",
        challenge=challenge,
    )


def company_of_state(state: str) -> int | None:
    """Which company it says it belongs to; whether that is true, its row tells."""
    text, _dash, secret = state.partition("-")
    if not secret or not is_id(text):
        return None
    return int(text)


@dataclass(frozen=True)
class Begun:
    """A sign-in that has come back; nobody else can use it any more."""

    connection_id: int
    tenant_id: int
    place: oauth.Place
    redirect_uri: str
    verifier: str = field(repr=False)


@transaction.atomic
def take(state: str, *, actor: User, session: str, now: datetime) -> Begun:
    """Use up what was begun; raises SignInRefused with what is wrong with it."""
    digest = _digest(state.partition("-")[2])
    taken = SignIn.objects.filter(
        state_digest=digest,
        session_digest=_digest(session),
        user=actor,
        used_at=None,
        expires_at__gt=now,
    ).update(used_at=now)
    begun = SignIn.objects.select_related("connection").filter(state_digest=digest).first()
    if not taken or begun is None:
        raise _why_not(begun, actor, now)
    place = _place_of(begun.connection)
    if place.environment.key != begun.environment:
        raise errors.SignInUnknown
    return Begun(
        connection_id=begun.connection_id,
        tenant_id=current_tenant_id(),
        place=place,
        redirect_uri=begun.redirect_uri,
        verifier=crypto.decrypt(begun.sealed_verifier)["verifier"],
    )


def _why_not(begun: SignIn | None, actor: User, now: datetime) -> errors.IntegrationRefused:
    if begun is None or begun.user_id != actor.pk:
        return errors.SignInUnknown()
    if begun.used_at is not None:
        return errors.SignInUsed()
    return errors.SignInLate() if begun.expires_at <= now else errors.SignInElsewhere()


def exchange(begun: Begun, code: str) -> dict[str, str]:
    """The tokens; raises AdapterError. No transaction may be open."""
    with Http(hosts_of(begun.place.environment), seconds=ASK_SECONDS) as http:
        return oauth.exchange(
            http,
            begun.place,
            code=code,
            redirect_uri=begun.redirect_uri,
            verifier=begun.verifier,
        )


@transaction.atomic
def keep(begun: Begun, tokens: Mapping[str, str], *, actor: User) -> Door:
    """From here on the tokens open the connection, in place of what was entered before."""
    connection: Connection = Connection.objects.select_for_update().get(pk=begun.connection_id)
    connection.credentials = dict(tokens)
    connection.signed_in_by, connection.signed_in_at = actor, timezone.now()
    # One person may have several companies there; nothing is sent to a wrong one meanwhile.
    connection.trouble, connection.paused_until = until_checked(connection), None
    connection.subscriptions, connection.hook_digest = [], ""
    connection.save()
    log("connection.signed_in", connection, actor=actor)
    return door_of(connection)


@dataclass(frozen=True)
class SignedOut:
    """What is left to be ended on the other side."""

    system: System
    environment: Environment
    token: str = field(repr=False)


def held(connection: Connection) -> SignedOut | None:
    """What somebody signed in for this connection, to be ended when it is given up."""
    try:
        stored = connection.credentials
    except crypto.UnreadableSecrets:
        return None
    system = system_of(connection.system)
    environment = environment_of(system, stored.get("tokens_for", "")) if system else None
    if system is None or environment is None or "refresh_token" not in stored:
        return None
    return SignedOut(system, environment, stored["refresh_token"])


@transaction.atomic
def sign_out(connection: Connection, *, actor: User) -> SignedOut | None:
    """Forget the tokens first, so that no worker uses them while they are being revoked."""
    connection = Connection.objects.select_for_update().get(pk=connection.pk)
    what = held(connection)
    if what is None:
        return None
    connection.credentials = oauth.without_tokens(connection.credentials)
    connection.signed_in_by = connection.signed_in_at = None
    connection.trouble = nobody(what.system.title)
    connection.subscriptions, connection.hook_digest = [], ""
    connection.save()
    log("connection.signed_out", connection, actor=actor)
    return what


def revoke(signed_out: SignedOut) -> AdapterError | None:
    """End it there too; what kept that from happening. No transaction may be open."""
    client = oauth.client_of(signed_out.system)
    if client is None:
        return None
    with Http(hosts_of(signed_out.environment), seconds=ASK_SECONDS) as http:
        try:
            place = oauth.Place(signed_out.system, signed_out.environment, client)
            oauth.revoke(http, place, signed_out.token)
        except AdapterError as failure:
            return failure
    return None


@transaction.atomic
def wait_for_sign_in(connection: Connection) -> None:
    """Nothing is sent before somebody has signed in."""
    system = system_of(connection.system)
    connection.trouble = nobody(system.title if system else connection.system)
    connection.save(update_fields=["trouble"])


def nobody(title: str) -> str:
    return _("Nobody is signed in at %(system)s. Sign in there.") % {"system": title}


def _place_of(connection: Connection) -> oauth.Place:
    system = system_of(connection.system)
    environment = environment_of(system, connection.environment) if system else None
    client = oauth.client_of(system) if system else None
    if system is None or environment is None:
        raise errors.NoSuchEnvironment(system=system.title if system else connection.system)
    if client is None:
        raise errors.SignInNotOffered(system=system.title)
    return oauth.Place(system, environment, client)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
