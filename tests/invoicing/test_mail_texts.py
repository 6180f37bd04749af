"""The company's own words for e-mails: checked, previewed, used, taken back."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from invoicing.domain.sending.own_words import (
    own_copy,
    reset_words,
    save_own_copy,
    save_words,
    wording_for,
)
from invoicing.domain.sending.wording import Wording, default_wording
from invoicing.models import MailText
from tenants.models import AuditEntry, Membership, Tenant, User
from tests.documents.making import posted
from tests.factories import TaxRateFactory
from tests.invoicing.sending import ready, sent

SignIn = Callable[[Membership], Client]
FINNISH = "/acme/company/mails/invoice-fi/"


@pytest.fixture(autouse=True)
def _rates(tenant: Tenant) -> None:
    TaxRateFactory()


@pytest.fixture
def user(accountant: Membership) -> User:
    assert accountant.user is not None
    return accountant.user


def page(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_own_words_are_used_for_their_kind_and_language_alone(user: User) -> None:
    own = Wording("Laskunne {number}", "Moi {customer}!")
    save_words("invoice", "fi", own, actor=user)

    assert wording_for("invoice", "fi") == own
    assert wording_for("invoice", "sv") == default_wording("invoice", "sv")
    assert wording_for("credit_note", "fi") == default_wording("credit_note", "fi")
    reset_words("invoice", "fi", actor=user)
    assert wording_for("invoice", "fi") == default_wording("invoice", "fi")
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "mail_text.changed",
        "mail_text.reset",
    ]


def test_the_programs_words_are_no_own_ones(user: User) -> None:
    save_words("invoice", "fi", default_wording("invoice", "fi"), actor=user)
    assert not MailText.objects.exists()


def test_the_company_gets_a_blind_copy(user: User) -> None:
    save_own_copy("archive@acme.example", actor=user)
    assert own_copy() == "archive@acme.example"

    sending = sent(ready())

    assert mail.outbox[0].bcc == ["archive@acme.example"]
    assert sending.own_copy == "archive@acme.example"


def test_the_form_begins_with_them(signed_in: SignIn, accountant: Membership, user: User) -> None:
    save_words("invoice", "fi", Wording("Laskunne {number}", "Moi {customer}!"), actor=user)
    invoice = ready(language="fi")

    shown = page(signed_in(accountant).get(f"/acme/invoices/{invoice.pk}/send/"))

    assert f'value="Laskunne {invoice.number}"' in shown
    assert "Moi Asiakas Oy!" in shown


def test_the_list_says_which_are_own(
    signed_in: SignIn, accountant: Membership, user: User, django_assert_max_num_queries: Any
) -> None:
    save_words("invoice", "fi", Wording("Laskunne {number}", "Moi"), actor=user)
    client = signed_in(accountant)

    with django_assert_max_num_queries(10):
        shown = page(client.get("/acme/company/mails/"))

    assert "Laskunne {number}" in shown
    # Of invoices, credit notes and statements in four languages.
    assert shown.count("The program's") == 11


def test_saving_and_refusing(signed_in: SignIn, accountant: Membership) -> None:
    client = signed_in(accountant)

    refused = client.post(FINNISH, {"subject": "Kept", "text": "{nobody}"})
    assert refused.status_code == 422
    assert "There is no placeholder {nobody}" in page(refused)
    assert 'value="Kept"' in page(refused)

    assert client.post(FINNISH, {"subject": "", "text": "x"}).status_code == 422
    assert client.post(FINNISH, {"subject": "S", "text": "one\r\ntwo"}).status_code == 302
    assert MailText.objects.get().text == "one\ntwo"
    assert client.post(FINNISH + "reset/").status_code == 302
    assert not MailText.objects.exists()


def test_the_preview_shows_the_latest_document_in_that_language(
    signed_in: SignIn, accountant: Membership
) -> None:
    invoice = posted()
    client = signed_in(accountant)

    shown = page(client.post(FINNISH + "preview/", {"subject": "S", "text": "{number} {due_date}"}))

    assert f"{invoice.number} 4.12.2026" in shown
    unseen = page(client.get("/acme/company/mails/credit_note-de/"))
    assert "Credit note, German" in unseen
    assert "{number}" in unseen


def test_the_own_copy_is_an_address(signed_in: SignIn, accountant: Membership) -> None:
    client = signed_in(accountant)
    assert client.post("/acme/company/mails/", {"own_copy": "nobody"}).status_code == 422
    long = f"{'a' * 60}@{'.'.join(['b' * 60] * 3)}.{'c' * 11}"
    assert client.post("/acme/company/mails/", {"own_copy": long}).status_code == 422
    assert client.post("/acme/company/mails/", {"own_copy": "a@b.example"}).status_code == 302
    assert own_copy() == "a@b.example"


@pytest.mark.parametrize("which", ["invoice-xx", "draft-fi", "invoice"])
def test_there_are_no_others(signed_in: SignIn, accountant: Membership, which: str) -> None:
    assert signed_in(accountant).get(f"/acme/company/mails/{which}/").status_code == 404


@pytest.mark.parametrize("role", ["auditor", "manager", "member"])
def test_not_for_everybody(signed_in: SignIn, role: str, request: pytest.FixtureRequest) -> None:
    client = signed_in(request.getfixturevalue(role))
    for path in ("/acme/company/mails/", FINNISH):
        assert client.get(path).status_code == 403
        assert client.post(path, {"subject": "S", "text": "x"}).status_code == 403
