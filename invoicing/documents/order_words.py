"""The words of the report of a service order, in the language of its customer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OrderWords:
    """One language. Every field is printed somewhere."""

    service_report: str
    order: str
    site: str
    contact: str
    technician: str
    done: str
    parts: str
    part: str
    report: str
    photos: str
    signed: str  # name and day
    approved: str


ORDER_WORDS: dict[str, OrderWords] = {
    "en": OrderWords(
        service_report="Service report",
        order="Order",
        site="Site",
        contact="Contact",
        technician="Technician",
        done="Done",
        parts="Parts",
        part="Part",
        report="What was done",
        photos="Photos",
        signed="Signed by {}, {}",
        approved="The work described here was done.",
    ),
    "fi": OrderWords(
        service_report="Huoltoraportti",
        order="Työmääräin",
        site="Kohde",
        contact="Yhteyshenkilö",
        technician="Asentaja",
        done="Valmis",
        parts="Varaosat",
        part="Osa",
        report="Tehdyt työt",
        photos="Valokuvat",
        signed="Allekirjoittanut {}, {}",
        approved="Kuvattu työ on tehty.",
    ),
    "sv": OrderWords(
        service_report="Servicerapport",
        order="Arbetsorder",
        site="Arbetsplats",
        contact="Kontaktperson",
        technician="Tekniker",
        done="Klart",
        parts="Delar",
        part="Del",
        report="Utfört arbete",
        photos="Foton",
        signed="Undertecknat av {}, {}",
        approved="Det beskrivna arbetet är utfört.",
    ),
    "de": OrderWords(
        service_report="Servicebericht",
        order="Auftrag",
        site="Einsatzort",
        contact="Ansprechpartner",
        technician="Techniker",
        done="Erledigt",
        parts="Material",
        part="Teil",
        report="Ausgeführte Arbeiten",
        photos="Fotos",
        signed="Unterschrieben von {}, {}",
        approved="Die beschriebenen Arbeiten wurden ausgeführt.",
    ),
}
