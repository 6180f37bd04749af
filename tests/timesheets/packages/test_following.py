"""Open charges follow terms that change: at once, or by a worker, of which a page tells."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import Customer
from tenants.models import Membership
from tests.factories import ComponentFactory, ComponentPriceFactory, CustomerFactory
from tests.timesheets.usage.test_import import HEAD, customer, imported
from timesheets.domain.packages import offering
from timesheets.domain.packages.subscribing import subscribe
from timesheets.models import Charge, ComponentPrice, Subscription, TermsToFollow
from timesheets.usage import following

__all__ = ["customer"]
SignedIn = Callable[[Membership], Client]
USED = "1001;1.10.2026;Finland;60;0,1\n1002;1.10.2026;Finland;50;0,1\n"


@pytest.fixture
def price(owner: Membership, customer: Customer) -> ComponentPrice:
    """Two customers with 40 minutes included, of which they used 60 and 50."""
    component = ComponentFactory(name="Calls", included_quantity=Decimal(40))
    found: ComponentPrice = ComponentPriceFactory(
        component=component, unit_price=Decimal(0), usage_price=Decimal("0.05")
    )
    for one in (customer, CustomerFactory(number="1002")):
        subscribe(
            actor=owner.user,
            customer=one,
            package=component.package,
            start_date=date(2026, 10, 1),
            end_date=date(2026, 10, 31),
        )
    imported(HEAD + USED)
    return found


def prices() -> list[tuple[Decimal, Decimal]]:
    usage = Charge.objects.filter(kind="usage").order_by("-quantity")
    return [(one.quantity, one.unit_price) for one in usage]


def dearer(price: ComponentPrice, owner: Membership) -> None:
    offering.change_price(price.pk, actor=owner.user, usage_price=Decimal("0.07"))


def test_little_usage_follows_at_once(owner: Membership, price: ComponentPrice) -> None:
    dearer(price, owner)
    assert prices() == [(Decimal(20), Decimal("0.07")), (Decimal(10), Decimal("0.07"))]
    assert not TermsToFollow.objects.exists()


def test_much_usage_follows_customer_by_customer(
    owner: Membership, price: ComponentPrice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MOST_RECORDS", 1)
    monkeypatch.setattr(following, "CUSTOMERS_IN_A_STEP", 1)
    dearer(price, owner)
    dearer(price, owner)
    assert prices() == [(Decimal(20), Decimal("0.05")), (Decimal(10), Decimal("0.05"))]

    assert following.follow_some()
    assert prices() == [(Decimal(20), Decimal("0.07")), (Decimal(10), Decimal("0.05"))]
    assert not following.follow_some()
    assert prices() == [(Decimal(20), Decimal("0.07")), (Decimal(10), Decimal("0.07"))]


def test_a_subscription_with_much_usage_follows_later(
    owner: Membership, price: ComponentPrice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MOST_RECORDS", 0)
    component = ComponentFactory(name="More", included_quantity=Decimal(15))
    ComponentPriceFactory(component=component, unit_price=Decimal(0), usage_price=Decimal("0.05"))
    subscribe(
        actor=owner.user,
        customer=Customer.objects.get(number="1001"),
        package=component.package,
        start_date=date(2026, 10, 1),
        end_date=date(2026, 10, 31),
    )
    assert prices() == [(Decimal(20), Decimal("0.05")), (Decimal(10), Decimal("0.05"))]

    following.follow_some()

    assert prices() == [(Decimal(10), Decimal("0.05")), (Decimal(5), Decimal("0.05"))]


def test_what_no_worker_is_at_is_handed_over_again(
    owner: Membership, price: ComponentPrice, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[bool] = []
    monkeypatch.setattr(following, "MOST_RECORDS", 0)
    dearer(price, owner)
    monkeypatch.setattr(following, "_enqueue", lambda: handed.append(True))

    following.sweep(now=timezone.now())
    assert handed == []
    following.sweep(now=timezone.now() + timedelta(minutes=4))
    assert handed == [True]


def test_the_pages_tell_how_far_it_is(
    accountant: Membership,
    owner: Membership,
    signed_in: SignedIn,
    price: ComponentPrice,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(following, "MOST_RECORDS", 0)
    monkeypatch.setattr(following, "CUSTOMERS_IN_A_STEP", 1)
    client = signed_in(accountant)
    package = f"/acme/packages/{price.component.package_id}/"
    first = Subscription.objects.order_by("pk")[0]
    asking = {"HX-Request": "true", "HX-Target": "following"}
    assert "Open charges follow" not in client.get(package).content.decode()
    dearer(price, owner)
    following.follow_some()

    page = client.get(package).content.decode()
    assert "Open charges follow the new terms" in page
    assert 'value="1" max="2"' in " ".join(page.split())
    assert "every 1s" in client.get(package, headers=asking).content.decode()
    # The first customer is charged anew already.
    assert client.get(f"/acme/subscriptions/{first.pk}/", headers=asking)["HX-Refresh"] == "true"
    following.follow_some()
    assert client.get(package, headers=asking)["HX-Refresh"] == "true"
