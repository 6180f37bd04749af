"""The list of hours and the dialogs of one entry: filters, roles, tenants, bad input, undo."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from invoicing.domain.drafting import draft_work
from tenants.models import AuditEntry, Membership, Tenant
from tenants.roles import Role
from tests.factories import (
    CustomerFactory,
    HoursLockFactory,
    MembershipFactory,
    ProjectFactory,
    RateFactory,
    TaskFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from tests.timesheets.foreign import foreign_work
from timesheets.models import BillingState, RateLevel, TimeEntry

SignIn = Callable[[Membership], Client]
LIST = "/acme/hours/entries/"
OCTOBER = "start=2026-10-01&end=2026-10-31"
PAGE = f"{LIST}?{OCTOBER}"
NEW = f"{LIST}new/"
HTMX = {"HX-Request": "true"}


def posted(project: Any, **more: Any) -> dict[str, Any]:
    return {
        "place": f"{project.pk}-0",
        "work_date": "2026-10-05",
        "minutes": "1:30",
        "description": "Checkout",
        "is_billable": "on",
        **more,
    }


def shown(page: Any) -> list[int]:
    return [row.entry.pk for row in page.context["rows"]]


def test_the_list_shows_hours_sums_and_value(accountant: Membership, signed_in: SignIn) -> None:
    TimeEntryFactory(minutes=90, rate=Decimal("100"), project__name="Web shop")
    TimeEntryFactory(minutes=30, is_billable=False)
    TimeEntryFactory(minutes=60, rate=None)
    page = signed_in(accountant).get(PAGE)
    sums = page.context["sums"]
    assert (sums.count, sums.minutes, sums.billable_minutes, sums.unpriced) == (3, 180, 150, 1)
    assert [(v.currency, v.amount) for v in sums.values] == [("EUR", Decimal("150.00"))]
    text = page.content.decode()
    for words in ("Web shop", "€150.00", "3:00", "1 entry without a rate", "October 2026"):
        assert words in text


def test_money_of_two_currencies_is_not_added_up(accountant: Membership, signed_in: SignIn) -> None:
    TimeEntryFactory()
    TimeEntryFactory(project__customer__currency="SEK", rate=Decimal("900"))
    values = signed_in(accountant).get(PAGE).context["sums"].values
    assert [(v.currency, v.amount) for v in values] == [
        ("EUR", Decimal("100.00")),
        ("SEK", Decimal("900.00")),
    ]


def test_this_month_unless_asked_otherwise(member: Membership, signed_in: SignIn) -> None:
    today = timezone.localdate()
    now = TimeEntryFactory(member=member, work_date=today)
    TimeEntryFactory(member=member, work_date=today.replace(year=today.year - 1))
    page = signed_in(member).get(LIST)
    assert shown(page) == [now.pk]
    assert f'value="{today.replace(day=1).isoformat()}"' in page.content.decode()


def test_filters_narrow_the_list(accountant: Membership, signed_in: SignIn) -> None:
    TaxRateFactory()
    task = TaskFactory(name="Design")
    open_ = TimeEntryFactory(task=task, description="Icons for the shop", member__name="Anna")
    no = TimeEntryFactory(is_billable=False)
    locked = TimeEntryFactory()
    HoursLockFactory(member=locked.member)
    drafted = TimeEntryFactory()
    draft_work(
        start=drafted.work_date,
        end=drafted.work_date,
        project_ids=[drafted.project_id],
        actor=None,
        allow_unlocked=True,
    )
    off = TimeEntryFactory(billing_state=BillingState.WRITTEN_OFF)
    client = signed_in(accountant)

    def found(query: str) -> set[int]:
        return set(shown(client.get(f"{PAGE}&{query}")))

    billed = TimeEntryFactory(billing_state=BillingState.BILLED)
    elsewhere = TimeEntryFactory(billing_state=BillingState.BILLED, billing_note="R-17")

    unbilled = {open_.pk, no.pk, locked.pk, drafted.pk}
    assert found("") == found("state=unbilled") == unbilled
    assert found("state=all") == unbilled | {off.pk, billed.pk, elsewhere.pk}
    assert found(f"person={open_.member_id}") == {open_.pk}
    assert found(f"project={no.project_id}") == {no.pk}
    assert found(f"customer={no.project.customer_id}") == {no.pk}
    assert found(f"task={task.pk}") == {open_.pk}
    assert found("billable=no") == {no.pk}
    assert found("state=not_billable") == {no.pk}
    assert found("state=open") == {open_.pk, locked.pk}
    assert found("state=unlocked") == {open_.pk}
    assert found("state=locked") == {locked.pk}
    assert found("state=drafted") == {drafted.pk}
    assert found("state=billed") == {billed.pk, elsewhere.pk}
    assert found("state=invoiced") == {billed.pk}
    assert found("state=elsewhere") == {elsewhere.pk}
    assert found("state=written_off") == {off.pk}
    assert found("q=icons+anna") == {open_.pk}
    assert found("q=nobody") == set()
    assert set(shown(client.get(f"{LIST}?start=2026-10-06"))) == set()
    assert len(shown(client.get(f"{LIST}?end=2026-10-05"))) == 4


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("start=2026-10-31&end=2026-10-01", "The period ends before it starts."),
        ("start=2026-02-30&end=2026-03-01", "This is no day of the calendar."),
        ("start=0101-01-01", "Give a year between 2000 and 2199."),
        ("project=x", "Enter a whole number."),
        (f"project={10**30}", "less than or equal to"),
        ("state=unknown", "Select a valid choice."),
    ],
)
def test_a_wrong_filter_is_said_and_nothing_is_shown(
    accountant: Membership, signed_in: SignIn, query: str, sentence: str
) -> None:
    TimeEntryFactory()
    client = signed_in(accountant)
    page = client.get(f"{LIST}?{query}")
    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert shown(page) == []
    assert client.get(f"{LIST}export.csv?{query}").status_code == 422


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("date", [0, 1, 2]), ("-date", [2, 1, 0]), ("hours", [1, 2, 0]), ("-rate", [2, 0, 1]),
     ("person", [2, 0, 1]), ("project", [1, 2, 0]), ("unknown", [2, 1, 0])],
)  # fmt: skip
def test_every_column_sorts(
    accountant: Membership, signed_in: SignIn, sort: str, expected: list[int]
) -> None:
    rows = (("B", "Z", 90, 20), ("C", "X", 15, 10), ("A", "Y", 30, 30))
    entries = [
        TimeEntryFactory(
            member__name=name,
            project__customer__name=customer,
            minutes=minutes,
            rate=Decimal(rate),
            work_date=date(2026, 10, number + 1),
        )
        for number, (name, customer, minutes, rate) in enumerate(rows)
    ]
    page = signed_in(accountant).get(f"{PAGE}&sort={sort}")
    assert shown(page) == [entries[number].pk for number in expected]


def test_who_sees_whose_hours_and_which_rates(
    manager: Membership,
    member: Membership,
    auditor: Membership,
    owner: Membership,
    signed_in: SignIn,
) -> None:
    own = TimeEntryFactory(project=ProjectFactory(manager=manager))
    members = TimeEntryFactory(member=member)
    managers = TimeEntryFactory(member=manager)

    def seen(person: Membership) -> tuple[set[int], set[int]]:
        rows = signed_in(person).get(PAGE).context["rows"]
        return {r.entry.pk for r in rows}, {r.entry.pk for r in rows if r.may_see_rate}

    every = {own.pk, members.pk, managers.pk}
    assert seen(owner) == (every, every)
    assert seen(auditor) == (every, every)
    assert seen(manager) == ({own.pk, managers.pk}, {own.pk})
    assert seen(member) == ({members.pk}, set())
    assert "€" not in signed_in(member).get(PAGE).content.decode()


def test_other_peoples_and_tenants_entries_are_not_there(
    member: Membership, signed_in: SignIn
) -> None:
    colleague = TimeEntryFactory()
    _project, _person, foreign = foreign_work()
    client = signed_in(member)
    for entry in (colleague, foreign):
        assert client.get(f"{LIST}{entry.pk}/").status_code == 404
        assert client.post(f"{LIST}{entry.pk}/", posted(colleague.project)).status_code == 404
        assert client.post(f"{LIST}{entry.pk}/delete/").status_code == 404
    body = {"pk": [foreign.pk], "action": "delete"}
    assert client.post(f"{LIST}bulk/", body, headers=HTMX).status_code == 422
    assert client.get("/other/hours/entries/").status_code == 404


def test_an_entry_is_written_from_the_dialog(member: Membership, signed_in: SignIn) -> None:
    RateFactory(amount=Decimal("80"))
    project = ProjectFactory()
    answer = signed_in(member).post(
        NEW, posted(project, minutes="", start_time="09:00", end_time="12:15"), headers=HTMX
    )
    assert answer.status_code == 204
    assert {"dialog:close", "list:changed"} <= set(json.loads(answer["HX-Trigger"]))
    entry = TimeEntry.objects.get()
    assert (entry.member, entry.project, entry.minutes) == (member, project, 195)
    assert (entry.start_time, entry.end_time, entry.rate) == (time(9), time(12, 15), 80)

    answer = signed_in(member).post(NEW, posted(project))
    assert answer["Location"] == "/acme/hours/?week=2026-10-05"


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"place": ""}, "place", "Nothing is chosen in “Project and task”. Choose one."),
        ({"place": "999999-0"}, "place", "That is not in the list."),
        ({"place": "x"}, "place", "That is not in the list."),
        ({"work_date": "2026-02-30"}, "work_date", "Enter a valid date."),
        ({"work_date": "1999-12-31"}, "work_date", "begin in the year 2000"),
        ({"work_date": "2062-12-31"}, "work_date", "more than a year ahead"),
        ({"minutes": "eight"}, "minutes", "This is no duration."),
        ({"minutes": "-1"}, "minutes", "The duration is negative."),
        ({"minutes": "0"}, "minutes", "The duration is nought."),
        ({"minutes": "25:00"}, "minutes", "cannot be longer than 24 hours"),
        ({"minutes": "23"}, "minutes", "a day has 24."),
        ({"minutes": ""}, "minutes", "Write how long it took"),
        ({"start_time": "09:00", "end_time": "10:00"}, "minutes", "more cannot be worked"),
        ({"end_time": "10:00"}, "start_time", "Give the start as well"),
        ({"start_time": "25:00"}, "start_time", "Enter a valid time."),
        ({"rate": "1.00001"}, "rate", "at most four decimal places"),
        ({"rate": "-5"}, "rate", "cannot be negative"),
        ({"rate": "1234567890"}, "rate", "too high"),
        ({"rate": "many"}, "rate", "Enter a number."),
        ({"description": "x" * 3001}, "description", "at most 3000 characters"),
        ({"member": "999999"}, "member", "That is not in the list."),
    ],
)
def test_a_wrong_value_is_said_beside_its_field_and_nothing_is_lost(
    accountant: Membership, signed_in: SignIn, change: dict[str, str], field: str, sentence: str
) -> None:
    TimeEntryFactory(member=accountant, minutes=120)
    MembershipFactory()
    values = posted(ProjectFactory(), member=accountant.pk, description="keep me") | change
    answer = signed_in(accountant).post(NEW, values)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in str(answer.context["form"].errors[field])
    assert sentence in page
    assert ("keep me" in page) or "description" in change
    assert TimeEntry.objects.count() == 1


def test_a_project_of_another_tenant_is_refused(member: Membership, signed_in: SignIn) -> None:
    project, person, _entry = foreign_work()
    client = signed_in(member)
    answer = client.post(NEW, posted(project))
    assert answer.status_code == 422
    assert "That is not in the list." in answer.content.decode()
    assert client.get(f"{NEW}?person={person.pk}").status_code == 404
    assert not TimeEntry.objects.exists()


def test_an_entry_is_changed_and_keeps_its_rate(accountant: Membership, signed_in: SignIn) -> None:
    RateFactory(amount=Decimal("200"))
    entry = TimeEntryFactory(rate=Decimal("100"), rate_level=RateLevel.TENANT)
    client = signed_in(accountant)
    url = f"{LIST}{entry.pk}/"
    assert "Empty: stays 100 EUR (Company)." in client.get(url).content.decode()
    values = posted(entry.project, member=entry.member_id, minutes="2", rate="")
    assert client.post(url, values, headers=HTMX).status_code == 204
    entry.refresh_from_db()
    assert (entry.minutes, entry.description, entry.rate) == (120, "Checkout", Decimal("100"))

    client.post(url, values | {"rate": "120,50"})
    entry.refresh_from_db()
    assert (entry.rate, entry.rate_level) == (Decimal("120.5"), RateLevel.MANUAL)
    assert 'value="120.5"' in client.get(url).content.decode()

    client.post(url, values | {"rate": ""})
    entry.refresh_from_db()
    assert (entry.rate, entry.rate_level) == (Decimal("200"), RateLevel.TENANT)


def test_only_those_who_may_set_a_rate_are_asked_for_it(
    member: Membership, manager: Membership, signed_in: SignIn
) -> None:
    entry = TimeEntryFactory(member=member, rate=Decimal("100"))
    assert "id_rate" not in signed_in(member).get(NEW).content.decode()
    assert "id_rate" not in signed_in(member).get(f"{LIST}{entry.pk}/").content.decode()
    signed_in(member).post(f"{LIST}{entry.pk}/", posted(entry.project, rate="999"))
    entry.refresh_from_db()
    assert entry.rate == Decimal("100")
    answer = signed_in(manager).post(NEW, posted(entry.project, rate="999"))
    assert answer.status_code == 422
    assert "Only the project" in str(answer.context["form"].errors["rate"])


def test_what_is_locked_is_shown_and_not_changed(
    member: Membership, manager: Membership, signed_in: SignIn
) -> None:
    entry = TimeEntryFactory(member=member, description="Review")
    HoursLockFactory(member=member, locked_by=manager.user)
    client = signed_in(member)
    page = client.get(f"{LIST}{entry.pk}/").content.decode()
    assert "Project manager locked the hours of Member" in page
    assert "Review" in page
    assert "data-guard-unsaved" not in page
    answer = client.post(f"{LIST}{entry.pk}/", posted(entry.project))
    assert answer.status_code == 422
    answer = client.post(f"{LIST}{entry.pk}/delete/", headers=HTMX)
    assert (answer.status_code, answer["HX-Retarget"]) == (422, "#hours-refusal")
    assert "Unlock first" in answer.content.decode()
    assert TimeEntry.objects.get().description == "Review"


def test_an_auditor_looks_and_is_forbidden_to_write(auditor: Membership, signed_in: SignIn) -> None:
    entry = TimeEntryFactory()
    client = signed_in(auditor)
    page = client.get(f"{LIST}{entry.pk}/")
    assert "but not change them" in page.content.decode()
    assert client.post(f"{LIST}{entry.pk}/", posted(entry.project)).status_code == 403
    for path in ("new/", f"{entry.pk}/delete/", "bulk/", "undo/"):
        assert client.post(f"{LIST}{path}").status_code == 403
    assert 'name="pk"' not in client.get(PAGE).content.decode()


def test_duplicating_fills_the_form(member: Membership, signed_in: SignIn) -> None:
    entry = TimeEntryFactory(
        member=member, task=TaskFactory(), description="Review", is_billable=False, minutes=75
    )
    form = signed_in(member).get(f"{NEW}?copy={entry.pk}").context["form"]
    assert form["minutes"].value() == "1:15"
    assert form["place"].value() == f"{entry.project_id}-{entry.task_id}"
    assert (form["description"].value(), form["is_billable"].value()) == ("Review", False)
    assert signed_in(member).get(f"{NEW}?copy={TimeEntryFactory().pk}").status_code == 404


def test_a_manager_writes_for_people_of_own_projects(
    manager: Membership, member: Membership, signed_in: SignIn
) -> None:
    entry = TimeEntryFactory(member=member, project=ProjectFactory(manager=manager))
    stranger = MembershipFactory()
    client = signed_in(manager)
    client.post(f"{NEW}?person={member.pk}", posted(entry.project, member=member.pk))
    assert TimeEntry.objects.filter(member=member).count() == 2
    answer = client.post(NEW, posted(entry.project, member=stranger.pk))
    assert answer.status_code == 422
    assert client.get(f"{NEW}?person={stranger.pk}").status_code == 403
    answer = client.post(NEW, posted(ProjectFactory(), member=member.pk))
    assert "your own projects only" in str(answer.context["form"].errors["place"])


def test_deleting_offers_to_bring_back(member: Membership, signed_in: SignIn) -> None:
    entry = TimeEntryFactory(member=member, description="Review")
    client = signed_in(member)
    assert client.post(f"{LIST}{entry.pk}/delete/", headers=HTMX).status_code == 204
    assert not TimeEntry.objects.exists()
    assert "1 entry was deleted." in client.get(PAGE).content.decode()
    assert "1 entry was deleted." in client.get("/acme/hours/").content.decode()

    assert client.post(f"{LIST}undo/", headers=HTMX).status_code == 204
    assert TimeEntry.objects.get().description == "Review"
    assert "was deleted" not in client.get(PAGE).content.decode()
    assert client.post(f"{LIST}undo/", headers=HTMX).status_code == 422
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["hours.deleted", "hours.restored"]


def test_ticked_entries_are_changed_together(accountant: Membership, signed_in: SignIn) -> None:
    entries = [TimeEntryFactory() for _ in range(3)]
    target, task = ProjectFactory(), TaskFactory()
    client = signed_in(accountant)
    ids = [entry.pk for entry in entries]

    def do(action: str, pk: list[int] = ids, **more: Any) -> Any:
        return client.post(f"{LIST}bulk/", {"pk": pk, "action": action, **more}, headers=HTMX)

    assert do("move", place=f"{target.pk}-{task.pk}").status_code == 204
    assert TimeEntry.objects.filter(project=target, task=task).count() == 3
    assert do("not_billable").status_code == 204
    assert TimeEntry.objects.filter(is_billable=False).count() == 3
    assert do("billable", ids[:1]).status_code == 204

    for answer, sentence in (
        (do("move"), "Choose the project and task"),
        (do("move", place="999-0"), "Choose the project and task"),
        (do("billable", []), "Tick the entries first."),
        (do("else"), "Tick the entries first."),
        (do("billable", [*ids, 999_999]), "deleted meanwhile"),
    ):
        assert answer.status_code == 422
        assert sentence in answer.content.decode()

    HoursLockFactory(member=entries[0].member)
    answer = do("delete")
    assert answer.status_code == 422
    assert "locked the hours" in answer.content.decode()
    assert TimeEntry.objects.count() == 3
    assert do("delete", ids[1:]).status_code == 204
    assert client.post(f"{LIST}undo/", headers=HTMX).status_code == 204
    assert TimeEntry.objects.count() == 3


def test_files_hold_what_the_filters_show(accountant: Membership, signed_in: SignIn) -> None:
    TimeEntryFactory(
        minutes=95,
        project__name="Web shop",
        description="=1+1",
        rate=Decimal("100.5"),
        start_time=time(9),
        end_time=time(11),
    )
    TimeEntryFactory(project__name="Other", is_billable=False)
    client = signed_in(accountant)
    answer = client.get(f"{LIST}export.csv?{OCTOBER}&q=shop")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    [row] = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert (row["Date"], row["Project"], row["Hours"]) == ("2026-10-05", "Web shop", "1,58")
    assert (row["Description"], row["Rate"], row["Value"]) == ("'=1+1", "100,5000", "159,13")

    book = load_workbook(io.BytesIO(client.get(f"{LIST}export.xlsx?{OCTOBER}").content))
    assert book.active is not None
    assert book.active.max_row == 3


def test_a_members_file_has_no_prices(member: Membership, signed_in: SignIn) -> None:
    TimeEntryFactory(member=member, rate=Decimal("123"))
    answer = signed_in(member).get(f"{LIST}export.csv?{OCTOBER}")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "123" not in text


def test_comboboxes_of_the_filters_find_only_what_one_works_with(
    member: Membership, accountant: Membership, signed_in: SignIn
) -> None:
    customer = CustomerFactory(name="Satama Oy")
    own = TimeEntryFactory(
        member=member, project=ProjectFactory(name="Harbour", customer=customer), task=TaskFactory()
    )
    ProjectFactory(name="Harbour two")

    def found(person: Membership, kind: str, words: str) -> list[Any]:
        answer = signed_in(person).get(f"{LIST}search/{kind}/?q={words}")
        return [row["id"] for row in answer.json()["results"][1:]]

    assert found(member, "project", "harbour") == [own.project_id]
    assert len(found(accountant, "project", "harbour")) == 2
    assert found(member, "customer", "sat") == [customer.pk]
    assert found(member, "task", "") == [own.task_id]
    assert signed_in(member).get(f"{LIST}search/else/").status_code == 404


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.OWNER, 200), (Role.ACCOUNTANT, 200), (Role.AUDITOR, 200), (Role.MANAGER, 404),
     (Role.MEMBER, 403)],
)  # fmt: skip
def test_the_tabs_of_projects_and_customers(
    tenant: Tenant, role: Role, status: int, signed_in: SignIn
) -> None:
    entry = TimeEntryFactory(project__name="Web shop", description="Icons")
    client = signed_in(MembershipFactory(role=role))
    for path in (
        f"projects/{entry.project_id}/hours/",
        f"customers/{entry.project.customer_id}/hours/",
    ):
        page = client.get(f"/acme/{path}", headers=HTMX)
        assert page.status_code == status
        assert ("Icons" in page.content.decode()) is (status == 200)
        assert client.get("/acme/projects/999999/hours/").status_code in (403, 404)


def test_a_managers_tab_is_of_the_own_project(manager: Membership, signed_in: SignIn) -> None:
    own = ProjectFactory(manager=manager)
    TimeEntryFactory(project=own, description="Icons")
    TimeEntryFactory(
        project=ProjectFactory(customer=own.customer, name="Else"), description="Secret"
    )
    page = signed_in(manager).get(f"/acme/customers/{own.customer_id}/hours/").content.decode()
    assert "Icons" in page
    assert "Secret" not in page
    detail = signed_in(manager).get(f"/acme/projects/{own.pk}/?tab=hours").content.decode()
    assert f"/acme/projects/{own.pk}/hours/" in detail


def test_an_empty_list_says_what_to_do(member: Membership, signed_in: SignIn) -> None:
    client = signed_in(member)
    assert "No hours in this period" in client.get(PAGE).content.decode()
    assert "No hours match these filters" in client.get(f"{PAGE}&q=x").content.decode()


def test_twelve_questions_whatever_is_filtered(
    manager: Membership, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    TaxRateFactory()
    project = ProjectFactory(manager=manager)
    task = TaskFactory()
    for _ in range(5):
        TimeEntryFactory(project=project, task=task)
    draft_work(
        start=date(2026, 10, 5),
        end=date(2026, 10, 5),
        project_ids=[project.pk],
        actor=None,
        allow_unlocked=True,
    )
    client = signed_in(manager)
    query = f"&project={project.pk}&customer={project.customer_id}&task={task.pk}&q=project"
    with django_assert_max_num_queries(12):
        assert len(shown(client.get(f"{PAGE}{query}"))) == 5
    with django_assert_max_num_queries(12):
        client.get(f"/acme/projects/{project.pk}/hours/")
    with django_assert_max_num_queries(12):
        client.get(NEW)
