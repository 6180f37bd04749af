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
        Organisation("hafenlicht", "Hafenlicht Gestaltung GmbH", "hafenlicht-api-key"),
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


def _company(name: str, vat_id: str, street: str, zip_code: str, email: str) -> dict[str, Any]:
    billing = {"street": street, "zip": zip_code, "city": "Hamburg", "countryCode": "DE"}
    return {
        "company": {"name": name, "vatRegistrationId": vat_id},
        "addresses": {"billing": [billing]},
        "emailAddresses": {"business": [email]},
    }


CONTACTS: dict[str, list[dict[str, Any]]] = {
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
    "hafenlicht": [
        _company("Museum am Elbufer gGmbH", "DE962013705", "Große Elbstraße 12", "22767",
                 "rechnung@elbufer.example"),
        _company("Brauhaus Störtebeck", "DE962027409", "Zirkusweg 2", "20359",
                 "buero@stoertebeck.example"),
        _company("Wellenbrecher Verlag", "DE962041101", "Eppendorfer Weg 57", "20259",
                 "verlag@wellenbrecher.example"),
        _company("Reederei Hansen Nachf. GmbH", "DE962054809", "Baumwall 7", "20459",
                 "rechnung@hansen-nachf.example"),
        _company("Kaffeerösterei Kornträger OHG", "DE962068503", "Marktstraße 101", "20357",
                 "post@korntraeger.example"),
        _company("Papier Großhandel Nord GmbH", "DE998877664", "Billstraße 9", "20539",
                 "verkauf@papier-nord.example"),
    ],
}  # fmt: skip


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
    for data in CONTACTS[slug]:
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
