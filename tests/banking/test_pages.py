"""The pages of bank statements: what is sent, shown, decided, and who may."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from invoicing.domain.banking import importing
from invoicing.models import BankAccount, BankLine, CsvLayout, Payment, StatementImport
from tenants.models import AuditEntry, Membership, Tenant
from tests.banking.files import THEIR_IBAN, camt, entry
from tests.banking.importing import (
    bank_account,
    imported,
    lines_of,
    only_line,
    owed,
    receive,
)
from tests.banking.test_tables import SEVDESK
from tests.factories import CustomerFactory, TaxRateFactory
from tests.payments.paying import open_amount, pay

type SignIn = Callable[[Membership], Client]
HTMX = {"HX-Request": "true"}
DIALOG = HTMX | {"HX-Target": "dialog"}
AMOUNT = Decimal("125.50")


@pytest.fixture(autouse=True)
def _company(tenant: Tenant) -> None:
    TaxRateFactory()
    bank_account()


def url(name: str, *args: Any) -> str:
    return "/acme" + path(name, *args)


def path(name: str, *args: Any) -> str:
    return reverse(f"invoicing:{name}", urlconf="config.tenant_urls", args=args)


def send(client: Client, content: bytes, name: str = "statement.xml") -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(url("bank_imports"), {"file": file}, follow=True)


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def file_of(response: Any) -> str:
    return b"".join(response.streaming_content).decode()


def test_a_statement_is_sent_and_shown(signed_in: SignIn, accountant: Membership) -> None:
    invoice = owed()
    client = signed_in(accountant)
    page = send(
        client,
        camt(
            entry(reference=invoice.payment_reference, name="Asiakas Oy"),
            entry("10.00", name="Joku Muu"),
            entry("-4.00", name="Pankki", role="Cdtr"),
        ),
    )
    source = StatementImport.objects.get()
    assert page.redirect_chain[-1][0].endswith(path("bank_import", source.pk))
    said = text_of(page)
    assert "statement.xml" in said
    assert "3 new lines" in said
    # Nothing is offered, so that what is open comes first.
    assert "Joku Muu" in said
    assert "Nothing fits. Choose an invoice." in said
    booked = text_of(client.get(url("bank_import", source.pk) + "?state=booked"))
    assert str(invoice.number) in booked
    assert f"Payment {Payment.objects.get().pk}" in booked
    home = text_of(client.get(url("bank_imports")))
    assert "statement.xml" in home
    assert "To decide" in home


def test_the_same_file_leads_to_its_import(signed_in: SignIn, accountant: Membership) -> None:
    client, content = signed_in(accountant), camt(entry("1.00"))
    send(client, content)
    again = send(client, content)
    assert StatementImport.objects.count() == 1
    assert "imported already" in text_of(again)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (camt(entry())[:-30], "ends in the middle"),
        (b"<html></html>", "is no bank statement of the kind camt.053"),
        (b"%PDF-1.4", "not a CSV file"),
        (camt(entry(), kind="054"), "tells of single movements"),
        (
            camt(entry()).replace(b"\n<Document", b"\n<!DOCTYPE x [<!ENTITY a 'b'>]><Document"),
            "declares a document type or entities",
        ),
    ],
)
def test_what_is_no_statement_is_said(
    signed_in: SignIn, accountant: Membership, content: bytes, sentence: str
) -> None:
    page = send(signed_in(accountant), content)
    assert page.status_code == 422
    assert sentence in text_of(page)
    assert not StatementImport.objects.exists()


def test_columns_are_asked_and_what_was_chosen_stays(
    signed_in: SignIn, accountant: Membership
) -> None:
    client = signed_in(accountant)
    page = send(client, SEVDESK.encode(), "sevdesk.csv")
    said = text_of(page)
    assert "What do the columns hold?" in said
    assert "Verwendungszweck" in said
    assert "RE-2026-0002" in said
    source = StatementImport.objects.get()
    answer = url("bank_import_answer", source.pk)
    form = {
        "account": BankAccount.objects.get().pk, "date_order": "day-first", "decimal_mark": ".",
        "c0": "date", "c2": "name", "c3": "text", "c4": "amount", "c5": "currency",
    }  # fmt: skip
    without = client.post(answer, form | {"c4": ""})
    assert without.status_code == 422
    assert "Say which column holds the Amount." in text_of(without)
    twice = client.post(answer, form | {"c1": "date"})
    assert (twice.status_code, "Another column is said to hold this" in text_of(twice)) == (
        422, True,
    )  # fmt: skip
    nobody = client.post(answer, form | {"account": "", "date_order": ""})
    assert nobody.status_code == 422
    assert client.post(answer, form).status_code == 302
    assert sorted(line.state for line in lines_of(source)) == ["open", "out"]
    assert CsvLayout.objects.get().columns["amount"] == [4]
    late = client.post(answer, form, follow=True)
    assert "does not wait for an answer any more" in text_of(late)


def test_an_unknown_account_is_asked(signed_in: SignIn, accountant: Membership) -> None:
    client = signed_in(accountant)
    page = send(client, camt(entry("1.00"), iban=THEIR_IBAN))
    assert THEIR_IBAN in text_of(page)
    source = StatementImport.objects.get()
    answer = url("bank_import_answer", source.pk)
    assert client.post(answer, {"name0": "OP", "ledger0": ""}).status_code == 422
    assert client.post(answer, {"name0": "OP", "ledger0": "1920"}).status_code == 302
    assert BankAccount.objects.get(number=THEIR_IBAN).ledger_account == "1920"
    assert only_line().account.name == "OP"


def test_a_file_that_waits_can_be_discarded(signed_in: SignIn, accountant: Membership) -> None:
    client = signed_in(accountant)
    send(client, SEVDESK.encode(), "sevdesk.csv")
    source = StatementImport.objects.get()
    client.post(url("bank_import_discard", source.pk))
    assert not StatementImport.objects.exists()
    done = imported(entry("1.00"))
    said = client.post(url("bank_import_discard", done.pk), follow=True)
    assert "are in the books already" in text_of(said)
    assert StatementImport.objects.exists()


def test_an_offer_is_accepted_in_its_row(signed_in: SignIn, accountant: Membership) -> None:
    invoice = owed()
    source = imported(entry(name="Asiakas Oy"))
    client = signed_in(accountant)
    page = text_of(client.get(url("bank_import", source.pk)))
    assert "Amount and name fit" in page
    assert "data-row-entry" in page
    answer = client.post(url("bank_line_accept", only_line().pk), headers=HTMX)
    assert (answer.status_code, answer["HX-Trigger"]) == (200, "bank:changed")
    assert "Booked" in text_of(answer)
    assert open_amount(invoice) == 0
    assert Payment.objects.get().created_by == accountant.user
    again = client.post(url("bank_line_accept", only_line().pk), headers=HTMX)
    assert again.status_code == 422
    assert "booked already, by Accountant" in text_of(again)
    assert Payment.objects.count() == 1


def test_an_offer_that_no_longer_holds_says_so_in_its_row(
    signed_in: SignIn, accountant: Membership
) -> None:
    invoice = owed()
    imported(entry(name="Asiakas Oy"))
    pay(invoice, "25.50", payment_date=date(2026, 11, 19))
    answer = signed_in(accountant).post(url("bank_line_accept", only_line().pk), headers=HTMX)
    assert answer.status_code == 422
    assert "only €100.00 is open" in text_of(answer)
    assert f'id="bank-line-{only_line().pk}"' in answer.content.decode()
    plain = signed_in(accountant).post(url("bank_line_accept", only_line().pk))
    assert (plain.status_code, "only €100.00 is open" in text_of(plain)) == (422, True)


def test_invoices_are_chosen_and_nothing_typed_is_lost(
    signed_in: SignIn, accountant: Membership
) -> None:
    first = owed(customer=CustomerFactory(name="Yksi Oy"))
    second = owed(customer=CustomerFactory(name="Kaksi Oy"))
    imported(entry("200.00"))
    client, line = signed_in(accountant), only_line()
    page = text_of(client.get(url("bank_line", line.pk), headers=DIALOG))
    assert str(first.number) in page
    assert str(second.number) in page
    found = client.get(
        url("bank_line", line.pk) + f"?q=kaksi&i{first.pk}=50",
        headers=HTMX | {"HX-Target": "bank-invoices"},
    )
    said = text_of(found)
    assert str(second.number) in said
    # What was typed for the first stays, though the search is for another.
    assert 'value="50"' in said
    assert "<form" not in said
    book = url("bank_line_book", line.pk)
    wrong = client.post(book, {f"i{first.pk}": "125.50", f"i{second.pk}": "10"}, headers=DIALOG)
    assert wrong.status_code == 422
    assert "have to add up to €200.00; they add up to €135.50" in text_of(wrong)
    assert 'value="125.50"' in text_of(wrong)
    typed = client.post(book, {f"i{first.pk}": "viel"}, headers=DIALOG)
    assert (typed.status_code, 'value="viel"' in text_of(typed)) == (422, True)
    right = client.post(book, {f"i{first.pk}": "125,50", f"i{second.pk}": "74.50"}, headers=DIALOG)
    assert right.status_code == 204
    assert "list:changed" in right["HX-Trigger"]
    assert (open_amount(first), open_amount(second)) == (0, Decimal(51))


def test_an_under_payment_is_closed_where_it_is_chosen(
    signed_in: SignIn, accountant: Membership
) -> None:
    invoice = owed()
    imported(entry("120.00"))
    signed_in(accountant).post(
        url("bank_line_book", only_line().pk), {f"i{invoice.pk}": "120", "closes": "discount"}
    )
    assert open_amount(invoice) == 0


def test_put_aside_and_brought_back(signed_in: SignIn, accountant: Membership) -> None:
    source = imported(entry("5.00", text="Korko"))
    client, pk = signed_in(accountant), only_line().pk
    assert "What is it?" in text_of(client.get(url("bank_line_ignore", pk), headers=DIALOG))
    empty = client.post(url("bank_line_ignore", pk), {"note": " "}, headers=DIALOG)
    assert (empty.status_code, "Say what this money is" in text_of(empty)) == (422, True)
    client.post(url("bank_line_ignore", pk), {"note": "Interest"}, headers=DIALOG)
    aside = text_of(client.get(url("bank_import", source.pk) + "?state=ignored"))
    assert "Interest" in aside
    back = client.post(url("bank_line_bring_back", pk), headers=HTMX)
    assert back.status_code == 200
    assert only_line().state == "open"


def test_undo_asks_why(signed_in: SignIn, accountant: Membership) -> None:
    invoice = owed()
    imported(entry(reference=invoice.payment_reference))
    client, pk = signed_in(accountant), only_line().pk
    asked = text_of(client.get(url("bank_line_undo", pk), headers=DIALOG))
    assert "is reversed; what it settled is open again" in asked
    assert client.post(url("bank_line_undo", pk), {"note": ""}).status_code == 422
    client.post(url("bank_line_undo", pk), {"note": "Not theirs"})
    assert open_amount(invoice) == AMOUNT
    history = text_of(client.get(url("bank_line", pk)))
    assert "Undone" in history


def test_all_offers_at_once_and_match_again(signed_in: SignIn, accountant: Membership) -> None:
    first = owed(customer=CustomerFactory(name="Yksi Oy"))
    source = imported(entry(name="Yksi"), entry("7.00"))
    client = signed_in(accountant)
    page = client.get(url("bank_import", source.pk))
    assert "Book everything that is offered?" in text_of(page)
    # It books all of them, whatever the list is narrowed to.
    narrowed = client.get(url("bank_import", source.pk) + "?q=Yksi")
    assert "Book everything that is offered?" not in text_of(narrowed)
    said = client.post(url("bank_import_accept", source.pk), follow=True)
    assert "All that was offered is booked." in text_of(said)
    assert open_amount(first) == 0
    nothing = client.post(url("bank_import_accept", source.pk), follow=True)
    assert "Nothing is offered" in text_of(nothing)
    client.post(url("bank_import_again", source.pk))
    assert AuditEntry.objects.filter(action="statement_import.matched_again").exists()


def test_from_the_line_to_the_payment_and_back(signed_in: SignIn, accountant: Membership) -> None:
    imported(entry(reference=owed().payment_reference, name="Asiakas Oy"))
    client, line, payment = signed_in(accountant), only_line(), Payment.objects.get()
    there = client.get(url("bank_line", line.pk)).content.decode()
    assert path("payment_detail", payment.pk) in there
    back = client.get(url("payment_detail", payment.pk)).content.decode()
    assert path("bank_line", line.pk) in back


def test_filters_narrow_lines_and_counts(signed_in: SignIn, accountant: Membership) -> None:
    source = imported(entry("5.00", name="Matti"), entry("6.00", name="Maija"))
    client = signed_in(accountant)
    page = client.get(url("bank_import", source.pk) + "?q=matti")
    assert [tab["count"] for tab in page.context["tabs"]] == [0, 1, 0, 0, 0, 0]
    assert "Maija" not in text_of(page)
    assert client.get(url("bank_lines") + "?amount_min=6").context["page"].paginator.count == 1
    bad = client.get(url("bank_lines") + "?amount_min=x")
    assert bad.status_code == 422
    none = text_of(client.get(url("bank_lines") + "?q=nobody"))
    assert "No line matches these filters" in none


def test_all_lines_as_a_file(signed_in: SignIn, accountant: Membership) -> None:
    source = imported(entry(reference=owed().payment_reference), entry("6.00", name="=1+1"))
    other = imported(entry("9.00"), id="2")
    client = signed_in(accountant)
    whole = file_of(client.get(url("bank_line_export", "csv")))
    assert len(whole.splitlines()) == 4
    assert "'=1+1" in whole
    one = file_of(client.get(url("bank_import_export", other.pk, "csv")))
    assert len(one.splitlines()) == 2
    assert client.get(url("bank_import_export", source.pk, "xlsx")).status_code == 200


def test_accounts_are_laid_out_and_changed(signed_in: SignIn, accountant: Membership) -> None:
    client = signed_in(accountant)
    form = {"name": "OP", "number": "FI58 1017 1000 0001 22", "currency": "EUR",
            "ledger_account": "1920", "is_active": "on"}  # fmt: skip
    wrong = client.post(url("bank_account_new"), form | {"number": "FI58 1017 1000 0001 23"})
    assert (wrong.status_code, "This IBAN is not right" in text_of(wrong)) == (422, True)
    assert client.post(url("bank_account_new"), form).status_code == 302
    account = BankAccount.objects.get(name="OP")
    assert account.number == THEIR_IBAN
    twice = client.post(url("bank_account_new"), form)
    assert (twice.status_code, "there already" in text_of(twice)) == (422, True)
    client.post(url("bank_account_edit", account.pk), form | {"ledger_account": "1921"})
    account.refresh_from_db()
    assert account.ledger_account == "1921"
    assert "OP" in text_of(client.get(url("bank_accounts")))
    used = BankAccount.objects.get(name="Nordea")
    imported(entry("1.00"))
    client.post(url("bank_account_edit", used.pk), form | {"number": "123"})
    used.refresh_from_db()
    assert used.number != "123"


DEEDS = ["accept", "again", "discard", "answer"]


def test_who_may_only_look(signed_in: SignIn, auditor: Membership) -> None:
    source = imported(entry(name="Asiakas Oy"), entry("1.00"))
    client, pk = signed_in(auditor), lines_of()[0].pk
    for page in (
        url("bank_imports"), url("bank_import", source.pk), url("bank_lines"),
        url("bank_line", pk), url("bank_accounts"),
    ):  # fmt: skip
        found = client.get(page)
        assert found.status_code == 200
        assert "Accept" not in text_of(found)
    assert send(client, camt(entry("2.00"))).status_code == 403
    for deed in DEEDS:
        assert client.post(url(f"bank_import_{deed}", source.pk)).status_code == 403
    for deed in ("accept", "book", "ignore", "bring_back", "undo"):
        assert client.post(url(f"bank_line_{deed}", pk)).status_code == 403
    assert client.get(url("bank_account_new")).status_code == 403


def test_who_may_not_even_look(signed_in: SignIn, member: Membership, manager: Membership) -> None:
    source = imported(entry("1.00"))
    for membership in (member, manager):
        client = signed_in(membership)
        for page in ("bank_imports", "bank_lines", "bank_accounts"):
            assert client.get(url(page)).status_code == 403
        assert client.get(url("bank_import", source.pk)).status_code == 403


def test_pages_ask_no_more_for_many_lines(
    signed_in: SignIn, accountant: Membership, django_assert_max_num_queries: Any
) -> None:
    invoices = [owed(customer=CustomerFactory(name=f"Asiakas {n}")) for n in range(4)]
    client = signed_in(accountant)
    booked = [entry(reference=one.payment_reference, ref=one.number) for one in invoices[:2]]
    offered = [entry(name=one.customer.name) for one in invoices[2:]]
    source = imported(*booked, *offered, *(entry("1.00", text=str(n)) for n in range(5)))
    client.get(url("bank_import", source.pk))
    for page in (
        url("bank_imports"),
        *(url("bank_import", source.pk) + f"?state={state}" for state in ("offered", "booked")),
        url("bank_lines") + "?state=open",
        url("bank_line", lines_of(source)[2].pk),
        url("bank_accounts"),
    ):
        with django_assert_max_num_queries(12):
            assert client.get(page).status_code == 200


def test_a_large_file_shows_how_far_it_is(
    signed_in: SignIn, accountant: Membership, monkeypatch: Any
) -> None:
    monkeypatch.setattr(importing, "BYTES_AT_ONCE", 10)
    monkeypatch.setattr(importing, "_enqueue", lambda _source: None)
    client = signed_in(accountant)
    page = text_of(send(client, camt(entry("1.00"))))
    assert "Being read…" in page
    assert 'hx-trigger="every 1s"' in page
    source = StatementImport.objects.get()
    address = url("bank_import", source.pk)
    waiting = client.get(address, headers=HTMX | {"HX-Target": "work"})
    assert text_of(waiting).startswith('<div id="work"')
    while importing.advance(source.pk):
        assert client.get(address, headers=HTMX | {"HX-Target": "work"}).status_code == 200
    done = client.get(address, headers=HTMX | {"HX-Target": "work"})
    assert done["HX-Redirect"].endswith(path("bank_import", source.pk))
    assert BankLine.objects.count() == 1


def test_a_statement_that_does_not_add_up_says_so(
    signed_in: SignIn, accountant: Membership
) -> None:
    source = imported(entry("10.00"), opening="100.00", closing="150.00", number=12)
    page = text_of(signed_in(accountant).get(url("bank_import", source.pk)))
    assert "lead past its closing balance by €40.00" in page


def test_a_file_with_nothing_new(signed_in: SignIn, accountant: Membership) -> None:
    imported(entry("1.00", ref="A"), id="1")
    again = receive(camt(entry("1.00", ref="A"), id="2"))
    page = text_of(signed_in(accountant).get(url("bank_import", again.pk)))
    assert "Nothing in it was new" in page
