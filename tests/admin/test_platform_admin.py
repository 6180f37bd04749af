"""The platform's administration: tenants, users and memberships, for its staff."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib import admin
from django.core import mail
from django.test import Client

from catalog.models import TaxRate
from invoicing.models import NumberSeries
from tenants.models import AuditEntry, Membership, Tenant, User
from tenants.scope import tenant_scope
from tests.factories import TenantFactory, UserFactory


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    client.force_login(with_second_step(is_superuser=True, name="Staff"))
    return client


def with_second_step(**values: Any) -> User:
    user = UserFactory(is_staff=True, **values)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    return user


def test_nothing_of_a_tenant_is_registered_there() -> None:
    assert set(admin.site._registry) == {Tenant, User, Membership}


def test_it_is_for_staff_only(client: Client, db: None) -> None:
    response = client.get("/platform/")
    assert response["Location"].startswith("/platform/login/")
    assert client.get(response["Location"])["Location"] == "/accounts/login/?next=/platform/"
    client.force_login(UserFactory())
    assert client.get("/platform/", follow=True).status_code == 403


def test_staff_without_a_second_step_is_led_to_set_one_up(client: Client, db: None) -> None:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    for path in ("/platform/", "/platform/tenants/tenant/", "/platform/tenants/user/add/"):
        response = client.get(path)
        assert (response.status_code, response["Location"]) == (302, "/accounts/2fa/")
    assert client.post("/platform/tenants/user/add/", {"email": "a@example.com"}).status_code == 302
    assert not User.objects.filter(email="a@example.com").exists()


def test_staff_has_no_way_into_a_tenant(staff: Client) -> None:
    TenantFactory(slug="acme")
    assert staff.get("/acme/").status_code == 404
    assert staff.get("/acme/admin/").status_code == 404


@pytest.mark.parametrize("model", ["tenant", "user", "membership"])
def test_pages_open(staff: Client, model: str) -> None:
    Membership.objects.create(tenant=TenantFactory(), name="Aino")
    assert staff.get(f"/platform/tenants/{model}/", {"q": "a"}).status_code == 200
    assert staff.get(f"/platform/tenants/{model}/add/").status_code == 200
    pk = apps.get_model("tenants", model)._default_manager.values_list("pk", flat=True)[0]
    assert staff.get(f"/platform/tenants/{model}/{pk}/change/").status_code == 200
    assert staff.post(f"/platform/tenants/{model}/{pk}/delete/").status_code == 403


def test_a_new_company_comes_with_its_owner_who_is_invited(
    staff: Client, django_capture_on_commit_callbacks: Any
) -> None:
    values = {
        "slug": "kuusi", "name": "Kuusi", "legal_name": "Kuusi Oy", "country": "FI",
        "language": "en", "currency": "EUR", "time_zone": "Europe/Helsinki", "is_active": "on",
        "memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "0",
        "memberships-0-name": "Aino", "memberships-0-email": "aino@example.com",
        "memberships-0-role": "owner", "memberships-0-is_active": "on",
    }  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        response = staff.post("/platform/tenants/tenant/add/", values)

    assert response.status_code == 302
    tenant = Tenant.objects.get(slug="kuusi")
    owner = tenant.memberships.get()
    assert (owner.role, owner.invited_at is not None) == ("owner", True)
    assert [message.to for message in mail.outbox] == [["aino@example.com"]]
    with tenant_scope(tenant.pk):
        actions = set(AuditEntry.objects.values_list("action", flat=True))
        assert TaxRate.objects.get(is_default=True, valid_to=None).name == "VAT 25.5 %"
        assert NumberSeries.objects.count() == 2
    assert actions == {
        "platform.tenant_saved", "platform.tenant_equipped", "platform.member_saved",
        "member.invited",
    }  # fmt: skip


def test_saving_a_company_again_leaves_its_rates_alone(staff: Client) -> None:
    tenant = TenantFactory(slug="kuusi", country="FI", language="fi")
    values = {
        "name": "Kuusi", "legal_name": "Kuusi Oy", "country": "FI",
        "language": "en", "currency": "EUR", "time_zone": "Europe/Helsinki", "is_active": "on",
        "memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0",
    }  # fmt: skip
    page = f"/platform/tenants/tenant/{tenant.pk}/change/"
    assert staff.post(page, values).status_code == 302
    with tenant_scope(tenant.pk):
        assert not TaxRate.objects.exists()


def test_staff_are_told_where_tax_rates_are_missing(staff: Client) -> None:
    values = {
        "slug": "fjord", "name": "Fjord", "legal_name": "Fjord AS", "country": "NO",
        "language": "en", "currency": "NOK", "time_zone": "Europe/Oslo", "is_active": "on",
        "memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0",
    }  # fmt: skip
    page = staff.post("/platform/tenants/tenant/add/", values, follow=True)
    assert "No tax rates are known for Norway." in page.text


@pytest.mark.parametrize("slug", ["Kuusi", "a b", "-a", "ä", "platform"])
def test_an_address_that_could_not_be_reached_is_refused(staff: Client, slug: str) -> None:
    values = {
        "slug": slug, "name": "X", "legal_name": "X", "country": "FI", "language": "en",
        "currency": "EUR", "time_zone": "Europe/Helsinki",
        "memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0",
    }  # fmt: skip
    assert staff.post("/platform/tenants/tenant/add/", values).status_code == 200
    assert not Tenant.objects.exists()


def test_a_new_user_has_no_password_yet(staff: Client) -> None:
    values = {"email": "New@Example.com", "name": "New", "language": "fi", "is_active": "on"}
    assert staff.post("/platform/tenants/user/add/", values).status_code == 302
    user = User.objects.get(email="new@example.com")
    assert not user.has_usable_password()


def test_staff_who_are_no_superusers_raise_nobody(client: Client, db: None) -> None:
    from django.contrib.auth.models import Permission

    person = with_second_step()
    person.user_permissions.set(Permission.objects.filter(content_type__app_label="tenants"))
    client.force_login(person)
    victim = UserFactory()
    values = {
        "email": victim.email, "name": "X", "language": "en", "is_active": "on",
        "is_staff": "on", "is_superuser": "on",
    }  # fmt: skip
    assert client.post(f"/platform/tenants/user/{victim.pk}/change/", values).status_code == 302
    victim.refresh_from_db()
    assert (victim.name, victim.is_staff, victim.is_superuser) == ("X", False, False)


def test_identifiers_of_companies_are_checked(staff: Client) -> None:
    tenant = TenantFactory(business_id="")
    with tenant_scope(tenant.pk):
        page = staff.get(f"/platform/tenants/tenant/{tenant.pk}/change/")
        data = page.context["adminform"].form.initial
    sent = {name: value for name, value in data.items() if value is not None}
    sent |= {
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
        "business_id": "1234567-8",
    }
    answer = staff.post(f"/platform/tenants/tenant/{tenant.pk}/change/", sent)
    assert "This is no Finnish business id" in answer.content.decode()
