"""What the columns of banks' CSV files are called, and what stands in them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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


class DecimalMarks:
    """Which of comma and point divides, by all amounts of a file."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.counts: Counter[str] = Counter()
        self.is_open = False
        for text in texts:
            mark = mark_of(text)
            if mark is None:
                self.is_open = True
            elif mark:
                self.counts[mark] += 1

    @property
    def mark(self) -> str:
        """Nothing where the file leaves it open, or contradicts itself."""
        if len(self.counts) > 1:
            return ""
        return next(iter(self.counts), "" if self.is_open else ",")


def mark_of(text: str) -> str | None:
    """Nothing where there is no mark; None where the only one could mean either: 1.234."""
    digits = [sign for sign in text if sign.isdigit() or sign in ",."]
    plain = "".join(digits)
    comma, point = plain.rfind(","), plain.rfind(".")
    if comma < 0 and point < 0:
        return ""
    if comma >= 0 and point >= 0:
        return "," if comma > point else "."
    mark, other = (",", ".") if comma >= 0 else (".", ",")
    if plain.count(mark) > 1:
        return other
    return None if len(plain) - plain.rfind(mark) == 4 else mark
