"""The page of hours locks: who sees what, locking, reminding, unlocking, its files."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.periods import Period, month_of
from tenants.models import AuditEntry, Membership, Tenant
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.factories import (
    HoursLockFactory,
    MembershipFactory,
    ProjectFactory,
    TimeEntryFactory,
)
from timesheets import errors
from timesheets.domain.reminding import remind
from timesheets.models import BillingState, HoursLock, HoursReminder
from timesheets.tasks import send_reminder

type SignIn = Callable[[Membership], Client]
HOME = "/acme/hours/locks/"
DAYS = "start=2026-10-01&end=2026-10-31"
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
HTMX = {"HX-Request": "true"}


def page(client: Client, url: str = f"{HOME}?{DAYS}", status: int = 200, **more: Any) -> str:
    response = client.get(url, **more)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def toasts(response: Any) -> list[str]:
    return [one["text"] for one in json.loads(response["HX-Trigger"])["toasts"]["toasts"]]


@pytest.fixture
def anna(tenant: Tenant) -> Membership:
    person = MembershipFactory(name="Anna Aalto", user__email="anna@example.com")
    TimeEntryFactory(member=person, minutes=90)
    return person


@pytest.fixture
def bo(tenant: Tenant) -> Membership:
    person = MembershipFactory(name="Bo Berg", user__email="bo@example.com")
    TimeEntryFactory(member=person)
    return person


def test_who_has_not_locked_comes_first(
    accountant: Membership, anna: Membership, bo: Membership, signed_in: SignIn
) -> None:
    HoursLockFactory(member=anna, locked_by=anna.user)
    MembershipFactory(name="Cecilia Cygnaeus")

    text = page(signed_in(accountant))

    assert text.index("Bo Berg") < text.index("Cecilia Cygnaeus") < text.index("Anna Aalto")
    assert "1 of 2" in " ".join(text.split())
    assert "October 2026" in text


def test_the_first_period_is_the_month_before(accountant: Membership, signed_in: SignIn) -> None:
    client = signed_in(accountant)
    last_month = month_of(timezone.localdate()).before()
    assert f'value="{last_month.start.isoformat()}"' in page(client, HOME)
    assert str(last_month) in page(client, HOME)


def test_states_names_and_weeks_are_in_the_address(
    accountant: Membership, anna: Membership, bo: Membership, signed_in: SignIn
) -> None:
    HoursLockFactory(member=anna)
    client = signed_in(accountant)
    only_open = page(client, f"{HOME}?{DAYS}&status=open", headers=HTMX)
    assert ("Bo Berg" in only_open, "Anna Aalto" in only_open) == (True, False)
    assert "<html" not in only_open
    named = page(client, f"{HOME}?{DAYS}&q=aal")
    assert ("Bo Berg" in named, "Anna Aalto" in named) == (False, True)
    assert "Nobody matches these filters" in page(client, f"{HOME}?{DAYS}&q=xyz")
    week = page(client, f"{HOME}?start=2026-10-05&end=2026-10-11")
    assert "start=2026-10-12&amp;end=2026-10-18" in week
    assert "start=2026-09-28&amp;end=2026-10-04" in week


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("start=2026-10-31&end=2026-10-01", "The last day lies before the first."),
        ("start=yesterday", "Enter a valid date."),
        ("start=1850-01-01&end=1850-01-31", "Give a year between 2000 and 2200."),
        ("start=2024-01-01&end=2026-01-31", "Choose at most a year at a time."),
        ("status=weird", ""),
    ],
)
def test_a_period_that_cannot_be_is_refused_in_words(
    accountant: Membership, signed_in: SignIn, query: str, sentence: str
) -> None:
    client = signed_in(accountant)
    assert sentence in page(client, f"{HOME}?{query}", status=422)
    assert client.get(f"{HOME}export.csv?{query}").status_code == 422


def test_the_number_of_queries_stands(
    accountant: Membership, anna: Membership, signed_in: SignIn
) -> None:
    client = signed_in(accountant)
    counts = []
    for number in (1, 8):
        for _ in range(number):
            person = MembershipFactory()
            TimeEntryFactory(member=person)
            HoursLockFactory(member=person, locked_by=accountant.user)
            HoursReminder.objects.create(
                member=person, start_date=OCTOBER.start, end_date=OCTOBER.end
            )
        with CaptureQueriesContext(connection) as queries:
            page(client)
        with CaptureQueriesContext(connection) as of_person:
            page(client, f"{HOME}people/{anna.pk}/?{DAYS}")
        counts.append((len(queries), len(of_person)))
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 12, counts


def test_members_see_only_themselves(
    member: Membership, anna: Membership, signed_in: SignIn
) -> None:
    TimeEntryFactory(member=member, minutes=45)
    client = signed_in(member)
    text = page(client)
    assert "Anna" not in text
    assert "My October 2026" in text
    assert "0:45 hours, 0:00 locked, 0:45 not locked" in " ".join(text.split())
    assert "Lock my October 2026" in text
    for path in (f"people/{anna.pk}/", f"people/{anna.pk}/lock/"):
        assert client.get(HOME + path).status_code == 404
    assert client.post(f"{HOME}lock/?{DAYS}", {"pk": anna.pk}).status_code == 404
    assert client.post(f"{HOME}remind/?{DAYS}", {"pk": member.pk}).status_code == 403
    lines = b"".join(client.get(f"{HOME}export.csv?{DAYS}"))
    assert lines.decode("utf-8-sig").splitlines()[1:] == [
        ";Member;2026-10-01;2026-10-31;Not locked;0,75;0,00;0,75;;;"
    ]


def test_managers_see_and_lock_what_is_on_their_projects(
    manager: Membership, anna: Membership, bo: Membership, signed_in: SignIn
) -> None:
    mine = ProjectFactory(manager=manager)
    TimeEntryFactory(member=anna, project=mine, minutes=30)
    client = signed_in(manager)
    text = page(client)
    assert ("Anna Aalto" in text, "Bo Berg" in text, ">0:30<" in text) == (True, False, True)

    done = client.post(f"{HOME}lock/?{DAYS}", {"pk": anna.pk}, headers=HTMX)

    assert done.status_code == 204
    assert toasts(done) == ["October 2026 is locked for Anna Aalto."]
    lock = HoursLock.objects.get()
    assert (lock.member, lock.project) == (anna, mine)
    assert client.post(f"{HOME}lock/?{DAYS}", {"pk": bo.pk}).status_code == 404


def test_auditors_look_and_touch_nothing(
    auditor: Membership, anna: Membership, signed_in: SignIn
) -> None:
    lock = HoursLockFactory(member=anna)
    client = signed_in(auditor)
    text = page(client)
    assert "Anna Aalto" in text
    assert "data-select-all" not in text
    assert "Lock my" not in text
    assert page(client, f"{HOME}people/{anna.pk}/?{DAYS}")
    for path in (f"people/{anna.pk}/lock/", f"people/{auditor.pk}/lock/", f"{lock.pk}/unlock/"):
        assert client.get(HOME + path).status_code == 403
    assert client.post(f"{HOME}{lock.pk}/unlock/", {"reason": "No"}).status_code == 403
    assert client.post(f"{HOME}lock/?{DAYS}", {"pk": anna.pk}).status_code == 422
    assert list(HoursLock.objects.all()) == [lock]


def test_another_tenants_people_and_locks_are_not_there(
    accountant: Membership, other_tenant: Tenant, signed_in: SignIn, tenant: Tenant
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL app.tenant_id = '{other_tenant.pk}'")
        stranger = Membership.objects.create(tenant=other_tenant, name="Stranger")
        lock = HoursLock(
            tenant=other_tenant, member=stranger, start_date=OCTOBER.start, end_date=OCTOBER.end
        )
        lock.save()
        cursor.execute(f"SET LOCAL app.tenant_id = '{tenant.pk}'")
    client = signed_in(accountant)
    assert "Stranger" not in page(client)
    for path in (f"people/{stranger.pk}/", f"people/{stranger.pk}/lock/", f"{lock.pk}/unlock/"):
        assert client.get(HOME + path).status_code == 404
    for path in ("lock/", "remind/"):
        assert client.post(f"{HOME}{path}?{DAYS}", {"pk": stranger.pk}).status_code == 404


@pytest.mark.parametrize("pk", ["x", "-1", "9" * 30, "²", "999999999"])
@pytest.mark.parametrize("path", ["lock/", "remind/"])
def test_nonsense_instead_of_a_person_is_404(
    accountant: Membership, signed_in: SignIn, path: str, pk: str
) -> None:
    assert signed_in(accountant).post(f"{HOME}{path}?{DAYS}", {"pk": pk}).status_code == 404


def test_nobody_ticked_is_said(accountant: Membership, signed_in: SignIn) -> None:
    for path in ("lock/", "remind/"):
        response = signed_in(accountant).post(f"{HOME}{path}?{DAYS}")
        assert response.status_code == 422
        assert "Tick at least one person first." in response.content.decode()


def test_locking_many_says_for_whom_nothing_was_left(
    accountant: Membership, anna: Membership, bo: Membership, signed_in: SignIn
) -> None:
    HoursLockFactory(member=bo)
    response = signed_in(accountant).post(
        f"{HOME}lock/?{DAYS}", {"pk": [anna.pk, bo.pk]}, headers=HTMX
    )
    assert toasts(response) == [
        "October 2026 is locked for Anna Aalto.",
        "Nothing was left to lock for Bo Berg.",
    ]
    assert "list:changed" in response["HX-Trigger"]


def test_locking_ones_own_month_in_the_dialog(member: Membership, signed_in: SignIn) -> None:
    client = signed_in(member)
    TimeEntryFactory(member=member, project=ProjectFactory(name="Web shop"), minutes=90)
    url = f"{HOME}people/{member.pk}/lock/?{DAYS}"
    form = page(client, url, headers={**HTMX, "HX-Target": "dialog"})
    assert 'value="2026-10-01"' in form
    assert 'value="2026-10-31"' in form
    assert "Web shop" in form
    assert "No hours on 21 weekdays:" in " ".join(form.split())
    assert 'name="project"' not in form

    done = client.post(url, {"start_date": "2026-10-01", "end_date": "2026-10-31"}, headers=HTMX)
    assert done.status_code == 204
    assert toasts(done) == ["Your hours are locked: October 2026."]
    assert HoursLock.objects.get().locked_by == member.user


def test_the_dialog_offers_the_days_that_are_left(member: Membership, signed_in: SignIn) -> None:
    HoursLockFactory(member=member, end_date=date(2026, 10, 15))
    form = page(signed_in(member), f"{HOME}people/{member.pk}/lock/?{DAYS}")
    assert 'value="2026-10-16"' in form


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"start_date": "2026-10-10"}, "Member locked the hours of Member from"),
        ({"start_date": "2026-11-10"}, "The last day lies before the first."),
        ({"start_date": "1999-10-10"}, "Hours here begin in the year 2000."),
        ({"end_date": "2090-10-10"}, "more than a year ahead"),
        ({"end_date": ""}, "“To” is empty. Give a day."),
        ({"end_date": "soon"}, "Enter a valid date."),
    ],
)
def test_what_cannot_be_locked_is_said_by_its_field(
    member: Membership, signed_in: SignIn, values: dict[str, str], sentence: str
) -> None:
    HoursLockFactory(member=member, end_date=date(2026, 10, 15), locked_by=member.user)
    data = {"start_date": "2026-10-16", "end_date": "2026-10-31", **values}
    response = signed_in(member).post(f"{HOME}people/{member.pk}/lock/?{DAYS}", data)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert HoursLock.objects.count() == 1


def test_a_manager_chooses_among_their_own_projects(
    manager: Membership, anna: Membership, signed_in: SignIn
) -> None:
    mine, other = ProjectFactory(manager=manager, name="Mine"), ProjectFactory(name="Other")
    TimeEntryFactory(member=anna, project=mine)
    client = signed_in(manager)
    url = f"{HOME}people/{anna.pk}/lock/?{DAYS}"
    form = page(client, url)
    assert (">Mine<" in form, ">Other<" in form) == (True, False)
    data = {"start_date": "2026-10-01", "end_date": "2026-10-31"}
    for project in (other.pk, "", 123456, "x"):
        assert client.post(url, {**data, "project": project}).status_code == 422
    assert client.post(url, {**data, "project": mine.pk}).status_code == 302
    assert HoursLock.objects.get().project == mine


def test_unlocking_asks_for_the_reason_and_tells_it_later(
    accountant: Membership, anna: Membership, signed_in: SignIn
) -> None:
    TimeEntryFactory(member=anna, billing_state=BillingState.BILLED, minutes=120)
    lock = HoursLockFactory(member=anna, locked_by=anna.user)
    client = signed_in(accountant)
    url = f"{HOME}{lock.pk}/unlock/?{DAYS}"
    assert "2:00 of these hours are on drafts or invoices" in page(client, url)

    for reason in ("", "   "):
        refused = client.post(url, {"reason": reason})
        assert refused.status_code == 422
        assert "Say in a few words why" in refused.content.decode()
    assert HoursLock.objects.count() == 1

    assert client.post(url, {"reason": "Trip to <Turku> forgotten"}).status_code == 302
    detail = page(client, f"{HOME}people/{anna.pk}/?{DAYS}")
    assert "Hours unlocked" in detail
    assert "Trip to &lt;Turku&gt; forgotten" in detail
    assert client.get(url).status_code == 404


def test_the_excel_file_has_everybody(
    accountant: Membership, anna: Membership, bo: Membership, signed_in: SignIn
) -> None:
    response = signed_in(accountant).get(f"{HOME}export.xlsx?{DAYS}")
    assert response.status_code == 200
    assert response["Content-Disposition"].endswith('.xlsx"')
    assert response.content[:2] == b"PK"


# Reminders ------------------------------------------------------------------------------------


def run_tasks(callbacks: list[Any]) -> None:
    for reminder in HoursReminder.objects.filter(sent_at=None):
        send_reminder(tenant_id=reminder.tenant_id, reminder_id=reminder.pk)


def test_a_reminder_reaches_the_person_in_their_language(
    accountant: Membership, anna: Membership, signed_in: SignIn, tenant: Tenant
) -> None:
    assert anna.user is not None
    response = signed_in(accountant).post(f"{HOME}remind/?{DAYS}", {"pk": anna.pk}, headers=HTMX)
    assert toasts(response) == ["A reminder is on its way to Anna Aalto."]
    reminder = HoursReminder.objects.get()
    assert (reminder.member, reminder.asked_by) == (anna, accountant.user)
    logged = AuditEntry.objects.get(action="hours.reminded")
    assert (logged.object_id, logged.detail["to"]) == (anna.pk, "anna@example.com")

    for _ in range(2):
        send_reminder(tenant_id=tenant.pk, reminder_id=reminder.pk)

    [sent] = mail.outbox
    assert sent.to == ["anna@example.com"]
    assert sent.subject == "Please lock your hours of October 2026 at Acme"
    assert "1:30 hours, of which 1:30 are not locked yet" in sent.body
    assert f"/acme/hours/locks/?{DAYS}" in sent.body
    assert "week=2026-10-05" in sent.body
    reminder.refresh_from_db()
    assert reminder.sent_at is not None


def test_nobody_is_reminded_twice_within_a_day_unless_confirmed(
    accountant: Membership, anna: Membership, bo: Membership, signed_in: SignIn
) -> None:
    client = signed_in(accountant)
    url, both = f"{HOME}remind/?{DAYS}", {"pk": [anna.pk, bo.pk]}
    client.post(url, {"pk": anna.pk})

    asked = client.post(url, both, headers=HTMX)
    assert asked["HX-Retarget"] == "#dialog"
    text = asked.content.decode()
    assert "Anna Aalto" in text
    assert "Only the other one" in text
    assert "<html" not in text
    assert HoursReminder.objects.count() == 1

    client.post(url, {**both, "go": "others"})
    assert HoursReminder.objects.filter(member=bo).count() == 1
    assert HoursReminder.objects.filter(member=anna).count() == 1
    client.post(url, {**both, "go": "all"})
    assert HoursReminder.objects.count() == 4


def test_a_day_later_they_may_be_reminded_again(accountant: Membership, anna: Membership) -> None:
    for hours, expected in ((0, 1), (23, 0), (25, 1)):
        now = timezone.now() + timedelta(hours=hours)
        sent = remind(actor=accountant, member_ids=[anna.pk], period=OCTOBER, now=now)
        assert len(sent) == expected, hours


def test_who_cannot_be_reminded_is_named(
    accountant: Membership, anna: Membership, signed_in: SignIn
) -> None:
    HoursLockFactory(member=anna)
    mute = MembershipFactory(user=None, name="Mute", email="")
    response = signed_in(accountant).post(
        f"{HOME}remind/?{DAYS}", {"pk": [anna.pk, mute.pk]}, headers=HTMX
    )
    assert toasts(response) == [
        "No reminder for Mute: they have no address or cannot sign in yet.",
        "Anna Aalto: everything is locked already.",
    ]
    assert HoursReminder.objects.count() == 0


def test_members_and_auditors_remind_nobody(
    member: Membership, auditor: Membership, anna: Membership
) -> None:
    for actor in (member, auditor):
        with pytest.raises(errors.NotYoursToRemind):
            remind(actor=actor, member_ids=[anna.pk], period=OCTOBER)


def test_who_has_locked_meanwhile_gets_no_mail(accountant: Membership, anna: Membership) -> None:
    [reminder] = remind(actor=accountant, member_ids=[anna.pk], period=OCTOBER)
    HoursLockFactory(member=anna)
    send_reminder(tenant_id=reminder.tenant_id, reminder_id=reminder.pk)
    assert mail.outbox == []


def test_a_mail_that_fails_is_tried_again(
    accountant: Membership, anna: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    from timesheets.reminder_mail import ReminderMail

    [reminder] = remind(actor=accountant, member_ids=[anna.pk], period=OCTOBER)

    def fail(self: ReminderMail) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as patched:
        patched.setattr(ReminderMail, "send", fail)
        with pytest.raises(ConnectionRefusedError):
            send_reminder(tenant_id=reminder.tenant_id, reminder_id=reminder.pk)
    reminder.refresh_from_db()
    assert reminder.sent_at is None
    send_reminder(tenant_id=reminder.tenant_id, reminder_id=reminder.pk)
    assert len(mail.outbox) == 1


def test_german_readers_get_german_dates(accountant: Membership, anna: Membership) -> None:
    assert anna.user is not None
    anna.user.language = "de"
    anna.user.save()
    [reminder] = remind(actor=accountant, member_ids=[anna.pk], period=OCTOBER)
    send_reminder(tenant_id=reminder.tenant_id, reminder_id=reminder.pk)
    assert "Oktober 2026" in mail.outbox[0].subject


def test_two_managers_at_once_send_one_mail_each_person(committed_db: None) -> None:
    from tests.factories import TenantFactory
    from tests.timesheets.test_locks import at_once

    tenant = TenantFactory()
    with tenant_scope(tenant.pk):
        actor = MembershipFactory(role=Role.ACCOUNTANT)
        people = [MembershipFactory().pk for _ in range(3)]

    def ask(_number: int) -> int:
        with tenant_scope(tenant.pk):
            return len(remind(actor=actor, member_ids=people, period=OCTOBER))

    assert sorted(at_once(ask, 4)) == [0, 0, 0, 3]
