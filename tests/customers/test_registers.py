from typing import Any

import pytest

from customers.domain import registers
from customers.errors import CurrencyInUse
from customers.models import Contact, Customer, Project
from tenants.models import AuditEntry, Membership, User
from tests.factories import ContactFactory, CustomerFactory, ProjectFactory, TimeEntryFactory


@pytest.fixture
def actor(accountant: Membership) -> User:
    assert accountant.user is not None
    return accountant.user


@pytest.mark.parametrize(
    ("numbers", "proposed"),
    [([], "1001"), (["7", "12"], "13"), (["1001", "K-5000", "99999999999"], "1002")],
)
def test_the_next_number_follows_the_highest(
    actor: User, numbers: list[str], proposed: str
) -> None:
    for number in numbers:
        CustomerFactory(number=number)
    assert registers.next_customer_number() == proposed


def test_one_contact_gets_the_invoices(actor: User) -> None:
    customer = CustomerFactory()
    first = registers.add_contact(customer, actor=actor, name="A", gets_invoices=True)
    second = registers.add_contact(customer, actor=actor, name="B", gets_invoices=True)
    assert list(customer.contacts.filter(gets_invoices=True)) == [second]

    registers.change_contact(first, actor=actor, gets_invoices=True)
    assert list(customer.contacts.filter(gets_invoices=True)) == [first]


def test_removing_a_contact_is_logged_with_its_name(actor: User) -> None:
    contact = ContactFactory(name="Anna")
    registers.remove_contact(contact, actor=actor)
    assert not Contact.objects.exists()
    assert AuditEntry.objects.get(action="contact.removed").object_label == "Anna"


def test_the_currency_stays_once_hours_have_rates_in_it(actor: User) -> None:
    customer = CustomerFactory(currency="EUR")
    registers.change_customer(customer, actor=actor, currency="SEK")
    TimeEntryFactory(project=ProjectFactory(customer=customer))

    with pytest.raises(CurrencyInUse) as refused:
        registers.change_customer(customer, actor=actor, currency="USD", name="Renamed")

    assert "recorded for this customer in SEK" in str(refused.value)
    customer.refresh_from_db()
    assert (customer.currency, customer.name) == ("SEK", customer.name)
    assert customer.name != "Renamed"


def test_a_project_stays_with_its_customer(actor: User) -> None:
    project, other = ProjectFactory(), CustomerFactory()
    registers.change_project(project, actor=actor, customer=other, name="New")
    project.refresh_from_db()
    assert project.customer != other
    assert project.name == "New"


def test_changes_are_logged_in_words(actor: User, manager: Membership) -> None:
    project = ProjectFactory()
    registers.change_project(project, actor=actor, manager=manager, is_active=False)
    entry = AuditEntry.objects.get(action="project.changed")
    assert entry.detail["changes"] == {
        "manager": ["", manager.name],
        "is_active": ["True", "False"],
    }


@pytest.mark.parametrize("model", [Customer, Contact, Project])
def test_adding_is_logged(actor: User, model: Any) -> None:
    customer = registers.add_customer(actor=actor, number="1", name="Aalto")
    registers.add_contact(customer, actor=actor, name="Anna")
    registers.add_project(actor=actor, customer=customer, name="Site")
    assert AuditEntry.objects.filter(object_type=model._meta.label_lower).count() == 1
