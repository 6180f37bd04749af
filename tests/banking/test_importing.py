"""From a file to the books: once, whole, and undone again."""

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone

from invoicing import bank_errors as errors
from invoicing import payment_errors, tasks
from invoicing.domain.banking import booking, importing
from invoicing.domain.banking.booking import Decision
from invoicing.domain.banking.columns import Column
from invoicing.domain.banking.layouts import layout_from
from invoicing.domain.banking.tables import Layout
from invoicing.models import (
    BankAccount,
    BankLine,
    BankLinePayment,
    BankStatement,
    CsvLayout,
    Payment,
    StatementImport,
)
from tenants.models import AuditEntry, Membership, Tenant
from tests.banking.files import DAY, OWN_IBAN, THEIR_IBAN, camt, entry, statement
from tests.banking.importing import (
    bank_account,
    imported,
    lines_of,
    only_line,
    owed,
    reason_of,
    receive,
    states,
)
from tests.banking.test_tables import OP, SEVDESK
from tests.factories import CustomerFactory, TaxRateFactory
from tests.payments.paying import balances, booked, faults, left, open_amount, pay, settled
from timesheets.imports.values import DateOrder

State = StatementImport.State
AMOUNT = Decimal("125.50")


@pytest.fixture(autouse=True)
def _company(tenant: Tenant) -> None:
    TaxRateFactory()
    bank_account()


def test_a_certain_line_is_booked(accountant: Membership) -> None:
    invoice = owed()
    line = entry(reference=invoice.payment_reference, name="Asiakas Oy", ref="A1")
    source = receive(camt(line), actor=accountant.user)

    assert (source.state, source.new_count, source.repeated_count) == (State.DONE, 1, 0)
    assert source.content is None
    found = only_line()
    assert (found.state, reason_of(found)) == ("booked", "reference")
    payment = Payment.objects.get()
    assert (payment.amount, payment.payment_date, payment.account, payment.created_by) == (
        AMOUNT, DAY, "1910", accountant.user,
    )  # fmt: skip
    assert (payment.reference, payment.text) == (invoice.payment_reference, "Asiakas Oy")
    assert booked(payment.entry) == {"1910": AMOUNT, "1700": -AMOUNT}
    assert open_amount(invoice) == 0
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"statement_import.read", "bank_line.booked", "payment.registered"} <= actions
    assert faults() == []


def test_the_account_of_the_books_is_the_bank_accounts() -> None:
    BankAccount.objects.update(ledger_account="1921")
    imported(entry(reference=owed().payment_reference))
    assert balances()["1921"] == AMOUNT


def test_the_same_file_twice_changes_nothing() -> None:
    content = camt(entry(reference=owed().payment_reference))
    first = receive(content)
    with pytest.raises(errors.ImportedBefore) as refused:
        receive(content, name="again.xml")
    assert refused.value.params["source"] == first
    assert "statement.xml" in str(refused.value)
    assert (StatementImport.objects.count(), Payment.objects.count()) == (1, 1)


def test_statements_that_overlap_bring_only_what_is_new() -> None:
    first, second = owed(), owed()
    old = entry(reference=first.payment_reference, ref="A")
    new = entry(reference=second.payment_reference, ref="B")
    imported(old, id="1")
    source = imported(old, new, id="2")

    assert (source.new_count, source.repeated_count) == (1, 1)
    assert Payment.objects.count() == 2
    assert states() == ["booked", "booked"]
    again = imported(new, old, id="3")
    assert (again.state, again.new_count, again.repeated_count) == (State.DONE, 0, 2)
    assert Payment.objects.count() == 2


def test_equal_lines_without_the_banks_reference_are_counted() -> None:
    """Two customers of one name pay the same; the next file has both and a third."""
    same = entry("10.00", name="Matti", text="Kiitos")
    imported(same, same, id="1")
    source = imported(same, same, same, id="2")
    assert (source.new_count, source.repeated_count) == (1, 2)
    assert BankLine.objects.count() == 3


def test_equal_lines_of_two_statements_of_a_file_are_two() -> None:
    same = entry("10.00", name="Matti", text="Kiitos")
    both = [statement([same], id="1"), statement([same], id="2")]
    source = receive(camt(statements=both))
    assert (source.new_count, source.repeated_count) == (2, 0)
    again = imported(same, same, id="3")
    assert (again.new_count, again.repeated_count) == (0, 2)


def test_the_same_entry_in_two_statements_of_a_file_is_one() -> None:
    one = entry("10.00", name="Matti", ref="A")
    source = receive(camt(statements=[statement([one], id="1"), statement([one], id="2")]))
    assert (source.new_count, source.repeated_count) == (1, 1)


def test_a_statement_says_whether_it_adds_up() -> None:
    imported(entry("10.00"), entry("-4.00"), opening="100.00", closing="106.00", number=12)
    found = BankStatement.objects.get()
    assert (found.number, found.line_count, found.line_total) == ("12", 2, Decimal(6))
    assert (found.opening_balance, found.closing_balance) == (100, 106)
    assert (found.first_date, found.last_date) == (DAY, DAY)


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.95])
def test_of_a_cut_file_nothing_is_kept(cut: float) -> None:
    invoice = owed()
    content = camt(*(entry(reference=invoice.payment_reference, ref=f"{n}") for n in range(9)))
    with pytest.raises(errors.StatementRefused):
        receive(content[: int(len(content) * cut)])
    assert not StatementImport.objects.exists()
    assert not BankLine.objects.exists()
    assert open_amount(invoice) == AMOUNT


def test_a_large_file_that_is_cut_is_refused_by_the_worker(monkeypatch: Any) -> None:
    monkeypatch.setattr(importing, "BYTES_AT_ONCE", 10)
    monkeypatch.setattr(importing, "_enqueue", lambda _source: None)
    source = receive(camt(entry(), entry("2.00"))[:-20])
    assert source.state == State.READING
    tasks.work_statement_import(tenant_id=source.tenant_id, import_id=source.pk)
    source.refresh_from_db()
    assert (source.state, source.content) == (State.REFUSED, None)
    assert "ends in the middle" in source.refusal
    assert not BankLine.objects.exists()
    # It may be imported again, and be forgotten.
    receive(camt(entry(), entry("2.00"))[:-20])
    assert importing.discard(source, actor=None) == "statement.xml"


def test_a_file_that_is_too_large() -> None:
    with pytest.raises(errors.FileTooLarge, match="26 MB; at most 25 MB"):
        importing.receive_file(BytesIO(), name="x", size=26 * 2**20, actor=None)


def test_too_many_lines(monkeypatch: Any) -> None:
    from invoicing.domain.banking import statements

    monkeypatch.setattr(statements, "MOST_LINES", 2)
    with pytest.raises(errors.TooManyLines):
        imported(entry("1.00"), entry("2.00"), entry("3.00"))


def test_an_account_in_a_currency_that_is_none() -> None:
    BankAccount.objects.all().delete()
    for iban in (OWN_IBAN, THEIR_IBAN):
        content = camt(entry(), iban=iban, currency="EURO")
        with pytest.raises(errors.CurrencyUnknown, match="EURO"):
            receive(content)
    assert not BankAccount.objects.exists()


def test_an_amount_with_parts_of_a_cent() -> None:
    with pytest.raises(errors.EntryWithoutAmount, match=r"12\.345"):
        imported(entry("12.345"))
    assert imported(entry("12.34000")).state == State.DONE


def test_a_line_in_another_currency_than_its_account() -> None:
    with pytest.raises(errors.OtherAccountCurrency):
        imported(entry("1.00", currency="SEK"))
    assert not BankLine.objects.exists()


def test_an_unknown_account_is_asked_for_and_then_read() -> None:
    invoice = owed()
    source = imported(entry(reference=invoice.payment_reference), iban=THEIR_IBAN)
    assert (source.state, source.question) == (
        State.ASKING, {"accounts": [{"number": THEIR_IBAN, "currency": "EUR"}]},
    )  # fmt: skip
    assert not BankLine.objects.exists()
    importing.answer_accounts(source, {THEIR_IBAN: ("OP", "1920")}, actor=None)
    source.refresh_from_db()
    assert (source.state, states()) == (State.DONE, ["booked"])
    assert balances()["1920"] == AMOUNT
    with pytest.raises(errors.ImportNotWaiting):
        importing.answer_accounts(source, {THEIR_IBAN: ("OP", "1920")}, actor=None)


def test_the_companys_own_account_lays_itself_out(tenant: Tenant) -> None:
    BankAccount.objects.all().delete()
    assert imported(entry()).state == State.DONE
    found = BankAccount.objects.get()
    assert (found.number, found.ledger_account) == (OWN_IBAN, tenant.bank_account)


# --- CSV ---


def test_columns_are_asked_for_once_and_remembered() -> None:
    source = receive(SEVDESK.encode(), name="sevdesk.csv")
    assert source.state == State.ASKING
    assert source.question is not None
    assert source.question["columns"][:2] == ["Datum", "Wertstellung"]
    assert source.question["layout"]["columns"]["amount"] == [4]
    assert source.question["sample"][0][2] == "Kunde AG"
    layout = Layout(
        columns={Column.DATE: [0], Column.NAME: [2], Column.TEXT: [3], Column.AMOUNT: [4]},
        date_order=DateOrder.DAY_FIRST,
        decimal_mark=".",
    )
    account = BankAccount.objects.get()
    importing.answer_columns(source, layout, account=account, actor=None)
    assert sorted(states()) == ["open", "out"]

    more = SEVDESK + "2026-11-21;2026-11-21;Kunde AG;RE-2026-0003;7.00;EUR\n"
    second = receive(more.encode(), name="next.csv")
    assert (second.state, second.new_count, second.repeated_count) == (State.DONE, 1, 2)
    assert CsvLayout.objects.count() == 1


def test_with_several_accounts_a_csv_file_asks_which_unless_it_says() -> None:
    op = bank_account(name="OP", number=THEIR_IBAN)
    known = receive(SEVDESK.encode())
    layout = layout_from(known.question["layout"])  # type: ignore[index]
    importing.answer_columns(known, layout, account=op, actor=None)
    again = receive(SEVDESK.replace("100.00", "1.00").encode())
    assert again.state == State.ASKING
    assert again.question is not None
    assert (again.question["is_known"], again.question["account"]) == (True, op.pk)
    named = receive(SEVDESK.replace("100.00", "2.00").encode(), name=f"Umsatz_{OWN_IBAN}.csv")
    assert named.state == State.DONE
    assert lines_of(named)[0].account.number == OWN_IBAN


def test_a_csv_line_of_a_finnish_bank_is_booked_by_its_reference() -> None:
    invoice = owed()
    source = receive(OP.replace("2600013", invoice.payment_reference).encode())
    layout = layout_from(source.question["layout"])  # type: ignore[index]
    importing.answer_columns(source, layout, account=BankAccount.objects.get(), actor=None)
    assert states() == ["booked", "out"]
    assert open_amount(invoice) == 0


def test_a_csv_file_that_cannot_be_read_keeps_its_question() -> None:
    source = receive(SEVDESK.replace("100.00", "viel").encode())
    layout = layout_from(source.question["layout"])  # type: ignore[index]
    with pytest.raises(errors.CellUnreadable, match="viel"):
        importing.answer_columns(source, layout, account=BankAccount.objects.get(), actor=None)
    source.refresh_from_db()
    assert source.state == State.ASKING
    assert not CsvLayout.objects.exists()
    with pytest.raises(errors.ColumnMissing):
        importing.answer_columns(
            source, Layout(columns={}), account=BankAccount.objects.get(), actor=None
        )


# --- what is offered, chosen, put aside, undone ---


def test_a_likely_line_is_offered_and_accepted() -> None:
    invoice = owed()
    imported(entry(name="ASIAKAS OY", iban=THEIR_IBAN))
    found = only_line()
    assert (found.state, reason_of(found)) == ("offered", "name_amount")
    assert not Payment.objects.exists()
    booking.accept(found, actor=None)
    assert (only_line().state, open_amount(invoice)) == ("booked", 0)
    # From now on the account is known to be this customer's.
    second = owed(customer=invoice.customer)
    imported(entry(name="Toinen Nimi", iban=THEIR_IBAN, day=date(2026, 11, 21)))
    assert (states(), open_amount(second)) == (["booked", "booked"], 0)


def test_an_offer_that_no_longer_holds_is_refused_with_its_reason() -> None:
    invoice = owed()
    imported(entry(name="Asiakas Oy"))
    pay(invoice, "25.50", payment_date=date(2026, 11, 19))
    with pytest.raises(payment_errors.AboveOpen, match="only €100\\.00 is open"):
        booking.accept(only_line(), actor=None)
    assert only_line().state == "offered"
    assert Payment.objects.count() == 1


def test_a_line_is_booked_once() -> None:
    owed()
    imported(entry(name="Asiakas Oy"))
    booking.accept(only_line(), actor=None)
    with pytest.raises(errors.LineIsBooked):
        booking.accept(only_line(), actor=None)
    with pytest.raises(errors.LineIsBooked):
        booking.put_aside(only_line(), note="x", actor=None)


def test_invoices_chosen_by_hand_and_the_rest_as_credit() -> None:
    first, customer = owed(), CustomerFactory()
    second = owed(customer=first.customer)
    imported(entry("300.00"))
    assert only_line().state == "open"
    shares = {first.pk: AMOUNT, second.pk: Decimal(100)}
    booking.book(only_line(), Decision(shares=shares), actor=None)
    payment = Payment.objects.get()
    assert (open_amount(first), open_amount(second), left(payment)) == (
        0, Decimal("25.50"), Decimal("74.50"),
    )  # fmt: skip
    assert customer != payment.customer


def test_one_line_for_several_customers() -> None:
    first, second = owed(customer=CustomerFactory()), owed(customer=CustomerFactory())
    imported(entry("251.00"))
    wrong = {first.pk: AMOUNT, second.pk: Decimal(100)}
    with pytest.raises(errors.SharesDoNotAddUp):
        booking.book(only_line(), Decision(shares=wrong), actor=None)
    assert not Payment.objects.exists()
    right = {first.pk: AMOUNT, second.pk: AMOUNT}
    booking.book(only_line(), Decision(shares=right), actor=None)
    assert [payment.amount for payment in Payment.objects.all()] == [AMOUNT, AMOUNT]
    assert BankLinePayment.objects.filter(line=only_line()).count() == 2
    booking.undo(only_line(), reason="Wrong", actor=None)
    assert (open_amount(first), open_amount(second)) == (AMOUNT, AMOUNT)
    assert faults() == []


def test_money_without_an_invoice_is_credit() -> None:
    customer = CustomerFactory()
    imported(entry("50.00"))
    with pytest.raises(errors.NoShares):
        booking.book(only_line(), Decision(shares={}), actor=None)
    booking.book(only_line(), Decision(shares={}, customer=customer.pk), actor=None)
    assert (left(Payment.objects.get()), only_line().state) == (Decimal(50), "booked")


def test_more_than_the_line_is_refused() -> None:
    first, second = owed(), owed()
    imported(entry("130.00"))
    shares = {first.pk: AMOUNT, second.pk: Decimal(10)}
    with pytest.raises(errors.SharesDoNotAddUp if first.customer_id != second.customer_id
                       else payment_errors.AbovePayment):  # fmt: skip
        booking.book(only_line(), Decision(shares=shares), actor=None)
    assert (Payment.objects.count(), only_line().state) == (0, "open")


def test_an_invoice_in_another_currency_is_refused() -> None:
    invoice = owed(currency="SEK")
    imported(entry("130.00"))
    with pytest.raises(errors.ShareInOtherCurrency, match="is in SEK and the account in EUR"):
        booking.book(only_line(), Decision(shares={invoice.pk: Decimal(1)}), actor=None)


def test_money_that_came_before_its_invoice() -> None:
    """It is credit on its day, and settles the invoice on the invoice's own day."""
    invoice = owed(issue_date=date(2026, 11, 20))
    imported(entry(reference=invoice.payment_reference, day=date(2026, 11, 18)))
    found = only_line()
    assert (found.state, reason_of(found)) == ("offered", "reference_early")
    booking.accept(found, actor=None)
    payment = Payment.objects.get()
    assert (payment.payment_date, open_amount(invoice)) == (date(2026, 11, 18), 0)
    assert payment.allocations.get().date == date(2026, 11, 20)
    assert faults() == []


def test_what_was_sent_and_what_the_bank_kept() -> None:
    invoice = owed()
    before = "<Chrgs><Amt Ccy='EUR'>5.50</Amt></Chrgs>"
    imported(entry("120.00", reference=invoice.payment_reference, before=before))
    found = only_line()
    assert (found.state, reason_of(found)) == ("offered", "charges")
    booking.accept(found, actor=None)
    assert settled(invoice) == [("payment", Decimal(120)), ("bank_cost", Decimal("5.50"))]


def test_credit_makes_up_the_rest() -> None:
    invoice = owed()
    pay(owed(customer=invoice.customer), "155.50")
    imported(entry("95.50", text=str(invoice.number)))
    found = only_line()
    assert (found.state, reason_of(found)) == ("offered", "with_credit")
    booking.accept(found, actor=None)
    assert open_amount(invoice) == 0
    assert "2860" not in balances()
    assert faults() == []


def test_a_payment_registered_before_is_linked_and_not_booked_again() -> None:
    invoice = owed()
    payment = pay(invoice, "125.50")
    imported(entry(reference=invoice.payment_reference))
    assert (only_line().state, Payment.objects.count()) == ("booked", 1)
    link = BankLinePayment.objects.get()
    assert (link.payment, link.was_made) == (payment, False)
    booking.undo(only_line(), reason="No", actor=None)
    assert (Payment.objects.count(), open_amount(invoice)) == (1, 0)
    assert only_line().state == "open"


def test_put_aside_and_brought_back(accountant: Membership) -> None:
    imported(entry("5.00", text="Korko"))
    with pytest.raises(errors.NoteMissing):
        booking.put_aside(only_line(), note="  ", actor=accountant.user)
    booking.put_aside(only_line(), note="Interest", actor=accountant.user)
    found = only_line()
    assert (found.state, found.note, found.ignored_by) == (
        "ignored", "Interest", accountant.user,
    )  # fmt: skip
    with pytest.raises(errors.LineIsIgnored):
        booking.book(found, Decision(shares={}, customer=1), actor=None)
    booking.bring_back(found, actor=accountant.user)
    assert only_line().state == "open"
    with pytest.raises(errors.LineIsNotIgnored):
        booking.bring_back(only_line(), actor=None)


def test_undone_a_line_is_offered_again_and_never_booked_by_itself() -> None:
    invoice = owed()
    source = imported(entry(reference=invoice.payment_reference))
    with pytest.raises(payment_errors.ReasonMissing):
        booking.undo(only_line(), reason=" ", actor=None)
    booking.undo(only_line(), reason="Not theirs", actor=None)
    assert (only_line().state, open_amount(invoice)) == ("open", AMOUNT)
    assert only_line().match is None
    with pytest.raises(errors.LineIsNotBooked):
        booking.undo(only_line(), reason="Again", actor=None)
    importing.match_again(source, actor=None)
    assert only_line().state == "offered"
    with pytest.raises(errors.NothingOffered):
        importing.accept_offered(source, actor=None)
    booking.accept(only_line(), actor=None)
    assert (only_line().state, open_amount(invoice)) == ("booked", 0)
    assert Payment.objects.filter(kind="received").count() == 2
    assert faults() == []


def test_a_payment_reversed_elsewhere_opens_its_line() -> None:
    from invoicing.domain.payments.registering import reverse_payment

    imported(entry(reference=owed().payment_reference))
    reverse_payment(Payment.objects.get(), reason="Bounced", actor=None)
    assert only_line().state == "offered"
    with pytest.raises(errors.NothingOffered):
        importing.accept_offered(only_line().source, actor=None)
    booking.accept(only_line(), actor=None)
    assert only_line().state == "booked"


def test_a_returned_payment_is_reversed_when_accepted() -> None:
    invoice = owed()
    imported(entry(reference=invoice.payment_reference, iban=THEIR_IBAN, name="Asiakas Oy"))
    back = entry(
        "-125.50", reversal=True, iban=THEIR_IBAN, name="Asiakas Oy", day=date(2026, 11, 21)
    )
    source = imported(back)
    (found,) = lines_of(source)
    assert (found.state, reason_of(found)) == ("offered", "taken_back")
    with pytest.raises(errors.NothingOffered):
        importing.accept_offered(source, actor=None)
    booking.accept(found, actor=None)
    assert open_amount(invoice) == AMOUNT
    assert [line.state for line in lines_of(source)] == ["booked"]
    assert "1910" not in balances()
    assert faults() == []


def test_what_the_bank_took_back_is_not_booked_again() -> None:
    invoice = owed()
    first = imported(entry(reference=invoice.payment_reference, iban=THEIR_IBAN))
    back = imported(entry("-125.50", reversal=True, iban=THEIR_IBAN, day=date(2026, 11, 21)))
    booking.accept(lines_of(back)[0], actor=None)

    (line,) = lines_of(first)
    assert line.state == "returned"
    with pytest.raises(errors.NothingOffered):
        importing.accept_offered(first, actor=None)
    importing.match_again(first, actor=None)
    assert lines_of(first)[0].state == "returned"
    for deed in (
        lambda: booking.accept(line, actor=None),
        lambda: booking.book(line, Decision(shares={invoice.pk: AMOUNT}), actor=None),
        lambda: booking.put_aside(line, note="x", actor=None),
    ):
        with pytest.raises(errors.LineIsReturned, match="took this money back"):
            deed()
    assert open_amount(invoice) == AMOUNT
    assert Payment.objects.filter(kind="received").count() == 1
    # The customer pays once more, with a line of its own.
    again = imported(entry(reference=invoice.payment_reference, day=date(2026, 11, 21)))
    assert (states(again), open_amount(invoice)) == (["booked"], 0)
    assert faults() == []


def test_accept_all_that_is_offered() -> None:
    first = owed(customer=CustomerFactory(name="Yksi Oy"))
    second = owed(customer=CustomerFactory(name="Kaksi Oy"))
    source = imported(entry(name="Yksi"), entry(name="Kaksi"), entry("1.00"))
    assert states() == ["offered", "offered", "open"]
    importing.accept_offered(source, actor=None)
    assert states() == ["booked", "booked", "open"]
    assert (open_amount(first), open_amount(second)) == (0, 0)
    with pytest.raises(errors.NothingOffered):
        importing.accept_offered(source, actor=None)


def test_accepting_all_tells_of_what_could_not_be() -> None:
    first = owed(customer=CustomerFactory(name="Yksi Oy"))
    owed(customer=CustomerFactory(name="Kaksi Oy"))
    source = imported(entry(name="Yksi"), entry(name="Kaksi"))
    pay(first, "100.00", payment_date=date(2026, 11, 19))
    importing.accept_offered(source, actor=None)
    one, other = lines_of()
    assert (one.state, other.state) == ("offered", "booked")
    assert "only €25.50 is open" in one.refusal


def test_match_again_sees_what_was_posted_since() -> None:
    source = imported(entry(text="Rechnung 2026-0001"))
    assert states() == ["open"]
    invoice = owed()
    assert invoice.number == "2026-0001"
    importing.match_again(source, actor=None)
    assert (states(), open_amount(invoice)) == (["booked"], 0)


def test_money_that_went_out() -> None:
    imported(entry("-50.00", role="Cdtr", name="Vuokra Oy"))
    assert states() == ["out"]
    with pytest.raises(errors.MoneyWentOut):
        booking.book(only_line(), Decision(shares={}, customer=1), actor=None)


def test_a_line_in_the_future_waits_for_its_day(tenant: Tenant) -> None:
    ahead = timezone.localdate() + timedelta(days=30)
    invoice = owed()
    imported(entry(reference=invoice.payment_reference, day=ahead))
    found = only_line()
    assert found.state == "offered"
    assert "still to come" in found.refusal
    assert open_amount(invoice) == AMOUNT
