"""The statement of a customer's account: sums that go on from one period to the next."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from customers.models import Customer
from invoicing.documents.statements import statement_pdf
from invoicing.domain.payments.allocating import use_credit
from invoicing.domain.payments.registering import give_up, pay_back, reverse_payment
from invoicing.models import Allocation
from invoicing.selectors.receivables import Amounts, aged_customers
from invoicing.selectors.statements import Statement, currencies_of, statement_of
from tenants.models import Membership, Tenant
from tests.documents.making import pages, words
from tests.factories import CustomerFactory
from tests.invoicing.crediting import credit, only_line, part
from tests.payments.paying import TODAY, pay, receive
from tests.receivables.owing import owed

type SignedIn = Callable[[Membership], Client]


def told(customer: Customer, start: str, end: str, currency: str = "EUR") -> Statement:
    return statement_of(
        customer,
        currency=currency,
        start=date.fromisoformat(start),
        end=date.fromisoformat(end),
    )


def lines_of(statement: Statement) -> list[tuple[str, str, Decimal, Decimal]]:
    return [(str(line.day), line.kind.value, line.amount, line.balance) for line in statement.lines]


@pytest.fixture
def satama(tenant: Tenant) -> Customer:
    """With one of each kind of movement."""
    satama = CustomerFactory(name="Satama Oy", number="77")
    first = owed("2026-09-15", customer=satama, issue_date=date(2026, 9, 1), booked="2026-08-31")
    second = owed("2026-10-10", "251.00", customer=satama, issue_date=date(2026, 9, 20))
    credit(first, part(only_line(first), net="20"))
    bounced = pay(second, "300", payment_date=date(2026, 10, 5))
    reverse_payment(bounced, reason="Bounced", actor=None, on=date(2026, 10, 12))
    receive(satama, "80", payment_date=date(2026, 10, 15), reference="1009")
    use_credit(first, actor=None, on=date(2026, 10, 16))
    pay_back(
        receive(satama, "30", payment_date=date(2026, 11, 1)),
        amount=Decimal(10), payment_date=date(2026, 11, 5), token=uuid4(), actor=None, today=TODAY,
    )  # fmt: skip
    give_up(
        second, kind=Allocation.Kind.BAD_DEBT, reason="Gone", seen_open=Decimal(251),
        on=date(2026, 11, 10), actor=None, today=TODAY,
    )  # fmt: skip
    return satama


def test_every_movement_by_the_date_the_customer_knows(satama: Customer) -> None:
    found = told(satama, "2026-09-01", "2026-11-22")
    assert found.opening == 0
    assert lines_of(found) == [
        ("2026-09-01", "invoice", Decimal("125.50"), Decimal("125.50")),
        ("2026-09-20", "invoice", Decimal("251.00"), Decimal("376.50")),
        ("2026-10-05", "received", Decimal(-300), Decimal("76.50")),
        ("2026-10-12", "reversal", Decimal(300), Decimal("376.50")),
        ("2026-10-15", "received", Decimal(-80), Decimal("296.50")),
        ("2026-11-01", "received", Decimal(-30), Decimal("266.50")),
        ("2026-11-05", "refund", Decimal(10), Decimal("276.50")),
        ("2026-11-10", "bad_debt", Decimal(-251), Decimal("25.50")),
        ("2026-11-21", "credit_note", Decimal("-25.10"), Decimal("0.40")),
    ]
    assert (found.charged, found.credited, found.paid, found.given_up) == (
        Decimal("376.50"), Decimal("25.10"), Decimal(100), Decimal(251),
    )  # fmt: skip
    # What is open less what is to their credit is the balance.
    assert found.ageing.total - found.ageing.credit == found.closing == Decimal("0.40")


def test_one_period_begins_where_the_other_ended(satama: Customer) -> None:
    ends = ["2026-08-31", "2026-09-10", "2026-10-05", "2026-10-14", "2026-11-09", "2026-11-21"]
    before = Decimal(0)
    for start, end in pairwise(ends):
        first = date.fromisoformat(start).toordinal() + 1
        found = told(satama, str(date.fromordinal(first)), end)
        assert found.opening == before
        assert found.opening + sum(line.amount for line in found.lines) == found.closing
        assert found.ageing.total - found.ageing.credit == found.closing
        before = found.closing


def test_ageing_is_that_of_all_customers(satama: Customer) -> None:
    owed("2026-10-01", customer=satama, issue_date=date(2026, 9, 25))
    (row,) = aged_customers(TODAY)
    found = told(satama, "2026-01-01", str(TODAY)).ageing
    assert found == row.amounts
    assert found == Amounts(
        to_60=Decimal("125.50"), to_90=Decimal("20.40"), credit=Decimal(20), documents=2
    )


def test_currencies_and_customers_stay_apart(tenant: Tenant) -> None:
    satama = CustomerFactory()
    owed("2026-11-30", customer=satama, currency="SEK")
    owed("2026-11-30")
    assert currencies_of(satama) == ["EUR", "SEK"]
    assert told(satama, "2026-01-01", "2026-12-31").lines == []
    assert told(satama, "2026-01-01", "2026-12-31", "SEK").closing == Decimal("125.50")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["Statement of account", "Opening balance 0.00", "Invoice 2026-0001", "€0.40"]),
        ("fi", ["Asiakastiliote", "Alkusaldo 0,00", "Lasku 2026-0001", "0,40 €"]),
        ("sv", ["Kontoutdrag", "Ingående saldo 0,00", "Faktura 2026-0001", "0,40 €"]),
        ("de", ["Kontoauszug", "Anfangssaldo 0,00", "Rechnung 2026-0001", "0,40 €"]),
    ],
)
def test_the_paper_is_in_the_customers_language(
    satama: Customer, language: str, expected: list[str]
) -> None:
    satama.language = language
    content = statement_pdf(told(satama, "2026-09-01", "2026-11-22"), on=TODAY)
    text = words(pages(content))
    for part_of_it in [*expected, "Satama Oy", "FI21 1234 5600 0007 85", "251"]:
        assert part_of_it in text


def test_a_long_statement_goes_over_pages_with_its_head(tenant: Tenant) -> None:
    satama = CustomerFactory()
    for _number in range(60):
        receive(satama, "1", payment_date=date(2026, 10, 15))
    found = pages(statement_pdf(told(satama, "2026-09-01", "2026-11-22"), on=TODAY))
    assert len(found) == 3
    assert ["Settled" in page for page in found] == [True, True, False]
    assert "in your favour" in words(found)


# The pages


def test_the_page_and_its_files(
    satama: Customer, accountant: Membership, signed_in: SignedIn, today: None
) -> None:
    client = signed_in(accountant)
    url = f"/acme/customers/{satama.pk}/statement/"
    page: Any = client.get(url)
    assert page.status_code == 200
    # From the beginning of the year until today, unless told.
    assert (page.context["statement"].start, page.context["statement"].end) == (
        date(2026, 1, 1), TODAY,
    )  # fmt: skip
    assert "<html" in page.content.decode()
    part_of_it = client.get(url, headers={"HX-Request": "true", "HX-Target": "part"})
    assert "<html" not in part_of_it.content.decode()
    pdf: Any = client.get(f"{url}statement.pdf?{page.context['query']}")
    assert pdf.content.startswith(b"%PDF-")
    assert pdf["Content-Disposition"] == 'inline; filename="statement-77-2026-11-21.pdf"'
    file: Any = client.get(f"{url}export.csv?start=2026-10-13&end=2026-10-31")
    lines = b"".join(file.streaming_content).decode().splitlines()
    assert [line.split(";")[1:] for line in lines[1:]] == [
        ["Opening balance", "", "", "EUR", "", "", "376,50"],
        ["Payment", "1009", "", "EUR", "", "80,00", "296,50"],
        ["Closing balance", "", "", "EUR", "", "", "296,50"],
    ]


@pytest.mark.parametrize(
    "query", ["start=2026-02-30", "start=2026-10-01&end=2026-09-01", "currency=USD"]
)
def test_a_period_that_is_none(
    satama: Customer, accountant: Membership, signed_in: SignedIn, query: str
) -> None:
    url = f"/acme/customers/{satama.pk}/statement/"
    for end in ("", "statement.pdf", "export.csv"):
        assert signed_in(accountant).get(f"{url}{end}?{query}").status_code == 422


def test_it_shows_all_invoices_so_who_sees_own_projects_only_sees_none_of_it(
    satama: Customer, manager: Membership, auditor: Membership, signed_in: SignedIn
) -> None:
    for end in ("", "statement.pdf", "export.csv"):
        url = f"/acme/customers/{satama.pk}/statement/{end}"
        assert signed_in(manager).get(url).status_code == 403
        assert signed_in(auditor).get(url).status_code == 200


def test_as_many_queries_for_a_long_one(
    satama: Customer, accountant: Membership, signed_in: SignedIn, django_assert_num_queries: Any
) -> None:
    client = signed_in(accountant)
    url = f"/acme/customers/{satama.pk}/statement/"
    with django_assert_num_queries(11):
        client.get(f"{url}?start=2026-11-09&end=2026-11-10")
    with django_assert_num_queries(11):
        client.get(f"{url}?start=2026-09-01&end=2026-11-22")
