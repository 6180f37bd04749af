"""Opens the adapter of a connection; what it needs is read before, so that no transaction waits."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from integrations import crypto
from integrations.errors import CredentialsUnreadable, NoSuchEnvironment
from integrations.http import Http
from integrations.models import Connection
from integrations.ports import Access, Adapter, Environment, System
from integrations.registry import environment_of, hosts_of, system_of
from tenants.scope import current_tenant_id, tenant_scope


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

    @contextmanager
    def open(self, *, seconds: float = 30) -> Iterator[tuple[Adapter, Http]]:
        """Outside any transaction: the other side may take its time."""
        with Http(
            hosts_of(self.environment), secrets=self.credentials.values(), seconds=seconds
        ) as http:
            access = Access(
                key=f"{self.tenant_id}-{self.connection_id or 'new'}",
                base_url=self.environment.url,
                credentials=self.credentials,
                settings=self.settings,
                lists=self.lists,
                http=http,
                keep_credentials=self._keep,
            )
            yield self.system.open(access), http

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
        system=system,
        environment=environment,
        credentials=credentials,
        settings=dict(connection.settings),
        lists=connection.remote.get("lists", {}),
    )
