"""Opens the adapter of a connection; what it needs is read before, so that no transaction waits."""

import logging
import traceback
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from decimal import InvalidOperation

from django.conf import settings
from django.utils.translation import gettext as _

from integrations import crypto
from integrations.domain.tokens import SignedIn
from integrations.domain.turns import TurnTaker, key_of, one_request
from integrations.errors import CredentialsUnreadable, NoSuchEnvironment
from integrations.http import ForbiddenHost, Http
from integrations.models import Connection
from integrations.pacing import Limiter
from integrations.ports import Access, Adapter, Environment, OutOfTurn, Rejected, RetryLater, System
from integrations.registry import environment_of, hosts_of, system_of
from integrations.sessions import PrivateAddress
from tenants.scope import current_tenant_id, tenant_scope

log = logging.getLogger(__name__)

ALONE_SECONDS = 600.0

# What reading ends in where an answer is of another shape than documented. Strangers write
# them, so it is no bug alone; the log has the place.
UNREADABLE = (LookupError, TypeError, AttributeError, ValueError, InvalidOperation, RecursionError)


@dataclass(frozen=True, kw_only=True)
class Door:
    """Everything of a connection that its adapter works with, free of the database."""

    tenant_id: int
    connection_id: int | None
    system: System
    environment: Environment
    credentials: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, str]
    lists: Mapping[str, list[list[str]]]
    # Whose tokens are used where somebody signed in; renewed ones are kept with it.
    signed_in_id: int | None = None

    @contextmanager
    def open(self, *, seconds: float | None = None) -> Iterator[tuple[Adapter, Http]]:
        """Outside any transaction: the other side may take its time."""
        seconds = self.system.answer_seconds if seconds is None else seconds
        turn = None
        if self.system.is_serial:
            turn = one_request(self._company_key(), self.system.title, seconds)
        with Http(
            hosts_of(self.environment),
            secrets=self.credentials.values(),
            shown=self.system.shown_fields,
            seconds=seconds,
            wait=self._wait,
            turn=turn,
            key=self._name if self.connection_id else "",
        ) as http:
            access = Access(
                key=self._name,
                base_url=self.environment.url,
                credentials=self.credentials,
                settings=self.settings,
                lists=self.lists,
                http=http,
                keep_credentials=self._keep,
                sign_in=self._sign_in(http),
                alone=self._alone,
            )
            try:
                yield self.system.open(access), http
            except PrivateAddress as host:
                raise Rejected(
                    _("“%(host)s” leads to an address inside this network; nothing was sent there."
                      " Tell your administrator.") % {"host": host}
                ) from None  # fmt: skip
            except ForbiddenHost as host:
                raise Rejected(
                    _("“%(host)s” is no address of this system.") % {"host": host}
                ) from None
            except UNREADABLE as surprise:
                # Its text may quote the answer, and with it what is secret.
                where = "".join(traceback.format_tb(surprise.__traceback__))
                log.error("%s: %s\n%s", self.system.key, type(surprise).__name__, where)
                raise RetryLater(
                    _("%(system)s's answer could not be read.") % {"system": self.system.title}
                ) from None

    @property
    def _name(self) -> str:
        """Unlike that of any other connection that is stored."""
        return f"{self.tenant_id}-{self.connection_id or 'new'}"

    def _sign_in(self, http: Http) -> SignedIn | None:
        if self.signed_in_id is None or "refresh_token" not in self.credentials:
            return None
        return SignedIn(
            tenant_id=self.tenant_id,
            connection_id=self.signed_in_id,
            system=self.system,
            environment=self.environment,
            http=http,
            credentials=self.credentials,
        )

    def _company_key(self) -> str:
        """What all that ask the same company there have in common, whoever they are here."""
        name = self.system.serial_by
        company = self.settings.get(name) or self.credentials.get(name) or ""
        if not company:
            company = f"of {self.tenant_id}"
        return key_of("serial", self.system.key, self.environment.url, company)

    def _alone(self, name: str, sentence: str) -> AbstractContextManager[None]:
        take = TurnTaker(
            key_of("alone", self.system.key, self.environment.url, name),
            # As long as the lease of an export: longer than the calls of one turn take.
            lease=ALONE_SECONDS,
            patience=0,
            refusal=lambda: OutOfTurn(sentence, seconds=5),
        )
        return take()

    def limiter(self) -> Limiter | None:
        """What all that ask this system in this way have in common."""
        rate = self.environment.rate or self.system.rate
        if rate is None or not settings.OUTGOING_RATE_LIMIT:
            return None
        # The environment's key is not enough: each counts by itself.
        counted = [self.system.key, self.environment.key]
        if rate.shared_by:
            counted += ["shared", self.credentials.get(rate.shared_by, "")]
        else:
            counted += ["connection", self._name]
        return Limiter("\n".join(counted), rate)

    def _wait(self) -> None:
        limiter = self.limiter()
        if limiter is None:
            return
        seconds = limiter.take()
        if seconds > 0:
            raise OutOfTurn(
                _("Many documents go to %(system)s at once; this one waits for its turn.")
                % {"system": self.system.title},
                seconds=seconds,
            )

    def _keep(self, credentials: Mapping[str, str]) -> None:
        if self.connection_id is None:
            return
        with tenant_scope(self.tenant_id):
            connection = Connection.objects.select_for_update().get(pk=self.connection_id)
            connection.credentials = {**connection.credentials, **credentials}
            connection.save(update_fields=["sealed_credentials"])


def door_of(connection: Connection) -> Door:
    """Raises IntegrationRefused when the connection cannot be used from here."""
    system = system_of(connection.system)
    environment = environment_of(system, connection.environment) if system else None
    if system is None or environment is None:
        raise NoSuchEnvironment(system=system.title if system else connection.system)
    try:
        credentials = connection.credentials
    except crypto.UnreadableSecrets:
        raise CredentialsUnreadable from None
    return Door(
        tenant_id=current_tenant_id(),
        connection_id=connection.pk,
        signed_in_id=connection.pk,
        system=system,
        environment=environment,
        credentials=credentials,
        settings=dict(connection.settings),
        lists=connection.remote.get("lists", {}),
    )
