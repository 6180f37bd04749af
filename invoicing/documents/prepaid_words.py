"""The words of statements of prepaid hours, in the language of their customer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PrepaidWords:
    """One language. Every field is printed somewhere."""

    title: str
    sold_on: str
    valid: str
    until_used_up: str
    project: str
    worked: str
    drawn: str
    left: str
    bought: str
    nothing: str
    ask: str


PREPAID_WORDS: dict[str, PrepaidWords] = {
    "en": PrepaidWords(
        title="Prepaid hours",
        sold_on="Invoice",
        valid="Valid",
        until_used_up="until they are used up",
        project="Project",
        worked="Worked",
        drawn="Drawn",
        left="Left",
        bought="Bought",
        nothing="Nothing has been drawn yet.",
        ask="Does this differ from what you know? Please write to us.",
    ),
    "fi": PrepaidWords(
        title="Ennakkoon maksetut työtunnit",
        sold_on="Lasku",
        valid="Voimassa",
        until_used_up="kunnes tunnit on käytetty",
        project="Projekti",
        worked="Tehty",
        drawn="Käytetty",
        left="Jäljellä",
        bought="Ostettu",
        nothing="Tunteja ei ole vielä käytetty.",
        ask="Poikkeaako tämä omista tiedoistasi? Ota yhteyttä.",
    ),
    "sv": PrepaidWords(
        title="Förbetalda timmar",
        sold_on="Faktura",
        valid="Gäller",
        until_used_up="tills de är förbrukade",
        project="Projekt",
        worked="Arbetat",
        drawn="Uttaget",
        left="Kvar",
        bought="Köpt",
        nothing="Inget har tagits ut ännu.",
        ask="Stämmer detta inte med era uppgifter? Hör av er.",
    ),
    "de": PrepaidWords(
        title="Vorausbezahlte Stunden",
        sold_on="Rechnung",
        valid="Gültig",
        until_used_up="bis sie verbraucht sind",
        project="Projekt",
        worked="Geleistet",
        drawn="Abgerufen",
        left="Übrig",
        bought="Gekauft",
        nothing="Bisher wurde nichts abgerufen.",
        ask="Weicht dies von Ihren Unterlagen ab? Bitte schreiben Sie uns.",
    ),
}
