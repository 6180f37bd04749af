"""The pages of reminders: the list of what is due, previews, disputes, settings, the archive."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client

from invoicing.documents.storing import store_invoice_pdf
from invoicing.domain.reminding.disputes import open_dispute
from invoicing.models import (
    Dispute,
    Invoice,
    ReferenceRate,
    Reminder,
    ReminderTerms,
    ReminderText,
    SendingRun,
)
from tenants.models import Membership
from tests.documents.making import pages, words
from tests.factories import CustomerFactory
from tests.payments.paying import pay
from tests.receivables.owing import owed
from tests.receivables.test_reminding import invoice_of, left, sent

type SignedIn = Callable[[Membership], Client]
LIST = "/acme/reminders/"


@pytest.fixture
def overdue(tenant: Any, today: None) -> dict[str, Invoice]:
    """On 21 November one of each standing."""
    due = invoice_of(name="Satama Oy")
    by_post = invoice_of(name="Äyräs Oy", email="", due=date(2026, 9, 1))
    waiting = invoice_of(name="Later Oy", due=date(2026, 11, 15))
    disputed = invoice_of(name="Angry Oy")
    open_dispute(disputed, reason="The pump leaks", actor=None)
    never = invoice_of(name="Never Oy", reminders="never")
    return {
        "due": due, "by_post": by_post, "waiting": waiting, "disputed": disputed, "never": never,
    }  # fmt: skip


def shown(client: Client, query: str = "") -> list[str]:
    answer = client.get(f"{LIST}{query}")
    assert answer.status_code == 200
    return [one.invoice.billing_name for one in answer.context["rows"]]


@pytest.mark.usefixtures("overdue")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Äyräs Oy", "Satama Oy"]),
        ("?sort=customer", ["Satama Oy", "Äyräs Oy"]),
        ("?sort=nonsense", ["Äyräs Oy", "Satama Oy"]),
        ("?q=äyr", ["Äyräs Oy"]),
        ("?level=2", []),
        ("?currency=SEK", []),
        ("?show=waiting", ["Later Oy"]),
        ("?show=disputed", ["Angry Oy"]),
        ("?show=never", ["Never Oy"]),
    ],
)
def test_the_list(
    accountant: Membership, signed_in: SignedIn, query: str, expected: list[str]
) -> None:
    assert shown(signed_in(accountant), query) == expected


def test_what_is_ticked_is_sent_as_it_was_shown(
    overdue: dict[str, Invoice], accountant: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(accountant)
    page = client.get(LIST).content.decode()
    rows = [f"{overdue[name].pk}:1:125.500" for name in ("due", "by_post")]
    assert all(f'value="{row}"' in page for row in rows)
    form = {"token": str(uuid4()), "pk": rows}
    answer: Any = client.post(LIST, form)
    run = SendingRun.objects.get()
    assert answer["Location"] == f"/acme/invoices/send/{run.pk}/"
    assert run.reminds_on == date(2026, 11, 21)
    assert {item.outcome for item in run.items.all()} == {"asked"}
    assert Reminder.objects.count() == 2
    # Sent once more, it is the same run; the list is empty from then on.
    client.post(LIST, form)
    assert Reminder.objects.count() == 2
    assert shown(client) == []
    assert "Letter" in client.get(answer["Location"]).content.decode()


def test_what_goes_by_post_is_one_file_for_the_printer(
    overdue: dict[str, Invoice], accountant: Membership, member: Membership, tenant: Any,
    signed_in: SignedIn,
) -> None:  # fmt: skip
    client = signed_in(accountant)
    without = CustomerFactory(name="Öljy Oy", email="")
    by_post = owed("2026-09-01", customer=without, issue_date=date(2026, 8, 18))
    rows = [f"{one.pk}:1:125.500" for one in (overdue["due"], by_post)]
    client.post(LIST, {"token": str(uuid4()), "pk": rows})
    run = SendingRun.objects.get()
    letters = f"/acme/reminders/sent/{run.pk}/letters.pdf"
    assert f'{letters}?first=1"' in client.get(f"/acme/invoices/send/{run.pk}/").content.decode()
    # Its invoice goes with it, so that it waits for that one's file.
    answer = client.get(letters)
    assert answer.status_code == 422
    assert "still being made" in answer.content.decode()
    store_invoice_pdf(tenant.pk, by_post.pk)
    answer = client.get(letters)
    assert answer["Content-Type"] == "application/pdf"
    letter, invoice = pages(answer.content)
    assert "Öljy Oy" in words(letter)
    assert f"Number {by_post.number}" in words(invoice)
    assert client.get(f"{letters}?first=2").status_code == 422
    assert client.get(f"{letters}?first=x").status_code == 200
    assert signed_in(member).get(letters).status_code == 403


def test_nothing_that_was_paid_meanwhile_is_sent(
    overdue: dict[str, Invoice], accountant: Membership, signed_in: SignedIn
) -> None:
    pay(overdue["due"], "125.50")
    client = signed_in(accountant)
    client.post(LIST, {"token": str(uuid4()), "pk": [f"{overdue['due'].pk}:1:125.50"]})
    (item,) = SendingRun.objects.get().items.all()
    assert item.outcome == "refused"
    assert "open" in item.refusal
    assert mail.outbox == []
    nonsense = ["x", "1:", "a:b:c", f"{'9' * 30}:1:1", "1:1:NaN", "1:99999:1", "1:1:1e99"]
    answer = client.post(LIST, {"token": str(uuid4()), "pk": nonsense})
    assert answer.status_code == 422
    assert "Open the list again" in answer.content.decode()


def test_preview_and_letter(
    overdue: dict[str, Invoice], accountant: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(accountant)
    url = f"/acme/invoices/{overdue['due'].pk}/reminder"
    page = client.get(f"{url}/").content.decode()
    assert "Reminder: invoice" in page
    assert "€131.15" in page  # 125.50 + 5 + 0.65
    pdf: Any = client.get(f"{url}.pdf")
    assert pdf.content.startswith(b"%PDF-")
    assert Reminder.objects.count() == 0
    stopped = client.get(f"/acme/invoices/{overdue['disputed'].pk}/reminder/").content.decode()
    assert "The pump leaks" in stopped
    pay(overdue["due"], "125.50")
    assert client.get(f"{url}.pdf").status_code == 422
    assert "Nothing of" in client.get(f"{url}/").content.decode()


def test_a_dispute_on_the_invoice(
    overdue: dict[str, Invoice], accountant: Membership, signed_in: SignedIn
) -> None:
    client, invoice = signed_in(accountant), overdue["due"]
    url = f"/acme/invoices/{invoice.pk}/"
    assert client.post(f"{url}dispute/", {"reason": " "}).status_code == 422
    assert client.post(f"{url}dispute/", {"reason": "Never ordered"}).status_code == 302
    assert "Never ordered" in client.get(url).content.decode()
    again = client.post(f"{url}dispute/", {"reason": "Twice"})
    assert again.status_code == 422
    assert "Never ordered" in again.content.decode()
    assert client.post(f"{url}dispute/settle/", {"outcome": "Agreed"}).status_code == 302
    assert "Never ordered" not in client.get(url).content.decode()
    kept = Dispute.objects.get(invoice=invoice)
    assert (kept.outcome, kept.closed_by) == ("Agreed", accountant.user)
    assert "Agreed" in client.get(f"{url}history/").content.decode()


def test_the_archive_finds_reminded_and_disputed_ones(
    overdue: dict[str, Invoice], accountant: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(accountant)
    left(sent(overdue["due"], "2026-11-15"))

    def found(query: str) -> set[str]:
        page: Any = client.get(f"/acme/invoices/?{query}").context["page"]
        return {invoice.billing_name for invoice in page}

    assert found("q=reminder:*") == found("q=reminder:1") == {"Satama Oy"}
    assert found("q=reminder:>=2") == set()
    assert found("reminder=1") == {"Satama Oy"}
    assert len(found("reminder=none")) == len(found("q=reminder:")) == 4
    assert found("q=disputed:*") == found("q=disputed:pump") == {"Angry Oy"}
    assert found("reminder=disputed") == {"Angry Oy"}
    assert "Satama Oy" in found("q=disputed:")
    assert client.get("/acme/invoices/?q=reminder:often").status_code == 422


def test_settings_of_terms(owner: Membership, signed_in: SignedIn) -> None:
    client = signed_in(owner)
    url = "/acme/company/reminders/terms/FI/"
    form: dict[str, Any] = {
        "interest": "statutory", "area": "FI", "consumer_points": "7", "business_points": "8,5",
        "lump_sum": "0", "gap_days": "14", "pay_within_days": "10", "least_amount": "10",
        "level-1-days": "14", "level-1-consumer_fee": "5", "level-1-business_fee": "10",
        "level-1-has_interest": "on", "level-3-days": "30",
    }  # fmt: skip
    assert client.get(url).status_code == 200
    refused = client.post(url, form | {"level-1-consumer_fee": "6"})
    assert refused.status_code == 422
    assert "at most" in refused.content.decode()
    assert client.post(url, form).status_code == 302
    terms = ReminderTerms.objects.get()
    assert (terms.country, terms.business_points) == ("FI", Decimal("8.50"))
    assert [(level.number, level.days) for level in terms.levels.all()] == [(1, 14), (2, 30)]
    assert client.post(f"{url}reset/").status_code == 302
    assert not ReminderTerms.objects.exists()
    assert client.get("/acme/company/reminders/terms/other/").status_code == 200
    assert client.get("/acme/company/reminders/terms/XX/").status_code == 404


def test_settings_of_rates(owner: Membership, signed_in: SignedIn, today: None) -> None:
    client = signed_in(owner)
    page = client.get("/acme/company/reminders/")
    assert "is not entered yet" in page.content.decode()
    form = {"area": "FI", "valid_from": "2026-07-01", "percent": "2,5"}
    url = "/acme/company/reminders/rates/"
    assert client.post(url, form | {"percent": ""}).status_code == 422
    assert client.post(url, form).status_code == 302
    rate = ReferenceRate.objects.get()
    assert rate.percent == Decimal("2.50")
    assert client.post(f"{url}{rate.pk}/remove/").status_code == 302
    assert not ReferenceRate.objects.exists()


def test_settings_of_texts(
    overdue: dict[str, Invoice], owner: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(owner)
    url = "/acme/company/reminders/texts/2-fi/"
    page = client.get(url).content.decode()
    assert "Toinen maksumuistutus" in page
    form = {"subject": "Maksa {number}", "text": "Hei {customer}\n\n{amounts}"}
    assert client.post(url, form | {"text": "{nothing}"}).status_code == 422
    preview = client.post(f"{url}preview/", form).content.decode()
    assert "Hei Äyräs Oy" in preview
    assert "Laskusta avoinna" in preview
    assert client.post(url, form).status_code == 302
    assert ReminderText.objects.get().subject == "Maksa {number}"
    assert client.post(f"{url}reset/").status_code == 302
    assert not ReminderText.objects.exists()
    assert client.get("/acme/company/reminders/texts/9-fi/").status_code == 404


def test_who_may(
    overdue: dict[str, Invoice],
    auditor: Membership,
    manager: Membership,
    member: Membership,
    signed_in: SignedIn,
) -> None:
    pk = overdue["due"].pk
    kept = sent(overdue["due"], "2026-11-21").reminder
    assert kept is not None
    for person in (auditor, manager, member):
        client = signed_in(person)
        assert client.get(LIST).status_code == 403
        assert client.post(LIST).status_code == 403
        assert client.get(f"/acme/invoices/{pk}/reminder/").status_code == 403
        assert client.post(f"/acme/invoices/{pk}/dispute/", {"reason": "x"}).status_code == 403
        assert client.get("/acme/company/reminders/").status_code == 403
    letter = f"/acme/reminders/{kept.pk}/letter.pdf"
    assert signed_in(auditor).get(letter).status_code == 200
    assert signed_in(manager).get(letter).status_code == 404
    assert signed_in(member).get(letter).status_code == 403


def test_as_many_queries_for_two_as_for_more(
    overdue: dict[str, Invoice], accountant: Membership, signed_in: SignedIn,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    client = signed_in(accountant)
    client.get(LIST)
    with django_assert_max_num_queries(12):
        client.get(LIST)
