"""Files of usage: read once, whatever file a row comes in, charged, billed and taken back."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.errors import DomainError
from customers.models import Customer
from invoicing.domain.discarding import discard_draft
from invoicing.domain.drafting import draft_work
from tenants.billing_terms import UsageGrouping
from tenants.models import Membership, Tenant
from tests.factories import (
    ComponentFactory,
    ComponentPriceFactory,
    CustomerFactory,
    TaxRateFactory,
)
from timesheets import package_errors
from timesheets.domain import charges
from timesheets.domain.packages.subscribing import subscribe
from timesheets.models import (
    Charge,
    UsageCharge,
    UsageImport,
    UsageMapping,
    UsageProblem,
    UsageRecord,
)
from timesheets.usage import errors, receiving, steps, sweeping, turns
from timesheets.usage.choices import Choices
from timesheets.usage.problems import write_problems
from timesheets.usage.taking_back import take_back

SignedIn = Callable[[Membership], Client]
HEAD = "Customer number;Date;Destination;Minutes;Price\n"
COLUMNS = {"customer": 0, "date": 1, "destination": 2, "quantity": 3, "rate": 4}


@pytest.fixture
def customer(tenant: Tenant) -> Customer:
    TaxRateFactory()
    found: Customer = CustomerFactory(number="1001", name="Ostaja Oy")
    return found


def received(text: str, name: str = "calls.csv") -> UsageImport:
    content = ContentFile(text.encode(), name=name)
    return receiving.receive_file(content, name=name, size=len(text), actor=None)


def imported(text: str, **told: Any) -> UsageImport:
    usage_import = received(text)
    choices = Choices(columns=told.pop("columns", COLUMNS), unit="MIN", **told)
    receiving.start(usage_import.pk, choices, actor=None)
    usage_import.refresh_from_db()
    return usage_import


def counts(one: UsageImport) -> tuple[int, int, int, int]:
    return one.rows, one.added, one.known, one.bad


def charged() -> list[tuple[str, str, Decimal, Decimal]]:
    return [
        (str(one.charge_date), one.destination, one.quantity.normalize(), one.unit_price)
        for one in Charge.objects.filter(is_billable=True).order_by("charge_date", "destination")
    ]


def test_columns_are_proposed_by_their_names(customer: Customer) -> None:
    usage_import = received(HEAD + "1001;1.10.2026;Finland;10;0,1\n")

    assert usage_import.columns["columns"] == COLUMNS
    assert receiving.first_rows(usage_import, 3) == [["1001", "1.10.2026", "Finland", "10", "0,1"]]


def test_rows_become_records_and_charges(customer: Customer) -> None:
    done = imported(
        HEAD
        + "1001;1.10.2026;Finland;10,5;0,1\n"
        + "ostaja oy;2026-10-01;Finland;4.5;0.10\n"
        + "1001;2.10.2026;Sweden;3;0,2\n"
    )

    assert (done.state, counts(done)) == (UsageImport.State.DONE, (3, 3, 0, 0))
    assert (done.first_date, done.last_date) == (date(2026, 10, 1), date(2026, 10, 2))
    assert charged() == [
        ("2026-10-01", "Finland", Decimal(15), Decimal("0.1")),
        ("2026-10-02", "Sweden", Decimal(3), Decimal("0.2")),
    ]
    assert not done.file


def test_the_same_file_again_changes_nothing_and_a_longer_one_adds_what_is_new(
    customer: Customer,
) -> None:
    row = "1001;1.10.2026;Finland;10;0,1\n"
    imported(HEAD + row + row)

    again = imported(HEAD + row + row)
    longer = imported(HEAD + row + row + row)

    assert counts(again) == (2, 0, 2, 0)
    assert counts(longer) == (3, 1, 2, 0)
    assert charged() == [("2026-10-01", "Finland", Decimal(30), Decimal("0.1"))]


def test_a_row_with_a_number_of_its_own_is_one_whatever_is_equal(customer: Customer) -> None:
    head = "Customer;Date;Destination;Minutes;Price;Call id\n"
    columns = {**COLUMNS, "identifier": 5}
    first = imported(
        head
        + "1001;1.10.2026;Finland;10;0,1;a\n1001;1.10.2026;Finland;10;0,1;b\n"
        + "1001;1.10.2026;Finland;10;0,1;a\n",
        columns=columns,
    )

    assert counts(first) == (3, 2, 1, 0)


def test_bad_rows_are_left_out_with_line_and_reason(customer: Customer) -> None:
    CustomerFactory(name="Kaksi Oy")
    CustomerFactory(name="Kaksi Oy")
    done = imported(
        HEAD
        + "1001;1.10.2026;Finland;10;0,1\n"
        + "9999;1.10.2026;Finland;10;0,1\n"
        + "Kaksi Oy;1.10.2026;Finland;10;0,1\n"
        + "1001;31.2.2026;Finland;10;0,1\n"
        + "1001;1.10.2026;;10;0,1\n"
        + "1001;1.10.2026;Finland;0;0,1\n"
        + "1001;1.10.2026;Finland;ten;0,1\n"
        + "1001;1.10.2026;Finland;10;-1\n"
        + '1001;1.10.2026;"Fin"land;10;0,1\n'
        + "1001;1.10.2126;Finland;10;0,1\n"
        + "1001;1.10.2026;Finland;1,1234567;0,1\n"
    )

    assert counts(done) == (11, 1, 0, 10)
    told = [(row.line, row.reason) for row in UsageProblem.objects.all()]
    assert told == [
        (3, "There is no customer “9999”, neither by number nor by name."),
        (4, "Several customers are called “Kaksi Oy”. Write the customer number."),
        (5, "This day does not exist."),
        (6, "The destination is missing."),
        (7, "A quantity is above 0."),
        (8, "“ten” is no number."),
        (9, "A rate cannot be negative."),
        (10, "The quotation marks of this line make no sense."),
        (11, "This day is too far away. Check the year."),
        (12, "“1,1234567” has more than six decimal places."),
    ]
    out = StringIO()
    write_problems(done, out)
    assert "9999;1.10.2026;Finland;10;0,1;3;There is no customer" in out.getvalue()


def test_signs_that_mean_something_to_the_database_are_letters_here(customer: Customer) -> None:
    done = imported(HEAD + '1001;1.10.2026;"A\\tB\t\\N\nC\\\\";10;0,1\n')

    assert counts(done) == (1, 1, 0, 0)
    assert UsageRecord.objects.get().destination == "A\\tB \\N C\\\\"


def test_included_usage_is_deducted_first(owner: Membership, customer: Customer) -> None:
    component = ComponentFactory(name="Calls", included_quantity=Decimal(100))
    ComponentPriceFactory(component=component, unit_price=Decimal(10), usage_price=Decimal("0.05"))
    imported(HEAD + "1001;1.10.2026;Finland;60;0,1\n1001;9.10.2026;Finland;60;0,1\n")
    assert [row[2] for row in charged()] == [60, 60]

    subscribe(
        actor=owner.user,
        customer=customer,
        package=component.package,
        start_date=date(2026, 10, 1),
        end_date=date(2026, 10, 31),
    )

    usage = UsageCharge.objects.get().charge
    assert (usage.charge_date, usage.quantity, usage.unit_price, usage.text) == (
        date(2026, 10, 9), 20, Decimal("0.05"), "Calls",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("grouping", "lines"),
    [
        (
            UsageGrouping.DESTINATION,
            ["Usage · Finland (1 Oct 2026–2 Oct 2026)", "Usage · Sweden (2 Oct 2026)"],
        ),
        (UsageGrouping.DAY, ["Usage · 1 Oct 2026", "Usage · 2 Oct 2026"]),
    ],
)
def test_usage_is_billed_by_destination_or_by_day_as_the_customer_has_it(
    owner: Membership, customer: Customer, grouping: UsageGrouping, lines: list[str]
) -> None:
    Tenant.objects.update(
        usage_grouping=UsageGrouping.DAY
        if grouping == UsageGrouping.DESTINATION
        else UsageGrouping.DESTINATION
    )
    customer.usage_grouping = grouping
    customer.save()
    imported(
        HEAD
        + "1001;1.10.2026;Finland;10;0,1\n1001;2.10.2026;Finland;10;0,1\n"
        + "1001;2.10.2026;Sweden;10;0,1\n"
    )

    invoice = draft_work(
        start=date(2026, 10, 1),
        end=date(2026, 10, 31),
        actor=owner.user,
        customer_id=customer.pk,
    )

    found = list(invoice.lines.order_by("position"))
    assert [line.text for line in found] == lines
    assert invoice.net_total == Decimal("3.00")


def test_late_records_are_charged_beside_what_is_billed(
    owner: Membership, customer: Customer
) -> None:
    imported(HEAD + "1001;1.10.2026;Finland;10;0,1\n")
    draft = draft_work(
        start=date(2026, 10, 1),
        end=date(2026, 10, 31),
        actor=owner.user,
        customer_id=customer.pk,
    )

    imported(HEAD + "1001;1.10.2026;Finland;7;0,1\n")

    states = Charge.objects.order_by("pk").values_list("quantity", "billing_state")
    assert list(states) == [(10, "drafted"), (7, "open")]
    discard_draft(draft, actor=owner.user)
    imported(HEAD + "1001;1.10.2026;Finland;1;0,1\n")
    assert charged() == [("2026-10-01", "Finland", Decimal(18), Decimal("0.1"))]


def test_an_import_is_taken_back_while_nothing_of_it_is_billed(
    owner: Membership, customer: Customer
) -> None:
    kept = imported(HEAD + "1001;1.10.2026;Finland;10;0,1\n")
    wrong = imported(HEAD + "1001;1.10.2026;Finland;7;0,1\n")

    assert take_back(wrong.pk, actor=owner.user).taken == 1
    assert charged() == [("2026-10-01", "Finland", Decimal(10), Decimal("0.1"))]
    draft_work(
        start=date(2026, 10, 1), end=date(2026, 10, 31), actor=owner.user, customer_id=customer.pk
    )
    with pytest.raises(errors.UsageIsBilled):
        take_back(kept.pk, actor=owner.user)
    assert UsageRecord.objects.count() == 1


def test_the_columns_are_remembered_for_the_next_file_like_it(customer: Customer) -> None:
    odd = {"customer": 0, "date": 1, "destination": 2, "quantity": 4, "rate": 3}
    imported(HEAD + "1001;1.10.2026;Finland;1;20\n", columns=odd)

    assert received(HEAD + "1001;2.10.2026;Finland;1;20\n").columns["columns"] == odd
    assert UsageMapping.objects.count() == 1


def test_a_file_without_customers_is_of_the_one_that_is_chosen(customer: Customer) -> None:
    done = imported(
        "Day,Service,Count\n2026-10-01,SMS,4\n",
        columns={"date": 0, "destination": 1, "quantity": 2},
        customer_id=customer.pk,
    )

    assert counts(done) == (1, 1, 0, 0)
    assert not UsageCharge.objects.exists()  # nobody says what it costs


def test_a_killed_worker_is_followed_by_another(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "STEP", 3)
    monkeypatch.setattr(receiving, "ROWS_WHILE_WAITING", 0)
    monkeypatch.setattr(turns, "enqueue", lambda one: None)
    row = "1001;1.10.2026;Finland;10;0,1\n"
    usage_import = received(HEAD + row * 8)
    receiving.start(usage_import.pk, Choices(columns=COLUMNS, unit="MIN"), actor=None)

    killed_after = 0
    while True:
        killed_after += 1
        left = steps.steps_of(usage_import.pk)
        step = next(left, None)
        if step is None:
            break
        assert step()
        left.close()  # the worker dies after each of its steps

    usage_import.refresh_from_db()
    assert (usage_import.state, counts(usage_import)) == ("done", (8, 8, 0, 0))
    assert killed_after == 6
    assert charged() == [("2026-10-01", "Finland", Decimal(80), Decimal("0.1"))]


def test_two_workers_at_one_file_do_not_read_it_twice(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "STEP", 2)
    monkeypatch.setattr(receiving, "ROWS_WHILE_WAITING", 0)
    monkeypatch.setattr(turns, "enqueue", lambda one: None)
    usage_import = received(HEAD + "1001;1.10.2026;Finland;10;0,1\n" * 5)
    receiving.start(usage_import.pk, Choices(columns=COLUMNS, unit="MIN"), actor=None)
    one, other = steps.steps_of(usage_import.pk), steps.steps_of(usage_import.pk)
    first, second = next(one), next(other)

    assert first()
    assert not second()

    usage_import.refresh_from_db()
    assert counts(usage_import) == (2, 2, 0, 0)


def test_too_many_bad_rows_stop_the_reading(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "MOST_BAD", 2)
    done = imported(HEAD + "x;1.10.2026;Finland;10;0,1\n" * 4)

    assert done.state == UsageImport.State.FAILED
    assert "reading stopped" in done.refusal
    assert UsageProblem.objects.count() == 2


def test_forgotten_files_go_and_lost_ones_are_handed_over(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[int] = []
    monkeypatch.setattr(turns, "enqueue", lambda one: handed.append(one.pk))
    old = received(HEAD + "1001;1.10.2026;Finland;10;0,1\n")
    lost = received(HEAD + "1001;1.10.2026;Finland;10;0,1\n")
    UsageImport.objects.filter(pk=lost.pk).update(state="reading")
    UsageImport.objects.update(updated_at=timezone.now() - timedelta(days=8))

    sweeping.sweep(now=timezone.now())

    assert handed == [lost.pk]
    assert not UsageImport.objects.filter(pk=old.pk).exists()


def test_refusals(customer: Customer) -> None:
    with pytest.raises(DomainError, match="workbook"):
        received("PK\x03\x04 rest")
    with pytest.raises(DomainError, match="empty"):
        received(" ")
    with pytest.raises(errors.UsageFileTooLarge):
        receiving.receive_file(ContentFile(b"a"), name="a", size=10**9, actor=None)
    usage_import = received(HEAD + "1001;1.10.2026;Finland;10;0,1\n")
    with pytest.raises(errors.UsageColumnsMissing, match="customer, quantity"):
        receiving.start(usage_import.pk, Choices(columns={"date": 1, "destination": 2}), actor=None)
    with pytest.raises(errors.UsageColumnTwice):
        receiving.start(usage_import.pk, Choices(columns={**COLUMNS, "rate": 3}), actor=None)
    receiving.discard(usage_import.pk, actor=None)
    with pytest.raises(errors.UsageImportClosed):
        receiving.discard(usage_import.pk, actor=None)


def test_charges_of_usage_are_not_changed_by_hand(owner: Membership, customer: Customer) -> None:
    imported(HEAD + "1001;1.10.2026;Finland;10;0,1\n")

    with pytest.raises(package_errors.ChargeOfUsage):
        charges.delete_charges([Charge.objects.get().pk], actor=owner)


def test_a_file_on_the_pages(
    accountant: Membership, signed_in: SignedIn, customer: Customer
) -> None:
    client = signed_in(accountant)
    file = ContentFile(
        (HEAD + "1001;1.10.2026;Finland;10;0,1\nx;1.10.2026;Finland;10;0,1\n").encode(),
        name="calls.csv",
    )

    answer = client.post("/acme/usage/imports/", {"file": file})
    usage_import = UsageImport.objects.get()
    address = f"/acme/usage/imports/{usage_import.pk}/"
    assert answer["Location"] == address
    page = client.get(address).content.decode()
    assert "Which column is which?" in page
    told = {"unit": "MIN", "order": "day-first"}
    refused = client.post(f"{address}start/", {**told, "column_date": "1"})
    assert refused.status_code == 422
    assert "Say which column holds the customer, destination, quantity." in refused.content.decode()
    client.post(f"{address}start/", told | {f"column_{name}": n for name, n in COLUMNS.items()})
    page = client.get(address).content.decode()
    assert "There is no customer “x”" in page
    problems = client.get(f"{address}problems.csv")
    assert "There is no customer" in problems.content.decode("utf-8-sig")
    summary = client.get(
        f"/acme/usage/?customer={customer.pk}&start=2026-10-01&end=2026-10-31&by=week"
    ).content.decode()
    assert "usage-bar" in summary
    assert "€1.00" in summary
    everybody = client.get("/acme/usage/?start=2026-10-01&end=2026-10-31").content.decode()
    assert "Ostaja Oy" in everybody
    for query in (f"customer={customer.pk}&by=destination", f"customer={customer.pk}", ""):
        file_answer: Any = client.get(
            f"/acme/usage/export.csv?start=2026-10-01&end=2026-10-31&{query}"
        )
        assert "1.00" in b"".join(file_answer.streaming_content).decode().replace(",", ".")
    assert client.post(f"{address}take-back/").status_code == 302
    assert not UsageRecord.objects.exists()


def test_who_may(
    auditor: Membership, member: Membership, signed_in: SignedIn, customer: Customer
) -> None:
    assert signed_in(auditor).get("/acme/usage/").status_code == 200
    assert signed_in(auditor).get("/acme/usage/imports/").status_code == 403
    assert signed_in(member).get("/acme/usage/").status_code == 403


def test_queries_do_not_grow_with_the_records(
    accountant: Membership, signed_in: SignedIn, customer: Customer
) -> None:
    client = signed_in(accountant)

    def asked(url: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    imported(HEAD + "1001;1.10.2026;Finland;10;0,1\n")
    days = "start=2026-10-01&end=2026-10-31"
    urls = [f"/acme/usage/?{days}", f"/acme/usage/?{days}&customer={customer.pk}"]
    before = [asked(url) for url in urls]
    CustomerFactory(number="1002")
    numbers = random.Random(1)
    imported(
        HEAD
        + "".join(
            f"{numbers.choice((1001, 1002))};{day}.10.2026;Land {day % 5};{day};0,1\n"
            for day in range(1, 29)
        )
    )
    assert [asked(url) for url in urls] == before
    assert max(before) <= 12
