"""What all letters to customers begin with that are no documents of their own."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils import timezone

from customers.models import Customer
from invoicing.documents.letterheads import Letterhead, letterhead_of
from invoicing.documents.printed import Fact, account_of, address_lines, footer_of, sender_of
from invoicing.documents.words import Words, words_of
from invoicing.domain.freezing import seller_copy
from tenants.models import Tenant
from tenants.scope import current_tenant_id


@dataclass(frozen=True)
class LetterHead:
    """From the company as it is today to the customer as they are today, in their language.
    `account` is where they pay."""

    words: Words
    language: str
    made_at: datetime
    letterhead: Letterhead
    seller_name: str
    sender: str
    address: tuple[str, ...]
    footer: tuple[tuple[str, ...], ...]
    account: tuple[Fact, ...]


def letter_head_to(customer: Customer, *, on: date) -> LetterHead:
    words = words_of(customer.language)
    seller = seller_copy(Tenant.objects.get(pk=current_tenant_id()))
    return LetterHead(
        words=words,
        language=customer.language,
        made_at=timezone.make_aware(datetime.combine(on, time(12))),
        letterhead=letterhead_of(seller),
        seller_name=seller["legal_name"] or seller["name"],
        sender=sender_of(seller),
        address=address_lines(
            customer.name,
            customer.street,
            f"{customer.postal_code} {customer.city}",
            country=customer.country,
            home=seller["country"],
            locale=words.locale,
        ),
        footer=footer_of(seller, words),
        account=account_of(seller, words),
    )


@dataclass(frozen=True)
class CustomerLetter:
    """The fields that the pages of every letter ask for."""

    head: LetterHead
    facts: tuple[Fact, ...]

    is_draft = False

    @property
    def words(self) -> Words:
        return self.head.words

    @property
    def language(self) -> str:
        return self.head.language

    @property
    def made_at(self) -> datetime:
        return self.head.made_at

    @property
    def letterhead(self) -> Letterhead:
        return self.head.letterhead

    @property
    def seller_name(self) -> str:
        return self.head.seller_name

    @property
    def sender(self) -> str:
        return self.head.sender

    @property
    def address(self) -> tuple[str, ...]:
        return self.head.address

    @property
    def footer(self) -> tuple[tuple[str, ...], ...]:
        return self.head.footer
