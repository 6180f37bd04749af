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
    something refers to it. That ids do not change is the promise of `key_stays`, which the target
    needs, too. docs/development.md says what it means that triggers are all there is.

    The trigger's query is planned each time, and looks up one after the other by the target's
    index: a plan that was made while the target was small would read all of it for each row later.
    """
    name, refused = f"{table}_{column}", _refused(table, column)
    constraint = f"{name}_tenant_fk"
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


def referred_to_by_index(table: str, column: str, target: str, *, half: str = "") -> AfterTheTables:
    """Look up what still refers to a deleted row by index, however small the tables were when
    somebody planned it. Where two partial indexes share the rows, `half` says which has the first;
    a single one over all rows would cost more with every row that is written."""
    lookup = (
        "EXISTS (SELECT FROM gone, LATERAL (SELECT FROM {table} remaining"
        " WHERE remaining.tenant_id = gone.tenant_id AND remaining.{column} = gone.id{half}"
        " LIMIT 1) found)"
    )
    halves = [f" AND {half}", f" AND NOT ({half})"] if half else [""]
    asked = " OR ".join(lookup.format(table=table, column=column, half=one) for one in halves)
    joined = (
        f"EXISTS (SELECT FROM gone JOIN {table} remaining"
        f" ON remaining.tenant_id = gone.tenant_id AND remaining.{column} = gone.id)"
    )
    return AfterTheTables(
        sql=_referred_to(table, column, target, asked),
        reverse_sql=_referred_to(table, column, target, joined),
    )


def key_stays(target: str) -> AfterTheTables:
    """Refuse to change the key of a row that others refer to in sets; nobody looks for them then.

    Updates that set the key to what it is, as Django's do, pass without a call."""
    return AfterTheTables(
        sql=f"""
            CREATE FUNCTION {target}_key_stays() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE 'the key of a {target} does not change'
                    USING ERRCODE = 'foreign_key_violation', TABLE = '{target}';
            END $$;
            CREATE TRIGGER {target}_key_stays BEFORE UPDATE OF id, tenant_id ON {target}
                FOR EACH ROW WHEN (OLD.id <> NEW.id OR OLD.tenant_id <> NEW.tenant_id)
                EXECUTE FUNCTION {target}_key_stays();
        """,
        reverse_sql=f"""
            DROP TRIGGER {target}_key_stays ON {target};
            DROP FUNCTION {target}_key_stays();
        """,
    )


def _refused(table: str, column: str) -> str:
    constraint = f"{table}_{column}_tenant_fk"
    return f"ERRCODE = 'foreign_key_violation', CONSTRAINT = '{constraint}', TABLE = '{table}'"


def _referred_to(table: str, column: str, target: str, asked: str) -> str:
    """The function that the target's trigger calls when rows of it are deleted."""
    return f"""
        CREATE OR REPLACE FUNCTION {table}_{column}_referred_to() RETURNS trigger
            LANGUAGE plpgsql AS $$
        DECLARE
            is_referred_to boolean;
        BEGIN
            EXECUTE 'SELECT {asked}' INTO is_referred_to;
            IF is_referred_to THEN
                RAISE 'a row of {table} still refers to this {target}'
                    USING {_refused(table, column)};
            END IF;
            RETURN NULL;
        END $$;
    """
