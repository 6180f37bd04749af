"""The list of drafts, and posting and discarding what is ticked there."""

import csv
import io
from collections.abc import Callable
from datetime import date
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from customers.models import CustomField
from invoicing.domain import posting_runs
from invoicing.domain.drafting import draft_work
from invoicing.domain.posting_runs import advance, start_run
from invoicing.models import Invoice, PostingRun
from tenants.models import Membership, Tenant
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.asking import asked_by
from tests.factories import (
    HoursLockFactory,
    MembershipFactory,
    ProjectFactory,
    TaxRateFactory,
    TenantFactory,
    TimeEntryFactory,
)
from tests.invoicing.test_archive import document
from timesheets.models import BillingState, TimeEntry

SignIn = Callable[[Membership], Client]
DRAFTS, POST, DISCARD = "/acme/drafts/", "/acme/drafts/post/", "/acme/drafts/discard/"
HTMX = {"HX-Request": "true"}
LONG_AGO = date(2020, 1, 1)


@pytest.fixture(autouse=True)
def _rates(request: pytest.FixtureRequest) -> None:
    if {"tenant", "accountant", "manager", "auditor", "owner", "member"} & set(
        request.fixturenames
    ):
        request.getfixturevalue("tenant")
        TaxRateFactory()


def names(page: Any) -> list[str]:
    return [draft.billing_name for draft, _remarks in page.context["rows"]]


def remarks(page: Any) -> dict[str, list[str]]:
    return {draft.billing_name: [r.short for r in found] for draft, found in page.context["rows"]}


def worked(name: str, *, locked: bool, **fields: Any) -> Invoice:
    """A draft with one hour on it."""
    entry = TimeEntryFactory(project=ProjectFactory(customer__name=name, **fields))
    if locked:
        HoursLockFactory(member=entry.member)
    return draft_work(
        start=entry.work_date,
        end=entry.work_date,
        actor=None,
        project_ids=[entry.project_id],
        allow_unlocked=True,
    )


def test_only_drafts_and_their_sums(signed_in: SignIn, accountant: Membership) -> None:
    document("Draft", "100")
    document("Another", "50")
    document("Krona Ab", "10", currency="SEK")
    document("Posted", posted=True)

    page = signed_in(accountant).get(DRAFTS)

    assert sorted(names(page)) == ["Another", "Draft", "Krona Ab"]
    assert [(s["value"], s["hint"]) for s in page.context["stats"]] == [
        ("€150.00", "SEK\u00a010.00"),
        ("€188.25", "SEK\u00a012.55"),
    ]


def test_remarks_say_what_is_missing(signed_in: SignIn, accountant: Membership) -> None:
    document("Fine")
    document("No street", billing_street="", contact_email="")
    document("Late", due=LONG_AGO, issued=LONG_AGO)
    worked("Open hours", locked=False)
    worked("Locked hours", locked=True)

    assert remarks(signed_in(accountant).get(DRAFTS)) == {
        "Fine": [],
        "No street": ["Address missing", "No e-mail address"],
        "Late": ["Due date passed"],
        "Open hours": ["Hours not locked"],
        "Locked hours": [],
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"Fine", "Stuck", "Silent", "Open"}),
        ("state=fit", {"Fine", "Silent", "Open"}),
        ("state=stuck", {"Stuck"}),
        ("state=unlocked", {"Open"}),
        ("state=no-email", {"Silent"}),
        ("by=me", {"Silent"}),
        ("q=stu", {"Stuck"}),
        ("date_before=2026-09-30", {"Silent"}),
    ],
)
def test_filters(signed_in: SignIn, accountant: Membership, query: str, expected: set[str]) -> None:
    document("Fine")
    document("Stuck", billing_city="")
    document("Silent", contact_email="", created_by=accountant.user, issued=date(2026, 9, 1))
    worked("Open", locked=False)

    assert set(names(signed_in(accountant).get(f"{DRAFTS}?{query}"))) == expected


def test_nothing_is_fit_while_the_company_is_incomplete(
    signed_in: SignIn, accountant: Membership, tenant: Tenant
) -> None:
    document("Fine")
    Tenant.objects.filter(pk=tenant.pk).update(street="")
    client = signed_in(accountant)

    assert names(client.get(f"{DRAFTS}?state=fit")) == []
    assert names(client.get(f"{DRAFTS}?state=stuck")) == ["Fine"]
    assert "Nothing can be posted yet" in client.get(DRAFTS).content.decode()


@pytest.mark.parametrize("query", ["state=nonsense", "date_after=2026-02-31", "customer=999999"])
def test_a_wrong_filter_gets_a_sentence(
    signed_in: SignIn, accountant: Membership, query: str
) -> None:
    client = signed_in(accountant)

    assert client.get(f"{DRAFTS}?{query}", headers=HTMX).status_code == 422
    assert client.get(f"{DRAFTS}export.csv?{query}").status_code == 422


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["B", "C", "A"]),
        ("customer", ["A", "B", "C"]),
        ("-gross", ["C", "A", "B"]),
        ("net", ["B", "A", "C"]),
        ("date", ["C", "A", "B"]),
        ("made", ["A", "C", "B"]),
        ("period", ["A", "C", "B"]),
        ("project", ["A", "B", "C"]),
    ],
)
def test_columns_sort(
    signed_in: SignIn, accountant: Membership, sort: str, expected: list[str]
) -> None:
    document("A", "200", issued=date(2026, 10, 2), service_start_date=date(2026, 9, 1))
    document("C", "300", issued=date(2026, 10, 1), service_start_date=date(2026, 9, 2))
    document("B", "100", issued=date(2026, 10, 3), service_start_date=date(2026, 9, 3))

    assert names(signed_in(accountant).get(f"{DRAFTS}?sort={sort}")) == expected


def test_the_query_count_does_not_grow(signed_in: SignIn, accountant: Membership) -> None:
    client = signed_in(accountant)
    start_run([document("Posted").pk], token=uuid4(), actor=accountant.user)
    for number in range(3):
        document(f"Draft {number}", currency="EUR" if number else "SEK")
        worked(f"Worked {number}", locked=False)

    assert asked_by(client, DRAFTS) <= 11


def test_files_hold_everything_asked_for(signed_in: SignIn, accountant: Membership) -> None:
    document("=EVIL()", "33.33", billing_street="")
    document("Other", "1")
    client = signed_in(accountant)

    text = b"".join(client.get(f"{DRAFTS}export.csv?q=evil")).decode()
    book = load_workbook(io.BytesIO(client.get(f"{DRAFTS}export.xlsx?q=other").content))

    _head, row = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
    assert row[1] == "'=EVIL()"
    assert row[7:11] == ["EUR", "33,33", "8,50", "41,83"]
    assert row[13] == "Address missing"
    sheet: Any = book.active
    assert (sheet.max_row, sheet["B2"].value) == (2, "Other")


# --- posting what is ticked ---


def test_the_question_says_how_many_and_how_much(signed_in: SignIn, accountant: Membership) -> None:
    fit = [document("One", "100"), document("Two", "50", contact_email="")]
    stuck = document("Stuck", billing_city="")
    open_hours = worked("Open hours", locked=False)
    pks = [draft.pk for draft in (*fit, stuck, open_hours)]

    page = signed_in(accountant).post(POST, {"pk": pks}).content.decode()

    assert "Post 3 invoices" in page
    assert "€313.75" in page
    assert "1 cannot be posted and stays a draft" in page
    assert f"Draft {stuck.pk} (Stuck) lacks the customer" in page
    assert "1 has hours that are not locked." in page
    assert "1 has no e-mail address" in page
    assert f'name="pk" value="{stuck.pk}"' not in page
    assert not PostingRun.objects.exists()


def test_posting_tells_of_old_invoice_dates(signed_in: SignIn, accountant: Membership) -> None:
    old = [document("Old", issued=date(2020, 3, day), due=date(2099, 1, 1)) for day in (9, 4)]
    new = document("New", issued=timezone.localdate())
    client = signed_in(accountant)

    page = client.post(POST, {"pk": [draft.pk for draft in (*old, new)]}).content.decode()

    assert "2 have an invoice date before today, the earliest 2020-03-04." in page
    assert "before today" not in client.post(POST, {"pk": [new.pk]}).content.decode()


def test_yes_posts_and_shows_what_came_of_it(signed_in: SignIn, accountant: Membership) -> None:
    drafts = [document("One", "100"), document("Two", "50"), document("Stuck", billing_city="")]
    client = signed_in(accountant)
    data = {"go": "1", "token": str(uuid4()), "pk": [draft.pk for draft in drafts]}

    answer = client.post(POST, data)

    run = PostingRun.objects.get()
    assert answer["Location"] == f"/acme/postings/{run.pk}/"
    page = client.get(answer["Location"])
    text = page.content.decode()
    assert (page.context["progress"].posted, page.context["progress"].refused) == (2, 1)
    assert "2 invoices posted" in text
    assert "€188.25" in text
    assert "lacks the customer&#x27;s name" in text
    # The refused stands first.
    assert [item.name for item in page.context["page"]] == ["Stuck", "One", "Two"]


def test_a_double_click_posts_once(signed_in: SignIn, accountant: Membership) -> None:
    draft, client = document("One"), signed_in(accountant)
    data = {"go": "1", "token": str(uuid4()), "pk": [draft.pk]}

    first = client.post(POST, data, headers=HTMX)
    second = client.post(POST, data, headers=HTMX)

    assert first.status_code == second.status_code == 204
    assert first["HX-Redirect"] == second["HX-Redirect"]
    draft.refresh_from_db()
    assert draft.number == f"{draft.issue_date.year}-0001"
    assert PostingRun.objects.count() == 1


def test_all_means_all_the_filters_let_through(signed_in: SignIn, accountant: Membership) -> None:
    pks = {document(f"Wanted {number}").pk for number in range(3)}
    document("Other")

    page = signed_in(accountant).post(f"{POST}?q=wanted", {"pk": [min(pks)], "all": "1"})

    assert {draft.pk for draft in page.context["fit"]} == pks


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "Tick the drafts first."),
        ({"pk": ["x", "-1", "9" * 30, "999999"]}, "None of these is a draft any more."),
        ({"go": "1", "pk": ["1"], "token": "nonsense"}, "This question is out of date."),
        ({"go": "1", "pk": ["999999"], "token": str(uuid4())}, "None of these is a draft any more"),
    ],
)
def test_bad_input_gets_a_sentence(
    signed_in: SignIn, accountant: Membership, data: dict[str, Any], sentence: str
) -> None:
    page = signed_in(accountant).post(POST, data)

    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert not PostingRun.objects.exists()


def test_posted_ones_are_no_drafts(signed_in: SignIn, accountant: Membership) -> None:
    posted = document("Posted", posted=True)

    for address in (POST, DISCARD):
        page = signed_in(accountant).post(address, {"pk": [posted.pk]})
        assert page.status_code == 422


def test_progress_is_there_again_when_the_page_is_opened_again(
    signed_in: SignIn, accountant: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting_runs, "STEP", 2)
    drafts = [
        document(f"No {number}", billing_city="" if number == 1 else "Turku") for number in range(5)
    ]
    run = start_run([draft.pk for draft in drafts], token=uuid4(), actor=accountant.user)
    client, url = signed_in(accountant), f"/acme/postings/{run.pk}/"
    advance(run.pk)

    part = client.get(url, headers=HTMX)
    text = part.content.decode()
    assert "2 of 5" in text
    assert 'hx-trigger="every 1s"' in text
    assert "<html" not in text
    assert [item.name for item in part.context["page"]] == ["No 1"]
    assert "Your posting is going on: 2 of 5." in client.get(DRAFTS).content.decode()

    while advance(run.pk):
        pass
    text = client.get(url, headers=HTMX).content.decode()
    assert "4 invoices posted" in text
    assert "hx-trigger" not in text
    page = client.get(DRAFTS).content.decode()
    assert "4 invoices posted." in page
    assert "1 draft was refused." in page


def test_the_query_count_of_a_run(
    signed_in: SignIn, accountant: Membership, django_assert_max_num_queries: Any
) -> None:
    drafts = [document(f"No {number}") for number in range(6)]
    run = start_run([draft.pk for draft in drafts], token=uuid4(), actor=accountant.user)
    client = signed_in(accountant)

    with django_assert_max_num_queries(12):
        client.get(f"/acme/postings/{run.pk}/")


def test_a_bug_posts_nothing_and_leaves_no_run(signed_in: SignIn, accountant: Membership) -> None:
    draft, client = document("One"), signed_in(accountant)
    client.raise_request_exception = False
    data = {"go": "1", "token": str(uuid4()), "pk": [draft.pk]}

    with patch.object(posting_runs, "post_invoices", side_effect=RuntimeError):
        assert client.post(POST, data).status_code == 500

    assert not PostingRun.objects.exists()
    assert Invoice.objects.get().is_draft


# --- discarding ---


def test_discarding_asks_and_frees_the_hours(signed_in: SignIn, accountant: Membership) -> None:
    drafts = [worked("One", locked=True), worked("Two", locked=False)]
    kept, client = document("Kept"), signed_in(accountant)
    data: dict[str, Any] = {"pk": [draft.pk for draft in drafts]}

    page = client.post(DISCARD, data).content.decode()
    assert "Discard 2 drafts" in page
    assert Invoice.objects.count() == 3

    answer = client.post(DISCARD, {**data, "go": "1"}, headers=HTMX)
    assert answer["HX-Redirect"] == DRAFTS
    assert Invoice.objects.get(status="draft") == kept
    states = TimeEntry.objects.values_list("billing_state", flat=True)
    assert set(states) == {BillingState.OPEN}


# --- who may ---


def test_members_may_nothing(signed_in: SignIn, member: Membership) -> None:
    client = signed_in(member)

    for path in (DRAFTS, f"{DRAFTS}export.csv", "/acme/postings/1/"):
        assert client.get(path).status_code == 403
    for path in (POST, DISCARD):
        assert client.post(path, {"pk": ["1"]}).status_code == 403


def test_auditors_read_only(signed_in: SignIn, auditor: Membership) -> None:
    draft, client = document("One"), signed_in(auditor)

    page = client.get(DRAFTS)

    assert names(page) == ["One"]
    assert 'type="checkbox"' not in page.content.decode()
    for path in (POST, DISCARD):
        assert client.post(path, {"pk": [draft.pk], "go": "1"}).status_code == 403


def test_managers_see_their_own_and_post_nothing(signed_in: SignIn, manager: Membership) -> None:
    own = worked("Own", locked=True, manager=manager)
    theirs = worked("Somebody else's", locked=True)
    client = signed_in(manager)

    page = client.get(DRAFTS)

    assert names(page) == ["Own"]
    assert client.post(POST, {"pk": [own.pk]}).status_code == 403
    assert client.post(DISCARD, {"pk": [theirs.pk], "go": "1"}).status_code == 422
    assert client.post(DISCARD, {"pk": [own.pk, theirs.pk], "go": "1"}).status_code == 302
    statuses = Invoice.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["discarded", "draft"]


def test_another_tenants_drafts_are_not_there(db: None, client: Client) -> None:
    ours, theirs = TenantFactory(slug="ours"), TenantFactory(slug="theirs")
    with tenant_scope(theirs.pk):
        TaxRateFactory()
        foreign = document("Foreign")
        run = start_run([document("Posted").pk], token=uuid4(), actor=None)
    with tenant_scope(ours.pk):
        owner: Membership = MembershipFactory(role=Role.OWNER)
        assert owner.user is not None
        client.force_login(owner.user)
        assert "Foreign" not in client.get("/ours/drafts/").content.decode()
        data = {"pk": [foreign.pk], "go": "1", "token": str(uuid4())}
        assert client.post("/ours/drafts/post/", data).status_code == 422
        assert client.post("/ours/drafts/discard/", data).status_code == 422
        assert client.get(f"/ours/postings/{run.pk}/").status_code == 404
        assert client.get("/theirs/drafts/").status_code == 404
    with tenant_scope(theirs.pk):
        foreign.refresh_from_db()
        assert foreign.is_draft


def test_an_empty_list_offers_the_first_step(signed_in: SignIn, accountant: Membership) -> None:
    page = signed_in(accountant).get(DRAFTS).content.decode()

    assert "No drafts" in page
    assert 'href="/acme/ready/"' in page


@pytest.fixture
def with_floors(accountant: Membership) -> None:
    """Drafts of the floors 2, 10 and none."""
    CustomField.objects.create(target="document", name="floor", label="Floor", kind="number")
    Tenant.objects.filter(pk=accountant.tenant_id).update(fields_version=F("fields_version") + 1)
    for name, values in (("Two", {"floor": "2"}), ("Ten", {"floor": "10"}), ("None", {})):
        document(name, custom_values=values)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=custom_floor", ["Two", "Ten", "None"]),
        ("sort=-custom_floor", ["Ten", "Two", "None"]),
        ("custom_floor_min=3", ["Ten"]),
        ("custom_floor_max=3", ["Two"]),
    ],
)
def test_own_fields_are_columns_filters_and_order(
    with_floors: None, signed_in: SignIn, accountant: Membership, query: str, expected: list[str]
) -> None:
    client = signed_in(accountant)
    client.post("/acme/columns/", {"list": "drafts", "field": ["floor"]})

    page = client.get(f"{DRAFTS}?{query}")

    assert names(page) == expected
    assert "Floor" in page.content.decode()


def test_files_of_drafts_have_the_own_fields(
    with_floors: None, signed_in: SignIn, accountant: Membership
) -> None:
    text = b"".join(signed_in(accountant).get(f"{DRAFTS}export.csv?custom_floor_min=3")).decode()

    head, row = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
    assert (head[-1], row[-1]) == ("Floor", "10")


def test_posting_all_that_is_asked_for_goes_by_own_fields_too(
    with_floors: None, signed_in: SignIn, accountant: Membership
) -> None:
    page = signed_in(accountant).post(
        "/acme/drafts/post/?custom_floor_min=3", {"all": "1"}, headers={"HX-Request": "true"}
    )

    stuck = [draft for draft, _refusal in page.context["stuck"]]
    assert [draft.billing_name for draft in [*page.context["fit"], *stuck]] == ["Ten"]
