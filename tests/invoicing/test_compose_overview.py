"""Hours on their way to an invoice, first step: the three shares, ticks, what is made billable."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import Customer
from invoicing.models import Composition
from invoicing.selectors import composing
from invoicing.selectors.composing import By, Share
from tenants.models import AuditEntry, Membership
from tests.factories import (
    ChargeFactory,
    CustomerFactory,
    HoursLockFactory,
    MembershipFactory,
    ProjectFactory,
    TaskFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from tests.invoicing.drafts import drafted
from timesheets.models import BillingState, Charge, TimeEntry

SignIn = Callable[[Membership], Client]
START = "/acme/compose/"
OCTOBER = "start=2026-10-01&end=2026-10-31"
HTMX = {"HX-Request": "true"}
MOST_QUERIES = 12


@pytest.fixture(autouse=True)
def _rates(tenant: Any) -> None:
    TaxRateFactory()


@pytest.fixture
def customer(tenant: Any) -> Customer:
    return CustomerFactory(name="Satama Oy")


def work(customer: Customer, **fields: Any) -> TimeEntry:
    fields.setdefault("project", None)
    fields["project"] = fields["project"] or ProjectFactory(customer=customer)
    return TimeEntryFactory(**fields)


def begun(client: Client, query: str = OCTOBER, **post: Any) -> Composition:
    response = client.post(f"{START}?{query}", post)
    assert response.status_code == 302, response.content
    found: Composition = Composition.objects.latest("pk")
    assert response["Location"] == f"{START}{found.pk}/"
    return found


def looked(client: Client, composition: Composition) -> None:
    response = client.post(f"{START}{composition.pk}/look/", headers=HTMX)
    assert response.status_code == 200


def seen(
    composition: Composition,
    reader: Membership,
    shown: Share = Share.BILLABLE,
    by: By = By.PROJECT,
) -> composing.Overview:
    composition.refresh_from_db()
    return composing.overview(composition, reader, shown=shown, by=by)


def figures(found: composing.Overview) -> dict[str, tuple[int, int, Decimal]]:
    return {
        share.value: (group.part.count, group.part.minutes, group.amount)
        for share, group in found.shares.items()
    }


def test_the_shares_stand_side_by_side_with_their_sums(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    project = ProjectFactory(customer=customer, name="Web shop")
    work(customer, project=project, minutes=90)
    work(customer, project=project, minutes=20, rate=Decimal("99.99"))
    work(customer, project=project, minutes=30, is_billable=False)
    billed = work(customer, project=project, minutes=120, work_date=date(2026, 10, 2))
    TimeEntry.objects.filter(pk=billed.pk).update(
        billing_state=BillingState.BILLED, billing_note="Old program, 1234"
    )
    work(customer, project=project, work_date=date(2026, 9, 30))  # not of October

    client = signed_in(accountant)
    composition = begun(client)
    assert figures(seen(composition, accountant)) == {
        "billable": (2, 110, Decimal("183.33")),
        "not-billable": (1, 30, Decimal("50.00")),
        "settled": (1, 120, Decimal("200.00")),
    }
    page = client.get(f"{START}{composition.pk}/").content.decode()
    assert "€183.33" in page
    assert "1:50 h · " in re.sub(r"\s+", " ", page)
    assert "Web shop" in page
    settled = client.get(
        f"{START}{composition.pk}/entries/?share=settled&by=project&group={project.pk}"
    )
    assert "Old program, 1234" in settled.content.decode()


def test_entries_on_a_draft_name_it_with_a_link(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    taken, still_open = work(customer), work(customer)
    draft = drafted(taken)
    client = signed_in(accountant)
    composition = begun(client)
    url = f"{START}{composition.pk}/entries/?share=settled&by=project&group={taken.project_id}"
    page = client.get(url).content.decode()
    assert f'href="/acme/invoices/{draft.pk}/"' in page
    assert f"Draft {draft.pk}" in page
    assert seen(composition, accountant).ticked.part.count == 1
    assert still_open.billing_state == BillingState.OPEN


@pytest.mark.parametrize(
    ("by", "titles"),
    [
        (By.PROJECT, ["Ahti", "Web shop"]),
        (By.PERSON, ["Anna", "Bo"]),
        (By.TASK, ["Design", "Without a task"]),
        (By.DAY, ["Mon 2026-10-05", "Wed 2026-11-04"]),
        (By.WEEK, ["Week 41/2026", "Week 45/2026"]),
        (By.MONTH, ["October 2026", "November 2026"]),
    ],
)
def test_entries_are_grouped_as_asked_and_each_row_opens_to_its_own(
    customer: Customer, accountant: Membership, signed_in: SignIn, by: By, titles: list[str]
) -> None:
    work(
        customer,
        project=ProjectFactory(customer=customer, name="Web shop"),
        member=MembershipFactory(name="Anna"),
        task=TaskFactory(name="Design"),
        description="First piece",
    )
    work(
        customer,
        project=ProjectFactory(customer=customer, name="Ahti"),
        member=MembershipFactory(name="Bo"),
        work_date=date(2026, 11, 4),
        description="Second piece",
    )
    client = signed_in(accountant)
    composition = begun(client, "start=2026-10-01&end=2026-11-30")
    groups = seen(composition, accountant, by=by).groups
    assert [group.title for group in groups] == titles
    texts = [
        client.get(
            f"{START}{composition.pk}/entries/?by={by}&group={group.key}", headers=HTMX
        ).content.decode()
        for group in groups
    ]
    assert sorted("First piece" in text for text in texts) == [False, True]
    assert sorted("Second piece" in text for text in texts) == [False, True]
    assert all("<html" not in text for text in texts)


@pytest.mark.parametrize("key", ["", "abc", "99999999", "2026-13-01", "9" * 30, "none"])
@pytest.mark.parametrize("by", [By.PROJECT, By.WEEK])
def test_a_row_that_is_not_there_is_empty(
    customer: Customer, accountant: Membership, signed_in: SignIn, by: By, key: str
) -> None:
    work(customer)
    client = signed_in(accountant)
    composition = begun(client)
    response = client.get(f"{START}{composition.pk}/entries/?by={by}&group={key}")
    assert response.status_code == 200
    assert "data-tick-entry" not in response.content.decode()


def test_an_entry_a_row_and_everything_are_ticked_out_and_in(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    project = ProjectFactory(customer=customer)
    first, second = (work(customer, project=project) for _n in range(2))
    other = work(customer)
    client = signed_in(accountant)
    composition = begun(client)
    tick = f"{START}{composition.pk}/tick/?by=project"

    def out(query: str, **post: str) -> set[int]:
        response = client.post(f"{tick}{query}", post, headers=HTMX)
        assert response.status_code == 200
        composition.refresh_from_db()
        return set(composition.excluded)

    one = f"&group={project.pk}"
    assert out(f"{one}&entry={first.pk}") == {first.pk}
    assert seen(composition, accountant).ticked.part.ticked_minutes == 120
    assert out(one) == {first.pk, second.pk}
    assert out("") == {first.pk, second.pk, other.pk}
    assert out(f"{one}&entry={second.pk}", on="1") == {first.pk, other.pk}
    assert out("", on="1") == set()


def test_a_tick_answers_with_the_figures_only(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    entry = work(customer)
    work(customer, project=entry.project)
    client = signed_in(accountant)
    composition = begun(client)
    url = f"{START}{composition.pk}/tick/?by=project&group={entry.project_id}&entry={entry.pk}"
    answer = client.post(url, headers=HTMX).content.decode()
    assert 'id="compose-shares"' in answer
    assert 'id="compose-bar"' in answer
    assert f'id="entries-{entry.project_id}"' in answer
    assert 'data-ticked="1" data-all="2"' in answer
    assert answer.count("hx-swap-oob") == 6
    plain = client.post(url, {"on": "1"})
    assert plain["Location"] == f"{START}{composition.pk}/"


def test_an_entry_that_is_not_in_the_selection_cannot_be_ticked(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    entry = work(customer)
    stranger = work(CustomerFactory())
    client = signed_in(accountant)
    composition = begun(client, f"{OCTOBER}&customer={customer.pk}")
    for asked in (stranger.pk, "x", "99999999999999999999"):
        url = f"{START}{composition.pk}/tick/?group={entry.project_id}&entry={asked}"
        client.post(url, headers=HTMX)
    composition.refresh_from_db()
    assert composition.excluded == []


def test_hours_are_made_billable_on_the_spot(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    project = ProjectFactory(customer=customer)
    work(customer, project=project)
    entries = [work(customer, project=project, is_billable=False) for _n in range(3)]
    client = signed_in(accountant)
    composition = begun(client)
    url = f"{START}{composition.pk}/billable/?share=not-billable&by=project&group={project.pk}"
    answer = client.post(f"{url}&entry={entries[0].pk}", headers=HTMX)
    assert answer.status_code == 200
    assert 'id="overview"' in answer.content.decode()
    assert seen(composition, accountant).ticked.part.ticked == 2
    assert client.post(url)["Location"] == f"{START}{composition.pk}/"
    assert seen(composition, accountant).ticked.part.ticked == 4
    assert AuditEntry.objects.filter(action="hours.made_billable").count() == 3


def test_making_billable_what_is_billable_already_is_refused(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    entry = work(customer)
    client = signed_in(accountant)
    composition = begun(client)
    url = f"{START}{composition.pk}/billable/?share=not-billable&group={entry.project_id}"
    answer = client.post(url, headers=HTMX)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()


def test_a_managers_right_to_make_hours_billable_follows_from_the_role(
    customer: Customer, manager: Membership, signed_in: SignIn
) -> None:
    project = ProjectFactory(customer=customer, manager=manager)
    entry = work(customer, project=project, is_billable=False)
    client = signed_in(manager)
    composition = begun(client)
    url = f"{START}{composition.pk}/billable/?share=not-billable&group={project.pk}"
    assert client.post(url, headers=HTMX).status_code == 200
    entry.refresh_from_db()
    assert entry.is_billable


def test_of_several_customers_one_is_chosen(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    work(customer, minutes=90)
    brahe = CustomerFactory(name="Brahe Oy", currency="SEK")
    work(brahe, minutes=30)
    work(CustomerFactory(name="Cygnaeus Oy"), is_billable=False)
    client = signed_in(accountant)
    composition = begun(client)
    assert composition.customer is None
    page = client.get(f"{START}{composition.pk}/").content.decode()
    places = [page.index(name) for name in ("Brahe Oy", "Satama Oy", "Cygnaeus Oy")]
    assert places == sorted(places)
    assert "€150.00" in page
    assert "SEK\xa050.00" in page

    choose = f"{START}{composition.pk}/customer/"
    client.post(choose, {"customer": brahe.pk})
    page = client.get(f"{START}{composition.pk}/").content.decode()
    assert "SEK\xa050.00" in page
    assert "€150.00" not in page
    client.post(choose, {"customer": ""})
    composition.refresh_from_db()
    assert composition.customer is None


def test_the_only_customer_with_open_hours_is_chosen_at_once(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    work(customer)
    work(CustomerFactory(), is_billable=False)
    assert begun(signed_in(accountant)).customer == customer


def test_ticked_hours_are_exactly_those(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    first = work(customer, work_date=date(2026, 8, 1))
    second = work(customer, work_date=date(2026, 9, 1))
    work(customer)
    composition = begun(signed_in(accountant), OCTOBER, ticked="1", pk=[first.pk, second.pk, "x"])
    assert QueryDict(composition.query).getlist("pk") == [str(first.pk), str(second.pk)]
    assert seen(composition, accountant).ticked.part.count == 2


def test_from_a_customers_page_all_open_hours_are_taken(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    work(customer, work_date=date(2025, 12, 30))
    work(customer, work_date=date(2026, 10, 8))
    work(customer, work_date=date(2024, 1, 1), is_billable=False)
    client = signed_in(accountant)
    page = client.get(f"/acme/customers/{customer.pk}/").content.decode()
    assert f'action="/acme/compose/?since=open&amp;customer={customer.pk}"' in page
    composition = begun(client, f"since=open&customer={customer.pk}")
    query = QueryDict(composition.query)
    assert (query["start"], query["end"]) == ("2025-12-30", "2026-10-08")
    assert figures(seen(composition, accountant))["not-billable"][0] == 0
    project = TimeEntry.objects.earliest("pk").project
    page = client.get(f"/acme/projects/{project.pk}/").content.decode()
    assert f'action="/acme/compose/?since=open&amp;project={project.pk}"' in page


def test_without_days_the_month_it_was_begun_in_stays(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    today = timezone.localdate()
    work(customer, work_date=today)
    composition = begun(signed_in(accountant), f"customer={customer.pk}")
    assert QueryDict(composition.query)["start"] == today.replace(day=1).isoformat()


def test_a_row_of_ready_to_invoice_leads_here(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    entry = work(customer)
    client = signed_in(accountant)
    lines = client.get(f"/acme/ready/p{entry.project_id}/?{OCTOBER}").content.decode()
    action = f"/acme/compose/?{OCTOBER}&project={entry.project_id}".replace("&", "&amp;")
    assert f'formaction="{action}"' in lines
    assert 'id="compose-start"' in lines
    assert 'id="compose-start"' in client.get(f"/acme/ready/?{OCTOBER}").content.decode()


def test_nothing_to_invoice_leads_back(accountant: Membership, signed_in: SignIn) -> None:
    response = signed_in(accountant).post(f"{START}?{OCTOBER}", follow=True)
    assert response.redirect_chain == [("/acme/hours/entries/", 302)]
    assert "There is nothing among these that you may invoice." in response.content.decode()
    assert not Composition.objects.exists()


def test_a_manager_has_the_hours_of_their_own_projects(
    customer: Customer, manager: Membership, signed_in: SignIn
) -> None:
    own = work(customer, project=ProjectFactory(customer=customer, manager=manager))
    work(customer, member=manager)  # their own work, on somebody else's project
    composition = begun(signed_in(manager))
    found = seen(composition, manager)
    assert [group.key for group in found.groups] == [str(own.project_id)]
    assert found.ticked.part.count == 1


def test_what_came_since_is_told_and_taken_in_by_looking_again(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    first = work(customer)
    client = signed_in(accountant)
    composition = begun(client)
    work(customer, project=first.project, minutes=30)
    url = f"{START}{composition.pk}/"
    page = " ".join(client.get(url).content.decode().split())
    assert "1 entry is new since you looked." in page
    assert seen(composition, accountant).ticked.part.ticked_minutes == 60
    looked(client, composition)
    assert seen(composition, accountant).ticked.part.ticked_minutes == 90
    assert "since you looked" not in client.get(url).content.decode()
    assert client.post(f"{url}look/")["Location"] == url


@pytest.mark.parametrize("role", ["member", "auditor"])
def test_those_who_make_no_drafts_do_not_begin(
    role: str, request: Any, customer: Customer, signed_in: SignIn
) -> None:
    work(customer)
    client = signed_in(request.getfixturevalue(role))
    assert client.post(f"{START}?{OCTOBER}").status_code == 403
    if role == "auditor":
        assert (
            "/acme/compose/" not in client.get(f"/acme/customers/{customer.pk}/").content.decode()
        )


def test_everybody_has_their_own_selections(
    customer: Customer, accountant: Membership, owner: Membership, signed_in: SignIn
) -> None:
    work(customer)
    composition = begun(signed_in(accountant))
    client = signed_in(owner)
    for part in ("", "entries/", "lines/"):
        assert client.get(f"{START}{composition.pk}/{part}").status_code == 404
    for part in ("tick/", "customer/", "billable/", "look/", "preview/", "lines/", "each/"):
        assert client.post(f"{START}{composition.pk}/{part}").status_code == 404


@pytest.mark.parametrize("entries", [1, 100])
def test_no_page_asks_more_for_more_entries(
    customer: Customer, accountant: Membership, signed_in: SignIn, entries: int
) -> None:
    project = ProjectFactory(customer=customer)
    people = [MembershipFactory() for _n in range(3)]
    for number in range(entries):
        work(customer, project=project, member=people[number % 3])
        ChargeFactory(project=project, charge_date=date(2026, 10, 3))
    client = signed_in(accountant)
    composition = begun(client)
    base = f"{START}{composition.pk}/"
    for url in (base, f"{base}?share=settled&by=task", f"{base}entries/?group={project.pk}"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        assert len(queries) <= MOST_QUERIES, (url, len(queries))
    with CaptureQueriesContext(connection) as queries:
        client.post(f"{base}tick/?group={project.pk}", headers=HTMX)
    assert len(queries) <= MOST_QUERIES


def test_charges_stand_beside_hours_and_are_ticked_alike(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    project = ProjectFactory(customer=customer, name="Roof")
    work(customer, project=project)
    day = date(2026, 10, 5)
    hotel = ChargeFactory(project=project, text="Hotel", unit_price=Decimal(90), charge_date=day)
    loose = ChargeFactory(customer=customer, text="Screws", unit_price=Decimal(5), charge_date=day)
    ChargeFactory(project=project, text="A gift", is_billable=False, charge_date=day)
    ChargeFactory(customer=customer, text="In November", charge_date=date(2026, 11, 1))
    client = signed_in(accountant)
    composition = begun(client)
    base = f"{START}{composition.pk}/"

    page = client.get(base)
    shares = page.context["overview"].shares
    assert (shares["billable"].part.entries, shares["billable"].part.charges) == (1, 2)
    assert (shares["not-billable"].part.charges, shares["settled"].part.count) == (1, 0)
    assert {group.title for group in page.context["overview"].groups} == {
        "Roof",
        "Without a project",
    }
    inside = client.get(f"{base}entries/?group={project.pk}").content.decode()
    assert "Hotel" in inside
    assert "Screws" not in inside
    assert "Screws" in client.get(f"{base}entries/?group=none").content.decode()
    client.post(f"{base}tick/?charge={loose.pk}")
    composition.refresh_from_db()
    assert composition.excluded == [-loose.pk]
    client.post(f"{base}tick/?group=charges&by=task")
    composition.refresh_from_db()
    assert set(composition.excluded) == {-hotel.pk, -loose.pk}
    client.post(f"{base}billable/?group={project.pk}&share=not-billable")
    assert Charge.objects.filter(is_billable=False).count() == 0


def test_ticked_charges_are_invoiced_from_their_list(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    wanted, other = ChargeFactory.create_batch(2, customer=customer, text="Train")
    work(customer)
    composition = begun(signed_in(accountant), "of=charges", ticked="1", pk=[str(wanted.pk)])

    assert composition.keys == [-wanted.pk]
    assert composition.customer == customer
    found = begun(signed_in(accountant), f"of=charges&customer={customer.pk}&kind=expense")
    assert found.keys == sorted([-wanted.pk, -other.pk], reverse=True)


@pytest.mark.parametrize("query", ["q=roof", "state=locked", "task=1"])
def test_what_only_hours_have_finds_no_charges(
    customer: Customer, accountant: Membership, signed_in: SignIn, query: str
) -> None:
    project = ProjectFactory(customer=customer, name="Roof")
    entry = work(customer, project=project, task=TaskFactory(project=project))
    HoursLockFactory(member=entry.member)
    ChargeFactory(project=project, charge_date=date(2026, 10, 5))
    asked = query.replace("task=1", f"task={entry.task_id}")
    assert begun(signed_in(accountant), f"{OCTOBER}&{asked}").keys == [entry.pk]


def test_a_managers_selection_has_charges_of_their_projects_only(
    customer: Customer, manager: Membership, signed_in: SignIn
) -> None:
    day = date(2026, 10, 5)
    own = ChargeFactory(project=ProjectFactory(customer=customer, manager=manager), charge_date=day)
    ChargeFactory(project=ProjectFactory(customer=customer), charge_date=day)
    ChargeFactory(customer=customer, charge_date=day)
    assert begun(signed_in(manager)).keys == [-own.pk]
