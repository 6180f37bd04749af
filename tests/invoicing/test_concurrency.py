"""Many at once: no gap, no number twice, no hour twice."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from itertools import pairwise
from unittest.mock import patch

import pytest
from django.db import connection

from customers.models import Customer
from invoicing.domain.draft_work import release_work
from invoicing.domain.drafting import draft_work, new_draft
from invoicing.domain.lines import price_line, save_totals
from invoicing.domain.posting import post_invoice, post_invoices
from invoicing.domain.verifying import verify_books
from invoicing.errors import (
    HoursNotLocked,
    InvoiceNotDraft,
    NothingToInvoice,
    WorkNotOnDraft,
)
from invoicing.models import (
    Invoice,
    InvoiceLine,
    JournalEntry,
    NumberCounter,
    NumberSeries,
    Source,
)
from tenants.models import Tenant, User
from tenants.scope import tenant_scope
from tests.factories import (
    ChargeFactory,
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    TaxRateFactory,
    TenantFactory,
    TimeEntryFactory,
    UserFactory,
)
from timesheets.models import TimeEntry

WRITERS = 40


class ChangedMind(Exception):
    pass


@pytest.fixture
def company(committed_db: None) -> Tenant:
    tenant = TenantFactory()
    with tenant_scope(tenant.pk):
        TaxRateFactory()
    return tenant


@pytest.fixture
def actor(committed_db: None) -> User:
    return UserFactory()


@pytest.fixture
def unrendered() -> Iterator[None]:
    """Hundreds of documents are posted, and none is looked at: making them would take most of it.

    Those of `test_companies_number_for_themselves` are made, by all threads at once.
    """
    with patch("invoicing.tasks.render_invoice_pdf.delay"):
        yield


def at_once[T](work: Callable[[int], T], times: int) -> list[T]:
    """In threads with a connection of their own, each of which goes on to the next call.

    A connection for each call would take PostgreSQL longer to begin than the call takes.
    """
    writers, numbers, results = min(WRITERS, times), iter(range(times)), dict[int, T]()

    def run(_writer: int) -> None:
        try:
            for number in numbers:
                results[number] = work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=writers) as pool:
        list(pool.map(run, range(writers)))
    return [results[number] for number in range(times)]


def make_drafts(
    tenant: Tenant, actor: User, number: int, customers: Sequence[Customer] = ()
) -> list[int]:
    """Drafts of these customers in turn."""
    with tenant_scope(tenant.pk):
        customers, rate = customers or [CustomerFactory()], TaxRateFactory()
        drafts = [
            new_draft(customer=customers[index % len(customers)], actor=actor)
            for index in range(number)
        ]
        for draft in drafts:
            line = InvoiceLine(
                invoice=draft, position=1, text="Work", quantity=1, unit_price=10, tax_rate=rate
            )
            price_line(line, currency=draft.currency)
            line.save()
            save_totals(draft)
        return [draft.pk for draft in drafts]


def books_are_sound(tenant: Tenant) -> None:
    with tenant_scope(tenant.pk):
        assert [fault for check in verify_books() for fault in check.faults] == []


@pytest.mark.usefixtures("unrendered")
def test_two_hundred_parallel_postings_leave_no_gap(company: Tenant, actor: User) -> None:
    ids = make_drafts(company, actor, 200)

    def post(number: int) -> None:
        # Every fifth is taken back after it got its number.
        try:
            with tenant_scope(company.pk):
                post_invoice(Invoice.objects.get(pk=ids[number]), actor=actor)
                if number % 5 == 0:
                    raise ChangedMind
        except ChangedMind:
            pass

    at_once(post, len(ids))

    with tenant_scope(company.pk):
        posted = Invoice.objects.filter(status="posted").order_by("chain_position")
        numbers = sorted(invoice.number for invoice in posted)
        year = posted[0].issue_date.year
        assert numbers == [f"{year}-{count:04}" for count in range(1, 161)]
        assert NumberCounter.objects.get().count == 160
        assert all(
            later.previous_hash == earlier.content_hash for earlier, later in pairwise(posted)
        )
        assert sorted(JournalEntry.objects.values_list("number", flat=True)) == list(range(1, 161))
    books_are_sound(company)


@pytest.mark.usefixtures("unrendered")
def test_two_hundred_parallel_postings_leave_no_customer_a_gap(
    company: Tenant, actor: User
) -> None:
    with tenant_scope(company.pk):
        NumberSeries.objects.create(kind="invoice", name="N", format="{cnumber}/{Y}-{ccy,3}-{c}")
        customers = [CustomerFactory(number=str(number)) for number in range(4)]
    ids = make_drafts(company, actor, 200, customers=customers)

    def post(number: int) -> None:
        try:
            with tenant_scope(company.pk):
                post_invoice(Invoice.objects.get(pk=ids[number]), actor=actor)
                if number % 20 == 3:
                    raise ChangedMind
        except ChangedMind:
            pass

    at_once(post, len(ids))

    with tenant_scope(company.pk):
        posted = list(Invoice.objects.filter(status="posted"))
        places: dict[str, set[int]] = defaultdict(set)
        for invoice in posted:
            customer, _slash, rest = (invoice.number or "").partition("/")
            year, of_customer, overall = map(int, rest.split("-"))
            assert year == invoice.issue_date.year
            places[customer].add(of_customer)
            places["all"].add(overall)
        assert places == {
            **{str(number): set(range(1, 51)) for number in range(3)},
            "3": set(range(1, 41)),
            "all": set(range(1, 191)),
        }
        assert sum(NumberCounter.objects.values_list("count", flat=True)) == 2 * 190
    books_are_sound(company)


@pytest.mark.usefixtures("unrendered")
def test_bulk_and_single_postings_share_a_series(company: Tenant, actor: User) -> None:
    ids = make_drafts(company, actor, 120)
    shares = [ids[:50], ids[50:100], *([pk] for pk in ids[100:])]

    def post(number: int) -> None:
        with tenant_scope(company.pk):
            post_invoices(shares[number], actor=actor)

    at_once(post, len(shares))

    with tenant_scope(company.pk):
        assert len(set(Invoice.objects.values_list("number", flat=True))) == 120
        assert NumberCounter.objects.get().count == 120
    books_are_sound(company)


def test_companies_number_for_themselves(company: Tenant, actor: User) -> None:
    other = TenantFactory()
    drafts = {tenant: make_drafts(tenant, actor, 20) for tenant in (company, other)}
    wanted = [(tenant, pk) for tenant, ids in drafts.items() for pk in ids]

    def post(number: int) -> None:
        tenant, pk = wanted[number]
        with tenant_scope(tenant.pk):
            post_invoices([pk], actor=actor)

    at_once(post, len(wanted))

    for tenant in drafts:
        with tenant_scope(tenant.pk):
            assert NumberCounter.objects.get().count == 20
        books_are_sound(tenant)


def test_one_draft_is_posted_once(company: Tenant, actor: User) -> None:
    [pk] = make_drafts(company, actor, 1)

    def post(_number: int) -> str:
        try:
            with tenant_scope(company.pk):
                post_invoices([pk], actor=actor)
        except InvoiceNotDraft:
            return "too late"
        return "posted"

    assert sorted(at_once(post, 10)) == ["posted", *["too late"] * 9]
    books_are_sound(company)


def test_hours_that_two_people_draft_at_once_are_on_one_draft(company: Tenant, actor: User) -> None:
    with tenant_scope(company.pk):
        project = ProjectFactory()
        for day in range(1, 31):
            TimeEntryFactory(project=project, work_date=date(2026, 10, day))

    def draft(_number: int) -> str:
        try:
            with tenant_scope(company.pk):
                draft_work(
                    start=date(2026, 10, 1),
                    end=date(2026, 10, 31),
                    project_ids=[project.pk],
                    actor=actor,
                    allow_unlocked=True,
                )
        except (NothingToInvoice, HoursNotLocked):
            return "nothing left"
        return "drafted"

    assert sorted(at_once(draft, 8)) == ["drafted", *["nothing left"] * 7]
    with tenant_scope(company.pk):
        assert Invoice.objects.count() == 1
        assert Source.objects.count() == TimeEntry.objects.count() == 30
    books_are_sound(company)


def test_charges_that_two_people_draft_at_once_are_on_one_draft(
    company: Tenant, actor: User
) -> None:
    with tenant_scope(company.pk):
        customer = CustomerFactory()
        ChargeFactory.create_batch(30, customer=customer)

    def draft(_number: int) -> str:
        try:
            with tenant_scope(company.pk):
                draft_work(
                    start=date(2026, 10, 1),
                    end=date(2026, 10, 31),
                    customer_id=customer.pk,
                    actor=actor,
                )
        except NothingToInvoice:
            return "nothing left"
        return "drafted"

    assert sorted(at_once(draft, 8)) == ["drafted", *["nothing left"] * 7]
    with tenant_scope(company.pk):
        assert Invoice.objects.count() == 1
        assert Source.objects.filter(charge__isnull=False).count() == 30
    books_are_sound(company)


def test_an_entry_that_many_take_off_is_taken_off_once(company: Tenant, actor: User) -> None:
    with tenant_scope(company.pk):
        project, person = ProjectFactory(), MembershipFactory()
        first, _second = (
            TimeEntryFactory(project=project, member=person, work_date=date(2026, 10, day))
            for day in (1, 2)
        )
        draft = draft_work(
            start=date(2026, 10, 1),
            end=date(2026, 10, 31),
            project_ids=[project.pk],
            actor=actor,
            allow_unlocked=True,
        )

    def release(_number: int) -> str:
        try:
            with tenant_scope(company.pk):
                release_work(TimeEntry, first.pk, actor=actor)
        except WorkNotOnDraft:
            return "too late"
        return "released"

    assert sorted(at_once(release, 8)) == ["released", *["too late"] * 7]
    with tenant_scope(company.pk):
        [line] = draft.lines.all()
        assert (line.quantity, line.net) == (Decimal(1), Decimal(100))
    books_are_sound(company)
