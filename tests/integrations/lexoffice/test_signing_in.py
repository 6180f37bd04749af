"""Signing in by redirect at the sandbox: there and back, attacks on the way, each side's end."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from django.test import Client
from django.utils import timezone

from integrations.domain.access import door_of
from integrations.models import Connection, Export, SignIn
from integrations.ports import AccessLost, RetryLater
from integrations.systems.lexoffice.sandbox.server import LexofficeSandbox
from tenants.models import AuditEntry, Membership
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.factories import MembershipFactory, TenantFactory, UserFactory
from tests.integrations.conftest import send
from tests.integrations.lexoffice.conftest import link, posted
from tests.integrations.lexoffice.signing import CLIENT, asked, begin, consent
from tests.integrations.sandboxes import Running

ENTERED = {
    "name": "Our Lexware",
    "environment": "sandbox",
    "api_key": "",
    "unlinked": "hold",
    "mode": "document",
    "finalize": "yes",
    "payment_terms": "ours",
    "outside_eu": "services",
}
BACK = "/open/accounting/sign-in/"


@pytest.fixture(autouse=True)
def _registered(settings: Any) -> None:
    settings.OAUTH_CLIENTS = CLIENT


@pytest.fixture
def client(accountant: Membership) -> Client:
    return browser_of(accountant)


def browser_of(member: Membership) -> Client:
    assert member.user is not None
    browser = Client()
    browser.force_login(member.user)
    return browser


def sign_in(client: Client, connection: Connection, organisation: str = "nordlicht") -> Any:
    return client.get(consent(begin(client, connection.pk), organisation), follow=True)


@pytest.fixture
def connected(client: Client, connection: Connection) -> Connection:
    sign_in(client, connection)
    connection.refresh_from_db()
    return connection


def grant_of(sandbox: LexofficeSandbox) -> dict[str, Any]:
    found: dict[str, Any] = sandbox.store.find("grant", "all", order="id")[-1]
    return found


# There and back.


def test_a_new_connection_is_made_by_signing_in(client: Client, sandbox: LexofficeSandbox) -> None:
    page = client.get("/acme/accounting/new/lexoffice/").content.decode()
    assert "Sign in at Lexware Office" in page

    left = client.post("/acme/accounting/new/lexoffice/", {**ENTERED, "sign_in": "1"})
    made = Connection.objects.get()
    assert "Nobody is signed in" in made.trouble
    url = left["Refresh"].removeprefix("0; url=")
    sent = asked(url)
    assert sent["code_challenge_method"] == "S256"
    assert sent["redirect_uri"].endswith(BACK)
    assert "invoices.write" in sent["scope"]

    page = client.get(consent(url), follow=True).content.decode()

    assert "Signed in, and connected to Nordlicht Kontor GmbH." in page
    assert "signed in on" in page
    made.refresh_from_db()
    assert (made.trouble, made.remote["company"]) == ("", "Nordlicht Kontor GmbH")
    assert made.signed_in_by is not None
    for secret in (made.credentials["access_token"], made.credentials["refresh_token"]):
        assert secret not in page
        assert secret not in made.sealed_credentials
    assert AuditEntry.objects.filter(action="connection.signed_in").count() == 1


def test_without_a_client_only_the_key_is_offered(client: Client, settings: Any) -> None:
    settings.OAUTH_CLIENTS = {}
    page = client.get("/acme/accounting/new/lexoffice/").content.decode()
    assert "Sign in at" not in page
    answer = client.post("/acme/accounting/new/lexoffice/", {**ENTERED, "sign_in": "1"})
    assert answer.status_code == 422
    assert not Connection.objects.exists()


def test_neither_key_nor_sign_in_is_refused_with_what_was_entered(client: Client) -> None:
    answer = client.post("/acme/accounting/new/lexoffice/", ENTERED)
    assert answer.status_code == 422
    assert "Enter it, or sign in at the system." in answer.content.decode()
    assert "Our Lexware" in answer.content.decode()


def test_documents_go_over_a_sign_in(
    sandbox: LexofficeSandbox, served: Running, connected: Connection
) -> None:
    invoice = posted()
    link(connected, invoice.customer, served.door()["customer"])
    export = send(Export.objects.get(invoice=invoice))
    assert (export.error, export.status) == ("", Export.Status.SENT)
    kept = str(list(export.tries.values_list("calls", flat=True)))
    assert connected.credentials["access_token"] not in kept


# Attacks on the state, and mishaps.


def refused(answer: Any) -> str:
    assert answer.status_code == 400
    text: str = answer.content.decode()
    return text


def test_a_state_works_once(client: Client, connection: Connection) -> None:
    back = consent(begin(client, connection.pk))
    client.get(back)
    before = Connection.objects.get().sealed_credentials
    assert "was used already" in refused(client.get(back))
    assert Connection.objects.get().sealed_credentials == before


def test_another_browser_of_the_same_person_cannot_end_it(
    client: Client, connection: Connection, accountant: Membership
) -> None:
    back = consent(begin(client, connection.pk))
    assert "another browser" in refused(browser_of(accountant).get(back))
    # And it is not used up by the attempt.
    assert client.get(back).status_code == 302


def test_another_person_cannot_end_it(client: Client, connection: Connection) -> None:
    back = consent(begin(client, connection.pk))
    other = browser_of(MembershipFactory(user=UserFactory(), role=Role.OWNER))
    assert "was not begun here" in refused(other.get(back))


def test_a_role_without_the_permission_cannot_end_it(
    client: Client, connection: Connection, accountant: Membership
) -> None:
    back = consent(begin(client, connection.pk))
    Membership.objects.filter(pk=accountant.pk).update(role=Role.MEMBER)
    assert "was not begun here" in refused(client.get(back))


def test_another_company_cannot_be_named_in_the_state(db: None, served: Running) -> None:
    """Also not one that the same person belongs to: the row is where it was begun."""
    ours, other = TenantFactory(slug="acme"), TenantFactory(slug="other")
    user = UserFactory()
    for company in (ours, other):
        with tenant_scope(company.pk):
            MembershipFactory(user=user, role=Role.OWNER)
    with tenant_scope(ours.pk):
        connection = served.connect()
    browser = Client()
    browser.force_login(user)
    state = asked(begin(browser, connection.pk))["state"]
    forged = f"{other.pk}-{state.partition('-')[2]}"
    assert "was not begun here" in refused(browser.get(BACK, {"state": forged, "code": "x"}))
    with tenant_scope(ours.pk):
        assert SignIn.objects.get().used_at is None


@pytest.mark.parametrize(
    "state", ["", "x", "-", "1", "1-", "-abc", "٣-abc", "9" * 30 + "-a", "1-unknown", "1-\x00"]
)
def test_states_that_never_were(client: Client, connection: Connection, state: str) -> None:
    assert "was not begun here" in refused(client.get(BACK, {"state": state, "code": "x"}))


def test_a_sign_in_that_took_too_long(client: Client, connection: Connection) -> None:
    back = consent(begin(client, connection.pk))
    SignIn.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "took too long" in refused(client.get(back))


def test_whoever_is_not_signed_in_here_is_asked_to(connection: Connection) -> None:
    answer = Client().get(BACK, {"state": "1-x", "code": "y"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_access_that_is_refused_there_changes_nothing(
    client: Client, connection: Connection
) -> None:
    before = connection.sealed_credentials
    page = sign_in(client, connection, "deny").content.decode()
    assert "Access was refused at Lexware Office. Nothing was changed." in page
    connection.refresh_from_db()
    assert connection.sealed_credentials == before


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"error": "invalid_scope"}, "does not give this program all the rights"),
        ({"error": "server_error"}, "cannot sign anybody in right now"),
        ({"error": "<script>"}, "sent you back without a sign-in"),
        ({}, "sent you back without a sign-in"),
        ({"code": "no-such-code"}, "The sign-in did not work: The sign-in at Lexware Office has"),
    ],
)
def test_what_else_comes_back(
    client: Client, connection: Connection, told: dict[str, str], sentence: str
) -> None:
    state = asked(begin(client, connection.pk))["state"]
    page = client.get(f"{BACK}?{urlencode({'state': state, **told})}", follow=True)
    assert sentence in page.content.decode()
    assert "<script>alert" not in page.content.decode()


def test_a_code_of_somebody_else_s_sign_in_is_no_use(
    client: Client, connection: Connection
) -> None:
    """Whoever smuggles in a code of their own lacks the verifier it was asked for with."""
    theirs = consent(begin(client, connection.pk))
    code = asked(theirs)["code"]
    state = asked(begin(client, connection.pk))["state"]
    page = client.get(BACK, {"state": state, "code": code}, follow=True).content.decode()
    assert "The sign-in did not work" in page
    assert "refresh_token" not in Connection.objects.get().credentials


@pytest.mark.parametrize("kind", ["drop_before", "error_before", "rate_limit"])
def test_a_token_endpoint_that_fails_ends_in_a_sentence(
    client: Client, sandbox: LexofficeSandbox, connection: Connection, kind: str
) -> None:
    sandbox.faults.add({"kind": kind, "method": "POST", "path": "/oauth2/token"})
    page = sign_in(client, connection).content.decode()
    assert "The sign-in did not work: Lexware Office" in page


def test_a_role_that_may_not_manage_cannot_begin(connection: Connection) -> None:
    member = browser_of(MembershipFactory(user=UserFactory(), role=Role.MANAGER))
    for deed in ("sign-in", "sign-out"):
        assert member.post(f"/acme/accounting/{connection.pk}/{deed}/").status_code == 403
    assert not SignIn.objects.exists()


# Renewal.


def expire(connection: Connection) -> None:
    connection.refresh_from_db()
    ended = (timezone.now() - timedelta(hours=1)).isoformat()
    connection.credentials = {**connection.credentials, "expires_at": ended}
    connection.save()


def check(connection: Connection) -> str:
    connection.refresh_from_db()
    with door_of(connection).open() as (adapter, _http):
        return adapter.check().company


def test_an_expired_token_is_renewed_and_the_new_one_stored_first(
    sandbox: LexofficeSandbox, connected: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    expire(connected)
    old = connected.credentials
    assert check(connected) == "Nordlicht Kontor GmbH"
    connected.refresh_from_db()
    new = connected.credentials
    assert new["refresh_token"] != old["refresh_token"]
    assert grant_of(sandbox)["refreshes"] == 1
    assert check(connected) == "Nordlicht Kontor GmbH"
    assert grant_of(sandbox)["refreshes"] == 1


def test_a_token_that_dies_early_is_renewed_once(
    served: Running, sandbox: LexofficeSandbox, connected: Connection
) -> None:
    requests.post(f"{served.url}/_sandbox/expire", timeout=5)
    assert check(connected) == "Nordlicht Kontor GmbH"
    assert grant_of(sandbox)["refreshes"] == 1


def test_a_renewal_without_an_answer_is_tried_again(
    sandbox: LexofficeSandbox, connected: Connection
) -> None:
    expire(connected)
    sandbox.faults.add({"kind": "drop_before", "method": "POST", "path": "/oauth2/token"})
    with pytest.raises(RetryLater, match="did not answer"):
        check(connected)
    assert check(connected) == "Nordlicht Kontor GmbH"


def test_a_renewal_whose_answer_is_lost_asks_to_sign_in_again(
    client: Client, sandbox: LexofficeSandbox, connected: Connection
) -> None:
    """The old token is dead there, and nobody has the new one."""
    expire(connected)
    sandbox.faults.add({"kind": "drop_after", "method": "POST", "path": "/oauth2/token"})
    with pytest.raises(RetryLater):
        check(connected)
    with pytest.raises(AccessLost, match="has ended"):
        check(connected)
    connected.refresh_from_db()
    assert "has ended" in connected.trouble
    page = sign_in(client, connected).content.decode()
    assert "Signed in, and connected to Nordlicht Kontor GmbH." in page


def test_tokens_go_to_the_environment_that_gave_them_only(connected: Connection) -> None:
    connected.credentials = {**connected.credentials, "tokens_for": "production"}
    connected.save()
    with pytest.raises(AccessLost, match="Nobody is signed in"):
        check(connected)


def test_a_withdrawn_registration_is_told(connected: Connection, settings: Any) -> None:
    expire(connected)
    settings.OAUTH_CLIENTS = {"lexoffice": {"id": "laskuri", "secret": "wrong"}}
    with pytest.raises(AccessLost, match="registration there is wrong"):
        check(connected)
    settings.OAUTH_CLIENTS = {}
    with pytest.raises(AccessLost, match="not registered"):
        check(connected)
    settings.OAUTH_CLIENTS = CLIENT
    assert check(connected) == "Nordlicht Kontor GmbH"


# The end, from each side.


def test_signing_out_revokes_there(
    client: Client, sandbox: LexofficeSandbox, connected: Connection
) -> None:
    page = client.post(f"/acme/accounting/{connected.pk}/sign-out/", follow=True)
    assert "Signed out of Lexware Office." in page.content.decode()
    assert grant_of(sandbox)["ended"] == "revoked by the client"
    connected.refresh_from_db()
    assert "refresh_token" not in connected.credentials
    assert "Nobody is signed in" in connected.trouble
    assert connected.signed_in_by is None


def test_signing_out_while_they_do_not_answer(
    client: Client, sandbox: LexofficeSandbox, connected: Connection
) -> None:
    sandbox.faults.add({"kind": "error_before", "method": "POST", "path": "/oauth2/revoke"})
    page = client.post(f"/acme/accounting/{connected.pk}/sign-out/", follow=True)
    assert "Withdraw the access in Lexware Office as well." in page.content.decode()
    connected.refresh_from_db()
    assert "refresh_token" not in connected.credentials


def test_removing_the_connection_revokes_too(
    client: Client, sandbox: LexofficeSandbox, connected: Connection
) -> None:
    client.post(f"/acme/accounting/{connected.pk}/remove/")
    assert not Connection.objects.exists()
    assert grant_of(sandbox)["ended"] == "revoked by the client"


def test_a_key_takes_the_place_of_a_sign_in(
    client: Client, sandbox: LexofficeSandbox, connected: Connection
) -> None:
    entered = {**ENTERED, "api_key": "nordlicht-api-key"}
    client.post(f"/acme/accounting/{connected.pk}/", entered)
    connected.refresh_from_db()
    assert connected.credentials == {"api_key": "nordlicht-api-key"}
    assert connected.signed_in_by is None
    assert grant_of(sandbox)["ended"] == "revoked by the client"
    assert check(connected) == "Nordlicht Kontor GmbH"


def test_a_sign_in_takes_the_place_of_a_key(connected: Connection) -> None:
    assert "api_key" not in connected.credentials


def test_access_withdrawn_there_pauses_and_signing_in_mends_it(
    client: Client, served: Running, sandbox: LexofficeSandbox, connected: Connection
) -> None:
    invoice = posted()
    link(connected, invoice.customer, served.door()["customer"])
    number = grant_of(sandbox)["id"]
    requests.post(f"{served.url}/_sandbox/grants/{number}/withdraw", timeout=5)

    export = send(Export.objects.get(invoice=invoice))
    assert (export.status, export.attempts) == (Export.Status.WAITING, 0)
    connected.refresh_from_db()
    assert "has ended: it was withdrawn there" in connected.trouble
    page = client.get(f"/acme/accounting/{connected.pk}/").content.decode()
    assert "withdrawn there" in page
    assert "Sign in at Lexware Office" in page

    sign_in(client, connected)
    export = send(export)
    assert (export.error, export.status) == ("", Export.Status.SENT)


def test_signing_in_for_another_company_stops_the_connection(
    client: Client, served: Running, connected: Connection
) -> None:
    invoice = posted()
    link(connected, invoice.customer, served.door()["customer"])
    page = sign_in(client, connected, "kleinstein").content.decode()
    assert "Signed in, but:" in page
    connected.refresh_from_db()
    assert "Kleinstein Gestaltung" in connected.trouble


def test_nothing_is_sent_before_it_is_known_who_was_signed_in_for(
    client: Client, served: Running, connected: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(_door: Any) -> Any:
        raise RetryLater("No answer.")

    invoice = posted()
    link(connected, invoice.customer, served.door()["customer"])
    monkeypatch.setattr("integrations.domain.connections.check", check)
    sign_in(client, connected, "kleinstein")
    connected.refresh_from_db()
    assert "It is not known yet" in connected.trouble
