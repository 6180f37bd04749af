"""References that triggers check for all rows of a statement: as strict as foreign keys."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import date
from threading import Event
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from invoicing.domain.drafting import draft_work
from invoicing.models import Addition, Invoice, InvoiceLine, Source
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.factories import (
    ProjectFactory,
    TaxRateFactory,
    TenantFactory,
    TimeEntryFactory,
)
from timesheets.models import TimeEntry

DAY = date(2026, 10, 5)


def drafted() -> Invoice:
    project = ProjectFactory()
    TaxRateFactory()
    TimeEntryFactory(project=project, work_date=DAY)
    return draft_work(
        start=DAY, end=DAY, customer_id=project.customer_id, actor=None, allow_unlocked=True
    )


def run(sql: str, *values: Any) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


REFERENCES = {
    (Source, "line"): "invoicing_source_line_id_tenant_fk",
    (Source, "time_entry"): "invoicing_source_time_entry_id_tenant_fk",
    (InvoiceLine, "invoice"): "invoicing_invoiceline_invoice_id_tenant_fk",
    (InvoiceLine, "addition"): "invoicing_invoiceline_addition_id_tenant_fk",
    (InvoiceLine, "tax_rate"): "invoicing_invoiceline_tax_rate_id_tenant_fk",
}


@contextmanager
def refused_by(model: type[Source] | type[InvoiceLine], name: str, why: str) -> Iterator[None]:
    with pytest.raises(IntegrityError, match=why) as refused:
        yield
    cause: Any = refused.value.__cause__
    assert cause.diag.constraint_name == REFERENCES[model, name]


def copied(model: type[Source] | type[InvoiceLine], **changes: Any) -> None:
    row = model.objects.order_by("pk")[0]
    row.pk = None
    if isinstance(row, Source):
        row.time_entry = TimeEntryFactory(work_date=DAY)
    for name, value in changes.items():
        setattr(row, name, value)
    with transaction.atomic():
        model.objects.bulk_create([row])


@pytest.mark.parametrize(("model", "name"), REFERENCES)
def test_what_is_referred_to_exists(
    tenant: Tenant, model: type[Source] | type[InvoiceLine], name: str
) -> None:
    drafted()

    copied(model)
    with refused_by(model, name, "does not exist"):
        copied(model, **{f"{name}_id": 9_999_999})

    row = model.objects.order_by("pk")[0]
    setattr(row, f"{name}_id", 9_999_999)
    with refused_by(model, name, "does not exist"), transaction.atomic():
        row.save()


@pytest.mark.parametrize(("model", "name"), REFERENCES)
def test_a_row_of_another_company_does_not_exist(
    db: None, model: type[Source] | type[InvoiceLine], name: str
) -> None:
    with tenant_scope(TenantFactory().pk):
        drafted()
        theirs = getattr(model.objects.get(), f"{name}_id")

    with tenant_scope(TenantFactory().pk):
        drafted()
        with refused_by(model, name, "does not exist"):
            copied(model, **{f"{name}_id": theirs})


@pytest.mark.parametrize(("model", "name"), REFERENCES)
def test_what_is_referred_to_is_not_deleted(
    tenant: Tenant, model: type[Source] | type[InvoiceLine], name: str
) -> None:
    drafted()
    target = model._meta.get_field(name).related_model._meta.db_table  # type: ignore[union-attr]
    # Its own guard refuses hours that are on a draft; those that are free again have none.
    TimeEntry.objects.update(billing_state="open")

    if (model, name) == (InvoiceLine, "invoice"):
        # The others that refer to a document.
        run("DELETE FROM invoicing_source")
        run("UPDATE invoicing_invoiceline SET addition_id = NULL")
        run("DELETE FROM invoicing_addition")
        run("DELETE FROM invoicing_invoicetax")
    with refused_by(model, name, "still refers"):
        run(f"DELETE FROM {target}")

    run("DELETE FROM invoicing_source")
    if name != "line" and model is InvoiceLine:
        run("DELETE FROM invoicing_invoiceline")
    if name != "invoice":  # others refer to a document, too
        assert run(f"DELETE FROM {target}") >= 1


def test_rows_and_what_they_refer_to_go_in_one_statement(tenant: Tenant) -> None:
    drafted()
    TimeEntry.objects.update(billing_state="open")

    run(
        """
        WITH sources AS (DELETE FROM invoicing_source),
            entries AS (DELETE FROM timesheets_timeentry),
            lines AS (DELETE FROM invoicing_invoiceline)
        DELETE FROM invoicing_addition
        """
    )

    assert not Addition.objects.exists()
    assert not TimeEntry.objects.exists()


def test_who_deletes_waits_for_who_refers(committed_db: None) -> None:
    company = TenantFactory()
    with tenant_scope(company.pk):
        line_id = drafted().lines.get().pk
        free = TimeEntryFactory(work_date=DAY)
    is_tied, may_commit = Event(), Event()

    def tie() -> None:
        with tenant_scope(company.pk):
            Source.objects.bulk_create([Source(line_id=line_id, time_entry=free, minutes=60)])
            is_tied.set()
            may_commit.wait(20)
        connection.close()

    def delete() -> None:
        try:
            with tenant_scope(company.pk):
                run("DELETE FROM timesheets_timeentry WHERE id = %s", free.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=2) as pool:
        tying = pool.submit(tie)
        assert is_tied.wait(20)
        deleting = pool.submit(delete)
        assert not wait([deleting], timeout=0.5).done, "it did not wait"
        may_commit.set()
        tying.result(20)
        with pytest.raises(IntegrityError, match="still refers"):
            deleting.result(20)


@pytest.mark.parametrize(("model", "name"), REFERENCES)
def test_the_key_of_what_is_referred_to_does_not_change(
    tenant: Tenant, model: type[Source] | type[InvoiceLine], name: str
) -> None:
    drafted()
    target: Any = model._meta.get_field(name).related_model
    row = target.objects.order_by("pk")[0]

    with pytest.raises(IntegrityError, match=r"the key of a \w+ does not change"):
        run(f"UPDATE {target._meta.db_table} SET id = 9999999 WHERE id = %s", row.pk)

    # Django writes the company along each time.
    row.save()
    assert run(f"UPDATE {target._meta.db_table} SET tenant_id = tenant_id, id = id") >= 1


# A tax rate is deleted once in a blue moon: reading the lines then costs less than an index always.
WITHOUT_INDEX = {(InvoiceLine, "tax_rate")}


@pytest.mark.parametrize(("model", "name"), sorted(set(REFERENCES) - WITHOUT_INDEX, key=str))
def test_who_deletes_finds_by_index_what_still_refers(
    tenant: Tenant, model: type[Source] | type[InvoiceLine], name: str
) -> None:
    table, column = model._meta.db_table, f"{name}_id"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT prosrc FROM pg_proc WHERE proname = %s", [f"{table}_{column}_referred_to"]
        )
        found = re.search(r"EXECUTE '(.*)' INTO", cursor.fetchone()[0])
        assert found is not None
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "CREATE TEMPORARY TABLE gone ON COMMIT DROP AS SELECT 1::bigint AS tenant_id,"
            " generate_series(1, 3)::bigint AS id"
        )
        cursor.execute(f"EXPLAIN {found[1]}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    parts = plan.count(f"on {table} remaining")
    assert parts >= 1
    # Each part by the row that is gone, not only by its company.
    assert plan.count(f"({column} = ") == parts, plan
