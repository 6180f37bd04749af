"""A field-service company for building technology in Kiel."""

from datetime import date
from decimal import Decimal

from catalog.domain.charts import GERMANY
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
    business_ids,
    iban,
)
from tenants.roles import Role

SERVICE = {"Wartung": 6, "Störungsdienst": 2, "Dokumentation": 1, "Anfahrt": 1}
INSTALL = {"Montage": 7, "Inbetriebnahme": 2, "Anfahrt": 1}
CONTROL = {"Regelungstechnik": 6, "Inbetriebnahme": 2, "Dokumentation": 1}
PLAN = {"Planung": 6, "Baustellenbesprechung": 2, "Dokumentation": 1}

_business_id, _vat_id = business_ids("DE", 309_4411)

NORDLICHT = Company(
    slug="nordlicht",
    seed=54,
    tags=(
        ("Notdienst", "orange", 0.08),
        ("Gewährleistung", "purple", 0.05),
        ("Nachtarbeit", "blue", 0.04),
    ),
    bank="Sparkasse Hamburg",
    movements=(
        ("HAFENKONTOR VERMIETUNG GMBH", "Miete", "-2150.00"),
        ("HAMBURGER SPARKASSE", "Entgeltabschluss", "-18.50"),
        ("FINANZAMT HAMBURG-NORD", "Erstattung Umsatzsteuer", "421.77"),
        ("BRANDT OLIVER", "Danke fuer die Schulung", "240.00"),
    ),
    domain="nordlicht.example",
    rate="68.50",
    minutes_a_day=480,
    writes_times=True,
    details={
        "name": "Nordlicht Gebäudetechnik",
        "legal_name": "Nordlicht Gebäudetechnik GmbH",
        "business_id": "HRB 21874 KI",
        "vat_id": _vat_id,
        "street": "Werftstraße 112",
        "postal_code": "24143",
        "city": "Kiel",
        "country": "DE",
        "email": "buchhaltung@nordlicht.example",
        "phone": "+49 431 5550 170",
        "website": "https://nordlicht.example",
        "iban": iban("DE", "210501700012345678"),
        "bic": "NOLADE21KIE",
        "language": "de",
        "time_zone": "Europe/Berlin",
        "payment_term_days": 14,
        "late_interest_percent": Decimal("11.27"),
        "unlocked_hours": "refuse",
        **GERMANY.accounts,
        "document_footer": "Geschäftsführerin: Katrin Petersen · Amtsgericht Kiel, HRB 21874 KI",
    },
    people=[
        Person("Katrin Petersen", Role.OWNER, {"klinik-lueftung": 1}, internal=0.85, rate="98"),
        Person("Jens Hoffmann", Role.ACCOUNTANT, internal=1.0),
        Person(
            "Uwe Carstensen",
            Role.MANAGER,
            {"klinik-lueftung": 4, "werft-halle": 3, "foerde-heizung": 2},
            rate="86",
            internal=0.25,
            locks=0,
        ),
        Person(
            "Birgit Lorenzen",
            Role.MANAGER,
            {"stadtwerke-zaehler": 4, "hotel-sanierung": 4, "schule-leittechnik": 2},
            rate="86",
            internal=0.25,
        ),
        Person(
            "Malte Thomsen",
            Role.MEMBER,
            {"foerde-wartung": 5, "foerde-heizung": 4, "baeckerei-service": 2},
            locks=0,
        ),
        Person(
            "Svenja Jansen",
            Role.MEMBER,
            {"schule-leittechnik": 5, "klinik-leittechnik": 4, "logistik-licht": 1},
            rate="78",
        ),
        Person(
            "Tobias Kruse",
            Role.MEMBER,
            {"hotel-sanierung": 6, "autohaus-klima": 3, "baeckerei-service": 1},
            locks=2,
        ),
        Person(
            "Mehmet Yılmaz",
            Role.MEMBER,
            {"klinik-lueftung": 6, "klinik-leittechnik": 2, "markt-kaelte": 3},
            rate="74",
        ),
        Person(
            "Finn Hansen",
            Role.MEMBER,
            {"werft-halle": 6, "bau-neubau": 4},
            days_behind=2,
        ),
        Person(
            "Ole Brodersen",
            Role.MEMBER,
            {"stadtwerke-zaehler": 7, "verwaltung-service": 3},
            locks=2,
            days_behind=6,
        ),
        Person(
            "Silke Nissen",
            Role.MEMBER,
            {"verwaltung-service": 4, "gemeinde-pumpen": 4, "foerde-wartung": 2},
            weekdays=frozenset({0, 1, 2}),
        ),
        Person(
            "Lina Voss",
            Role.MEMBER,
            {"logistik-licht": 4, "bau-neubau": 3, "markt-kaelte": 2},
            weekdays=frozenset({0, 2, 3, 4}),
            rate="42",
        ),
        Person("Ralf Steinmetz", Role.AUDITOR, email="ralf.steinmetz@wirtschaftspruefung.example"),
    ],
    customers=[
        Customer(
            "foerde", "Wohnungsgenossenschaft Fördeblick eG", "Holtenauer Straße 59", "24105",
            "Kiel", "Heike Petersen", term=30, by_project=False,
        ),
        Customer(
            "klinik", "Klinikum Schwentinetal gGmbH", "Am Park 3", "24223", "Schwentinental",
            "Dr. Annika Wulff", term=45, rate="76",
        ),
        Customer(
            "hotel", "Hotel Strandperle GmbH & Co. KG", "Strandallee 140", "23669",
            "Timmendorfer Strand", "Björn Mahler",
        ),
        Customer(
            "stadtwerke", "Stadtwerke Schleibek GmbH", "Hafenkoppel 6", "24340", "Eckernförde",
            "Sönke Matthiesen", term=30,
        ),
        Customer(
            "schule", "Schulverband Altenholm", "Dorfstraße 12", "24161", "Altenholz",
            "Petra Clausen", term=30, buyer_reference="01-057-0012-86",
        ),
        Customer(
            "autohaus", "Autohaus Ingwersen GmbH", "Friedrichstädter Straße 77", "24768",
            "Rendsburg", "Thorsten Ingwersen",
        ),
        Customer(
            "werft", "Werft Nordermole GmbH", "Harniskai 22", "24937", "Flensburg",
            "Dirk Andresen", term=60,
        ),
        Customer(
            "baeckerei", "Bäckerei Hinrichsen OHG", "Süderstraße 4", "25813", "Husum",
            "Maren Hinrichsen",
        ),
        Customer(
            "verwaltung", "Hausverwaltung Claasen & Partner mbB", "Mühlenbrücke 9", "23552",
            "Lübeck", "Nils Claasen", by_project=False,
        ),
        Customer(
            "logistik", "Logistikzentrum Mittelholstein GmbH", "Rungestraße 18", "24537",
            "Neumünster", "Sabine Wenzel", term=21,
        ),
        Customer(
            "markt", "Frischemarkt Tiedemann e.K.", "Lange Brückstraße 31", "24211", "Preetz",
            "Jan Tiedemann",
        ),
        Customer(
            "gemeinde", "Wasserverband Hüttener Land", "Schulberg 1", "24358", "Ascheffel",
            "Christa Jessen", term=30,
        ),
        Customer(
            "bau", "Bauunternehmung Paulsen & Sohn GmbH", "Eichkoppel 14", "24109", "Kiel",
            "Henning Paulsen", tax="§ 13b UStG Bauleistung",
        ),
        Customer(
            "intern", "Nordlicht (intern)", "Werftstraße 112", "24143", "Kiel", is_linked=False,
            is_internal=True,
        ),
    ],
    projects=[
        Project(
            "foerde-wartung", "foerde", "Wartungsvertrag Heizung 2026", "Uwe Carstensen", SERVICE,
            rate="64", own_task=("Notdienst", "112"),
        ),
        Project("foerde-heizung", "foerde", "Kesseltausch Block C", "Uwe Carstensen", INSTALL),
        Project(
            "klinik-lueftung", "klinik", "Lüftung OP-Trakt", "Uwe Carstensen", INSTALL,
            member_rates={"Uwe Carstensen": "92"}, order_reference="KS-2026-0447",
        ),
        Project("klinik-leittechnik", "klinik", "Gebäudeleittechnik", "Uwe Carstensen", CONTROL),
        Project(
            "hotel-sanierung", "hotel", "Sanierung Westflügel", "Birgit Lorenzen", INSTALL,
            order_reference="Auftrag 3321",
        ),
        Project(
            "stadtwerke-zaehler", "stadtwerke", "Zählertausch 2026", "Birgit Lorenzen", INSTALL,
            rate="59.80",
        ),
        Project(
            "schule-leittechnik", "schule", "Leittechnik Turnhalle", "Birgit Lorenzen", CONTROL
        ),
        Project(
            "autohaus-klima", "autohaus", "Klimaanlage Verkaufsraum", "Birgit Lorenzen", INSTALL
        ),
        Project(
            "werft-halle", "werft", "Hallenheizung 4", "Uwe Carstensen", INSTALL,
            order_reference="NM-778201",
        ),
        Project("baeckerei-service", "baeckerei", "Kundendienst", "Birgit Lorenzen", SERVICE),
        Project("verwaltung-service", "verwaltung", "Kundendienst", "Birgit Lorenzen", SERVICE),
        Project("logistik-licht", "logistik", "LED-Umrüstung Halle 2", "Uwe Carstensen", INSTALL),
        Project("markt-kaelte", "markt", "Kälteanlage", "Uwe Carstensen", SERVICE),
        Project("gemeinde-pumpen", "gemeinde", "Pumpwerke Prüfung", "Birgit Lorenzen", SERVICE),
        Project("bau-neubau", "bau", "Neubau Eichkoppel, TGA", "Uwe Carstensen", PLAN),
        Project("intern-betrieb", "intern", "Betrieb", "Katrin Petersen", {"Intern": 1}),
    ],
    tasks=[
        Task(
            "Wartung",
            [
                "Jahreswartung Gastherme", "Brenner gereinigt und eingestellt",
                "Filterwechsel Lüftungsgerät", "Sicherheitsventil geprüft", "Druck nachgefüllt",
                "Wartung Umwälzpumpe", "Dichtheitsprüfung",
            ],
        ),
        Task(
            "Störungsdienst",
            [
                "Heizung ohne Funktion, Zündtrafo getauscht", "Pumpe blockiert, gangbar gemacht",
                "Fehlersuche Regelung", "Undichtigkeit am Verteiler behoben", "Fühler ersetzt",
            ],
        ),
        Task(
            "Montage",
            [
                "Rohrleitungen verlegt", "Heizkörper gesetzt", "Kabeltrassen montiert",
                "Lüftungskanal montiert", "Zähler ausgetauscht", "Demontage Altanlage",
                "Schaltschrank gesetzt", "Dämmung angebracht",
            ],
        ),
        Task(
            "Inbetriebnahme",
            ["Anlage gespült und befüllt", "Hydraulischer Abgleich", "Probelauf mit Betreiber",
             "Einregulierung", "Einweisung des Hausmeisters"],
        ),
        Task(
            "Regelungstechnik",
            ["Programmierung Zonenregelung", "Datenpunkte aufgeschaltet", "Trendaufzeichnung",
             "Bedienbild angepasst", "Störmeldungen getestet"],
        ),
        Task(
            "Planung",
            ["Heizlastberechnung", "Aufmaß vor Ort", "Ausführungsplanung Erdgeschoss",
             "Abstimmung mit Elektro", "Materialliste"],
        ),
        Task("Baustellenbesprechung", ["Jour fixe Baustelle", "Abstimmung mit Bauleitung"]),
        Task(
            "Dokumentation", ["Prüfprotokoll erstellt", "Revisionsunterlagen", "Fotodokumentation"]
        ),
        Task("Anfahrt", ["Anfahrt", "An- und Abfahrt"]),
        Task("Intern", [], is_billable=False),
    ],
    internal_texts=[
        "Teambesprechung", "Lager aufgeräumt", "Fahrzeug in die Werkstatt", "Angebot vorbereitet",
        "Unterweisung Arbeitsschutz", "Schulung Kältemittel", "Material abgeholt", "Büro",
    ],
    tax_rates=[
        TaxRate(
            "19 % USt", "S", "19", "8400", "1776", valid_from=date(2021, 1, 1), is_default=True,
            code="STD",
        ),
        TaxRate("7 % USt", "S", "7", "8300", "1771", valid_from=date(2021, 1, 1), code="RED"),
        TaxRate(
            "16 % USt", "S", "16", "8340", "1775", valid_from=date(2020, 7, 1),
            valid_to=date(2020, 12, 31), code="STD",
        ),
        TaxRate(
            "§ 13b UStG Bauleistung", "AE", "0", "8337",
            reason="Steuerschuldnerschaft des Leistungsempfängers (§ 13b UStG)",
        ),
        TaxRate("Photovoltaik 0 %", "Z", "0", "8290", valid_from=date(2023, 1, 1)),
    ],
    subscription=("verwaltung", "Rufbereitschaft, Monatspauschale", Decimal("245")),
    packages=[
        Package(
            "Wartungspaket",
            "WP-1",
            [
                Component("Wartungspauschale", "149", next_price="156", unit="MON"),
                Component("Fernüberwachung", "300", period="year", due_at="end"),
            ],
            [Subscriber("verwaltung", days_in=14, price="139")],
        ),
    ],
    charges=[
        Charge("foerde", 6, "214.50", "Umwälzpumpe", kind="part", project="foerde-wartung"),
        Charge(
            "foerde", 6, "3.85", "Kupferrohr 22 mm", kind="part", project="foerde-wartung",
            quantity="12.5", unit="MTR",
        ),
        Charge(
            "hotel", 11, "0.52", "Anfahrt", project="hotel-sanierung", quantity="86", unit="KMT",
            person="Birgit Lorenzen",
        ),
        Charge("werft", 14, "68", "Entsorgung", kind="fee", project="werft-halle"),
    ],
    orders=[
        ServiceOrder(
            "baeckerei-service", "Wärmepumpe geht auf Störung", "Finn Hansen", 63, "checked",
            contact="Frau Petersen", phone="0431 555 0144", minutes=[95],
            parts=[("Hochdruckschalter", "1", "C62", "74.20")],
            report="Hochdruckschalter defekt, ersetzt. Anlage läuft, Druck 16,2 bar.",
        ),
        ServiceOrder(
            "verwaltung-service", "Heizkörper im 2. OG bleiben kalt", "Finn Hansen", 34, "checked",
            contact="Herr Witt", minutes=[140],
            parts=[("Thermostatkopf", "3", "C62", "28.90")],
            report="Strang 4 entlüftet, drei Thermostatköpfe getauscht.",
        ),
        ServiceOrder(
            "foerde-wartung", "Umwälzpumpe laut", "Ole Brodersen", 3, "checked",
            description="Keller Haus 12. Der Schlüssel liegt beim Hausmeister.",
            contact="Herr Brandt", phone="0431 555 0187", minutes=[75, 50],
            parts=[("Umwälzpumpe", "1", "C62", "214.50"), ("Dichtung 1\"", "2", "C62", "2.40")],
            report="Lager der Pumpe verschlissen, Pumpe getauscht, Anlage entlüftet.",
        ),
        ServiceOrder(
            "gemeinde-pumpen", "Pumpwerk 3: Schwimmerschalter prüfen", "Mehmet Yılmaz", 2, "done",
            contact="Frau Lassen", minutes=[120],
            parts=[("Schwimmerschalter", "1", "C62", "")],
            report="Schalter klemmte und ist ersetzt. Funktionsprobe in Ordnung.",
        ),
        ServiceOrder(
            "stadtwerke-zaehler", "Zähler Ringstraße 8 bis 14", "Finn Hansen", 0, "in_progress", 7,
            description="Vier Wohnungen, Termine sind angekündigt.",
            phone="0431 555 0120", contact="Leitstelle",
        ),
        ServiceOrder(
            "baeckerei-service", "Kühlraum wird nicht kalt", "Finn Hansen", 0, "scheduled", 13,
            description="Backstube, Eingang vom Hof.", contact="Frau Petersen",
            phone="0431 555 0144",
        ),
        ServiceOrder(
            "markt-kaelte", "Türdichtung Kühlregal 4", "Ole Brodersen", -2, "scheduled", 10
        ),
        ServiceOrder(
            "verwaltung-service", "Wartung Lüftung Sitzungssaal", "Finn Hansen", -6, "new"
        ),
        ServiceOrder(
            "autohaus-klima", "Klimagerät tropft", "Mehmet Yılmaz", 8, "cancelled",
            report="Der Kunde hat das Gerät selbst ausgetauscht.",
        ),
    ],
    corrections=("Eine Stunde zu viel berechnet", "Doppelt berechnet"),
    bounce="550 Empfänger unbekannt",
    dispute="Der Kunde bestreitet zwei Stunden der Rufbereitschaft.",
    question="Guten Tag, können Sie uns bitte die Stundennachweise zu dieser Rechnung schicken?",
)  # fmt: skip
