"""Fees become charges, follow their subscription, and no day is charged for twice."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from customers.domain.registers import change_customer
from customers.errors import CurrencyInUse
from customers.models import Customer
from invoicing.domain.discarding import discard_draft
from invoicing.domain.drafting import draft_work
from invoicing.models import Invoice
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import (
    ChargeFactory,
    ComponentFactory,
    ComponentPriceFactory,
    CustomerFactory,
    PackageFactory,
    ProjectFactory,
    TaxRateFactory,
)
from timesheets import package_errors as errors
from timesheets.domain import charges
from timesheets.domain.packages import offering
from timesheets.domain.packages.fees import _may_owe, write_fees
from timesheets.domain.packages.subscribing import (
    Own,
    change_subscription,
    remove_subscription,
    subscribe,
)
from timesheets.domain.settling import Step, settle
from timesheets.models import (
    BillingPeriod,
    Charge,
    ChargeKind,
    ComponentPrice,
    OwnTerms,
    Package,
    PackageComponent,
    Subscription,
    SubscriptionFee,
)
from timesheets.usage import following


@pytest.fixture
def customer(tenant: Tenant) -> Customer:
    TaxRateFactory()
    return CustomerFactory(name="Ostaja Oy")


@pytest.fixture
def package(tenant: Tenant) -> Package:
    """30.00 a month."""
    package: Package = ComponentPriceFactory(component__package__name="Care").component.package
    return package


def fees() -> list[tuple[str, str, Decimal, str]]:
    rows = SubscriptionFee.objects.select_related("charge").order_by("start_date", "component")
    return [
        (str(fee.start_date), str(fee.end_date), fee.charge.net, fee.charge.billing_state)
        for fee in rows
    ]


def until(day: date, actor: Membership) -> None:
    write_fees(actor=actor.user, until=day)


def october(actor: Membership, customer: Customer) -> Invoice:
    return draft_work(
        start=date(2026, 10, 1),
        end=date(2026, 10, 31),
        actor=actor.user,
        customer_id=customer.pk,
    )


def test_subscribing_writes_what_is_due(
    owner: Membership, customer: Customer, package: Package
) -> None:
    subscription = subscribe(
        actor=owner.user, customer=customer, package=package, start_date=date(2026, 9, 16)
    )

    # The month of the test goes to its end.
    assert fees()[:2] == [
        ("2026-09-16", "2026-09-30", Decimal("15.00"), "open"),
        ("2026-10-01", "2026-10-31", Decimal("30.00"), "open"),
    ]
    charge = Charge.objects.earliest("charge_date")
    assert (charge.kind, charge.text, charge.customer) == (ChargeKind.FEE, "Licence", customer)
    assert (charge.charge_date, charge.start_date, charge.end_date) == (
        date(2026, 9, 16),
        date(2026, 9, 16),
        date(2026, 9, 30),
    )
    told = {row.action for row in AuditEntry.objects.filter(object_id=subscription.pk)}
    assert {"subscription.added", "subscription.fees"} <= told


def test_writing_twice_writes_nothing_twice(
    owner: Membership, customer: Customer, package: Package
) -> None:
    subscribe(actor=owner.user, customer=customer, package=package, start_date=date(2026, 10, 1))
    until(date(2026, 12, 31), owner)
    before = list(Charge.objects.order_by("pk").values())

    again = write_fees(actor=owner.user, until=date(2026, 12, 31))

    assert (again.made, again.changed, again.removed) == (0, 0, 0)
    assert list(Charge.objects.order_by("pk").values()) == before


def test_the_database_charges_no_day_twice(
    owner: Membership, customer: Customer, package: Package
) -> None:
    subscription = subscribe(
        actor=owner.user, customer=customer, package=package, start_date=date(2026, 10, 1)
    )
    other = ChargeFactory(customer=customer, kind=ChargeKind.FEE, text="Licence")

    with pytest.raises(IntegrityError, match="subscriptionfee_no_day_twice"), transaction.atomic():
        SubscriptionFee.objects.create(
            subscription=subscription,
            component=PackageComponent.objects.get(),
            start_date=date(2026, 10, 31),
            end_date=date(2026, 11, 1),
            charge=other,
        )


def test_a_drafted_fee_is_a_line_with_its_days(
    owner: Membership, customer: Customer, package: Package
) -> None:
    subscribe(actor=owner.user, customer=customer, package=package, start_date=date(2026, 10, 16))

    invoice = october(owner, customer)

    [line] = invoice.lines.all()
    assert (line.text, line.quantity, line.unit_price, line.net) == (
        "Licence", Decimal(1), Decimal("15.48"), Decimal("15.48"),
    )  # fmt: skip
    assert (line.start_date, line.end_date) == (date(2026, 10, 16), date(2026, 10, 31))
    assert fees()[0] == ("2026-10-16", "2026-10-31", Decimal("15.48"), "drafted")


def test_what_is_drafted_stays_and_the_rest_follows_the_price(
    owner: Membership, customer: Customer, package: Package
) -> None:
    subscribe(actor=owner.user, customer=customer, package=package, start_date=date(2026, 10, 1))
    october(owner, customer)
    [price] = ComponentPrice.objects.all()

    offering.change_price(price.pk, actor=owner.user, unit_price=Decimal(60))

    assert fees()[:2] == [
        ("2026-10-01", "2026-10-31", Decimal("30.00"), "drafted"),
        ("2026-11-01", "2026-11-30", Decimal("60.00"), "open"),
    ]


def test_discarding_the_draft_frees_the_fee(
    owner: Membership, customer: Customer, package: Package
) -> None:
    subscribe(actor=owner.user, customer=customer, package=package, start_date=date(2026, 10, 1))
    first = october(owner, customer)

    discard_draft(first, actor=owner.user)

    assert fees()[0][3] == "open"
    second = october(owner, customer)
    assert second.net_total == Decimal("30.00")
    assert SubscriptionFee.objects.filter(start_date=date(2026, 10, 1)).count() == 1


def test_a_subscription_that_ends_takes_back_what_is_open(
    owner: Membership, customer: Customer, package: Package
) -> None:
    subscription = subscribe(
        actor=owner.user, customer=customer, package=package, start_date=date(2026, 9, 1)
    )
    until(date(2026, 12, 31), owner)

    change_subscription(subscription.pk, actor=owner.user, end_date=date(2026, 10, 15))

    assert fees() == [
        ("2026-09-01", "2026-09-30", Decimal("30.00"), "open"),
        ("2026-10-01", "2026-10-15", Decimal("14.52"), "open"),
    ]
    assert Charge.objects.count() == 2


def test_what_was_on_a_discarded_draft_and_is_not_due_any_more_goes(
    owner: Membership, customer: Customer, package: Package
) -> None:
    subscription = subscribe(
        actor=owner.user, customer=customer, package=package, start_date=date(2026, 10, 1)
    )
    discard_draft(october(owner, customer), actor=owner.user)

    change_subscription(
        subscription.pk, actor=owner.user, start_date=date(2027, 1, 1), end_date=None
    )

    assert fees() == []
    assert not Charge.objects.filter(is_billable=True).exists()


def test_own_quantity_and_price(owner: Membership, customer: Customer, package: Package) -> None:
    component = PackageComponent.objects.get()

    subscription = subscribe(
        actor=owner.user,
        customer=customer,
        package=package,
        start_date=date(2026, 10, 1),
        end_date=date(2026, 10, 31),
        own={component.pk: Own(quantity=Decimal(5), unit_price=Decimal("25.50"))},
    )
    assert fees() == [("2026-10-01", "2026-10-31", Decimal("127.50"), "open")]

    change_subscription(subscription.pk, actor=owner.user, own={})
    assert fees() == [("2026-10-01", "2026-10-31", Decimal("30.00"), "open")]
    assert not OwnTerms.objects.exists()


def test_making_a_fee_not_billable_waives_it(
    owner: Membership, customer: Customer, package: Package
) -> None:
    subscribe(
        actor=owner.user,
        customer=customer,
        package=package,
        start_date=date(2026, 10, 1),
        end_date=date(2026, 10, 31),
    )
    settle(Charge.objects.all(), step=Step.NOT_BILLABLE, actor=owner)

    again = write_fees(actor=owner.user, until=date(2026, 12, 31))

    assert (again.made, again.changed, again.removed) == (0, 0, 0)


def test_a_fee_is_not_changed_or_deleted_by_itself(
    owner: Membership, customer: Customer, package: Package
) -> None:
    subscribe(actor=owner.user, customer=customer, package=package, start_date=date(2026, 10, 1))
    charge = Charge.objects.earliest("pk")

    with pytest.raises(errors.FeeOfSubscription):
        charges.change_charge(charge.pk, actor=owner, quantity=Decimal(2))
    with pytest.raises(errors.FeeOfSubscription):
        charges.delete_charges([charge.pk], actor=owner)


def test_once_is_charged_once_whatever_becomes_of_the_first_day(
    owner: Membership, customer: Customer
) -> None:
    component = ComponentFactory(name="Start-up", period=BillingPeriod.ONCE)
    ComponentPriceFactory(component=component, unit_price=Decimal(99))
    subscription = subscribe(
        actor=owner.user, customer=customer, package=component.package, start_date=date(2026, 10, 5)
    )
    october(owner, customer)

    change_subscription(subscription.pk, actor=owner.user, start_date=date(2026, 9, 1))

    assert fees() == [("2026-10-05", "2026-10-05", Decimal("99.00"), "drafted")]
    with pytest.raises(IntegrityError, match="subscriptionfee_once"), transaction.atomic():
        SubscriptionFee.objects.create(
            subscription=subscription,
            component=component,
            start_date=date(2026, 9, 1),
            end_date=date(2026, 9, 1),
            is_once=True,
            charge=ChargeFactory(customer=customer),
        )


def test_refusals_say_what_to_do(owner: Membership, customer: Customer, package: Package) -> None:
    day = date(2026, 10, 1)

    def refused(**told: object) -> str:
        values: Any = {"customer": customer, "package": package, "start_date": day} | told
        with pytest.raises(errors.PackageRefused) as found:
            subscribe(actor=owner.user, **values)
        return str(found.value)

    assert refused(start_date=date(2019, 12, 1)) == (
        f"“Licence” of {package.name} has no price from 2019-12-01 to 2019-12-31. Add one to the"
        " package, or give this customer a price of their own."
    )
    assert "ends before it starts" in refused(end_date=date(2026, 9, 30))
    assert "has no components yet" in refused(package=PackageFactory(name="Empty"))
    assert "belongs to" in refused(project=ProjectFactory())
    assert "in the customer's currency" in refused(customer=CustomerFactory(currency="SEK"))
    assert "is archived" in refused(customer=CustomerFactory(is_active=False))
    offering.change_package(package.pk, actor=owner.user, is_active=False)
    package.refresh_from_db()
    assert "is not offered any more" in refused()
    assert not Subscription.objects.exists()
    with pytest.raises(errors.PeriodTooFar):
        write_fees(actor=owner.user, until=date(2199, 1, 1))


def test_a_price_from_a_day_on_ends_the_one_before(owner: Membership, package: Package) -> None:
    component = package.components.get()

    offering.add_price(
        component.pk, actor=owner.user, start_date=date(2027, 1, 1), unit_price=Decimal(35)
    )

    assert [
        (price.start_date, price.end_date, price.unit_price) for price in component.prices.all()
    ] == [
        (date(2020, 1, 1), date(2026, 12, 31), Decimal(30)),
        (date(2027, 1, 1), None, Decimal(35)),
    ]
    first = component.prices.earliest("start_date")
    with pytest.raises(errors.PriceGap):
        offering.change_price(first.pk, actor=owner.user, end_date=date(2026, 11, 30))
    offering.add_price(
        component.pk, actor=owner.user, start_date=date(2028, 1, 1), unit_price=Decimal(40)
    )
    middle = component.prices.get(start_date=date(2027, 1, 1))
    with pytest.raises(errors.PriceGap):
        offering.remove_price(middle.pk, actor=owner.user)
    offering.remove_price(first.pk, actor=owner.user)
    offering.remove_price(middle.pk, actor=owner.user)
    last = component.prices.get()
    with pytest.raises(errors.PricesMissing):
        offering.remove_price(last.pk, actor=owner.user)


def test_what_is_in_use_stays(owner: Membership, customer: Customer, package: Package) -> None:
    subscription = subscribe(
        actor=owner.user, customer=customer, package=package, start_date=date(2026, 10, 1)
    )
    component = package.components.get()

    with pytest.raises(errors.ComponentInUse):
        offering.remove_component(component.pk, actor=owner.user)
    with pytest.raises(errors.PackageInUse):
        offering.remove_package(package.pk, actor=owner.user)
    with pytest.raises(errors.PackageCurrencyInUse):
        offering.change_package(package.pk, actor=owner.user, currency="SEK")
    with pytest.raises(errors.ComponentPeriodInUse):
        offering.change_component(component.pk, actor=owner.user, period=BillingPeriod.YEAR)
    october(owner, customer)
    with pytest.raises(errors.SubscriptionBilled):
        remove_subscription(subscription.pk, actor=owner.user)
    with pytest.raises(errors.SubscriptionFixed):
        change_subscription(subscription.pk, actor=owner.user, customer=CustomerFactory())


def test_a_subscription_of_which_nothing_was_billed_can_go(
    owner: Membership, customer: Customer, package: Package
) -> None:
    subscription = subscribe(
        actor=owner.user, customer=customer, package=package, start_date=date(2026, 10, 1)
    )

    remove_subscription(subscription.pk, actor=owner.user)

    assert not Subscription.objects.exists()
    assert not Charge.objects.exists()
    offering.remove_package(package.pk, actor=owner.user)
    assert not Package.objects.exists()


def test_many_subscriptions_follow_by_the_worker(
    owner: Membership, customer: Customer, package: Package, monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    monkeypatch.setattr(following, "MOST_SUBSCRIPTIONS", 0)
    subscribe(
        actor=owner.user,
        customer=customer,
        package=package,
        start_date=date(2026, 10, 1),
        end_date=date(2026, 10, 31),
    )
    [price] = ComponentPrice.objects.all()

    with django_capture_on_commit_callbacks(execute=True):
        offering.change_price(price.pk, actor=owner.user, unit_price=Decimal(45))

    assert fees() == [("2026-10-01", "2026-10-31", Decimal("45.00"), "open")]


def test_the_currency_of_a_customer_with_a_subscription_stays(
    owner: Membership, customer: Customer, package: Package
) -> None:
    assert owner.user is not None
    subscribe(actor=owner.user, customer=customer, package=package, start_date=date(2026, 12, 1))
    assert fees() == []

    with pytest.raises(CurrencyInUse):
        change_customer(customer, actor=owner.user, currency="SEK")


def test_a_package_in_another_currency_than_the_customers_is_not_charged(
    owner: Membership, customer: Customer, package: Package
) -> None:
    subscription = subscribe(
        actor=owner.user, customer=customer, package=package, start_date=date(2026, 10, 1)
    )
    assert fees()
    Customer.objects.filter(pk=customer.pk).update(currency="SEK")

    written = write_fees(actor=None)

    assert fees() == []
    assert written.foreign == (subscription,)


def test_what_ended_long_ago_and_owes_nothing_is_not_read_again(
    owner: Membership, customer: Customer, package: Package
) -> None:
    old = subscribe(
        actor=owner.user,
        customer=customer,
        package=package,
        start_date=date(2020, 1, 1),
        end_date=date(2020, 1, 31),
    )
    running = subscribe(
        actor=owner.user, customer=customer, package=package, start_date=date(2026, 10, 1)
    )
    may_owe = Subscription.objects.filter(_may_owe(date(2026, 11, 21))).order_by("pk")
    assert list(may_owe) == [old, running]

    Charge.objects.filter(fees__subscription=old).update(is_billable=False)

    assert list(may_owe.all()) == [running]


def test_removing_a_price_tells_which_fees_go_with_it(
    owner: Membership, customer: Customer, package: Package
) -> None:
    component = package.components.get()
    first = component.prices.get()
    offering.add_price(
        component.pk, actor=owner.user, start_date=date(2026, 10, 1), unit_price=Decimal(40)
    )
    subscribe(
        actor=owner.user,
        customer=customer,
        package=package,
        start_date=date(2026, 8, 1),
        end_date=date(2026, 10, 31),
    )

    assert offering.remove_price(first.pk, actor=owner.user) == 2
    assert [fee[0] for fee in fees()] == ["2026-10-01"]
