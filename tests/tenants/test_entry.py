"""The pages outside tenants: chooser, language, appearance, profile, sign-in."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from tenants.models import Membership, Tenant, User
from tests.factories import TenantFactory, UserFactory

SignIn = Callable[[Membership], Client]


def test_one_company_is_opened_at_once(owner: Membership, signed_in: SignIn) -> None:
    client = signed_in(owner)
    assert client.get("/")["Location"] == "/acme/"
    assert "Acme" in client.get("/?all").content.decode()


def test_several_companies_are_offered_with_the_roles(
    owner: Membership, other_tenant: Tenant, signed_in: SignIn
) -> None:
    Membership.objects.create(tenant=other_tenant, user=owner.user, name="O", role="auditor")
    page = signed_in(owner).get("/").content.decode()
    assert 'href="/acme/"' in page
    assert 'href="/other/"' in page
    assert "Auditor" in page


def test_without_a_company_the_page_says_what_to_do(client: Client, db: None) -> None:
    client.force_login(UserFactory(email="new@example.com"))
    page = client.get("/").content.decode()
    assert "no company has let you in yet" in page
    assert "new@example.com" in page


def test_the_switcher_names_only_my_companies(
    owner: Membership, other_tenant: Tenant, signed_in: SignIn
) -> None:
    client = signed_in(owner)
    page = client.get("/acme/customers/").content.decode()
    assert 'hx-get="/?here=acme"' in page
    third = TenantFactory(slug="third", name="Third")
    Membership.objects.create(tenant=third, user=owner.user, name="O", role="auditor")

    menu = client.get("/?here=acme").content.decode()
    assert re.findall(r'href="(/\w+/)"( aria-current)?', menu) == [
        ("/acme/", " aria-current"),
        ("/third/", ""),
    ]


def test_a_company_i_do_not_belong_to_does_not_exist(
    owner: Membership, other_tenant: Tenant, signed_in: SignIn
) -> None:
    assert signed_in(owner).get("/other/customers/").status_code == 404


@pytest.mark.parametrize("path", ["/acme/", "/acme/customers/", "/acme/admin/", "/profile/", "/"])
def test_pages_ask_to_sign_in_and_come_back(client: Client, tenant: Tenant, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={path}"


def test_the_language_is_kept_with_the_person(owner: Membership, signed_in: SignIn) -> None:
    client = signed_in(owner)
    response = client.post("/profile/language/", {"language": "fi", "next": "/acme/customers/"})
    assert response["Location"] == "/acme/customers/"
    assert client.cookies["django_language"].value == "fi"
    assert User.objects.get(memberships=owner).language == "fi"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_the_language_form_leads_nowhere_else(client: Client, db: None, target: str) -> None:
    response = client.post("/profile/language/", {"language": "de", "next": target})
    assert response["Location"] == "/"


def test_the_theme_is_kept_and_printed_into_the_page(owner: Membership, signed_in: SignIn) -> None:
    client = signed_in(owner)
    assert client.post("/profile/theme/", {"theme": "dark"}).status_code == 204
    assert 'data-bs-theme="dark"' in client.get("/profile/").content.decode()
    assert client.post("/profile/theme/", {"theme": "pink"}).status_code == 400


def test_the_profile_is_saved(owner: Membership, signed_in: SignIn) -> None:
    client = signed_in(owner)
    values = {"name": "Aino V.", "language": "de", "theme": "auto"}
    assert client.post("/profile/", values).status_code == 302
    assert User.objects.get(memberships=owner).name == "Aino V."
    assert client.post("/profile/", {**values, "name": ""}).status_code == 422


def test_home_is_where_each_role_works(
    accountant: Membership, auditor: Membership, client: Client
) -> None:
    for membership in (accountant, auditor):
        assert membership.user is not None
        client.force_login(membership.user)
        target = client.get("/acme/")["Location"]
        assert target.startswith("/acme/")
        assert client.get(target).status_code == 200


def test_accounts_pages_are_in_our_frame(owner: Membership, signed_in: SignIn) -> None:
    assert owner.user is not None
    owner.user.set_password("lapland-winter-light")
    owner.user.save()
    client = signed_in(owner)
    for path in ("email/", "password/change/", "2fa/"):
        page = client.get(f"/accounts/{path}", follow=True).content.decode()
        assert 'class="sidebar ' in page, path
        assert "Your account" in page, path


def test_every_page_forbids_foreign_and_inline_scripts(client: Client, db: None) -> None:
    response = client.get("/accounts/login/")
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy
    page = response.content.decode()
    assert "<style" not in page
    assert " style=" not in page
    assert "onclick=" not in page
