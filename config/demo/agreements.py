"""What the example companies have agreed on besides hours: prepaid hours and a fixed price."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Q, Sum

from config.demo.calendars import month_start
from config.demo.clock import clock_at
from customers.domain.registers import add_project
from customers.models import Customer
from invoicing.domain.advances import add_milestone, draft_milestone, set_fixed_price
from invoicing.domain.posting import post_invoice
from invoicing.domain.prepaid.drawing import draw_hours
from invoicing.domain.prepaid.planning import plan_draw
from invoicing.domain.prepaid.selling import Sale, sell_hours
from tenants.models import User

BOUGHT = 40 * 60
# Project, its milestones with their percentages.
FIXED = {
    "FI": ("Verkkosivujen uudistus", [("Määrittely", 30), ("Toteutus", 40)]),
    "DE": ("Umbau Heizzentrale", [("Planung", 30), ("Montage", 40)]),
}


def load_agreements(
    customers: list[Customer],
    *,
    country: str,
    today: date,
    at: Callable[[date, int], datetime],
    actor: User,
) -> None:
    """The customer with the most open hours has prepaid ones, half of them drawn; another has a
    project at a fixed price, of which the first milestone is invoiced."""
    by_open_hours = sorted(customers, key=lambda one: (-_open_minutes(one), one.pk))
    with clock_at(at(today, 8)):
        _prepaid(by_open_hours[0], valid_from=month_start(today, 1), actor=actor)
        _fixed_price(by_open_hours[-1], FIXED[country], actor=actor)


def _open_minutes(customer: Customer) -> int:
    open_hours = Q(
        projects__time_entries__billing_state="open",
        projects__time_entries__is_billable=True,
        projects__time_entries__is_locked=True,
    )
    found = Customer.objects.filter(pk=customer.pk).aggregate(
        minutes=Sum("projects__time_entries__minutes", filter=open_hours)
    )
    return int(found["minutes"] or 0)


def _prepaid(customer: Customer, *, valid_from: date, actor: User) -> None:
    sale = Sale(
        minutes=BOUGHT,
        hour_price=Decimal(96),
        valid_from=valid_from,
        valid_until=valid_from + timedelta(days=364),
    )
    prepaid = sell_hours(customer, sale, actor=actor)
    post_invoice(prepaid.line.invoice, actor=actor)
    half, minutes = [], 0
    for draw in plan_draw(customer).shown:
        minutes += draw[2]
        if minutes > BOUGHT // 2:
            break
        half.append(draw)
    if half:
        draw_hours(customer, shown=half, actor=actor)


def _fixed_price(
    customer: Customer, planned: tuple[str, list[tuple[str, int]]], *, actor: User
) -> None:
    name, milestones = planned
    project = add_project(actor=actor, customer=customer, name=name, is_billable=False)
    set_fixed_price(project, amount=Decimal(18500), text=name, tax_rate=None, actor=actor)
    made = [
        add_milestone(project, name=text, percent=Decimal(percent), actor=actor)
        for text, percent in milestones
    ]
    post_invoice(draft_milestone(made[0].pk, project=project, actor=actor), actor=actor)
