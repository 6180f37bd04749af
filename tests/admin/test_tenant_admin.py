"""The administration inside a tenant: for owners, of this tenant's rows, into this tenant's log."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import TaxRate
from customers.models import Customer, CustomField, Project
from tenants.admin_base import tenant_admin
from tenants.base import TenantModel
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import (
    ContactFactory,
    CustomerFactory,
    HoursLockFactory,
    ProjectFactory,
    RateFactory,
    TaskFactory,
    TaxRateFactory,
    TimeEntryFactory,
)

SignIn = Callable[[Membership], Client]
TENANT_MODELS = [m for m in apps.get_models() if issubclass(m, TenantModel)]


@pytest.fixture
def rows(tenant: Tenant, owner: Membership) -> None:
    TaxRateFactory()
    ContactFactory()
    RateFactory()
    TaskFactory()
    entry = TimeEntryFactory()
    HoursLockFactory(member=entry.member)


def path(model: Any, rest: str = "") -> str:
    return f"/acme/admin/{model._meta.app_label}/{model._meta.model_name}/{rest}"


def test_every_model_of_a_tenant_is_registered_and_searchable() -> None:
    lacking = [m._meta.label for m in TENANT_MODELS if m not in tenant_admin._registry]
    assert lacking == []
    every: list[Any] = [*TENANT_MODELS, Membership]
    for model in every:
        assert tenant_admin._registry[model].search_fields, model._meta.label


@pytest.mark.parametrize("model", [*TENANT_MODELS, Membership, Tenant])
def test_owners_open_every_page_of_every_model(
    model: Any, owner: Membership, rows: None, signed_in: SignIn
) -> None:
    client = signed_in(owner)
    assert client.get(path(model), {"q": "1"}).status_code == 200
    found = model._default_manager.first()
    if found is not None:
        assert client.get(path(model, f"{found.pk}/change/")).status_code == 200
    assert client.get(path(model, "add/")).status_code in (200, 403)


@pytest.mark.parametrize("role", ["accountant", "manager", "member", "auditor"])
def test_nobody_else_gets_in(role: str, request: Any, rows: None, signed_in: SignIn) -> None:
    client = signed_in(request.getfixturevalue(role))
    customer = Customer.objects.get(contacts__isnull=False)
    for url in ("/acme/admin/", path(Customer), path(Customer, f"{customer.pk}/change/")):
        assert client.get(url).status_code == 403, url
    assert client.post(path(Customer, f"{customer.pk}/delete/"), {"post": "yes"}).status_code == 403


def change(client: Client, obj: Any, **values: Any) -> Any:
    """Post the change form as the browser would, with some values changed."""
    page = client.get(path(type(obj), f"{obj.pk}/change/"))
    form = page.context["adminform"].form
    data = {
        name: form.get_initial_for_field(field, name)
        for name, field in form.fields.items()
        if form.get_initial_for_field(field, name) not in (None, False)
    }
    for inline in page.context["inline_admin_formsets"]:
        prefix = inline.formset.prefix
        total = inline.formset.initial_form_count()
        data |= {f"{prefix}-TOTAL_FORMS": total, f"{prefix}-INITIAL_FORMS": total}
        for number, row in enumerate(inline.formset.initial_forms):
            for name, field in row.fields.items():
                value = row.get_initial_for_field(field, name)
                data[f"{prefix}-{number}-{name}"] = "" if value is None else value
            data[f"{prefix}-{number}-id"] = row.instance.pk
    return client.post(path(type(obj), f"{obj.pk}/change/"), {**data, **values})


def test_changes_go_into_the_tenants_log_and_not_into_djangos(
    owner: Membership, signed_in: SignIn
) -> None:
    rate = TaxRateFactory(name="25.5 %")
    client = signed_in(owner)

    assert change(client, rate, name="Standard").status_code == 302

    entry = AuditEntry.objects.get(action="admin.changed")
    assert (entry.actor, entry.object_id) == (owner.user, rate.pk)
    assert entry.detail == {"changes": {"name": ["25.5 %", "Standard"]}}
    assert not LogEntry.objects.exists()


def test_references_are_logged_by_name(
    owner: Membership, manager: Membership, signed_in: SignIn
) -> None:
    project = ProjectFactory()
    assert change(signed_in(owner), project, manager=manager.pk).status_code == 302
    entry = AuditEntry.objects.get(action="admin.changed")
    assert entry.detail["changes"]["manager"] == ["", "Project manager"]


def test_adding_and_deleting_are_logged(owner: Membership, signed_in: SignIn) -> None:
    client = signed_in(owner)
    values = {
        "name": "Zero", "category": "Z", "percent": "0", "revenue_account": "3010",
    }  # fmt: skip
    assert client.post(path(TaxRate, "add/"), values).status_code == 302
    rate = TaxRate.objects.get()
    assert client.post(path(TaxRate, f"{rate.pk}/delete/"), {"post": "yes"}).status_code == 302
    assert not TaxRate.objects.exists()
    actions = AuditEntry.objects.order_by("id").values_list("action", "object_label")
    assert list(actions) == [("admin.added", "Zero"), ("admin.deleted", "Zero")]
    assert not LogEntry.objects.exists()


def test_history_is_the_audit_log_of_the_record(owner: Membership, signed_in: SignIn) -> None:
    customer = CustomerFactory()
    response = signed_in(owner).get(path(Customer, f"{customer.pk}/history/"))
    assert response["Location"] == (
        f"/acme/company/audit/?object_type=customers.customer&object_id={customer.pk}"
    )


def test_locked_and_billed_hours_are_read_only(owner: Membership, signed_in: SignIn) -> None:
    free = TimeEntryFactory(description="free")
    locked = TimeEntryFactory(description="locked")
    HoursLockFactory(member=locked.member)
    client = signed_in(owner)

    assert change(client, free, description="changed").status_code == 302
    url = path(type(locked), f"{locked.pk}/change/")
    assert client.post(url, {"minutes": 1, "description": "changed"}).status_code == 403
    delete = path(type(locked), f"{locked.pk}/delete/")
    assert client.post(delete, {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [locked.pk], "post": "yes"}
    client.post(path(type(locked)), chosen)
    locked.refresh_from_db()
    assert locked.description == "locked"


def test_the_company_is_the_only_one_in_its_administration(
    owner: Membership, other_tenant: Tenant, signed_in: SignIn
) -> None:
    client = signed_in(owner)
    page = client.get(path(Tenant)).content.decode()
    assert "Acme Oy" in page
    assert "Other" not in page
    # Django sends back to its index where the row is not found.
    assert client.get(path(Tenant, f"{other_tenant.pk}/change/")).status_code == 302
    assert client.post(path(Tenant, f"{other_tenant.pk}/change/"), {}).status_code == 302


def test_members_of_other_companies_are_offered_nowhere(
    owner: Membership, manager: Membership, other_tenant: Tenant, signed_in: SignIn
) -> None:
    foreign = Membership.objects.create(tenant=other_tenant, name="Foreigner")
    client = signed_in(owner)

    assert "Foreigner" not in client.get(path(Membership)).content.decode()
    assert client.get(path(Membership, f"{foreign.pk}/change/")).status_code == 302
    query = {"app_label": "customers", "model_name": "project", "field_name": "manager"}
    found = client.get("/acme/admin/autocomplete/", {**query, "term": ""}).json()["results"]
    assert {row["text"] for row in found} == {"Owner", "Project manager"}
    project = ProjectFactory()
    refused = change(client, project, manager=foreign.pk)
    assert refused.status_code == 200
    assert "Select a valid choice" in refused.content.decode()
    assert Project.objects.get().manager is None


def test_links_stay_inside_the_tenant(owner: Membership, signed_in: SignIn) -> None:
    page = signed_in(owner).get("/acme/admin/").content.decode()
    assert 'href="/acme/admin/customers/customer/"' in page
    assert 'href="/acme/"' in page
    assert "/platform/" not in page


def test_what_another_row_has_already_is_said_by_the_form(
    owner: Membership, signed_in: SignIn
) -> None:
    taken = CustomerFactory(number="C-1000")
    customer = CustomerFactory()
    client = signed_in(owner)

    for obj, values, sentence in (
        (customer, {"number": taken.number}, "Another customer has this number."),
        (
            TaxRateFactory(name="Half", is_default=False),
            {"name": TaxRateFactory().name},
            "already exists",
        ),
        (
            ProjectFactory(customer=customer),
            {"name": ProjectFactory(customer=customer, name="Web shop").name},
            "This customer has a project of that name.",
        ),
    ):
        answer = change(client, obj, **values)
        assert answer.status_code == 200, obj
        assert sentence in answer.content.decode(), obj


def test_the_currency_of_priced_hours_stays(owner: Membership, signed_in: SignIn) -> None:
    customer = TimeEntryFactory().project.customer
    client = signed_in(owner)
    assert change(client, customer, currency="SEK", name="Renamed").status_code == 302
    customer.refresh_from_db()
    assert (customer.currency, customer.name) == ("EUR", "Renamed")


def test_a_correction_leaves_alone_what_happened_to_the_hours_meanwhile(
    owner: Membership, signed_in: SignIn
) -> None:
    entry = TimeEntryFactory()
    client = signed_in(owner)
    with CaptureQueriesContext(connection) as asked:
        assert change(client, entry, minutes=90).status_code == 302
    [update] = [one["sql"] for one in asked if one["sql"].startswith("UPDATE")]
    assert '"minutes" = 90' in update
    assert "billing_state" not in update.partition("WHERE")[0]
    assert "is_locked" not in update.partition("WHERE")[0]


def test_own_fields_are_cleaned_and_logged_there_too(owner: Membership, signed_in: SignIn) -> None:
    CustomField.objects.create(target="customer", name="fee", label="Fee", kind="number")
    CustomField.objects.create(target="time_entry", name="place", label="Place")
    customer = CustomerFactory(custom_values={"fee": "20", "old": "x"})
    entry = TimeEntryFactory()
    client = signed_in(owner)

    refused = change(client, customer, custom_fee="many")
    assert refused.status_code == 200
    assert "“many” is not a number." in refused.content.decode()
    assert change(client, customer, custom_fee="1 200,5").status_code == 302
    customer.refresh_from_db()
    assert customer.custom_values == {"fee": "1200.5", "old": "x"}
    logged = AuditEntry.objects.get(action="admin.changed")
    assert logged.detail["changes"] == {"custom_fee": ["20", "1200.5"]}

    assert change(client, entry, custom_place="home").status_code == 302
    entry.refresh_from_db()
    assert entry.custom_values == {"place": "home"}


def test_identifiers_are_checked_and_kept_in_their_standard_form_there_too(
    owner: Membership, signed_in: SignIn
) -> None:
    customer, client = CustomerFactory(), signed_in(owner)
    wrong = {
        "business_id": "2077474-1", "vat_id": "FI20774741", "einvoice_address": "003720774741",
    }  # fmt: skip
    for name, value in wrong.items():
        page = change(client, customer, country="FI", **{name: value})
        assert name in page.context["adminform"].form.errors
    change(
        client, customer, country="FI", business_id="20774740", vat_id="fi 2077474-0",
        einvoice_address="0037 2077 4740", einvoice_operator="bawc fi22",
    )  # fmt: skip
    customer.refresh_from_db()
    assert (customer.business_id, customer.vat_id) == ("2077474-0", "FI20774740")
    assert customer.einvoice_address == "003720774740"
