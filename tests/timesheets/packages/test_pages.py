"""The pages of packages and subscriptions, by role."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from tenants.models import Membership, Tenant
from tests.factories import ComponentPriceFactory, CustomerFactory, TaxRateFactory
from timesheets.domain.packages.subscribing import subscribe
from timesheets.models import (
    BillingPeriod,
    ComponentPrice,
    OwnTerms,
    Package,
    PackageComponent,
    Subscription,
    SubscriptionFee,
)

SignedIn = Callable[[Membership], Client]


@pytest.fixture
def customer(tenant: Tenant) -> Customer:
    TaxRateFactory()
    found: Customer = CustomerFactory(name="Ostaja Oy")
    return found


@pytest.fixture
def package(tenant: Tenant) -> Package:
    found: Package = ComponentPriceFactory(component__package__name="Care").component.package
    return found


def test_an_accountant_makes_a_package_with_a_component(
    accountant: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(accountant)

    answer = client.post("/acme/packages/new/", {"name": "Care", "currency": "EUR"})
    package = Package.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/acme/packages/{package.pk}/")
    answer = client.post(
        f"/acme/packages/{package.pk}/components/new/",
        {
            "name": "Licence", "quantity": "1", "unit": "C62", "period": "quarter",
            "due_at": "end", "unit_price": "1 234,50", "start_date": "2026-01-01",
            "included_quantity": "100", "usage_destination": "Finland", "usage_price": "0,05",
        },
    )  # fmt: skip

    assert answer.status_code == 302
    component = PackageComponent.objects.get()
    assert (component.period, component.included_quantity) == (BillingPeriod.QUARTER, 100)
    price = ComponentPrice.objects.get()
    assert (price.unit_price, price.usage_price) == (Decimal("1234.50"), Decimal("0.05"))
    page = client.get(f"/acme/packages/{package.pk}/").content.decode()
    assert "Licence" in page
    assert "Quarterly" in page


def test_a_gap_in_the_prices_is_told_by_the_field_and_nothing_typed_is_lost(
    accountant: Membership, signed_in: SignedIn, package: Package
) -> None:
    ComponentPrice.objects.update(end_date=date(2026, 6, 30))
    component = package.components.get()

    answer = signed_in(accountant).post(
        f"/acme/packages/components/{component.pk}/prices/new/",
        {"unit_price": "35,55", "start_date": "2026-08-01"},
    )

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "would have no price from 2026-07-01 to 2026-07-31" in page
    assert "35,55" in page
    assert ComponentPrice.objects.count() == 1


def test_a_customer_subscribes_with_own_terms(
    accountant: Membership, signed_in: SignedIn, package: Package, customer: Customer
) -> None:
    component = package.components.get()

    answer = signed_in(accountant).post(
        "/acme/subscriptions/new/",
        {
            "customer": customer.pk,
            "package": package.pk,
            "start_date": "2026-10-01",
            "end_date": "2026-10-31",
            f"own-{component.pk}-quantity": "3",
            f"own-{component.pk}-unit_price": "",
        },
    )

    subscription = Subscription.objects.get()
    assert answer["Location"] == f"/acme/subscriptions/{subscription.pk}/"
    assert OwnTerms.objects.get().quantity == 3
    assert SubscriptionFee.objects.get().charge.net == Decimal("90.00")
    page = signed_in(accountant).get(answer["Location"]).content.decode()
    assert "Own terms" in page
    assert "90.00" in page


def test_the_fields_of_own_terms_follow_the_package(
    accountant: Membership, signed_in: SignedIn, package: Package
) -> None:
    component = package.components.get()

    answer = signed_in(accountant).get(f"/acme/subscriptions/terms/?package={package.pk}")

    assert f'name="own-{component.pk}-quantity"' in answer.content.decode()
    assert (
        b"own-"
        in signed_in(accountant).get(f"/acme/subscriptions/new/?package={package.pk}").content
    )
    assert (
        b'name="own-'
        not in signed_in(accountant).get("/acme/subscriptions/terms/?package=x").content
    )


def test_a_refusal_is_shown_and_nothing_typed_is_lost(
    accountant: Membership, signed_in: SignedIn, package: Package, customer: Customer
) -> None:
    answer = signed_in(accountant).post(
        "/acme/subscriptions/new/",
        {
            "customer": customer.pk, "package": package.pk, "start_date": "2026-10-01",
            "end_date": "2026-09-30", "note": "As agreed by telephone",
        },
    )  # fmt: skip

    assert answer.status_code == 422
    assert "ends before it starts" in answer.content.decode()
    assert "As agreed by telephone" in answer.content.decode()


def test_fees_are_written_further_ahead_when_asked(
    accountant: Membership, signed_in: SignedIn, package: Package, customer: Customer
) -> None:
    subscribe(
        actor=accountant.user,
        customer=customer,
        package=package,
        start_date=date(2026, 10, 1),
        end_date=date(2027, 3, 31),
    )

    signed_in(accountant).post("/acme/subscriptions/fees/", {"until": "2027-03-31"})

    assert SubscriptionFee.objects.count() == 6


def test_deleting_what_is_in_use_is_told(
    accountant: Membership, signed_in: SignedIn, package: Package, customer: Customer
) -> None:
    subscribe(
        actor=accountant.user, customer=customer, package=package, start_date=date(2026, 10, 1)
    )

    answer = signed_in(accountant).post(f"/acme/packages/{package.pk}/remove/", follow=True)

    assert "Do not offer it any more" in answer.content.decode()
    assert Package.objects.exists()


def test_an_auditor_looks_and_changes_nothing(
    auditor: Membership, signed_in: SignedIn, package: Package, customer: Customer
) -> None:
    subscription = subscribe(
        actor=None, customer=customer, package=package, start_date=date(2026, 10, 1)
    )
    client = signed_in(auditor)

    for url in (
        "packages/",
        f"packages/{package.pk}/",
        "subscriptions/",
        f"subscriptions/{subscription.pk}/",
        f"customers/{customer.pk}/subscriptions/",
    ):
        answer = client.get(f"/acme/{url}")
        assert answer.status_code == 200, url
        assert b"New sub" not in answer.content
    for url in (
        "packages/new/",
        f"packages/{package.pk}/edit/",
        "subscriptions/new/",
        f"subscriptions/{subscription.pk}/edit/",
    ):
        assert client.get(f"/acme/{url}").status_code == 403, url


def test_a_member_sees_none_of_it(
    member: Membership, signed_in: SignedIn, package: Package
) -> None:
    client = signed_in(member)
    assert client.get("/acme/packages/").status_code == 403
    assert client.get("/acme/subscriptions/").status_code == 403


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_lists_as_files(
    accountant: Membership, signed_in: SignedIn, package: Package, customer: Customer, kind: str
) -> None:
    subscribe(actor=None, customer=customer, package=package, start_date=date(2026, 10, 1))
    client = signed_in(accountant)
    for name in ("packages", "subscriptions"):
        answer = client.get(f"/acme/{name}/export.{kind}")
        assert answer.status_code == 200
        if kind == "csv":
            text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
            assert "Care" in text


def test_queries_do_not_grow_with_the_rows(
    accountant: Membership, signed_in: SignedIn, package: Package
) -> None:
    client = signed_in(accountant)

    def asked(url: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    def one_more() -> Subscription:
        return subscribe(
            actor=None, customer=CustomerFactory(), package=package, start_date=date(2026, 10, 1)
        )

    subscription = one_more()
    urls = [
        "/acme/packages/",
        f"/acme/packages/{package.pk}/",
        "/acme/subscriptions/",
        f"/acme/subscriptions/{subscription.pk}/",
    ]
    before = [asked(url) for url in urls]
    for _more in range(3):
        one_more()
    for number in range(3):
        ComponentPriceFactory(component__package=package, component__name=f"More {number}")
    assert [asked(url) for url in urls] == before
    assert max(before) <= 12
