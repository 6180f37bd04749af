"""Rates: adding, changing, ending, removing, which one applies; who may."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import (
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    RateFactory,
    TaskFactory,
)
from timesheets import errors
from timesheets.domain.rate_changes import add_rate, change_rate, remove_rate
from timesheets.domain.rates import RateBook
from timesheets.models import Rate, RateLevel
from timesheets.selectors.rates import explain_rate

type SignIn = Callable[[Membership], Client]
HOME = "/acme/rates/"
HTMX = {"HX-Request": "true"}
NEW_YEAR = date(2027, 1, 1)


@pytest.fixture
def client_of(signed_in: SignIn, accountant: Membership) -> Client:
    return signed_in(accountant)


def page(client: Client, url: str = HOME, status: int = 200, **more: Any) -> str:
    response = client.get(url, **more)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def post(client: Client, **values: Any) -> Any:
    data = {"level": "tenant", "amount": "95", "currency": "EUR", **values}
    return client.post(f"{HOME}new/", data)


@pytest.mark.parametrize(
    ("typed", "amount"), [("95", "95"), ("95,50", "95.50"), ("1 095.1234", "1095.1234"), ("0", "0")]
)
def test_a_rate_is_added_as_typed(client_of: Client, typed: str, amount: str) -> None:
    assert post(client_of, amount=typed).status_code == 302
    assert Rate.objects.get().amount == Decimal(amount)
    assert AuditEntry.objects.get(action="rate.added").detail["currency"] == "EUR"


def test_every_level_can_have_one(client_of: Client) -> None:
    customer = CustomerFactory()
    project, task = ProjectFactory(customer=customer), TaskFactory()
    member = MembershipFactory()
    ids = {
        "customer": customer.pk,
        "project": project.pk,
        "task": task.pk,
        "member": member.pk,
    }
    levels = ("tenant", "member", "customer", "project", "task", "project_member")
    for number, level in enumerate(levels):
        # Fields that another level left behind do not count.
        assert post(client_of, level=level, amount=str(number), **ids).status_code == 302
    found = []
    for expected in reversed(levels):
        rate = RateBook.load().find(
            member_id=member.pk,
            project_id=project.pk,
            customer_id=customer.pk,
            task_id=task.pk,
            currency="EUR",
            day=NEW_YEAR,
        )
        found.append(rate.level.value)
        Rate.objects.filter(amount=rate.amount).delete()
        assert rate.level == expected
    text = page(client_of)
    assert "No rates yet" in text


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"amount": "95.12345"}, "no more than 4 decimal places"),
        ({"amount": "-1"}, "greater than or equal to 0"),
        ({"amount": "dear"}, "Enter a number"),
        ({"amount": ""}, "“Rate per hour” is empty. Fill it in."),
        ({"amount": "NaN"}, "Enter a number"),
        ({"amount": "1" * 12}, "digits"),
        ({"currency": "XXX"}, "Select a valid choice"),
        ({"level": "galaxy"}, "Select a valid choice"),
        ({"level": "project"}, "Choose one: the rate is for it."),
        ({"level": "project", "project": "999999"}, "Select a valid choice"),
        ({"level": "member", "member": "x"}, "Select a valid choice"),
        ({"start_date": "2027-02-01", "end_date": "2027-01-01"}, "The last day lies before"),
        ({"start_date": "31.2."}, "Enter a valid date"),
    ],
)
def test_bad_input_is_answered_by_its_field(
    client_of: Client, values: dict[str, str], sentence: str
) -> None:
    response = post(client_of, **values)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert Rate.objects.count() == 0


def test_another_tenants_project_cannot_be_named(
    client_of: Client, tenant: Tenant, other_tenant: Tenant
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL app.tenant_id = '{other_tenant.pk}'")
        customer = CustomerFactory(tenant=other_tenant)
        rate = RateFactory(tenant=other_tenant, customer=customer)
        cursor.execute(f"SET LOCAL app.tenant_id = '{tenant.pk}'")
    assert post(client_of, level="customer", customer=customer.pk).status_code == 422
    assert client_of.get(f"{HOME}{rate.pk}/").status_code == 404
    assert client_of.post(f"{HOME}{rate.pk}/remove/").status_code == 404
    assert client_of.get(f"{HOME}customers/{customer.pk}/").status_code == 404
    assert client_of.get(f"{HOME}?customer={customer.pk}").status_code == 422


def test_a_new_price_from_a_day_on_can_end_the_present_one(client_of: Client) -> None:
    RateFactory(amount=Decimal("95"))
    values = {"amount": "99", "start_date": "2027-01-01"}
    refused = post(client_of, **values)
    assert refused.status_code == 422
    text = refused.content.decode()
    assert "There is a rate of €95.00 for this already (at all times)." in text
    assert 'name="end_other"' in text
    assert Rate.objects.count() == 1

    assert post(client_of, **values, end_other="on").status_code == 302
    rates = Rate.objects.order_by("amount").values_list("amount", "start_date", "end_date")
    assert list(rates) == [
        (Decimal("95"), None, date(2026, 12, 31)),
        (Decimal("99"), NEW_YEAR, None),
    ]
    assert AuditEntry.objects.filter(action="rate.changed").count() == 1


@pytest.mark.parametrize(
    ("start", "end"),
    [(None, None), (None, NEW_YEAR), (NEW_YEAR, NEW_YEAR), (date(2026, 6, 1), NEW_YEAR)],
)
def test_days_that_overlap_otherwise_are_only_refused(
    accountant: Membership, start: date | None, end: date | None
) -> None:
    RateFactory(start_date=date(2026, 6, 1))
    with pytest.raises(errors.RateOverlaps, match="from 2026-06-01"):
        add_rate(
            actor=accountant,
            amount=Decimal("1"),
            currency="EUR",
            start_date=start,
            end_date=end,
            end_other=True,
        )
    assert Rate.objects.count() == 1


def test_a_rate_in_a_currency_the_customer_is_not_billed_in(client_of: Client) -> None:
    customer = CustomerFactory(name="Svea AB", currency="SEK")
    response = post(client_of, level="customer", customer=customer.pk)
    assert response.status_code == 422
    assert "Svea AB is billed in SEK" in response.content.decode()


def test_changing_and_ending_a_rate(client_of: Client) -> None:
    rate = RateFactory(amount=Decimal("95.5"))
    form = page(client_of, f"{HOME}{rate.pk}/?end")
    assert 'value="95.50"' in form
    assert f'value="{timezone.localdate().isoformat()}"' in form

    done = client_of.post(
        f"{HOME}{rate.pk}/", {"amount": "97", "end_date": "2027-01-01"}, headers=HTMX
    )
    assert (done.status_code, "list:changed" in done["HX-Trigger"]) == (204, True)
    rate.refresh_from_db()
    assert (rate.amount, rate.end_date) == (Decimal("97"), NEW_YEAR)
    logged = AuditEntry.objects.get(action="rate.changed")
    assert logged.detail["changes"]["amount"] == ["95.5000", "97"]

    RateFactory(start_date=NEW_YEAR + timedelta(days=1))
    refused = client_of.post(f"{HOME}{rate.pk}/", {"amount": "97", "end_date": ""})
    assert refused.status_code == 422
    assert "There is a rate of €100.00 for this already" in refused.content.decode()


def test_removing_a_rate_leaves_the_hours(client_of: Client) -> None:
    rate = RateFactory()
    response = client_of.post(f"{HOME}{rate.pk}/remove/", headers=HTMX)
    toast = json.loads(response["HX-Trigger"])["toasts"]["toasts"][0]["text"]
    assert toast == "The rate of €100.00 is removed."
    assert Rate.objects.count() == 0
    assert AuditEntry.objects.get(action="rate.removed").object_id == rate.pk
    assert client_of.post(f"{HOME}{rate.pk}/remove/").status_code == 404


def test_only_those_who_set_rates_get_in(
    manager: Membership, member: Membership, auditor: Membership, signed_in: SignIn
) -> None:
    rate = RateFactory()
    project = ProjectFactory(manager=manager)
    paths = (
        "", "export.csv", "new/", "which/", f"{rate.pk}/",
        f"customers/{project.customer_id}/", f"projects/{project.pk}/",
    )  # fmt: skip
    for person in (manager, member, auditor):
        client = signed_in(person)
        for path in paths:
            assert client.get(HOME + path).status_code == 403, (person, path)
        assert client.post(f"{HOME}new/", {}).status_code == 403
        assert client.post(f"{HOME}{rate.pk}/remove/").status_code == 403
        for refused in (
            lambda person=person: add_rate(actor=person, amount=Decimal(1), currency="EUR"),
            lambda person=person: remove_rate(rate.pk, actor=person),
            lambda person=person: change_rate(
                rate.pk, actor=person, amount=Decimal(1), start_date=None, end_date=None
            ),
        ):
            with pytest.raises(errors.RatesNotYours):
                refused()
    assert Rate.objects.get() == rate


def test_filters(client_of: Client) -> None:
    today = timezone.localdate()
    anna = MembershipFactory(name="Anna Aalto")
    web = ProjectFactory(name="Web shop", customer=CustomerFactory(name="Brahe Oy"))
    RateFactory(amount=Decimal("1111"), member=anna)
    RateFactory(amount=Decimal("2222"), project=web)
    RateFactory(amount=Decimal("3333"), project=web, member=anna)
    RateFactory(amount=Decimal("4444"), task=TaskFactory(project=web))
    RateFactory(amount=Decimal("5555"), customer=web.customer)
    RateFactory(amount=Decimal("6666"), end_date=today - timedelta(days=1))
    RateFactory(amount=Decimal("7777"), start_date=today + timedelta(days=1))

    def shown(query: str) -> str:
        text = page(client_of, f"{HOME}?{query}", headers=HTMX)
        return "".join(d for d in "1234567" if f"{d},{d * 3}.00" in text)

    assert shown("") == "123457"
    assert shown("when=ended") == "6"
    assert shown("when=coming") == "7"
    assert shown("when=all") == "1234567"
    assert shown("level=project_member") == "3"
    assert shown("level=tenant") == "7"
    assert shown(f"person={anna.pk}") == "13"
    assert shown(f"project={web.pk}") == "234"
    assert shown(f"customer={web.customer_id}") == "2345"
    assert shown("q=brahe") == "2345"
    assert shown("q=brahe+aalto") == "3"
    assert page(client_of, f"{HOME}?level=x", status=422)
    for path in (f"customers/{web.customer_id}/", f"projects/{web.pk}/"):
        assert "2,222.00" in page(client_of, HOME + path, headers=HTMX)
    csv = b"".join(client_of.get(f"{HOME}export.csv?when=all").streaming_content).decode()  # type: ignore[attr-defined]
    assert "Project member;Brahe Oy;Web shop;;Anna Aalto;3333,0000;EUR;;" in csv
    assert client_of.get(f"{HOME}export.xlsx").content[:2] == b"PK"


def test_the_number_of_queries_stands(client_of: Client) -> None:
    counts = []
    for number in (1, 6):
        for _ in range(number):
            RateFactory(project=ProjectFactory(), member=MembershipFactory())
            RateFactory(task=TaskFactory(project=ProjectFactory()))
        with CaptureQueriesContext(connection) as queries:
            page(client_of)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_why_a_rate_applies(client_of: Client, member: Membership) -> None:
    project = ProjectFactory(name="Web shop")
    RateFactory(amount=Decimal("80"))
    RateFactory(amount=Decimal("85"), member=member)
    RateFactory(amount=Decimal("90"), project=project, end_date=date(2026, 12, 31))
    RateFactory(amount=Decimal("900"), customer=project.customer, currency="SEK")

    def explained(day: date) -> Any:
        return explain_rate(member=member, project=project, task=None, day=day)

    assert explained(date(2026, 12, 31)).winner.level == RateLevel.PROJECT
    later = explained(NEW_YEAR)
    assert (later.winner.level, later.amount) == (RateLevel.MEMBER, Decimal("85"))
    by_level = {step.level: step for step in later.steps}
    assert [rate.amount for rate in by_level[RateLevel.PROJECT].other_days] == [Decimal("90")]
    assert len(by_level[RateLevel.CUSTOMER].other_currency) == 1
    assert by_level[RateLevel.TENANT].rate is not None

    query = f"member={member.pk}&project={project.pk}&day=2027-01-01"
    text = page(client_of, f"{HOME}which/?{query}")
    assert text.rindex("€85.00") > text.index("the customer is billed in EUR") > 0
    assert "not on this day" in text
    assert "applies" in text
    for bad in ("day=soon", "day=2027-01-01", "day=2027-01-01&member=x&project=y"):
        assert client_of.get(f"{HOME}which/?project={project.pk}&{bad}").status_code == 422
    other = TaskFactory(project=ProjectFactory())
    assert "This task belongs to another project." in page(
        client_of, f"{HOME}which/?{query}&task={other.pk}", status=422
    )


def test_what_is_explained_is_what_the_book_finds(member: Membership) -> None:
    project, task = ProjectFactory(), TaskFactory()
    levels: list[dict[str, Any]] = [
        {}, {"member": member}, {"customer": project.customer}, {"project": project},
        {"task": task}, {"project": project, "member": member},
    ]  # fmt: skip
    for number, named in enumerate(levels):
        RateFactory(amount=Decimal(number), start_date=NEW_YEAR + timedelta(days=number), **named)
    for number in range(-1, 7):
        day = NEW_YEAR + timedelta(days=number)
        explained = explain_rate(member=member, project=project, task=task, day=day)
        found = RateBook.load().find(
            member_id=member.pk,
            project_id=project.pk,
            customer_id=project.customer_id,
            task_id=task.pk,
            currency="EUR",
            day=day,
        )
        assert explained.amount == found.amount
        assert (explained.winner.level if explained.winner else RateLevel.NONE) == found.level
