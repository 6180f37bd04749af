"""What goes wrong with files of usage: no row is lost, and none is charged twice."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from customers.domain.registers import change_customer
from customers.errors import CurrencyInUse
from customers.models import Customer
from tenants.models import Membership
from tests.timesheets.usage.test_import import (
    COLUMNS,
    HEAD,
    SignedIn,
    charged,
    counts,
    customer,
    imported,
    received,
)
from timesheets.models import UsageImport, UsageProblem, UsageRecord
from timesheets.usage import errors, receiving, steps, sweeping, taking_back, turns
from timesheets.usage.choices import Choices
from timesheets.usage.taking_back import take_back

__all__ = ["customer"]
NUMBERED = "Customer;Date;Destination;Minutes;Price;Call id\n"
WITH_NUMBER = {**COLUMNS, "identifier": 5}


def quantities() -> list[Decimal]:
    return [record.quantity.normalize() for record in UsageRecord.objects.order_by("pk")]


def test_two_calls_of_a_day_are_two_whatever_file_they_come_in(customer: Customer) -> None:
    imported(HEAD + "1001;1.10.2026 10:00;Finland;5;0,1\n")
    second = imported(HEAD + "1001;1.10.2026 15:00;Finland;5;0,1\n")
    again = imported(HEAD + "1001;1.10.2026 10:00;Finland;5,0;0,10\n")

    assert counts(second) == (1, 1, 0, 0)
    assert counts(again) == (1, 0, 1, 0)


def test_the_time_of_day_may_have_a_column_of_its_own(customer: Customer) -> None:
    head = "Customer number;Date;Destination;Minutes;Price;Time\n"
    assert received(head + "1001;1.10.2026;Finland;5;0,1;10:00\n").columns["columns"] == {
        **COLUMNS, "time": 5,
    }  # fmt: skip
    columns = {**COLUMNS, "time": 5}
    imported(head + "1001;1.10.2026;Finland;5;0,1;10:00\n", columns=columns)
    second = imported(head + "1001;1.10.2026;Finland;5;0,1;15:00\n", columns=columns)

    assert counts(second) == (1, 1, 0, 0)


def test_midnight_says_no_more_than_the_day(customer: Customer) -> None:
    imported(HEAD + "1001;2026-10-01;Finland;5;0,1\n")

    assert counts(imported(HEAD + "1001;2026-10-01T00:00:00;Finland;5;0,1\n")) == (1, 0, 1, 0)


def test_a_number_that_says_otherwise_by_now_is_told(customer: Customer) -> None:
    first = imported(NUMBERED + "1001;1.10.2026;Finland;5;0,1;77\n", columns=WITH_NUMBER)
    later = NUMBERED + "1001;1.10.2026;Finland;6;0,1;77\n1001;1.10.2026;Finland;2;0,1;78\n"
    second = imported(later, columns=WITH_NUMBER)

    assert counts(second) == (2, 1, 0, 1)
    problem = UsageProblem.objects.get()
    assert (problem.line, problem.cells[3]) == (2, "6")
    assert "says otherwise" in problem.reason
    assert charged() == [("2026-10-01", "Finland", Decimal(7), Decimal("0.1"))]
    take_back(first.pk, actor=None)
    assert counts(imported(later, columns=WITH_NUMBER)) == (2, 1, 1, 0)
    assert charged() == [("2026-10-01", "Finland", Decimal(8), Decimal("0.1"))]


def test_one_number_twice_in_a_file_counts_by_its_first_row(customer: Customer) -> None:
    done = imported(
        NUMBERED + "1001;1.10.2026;Finland;5;0,1;77\n1001;1.10.2026;Finland;6;0,1;77\n",
        columns=WITH_NUMBER,
    )

    assert counts(done) == (2, 1, 0, 1)
    assert quantities() == [Decimal(5)]


def test_usage_of_a_file_that_failed_comes_with_the_corrected_one(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "STEP", 2)
    monkeypatch.setattr(steps, "MOST_BAD", 2)
    good = "1001;1.10.2026;Finland;10;0,1\n1001;2.10.2026;Finland;10;0,1\n"
    failed = imported(HEAD + good + "x;1.10.2026;Finland;10;0,1\n" * 2)

    assert (failed.state, failed.added, failed.file.name) == (UsageImport.State.FAILED, 0, "")
    assert not UsageRecord.objects.exists()
    done = imported(HEAD + good)
    assert (done.state, counts(done)) == (UsageImport.State.DONE, (2, 2, 0, 0))
    assert [row[2] for row in charged()] == [Decimal(10), Decimal(10)]


def test_what_another_file_relies_on_is_its_own_when_the_first_one_fails(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "STEP", 1)
    monkeypatch.setattr(receiving, "ROWS_WHILE_WAITING", 0)
    monkeypatch.setattr(turns, "enqueue", lambda one: None)
    row = "1001;1.10.2026;Finland;10;0,1\n"
    first = received(HEAD + row + "x;1.10.2026;Finland;10;0,1\n")
    receiving.start(first.pk, Choices(columns=COLUMNS, unit="MIN"), actor=None)
    assert next(steps.steps_of(first.pk))()
    second = imported(HEAD + row)
    steps.work_off(second.pk)
    monkeypatch.setattr(steps, "MOST_BAD", 1)

    steps.work_off(first.pk)
    steps.work_off(second.pk)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (UsageImport.State.FAILED, UsageImport.State.DONE)
    assert charged() == [("2026-10-01", "Finland", Decimal(10), Decimal("0.1"))]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("1001;1.10.2026;Finland;1.234;0,1\n1001;2.10.2026;Finland;12,50;0,1\n", [1234, 12.5]),
        ("1001;1.10.2026;Finland;1,234;0.1\n1001;2.10.2026;Finland;12.50;0.1\n", [1234, 12.5]),
        ("1001;1.10.2026;Finland;0.125;0.1\n1001;2.10.2026;Finland;1.234;0.1\n", [0.125, 1.234]),
    ],
)
def test_the_decimal_sign_is_that_of_the_file(
    customer: Customer, rows: str, expected: list[float]
) -> None:
    imported(HEAD + rows)

    assert quantities() == [Decimal(str(number)) for number in expected]


def test_a_file_that_leaves_the_decimal_sign_open_is_asked_about(
    accountant: Membership, signed_in: SignedIn, customer: Customer
) -> None:
    usage_import = received(HEAD + "1001;1.10.2026;Finland;1.234;5\n")
    client: Client = signed_in(accountant)
    address = f"/acme/usage/imports/{usage_import.pk}/start/"
    told: dict[str, Any] = {"unit": "MIN", "order": "day-first"}
    told |= {f"column_{name}": place for name, place in COLUMNS.items()}

    refused = client.post(address, told)
    assert refused.status_code == 422
    assert "Choose the decimal sign." in refused.content.decode()
    assert client.post(address, {**told, "mark": "."}).status_code == 302
    assert quantities() == [Decimal("1.234")]


def test_a_number_that_may_be_either_is_left_out_where_the_file_has_both_signs(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "SNIFFED_ROWS", 1)
    done = imported(HEAD + "1001;1.10.2026;Finland;5;1\n1001;1.10.2026;Finland;1.234;1\n")

    assert counts(done) == (2, 1, 0, 1)
    assert "may have thousands or decimals" in UsageProblem.objects.get().reason


def handed_over(monkeypatch: pytest.MonkeyPatch) -> tuple[UsageImport, list[int]]:
    """A file that waits for a worker, and what workers are asked for."""
    handed: list[int] = []
    monkeypatch.setattr(turns, "enqueue", lambda one: handed.append(one.pk))
    monkeypatch.setattr(receiving, "ROWS_WHILE_WAITING", 0)
    usage_import = received(HEAD + "1001;1.10.2026;Finland;10;0,1\n")
    receiving.start(usage_import.pk, Choices(columns=COLUMNS, unit="MIN"), actor=None)
    return usage_import, handed


def sweep_much_later() -> None:
    sweeping.sweep(now=timezone.now() + sweeping.LOST_AFTER + timedelta(seconds=1))


def break_off(usage_import: UsageImport, *, times: int) -> list[bool]:
    """Workers begin with it and are killed; says of each whether it could begin."""
    begun = []
    for _number in range(times):
        begun.append(turns.begin(usage_import.pk))
        sweep_much_later()
    usage_import.refresh_from_db()
    return begun


def test_a_file_that_always_breaks_is_given_up(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage_import, handed = handed_over(monkeypatch)

    assert break_off(usage_import, times=5) == [True, True, True, False, False]

    assert len(handed) == turns.ATTEMPTS_AT_MOST
    assert usage_import.state == UsageImport.State.FAILED
    assert "broke off 3 times" in usage_import.refusal


def test_a_file_that_waits_because_all_workers_are_busy_is_not_given_up(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage_import, handed = handed_over(monkeypatch)

    for _number in range(6):
        sweep_much_later()
    usage_import.refresh_from_db()
    assert len(handed) == 7
    assert (usage_import.state, usage_import.resumed) == (UsageImport.State.READING, 0)

    steps.work_off(usage_import.pk)
    usage_import.refresh_from_db()
    assert (usage_import.state, counts(usage_import)) == ("done", (1, 1, 0, 0))


def test_a_file_that_was_given_up_is_taken_back_by_a_worker(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage_import, _handed = handed_over(monkeypatch)
    break_off(usage_import, times=3)
    monkeypatch.setattr(taking_back, "TAKEN_WHILE_WAITING", -1)

    take_back(usage_import.pk, actor=None)
    assert turns.begin(usage_import.pk)
    steps.work_off(usage_import.pk)

    usage_import.refresh_from_db()
    assert usage_import.state == UsageImport.State.TAKEN_BACK


def test_a_day_that_no_charge_can_hold_stops_the_file(customer: Customer) -> None:
    row = "1001;1.10.2026;Finland;9999999999;0,1\n"

    done = imported(HEAD + row + row + "1001;2.10.2026;Finland;1;0,1\n")

    assert done.state == UsageImport.State.FAILED
    assert "Ostaja Oy used more of “Finland” on 2026-10-01" in done.refusal
    assert (done.added, UsageRecord.objects.count(), charged()) == (0, 0, [])


def test_an_import_that_another_one_relies_on_is_not_taken_back(customer: Customer) -> None:
    row = "1001;1.10.2026;Finland;10;0,1\n"
    first = imported(HEAD + row)
    second = imported(HEAD + row + "1001;2.10.2026;Finland;5;0,1\n")

    with pytest.raises(errors.UsageRecognised, match="“calls"):
        take_back(first.pk, actor=None)
    take_back(second.pk, actor=None)
    assert take_back(first.pk, actor=None).taken == 1
    assert charged() == []


def test_the_currency_of_a_customer_with_usage_stays(owner: Membership, customer: Customer) -> None:
    assert owner.user is not None
    imported("Customer;Day;Service;Count\n1001;1.10.2026;SMS;4\n", columns={
        "customer": 0, "date": 1, "destination": 2, "quantity": 3,
    })  # fmt: skip
    assert charged() == []

    with pytest.raises(CurrencyInUse):
        change_customer(customer, actor=owner.user, currency="SEK")
