"""Packages of an example company, who has them and what they use, through the domain."""

import random
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.core.files.base import ContentFile

from config.demo import plan
from config.demo.clock import clock_at
from customers.models import Customer
from tenants.models import User
from timesheets.domain.packages.offering import add_component, add_package, add_price
from timesheets.domain.packages.subscribing import Own, subscribe
from timesheets.models import Package
from timesheets.usage import receiving
from timesheets.usage.choices import Choices


def load_packages(
    planned: Iterable[plan.Package],
    customers: Mapping[str, Customer],
    *,
    start: date,
    at: Callable[[date, int], datetime],
    actor: User,
) -> None:
    """As if somebody had set them up two days before the first month."""
    with clock_at(at(start - timedelta(days=2), 10)):
        for one in planned:
            package = _package(one, start, actor)
            for subscriber in one.subscribers:
                _subscribe(subscriber, package, customers[subscriber.customer], start, actor)


def _package(planned: plan.Package, start: date, actor: User) -> Package:
    package = add_package(actor=actor, name=planned.name, number=planned.number, currency="EUR")
    year = start.replace(month=1, day=1)
    for component in planned.components:
        added = add_component(
            package.pk,
            actor=actor,
            price={
                "start_date": year.replace(year=year.year - 2),
                "end_date": None,
                "unit_price": Decimal(component.price),
                "usage_price": Decimal(component.beyond) if component.beyond else None,
            },
            name=component.text,
            quantity=Decimal(component.quantity),
            unit=component.unit,
            period=component.period,
            due_at=component.due_at,
            included_quantity=Decimal(component.included) if component.included else None,
            usage_destination=component.destination,
        )
        if component.next_price:
            add_price(
                added.pk,
                actor=actor,
                start_date=year.replace(year=year.year + 1),
                end_date=None,
                unit_price=Decimal(component.next_price),
                usage_price=Decimal(component.beyond) if component.beyond else None,
            )
    return package


def _subscribe(
    planned: plan.Subscriber, package: Package, customer: Customer, start: date, actor: User
) -> None:
    own = {}
    if planned.quantity or planned.price:
        first = package.components.earliest("position")
        own[first.pk] = Own(
            quantity=Decimal(planned.quantity) if planned.quantity else None,
            unit_price=Decimal(planned.price) if planned.price else None,
        )
    subscribe(
        actor=actor,
        customer=customer,
        package=package,
        start_date=start + timedelta(days=planned.days_in),
        own=own,
    )


def load_usage(
    planned: Iterable[plan.Usage],
    customers: Mapping[str, Customer],
    *,
    start: date,
    today: date,
    seed: int,
    actor: User,
) -> None:
    """A file for everybody who uses something, with a few records a day."""
    numbers = random.Random(seed)  # noqa: S311 - figures, no secrets
    for one in planned:
        lines = ["Asiakasnumero;Päivä;Kohde;Määrä;Hinta"]
        for day in range((today - start).days):
            for destination, price, most in one.destinations:
                quantity = numbers.randrange(most // 3, most)
                if quantity:
                    lines.append(
                        f"{customers[one.customer].number};{start + timedelta(days=day)};"
                        f"{destination};{quantity};{price}"
                    )
        content = "\n".join(lines).encode()
        name = f"{one.file}.csv"
        usage_import = receiving.receive_file(
            ContentFile(content, name=name), name=name, size=len(content), actor=actor
        )
        told = Choices.from_json(usage_import.columns)
        receiving.start(usage_import.pk, told, actor=actor)
