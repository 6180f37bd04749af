"""Who gets which reminder on a day, what it asks for, and what stops it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import mail

from invoicing import reminder_errors as errors
from invoicing.documents.reminders import reminder_pdf
from invoicing.domain.payments.registering import give_up
from invoicing.domain.reminding.defaults import FINLAND, GERMANY, Level
from invoicing.domain.reminding.disputes import open_dispute, settle_dispute
from invoicing.domain.reminding.proposing import Standing, proposal_of, proposals
from invoicing.domain.reminding.sending import remind
from invoicing.domain.reminding.terms import (
    enter_rate,
    is_rate_missing,
    known_rates,
    reset_terms,
    save_terms,
)
from invoicing.domain.reminding.words import default_words, save_words, words_for
from invoicing.domain.sending.delivering import deliver
from invoicing.domain.sending.not_arrived import note_bounce
from invoicing.domain.sending.runs import start_reminder_run
from invoicing.domain.sending.wording import Wording
from invoicing.models import Allocation, Invoice, Reminder, Sending
from tenants.models import Membership, Tenant
from tenants.scope import current_tenant_id
from tests.documents.making import codes, pages, words
from tests.factories import CustomerFactory
from tests.invoicing.sending import with_pdf
from tests.payments.paying import pay
from tests.receivables.owing import owed

DUE = date(2026, 11, 1)
BUSINESS: dict[str, Any] = {"business_id": "2077474-0"}


def invoice_of(gross: str = "125.50", due: date = DUE, **customer: Any) -> Invoice:
    """Overdue since 1 November, of a consumer unless told; its PDF is there."""
    made = CustomerFactory(**{"name": "Satama Oy"} | customer)
    return with_pdf(owed(str(due), gross, customer=made, issue_date=due - timedelta(days=14)))


def proposed(invoice: Invoice, on: str) -> Any:
    found = proposal_of(invoice.pk, date.fromisoformat(on))
    assert found is not None
    return found


def sent(invoice: Invoice, on: str, **more: Any) -> Sending:
    """The next reminder, as it was proposed."""
    proposal = proposed(invoice, on)
    values: dict[str, Any] = {
        "level": proposal.level,
        "seen_open": proposal.open_amount,
        "on": proposal.on,
        "token": uuid4(),
        "actor": None,
    }
    return remind(invoice, **values | more)


def left(sending: Sending) -> Sending:
    """A worker has handed it over."""
    deliver(current_tenant_id(), sending.pk)
    sending.refresh_from_db()
    return sending


def test_a_consumer_in_finland(tenant: Tenant) -> None:
    invoice = invoice_of()
    assert proposals(DUE) == []
    early = proposed(invoice, "2026-11-14")
    assert (early.standing, early.due_on) == (Standing.WAITING, date(2026, 11, 15))
    first = proposed(invoice, "2026-11-15")
    assert first.is_due
    assert (first.level, first.levels, first.days_late) == (1, 3, 14)
    # 125.50 x 0.095 x 14 / 365
    assert (first.fee, first.lump_sum, first.interest) == (5, 0, Decimal("0.46"))
    assert (first.total, first.pay_by) == (Decimal("130.96"), date(2026, 11, 29))


def test_a_business_in_finland_pays_a_point_more(tenant: Tenant) -> None:
    invoice = invoice_of(**BUSINESS)
    # 125.50 x 0.105 x 14 / 365
    assert proposed(invoice, "2026-11-15").interest == Decimal("0.51")
    invoice.customer.reminders = "consumer"
    invoice.customer.save()
    assert proposed(invoice, "2026-11-15").interest == Decimal("0.46")


def test_germany_with_its_lump_sum_once(tenant: Tenant) -> None:
    """§288 BGB: nine points above the base rate and 40 euros, of businesses only."""
    address: dict[str, Any] = {"country": "DE", "postal_code": "20095"}
    business = invoice_of("1000.00", **BUSINESS, **address)
    consumer = invoice_of("1000.00", **address)
    first = proposed(business, "2026-11-08")
    assert (first.fee, first.lump_sum, first.interest) == (0, 0, 0)
    for invoice in (business, consumer):
        left(sent(invoice, "2026-11-08"))
    # 1000 x (1.27 + 9) % x 21 / 365, and + 5
    second = proposed(business, "2026-11-22")
    assert (second.fee, second.lump_sum, second.interest) == (0, 40, Decimal("5.91"))
    kind = proposed(consumer, "2026-11-22")
    assert (kind.fee, kind.lump_sum, kind.interest) == (Decimal("2.50"), 0, Decimal("3.61"))
    left(sent(business, "2026-11-22"))
    third = proposed(business, "2026-12-06")
    assert (third.level, third.lump_sum, third.earlier_fees) == (3, 0, 40)


def test_one_level_after_the_other_and_not_before_its_time(tenant: Tenant) -> None:
    invoice = invoice_of()
    left(sent(invoice, "2026-11-20"))
    # Due by the due date from 29 November on, by the gap of two weeks from 4 December on.
    waiting = proposed(invoice, "2026-12-03")
    assert (waiting.standing, waiting.due_on) == (Standing.WAITING, date(2026, 12, 4))
    with pytest.raises(errors.NotDueForReminder):
        sent(invoice, "2026-12-03")
    second = proposed(invoice, "2026-12-04")
    assert (second.level, second.fee, second.earlier_fees) == (2, 5, 5)
    left(sent(invoice, "2026-12-04"))
    third = proposed(invoice, "2026-12-18")
    assert (third.level, third.fee, third.earlier_fees) == (3, 0, 10)
    left(sent(invoice, "2026-12-18"))
    assert proposed(invoice, "2027-06-01").standing == Standing.USED_UP
    with pytest.raises(errors.LevelsUsedUp):
        sent(invoice, "2027-06-01")


def test_what_did_not_arrive_reminded_nobody(tenant: Tenant) -> None:
    invoice = invoice_of()
    first = left(sent(invoice, "2026-11-15"))
    assert proposed(invoice, "2026-12-15").level == 2
    note_bounce(first, note="No such address", actor=None)
    again = proposed(invoice, "2026-12-15")
    assert (again.level, again.earlier_fees) == (1, 0)


def test_interest_of_what_was_paid_late_in_part(tenant: Tenant) -> None:
    invoice = invoice_of("1000.00", due=date(2026, 10, 1), **BUSINESS)
    pay(invoice, "600", payment_date=date(2026, 10, 11))
    found = proposed(invoice, "2026-10-21")
    # (1000 + 400) x 0.105 x 10 / 365
    assert (found.open_amount, found.interest) == (400, Decimal("4.03"))


def test_what_was_given_up_bears_no_interest(tenant: Tenant) -> None:
    invoice = invoice_of("1000.00", due=date(2026, 10, 1), **BUSINESS)
    pay(invoice, "600", payment_date=date(2026, 10, 11))
    give_up(
        invoice, kind=Allocation.Kind.DISCOUNT, reason="", seen_open=Decimal(400),
        on=date(2026, 11, 1), actor=None, today=date(2026, 11, 21),
    )  # fmt: skip
    assert proposal_of(invoice.pk, date(2026, 11, 21)) is None


def test_another_currency_costs_interest_and_no_fee(tenant: Tenant) -> None:
    customer = CustomerFactory()
    invoice = owed("2026-11-01", customer=customer, currency="SEK", issue_date=date(2026, 10, 1))
    found = proposed(invoice, "2026-11-15")
    assert (found.fee, found.interest) == (0, Decimal("0.46"))


def test_dispute_and_no_reminders_stop_it(tenant: Tenant, accountant: Membership) -> None:
    invoice = invoice_of()
    open_dispute(invoice, reason="The pump leaks", actor=accountant.user)
    found = proposed(invoice, "2026-11-15")
    assert (found.standing, found.dispute) == (Standing.DISPUTED, "The pump leaks")
    with pytest.raises(errors.InDispute, match="The pump leaks"):
        sent(invoice, "2026-11-15")
    with pytest.raises(errors.DisputedAlready):
        open_dispute(invoice, reason="Again", actor=None)
    settle_dispute(invoice, outcome="Mended", actor=accountant.user)
    assert proposed(invoice, "2026-11-15").is_due
    with pytest.raises(errors.NoOpenDispute):
        settle_dispute(invoice, outcome="", actor=None)
    invoice.customer.reminders = "never"
    invoice.customer.save()
    with pytest.raises(errors.NeverReminded, match="Satama Oy"):
        sent(invoice, "2026-11-15")


def test_too_little_is_not_reminded_of(tenant: Tenant) -> None:
    invoice = invoice_of()
    pay(invoice, "121")
    with pytest.raises(errors.TooSmall):
        sent(invoice, "2026-11-22")


def test_what_somebody_else_did_meanwhile_stops_it(tenant: Tenant) -> None:
    invoice = invoice_of()
    seen = proposed(invoice, "2026-11-20")
    pay(invoice, "25.50")
    with pytest.raises(errors.PaidMeanwhile):
        sent(invoice, "2026-11-20", seen_open=seen.open_amount)
    sent(invoice, "2026-11-20")
    with pytest.raises(errors.RemindedMeanwhile):
        sent(invoice, "2026-11-20", level=1)
    pay(invoice, "100")
    with pytest.raises(errors.NotOwed):
        remind(
            invoice, level=1, seen_open=Decimal(100), on=date(2026, 11, 20), token=uuid4(),
            actor=None,
        )  # fmt: skip
    assert Reminder.objects.count() == 1


def test_the_same_form_twice_is_one_reminder(tenant: Tenant) -> None:
    invoice, token = invoice_of(), uuid4()
    assert sent(invoice, "2026-11-15", token=token) == sent(
        invoice, "2026-11-15", token=token, level=1
    )
    assert Reminder.objects.count() == 1


def test_it_goes_with_letter_and_invoice_and_is_recorded(
    tenant: Tenant, accountant: Membership
) -> None:
    invoice = invoice_of()
    sending = left(sent(invoice, "2026-11-15", actor=accountant.user))
    assert sending.status == Sending.Status.SENT
    (message,) = mail.outbox
    assert message.to == ["invoices@customer.example"]
    assert message.subject == f"Reminder: invoice {invoice.number} from Acme Oy"
    names = [attachment.filename for attachment in message.attachments]
    assert names == [f"Payment-reminder-{invoice.number}.pdf", f"{invoice.number}.pdf"]
    assert "Open of the invoice: €125.50\nReminder fee: €5.00" in message.body
    assert "Interest on late payment: €0.46\nTo pay: €130.96" in message.body
    assert "IBAN: FI21 1234 5600 0007 85" in message.body
    kept = Reminder.objects.get()
    assert (kept.level, kept.date, kept.total) == (1, date(2026, 11, 15), Decimal("130.96"))
    assert [stretch[:2] for stretch in kept.stretches] == [["2026-11-02", "2026-11-15"]]
    assert kept.created_by == accountant.user


@pytest.mark.parametrize("happens", ["paid", "paid in part", "disputed"])
def test_what_happens_before_it_leaves_stops_it(tenant: Tenant, happens: str) -> None:
    invoice = invoice_of()
    sending = sent(invoice, "2026-11-15")
    match happens:
        case "paid":
            pay(invoice, "125.50")
        case "paid in part":
            pay(invoice, "25.50")
        case "disputed":
            open_dispute(invoice, reason="The pump leaks", actor=None)
    left(sending)
    assert sending.status == Sending.Status.FAILED
    assert mail.outbox == []


def test_by_post_where_nobody_can_be_written_to(tenant: Tenant) -> None:
    invoice = invoice_of(email="")
    sending = sent(invoice, "2026-11-15")
    assert (sending.channel, sending.status) == (Sending.Channel.POST, Sending.Status.SENT)
    assert proposed(invoice, "2026-11-30").level == 2


def test_a_run_of_several_refuses_what_was_paid_and_sends_the_others(
    tenant: Tenant, accountant: Membership
) -> None:
    first, second = invoice_of(number="1"), invoice_of(number="2")
    shown = [(one.pk, 1, Decimal("125.50")) for one in (first, second)]
    pay(second, "125.50")
    token = uuid4()
    run = _run(shown, token, accountant)
    assert run == _run(shown, token, accountant)
    outcomes = {item.invoice_id: item.outcome for item in run.items.all()}
    assert outcomes == {first.pk: "asked", second.pk: "refused"}
    assert Reminder.objects.get().invoice == first
    with pytest.raises(errors.NothingToRemind):
        _run([(0, 1, Decimal(1))], uuid4(), accountant)


def _run(shown: Any, token: UUID, accountant: Membership) -> Any:
    return start_reminder_run(shown, on=date(2026, 11, 15), token=token, actor=accountant.user)


# The letter


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["Payment reminder", "Reminder fee 5.00", "9.5% on €125.50", "Pay by"]),
        ("fi", ["Maksumuistutus", "Muistutusmaksu 5,00", "9,5 % / 125,50 €", "2.11.2026"]),
        ("sv", ["Betalningspåminnelse", "Påminnelseavgift 5,00", "9,5 % på 125,50 €"]),
        ("de", ["Zahlungserinnerung", "Mahngebühr 5,00", "9,5 % auf 125,50 €", "14 Tage"]),
    ],
)
def test_the_letter_is_in_the_language_of_its_invoice(
    tenant: Tenant, language: str, expected: list[str]
) -> None:
    invoice = invoice_of(language=language)
    reminder = sent(invoice, "2026-11-15").reminder
    assert reminder is not None
    content = reminder_pdf(reminder, invoice)
    text = words(pages(content))
    for part in [*expected, "Satama Oy", str(invoice.number), "130"]:
        assert part in text
    assert "{" not in text
    # The codes are over all that is asked for.
    assert "130.96" in codes(content)["QRCode"]
    assert content == reminder_pdf(reminder, invoice)


# Terms, rates and words


def test_own_terms_go_before_the_programs(tenant: Tenant, owner: Membership) -> None:
    invoice = invoice_of()
    assert owner.user is not None
    mine = replace(
        FINLAND,
        consumer_points=Decimal(5),
        levels=(Level(1, 20, Decimal(3), Decimal(3)),),
    )
    save_terms("FI", mine, actor=owner.user)
    found = proposed(invoice, "2026-11-21")
    # 125.50 x 0.075 x 20 / 365
    assert (found.fee, found.levels, found.interest) == (3, 1, Decimal("0.52"))
    reset_terms("FI", actor=owner.user)
    assert proposed(invoice, "2026-11-21").fee == 5


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"levels": ()}, errors.NoLevels),
        ({"levels": (Level(1, 14, Decimal(6), Decimal(6)),)}, errors.FeeAboveFinnishLaw),
        ({"levels": (Level(1, 13, Decimal(5), Decimal(5)),)}, errors.TooEarlyForFinnishLaw),
        ({"gap_days": 13}, errors.TooEarlyForFinnishLaw),
        (
            {
                "levels": (
                    Level(1, 14, Decimal(5), Decimal(5)),
                    Level(2, 14, Decimal(5), Decimal(5)),
                )
            },
            errors.LevelsNotInOrder,
        ),
    ],
)
def test_terms_that_nobody_may_ask_for(
    tenant: Tenant, owner: Membership, changed: dict[str, Any], refusal: type[Exception]
) -> None:
    assert owner.user is not None
    with pytest.raises(refusal):
        save_terms("FI", replace(FINLAND, **changed), actor=owner.user)
    # What only Finland forbids is allowed elsewhere.
    if "Finnish" in refusal.__name__:
        save_terms("DE", replace(GERMANY, **changed), actor=owner.user)


def test_rates_that_people_enter(tenant: Tenant, owner: Membership) -> None:
    assert owner.user is not None
    invoice = invoice_of()
    assert is_rate_missing(known_rates()["FI"], date(2026, 7, 1))
    enter_rate("FI", date(2026, 7, 1), Decimal("2.00"), actor=owner.user)
    assert not is_rate_missing(known_rates()["FI"], date(2026, 12, 31))
    enter_rate("FI", date(2026, 7, 1), Decimal("3.00"), actor=owner.user)
    # 125.50 x 0.10 x 14 / 365
    assert proposed(invoice, "2026-11-15").interest == Decimal("0.48")


def test_interest_as_printed_on_the_invoice_of_businesses(
    tenant: Tenant, owner: Membership
) -> None:
    assert owner.user is not None
    tenant.late_interest_percent = Decimal(16)
    tenant.save()
    save_terms("FI", replace(FINLAND, interest="printed"), actor=owner.user)
    # 125.50 x 0.16 x 14 / 365
    assert proposed(invoice_of(**BUSINESS), "2026-11-15").interest == Decimal("0.77")
    assert proposed(invoice_of(), "2026-11-15").interest == Decimal("0.46")


def test_own_words(tenant: Tenant, owner: Membership) -> None:
    assert owner.user is not None
    save_words(
        1, "en", Wording("Please pay {number}", "Dear {customer},\n\n{amounts}\n\nBye"),
        actor=owner.user,
    )  # fmt: skip
    invoice = invoice_of()
    left(sent(invoice, "2026-11-15"))
    (message,) = mail.outbox
    assert message.subject == f"Please pay {invoice.number}"
    assert message.body.startswith("Dear Satama Oy,\n\nOpen of the invoice")
    last = Wording("The last one", "{amounts}")
    save_words(3, "en", last, actor=owner.user)
    assert words_for(5, "en") == last
    assert default_words(9, "en") == default_words(3, "en")


def test_as_many_statements_for_three_as_for_one(
    tenant: Tenant, django_assert_num_queries: Callable[[int], Any]
) -> None:
    invoice_of()
    with django_assert_num_queries(6):
        proposals(date(2026, 11, 15))
    invoice_of(number="2")
    sent(invoice_of(number="3"), "2026-11-15")
    with django_assert_num_queries(6):
        assert len(proposals(date(2026, 11, 20))) == 3
