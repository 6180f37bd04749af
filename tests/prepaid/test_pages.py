"""The pages of prepaid hours: who sees them, what they refuse, and where the balance is told."""

import csv
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.test import Client

from core.templatetags.figures import hours
from customers.models import Customer, Project
from invoicing.domain.customer_access import link_for
from invoicing.domain.drafting import draft_work
from invoicing.domain.posting import post_invoice
from invoicing.domain.prepaid.drawing import draw_hours
from invoicing.models import Invoice, PrepaidDraw, PrepaidHours
from tenants.models import Membership, Tenant
from tests.documents.making import pages, words
from tests.factories import CustomerFactory, ProjectFactory, TaxRateFactory
from tests.prepaid.selling import balance, drafted, sold, worked

SignedIn = Callable[[Membership], Client]


@pytest.fixture
def project(tenant: Tenant) -> Project:
    TaxRateFactory()
    found: Project = ProjectFactory(name="Upkeep", customer__name="Havu Oy")
    return found


@pytest.fixture
def customer(project: Project) -> Customer:
    found: Customer = project.customer
    return found


def told(bought_by: Customer, **fields: Any) -> dict[str, Any]:
    values = {
        "customer": bought_by.pk,
        "project": "",
        "hours": "20",
        "hour_price": "95,50",
        "lump_sum": "",
        "tax_rate": "",
        "valid_from": "2026-01-01",
        "valid_until": "",
        "text": "",
        "note": "By telephone",
        "token": str(uuid4()),
    }
    return values | fields


def test_selling_drawing_and_undoing(
    accountant: Membership, signed_in: SignedIn, customer: Customer, project: Project
) -> None:
    client = signed_in(accountant)
    answer = client.post("/acme/prepaid/new/", told(customer, project=project.pk))
    prepaid = PrepaidHours.objects.get()
    invoice = prepaid.line.invoice
    assert answer["Location"] == f"/acme/drafts/{invoice.pk}/"
    assert (invoice.net_total, invoice.project) == (Decimal("1910.00"), project)
    assert prepaid.note == "By telephone"
    assert "count as soon as their draft is posted" in text(client, f"/acme/prepaid/{prepaid.pk}/")
    post_invoice(invoice, actor=accountant.user)
    worked(120, 90, project=project)

    page = text(client, f"/acme/customers/{customer.pk}/prepaid/draw/")
    assert "20:00 h left, 3:30 h drawn now" in page
    shown = page.split('name="shown" value="')[1].split('"')[0]
    done = client.post(f"/acme/customers/{customer.pk}/prepaid/draw/", {"shown": shown})
    assert done["Location"] == f"/acme/prepaid/{prepaid.pk}/"
    assert balance(prepaid) == (1200, 210, 990)
    page = text(client, f"/acme/prepaid/{prepaid.pk}/")
    assert "16:30" in page
    again = client.post(f"/acme/customers/{customer.pk}/prepaid/draw/", {"shown": shown})
    assert again.status_code == 422
    number = Invoice.objects.get().number
    assert f"2026-10-02, 1:30 h ({number})" in again.content.decode()

    one = PrepaidDraw.objects.earliest("pk")
    client.post(f"/acme/prepaid/{prepaid.pk}/undo/", {"draw": one.pk})
    assert balance(prepaid) == (1200, 90, 1110)
    client.post(f"/acme/prepaid/{prepaid.pk}/undo/", {"all": "1"})
    assert balance(prepaid) == (1200, 0, 1200)
    refused = client.post(f"/acme/prepaid/{prepaid.pk}/undo/", {"all": "1"})
    assert refused.status_code == 422


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"hours": "-3"}, "Enter how many hours are sold"),
        ({"hours": ""}, "“Hours” is empty"),
        ({"hour_price": ""}, "a price per hour, or an amount for all of them"),
        ({"lump_sum": "100"}, "a price per hour, or an amount for all of them"),
        ({"valid_until": "2025-12-31"}, "The last day lies before the first"),
        ({"valid_from": "soon"}, "Enter a day that exists"),
        ({"customer": ""}, "Choose the customer who buys the hours"),
    ],
)
def test_refusals_keep_what_was_typed(
    accountant: Membership,
    signed_in: SignedIn,
    customer: Customer,
    fields: dict[str, str],
    sentence: str,
) -> None:
    answer = signed_in(accountant).post("/acme/prepaid/new/", told(customer, **fields))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert "By telephone" in page
    assert not Invoice.objects.exists()


def test_nothing_of_another_company(
    accountant: Membership, signed_in: SignedIn, customer: Customer
) -> None:
    client = signed_in(accountant)
    for address in (
        "prepaid/999999/",
        "customers/999999/prepaid/draw/",
        "customers/999999/prepaid/",
    ):
        assert client.get(f"/acme/{address}").status_code == 404


def test_who_may(
    auditor: Membership,
    manager: Membership,
    member: Membership,
    signed_in: SignedIn,
    project: Project,
) -> None:
    whole = sold(project.customer)
    own = sold(project.customer, project=project)
    project.manager = manager
    project.save()

    client = signed_in(auditor)
    for address in (f"prepaid/{whole.pk}/", "prepaid/", f"prepaid/{own.pk}/draws.csv"):
        assert client.get(f"/acme/{address}").status_code == 200
    assert client.get("/acme/prepaid/new/").status_code == 403
    assert client.post(f"/acme/prepaid/{whole.pk}/undo/").status_code == 403
    draw = f"/acme/customers/{project.customer_id}/prepaid/draw/"
    assert client.get(draw).status_code == 403

    client = signed_in(manager)
    assert client.get(f"/acme/prepaid/{own.pk}/").status_code == 200
    assert client.get(f"/acme/prepaid/{whole.pk}/").status_code == 404
    assert client.get("/acme/prepaid/new/").status_code == 403
    assert signed_in(member).get("/acme/prepaid/").status_code == 403


def test_lists_tabs_and_files(
    accountant: Membership,
    signed_in: SignedIn,
    customer: Customer,
    project: Project,
    django_assert_max_num_queries: Any,
) -> None:
    low = sold(customer, "10", valid_until=date(2099, 12, 31))
    worked(500, project=project)
    draw_hours(customer, actor=None)
    full = sold(CustomerFactory(name="Saari Ab"), "30")
    client = signed_in(accountant)

    with django_assert_max_num_queries(12):
        page = text(client, "/acme/prepaid/")
    assert "Havu Oy" in page
    assert "Saari Ab" in page
    assert "Running out" in page
    low_only = text(client, "/acme/prepaid/?standing=low")
    assert "Havu Oy" in low_only
    assert "Saari Ab" not in low_only
    assert "No prepaid hours match" in text(client, "/acme/prepaid/?standing=expired")
    tab = text(client, f"/acme/customers/{customer.pk}/prepaid/")
    assert hours(100) in tab
    assert "Draw hours" in tab
    assert hours(100) in text(client, f"/acme/projects/{project.pk}/prepaid/")
    listed = client.get("/acme/prepaid/export.csv?standing=all")
    assert "8.33" in b"".join(listed).decode() or "8,33" in b"".join(listed).decode()
    draws = b"".join(client.get(f"/acme/prepaid/{low.pk}/draws.csv")).decode()
    assert "Upkeep" in draws
    assert "1.67" in draws or "1,67" in draws
    assert client.get(f"/acme/prepaid/{full.pk}/draws.xlsx").status_code == 200


def test_the_days_are_changed_in_their_form(
    accountant: Membership, signed_in: SignedIn, customer: Customer, project: Project
) -> None:
    prepaid = sold(customer)
    worked(60, project=project)
    draw_hours(customer, actor=None)
    client = signed_in(accountant)
    address = f"/acme/prepaid/{prepaid.pk}/edit/"
    sent = {"valid_from": "2026-01-01", "valid_until": "2026-09-30", "note": ""}
    refused = client.post(address, sent)
    assert refused.status_code == 422
    assert "are drawn from them" in refused.content.decode()
    assert client.post(address, sent | {"valid_until": "2026-12-31"}).status_code == 302
    prepaid.refresh_from_db()
    assert prepaid.valid_until == date(2026, 12, 31)


def test_what_is_left_is_told_where_hours_are_invoiced(
    accountant: Membership, signed_in: SignedIn, customer: Customer, project: Project
) -> None:
    sold(customer, "12")
    worked(60, 60, project=project)
    client = signed_in(accountant)
    period = "start=2026-10-01&end=2026-10-31"
    assert "12:00 h prepaid left" in text(client, f"/acme/ready/?{period}")
    assert "12:00 h prepaid left" in text(client, f"/acme/ready/?{period}&group=customer")

    draft = draft_work(
        start=date(2026, 10, 1), end=date(2026, 10, 1), customer_id=customer.pk, actor=None
    )
    assert "has 12:00 h of prepaid hours left" in text(client, f"/acme/drafts/{draft.pk}/")
    started = client.post(f"/acme/compose/?{period}&customer={customer.pk}")
    assert "has 12:00 h of prepaid hours left" in text(client, started["Location"])


def test_drawn_hours_name_the_invoice_they_were_paid_by(
    accountant: Membership, signed_in: SignedIn, customer: Customer, project: Project
) -> None:
    prepaid = sold(customer)
    [entry] = worked(60, project=project)
    draw_hours(customer, actor=None)
    number = Invoice.objects.get(pk=prepaid.line.invoice_id).number
    client = signed_in(accountant)

    assert f"{number}, prepaid" in text(client, f"/acme/hours/entries/{entry.pk}/")
    ready = text(client, "/acme/ready/?start=2026-10-01&end=2026-10-31&status=all")
    assert str(number) in ready
    sold_on = text(client, f"/acme/invoices/{prepaid.line.invoice_id}/")
    assert "Prepaid hours were sold on this invoice" in sold_on
    assert "sells prepaid hours" in text(
        client, f"/acme/drafts/{drafted(customer).line.invoice_id}/"
    )


def test_the_customers_own_page_tells_what_they_have_left(
    client: Client, customer: Customer, project: Project
) -> None:
    prepaid = sold(customer, "10")
    worked(150, project=project)
    draw_hours(customer, actor=None)
    sold(CustomerFactory(), "77")
    invoice = Invoice.objects.get(pk=prepaid.line.invoice_id)
    address = urlsplit(link_for(invoice, actor=None)).path

    page = client.get(address).content.decode()

    assert "7:30 h of 10:00 h are left" in page
    assert "77" not in page.partition("Prepaid hours</h2>")[2].partition("</section>")[0]


def test_the_statement_is_a_letter_in_the_customers_language(
    accountant: Membership, signed_in: SignedIn, customer: Customer, project: Project
) -> None:
    Customer.objects.filter(pk=customer.pk).update(language="fi")
    prepaid = sold(customer, "10", project=project)
    worked(150, 45, project=project, description="Päivitys")
    draw_hours(customer, actor=None)

    answer = signed_in(accountant).get(f"/acme/prepaid/{prepaid.pk}/statement.pdf")

    assert answer["Content-Type"] == "application/pdf"
    paper = words(pages(answer.content))
    for told in ("Havu Oy", "Ennakkoon maksetut työtunnit", "Upkeep · Päivitys", str(prepaid.line)):
        assert told in paper
    # What was left after each.
    assert re.findall("[0-9]+:[0-9]{2} h", paper) == ["10:00 h", "7:30 h", "6:45 h", "6:45 h"]


def test_too_many_draws_for_paper_are_said(
    accountant: Membership,
    signed_in: SignedIn,
    customer: Customer,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("invoicing.documents.prepaid.MOST_DRAWS", 1)
    prepaid = sold(customer, "10")
    worked(60, 60, project=project)
    draw_hours(customer, actor=None)
    answer = signed_in(accountant).get(f"/acme/prepaid/{prepaid.pk}/statement.pdf")
    assert answer.status_code == 422
    assert "Take the CSV file" in answer.content.decode()


def test_the_file_of_what_is_ready_tells_what_is_left(
    accountant: Membership, signed_in: SignedIn, customer: Customer, project: Project
) -> None:
    sold(customer, "12")
    worked(90, project=project)
    answer = signed_in(accountant).get("/acme/ready/export.csv?start=2026-10-01&end=2026-10-31")
    head, row = csv.reader(b"".join(answer).decode("utf-8-sig").splitlines(), delimiter=";")
    told = dict(zip(head, row, strict=True))
    assert (told["Hours"], told["Prepaid hours left"]) == ("1,50", "12,00")


@pytest.fixture
def managed(manager: Membership, project: Project) -> Project:
    project.manager = manager
    project.save()
    return project


def shown_by(page: str) -> str:
    return page.split('name="shown" value="')[1].split('"', maxsplit=1)[0]


def test_managers_draw_and_undo_what_was_bought_for_their_own_projects(
    manager: Membership, signed_in: SignedIn, customer: Customer, managed: Project
) -> None:
    others = sold(customer, "10")
    own = sold(customer, "10", project=managed)
    worked(60, project=managed)
    client, address = signed_in(manager), f"/acme/customers/{customer.pk}/prepaid/draw/"

    # The other ones would come first, and are not theirs to draw from.
    page = text(client, address)
    assert "10:00 h left, 1:00 h drawn now" in page
    assert f"/acme/prepaid/{others.pk}/" not in page
    forged = shown_by(page).replace(f"{own.pk}:", f"{others.pk}:", 1)
    assert client.post(address, {"shown": forged}).status_code == 404
    assert client.post(address, {"shown": shown_by(page)}).status_code == 302

    assert (balance(own), balance(others)) == ((600, 60, 540), (600, 0, 600))
    assert "Undo all draws" in text(client, f"/acme/prepaid/{own.pk}/")
    assert client.post(f"/acme/prepaid/{others.pk}/undo/", {"all": "1"}).status_code == 404
    assert client.post(f"/acme/prepaid/{own.pk}/undo/", {"all": "1"}).status_code == 302
    assert balance(own) == (600, 0, 600)


def test_where_another_person_posts_managers_draw_nothing(
    manager: Membership,
    tenant: Tenant,
    signed_in: SignedIn,
    customer: Customer,
    managed: Project,
) -> None:
    own = sold(customer, "10", project=managed)
    worked(60, project=managed)
    Tenant.objects.filter(pk=tenant.pk).update(four_eyes=True)
    client = signed_in(manager)

    assert "Nothing is left" in text(client, f"/acme/customers/{customer.pk}/prepaid/draw/")
    assert client.post(f"/acme/prepaid/{own.pk}/undo/", {"all": "1"}).status_code == 404
    assert "Draw hours" not in text(client, f"/acme/prepaid/{own.pk}/")


def test_filters_that_nobody_changed_are_not_offered_to_be_reset(
    accountant: Membership, signed_in: SignedIn, tenant: Tenant
) -> None:
    client = signed_in(accountant)
    for query, is_hidden in (("", True), ("?standing=all", False), ("?q=Havu", False)):
        bar = text(client, f"/acme/prepaid/{query}").partition("data-filter-reset")[2]
        assert bar.partition(">")[0].split() == (["hidden"] if is_hidden else [])
