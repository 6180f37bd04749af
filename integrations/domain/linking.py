"""Which of the system's customers ours are, and keeping both sides alike."""

from dataclasses import dataclass

from django.db import transaction

from customers.domain import registers
from customers.models import Contact, Customer
from integrations.domain.access import Door
from integrations.domain.byhand import release
from integrations.models import Connection, CustomerLink, Export
from integrations.ports import Partner, PartnerChanges, PartnerDetails
from integrations.problems import Problem
from tenants.audit import log
from tenants.models import User

ASK_SECONDS = 12


@transaction.atomic
def link(
    connection: Connection, customer: Customer, partner: Partner, *, actor: User | None
) -> CustomerLink:
    """Say who the customer is there; its invoices that waited for that go on."""
    # Two people at once: the second one's choice counts, and both are in the log.
    Customer.objects.select_for_update().get(pk=customer.pk)
    # A worker that just found no link writes that down first, and is released below.
    Connection.objects.select_for_update().get(pk=connection.pk)
    made: CustomerLink
    made, is_new = CustomerLink.objects.get_or_create(
        connection=connection,
        customer=customer,
        defaults={
            "remote_id": partner.id,
            "remote_number": partner.number[:60],
            "remote_name": partner.name[:200],
            "linked_by": actor,
        },
    )
    if is_new:
        log("link.made", customer, actor=actor, to=partner.name, connection=connection.name)
    else:
        was = made.remote_name
        made.remote_number, made.remote_name = partner.number[:60], partner.name[:200]
        if made.remote_id != partner.id:
            made.remote_id, made.linked_by = partner.id, actor
            log(
                "link.changed",
                customer,
                actor=actor,
                changes={connection.name: [was, partner.name]},
            )
        made.save()
    release(
        list(
            Export.objects.select_for_update()
            .filter(
                connection=connection,
                invoice__customer=customer,
                status=Export.Status.FAILED,
                problem=Problem.NOT_LINKED,
            )
            .order_by("pk")
        )
    )
    return made


@transaction.atomic
def unlink(made: CustomerLink, *, actor: User) -> None:
    log(
        "link.removed",
        made.customer,
        actor=actor,
        to=made.remote_name,
        connection=made.connection.name,
    )
    made.delete()


@dataclass(frozen=True)
class OwnSide:
    """What is edited on the way, as it is with us."""

    contact_name: str
    email: str
    payment_term_days: int | None


def invoice_contact(customer: Customer) -> Contact | None:
    found: Contact | None = Contact.objects.filter(customer=customer, gets_invoices=True).first()
    return found


def own_side(customer: Customer) -> OwnSide:
    contact = invoice_contact(customer)
    return OwnSide(
        contact_name=contact.name if contact else "",
        email=customer.email,
        payment_term_days=customer.payment_term_days,
    )


def details_of(customer: Customer, side: OwnSide, *, usual_days: int) -> PartnerDetails:
    """The customer as it shall stand there."""
    days = side.payment_term_days
    return PartnerDetails(
        name=customer.name,
        number=customer.number,
        business_id=customer.business_id,
        vat_id=customer.vat_id,
        street=customer.street,
        postal_code=customer.postal_code,
        city=customer.city,
        country=customer.country,
        email=side.email,
        contact_name=side.contact_name,
        language=customer.language,
        currency=customer.currency,
        payment_term_days=usual_days if days is None else days,
        einvoice_address=customer.einvoice_address,
        einvoice_operator=customer.einvoice_operator,
    )


def change_there(door: Door, remote_id: str, side: OwnSide) -> Partner:
    """Save on the other side what it can hold; raises AdapterError. No transaction may be open."""
    with door.open(seconds=ASK_SECONDS) as (adapter, _http):
        return adapter.update_partner(
            remote_id,
            PartnerChanges(
                email=side.email,
                contact_name=side.contact_name,
                payment_term_days=side.payment_term_days,
            ),
        )


def create_there(door: Door, details: PartnerDetails) -> Partner:
    with door.open(seconds=ASK_SECONDS) as (adapter, _http):
        return adapter.create_partner(details)


def read_there(door: Door, remote_id: str) -> Partner:
    with door.open(seconds=ASK_SECONDS) as (adapter, _http):
        return adapter.read_partner(remote_id)


def search_there(door: Door, text: str) -> list[Partner]:
    with door.open(seconds=ASK_SECONDS) as (adapter, _http):
        return adapter.search_partners(text)


def list_there(door: Door, limit: int) -> list[Partner]:
    with door.open(seconds=ASK_SECONDS) as (adapter, _http):
        return adapter.list_partners(limit)


@transaction.atomic
def save_own_side(customer: Customer, side: OwnSide, *, actor: User) -> None:
    """Keep the same with us: on the customer, and on the contact who gets its invoices."""
    registers.change_customer(
        customer, actor=actor, email=side.email, payment_term_days=side.payment_term_days
    )
    contact = invoice_contact(customer)
    if not side.contact_name:
        return
    if contact is None:
        registers.add_contact(
            customer,
            actor=actor,
            name=side.contact_name,
            email=side.email,
            gets_invoices=True,
        )
    elif contact.name != side.contact_name:
        registers.change_contact(contact, actor=actor, name=side.contact_name)
