"""Billed elsewhere, written off, freed again, billable or not: one, many, and who may."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from invoicing.domain.drafting import draft_work
from invoicing.domain.posting import post_invoice
from invoicing.domain.verifying import verify_books
from invoicing.selectors.work import billable_work
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import (
    HoursLockFactory,
    MembershipFactory,
    ProjectFactory,
    TaskFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from tests.timesheets.foreign import foreign_work
from timesheets import errors
from timesheets.domain.entries import change_entry, delete_entry
from timesheets.domain.leaving_out import LeftOut
from timesheets.domain.settling import Step, look, settle
from timesheets.models import BillingState, TimeEntry
from timesheets.selectors.selection import selected_entries

SignIn = Callable[[Membership], Client]
LIST = "/acme/hours/entries/"
OCTOBER = "start=2026-10-01&end=2026-10-31"
HTMX = {"HX-Request": "true", "HX-Target": "dialog"}
DAYS = (date(2026, 10, 1), date(2026, 10, 31))


def every() -> Any:
    return TimeEntry.objects.all()


def drafted(entry: TimeEntry) -> Any:
    TaxRateFactory()
    return draft_work(
        start=entry.work_date,
        end=entry.work_date,
        project_ids=[entry.project_id],
        actor=None,
        allow_unlocked=True,
    )


def one_of_each() -> dict[str, TimeEntry]:
    found = {
        "open": TimeEntryFactory(minutes=60),
        "no": TimeEntryFactory(minutes=30, is_billable=False),
        "drafted": TimeEntryFactory(minutes=15),
        "billed": TimeEntryFactory(minutes=20),
        "elsewhere": TimeEntryFactory(
            minutes=25, billing_state=BillingState.BILLED, billing_note="R-1"
        ),
        "off": TimeEntryFactory(minutes=10, billing_state=BillingState.WRITTEN_OFF),
    }
    drafted(found["drafted"])
    post_invoice(drafted(found["billed"]), actor=None)
    return found


def test_open_hours_are_marked_as_billed_elsewhere(accountant: Membership) -> None:
    entry = TimeEntryFactory()
    done = settle(every(), step=Step.BILLED, actor=accountant, note="  Invoice 17  of Harvest ")
    entry.refresh_from_db()
    assert (done.count, done.minutes, done.refused) == (1, 60, [])
    assert (entry.billing_state, entry.billing_note) == ("billed", "Invoice 17 of Harvest")
    assert (entry.settled_by, entry.settled_at) == (accountant.user, done.at)
    logged = AuditEntry.objects.get(action="hours.marked_billed")
    assert (logged.object_id, logged.actor) == (entry.pk, accountant.user)
    assert logged.detail == {
        "person": entry.member.name, "project": entry.project.name, "date": "2026-10-05",
        "minutes": 60, "note": "Invoice 17 of Harvest",
    }  # fmt: skip


def test_what_is_settled_is_read_only_and_nobody_invoices_it(accountant: Membership) -> None:
    marked, off = TimeEntryFactory(), TimeEntryFactory()
    settle(every().filter(pk=marked.pk), step=Step.BILLED, actor=accountant, note="R-1")
    settle(every().filter(pk=off.pk), step=Step.WRITE_OFF, actor=accountant, note="A gift")
    with pytest.raises(errors.BilledElsewhere, match="billed elsewhere: R-1"):
        change_entry(marked.pk, actor=accountant, minutes=15)
    with pytest.raises(errors.WrittenOff, match="written off: A gift"):
        delete_entry(off.pk, actor=accountant)
    for pk, change in ((marked.pk, {"minutes": 1}), (off.pk, {"is_billable": False})):
        with pytest.raises(IntegrityError), transaction.atomic():
            TimeEntry.objects.filter(pk=pk).update(**change)
    states = {state for state, _work in billable_work(*DAYS, tenant=accountant.tenant).sums}
    assert states == {"billed"}
    assert [fault for check in verify_books() for fault in check.faults] == []


def test_freed_hours_are_as_they_were(accountant: Membership) -> None:
    marked, off = TimeEntryFactory(), TimeEntryFactory()
    settle(every().filter(pk=marked.pk), step=Step.BILLED, actor=accountant, note="R-1")
    settle(every().filter(pk=off.pk), step=Step.WRITE_OFF, actor=accountant, note="A gift")
    assert settle(every(), step=Step.FREE, actor=accountant).count == 2
    for entry in every():
        assert (entry.billing_state, entry.billing_note) == ("open", "")
        assert (entry.settled_by, entry.settled_at) == (None, None)
    change_entry(marked.pk, actor=accountant, minutes=15)
    notes = AuditEntry.objects.filter(action="hours.freed").order_by("object_id")
    assert [row.detail["note"] for row in notes] == ["R-1", "A gift"]


LEFT_OUT = {
    Step.BILLED: {"no": "not_billable", "drafted": "drafted", "billed": "invoiced",
                  "elsewhere": "elsewhere", "off": "written_off"},
    Step.WRITE_OFF: {"no": "not_billable", "drafted": "drafted", "billed": "invoiced",
                     "elsewhere": "elsewhere", "off": "written_off"},
    Step.FREE: {"open": "open", "no": "open", "drafted": "drafted", "billed": "invoiced"},
    Step.BILLABLE: {"open": "that_already", "drafted": "drafted", "billed": "invoiced",
                    "elsewhere": "elsewhere", "off": "written_off"},
    Step.NOT_BILLABLE: {"no": "that_already", "drafted": "drafted", "billed": "invoiced",
                        "elsewhere": "elsewhere", "off": "written_off"},
}  # fmt: skip


@pytest.mark.parametrize("step", Step)
def test_each_hour_that_cannot_is_left_out_for_its_reason(
    accountant: Membership, step: Step
) -> None:
    entries = one_of_each()
    before = dict(every().values_list("pk", "billing_state"))
    reasons = {
        name: refused.reason.value
        for name, entry in entries.items()
        for refused in look(every().filter(pk=entry.pk), step=step, actor=accountant).refused
    }
    assert reasons == LEFT_OUT[step]

    done = settle(every(), step=step, actor=accountant, note="Because")

    assert done.count == 6 - len(reasons)
    for name in reasons:
        entry = entries[name]
        assert before[entry.pk] == TimeEntry.objects.get(pk=entry.pk).billing_state
    assert [fault for check in verify_books() for fault in check.faults] == []


@pytest.mark.parametrize(
    ("step", "note", "refusal"),
    [
        (Step.BILLED, " ", errors.NoteMissing),
        (Step.WRITE_OFF, "", errors.WriteOffReasonMissing),
        (Step.BILLED, "x" * 201, errors.NoteTooLong),
        (Step.FREE, "", errors.NothingToSettle),
    ],
)
def test_what_makes_no_sense_is_refused(
    accountant: Membership, step: Step, note: str, refusal: type[Exception]
) -> None:
    TimeEntryFactory()
    with pytest.raises(refusal):
        settle(every(), step=step, actor=accountant, note=note)
    assert every().get().billing_state == BillingState.OPEN
    with pytest.raises(errors.NothingThere):
        settle(every().none(), step=Step.BILLED, actor=accountant, note="R-1")


def test_only_what_was_looked_at_is_settled(accountant: Membership) -> None:
    first, second = TimeEntryFactory(), TimeEntryFactory()
    seen = look(every(), step=Step.BILLED, actor=accountant)
    change_entry(second.pk, actor=accountant, is_billable=False)
    with pytest.raises(errors.ChangedMeanwhile):
        settle(every(), step=Step.BILLED, actor=accountant, note="R-1", token=seen.token)
    first.refresh_from_db()
    assert first.billing_state == BillingState.OPEN
    seen = look(every(), step=Step.BILLED, actor=accountant)
    assert (
        settle(every(), step=Step.BILLED, actor=accountant, note="R-1", token=seen.token).count == 1
    )


def test_locked_hours_are_settled_and_made_billable_too(accountant: Membership) -> None:
    """A lock holds what was worked, not what becomes of it."""
    entry, internal = TimeEntryFactory(), TimeEntryFactory(is_billable=False)
    for one in (entry, internal):
        HoursLockFactory(member=one.member)
    settle(every().filter(pk=entry.pk), step=Step.BILLED, actor=accountant, note="R-1")
    settle(every().filter(pk=internal.pk), step=Step.BILLABLE, actor=accountant)
    internal.refresh_from_db()
    assert internal.is_billable
    with pytest.raises(IntegrityError), transaction.atomic():
        TimeEntry.objects.filter(pk=internal.pk).update(minutes=5)


def test_members_decide_on_their_own_unlocked_hours(member: Membership) -> None:
    mine = TimeEntryFactory(member=member)
    locked = TimeEntryFactory(member=member, work_date=date(2026, 10, 6), is_billable=False)
    HoursLockFactory(member=member, start_date=date(2026, 10, 6), end_date=date(2026, 10, 6))
    internal = TimeEntryFactory(
        member=member, project=ProjectFactory(is_billable=False), is_billable=False
    )
    task = TimeEntryFactory(member=member, task=TaskFactory(is_billable=False), is_billable=False)
    colleague = TimeEntryFactory(is_billable=False)

    assert settle(every(), step=Step.NOT_BILLABLE, actor=member).count == 1
    done = settle(every(), step=Step.BILLABLE, actor=member)

    assert set(every().filter(is_billable=True).values_list("pk", flat=True)) == {mine.pk}
    assert {refused.reason: refused.count for refused in done.refused} == {
        LeftOut.LOCKED: 1, LeftOut.INTERNAL: 2, LeftOut.NOT_YOURS: 1,
    }  # fmt: skip
    assert {locked.pk, internal.pk, task.pk, colleague.pk} == set(
        every().filter(is_billable=False).values_list("pk", flat=True)
    )


def test_managers_decide_on_their_projects(manager: Membership) -> None:
    own = TimeEntryFactory(project=ProjectFactory(manager=manager, is_billable=False))
    other = TimeEntryFactory()
    HoursLockFactory(member=own.member)
    done = settle(every(), step=Step.NOT_BILLABLE, actor=manager)
    assert [refused.reason for refused in done.refused] == [LeftOut.NOT_YOURS]
    assert settle(every().filter(pk=own.pk), step=Step.BILLABLE, actor=manager).count == 1
    other.refresh_from_db()
    assert other.is_billable


@pytest.mark.parametrize("role", ["manager", "member", "auditor"])
@pytest.mark.parametrize("step", [Step.BILLED, Step.WRITE_OFF, Step.FREE])
def test_others_do_not_settle(role: str, step: Step, request: pytest.FixtureRequest) -> None:
    actor = request.getfixturevalue(role)
    entry = TimeEntryFactory(member=actor, project=ProjectFactory(manager=actor))
    with pytest.raises(errors.NotYoursToSettle):
        settle(every(), step=step, actor=actor, note="R-1")
    entry.refresh_from_db()
    assert entry.billing_state == BillingState.OPEN


def test_the_books_know_hours_without_document_or_note(accountant: Membership) -> None:
    entry = TimeEntryFactory()
    settle(every(), step=Step.BILLED, actor=accountant, note="R-1")
    assert [fault for check in verify_books() for fault in check.faults] == []
    every().update(billing_note="", settled_at=None)
    faults = [fault for check in verify_books() for fault in check.faults]
    assert faults == [f"time entry {entry.pk}: its state is not its document's"]


def test_a_note_on_hours_of_an_invoice_is_found(accountant: Membership) -> None:
    entry = TimeEntryFactory()
    post_invoice(drafted(entry), actor=accountant.user)
    every().update(billing_note="R-1")
    faults = [fault for check in verify_books() for fault in check.faults]
    assert faults == [f"time entry {entry.pk}: its state is not its document's"]


@pytest.mark.parametrize(
    "change",
    [
        {"billing_state": "written_off"},
        {"billing_note": "R-1"},
        {"billing_state": "drafted", "billing_note": "R-1"},
        {"is_billable": False, "billing_state": "billed", "billing_note": "R-1"},
        {"settled_at": "2026-10-06T10:00Z"},
    ],
)
@pytest.mark.usefixtures("tenant")
def test_the_database_refuses_states_that_cannot_be(change: dict[str, Any]) -> None:
    TimeEntryFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        every().update(**change)


def test_the_number_of_statements_does_not_grow(accountant: Membership) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries, transaction.atomic():
            settle(every(), step=Step.BILLED, actor=accountant, note="R-1")
            transaction.set_rollback(True)
        return len(queries)

    TimeEntryFactory()
    few = statements()
    TimeEntryFactory.create_batch(30)
    assert statements() == few <= 9


# --- which hours are meant ---


def test_a_query_string_selects_what_the_list_shows(accountant: Membership) -> None:
    entries = one_of_each()

    def selected(query: str) -> set[int]:
        found = selected_entries(QueryDict(query), accountant)
        return set(found.values_list("pk", flat=True))

    unbilled = {entries[name].pk for name in ("open", "no", "drafted")}
    assert selected(OCTOBER) == unbilled
    assert selected(f"{OCTOBER}&state=all") == {entry.pk for entry in entries.values()}
    assert selected(f"{OCTOBER}&project={entries['open'].project_id}") == {entries["open"].pk}
    assert selected(f"{OCTOBER}&state=nonsense") == set()
    assert selected("start=2026-11-01&end=2026-11-30") == set()
    ticked = f"ticked=1&pk={entries['open'].pk}&pk={entries['off'].pk}&pk=x&pk=99999999"
    assert selected(ticked) == {entries["open"].pk, entries["off"].pk}
    assert selected("ticked=1") == set()


def test_nobody_selects_more_than_they_see(
    member: Membership, manager: Membership, tenant: Tenant
) -> None:
    mine = TimeEntryFactory(member=member)
    managed = TimeEntryFactory(project=ProjectFactory(manager=manager))
    _project, _person, foreign = foreign_work()
    query = QueryDict(f"ticked=1&pk={mine.pk}&pk={managed.pk}&pk={foreign.pk}")
    assert set(selected_entries(query, member)) == {mine}
    assert set(selected_entries(query, manager)) == {managed}


# --- the pages ---


def token_on(page: Any) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page.content.decode())
    assert found
    return unescape(found[1])


def test_ticked_hours_are_looked_at_then_marked_then_undone(
    accountant: Membership, signed_in: SignIn
) -> None:
    entries = one_of_each()
    client = signed_in(accountant)
    ticked = {"ticked": "1", "pk": [entry.pk for entry in entries.values()]}

    page = client.post(f"{LIST}settle/billed/", ticked, headers=HTMX)
    text = page.content.decode()
    assert page.status_code == 200
    assert "<strong>1 entry</strong> with <strong>1:00</strong> hours" in text
    for words in ("on a draft", "on an invoice", "billed elsewhere already", "written off already"):
        assert words in text
    assert "2026-0001" in text  # the document that holds one of them
    assert every().filter(billing_note="R-17").count() == 0

    body = {**ticked, "token": token_on(page)}
    page = client.post(f"{LIST}settle/billed/", {**body, "note": " "}, headers=HTMX)
    assert page.status_code == 422
    assert "Say where these hours were billed" in page.content.decode()

    answer = client.post(f"{LIST}settle/billed/", {**body, "note": "R-17"}, headers=HTMX)
    assert answer.status_code == 204
    marked = every().get(billing_note="R-17")
    assert marked.pk == entries["open"].pk
    assert "Marked as billed elsewhere: 1 entry." in client.get(LIST).content.decode()

    assert client.post(f"{LIST}settle/undo/", headers=HTMX).status_code == 204
    marked.refresh_from_db()
    assert marked.billing_state == BillingState.OPEN
    assert every().get(billing_note="R-1").pk == entries["elsewhere"].pk
    assert "Marked as billed elsewhere" not in client.get(LIST).content.decode()


def test_everything_the_filters_let_through_is_written_off(
    accountant: Membership, signed_in: SignIn
) -> None:
    project = ProjectFactory()
    TimeEntryFactory.create_batch(60, project=project, minutes=5)
    other = TimeEntryFactory()
    client = signed_in(accountant)
    url = f"{LIST}settle/write_off/?{OCTOBER}&project={project.pk}"
    page = client.get(url)
    assert "<strong>60 entries</strong> with <strong>5:00</strong> hours" in page.content.decode()
    answer = client.post(url, {"token": token_on(page), "note": "A trial for nothing"})
    assert answer.status_code == 302
    assert every().filter(billing_state="written_off").count() == 60
    other.refresh_from_db()
    assert other.billing_state == BillingState.OPEN


def test_hours_that_came_meanwhile_are_shown_first(
    accountant: Membership, signed_in: SignIn
) -> None:
    TimeEntryFactory()
    client = signed_in(accountant)
    url = f"{LIST}settle/billed/?{OCTOBER}"
    token = token_on(client.get(url))
    TimeEntryFactory(minutes=30)
    page = client.post(url, {"token": token, "note": "R-17"})
    assert page.status_code == 422
    text = page.content.decode()
    assert "Look at them again." in text
    assert "2 entries" in text
    assert "R-17" in text
    answer = client.post(url, {"token": token_on(page), "note": "R-17"})
    assert answer.status_code == 302
    assert every().filter(billing_note="R-17").count() == 2


def test_who_marked_hours_and_when_is_seen(accountant: Membership, signed_in: SignIn) -> None:
    entry = TimeEntryFactory()
    settle(every(), step=Step.BILLED, actor=accountant, note="Invoice R-17")
    client = signed_in(accountant)
    assert "Invoice R-17" not in client.get(f"{LIST}?{OCTOBER}").content.decode()
    page = client.get(f"{LIST}?{OCTOBER}&state=elsewhere").content.decode()
    assert "Billed elsewhere" in page
    assert "Invoice R-17 (Accountant" in page
    page = client.get(f"{LIST}{entry.pk}/").content.decode()
    assert "Invoice R-17" in page
    assert "Accountant" in page
    assert "Free for billing again" in page
    answer = client.get(f"{LIST}export.csv?{OCTOBER}&state=all")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "Billed elsewhere" in text
    assert ";Invoice R-17;Accountant;" in text


def test_the_list_says_what_it_leaves_out(accountant: Membership, signed_in: SignIn) -> None:
    one_of_each()
    page = signed_in(accountant).get(f"{LIST}?{OCTOBER}")
    tabs = {tab["state"]: (tab["minutes"], tab["is_current"]) for tab in page.context["state_tabs"]}
    assert tabs == {
        "unbilled": (105, True), "not_billable": (30, False), "open": (60, False),
        "drafted": (15, False), "billed": (45, False), "written_off": (10, False),
        "all": (160, False),
    }  # fmt: skip
    assert page.context["sums"].minutes == 105


@pytest.mark.parametrize("role", ["manager", "member", "auditor"])
def test_others_are_forbidden(role: str, signed_in: SignIn, request: pytest.FixtureRequest) -> None:
    person = request.getfixturevalue(role)
    TimeEntryFactory(member=person)
    client = signed_in(person)
    for step in ("billed", "write_off", "free"):
        assert client.get(f"{LIST}settle/{step}/?{OCTOBER}").status_code == 403
        body = {"token": "1-60-1", "note": "R-17"}
        assert client.post(f"{LIST}settle/{step}/?{OCTOBER}", body).status_code == 403
        assert f"settle/{step}" not in client.get(f"{LIST}?{OCTOBER}").content.decode()
    assert every().get().billing_state == BillingState.OPEN


def test_hours_of_another_company_are_not_there(accountant: Membership, signed_in: SignIn) -> None:
    _project, _person, foreign = foreign_work()
    client = signed_in(accountant)
    body = {"ticked": "1", "pk": foreign.pk, "token": "1-60-1", "note": "R-17"}
    assert client.post(f"{LIST}settle/billed/", body).status_code == 422
    assert client.get(f"/other/hours/entries/settle/billed/?{OCTOBER}").status_code == 404
    assert client.get(f"{LIST}settle/nonsense/").status_code == 404


def test_a_page_of_any_size_costs_the_same(accountant: Membership, signed_in: SignIn) -> None:
    client = signed_in(accountant)
    url = f"{LIST}settle/billed/?{OCTOBER}&state=all"

    def questions() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    one_of_each()
    few = questions()
    one_of_each()
    assert questions() == few <= 12


def test_made_billable_by_ticking(accountant: Membership, signed_in: SignIn) -> None:
    locked = TimeEntryFactory(is_billable=False, rate=Decimal("80"))
    HoursLockFactory(member=locked.member)
    off = TimeEntryFactory(billing_state=BillingState.WRITTEN_OFF)
    client = signed_in(accountant)
    body = {"pk": [locked.pk, off.pk], "action": "billable"}
    answer = client.post(f"{LIST}bulk/", body, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert "1 written off already" in answer["HX-Trigger"]
    locked.refresh_from_db()
    assert locked.is_billable
    body["pk"] = [off.pk]
    answer = client.post(f"{LIST}bulk/", body, headers={"HX-Request": "true"})
    assert answer.status_code == 422


def test_a_member_without_a_user_may_settle_nothing_of_others(tenant: Tenant) -> None:
    person = MembershipFactory(user=None)
    TimeEntryFactory()
    with pytest.raises(errors.NothingToSettle):
        settle(every(), step=Step.NOT_BILLABLE, actor=person)


def test_very_many_are_settled_part_by_part_and_undone_as_one(
    accountant: Membership, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timesheets.views.settling.PART", 2)
    first = TimeEntryFactory(minutes=60)
    for _ in range(4):
        TimeEntryFactory(minutes=60, member=first.member, project=first.project)
    other = TimeEntryFactory(is_billable=False, project=first.project)
    client = signed_in(accountant)
    url = f"{LIST}settle/billed/?{OCTOBER}"
    page = client.get(url, headers=HTMX)

    done = []
    sent = {"token": token_on(page), "note": "R-17"}
    while (page := client.post(url, sent, headers=HTMX)).status_code == 200:
        part = page.context["part"]
        done.append((part.done, part.total, every().filter(billing_note="R-17").count()))
        # Whoever leaves now finds what is done, and undoes it.
        assert f"Marked as billed elsewhere: {part.done} entries." in words_of(client.get(LIST))
        sent = {"token": token_on(page), "note": "R-17", "at": part.at}

    assert done == [(2, 5, 2), (4, 5, 4)]
    assert page.status_code == 204
    told = words_of(client.get(LIST))
    assert "Marked as billed elsewhere: 5 entries." in told
    left = "Left as before: 1 entry (1 not billable (make them billable first))."
    assert left in page["HX-Trigger"]
    marked = every().filter(billing_note="R-17")
    assert len(set(marked.values_list("settled_at", flat=True))) == 1
    client.post(f"{LIST}settle/undo/")
    assert every().filter(billing_state=BillingState.OPEN).count() == 6
    assert every().get(pk=other.pk).billing_note == ""


def test_a_part_stops_where_others_changed_something(
    accountant: Membership, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timesheets.views.settling.PART", 1)
    first = TimeEntryFactory(minutes=60)
    second = TimeEntryFactory(minutes=60, member=first.member, project=first.project)
    client = signed_in(accountant)
    url = f"{LIST}settle/billed/?{OCTOBER}"
    page = client.post(url, {"token": token_on(client.get(url)), "note": "R-17"}, headers=HTMX)
    TimeEntry.objects.filter(pk=second.pk).update(minutes=90)

    sent = {"token": token_on(page), "note": "R-17", "at": page.context["part"].at}
    refused = client.post(url, sent, headers=HTMX)

    assert refused.status_code == 422
    assert every().filter(billing_note="R-17").count() == 1
    again = client.post(url, sent | {"token": token_on(refused)}, headers=HTMX)
    assert again.status_code == 204
    assert every().filter(billing_note="R-17").count() == 2


def words_of(page: Any) -> str:
    return " ".join(page.content.decode().split())
