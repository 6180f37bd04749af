"""The pages of schedules and runs: what they say, who may do what, what a refusal keeps."""

import smtplib
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from django.core import mail
from django.core.mail.handler import MailersHandler
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import Customer, CustomerGroup
from invoicing.domain.posting_runs import start_run
from invoicing.domain.schedules.planning import plan_run
from invoicing.domain.schedules.steering import retry_failed
from invoicing.domain.schedules.timing import Rhythm
from invoicing.domain.sending.runs import start_sending_run
from invoicing.models import Invoice, InvoicingRun, Schedule
from invoicing.run_mail import mail_report
from invoicing.views.schedules.words import rhythm_words
from tenants.models import Membership, Tenant
from tenants.roles import Role
from tenants.scope import current_tenant_id
from tests.factories import MembershipFactory, TaxRateFactory
from tests.invoicing.sending import Server, server
from tests.schedules.making import (
    customer_with_hours,
    done,
    run_of,
    schedule_of,
    started,
)
from tests.schedules.test_timing import rhythm

SignIn = Callable[[Membership], Client]
LIST, RUNS = "/acme/schedules/", "/acme/runs/"
FORM = {
    "name": "Hours of the month", "kinds": ["hours", "charges"], "whom": "all", "every": "month",
    "month_day": "1", "weekday": "1", "at": "06:00", "working_days": "next", "covers": "previous",
    "by": "customer", "result": "draft", "level": "sum", "first": "project", "second": "person",
    "text": "group", "unit": "HUR", "rounding": "", "direction": "up", "per": "entry",
    "minimum": "", "order": "group", "hours_per_day": "", "pattern": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _rates(tenant: Tenant) -> None:
    TaxRateFactory()


@pytest.fixture
def office(signed_in: SignIn, accountant: Membership) -> Client:
    return signed_in(accountant)


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "on the first working day of each month at 06:00"),
        (
            {"day": 31, "working_days": "previous"},
            "on the last working day of each month at 06:00",
        ),
        ({"day": 31, "working_days": "none"}, "on the last day of each month at 06:00"),
        ({"day": 15}, "on day 15 of each month at 06:00, or the next working day"),
        (
            {"every": "week", "day": 5, "working_days": "previous"},
            "each week on Friday at 06:00, or the working day before",
        ),
        ({"every": "quarter"}, "on the first working day of each quarter at 06:00"),
    ],
)
def test_a_rhythm_in_words(told: dict[str, Any], words: str) -> None:
    found: Rhythm = rhythm(**told)
    assert rhythm_words(found) == words


def test_a_schedule_is_made_on_its_form(office: Client, accountant: Membership) -> None:
    aava = customer_with_hours("Aava")
    group = CustomerGroup.objects.create(name="Abroad")
    assert "What will happen" in text(office.get(f"{LIST}new/"))

    answer = office.post(
        f"{LIST}new/",
        {
            **FORM, "whom": "chosen", "groups": [group.pk], "add_customer": aava.pk,
            "every": "week", "weekday": "5", "level": "entry",
        },
    )  # fmt: skip

    schedule = Schedule.objects.get()
    assert answer.headers["Location"] == f"/acme/schedules/{schedule.pk}/"
    assert (schedule.every, schedule.day, schedule.kinds) == ("week", 5, ["hours", "charges"])
    assert schedule.options["level"] == "entry"
    assert schedule.author == accountant.user
    targets = schedule.targets.order_by("pk").values_list("customer", "group")
    assert list(targets) == [(aava.pk, None), (None, group.pk)]
    page = text(office.get(f"/acme/schedules/{schedule.pk}/"))
    assert "Each week on Friday at 06:00, or the next working day" in page
    assert "Aava, Abroad" in page


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"whom": "chosen"}, "Choose customers, groups or projects, or invoice all customers."),
        ({"kinds": []}, "Choose what is invoiced."),
        ({"name": ""}, "“Name” is empty. Fill it in."),
        ({"at": "25:99"}, "Enter a valid time."),
        ({"text": "pattern", "pattern": "{nonsense}"}, "nonsense"),
    ],
)
def test_a_refused_form_keeps_what_was_typed(
    told: dict[str, Any], sentence: str, office: Client
) -> None:
    answer = office.post(f"{LIST}new/", {**FORM, "month_day": "17", **told})

    assert answer.status_code == 422
    assert sentence in text(answer)
    assert '<option value="17" selected>' in text(answer)
    assert not Schedule.objects.exists()


def test_another_schedule_of_that_name(office: Client, accountant: Membership) -> None:
    schedule_of(accountant, name=FORM["name"])
    answer = office.post(f"{LIST}new/", FORM)
    assert answer.status_code == 422
    assert "Another schedule has this name." in text(answer)


def test_the_preview_tells_dates_and_whom_it_reaches(office: Client) -> None:
    customer_with_hours("Aava", day=timezone.localdate().replace(day=1))
    besk = customer_with_hours("Besk", day=timezone.localdate().replace(day=1))
    asked = {**FORM, "name": "", "covers": "current", "month_day": "31", "whom": "chosen"}

    answer = text(office.post(f"{LIST}preview/", {**asked, "add_customer": besk.pk}))

    assert answer.count('<span class="tabular">') == 5
    assert "It is for 1 customer." in answer
    assert f'name="customers" value="{besk.pk}" checked' in answer
    assert "Besk" in answer
    assert "Aava" not in answer
    assert not Schedule.objects.exists()


def test_a_schedule_is_changed_paused_and_deleted(office: Client, accountant: Membership) -> None:
    schedule = schedule_of(accountant)
    address = f"/acme/schedules/{schedule.pk}/"
    office.post(f"{address}edit/", {**FORM, "month_day": "20"})
    schedule.refresh_from_db()
    assert (schedule.name, schedule.day) == ("Hours of the month", 20)

    office.post(f"{address}pause/")
    assert "Paused" in text(office.get(LIST))
    office.post(f"{address}pause/")
    schedule.refresh_from_db()
    assert schedule.is_active

    assert office.post(f"{address}delete/").status_code == 302
    assert "No schedules yet" in text(office.get(LIST))


def test_run_now_and_try_it(office: Client, accountant: Membership) -> None:
    customer_with_hours("Aava")
    schedule = schedule_of(accountant)
    address = f"/acme/schedules/{schedule.pk}/run/"
    period = "start=2026-10-01&end=2026-10-31"
    assert period in text(office.get(f"/acme/schedules/{schedule.pk}/")).replace("&amp;", "&")

    token = str(uuid4())
    for _tap in range(2):
        answer = office.post(address, {"token": token, "period": period, "go": "trial"})
    trial = InvoicingRun.objects.get()
    assert trial.is_trial
    assert answer.headers["Location"] == f"/acme/runs/{trial.pk}/"
    done(trial)
    page = text(office.get(f"/acme/runs/{trial.pk}/"))
    assert "1 invoice would be made" in page
    item = trial.items.get()
    assert "Aava&#x27;s site" in text(office.get(f"/acme/runs/{trial.pk}/lines/?item={item.pk}"))
    assert office.get(f"/acme/runs/{trial.pk}/lines/?item=999999").status_code == 404

    office.post(address, {"token": str(uuid4()), "period": period, "go": "run"})
    run = InvoicingRun.objects.get(is_trial=False)
    again = office.post(address, {"token": str(uuid4()), "period": period, "go": "run"})
    assert again.status_code == 422
    assert "still under way" in text(again)
    assert office.post(address, {"token": "x", "period": "y"}).status_code == 422
    done(run)
    assert "1 invoice made" in text(office.get(f"/acme/runs/{run.pk}/"))


def test_the_page_of_a_run_that_goes_on(office: Client, accountant: Membership) -> None:
    customer_with_hours("Aava")
    assert accountant.user is not None
    run = started(schedule_of(accountant), accountant.user)
    address = f"/acme/runs/{run.pk}/"
    assert "Looking for open work" in text(office.get(address))
    plan_run(run.pk)

    page = text(office.get(address))
    assert "0 of 1" in page
    assert "Now: Aava." in page
    assert 'hx-trigger="every 1s"' in page

    assert office.post(f"{address}stop/").status_code == 302
    page = text(office.get(address))
    assert "Stopped" in page
    assert "every 1s" not in page
    assert office.post(f"{address}stop/").status_code == 422
    assert office.post(f"{address}resume/").status_code == 302
    done(run)
    assert office.post(f"{address}retry/").status_code == 422
    assert office.get(f"{address}export.csv").status_code == 200


def test_failures_are_told_by_reason_and_tried_again(
    office: Client, accountant: Membership
) -> None:
    for name in ("Aava", "Besk"):
        customer_with_hours(name, street="")
    run = run_of(schedule_of(accountant, result="post"), accountant)
    address = f"/acme/runs/{run.pk}/"

    page = text(office.get(address))
    assert "2 × Address missing" in page
    assert "Aava, Besk" in page
    Customer.objects.update(street="Katu 1")
    office.post(f"{address}retry/")
    done(run)
    assert "2 invoices made" in text(office.get(address))
    assert "Try the" not in text(office.get(address))


def test_the_list_of_all_runs(office: Client, accountant: Membership) -> None:
    customer_with_hours("Aava")
    user = accountant.user
    schedule = schedule_of(accountant)
    run_of(schedule, accountant, is_trial=True)
    run_of(schedule, accountant)
    drafts = list(Invoice.objects.values_list("pk", flat=True))
    start_run(drafts, token=uuid4(), actor=user)
    start_sending_run(drafts, token=uuid4(), actor=user)

    page = text(office.get(RUNS))
    for words in ("Invoicing", "Trial", "Posting", "Sending", "October 2026"):
        assert words in page
    assert page.count('class="row-link"') == 4
    assert text(office.get(f"{RUNS}?kind=posting")).count('class="row-link"') == 1
    assert text(office.get(f"{RUNS}?kind=nonsense&sort=kind")).count('class="row-link"') == 4
    told = office.get(f"{RUNS}export.csv").getvalue().decode()
    assert len(told.strip().splitlines()) == 5


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def test_lists_ask_as_often_for_many_as_for_one(office: Client, accountant: Membership) -> None:
    first = schedule_of(accountant, name="0")
    customer_with_hours("Aava")
    run = run_of(first, accountant)
    addresses = [LIST, RUNS, f"/acme/schedules/{first.pk}/", f"/acme/runs/{run.pk}/"]
    before = [queries(office, address) for address in addresses]

    for number in range(1, 4):
        customer = customer_with_hours(f"No {number}")
        other = schedule_of(accountant, name=str(number), whom="chosen", customers=[customer])
        run_of(other, accountant)
        run_of(first, accountant)

    after = [queries(office, address) for address in addresses]
    assert after == before
    assert max(after) <= 12, after


def test_who_may_what(
    signed_in: SignIn,
    accountant: Membership,
    auditor: Membership,
    manager: Membership,
    member: Membership,
) -> None:
    schedule = schedule_of(accountant)
    run = run_of(schedule, accountant)
    page, form = f"/acme/schedules/{schedule.pk}/", f"/acme/schedules/{schedule.pk}/edit/"
    for person, sees, deeds in (
        (accountant, 200, 200),
        (auditor, 200, 403),
        (manager, 403, 403),
        (member, 403, 403),
    ):
        client = signed_in(person)
        for address in (LIST, page, RUNS, f"/acme/runs/{run.pk}/"):
            assert client.get(address).status_code == sees, (person, address)
        assert client.get(form).status_code == deeds, person
    client = signed_in(auditor)
    assert "Run now" not in text(client.get(page))
    assert client.post(f"/acme/runs/{run.pk}/retry/").status_code == 403


def test_another_company_has_no_such_pages(
    signed_in: SignIn, accountant: Membership, other_tenant: Tenant
) -> None:
    run = run_of(schedule_of(accountant), accountant)
    assert signed_in(accountant).get(f"/other/runs/{run.pk}/").status_code == 404


def test_approval_on_the_page(
    signed_in: SignIn, tenant: Tenant, accountant: Membership, owner: Membership
) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(four_eyes=True)
    schedule = schedule_of(accountant, result="post")
    address = f"/acme/schedules/{schedule.pk}/"
    own = signed_in(accountant)
    assert "Waits for approval" in text(own.get(address))
    assert "/approve/" not in text(own.get(address))
    assert own.post(f"{address}approve/").status_code == 422

    other = signed_in(owner)
    assert "/approve/" in text(other.get(address))
    other.post(f"{address}approve/")

    assert "Waits for approval" not in text(other.get(address))
    schedule.refresh_from_db()
    assert schedule.approved_by == owner.user


# The mail.


def test_the_accountant_is_told_once(accountant: Membership) -> None:
    customer_with_hours("Aava", [90])
    customer_with_hours("Besk", street="")
    run = run_of(schedule_of(accountant, result="post"), accountant)
    mail.outbox.clear()

    for _time in range(2):
        mail_report(current_tenant_id(), run.pk)

    [message] = mail.outbox
    assert message.to == ["accountant@example.com"]
    assert message.subject == "Monthly invoices, October 2026: 1 made, 1 failed"
    body = str(message.body)
    assert "€150.00 net, €188.25 gross" in body
    assert "- 1 × Address missing (Besk)" in body
    assert f"/acme/runs/{run.pk}/" in body


def test_the_mail_is_sent_again_where_no_server_took_it(accountant: Membership) -> None:
    run = run_of(schedule_of(accountant), accountant)
    InvoicingRun.objects.update(reported_at=None, told_to=[])
    mail.outbox.clear()
    with server(on_open=ConnectionRefusedError()), pytest.raises(ConnectionRefusedError):
        mail_report(current_tenant_id(), run.pk)
    mail_report(current_tenant_id(), run.pk)
    assert len(mail.outbox) == 1
    assert "There was no open work." in str(mail.outbox[0].body)


class Moody(Server):
    """Takes what is for some, and says of others what the test says."""

    answers: ClassVar[dict[str, Exception]] = {}
    given: ClassVar[list[str]] = []

    def send_messages(self, messages: Any) -> int:
        [message] = messages
        self.given.append(message.to[0])
        if (answer := self.answers.get(message.to[0])) is not None:
            raise answer
        return 1


@pytest.mark.parametrize(
    ("answer", "is_repeated"),
    [
        (smtplib.SMTPResponseException(451, b"later"), True),
        (smtplib.SMTPResponseException(550, b"no such person"), False),
        # It may have left, and nobody gets it twice.
        (smtplib.SMTPServerDisconnected("gone"), False),
    ],
)
def test_each_reader_is_told_once_whatever_becomes_of_the_others(
    answer: Exception,
    is_repeated: bool,
    accountant: Membership,
    owner: Membership,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    third = MembershipFactory(role=Role.OWNER, user__email="third@example.com")
    run = run_of(schedule_of(accountant), accountant)
    InvoicingRun.objects.update(reported_at=None, told_to=[])
    Membership.objects.filter(pk=accountant.pk).update(is_active=False)
    Moody.given.clear()
    monkeypatch.setattr(Moody, "answers", {"third@example.com": answer})
    monkeypatch.setattr(MailersHandler, "default", Moody(alias="default"))

    if is_repeated:
        with pytest.raises(OSError, match="not taken for everybody"):
            mail_report(current_tenant_id(), run.pk)
        run.refresh_from_db()
        assert (run.told_to, run.reported_at) == ([owner.user_id], None)
        monkeypatch.setattr(Moody, "answers", {})
    for _time in range(2):
        mail_report(current_tenant_id(), run.pk)

    asked = ["owner@example.com", *["third@example.com"] * (1 + is_repeated)]
    assert Moody.given == asked
    run.refresh_from_db()
    assert set(run.told_to) == {owner.user_id, third.user_id}
    assert run.reported_at is not None


def test_a_run_that_is_tried_again_is_told_of_again(
    accountant: Membership,
) -> None:
    customer_with_hours("Aava", street="")
    customer_with_hours("Besk")
    run = run_of(schedule_of(accountant, result="post"), accountant)
    mail_report(current_tenant_id(), run.pk)
    mail.outbox.clear()
    Customer.objects.update(street="Katu 1")
    assert accountant.user is not None
    retry_failed(run, actor=accountant.user)
    done(run)

    mail_report(current_tenant_id(), run.pk)

    assert [message.subject for message in mail.outbox] == [
        "Monthly invoices, October 2026: 2 made"
    ]


def test_late_work_is_told_on_the_page_and_in_the_mail(
    office: Client, accountant: Membership
) -> None:
    customer_with_hours("Aava", day=date(2026, 9, 30))
    run = run_of(schedule_of(accountant), accountant)

    page = text(office.get(f"/acme/runs/{run.pk}/"))
    # Of the run, and of the customer.
    assert page.count("1 entry of earlier periods") == 2
    mail_report(current_tenant_id(), run.pk)
    assert "Entries of earlier periods: 1" in str(mail.outbox[0].body)


def test_the_form_tells_when_a_run_that_is_due_will_run(
    office: Client, accountant: Membership
) -> None:
    schedule = schedule_of(accountant)
    Schedule.objects.update(
        next_date=date(2026, 9, 1), next_run_at=datetime(2026, 9, 1, 3, tzinfo=UTC)
    )
    address = f"/acme/schedules/{schedule.pk}/"
    assert "Tue 2026-09-01 06:00" in text(office.get(address))
    assert "Tue 2026-09-01 06:00" in text(office.get(f"{address}edit/"))
    changed = {**FORM, "schedule": schedule.pk, "month_day": "15", "working_days": "none"}
    assert "Tue 2026-09-15 06:00" in text(office.post(f"{LIST}preview/", changed))


@pytest.mark.parametrize("name", ["schedule", "add_customer", "customers"])
def test_a_preview_of_what_cannot_be_goes_without_it(office: Client, name: str) -> None:
    answer = office.post(f"{LIST}preview/", {**FORM, name: "9" * 5000})
    assert answer.status_code == 200


def test_somebody_hears_of_it_where_the_author_left(
    accountant: Membership, owner: Membership
) -> None:
    from invoicing.domain.schedules.starting import start_due

    schedule_of(accountant)
    Membership.objects.filter(pk=accountant.pk).update(is_active=False)
    [run] = start_due(now=datetime(2026, 12, 1, 5, tzinfo=UTC))
    mail_report(current_tenant_id(), run.pk)

    [message] = mail.outbox
    assert message.to == ["owner@example.com"]
    assert message.subject == "Monthly invoices did not run"
    assert "who may not do this any more" in str(message.body)


def test_a_trial_is_told_to_nobody(accountant: Membership) -> None:
    run = run_of(schedule_of(accountant), accountant, is_trial=True)
    mail_report(current_tenant_id(), run.pk)
    assert mail.outbox == []
