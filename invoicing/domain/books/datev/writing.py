"""Bookings as DATEV reads them, without the database: EXTF, semicolons, Windows-1252."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from invoicing.domain.books.datev.columns import COLUMNS

_FALLBACKS = str.maketrans("łŁđĐøØıħĦŧŦ", "lLdDøØihHtT")


@dataclass(frozen=True, kw_only=True)
class Booking:
    """One line: gross `amount` (negative: the other side) of the debtor against the revenue."""

    amount: Decimal
    debtor: int
    account: str
    tax_key: str
    document_date: date
    number: str
    due_date: date | None
    text: str
    vat_id: str
    supply_date: date


@dataclass(frozen=True, kw_only=True)
class Header:
    created: datetime
    exported_by: str
    advisor_number: int
    client_number: int
    year_begins: date
    account_length: int
    first: date
    last: date
    label: str
    initials: str
    is_locked: bool
    chart: str


def stack_bytes(header: Header, bookings: Iterable[Booking]) -> bytes:
    lines = [_header(header), ";".join(COLUMNS)]
    lines += [_line(booking, is_locked=header.is_locked) for booking in bookings]
    return "".join(f"{line}\r\n" for line in lines).encode("cp1252")


def _header(header: Header) -> str:
    stamp = f"{header.created:%Y%m%d%H%M%S}{header.created.microsecond // 1000:03d}"
    fields = [
        _text("EXTF"), "700", "21", _text("Buchungsstapel"), "13", stamp, "", _text("LK"),
        _text(header.exported_by[:25]), "", str(header.advisor_number), str(header.client_number),
        f"{header.year_begins:%Y%m%d}", str(header.account_length), f"{header.first:%Y%m%d}",
        f"{header.last:%Y%m%d}", _text(header.label[:30]), _text(header.initials), "1", "0",
        str(int(header.is_locked)), _text("EUR"), "", "", "", "", _text(header.chart), "", "", "",
        _text("Laskuri"),
    ]  # fmt: skip
    assert len(fields) == 31
    return ";".join(fields)


def _line(booking: Booking, *, is_locked: bool) -> str:
    due = booking.due_date
    cells = {
        "Umsatz (ohne Soll/Haben-Kz)": _amount(abs(booking.amount)),
        "Soll/Haben-Kennzeichen": _text("S" if booking.amount >= 0 else "H"),
        "WKZ Umsatz": _text("EUR"),
        "Konto": str(booking.debtor),
        "Gegenkonto (ohne BU-Schlüssel)": booking.account,
        "BU-Schlüssel": _text(booking.tax_key) if booking.tax_key else "",
        "Belegdatum": f"{booking.document_date:%d%m}",
        "Belegfeld 1": _text(booking.number),
        "Belegfeld 2": _text(f"{due:%d%m%y}") if due else "",
        "Buchungstext": _text(_shown(booking.text)[:60]),
        "EU-Land u. UStID (Bestimmung)": _text(booking.vat_id) if booking.vat_id else "",
        "Festschreibung": str(int(is_locked)),
        "Leistungsdatum": f"{booking.supply_date:%d%m%Y}",
        "Fälligkeit": f"{due:%d%m%Y}" if due else "",
    }
    return ";".join(cells.get(name, "") for name in COLUMNS)


def _amount(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


def _text(text: str) -> str:
    return '"' + _shown(text).replace('"', '""') + '"'


def _shown(text: str) -> str:
    """In Windows-1252 and on one line; a letter that has no place there loses its marks."""
    flat = " ".join(text.translate(_FALLBACKS).split())
    return "".join(_letter(one) for one in flat)


def _letter(letter: str) -> str:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        plain = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
        return plain or "?"
    return letter
