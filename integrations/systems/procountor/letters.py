"""Procountor takes the letters of Windows-1252 and refuses a document for any other one.

A posted invoice cannot be changed, so letters are replaced; the attached PDF shows the real ones.
"""

import unicodedata

_REPLACED = str.maketrans(
    {
        "‐": "-", "‑": "-", "‒": "-", "−": "-", "\u2002": " ", "\u2003": " ", "\u2009": " ",
        "\u202f": " ", "\u2007": " ", "\u200b": "", "\ufeff": "", "\u00ad": "", "ł": "l", "Ł": "L",
        "đ": "d", "Đ": "D", "ħ": "h", "Ħ": "H", "ı": "i", "ŋ": "n", "ŧ": "t", "→": "->",
        "←": "<-", "≤": "<=", "≥": ">=", "✓": "x", "≈": "~", "″": '"', "′": "'",
        "\u2028": "\n", "\u2029": "\n", "\r": "", "\t": " ",
    }
)  # fmt: skip


def plain(text: str) -> str:
    """The text in letters that Procountor takes, `ł` as l and `字` as a question mark."""
    text = unicodedata.normalize("NFC", text.translate(_REPLACED))
    return "".join(map(_plain_letter, text))


def shortened(text: str, length: int) -> str:
    """At most so many letters, cut at a word where that loses little."""
    text = plain(text).strip()
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    at = cut.rfind(" ")
    return (cut[:at] if at > length * 2 // 3 else cut).rstrip(" ,;:-") + "…"


def _plain_letter(letter: str) -> str:
    if _is_known(letter):
        return letter
    base = "".join(
        part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part)
    )
    return base if base and all(map(_is_known, base)) else "?"


def _is_known(letter: str) -> bool:
    if letter != "\n" and unicodedata.category(letter) == "Cc":
        return False
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
