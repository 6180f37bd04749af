from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql.base import DatabaseWrapper as PostgresConnection
from django.utils.translation import gettext_lazy as _


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = _("Tenants")

    def ready(self) -> None:
        register(check_database_role, Tags.database)


def check_database_role(databases: Any = None, **_kwargs: Any) -> list[CheckMessage]:
    """Row-level security means nothing to a superuser."""
    errors: list[CheckMessage] = []
    for alias in databases or []:
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles"
                " WHERE rolname = current_user"
            )
            role, unsafe = cursor.fetchone()
        if unsafe:
            errors.append(
                Error(
                    f"The database role {role!r} is a superuser or may bypass row-level security.",
                    hint="Use a plain role, see config/roles.sql and docs/operations.md.",
                    id="tenants.E001",
                )
            )
    return errors


def check_role_owns_nothing() -> list[CheckMessage]:
    """The owner migrates, and may read more of some tables than a tenant's rows. Whoever runs the
    program as the owner would hand that to every page."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT current_user, EXISTS (SELECT FROM pg_class"
            " WHERE relrowsecurity AND pg_get_userbyid(relowner) = current_user)"
        )
        role, owns_tables = cursor.fetchone()
    if not owns_tables:
        return []
    return [
        Error(
            f"The database role {role!r} owns the tables.",
            hint="Migrate with one role and run with another, see docs/operations.md.",
            id="tenants.E002",
        )
    ]


class UnsafeDatabaseRole(ImproperlyConfigured):
    """The program would run, and keep no tenants apart."""


def refuse_unsafe_database_role() -> None:
    """Web server and workers call this before they take any work."""
    errors = check_database_role([DEFAULT_DB_ALIAS]) + check_role_owns_nothing()
    connection = connections[DEFAULT_DB_ALIAS]
    connection.close()
    # A forked worker must not inherit the connections of its parent.
    if isinstance(connection, PostgresConnection):
        connection.close_pool()
    if errors:
        raise UnsafeDatabaseRole(f"{errors[0].msg} {errors[0].hint}")
