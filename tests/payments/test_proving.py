"""`verify_books` sees what somebody wrote past the program; the triggers stand in its way."""

from decimal import Decimal
from uuid import uuid4

import pytest

from invoicing.domain.payments.allocating import use_credit
from invoicing.domain.payments.registering import pay_back, reverse_payment
from invoicing.domain.verifying import verify_books
from invoicing.models import CustomerCredit, JournalEntry, Payment, Posting
from tenants.domain.settings import change_settings
from tenants.errors import ReceivablesBookedThere
from tenants.models import Membership, Tenant
from tests.documents.making import posted
from tests.factories import CustomerFactory
from tests.payments.paying import ON, TODAY, faults, pay


def payment_faults() -> list[str]:
    (check,) = [one for one in verify_books() if one.name == "payments"]
    return check.faults


def booked(*amounts: tuple[str, int]) -> JournalEntry:
    """An entry that nothing in the program would write."""
    entry: JournalEntry = JournalEntry.objects.create(
        number=99, date=ON, text="By hand", currency="EUR"
    )
    for account, amount in amounts:
        Posting.objects.create(entry=entry, account=account, amount=amount)
    return entry


def test_receivables_beside_the_documents_are_found(tenant: Tenant) -> None:
    pay(posted({}), "150")
    assert payment_faults() == []
    booked(("1700", 10), ("3000", -10))
    assert payment_faults() == ["EUR: receivables are 10, and 0 is open"]


def test_a_payment_that_is_booked_as_something_else_is_found(tenant: Tenant) -> None:
    pay(posted({}), "150")
    Payment.objects.create(
        token=uuid4(),
        customer=CustomerFactory(),
        payment_date=ON,
        currency="EUR",
        amount=20,
        account="1910",
        credit_account="2860",
        entry=booked(("1910", 10), ("2860", -10)),
    )
    assert payment_faults() == ["entry 99: is not what was paid and settled"]


def test_credit_on_an_account_that_once_was_for_receivables(tenant: Tenant) -> None:
    """Of a German company that once posted on 1700: SKR03 has customers' credit there."""
    first = posted({})
    tenant.receivables_account, tenant.credit_account = "1400", "1700"
    tenant.save()
    second = posted({}, customer=first.customer)
    payment = pay(second, "150")
    pay_back(payment, amount=Decimal(4), payment_date=TODAY, token=uuid4(), actor=None, today=TODAY)
    use_credit(first, actor=None, on=TODAY)
    pay(first, "100", closes="discount")
    reverse_payment(pay(posted({}), "130"), reason="Bounced", actor=None, on=TODAY)
    assert faults() == []
    booked(("1700", 10), ("3000", -10))
    assert payment_faults() == ["EUR: receivables are 135.5, and 125.5 is open"]


def test_credit_does_not_move_to_an_account_of_receivables(
    tenant: Tenant, owner: Membership
) -> None:
    posted({})
    assert owner.user is not None
    change_settings(tenant, actor=owner.user, receivables_account="1701")
    with pytest.raises(ReceivablesBookedThere):
        change_settings(tenant, actor=owner.user, credit_account="1700")
    change_settings(tenant, actor=owner.user, credit_account="2851")


def test_the_accounts_of_then_count(tenant: Tenant) -> None:
    """An invoice is settled on the account it was booked on, whatever the settings say since."""
    first = posted({})
    tenant.receivables_account, tenant.bank_account = "1701", "1911"
    tenant.save()
    second = posted({})
    pay(first, "125.50")
    payment = pay(second, "25.50")
    booked = {row.account: row.amount for row in payment.entry.postings.all()}
    assert booked == {"1911": Decimal("25.50"), "1701": Decimal("-25.50")}
    assert faults() == []


def test_credit_that_does_not_follow_is_found(tenant: Tenant) -> None:
    invoice = posted({})
    payment = pay(invoice, "130")
    kept = CustomerCredit.objects.get(customer=invoice.customer)
    assert (kept.currency, kept.amount) == ("EUR", Decimal("4.50"))
    pay_back(payment, amount=Decimal(4), payment_date=TODAY, token=uuid4(), actor=None, today=TODAY)
    kept.refresh_from_db()
    assert kept.amount == Decimal("0.50")
    assert payment_faults() == []
    CustomerCredit.objects.update(amount=0)
    assert payment_faults() == [
        f"customer {invoice.customer.number}: the credit in EUR is not what payments leave"
    ]
