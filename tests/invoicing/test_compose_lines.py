"""Hours on their way to an invoice, second step: choices, the lines they make, the draft."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from invoicing.domain.draft_work import add_work
from invoicing.models import Addition, Composition, Invoice
from tenants.models import Membership, Tenant
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
from tests.invoicing.drafts import blank, drafted
from timesheets.models import BillingState, TimeEntry

SignIn = Callable[[Membership], Client]
START = "/acme/compose/"
OCTOBER = "start=2026-10-01&end=2026-10-31"
HTMX = {"HX-Request": "true"}
STANDARD = {"draft": "new", "level": "sum", "first": "project", "second": "person"}
# Six are every page's; the rest read selection, hours, charges, projects, tax rates and drafts.
MOST_QUERIES = 12


@pytest.fixture(autouse=True)
def _rates(tenant: Tenant) -> None:
    TaxRateFactory()


@pytest.fixture
def customer(tenant: Tenant) -> Customer:
    return CustomerFactory(name="Satama Oy", language="en")


@pytest.fixture
def anna(tenant: Tenant) -> Membership:
    return MembershipFactory(name="Anna", user=None)


def work(customer: Customer, **fields: Any) -> TimeEntry:
    if "project" not in fields:
        fields["project"] = ProjectFactory(customer=customer)
    return TimeEntryFactory(**fields)


class Walk:
    """One accountant's way through the two pages."""

    def __init__(self, client: Client, query: str = OCTOBER) -> None:
        self.client = client
        client.post(f"{START}?{query}")
        self.composition: Composition = Composition.objects.latest("pk")
        self.lines = f"{START}{self.composition.pk}/lines/"

    def open(self) -> str:
        response = self.client.get(self.lines)
        assert response.status_code == 200
        return response.content.decode()

    def preview(self, **choices: str) -> Any:
        url = f"{START}{self.composition.pk}/preview/"
        return self.client.post(url, {**STANDARD, **choices}, headers=HTMX)

    def shown(self, **choices: str) -> list[list[str]]:
        """The cells of the previewed lines, as text."""
        response = self.preview(**choices)
        assert response.status_code == 200, response.content.decode()
        body = response.content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
        rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
        return [
            [_text(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)]
            for row in rows
        ]

    def make(self, **choices: str) -> Any:
        return self.client.post(self.lines, {**STANDARD, "unlocked": "ok", **choices})

    def made(self, **choices: str) -> Invoice:
        response = self.make(**choices)
        assert response.status_code == 302, response.content.decode()
        draft: Invoice = Invoice.objects.get(
            pk=int(response["Location"].rstrip("/").rpartition("/")[2])
        )
        assert response["Location"] == f"/acme/drafts/{draft.pk}/"
        return draft


def _text(html: str) -> str:
    return " ".join(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", html, flags=re.DOTALL).split())


def test_the_page_opens_with_a_line_for_each_project_and_person(
    customer: Customer, accountant: Membership, anna: Membership, signed_in: SignIn
) -> None:
    project = ProjectFactory(customer=customer, name="Web shop")
    for minutes in (90, 45):
        work(customer, project=project, member=anna, minutes=minutes)
    page = Walk(signed_in(accountant)).open()
    assert "Web shop · Anna" in page
    assert "€225.00" in page
    assert "€282.38" in page  # 225.00 + 57.38
    assert "As set: no rounding" in page
    assert "Make the draft" in page


@pytest.mark.parametrize(
    ("choices", "lines"),
    [
        ({}, [["Web shop · Anna", "2.25", "h", "100", "25.5 %", "225.00"]]),
        (
            {"level": "entry", "text": "description"},
            [
                ["Form", "1.5", "h", "100", "25.5 %", "150.00"],
                ["Search", "0.75", "h", "100", "25.5 %", "75.00"],
            ],
        ),
        (
            {"first": "task", "second": ""},
            [
                ["Without a task", "0.75", "h", "100", "25.5 %", "75.00"],
                ["Design", "1.5", "h", "100", "25.5 %", "150.00"],
            ],
        ),
        (
            {"level": "one", "text": "project", "unit": "DAY"},
            [["Web shop", "0.28125", "d", "800", "25.5 %", "225.00"]],
        ),
        (
            {"level": "one", "text": "project", "unit": "DAY", "hours_per_day": "7,5"},
            [["Web shop", "0.3", "d", "750", "25.5 %", "225.00"]],
        ),
        (
            {"text": "pattern", "pattern": "{person}: {hours} h ({from}–{to})"},
            [["Anna: 2:15 h (5 Oct 2026–6 Oct 2026)", "2.25", "h", "100", "25.5 %", "225.00"]],
        ),
        (
            {"rounding": "60", "direction": "up", "per": "entry"},
            [
                [
                    "Web shop · Anna 2 h 15 min worked, 3 h billed",
                    "3", "h", "100", "25.5 %", "300.00",
                ]
            ],
        ),
        (
            {"rounding": "0", "minimum": "60"},
            [
                [
                    "Web shop · Anna 2 h 15 min worked, 2 h 30 min billed",
                    "2.5", "h", "100", "25.5 %", "250.00",
                ]
            ],
        ),
    ],
)  # fmt: skip
def test_each_choice_shows_the_lines_it_makes_and_makes_them(
    accountant: Membership,
    anna: Membership,
    signed_in: SignIn,
    choices: dict[str, str],
    lines: list[list[str]],
) -> None:
    customer = CustomerFactory(language="en")
    project = ProjectFactory(customer=customer, name="Web shop")
    design = TaskFactory(name="Design")
    work(customer, project=project, member=anna, minutes=90, description="Form", task=design)
    work(
        customer,
        project=project,
        member=anna,
        minutes=45,
        description="Search",
        work_date=date(2026, 10, 6),
    )
    walk = Walk(signed_in(accountant))
    found = walk.shown(**choices)
    if "pattern" in choices:  # how a language writes days is the wording's own test
        found[0][0] = lines[0][0] if found[0][0].startswith("Anna: 2:15 h (") else found[0][0]
    assert sorted(found) == sorted(lines)
    draft = walk.made(**choices)
    assert sorted(line.net for line in draft.lines.all()) == sorted(
        Decimal(line[-1].replace(",", "")) for line in lines
    )
    assert draft.lines.count() == len(lines)


def test_where_no_number_of_hours_is_exact_the_line_says_what_counts(
    customer: Customer, accountant: Membership, anna: Membership, signed_in: SignIn
) -> None:
    work(customer, project=ProjectFactory(customer=customer, name="Web"), member=anna, minutes=380)
    [[text, quantity, *_rest, net]] = Walk(signed_in(accountant)).shown()
    assert text == "Web · Anna 6 h 20 min: the amount of the work counts"
    assert (quantity, net) == ("6.333333", "633.33")


def test_entries_of_several_rates_share_a_line_only_when_asked(
    customer: Customer, accountant: Membership, anna: Membership, signed_in: SignIn
) -> None:
    project = ProjectFactory(customer=customer, name="Web")
    work(customer, project=project, member=anna)
    work(customer, project=project, member=anna, rate=Decimal("80"))
    walk = Walk(signed_in(accountant))
    assert [line[-1] for line in walk.shown()] == ["100.00", "80.00"]
    [[text, quantity, unit, *_rest, net]] = walk.shown(is_lump="on")
    assert text == "Web · Anna 2 h at several rates: the exact amount of the work"
    assert (quantity, unit, net) == ("1", "pcs", "180.00")


def test_a_customers_own_rounding_is_shown_in_words_and_applied(
    accountant: Membership, anna: Membership, signed_in: SignIn
) -> None:
    customer = CustomerFactory(
        rounding_minutes=15, rounding_direction="up", rounding_per="entry", hours_per_day=Decimal(6)
    )
    entry = work(customer, member=anna, minutes=50)
    walk = Walk(signed_in(accountant))
    page = walk.open()
    assert "As set: up to full 15 min, each entry" in page
    assert "Empty: 6 hours." in page
    assert [line[1] for line in walk.shown()] == ["1"]
    assert [line[1] for line in walk.shown(rounding="0")] == ["0.833333"]
    other = ProjectFactory(customer=customer, rounding_minutes=0)
    work(customer, project=other, member=anna, minutes=50)
    walk = Walk(walk.client)
    assert "As each project has it" in walk.open()
    walk.made()
    entry.refresh_from_db()
    assert entry.minutes == 50  # the worked time stays


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"text": "pattern", "pattern": ""}, "Write what a line says"),
        ({"text": "pattern", "pattern": "{tsk}"}, "There is no placeholder {tsk}."),
        ({"text": "pattern", "pattern": "{project"}, "A brace stands alone."),
        ({"unit": "DAY", "hours_per_day": "0"}, "A day has more than 0 and at most 24 hours."),
        ({"unit": "DAY", "hours_per_day": "x"}, "Enter a number."),
        ({"rounding": "7"}, "Select a valid choice."),
        ({"rounding": "15", "minimum": "1441"}, "less than or equal to 1440"),
        ({"first": "shoe"}, "Select a valid choice."),
        ({"draft": "99999"}, "Select a valid choice."),
    ],
)
def test_a_choice_that_cannot_be_is_said_at_its_field_and_nothing_is_lost(
    customer: Customer,
    accountant: Membership,
    signed_in: SignIn,
    choices: dict[str, str],
    sentence: str,
) -> None:
    work(customer)
    walk = Walk(signed_in(accountant))
    answer = walk.preview(**choices, order="amount")
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#compose-result"
    page = answer.content.decode()
    assert sentence in page
    assert '<option value="amount" selected' in page
    refused = walk.make(**choices, order="amount")
    assert refused.status_code == 422
    assert sentence in refused.content.decode()
    assert not Invoice.objects.exists()
    # Corrected, the marks go: both sides come back once more.
    assert walk.preview(marked="yes")["HX-Retarget"] == "#compose-result"
    assert "HX-Retarget" not in walk.preview().headers


def test_hours_are_added_to_a_draft_which_tells_what_came_when(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    draft = drafted(work(customer, minutes=30))
    work(customer, minutes=90)
    walk = Walk(signed_in(accountant))
    assert f'<option value="{draft.pk}">Draft {draft.pk} · ' in walk.open()
    assert "Add to the draft" in walk.preview(draft=str(draft.pk)).content.decode()
    assert walk.made(draft=str(draft.pk)) == draft
    assert draft.lines.count() == 2
    assert list(Addition.objects.values_list("entries", "minutes")) == [(1, 30), (1, 90)]
    page = walk.client.get(f"/acme/drafts/{draft.pk}/").content.decode()
    assert "by Accountant: 1 entry, 1:30 h" in " ".join(page.split())


def test_a_draft_in_another_currency_is_refused_where_it_was_chosen(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    draft = blank(customer=customer, currency="SEK")
    work(customer)
    walk = Walk(signed_in(accountant))
    for answer in (walk.preview(draft=str(draft.pk)), walk.make(draft=str(draft.pk))):
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "is in SEK, these hours are in EUR. Choose another draft." in page
        assert 'id="id_draft_error"' in page
    assert TimeEntry.objects.get().billing_state == BillingState.OPEN


def test_another_customers_draft_is_not_offered(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    foreign = blank(customer=CustomerFactory())
    work(customer)
    answer = Walk(signed_in(accountant)).make(draft=str(foreign.pk))
    assert answer.status_code == 422
    assert "Select a valid choice." in answer.content.decode()


def test_what_was_ticked_out_is_not_drafted(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    kept, out = work(customer), work(customer)
    walk = Walk(signed_in(accountant))
    tick = f"{START}{walk.composition.pk}/tick/?group={out.project_id}"
    walk.client.post(tick, headers=HTMX)
    walk.made()
    kept.refresh_from_db()
    out.refresh_from_db()
    assert (kept.billing_state, out.billing_state) == ("drafted", "open")


def changed_since(walk: Walk, customer: Customer, shown: TimeEntry) -> TimeEntry:
    """After the page was opened one entry comes and another becomes longer."""
    walk.open()
    TimeEntry.objects.filter(pk=shown.pk).update(minutes=75)
    return work(customer, project=shown.project, member=shown.member)


def test_work_that_changed_since_is_told_and_nothing_is_made(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    walk_entry, other = work(customer), work(customer)
    walk = Walk(signed_in(accountant))
    changed_since(walk, customer, walk_entry)
    answer = walk.make()
    assert answer.status_code == 422
    page = " ".join(answer.content.decode().split())
    assert "1 entry is new, 1 changed since you looked." in page
    for words in ("Look again", "Only what was shown", "Take it as it is now"):
        assert words in page
    assert not Invoice.objects.exists()
    other.refresh_from_db()
    assert other.billing_state == BillingState.OPEN
    # The same is said already while choosing.
    assert "1 entry is new, 1 changed" in walk.preview().content.decode()


@pytest.mark.parametrize(("accept", "minutes"), [("now", [60, 60, 75]), ("shown", [60])])
def test_changed_work_is_taken_as_asked(
    customer: Customer,
    accountant: Membership,
    signed_in: SignIn,
    accept: str,
    minutes: list[int],
) -> None:
    shown, _other = work(customer), work(customer)
    walk = Walk(signed_in(accountant))
    changed_since(walk, customer, shown)
    draft = walk.made(accept=accept)
    on_it = TimeEntry.objects.filter(sources__line__invoice=draft)
    assert sorted(on_it.values_list("minutes", flat=True)) == minutes


def test_looking_again_shows_the_work_as_it_is(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    shown = work(customer)
    walk = Walk(signed_in(accountant))
    changed_since(walk, customer, shown)
    page = walk.preview(do="look").content.decode()
    assert "since you looked" not in page
    assert "€225.00" in page
    assert walk.made().net_total == Decimal("225.00")


def test_an_entry_another_draft_took_is_named_with_its_draft(
    customer: Customer, accountant: Membership, anna: Membership, signed_in: SignIn
) -> None:
    project = ProjectFactory(customer=customer)
    taken, _left = (work(customer, project=project, member=anna) for _n in range(2))
    other = work(customer)
    walk = Walk(signed_in(accountant))
    walk.open()
    draft = blank(customer=customer)
    add_work(draft, entry_ids=[taken.pk], actor=None, allow_unlocked=True)
    answer = walk.make()
    assert answer.status_code == 422
    page = " ".join(answer.content.decode().split())
    assert f'<a href="/acme/invoices/{draft.pk}/">Draft {draft.pk}</a>' in page
    assert "Anna, 1:00 h:" in page
    other.refresh_from_db()
    assert other.billing_state == BillingState.OPEN


def test_hours_not_locked_are_named_and_need_a_word(
    customer: Customer, accountant: Membership, anna: Membership, signed_in: SignIn
) -> None:
    work(customer, member=anna)
    walk = Walk(signed_in(accountant))
    page = walk.open()
    assert "Not locked by: Anna." in page
    assert '<input type="hidden" name="unlocked" value="ok">' in page
    refused = walk.make(unlocked="")
    assert refused.status_code == 422
    assert "These people have not locked their hours: Anna." in refused.content.decode()
    HoursLockFactory(member=anna)
    assert "Not locked by" not in walk.open()  # a lock changes nothing of the work
    walk.made(unlocked="")


def test_a_company_that_demands_locks_gets_no_draft_without(
    tenant: Tenant,
    customer: Customer,
    accountant: Membership,
    anna: Membership,
    signed_in: SignIn,
) -> None:
    tenant.unlocked_hours = Tenant.UnlockedHours.REFUSE
    tenant.save()
    work(customer, member=anna)
    walk = Walk(signed_in(accountant))
    page = walk.open()
    assert "A draft can be made when everybody has locked. Still missing: Anna." in page
    assert walk.make().status_code == 422
    assert not Invoice.objects.exists()


def test_hours_without_a_rate_make_no_lines(
    customer: Customer, accountant: Membership, anna: Membership, signed_in: SignIn
) -> None:
    work(customer, member=anna, rate=None)
    walk = Walk(signed_in(accountant))
    page = walk.open()
    assert "There is no rate for the hours of Anna." in page
    assert "data-compose-make disabled" in " ".join(page.split())


def test_the_choices_are_proposed_the_next_time(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    work(customer)
    walk = Walk(signed_in(accountant))
    walk.made(level="entry", text="task", order="amount", rounding="15", direction="down")
    work(customer)
    page = Walk(walk.client).open()
    for chosen in ("entry", "task", "amount", "15", "down"):
        assert f'<option value="{chosen}" selected' in page
    # Another customer's hours begin as usual.
    other = CustomerFactory()
    work(other)
    assert (
        '<option value="sum" selected' in Walk(walk.client, f"{OCTOBER}&customer={other.pk}").open()
    )


def test_a_grouped_report_proposes_its_groups_as_lines(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    work(customer, task=TaskFactory(name="Design"))
    client = signed_in(accountant)
    walk = Walk(client, f"{OCTOBER}&group=task")
    assert "Groups of the report: Task" in walk.open()
    assert [line[0] for line in walk.shown(level="groups")] == ["Design"]
    walk = Walk(client, f"{OCTOBER}&group=customer&group=month&group=task")
    assert "Groups of the report: Month, Task" in walk.open()
    assert [line[0] for line in walk.shown(level="groups")] == ["October 2026 · Design"]


def test_without_a_customer_the_choice_of_one_comes_first(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    work(customer)
    work(CustomerFactory())
    walk = Walk(signed_in(accountant))
    back = f"{START}{walk.composition.pk}/"
    assert walk.client.get(walk.lines)["Location"] == back
    assert walk.preview()["Location"] == back
    assert walk.make()["Location"] == back


def test_each_customer_gets_a_draft_and_a_refusal_stops_only_its_own(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    work(customer)
    brahe, cygnaeus = CustomerFactory(name="Brahe Oy"), CustomerFactory(name="Cygnaeus Oy")
    work(brahe)
    work(cygnaeus, rate=None)
    walk = Walk(signed_in(accountant))
    url = f"{START}{walk.composition.pk}/each/"
    response = walk.client.post(url, {"unlocked": "ok", "go": "all"})
    assert response.status_code == 200
    page = response.content.decode()
    assert set(Invoice.objects.values_list("billing_name", flat=True)) == {"Satama Oy", "Brahe Oy"}
    for draft in Invoice.objects.all():
        assert f'href="/acme/drafts/{draft.pk}/"' in page
    assert "There is no rate for the hours of" in page
    assert TimeEntry.objects.get(project__customer=cygnaeus).billing_state == BillingState.OPEN
    again = walk.client.post(url, {"unlocked": "ok", "go": "all"})
    assert Invoice.objects.count() == 2
    assert again.status_code == 200


def test_the_customers_are_asked_for_one_by_one(
    customer: Customer, accountant: Membership, signed_in: SignIn
) -> None:
    work(customer)
    brahe, idle = CustomerFactory(name="Brahe Oy"), CustomerFactory(name="Idle Oy")
    work(brahe, rate=None)
    walk = Walk(signed_in(accountant))
    url = f"{START}{walk.composition.pk}/each/"
    page = walk.client.post(url, {"unlocked": "ok"}).content.decode()
    assert not Invoice.objects.exists()
    for one in (customer, brahe):
        assert f"{url}?customer={one.pk}&unlocked=ok" in page
    made = walk.client.post(f"{url}?customer={customer.pk}&unlocked=ok").content.decode()
    draft = Invoice.objects.get()
    assert 'data-draft-outcome="made"' in made
    assert f'href="/acme/drafts/{draft.pk}/"' in made
    refused = walk.client.post(f"{url}?customer={brahe.pk}&unlocked=ok").content.decode()
    assert 'data-draft-outcome="refused"' in refused
    assert "There is no rate for the hours of" in refused
    nothing = walk.client.post(f"{url}?customer={idle.pk}").content.decode()
    assert 'data-draft-outcome="refused"' in nothing
    assert Invoice.objects.count() == 1
    for wrong in ("0", "x", "9" * 30):
        assert walk.client.post(f"{url}?customer={wrong}").status_code == 404


def test_a_manager_makes_a_draft_of_their_own_projects_only(
    customer: Customer, manager: Membership, signed_in: SignIn
) -> None:
    own = work(customer, project=ProjectFactory(customer=customer, manager=manager))
    other = work(customer)
    walk = Walk(signed_in(manager))
    draft = walk.made()
    assert list(TimeEntry.objects.filter(sources__line__invoice=draft)) == [own]
    other.refresh_from_db()
    assert other.billing_state == BillingState.OPEN


@pytest.mark.parametrize("entries", [1, 100])
def test_the_lines_ask_the_same_whatever_the_number_of_entries(
    customer: Customer, accountant: Membership, signed_in: SignIn, entries: int
) -> None:
    project, people = ProjectFactory(customer=customer), [MembershipFactory() for _n in range(3)]
    for number in range(entries):
        work(customer, project=project, member=people[number % 3], task=TaskFactory())
        ChargeFactory(project=project, charge_date=date(2026, 10, 3))
    drafted(work(customer, project=project))
    walk = Walk(signed_in(accountant))
    with CaptureQueriesContext(connection) as queries:
        walk.open()
    assert len(queries) <= MOST_QUERIES
    with CaptureQueriesContext(connection) as queries:
        walk.preview(level="entry")
    assert len(queries) <= MOST_QUERIES
