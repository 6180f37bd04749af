"""Connects the example companies to the sandboxes of their accounting systems, which know most of
their customers, some by other names."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from customers.models import Customer
from integrations.domain.connections import save_connection
from integrations.domain.guessing import guess_all
from integrations.domain.linking import link
from integrations.models import Connection
from integrations.ports import Partner
from integrations.registry import SANDBOX
from integrations.systems.procountor.sandbox import company as procountor
from integrations.systems.sevdesk.sandbox import company as sevdesk
from tenants.models import User

FROM_THE_BEGINNING = 0


@dataclass(frozen=True)
class Door:
    """`months`: since how many months documents go there, or from the beginning."""

    system: str
    name: str
    months: int
    settings: Mapping[str, str]
    credentials: Callable[[], dict[str, str]]
    partners: Callable[[], list[Partner]]


def _procountor_key() -> dict[str, str]:
    client_id, client_secret = procountor.client()
    api_key = procountor.companies()["kuusi"].api_key
    return {"client_id": client_id, "client_secret": client_secret, "api_key": api_key}


def _procountor_partners() -> list[Partner]:
    return [
        Partner(
            id=str(number),
            name=partner["name"],
            number=partner["number"],
            business_id=partner["identifier"],
            is_active=partner.get("active", True),
        )
        for number, partner in enumerate(
            procountor.companies()["kuusi"].partners, start=procountor.FIRST["partner"]
        )
    ]


def _sevdesk_key() -> dict[str, str]:
    return {"token": sevdesk.companies()["nordlicht"].token}


def _sevdesk_partners() -> list[Partner]:
    return [
        Partner(
            id=str(number),
            name=contact.get("name") or f"{contact['surename']} {contact['familyname']}",
            number=contact["customerNumber"],
            vat_id=contact["vatNumber"],
            is_active=contact.get("category") is None,
        )
        for number, contact in enumerate(
            sevdesk.companies()["nordlicht"].contacts, start=sevdesk.FIRST["Contact"]
        )
    ]


DOORS: dict[str, Door] = {
    "kuusi": Door(
        system="procountor",
        name="Procountor",
        months=FROM_THE_BEGINNING,
        settings={
            "unlinked": "hold",
            "until": "send",
            "channel": "AUTO",
            "send_pdf": "yes",
            "vat_eu_services": "31",
            "vat_construction": "32",
            "currency_rates": "SEK 11.24",
        },
        credentials=_procountor_key,
        partners=_procountor_partners,
    ),
    # It is paced at a few requests a second; half a year of documents would take minutes.
    "nordlicht": Door(
        system="sevdesk",
        name="sevDesk",
        months=1,
        settings={"until": "open", "send_type": "VM", "pdf": "theirs", "payments": "900"},
        credentials=_sevdesk_key,
        partners=_sevdesk_partners,
    ),
}


def connect(
    slug: str, customers: Iterable[Customer], *, actor: User, months: int = FROM_THE_BEGINNING
) -> None:
    """The company whose documents go somewhere since so many months, if it is this one. The
    sandbox's address is found when it runs."""
    door = DOORS.get(slug)
    if door is None or door.months != months:
        return
    connection = save_connection(
        Connection(system=door.system),
        actor=actor,
        name=door.name,
        environment=SANDBOX,
        settings=door.settings,
        credentials=door.credentials(),
    )
    customers = list(customers)
    guesses = guess_all(customers, door.partners())
    for customer in customers:
        if guess := guesses.get(customer.pk):
            link(connection, customer, guess.partner, actor=actor)
