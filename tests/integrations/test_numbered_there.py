"""Invoices that get their number there: handed over, unchanged meanwhile, posted with it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.utils import IntegrityError
from django.test import Client

from integrations import registry
from integrations.domain import byhand, connections, numbered_there
from integrations.domain.outbox import sweep
from integrations.errors import AlreadyBegunThere, AnotherGivesNumbers, NotPostedWithNumber
from integrations.models import Connection, Export
from integrations.outgoing import OutgoingInvoice
from integrations.ports import Can, Delivery, RetryLater, Step, StepResult
from integrations.problems import Problem
from integrations.systems.procountor.sandbox.server import ProcountorSandbox
from invoicing.domain.books.periods import close_month, reopen_month
from invoicing.domain.discarding import delete_drafts, discard_draft
from invoicing.domain.drafting import draft_work
from invoicing.domain.editing import save_draft
from invoicing.domain.handing_over import post_or_hand_over, post_with_number
from invoicing.domain.numbering.continuity import continuity
from invoicing.domain.posting import post_invoice, posting_refusals
from invoicing.domain.verifying import verify_books
from invoicing.errors import (
    BuyerAddressMissing,
    DraftHandedOver,
    NotHandedOver,
    NumbersFromElsewhere,
)
from invoicing.models import Invoice, NumberSeries
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import (
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from tests.integrations.conftest import link, locked_by, make_connection, send, store_pdf
from tests.integrations.fake import STEPS, FakeAdapter, Remote, fake_system
from timesheets.models import BillingState, TimeEntry

SignIn = Callable[[Membership], Client]
pytestmark = pytest.mark.usefixtures("tenant")


class Numbering(FakeAdapter):
    """Finds documents by their marker and gives each a number."""

    numbers: dict[str, str] = {}

    def plan(self, invoice: OutgoingInvoice) -> tuple[Step, ...]:
        return STEPS if invoice.number else STEPS[:1]

    def run(self, step: str, delivery: Delivery) -> StepResult:
        key = delivery.invoice.marker
        self.remote.before(step, delivery)
        number = self.numbers.setdefault(key, f"R-{len(self.numbers) + 1}")
        if self.remote.has(step, key):
            return StepResult(f"id-{key}", number, was_found=True)
        delivery.write()
        self.remote.write(step, key)
        self.remote.after(step, delivery)
        return StepResult(f"id-{key}", number)


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
def draft(over: Connection) -> Invoice:
    return worked(over)


def worked(over: Connection) -> Invoice:
    """A draft of one hour of work, linked."""
    TaxRateFactory()
    customer = CustomerFactory()
    link(over, customer)
    project = ProjectFactory(customer=customer)
    member = MembershipFactory(user=None, name="Anna Aalto")
    TimeEntryFactory(project=project, member=member, minutes=60, work_date=date(2026, 10, 5))
    return draft_work(
        start=date(2026, 10, 1),
        end=date(2026, 10, 31),
        actor=None,
        customer_id=customer.pk,
        allow_unlocked=True,
    )


def handed(draft: Invoice, over: Connection, actor: Any = None) -> Export:
    return numbered_there.hand_over(draft, over, actor=actor)


def fresh(draft: Invoice) -> Invoice:
    found: Invoice = Invoice.objects.get(pk=draft.pk)
    return found


def faults() -> list[str]:
    return [fault for check in verify_books() for fault in check.faults]


# The whole way.


def test_a_draft_is_created_there_and_posted_with_the_number_that_came_back(
    remote: Remote, over: Connection, draft: Invoice, accountant: Membership
) -> None:
    seen: list[OutgoingInvoice] = []
    remote.before = lambda _step, delivery: seen.append(delivery.invoice)
    export = handed(draft, over, accountant.user)
    assert fresh(draft).is_draft
    assert fresh(draft).number_giver == "Fake"

    send(export)
    posted = fresh(draft)
    assert (posted.number, posted.is_posted, posted.posted_by) == ("R-1", True, accountant.user)
    assert posted.series is not None
    assert (posted.series.given_by, posted.number_count) == ("Fake", None)
    assert TimeEntry.objects.get().billing_state == BillingState.BILLED
    assert (export.status, export.attempts) == (Export.Status.WAITING, 0)
    assert Export.objects.count() == 1  # the posting made no second one
    assert (seen[0].number, seen[0].reference) == ("", posted.payment_reference)
    assert seen[0].seller.name
    assert seen[0].gross_total == posted.gross_total

    store_pdf(posted)
    send(export)
    assert (export.status, export.remote_number) == (Export.Status.SENT, "R-1")
    assert seen[-1].number == "R-1"
    assert sorted(remote.done.values()) == [1, 1, 1]
    assert faults() == []
    assert continuity(NumberSeries.objects.all()) == []


def test_the_sweep_finds_drafts_that_wait_without_a_pdf(over: Connection, draft: Invoice) -> None:
    export = handed(draft, over)
    Export.objects.update(queued_at=None)
    assert sweep(now=export.created_at.replace(year=export.created_at.year + 1)) == [export.pk]


def test_an_answer_that_got_lost_is_found_and_nothing_created_twice(
    remote: Remote, over: Connection, draft: Invoice
) -> None:
    def lose(_step: str, _delivery: Delivery) -> None:
        remote.after = lambda _step, _delivery: None
        raise RetryLater("No answer.")

    remote.after = lose
    export = send(handed(draft, over))
    assert (export.status, fresh(draft).is_draft) == (Export.Status.WAITING, True)
    send(export)
    assert fresh(draft).number == "R-1"
    assert list(remote.done.values()) == [1]


def test_a_worker_that_dies_before_posting_is_taken_over(
    remote: Remote, over: Connection, draft: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_args: Any, **_more: Any) -> None:
        raise KeyboardInterrupt

    export = handed(draft, over)
    with monkeypatch.context() as patched:
        patched.setattr("integrations.domain.sending.post_numbered", die)
        with pytest.raises(KeyboardInterrupt):
            send(export)
    export.refresh_from_db()
    Export.objects.update(claimed_until=export.created_at)
    sweep(now=export.created_at.replace(year=export.created_at.year + 1))
    send(export)
    assert fresh(draft).number == "R-1"
    assert list(remote.done.values()) == [1]


# Meanwhile.


def test_what_waits_for_its_number_stays_as_it_is(over: Connection, draft: Invoice) -> None:
    handed(draft, over)
    draft = fresh(draft)
    with pytest.raises(DraftHandedOver, match="waits for its number from Fake"):
        save_draft(draft, version=draft.version, values={"comment": "x"}, lines=None, actor=None)
    with pytest.raises(DraftHandedOver):
        discard_draft(draft, actor=None)
    with pytest.raises(DraftHandedOver):
        post_invoice(draft, actor=None)
    with pytest.raises(DraftHandedOver):
        handed(draft, over)
    with pytest.raises(IntegrityError, match="is handed over to Fake"), transaction.atomic():
        Invoice.objects.filter(pk=draft.pk).update(comment="past everybody")


def test_it_is_withdrawn_while_nothing_is_there(over: Connection, draft: Invoice) -> None:
    export = handed(draft, over)
    numbered_there.withdraw(export, actor=None)
    export.refresh_from_db()
    draft = fresh(draft)
    assert (export.status, draft.number_giver, draft.payment_reference) == (
        Export.Status.CANCELLED, "", "",
    )  # fmt: skip
    assert byhand.retry([export.pk], actor=None) == []  # type: ignore[arg-type]
    save_draft(draft, version=draft.version, values={"comment": "x"}, lines=None, actor=None)

    again = handed(fresh(draft), over)
    assert (again.pk, again.status) == (export.pk, Export.Status.WAITING)
    send(again)
    assert (fresh(draft).number, fresh(draft).comment) == ("R-1", "x")


def test_who_hands_over_holds_the_export_before_the_draft(over: Connection, draft: Invoice) -> None:
    """As who closes it does; the other way round each would wait for the other."""
    export = handed(draft, over)
    closed = locked_by(lambda: numbered_there.withdraw(export, actor=None))
    again = locked_by(lambda: handed(fresh(draft), over))
    for tables in (closed, again):
        assert tables.index("integrations_export") < tables.index("invoicing_invoice")


def test_what_was_handed_over_is_not_deleted(
    over: Connection,
    draft: Invoice,
    owner: Membership,
    signed_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Membership, "may", lambda _self, _permission: True)
    export = handed(draft, over)
    assert delete_drafts([draft.pk], actor=None) == 0
    numbered_there.withdraw(export, actor=None)
    answer = signed_in(owner).post("/acme/drafts/delete/", {"pk": draft.pk, "go": "1"})
    assert answer.status_code == 422
    assert "kept with what was tried" in answer.content.decode()
    assert fresh(draft).lines.exists()
    assert not AuditEntry.objects.filter(action="invoice.deleted").exists()


def test_what_was_begun_there_ends_with_a_reason(
    remote: Remote, over: Connection, draft: Invoice, accountant: Membership
) -> None:
    def lose(_step: str, _delivery: Delivery) -> None:
        raise RetryLater("No answer.")

    remote.after = lose
    export = send(handed(draft, over))
    with pytest.raises(AlreadyBegunThere):
        numbered_there.withdraw(export, actor=None)
    assert accountant.user is not None
    byhand.close(export, actor=accountant.user, reason="Deleted there")
    export.refresh_from_db()
    assert (export.status, fresh(draft).number_giver) == (Export.Status.CANCELLED, "")


# What posting would refuse.


def test_it_is_checked_as_posting_would_check_it(over: Connection, draft: Invoice) -> None:
    save_draft(draft, version=draft.version, values={"billing_street": ""}, lines=None, actor=None)
    with pytest.raises(BuyerAddressMissing):
        handed(draft, over)
    assert fresh(draft).number_giver == ""
    assert not Export.objects.exists()
    assert not NumberSeries.objects.exclude(given_by="").exists()


def test_books_that_refuse_meanwhile_leave_something_to_finish(
    remote: Remote, over: Connection, draft: Invoice, accountant: Membership
) -> None:
    export = handed(draft, over)

    def number_taken(_step: str, _delivery: Delivery) -> None:
        Numbering.numbers[_delivery.invoice.marker] = "2026-0001"

    other = worked(over)
    Connection.objects.update(gives_numbers=False)
    other = post_invoice(other, actor=None)
    Connection.objects.update(gives_numbers=True)
    remote.before = number_taken
    assert other.number == "2026-0001"
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.NOT_POSTED)
    assert "with the number 2026-0001 and could not be posted here" in export.error
    assert "it is not created a second time" in export.error
    assert fresh(draft).is_draft

    # Somebody corrects it there, and says under which number it is.
    assert accountant.user is not None
    with pytest.raises(NotPostedWithNumber):
        byhand.confirm({export.pk: "2026-0001"}, actor=accountant.user)
    byhand.confirm({export.pk: "R-77"}, actor=accountant.user)
    export.refresh_from_db()
    assert (export.status, fresh(draft).number) == (Export.Status.SENT, "R-77")
    assert list(remote.done.values()) == [1]
    assert faults() == []


def test_a_month_closed_meanwhile_is_opened_and_it_goes_on(
    remote: Remote, over: Connection, draft: Invoice, accountant: Membership, tenant: Tenant
) -> None:
    save_draft(
        draft,
        version=draft.version,
        values={"issue_date": date(2026, 10, 31), "tax_point": date(2026, 10, 31),
                "due_date": date(2026, 11, 14)},
        lines=None,
        actor=None,
    )  # fmt: skip
    export = handed(draft, over)
    closing = close_month(date(2026, 10, 1), actor=accountant.user)
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.NOT_POSTED)
    assert closing is not None
    reopen_month(date(2026, 10, 1), actor=accountant.user, reason="It came back late")
    assert accountant.user is not None
    byhand.retry([export.pk], actor=accountant.user)
    send(export)
    assert fresh(draft).number == "R-1"
    assert list(remote.done.values()) == [1]


def test_a_system_that_gives_no_number_is_for_a_person(
    remote: Remote, over: Connection, draft: Invoice
) -> None:
    export = handed(draft, over)
    Numbering.numbers[f"LASKURI-{draft.tenant_id}-{draft.pk}"] = ""
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.NOT_POSTED)
    assert "gave it no number" in export.error


# Who numbers.


def test_nothing_is_numbered_here_where_another_system_does(
    over: Connection, draft: Invoice, tenant: Tenant
) -> None:
    with pytest.raises(NumbersFromElsewhere, match="Fake gives your invoices their numbers"):
        post_invoice(draft, actor=None)
    refused = posting_refusals([draft], tenant=tenant, actor=None)
    assert isinstance(refused[draft.pk], NumbersFromElsewhere)
    assert post_or_hand_over(draft, actor=None).number_giver == "Fake"
    other = worked(over)
    with pytest.raises(NotHandedOver):
        post_with_number(other, "X-1", actor=None)


def test_one_connection_gives_the_numbers(accountant: Membership, over: Connection) -> None:
    assert accountant.user is not None
    with pytest.raises(AnotherGivesNumbers, match="“Fake” gives"):
        connections.save_connection(
            Connection(system="procountor"),
            actor=accountant.user,
            name="Procountor",
            environment="test",
            settings={"numbers": "there"},
            credentials={},
        )


def test_the_setting_is_offered_only_by_systems_that_can(
    accountant: Membership, signed_in: SignIn, remote: Remote
) -> None:
    client = signed_in(accountant)
    assert "Who numbers invoices" in client.get("/acme/accounting/new/fake/").content.decode()
    known = registry.all_systems()
    known["fake"] = replace(known["fake"], can=frozenset({Can.FINAL, Can.ATTACH}))
    assert "Who numbers invoices" not in client.get("/acme/accounting/new/fake/").content.decode()


def test_the_pages_of_a_draft_that_gets_its_number_there(
    accountant: Membership, signed_in: SignIn, over: Connection, draft: Invoice
) -> None:
    client = signed_in(accountant)
    url = f"/acme/drafts/{draft.pk}/"
    page = client.get(url).content.decode()
    assert "Create in Fake and mark as billed" in page
    assert "Post and send" not in page

    handed(draft, over, accountant.user)
    page = client.get(url).content.decode()
    assert "This draft waits for its number from Fake" in page
    assert "Create in Fake" not in page
    part = client.get(f"/acme/exports/draft/{draft.pk}/").content.decode()
    assert "On its way to Fake" in part
    assert "Withdraw it" in part
    for list_page in ("/acme/exports/", f"/acme/exports/{Export.objects.get().pk}/"):
        assert client.get(list_page).status_code == 200
    assert client.get("/acme/drafts/").status_code == 200

    back = client.post(f"/acme/exports/draft/{draft.pk}/withdraw/", follow=True)
    assert "It is withdrawn and can be changed again." in back.content.decode()
    again = client.post(f"/acme/exports/draft/{draft.pk}/withdraw/", follow=True)
    assert "does not wait for a number" in again.content.decode()


def test_the_numbering_pages_know_numbers_from_elsewhere(
    accountant: Membership, signed_in: SignIn, over: Connection, draft: Invoice
) -> None:
    send(handed(draft, over))
    series = NumberSeries.objects.get(given_by="Fake")
    client = signed_in(accountant)
    page = client.get("/acme/numbering/").content.decode()
    assert "Numbers that Fake gives" in page
    report = client.get(f"/acme/numbering/{series.pk}/continuity/").content.decode()
    assert "1 document has a number that Fake gave" in report
    edit = client.get(f"/acme/numbering/{series.pk}/")
    assert edit.status_code == 302


# Procountor.


def test_procountor_gives_the_number(
    sandbox: ProcountorSandbox, connection: Connection, accountant: Membership
) -> None:
    connection.gives_numbers = True
    connection.save()
    draft = worked(connection)
    export = send(numbered_there.hand_over(draft, connection, actor=accountant.user))
    posted = fresh(draft)
    assert posted.is_posted, export.error
    there = sandbox.store.get("invoice", "kuusi", int(export.remote_id))
    assert there is not None
    assert posted.number == str(there["invoiceNumber"])
    assert there["originalInvoiceNumber"] == f"LASKURI-{draft.tenant_id}-{draft.pk}"
    assert there["paymentInfo"]["bankReferenceCode"] == posted.payment_reference

    store_pdf(posted)
    send(export)
    assert export.status == Export.Status.SENT, export.error
    there = sandbox.store.get("invoice", "kuusi", int(export.remote_id))
    assert there is not None
    assert there["status"] == "SENT"
    assert Decimal(str(there["invoiceSumInfo"][0]["invoiceSumTotal"])) == posted.gross_total
    assert sandbox.store.count("invoice", "kuusi") == 1
