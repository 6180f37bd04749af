"""What waits for a person: on the dashboard, on the page of payments, in the morning's e-mail."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations import trouble_mail
from integrations.models import Connection, Export, PaymentThere, TroubleMail
from integrations.tasks import tell_of_troubles
from integrations.trouble_mail import readers_due, tell
from invoicing.models import Invoice, Payment, SendingAttempt
from tenants.models import Membership, Tenant
from tests.integrations.conftest import make_connection, posted
from tests.integrations.fake import fake_system

type SignIn = Callable[[Membership], Client]
ZONE = ZoneInfo("Europe/Helsinki")
MORNING = datetime(2026, 11, 23, 7, 30, tzinfo=ZONE)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with timezone.override("Europe/Helsinki"):
        yield


@pytest.fixture
def over(tenant: Tenant) -> Iterator[Connection]:
    with fake_system(needs_pdf=False):
        yield make_connection(system="fake", name="Fake", environment="production")


@pytest.fixture
def failed(over: Connection) -> Export:
    export: Export = Export.objects.get(invoice=posted())
    export.status, export.error, export.next_attempt_at = "failed", "The account is missing.", None
    export.save()
    return export


def row(export: Export, **fields: Any) -> PaymentThere:
    made: PaymentThere = PaymentThere.objects.create(
        **{
            "export": export,
            "key": "id 1",
            "amount": Decimal("10"),
            "paid_on": "2026-11-21",
            "sentence": "Somebody has registered it already.",
            **fields,
        }
    )
    return made


# The dashboard.


def test_the_dashboard_says_what_waits_and_leads_there(
    accountant: Membership, signed_in: SignIn, failed: Export
) -> None:
    client = signed_in(accountant)
    row(failed)
    page = client.get("/acme/ready/").content.decode()
    assert "1 document did not get into accounting and needs attention." in page
    assert "/acme/exports/?state=attention" in page
    assert "1 payment in the accounting system needs attention." in page
    assert "/acme/exports/payments/" in page

    Export.objects.update(status=Export.Status.BY_HAND)
    PaymentThere.objects.update(seen_at=timezone.now())
    page = client.get("/acme/ready/").content.decode()
    assert "1 document is to be entered in the accounting system by hand." in page
    assert "needs attention" not in page


def test_the_dashboard_says_nothing_to_who_sees_no_exports(
    manager: Membership, signed_in: SignIn, failed: Export
) -> None:
    page = signed_in(manager).get("/acme/ready/").content.decode()
    assert "did not get into accounting" not in page


# The page of payments.


def test_a_payment_is_registered_after_all_or_seen_to(
    accountant: Membership, signed_in: SignIn, failed: Export
) -> None:
    client = signed_in(accountant)
    first, second = row(failed), row(failed, key="id 2", amount=Decimal("20"))
    page = client.get("/acme/exports/payments/").content.decode()
    assert page.count("Somebody has registered it already.") == 2

    client.post(f"/acme/exports/payments/{first.pk}/book/")
    assert Payment.objects.get().amount == 10
    client.post(f"/acme/exports/payments/{second.pk}/seen/")
    assert "Nothing needs attention" in client.get("/acme/exports/payments/").content.decode()
    again = client.post(f"/acme/exports/payments/{second.pk}/book/", follow=True)
    assert "Somebody has seen to this meanwhile." in again.content.decode()

    booked = client.get("/acme/exports/payments/?state=booked").content.decode()
    assert f"/acme/payments/{Payment.objects.get().pk}/" in booked
    everything = client.get("/acme/exports/payments/?state=all").content.decode()
    assert f"seen to by {accountant.user}" in everything
    # And the invoice's page says where its money came from.
    part = client.get(f"/acme/exports/invoice/{failed.invoice_id}/").content.decode()
    assert "paid in Fake" in part


def test_who_may_only_see_exports_changes_nothing(
    auditor: Membership, signed_in: SignIn, failed: Export
) -> None:
    client, found = signed_in(auditor), row(failed)
    page = client.get("/acme/exports/payments/").content.decode()
    assert "Somebody has registered it already." in page
    assert "Register it" not in page
    for what in ("book", "seen"):
        assert client.post(f"/acme/exports/payments/{found.pk}/{what}/").status_code == 403
    assert client.get("/acme/exports/e-mail/").status_code == 403


def test_the_page_of_payments_asks_the_same_for_one_and_many(
    accountant: Membership, signed_in: SignIn, over: Connection
) -> None:
    client, counts = signed_in(accountant), []
    for _ in range(3):
        row(Export.objects.get(invoice=posted()))
        with CaptureQueriesContext(database) as asked:
            client.get("/acme/exports/payments/")
        counts.append(len(asked))
    assert counts[1] == counts[2]


# The e-mail.


def test_who_manages_connections_is_told_once_in_the_morning(
    tenant: Tenant, accountant: Membership, auditor: Membership, failed: Export
) -> None:
    assert readers_due(MORNING) == [accountant.pk]
    assert tell(tenant.pk, accountant.pk)
    assert not tell(tenant.pk, accountant.pk)

    (message,) = mail.outbox
    assert accountant.user is not None
    assert message.to == [accountant.user.email]
    assert message.subject == "Acme: accounting needs attention"
    invoice: Invoice = failed.invoice
    assert f"{invoice.number}, Fake: The account is missing." in message.body
    assert "/acme/exports/?state=attention" in message.body
    assert "/acme/exports/e-mail/" in message.body
    today = timezone.localdate()
    assert TroubleMail.objects.get().sent_on == today
    later = MORNING.replace(year=today.year, month=today.month, day=today.day)
    assert readers_due(later) == []


def test_it_speaks_the_company_s_language(
    tenant: Tenant, accountant: Membership, failed: Export
) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(language="fi")
    assert tell(tenant.pk, accountant.pk)
    message: Any = mail.outbox[0]
    assert '<html lang="fi"' in str(message.alternatives[0].content)


@pytest.mark.parametrize("hour", [0, 6, 12, 23])
def test_it_comes_in_the_morning_only(accountant: Membership, failed: Export, hour: int) -> None:
    assert readers_due(MORNING.replace(hour=hour)) == []


def test_nothing_to_tell_is_no_e_mail(
    tenant: Tenant, accountant: Membership, over: Connection
) -> None:
    posted()
    assert readers_due(MORNING) == []
    assert not tell(tenant.pk, accountant.pk)
    assert mail.outbox == []


@pytest.mark.parametrize("what", ["trouble", "payment", "by_hand"])
def test_each_thing_that_waits_is_told(
    tenant: Tenant, accountant: Membership, failed: Export, what: str
) -> None:
    if what == "trouble":
        Connection.objects.update(trouble="The key is no longer accepted.")
        Export.objects.update(status=Export.Status.CANCELLED)
    elif what == "payment":
        row(failed)
        Export.objects.update(status=Export.Status.CANCELLED)
    else:
        Export.objects.update(status=Export.Status.BY_HAND)
    assert readers_due(MORNING) == [accountant.pk]
    assert tell(tenant.pk, accountant.pk)
    said = {
        "trouble": "Fake: The key is no longer accepted.",
        "payment": "Somebody has registered it already.",
        "by_hand": "Documents to be entered by hand: 1",
    }
    assert said[what] in mail.outbox[0].body


def test_who_wants_none_gets_none_and_may_change_their_mind(
    tenant: Tenant, accountant: Membership, signed_in: SignIn, failed: Export
) -> None:
    client = signed_in(accountant)
    assert "You get this e-mail." in client.get("/acme/exports/e-mail/").content.decode()
    client.post("/acme/exports/e-mail/", {"wanted": "0"})
    assert readers_due(MORNING) == []
    assert not tell(tenant.pk, accountant.pk)
    assert "You do not get" in client.get("/acme/exports/e-mail/").content.decode()
    client.post("/acme/exports/e-mail/", {"wanted": "1"})
    assert readers_due(MORNING) == [accountant.pk]


def test_one_that_the_server_did_not_take_comes_with_the_next_tick(
    tenant: Tenant, accountant: Membership, failed: Export
) -> None:
    later = SendingAttempt.Outcome.LATER
    with patch.object(trouble_mail, "hand_over") as hand_over:
        hand_over.return_value.outcome = later
        assert not tell(tenant.pk, accountant.pk)
    assert readers_due(MORNING) == [accountant.pk]
    assert tell(tenant.pk, accountant.pk)


def test_the_tick_sends_a_task_for_each(
    tenant: Tenant, accountant: Membership, failed: Export
) -> None:
    with (
        patch("integrations.trouble_mail.FIRST_HOUR", 0),
        patch("integrations.trouble_mail.LAST_HOUR", 24),
        patch("integrations.tasks.mail_troubles.delay") as delay,
    ):
        tell_of_troubles()
    delay.assert_called_once_with(tenant_id=tenant.pk, member_id=accountant.pk)


def test_the_e_mail_leads_where_there_is_something_to_see_to(
    tenant: Tenant, accountant: Membership, failed: Export
) -> None:
    Export.objects.filter(pk=failed.pk).update(status=Export.Status.BY_HAND)
    assert tell(tenant.pk, accountant.pk)
    (message,) = mail.outbox
    assert "/acme/exports/?state=by_hand" in message.body
    assert "state=attention" not in message.body
