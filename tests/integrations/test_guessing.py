"""Who a customer is there: ids are sure, a name alone never is."""

from typing import Any

import pytest

from integrations.domain.guessing import By, Guess, differs, guess_all
from integrations.ports import Partner
from tests.factories import CustomerFactory

pytestmark = pytest.mark.usefixtures("tenant")


def there(pk: str = "1", **fields: Any) -> Partner:
    return Partner(**{"id": pk, "name": "Järvikansa Vakuutus Oy", **fields})


def guess(partners: list[Partner], **ours: Any) -> Guess | None:
    customer = CustomerFactory(
        **{"name": "Somebody", "number": "C-1", "business_id": "", "vat_id": "", **ours}
    )
    return guess_all([customer], partners).get(customer.pk)


def test_the_business_id_however_it_is_written() -> None:
    found = guess([there(business_id="9060137-8"), there("2")], business_id="90601378")
    assert found == Guess(there(business_id="9060137-8"), By.BUSINESS_ID, is_sure=True)


def test_the_vat_id_on_either_side_is_enough() -> None:
    found = guess([there(vat_id="DE906205504")], vat_id="DE 906205504")
    assert found is not None
    assert (found.by, found.is_sure) == (By.VAT_ID, True)
    found = guess([there(vat_id="FI90601378")], number="C-2", business_id="9060137-8")
    assert found is not None
    assert (found.by, found.is_sure) == (By.BUSINESS_ID, True)


def test_departments_that_share_an_id_are_for_a_person() -> None:
    partners = [
        there("1", name="Savonrinteen kaupunki", business_id="9060685-7"),
        there("2", name="Savonrinteen kaupunki, tekninen toimi", business_id="9060685-7"),
    ]
    found = guess(partners, name="Savonrinteen kaupunki, tekninen", business_id="9060685-7")
    assert found is not None
    assert (found.partner.id, found.is_sure) == ("2", False)


def test_one_partner_with_both_ids_is_one() -> None:
    found = guess([there(business_id="9060137-8", vat_id="FI90601378")], business_id="9060137-8")
    assert found is not None
    assert found.is_sure


def test_number_and_name_together_are_sure() -> None:
    found = guess([there(number="1001")], number="1001", name="Järvikansa Vakuutus")
    assert found is not None
    assert (found.by, found.is_sure) == (By.NUMBER, True)


def test_a_number_alone_says_nothing() -> None:
    assert guess([there(number="1001")], number="1001", name="Quite Different Ltd") is None


def test_a_number_of_somebody_with_another_id_says_nothing() -> None:
    partners = [there(number="1001", business_id="8123001-8")]
    found = guess(partners, number="1001", name="Järvikansa Vakuutus Oy", business_id="9060137-8")
    assert found is not None
    assert (found.by, found.is_sure) == (By.NAME, False)


@pytest.mark.parametrize(
    "name", ["Järvikansa Vakuutus Oy", "Jarvikansa Vakuutus", "Järvikansa Vakuutus AB"]
)
def test_a_name_alone_is_never_sure(name: str) -> None:
    found = guess([there()], name=name)
    assert found is not None
    assert (found.by, found.is_sure) == (By.NAME, False)


def test_who_is_not_active_there_is_nobody() -> None:
    assert guess([there(business_id="9060137-8", is_active=False)], business_id="9060137-8") is None


def test_differing_needs_an_id_on_both_sides() -> None:
    customer = CustomerFactory(business_id="9060137-8", vat_id="FI90601378")
    assert differs(customer, there(business_id="8123001-8"))
    assert differs(customer, there(vat_id="DE906205504"))
    assert not differs(customer, there(vat_id="FI90601378"))
    assert not differs(customer, there())
