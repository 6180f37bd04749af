"""One account's statements in two forms of files, and files that are of another account."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from invoicing import bank_errors as errors
from invoicing import tasks
from invoicing.domain.banking import booking, importing
from invoicing.domain.banking.layouts import layout_from
from invoicing.models import BankAccount, BankLine, Payment, StatementImport
from tenants.models import Tenant
from tests.banking.files import OWN_IBAN, THEIR_IBAN, camt, entry
from tests.banking.importing import bank_account, imported, lines_of, owed, reason_of, receive
from tests.factories import CustomerFactory, TaxRateFactory
from tests.payments.paying import open_amount, pay

State = StatementImport.State
HEAD = "Kirjauspäivä;Määrä;Saaja/Maksaja;Saajan tilinumero;Viite;Viesti;Arkistointitunnus\n"


@pytest.fixture(autouse=True)
def _company(tenant: Tenant) -> None:
    TaxRateFactory()
    bank_account()


def csv(*rows: str, before: str = "", **said: Any) -> StatementImport:
    """Read at once, by the columns that are guessed."""
    content = f"{before}{HEAD}{''.join(f'{row}\n' for row in rows)}".encode()
    source = receive(content, **{"name": "statement.csv"} | said)
    if source.state == State.ASKING:
        assert source.question is not None
        layout = layout_from(source.question["layout"])
        account = BankAccount.objects.get(number=OWN_IBAN)
        importing.answer_columns(source, layout, account=account, actor=None)
        source.refresh_from_db()
    return source


def test_a_line_keeps_its_key_in_the_other_form() -> None:
    """The bank's reference is in both; the end-to-end id and leading zeros are in one."""
    imported(entry("10.00", ref="2026/1", reference="1232", end_to_end="E2E-1", name="Matti"))
    source = csv("2026-11-20;10,00;MATTI;;00000000000000001232;;2026/1")
    assert (source.new_count, source.repeated_count) == (0, 1)


def test_money_that_came_once_does_not_pay_twice() -> None:
    """October and November are open with the same sum; the files name the money differently."""
    customer = CustomerFactory(name="Lumo Oy")
    before = owed(customer=customer)
    imported(entry(name="Lumo Oy", iban=THEIR_IBAN, ref="0", day=date(2026, 11, 10)))
    booking.accept(lines_of()[0], actor=None)
    assert open_amount(before) == 0
    october, november = owed(customer=customer), owed(customer=customer)
    first = imported(entry(name="Lumo Oy", iban=THEIR_IBAN, ref="A"))
    assert reason_of(lines_of(first)[0]) == "iban_several"
    booking.accept(lines_of(first)[0], actor=None)

    second = csv(f"2026-11-20;125,50;Lumo Oy;{THEIR_IBAN};;;B")
    (found,) = lines_of(second)
    assert (found.state, reason_of(found), found.match["is_twin"]) == (
        "offered", "iban_amount", True,
    )  # fmt: skip
    with pytest.raises(errors.NothingOffered):
        importing.accept_offered(second, actor=None)
    assert sorted([open_amount(october), open_amount(november)]) == [0, Decimal("125.50")]
    # Whoever has looked may book it all the same.
    booking.accept(found, actor=None)
    assert (open_amount(october), open_amount(november)) == (0, 0)


@pytest.mark.parametrize(
    ("row", "is_twin"),
    [
        (f"2026-11-20;10,00;;{THEIR_IBAN};;;B", True),
        ("2026-11-20;10,00;MATTI MEIKALAINEN;;;;B", True),
        ("2026-11-20;10,00;;;;;B", True),
        (f"2026-11-20;10,00;Matti Meikäläinen;{OWN_IBAN};;;B", False),
        ("2026-11-20;10,00;Ihan Muu Oy;;;;B", False),
        (f"2026-11-20;10,01;;{THEIR_IBAN};;;B", False),
        (f"2026-11-19;10,00;;{THEIR_IBAN};;;B", False),
    ],
)
def test_which_line_of_another_file_is_like_one(row: str, is_twin: bool) -> None:
    from invoicing.domain.banking.knowledge import twins_of

    imported(entry("10.00", name="Matti Meikäläinen", iban=THEIR_IBAN, ref="A"))
    found = lines_of(csv(row))
    assert bool(twins_of(found)) is is_twin
    assert twins_of([]) == set()


def test_equal_lines_of_one_file_are_no_twins() -> None:
    from invoicing.domain.banking.knowledge import twins_of

    imported(*(entry("10.00", iban=THEIR_IBAN, ref=ref) for ref in "AB"))
    assert twins_of(lines_of()) == set()


def test_rows_that_are_left_out_are_counted() -> None:
    head, row = "Datum;Name;Betrag;Status\n", "20.11.2026;{};1,00;{}\n"
    rows = [row.format("Pending Oy", "Gebucht"), row.format("B", "Vorgemerkt"), "Summe;;;\n"]
    source = receive((head + "".join(rows)).encode(), name="x.csv")
    assert source.question is not None
    layout = layout_from(source.question["layout"])
    importing.answer_columns(source, layout, account=BankAccount.objects.get(), actor=None)
    source.refresh_from_db()
    assert (source.new_count, source.skipped_count) == (1, 2)


# --- of which account a file is ---


def test_a_file_that_names_another_account_is_not_taken_for_the_only_one() -> None:
    row = "2026-11-20;10,00;Matti;;;;B"
    csv(row)
    for said in ({"before": f"Tili;{THEIR_IBAN}\n\n"}, {"name": f"{THEIR_IBAN}.csv"}):
        with pytest.raises(errors.OtherAccount, match=f"of {THEIR_IBAN}, and.*{OWN_IBAN}"):
            csv(row.replace("10,00", "11,00"), **said)
    assert BankLine.objects.count() == 1
    spaced = "FI21 1234 5600 0007 85"
    assert csv(row.replace("10,00", "12,00"), before=f"Tili;{spaced}\n").state == State.DONE


def test_a_row_that_names_another_account_is_refused() -> None:
    content = f"Oma tili;Päivämäärä;Määrä\n{THEIR_IBAN};2026-11-20;10,00\n"
    source = receive(content.encode(), name="x.csv")
    assert source.question is not None
    layout = layout_from(source.question["layout"])
    with pytest.raises(errors.OtherAccount):
        importing.answer_columns(source, layout, account=BankAccount.objects.get(), actor=None)
    assert not BankLine.objects.exists()


# --- what a request does at once, and what a worker does ---


def test_what_takes_several_steps_is_left_to_a_worker(monkeypatch: Any) -> None:
    """The second step would lock documents with the books held."""
    enqueued: list[int] = []
    monkeypatch.setattr(importing, "_enqueue", lambda source: enqueued.append(source.pk))
    monkeypatch.setattr(importing, "STEP", 2)
    invoices = [owed() for _n in range(3)]
    two = imported(*(entry(reference=one.payment_reference, ref="1") for one in invoices[:2]))
    assert (two.state, enqueued) == (State.DONE, [])
    rest = [owed(), owed(), invoices[2]]
    three = imported(*(entry(reference=one.payment_reference, ref="2") for one in rest))
    assert (three.state, enqueued) == (State.BOOKING, [three.pk])
    assert Payment.objects.count() == 2
    tasks.work_statement_import(tenant_id=three.tenant_id, import_id=three.pk)
    three.refresh_from_db()
    assert (three.state, Payment.objects.count()) == (State.DONE, 5)


def test_what_uses_credit_goes_alone(monkeypatch: Any) -> None:
    enqueued: list[int] = []
    monkeypatch.setattr(importing, "_enqueue", lambda source: enqueued.append(source.pk))
    customers = [CustomerFactory(name="Yksi Oy"), CustomerFactory(name="Kaksi Oy")]
    for customer in customers:
        pay(owed(customer=customer), "155.50")
    lines = [entry("95.50", text=str(owed(customer=one).number)) for one in customers]
    source = imported(*lines)
    assert [reason_of(line) for line in lines_of()] == ["with_credit"] * 2
    importing.accept_offered(source, actor=None)
    assert enqueued == [source.pk]
    assert not BankLine.objects.filter(line_payments__isnull=False).exists()


def test_a_worker_takes_the_companys_day(tenant: Tenant, monkeypatch: Any) -> None:
    from django.utils import timezone

    tenant.time_zone = "Pacific/Kiritimati"
    tenant.save()
    source = imported(entry("1.00"))
    StatementImport.objects.update(finished_at=None)
    seen: list[str] = []

    def advance(_pk: int) -> bool:
        seen.append(timezone.get_current_timezone_name())
        return False

    monkeypatch.setattr(importing, "advance", advance)
    tasks.work_statement_import(tenant_id=tenant.pk, import_id=source.pk)
    assert seen == ["Pacific/Kiritimati"]


def test_the_companys_account_laid_out_meanwhile_is_the_same(monkeypatch: Any) -> None:
    """Two first files at the same moment: the other one's account is there before ours."""
    from invoicing.domain.banking import statements

    known = BankAccount.objects.get()
    monkeypatch.setattr(
        BankAccount.objects.__class__, "select_for_update", lambda self, **_how: self.none()
    )
    source = StatementImport.objects.create(
        file_name="x", format="camt", sha256="x", size=1, content=b"x"
    )
    from io import BytesIO

    assert statements.write_lines(source, BytesIO(camt(entry("1.00")))) == []
    assert BankLine.objects.get().account == known
