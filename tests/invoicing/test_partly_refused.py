"""A mail server that takes an e-mail for some and refuses others: told, and not called sent."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from invoicing.domain.sending.delivering import AGAIN_AFTER
from invoicing.domain.sending.own_words import save_own_copy
from invoicing.models import Sending
from tenants.models import Membership, Tenant
from tests.factories import TaxRateFactory
from tests.invoicing.sending import asked, delivered, ready, smtp_server

ANNA, BOSS, OURS = "anna@customer.example", "boss@customer.example", "archive@acme.example"
GONE, LATER = "550 No such mailbox", "450 Try again later"
Status = Sending.Status


@pytest.fixture
def sending(tenant: Tenant, accountant: Membership) -> Sending:
    """To Anna, with a copy to her boss and a blind one to ourselves."""
    TaxRateFactory()
    assert accountant.user is not None
    save_own_copy(OURS, actor=accountant.user)
    return asked(ready(), ANNA, copies=(BOSS,))


def test_all_take_it(sending: Sending) -> None:
    with smtp_server() as server:
        delivered(sending)

    assert (sending.status, sending.attempts.get().answer, server.taken) == (Status.SENT, "", 1)


def test_what_only_we_got_was_not_sent(sending: Sending) -> None:
    with smtp_server(**{ANNA: GONE, BOSS: LATER}) as server:
        delivered(sending)

    assert server.taken == 1
    assert sending.status == Status.FAILED
    assert sending.sent_at is None
    assert sending.attempts.get().answer == f"{ANNA}: {GONE}; {BOSS}: {LATER}"


@pytest.mark.parametrize(("lost", "reached"), [(ANNA, BOSS), (BOSS, ANNA)])
@pytest.mark.parametrize("answer", [GONE, LATER])
def test_one_who_was_refused_is_named_with_those_who_got_it(
    sending: Sending, lost: str, reached: str, answer: str
) -> None:
    with smtp_server(**{lost: answer}):
        delivered(sending)
        delivered(sending, now=timezone.now() + timedelta(days=1))

    assert (sending.status, sending.failure) == (
        Status.FAILED,
        f"{lost}: {answer}. Only {reached} got it.",
    )
    assert sending.attempts.get().answer == sending.failure


def test_what_only_we_got_for_now_is_tried_again(sending: Sending) -> None:
    with smtp_server(**{ANNA: LATER, BOSS: LATER}):
        delivered(sending)
    assert (sending.status, sending.failure) == (
        Status.WAITING,
        f"{ANNA}: {LATER}; {BOSS}: {LATER}",
    )

    with smtp_server():
        delivered(sending, now=timezone.now() + AGAIN_AFTER[0])

    assert sending.status == Status.SENT


def test_our_own_copy_alone_stops_nothing_and_is_told(sending: Sending) -> None:
    with smtp_server(**{OURS: GONE}):
        delivered(sending)

    assert sending.status == Status.SENT
    assert sending.attempts.get().answer == f"{OURS}: {GONE}"


def test_a_domain_with_its_own_letters_is_recognised(tenant: Tenant) -> None:
    TaxRateFactory()
    sending = asked(ready(), "anna@pähkinä.example", copies=(BOSS,))

    with smtp_server(**{"anna@xn--phkin-grae.example": GONE}):
        delivered(sending)

    assert sending.failure == f"anna@pähkinä.example: {GONE}. Only {BOSS} got it."


@pytest.mark.parametrize(
    ("url", "backend"),
    [
        ("smtp+tls://me:secret@mail.example:587", "core.smtp.TellingBackend"),
        ("smtps://mail.example:465", "core.smtp.TellingBackend"),
        ("consolemail://", "django.core.mail.backends.console.EmailBackend"),
    ],
)
def test_servers_are_spoken_to_so_that_refusals_are_kept(url: str, backend: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from config import settings; print(settings.MAILERS)"],
        env={**os.environ, "EMAIL_URL": url},
        capture_output=True,
        text=True,
        check=True,
    )

    assert f"'BACKEND': '{backend}'" in told.stdout
