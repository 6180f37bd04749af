from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections
from environ import Env

from core.migrating import NarrowExecutor

# The command names it nowhere else.
migrate.MigrationExecutor = NarrowExecutor  # type: ignore[attr-defined]

# Each trigger of django-pgtrigger first asks whether a setting tells it to stand aside. Any session
# may set that one, and the question leaves a rolled-back savepoint per row, so that inserting
# many rows in one transaction takes time with the square of their number. Ours never stand aside.
NEVER_IGNORED = """
    DO $$
    BEGIN
        IF to_regprocedure('public._pgtrigger_should_ignore(name)') IS NOT NULL THEN
            CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name)
            RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
        END IF;
    END;
    $$
"""


class Command(migrate.Command):
    """Migrates as the owner of the tables and lets the application's role use what it makes."""

    def handle(self, *args: Any, **options: Any) -> None:
        alias = options["database"]
        connection = connections[alias]
        app_role = connection.settings_dict["USER"]
        if settings.DATABASE_OWNER_URL:
            owner = Env.db_url_config(settings.DATABASE_OWNER_URL)
            connection.close()
            for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT"):
                connection.settings_dict[key] = owner[key]
            own_options = connection.settings_dict["OPTIONS"]
            connection.settings_dict["OPTIONS"] = owner.get("OPTIONS", {}) | {
                key: value for key, value in own_options.items() if key == "application_name"
            }
            with connection.cursor() as cursor:
                quoted = connection.ops.quote_name(app_role)
                cursor.execute(
                    f"GRANT USAGE ON SCHEMA public TO {quoted};"
                    "ALTER DEFAULT PRIVILEGES IN SCHEMA public"
                    f" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {quoted};"
                    "ALTER DEFAULT PRIVILEGES IN SCHEMA public"
                    f" GRANT USAGE, SELECT ON SEQUENCES TO {quoted};"
                )
        super().handle(*args, **options)
        if not options["plan"] and not options["check_unapplied"]:
            with connection.cursor() as cursor:
                cursor.execute(NEVER_IGNORED)
