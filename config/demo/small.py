"""Three small companies, each with another accounting system: engineers in Lappeenranta, designers
in Hamburg and an agency in Cologne."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from catalog.domain.charts import GERMANY
from config.demo.kuusi import KUUSI
from config.demo.nordlicht import NORDLICHT
from config.demo.plan import Company, Customer, Person, Project, Task, business_ids, iban
from tenants.roles import Role

_MONTHS = 2


def _german(
    *, people: Sequence[Person], tasks: Sequence[Task], details: Mapping[str, Any], **own: Any
) -> Company:
    """What small German companies have in common."""
    return Company(
        months=_MONTHS,
        has_quotations=False,
        minutes_a_day=450,
        writes_times=False,
        tax_rates=NORDLICHT.tax_rates,
        corrections=NORDLICHT.corrections,
        bounce=NORDLICHT.bounce,
        question=NORDLICHT.question,
        internal_texts=["Teamrunde", "Angebot vorbereitet", "Büro", "Weiterbildung"],
        people=people,
        tasks=[*tasks, Task("Intern", [], is_billable=False)],
        details={
            "country": "DE",
            "language": "de",
            "time_zone": "Europe/Berlin",
            "payment_term_days": 14,
            "late_interest_percent": Decimal("11.27"),
            **GERMANY.accounts,
            **details,
        },
        **own,
    )


RANTASALO = Company(
    slug="rantasalo",
    seed=71,
    months=_MONTHS,
    has_quotations=False,
    bank="Osuuspankki",
    movements=(("SAIMAAN TOIMITILAT OY", "Vuokra", "-960.00"),),
    domain="rantasalo.example",
    rate="94",
    minutes_a_day=450,
    writes_times=False,
    details={
        "name": "Rantasalo Insinöörit",
        "legal_name": "Rantasalo Insinöörit Oy",
        "business_id": business_ids("FI", 309_3223)[0],
        "vat_id": business_ids("FI", 309_3223)[1],
        "street": "Kauppakatu 28",
        "postal_code": "53100",
        "city": "Lappeenranta",
        "country": "FI",
        "email": "laskutus@rantasalo.example",
        "phone": "+358 5 555 0118",
        "website": "https://rantasalo.example",
        "iban": iban("FI", "56200420117734"),
        "bic": "OKOYFIHH",
        "language": "fi",
        "time_zone": "Europe/Helsinki",
        "payment_term_days": 14,
        "late_interest_percent": Decimal("10.5"),
        "receivables_account": "1700",
    },
    people=[
        Person("Kirsi Rantasalo", Role.OWNER, {"silta-tarkastus": 3}, internal=0.6, rate="118"),
        Person("Pauli Savolainen", Role.ACCOUNTANT, internal=1.0),
        Person(
            "Antti Hyvärinen",
            Role.MANAGER,
            {"silta-tarkastus": 4, "saha-laajennus": 4, "satama-laituri": 2},
            locks=0,
        ),
        Person("Iida Kemppainen", Role.MEMBER, {"koulu-rakenteet": 5, "asunto-kunto": 3}),
    ],
    customers=[
        Customer(
            "silta", "Etelä-Saimaan Väylät Oy", "Valtakatu 41", "53100", "Lappeenranta",
            "Riku Pulli", term=30,
        ),
        Customer(
            "saha", "Kaukaan Sahatavara Oy", "Sahantie 3", "53300", "Lappeenranta", "Satu Ikonen"
        ),
        Customer(
            "koulu", "Joutsenon koulusäätiö sr", "Keskuskatu 7", "54100", "Joutseno",
            "Liisa Auvinen", term=21,
        ),
        # Its register there has it under another name; somebody has to say that it is the same.
        Customer(
            "asunto", "Asunto Oy Lauritsalan Kuusikko", "Hallituskatu 12", "53300",
            "Lappeenranta", "Veikko Suni", is_linked=False,
        ),
        Customer(
            "satama", "Saimaan Satamapalvelut Oy", "Satamatie 2", "53900", "Lappeenranta",
            "Mika Rouhiainen",
        ),
        Customer(
            "sisainen", "Rantasalo Insinöörit (sisäinen)", "Kauppakatu 28", "53100",
            "Lappeenranta", is_linked=False, is_internal=True,
        ),
    ],
    projects=[
        Project(
            "silta-tarkastus", "silta", "Siltojen yleistarkastukset", "Antti Hyvärinen",
            {"Rakennesuunnittelu": 3, "Kohdekäynti": 3}, order_reference="ESV-7781",
        ),
        Project(
            "saha-laajennus", "saha", "Kuivaamon laajennus", "Antti Hyvärinen",
            {"Rakennesuunnittelu": 6, "Kohdekäynti": 1},
        ),
        Project(
            "koulu-rakenteet", "koulu", "Koulun katto", "Antti Hyvärinen",
            {"Rakennesuunnittelu": 5},
        ),
        Project(
            "asunto-kunto", "asunto", "Kuntoarvio", "Antti Hyvärinen",
            {"Kohdekäynti": 4, "Rakennesuunnittelu": 1},
        ),
        Project(
            "satama-laituri", "satama", "Laiturin mitoitus", "Antti Hyvärinen",
            {"Rakennesuunnittelu": 5},
        ),
        Project("sisainen-tyo", "sisainen", "Sisäinen työ", "Kirsi Rantasalo", {"Sisäinen": 1}),
    ],
    tasks=[
        Task(
            "Rakennesuunnittelu",
            ["Kuormitustarkastelu", "Liitosten mitoitus", "Piirustusten päivitys", "Laskelmat"],
        ),
        Task("Kohdekäynti", ["Kohdekäynti ja valokuvat", "Mittaukset", "Katselmus"]),
        Task("Sisäinen", [], is_billable=False),
    ],
    internal_texts=["Viikkopalaveri", "Tarjous", "Hallinto", "Koulutus"],
    tax_rates=KUUSI.tax_rates,
    subscription=("satama", "Valvontapalvelu", Decimal("310")),
    corrections=KUUSI.corrections,
    bounce=KUUSI.bounce,
    question=KUUSI.question,
    dispute="Asiakas odottaa vielä tarkastuspöytäkirjaa.",
)  # fmt: skip

HAFENLICHT = _german(
    slug="hafenlicht",
    seed=62,
    bank="Hamburger Volksbank",
    movements=(("SPEICHERSTADT BUEROS GMBH", "Miete", "-1180.00"),),
    domain="hafenlicht.example",
    rate="88",
    details={
        "name": "Hafenlicht Gestaltung",
        "legal_name": "Hafenlicht Gestaltung GmbH",
        "business_id": business_ids("DE", 308_1406)[0],
        "vat_id": business_ids("DE", 308_1406)[1],
        "street": "Am Sandtorkai 30",
        "postal_code": "20457",
        "city": "Hamburg",
        "email": "rechnung@hafenlicht.example",
        "phone": "+49 40 5550 1311",
        "website": "https://hafenlicht.example",
        "iban": iban("DE", "201900030084417702"),
        "bic": "GENODEF1HH2",
        "document_footer": "Geschäftsführerin: Merle Brandt · Amtsgericht Hamburg",
    },
    people=[
        Person("Merle Brandt", Role.OWNER, {"museum-leitsystem": 4}, internal=0.5, rate="110"),
        Person("Sven Oltmann", Role.ACCOUNTANT, internal=1.0),
        Person(
            "Jette Falk",
            Role.MANAGER,
            {"museum-leitsystem": 3, "brauerei-etikett": 3, "verlag-reihe": 4},
            locks=0,
        ),
        Person("Arne Lüders", Role.MEMBER, {"reederei-bericht": 5, "kaffee-laden": 3}),
    ],
    customers=[
        Customer(
            "museum", "Museum am Elbufer gGmbH", "Große Elbstraße 12", "22767", "Hamburg",
            "Dr. Inka Reuter", term=30,
        ),
        Customer(
            "brauerei", "Brauhaus Störtebeck GmbH & Co. KG", "Zirkusweg 2", "20359", "Hamburg",
            "Holger Timm",
        ),
        Customer(
            "verlag", "Wellenbrecher Verlag GmbH", "Eppendorfer Weg 57", "20259", "Hamburg",
            "Nele Sievers", is_linked=False,
        ),
        Customer(
            "reederei", "Reederei Hansen Nachf. GmbH", "Baumwall 7", "20459", "Hamburg",
            "Kai Dethlefs", term=21,
        ),
        Customer(
            "kaffee", "Kaffeerösterei Kornträger OHG", "Marktstraße 101", "20357", "Hamburg",
            "Lotte Klüver",
        ),
        Customer(
            "intern", "Hafenlicht (intern)", "Am Sandtorkai 30", "20457", "Hamburg",
            is_linked=False, is_internal=True,
        ),
    ],
    projects=[
        Project(
            "museum-leitsystem", "museum", "Leitsystem Dauerausstellung", "Jette Falk",
            {"Entwurf": 4, "Reinzeichnung": 2}, order_reference="MAE-2026-14",
        ),
        Project(
            "brauerei-etikett", "brauerei", "Etiketten Saison", "Jette Falk",
            {"Entwurf": 3, "Reinzeichnung": 3},
        ),
        Project(
            "verlag-reihe", "verlag", "Reihengestaltung Sachbuch", "Jette Falk", {"Entwurf": 4}
        ),
        Project(
            "reederei-bericht", "reederei", "Geschäftsbericht", "Jette Falk",
            {"Entwurf": 2, "Reinzeichnung": 4},
        ),
        Project("kaffee-laden", "kaffee", "Ladenbeschriftung", "Jette Falk", {"Entwurf": 3}),
        Project("intern-betrieb", "intern", "Betrieb", "Merle Brandt", {"Intern": 1}),
    ],
    tasks=[
        Task("Entwurf", ["Skizzen", "Zweite Runde nach Rückmeldung", "Farbmuster", "Moodboard"]),
        Task("Reinzeichnung", ["Druckdaten", "Korrekturabzug", "Satz", "Bildbearbeitung"]),
    ],
    subscription=("kaffee", "Pflege der Website", Decimal("160")),
    dispute="Der Kunde fragt, welche Korrekturrunde gemeint ist.",
)  # fmt: skip

FUNKENFLUG = _german(
    slug="funkenflug",
    seed=83,
    bank="Sparkasse KölnBonn",
    movements=(("EHRENFELD ATELIERS GMBH", "Miete", "-1640.00"),),
    domain="funkenflug.example",
    rate="96",
    details={
        "name": "Funkenflug Agentur",
        "legal_name": "Funkenflug Agentur GmbH",
        "business_id": business_ids("DE", 310_8979)[0],
        "vat_id": business_ids("DE", 310_8979)[1],
        "street": "Venloer Straße 241",
        "postal_code": "50823",
        "city": "Köln",
        "email": "buchhaltung@funkenflug.example",
        "phone": "+49 221 5550 190",
        "website": "https://funkenflug.example",
        "iban": iban("DE", "370501980031774420"),
        "bic": "COLSDE33",
        "document_footer": "Geschäftsführer: Deniz Aydın · Amtsgericht Köln",
    },
    people=[
        Person("Deniz Aydın", Role.OWNER, {"brunnen-kampagne": 3}, internal=0.6, rate="124"),
        Person("Gesa Pohl", Role.ACCOUNTANT, internal=1.0),
        Person(
            "Ruben Esser",
            Role.MANAGER,
            {"brunnen-kampagne": 4, "fahrrad-shop": 3, "messe-stand": 3},
            locks=0,
        ),
        Person("Yara Klein", Role.MEMBER, {"theater-plakate": 4, "stadtwerk-app": 4}),
    ],
    customers=[
        Customer(
            "brunnen", "Eifelbrunnen Getränke GmbH", "Quellenweg 1", "53518", "Adenau",
            "Monika Linden", term=30,
        ),
        Customer(
            "fahrrad", "Radwerk Deutz GmbH", "Siegburger Straße 114", "50679", "Köln",
            "Philipp Ommer",
        ),
        Customer(
            "messe", "Messebau Hürther GmbH & Co. KG", "Industriestraße 20", "50354", "Hürth",
            "Anja Schmitz", term=21,
        ),
        Customer(
            "theater", "Theater im Speicher e.V.", "Am Rheinufer 9", "50668", "Köln",
            "Clemens Baur", is_linked=False,
        ),
        Customer(
            "stadtwerk", "Stadtwerk Bergisch Tal GmbH", "Hauptstraße 88", "51465",
            "Bergisch Gladbach", "Uta Krings", term=30,
        ),
        Customer(
            "intern", "Funkenflug (intern)", "Venloer Straße 241", "50823", "Köln",
            is_linked=False, is_internal=True,
        ),
    ],
    projects=[
        Project(
            "brunnen-kampagne", "brunnen", "Sommerkampagne", "Ruben Esser",
            {"Konzept": 3, "Umsetzung": 4}, order_reference="EB-4410",
        ),
        Project(
            "fahrrad-shop", "fahrrad", "Onlineshop", "Ruben Esser", {"Umsetzung": 5, "Konzept": 1}
        ),
        Project("messe-stand", "messe", "Messeauftritt", "Ruben Esser", {"Konzept": 4}),
        Project("theater-plakate", "theater", "Plakate Spielzeit", "Ruben Esser", {"Umsetzung": 4}),
        Project(
            "stadtwerk-app", "stadtwerk", "Kunden-App", "Ruben Esser",
            {"Umsetzung": 5, "Konzept": 2},
        ),
        Project("intern-betrieb", "intern", "Betrieb", "Deniz Aydın", {"Intern": 1}),
    ],
    tasks=[
        Task("Konzept", ["Workshop", "Storyboard", "Mediaplan", "Präsentation"]),
        Task("Umsetzung", ["Programmierung", "Texte", "Schnitt", "Abstimmung mit der Druckerei"]),
    ],
    subscription=("stadtwerk", "Betreuung der sozialen Medien", Decimal("480")),
    dispute="Der Kunde hat die zweite Korrekturschleife nicht bestellt.",
)  # fmt: skip
