"""Access tokens of connections that somebody signed in for: renewed by one worker at a time.

A refresh token that rotates works once, and a second use of it ends the sign-in. So the turn to
renew is a row in the database that all workers share; the new tokens are stored before they are
used, and no transaction is open while the other side is asked.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.translation import gettext as _

from integrations import oauth
from integrations.domain.turns import LONGEST_WAIT, TurnTaker, key_of
from integrations.http import Http
from integrations.models import Connection
from integrations.ports import AccessLost, Environment, OutOfTurn, System
from tenants.audit import log
from tenants.scope import tenant_scope

# Others wait at least so long for the one who renews.
LEAST_SECONDS = 10.0


@dataclass(kw_only=True)
class SignedIn:
    """Gives access tokens of one connection; see `Access.sign_in`."""

    tenant_id: int
    connection_id: int
    system: System
    environment: Environment
    http: Http
    credentials: Mapping[str, str] = field(repr=False)

    def __call__(self, stale: str) -> str:
        token = self._usable(stale)
        if token:
            return token
        with self._turn():
            # Whoever had the turn before has perhaps done it.
            self._read()
            return self._usable(stale) or self._renew()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        seconds = max(self.http.seconds, LEAST_SECONDS)
        take = TurnTaker(
            key_of("tokens", str(self.connection_id)),
            lease=2 * seconds + 5,
            patience=min(seconds, LONGEST_WAIT),
            refusal=lambda: OutOfTurn(
                _("The sign-in at %(system)s is being renewed. Try again in a moment.")
                % {"system": self.system.title},
                seconds=2,
            ),
        )
        with take():
            yield

    def _usable(self, stale: str) -> str:
        return oauth.usable_token(
            self.credentials, self.environment, stale=stale, now=timezone.now()
        )

    def _read(self) -> None:
        with tenant_scope(self.tenant_id):
            self.credentials = Connection.objects.get(pk=self.connection_id).credentials
        for name in ("access_token", "refresh_token"):
            self.http.hide(self.credentials.get(name, ""))

    def _renew(self) -> str:
        client = oauth.client_of(self.system)
        if client is None:
            raise AccessLost(
                _("This installation is not registered at %(system)s any more, so nobody is signed"
                  " in. Enter credentials, or tell your administrator.")
                % {"system": self.system.title}
            )  # fmt: skip
        used = self.credentials.get("refresh_token", "")
        if not used or self.credentials.get("tokens_for") != self.environment.key:
            raise AccessLost(
                _("Nobody is signed in at %(system)s. Sign in there.")
                % {"system": self.system.title}
            )
        place = oauth.Place(self.system, self.environment, client)
        try:
            fresh = oauth.refresh(self.http, place, used)
        except oauth.GrantEnded as ended:
            with tenant_scope(self.tenant_id):
                note_ended(self.connection_id, ended.sentence, used=used)
            raise
        for name in ("access_token", "refresh_token"):
            self.http.hide(fresh[name])
        with tenant_scope(self.tenant_id):
            if not self._keep(used, fresh):
                raise AccessLost(
                    _("Somebody signed out of %(system)s meanwhile.")
                    % {"system": self.system.title}
                )
        return fresh["access_token"]

    def _keep(self, used: str, fresh: Mapping[str, str]) -> bool:
        """Unless somebody signed out, or in anew, while the other side was asked."""
        connection = Connection.objects.select_for_update().get(pk=self.connection_id)
        stored = connection.credentials
        if stored.get("refresh_token") != used:
            return False
        self.credentials = {**stored, **fresh}
        connection.credentials = dict(self.credentials)
        connection.save(update_fields=["sealed_credentials"])
        return True


def note_ended(connection_id: int, sentence: str, *, used: str = "") -> None:
    """The sign-in ended on their side: the connection waits until somebody signs in again.

    With `used`, only while that is the refresh token: a newer sign-in is not meant.
    """
    connection = Connection.objects.select_for_update().get(pk=connection_id)
    stored = connection.credentials
    if used and stored.get("refresh_token") != used:
        return
    if "refresh_token" not in stored:
        return
    connection.credentials = oauth.without_tokens(stored)
    connection.signed_in_by = connection.signed_in_at = None
    connection.trouble = sentence[:500]
    connection.subscriptions, connection.hook_digest = [], ""
    connection.save()
    log("connection.sign_in_ended", connection, actor=None, reason=sentence)
