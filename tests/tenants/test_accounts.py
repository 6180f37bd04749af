"""allauth through our pages: passwords, addresses, the second step."""

import re
import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.core.cache import cache
from django.test import Client

from tenants.models import User
from tests.factories import UserFactory

PASSWORD = "lapland-winter-light"


@pytest.fixture
def person(db: None) -> User:
    # Its counters of attempts outlive a test.
    cache.clear()
    user = UserFactory(email="aino@example.com", name="Aino", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def sign_in(client: Client, password: str = PASSWORD, **more: str) -> str:
    values = {"login": "Aino@Example.com", "password": password, **more}
    response = client.post("/accounts/login/", values)
    return str(response.headers.get("Location", response.status_code))


def test_signing_in_by_e_mail_leads_back(client: Client, person: User) -> None:
    assert sign_in(client, next="/acme/customers/") == "/acme/customers/"


def test_a_wrong_password_is_told_and_tried_five_times(client: Client, person: User) -> None:
    response = client.post("/accounts/login/", {"login": person.email, "password": "x"})
    assert "The email address and/or password you specified are not correct" in (
        response.content.decode()
    )
    for _attempt in range(5):
        client.post("/accounts/login/", {"login": person.email, "password": "x"})
    response = client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    assert "Too many failed login attempts" in response.content.decode()


def test_a_forgotten_password_is_set_anew(client: Client, person: User) -> None:
    client.post("/accounts/password/reset/", {"email": person.email})
    assert mail.outbox[0].subject == "Set a new password for Laskuri"
    [url] = re.findall(
        r"http://testserver(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body)
    )

    form = client.get(url, follow=True)
    assert "Change Password" in form.content.decode()
    new = "birch-and-granite-42"
    done = client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})

    assert done.status_code == 302
    assert sign_in(Client(), new) == "/"


def test_resetting_tells_nobody_who_has_an_account(client: Client, person: User) -> None:
    known = client.post("/accounts/password/reset/", {"email": person.email})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert known["Location"] == unknown["Location"]
    assert "There is no account with it." in mail.outbox[1].body
    assert "/signup/" not in mail.outbox[1].body


def test_the_second_step_is_asked_once_it_is_set_up(client: Client, person: User) -> None:
    sign_in(client)
    assert client.get("/accounts/2fa/totp/activate/")["Location"].startswith(
        "/accounts/reauthenticate/"
    )
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    assert 'class="qr"' in page
    [secret] = re.findall(r'value="([A-Z2-7]{16,})"', page)
    response = client.post("/accounts/2fa/totp/activate/", {"code": code_for(secret)})
    assert response.status_code == 302
    assert "10 out of 10" in client.get("/accounts/2fa/recovery-codes/").content.decode()

    second = Client()
    assert sign_in(second) == "/accounts/2fa/authenticate/"
    assert second.get("/")["Location"].startswith("/accounts/login/")
    # The window of the code above is used up; recovery codes work, too.
    download = client.get("/accounts/2fa/recovery-codes/download/").content.decode()
    [recovery, *_others] = re.findall(r"^[0-9a-f]{8}$", download, re.MULTILINE)
    answer = second.post("/accounts/2fa/authenticate/", {"code": recovery})
    assert answer["Location"] == "/"
    assert person.authenticator_set.filter(type="totp").exists()  # type: ignore[attr-defined]


def code_for(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


@pytest.mark.parametrize(
    "path",
    [
        "email/", "password/change/", "2fa/", "2fa/totp/activate/", "2fa/webauthn/",
        "2fa/webauthn/add/", "reauthenticate/", "logout/",
    ],
)  # fmt: skip
def test_no_page_needs_inline_code(client: Client, person: User, path: str) -> None:
    sign_in(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get(f"/accounts/{path}", follow=True).content.decode()
    assert "<title>" in page
    assert "Laskuri" in page
    assert not re.search(r"<[^>]+\sstyle=", page)
    assert not re.search(r"<[^>]+\son[a-z]+=", page)
    inline = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", page)
    assert all('type="application/json"' in attributes for attributes in inline)


def test_an_added_address_is_confirmed_by_its_link(client: Client, person: User) -> None:
    sign_in(client)
    client.post("/accounts/email/", {"action_add": "", "email": "second@example.com"})
    assert mail.outbox[-1].to == ["second@example.com"]
    [path] = re.findall(
        r"http://testserver(/accounts/confirm-email/\S+)", str(mail.outbox[-1].body)
    )
    assert client.post(path).status_code == 302
    assert EmailAddress.objects.get(email="second@example.com").verified


def make_primary(client: Client, email: str) -> Any:
    return client.post("/accounts/email/", {"action_primary": "", "email": email}, follow=True)


def test_an_address_nobody_proved_does_not_become_the_primary_one(
    client: Client, person: User
) -> None:
    """An account the platform's staff made has no proved address, and allauth would let it."""
    EmailAddress.objects.filter(user=person).update(verified=False)
    sign_in(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/email/", {"action_add": "", "email": "victim@example.com"})

    for typed in ("victim@example.com", "vic\x00tim@example.com"):
        page = make_primary(client, typed)
        assert "Confirm this address first" in page.content.decode()
    person.refresh_from_db()
    assert person.email == "aino@example.com"


def test_an_address_another_account_goes_by_does_not_become_the_primary_one(
    client: Client, person: User
) -> None:
    """Staff typed it for somebody who has not proved it; its mailbox is this person's."""
    other = UserFactory(email="shared@example.com")
    EmailAddress.objects.create(user=other, email=other.email, verified=False, primary=True)
    EmailAddress.objects.create(user=person, email=other.email, verified=True)
    sign_in(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})

    page = make_primary(client, "shared@example.com")

    assert "Another account goes by this address" in page.content.decode()
    person.refresh_from_db()
    assert person.email == "aino@example.com"


def test_a_proved_address_becomes_the_primary_one(client: Client, person: User) -> None:
    EmailAddress.objects.create(user=person, email="second@example.com", verified=True)
    sign_in(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    make_primary(client, "second@example.com")
    person.refresh_from_db()
    assert person.email == "second@example.com"
