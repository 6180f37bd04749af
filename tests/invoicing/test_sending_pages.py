"""The pages of sending: filled in, refused with what was typed, seen by those who may."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from invoicing import exported
from invoicing.domain.sending.not_arrived import note_bounce
from invoicing.domain.sending.requesting import mark_as_sent
from invoicing.models import Invoice, Sending
from tenants.models import Membership, Tenant
from tests.documents.making import draft, posted
from tests.factories import CustomerFactory, MembershipFactory, TaxRateFactory, TenantFactory
from tests.invoicing.sending import asked, ready, sent

SignIn = Callable[[Membership], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _rates(tenant: Tenant) -> None:
    TaxRateFactory()


def url(invoice: Invoice, end: str = "send/") -> str:
    return f"/acme/invoices/{invoice.pk}/{end}"


def came_back(sending: Sending) -> str:
    return f"/acme/invoices/follow-up/document/{sending.pk}/bounce/"


def typed(**fields: Any) -> dict[str, Any]:
    return {
        "recipients": "anna@customer.example",
        "copies": "",
        "subject": "Invoice {number}",
        "text": "Dear {customer},\nplease pay.",
        "token": str(uuid4()),
        "seen": "0",
    } | fields


def page(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_the_form_is_filled_in_in_the_customers_language(
    signed_in: SignIn, accountant: Membership
) -> None:
    invoice = ready(language="fi", contact_email="maija@asiakas.example")

    shown = page(signed_in(accountant).get(url(invoice)))

    assert 'value="maija@asiakas.example"' in shown
    assert f"Lasku {invoice.number}, Acme Oy" in shown
    assert "Eräpäivä on 4.12.2026." in shown
    assert f"{invoice.number}.pdf" in shown
    assert "answers go to billing@example.com" in shown


def test_sending_leads_back_and_is_shown(signed_in: SignIn, accountant: Membership) -> None:
    invoice = ready()
    client = signed_in(accountant)

    answer = client.post(url(invoice), typed(copies="boss@customer.example"))

    assert (answer.status_code, answer["Location"]) == (302, url(invoice, ""))
    sending = Sending.objects.get()
    assert (sending.subject, sending.text) == (
        f"Invoice {invoice.number}",
        "Dear Asiakas Oy,\nplease pay.",
    )
    shown = page(client.get(url(invoice, "")))
    assert "anna@customer.example" in shown
    assert "Waiting" in shown
    assert f'hx-get="{url(invoice, "sendings/")}"' in shown


def test_the_log_stops_asking_when_nothing_moves(signed_in: SignIn, accountant: Membership) -> None:
    invoice = ready()
    sent(invoice)

    shown = page(signed_in(accountant).get(url(invoice, "sendings/"), headers=HTMX))

    assert "Sent" in shown
    assert "hx-trigger" not in shown


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"recipients": ""}, "Enter the e-mail address"),
        ({"recipients": "anna@"}, "“anna@” is no e-mail address"),
        ({"copies": "b@c.example, nobody"}, "“nobody” is no e-mail address"),
        ({"subject": ""}, "Write a subject."),
        ({"text": "{nobody}"}, "There is no placeholder {nobody}"),
    ],
)
def test_a_refusal_keeps_what_was_typed(
    signed_in: SignIn, accountant: Membership, fields: dict[str, str], sentence: str
) -> None:
    invoice = ready()

    answer = signed_in(accountant).post(url(invoice), typed(**fields))

    assert answer.status_code == 422
    assert sentence in page(answer)
    assert "please pay." in page(answer) or "text" in fields
    assert not Sending.objects.exists()


def test_what_a_colleague_sent_meanwhile_is_told_once(
    signed_in: SignIn, accountant: Membership, owner: Membership
) -> None:
    invoice = ready()
    colleagues = asked(invoice, actor=owner.user)
    client = signed_in(accountant)

    refused = client.post(url(invoice), typed())

    assert refused.status_code == 422
    assert "was sent by Owner while you wrote" in page(refused)
    assert f'name="seen" value="{colleagues.pk}"' in page(refused)
    again = client.post(url(invoice), typed(seen=str(colleagues.pk)))
    assert again.status_code == 302
    assert Sending.objects.count() == 2


def test_what_is_corrected_after_going_back_is_not_lost(
    signed_in: SignIn, accountant: Membership
) -> None:
    invoice = ready()
    client, form = signed_in(accountant), typed(recipients="wrong@customer.example")
    client.post(url(invoice), form)
    form["recipients"] = "right@customer.example"

    refused = client.post(url(invoice), form)

    assert refused.status_code == 422
    assert "This form was sent already, with other contents" in page(refused)
    assert 'value="right@customer.example"' in page(refused)
    assert "please pay." in page(refused)
    form["token"] = refused.context["form"]["token"].value()
    assert form["token"] in page(refused)
    form["seen"] = str(Sending.objects.get().pk)
    assert client.post(url(invoice), form).status_code == 302
    assert [one.recipients for one in Sending.objects.order_by("pk")] == [
        ["wrong@customer.example"],
        ["right@customer.example"],
    ]


def test_a_note_corrected_after_going_back_is_not_lost(
    signed_in: SignIn, accountant: Membership
) -> None:
    invoice, other = posted(), posted()
    client = signed_in(accountant)
    form = {"way": "post", "on": timezone.localdate(), "token": str(uuid4())}
    client.post(url(invoice, "sent/"), form)

    refused = client.post(url(other, "sent/"), form)

    assert refused.status_code == 422
    assert "This form was sent already" in page(refused)
    form["token"] = refused.context["form"]["token"].value()
    assert client.post(url(other, "sent/"), form).status_code == 302
    assert Sending.objects.filter(invoice=other).exists()


def test_without_an_address_a_sentence_says_what_to_do(
    signed_in: SignIn, accountant: Membership
) -> None:
    invoice = ready(customer=CustomerFactory(name="Koditon Oy", email=""), contact_email="")

    shown = page(signed_in(accountant).get(url(invoice)))

    assert "No e-mail address is known of Koditon Oy." in shown


def test_sent_before_is_said(signed_in: SignIn, accountant: Membership) -> None:
    invoice = ready()
    sent(invoice)

    shown = page(signed_in(accountant).get(url(invoice)))

    assert "Sent before on" in shown
    assert "Send again" in shown


def test_the_preview_fills_placeholders_in_and_escapes(
    signed_in: SignIn, accountant: Membership
) -> None:
    invoice = ready()
    client = signed_in(accountant)

    shown = page(client.post(url(invoice, "send/preview/"), typed(text="<b>{number}</b>")))
    wrong = page(client.post(url(invoice, "send/preview/"), typed(text="{nobody}")))

    assert f"&lt;b&gt;{invoice.number}&lt;/b&gt;" in shown
    assert "There is no placeholder {nobody}" in wrong
    assert not Sending.objects.exists()


def test_a_draft_has_no_such_page(signed_in: SignIn, accountant: Membership) -> None:
    assert signed_in(accountant).get(url(draft())).status_code == 404


@pytest.mark.parametrize("role", ["auditor", "manager", "member"])
def test_who_does_not_post_does_not_send(
    signed_in: SignIn, role: str, request: pytest.FixtureRequest
) -> None:
    invoice = ready()
    sending = sent(invoice)
    client = signed_in(request.getfixturevalue(role))

    assert client.get(url(invoice)).status_code == 403
    assert client.post(url(invoice), typed()).status_code == 403
    assert client.post(url(invoice, "sent/"), {}).status_code == 403
    assert client.post(came_back(sending), {"note": "x"}).status_code == 403
    assert Sending.objects.count() == 1


def test_the_auditor_sees_what_was_sent_and_no_buttons(
    signed_in: SignIn, auditor: Membership
) -> None:
    invoice = ready()
    sent(invoice)

    shown = page(signed_in(auditor).get(url(invoice, "")))

    assert "anna@customer.example" in shown
    assert "It came back" not in shown
    assert url(invoice) not in shown


def test_marking_as_sent_and_what_is_offered(signed_in: SignIn, accountant: Membership) -> None:
    invoice = posted()
    client = signed_in(accountant)

    assert "e-invoice" not in page(client.get(url(invoice, "sent/")))
    assert (
        client.post(
            url(invoice, "sent/"), {"way": "netvisor", "on": timezone.localdate(), "token": uuid4()}
        ).status_code
        == 422
    )

    there = exported.Destination("netvisor", "Netvisor", Invoice.objects.none())
    with patch("invoicing.views.sending.forms.destinations", return_value=[there]):
        assert "As an e-invoice through Netvisor" in page(client.get(url(invoice, "sent/")))
        client.post(
            url(invoice, "sent/"), {"way": "netvisor", "on": timezone.localdate(), "token": uuid4()}
        )

    sending = Sending.objects.get()
    assert (sending.channel, sending.via, sending.status) == ("einvoice", "Netvisor", "sent")


def test_noting_a_bounce(signed_in: SignIn, accountant: Membership) -> None:
    invoice = ready()
    sending = sent(invoice)
    client = signed_in(accountant)
    bounce = came_back(sending)

    assert client.post(bounce, {"note": ""}).status_code == 422
    assert client.post(bounce, {"note": "No such mailbox"}).status_code == 302

    shown = page(client.get(url(invoice, "")))
    assert "Came back: No such mailbox (Accountant" in shown
    assert client.post(bounce, {"note": "Again"}).status_code == 422


def test_withdrawing(signed_in: SignIn, accountant: Membership) -> None:
    sending = asked(posted())

    signed_in(accountant).post(f"/acme/sendings/{sending.pk}/withdraw/")

    sending.refresh_from_db()
    assert sending.status == "withdrawn"


def test_the_page_asks_no_more_for_many_sendings(
    signed_in: SignIn, accountant: Membership, django_assert_num_queries: Any
) -> None:
    invoice = ready()
    client = signed_in(accountant)
    for _more in range(2):
        for _each in range(3):
            note_bounce(sent(invoice, actor=accountant.user), note="x", actor=accountant.user)
        mark_as_sent(invoice, channel="post", on=timezone.localdate(), actor=accountant.user)
        with django_assert_num_queries(11):
            client.get(url(invoice, ""))


def test_members_of_another_company_find_nothing(tenant: Tenant, client: Client) -> None:
    invoice = ready()
    sending = sent(invoice)
    stranger = MembershipFactory(role="owner").user
    Membership.objects.filter(user=stranger).update(tenant=TenantFactory(slug="other"))
    assert stranger is not None
    client.force_login(stranger)

    for path in (
        url(invoice),
        url(invoice, "sent/"),
        came_back(sending),
    ):
        assert client.get(path).status_code == 404
