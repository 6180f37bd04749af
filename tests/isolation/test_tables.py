"""Every table of a company, tried from another company's scope and from none."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import ForeignKey

from tenants.base import TenantForeignKey
from tenants.scope import tenant_scope
from tests.isolation.conftest import Companies
from tests.isolation.walking import tenant_models

TABLES = [model._meta.db_table for model in tenant_models()]
# Its trigrams are of no use under a policy, so a function of the owner reads it, in the tenant of
# the open scope: tests/invoicing/test_document_index.py.
READ_BY_OWNER = "invoicing_documentindex"


def run(statement: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


@pytest.mark.parametrize("table", TABLES)
def test_row_level_security_is_forced(db: None, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity, relforcerowsecurity, ("
            " SELECT array_agg((pg_get_expr(polqual, polrelid), polcmd, polpermissive)::text)"
            " FROM pg_policy WHERE polrelid = c.oid AND NOT"
            " (c.relname = %s AND polcmd = 'r' AND polroles = ARRAY[c.relowner])"
            ") FROM pg_class c WHERE oid = %s::regclass",
            [READ_BY_OWNER, table],
        )
        enabled, forced, policies = cursor.fetchone()
    assert enabled
    assert forced
    assert len(policies) == 1
    assert "(tenant_id = (current_setting('app.tenant_id'::text))::bigint)" in policies[0]


def test_whatever_names_a_tenant_is_isolated(db: None) -> None:
    """Outside stand only what is read before a scope is open: who belongs to which company."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relkind = 'r' AND a.attname = 'tenant_id' AND NOT c.relrowsecurity"
            " AND c.relnamespace = 'public'::regnamespace"
        )
        assert [name for (name,) in cursor.fetchall()] == ["tenants_membership"]


def test_the_application_may_not_pass_the_policies(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)
        cursor.execute(
            "SELECT count(*) FROM pg_tables"
            " WHERE schemaname = 'public' AND tableowner = current_user"
        )
        assert cursor.fetchone() == (0,)


def test_no_table_gives_rows_without_a_scope(companies: Companies) -> None:
    # A connection that had a scope before knows the name, and that it is empty.
    refused = "bigint|app.tenant_id"
    for table in TABLES:
        with pytest.raises(DatabaseError, match=refused), transaction.atomic():
            run(f"SELECT FROM {table}")


def test_rows_of_another_company_are_out_of_reach(companies: Companies) -> None:
    reached = []
    for table in TABLES:
        with tenant_scope(companies.theirs.pk), connection.cursor() as cursor:
            cursor.execute(f"SELECT array_agg(id) FROM {table}")
            keys = cursor.fetchone()[0]
        assert keys, f"{table} has no row to try"
        with tenant_scope(companies.ours.pk):
            for statement in (
                f"SELECT FROM {table} WHERE id = ANY(%s)",
                f"UPDATE {table} SET id = id WHERE id = ANY(%s)",
                f"DELETE FROM {table} WHERE id = ANY(%s)",
            ):
                if run(statement, keys):
                    reached.append(statement)
    assert reached == []


def test_no_row_can_be_given_to_another_company(companies: Companies) -> None:
    for model in tenant_models():
        table = model._meta.db_table
        columns = [
            field.column
            for field in model._meta.concrete_fields
            if field.column != "id" and not field.generated
        ]
        values = ["%s" if column == "tenant_id" else f'"{column}"' for column in columns]
        names = ", ".join(f'"{column}"' for column in columns)
        with (
            tenant_scope(companies.ours.pk),
            pytest.raises(DatabaseError, match="row-level security"),
            transaction.atomic(),
        ):
            assert run(
                f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} FROM {table} LIMIT 1",
                companies.theirs.pk,
            ), f"{table} has no row"


def test_references_carry_the_company(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT conrelid::regclass::text, confrelid::regclass::text, (
                SELECT array_agg(attname ORDER BY place)
                FROM unnest(conkey) WITH ORDINALITY AS key (number, place)
                JOIN pg_attribute ON attrelid = conrelid AND attnum = number
            )
            FROM pg_constraint WHERE contype = 'f'
            """
        )
        found = {(table, target, tuple(columns)) for table, target, columns in cursor.fetchall()}
        # Enabled as they are made, for everybody.
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgenabled = 'O'"
        )
        triggers = set(cursor.fetchall())
    for model in tenant_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, TenantForeignKey):
                target = field.related_model._meta.db_table
                wanted = (model._meta.db_table, target, ("tenant_id", field.column))
                name = f"{model._meta.db_table}_{field.column}"
                in_sets = {
                    (model._meta.db_table, f"{name}_refers_when_inserted"),
                    (model._meta.db_table, f"{name}_refers_when_updated"),
                    (target, f"{name}_referred_to"),
                    (target, f"{target}_key_stays"),
                }
                assert wanted in found or in_sets <= triggers, (
                    f"{model.__name__}.{field.name} does not carry the tenant"
                )
            elif isinstance(field, ForeignKey):
                assert field.related_model not in tenant_models(), (
                    f"{model.__name__}.{field.name} ought to be a TenantForeignKey"
                )
