"""Connects the example companies to the sandboxes of their accounting systems, which know most of
their customers, some by other names."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from customers.models import Customer
from integrations.domain.connections import save_connection
from integrations.domain.guessing import guess_all
from integrations.domain.linking import link
from integrations.domain.product_links import map_to
from integrations.domain.signing_in import wait_for_sign_in
from integrations.models import Connection
from integrations.ports import Partner, RemoteProduct
from integrations.registry import SANDBOX
from integrations.systems.hq.sandbox import data as hq
from integrations.systems.lexoffice.sandbox import organisations as lexoffice
from integrations.systems.netvisor.sandbox import company as netvisor
from integrations.systems.procountor.sandbox import company as procountor
from integrations.systems.sevdesk.sandbox import company as sevdesk
from tenants.models import User
from timesheets.models import Task

FROM_THE_BEGINNING = 0


@dataclass(frozen=True)
class Door:
    """`months`: since how many months documents go there, or from the beginning. Without
    credentials somebody signs in there (`play_demo`). `paid` is the sandbox's address at which a
    document there is paid, `goes_wrong` what happens to it in the first minutes.
    """

    system: str
    name: str
    months: int
    settings: Mapping[str, str]
    partners: Callable[[], list[Partner]]
    paid: str
    credentials: Callable[[], dict[str, str]] | None = None
    # By task the code of the product that it is there.
    products: Mapping[str, str] = field(default_factory=dict)
    # What is set once the past is there.
    since_today: Mapping[str, str] = field(default_factory=dict)
    goes_wrong: str = ""


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


def _netvisor_key() -> dict[str, str]:
    company = netvisor.COMPANIES["rantasalo"]
    return {
        "customer_id": company.customer_id,
        "customer_key": company.customer_key,
        "partner_id": netvisor.PARTNER_ID,
        "partner_key": netvisor.PARTNER_KEY,
    }


def _netvisor_first(kind: str, slug: str) -> int:
    """Keys there are of one row for all companies."""
    before = list(netvisor.COMPANIES.values())[: list(netvisor.COMPANIES).index(slug)]
    return netvisor.FIRST[kind] + sum(len(getattr(one, f"{kind}s")) for one in before)


def _netvisor_partners() -> list[Partner]:
    return [
        Partner(
            id=str(number),
            name=customer["name"],
            number=customer["internalidentifier"],
            business_id=customer["externalidentifier"],
        )
        for number, customer in enumerate(
            netvisor.COMPANIES["rantasalo"].customers,
            start=_netvisor_first("customer", "rantasalo"),
        )
    ]


def _netvisor_product(code: str) -> RemoteProduct:
    for number, product in enumerate(
        netvisor.COMPANIES["rantasalo"].products, start=_netvisor_first("product", "rantasalo")
    ):
        if product[0] == code:
            return RemoteProduct(id=str(number), name=product[1], number=code)
    raise LookupError(code)


def _lexoffice_partners() -> list[Partner]:
    return [
        Partner(
            id=lexoffice.stable_id("hafenlicht", "contact", number),
            name=contact["company"]["name"],
            number=str(lexoffice.FIRST_NUMBER["customer"] + number - 1),
            vat_id=contact["company"]["vatRegistrationId"],
        )
        for number, contact in enumerate(lexoffice.CONTACTS["hafenlicht"], start=1)
    ]


def _hq_key() -> dict[str, str]:
    return {"token": hq.tenants()["funkenflug"].token}


def _hq_partners() -> list[Partner]:
    return [
        Partner(
            id=str(number),
            name=company["name"],
            number=str(company["debitorNumber"]),
            vat_id=company["vatId"],
        )
        for number, company in enumerate(
            hq.tenants()["funkenflug"].companies, start=hq.FIRST["company"]
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
            "payments": "900",
        },
        paid="/_sandbox/invoices/kuusi/{id}/pay",
        credentials=_procountor_key,
        partners=_procountor_partners,
    ),
    # It is paced at a few requests a second; half a year of documents would take minutes.
    "nordlicht": Door(
        system="sevdesk",
        name="sevDesk",
        months=1,
        settings={"until": "open", "send_type": "VM", "pdf": "theirs", "payments": "900"},
        paid="/Invoice/nordlicht/{id}/pay",
        credentials=_sevdesk_key,
        partners=_sevdesk_partners,
    ),
    "rantasalo": Door(
        system="netvisor",
        name="Netvisor",
        months=FROM_THE_BEGINNING,
        settings={
            "organisation": netvisor.COMPANIES["rantasalo"].business_id,
            "status": "open",
            "send_pdf": "yes",
            "payments": "900",
        },
        paid="/_sandbox/invoices/{id}/pay",
        credentials=_netvisor_key,
        partners=_netvisor_partners,
        # What belongs to no task waits for somebody who says which product it is.
        products={"Rakennesuunnittelu": "SUUN", "Kohdekäynti": "SUUN"},
        goes_wrong="error_after,method=POST,path=/salesinvoice.nv",
    ),
    "hafenlicht": Door(
        system="lexoffice",
        name="Lexware Office",
        months=FROM_THE_BEGINNING,
        settings={"mode": "document", "finalize": "yes", "unlinked": "hold", "payments": "900"},
        since_today={"numbers": "there"},
        paid="/_sandbox{page}/pay",
        partners=_lexoffice_partners,
        # Its first document needs somebody, and the credit note of that one waits for it.
        goes_wrong="refuse,method=POST,path=/invoices,status=406,field=voucherDate,"
        "message=The accounting period is closed",
    ),
    "funkenflug": Door(
        system="hq",
        name="HQ",
        months=FROM_THE_BEGINNING,
        settings={
            "dialect": "v2",
            "template": "5",
            "units": "HUR 3",
            "unlinked": "hold",
            "corrections": "hand",
            "payments": "900",
        },
        paid="/document/funkenflug/{id}/pay",
        credentials=_hq_key,
        partners=_hq_partners,
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
        credentials=door.credentials() if door.credentials else {},
    )
    if door.credentials is None:
        wait_for_sign_in(connection)
    customers = list(customers)
    guesses = guess_all(customers, door.partners())
    for customer in customers:
        if guess := guesses.get(customer.pk):
            link(connection, customer, guess.partner, actor=actor)
    for task in Task.objects.filter(name__in=door.products):
        map_to(connection, task, _netvisor_product(door.products[task.name]), actor=actor)


def change_since_today(slug: str, *, actor: User) -> None:
    """Settings under which the past would have gone otherwise."""
    door = DOORS.get(slug)
    if door is None or not door.since_today:
        return
    connection = Connection.objects.get(system=door.system)
    save_connection(
        connection,
        actor=actor,
        name=connection.name,
        environment=connection.environment,
        settings={**connection.settings, **door.since_today},
        credentials={},
    )
