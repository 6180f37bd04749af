"""Migration operations that make PostgreSQL itself keep tenants apart."""

from typing import Any

from django.db.migrations.operations import RunSQL


class AfterTheTables(RunSQL):
    """Runs at the end of its migration, after Django's own foreign keys: their first check of the
    rows is a query outside any scope, which an isolated table would refuse."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        schema_editor.deferred_sql.append(self.sql)


def isolate(table: str) -> AfterTheTables:
    """Force row-level security: a row is seen and written only in its tenant's scope.

    The setting is read without a default, so a query outside a scope is an error, not "no rows".
    """
    return AfterTheTables(
        sql=f"""
            ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
            ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
            CREATE POLICY tenant_isolation ON {table}
                USING (tenant_id = current_setting('app.tenant_id')::bigint);
        """,
        reverse_sql=f"""
            DROP POLICY tenant_isolation ON {table};
            ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
            ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
        """,
    )


def tenant_reference(
    table: str, column: str, target: str, *, cascades: bool = False
) -> AfterTheTables:
    """A foreign key that carries the tenant; plain foreign keys ignore policies.

    With `cascades` a row goes with the one it refers to. The check of existing rows runs as the
    owner, whom FORCE would hold to a scope.
    """
    name = f"{table}_{column}_tenant_fk"
    return AfterTheTables(
        sql=f"""
            ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
            ALTER TABLE {target} NO FORCE ROW LEVEL SECURITY;
            ALTER TABLE {table} ADD CONSTRAINT {name}
                FOREIGN KEY (tenant_id, {column}) REFERENCES {target} (tenant_id, id)
                {"ON DELETE CASCADE" if cascades else ""};
            ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
            ALTER TABLE {target} FORCE ROW LEVEL SECURITY;
        """,
        reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name};",
    )
