"""Systems that number our invoices, each with its sandbox: created once, posted with its number."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from integrations import registry
from integrations.domain import numbered_there
from integrations.domain.access import door_of
from integrations.domain.answers import keep_answers, takes_lines
from integrations.errors import AppendedGetsNoNumber
from integrations.http import Http
from integrations.models import Connection, Export, ExportStep
from integrations.ports import Can
from invoicing.domain.crediting import cancel_invoice
from invoicing.domain.drafting import draft_work, new_draft
from invoicing.domain.lines import price_line, save_totals
from invoicing.domain.verifying import verify_books
from invoicing.models import Invoice, InvoiceLine
from tenants.models import Membership, Tenant
from tests.factories import (
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from tests.integrations.conftest import link, send, store_pdf
from tests.integrations.sandboxes import WITH_SANDBOX, Running, running
from timesheets.models import BillingState, TimeEntry

SignIn = Callable[[Membership], Client]
NUMBER = [key for key in WITH_SANDBOX if Can.GIVES_NUMBER in registry.all_systems()[key].can]
NUMBER_NOT = sorted(set(WITH_SANDBOX) - set(NUMBER))
# What each needs so that a document is finished, and with it numbered.
SETTINGS = {"lexoffice": {"finalize": "yes"}}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits 30 seconds here for an answer that does not come."""
    init = Http.__init__

    def hasty(self: Http, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **{**kwargs, "seconds": 0.6})

    monkeypatch.setattr(Http, "__init__", hasty)


@pytest.fixture(params=NUMBER)
def sandbox(
    request: pytest.FixtureRequest, tenant: Tenant, tmp_path: Path, settings: Any
) -> Iterator[Running]:
    settings.OUTGOING_RATE_LIMIT = False
    with running(request.param, tmp_path, settings, limits_rate=False) as found:
        yield found


@pytest.fixture
def over(sandbox: Running) -> Connection:
    chosen = {**sandbox.door()["settings"], **SETTINGS.get(sandbox.system, {}), "numbers": "there"}
    return sandbox.connect(settings=chosen, gives_numbers=True)


@pytest.fixture
def draft(sandbox: Running, over: Connection) -> Invoice:
    return worked(sandbox, over)


def worked(sandbox: Running, over: Connection) -> Invoice:
    """A draft of an hour and a half of work, for the customer there."""
    percent = Decimal(sandbox.percent())
    TaxRateFactory(name=f"{percent} %", percent=percent, is_default=True)
    customer = CustomerFactory()
    link(over, customer, str(sandbox.door()["customer"]))
    project = ProjectFactory(customer=customer)
    member = MembershipFactory(user=None, name="Anna Aalto")
    TimeEntryFactory(project=project, member=member, minutes=90, work_date=date(2026, 10, 5))
    return draft_work(
        start=date(2026, 10, 1),
        end=date(2026, 10, 31),
        actor=None,
        customer_id=customer.pk,
        allow_unlocked=True,
    )


def names(posted: Invoice) -> tuple[str, str]:
    """What it is listed as there: its number, or, where that stands beside it, our mark."""
    return posted.number or "", f"LASKURI-{posted.tenant_id}-{posted.pk}"


def fresh(draft: Invoice) -> Invoice:
    found: Invoice = Invoice.objects.get(pk=draft.pk)
    return found


def later(export: Export) -> Export:
    """Time passes, and it is tried again."""
    for step in ExportStep.objects.filter(export=export, done_at=None):
        step.begun_at -= timedelta(minutes=15)
        step.save()
    cache.clear()
    return send(export)


def test_it_is_created_there_and_posted_with_the_number_that_came_back(
    sandbox: Running, over: Connection, draft: Invoice, accountant: Membership
) -> None:
    export = send(numbered_there.hand_over(draft, over, actor=accountant.user))
    posted = fresh(draft)
    assert posted.is_posted, export.error
    (there,) = sandbox.documents()
    assert there["number"] in names(posted)
    assert posted.number == export.remote_number != ""
    assert Decimal(there["gross"]) == posted.gross_total
    assert TimeEntry.objects.get().billing_state == BillingState.BILLED
    assert posted.posted_by == accountant.user

    store_pdf(posted)
    send(export)
    assert (export.error, export.status) == ("", Export.Status.SENT)
    assert len(sandbox.documents()) == 1
    assert [fault for check in verify_books() for fault in check.faults] == []


def test_numbers_follow_each_other(
    sandbox: Running, over: Connection, draft: Invoice, accountant: Membership
) -> None:
    drafts = [draft, worked(sandbox, over), worked(sandbox, over)]
    for one in drafts:
        send(numbered_there.hand_over(one, over, actor=accountant.user))
    numbers = [fresh(one).number for one in drafts]
    assert len(set(numbers)) == 3
    assert len(sandbox.documents()) == 3
    assert all(
        any(there["number"] in names(fresh(one)) for one in drafts) for there in sandbox.documents()
    )


LOST = ["drop_before", "drop_after", "error_after", "timeout_after"]


@pytest.mark.parametrize(("kind", "times"), [(kind, times) for kind in LOST for times in (1, 2)])
def test_an_answer_that_gets_lost_makes_no_second_one(
    sandbox: Running, over: Connection, draft: Invoice, kind: str, times: int
) -> None:
    """Once, and once more when it is tried again."""
    export = numbered_there.hand_over(draft, over, actor=None)
    for method in ("POST", "PUT"):
        sandbox.program.faults.add(
            {"kind": kind, "method": method, "path": "*", "seconds": 1, "times": times}
        )
    send(export)
    for _time in range(6):
        if fresh(draft).is_posted:
            break
        assert export.status == Export.Status.WAITING, export.error
        later(export)
    posted = fresh(draft)
    assert posted.is_posted, export.error
    (there,) = sandbox.documents()
    assert there["number"] in names(posted)


def test_a_cancellation_is_numbered_here_and_names_the_one_there(
    sandbox: Running, over: Connection, draft: Invoice, accountant: Membership
) -> None:
    export = send(numbered_there.hand_over(draft, over, actor=accountant.user))
    store_pdf(fresh(draft))
    send(export)
    note = cancel_invoice(fresh(draft), reason="By mistake", actor=accountant.user)
    store_pdf(note)
    credit = send(Export.objects.get(invoice=note))
    assert (credit.error, credit.status) == ("", Export.Status.SENT)
    assert note.number
    assert len(sandbox.documents()) == 2


def test_a_customer_of_no_link_is_told_before_anything_is_there(
    sandbox: Running, over: Connection, accountant: Membership
) -> None:
    percent = Decimal(sandbox.percent())
    rate = TaxRateFactory(name=f"{percent} %", percent=percent, is_default=True)
    unlinked = new_draft(customer=CustomerFactory(), actor=None, issue_date=date(2026, 11, 20))
    line = InvoiceLine(
        invoice=unlinked, position=1, text="Work", quantity=1, unit_price=100, tax_rate=rate
    )
    price_line(line, currency=unlinked.currency)
    line.save()
    save_totals(unlinked)
    export = send(numbered_there.hand_over(unlinked, over, actor=accountant.user))
    assert (export.status, export.problem) == (Export.Status.FAILED, "not_linked")
    assert export.error.startswith("Link ")
    assert fresh(unlinked).is_draft
    link(over, unlinked.customer, str(sandbox.door()["customer"]))
    Export.objects.update(status="waiting", problem="", error="", next_attempt_at=export.created_at)
    send(export)
    assert fresh(unlinked).is_posted


# What goes with it, and what not.


@pytest.mark.parametrize("key", NUMBER_NOT)
def test_a_system_that_gives_none_is_not_offered_to(
    key: str, accountant: Membership, signed_in: SignIn
) -> None:
    page = signed_in(accountant).get(f"/acme/accounting/new/{key}/").content.decode()
    assert "Who numbers invoices" not in page


@pytest.mark.parametrize("sandbox", ["sevdesk"], indirect=True)
def test_what_is_added_to_a_draft_there_gets_no_number(
    sandbox: Running, over: Connection, draft: Invoice, accountant: Membership
) -> None:
    """Chosen while we numbered; where sevDesk does, no draft is offered."""
    answers = {"choices": {"append_to": "7700001"}, "words": {"append_to": "Draft 7700001"}}
    linked = draft.customer.links.get()
    keep_answers(draft, linked, **answers, actor=accountant.user)
    with pytest.raises(AppendedGetsNoNumber, match="gets no number of its own"):
        numbered_there.hand_over(draft, over, actor=accountant.user)
    assert fresh(draft).number_giver == ""
    system = door_of(over).system
    assert not takes_lines(system, over.settings)
    assert takes_lines(system, {**over.settings, "numbers": "here"})

    keep_answers(draft, linked, choices={}, words={}, actor=accountant.user)
    send(numbered_there.hand_over(draft, over, actor=accountant.user))
    assert fresh(draft).is_posted


REFUSED = [
    ("sevdesk", {"until": "draft"}, "a draft has none that could come back"),
    ("sevdesk", {"until": "open", "pdf": "ours"}, "Choose the one that sevDesk makes"),
    ("lexoffice", {"mode": "document", "finalize": "no"}, "may change when it is finished"),
    ("lexoffice", {"mode": "voucher"}, "A voucher has our number"),
]


@pytest.mark.parametrize(("key", "chosen", "sentence"), REFUSED)
def test_settings_that_bring_no_number_are_refused(
    key: str, chosen: dict[str, str], sentence: str, accountant: Membership, signed_in: SignIn
) -> None:
    client = signed_in(accountant)
    data = {"name": "There", "environment": "production", "numbers": "there", **chosen}
    page = client.post(f"/acme/accounting/new/{key}/", data).content.decode()
    assert sentence in page
    data["numbers"] = "here"
    assert sentence not in client.post(f"/acme/accounting/new/{key}/", data).content.decode()
