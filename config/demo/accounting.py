"""Connects an example company to its sandbox, which knows most of its customers by other names."""

from collections.abc import Iterable

from customers.models import Customer
from integrations.domain.connections import save_connection
from integrations.domain.guessing import guess_all
from integrations.domain.linking import link
from integrations.models import Connection
from integrations.ports import Partner
from integrations.registry import SANDBOX
from integrations.systems.procountor.sandbox.company import FIRST, client, companies
from tenants.models import User

SETTINGS = {
    "unlinked": "hold",
    "until": "send",
    "channel": "AUTO",
    "send_pdf": "yes",
    "vat_eu_services": "31",
    "vat_construction": "32",
    "currency_rates": "SEK 11.24",
}


def connect(slug: str, customers: Iterable[Customer], *, actor: User) -> None:
    """Nothing for companies that the sandbox does not have. Its address is found when it runs."""
    remote = companies().get(slug)
    if remote is None:
        return
    client_id, client_secret = client()
    connection = save_connection(
        Connection(system="procountor"),
        actor=actor,
        name="Procountor",
        environment=SANDBOX,
        settings=SETTINGS,
        credentials={
            "client_id": client_id,
            "client_secret": client_secret,
            "api_key": remote.api_key,
        },
    )
    customers = list(customers)
    guesses = guess_all(
        customers,
        (
            Partner(
                id=str(number),
                name=partner["name"],
                number=partner["number"],
                business_id=partner["identifier"],
                is_active=partner.get("active", True),
            )
            for number, partner in enumerate(remote.partners, start=FIRST["partner"])
        ),
    )
    for customer in customers:
        if guess := guesses.get(customer.pk):
            link(connection, customer, guess.partner, actor=actor)
