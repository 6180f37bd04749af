"""The page of a posted document: what it shows, to whom, and at what cost."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from invoicing.domain.drafting import draft_work
from invoicing.domain.posting import post_invoice
from invoicing.domain.verifying import check_document
from invoicing.models import Invoice, InvoiceFile, Source
from tenants.models import Membership
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.factories import (
    MembershipFactory,
    ProjectFactory,
    TaxRateFactory,
    TenantFactory,
    TimeEntryFactory,
)
from tests.invoicing.test_archive import document

SignIn = Callable[[Membership], Client]
HTMX = {"HX-Request": "true"}
TABS = ("", "hours/", "journal/", "history/")
LONG_AGO = date(2020, 1, 1)


@pytest.fixture(autouse=True)
def _rates(request: pytest.FixtureRequest) -> None:
    if {"tenant", "accountant", "manager", "auditor", "member"} & set(request.fixturenames):
        request.getfixturevalue("tenant")
        TaxRateFactory()


def page_url(invoice: Invoice, tab: str = "") -> str:
    return f"/acme/invoices/{invoice.pk}/{tab}"


def with_pdf(invoice: Invoice) -> InvoiceFile:
    stored: InvoiceFile = InvoiceFile.objects.create(
        invoice=invoice, kind="pdf", file="a.pdf", sha256="ab" * 32, size=3
    )
    return stored


def worked(*people: tuple[str, tuple[int, ...]], **project: Any) -> Invoice:
    """Posted, with an entry for each number of minutes."""
    found = ProjectFactory(**project)
    day = date(2026, 10, 5)
    for name, minutes in people:
        member = MembershipFactory(user=None, name=name)
        for number in minutes:
            TimeEntryFactory(
                project=found,
                member=member,
                minutes=number,
                work_date=day,
                description=f"{name} did {number}",
            )
    draft = draft_work(start=day, end=day, actor=None, project_ids=[found.pk], allow_unlocked=True)
    return post_invoice(draft, actor=None)


def test_the_document_and_its_facts(signed_in: SignIn, accountant: Membership) -> None:
    invoice = document("Satama Oy", "100", posted=True, order_reference="PO-77")
    with_pdf(invoice)

    page = signed_in(accountant).get(page_url(invoice)).content.decode()

    assert f"<title>Invoice {invoice.number}" in " ".join(page.split()).replace(
        "<title> ", "<title>"
    )
    for text in ("Satama Oy", "€100.00", "€25.50", "€125.50", "PO-77", invoice.payment_reference):
        assert text in page
    assert f'src="{page_url(invoice, "document.pdf")}#' in page
    assert "data-waits" not in page


def test_overdue_is_said(signed_in: SignIn, accountant: Membership) -> None:
    invoice = document(posted=True, issued=LONG_AGO, due=LONG_AGO)

    assert "Overdue" in signed_in(accountant).get(page_url(invoice)).content.decode()


def test_the_page_waits_for_its_pdf(signed_in: SignIn, accountant: Membership) -> None:
    invoice, client = document(posted=True), signed_in(accountant)

    page = client.get(page_url(invoice)).content.decode()
    assert "The PDF is being made" in page
    assert f'hx-get="{page_url(invoice, "document/")}"' in page
    assert "<iframe" not in page

    still = client.get(page_url(invoice, "document/"), headers=HTMX).content.decode()
    assert "data-waits" in still

    with_pdf(invoice)
    there = client.get(page_url(invoice, "document/"), headers=HTMX).content.decode()
    assert "<iframe" in there
    assert "hx-trigger" not in there
    # The button to download comes along.
    assert 'hx-swap-oob="true"' in there
    assert "?download=1" in there


def test_a_pdf_that_is_late_says_why(signed_in: SignIn, accountant: Membership) -> None:
    draft = document(posted=False, issued=LONG_AGO)
    invoice = post_invoice(draft, actor=None, now=datetime(2020, 1, 1, tzinfo=UTC))

    page = signed_in(accountant).get(page_url(invoice)).content.decode()

    assert "It takes longer than usual" in page


def test_a_draft_is_on_its_form(signed_in: SignIn, accountant: Membership) -> None:
    draft, client = document(), signed_in(accountant)

    for tab in TABS:
        answer = client.get(page_url(draft, tab))
        assert (answer.status_code, answer["Location"]) == (302, f"/acme/drafts/{draft.pk}/")
    assert client.get(page_url(draft, "document/"), headers=HTMX).status_code == 302


def test_the_neighbours_are_those_posted_before_and_after(
    signed_in: SignIn, accountant: Membership
) -> None:
    first, middle, last = (document(name, posted=True) for name in ("A", "B", "C"))
    client = signed_in(accountant)

    def around(invoice: Invoice) -> list[str | None]:
        steps = client.get(page_url(invoice)).context["steps"]
        return [one and one.label for one in (steps.previous, steps.following)]

    assert around(first) == [None, middle.number]
    assert around(middle) == [first.number, last.number]
    assert around(last) == [middle.number, None]


def test_hours_by_person_with_their_sums(signed_in: SignIn, accountant: Membership) -> None:
    invoice = worked(("Bo Berg", (60, 30)), ("Anna Aalto", (15,)))
    document(posted=True)

    page = signed_in(accountant).get(page_url(invoice, "hours/"))

    groups = [
        (person.name, person.minutes, [source.minutes for source in sources])
        for person, sources in page.context["groups"]
    ]
    assert groups == [("Anna Aalto", 15, [15]), ("Bo Berg", 90, [60, 30])]
    assert page.context["minutes"] == 105
    text = page.content.decode()
    assert "Bo Berg did 30" in text
    billed = Source.objects.filter(line__invoice=invoice)
    for source in billed:
        assert f'href="/acme/hours/entries/{source.time_entry_id}/"' in text


def test_sums_of_people_span_the_pages(
    signed_in: SignIn, accountant: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invoicing.views.documents.invoices.ENTRIES_PER_PAGE", 2)
    invoice = worked(("Anna Aalto", (10, 20, 30)), ("Bo Berg", (40,)))

    page = signed_in(accountant).get(page_url(invoice, "hours/?page=2"))

    assert [
        (person.minutes, [source.minutes for source in sources])
        for person, sources in page.context["groups"]
    ] == [(60, [30]), (40, [40])]


def test_people_of_one_name_are_two_people(signed_in: SignIn, accountant: Membership) -> None:
    invoice = worked(("Anna Aalto", (10,)), ("Anna Aalto", (20,)))

    page = signed_in(accountant).get(page_url(invoice, "hours/"))

    assert [person.minutes for person, _sources in page.context["groups"]] == [10, 20]


def test_an_invoice_without_hours_says_so(signed_in: SignIn, accountant: Membership) -> None:
    page = signed_in(accountant).get(page_url(document(posted=True), "hours/"))

    assert "written without recorded hours" in page.content.decode()


def test_the_journal_balances(signed_in: SignIn, accountant: Membership) -> None:
    invoice = document(net="100", posted=True)

    page = signed_in(accountant).get(page_url(invoice, "journal/"))

    (entry,) = page.context["entries"]
    rows = [(b.account, b.name, str(b.debit or ""), str(b.credit or "")) for b in entry.bookings]
    assert rows == [
        ("1700", "Receivables", "125.500", ""),
        ("3000", "Sales, 25.5 %", "", "100.000"),
        ("2939", "VAT, 25.5 %", "", "25.500"),
    ]
    assert entry.is_balanced
    assert "Balanced" in page.content.decode()


def test_history_tells_who_and_that_nothing_was_changed(
    signed_in: SignIn, accountant: Membership
) -> None:
    draft = document()
    invoice = post_invoice(draft, actor=accountant.user)

    page = signed_in(accountant).get(page_url(invoice, "history/"))

    assert [(str(e.what), e.who) for e in page.context["events"]] == [
        ("Invoice posted", "Accountant"),
        ("Draft made", ""),
    ]
    text = page.content.decode()
    assert invoice.content_hash in text
    assert "Checked now" in text


def test_a_document_changed_behind_the_programs_back_is_told(
    signed_in: SignIn, accountant: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = document("A", posted=True), document("B", posted=True)
    assert check_document(first).faults == check_document(second).faults == []

    first.gross_total += 1
    assert check_document(first).faults == [f"{first.number}: was changed after posting"]
    second.previous_hash = "0" * 64
    assert f"{second.number}: does not follow its predecessor" in check_document(second).faults

    # The trigger lets no test change the stored document, so the content read differs instead.
    monkeypatch.setattr("invoicing.domain.verifying.content", lambda *_parts: {})
    page = signed_in(accountant).get(page_url(first, "history/")).content.decode()
    assert "Check failed" in page
    assert f"{first.number}: was changed after posting" in page


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_is_a_page_and_a_part(signed_in: SignIn, accountant: Membership, tab: str) -> None:
    invoice, client = worked(("Anna Aalto", (60,))), signed_in(accountant)

    whole = client.get(page_url(invoice, tab)).content.decode()
    part = client.get(page_url(invoice, tab), headers=HTMX).content.decode()

    assert "<html" in whole
    assert 'id="invoice-tabs"' in whole
    assert "<html" not in part
    assert part.lstrip().startswith('<div id="invoice-tabs"')
    assert 'aria-current="page"' in part


@pytest.mark.parametrize("tab", TABS)
def test_the_query_count_does_not_grow(
    signed_in: SignIn, accountant: Membership, django_assert_max_num_queries: Any, tab: str
) -> None:
    document(posted=True)
    invoice = worked(("Anna Aalto", (10, 20, 30)), ("Bo Berg", (40, 50)), ("Cai", (60,)))
    document(posted=True)
    client = signed_in(accountant)

    with django_assert_max_num_queries(12):
        client.get(page_url(invoice, tab))


def test_exports_are_loaded_from_the_room_that_sends(
    signed_in: SignIn, accountant: Membership
) -> None:
    invoice, client = document(posted=True), signed_in(accountant)
    url = reverse(
        "integrations:invoice_exports", args=[invoice.pk], urlconf=settings.TENANT_URLCONF
    )

    page = client.get(page_url(invoice, "exports/")).content.decode()
    assert f'hx-get="/acme{url}"' in page

    # Were both at one address, the page would load itself into itself for ever.
    fragment = client.get(f"/acme{url}", headers=HTMX).content.decode()
    assert "invoice-tabs" not in fragment


def test_members_may_not_look(signed_in: SignIn, member: Membership) -> None:
    invoice, client = document(posted=True), signed_in(member)

    for tab in (*TABS, "document/", "exports/"):
        assert client.get(page_url(invoice, tab)).status_code == 403


def test_auditors_see_everything(signed_in: SignIn, auditor: Membership) -> None:
    invoice, client = document(posted=True), signed_in(auditor)

    for tab in (*TABS, "exports/"):
        assert client.get(page_url(invoice, tab)).status_code == 200


def test_managers_see_documents_of_their_projects_only(
    signed_in: SignIn, manager: Membership
) -> None:
    own = worked(("Anna Aalto", (60,)), manager=manager)
    strange, client = worked(("Bo Berg", (60,))), signed_in(manager)

    for tab in TABS:
        page = client.get(page_url(own, tab))
        assert page.status_code == 200
        assert client.get(page_url(strange, tab)).status_code == 404
    assert client.get(page_url(own)).context["steps"].following is None
    assert client.get(page_url(own, "exports/")).status_code == 403


@pytest.mark.parametrize("pk", ["0", "999999", "999999999999999999999"])
def test_what_is_not_there_is_404(signed_in: SignIn, accountant: Membership, pk: str) -> None:
    client = signed_in(accountant)

    for tab in (*TABS, "document/", "exports/"):
        assert client.get(f"/acme/invoices/{pk}/{tab}").status_code == 404


def test_another_tenants_documents_are_not_there(db: None, client: Client) -> None:
    ours, theirs = TenantFactory(slug="ours"), TenantFactory(slug="theirs")
    with tenant_scope(theirs.pk):
        TaxRateFactory()
        foreign = document("Foreign", posted=True)
    with tenant_scope(ours.pk):
        owner: Membership = MembershipFactory(role=Role.OWNER)
        assert owner.user is not None
        client.force_login(owner.user)
        for tab in (*TABS, "document/", "exports/"):
            assert client.get(f"/ours/invoices/{foreign.pk}/{tab}").status_code == 404
