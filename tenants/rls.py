"""Migration operations that make PostgreSQL itself keep tenants apart."""

from django.db.migrations.operations import RunSQL


def isolate(table: str) -> RunSQL:
    """Force row-level security: a row is seen and written only in its tenant's scope.

    The setting is read without a default, so a query outside a scope is an error, not "no rows".
    """
    return RunSQL(
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


def tenant_reference(table: str, column: str, target: str) -> RunSQL:
    """A foreign key that carries the tenant; plain foreign keys ignore policies.

    Its check of existing rows runs as the owner, whom FORCE would hold to a scope.
    """
    name = f"{table}_{column}_tenant_fk"
    return RunSQL(
        sql=f"""
            ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
            ALTER TABLE {target} NO FORCE ROW LEVEL SECURITY;
            ALTER TABLE {table} ADD CONSTRAINT {name}
                FOREIGN KEY (tenant_id, {column}) REFERENCES {target} (tenant_id, id);
            ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
            ALTER TABLE {target} FORCE ROW LEVEL SECURITY;
        """,
        reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name};",
    )
