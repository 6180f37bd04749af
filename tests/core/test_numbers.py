"""Numbers as people type them, and as pages write them back."""

from decimal import Decimal

import pytest
from django.utils import translation

from core.forms import NumberField, plain_number, typed_number
from core.templatetags.figures import money


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "1.5", "1.5"),
        ("en", "1,5", "1.5"),
        ("fi", "1,5", "1.5"),
        ("fi", "1 234,50", "1234.50"),
        ("fi", "1\u00a0234,50", "1234.50"),
        ("fi", "1\u202f234", "1234"),
        ("de", "1.234,50", "1234.50"),
        ("en", "1,234.50", "1234.50"),
        ("de", "1.234", "1234"),
        ("de", "1,234", "1.234"),
        ("en", "1,234", "1234"),
        ("en", "1.234", "1.234"),
        ("fi", "1,234", "1.234"),
        ("fi", "1.234", "1.234"),
        ("en", "0,125", "0.125"),
        ("de", "0.125", "0.125"),
        ("fi", "1.234.567", "1234567"),
        ("en", "−2,5", "-2.5"),
        ("de", "1'234.5", "1234.5"),
    ],
)
def test_one_separator_is_a_point_unless_it_separates_thousands(
    language: str, text: str, expected: str
) -> None:
    with translation.override(language):
        assert plain_number(text) == expected


@pytest.mark.parametrize("language", ["en", "fi", "de"])
@pytest.mark.parametrize("value", ["1234.567", "1.234", "0.125", "95", "1000", "0", "123456.7"])
def test_what_a_page_writes_is_read_back_as_the_same(language: str, value: str) -> None:
    with translation.override(language):
        for least in (0, 2):
            written = typed_number(Decimal(value), least_places=least)
            assert NumberField().clean(written) == Decimal(value)


def test_idle_zeros_go_and_wanted_places_stay() -> None:
    with translation.override("fi"):
        assert typed_number(Decimal("12.500000")) == "12,5"
        assert typed_number(Decimal("95.000000"), least_places=2) == "95,00"
        assert typed_number(Decimal("95.125000"), least_places=2) == "95,125"
        assert typed_number(Decimal(1000)) == "1000"


@pytest.mark.parametrize(
    ("language", "currency", "expected"),
    [
        ("en", "EUR", "-€1,234.50"),
        ("en", "SEK", "-SEK\u00a01,234.50"),
        ("fi", "SEK", "-1\u00a0234,50\u00a0SEK"),
        ("de", "CHF", "-1.234,50\u00a0CHF"),
    ],
)
def test_a_blank_stands_between_a_code_and_its_figure(
    language: str, currency: str, expected: str
) -> None:
    with translation.override(language):
        assert money(Decimal("-1234.50"), currency) == expected
