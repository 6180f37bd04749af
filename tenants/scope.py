"""The tenant a piece of code works for, known to Python and to PostgreSQL alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection, transaction

_tenant_id: ContextVar[int | None] = ContextVar("tenant_id", default=None)
_kept: ContextVar[dict[str, Any] | None] = ContextVar("kept_in_scope", default=None)


class TenantScopeError(RuntimeError):
    """A tenant's rows were asked for outside its scope."""


def current_tenant_id() -> int:
    """The tenant of the open scope; raises TenantScopeError when there is none."""
    tenant_id = _tenant_id.get()
    if tenant_id is None:
        raise TenantScopeError("no tenant scope is open")
    return tenant_id


def active_tenant_id() -> int | None:
    return _tenant_id.get()


def kept_in_scope() -> dict[str, Any]:
    """What is read once for as long as this scope is open; the next one begins with nothing."""
    kept = _kept.get()
    if kept is None:
        raise TenantScopeError("no tenant scope is open")
    return kept


@contextmanager
def tenant_scope(tenant_id: int) -> Iterator[None]:
    """One transaction that sees one tenant."""
    active, nested = _tenant_id.get(), connection.in_atomic_block
    if active not in (None, tenant_id):
        raise TenantScopeError(f"tenant {tenant_id} asked for inside tenant {active}")
    token, kept = _tenant_id.set(tenant_id), _kept.set({})
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # After its commit a scope's last callbacks run; they need a transaction of their own.
            if active is None or not nested:
                cursor.execute(f"SET LOCAL app.tenant_id = '{int(tenant_id)}'")
            yield
            # A released savepoint would keep it, one that is rolled back does not. Tests nest.
            if nested and active is None and not connection.needs_rollback:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
                cursor.execute("SET LOCAL app.tenant_id = ''")
    finally:
        _kept.reset(kept)
        _tenant_id.reset(token)
