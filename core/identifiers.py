"""Business ids, VAT ids, IBAN and BIC as people type them, checked and put into standard form."""

import re
from itertools import islice

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from stdnum import bic, ean, iban
from stdnum.au import abn
from stdnum.be import vat as be_vat
from stdnum.de import leitweg
from stdnum.dk import cvr
from stdnum.exceptions import ValidationError as StdnumError
from stdnum.fi import ytunnus
from stdnum.no import orgnr as no_orgnr
from stdnum.se import orgnr as se_orgnr
from stdnum.util import get_cc_module

_IBAN_START = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2} ?[A-Z0-9]{4}")
# The tax office's letters where they are not the country's.
VAT_PREFIX_COUNTRY = {"EL": "GR", "XI": "GB"}


def clean_iban(value: str) -> str:
    if not value:
        return ""
    try:
        return str(iban.validate(value))
    except StdnumError:
        raise ValidationError(
            _("This IBAN is not right. Compare it with the bank's, digit by digit."), code="iban"
        ) from None


def is_iban(text: str) -> bool:
    return bool(iban.is_valid(text))


def ibans_in(text: str) -> list[str]:
    """Every IBAN that a text bears, with or without blanks, in the order of the text."""
    found: list[str] = []
    text = text.upper()
    for start in _IBAN_START.finditer(text):
        # As long as its country's are; what follows may stand behind no more than a blank.
        plain = "".join(text[start.start() : start.start() + 48].split())
        whole = (plain[:length] for length in range(34, 14, -1) if len(plain) >= length)
        found += islice(map(iban.compact, filter(is_iban, whole)), 1)
    return found


def clean_bic(value: str) -> str:
    if not value:
        return ""
    try:
        return str(bic.validate(value))
    except StdnumError:
        raise ValidationError(
            _("A BIC has 8 or 11 characters, like NDEAFIHH. Correct it or leave it empty."),
            code="bic",
        ) from None


def clean_business_id(value: str, country: str) -> str:
    """Check what can be checked: Finnish ids have a check digit, German register numbers none."""
    value = " ".join(value.split())
    if not value or country != "FI":
        return value
    try:
        ytunnus.validate(value)
    except StdnumError:
        raise ValidationError(
            _("This is no Finnish business id. It looks like 2077474-0."), code="business_id"
        ) from None
    return str(ytunnus.format(value))


def clean_vat_id(value: str) -> str:
    value = "".join(value.split()).replace(".", "").upper()
    if not value:
        return ""
    prefix = value[:2]
    if not prefix.isalpha():
        raise ValidationError(
            _("Write the VAT id with the letters of its country, like FI20774740."),
            code="vat_prefix",
        )
    module = get_cc_module(VAT_PREFIX_COUNTRY.get(prefix, prefix), "vat")
    if module is None:
        return value
    try:
        module.validate(value.replace("-", "") if prefix in ("FI", "DE") else value)
    except StdnumError:
        raise ValidationError(
            _("This VAT id is not right for %(country)s. Compare it with the original.")
            % {"country": prefix},
            code="vat_id",
        ) from None
    return value.replace("-", "")


# Of the list "Electronic Address Scheme": what is checked beyond its form, by the scheme's code.
_OVT_SCHEMES = {"0037", "0216"}
_VAT_SCHEMES = {
    "0211", "0213", "9910", "9914", "9920", "9925", "9926", "9928", "9930", "9931", "9932", "9933",
    "9934", "9935", "9937", "9938", "9939", "9943", "9944", "9945", "9946", "9947", "9949", "9950",
    "9955", "9957",
}  # fmt: skip
# Organisation numbers with a check digit of their own.
_NUMBERED = {
    "0007": se_orgnr, "0151": abn, "0184": cvr, "0192": no_orgnr, "0208": be_vat, "0212": ytunnus,
}  # fmt: skip
_GLN_SCHEME, _LEITWEG_SCHEME, _EMAIL_SCHEME = "0088", "0204", "EM"
_SCHEMED = re.compile(r"([0-9]{4}|EM):([^\s:]+)", re.IGNORECASE)
_OVT = re.compile(r"0037[0-9]{8}[0-9A-Z]{0,5}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_OPERATOR = re.compile(r"[A-Z0-9]{4,20}")


def is_ovt(text: str) -> bool:
    """0037, the digits of a Finnish business id, and up to five signs of the company's own."""
    return bool(_OVT.fullmatch(text) and ytunnus.is_valid(text[4:12]))


def clean_einvoice_address(value: str) -> str:
    """An OVT code, a Leitweg-ID, an IBAN, a VAT id, an e-mail address, or `scheme:identifier`."""
    plain = "".join(value.split())
    if not plain:
        return ""
    if schemed := _SCHEMED.fullmatch(plain):
        scheme, identifier = schemed[1].upper(), schemed[2]
        if fits_scheme(scheme, identifier):
            known = identifier if scheme == _EMAIL_SCHEME else identifier.upper()
            return f"{scheme}:{known}"
    elif _EMAIL.fullmatch(plain):
        return plain
    elif is_ovt(plain.upper()) or is_iban(plain.upper()) or leitweg.is_valid(plain):
        return plain.upper()
    elif _is_vat_id(plain):
        return clean_vat_id(plain)
    raise ValidationError(
        _(
            "This is no address of e-invoices, or a digit is wrong. It looks like 003720774740"
            " (OVT), 0216:003720774740 (Peppol) or 04011000-1234512345-06 (Leitweg-ID)."
        ),
        code="einvoice_address",
    )


def fits_scheme(scheme: str, identifier: str) -> bool:
    """Only what has a check digit can be wrong; other schemes have forms of their own."""
    if scheme in _OVT_SCHEMES:
        return is_ovt(identifier.upper()) or ytunnus.is_valid(identifier)
    if scheme in _NUMBERED:
        return bool(_NUMBERED[scheme].is_valid(identifier))
    if scheme == _LEITWEG_SCHEME:
        return bool(leitweg.is_valid(identifier))
    if scheme == _GLN_SCHEME:
        return len(identifier) == 13 and bool(ean.is_valid(identifier))
    if scheme == _EMAIL_SCHEME:
        return bool(_EMAIL.fullmatch(identifier))
    is_vat = scheme in _VAT_SCHEMES and identifier[:2].isalpha()
    return not is_vat or _is_vat_id(identifier)


def _is_vat_id(text: str) -> bool:
    """Of a country whose VAT ids are known."""
    prefix = text[:2].upper()
    if get_cc_module(VAT_PREFIX_COUNTRY.get(prefix, prefix), "vat") is None:
        return False
    try:
        return bool(clean_vat_id(text))
    except ValidationError:
        return False


def clean_einvoice_operator(value: str) -> str:
    """The code of an operator, or the BIC of a bank that is one."""
    plain = "".join(value.split()).upper()
    if not plain:
        return ""
    is_code = bool(_OPERATOR.fullmatch(plain))
    if not is_code or (plain.startswith("0037") and not is_ovt(plain)) or _is_wrong_bic(plain):
        raise ValidationError(
            _(
                "This is no code of an operator, or a digit is wrong. It looks like 003721291126"
                " or, for a bank, NDEAFIHH."
            ),
            code="einvoice_operator",
        )
    return plain


def _is_wrong_bic(plain: str) -> bool:
    return len(plain) in (8, 11) and plain[:6].isalpha() and not bic.is_valid(plain)


FIVE_DIGITS = {"FI", "DE", "EE", "FR", "ES", "IT"}


def clean_postal_code(value: str, country: str) -> str:
    """Check the form where it is sure; elsewhere take what was typed."""
    value = " ".join(value.split())
    if value and country in FIVE_DIGITS and not (value.isdigit() and len(value) == 5):
        raise ValidationError(
            _("A postal code of this country has five digits, like 00100."), code="postal_code"
        )
    return value
