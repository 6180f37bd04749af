"""Two people, killed workers, long files: each line is booked once, and nobody is thrown out."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from time import monotonic
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from core.errors import DomainError
from invoicing import bank_errors as errors
from invoicing import payment_errors, tasks
from invoicing.domain.banking import booking, importing
from invoicing.domain.banking.importing import receive_file
from invoicing.domain.long_runs import ATTEMPTS_AT_MOST
from invoicing.models import BankLine, BankLinePayment, Payment, StatementImport
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.banking.files import camt, entry
from tests.banking.importing import bank_account, imported, lines_of, owed, states
from tests.factories import CustomerFactory, TaxRateFactory, TenantFactory
from tests.payments.paying import faults, open_amount, pay
from tests.payments.test_at_once import at_once

State = StatementImport.State
AMOUNT = Decimal("125.50")


@pytest.fixture
def company(committed_db: None) -> Tenant:
    company = TenantFactory()
    with tenant_scope(company.pk):
        TaxRateFactory()
        bank_account()
    return company


def sent(content: bytes, name: str = "statement.xml") -> Callable[[], StatementImport]:
    return lambda: receive_file(BytesIO(content), name=name, size=len(content), actor=None)


def test_one_file_sent_by_several_at_once(company: Tenant) -> None:
    with tenant_scope(company.pk):
        invoice = owed()
    content = camt(entry(reference=invoice.payment_reference))
    said = at_once(company, [sent(content)] * 4)
    assert [type(one) for one in said].count(errors.ImportedBefore) == 3
    with tenant_scope(company.pk):
        assert (StatementImport.objects.count(), BankLine.objects.count()) == (1, 1)
        assert (Payment.objects.count(), open_amount(invoice)) == (1, 0)


def test_files_that_overlap_sent_at_once(company: Tenant) -> None:
    with tenant_scope(company.pk):
        invoices = [owed() for _ in range(4)]
    entries = [entry(reference=one.payment_reference, ref=str(one.number)) for one in invoices]
    files = [camt(*entries[:3], id="1"), camt(*entries[1:], id="2"), camt(*reversed(entries))]
    said = at_once(company, [sent(one) for one in files])
    assert [one for one in said if isinstance(one, Exception)] == []
    with tenant_scope(company.pk):
        assert BankLine.objects.count() == 4
        assert Payment.objects.count() == 4
        assert sum(one.new_count for one in StatementImport.objects.all()) == 4
        assert faults() == []


def test_two_people_at_one_line(company: Tenant) -> None:
    with tenant_scope(company.pk):
        invoice = owed()
        imported(entry(name="Asiakas Oy"))
        line = lines_of()[0]
    said = at_once(
        company,
        [
            lambda: booking.accept(line, actor=None),
            lambda: booking.accept(line, actor=None),
            lambda: booking.put_aside(line, note="Not ours", actor=None),
            lambda: booking.book(
                line, booking.Decision(shares={invoice.pk: Decimal(100)}), actor=None
            ),
        ],
    )
    assert len([one for one in said if isinstance(one, DomainError)]) == 3
    with tenant_scope(company.pk):
        assert BankLinePayment.objects.count() <= 1
        assert Payment.objects.count() == BankLinePayment.objects.count()
        assert faults() == []


def test_the_line_and_the_invoices_own_page_at_once(company: Tenant) -> None:
    with tenant_scope(company.pk):
        invoice = owed()
        imported(entry(name="Asiakas Oy"))
        line = lines_of()[0]
    said = at_once(
        company,
        [
            lambda: booking.accept(line, actor=None),
            lambda: pay(invoice, "125.50", seen_open=AMOUNT),
        ],
    )
    refused = [one for one in said if isinstance(one, DomainError)]
    assert [type(one) for one in refused] in (
        [payment_errors.AboveOpen], [payment_errors.PaidMeanwhile],
    )  # fmt: skip
    with tenant_scope(company.pk):
        assert (Payment.objects.count(), open_amount(invoice)) == (1, 0)
        assert faults() == []


class Killed(BaseException):
    """What no `except` of the program catches."""


@pytest.mark.parametrize("killed_at", range(5))
def test_a_worker_killed_at_any_step_leaves_the_rest_to_another(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    """Read, matched, booked two by two: whichever is cut off is done again, and only that."""
    TaxRateFactory()
    bank_account()
    invoices = [owed(customer=CustomerFactory()) for _ in range(5)]
    monkeypatch.setattr(importing, "BYTES_AT_ONCE", 0)
    monkeypatch.setattr(importing, "STEP", 2)
    queued: list[int] = []
    monkeypatch.setattr(importing, "_enqueue", lambda source: queued.append(source.pk))
    content = camt(*(entry(reference=one.payment_reference) for one in invoices))
    source = sent(content)()
    for _ in range(killed_at):
        importing.advance(source.pk)

    def save_and_die(self: Any, *args: Any, **kwargs: Any) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(StatementImport, "save", save_and_die)
        with pytest.raises(Killed):
            importing.advance(source.pk)

    importing.sweep_imports(now=timezone.now() + timedelta(minutes=5))
    assert queued == [source.pk] * 2
    tasks.work_statement_import(tenant_id=tenant.pk, import_id=source.pk)
    # A second worker that comes late finds nothing to do.
    tasks.work_statement_import(tenant_id=tenant.pk, import_id=source.pk)
    source.refresh_from_db()
    assert (source.state, source.resumed, states()) == (State.DONE, 0, ["booked"] * 5)
    assert Payment.objects.count() == 5
    assert [open_amount(one) for one in invoices] == [0] * 5
    assert faults() == []


def test_what_never_gets_on_is_given_up(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    TaxRateFactory()
    bank_account()
    monkeypatch.setattr(importing, "BYTES_AT_ONCE", 0)
    monkeypatch.setattr(importing, "_enqueue", lambda _source: None)
    reading = sent(camt(entry("1.00")))()
    booked = sent(camt(entry("2.00", reference=owed().payment_reference)))()
    for _ in range(2):
        importing.advance(booked.pk)
    # While all workers are busy they only wait.
    for minutes in range(5, 60, 5):
        importing.sweep_imports(now=timezone.now() + timedelta(minutes=minutes))
    assert StatementImport.objects.exclude(finished_at=None).count() == 0
    for source in [reading, booked] * ATTEMPTS_AT_MOST:
        with patch.object(importing, "advance", side_effect=Killed), pytest.raises(Killed):
            tasks.work_statement_import(tenant_id=tenant.pk, import_id=source.pk)
    importing.sweep_imports(now=timezone.now() + timedelta(minutes=5))
    reading.refresh_from_db()
    booked.refresh_from_db()
    assert (reading.state, booked.state) == (State.REFUSED, State.DONE)
    assert "several tries" in reading.refusal
    assert not BankLine.objects.filter(waits=True).exists()
    assert states(booked) == ["offered"]


def test_a_file_that_nobody_answered_for_is_forgotten(tenant: Tenant) -> None:
    bank_account()
    waiting = sent(b"Datum;Betrag\n2026-11-20;1.000\n", "bank.csv")()
    assert waiting.state == State.ASKING
    importing.sweep_imports(now=timezone.now() + timedelta(days=29))
    assert StatementImport.objects.count() == 1
    importing.sweep_imports(now=timezone.now() + timedelta(days=31))
    assert not StatementImport.objects.exists()


def test_ten_thousand_lines_in_time(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read and matched in a small part of a minute; each booking takes what a payment takes."""
    TaxRateFactory()
    bank_account()
    invoices = [owed(customer=CustomerFactory(name=f"Asiakas {n} Oy")) for n in range(20)]
    monkeypatch.setattr(importing, "_enqueue", lambda _source: None)
    known = [entry(reference=one.payment_reference, ref=str(one.number)) for one in invoices]
    others = [
        entry(f"{n % 900 + 1}.{n % 100:02d}", name=f"Maksaja {n % 700}", ref=f"R{n}",
              text=f"Tilaus {n * 7} kiitos", day=date(2026, 11, n % 20 + 1))
        for n in range(9_980)
    ]  # fmt: skip
    content = camt(*others[:5_000], *known, *others[5_000:])
    began = monotonic()
    source = sent(content)()
    while importing.advance(source.pk):
        pass
    took = monotonic() - began
    source.refresh_from_db()
    assert (source.state, source.new_count) == (State.DONE, 10_000)
    assert states(source).count("booked") == 20
    assert took < 60
    print(f"10,000 lines: {took:.1f} s")
