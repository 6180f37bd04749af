"""Many invoices that get their numbers there: by one click, by the command, by runs."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations import registry
from integrations.domain import numbered_there
from integrations.models import Connection, Export
from integrations.ports import Rejected
from invoicing.domain import posting_runs
from invoicing.domain.crediting import _locked_left as left_of
from invoicing.domain.crediting import draft_credit_note, whole_credit
from invoicing.domain.posting_runs import advance, start_run
from invoicing.domain.verifying import verify_books
from invoicing.models import Invoice, PostingRun, SendingRun
from invoicing.selectors.posting_runs import became, progress_of
from tenants.models import Membership, Tenant
from tests.factories import CustomerFactory, TaxRateFactory
from tests.integrations.conftest import link, make_connection, posted, send
from tests.integrations.fake import Remote, fake_system
from tests.integrations.test_numbered_there import Numbering, fresh, worked
from tests.schedules.making import customer_with_hours, run_of, schedule_of

SignIn = Callable[[Membership], Client]
pytestmark = pytest.mark.usefixtures("tenant")


@pytest.fixture
def remote() -> Iterator[Remote]:
    Numbering.numbers.clear()
    with fake_system() as remote:
        known = registry.all_systems()
        known["fake"] = replace(known["fake"], open=lambda _access: Numbering(remote))
        yield remote


@pytest.fixture
def over(remote: Remote) -> Connection:
    return make_connection(system="fake", name="Fake", environment="production", gives_numbers=True)


@pytest.fixture
def drafts(over: Connection) -> list[Invoice]:
    return [worked(over) for _one in range(3)]


def run_over(drafts: list[Invoice], actor: Membership, **more: Any) -> PostingRun:
    return start_run([one.pk for one in drafts], token=uuid4(), actor=actor.user, **more)


def exports(drafts: list[Invoice]) -> list[Export]:
    return [Export.objects.get(invoice=draft) for draft in drafts]


def page_of(client: Client, run: PostingRun) -> str:
    return str(client.get(f"/acme/postings/{run.pk}/").content.decode())


# By one click.


def test_the_ticked_drafts_are_created_there_and_the_page_follows_each(
    over: Connection, drafts: list[Invoice], accountant: Membership, signed_in: SignIn
) -> None:
    client = signed_in(accountant)
    keys = [draft.pk for draft in drafts]
    question = client.post("/acme/drafts/post/", {"pk": keys}).content.decode()
    assert "They are created in Fake one after the other" in question
    assert "Create in Fake and mark as billed" in question
    assert "Post and send" not in question
    assert "cannot be posted" not in question

    run_page = client.post(
        "/acme/drafts/post/", {"pk": keys, "go": "1", "token": str(uuid4())}, follow=True
    ).content.decode()
    run = PostingRun.objects.get()
    assert [became(item) for item in run.items.order_by("position")] == ["handed"] * 3
    assert "3 invoices wait for their numbers from Fake" in run_page
    assert run_page.count("Waits for its number") == 3
    assert "every 3s" in run_page

    first, second, third = exports(drafts)
    send(first)
    page = page_of(client, run)
    assert "2 invoices wait for their numbers from Fake" in page
    assert (page.count("Waits for its number"), page.count(">Posted<")) == (2, 1)
    assert "R-1" in page

    numbered_there.withdraw(second, actor=accountant.user)
    with patch.object(Numbering, "run", side_effect=Rejected("Fake has no such customer.")):
        send(third)
    page = page_of(client, run)
    assert "A draft again" in page
    assert "1 needs attention" in page
    assert f'<a href="/acme/exports/{third.pk}/">Fake has no such customer.</a>' in page
    # What is left does not go on by itself, so nobody asks for it every few seconds.
    assert "every 3s" not in page
    progress = progress_of(run)
    assert (progress.total, progress.done, progress.posted, progress.handed) == (3, 2, 1, 1)
    assert progress.sums == [("EUR", fresh(drafts[0]).gross_total)]
    assert "1 waits for its number." in client.get("/acme/drafts/").content.decode()


def test_a_connection_that_stands_still_is_told_on_the_page(
    over: Connection, drafts: list[Invoice], accountant: Membership, signed_in: SignIn
) -> None:
    run = run_over(drafts, accountant)
    Connection.objects.update(trouble="The key is revoked.")
    page = page_of(signed_in(accountant), run)
    assert page.count("The key is revoked.") == 3
    assert "3 need attention" in page
    Connection.objects.update(trouble="", is_active=False)
    assert page_of(signed_in(accountant), run).count("Fake is switched off.") == 3


def test_one_that_cannot_be_created_there_keeps_no_other(
    over: Connection, drafts: list[Invoice], accountant: Membership
) -> None:
    Invoice.objects.filter(pk=drafts[1].pk).update(billing_street="")
    numbered_there.hand_over(drafts[2], over, actor=accountant.user)
    run = run_over(drafts, accountant)
    found = [(became(item), item.refusal) for item in run.items.order_by("position")]
    assert [outcome for outcome, _why in found] == ["handed", "refused", "refused"]
    assert "lacks the customer's name, street, postal code or city" in found[1][1]
    assert "waits for its number from Fake" in found[2][1]
    assert Export.objects.count() == 2


def test_many_go_on_in_the_background_step_by_step(
    over: Connection, accountant: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting_runs, "STEP_THERE", 2)
    drafts = [worked(over) for _one in range(5)]
    with patch("invoicing.tasks.work_posting_run.delay"):
        run = run_over(drafts, accountant)
    assert run.finished_at is None
    assert [item.outcome for item in run.items.all()] == ["waiting"] * 5
    assert advance(run.pk)
    assert Export.objects.count() == 2
    assert advance(run.pk)
    assert not advance(run.pk)
    assert PostingRun.objects.get(pk=run.pk).finished_at is not None
    assert [became(item) for item in run.items.all()] == ["handed"] * 5
    for export in Export.objects.order_by("pk"):
        send(export)
    # In the order of the run.
    posted_now = run.items.order_by("position").values_list("invoice__number", flat=True)
    numbers = list(posted_now)
    assert numbers == [f"R-{number}" for number in range(1, 6)]
    assert [fault for check in verify_books() for fault in check.faults] == []


def test_credit_notes_among_them_are_numbered_here(
    over: Connection, drafts: list[Invoice], accountant: Membership, signed_in: SignIn
) -> None:
    Connection.objects.update(gives_numbers=False)
    TaxRateFactory()
    invoice = posted()
    Connection.objects.update(gives_numbers=True)
    credits = whole_credit(left_of(invoice.pk))
    note = draft_credit_note(invoice, credits, reason="wrong", actor=None)
    both = [drafts[0], note]
    question = signed_in(accountant).post("/acme/drafts/post/", {"pk": [one.pk for one in both]})
    assert "Credit notes among them are numbered here." in question.content.decode()
    run = run_over(both, accountant, then_send=True)
    assert {item.invoice_id: became(item) for item in run.items.all()} == {
        drafts[0].pk: "handed", note.pk: "posted",
    }  # fmt: skip
    assert fresh(note).is_posted
    # What waits for its number is not sent before it has one.
    assert [item.invoice_id for item in SendingRun.objects.get().items.all()] == [note.pk]


def test_the_page_asks_as_often_for_many_as_for_one(
    over: Connection, drafts: list[Invoice], accountant: Membership, signed_in: SignIn
) -> None:
    client = signed_in(accountant)
    one, many = run_over(drafts[:1], accountant), run_over(drafts[1:], accountant)
    Export.objects.update(status="failed", error="No.", next_attempt_at=None)
    page_of(client, one)
    with CaptureQueriesContext(database) as of_one:
        assert page_of(client, one).count(">No.<") == 1
    with CaptureQueriesContext(database) as of_many:
        assert page_of(client, many).count(">No.<") == 2
    assert len(of_one) == len(of_many)


# By the command.


def command(*args: object, **options: object) -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("post_invoices", *args, tenant="acme", stdout=out, stderr=out, **options)
    except SystemExit as ending:
        return out.getvalue(), int(ending.code or 0)
    return out.getvalue(), 0


def test_the_command_hands_them_over_and_says_so(over: Connection, drafts: list[Invoice]) -> None:
    out, status = command(all_drafts=True, dry_run=True)
    assert (status, Export.objects.count()) == (0, 0)
    assert out.count("would be created in Fake") == 3
    assert "Would hand over 3 drafts to Fake" in out

    Invoice.objects.filter(pk=drafts[1].pk).update(billing_street="")
    out, status = command(all_drafts=True)
    assert (status, Export.objects.count()) == (1, 2)
    assert out.count("waits for its number") == 2
    assert "Handed over 2 drafts to Fake: each is posted with the number that it gets" in out
    assert "Left as they are: 1 draft." in out

    Invoice.objects.filter(pk=drafts[1].pk).update(billing_street="Katu 1")
    out, status = command(all_drafts=True, json=True, wait=True)
    assert status == 0
    [told] = json.loads(out)
    assert (told["draft"], told["outcome"], told["number"]) == (drafts[1].pk, "handed over", None)
    # What waits already is not told again.
    assert command(all_drafts=True) == ("There are no drafts to post.\n", 0)
    for export in exports(drafts):
        send(export)
    assert sorted(fresh(draft).number or "" for draft in drafts) == ["R-1", "R-2", "R-3"]


# By runs.


@pytest.mark.parametrize("result", ["post", "send"])
def test_a_run_hands_over_what_it_would_post(
    result: str, over: Connection, accountant: Membership, tenant: Tenant
) -> None:
    TaxRateFactory()
    for name in ("Aava", "Besk"):
        link(over, customer_with_hours(name, [60]))
    run = run_of(schedule_of(accountant, result=result), accountant)
    items = list(run.items.order_by("position"))
    assert [(item.outcome, item.holds) for item in items] == [("made", True)] * 2
    for item in items:
        assert item.note == (
            "It is created in Fake and posted with the number that it gets there. Send it when it"
            " is posted."
        )
        assert item.invoice is not None
        assert item.invoice.number_giver == "Fake"
        send(Export.objects.get(invoice=item.invoice))
        assert fresh(item.invoice).is_posted
    assert Invoice.objects.count() == 2


def test_a_trial_of_a_run_hands_nothing_over(over: Connection, accountant: Membership) -> None:
    TaxRateFactory()
    link(over, customer_with_hours("Aava", [60]))
    run = run_of(schedule_of(accountant, result="post"), accountant, is_trial=True)
    assert [item.outcome for item in run.items.all()] == ["made"]
    assert not Export.objects.exists()
    assert not Invoice.objects.exists()


def test_a_run_names_what_cannot_be_created_there(over: Connection, accountant: Membership) -> None:
    TaxRateFactory()
    customer = customer_with_hours("Aava", [60])
    customer.street = ""
    customer.save()
    run = run_of(schedule_of(accountant, result="post"), accountant)
    [item] = run.items.all()
    assert item.outcome == "failed"
    assert "lacks the customer's name, street, postal code or city" in item.reason
    assert CustomerFactory._meta.model.objects.count() == 1
