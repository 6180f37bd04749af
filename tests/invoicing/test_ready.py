"""The rows of "ready to invoice": their sums, states and what their drafts come to."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.links import LinkedSystem, register, unregister
from invoicing.domain.drafting import draft_work
from invoicing.domain.posting import post_invoice
from invoicing.selectors.ready import Ready, RowState, attach_links, read_ready
from invoicing.selectors.ready_sums import shares_of, sums_of
from invoicing.selectors.work import EarlierWork
from invoicing.views.ready.filters import in_order
from tenants.models import Membership
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.factories import (
    CustomerFactory,
    HoursLockFactory,
    MembershipFactory,
    ProjectFactory,
    TaxRateFactory,
    TenantFactory,
    TimeEntryFactory,
)
from timesheets.models import TimeEntry

START, END = date(2026, 10, 1), date(2026, 10, 31)


@pytest.fixture(autouse=True)
def _rates(request: pytest.FixtureRequest) -> None:
    if "tenant" in request.fixturenames:
        request.getfixturevalue("tenant")
        TaxRateFactory()


def read(membership: Membership, **options: object) -> Ready:
    return read_ready(start=START, end=END, membership=membership, **options)  # type: ignore[arg-type]


def test_a_row_holds_a_line_per_person_and_rate(accountant: Membership) -> None:
    project = ProjectFactory(name="Web shop")
    anna, bertil = MembershipFactory(name="Anna"), MembershipFactory(name="Bertil")
    TimeEntryFactory(project=project, member=anna, minutes=90, rate=Decimal(100))
    TimeEntryFactory(project=project, member=anna, minutes=30, rate=Decimal(100))
    TimeEntryFactory(project=project, member=anna, minutes=60, rate=Decimal(120))
    TimeEntryFactory(project=project, member=bertil, minutes=20, rate=Decimal("99.99"))

    (row,) = read(accountant).rows

    assert [(line.person.name, line.rate, line.minutes, line.net) for line in row.lines] == [
        ("Anna", Decimal("120.0000"), 60, Decimal("120.00")),
        ("Anna", Decimal("100.0000"), 120, Decimal("200.00")),
        ("Bertil", Decimal("99.9900"), 20, Decimal("33.33")),
    ]
    assert (row.minutes, row.net, row.gross) == (200, Decimal("353.33"), Decimal("443.43"))


def test_the_draft_comes_to_what_the_row_said(accountant: Membership) -> None:
    """Thirds of hours, two tax rates in one document, and the tax rounded once for each."""
    reduced = TaxRateFactory(name="10 %", percent=Decimal(10), is_default=False)
    customer = CustomerFactory()
    full = ProjectFactory(customer=customer, name="Full")
    low = ProjectFactory(customer=customer, name="Low", tax_rate=reduced)
    people = MembershipFactory.create_batch(3)
    for person in people:
        for project, minutes in ((full, 20), (full, 50), (low, 10), (low, 25)):
            TimeEntryFactory(
                project=project, member=person, minutes=minutes, rate=Decimal("87.6543")
            )

    (row,) = read(accountant, grouping="customer").rows
    invoice = draft_work(
        start=START, end=END, actor=None, project_ids=row.project_ids, allow_unlocked=True
    )

    # 70 min and 35 min at 87.6543 are 102.263… and 51.131…
    assert (row.net, row.gross) == (Decimal("460.17"), Decimal("553.74"))
    assert (invoice.net_total, invoice.gross_total) == (row.net, row.gross)
    assert [(tax.percent, tax.taxable, tax.tax) for tax in invoice.taxes.all()] == [
        (group.percent, group.taxable, group.tax) for group in row.totals.groups
    ]


def test_yen_have_no_places(accountant: Membership) -> None:
    project = ProjectFactory(customer=CustomerFactory(currency="JPY"))
    TimeEntryFactory(project=project, minutes=20, rate=Decimal(10000))

    (row,) = read(accountant).rows

    assert (row.net, row.gross) == (Decimal(3333), Decimal(4183))


@pytest.mark.parametrize(
    ("of_project", "of_customer", "expected"),
    [("AE", "10 %", "AE"), (None, "10 %", "10 %"), (None, None, "25.5 %")],
)
def test_the_tax_rate_is_the_projects_then_the_customers_then_the_companys(
    accountant: Membership, of_project: str | None, of_customer: str | None, expected: str
) -> None:
    rates = {
        "AE": TaxRateFactory(
            name="AE", percent=0, category="AE", exemption_reason="Article 196", is_default=False
        ),
        "10 %": TaxRateFactory(name="10 %", percent=10, is_default=False),
        "25.5 %": TaxRateFactory(),
        None: None,
    }
    customer = CustomerFactory(tax_rate=rates[of_customer])
    TimeEntryFactory(project=ProjectFactory(customer=customer, tax_rate=rates[of_project]))

    (row,) = read(accountant).rows

    (group,) = row.totals.groups
    rate = rates[expected]
    assert rate is not None
    assert (group.category, group.percent) == (rate.category, rate.percent)


def test_the_last_day_of_work_decides_the_companys_tax_rate(accountant: Membership) -> None:
    """It is the draft's tax point."""
    TaxRateFactory().delete()
    TaxRateFactory(name="old", percent=24, valid_to=date(2026, 10, 14))
    TaxRateFactory(name="new", percent=Decimal("25.5"), valid_from=date(2026, 10, 15))
    early = TimeEntryFactory(work_date=date(2026, 10, 14))
    late = ProjectFactory(name="Late")
    TimeEntryFactory(project=late, work_date=date(2026, 10, 14))
    TimeEntryFactory(project=late, work_date=date(2026, 10, 15))

    gross = {row.project_ids[0]: row.gross for row in read(accountant).rows}

    assert gross == {early.project_id: Decimal("124.00"), late.pk: Decimal("251.00")}


def test_without_a_valid_tax_rate_the_row_is_to_be_mended(accountant: Membership) -> None:
    TaxRateFactory().delete()
    TaxRateFactory(name="old", percent=24, valid_to=date(2020, 1, 1))
    TimeEntryFactory()

    (row,) = read(accountant).rows

    assert (row.state, row.net, row.gross) == (RowState.MEND, Decimal("100.00"), None)


def test_states_follow_from_locks_rates_and_documents(accountant: Membership) -> None:
    locked = MembershipFactory(name="Locked")
    ready = TimeEntryFactory(member=locked).project
    waiting = TimeEntryFactory(project=TimeEntryFactory(member=locked).project).project
    mend = TimeEntryFactory(member=locked, rate=None).project
    drafted = TimeEntryFactory(member=locked).project
    invoiced = TimeEntryFactory(member=locked).project
    HoursLockFactory(member=locked)
    draft_work(start=START, end=END, actor=None, project_ids=[drafted.pk])
    post_invoice(
        draft_work(start=START, end=END, actor=None, project_ids=[invoiced.pk]),
        actor=accountant.user,
    )

    found = read(accountant)

    assert {row.project_ids[0]: row.state for row in found.rows} == {
        ready.pk: RowState.READY,
        waiting.pk: RowState.WAITING,
        mend.pk: RowState.MEND,
        drafted.pk: RowState.DRAFTED,
        invoiced.pk: RowState.INVOICED,
    }


def test_the_unlocked_people_are_named(accountant: Membership) -> None:
    project = ProjectFactory()
    people = [MembershipFactory(name=name) for name in ("Örjan", "anna", "Bo")]
    for person in people:
        TimeEntryFactory(project=project, member=person)
    HoursLockFactory(member=people[2])

    (row,) = read(accountant).rows

    assert row.unlocked_people == ["anna", "Örjan"]
    assert len(row.people) == 3


def test_half_a_persons_hours_locked_is_not_locked(accountant: Membership) -> None:
    entry = TimeEntryFactory(work_date=date(2026, 10, 5))
    TimeEntryFactory(member=entry.member, project=entry.project, work_date=date(2026, 10, 20))
    HoursLockFactory(member=entry.member, end_date=date(2026, 10, 10))

    (row,) = read(accountant).rows

    assert row.state == RowState.WAITING


def test_new_hours_beside_drafted_ones_are_a_row_of_their_own(accountant: Membership) -> None:
    entry = TimeEntryFactory(minutes=60)
    draft = draft_work(
        start=START, end=END, actor=None, project_ids=[entry.project_id], allow_unlocked=True
    )
    TimeEntryFactory(project=entry.project, minutes=30)

    rows = in_order(read(accountant).rows, "")
    attach_links(rows, start=START, end=END)

    assert [(row.state, row.minutes) for row in rows] == [
        (RowState.WAITING, 30),
        (RowState.DRAFTED, 60),
    ]
    assert [document.invoice_id for document in rows[1].documents] == [draft.pk]
    assert rows[0].documents == []


def test_a_posted_row_names_its_document(accountant: Membership) -> None:
    entry = TimeEntryFactory()
    draft = draft_work(
        start=START, end=END, actor=None, project_ids=[entry.project_id], allow_unlocked=True
    )
    post_invoice(draft, actor=accountant.user)

    (row,) = read(accountant).rows
    attach_links([row], start=START, end=END)

    assert [document.number for document in row.documents] == [f"{draft.issue_date.year}-0001"]


def test_only_open_billable_hours_of_the_period_count(accountant: Membership) -> None:
    project = ProjectFactory()
    for day in (date(2026, 9, 30), START, END, date(2026, 11, 1)):
        TimeEntryFactory(project=project, work_date=day, minutes=60)
    TimeEntryFactory(project=project, minutes=45, is_billable=False)

    found = read(accountant)

    assert [row.minutes for row in found.rows] == [120]
    assert found.earlier == EarlierWork(60, date(2026, 9, 30))


def test_grouping_by_customer_puts_their_projects_together(accountant: Membership) -> None:
    customer = CustomerFactory(name="Big")
    for name in ("B", "a"):
        TimeEntryFactory(project=ProjectFactory(customer=customer, name=name))
    TimeEntryFactory()

    rows = in_order(read(accountant, grouping="customer").rows, "customer")

    assert [(row.key, [p.name for p in row.projects]) for row in rows][:1] == [
        (f"c{customer.pk}", ["a", "B"])
    ]
    assert len(rows) == 2


def test_a_manager_sees_their_own_projects_only(manager: Membership) -> None:
    own = ProjectFactory(manager=manager, name="Mine")
    other = ProjectFactory(customer=own.customer, name="Theirs")
    for project in (own, other):
        TimeEntryFactory(project=project)
        TimeEntryFactory(project=project, work_date=date(2026, 9, 1), minutes=30)

    found = read(manager, grouping="customer")

    assert [[p.name for p in row.projects] for row in found.rows] == [["Mine"]]
    assert found.earlier == EarlierWork(30, date(2026, 9, 1))


def test_another_tenants_hours_are_not_there(db: None) -> None:
    ours, theirs = TenantFactory(), TenantFactory()
    for tenant, minutes in ((ours, 15), (theirs, 600)):
        with tenant_scope(tenant.pk):
            TaxRateFactory()
            TimeEntryFactory(minutes=minutes)
            TimeEntryFactory(minutes=minutes, work_date=date(2026, 9, 1))

    with tenant_scope(ours.pk):
        found = read(MembershipFactory(role=Role.ACCOUNTANT))

    assert [row.minutes for row in found.rows] == [15]
    assert found.earlier == EarlierWork(15, date(2026, 9, 1))


def test_sums_keep_currencies_apart_and_tell_what_they_lack(accountant: Membership) -> None:
    TimeEntryFactory(minutes=60, rate=Decimal(100))
    TimeEntryFactory(
        project=ProjectFactory(customer=CustomerFactory(currency="SEK")),
        minutes=30,
        rate=Decimal(1000),
    )
    TimeEntryFactory(minutes=15, rate=None)

    sums = sums_of(read(accountant).rows)

    assert [(s.currency, s.net, s.gross) for s in sums.amounts] == [
        ("SEK", Decimal("500.00"), Decimal("627.50")),
        ("EUR", Decimal("100.00"), Decimal("125.50")),
    ]
    assert (sums.minutes, sums.lacking) == (105, 1)


def test_the_picture_is_whole_however_it_rounds(accountant: Membership) -> None:
    locked = MembershipFactory()
    TimeEntryFactory(member=locked, minutes=20)
    TimeEntryFactory(minutes=20)
    TimeEntryFactory(minutes=20, rate=None)
    HoursLockFactory(member=locked)

    shares = shares_of(read(accountant).rows)

    assert [(share.state, share.left, share.width) for share in shares] == [
        ("ready", 0, 333),
        ("waiting", 333, 334),
        ("mend", 667, 333),
        ("drafted", 1000, 0),
        ("invoiced", 1000, 0),
    ]


def test_linked_accounting_systems_are_shown(accountant: Membership) -> None:
    entry = TimeEntryFactory()
    system = LinkedSystem("procountor", "plug-connected", "Procountor: 123")

    def provider(ids: object) -> dict[int, list[LinkedSystem]]:
        return {entry.project.customer_id: [system]}

    register(provider)
    try:
        (row,) = read(accountant).rows
        attach_links([row], start=START, end=END)
    finally:
        unregister(provider)

    assert row.systems == [system]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("customer", ["Alpha", "Beta", "Gamma"]),
        ("-customer", ["Gamma", "Beta", "Alpha"]),
        ("hours", ["Beta", "Gamma", "Alpha"]),
        ("-net", ["Gamma", "Alpha", "Beta"]),
        ("gross", ["Beta", "Alpha", "Gamma"]),
        ("manager", ["Gamma", "Alpha", "Beta"]),
        ("nonsense", ["Alpha", "Beta", "Gamma"]),
    ],
)
def test_every_column_sorts(accountant: Membership, asked: str, expected: list[str]) -> None:
    zoe, adam = MembershipFactory(name="zoe"), MembershipFactory(name="Adam")
    for name, minutes, rate, manager in (
        ("Beta", 30, 50, None),
        ("Alpha", 90, 50, zoe),
        ("Gamma", 60, 200, adam),
    ):
        TimeEntryFactory(
            project=ProjectFactory(customer=CustomerFactory(name=name), manager=manager),
            minutes=minutes,
            rate=Decimal(rate),
        )

    assert [row.customer.name for row in in_order(read(accountant).rows, asked)] == expected


def test_reading_asks_the_same_four_questions_however_much_there_is(
    accountant: Membership,
) -> None:
    assert accountant.tenant.slug == "acme"  # read with the membership in every request

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            read(accountant)
        return len(queries)

    TimeEntryFactory()
    assert count() == 4
    for _ in range(12):
        TimeEntryFactory()
    assert count() == 4


def test_open_work_needs_no_column_that_its_index_lacks(accountant: Membership) -> None:
    """Otherwise it would read the table and not the index alone."""
    with CaptureQueriesContext(connection) as queries:
        read(accountant)
    statement = next(query["sql"] for query in queries if "bool_and" in query["sql"])
    statement, _rest = statement.split("UNION ALL", 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'timeentry_ready'")
        (definition,) = cursor.fetchone()

    columns = {field.column for field in TimeEntry._meta.concrete_fields}
    used = columns & set(re.findall(r"\w+", statement))

    assert {"rate", "minutes", "is_locked", "billing_state"} < used
    assert used <= set(re.findall(r"\w+", definition))


ROUNDINGS = [
    {"rounding_minutes": 15, "rounding_direction": "up", "rounding_per": "entry"},
    {"rounding_minutes": 30, "rounding_direction": "nearest", "rounding_per": "day"},
    {"rounding_minutes": 60, "rounding_direction": "down", "rounding_per": "line"},
    {"minimum_minutes": 25},
]


@pytest.mark.parametrize("terms", ROUNDINGS)
@pytest.mark.parametrize("level", ["project", "customer", "tenant"])
def test_rounded_time_is_priced_as_the_draft_will_be(
    accountant: Membership, level: str, terms: dict[str, Any]
) -> None:
    project = ProjectFactory()
    owner = {"project": project, "customer": project.customer, "tenant": accountant.tenant}[level]
    for name, value in terms.items():
        setattr(owner, name, value)
    owner.save()
    people = [MembershipFactory(), MembershipFactory()]
    for number, minutes in enumerate((7, 20, 20, 38, 65, 100, 15, 3)):
        TimeEntryFactory(
            project=project,
            member=people[number % 2],
            minutes=minutes,
            work_date=date(2026, 10, 5 + number % 3),
            rate=Decimal("95.50") if number < 6 else Decimal(80),
        )
    [row] = [row for row in read(accountant).rows if row.project == project]

    draft = draft_work(
        start=date(2026, 10, 1),
        end=date(2026, 10, 31),
        project_ids=[project.pk],
        actor=None,
        allow_unlocked=True,
    )

    assert (row.net, row.gross) == (draft.net_total, draft.gross_total)
    assert row.minutes == 268
    shown = sorted((line.rate, line.billed_minutes) for line in row.lines)
    assert shown == sorted((line.unit_price, line.billed_minutes) for line in draft.lines.all())
