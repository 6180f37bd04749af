"""What all letters to customers begin with that are no documents of their own."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils import timezone

from customers.models import Customer
from invoicing.documents.designs.choosing import company_look
from invoicing.documents.heads import Head, OnPaper, address_lines, head_of
from invoicing.documents.printed import Fact, account_of
from invoicing.domain.freezing import seller_copy
from tenants.models import Tenant
from tenants.scope import current_tenant_id


@dataclass(frozen=True)
class CustomerLetter(OnPaper):
    facts: tuple[Fact, ...]


def noon_of(day: date) -> datetime:
    """When a letter of that day was made, whatever the hour was."""
    return timezone.make_aware(datetime.combine(day, time(12)))


def letter_head_to(customer: Customer, *, on: date) -> tuple[Head, tuple[Fact, ...]]:
    """From the company as it is today to the customer as they are today, in their language; with
    it where they pay."""
    seller = company_now()
    head = head_of(
        seller,
        customer.language,
        made_at=noon_of(on),
        address=address_of(customer, seller["country"]),
        look=company_look(),
    )
    return head, account_of(seller, head.words)


def company_now() -> dict[str, str]:
    """What a document would copy of the company today."""
    return seller_copy(Tenant.objects.get(pk=current_tenant_id()))


def address_of(customer: Customer, home: str) -> tuple[str, ...]:
    """The lines of the customer's address as they are now."""
    return address_lines(
        customer.name,
        customer.street,
        f"{customer.postal_code} {customer.city}",
        country=customer.country,
        home=home,
        locale=customer.language,
    )
