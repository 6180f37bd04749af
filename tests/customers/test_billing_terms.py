"""Rounding, least time, day length: which level counts, what forms and pages say of them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.forms import model_to_dict
from django.test import Client
from django.utils import translation

from customers.domain.billing_terms import Level, Sources, Terms, terms_of
from customers.forms import CustomerForm, ProjectForm
from customers.models import Customer, Project
from customers.terms_words import rounding_words
from tenants.billing_terms import RoundingDirection, RoundingPer, UsageGrouping
from tenants.forms import TenantSettingsForm
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import CustomerFactory, ProjectFactory

SignIn = Callable[[Membership], Client]
UP_15 = {"rounding_minutes": 15, "rounding_direction": "up", "rounding_per": "entry"}
NEAREST_6 = {"rounding_minutes": 6, "rounding_direction": "nearest", "rounding_per": "day"}


def unsaved(
    tenant: dict[str, Any], customer: dict[str, Any], project: dict[str, Any]
) -> dict[str, Any]:
    return {
        "tenant": Tenant(**tenant),
        "customer": Customer(tenant_id=1, **customer),
        "project": Project(tenant_id=1, **project),
    }


def test_without_any_setting_nothing_is_rounded_and_a_day_has_eight_hours() -> None:
    terms = terms_of(**unsaved({}, {}, {}))
    assert terms == Terms(
        rounding_minutes=0,
        direction=RoundingDirection.UP,
        per=RoundingPer.ENTRY,
        minimum_minutes=0,
        hours_per_day=Decimal(8),
        usage_grouping=UsageGrouping.DESTINATION,
    )
    assert terms.sources == Sources(Level.USUAL, Level.USUAL, Level.USUAL, Level.USUAL)


@pytest.mark.parametrize(
    ("levels", "rounding", "level"),
    [
        ((UP_15, {}, {}), (15, "up", "entry"), Level.TENANT),
        ((UP_15, NEAREST_6, {}), (6, "nearest", "day"), Level.CUSTOMER),
        ((UP_15, {}, NEAREST_6), (6, "nearest", "day"), Level.PROJECT),
        # Nought is a choice, not a gap: this project is billed to the minute.
        ((UP_15, NEAREST_6, {"rounding_minutes": 0}), (0, "up", "entry"), Level.PROJECT),
        ((UP_15, {"rounding_minutes": 0}, {}), (0, "up", "entry"), Level.CUSTOMER),
    ],
)
def test_minutes_direction_and_share_come_together_from_the_nearest_level(
    levels: tuple[dict[str, Any], ...], rounding: tuple[int, str, str], level: Level
) -> None:
    terms = terms_of(**unsaved(*levels))
    assert (terms.rounding_minutes, terms.direction, terms.per) == rounding
    assert terms.sources.rounding is level


def test_the_other_terms_come_each_from_its_own_nearest_level() -> None:
    terms = terms_of(
        **unsaved(
            {"hours_per_day": Decimal("7.5"), "minimum_minutes": 15, "usage_grouping": "day"},
            {"hours_per_day": Decimal("7.25")},
            {"minimum_minutes": 0, **NEAREST_6},
        )
    )
    assert (terms.hours_per_day, terms.minimum_minutes) == (Decimal("7.25"), 0)
    assert terms.usage_grouping is UsageGrouping.DAY
    assert terms.sources == Sources(Level.PROJECT, Level.PROJECT, Level.CUSTOMER, Level.TENANT)


def test_a_project_alone_leads_to_its_customer(tenant: Tenant) -> None:
    project = ProjectFactory(customer=CustomerFactory(hours_per_day=Decimal("7.5")))
    assert terms_of(project=project, tenant=tenant).hours_per_day == Decimal("7.5")


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (Terms(), "no rounding"),
        (Terms(rounding_minutes=15), "up to full 15 min, each entry"),
        (
            Terms(rounding_minutes=6, direction=RoundingDirection.NEAREST, per=RoundingPer.DAY),
            "to the nearest 6 min, each day and person",
        ),
        (
            Terms(rounding_minutes=60, direction=RoundingDirection.DOWN, per=RoundingPer.LINE),
            "down to full 60 min, each line",
        ),
    ],
)
def test_rounding_is_said_in_words(terms: Terms, words: str) -> None:
    with translation.override("en"):
        assert rounding_words(terms) == words


@pytest.mark.parametrize(
    "values",
    [
        {"rounding_minutes": 7, "rounding_direction": "up", "rounding_per": "entry"},
        {"rounding_minutes": 15, "rounding_direction": "", "rounding_per": "entry"},
        {"rounding_minutes": 15, "rounding_direction": "up", "rounding_per": "week"},
        {"rounding_minutes": None, "rounding_direction": "up", "rounding_per": ""},
        {"rounding_minutes": 0, "rounding_direction": "", "rounding_per": "line"},
        {"minimum_minutes": 1441},
        {"hours_per_day": Decimal(0)},
        {"hours_per_day": Decimal("24.01")},
        {"usage_grouping": "week"},
    ],
)
def test_the_database_refuses_what_means_nothing(tenant: Tenant, values: dict[str, Any]) -> None:
    customer = CustomerFactory()
    project = ProjectFactory(customer=customer)
    rows: list[Any] = [Tenant.objects.filter(pk=tenant.pk), Customer.objects.filter(pk=customer.pk)]
    if values.keys() <= {"rounding_minutes", "rounding_direction", "rounding_per"}:
        rows.append(Project.objects.filter(pk=project.pk))
    for found in rows:
        with pytest.raises(IntegrityError), transaction.atomic():
            found.update(**values)


def customer_values(customer: Customer, **changes: Any) -> dict[str, Any]:
    present = model_to_dict(customer, fields=CustomerForm.Meta.fields)
    return {key: "" if value is None else value for key, value in present.items()} | changes


def test_a_customers_terms_are_saved_logged_and_shown(
    accountant: Membership, signed_in: SignIn
) -> None:
    customer = CustomerFactory()
    client = signed_in(accountant)
    values = customer_values(customer, hours_per_day="7,5", minimum_minutes="10", **UP_15)
    assert client.post(f"/acme/customers/{customer.pk}/edit/", values).status_code == 302

    customer.refresh_from_db()
    assert (customer.rounding_minutes, customer.rounding_direction) == (15, "up")
    assert (customer.hours_per_day, customer.minimum_minutes) == (Decimal("7.50"), 10)
    changes = AuditEntry.objects.get(action="customer.changed").detail["changes"]
    assert changes["rounding_minutes"] == ["", "15"]
    assert changes["rounding_per"] == ["", "entry"]
    page = client.get(f"/acme/customers/{customer.pk}/").content.decode()
    assert "Up to full 15 min, each entry</dd>" in page
    assert "10 min</dd>" in page
    assert "7.5 hours</dd>" in page
    # What nobody set is not worth a line.
    assert "Lines of usage charges" not in page


def test_direction_and_share_go_with_the_minutes(accountant: Membership, signed_in: SignIn) -> None:
    """The selects always send something; without minutes it means nothing and is dropped."""
    customer = CustomerFactory(**UP_15)
    values = customer_values(customer, rounding_minutes="", rounding_direction="nearest")
    signed_in(accountant).post(f"/acme/customers/{customer.pk}/edit/", values)
    customer.refresh_from_db()
    assert customer.rounding_minutes is None
    assert (customer.rounding_direction, customer.rounding_per) == ("", "")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"hours_per_day": "0"}, "A day cannot have 0 hours."),
        ({"hours_per_day": "25"}, "A day cannot have 25 hours."),
        ({"hours_per_day": "-8"}, "A day cannot have -8 hours."),
        ({"minimum_minutes": "1441"}, "less than or equal to 1440"),
        ({"minimum_minutes": "-1"}, "greater than or equal to 0"),
        ({"rounding_minutes": "7"}, "Select a valid choice"),
        ({"rounding_minutes": "15", "rounding_direction": ""}, "Choose up, down or to the nearest"),
        (
            {"rounding_minutes": "15", "rounding_direction": "up", "rounding_per": ""},
            "Choose what is rounded",
        ),
        ({"usage_grouping": "week"}, "Select a valid choice"),
    ],
)
def test_wrong_terms_are_said_beside_their_field(
    owner: Membership, signed_in: SignIn, change: dict[str, str], sentence: str
) -> None:
    customer = CustomerFactory()
    client = signed_in(owner)
    tenant_values = model_to_dict(owner.tenant, fields=TenantSettingsForm.Meta.fields)
    tenant_values = {key: value or "" for key, value in tenant_values.items()}
    for url, values in (
        (f"/acme/customers/{customer.pk}/edit/", customer_values(customer, **change)),
        ("/acme/company/settings/", {**tenant_values, **change}),
    ):
        response = client.post(url, values)
        assert response.status_code == 422, url
        assert sentence in response.content.decode(), url


def test_the_company_sets_terms_that_customers_and_projects_inherit_in_words(
    owner: Membership, signed_in: SignIn
) -> None:
    customer = CustomerFactory()
    project = ProjectFactory(customer=customer)
    client = signed_in(owner)
    values = model_to_dict(owner.tenant, fields=TenantSettingsForm.Meta.fields)
    values = {key: value or "" for key, value in values.items()}
    values |= {**UP_15, "minimum_minutes": "30", "hours_per_day": "7.5", "usage_grouping": "day"}
    assert client.post("/acme/company/settings/", values).status_code == 302
    logged = AuditEntry.objects.get(action="settings.changed").detail["changes"]
    assert logged["rounding_minutes"] == ["", "15"]

    form = client.get(f"/acme/customers/{customer.pk}/edit/").content.decode()
    assert "As the company: up to full 15 min, each entry" in form
    assert "Empty: 30 min." in form
    assert "Empty: 7.5 hours." in form
    assert "As the company: by day" in form
    form = client.get(f"/acme/projects/{project.pk}/edit/").content.decode()
    assert "As the customer: up to full 15 min, each entry" in form
    assert "hours_per_day" not in form
    page = client.get(f"/acme/projects/{project.pk}/").content.decode()
    assert "Up to full 15 min, each entry <span" in page
    assert "(the company&#x27;s)" in page or "(the company's)" in page
    assert "As the customer" in client.get("/acme/projects/new/").content.decode()


def test_a_project_can_be_billed_to_the_minute(accountant: Membership, signed_in: SignIn) -> None:
    project = ProjectFactory(customer=CustomerFactory(**UP_15))
    present = model_to_dict(project, fields=ProjectForm.Meta.fields)
    values = {key: "" if value is None else value for key, value in present.items()}
    client = signed_in(accountant)
    response = client.post(
        f"/acme/projects/{project.pk}/edit/", {**values, "rounding_minutes": "0"}
    )
    assert response.status_code == 302
    project.refresh_from_db()
    assert project.rounding_minutes == 0
    page = client.get(f"/acme/projects/{project.pk}/").content.decode()
    assert "No rounding</dd>" in page


def test_the_administration_shows_terms_last_and_refuses_half_a_rounding(
    owner: Membership, signed_in: SignIn
) -> None:
    customer = CustomerFactory()
    client = signed_in(owner)
    url = f"/acme/admin/customers/customer/{customer.pk}/change/"
    page = client.get(url).content.decode()
    assert page.index('name="is_active"') < page.index('name="rounding_minutes"')
    contacts = {
        "contacts-TOTAL_FORMS": 0, "contacts-INITIAL_FORMS": 0,
        "contacts-MIN_NUM_FORMS": 0, "contacts-MAX_NUM_FORMS": 1000,
    }  # fmt: skip
    values = customer_values(customer, rounding_minutes="15", **contacts)
    response = client.post(url, values)
    assert response.status_code == 200
    assert "Rounding needs its minutes" in response.content.decode()
    customer.refresh_from_db()
    assert customer.rounding_minutes is None
