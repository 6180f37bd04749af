"""What decides which product there a line is, and what happens to a line that is none."""

from datetime import date
from decimal import Decimal

import pytest

from integrations.domain.mapping import Mappings, map_lines, names_of
from integrations.domain.product_links import map_to, unmap
from integrations.models import Connection, Export, ProductMapping
from integrations.ports import RemoteProduct
from integrations.problems import Problem
from invoicing.domain.crediting import cancel_invoice
from invoicing.domain.drafting import new_draft
from invoicing.domain.lines import price_line, save_totals
from invoicing.domain.posting import post_invoice
from invoicing.models import Invoice, InvoiceLine, Source
from tenants.models import Tenant
from tests.factories import (
    CustomerFactory,
    ProductFactory,
    ProjectFactory,
    TaskFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from tests.integrations.conftest import link, send, store_pdf
from tests.integrations.fake import Remote, fake_system

MOON, SUN = RemoteProduct(id="11", name="Moon"), RemoteProduct(id="22", name="Sun", number="S")


@pytest.fixture
def connection(tenant: Tenant) -> Connection:
    made = Connection(system="fake", name="Fake", environment="production")
    made.credentials = {"key": "k"}
    made.save()
    return made


def draft_line(draft: Invoice, **fields: object) -> InvoiceLine:
    made = InvoiceLine(
        **{
            "invoice": draft,
            "position": 1 + draft.lines.count(),
            "text": "Work",
            "quantity": Decimal(1),
            "unit_price": Decimal(100),
            "tax_rate": TaxRateFactory(),
            **fields,
        }
    )
    price_line(made, currency=draft.currency)
    made.save()
    save_totals(draft)
    return made


@pytest.fixture
def draft(tenant: Tenant) -> Invoice:
    return new_draft(customer=CustomerFactory(), actor=None, issue_date=date(2026, 11, 20))


def hours(line: InvoiceLine, task: object) -> None:
    entry = TimeEntryFactory(project=ProjectFactory(customer=line.invoice.customer), task=task)
    Source.objects.create(line=line, time_entry=entry, minutes=entry.minutes)


def remote_of(connection: Connection, line: InvoiceLine) -> str:
    return map_lines(Mappings.read(connection), [line]).products.get(line.pk, "")


def test_the_nearest_thing_decides(connection: Connection, draft: Invoice) -> None:
    product, task = ProductFactory(), TaskFactory(project=None)
    line = draft_line(draft, product=product)
    hours(line, task)
    assert map_lines(Mappings.read(connection), [line]).missing == [line]

    for ours, remote in (
        (None, "1"), (line.tax_rate, "2"), (task, "3"), (product, "4"),
    ):  # fmt: skip
        map_to(connection, ours, RemoteProduct(id=remote, name="There"), actor=None)
        assert remote_of(connection, line) == remote


def test_hours_of_tasks_that_differ_there_leave_it_to_the_tax_rate(
    connection: Connection, draft: Invoice
) -> None:
    first, second = TaskFactory(project=None), TaskFactory(project=None)
    line = draft_line(draft)
    hours(line, first)
    hours(line, second)
    map_to(connection, line.tax_rate, MOON, actor=None)
    map_to(connection, first, SUN, actor=None)
    assert remote_of(connection, line) == "11"
    map_to(connection, second, SUN, actor=None)
    assert remote_of(connection, line) == "22"


def test_text_needs_no_product(connection: Connection, draft: Invoice) -> None:
    line = draft_line(draft, kind="text", tax_rate=None, quantity=Decimal(0), text="Hello")
    assert map_lines(Mappings.read(connection), [line]).missing == []


def test_a_credited_line_is_what_the_billed_one_was(connection: Connection, draft: Invoice) -> None:
    task = TaskFactory(project=None)
    hours(draft_line(draft), task)
    map_to(connection, task, MOON, actor=None)
    with fake_system():
        note = cancel_invoice(post_invoice(draft, actor=None), reason="By mistake", actor=None)
    assert remote_of(connection, note.lines.get()) == "11"


def test_what_is_to_be_mapped_has_a_name(connection: Connection, draft: Invoice) -> None:
    by_product = draft_line(draft, product=ProductFactory(number="F-1", name="Filter"))
    by_task, bare = draft_line(draft), draft_line(draft)
    hours(by_task, TaskFactory(project=None, name="Digging"))
    assert names_of([by_product, by_task, bare, bare]) == [
        "F-1 Filter", "task Digging", "VAT 25.5 %",
    ]  # fmt: skip


def test_queries_do_not_grow_with_lines(
    connection: Connection, draft: Invoice, django_assert_num_queries: object
) -> None:
    task = TaskFactory(project=None)
    map_to(connection, task, MOON, actor=None)
    for count in (1, 4):
        while draft.lines.count() < count:
            hours(draft_line(draft), task)
        lines = list(draft.lines.all())
        with django_assert_num_queries(2):  # type: ignore[operator]
            assert len(map_lines(Mappings.read(connection), lines).products) == count


def test_a_mapping_is_changed_and_taken_away(connection: Connection, draft: Invoice) -> None:
    product = ProductFactory()
    first = map_to(connection, product, MOON, actor=None)
    again = map_to(connection, product, SUN, actor=None)
    assert first.pk == again.pk
    assert (again.remote_id, again.remote_number, again.remote_name) == ("22", "S", "Sun")
    owner = TimeEntryFactory().member.user
    assert unmap(connection, product, actor=owner)
    assert not unmap(connection, product, actor=owner)
    assert not ProductMapping.objects.exists()


# Sending.


def post(draft: Invoice, remote: Remote) -> Export:
    invoice = post_invoice(draft, actor=None)
    store_pdf(invoice)
    export: Export = Export.objects.get(invoice=invoice)
    link(export.connection, invoice.customer, "5")
    return export


def test_a_line_without_a_product_waits_for_a_person_and_goes_on_by_itself(
    connection: Connection, draft: Invoice
) -> None:
    line = draft_line(draft)
    hours(line, TaskFactory(project=None, name="Digging"))
    with fake_system(needs_products=True) as remote:
        export = send(post(draft, remote))
        assert (export.status, export.problem) == (Export.Status.FAILED, Problem.NOT_MAPPED)
        assert "Say which products in Fake these are" in export.error
        assert "task Digging" in export.error
        seen: list[str] = []
        remote.before = lambda _step, delivery: seen.append(
            delivery.invoice.lines[0].remote_product_id
        )

        map_to(connection, None, MOON, actor=None)

        export.refresh_from_db()
        assert (export.status, export.problem) == (Export.Status.WAITING, "")
        assert send(export).status == Export.Status.SENT
        assert set(seen) == {"11"}


def test_where_products_are_optional_a_line_goes_without(
    connection: Connection, draft: Invoice
) -> None:
    draft_line(draft)
    with fake_system() as remote:
        assert send(post(draft, remote)).status == Export.Status.SENT
