"""What all letters to customers begin with that are no documents of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from django.template.loader import render_to_string
from django.utils import timezone

from customers.models import Customer
from invoicing.documents.designs.choosing import company_look
from invoicing.documents.heads import Head, OnPaper, address_lines, head_of
from invoicing.documents.printed import Fact, account_of
from invoicing.documents.rendering import pdf_of
from invoicing.domain.freezing import seller_copy
from tenants.models import Tenant
from tenants.scope import current_tenant_id


@dataclass(frozen=True)
class CustomerLetter(OnPaper):
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class NumberedLetter(CustomerLetter):
    """What is called by a title and a number."""

    title: str
    number: str

    @property
    def heading(self) -> str:
        return f"{self.title} {self.number}"


def letter_pdf(
    doc: CustomerLetter,
    template: str,
    *,
    identity: str,
    pictures: Mapping[str, bytes] | None = None,
) -> bytes:
    """On the letterhead that it names; `identity` tells it from all other letters."""
    html = render_to_string(f"invoicing/documents/{template}.html", {"doc": doc})
    return pdf_of(html, identity=identity, letterhead=doc.letterhead, pictures=pictures)


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
