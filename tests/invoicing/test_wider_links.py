"""The customer's link opens all their documents: who sees only some neither sends nor reads it."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from invoicing.domain.sending.own_words import own_copy, save_words
from invoicing.domain.sending.wording import Wording
from invoicing.models import Invoice, MailText, PostingRun, Sending, SendingRun
from tenants.models import Membership, Tenant, TenantRole
from tenants.role_book import forget_book
from tenants.roles import Permission
from tests.documents.making import draft
from tests.factories import MembershipFactory, ProjectFactory, TaxRateFactory
from tests.invoicing.sending import ready

SignIn = Callable[[Membership], Client]
TOLD = "opens all documents of the customer, of which you see only some"


@pytest.fixture(autouse=True)
def _link_in_the_usual_words(tenant: Tenant, owner: Membership) -> None:
    TaxRateFactory()
    assert owner.user is not None
    save_words("invoice", "en", Wording("Invoice {number}", "Look: {link}"), actor=owner.user)


@pytest.fixture
def narrow(tenant: Tenant) -> Membership:
    """Posts and sends, and sees the documents of own projects alone."""
    Tenant.objects.filter(pk=tenant.pk).update(has_adjusted_roles=True)
    TenantRole.objects.create(
        key="own-projects",
        name="Own projects",
        granted=[
            Permission.POST_INVOICE,
            Permission.VIEW_PROJECT_INVOICE,
            Permission.MANAGE_INVOICE_TEMPLATE,
        ],
    )
    forget_book()
    member: Membership = MembershipFactory(role="own-projects")
    return member


@pytest.fixture
def own(narrow: Membership) -> dict[str, Any]:
    """What makes a document one that person sees."""
    project = ProjectFactory(manager=narrow)
    return {"project": project, "customer": project.customer, "contact_email": "a@b.example"}


def page(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_many_are_not_posted_and_sent_with_it(
    signed_in: SignIn, narrow: Membership, own: dict[str, Any]
) -> None:
    one = draft(**own)
    client = signed_in(narrow)
    yes = {"pk": [one.pk], "token": uuid4()}

    refused = client.post("/acme/drafts/post/", yes | {"go": "send"})

    assert refused.status_code == 422
    assert TOLD in page(refused)
    assert not PostingRun.objects.exists()
    assert client.post("/acme/drafts/post/", yes | {"go": "post"}).status_code == 302
    one.refresh_from_db()
    assert one.is_posted
    assert not Sending.objects.exists()


def test_many_are_not_sent_with_it(
    signed_in: SignIn, narrow: Membership, own: dict[str, Any]
) -> None:
    answer = signed_in(narrow).post(
        "/acme/invoices/send/", {"pk": [ready(**own).pk], "go": "1", "token": uuid4()}
    )

    assert answer.status_code == 422
    assert TOLD in page(answer)
    assert not SendingRun.objects.exists()


def test_one_is_not_sent_with_it(
    signed_in: SignIn, narrow: Membership, own: dict[str, Any]
) -> None:
    invoice = ready(**own)
    client = signed_in(narrow)
    letter = {"recipients": "a@b.example", "subject": "S", "token": uuid4(), "seen": "0"}

    refused = client.post(f"/acme/invoices/{invoice.pk}/send/", letter | {"text": "{link}"})

    assert refused.status_code == 422
    assert TOLD in page(refused)
    assert not Sending.objects.exists()
    sent = client.post(f"/acme/invoices/{invoice.pk}/send/", letter | {"text": "Without"})
    assert sent.status_code == 302


def test_one_is_posted_and_not_sent_with_it(
    signed_in: SignIn, narrow: Membership, own: dict[str, Any]
) -> None:
    one = draft(**own)

    answer = signed_in(narrow).post(
        f"/acme/drafts/{one.pk}/post/",
        {"version": one.version, "send": "1"},
        follow=True,
    )

    assert Invoice.objects.get(pk=one.pk).is_posted
    assert TOLD in page(answer)
    assert not Sending.objects.exists()


# In the settings.

MAILS = "/acme/company/mails/"


def test_words_with_a_link_are_not_saved(signed_in: SignIn, narrow: Membership) -> None:
    client = signed_in(narrow)

    refused = client.post(f"{MAILS}invoice-fi/", {"subject": "S", "text": "Katso: {link}"})

    assert refused.status_code == 422
    assert TOLD in page(refused)
    assert "Katso: {link}" in page(refused)
    assert not MailText.objects.filter(language="fi").exists()
    plain = client.post(f"{MAILS}invoice-fi/", {"subject": "S", "text": "Hei"})
    assert plain.status_code == 302


def test_no_address_gets_copies_of_everything(
    signed_in: SignIn, narrow: Membership, accountant: Membership
) -> None:
    refused = signed_in(narrow).post(MAILS, {"own_copy": "me@home.example"})

    assert refused.status_code == 422
    assert "of which you see only some" in page(refused)
    assert own_copy() == ""
    signed_in(accountant).post(MAILS, {"own_copy": "us@acme.example"})
    assert own_copy() == "us@acme.example"


def test_the_preview_shows_no_document_of_others(
    signed_in: SignIn, narrow: Membership, own: dict[str, Any]
) -> None:
    client = signed_in(narrow)
    words = {"subject": "S", "text": "For {customer}: {amount}"}
    ready(billing_name="Secret Customer Oy")

    unseen = page(client.post(f"{MAILS}invoice-fi/preview/", words))
    ready(**own, billing_name="Own Customer Oy")
    ready(billing_name="Secret Customer Oy")
    seen = page(client.post(f"{MAILS}invoice-fi/preview/", words))

    assert "For {customer}: {amount}" in unseen
    assert "For Own Customer Oy: 125,50" in seen
    assert "Secret" not in unseen + seen + page(client.get(f"{MAILS}invoice-fi/"))
