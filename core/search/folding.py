"""Texts made alike for searching: case, accents and the width of gaps do not count.

`laskuri_fold` in the database does exactly the same; a test compares the two over all of Unicode.
"""

import re
import unicodedata

_ACCENTS = re.compile("[\u0300-\u036f]")
_GAPS = re.compile("[ \t\n\v\f\r]+")
# Letters that Unicode does not take apart, but whoever types takes for others.
SPELLED_OUT = {
    "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h",
    "ı": "i", "ς": "σ",
}  # fmt: skip
_TABLE = str.maketrans(SPELLED_OUT)


def fold(text: str) -> str:
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text).lower()).translate(_TABLE)
    return _GAPS.sub(" ", plain).strip(" ")
