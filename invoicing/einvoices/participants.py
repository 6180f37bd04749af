"""Addresses of e-invoices as people write them, with the scheme each belongs to.

Schemes are codes of the list "Electronic Address Scheme" (EAS), as EN 16931 and Peppol have it.
"""

import re

from stdnum.de import leitweg

from core.identifiers import is_ovt
from invoicing.einvoices.content import ElectronicAddress

OVT, LEITWEG, EMAIL = "0216", "0204", "EM"
# VAT ids as addresses, by the letters they begin with.
VAT_SCHEMES = {
    "AT": "9914", "BE": "9925", "BG": "9926", "CY": "9928", "CZ": "9929", "DE": "9930",
    "EE": "9931", "EL": "9933", "ES": "9920", "FI": "0213", "FR": "9957", "GB": "9932",
    "HR": "9934", "HU": "9910", "IE": "9935", "IT": "0211", "LT": "9937", "LU": "9938",
    "LV": "9939", "MT": "9943", "NL": "9944", "PL": "9945", "PT": "9946", "RO": "9947",
    "SE": "9955", "SI": "9949", "SK": "9950",
}  # fmt: skip
_SCHEMED = re.compile(r"(?P<scheme>\d{4}|EM):(?P<identifier>[^\s:][^\s]*)", re.IGNORECASE)
_VAT_ID = re.compile(r"(?P<country>[A-Z]{2})[0-9A-Z]{5,13}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def electronic_address(text: str) -> ElectronicAddress | None:
    """What `0216:003720774740`, an OVT code, a Leitweg-ID, a VAT id or an e-mail address mean.

    None for what is none of them, an IBAN for instance: banks' addresses are Finvoice's alone.
    """
    text = text.strip()
    if schemed := _SCHEMED.fullmatch(text):
        return ElectronicAddress(schemed["scheme"].upper(), schemed["identifier"])
    if is_ovt(text.upper()):
        return ElectronicAddress(OVT, text.upper())
    if leitweg.is_valid(text):
        return ElectronicAddress(LEITWEG, text)
    if _EMAIL.fullmatch(text):
        return ElectronicAddress(EMAIL, text)
    plain = "".join(text.split()).upper()
    vat_id = _VAT_ID.fullmatch(plain)
    if vat_id and vat_id["country"] in VAT_SCHEMES and not _is_like_an_iban(plain):
        return ElectronicAddress(VAT_SCHEMES[vat_id["country"]], plain)
    return None


def _is_like_an_iban(plain: str) -> bool:
    return len(plain) >= 15 and plain[2:4].isdigit()
