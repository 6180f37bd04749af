"""The organisations here, their keys, and what they begin with."""

from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from integrations.sandbox.store import Store

CLIENT_ID, CLIENT_SECRET = "laskuri", "laskuri-sandbox"
FIRST_NUMBER = {"invoice": 1001, "creditnote": 1001, "customer": 10001}


@dataclass(frozen=True)
class Organisation:
    slug: str
    name: str
    api_key: str
    tax_type: str = "net"
    small_business: bool = False
    features: tuple[str, ...] = ("INVOICING", "INVOICING_PRO", "BOOKKEEPING")

    @property
    def uuid(self) -> str:
        return stable_id(self.slug)


ORGANISATIONS = {
    one.slug: one
    for one in (
        Organisation("nordlicht", "Nordlicht Kontor GmbH", "nordlicht-api-key"),
        Organisation(
            "kleinstein",
            "Kleinstein Gestaltung",
            "kleinstein-api-key",
            tax_type="vatfree",
            small_business=True,
            features=("BOOKKEEPING",),
        ),
    )
}
CATEGORIES = [
    ("Einnahmen", "income"),
    ("Erlöse § 13b UStG, EU", "income"),
    ("Erlöse § 13b UStG, Bauleistungen", "income"),
    ("Innergemeinschaftliche Lieferungen", "income"),
    ("Erlöse Drittland", "income"),
    ("Steuerfreie Umsätze", "income"),
    ("Bürobedarf", "outgo"),
]
LAYOUTS = ("Standard", "Briefpapier")
COUNTRIES = [
    "AT",
    "BE",
    "BG",
    "CH",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "ES",
    "FI",
    "FR",
    "GB",
    "GR",
    "HR",
    "HU",
    "IE",
    "IT",
    "JP",
    "LI",
    "LT",
    "LU",
    "LV",
    "MT",
    "NL",
    "NO",
    "PL",
    "PT",
    "RO",
    "SE",
    "SI",
    "SK",
    "UA",
    "US",
]
_CONTACTS: dict[str, list[dict[str, Any]]] = {
    "nordlicht": [
        {
            "company": {
                "name": "Hafenblick Verlag GmbH",
                "vatRegistrationId": "DE811569869",
                "contactPersons": [{"firstName": "Imke", "lastName": "Petersen", "primary": True}],
            },
            "addresses": {
                "billing": [
                    {"street": "Kaistraße 7", "zip": "24103", "city": "Kiel", "countryCode": "DE"}
                ]
            },
            "emailAddresses": {"business": ["rechnung@hafenblick.example"]},
        },
        {
            "company": {"name": "Alpenrad & Söhne <Wien> GmbH", "vatRegistrationId": "ATU62895905"},
            "addresses": {
                "billing": [
                    {"street": "Ring 1", "zip": "1010", "city": "Wien", "countryCode": "AT"}
                ]
            },
            "emailAddresses": {"business": ["buero@alpenrad.example"]},
        },
        {
            "company": {"name": "Rabatt_100% Handels UG"},
            "addresses": {
                "billing": [
                    {"street": "Weg 2", "zip": "20095", "city": "Hamburg", "countryCode": "DE"},
                    {"street": "Weg 3", "zip": "20095", "city": "Hamburg", "countryCode": "DE"},
                ]
            },
        },
    ],
    "kleinstein": [
        {
            "person": {"firstName": "Thea", "lastName": "Lind"},
            "addresses": {
                "billing": [
                    {"street": "Gasse 4", "zip": "04103", "city": "Leipzig", "countryCode": "DE"}
                ]
            },
        }
    ],
}


def stable_id(*parts: object) -> str:
    """The same at every start, so that examples can name it."""
    return str(uuid5(NAMESPACE_URL, "/".join(map(str, ("lexoffice-sandbox", *parts)))))


def categories(organisation: Organisation) -> list[dict[str, Any]]:
    return [
        {
            "id": stable_id(organisation.slug, "category", name),
            "name": name,
            "type": kind,
            "contactRequired": False,
            "splitAllowed": True,
            "groupName": "Einnahmen" if kind == "income" else "Ausgaben",
        }
        for name, kind in CATEGORIES
    ]


def layouts(organisation: Organisation) -> list[dict[str, Any]]:
    return [
        {
            "id": stable_id(organisation.slug, "layout", name),
            "name": name,
            "default": name == LAYOUTS[0],
        }
        for name in LAYOUTS
    ]


def fill(store: Store, organisation: Organisation, now: str) -> None:
    """Customers to link to, unless they are here already."""
    slug = organisation.slug
    if store.count("contact", slug):
        return
    for data in _CONTACTS[slug]:
        number = store.next_number("contact", slug, 1)
        store.put(
            "contact",
            slug,
            {
                "id": number,
                "uuid": stable_id(slug, "contact", number),
                "version": 1,
                "created": now,
                "roles": {
                    "customer": {
                        "number": store.next_number("customer", slug, FIRST_NUMBER["customer"])
                    }
                },
                "archived": False,
                **data,
            },
        )
