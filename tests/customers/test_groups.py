"""Customer groups: their page in the settings, the customer's form, the list's filter."""

from collections.abc import Callable

import pytest
from django.test import Client

from customers.domain.groups import add_group, change_group, remove_group
from customers.errors import GroupInUse
from customers.models import Customer, CustomerGroup
from invoicing.models import NumberSeries
from tenants.models import AuditEntry, Membership
from tests.factories import CustomerFactory

type SignIn = Callable[[Membership], Client]
GROUPS = "/acme/customers/groups/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def group(accountant: Membership) -> CustomerGroup:
    return add_group(actor=accountant.user, name="Abroad")


def test_a_group_is_added_renamed_and_deleted(accountant: Membership, signed_in: SignIn) -> None:
    client = signed_in(accountant)
    assert "No customer groups yet" in client.get(GROUPS).content.decode()

    assert client.post(f"{GROUPS}new/", {"name": " Big   ones "}).status_code == 302
    group = CustomerGroup.objects.get()
    assert group.name == "Big ones"
    assert client.post(f"{GROUPS}{group.pk}/", {"name": "Large"}, headers=HTMX).status_code == 204
    assert "Large" in client.get(GROUPS).content.decode()
    assert client.post(f"{GROUPS}{group.pk}/remove/").status_code == 302

    assert not CustomerGroup.objects.exists()
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions == [f"customer_group.{verb}" for verb in ("added", "changed", "removed")]


@pytest.mark.parametrize("name", ["", "ABROAD"])
def test_a_name_is_needed_and_used_once(
    group: CustomerGroup, accountant: Membership, signed_in: SignIn, name: str
) -> None:
    response = signed_in(accountant).post(f"{GROUPS}new/", {"name": name})
    assert response.status_code == 422
    assert CustomerGroup.objects.count() == 1


def test_renaming_to_the_same_is_no_change(group: CustomerGroup, accountant: Membership) -> None:
    change_group(group, actor=accountant.user, name="Abroad")
    assert not AuditEntry.objects.filter(action="customer_group.changed").exists()


def test_a_group_in_use_stays_and_says_what_uses_it(
    group: CustomerGroup, accountant: Membership, signed_in: SignIn
) -> None:
    CustomerFactory.create_batch(2, group=group)
    NumberSeries.objects.create(
        kind="invoice", name="Abroad", format="A{c}", is_default=False, customer_group=group
    )
    with pytest.raises(GroupInUse, match="in use: 2 customers, a number series"):
        remove_group(group, actor=accountant.user)
    response = signed_in(accountant).post(f"{GROUPS}{group.pk}/remove/")
    assert response.status_code == 422
    assert "2 customers, a number series" in response.content.decode()
    refused = signed_in(accountant).post(f"{GROUPS}{group.pk}/remove/", headers=HTMX)
    assert refused.status_code == 422
    assert "2 customers" in refused["HX-Trigger"]


def test_the_customers_form_offers_groups_once_there_are_any(
    accountant: Membership, signed_in: SignIn
) -> None:
    customer = CustomerFactory(name="Satama Oy", country="FI")
    client = signed_in(accountant)
    url = f"/acme/customers/{customer.pk}/edit/"
    assert 'name="group"' not in client.get(url).content.decode()

    group = add_group(actor=accountant.user, name="Ports")
    assert 'name="group"' in client.get(url).content.decode()
    values = {
        name: getattr(customer, name)
        for name in ("name", "number", "street", "postal_code", "city", "country", "language",
                     "currency", "rounding_minutes", "rounding_direction", "rounding_per",
                     "usage_grouping")
        if getattr(customer, name) is not None
    }  # fmt: skip
    response = client.post(url, {**values, "group": group.pk, "is_active": "on"})
    assert response.status_code == 302, response.content.decode()
    assert Customer.objects.get(pk=customer.pk).group == group
    assert "Ports" in client.get(f"/acme/customers/{customer.pk}/").content.decode()


def test_the_list_filters_by_group(
    group: CustomerGroup, accountant: Membership, signed_in: SignIn
) -> None:
    CustomerFactory(name="Foreign Oy", group=group)
    CustomerFactory(name="Domestic Oy")
    client = signed_in(accountant)
    html = client.get(f"/acme/customers/?group={group.pk}", headers=HTMX).content.decode()
    assert "Foreign Oy" in html
    assert "Domestic Oy" not in html
    html = client.get("/acme/customers/?group=null", headers=HTMX).content.decode()
    assert "Foreign Oy" not in html
    assert "Domestic Oy" in html
    csv = b"".join(client.get("/acme/customers/export.csv").streaming_content)  # type: ignore[attr-defined]
    assert b"Abroad" in csv


def test_the_list_as_a_file(
    group: CustomerGroup, accountant: Membership, signed_in: SignIn
) -> None:
    CustomerFactory(group=group)
    response = signed_in(accountant).get(f"{GROUPS}export.csv")
    assert b"Abroad;1" in b"".join(response.streaming_content)  # type: ignore[attr-defined]


def test_who_may(group: CustomerGroup, member: Membership, signed_in: SignIn) -> None:
    client = signed_in(member)
    for url in (GROUPS, f"{GROUPS}new/", f"{GROUPS}{group.pk}/", f"{GROUPS}export.csv"):
        assert client.get(url).status_code == 403
    assert client.post(f"{GROUPS}{group.pk}/remove/").status_code == 403


def test_the_settings_open_on_the_first_page_one_may_see(
    owner: Membership, auditor: Membership, signed_in: SignIn
) -> None:
    html = signed_in(owner).get("/acme/company/settings/").content.decode()
    assert f'href="{GROUPS}"' in html
    assert GROUPS not in signed_in(auditor).get("/acme/invoices/").content.decode()
