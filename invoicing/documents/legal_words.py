"""What a law of the seller's country says of untaxed supplies, for readers of other languages.

The company's own reason, written with its tax rate, stays as it is: it names the law. Here stands
what it means where the document is in another language than the law.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.places import DocumentLanguage as Language


@dataclass(frozen=True)
class Law:
    """`found` is how reasons name it, `language` the law's own, in which nothing need be added."""

    found: re.Pattern[str]
    language: str
    texts: Mapping[str, str]


SMALL_BUSINESSES = (
    Law(
        re.compile(r"§\s*19\b.{0,20}UStG|\bKleinunternehmer", re.IGNORECASE),
        Language.GERMAN,
        {
            Language.ENGLISH: "No VAT is charged: small business under § 19 of the German VAT Act.",
            Language.FINNISH: "Arvonlisäveroa ei peritä: pienyritys (Saksan UStG 19 §).",
            Language.SWEDISH: "Moms debiteras inte: litet företag enligt 19 § i tyska UStG.",
        },
    ),
    Law(
        re.compile(r"\bAVL\s*3\s*(a\s*)?§|\bvähäi\w+\s+(liike)?toimin", re.IGNORECASE),
        Language.FINNISH,
        {
            Language.ENGLISH: "No VAT is charged: small business under section 3 of the Finnish VAT"
            " Act.",
            Language.SWEDISH: "Moms debiteras inte: verksamhet i liten skala (3 § i finska"
            " mervärdesskattelagen).",
            Language.GERMAN: "Keine Umsatzsteuer: Kleinunternehmen nach § 3 des finnischen"
            " Mehrwertsteuergesetzes.",
        },
    ),
)


def in_other_words(reason: str, language: str) -> str:
    """What the reason means in the language of the document; nothing where it says so itself."""
    for law in SMALL_BUSINESSES:
        if language != law.language and law.found.search(reason):
            return law.texts[language]
    return ""
