"""What every paper of ours begins and ends with: who writes to whom, on which letterhead."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from stdnum.de import stnr

from core.places import country_name
from invoicing.documents.designs.registry import Look
from invoicing.documents.letterheads import Letterhead, letterhead_of
from invoicing.documents.words import Words, words_of


@dataclass(frozen=True)
class Head:
    words: Words
    language: str
    made_at: datetime
    letterhead: Letterhead
    seller_name: str
    sender: str
    address: tuple[str, ...]
    footer: tuple[tuple[str, ...], ...]
    # Of the letterhead's own, above the columns of the footer.
    footer_text: str
    is_draft: bool


@dataclass(frozen=True)
class OnPaper:
    """What is printed under a head; the pages ask for the rest."""

    head: Head

    @property
    def words(self) -> Words:
        return self.head.words

    @property
    def language(self) -> str:
        return self.head.language

    @property
    def letterhead(self) -> Letterhead:
        return self.head.letterhead

    @property
    def address(self) -> tuple[str, ...]:
        return self.head.address


def head_of(
    seller: Mapping[str, str],
    language: str,
    *,
    made_at: datetime,
    address: tuple[str, ...],
    look: Look | None = None,
    is_draft: bool = False,
) -> Head:
    """The seller's, as copied onto the document or as it is now."""
    words, letterhead = words_of(language), letterhead_of(seller, look)
    return Head(
        words=words,
        language=language,
        made_at=made_at,
        letterhead=letterhead,
        seller_name=seller_name(seller),
        sender=sender_of(seller),
        address=address,
        footer=footer_of(seller, words),
        footer_text=letterhead.look.settings.text("footer", language),
        is_draft=is_draft,
    )


def seller_name(seller: Mapping[str, str]) -> str:
    return seller["legal_name"] or seller["name"]


def address_lines(*lines: str, country: str, home: str, locale: str) -> tuple[str, ...]:
    """As on an envelope: the country stands last where it is another one than the sender's."""
    if country and country != home:
        lines += (country_name(country, locale).upper(),)
    return tuple(line.strip() for line in lines if line.strip())


def sender_of(seller: Mapping[str, str]) -> str:
    """The return address in the window of the envelope."""
    town = f"{seller['postal_code']} {seller['city']}".strip()
    return " · ".join(part for part in (seller_name(seller), seller["street"], town) if part)


def business_id_label(words: Words, country: str, business_id: str) -> str:
    """A German company without VAT id tells its tax number in place of that of the register."""
    if country == "FI":
        return words.finnish_business_id
    is_tax_number = country == "DE" and stnr.is_valid(business_id)
    return words.tax_number if is_tax_number else words.business_id


def footer_of(seller: Mapping[str, str], words: Words) -> tuple[tuple[str, ...], ...]:
    """The seller in columns, at the bottom of each page."""
    town = f"{seller['postal_code']} {seller['city']}".strip()
    country = seller["country"]
    business_id = seller["business_id"]
    columns = [
        [
            seller_name(seller),
            seller["street"],
            ", ".join(filter(None, (town, country_name(country, words.locale)))),
        ],
        [seller["phone"], seller["email"], seller["website"].removeprefix("https://")],
        [
            f"{business_id_label(words, country, business_id)} {business_id}"
            if business_id
            else "",
            f"{words.vat_id} {seller['vat_id']}" if seller["vat_id"] else "",
            _einvoices(seller, words),
        ],
        [
            f"IBAN {in_groups(seller['iban'], 4)}" if seller["iban"] else "",
            f"BIC {seller['bic']}" if seller["bic"] else "",
        ],
    ]
    return tuple(tuple(filter(None, column)) for column in columns if any(column))


def _einvoices(seller: Mapping[str, str], words: Words) -> str:
    """Where the company takes e-invoices; what was posted before it could tell has none."""
    places = (seller.get("einvoice_address", ""), seller.get("einvoice_operator", ""))
    return f"{words.einvoices} {' / '.join(filter(None, places))}" if any(places) else ""


def in_groups(text: str, size: int) -> str:
    """FI2112345600000785 as FI21 1234 5600 0007 85."""
    plain = text.replace(" ", "")
    return " ".join(plain[start : start + size] for start in range(0, len(plain), size))
