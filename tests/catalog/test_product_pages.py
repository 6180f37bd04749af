"""The pages of products, by role."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.domain.products import state_of
from catalog.models import Product, ProductName, ProductPrice
from tenants.models import Membership
from tests.factories import ChargeFactory, ProductFactory, TaxRateFactory

SignedIn = Callable[[Membership], Client]
LIST = "/acme/products/"


def typed(**told: object) -> dict[str, object]:
    return {
        "number": "F-1", "name": "Air filter", "unit": "C62", "unit_price": "24,90",
        "is_active": "on",
    } | told  # fmt: skip


def test_one_is_written_with_names_and_prices(accountant: Membership, signed_in: SignedIn) -> None:
    values = typed(
        cost="11,50", account="3100", name_fi="Ilmansuodatin", currency_0="SEK", price_0="279"
    )
    answer = signed_in(accountant).post(f"{LIST}new/", values)

    assert (answer.status_code, answer["Location"]) == (302, LIST)
    product = Product.objects.get()
    assert (product.unit_price, product.cost) == (Decimal("24.90"), Decimal("11.50"))
    assert (product.currency, product.account) == ("EUR", "3100")
    assert (product.name_in("fi"), product.price_in("SEK")) == ("Ilmansuodatin", Decimal("279"))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"number": ""}, "“Number” is empty. Fill it in."),
        ({"unit_price": "a lot"}, "Enter a number, like 12.50 or 12,50."),
        ({"unit_price": ""}, "Enter a price; 0 if it is free."),
        ({"cost": "-1"}, "An amount cannot be negative."),
        ({"price_0": "5"}, "Say in which currency this price is."),
        ({"currency_0": "SEK"}, "Enter the price, or take the currency away."),
        (
            {"currency_0": "SEK", "price_0": "1", "currency_1": "SEK", "price_1": "2"},
            "This currency is there twice.",
        ),
        ({"number": "taken"}, "has the number taken already"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    accountant: Membership, signed_in: SignedIn, wrong: dict[str, object], sentence: str
) -> None:
    ProductFactory(number="taken")
    answer = signed_in(accountant).post(f"{LIST}new/", typed(name="Special filter", **wrong))

    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert "Special filter" in page
    assert Product.objects.count() == 1


def test_a_change_keeps_what_somebody_else_wrote(
    accountant: Membership, signed_in: SignedIn
) -> None:
    product = ProductFactory(number="F-1")
    client, url = signed_in(accountant), f"{LIST}{product.pk}/"
    opened = state_of(product)
    assert client.post(url, typed(unit_price="26", state=opened)).status_code == 302

    answer = client.post(url, typed(unit_price="27", state=opened))

    assert answer.status_code == 422
    assert "Somebody else changed this product meanwhile." in answer.content.decode()
    assert Product.objects.get().unit_price == Decimal("26")


def test_one_in_use_is_not_deleted(accountant: Membership, signed_in: SignedIn) -> None:
    product = ProductFactory()
    ChargeFactory(product=product)
    client = signed_in(accountant)

    answer = client.post(f"{LIST}{product.pk}/remove/")
    assert answer.status_code == 422
    assert "is on documents or charges and stays with them" in answer.content.decode()

    unused = ProductFactory()
    assert client.post(f"{LIST}{unused.pk}/remove/").status_code == 302
    assert Product.objects.get() == product


def test_the_auditor_looks_and_changes_nothing(auditor: Membership, signed_in: SignedIn) -> None:
    product = ProductFactory(name="Air filter", cost=Decimal("11.5"))
    client = signed_in(auditor)

    assert "Air filter" in client.get(LIST).content.decode()
    assert "11.50" in client.get(f"{LIST}{product.pk}/").content.decode()
    assert client.post(f"{LIST}{product.pk}/", typed()).status_code == 403
    assert client.get(f"{LIST}new/").status_code == 403
    assert client.get(f"{LIST}import/").status_code == 403


def test_who_manages_projects_sees_prices_and_no_costs(
    manager: Membership, member: Membership, signed_in: SignedIn
) -> None:
    ProductFactory(cost=Decimal("11.55"))

    page = signed_in(manager).get(LIST).content.decode()
    assert "24.90" in page
    assert "11.55" not in page
    export = b"".join(signed_in(manager).get(f"{LIST}export.csv")).decode()
    assert "24,90" in export
    assert "11,55" not in export
    assert signed_in(member).get(LIST).status_code == 403


def test_the_list_filters_sorts_and_hides_what_is_not_active(
    accountant: Membership, signed_in: SignedIn
) -> None:
    ProductFactory(number="1", name="Cheap", unit_price=Decimal("1"))
    dear = ProductFactory(number="2", name="Dear", unit_price=Decimal("900"), unit="HUR")
    ProductName.objects.create(product=dear, language="fi", name="Kallis")
    ProductFactory(number="3", name="Gone", is_active=False)
    client = signed_in(accountant)

    def names(query: str) -> list[str]:
        return [row.name for row in client.get(f"{LIST}?{query}").context["page"]]

    assert names("") == ["Cheap", "Dear"]
    assert names("sort=-price") == ["Dear", "Cheap"]
    assert names("q=kallis") == ["Dear"]
    assert names("unit=HUR") == ["Dear"]
    assert names("state=inactive") == ["Gone"]
    assert names("state=all") == ["Cheap", "Dear", "Gone"]


def test_the_list_asks_as_much_for_many_as_for_one(
    accountant: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(accountant)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        return len(queries)

    ProductFactory(tax_rate=TaxRateFactory())
    client.get(LIST)
    one = count()
    for _ in range(3):
        ProductFactory(tax_rate=TaxRateFactory())
    assert count() == one <= 12


def test_the_file_is_read_again_as_it_is(accountant: Membership, signed_in: SignedIn) -> None:
    product = ProductFactory(
        number="=F-1", name="Air; filter", cost=Decimal("11.5"), tax_rate=TaxRateFactory()
    )
    ProductName.objects.create(product=product, language="fi", name="Ilmansuodatin")
    ProductPrice.objects.create(product=product, currency="SEK", unit_price=279)
    ProductFactory(number="2", is_active=False)
    client = signed_in(accountant)
    file = b"".join(client.get(f"{LIST}export.csv?state=all"))
    upload = SimpleUploadedFile("products.csv", file)

    answer = client.post(f"{LIST}import/", {"file": upload})

    assert answer.status_code == 200
    assert answer.context["counts"] == {"new": 0, "changed": 0, "same": 2, "refused": 0}


def test_a_file_is_looked_at_and_then_saved(accountant: Membership, signed_in: SignedIn) -> None:
    client = signed_in(accountant)
    content = b"Number;Name;Price\nF-1;Air filter;24,90\nF-2;;1\n"
    upload = SimpleUploadedFile("products.csv", content)
    preview = client.post(f"{LIST}import/", {"file": upload})
    assert Product.objects.count() == 0
    assert "The name is missing." in preview.content.decode()

    saved = client.post(
        f"{LIST}import/save/",
        {
            "content": preview.context["content"].replace("\n", "\r\n"),
            "fingerprint": preview.context["plan"].fingerprint,
        },
    )

    assert (saved.status_code, saved["Location"]) == (302, LIST)
    assert Product.objects.get().unit_price == Decimal("24.90")


def test_a_file_that_is_none_is_refused(accountant: Membership, signed_in: SignedIn) -> None:
    client = signed_in(accountant)
    upload = SimpleUploadedFile("products.xlsx", b"PK\x03\x04")
    answer = client.post(f"{LIST}import/", {"file": upload})
    assert answer.status_code == 422
    assert "This is an Excel or OpenDocument workbook, not a CSV file." in answer.content.decode()
    assert client.post(f"{LIST}import/", {}).status_code == 422
    answer = client.post(f"{LIST}import/save/", {"content": "x", "fingerprint": ""})
    assert answer.status_code == 422


def test_an_old_preview_is_shown_again_before_anything_is_saved(
    accountant: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(accountant)
    answer = client.post(
        f"{LIST}import/save/", {"content": "Number;Name;Price\nA;One;1\n", "fingerprint": "old"}
    )
    assert answer.status_code == 422
    assert "Products were changed since this preview." in answer.content.decode()
    assert "One" in answer.content.decode()
    assert not Product.objects.exists()
