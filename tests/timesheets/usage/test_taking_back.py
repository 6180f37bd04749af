"""A large import is taken back by a worker, some customers at a time: what goes and what stays."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import Customer
from invoicing.domain.drafting import draft_work
from tenants.models import AuditEntry, Membership
from tests.factories import CustomerFactory
from tests.timesheets.usage.test_import import HEAD, SignedIn, counts, customer, imported
from timesheets.models import Charge, UsageImport, UsageRecord
from timesheets.usage import errors, steps, sweeping, taking_back, turns
from timesheets.usage.taking_back import take_back

__all__ = ["customer"]
State = UsageImport.State
ROWS = "1001;1.10.2026;Finland;10;0,1\n1002;1.10.2026;Finland;20;0,1\n"


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Each customer is a step of the worker, who is here called by hand."""
    found: list[int] = []
    monkeypatch.setattr(taking_back, "TAKEN_WHILE_WAITING", 0)
    monkeypatch.setattr(taking_back, "CUSTOMERS_IN_A_STEP", 1)
    monkeypatch.setattr(turns, "enqueue", lambda one: found.append(one.pk))
    return found


@pytest.fixture
def other(customer: Customer) -> Customer:
    found: Customer = CustomerFactory(number="1002", name="Toinen Oy")
    return found


def under_way(usage_import: UsageImport, owner: Membership) -> UsageImport:
    take_back(usage_import.pk, actor=owner.user)
    usage_import.refresh_from_db()
    assert usage_import.state == State.TAKING_BACK
    return usage_import


def drafted(customer: Customer, owner: Membership) -> None:
    draft_work(
        start=date(2026, 10, 1), end=date(2026, 10, 31), actor=owner.user, customer_id=customer.pk
    )


def test_a_worker_that_dies_is_followed_by_another(
    owner: Membership, other: Customer, handed: list[int]
) -> None:
    usage_import = under_way(imported(HEAD + ROWS), owner)
    assert handed == [usage_import.pk]

    for _death in range(2):
        begun = steps.steps_of(usage_import.pk)
        next(begun)()
        begun.close()

    usage_import.refresh_from_db()
    assert (usage_import.state, usage_import.taken) == (State.TAKEN_BACK, 2)
    assert not UsageRecord.objects.exists()
    assert not Charge.objects.exists()
    entry = AuditEntry.objects.get(action="usage.import_taken_back")
    assert (entry.actor, entry.detail["rows"]) == (owner.user, 2)


def test_what_is_on_a_document_already_keeps_everything(
    owner: Membership, customer: Customer, other: Customer, handed: list[int]
) -> None:
    usage_import = imported(HEAD + ROWS)
    drafted(other, owner)
    under_way(usage_import, owner)

    steps.work_off(usage_import.pk)

    usage_import.refresh_from_db()
    assert (usage_import.state, usage_import.taken) == (State.DONE, 0)
    assert usage_import.refusal.startswith("Nothing was taken back: usage of Toinen Oy")
    assert UsageRecord.objects.count() == 2


def test_what_gets_on_a_document_meanwhile_stays_and_is_told(
    owner: Membership, other: Customer, handed: list[int]
) -> None:
    usage_import = under_way(imported(HEAD + ROWS), owner)
    assert next(steps.steps_of(usage_import.pk))()
    drafted(other, owner)

    steps.work_off(usage_import.pk)

    usage_import.refresh_from_db()
    assert (usage_import.state, usage_import.taken) == (State.DONE, 1)
    assert "Then usage of Toinen Oy was on a document" in usage_import.refusal
    assert [charge.quantity for charge in Charge.objects.all()] == [20]


def test_another_file_waits_so_that_it_relies_on_nothing_that_goes(
    owner: Membership, other: Customer, handed: list[int]
) -> None:
    first = under_way(imported(HEAD + ROWS), owner)
    second = imported(HEAD + ROWS + "1001;2.10.2026;Finland;5;0,1\n")
    assert (second.state, second.rows) == (State.READING, 0)
    with pytest.raises(errors.UsageImportClosed):
        take_back(first.pk, actor=owner.user)
    for _minute in range(3):
        UsageImport.objects.filter(pk=second.pk).update(
            updated_at=timezone.now() - timedelta(days=1)
        )
        sweeping.sweep(now=timezone.now())
    second.refresh_from_db()
    assert not turns.begin(second.pk)
    assert (second.state, second.resumed) == (State.READING, 0)

    steps.work_off(first.pk)
    assert handed == [first.pk, second.pk]
    steps.work_off(second.pk)

    second.refresh_from_db()
    assert (second.state, counts(second)) == (State.DONE, (3, 3, 0, 0))


def test_one_that_always_breaks_is_left_as_it_is(
    owner: Membership, other: Customer, handed: list[int]
) -> None:
    usage_import = under_way(imported(HEAD + ROWS), owner)
    for _number in range(4):
        turns.begin(usage_import.pk)
        sweeping.sweep(now=timezone.now() + sweeping.LOST_AFTER + timedelta(seconds=1))

    usage_import.refresh_from_db()
    assert (usage_import.state, UsageRecord.objects.count()) == (State.DONE, 2)
    assert "broke off 3 times" in usage_import.refusal


def test_the_page_shows_how_far_it_is(
    accountant: Membership, signed_in: SignedIn, other: Customer, handed: list[int]
) -> None:
    usage_import = imported(HEAD + ROWS)
    client: Client = signed_in(accountant)
    address = f"/acme/usage/imports/{usage_import.pk}/"
    client.post(f"{address}take-back/")
    next(steps.steps_of(usage_import.pk))()

    page = client.get(address).content.decode()
    assert 'value="1" max="2"' in page
    assert "1 of 2 records" in page
    steps.work_off(usage_import.pk)
    done = client.get(f"{address}progress/", headers={"HX-Request": "true"})
    assert done["HX-Redirect"] == address
