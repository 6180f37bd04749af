"""Products filled into a draft's lines, parts and charges: what is offered, and what is kept."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Product, ProductName, ProductPrice
from invoicing.domain.drafting import draft_work
from invoicing.domain.posting import post_invoice
from invoicing.models import InvoiceLine, Posting
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import (
    ChargeFactory,
    CustomerFactory,
    ProductFactory,
    ProjectFactory,
    TaxRateFactory,
)
from tests.invoicing.drafts import blank, line, sent, stored_line, url
from timesheets.models import Charge

SignIn = Callable[[Membership], Client]
SEARCH = "/acme/products/search/"


@pytest.fixture
def air_filter(tenant: Tenant) -> Product:
    food = TaxRateFactory(name="14 %", percent=Decimal("14"), is_default=False)
    product: Product = ProductFactory(number="F-1", account="3100", tax_rate=food)
    ProductName.objects.create(product=product, language="fi", name="Ilmansuodatin")
    ProductPrice.objects.create(product=product, currency="SEK", unit_price=Decimal("279.5"))
    return product


def found(client: Client, **query: Any) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = client.get(SEARCH, query).json()["results"]
    return results


def test_it_is_named_and_priced_for_the_customer(
    air_filter: Product, accountant: Membership, signed_in: SignIn
) -> None:
    swede = CustomerFactory(language="fi", currency="SEK")
    client = signed_in(accountant)

    [result] = found(client, q="f-1", customer=swede.pk)
    assert result["values"] == {
        "text": "Ilmansuodatin",
        "unit": "C62",
        "unit_price": "279.50",
        "tax_rate": air_filter.tax_rate_id,
        "account": "3100",
    }
    # What the form says comes before it.
    [result] = found(client, q="ilman", customer=swede.pk, language="en", currency="EUR")
    assert (result["values"]["text"], result["values"]["unit_price"]) == ("Air filter", "24.90")
    [result] = found(client, q="filter", currency="USD")
    assert (result["values"]["unit_price"], result["hint"]) == ("", "no price in USD")


def test_customers_who_are_not_taxed_as_usual_keep_their_rate(
    air_filter: Product, accountant: Membership, signed_in: SignIn
) -> None:
    reverse = TaxRateFactory(
        name="Reverse", category="AE", percent=0, exemption_reason="Reverse charge",
        is_default=False,
    )  # fmt: skip
    abroad = CustomerFactory(tax_rate=reverse)
    project = ProjectFactory(customer=abroad, tax_rate=TaxRateFactory())
    client = signed_in(accountant)

    [result] = found(client, q="F-1", customer=abroad.pk)
    assert result["values"]["tax_rate"] == ""
    # The project's own rate is the usual one, so that the product's holds there.
    [result] = found(client, q="F-1", project=project.pk)
    assert result["values"]["tax_rate"] == air_filter.tax_rate_id


def test_what_is_not_active_is_not_offered(
    air_filter: Product, member: Membership, auditor: Membership, signed_in: SignIn
) -> None:
    ProductFactory(number="F-2", is_active=False)
    assert [one["number"] for one in found(signed_in(member), q="filter")] == ["F-1"]
    assert found(signed_in(member), q="filter", customer="x", project="9" * 30) != []
    assert signed_in(auditor).get(SEARCH).status_code == 403


def test_the_line_keeps_which_product_it_was(
    air_filter: Product, accountant: Membership, signed_in: SignIn
) -> None:
    draft = blank()
    client = signed_in(accountant)
    typed = line("Air filter", product=str(air_filter.pk), account="3100", unit_price="20")

    assert client.post(url(draft), sent(draft, [typed])).status_code == 302

    stored = draft.lines.get()
    assert (stored.product, stored.account, stored.unit_price) == (air_filter, "3100", Decimal(20))
    assert ">F-1</span>" in client.get(url(draft)).content.decode()
    draft.refresh_from_db()
    again = stored_line(draft, product="")
    client.post(url(draft), sent(draft, [again]))
    assert draft.lines.get().product is None
    changes = AuditEntry.objects.filter(action="invoice.changed").latest("pk").detail["changes"]
    assert changes == {"line 1 product": ["F-1 Air filter", ""]}


def test_a_product_nobody_knows_is_left_out(
    tenant: Tenant, accountant: Membership, signed_in: SignIn
) -> None:
    draft = blank()
    client = signed_in(accountant)
    for wrong in ("999999", "x", "9" * 40):
        draft.refresh_from_db()
        rows = [stored_line(draft, product=wrong)] if draft.lines.exists() else [
            line("Thing", product=wrong)
        ]  # fmt: skip
        assert client.post(url(draft), sent(draft, rows)).status_code == 302
    assert draft.lines.get().product is None


def test_posting_books_it_on_its_account(
    air_filter: Product, accountant: Membership, signed_in: SignIn
) -> None:
    draft = blank()
    typed = line("Air filter", product=str(air_filter.pk), account="3100", unit_price="20")
    signed_in(accountant).post(url(draft), sent(draft, [typed]))
    draft.refresh_from_db()

    post_invoice(draft, actor=accountant.user)

    booked = dict(Posting.objects.values_list("account", "amount"))
    assert booked["3100"] == Decimal(-40)


def test_many_products_on_a_page_are_one_question(
    air_filter: Product, accountant: Membership, signed_in: SignIn
) -> None:
    draft = blank()
    client = signed_in(accountant)

    def count(products: list[Product]) -> int:
        draft.lines.all().delete()
        for place, product in enumerate(products, start=1):
            InvoiceLine.objects.create(
                invoice=draft, position=place, text="x", product=product, tax_rate=TaxRateFactory()
            )
        with CaptureQueriesContext(connection) as queries:
            client.get(url(draft))
        return len(queries)

    count([air_filter])
    assert count([air_filter]) == count([ProductFactory() for _ in range(3)])


def test_a_charge_gives_its_product_to_the_line(
    air_filter: Product, accountant: Membership
) -> None:
    TaxRateFactory()
    project = ProjectFactory()
    ChargeFactory(project=project, product=air_filter, kind="part")

    draft = draft_work(
        start=date(2026, 10, 1), end=date(2026, 10, 31), project_ids=[project.pk],
        actor=accountant.user,
    )  # fmt: skip

    assert draft.lines.get().product == air_filter


def test_who_is_not_asked_for_rates_gets_those_of_the_product(
    air_filter: Product, member: Membership, signed_in: SignIn
) -> None:
    project = ProjectFactory()
    answer = signed_in(member).post(
        "/acme/charges/new/",
        {
            "kind": "part", "charge_date": date(2026, 11, 20).isoformat(), "project": project.pk,
            "text": "Ilmansuodatin", "quantity": "1", "unit": "C62", "unit_price": "24,90",
            "product": air_filter.pk, "is_billable": "on",
        },
    )  # fmt: skip

    assert answer.status_code == 302
    charge = Charge.objects.get()
    assert (charge.product, charge.tax_rate, charge.account) == (
        air_filter, air_filter.tax_rate, "3100",
    )  # fmt: skip
