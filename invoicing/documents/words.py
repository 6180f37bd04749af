"""The words of documents, in the language of the document and not of who reads the screen.

Not in Django's catalogues: what is printed is checked as a whole, a missing word must be an error
of types, and the wording of the tax law may not depend on whether catalogues were compiled.
"""

from dataclasses import dataclass

from core.places import DocumentLanguage

# The same in all languages.
_MEASURES = {"MIN": "min", "KGM": "kg", "LTR": "l", "MTR": "m"}


@dataclass(frozen=True)
class Words:
    """One language. Every field is printed somewhere."""

    locale: str
    date_pattern: str

    invoice: str
    credit_note: str
    self_billed: str
    note_date: str
    for_invoice: str
    of_day: str  # number and day of the invoice
    reason: str
    replaces: str
    surcharge: str
    draft: str
    number: str
    given_when_posted: str
    issue_date: str
    due_date: str
    service_date: str
    service_period: str
    payment_terms: str
    days_net: str
    at_once: str
    customer_number: str
    order_reference: str
    contract_reference: str
    buyer_reference: str
    delivery_address: str
    vat_id: str
    finnish_business_id: str
    business_id: str
    tax_number: str
    einvoices: str

    description: str
    quantity: str
    unit: str
    unit_price: str
    discount: str
    tax: str
    net: str
    gross: str
    tax_rate: str
    tax_by_rate: str
    net_total: str
    tax_total: str
    gross_total: str
    carried: str
    to_pay: str
    to_credit: str
    nothing_to_pay: str

    payment: str
    recipient: str
    reference: str
    payment_text: str
    late_interest: str
    bar_code: str
    scan_to_pay: str
    page: str

    work_report: str
    customer: str
    day: str
    person: str
    project: str
    task: str
    hours: str
    minutes: str
    total: str
    adjustment: str
    without_hours: str
    charges: str
    line: str

    units: dict[str, str]
    # By category of tax: short for the table of rates, and what the law wants to be said.
    tax_names: dict[str, str]
    tax_texts: dict[str, str]


ENGLISH = Words(
    locale="en_GB",
    date_pattern="d MMM y",
    invoice="Invoice",
    credit_note="Credit note",
    self_billed="Self-billed invoice",
    note_date="Date",
    for_invoice="For invoice",
    replaces="In place of invoice",
    surcharge="Surcharge",
    of_day="{} of {}",
    reason="Reason",
    draft="Draft",
    number="Number",
    given_when_posted="given when posted",
    issue_date="Invoice date",
    due_date="Due date",
    service_date="Date of supply",
    service_period="Period of supply",
    payment_terms="Payment terms",
    days_net="{} days net",
    at_once="due at once",
    customer_number="Customer number",
    order_reference="Your order",
    contract_reference="Contract number",
    buyer_reference="Your reference",
    delivery_address="Delivered to",
    vat_id="VAT ID",
    finnish_business_id="Business ID",
    business_id="Company number",
    tax_number="Tax number",
    einvoices="E-invoices",
    description="Description",
    quantity="Quantity",
    unit="Unit",
    unit_price="Unit price",
    discount="Discount",
    tax="VAT",
    net="Net",
    gross="Gross",
    tax_rate="VAT rate",
    tax_by_rate="VAT by rate",
    net_total="Total without VAT",
    tax_total="VAT",
    gross_total="Total",
    carried="Carried over",
    to_pay="To pay",
    to_credit="Credited",
    nothing_to_pay="There is nothing to pay.",
    payment="Payment",
    recipient="Recipient",
    reference="Reference",
    payment_text="Please quote",
    late_interest="Interest on late payment: {}.",
    bar_code="Bank bar code",
    scan_to_pay="Scan to pay",
    page="Page",
    work_report="Work report",
    customer="Customer",
    day="Date",
    person="Person",
    project="Project",
    task="Task",
    hours="Hours",
    minutes="Minutes",
    total="Total",
    adjustment="Adjusted to the invoiced quantity",
    without_hours="No hours were recorded for this document.",
    charges="Expenses, parts and usage",
    line="Line",
    units={"HUR": "h", "DAY": "d", "C62": "pcs", "MON": "mo", "KMT": "km", **_MEASURES},
    tax_names={
        "S": "",
        "Z": "zero rate",
        "E": "exempt",
        "AE": "reverse charge",
        "K": "intra-Community supply",
        "G": "export",
        "O": "outside the scope of VAT",
    },
    tax_texts={
        "AE": "Reverse charge: the recipient of the supply is liable for the VAT.",
        "K": "VAT-exempt intra-Community supply.",
        "G": "VAT-exempt export out of the European Union.",
        "O": "Outside the scope of VAT.",
    },
)

FINNISH = Words(
    locale="fi",
    date_pattern="d.M.y",
    invoice="Lasku",
    credit_note="Hyvityslasku",
    self_billed="Itselaskutus",
    note_date="Päiväys",
    for_invoice="Hyvitettävä lasku",
    replaces="Korvaa laskun",
    surcharge="Lisä",
    of_day="{}, {}",
    reason="Hyvityksen syy",
    draft="Luonnos",
    number="Numero",
    given_when_posted="annetaan kirjattaessa",
    issue_date="Laskun päivä",
    due_date="Eräpäivä",
    service_date="Suorituspäivä",
    service_period="Suoritusaika",
    payment_terms="Maksuehto",
    days_net="{} pv netto",
    at_once="heti",
    customer_number="Asiakasnumero",
    order_reference="Tilauksenne",
    contract_reference="Sopimusnumero",
    buyer_reference="Viitteenne",
    delivery_address="Toimitusosoite",
    vat_id="ALV-tunnus",
    finnish_business_id="Y-tunnus",
    business_id="Yritystunnus",
    tax_number="Verotunnus",
    einvoices="Verkkolaskut",
    description="Kuvaus",
    quantity="Määrä",
    unit="Yksikkö",
    unit_price="Yksikköhinta",
    discount="Alennus",
    tax="ALV",
    net="Veroton",
    gross="Verollinen",
    tax_rate="Verokanta",
    tax_by_rate="ALV-erittely",
    net_total="Veroton yhteensä",
    tax_total="ALV yhteensä",
    gross_total="Yhteensä",
    carried="Siirto",
    to_pay="Maksettava",
    to_credit="Hyvitetään",
    nothing_to_pay="Ei maksettavaa.",
    payment="Maksutiedot",
    recipient="Saaja",
    reference="Viitenumero",
    payment_text="Viesti",
    late_interest="Viivästyskorko {}.",
    bar_code="Pankkiviivakoodi",
    scan_to_pay="Maksa skannaamalla",
    page="Sivu",
    work_report="Työraportti",
    customer="Asiakas",
    day="Päivä",
    person="Tekijä",
    project="Projekti",
    task="Tehtävä",
    hours="Tunnit",
    minutes="Minuutit",
    total="Yhteensä",
    adjustment="Oikaisu laskutettuun määrään",
    without_hours="Tälle asiakirjalle ei ole kirjattu tunteja.",
    charges="Kulut, osat ja käyttö",
    line="Rivi",
    units={"HUR": "h", "DAY": "pv", "C62": "kpl", "MON": "kk", "KMT": "km", **_MEASURES},
    tax_names={
        "S": "",
        "Z": "nollaverokanta",
        "E": "veroton",
        "AE": "käännetty verovelvollisuus",
        "K": "yhteisömyynti",
        "G": "vienti",
        "O": "arvonlisäverotuksen ulkopuolella",
    },
    tax_texts={
        "AE": "Käännetty verovelvollisuus: ostaja on verovelvollinen.",
        "K": "Veroton yhteisömyynti.",
        "G": "Veroton vienti Euroopan unionin ulkopuolelle.",
        "O": "Ei kuulu arvonlisäverotuksen soveltamisalaan.",
    },
)

SWEDISH = Words(
    locale="sv",
    date_pattern="y-MM-dd",
    invoice="Faktura",
    credit_note="Kreditfaktura",
    self_billed="Självfakturering",
    note_date="Datum",
    for_invoice="Avser faktura",
    replaces="Ersätter faktura",
    surcharge="Tillägg",
    of_day="{} av den {}",
    reason="Orsak",
    draft="Utkast",
    number="Nummer",
    given_when_posted="ges vid bokföringen",
    issue_date="Fakturadatum",
    due_date="Förfallodatum",
    service_date="Leveransdatum",
    service_period="Leveransperiod",
    payment_terms="Betalningsvillkor",
    days_net="{} dagar netto",
    at_once="genast",
    customer_number="Kundnummer",
    order_reference="Er beställning",
    contract_reference="Avtalsnummer",
    buyer_reference="Er referens",
    delivery_address="Leveransadress",
    vat_id="Momsnummer",
    finnish_business_id="FO-nummer",
    business_id="Organisationsnummer",
    tax_number="Skattenummer",
    einvoices="E-fakturor",
    description="Beskrivning",
    quantity="Antal",
    unit="Enhet",
    unit_price="À-pris",
    discount="Rabatt",
    tax="Moms",
    net="Netto",
    gross="Brutto",
    tax_rate="Momssats",
    tax_by_rate="Momsspecifikation",
    net_total="Summa exkl. moms",
    tax_total="Moms",
    gross_total="Summa",
    carried="Transport",
    to_pay="Att betala",
    to_credit="Krediteras",
    nothing_to_pay="Det finns inget att betala.",
    payment="Betalning",
    recipient="Mottagare",
    reference="Referensnummer",
    payment_text="Meddelande",
    late_interest="Dröjsmålsränta {}.",
    bar_code="Bankstreckkod",
    scan_to_pay="Skanna och betala",
    page="Sida",
    work_report="Arbetsrapport",
    customer="Kund",
    day="Datum",
    person="Person",
    project="Projekt",
    task="Uppgift",
    hours="Timmar",
    minutes="Minuter",
    total="Summa",
    adjustment="Justering till fakturerat antal",
    without_hours="Inga timmar har registrerats för detta dokument.",
    charges="Utlägg, delar och användning",
    line="Rad",
    units={"HUR": "tim", "DAY": "d", "C62": "st", "MON": "mån", "KMT": "km", **_MEASURES},
    tax_names={
        "S": "",
        "Z": "nollskattesats",
        "E": "momsfri",
        "AE": "omvänd betalningsskyldighet",
        "K": "unionsintern leverans",
        "G": "export",
        "O": "utanför momsens tillämpningsområde",
    },
    tax_texts={
        "AE": "Omvänd betalningsskyldighet: köparen är skyldig att betala momsen.",
        "K": "Momsfri unionsintern leverans.",
        "G": "Momsfri export ut ur Europeiska unionen.",
        "O": "Faller utanför momsens tillämpningsområde.",
    },
)

GERMAN = Words(
    locale="de",
    date_pattern="dd.MM.y",
    invoice="Rechnung",
    # Not "Gutschrift": in German VAT law that is a self-billed invoice.
    credit_note="Rechnungskorrektur",
    self_billed="Gutschrift",
    note_date="Datum",
    for_invoice="Zur Rechnung",
    replaces="Ersetzt Rechnung",
    surcharge="Zuschlag",
    of_day="{} vom {}",
    reason="Grund",
    draft="Entwurf",
    number="Nummer",
    given_when_posted="wird beim Buchen vergeben",
    issue_date="Rechnungsdatum",
    due_date="Zahlbar bis",
    service_date="Leistungsdatum",
    service_period="Leistungszeitraum",
    payment_terms="Zahlungsziel",
    days_net="{} Tage netto",
    at_once="sofort",
    customer_number="Kundennummer",
    order_reference="Ihre Bestellung",
    contract_reference="Vertragsnummer",
    buyer_reference="Ihr Zeichen",
    delivery_address="Lieferanschrift",
    vat_id="USt-IdNr.",
    finnish_business_id="Y-tunnus",
    business_id="Registernummer",
    tax_number="Steuernummer",
    einvoices="E-Rechnungen",
    description="Beschreibung",
    quantity="Menge",
    unit="Einheit",
    unit_price="Einzelpreis",
    discount="Rabatt",
    tax="USt.",
    net="Netto",
    gross="Brutto",
    tax_rate="Steuersatz",
    tax_by_rate="Umsatzsteuer nach Sätzen",
    net_total="Nettobetrag",
    tax_total="Umsatzsteuer",
    gross_total="Gesamtbetrag",
    carried="Übertrag",
    to_pay="Zu zahlen",
    to_credit="Erstattung",
    nothing_to_pay="Es ist nichts zu zahlen.",
    payment="Zahlung",
    recipient="Empfänger",
    reference="Referenz",
    payment_text="Verwendungszweck",
    late_interest="Verzugszinsen: {}.",
    bar_code="Finnischer Bankstrichcode",
    scan_to_pay="Scannen und zahlen",
    page="Seite",
    work_report="Leistungsnachweis",
    customer="Kunde",
    day="Datum",
    person="Person",
    project="Projekt",
    task="Tätigkeit",
    hours="Stunden",
    minutes="Minuten",
    total="Summe",
    adjustment="Anpassung an die berechnete Menge",
    without_hours="Für dieses Dokument wurden keine Stunden erfasst.",
    charges="Auslagen, Teile und Nutzung",
    line="Position",
    units={"HUR": "Std.", "DAY": "Tg.", "C62": "Stk.", "MON": "Mon.", "KMT": "km", **_MEASURES},
    tax_names={
        "S": "",
        "Z": "Nullsteuersatz",
        "E": "steuerfrei",
        "AE": "Steuerschuldnerschaft des Leistungsempfängers",
        "K": "innergemeinschaftliche Lieferung",
        "G": "Ausfuhr",
        "O": "nicht steuerbar",
    },
    tax_texts={
        "AE": "Steuerschuldnerschaft des Leistungsempfängers (Reverse Charge).",
        "K": "Steuerfreie innergemeinschaftliche Lieferung.",
        "G": "Steuerfreie Ausfuhr aus der Europäischen Union.",
        "O": "Nicht steuerbarer Umsatz.",
    },
)

WORDS: dict[str, Words] = {
    DocumentLanguage.ENGLISH: ENGLISH,
    DocumentLanguage.FINNISH: FINNISH,
    DocumentLanguage.SWEDISH: SWEDISH,
    DocumentLanguage.GERMAN: GERMAN,
}


def words_of(language: str) -> Words:
    return WORDS[language]
