import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from catalog.models import TaxRate
from customers.models import Contact, Customer, Project
from tenants.models import AuditEntry, Membership, Tenant
from tenants.roles import Role
from tests.factories import (
    ContactFactory,
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    TaxRateFactory,
    TimeEntryFactory,
)

SignIn = Callable[[Membership], Client]
CUSTOMERS = "/acme/customers/"
PROJECTS = "/acme/projects/"
HTMX = {"HX-Request": "true"}

NEW = {
    "number": "1001",
    "name": "Pohjola Oy",
    "country": "FI",
    "language": "fi",
    "currency": "EUR",
}


def test_a_customer_is_added_with_what_was_typed(accountant: Membership, signed_in: SignIn) -> None:
    client = signed_in(accountant)
    assert 'value="1001"' in client.get(f"{CUSTOMERS}new/").content.decode()

    address = {"street": "Tie 1", "postal_code": "33100", "city": "Tampere"}
    values = {**NEW, **address, "business_id": "20774740", "vat_id": "fi20774740"}
    response = client.post(f"{CUSTOMERS}new/", values)

    customer = Customer.objects.get()
    assert response["Location"] == f"{CUSTOMERS}{customer.pk}/"
    assert (customer.business_id, customer.vat_id) == ("2077474-0", "FI20774740")
    assert customer.is_active
    assert AuditEntry.objects.get(action="customer.added").actor == accountant.user


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "“Name” is empty. Fill it in."),
        ({"street": "Tie 1"}, "Complete the address; documents need all of it."),
        ({"delivery_city": "Turku"}, "Complete the address; documents need all of it."),
        ({"business_id": "2077474-1"}, "This is no Finnish business id."),
        ({"vat_id": "FI1"}, "This VAT id is not right for FI."),
        ({"postal_code": "331"}, "has five digits"),
        ({"email": "nobody"}, "Enter a valid email address."),
        ({"payment_term_days": "-1"}, "greater than or equal to 0"),
        ({"einvoice_address": "003720774740"}, "An e-invoice address needs its operator."),
        ({"currency": "XXX"}, "Select a valid choice."),
    ],
)
def test_a_wrong_value_is_said_beside_its_field_and_nothing_is_saved(
    accountant: Membership, signed_in: SignIn, change: dict[str, str], sentence: str
) -> None:
    values = {**NEW, "notes": "keep me", **change}
    response = signed_in(accountant).post(f"{CUSTOMERS}new/", values)

    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert "keep me" in page
    assert 'data-guard-unsaved="dirty"' in page
    assert not Customer.objects.exists()


def test_a_number_is_used_once(accountant: Membership, signed_in: SignIn) -> None:
    CustomerFactory(number="1001")
    response = signed_in(accountant).post(f"{CUSTOMERS}new/", NEW)
    assert response.status_code == 422
    assert "Another customer has this number." in response.content.decode()


def test_the_currency_is_refused_beside_its_field(
    accountant: Membership, signed_in: SignIn
) -> None:
    customer = CustomerFactory(currency="EUR")
    TimeEntryFactory(project=ProjectFactory(customer=customer))
    values = {**NEW, "currency": "SEK"}
    response = signed_in(accountant).post(f"{CUSTOMERS}{customer.pk}/edit/", values)
    assert response.status_code == 422
    said = 'id="id_currency_error"><li>Work, usage or a subscription was recorded'
    assert said in response.content.decode()


def foreign_rows() -> tuple[Customer, TaxRate, Membership]:
    """Rows of another company, made past the open scope as its own requests would."""
    from django.db import connection

    other = Tenant.objects.create(slug="far", name="Far", legal_name="Far Oy")
    member = Membership.objects.create(tenant=other, name="Foreigner", role=Role.OWNER)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL app.tenant_id = '{other.pk}'")
        customer = Customer(tenant=other, number="1", name="Foreign customer")
        customer.save(force_insert=True)
        rate = TaxRate(
            tenant=other, name="Foreign rate", percent=24, revenue_account="1", tax_account="2"
        )
        rate.save(force_insert=True)
        cursor.execute("SET LOCAL app.tenant_id = %s", [str(_own_tenant().pk)])
    return customer, rate, member


def _own_tenant() -> Tenant:
    return Tenant.objects.get(slug="acme")


def test_what_belongs_to_another_tenant_is_refused_in_a_posted_form(
    accountant: Membership, signed_in: SignIn
) -> None:
    foreign, rate, member = foreign_rows()
    client = signed_in(accountant)
    own = CustomerFactory()
    sentence = "That is not in the list. Choose one of those offered."

    for field, value in (("customer", foreign.pk), ("manager", member.pk), ("tax_rate", rate.pk)):
        values = {"customer": own.pk, "name": "Stolen", field: value}
        response = client.post(f"{PROJECTS}new/", values)
        assert response.status_code == 422, field
        assert f'id="id_{field}_error"><li>{sentence}' in response.content.decode()
    response = client.post(f"{CUSTOMERS}new/", {**NEW, "tax_rate": rate.pk})
    assert response.status_code == 422
    assert not Project.objects.exists()

    form = client.get(f"{PROJECTS}new/").content.decode()
    assert "Foreign" not in form


def test_another_tenants_records_are_404(accountant: Membership, signed_in: SignIn) -> None:
    foreign, _rate, _member = foreign_rows()
    client = signed_in(accountant)
    assert client.get(f"{CUSTOMERS}{foreign.pk}/").status_code == 404
    assert client.get(f"{CUSTOMERS}{foreign.pk}/edit/").status_code == 404
    assert client.post(f"{CUSTOMERS}{foreign.pk}/contacts/new/", {"name": "X"}).status_code == 404
    assert "Foreign" not in client.get(CUSTOMERS, {"state": "all"}).content.decode()
    assert client.get(f"{CUSTOMERS}search/", {"q": "foreign"}).json() == {"results": []}


def test_a_manager_sees_own_projects_and_their_customers_alone(
    manager: Membership, signed_in: SignIn
) -> None:
    own = ProjectFactory(name="Own project", manager=manager)
    ProjectFactory(name="Sister project", customer=own.customer)
    strange = ProjectFactory(name="Strange project")
    client = signed_in(manager)

    projects = client.get(PROJECTS).content.decode()
    assert "Own project" in projects
    assert "Sister project" not in projects
    customers = client.get(CUSTOMERS).content.decode()
    assert own.customer.name in customers
    assert strange.customer.name not in customers
    detail = client.get(f"{CUSTOMERS}{own.customer.pk}/?tab=projects").content.decode()
    assert "Own project" in detail
    assert "Sister project" not in detail
    assert client.get(f"{PROJECTS}{strange.pk}/").status_code == 404
    assert client.get(f"{CUSTOMERS}{strange.customer.pk}/").status_code == 404
    assert client.get(f"{PROJECTS}{own.pk}/edit/").status_code == 403


@pytest.mark.parametrize(
    ("role", "sees", "edits"),
    [
        ("owner", 200, 200),
        ("accountant", 200, 200),
        ("manager", 200, 403),
        ("auditor", 200, 403),
        ("member", 403, 403),
    ],
)
def test_who_may_what(role: str, sees: int, edits: int, request: Any, signed_in: SignIn) -> None:
    client = signed_in(request.getfixturevalue(role))
    customer = CustomerFactory()
    for path in (CUSTOMERS, PROJECTS, f"{CUSTOMERS}export.csv", f"{CUSTOMERS}search/"):
        assert client.get(path).status_code == sees, path
    for path in (
        f"{CUSTOMERS}new/",
        f"{CUSTOMERS}{customer.pk}/edit/",
        f"{CUSTOMERS}{customer.pk}/contacts/new/",
        f"{PROJECTS}new/",
    ):
        assert client.get(path).status_code == edits, path
    if edits == 403:
        assert "New customer" not in client.get(CUSTOMERS).content.decode()


def test_the_list_searches_filters_and_hides_the_archived(
    accountant: Membership, signed_in: SignIn
) -> None:
    CustomerFactory(name="Aalto Oy", city="Turku")
    CustomerFactory(name="Brahe Oy", street="", email="")
    CustomerFactory(name="Cygnaeus Oy", is_active=False)
    client = signed_in(accountant)

    def shown(**query: str) -> list[str]:
        page = client.get(CUSTOMERS, query, headers=HTMX).content.decode()
        return [name for name in ("Aalto", "Brahe", "Cygnaeus") if f">{name} Oy<" in page]

    assert shown() == ["Aalto", "Brahe"]
    assert shown(state="archived") == ["Cygnaeus"]
    assert shown(state="all") == ["Aalto", "Brahe", "Cygnaeus"]
    assert shown(q="oy turku") == ["Aalto"]
    assert shown(lacking="address") == shown(lacking="email") == ["Brahe"]
    assert shown(country="DE") == ["Aalto", "Brahe"]


def test_htmx_gets_the_list_and_a_reload_the_page(
    accountant: Membership, signed_in: SignIn
) -> None:
    client = signed_in(accountant)
    part = client.get(CUSTOMERS, headers=HTMX).content.decode()
    assert part.strip().startswith('<div id="list"')
    restored = client.get(CUSTOMERS, headers={**HTMX, "HX-History-Restore-Request": "true"})
    assert "<!DOCTYPE html>" in restored.content.decode()


@pytest.mark.parametrize("path", [CUSTOMERS, PROJECTS])
def test_lists_keep_their_number_of_queries(
    accountant: Membership,
    manager: Membership,
    signed_in: SignIn,
    django_assert_max_num_queries: Any,
    path: str,
) -> None:
    client = signed_in(accountant)
    ProjectFactory(manager=manager)
    client.get(path)
    with django_assert_max_num_queries(12) as one:
        client.get(path)
    for _number in range(4):
        ProjectFactory(manager=manager)
    with django_assert_max_num_queries(len(one.captured_queries)):
        client.get(path)


def test_the_export_is_the_list(accountant: Membership, signed_in: SignIn) -> None:
    CustomerFactory(name="Aalto Oy", number="1")
    CustomerFactory(name="Brahe Oy", number="2")
    response = signed_in(accountant).get(f"{CUSTOMERS}export.csv", {"q": "aalto"})
    lines = b"".join(response.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines[0].startswith("\ufeffcustomer number;name;")
    assert [line.split(";")[1] for line in lines[1:]] == ["Aalto Oy"]


def test_what_is_missing_for_an_invoice_is_said_on_the_page(
    accountant: Membership, signed_in: SignIn
) -> None:
    customer = CustomerFactory(city="", email="")
    page = signed_in(accountant).get(f"{CUSTOMERS}{customer.pk}/").content.decode()
    assert "The address is missing" in page
    assert "There is no e-mail address for invoices" in page


def test_a_contact_is_added_in_a_dialog(accountant: Membership, signed_in: SignIn) -> None:
    customer = CustomerFactory()
    client = signed_in(accountant)
    url = f"{CUSTOMERS}{customer.pk}/contacts/new/"
    dialog = {**HTMX, "HX-Target": "dialog"}

    opened = client.get(url, headers=dialog).content.decode()
    assert re.search(r'id="dialog-title">\s*New contact\s*<', opened)
    assert "<!DOCTYPE" not in opened
    refused = client.post(url, {"name": "", "gets_invoices": "on"}, headers=dialog)
    assert refused.status_code == 422
    assert "Enter the address invoices are sent to." in refused.content.decode()
    done = client.post(url, {"name": "Anna", "email": "a@b.fi"}, headers=dialog)
    assert done["HX-Redirect"] == f"{CUSTOMERS}{customer.pk}/?tab=contacts"
    assert "Anna is added." in client.get(done["HX-Redirect"]).content.decode()


def test_a_contact_is_changed_and_removed_without_javascript(
    accountant: Membership, signed_in: SignIn
) -> None:
    contact = ContactFactory()
    client = signed_in(accountant)
    url = f"/acme/contacts/{contact.pk}/"
    assert client.post(url, {"name": "Anni", "email": contact.email}).status_code == 302
    assert Contact.objects.get().name == "Anni"
    assert client.post(f"{url}remove/").status_code == 302
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"name": "Site"}, None, "This customer has a project of that name."),
        ({"number": "P1"}, None, "Another project has this number."),
        (
            {"start_date": "2026-05-01", "end_date": "2026-04-30"},
            None,
            "The project ends before it starts.",
        ),
        ({"start_date": "2026-02-30"}, "start_date", "Enter a valid date."),
        ({"customer": ""}, "customer", "Nothing is chosen in “Customer”. Choose one."),
    ],
)
def test_a_wrong_project_is_refused(
    accountant: Membership,
    signed_in: SignIn,
    change: dict[str, str],
    field: str | None,
    sentence: str,
) -> None:
    taken = ProjectFactory(name="Site", number="P1")
    values = {"customer": taken.customer.pk, "name": "Other", **change}
    response = signed_in(accountant).post(f"{PROJECTS}new/", values)
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    if field:
        assert f'id="id_{field}_error"' in page
    assert Project.objects.count() == 1


def test_a_new_project_begins_with_the_customer_it_was_asked_for(
    accountant: Membership, signed_in: SignIn
) -> None:
    customer = CustomerFactory()
    client = signed_in(accountant)
    page = client.get(f"{PROJECTS}new/", {"customer": customer.pk}).content.decode()
    assert f'<option value="{customer.pk}" selected>' in page
    for odd in ("x", "999999", "-1"):
        assert client.get(f"{PROJECTS}new/", {"customer": odd}).status_code == 200


def test_only_people_who_can_manage_are_offered_as_managers(
    accountant: Membership, manager: Membership, member: Membership, signed_in: SignIn
) -> None:
    gone = MembershipFactory(role=Role.MANAGER, is_active=False, user__name="Gone Person")
    page = signed_in(accountant).get(f"{PROJECTS}new/").content.decode()
    assert f'<option value="{manager.pk}">' in page
    assert f'<option value="{member.pk}">' not in page
    assert gone.name not in page
    project = ProjectFactory(manager=gone)
    page = signed_in(accountant).get(f"{PROJECTS}{project.pk}/edit/").content.decode()
    assert f'<option value="{gone.pk}" selected>' in page


def test_a_tax_rate_of_the_company_is_kept(accountant: Membership, signed_in: SignIn) -> None:
    rate = TaxRateFactory()
    signed_in(accountant).post(f"{CUSTOMERS}new/", {**NEW, "tax_rate": rate.pk})
    assert Customer.objects.get().tax_rate == rate


@pytest.mark.parametrize("asked", ["x", "9" * 30, "9" * 5000])
def test_a_new_project_of_a_customer_that_cannot_be_has_none_yet(
    signed_in: SignIn, accountant: Membership, asked: str
) -> None:
    answer = signed_in(accountant).get(f"{PROJECTS}new/", {"customer": asked})
    assert answer.status_code == 200
    assert answer.context["form"].initial["customer"] is None
