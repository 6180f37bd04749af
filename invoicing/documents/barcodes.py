"""The bank bar code of Finnish invoices: Code 128, symbol versions 4 and 5 (Finance Finland)."""

import re
from datetime import date
from decimal import Decimal

from stdnum import iban as iban_numbers
from stdnum import iso11649

MOST = Decimal("999999.99")
# Widths of bars and spaces, by value; 105 starts set C, 106 stops.
_PATTERNS = re.findall(
    r"\d+",
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 "
    "122132 122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 "
    "321221 312212 322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311 "
    "211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 "
    "213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 "
    "121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 "
    "241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 "
    "412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 "
    "211214 211232 2331112",
)
_START_C, _STOP = 105, 106


def bank_bar_code(*, iban: str, amount: Decimal, reference: str, due_date: date | None) -> str:
    """The 54 digits, or nothing where the standard cannot carry these figures."""
    account = iban_numbers.compact(iban)
    if not (account.startswith("FI") and iban_numbers.is_valid(account)):
        return ""
    if not 0 < amount <= MOST or not reference:
        return ""
    tail = _reference_part(reference)
    if tail is None:
        return ""
    version, part = tail
    cents = f"{amount * 100:08.0f}"
    return f"{version}{account[2:]}{cents}{part}{f'{due_date:%y%m%d}' if due_date else '000000'}"


def _reference_part(reference: str) -> tuple[str, str] | None:
    if reference.upper().startswith("RF"):
        rf = iso11649.compact(reference)
        if not iso11649.is_valid(rf) or not rf[4:].isdigit():
            return None
        return "5", rf[2:4] + rf[4:].rjust(21, "0")
    digits = reference.replace(" ", "")
    if not digits.isdigit() or len(digits) > 20:
        return None
    return "4", "000" + digits.rjust(20, "0")


def check_value(digits: str) -> int:
    """Code 128: start value and each pair times its place, modulo 103."""
    pairs = _pairs(digits)
    return (_START_C + sum(place * pair for place, pair in enumerate(pairs, start=1))) % 103


def code128_bars(digits: str) -> tuple[list[tuple[int, int]], int]:
    """Where the bars begin and how wide they are, in modules, and the width of the whole."""
    bars, left = [], 0
    for value in (_START_C, *_pairs(digits), check_value(digits), _STOP):
        for index, width in enumerate(map(int, _PATTERNS[value])):
            if index % 2 == 0:
                bars.append((left, width))
            left += width
    return bars, left


def code128_path(digits: str) -> tuple[str, int]:
    """The bars as an SVG path of strokes one module high, and its width in modules."""
    bars, width = code128_bars(digits)
    return "".join(f"M{left} .5h{wide}" for left, wide in bars), width


def _pairs(digits: str) -> list[int]:
    assert digits.isdigit()
    assert len(digits) % 2 == 0
    return [int(digits[index : index + 2]) for index in range(0, len(digits), 2)]
