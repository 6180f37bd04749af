"""Who owes how much, by how late it is, on any day; always what the books say of that day."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from invoicing.domain.credit_lines import LineCredit
from invoicing.domain.crediting import draft_credit_note
from invoicing.domain.payments.allocating import use_credit
from invoicing.domain.payments.registering import give_up, pay_back, reverse_payment
from invoicing.domain.posting import post_invoice
from invoicing.models import Allocation, Invoice
from invoicing.selectors.receivables import (
    Amounts,
    Bucket,
    aged_customers,
    due_dates,
    owed_documents,
    sums_of,
)
from tenants.models import Membership, Tenant
from tests.factories import CustomerFactory
from tests.payments.paying import ON, TODAY, faults, pay, receive
from tests.receivables.owing import balance, owed

type SignedIn = Callable[[Membership], Client]


def amounts_of(on: date = TODAY) -> dict[str, Amounts]:
    return {row.name: row.amounts for row in aged_customers(on)}


def test_each_day_late_is_in_its_bucket(tenant: Tenant) -> None:
    satama = CustomerFactory(name="Satama Oy")
    for days in (-3, 0, 1, 30, 31, 60, 61, 90, 91, 400):
        owed(str(TODAY - timedelta(days=days)), customer=satama)
    found = amounts_of()["Satama Oy"]
    one = Decimal("125.50")
    assert [found.of(bucket) for bucket in Bucket] == [2 * one] * 5
    assert (found.total, found.overdue, found.documents) == (10 * one, 8 * one, 10)
    for bucket in Bucket:
        documents = owed_documents(TODAY, customer_id=satama.pk, bucket=bucket)
        first, last = due_dates(bucket, TODAY)
        assert [document.amount for document in documents] == [one, one]
        assert all(first is None or document.due_date >= first for document in documents)
        assert all(last is None or document.due_date <= last for document in documents)


def test_a_day_of_the_past_knows_nothing_of_what_came_later(tenant: Tenant) -> None:
    satama = CustomerFactory(name="Satama Oy")
    invoice = owed("2026-09-15", customer=satama, issue_date=date(2026, 9, 1))
    assert amounts_of(date(2026, 8, 31)) == {}
    pay(invoice, "25.50", payment_date=date(2026, 10, 1))
    pay(invoice, "100", payment_date=date(2026, 11, 2))
    on = {
        "2026-09-01": Amounts(not_due=Decimal("125.50"), documents=1),
        "2026-09-16": Amounts(to_30=Decimal("125.50"), documents=1),
        "2026-09-30": Amounts(to_30=Decimal("125.50"), documents=1),
        "2026-10-01": Amounts(to_30=Decimal(100), documents=1),
        "2026-11-01": Amounts(to_60=Decimal(100), documents=1),
    }
    for day, expected in on.items():
        assert amounts_of(date.fromisoformat(day)) == {"Satama Oy": expected}
    assert amounts_of(date(2026, 11, 2)) == {}


def test_an_invoice_is_owed_from_the_day_it_is_booked_on(tenant: Tenant) -> None:
    """October's hours, invoiced in November: the books have them in October."""
    owed("2026-11-18", issue_date=date(2026, 11, 4), booked="2026-10-31")
    assert sums_of(aged_customers(date(2026, 10, 30))) == {}
    assert sums_of(aged_customers(date(2026, 10, 31)))["EUR"].not_due == Decimal("125.50")
    assert balance("1700", date(2026, 10, 31)) == Decimal("125.50")


def test_credit_notes_differences_and_what_is_taken_back(tenant: Tenant) -> None:
    """Every kind of movement, and every day in between is what the books say."""
    satama = CustomerFactory(name="Satama Oy")
    first = owed("2026-09-15", customer=satama, issue_date=date(2026, 9, 1))
    second = owed("2026-10-10", "251.00", customer=satama, issue_date=date(2026, 9, 20))
    abroad = owed("2026-10-20", customer=CustomerFactory(name="Hamn Ab"), currency="SEK")
    credit(first, Decimal(20))
    taken = pay(second, "300", payment_date=date(2026, 10, 5))
    reverse_payment(taken, reason="Bounced", actor=None, on=date(2026, 10, 12))
    over = receive(satama, "80", payment_date=date(2026, 10, 15))
    use_credit(first, actor=None, on=date(2026, 10, 16))
    pay_back(
        receive(satama, "30", payment_date=date(2026, 11, 1)),
        amount=Decimal(10), payment_date=date(2026, 11, 5), token=uuid4(), actor=None, today=TODAY,
    )  # fmt: skip
    give_up(
        second, kind=Allocation.Kind.BAD_DEBT, reason="Gone", seen_open=Decimal(251),
        on=date(2026, 11, 10), actor=None, today=TODAY,
    )  # fmt: skip
    pay(abroad, "25.50")
    assert over.pk
    # The days of all these, and those around them.
    moved = ["2026-09-01", "2026-09-20", "2026-10-05", "2026-10-12", "2026-10-16", "2026-11-01"]
    moved += ["2026-11-05", "2026-11-10", str(ON), str(TODAY)]
    around = (timedelta(days=count) for count in (-1, 0, 1))
    days = sorted({date.fromisoformat(day) + step for step in around for day in moved})
    for day in days:
        sums = sums_of(aged_customers(day))
        for currency in ("EUR", "SEK"):
            found = sums.get(currency, Amounts())
            assert found.total == balance("1700", day, currency), (day, currency)
            assert found.credit == -balance("2860", day, currency), (day, currency)
            documents = [
                document.amount
                for row in aged_customers(day)
                if row.currency == currency
                for document in owed_documents(day, customer_id=row.customer_id, currency=currency)
            ]
            assert sum(documents) == found.total
    assert faults() == []
    # All kinds of days were among them.
    assert len({balance("1700", day) for day in days}) > 4
    assert len({balance("2860", day) for day in days}) > 3


def credit(invoice: Invoice, net: Decimal) -> None:
    line = invoice.lines.get()
    note = draft_credit_note(
        invoice,
        [LineCredit(line_id=line.pk, net=net)],
        reason="Too much",
        actor=None,
    )
    post_invoice(note, actor=None)


def test_currencies_stay_apart_and_credit_alone_is_shown(tenant: Tenant) -> None:
    satama = CustomerFactory(name="Satama Oy")
    owed("2026-11-30", customer=satama)
    owed("2026-11-01", customer=satama, currency="SEK")
    receive(CustomerFactory(name="Over Oy"), "40")
    rows = {(row.name, row.currency): row.amounts for row in aged_customers(TODAY)}
    assert rows == {
        ("Satama Oy", "EUR"): Amounts(not_due=Decimal("125.50"), documents=1),
        ("Satama Oy", "SEK"): Amounts(to_30=Decimal("125.50"), documents=1),
        ("Over Oy", "EUR"): Amounts(credit=Decimal(40)),
    }
    assert amounts_of(ON - timedelta(days=1)).get("Over Oy") is None


# The page


@pytest.fixture
def owing(tenant: Tenant) -> None:
    owed("2026-11-30", customer=CustomerFactory(name="Satama Oy", number="S-77"))
    owed("2026-11-01", "251.00", customer=CustomerFactory(name="Äyräs Oy"))
    owed("2026-06-01", customer=CustomerFactory(name="Hamn Ab"), currency="SEK")


def names(client: Client, query: str = "") -> list[str]:
    answer = client.get(f"/acme/receivables/{query}")
    assert answer.status_code == 200
    return [shown["row"].name for shown in answer.context["rows"]]


@pytest.mark.usefixtures("owing")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Hamn Ab", "Satama Oy", "Äyräs Oy"]),
        ("?sort=-total", ["Äyräs Oy", "Hamn Ab", "Satama Oy"]),
        ("?sort=over_90", ["Satama Oy", "Äyräs Oy", "Hamn Ab"]),
        ("?sort=nonsense", ["Hamn Ab", "Satama Oy", "Äyräs Oy"]),
        ("?currency=SEK", ["Hamn Ab"]),
        ("?late=overdue", ["Hamn Ab", "Äyräs Oy"]),
        ("?late=to_30", ["Äyräs Oy"]),
        ("?q=äyr", ["Äyräs Oy"]),
        ("?q=s-77", ["Satama Oy"]),
        ("?on=2026-05-31", []),
    ],
)
def test_filters_and_sorting(
    accountant: Membership, signed_in: SignedIn, query: str, expected: list[str], today: None
) -> None:
    assert names(signed_in(accountant), query) == expected


@pytest.mark.usefixtures("owing", "today")
def test_figures_lead_to_the_documents(accountant: Membership, signed_in: SignedIn) -> None:
    client = signed_in(accountant)
    (shown,) = [
        shown
        for shown in client.get("/acme/receivables/").context["rows"]
        if shown["row"].name == "Äyräs Oy"
    ]
    (url,) = [url for bucket, _amount, url in shown["cells"] if bucket == Bucket.TO_30]
    archive: Any = client.get(url)
    assert [invoice.open_amount for invoice in archive.context["page"]] == [Decimal("251.00")]
    empty = [url for bucket, _amount, url in shown["cells"] if bucket == Bucket.TO_60]
    assert list(client.get(empty[0]).context["page"]) == []
    then: Any = client.get("/acme/receivables/?on=2026-11-20").context["rows"]
    (past,) = [one for one in then if one["row"].name == "Äyräs Oy"]
    page: Any = client.get(past["total_url"])
    assert [document.amount for document in page.context["documents"]] == [Decimal("251.00")]
    assert page.context["documents"][0].days_late == 19


@pytest.mark.usefixtures("owing", "today")
def test_files(accountant: Membership, signed_in: SignedIn) -> None:
    client = signed_in(accountant)
    answer: Any = client.get("/acme/receivables/export.csv?late=to_30")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) == 2
    assert lines[1].split(";")[2:] == [
        "Äyräs Oy", "EUR", "0,00", "251,00", "0,00", "0,00", "0,00", "251,00", "0,00", "1",
    ]  # fmt: skip
    assert client.get("/acme/receivables/export.xlsx").status_code == 200
    assert client.get("/acme/receivables/export.csv?on=2026-13-01").status_code == 422


@pytest.mark.usefixtures("owing")
def test_a_day_that_does_not_exist(accountant: Membership, signed_in: SignedIn) -> None:
    answer = signed_in(accountant).get("/acme/receivables/?on=2026-02-30")
    assert answer.status_code == 422
    assert "Enter a day that exists." in answer.content.decode()
    assert signed_in(accountant).get("/acme/receivables/?on=0001-01-01").status_code == 422


@pytest.mark.usefixtures("owing")
def test_only_those_who_see_all_invoices(
    manager: Membership, auditor: Membership, signed_in: SignedIn
) -> None:
    customer = CustomerFactory()
    for url in ("", "export.csv", f"{customer.pk}/"):
        assert signed_in(manager).get(f"/acme/receivables/{url}").status_code == 403
        assert signed_in(auditor).get(f"/acme/receivables/{url}").status_code == 200


@pytest.mark.usefixtures("owing")
def test_as_many_queries_for_one_customer_as_for_three(
    accountant: Membership, signed_in: SignedIn, django_assert_num_queries: Any
) -> None:
    client = signed_in(accountant)
    client.get("/acme/receivables/")
    with django_assert_num_queries(6):
        client.get("/acme/receivables/?q=satama")
    with django_assert_num_queries(6):
        client.get("/acme/receivables/")
