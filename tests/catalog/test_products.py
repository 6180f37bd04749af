"""Products: written, changed, found, priced and named in other currencies and languages."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from catalog import errors
from catalog.domain import products
from catalog.domain.products import (
    ProductValues,
    add_product,
    change_product,
    next_product_number,
    remove_product,
    state_of,
)
from catalog.models import Product, ProductName, ProductPrice
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import ChargeFactory, ProductFactory, TaxRateFactory

FILTER = ProductValues(
    number="F-1",
    name="Air  filter ",
    currency="EUR",
    unit_price=Decimal("24.90"),
    cost=Decimal("11.5"),
    account="3100",
    names={"fi": "Ilmansuodatin", "sv": ""},
    prices={"SEK": Decimal("279"), "EUR": Decimal("1")},
)


def test_a_product_keeps_its_names_and_prices(tenant: Tenant, accountant: Membership) -> None:
    product = add_product(FILTER, actor=accountant.user)

    assert (product.name, product.account, product.cost) == ("Air filter", "3100", Decimal("11.5"))
    assert [product.name_in(code) for code in ("fi", "sv", "en")] == [
        "Ilmansuodatin", "Air filter", "Air filter",
    ]  # fmt: skip
    # Its own currency has one price only.
    assert [product.price_in(code) for code in ("EUR", "SEK", "USD")] == [
        Decimal("24.90"), Decimal("279"), None,
    ]  # fmt: skip
    assert AuditEntry.objects.get(action="product.added").detail == {"price": "24.90 EUR"}


def test_a_number_is_taken_whatever_its_letters(tenant: Tenant) -> None:
    add_product(FILTER, actor=None)

    with pytest.raises(errors.ProductNumberTaken) as refused:
        add_product(replace(FILTER, number="f-1"), actor=None)

    assert str(refused.value) == ("“Air filter” has the number F-1 already. Choose another one.")


@pytest.mark.parametrize("number", ["F-1", "f-1"])
def test_of_two_at_the_same_time_the_second_is_told_whose_number_it_is(
    tenant: Tenant, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_product(FILTER, actor=None)
    other, wanted = ProductFactory(number="G-1"), replace(FILTER, number=number)
    look, looked = products._refuse_taken, list[str]()

    def before_it_was_written(number: str, *, but: int | None = None) -> None:
        looked.append(number)
        if len(looked) % 2 == 0:
            look(number, but=but)

    monkeypatch.setattr(products, "_refuse_taken", before_it_was_written)
    with pytest.raises(errors.ProductNumberTaken):
        add_product(wanted, actor=None)
    with pytest.raises(errors.ProductNumberTaken):
        change_product(other.pk, wanted, actor=None)


def test_what_changes_is_logged_and_nothing_else_is_written(tenant: Tenant) -> None:
    product = add_product(FILTER, actor=None)
    same = change_product(product.pk, FILTER, actor=None)
    assert same.updated_at == product.updated_at

    wanted = replace(FILTER, unit_price=Decimal("26"), names={}, prices={"SEK": Decimal("290")})
    change_product(product.pk, wanted, actor=None)

    assert AuditEntry.objects.get(action="product.changed").detail["changes"] == {
        "unit_price": ["24.900000", "26"],
        "name fi": ["Ilmansuodatin", ""],
        "price SEK": ["279.000000", "290"],
    }
    product = Product.objects.get()
    assert (product.price_in("SEK"), product.name_in("fi")) == (Decimal("290"), "Air filter")


def test_what_somebody_else_changed_meanwhile_is_not_written_over(tenant: Tenant) -> None:
    product = add_product(FILTER, actor=None)
    opened = state_of(product)
    change_product(product.pk, replace(FILTER, account="3200"), actor=None, state=opened)

    with pytest.raises(errors.ProductChanged):
        change_product(product.pk, replace(FILTER, account="3300"), actor=None, state=opened)

    assert Product.objects.get().account == "3200"


def test_only_what_nothing_was_made_of_is_deleted(tenant: Tenant) -> None:
    used, unused = add_product(FILTER, actor=None), ProductFactory(number="9")
    ChargeFactory(product=used)

    remove_product(unused.pk, actor=None)
    with pytest.raises(errors.ProductInUse):
        remove_product(used.pk, actor=None)

    assert list(Product.objects.values_list("number", flat=True)) == ["F-1"]
    assert (ProductName.objects.count(), ProductPrice.objects.count()) == (1, 1)
    assert AuditEntry.objects.filter(action="product.removed").count() == 1


def test_every_word_is_looked_for_in_number_and_all_names(tenant: Tenant) -> None:
    add_product(FILTER, actor=None)
    ProductFactory(number="F-2", name="Oil filter")

    def found(text: str) -> list[str]:
        products: Any = Product.objects.all()
        return sorted(products.matching(text).values_list("number", flat=True))

    assert found("filter") == ["F-1", "F-2"]
    assert found("suodat") == ["F-1"]
    assert found("f-2") == ["F-2"]
    assert found("filter oil") == ["F-2"]
    assert found("filter brake") == []
    assert found("") == ["F-1", "F-2"]


def test_the_next_number_follows_the_highest(tenant: Tenant) -> None:
    assert next_product_number() == "100"
    ProductFactory(number="207")
    ProductFactory(number="X-999")
    assert next_product_number() == "208"


@pytest.mark.parametrize(
    "wrong",
    [{"unit_price": Decimal("-1")}, {"cost": Decimal("-1")}, {"name": ""}, {"number": ""}],
)
def test_the_database_refuses_what_no_product_may_be(
    tenant: Tenant, wrong: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ProductFactory(**wrong)


def test_a_rate_of_a_product_stays(tenant: Tenant) -> None:
    rate = TaxRateFactory()
    product = add_product(replace(FILTER, tax_rate=rate), actor=None)
    assert Product.objects.get().tax_rate == rate
    assert ProductValues.of(product).tax_rate == rate
