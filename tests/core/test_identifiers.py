from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from core.identifiers import (
    clean_bic,
    clean_business_id,
    clean_einvoice_address,
    clean_einvoice_operator,
    clean_iban,
    clean_postal_code,
    clean_vat_id,
)


@pytest.mark.parametrize(
    ("clean", "typed", "kept"),
    [
        (clean_iban, "fi21 1234 5600 0007 85", "FI2112345600000785"),
        (clean_iban, "", ""),
        (clean_bic, "ndeafihh", "NDEAFIHH"),
        (clean_vat_id, "fi 2077474-0", "FI20774740"),
        (clean_vat_id, "DE 136.695.976", "DE136695976"),
        (clean_vat_id, "ATU12011204", "ATU12011204"),
        (clean_vat_id, "EL094259216", "EL094259216"),
        (clean_vat_id, "", ""),
        (clean_einvoice_address, "0037 2077 4740", "003720774740"),
        (clean_einvoice_address, "00372077474012abc", "00372077474012ABC"),
        (clean_einvoice_address, "0216:003720774740", "0216:003720774740"),
        (clean_einvoice_address, "fi21 1234 5600 0007 85", "FI2112345600000785"),
        (clean_einvoice_address, "04011000-1234512345-06", "04011000-1234512345-06"),
        (clean_einvoice_address, "0204:04011000-1234512345-06", "0204:04011000-1234512345-06"),
        (clean_einvoice_address, "9930:de136695976", "9930:DE136695976"),
        (clean_einvoice_address, "DE 136 695 976", "DE136695976"),
        (clean_einvoice_address, "0088:7300010000001", "0088:7300010000001"),
        (clean_einvoice_address, "0007:5567321707", "0007:5567321707"),
        (clean_einvoice_address, "em:Lasku@example.com", "EM:Lasku@example.com"),
        (clean_einvoice_address, "Lasku@example.com", "Lasku@example.com"),
        (clean_einvoice_address, " ", ""),
        (clean_einvoice_operator, "0037 2129 1126", "003721291126"),
        (clean_einvoice_operator, "e204503", "E204503"),
        (clean_einvoice_operator, "ndeafihh", "NDEAFIHH"),
        (clean_einvoice_operator, "", ""),
    ],
)
def test_what_people_type_is_put_into_form(
    clean: Callable[[str], str], typed: str, kept: str
) -> None:
    assert clean(typed) == kept


@pytest.mark.parametrize(
    ("clean", "typed"),
    [
        (clean_iban, "FI2112345600000786"),
        (clean_iban, "1234"),
        (clean_bic, "NDEA"),
        (clean_vat_id, "20774740"),
        (clean_vat_id, "FI20774741"),
        (clean_vat_id, "DE136695975"),
        (clean_einvoice_address, "003720774741"),
        (clean_einvoice_address, "0037207747"),
        (clean_einvoice_address, "0216:003720774741"),
        (clean_einvoice_address, "FI2112345600000786"),
        (clean_einvoice_address, "04011000-1234512345-07"),
        (clean_einvoice_address, "0204:04011000-1234512345-07"),
        (clean_einvoice_address, "9930:DE136695975"),
        (clean_einvoice_address, "0088:7300010000002"),
        (clean_einvoice_address, "EM:nobody"),
        (clean_einvoice_address, "XX-hello"),
        (clean_einvoice_operator, "003721291127"),
        (clean_einvoice_operator, "NDEAZZHH"),
        (clean_einvoice_operator, "E-20"),
    ],
)
def test_a_wrong_digit_is_refused(clean: Callable[[str], str], typed: str) -> None:
    with pytest.raises(ValidationError):
        clean(typed)


def test_finnish_business_ids_have_a_check_digit() -> None:
    assert clean_business_id("20774740", "FI") == "2077474-0"
    with pytest.raises(ValidationError):
        clean_business_id("2077474-1", "FI")


def test_register_numbers_elsewhere_are_taken_as_they_are() -> None:
    assert clean_business_id("HRB  12345 B", "DE") == "HRB 12345 B"


def test_postal_codes_are_checked_where_their_form_is_sure() -> None:
    assert clean_postal_code("00100", "FI") == "00100"
    assert clean_postal_code("SW1A 1AA", "GB") == "SW1A 1AA"
    for wrong in ("100", "0010O", "001000"):
        with pytest.raises(ValidationError):
            clean_postal_code(wrong, "DE")
