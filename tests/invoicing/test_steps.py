"""From one draft or document to the one before and after it, in the list one came from."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.test import Client, RequestFactory
from django.urls import set_urlconf

from core.stepping import Steps, as_list
from customers.custom_lists import columns_of
from customers.models import CustomField
from invoicing.domain.crediting import draft_credit_note
from invoicing.models import Invoice
from invoicing.views.archive.columns import COLUMNS
from invoicing.views.archive.lists import filtered, within
from invoicing.views.documents.steps import steps_from as documents_around
from invoicing.views.drafts.lists import SORTS, asked_drafts
from invoicing.views.drafts.steps import steps_from as drafts_around
from tenants.models import Membership
from tests.asking import asked_by
from tests.factories import CustomFieldFactory, ProjectFactory, TaxRateFactory
from tests.invoicing.crediting import ON, billed, only_line, part
from tests.invoicing.drafts import line, sent
from tests.invoicing.test_archive import document

SignIn = Callable[[Membership], Client]


@pytest.fixture
def _addresses(settings: Any) -> Iterator[None]:
    """As inside a company, without a request of its own."""
    set_urlconf(settings.TENANT_URLCONF)
    yield
    set_urlconf(None)


@pytest.fixture
def desk(signed_in: SignIn, accountant: Membership) -> Client:
    TaxRateFactory()
    return signed_in(accountant)


def carried(query: str) -> str:
    return "?" + urlencode({"list": query})


def asking(reader: Membership, query: str) -> Any:
    """A request for a record, as its reader came from a list."""
    request: Any = RequestFactory().get(f"/{carried(query)}")
    request.membership, request.user, request.tenant = reader, reader.user, reader.tenant
    return request


def check(keys: Sequence[int], around: Callable[[int], Steps], path: str, query: str) -> None:
    """Every record of the list leads to its neighbours in the list, and to the same list."""
    urls = ["", *(f"{path}{pk}/{carried(query)}" for pk in keys), ""]
    for place, pk in enumerate(keys, start=1):
        steps = around(pk)
        found = [step.url if step else "" for step in (steps.previous, steps.following)]
        assert found == [urls[place - 1], urls[place + 1]], (query, pk)


def check_drafts(reader: Membership, query: str) -> list[int]:
    request = asking(reader, query)
    columns = columns_of("drafts", "document", reader)
    _filters, drafts = asked_drafts(as_list(request, QueryDict(query)), columns)
    found = {draft.pk: draft for draft in drafts}
    check(list(found), lambda pk: drafts_around(request, found[pk]), "/drafts/", query)
    return list(found)


def check_documents(reader: Membership, query: str) -> list[int]:
    request = asking(reader, query)
    asked = QueryDict(query)
    which, fixed = within(request, asked.get("within", ""))
    _filters, rows = filtered(request, which, query=asked, fixed=fixed)
    found = {row.invoice_id: row.invoice for row in rows}
    check(list(found), lambda pk: documents_around(request, found[pk]), "/invoices/", query)
    return list(found)


def around(desk: Client, path: str, pk: int, query: str) -> tuple[str, str]:
    steps = desk.get(f"{path}{pk}/{carried(query)}").context["steps"]
    before, after = (step.url if step else "" for step in (steps.previous, steps.following))
    return before, after


def alike(*, posted: bool) -> list[Invoice]:
    """Documents that have something the same in every column, and something missing in some."""
    own = CustomFieldFactory(target="document", name="cost", kind=CustomField.Kind.NUMBER)
    project = ProjectFactory(name="Museum")
    return [
        document("A", "50", posted=posted, issued=date(2026, 9, 1)),
        document("B", "50", posted=posted, project=project, customer=project.customer),
        document("C", "200", posted=posted, custom_values={own.name: "12"}),
        document("C", "100", posted=posted, service_start_date=date(2026, 9, 1)),
        document("D", "100", posted=posted, custom_values={own.name: "2.5"}),
    ]


@pytest.mark.usefixtures("_addresses")
def test_drafts_step_in_the_order_of_their_list(accountant: Membership) -> None:
    alike(posted=False)
    accountant.list_columns = {"drafts": ["cost"]}

    for sort in (*SORTS, "custom_cost"):
        for query in (f"sort={sort}", f"sort=-{sort}"):
            assert len(check_drafts(accountant, query)) == 5


@pytest.mark.usefixtures("_addresses")
def test_documents_step_in_the_order_of_the_archive(accountant: Membership) -> None:
    alike(posted=True)

    for sort in (*(column.key for column in COLUMNS), "field_cost"):
        for query in (f"sort={sort}", f"sort=-{sort}"):
            assert len(check_documents(accountant, query)) == 5


@pytest.mark.usefixtures("_addresses")
def test_only_what_the_filter_lets_through(accountant: Membership) -> None:
    kept = [document("Satama", "100"), document("Satama Nord", "50")]
    document("Other", "70")

    assert check_drafts(accountant, "q=satama&sort=-gross") == [draft.pk for draft in kept]


def test_a_draft_that_passes_the_filter_no_longer_keeps_its_place(desk: Client) -> None:
    first, mended, last = (
        document(name, billing_city="") for name in ("Aalto", "Berg", "Cederberg")
    )
    Invoice.objects.filter(pk=mended.pk).update(billing_city="Helsinki")
    query = "state=stuck&sort=customer"

    before, after = around(desk, "/acme/drafts/", mended.pk, query)

    assert before.startswith(f"/acme/drafts/{first.pk}/")
    assert after.startswith(f"/acme/drafts/{last.pk}/")


def test_saving_stays_in_the_list(desk: Client) -> None:
    draft = document("Aalto")
    query = carried("state=fit&sort=customer")

    saved = desk.post(f"/acme/drafts/{draft.pk}/{query}", sent(draft, [line()]))

    assert saved["Location"] == f"/acme/drafts/{draft.pk}/{query}"
    page = desk.get(saved["Location"]).content.decode()
    assert 'href="/acme/drafts/?state=fit&amp;sort=customer"' in page


def test_without_a_list_it_is_the_list_as_it_opens(desk: Client) -> None:
    older, newer = document("Older"), document("Newer")

    steps = desk.get(f"/acme/drafts/{older.pk}/").context["steps"]

    assert (steps.previous.label, steps.following) == ("Newer", None)
    assert steps.previous.url == f"/acme/drafts/{newer.pk}/"


def test_the_draft_of_a_credit_note_is_one_of_them(desk: Client) -> None:
    invoice, _entries = billed(60)
    note = draft_credit_note(
        invoice, [part(only_line(invoice), quantity="1")], reason="Wrong", actor=None, issue_date=ON
    )
    draft = document("Satama Oy")
    query = carried("sort=made")

    answer = desk.get(f"/acme/drafts/{note.pk}/{query}")
    assert answer["Location"] == f"/acme/invoices/{invoice.pk}/credit/{query}"
    steps = desk.get(answer["Location"]).context["steps"]
    assert (steps.previous, steps.following.url) == (None, f"/acme/drafts/{draft.pk}/{query}")


def test_a_customers_documents_step_among_themselves(desk: Client) -> None:
    mine = document("Satama", posted=True)
    document("Other", posted=True)
    second = document(customer=mine.customer, posted=True, issued=date(2026, 10, 2))
    page = desk.get(f"/acme/customers/{mine.customer_id}/invoices/")
    assert f"within%3Dcustomer-{mine.customer_id}" in page.content.decode()

    query = f"within=customer-{mine.customer_id}"
    url = f"/acme/invoices/{mine.pk}/{carried(query)}"
    assert around(desk, "/acme/invoices/", second.pk, query) == ("", url)


def test_hostile_lists_lead_nowhere(desk: Client) -> None:
    draft, invoice = document("Draft"), document("Posted", posted=True)
    for query in ("sort='; DROP", "%00", "list=list%3D", "state=nonsense", "q=" + "x" * 9000):
        assert desk.get(f"/acme/drafts/{draft.pk}/", {"list": query}).status_code == 200
    for query in ("q=%22", "within=customer-x", "amount_min=abc", "sort=-"):
        assert desk.get(f"/acme/invoices/{invoice.pk}/", {"list": query}).status_code == 200


def test_as_many_queries_for_a_long_list(desk: Client) -> None:
    draft, invoice = document("Draft"), document("Posted", posted=True)
    paths = [
        f"/acme/drafts/{draft.pk}/{carried('sort=customer')}",
        f"/acme/invoices/{invoice.pk}/{carried('sort=customer')}",
    ]
    alone = [asked_by(desk, path) for path in paths]
    for name in "ABCXYZ":
        document(name)
        document(name, posted=True)
    assert [asked_by(desk, path) for path in paths] == alone
    assert max(alone) <= 12
