"""Business ids, VAT ids, IBAN and BIC as people type them, checked and put into standard form."""

import re
from itertools import islice

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from stdnum import bic, iban
from stdnum.exceptions import ValidationError as StdnumError
from stdnum.fi import ytunnus
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


FIVE_DIGITS = {"FI", "DE", "EE", "FR", "ES", "IT"}


def clean_postal_code(value: str, country: str) -> str:
    """Check the form where it is sure; elsewhere take what was typed."""
    value = " ".join(value.split())
    if value and country in FIVE_DIGITS and not (value.isdigit() and len(value) == 5):
        raise ValidationError(
            _("A postal code of this country has five digits, like 00100."), code="postal_code"
        )
    return value
