"""The tenant a piece of code works for, known to Python and to PostgreSQL alike."""

from collections.abc import Iterator, Mapping
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
def as_if_tenant(tenant_id: int) -> Iterator[None]:
    """For making queries that are not asked: nothing is told to PostgreSQL, which shows nothing."""
    token = _tenant_id.set(tenant_id)
    try:
        yield
    finally:
        _tenant_id.reset(token)


@contextmanager
def tenant_scope(tenant_id: int, *, lasts: bool = True) -> Iterator[None]:
    """One transaction that sees one tenant.

    Where it need not last, its commit waits for no disk: should the server lose its power, the
    last half second of such transactions is as if it had never been.
    """
    active, nested = _tenant_id.get(), connection.in_atomic_block
    if active not in (None, tenant_id):
        raise TenantScopeError(f"tenant {tenant_id} asked for inside tenant {active}")
    token, kept = _tenant_id.set(tenant_id), _kept.set({})
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # After its commit a scope's last callbacks run; they need a transaction of their own.
            if active is None or not nested:
                cursor.execute(_setting(tenant_id, lasts=lasts))
            yield
            # A released savepoint would keep it, one that is rolled back does not. Tests nest.
            if nested and active is None and not connection.needs_rollback:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
                cursor.execute("SET LOCAL app.tenant_id = ''")
    finally:
        _kept.reset(kept)
        _tenant_id.reset(token)


def in_one_question(
    tenant_id: int, statement: str, values: Mapping[str, Any], *, lasts: bool = True
) -> Any | None:
    """One statement in the scope of a tenant and in a transaction of its own, which the server does
    in one go instead of four; its first row, or None. For `lasts` see `tenant_scope`.

    Inside a transaction it is part of that one.
    """
    if connection.in_atomic_block:
        with tenant_scope(tenant_id), connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchone()
    with connection.cursor() as cursor:
        # What is sent together is one transaction to PostgreSQL, which its settings end with.
        cursor.execute(f"{_setting(tenant_id, lasts=lasts)}; {statement}", values)
        while cursor.description is None and cursor.nextset():
            pass
        return cursor.fetchone()


def _setting(tenant_id: int, *, lasts: bool) -> str:
    tenant = f"SET LOCAL app.tenant_id = '{int(tenant_id)}'"
    return tenant if lasts else f"{tenant}; SET LOCAL synchronous_commit = off"
