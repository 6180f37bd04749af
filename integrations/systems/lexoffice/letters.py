"""Texts as Lexware Office takes them: so many letters, no control characters."""

import unicodedata


def plain(text: str) -> str:
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(
        letter
        for letter in text
        if letter == "\n" or unicodedata.category(letter) not in ("Cc", "Cs")
    ).strip()


def shortened(text: str, length: int) -> str:
    """At most so many letters, cut at a word where that loses little."""
    text = plain(text)
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    at = cut.rfind(" ")
    return (cut[:at] if at > length * 2 // 3 else cut).rstrip(" ,;:-") + "…"


def has_marker(text: str, marker: str) -> bool:
    """As a word of its own: LASKURI-1-1 is no part of LASKURI-1-17."""
    if not marker:
        return False
    words = "".join(letter if letter.isalnum() or letter == "-" else " " for letter in text)
    return marker in words.split()
