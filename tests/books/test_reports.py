"""Journal, accounts, balances, revenue and VAT: their sums are those of the documents."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.periods import Period
from invoicing.domain.books.accounts import make_chart
from invoicing.models import JournalEntry
from invoicing.selectors.books.balances import trial_balance
from invoicing.selectors.books.taxes import tax_report
from tenants.models import Membership, Tenant
from tests.documents.making import posted, posted_credit_note, rate_of
from tests.payments.paying import pay

type SignedIn = Callable[[Membership], Client]
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))


@pytest.fixture
def books(tenant: Tenant) -> Tenant:
    """An invoice that is paid with a discount, one in another currency, one credited in full, and
    one of the year before."""
    make_chart(tenant)
    pay(posted({}), "120", closes="discount")
    posted({"unit_price": Decimal(200)}, currency="SEK")
    reduced = rate_of("S", percent="13.5", revenue_account="3010", tax_account="2939")
    posted_credit_note({"tax_rate": reduced})
    posted({"unit_price": Decimal(50)}, tax_point=date(2025, 12, 31))
    return tenant


def shown(client: Client, query: str = "") -> list[tuple[str, Any]]:
    answer = client.get(f"/acme/books/journal/{query}")
    assert answer.status_code == 200
    return [(str(row.kind), row.debit) for row in answer.context["rows"]]


def test_the_journal_and_its_filters(
    books: Tenant, accountant: Membership, signed_in: SignedIn,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:  # fmt: skip
    client = signed_in(accountant)
    with django_assert_max_num_queries(12):
        assert len(shown(client)) == 7
    invoice, payment = ("invoice", Decimal("125.5")), ("received", Decimal(120))
    discount = ("settlement", Decimal("5.5"))
    credited = ("credit_note", Decimal("113.5"))
    assert shown(client, "?kind=received") == [payment]
    assert shown(client, "?kind=credit_note") == [credited]
    assert shown(client, "?account=3500") == [discount]
    assert shown(client, "?document=2026-0001&sort=number") == [
        invoice,
        payment,
        discount,
        credited,
    ]
    assert shown(client, "?amount_min=5.5&amount_max=5.5") == [discount]
    assert shown(client, "?currency=SEK") == [("invoice", Decimal(251))]
    assert shown(client, "?date_before=2025-12-31") == [("invoice", Decimal("62.75"))]
    assert shown(client, "?q=asiakas+2026-0001&kind=invoice") == [invoice]
    customer = JournalEntry.objects.get(number=2).payments.get().customer_id
    assert shown(client, f"?customer={customer}&sort=number") == [invoice, payment, discount]
    assert shown(client, "?kind=settlement") == [discount]
    assert shown(client, "?kind=other") == []
    assert client.get("/acme/books/journal/?date_after=x").status_code == 422


def test_an_entry_leads_to_its_document_and_back(
    books: Tenant, accountant: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(accountant)
    entry = JournalEntry.objects.get(number=1)
    page = client.get(f"/acme/books/journal/{entry.pk}/").content.decode()
    assert f"/acme/invoices/{entry.invoice_id}/journal/" in page
    assert "/acme/books/accounts/1700/postings/" in page
    back = client.get(f"/acme/invoices/{entry.invoice_id}/journal/").content.decode()
    assert f"/acme/books/journal/{entry.pk}/" in back
    paid = JournalEntry.objects.get(number=2)
    page = client.get(f"/acme/books/journal/{paid.pk}/").content.decode()
    assert f"/acme/payments/{paid.payments.get().pk}/" in page


def test_the_journals_file_has_a_row_for_each_posting(
    books: Tenant, accountant: Membership, signed_in: SignedIn
) -> None:
    answer: Any = signed_in(accountant).get(
        "/acme/books/journal/export.csv?document=2026-0001&kind=received"
    )
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + 2
    assert lines[1].startswith("2;2026-11-20;Received Asiakas Oy;Payment received;2026-0001;")
    assert ";1910;Bank;EUR;120,00;;" in lines[1] + lines[2]


def test_an_account_has_a_running_balance(
    books: Tenant, accountant: Membership, signed_in: SignedIn,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:  # fmt: skip
    client = signed_in(accountant)
    with django_assert_max_num_queries(12):
        answer = client.get("/acme/books/accounts/1700/postings/")
    balances = [balance for _row, _booking, balance, _documents in answer.context["rows"]]
    assert balances == [
        Decimal("62.75"), Decimal("188.25"), Decimal("68.25"), Decimal("62.75"),
        Decimal("176.25"), Decimal("62.75"),
    ]  # fmt: skip
    answer = client.get("/acme/books/accounts/1700/postings/?date_after=2026-01-01")
    assert answer.context["opening"] == Decimal("62.75")
    assert answer.context["rows"][0][2] == Decimal("188.25")
    assert answer.context["closing"] == Decimal("62.75")
    answer = client.get("/acme/books/accounts/1700/postings/?currency=SEK")
    assert answer.context["closing"] == 251
    files: Any = client.get("/acme/books/accounts/1700/postings.csv?date_after=2026-01-01")
    lines = b"".join(files.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[1].endswith(";EUR;125,50;;188,25")
    assert client.get("/acme/books/accounts/9999/postings/").status_code == 404
    assert client.get("/acme/books/accounts/3200/postings/").status_code == 200


def test_the_trial_balance_balances(books: Tenant) -> None:
    report: Any = trial_balance(NOVEMBER, "EUR", year_start=date(2026, 1, 1))
    rows = {row.number: (row.opening, row.debit, row.credit, row.closing) for row in report.rows}
    assert rows["1700"] == (Decimal("62.75"), Decimal(239), Decimal(239), Decimal("62.75"))
    # Revenue begins at nought with the year; what the year before came to has its own row.
    assert rows["3000"] == (0, 0, 100, -100)
    assert rows[""] == (-50, 0, 0, -50)
    assert rows["2939"][0] == Decimal("-12.75")
    assert report.is_balanced
    assert (report.debit, report.credit) == (Decimal("478.00"), Decimal("478.00"))


def test_a_financial_year_may_begin_in_any_month(
    books: Tenant, accountant: Membership, signed_in: SignedIn, today: None
) -> None:
    Tenant.objects.filter(pk=books.pk).update(year_begins=12)
    answer = signed_in(accountant).get("/acme/books/balances/?start=2026-11-01&end=2026-11-30")
    rows = {row.number: (row.opening, row.closing) for row in answer.context["report"].rows}
    # December 2025 belongs to the same year.
    assert rows["3000"] == (-50, -150)
    assert "" not in rows
    years = [one["query"] for one in answer.context["presets"]][-2:]
    assert years == ["start=2025-12-01&end=2026-11-30", "start=2024-12-01&end=2025-11-30"]


def test_revenue_and_vat_are_those_of_the_documents(books: Tenant) -> None:
    report: Any = tax_report(NOVEMBER, "EUR")
    assert [(row.percent, row.documents, row.taxable, row.tax) for row in report.rows] == [
        (Decimal("25.5"), 1, 100, Decimal("25.5")),
        (Decimal("13.5"), 2, 0, 0),
    ]
    assert report.is_booked
    assert {one.account: one.amount for one in report.booked} == {
        "2939": Decimal("25.5"), "3000": 100, "3010": 0,
    }  # fmt: skip
    earlier: Any = tax_report(Period(date(2025, 12, 1), date(2025, 12, 31)), "EUR")
    assert (earlier.taxable, earlier.tax, earlier.documents) == (50, Decimal("12.75"), 1)
    assert tax_report(NOVEMBER, "SEK").gross == 251


@pytest.mark.parametrize("page", ["balances", "vat"])
def test_report_pages_and_files(
    books: Tenant, accountant: Membership, member: Membership, signed_in: SignedIn, page: str
) -> None:
    client = signed_in(accountant)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(f"/acme/books/{page}/?start=2026-11-01&end=2026-11-30")
    assert len(asked) <= 12
    assert answer.status_code == 200
    assert "3000" in answer.content.decode()
    assert client.get(f"/acme/books/{page}/?start=2026-12-01&end=2026-11-30").status_code == 422
    empty = client.get(f"/acme/books/{page}/?start=2024-01-01&end=2024-12-31")
    assert (
        "Choose another one" in empty.content.decode() or "No documents" in empty.content.decode()
    )
    files: Any = client.get(f"/acme/books/{page}/export.csv?start=2025-01-01&end=2026-12-31")
    assert files.status_code == 200
    assert len(b"".join(files.streaming_content).splitlines()) > 3
    assert client.get(f"/acme/books/{page}/export.xlsx?start=x").status_code == 422
    assert signed_in(member).get(f"/acme/books/{page}/").status_code == 403
