"""Sending many: each its own outcome, once, whatever happens; now, later, after posting."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from invoicing import errors, tasks
from invoicing.domain import long_runs
from invoicing.domain.posting_runs import start_run
from invoicing.domain.sending import runs
from invoicing.domain.sending.delivering import due
from invoicing.domain.sending.runs import advance, start_sending_run, sweep_sending_runs
from invoicing.models import Invoice, PostingRun, Sending, SendingRun, SendingRunItem
from invoicing.selectors.sending_runs import recipients_by_document, sending_progress
from tenants.models import AuditEntry, Membership, Tenant
from tenants.scope import current_tenant_id
from tests.documents.making import draft
from tests.factories import ContactFactory, CustomerFactory, TaxRateFactory
from tests.invoicing.drafts import sent as as_typed
from tests.invoicing.drafts import stored_line
from tests.invoicing.sending import NO_SUCH, delivered, ready, sent, server

SignIn = Callable[[Membership], Client]
SEND = "/acme/invoices/send/"


@pytest.fixture(autouse=True)
def _rates(tenant: Tenant) -> None:
    TaxRateFactory()


@pytest.fixture
def nowhere() -> Invoice:
    return ready(customer=CustomerFactory(name="Koditon Oy", email=""), contact_email="")


@pytest.fixture
def small_steps() -> Iterator[None]:
    with patch.object(runs, "STEP", 2), patch.object(runs, "AT_ONCE", 0):
        yield


def run_of(*invoices: Invoice, **more: Any) -> SendingRun:
    keys = [invoice.pk for invoice in invoices]
    return start_sending_run(keys, **{"token": uuid4(), "actor": None, **more})


def outcomes(run: SendingRun) -> list[str]:
    return list(run.items.order_by("position").values_list("outcome", flat=True))


def page(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_each_goes_to_its_own_contact_in_its_own_language(accountant: Membership) -> None:
    finnish = ready(language="fi", contact_email="maija@x.example")
    german = ready(language="de", contact_email="jens@y.example")

    run = run_of(finnish, german, actor=accountant.user)

    assert outcomes(run) == ["asked", "asked"]
    assert run.finished_at is not None
    told = Sending.objects.order_by("pk").values_list("recipients", "subject", "requested_by")
    assert list(told) == [
        (["maija@x.example"], f"Lasku {finnish.number}, Acme Oy", accountant.user_id),
        (["jens@y.example"], f"Rechnung {german.number} von Acme Oy", accountant.user_id),
    ]
    assert AuditEntry.objects.filter(action="sending_run.started").count() == 1


def test_one_without_an_address_does_not_stop_the_others(nowhere: Invoice) -> None:
    run = run_of(ready(), nowhere, ready())

    assert sorted(outcomes(run)) == ["asked", "asked", "refused"]
    assert "Koditon Oy" in run.items.get(outcome="refused").refusal


def test_progress_follows_the_sendings(nowhere: Invoice) -> None:
    run = run_of(ready(), ready(), nowhere)
    first, second = Sending.objects.order_by("pk")
    assert (sending_progress(run).done, sending_progress(run).is_over(run)) == (1, False)
    delivered(first)
    with server(on_send=NO_SUCH):
        delivered(second)

    progress = sending_progress(run)

    assert (progress.total, progress.sent, progress.failed) == (3, 1, 2)
    assert progress.is_over(run)
    assert {count for _why, count in progress.reasons} == {1}
    assert any("550 No such mailbox" in why for why, _count in progress.reasons)


def test_the_same_yes_twice_is_one_run() -> None:
    invoice, token = ready(), uuid4()
    first, second = run_of(invoice, token=token), run_of(invoice, token=token)

    assert first == second
    assert Sending.objects.count() == 1


def test_drafts_are_no_documents_to_send() -> None:
    with pytest.raises(errors.NothingToSend):
        run_of(draft())
    assert not SendingRun.objects.exists()


def test_a_worker_that_dies_in_the_middle_leaves_the_rest_to_another_one(
    small_steps: None,
) -> None:
    run = run_of(*(ready() for _each in range(5)))
    assert outcomes(run) == ["waiting"] * 5
    assert advance(run.pk)
    with (
        patch.object(SendingRunItem.objects, "bulk_update", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        advance(run.pk)
    assert Sending.objects.count() == 2

    SendingRun.objects.filter(pk=run.pk).update(updated_at=timezone.now() - timedelta(minutes=5))
    with patch("invoicing.tasks.work_sending_run.delay"):
        sweep_sending_runs(now=timezone.now())
    tasks.work_sending_run(tenant_id=current_tenant_id(), run_id=run.pk)

    run.refresh_from_db()
    assert run.resumed == 0
    assert outcomes(run) == ["asked"] * 5
    assert Sending.objects.count() == 5


def test_one_that_never_gets_on_is_given_up(small_steps: None) -> None:
    run = run_of(ready())
    SendingRun.objects.filter(pk=run.pk).update(
        updated_at=timezone.now() - timedelta(minutes=5), resumed=long_runs.ATTEMPTS_AT_MOST
    )
    sweep_sending_runs(now=timezone.now())

    run.refresh_from_db()
    assert run.finished_at is not None
    assert run.items.get().refusal == str(errors.SendingBroke())


def test_later_is_not_now() -> None:
    moment = timezone.now() + timedelta(hours=3)
    run_of(ready(), due_at=moment)
    sending = Sending.objects.get()

    assert delivered(sending).status == "waiting"
    assert due(now=timezone.now()) == []
    assert due(now=moment) == [sending.pk]
    assert delivered(sending, now=moment).status == "sent"
    assert len(mail.outbox) == 1


def test_posting_and_then_sending(accountant: Membership, nowhere: Invoice) -> None:
    drafts = [draft(), draft(customer=nowhere.customer, contact_email="")]

    with patch("invoicing.domain.posting._enqueue_rendering"):
        run = start_run(
            [one.pk for one in drafts], token=uuid4(), actor=accountant.user, then_send=True
        )

    sending = SendingRun.objects.get()
    assert sorted(outcomes(sending)) == ["asked", "refused"]
    assert set(PostingRun.objects.get(pk=run.pk).items.values_list("outcome", flat=True)) == {
        "posted"
    }


def test_where_they_go_is_found_for_many_as_for_one(nowhere: Invoice) -> None:
    customer = CustomerFactory(email="general@x.example")
    on_it = ready(customer=customer, contact_email="on-it@x.example")
    general = ready(customer=customer, contact_email="")
    other = CustomerFactory(email="general@y.example")
    contact = ready(customer=other, contact_email="")
    ContactFactory(customer=other, email="contact@y.example", gets_invoices=True)

    found = recipients_by_document([on_it.pk, general.pk, contact.pk, nowhere.pk, draft().pk])

    assert found == {
        on_it.pk: "on-it@x.example",
        general.pk: "general@x.example",
        contact.pk: "contact@y.example",
        nowhere.pk: "",
    }


# Its pages.


def test_the_question_counts_before_anything_is_sent(
    signed_in: SignIn, accountant: Membership, nowhere: Invoice
) -> None:
    before, fresh, unposted = ready(), ready(), draft()
    sent(before)
    mail.outbox.clear()
    keys = [before.pk, fresh.pk, nowhere.pk, unposted.pk]

    shown = page(signed_in(accountant).post(SEND, {"pk": keys}))

    assert "2 e-mails" in shown
    assert "1 was sent before and goes out again." in shown
    assert "1 has no e-mail address and is not sent." in shown
    assert "1 is not posted and left out." in shown
    assert not SendingRun.objects.exists()


def test_yes_leads_to_the_run(signed_in: SignIn, accountant: Membership, nowhere: Invoice) -> None:
    client = signed_in(accountant)
    invoice = ready()

    answer = client.post(SEND, {"pk": [invoice.pk, nowhere.pk], "go": "1", "token": uuid4()})

    run = SendingRun.objects.get()
    assert answer["Location"] == f"{SEND}{run.pk}/"
    shown = page(client.get(answer["Location"]))
    assert "Koditon Oy" in shown
    assert "hx-trigger" in shown
    delivered(Sending.objects.get())
    shown = page(client.get(answer["Location"]))
    assert "1 document sent" in shown
    assert "1 not sent" in shown
    assert 'hx-trigger="every' not in shown


def test_all_that_the_filters_show(signed_in: SignIn, accountant: Membership) -> None:
    here, gone = ready(), ready()
    sent(gone)

    client = signed_in(accountant)
    client.post(f"{SEND}?status=sent", {"all": "1", "go": "1", "token": uuid4()})

    assert [item.invoice_id for item in SendingRunItem.objects.all()] == [gone.pk]
    assert here.pk != gone.pk


@pytest.mark.parametrize("moment", ["2020-01-01T08:00", "tomorrow"])
def test_a_moment_that_cannot_be(signed_in: SignIn, accountant: Membership, moment: str) -> None:
    typed = {"pk": [ready().pk], "go": "1", "token": uuid4(), "due_at": moment}

    assert signed_in(accountant).post(SEND, typed).status_code == 422
    assert not SendingRun.objects.exists()


def test_nothing_ticked_is_told(signed_in: SignIn, accountant: Membership) -> None:
    answer = signed_in(accountant).post(SEND, {})

    assert answer.status_code == 422
    assert "None of these is a posted document" in page(answer)


@pytest.mark.parametrize("role", ["auditor", "manager", "member"])
def test_who_does_not_post_does_not_send(
    signed_in: SignIn, role: str, request: pytest.FixtureRequest
) -> None:
    invoice = ready()
    client = signed_in(request.getfixturevalue(role))

    answer = client.post(SEND, {"pk": [invoice.pk], "go": "1", "token": uuid4()})

    assert answer.status_code == 403
    assert not SendingRun.objects.exists()


def test_the_run_asks_no_more_for_many(
    signed_in: SignIn, accountant: Membership, django_assert_num_queries: Any
) -> None:
    client = signed_in(accountant)
    small, large = run_of(ready()), run_of(*(ready() for _each in range(4)))
    client.get(f"{SEND}{small.pk}/")

    for run in (small, large):
        with django_assert_num_queries(9):
            client.get(f"{SEND}{run.pk}/")


def test_post_and_send_from_the_draft(signed_in: SignIn, accountant: Membership) -> None:
    one = draft()
    data = as_typed(one, [stored_line(one)]) | {"send": "1"}

    answer = signed_in(accountant).post(f"/acme/drafts/{one.pk}/post/", data)

    one.refresh_from_db()
    assert one.is_posted
    assert answer["Location"] == f"/acme/invoices/{one.pk}/"
    assert Sending.objects.get().invoice == one


def test_post_and_send_without_an_address_leads_to_the_form(
    signed_in: SignIn, accountant: Membership, nowhere: Invoice
) -> None:
    one = draft(customer=nowhere.customer, contact_email="")
    data = as_typed(one, [stored_line(one)]) | {"send": "1"}

    answer = signed_in(accountant).post(f"/acme/drafts/{one.pk}/post/", data)

    one.refresh_from_db()
    assert one.is_posted
    assert answer["Location"] == f"/acme/invoices/{one.pk}/send/"
