"""`manage.py draft_invoices`: what it makes, what it says, how it ends."""

import json
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core.periods import Period, parse_period
from customers.models import Customer
from invoicing.models import Invoice
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import (
    CustomerFactory,
    HoursLockFactory,
    MembershipFactory,
    ProjectFactory,
    TaxRateFactory,
    TimeEntryFactory,
)

OCTOBER = "2026-10"


def run(*args: str, status: int = 0) -> str:
    out = StringIO()
    ended = 0
    try:
        call_command("draft_invoices", "--tenant", "acme", *args, stdout=out, stderr=StringIO())
    except SystemExit as ending:
        ended = int(ending.code or 0)
    assert ended == status
    return out.getvalue()


@pytest.fixture
def customers(tenant: Tenant) -> list[Customer]:
    """Two customers: the first has two projects, the second one; an hour of October on each."""
    TaxRateFactory()
    people = [MembershipFactory(), MembershipFactory()]
    first, second = (
        CustomerFactory(number="100", name="Aava"),
        CustomerFactory(number="200", name="Besk"),
    )
    for customer, name in ((first, "Site"), (first, "Shop"), (second, "Audit")):
        project = ProjectFactory(customer=customer, name=name)
        for person in people:
            TimeEntryFactory(project=project, member=person, minutes=30)
    return [first, second]


def test_a_draft_for_each_project(customers: list[Customer]) -> None:
    out = run("--period", OCTOBER)
    assert "Made 3 drafts, skipped 0, failed 0." in out
    assert sorted(Invoice.objects.values_list("project__name", flat=True)) == [
        "Audit",
        "Shop",
        "Site",
    ]


def test_a_draft_for_each_customer(customers: list[Customer]) -> None:
    out = run("--period", OCTOBER, "--by", "customer")
    assert "Made 2 drafts" in out
    assert sorted(Invoice.objects.values_list("customer__name", "net_total")) == [
        ("Aava", Decimal(200)),
        ("Besk", Decimal(100)),
    ]


def test_only_some_customers(customers: list[Customer]) -> None:
    run("--period", OCTOBER, "--by", "customer", "--customer", "200")
    assert Invoice.objects.get().customer == customers[1]


@pytest.mark.parametrize(
    ("level", "lines"),
    [("entry", 4), ("one", 1), ("person", 2), ("project,person", 4), ("rate", 1), ("month", 1)],
)
def test_levels(customers: list[Customer], level: str, lines: int) -> None:
    run("--period", OCTOBER, "--by", "customer", "--customer", "100", "--level", level)
    assert Invoice.objects.get().lines.count() == lines


def test_only_locked_skips_what_is_not(customers: list[Customer]) -> None:
    project = customers[1].projects.get()
    for entry in project.time_entries.all():
        HoursLockFactory(member=entry.member, project=project)
    out = run("--period", OCTOBER, "--by", "customer", "--only-locked")
    assert "Made 1 draft, skipped 1, failed 0." in out
    assert "Not all hours are locked." in out
    assert Invoice.objects.get().customer == customers[1]


def test_a_trial_tells_exactly_and_changes_nothing(customers: list[Customer]) -> None:
    told = json.loads(run("--period", OCTOBER, "--by", "customer", "--dry-run", "--json"))
    assert not Invoice.objects.exists()
    assert not AuditEntry.objects.filter(action="invoice.drafted").exists()
    made = json.loads(run("--period", OCTOBER, "--by", "customer", "--json"))
    drop = {"draft"}
    assert [{k: v for k, v in one.items() if k not in drop} for one in told] == [
        {k: v for k, v in one.items() if k not in drop} for one in made
    ]
    assert [(one["customer"], one["net"], one["gross"], one["lines"]) for one in made] == [
        ("100", "200.00", "251.00", 4),
        ("200", "100.00", "125.50", 2),
    ]


def test_what_fails_is_named_and_stops_no_other(customers: list[Customer]) -> None:
    TimeEntryFactory(project=customers[0].projects.first(), rate=None, member__user__name="Aino")
    out = run("--period", OCTOBER, "--by", "customer", status=1)
    assert "Made 1 draft, skipped 0, failed 1." in out
    assert "There is no rate for the hours of Aino." in out
    assert Invoice.objects.get().customer == customers[1]


def test_the_company_may_refuse_hours_that_are_not_locked(
    customers: list[Customer], tenant: Tenant
) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(unlocked_hours=Tenant.UnlockedHours.REFUSE)
    out = run("--period", OCTOBER, "--by", "customer", status=1)
    assert "failed 2." in out
    assert not Invoice.objects.exists()


def test_a_second_time_there_is_nothing_left(customers: list[Customer]) -> None:
    run("--period", OCTOBER)
    assert run("--period", OCTOBER) == "There is no open billable work in this period.\n"
    assert Invoice.objects.count() == 3


def test_in_the_name_of_a_member(customers: list[Customer], accountant: Membership) -> None:
    run("--period", OCTOBER, "--user", "accountant@example.com")
    assert {invoice.created_by for invoice in Invoice.objects.all()} == {accountant.user}


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--period", "2026-13"], "give a period like 2026-10"),
        (["--period", "October"], "give a period like 2026-10"),
        (["--period", "2026-10..2026-09"], "ends before it starts"),
        (["--period", OCTOBER, "--level", "nobody"], "give entry, one, or one or two of"),
        (["--period", OCTOBER, "--level", "project,person,day"], "give entry, one, or one or two"),
        (["--period", OCTOBER, "--customer", "999"], "No customer has the number 999."),
        (["--period", OCTOBER, "--user", "x@example.com"], "x@example.com is no member of Acme."),
        (["--period", OCTOBER, "--user", "member@example.com"], "may not make drafts."),
    ],
)
def test_what_cannot_be_meant_is_said(
    customers: list[Customer], member: Membership, args: list[str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence.replace(".", r"\.")):
        call_command("draft_invoices", "--tenant", "acme", *args)
    assert not Invoice.objects.exists()


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-10", "2026-10-01", "2026-10-31"),
        ("2026-02", "2026-02-01", "2026-02-28"),
        ("2026-W53", "2026-12-28", "2027-01-03"),
        ("2027-W1", "2027-01-04", "2027-01-10"),
        ("2026-Q4", "2026-10-01", "2026-12-31"),
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-10-05", "2026-10-05", "2026-10-05"),
        ("2026-10-05..2026-10-11", "2026-10-05", "2026-10-11"),
        ("2026-09..2026-10", "2026-09-01", "2026-10-31"),
    ],
)
def test_periods(text: str, start: str, end: str) -> None:
    assert parse_period(text) == Period(date.fromisoformat(start), date.fromisoformat(end))


@pytest.mark.parametrize(
    "text", ["", "2026-00", "2026-W54", "2026-Q5", "26-10", "2026-02-30", "..", "2026-10.."]
)
def test_no_periods(text: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_period(text)
