"""A software house in Tampere."""

from datetime import date
from decimal import Decimal

from config.demo.plan import (
    Charge,
    Company,
    Component,
    Customer,
    Package,
    Person,
    Project,
    ServiceOrder,
    Subscriber,
    Task,
    TaxRate,
    Usage,
    business_ids,
    iban,
)
from tenants.roles import Role

BUILD = {"Ohjelmointi": 6, "Testaus": 2, "Palaverit": 1, "Suunnittelu": 1}
CARE = {"Ylläpito ja tuki": 6, "Ohjelmointi": 2, "Palaverit": 1}
DESIGN = {"Suunnittelu": 6, "Palaverit": 2, "Testaus": 1}
ADVISE = {"Konsultointi": 6, "Palaverit": 3}

_business_id, _vat_id = business_ids("FI", 941_1730)

KUUSI = Company(
    slug="kuusi",
    seed=6,
    tags=(("Etätyö", "teal", 0.18), ("Kiireellinen", "red", 0.05), ("Takuu", "", 0.04)),
    bank="Nordea",
    movements=(
        ("TAMPEREEN TOIMITILAT OY", "Vuokra", "-1840.00"),
        ("NORDEA BANK ABP", "Palvelumaksut", "-14.90"),
        ("VEROHALLINTO", "Arvonlisäveron palautus", "312.40"),
        ("KOSKINEN PEKKA", "Kiitos kurssista", "180.00"),
    ),
    domain="kuusi.example",
    rate="108",
    minutes_a_day=450,
    writes_times=False,
    details={
        "name": "Kuusi Ohjelmistot",
        "legal_name": "Kuusi Ohjelmistot Oy",
        "business_id": _business_id,
        "vat_id": _vat_id,
        "street": "Finlaysoninkuja 9",
        "postal_code": "33210",
        "city": "Tampere",
        "country": "FI",
        "email": "laskutus@kuusi.example",
        "phone": "+358 3 555 0142",
        "website": "https://kuusi.example",
        "iban": iban("FI", "15903000000776"),
        "bic": "NDEAFIHH",
        "language": "fi",
        "time_zone": "Europe/Helsinki",
        "payment_term_days": 14,
        "late_interest_percent": Decimal("10.5"),
        "receivables_account": "1700",
        "document_footer": "Huomautukset laskusta 8 päivän kuluessa.",
    },
    people=[
        Person("Aino Kuusela", Role.OWNER, {"vakuutus-portaali": 1}, internal=0.8, rate="145"),
        Person("Timo Rantanen", Role.ACCOUNTANT, internal=1.0),
        Person(
            "Sanna Heikkilä",
            Role.MANAGER,
            {"vakuutus-portaali": 4, "kaupunki-asiointi": 3, "oppi-alusta": 2},
            rate="128",
            internal=0.2,
            locks=0,
        ),
        Person(
            "Jukka Lehtonen",
            Role.MANAGER,
            {"energia-mittarit": 4, "konepaja-mes": 3, "vesi-ilmoitukset": 2},
            rate="128",
            internal=0.2,
        ),
        Person(
            "Mikael Söderholm",
            Role.MANAGER,
            {"logistiikka-seuranta": 4, "nordhavn-api": 3, "fisk-butik": 2},
            rate="128",
            internal=0.25,
            locks=2,
        ),
        Person(
            "Emilia Korhonen",
            Role.MEMBER,
            {"vakuutus-portaali": 6, "vakuutus-yllapito": 2, "apteekki-varasto": 2},
            rate="118",
            locks=0,
        ),
        Person("Ville Nieminen", Role.MEMBER, {"energia-mittarit": 7, "konepaja-mes": 3}, locks=2),
        Person(
            "Laura Mäkinen",
            Role.MEMBER,
            {"kaupunki-asiointi": 5, "oppi-alusta": 3, "matkailu-sivusto": 2},
            rate="112",
        ),
        Person(
            "Oskari Virtanen",
            Role.MEMBER,
            {"logistiikka-seuranta": 6, "leipomo-tilaukset": 3, "fisk-butik": 1},
        ),
        Person(
            "Noora Salminen",
            Role.MEMBER,
            {"oppi-alusta": 5, "matkailu-sivusto": 3, "kiinteisto-sovellus": 3},
            rate="98",
            locks=2,
            days_behind=4,
        ),
        Person(
            "Petri Hämäläinen",
            Role.MEMBER,
            {"konepaja-mes": 5, "konepaja-yllapito": 3, "vesi-ilmoitukset": 2},
            weekdays=frozenset({0, 1, 2, 3}),
            rate="124",
        ),
        Person(
            "Kaisa Ahonen",
            Role.MEMBER,
            {"kiinteisto-sovellus": 5, "leipomo-tilaukset": 3, "apteekki-varasto": 1},
            weekdays=frozenset({1, 2, 3}),
        ),
        Person(
            "Elias Laaksonen",
            Role.MEMBER,
            {"nordhavn-api": 5, "teknik-integration": 4, "brightwater-data": 3},
            rate="115",
            days_behind=1,
        ),
        Person("Harri Tuominen", Role.AUDITOR, email="harri.tuominen@tilintarkastus.example"),
    ],
    customers=[
        Customer(
            "vakuutus", "Järvikansa Vakuutus Oy", "Hämeenkatu 21", "33200", "Tampere",
            "Riitta Saarinen", term=30, rate="116",
        ),
        Customer(
            "energia", "Pohjanlahden Energia Oy", "Isokatu 47", "90100", "Oulu", "Antti Kallio",
            term=21,
        ),
        Customer(
            "logistiikka", "Meriväylä Logistiikka Oy", "Satamatie 5", "48100", "Kotka",
            "Tiina Harju", term=45,
        ),
        Customer(
            "leipomo", "Kotilieden Leipomot Oy", "Vesijärvenkatu 13", "15110", "Lahti", "Outi Aalto"
        ),
        Customer(
            "kaupunki", "Savonrinteen kaupunki", "Raatihuoneenkatu 2", "70100", "Kuopio",
            "Pirkko Miettinen", term=30, buyer_reference="KP 4210 / asiointi", by_project=False,
        ),
        Customer(
            "apteekki", "Harjun Apteekki Ky", "Väinönkatu 30", "40100", "Jyväskylä",
            "Mervi Kettunen", is_linked=False,
        ),
        Customer(
            "kiinteisto", "Lumonranta Kiinteistöt Oy", "Merituulentie 36", "02200", "Espoo",
            "Jari Pesonen",
        ),
        Customer(
            "konepaja", "Konepaja Teräsniemi Oy", "Valimokuja 8", "28100", "Pori", "Kari Ojala",
            term=30, by_project=False,
        ),
        Customer(
            "oppi", "Aurajoen Oppimateriaalit Oy", "Läntinen Rantakatu 15", "20100", "Turku",
            "Heidi Laine",
        ),
        Customer(
            "matkailu", "Revontuli Matkailu Oy", "Koskikatu 25", "96200", "Rovaniemi",
            "Saara Pulkkinen", is_linked=False,
        ),
        Customer(
            "vesi", "Puro & Virta Vesihuolto Oy", "Kauppakatu 12", "80100", "Joensuu",
            "Erkki Turunen", term=21, is_linked=False,
        ),
        Customer(
            "fisk", "Skärgårdens Fisk Ab", "Rådhusgatan 18", "65100", "Vasa", "Gunilla Backman",
            language="sv",
        ),
        Customer(
            "nordhavn", "Nordhavn Shipping A/S", "Sundkrogsgade 11", "2100", "København",
            "Mette Sørensen", country="DK", language="en", term=60,
            tax="Käännetty verovelvollisuus",
        ),
        Customer(
            "teknik", "Östervik Teknik AB", "Kungsgatan 44", "111 35", "Stockholm", "Lars Ekström",
            country="SE", language="sv", currency="SEK", term=30, tax="Käännetty verovelvollisuus",
            rate="1340",
        ),
        Customer(
            "brightwater", "Brightwater Analytics GmbH", "Kehrwieder 9", "20457", "Hamburg",
            "Jonas Albrecht", country="DE", language="de", term=30,
            tax="Käännetty verovelvollisuus",
        ),
        Customer(
            "sisainen", "Kuusi Ohjelmistot (sisäinen)", "Finlaysoninkuja 9", "33210", "Tampere",
            is_linked=False, is_internal=True,
        ),
    ],
    projects=[
        Project(
            "vakuutus-portaali", "vakuutus", "Asiakasportaalin uudistus", "Sanna Heikkilä", BUILD,
            member_rates={"Aino Kuusela": "165"}, order_reference="PO-26-1187",
        ),
        Project("vakuutus-yllapito", "vakuutus", "Portaalin ylläpito", "Sanna Heikkilä", CARE),
        Project(
            "energia-mittarit", "energia", "Mittaridatan palvelu", "Jukka Lehtonen", BUILD,
            rate="119", own_task=("Päivystys", "172"),
        ),
        Project(
            "logistiikka-seuranta", "logistiikka", "Konttien seuranta", "Mikael Söderholm", BUILD,
            order_reference="ML-4471",
        ),
        Project("leipomo-tilaukset", "leipomo", "Tilausjärjestelmä", "Sanna Heikkilä", CARE),
        Project(
            "kaupunki-asiointi", "kaupunki", "Sähköinen asiointi, vaihe 2", "Sanna Heikkilä", BUILD,
            rate="104", order_reference="SAV-2026-318",
        ),
        Project("apteekki-varasto", "apteekki", "Varastoliittymä", "Jukka Lehtonen", CARE),
        Project("kiinteisto-sovellus", "kiinteisto", "Asukassovellus", "Jukka Lehtonen", DESIGN),
        Project("konepaja-mes", "konepaja", "Tuotannonohjaus", "Jukka Lehtonen", BUILD),
        Project("konepaja-yllapito", "konepaja", "Järjestelmätuki", "Jukka Lehtonen", CARE),
        Project("oppi-alusta", "oppi", "Oppimisalusta", "Sanna Heikkilä", BUILD),
        Project("matkailu-sivusto", "matkailu", "Varaussivusto", "Mikael Söderholm", DESIGN),
        Project("vesi-ilmoitukset", "vesi", "Häiriöilmoitukset", "Jukka Lehtonen", BUILD),
        Project("fisk-butik", "fisk", "Nätbutik", "Mikael Söderholm", DESIGN),
        Project(
            "nordhavn-api", "nordhavn", "Booking API", "Mikael Söderholm", ADVISE, rate="138",
            order_reference="NH-90233",
        ),
        Project("teknik-integration", "teknik", "ERP-integration", "Mikael Söderholm", BUILD),
        Project("brightwater-data", "brightwater", "Datenplattform", "Mikael Söderholm", ADVISE),
        Project("sisainen-tyo", "sisainen", "Sisäinen työ", "Aino Kuusela", {"Sisäinen": 1}),
    ],
    tasks=[
        Task(
            "Ohjelmointi",
            [
                "Kirjautumisen uusiminen tunnistuspalveluun", "Hakusivun suodattimet",
                "Rajapinta tilausten hakuun", "Tietokannan indeksit ja hidas kysely",
                "Lomakkeen virheilmoitukset", "Siirtoskripti vanhasta kannasta",
                "Liitteiden tallennus", "Koodikatselmoinnin korjaukset",
                "Raporttien vienti Exceliin",
                "Taustatyön uudelleenyritykset", "Käyttöoikeuksien tarkistus", "Kielikäännökset",
            ],
        ),
        Task(
            "Testaus",
            [
                "Regressiotestit ennen julkaisua", "Hyväksymistestauksen havainnot",
                "Kuormitustesti", "Saavutettavuustestaus ruudunlukijalla",
                "Automaattitestien korjaus",
            ],
        ),
        Task(
            "Suunnittelu",
            [
                "Käyttöliittymän luonnokset", "Tietomallin suunnittelu",
                "Käyttäjäpolut ja prototyyppi",
                "Määrittely seuraavaan sprinttiin", "Komponenttikirjasto",
            ],
        ),
        Task(
            "Palaverit",
            [
                "Viikkopalaveri asiakkaan kanssa", "Sprintin katselmus", "Työpaja tilaajan kanssa",
                "Jatkokehityksen suunnittelu", "Ohjausryhmä",
            ],
        ),
        Task(
            "Ylläpito ja tuki",
            [
                "Tukipyynnöt", "Palvelimen päivitykset", "Varmenteiden uusinta",
                "Virhetilanteen selvitys lokeista", "Käyttäjätunnusten lisäys",
                "Varmuuskopion palautustesti",
            ],
        ),
        Task(
            "Konsultointi",
            [
                "Arkkitehtuurin arviointi", "API review with the customer's team",
                "Migration plan", "Workshop: data model", "Tietoturvan läpikäynti",
            ],
        ),
        Task("Matka-aika", ["Matka asiakkaalle", "Paluumatka"], is_billable=False),
        Task("Sisäinen", [], is_billable=False),
    ],
    internal_texts=[
        "Viikkopalaveri", "Tarjouksen valmistelu", "Rekrytointihaastattelu", "Koulutus",
        "Tuntikirjaukset ja hallinto", "Sisäiset työkalut", "Myyntitapaaminen", "Kehityskeskustelu",
    ],
    tax_rates=[
        TaxRate(
            "ALV 25,5 %", "S", "25.5", "3000", "2939", valid_from=date(2024, 9, 1),
            is_default=True, code="STD",
        ),
        TaxRate(
            "ALV 13,5 %", "S", "13.5", "3010", "2939", valid_from=date(2026, 1, 1), code="RED1"
        ),
        TaxRate(
            "ALV 14 %", "S", "14", "3010", "2939", valid_from=date(2013, 1, 1),
            valid_to=date(2025, 12, 31), code="RED1",
        ),
        TaxRate("ALV 10 %", "S", "10", "3020", "2939", code="RED2"),
        TaxRate(
            "ALV 24 %", "S", "24", "3000", "2939", valid_from=date(2013, 1, 1),
            valid_to=date(2024, 8, 31), code="STD",
        ),
        TaxRate(
            "Käännetty verovelvollisuus", "AE", "0", "3360",
            reason="Käännetty verovelvollisuus / Reverse charge (Art. 44, 196 Dir. 2006/112/EC)",
        ),
        TaxRate(
            "Palvelu EU:n ulkopuolelle", "G", "0", "3370",
            reason="Ei arvonlisäveroa, AVL 65 § / Service supplied outside the EU",
        ),
    ],
    subscription=("leipomo", "Tilausjärjestelmän käyttöoikeus", Decimal("390")),
    charges=[
        Charge(
            "energia", 8, "86.40", "Junaliput Tampere–Oulu", project="energia-mittarit",
            person="Jukka Lehtonen",
        ),
        Charge(
            "energia", 9, "0.57", "Kilometrikorvaus", project="energia-mittarit", quantity="38",
            unit="KMT", person="Jukka Lehtonen",
        ),
        Charge(
            "vakuutus", 12, "129", "Testipuhelin", kind="part", project="vakuutus-portaali",
            quantity="2",
        ),
        Charge("kiinteisto", 15, "45", "Varmennepalvelu", kind="fee"),
        Charge(
            "vakuutus", 20, "18.90", "Kahvitarjoilu", project="vakuutus-portaali",
            person="Sanna Heikkilä", is_billable=False,
        ),
    ],
    packages=[
        Package(
            "Ylläpito Plus",
            "YP-1",
            [
                Component("Ylläpito, palvelin", "189", next_price="198", unit="MON"),
                Component("Varmuuskopiointi", "75", period="quarter"),
                Component(
                    "Tekstiviestipalvelu", "12", included="1500", destination="Suomi",
                    beyond="0.0119", unit="MON",
                ),
            ],
            [Subscriber("leipomo"), Subscriber("kiinteisto", days_in=40, quantity="2")],
        ),
        Package(
            "Verkkotunnus",
            "VT-1",
            [
                Component("Verkkotunnuksen vuosimaksu", "24", period="year"),
                Component("Verkkotunnuksen avaus", "35", period="once"),
            ],
            [Subscriber("kiinteisto", days_in=12)],
        ),
    ],
    usage=[
        Usage(
            "leipomo",
            "tekstiviestit",
            [("Suomi", "0.0119", 160), ("Viro", "0.0345", 12), ("Ruotsi", "0.0390", 9)],
        ),
    ],
    orders=[
        ServiceOrder(
            "energia-mittarit", "Mittarin tiedonkeruulaite vaihdetaan", "Jukka Lehtonen", -3,
            "scheduled", contact="Päivi Mäkelä", phone="03 555 0123",
        ),
        ServiceOrder(
            "energia-mittarit", "Sähköaseman reititin ei vastaa", "Jukka Lehtonen", 0, "new"
        ),
    ],
    corrections=("Yksi tunti laskutettiin liikaa", "Laskutettiin kahdesti"),
    bounce="550 Tuntematon vastaanottaja",
    dispute="Lokakuun tunneista puuttuu erittely, asiakas maksaa vasta sen saatuaan.",
    question="Hei! Voisitteko lähettää tuntierittelyn, jotta saamme laskun hyväksyttyä?",
)  # fmt: skip
