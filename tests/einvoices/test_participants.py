"""Addresses of e-invoices as people write them."""

import pytest

from invoicing.einvoices.content import ElectronicAddress
from invoicing.einvoices.participants import electronic_address


@pytest.mark.parametrize(
    ("typed", "scheme", "identifier"),
    [
        ("003720774740", "0216", "003720774740"),
        (" 003720774740ab12 ", "0216", "003720774740AB12"),
        ("0216:003720774740", "0216", "003720774740"),
        ("9930:DE136695976", "9930", "DE136695976"),
        ("em:invoices@example.com", "EM", "invoices@example.com"),
        ("0088:7300010000001", "0088", "7300010000001"),
        ("04011000-1234512345-06", "0204", "04011000-1234512345-06"),
        ("0204:04011000-1234512345-06", "0204", "04011000-1234512345-06"),
        ("DE136695976", "9930", "DE136695976"),
        ("FI 2077 4740", "0213", "FI20774740"),
        ("EL123456789", "9933", "EL123456789"),
        ("invoices@example.com", "EM", "invoices@example.com"),
    ],
)
def test_what_is_typed_has_a_scheme(typed: str, scheme: str, identifier: str) -> None:
    assert electronic_address(typed) == ElectronicAddress(scheme, identifier)


@pytest.mark.parametrize(
    "typed",
    [
        "", "x", "0037", "003720774741", "04011000-1234512345-07", "FI2112345600000785",
        "DE89370400440532013000", "US123456789", "an address with blanks", "0216:", "1:2:3",
    ],
)  # fmt: skip
def test_anything_else_is_no_address_of_the_network(typed: str) -> None:
    assert electronic_address(typed) is None
