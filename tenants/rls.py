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


def tenant_reference_in_sets(table: str, column: str, target: str) -> AfterTheTables:
    """In place of `tenant_reference`, for tables that get thousands of rows in one statement.

    PostgreSQL checks a foreign key with one query a row, which cost more than writing the row. Here
    a trigger a statement asks for all of them at once. It promises the same: what is referred to
    exists in the tenant and is locked until the end of the transaction, and is not deleted while
    something refers to it. Ids never change, so their change is not looked for.

    The trigger's query is planned each time, and looks up one after the other by the target's
    index: a plan that was made while the target was small would read all of it for each row later.
    """
    name = f"{table}_{column}"
    constraint = f"{name}_tenant_fk"
    refused = f"ERRCODE = 'foreign_key_violation', CONSTRAINT = '{constraint}', TABLE = '{table}'"
    return AfterTheTables(
        sql=f"""
            ALTER TABLE {table} DROP CONSTRAINT {constraint};

            CREATE FUNCTION {name}_refers() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE
                before_rows text := CASE TG_OP WHEN 'UPDATE' THEN
                    'EXCEPT SELECT tenant_id, {column} FROM before_it' ELSE '' END;
                is_missing boolean;
            BEGIN
                EXECUTE format('WITH asked AS (
                    SELECT DISTINCT tenant_id, {column} AS id FROM after_it
                    WHERE {column} IS NOT NULL %s
                ), found AS (
                    SELECT FROM asked, LATERAL (
                        SELECT FROM {target} target
                        WHERE target.tenant_id = asked.tenant_id AND target.id = asked.id
                        FOR KEY SHARE
                    ) locked
                )
                SELECT (SELECT count(*) FROM found) < (SELECT count(*) FROM asked)', before_rows)
                INTO is_missing;
                IF is_missing THEN
                    RAISE 'a row of {table} refers to a {target} that does not exist'
                        USING {refused};
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER {name}_refers_when_inserted AFTER INSERT ON {table}
                REFERENCING NEW TABLE AS after_it
                FOR EACH STATEMENT EXECUTE FUNCTION {name}_refers();
            CREATE TRIGGER {name}_refers_when_updated AFTER UPDATE ON {table}
                REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it
                FOR EACH STATEMENT EXECUTE FUNCTION {name}_refers();

            CREATE FUNCTION {name}_referred_to() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE
                is_referred_to boolean;
            BEGIN
                EXECUTE 'SELECT EXISTS (SELECT FROM gone JOIN {table} remaining'
                    ' ON remaining.tenant_id = gone.tenant_id AND remaining.{column} = gone.id)'
                    INTO is_referred_to;
                IF is_referred_to THEN
                    RAISE 'a row of {table} still refers to this {target}' USING {refused};
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER {name}_referred_to AFTER DELETE ON {target}
                REFERENCING OLD TABLE AS gone
                FOR EACH STATEMENT EXECUTE FUNCTION {name}_referred_to();
        """,  # noqa: S608 - names of tables and columns, no values
        reverse_sql=f"""
            DROP TRIGGER {name}_referred_to ON {target};
            DROP TRIGGER {name}_refers_when_updated ON {table};
            DROP TRIGGER {name}_refers_when_inserted ON {table};
            DROP FUNCTION {name}_referred_to();
            DROP FUNCTION {name}_refers();
            {tenant_reference(table, column, target).sql}
        """,
    )
