"""Lines of a draft filled in from a package, with their days."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.periods import quarter_of
from customers.models import Customer
from invoicing.documents.figures import Figures
from invoicing.documents.words import words_of
from invoicing.domain.drafting import new_draft
from invoicing.domain.editing import LineEdit, save_draft
from invoicing.domain.posting import post_invoice
from invoicing.domain.verifying import check_document
from invoicing.models import Invoice
from tenants.models import Membership, Tenant
from tests.factories import (
    ComponentFactory,
    ComponentPriceFactory,
    CustomerFactory,
    TaxRateFactory,
)
from timesheets.domain.packages.subscribing import Own, subscribe
from timesheets.models import BillingPeriod

SignedIn = Callable[[Membership], Client]


@pytest.fixture
def customer(tenant: Tenant) -> Customer:
    TaxRateFactory()
    found: Customer = CustomerFactory(name="Ostaja Oy")
    return found


def edited(draft: Invoice, **told: Any) -> Invoice:
    rate = TaxRateFactory()
    edit = LineEdit(
        text="Licence", quantity=Decimal(1), unit_price=Decimal(30), tax_rate=rate, **told
    )
    return save_draft(draft, version=draft.version, values={}, lines=[edit], actor=None)


def test_a_component_is_found_with_what_it_fills_in(
    accountant: Membership, signed_in: SignedIn, customer: Customer
) -> None:
    component = ComponentFactory(
        package__name="Care", name="Licence", period=BillingPeriod.QUARTER, quantity=Decimal(2)
    )
    ComponentPriceFactory(component=component, unit_price=Decimal("29.90"))
    subscribe(
        actor=None,
        customer=customer,
        package=component.package,
        start_date=date(2026, 10, 1),
        own={component.pk: Own(unit_price=Decimal("25.50"))},
    )

    answer = signed_in(accountant).get(
        f"/acme/packages/line-search/?q=care+lic&currency=EUR&customer={customer.pk}"
    )

    [found] = answer.json()["results"]
    quarter = quarter_of(timezone.localdate())
    assert found["values"] == {
        "text": "Licence",
        "quantity": "2",
        "unit": "C62",
        "unit_price": "25.50",
        "tax_rate": "",
        "account": "",
        "start_date": quarter.start.isoformat(),
        "end_date": quarter.end.isoformat(),
    }
    other = signed_in(accountant).get("/acme/packages/line-search/?q=care&currency=SEK")
    assert other.json()["results"] == []


def test_own_terms_are_those_of_the_subscription_that_runs(
    accountant: Membership, signed_in: SignedIn, customer: Customer
) -> None:
    component = ComponentFactory(package__name="Care", name="Licence")
    ComponentPriceFactory(component=component, start_date=date(2020, 1, 1), unit_price=Decimal(30))
    for first, last, price in (
        (date(2024, 1, 1), date(2024, 12, 31), 21),
        (date(2025, 1, 1), None, 22),
        (date(2026, 1, 1), None, 23),
        (date(2099, 1, 1), None, 24),
    ):
        subscribe(
            actor=None,
            customer=customer,
            package=component.package,
            start_date=first,
            end_date=last,
            own={component.pk: Own(unit_price=Decimal(price))},
        )

    answer = signed_in(accountant).get(
        f"/acme/packages/line-search/?q=licence&currency=EUR&customer={customer.pk}"
    )

    assert answer.json()["results"][0]["values"]["unit_price"] == "23.00"


def test_a_line_keeps_the_days_it_is_for(customer: Customer) -> None:
    draft = new_draft(customer=customer, actor=None)

    edited(draft, start_date=date(2026, 10, 1), end_date=date(2026, 12, 31))

    line = draft.lines.get()
    assert (line.start_date, line.end_date) == (date(2026, 10, 1), date(2026, 12, 31))
    figures = Figures(words_of("en"), "EUR")
    assert figures.text_of(line) == "Licence (1 Oct 2026 – 31 Dec 2026)"


def test_the_days_are_frozen_with_the_document(customer: Customer) -> None:
    draft = edited(
        new_draft(customer=customer, actor=None, issue_date=date(2026, 11, 2)),
        start_date=date(2026, 10, 1),
        end_date=date(2026, 10, 31),
    )

    invoice = post_invoice(draft, actor=None)

    assert check_document(invoice).faults == []


def test_the_form_shows_the_days(
    accountant: Membership, signed_in: SignedIn, customer: Customer
) -> None:
    draft = edited(new_draft(customer=customer, actor=None), start_date=date(2026, 10, 1))
    client = signed_in(accountant)

    page = client.get(f"/acme/drafts/{draft.pk}/").content.decode()

    line = draft.lines.get()
    assert f'name="lines-{line.pk}-start_date" value="2026-10-01"' in page


def test_turned_days_are_refused_by_the_line(
    accountant: Membership, signed_in: SignedIn, customer: Customer
) -> None:
    draft = edited(new_draft(customer=customer, actor=None))
    line = draft.lines.get()
    names = {
        "text": "Licence", "quantity": "1", "unit": "C62", "unit_price": "30",
        "discount_percent": "", "tax_rate": line.tax_rate_id, "account": line.account,
        "product": "", "start_date": "2026-10-31", "end_date": "2026-10-01",
    }  # fmt: skip

    answer = signed_in(accountant).post(
        f"/acme/drafts/{draft.pk}/",
        {"line": line.pk, **{f"lines-{line.pk}-{name}": value for name, value in names.items()}},
    )

    assert answer.status_code == 422
    assert "last day lies before its first" in answer.content.decode()
