"""What the columns of banks' CSV files are called, and what stands in them."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from core.search.folding import fold


class Column(StrEnum):
    DATE = "date"
    VALUE_DATE = "value_date"
    AMOUNT = "amount"
    CREDIT = "credit"
    DEBIT = "debit"
    DIRECTION = "direction"
    CURRENCY = "currency"
    NAME = "name"
    IBAN = "iban"
    REFERENCE = "reference"
    TEXT = "text"
    END_TO_END = "end_to_end"
    BANK_REFERENCE = "bank_reference"
    ACCOUNT = "account"
    STATUS = "status"


LABELS = {
    Column.DATE: _("Date of booking"),
    Column.VALUE_DATE: _("Value date"),
    Column.AMOUNT: _("Amount"),
    Column.CREDIT: _("Money in"),
    Column.DEBIT: _("Money out"),
    Column.DIRECTION: _("In or out"),
    Column.CURRENCY: _("Currency"),
    Column.NAME: _("Payer or payee"),
    Column.IBAN: _("Their account"),
    Column.REFERENCE: _("Reference"),
    Column.TEXT: _("Text"),
    Column.END_TO_END: _("End-to-end id"),
    Column.BANK_REFERENCE: _("Bank's own reference"),
    Column.ACCOUNT: _("Own account"),
    Column.STATUS: _("Booked or announced"),
}
# Several columns may make up the text; of all else there is one.
MANY = frozenset({Column.TEXT})

_NAMES: Mapping[Column, Sequence[str]] = {
    Column.DATE: (
        "Buchungstag", "Buchungsdatum", "Buchung", "Datum", "Kirjauspäivä", "Kirjauspvm",
        "Maksupäivä", "Päivämäärä", "Pvm", "Tapahtumapäivä", "Booking date", "Date",
        "Transaction date", "Bokföringsdag", "Bokföringsdatum", "Betalningsdag",
    ),
    Column.VALUE_DATE: (
        "Valutadatum", "Wertstellung", "Wertstellungsdatum", "Valuta", "Arvopäivä", "Value date",
        "Valutadag",
    ),
    Column.AMOUNT: (
        "Betrag", "Umsatz", "Betrag (EUR)", "Betrag (€)", "Umsatz in EUR", "Summa", "Summa (EUR)",
        "Määrä", "Määrä EUROA", "Määrä EUR", "Amount", "Amount (EUR)", "Belopp",
    ),
    Column.CREDIT: ("Haben", "Gutschrift", "Eingang", "Pano", "Panot", "Credit", "Money in"),
    Column.DEBIT: ("Soll", "Lastschrift", "Ausgang", "Otto", "Otot", "Debit", "Money out"),
    Column.DIRECTION: (
        "Soll/Haben", "S/H", "Soll-/Haben-Kennzeichen", "Umsatztyp", "Credit/Debit",
        "Pano/Otto", "Kredit/Debet",
    ),
    Column.CURRENCY: ("Währung", "Waehrung", "Valuutta", "Currency", "Valuta (ISO)"),
    Column.NAME: (
        "Beguenstigter/Zahlungspflichtiger", "Name Zahlungsbeteiligter", "Zahlungspflichtiger",
        "Auftraggeber/Empfänger", "Auftraggeber / Begünstigter", "Begünstigter / Auftraggeber",
        "Empfänger", "Auftraggeber", "Zahlungspflichtige*r", "Name", "Saaja/Maksaja",
        "Maksaja/Saaja", "Saaja / Maksaja", "Saajan nimi", "Maksaja", "Maksajan nimi", "Nimi",
        "Otsikko", "Payer", "Payer / Payee", "Payee/Payer", "Counterparty",
        "Mottagare/Betalare", "Betalare", "Zahlungspartner", "Partner",
    ),
    Column.IBAN: (
        "Kontonummer/IBAN", "IBAN Zahlungsbeteiligter", "IBAN", "Kontonummer", "Gegenkonto",
        "Saajan tilinumero", "Maksajan tilinumero", "Tilinumero", "Vastapuolen tili",
        "Vastapuolen tilinumero", "Counterparty account", "Account of the other party",
        "Kontonummer/IBAN Zahlungsbeteiligter",
    ),
    Column.REFERENCE: (
        "Viite", "Viitenumero", "Viitenro", "Referenz", "Reference", "Reference number", "Referens",
        "Referensnummer", "Mandatsreferenz/Referenz",
    ),
    Column.TEXT: (
        "Verwendungszweck", "Buchungsdetails", "Vorgang/Verwendungszweck", "Beschreibung", "Viesti",
        "Message", "Meddelande", "Payment details", "Description",
    ),
    Column.END_TO_END: (
        "Kundenreferenz (End-to-End)", "End-to-End-Referenz", "Kundenreferenz", "EndToEnd",
        "End-to-end id", "EndToEndId",
    ),
    Column.BANK_REFERENCE: (
        "Arkistointitunnus", "Arkistotunnus", "Arkistointiviite", "Archive id", "Transaktions-ID",
        "Transaction id", "Umsatz-ID", "Arkiveringskod",
    ),
    Column.ACCOUNT: (
        "Auftragskonto", "IBAN Auftragskonto", "Oma tili", "Tili", "Own account", "Account",
        "Kundens konto",
    ),
    Column.STATUS: (
        "Status", "Buchungsstatus", "Umsatzstatus", "Info", "Tila", "Kirjaustila", "State",
        "Booking status", "Transaction status", "Bokföringsstatus",
    ),
}  # fmt: skip
_BY_NAME = {fold(name): column for column, names in _NAMES.items() for name in names}
_PLACE = {fold(name): place for names in _NAMES.values() for place, name in enumerate(names)}


def known_columns(header: Sequence[str]) -> dict[Column, list[int]]:
    """What the names of the columns say; of several names for one thing, the first in our list."""
    found: dict[Column, list[tuple[int, int]]] = {}
    for index, name in enumerate(header):
        folded = fold(name)
        if column := _BY_NAME.get(folded):
            found.setdefault(column, []).append((_PLACE[folded], index))
    return {
        column: sorted(index for _place, index in places) if column in MANY else [min(places)[1]]
        for column, places in found.items()
    }
