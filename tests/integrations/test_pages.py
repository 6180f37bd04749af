"""The pages of this room: who may open them, what they show and refuse."""

import re
from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import timezone

from customers.links import links_for
from customers.models import Contact
from integrations.domain import connections
from integrations.models import Connection, CustomerLink, Export, ExportStep, ProductMapping
from integrations.ports import Checked, RetryLater
from integrations.problems import Problem
from integrations.systems.procountor.sandbox.company import companies
from integrations.systems.procountor.sandbox.server import ProcountorSandbox
from tenants.models import AuditEntry, Membership
from tests.factories import ContactFactory, CustomerFactory
from tests.integrations.conftest import link, locked_by, make_connection, posted, send

SignIn = Callable[[Membership], Client]
ENTERED = {
    "name": "Our Procountor",
    "environment": "sandbox",
    "client_id": "laskuri",
    "client_secret": "laskuri-sandbox",
    "api_key": "kuusi-api-key",
    "unlinked": "hold",
    "until": "send",
    "channel": "AUTO",
    "send_pdf": "yes",
}
HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.usefixtures("tenant")


# Connections.


def test_a_connection_is_entered_tested_and_never_shown_again(
    accountant: Membership, signed_in: SignIn, sandbox: ProcountorSandbox
) -> None:
    client = signed_in(accountant)
    tried = client.post("/acme/accounting/check/procountor/", ENTERED)
    assert "Kuusi Ohjelmistot Oy" in tried.content.decode()
    assert not Connection.objects.exists()

    page = client.post("/acme/accounting/new/procountor/", ENTERED, follow=True).content.decode()

    assert "connected to Kuusi Ohjelmistot Oy" in page
    assert "31 EU community sales (service)" in page
    for secret in ("laskuri-sandbox", "kuusi-api-key"):
        assert secret not in page
    made = Connection.objects.get()
    assert made.credentials["api_key"] == "kuusi-api-key"
    assert made.remote["company"] == "Kuusi Ohjelmistot Oy"


def test_empty_credentials_stay_as_they_are(
    accountant: Membership, signed_in: SignIn, connection: Connection
) -> None:
    entered = {**ENTERED, "client_secret": "", "api_key": "", "client_id": "", "until": "approve"}
    signed_in(accountant).post(f"/acme/accounting/{connection.pk}/", entered)
    connection.refresh_from_db()
    assert connection.credentials["client_secret"] == "laskuri-sandbox"
    assert (connection.name, connection.settings["until"]) == ("Our Procountor", "approve")


def test_wrong_credentials_are_told_and_stop_the_queue(
    accountant: Membership, signed_in: SignIn, connection: Connection
) -> None:
    client = signed_in(accountant)
    url = f"/acme/accounting/{connection.pk}/"
    page = client.post(url, {**ENTERED, "api_key": "zzz-not-ours"}, follow=True).content.decode()
    assert "does not accept the credentials" in page
    assert "Nothing is sent until this is mended" in page
    assert "zzz-not-ours" not in page

    page = client.post(url, ENTERED, follow=True).content.decode()
    assert "Nothing is sent until this is mended" not in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "“Name” is empty. Fill it in."),
        ({"api_key": ""}, "“API key” is empty. Fill it in."),
        ({"environment": "https://evil.example"}, "Select a valid choice."),
        ({"bank_account": "FI00 1234"}, "IBAN"),
        ({"vat_export": "3a"}, "A VAT status is a number"),
        ({"currency_rates": "SEK eleven"}, "“SEK eleven” is no rate"),
        ({"currency_rates": "EUR 1"}, "the currency at home"),
        ({"currency_rates": "XXX 1"}, "“XXX 1” is no rate"),
    ],
)
def test_wrong_entries_are_refused_and_nothing_is_saved(
    accountant: Membership,
    signed_in: SignIn,
    sandbox: ProcountorSandbox,
    changes: dict[str, str],
    sentence: str,
) -> None:
    response = signed_in(accountant).post(
        "/acme/accounting/new/procountor/", {**ENTERED, **changes}
    )
    assert response.status_code == 422
    page = response.content.decode()
    assert sentence in page
    assert "laskuri-sandbox" not in page
    assert not Connection.objects.exists()


def test_a_second_one_is_refused_in_words(
    accountant: Membership, signed_in: SignIn, connection: Connection
) -> None:
    response = signed_in(accountant).post("/acme/accounting/new/procountor/", ENTERED)
    assert response.status_code == 422
    assert "“Procountor” sends to this system already" in response.content.decode()


def test_a_key_of_another_company_is_refused_until_it_is_said_to_be_meant(
    accountant: Membership, signed_in: SignIn, sandbox: ProcountorSandbox
) -> None:
    client = signed_in(accountant)
    client.post("/acme/accounting/new/procountor/", ENTERED)
    connection = Connection.objects.get()
    invoice = posted()
    link(connection, invoice.customer)
    send(Export.objects.get())
    url = f"/acme/accounting/{connection.pk}/"
    other = next(one for one in companies().values() if one.name != "Kuusi Ohjelmistot Oy")
    entered = {**ENTERED, "api_key": other.api_key}

    tried = client.post(f"{url}check/", entered).content.decode()
    assert f"This key belongs to another company: {other.name}" in tried
    refused = client.post(url, entered)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert f"This key belongs to another company: {other.name}" in page
    assert "are those of Kuusi Ohjelmistot Oy" in page
    assert other.api_key not in page
    connection.refresh_from_db()
    assert connection.credentials["api_key"] == ENTERED["api_key"]

    page = client.post(url, {**entered, "another_company": "1"}, follow=True).content.decode()
    assert f"connected to {other.name}" in page
    connection.refresh_from_db()
    assert connection.remote["company"] == other.name
    assert not CustomerLink.objects.exists()  # their ids mean others there
    assert AuditEntry.objects.filter(action="connection.company_changed").count() == 1


def test_a_system_that_answers_for_another_company_is_sent_nothing(
    accountant: Membership, connection: Connection
) -> None:
    first = Checked(company="Kuusi Oy", company_id="1")
    connections.record_check(connection.pk, first, actor=None)
    export = Export.objects.get(invoice=posted())
    ExportStep.objects.create(export=export, key="create", begun_at=timezone.now())
    ProductMapping.objects.create(connection=connection, remote_id="11", remote_name="Moon")

    renamed = Checked(company="Kuusi Ohjelmistot Oy", company_id="1")
    assert not connections.record_check(connection.pk, renamed, actor=None).trouble
    other = Checked(company="Honka Oy", company_id="2")
    stopped = connections.record_check(connection.pk, other, actor=None)
    assert "This key belongs to another company: Honka Oy" in stopped.trouble
    assert stopped.remote["company"] == "Kuusi Ohjelmistot Oy"

    change = partial(
        connections.record_check, connection.pk, other, actor=accountant.user, may_be_another=True
    )
    tables = locked_by(change)
    # As a worker that takes an export holds them.
    assert tables.index("integrations_export") < tables.index("integrations_connection")
    meant = Connection.objects.get(pk=connection.pk)
    assert (meant.trouble, meant.remote["company"]) == ("", "Honka Oy")
    export.refresh_from_db()
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.UNCLEAR)
    assert "It was begun in Kuusi Ohjelmistot Oy" in export.error
    assert not ProductMapping.objects.exists()


def test_new_credentials_hold_documents_until_their_company_is_known(
    accountant: Membership, connection: Connection
) -> None:
    first = Checked(company="Kuusi Oy", company_id="1")
    connections.record_check(connection.pk, first, actor=None)
    export = Export.objects.get(invoice=posted())
    connection.refresh_from_db()
    assert accountant.user is not None
    saved = connections.save_connection(
        connection, actor=accountant.user, name=connection.name, environment="production",
        settings=connection.settings, credentials={},
    )  # fmt: skip
    assert "whether this still is Kuusi Oy" in saved.trouble
    assert not send(export).tries.exists()
    lost = RetryLater("No answer.")
    assert connections.record_check(connection.pk, lost, actor=None).trouble == saved.trouble
    assert not connections.record_check(connection.pk, first, actor=None).trouble
    assert not AuditEntry.objects.filter(action="connection.mended").exists()


def test_the_page_offers_to_go_on_with_the_other_company(
    accountant: Membership, signed_in: SignIn, connection: Connection
) -> None:
    client = signed_in(accountant)
    connection.remote = {"company": "Somebody Else Oy", "company_id": "77"}
    connection.save()
    link(connection, CustomerFactory())
    client.post(f"/acme/accounting/{connection.pk}/check/")
    page = client.get(f"/acme/accounting/{connection.pk}/").content.decode()
    assert "Go on with Kuusi Ohjelmistot Oy?" in page
    page = client.post(f"/acme/accounting/{connection.pk}/company/", follow=True).content.decode()
    assert "connected to Kuusi Ohjelmistot Oy" in page
    assert "Go on with" not in page


def test_switching_off_and_on_and_removing(
    accountant: Membership, signed_in: SignIn, connection: Connection
) -> None:
    client, url = signed_in(accountant), f"/acme/accounting/{connection.pk}/"
    client.post(f"{url}switch/")
    assert not Connection.objects.get().is_active
    client.post(f"{url}switch/", {"on": "1"})
    assert Connection.objects.get().is_active

    posted()
    page = client.post(f"{url}remove/", follow=True).content.decode()
    assert "can be switched off, not removed" in page
    assert Connection.objects.exists()


def test_one_that_nothing_went_over_is_removed(
    accountant: Membership, signed_in: SignIn, connection: Connection
) -> None:
    link(connection, CustomerFactory())
    signed_in(accountant).post(f"/acme/accounting/{connection.pk}/remove/")
    assert not Connection.objects.exists()
    assert not CustomerLink.objects.exists()


# Links.


def test_a_customer_is_found_and_linked_and_both_sides_changed(
    accountant: Membership,
    signed_in: SignIn,
    sandbox: ProcountorSandbox,
    connection: Connection,
) -> None:
    customer = CustomerFactory(name="Järvikansa Vakuutus", business_id="9060137-8", email="")
    ContactFactory(customer=customer, name="Old Contact", gets_invoices=True)
    waiting = Export.objects.get(invoice=posted(customer=customer))
    send(waiting)
    assert waiting.problem == Problem.NOT_LINKED
    client = signed_in(accountant)
    base = f"/acme/customers/{customer.pk}/accounting/{connection.pk}/"

    page = client.get(f"{base}search/").content.decode()
    assert "Järvikansa Vakuutus Oy" in page
    assert "Same business id" in page
    page = client.get(f"{base}link/?remote=70001").content.decode()
    assert 'value="laskut@jarvikansa.vakuutus.example"' in page
    response = client.post(
        f"{base}link/?remote=70001",
        {"contact_name": "Riitta Saarinen", "email": "uusi@example.com", "payment_term_days": "21"},
        headers={**HTMX, "HX-Current-URL": f"http://testserver/acme/exports/{waiting.pk}/"},
    )

    assert response.status_code == 204
    assert response["HX-Redirect"] == f"/acme/exports/{waiting.pk}/"
    link = CustomerLink.objects.get()
    assert (link.remote_id, link.remote_number) == ("70001", "20017")
    customer.refresh_from_db()
    assert (customer.email, customer.payment_term_days) == ("uusi@example.com", 21)
    assert Contact.objects.get(customer=customer).name == "Riitta Saarinen"
    there = sandbox.store.get("partner", "kuusi", 70001)
    assert there is not None
    assert there["invoicingInfo"]["email"] == "uusi@example.com"
    assert there["paymentInfo"]["paymentTermDays"] == "21"
    waiting.refresh_from_db()
    assert waiting.status == Export.Status.WAITING


def test_when_the_other_side_refuses_nothing_is_saved_here(
    accountant: Membership,
    signed_in: SignIn,
    sandbox: ProcountorSandbox,
    connection: Connection,
) -> None:
    sandbox.faults.add({"kind": "refuse", "method": "PATCH", "message": "NOT_TODAY"})
    customer = CustomerFactory(email="old@example.com")
    response = signed_in(accountant).post(
        f"/acme/customers/{customer.pk}/accounting/{connection.pk}/link/?remote=70001",
        {"contact_name": "Riitta", "email": "new@example.com", "payment_term_days": "7"},
    )
    assert response.status_code == 422
    page = response.content.decode()
    assert "NOT_TODAY" in page
    assert 'value="new@example.com"' in page
    customer.refresh_from_db()
    assert customer.email == "old@example.com"
    assert not CustomerLink.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"), [("email", "no address"), ("payment_term_days", "400")]
)
def test_a_wrong_entry_stands_by_its_field(
    accountant: Membership, signed_in: SignIn, connection: Connection, field: str, value: str
) -> None:
    customer = CustomerFactory()
    response = signed_in(accountant).post(
        f"/acme/customers/{customer.pk}/accounting/{connection.pk}/link/?remote=70001",
        {"contact_name": "", "email": "", "payment_term_days": "", field: value},
    )
    assert response.status_code == 422
    page = response.content.decode()
    assert re.search(rf'id="id_{field}"[^>]*aria-invalid="true"', page) or re.search(
        rf'aria-invalid="true"[^>]*id="id_{field}"', page
    )
    assert f'value="{value}"' in page


def test_the_business_ids_differ(
    accountant: Membership, signed_in: SignIn, connection: Connection
) -> None:
    customer = CustomerFactory(business_id="1967543-8")
    url = f"/acme/customers/{customer.pk}/accounting/{connection.pk}/link/?remote=70001"
    assert "The business ids differ" in signed_in(accountant).get(url).content.decode()


def test_a_customer_is_added_there(
    accountant: Membership,
    signed_in: SignIn,
    sandbox: ProcountorSandbox,
    connection: Connection,
) -> None:
    customer = CustomerFactory(name="Uusi Oy", number="C-77", business_id="1967543-8")
    url = f"/acme/customers/{customer.pk}/accounting/{connection.pk}/create/"
    entered = {"contact_name": "", "email": "uusi@example.com", "payment_term_days": ""}
    response = signed_in(accountant).post(url, entered)
    assert response.status_code == 302
    link = CustomerLink.objects.get()
    there = sandbox.store.get("partner", "kuusi", int(link.remote_id))
    assert there is not None
    assert there["invoicingInfo"]["customerNumber"] == "C-77"
    assert there["paymentInfo"]["paymentTermDays"] == "14"  # the company's own


def test_guesses_are_ticked_and_linked_together(
    accountant: Membership, signed_in: SignIn, connection: Connection
) -> None:
    by_id = CustomerFactory(name="Whatever", business_id="9060137-8")
    by_name = CustomerFactory(name="Skargardens Fisk")
    nobody = CustomerFactory(name="Unheard Of Ltd")
    client = signed_in(accountant)
    asked = f"{by_id.pk},{by_name.pk},{nobody.pk}"
    page = client.get(
        f"/acme/accounting/{connection.pk}/customers/guesses/?pk={asked}"
    ).content.decode()
    assert f'value="{by_id.pk}:70001"' in page
    assert "Same business id" in page
    assert "Skärgårdens Fisk Ab" in page
    assert "Only the name is alike" in page
    assert "Compare and link…" in page
    assert f'value="{by_name.pk}:' not in page  # nothing to tick: somebody has to look
    assert "No guess" in page

    page = client.post(
        f"/acme/accounting/{connection.pk}/customers/link/",
        {"pick": [f"{by_id.pk}:70001", f"{by_name.pk}:70004", f"{nobody.pk}:123456", "x:y", ""]},
        follow=True,
    ).content.decode()
    assert CustomerLink.objects.get().customer == by_id
    assert "1 customer is linked." in page
    assert "2 are not linked: open each and look" in page


@pytest.mark.parametrize("number", ["9" * 5000, "9" * 20, "٣", "-1", "1.5", "²"])
def test_a_key_that_is_none_names_nothing(
    number: str, accountant: Membership, signed_in: SignIn, connection: Connection
) -> None:
    """No page breaks over what somebody wrote into a form or an address."""
    client = signed_in(accountant)
    pages: dict[str, tuple[dict[str, str], int]] = {
        f"/acme/accounting/{connection.pk}/customers/link/": ({"pick": f"{number}:70001"}, 302),
        "/acme/exports/retry/": ({"pk": number}, 302),
        "/acme/exports/package/": ({"pk": number}, 404),
        "/acme/exports/numbers/confirm/": ({f"number-{number}": "RE-1"}, 422),
    }
    for path, (data, status) in pages.items():
        body = urlencode(data)
        answer = client.post(path, body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code == status, path
    for path in ("exports/changes/", f"accounting/{connection.pk}/customers/guesses/"):
        assert client.get(f"/acme/{path}", {"pk": f"{number},1"}).status_code == 200, path
    assert client.get("/acme/exports/numbers/", {"pk": number}).status_code == 404
    assert not CustomerLink.objects.exists()


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/acme/exports/", "http://testserver/acme/hours/"]
)
def test_after_linking_nobody_is_sent_elsewhere(
    accountant: Membership, signed_in: SignIn, connection: Connection, elsewhere: str
) -> None:
    customer = CustomerFactory()
    response = signed_in(accountant).post(
        f"/acme/customers/{customer.pk}/accounting/{connection.pk}/link/?remote=70001",
        {"contact_name": "", "email": "a@example.com", "payment_term_days": ""},
        headers={**HTMX, "HX-Current-URL": elsewhere},
    )
    assert response["HX-Redirect"] == f"/acme/customers/{customer.pk}/?tab=systems"


def test_unlinking(accountant: Membership, signed_in: SignIn, connection: Connection) -> None:
    customer = link(connection, CustomerFactory()).customer
    url = f"/acme/customers/{customer.pk}/accounting/{connection.pk}/unlink/"
    signed_in(accountant).post(url)
    assert not CustomerLink.objects.exists()


def test_the_icon_beside_a_linked_customer(connection: Connection) -> None:
    customer = link(connection, CustomerFactory()).customer
    (found,) = links_for([customer.pk])[customer.pk]
    assert (found.icon, found.label) == ("building-bank", "Procountor: Järvikansa")


# Exports.


def test_the_list_filters_sorts_and_counts(
    accountant: Membership, signed_in: SignIn, connection: Connection
) -> None:
    arrived = Export.objects.get(
        invoice=posted(customer=link(connection, CustomerFactory()).customer)
    )
    send(arrived)
    held = Export.objects.get(invoice=posted(customer=CustomerFactory(name="Held Oy")))
    send(held)
    client = signed_in(accountant)
    page = client.get("/acme/exports/").content.decode()
    assert arrived.invoice.number in page
    assert "Held Oy" in page
    page = client.get("/acme/exports/?state=attention").content.decode()
    assert "Held Oy" in page
    assert f"/acme/exports/{arrived.pk}/" not in page
    page = client.get("/acme/exports/?q=held&sort=customer", headers=HTMX).content.decode()
    assert "<html" not in page
    assert "Held Oy" in page
    assert client.get("/acme/exports/?state=nonsense").status_code == 422


def test_several_are_tried_again_at_once(
    accountant: Membership, signed_in: SignIn, connection: Connection
) -> None:
    held = [Export.objects.get(invoice=posted()) for _ in range(2)]
    for export in held:
        send(export)
    response = signed_in(accountant).post(
        "/acme/exports/retry/", {"pk": [export.pk for export in held], "back": "state=attention"}
    )
    assert response["Location"] == "/acme/exports/?state=attention"
    assert Export.objects.filter(status=Export.Status.WAITING).count() == 2


def test_an_export_shows_its_steps_calls_and_reason(
    accountant: Membership,
    signed_in: SignIn,
    sandbox: ProcountorSandbox,
    connection: Connection,
) -> None:
    customer = link(connection, CustomerFactory()).customer
    export = Export.objects.get(invoice=posted(customer=customer))
    sandbox.faults.add({"kind": "refuse", "method": "POST", "path": "/invoices"})
    send(export)
    page = signed_in(accountant).get(f"/acme/exports/{export.pk}/").content.decode()
    assert "REFUSED_BY_SANDBOX" in page
    assert "POST /api/invoices" in page
    assert "Try again now" in page
    for secret in ("laskuri-sandbox", "kuusi-api-key", "Bearer"):
        assert secret not in page


def test_closing_asks_for_a_reason(
    accountant: Membership, signed_in: SignIn, connection: Connection
) -> None:
    export = Export.objects.get(invoice=posted())
    client, url = signed_in(accountant), f"/acme/exports/{export.pk}/close/"
    response = client.post(url, {"reason": " "})
    assert response.status_code == 422
    assert "Say why" in response.content.decode()
    client.post(url, {"reason": "Booked by hand"})
    export.refresh_from_db()
    assert (export.status, export.error) == (Export.Status.CANCELLED, "Booked by hand")


def test_the_invoice_s_part_follows_and_tries_again(
    accountant: Membership, signed_in: SignIn, connection: Connection
) -> None:
    invoice = posted(customer=link(connection, CustomerFactory()).customer)
    export = Export.objects.get(invoice=invoice)
    client, url = signed_in(accountant), f"/acme/exports/invoice/{invoice.pk}/"
    page = client.get(url, headers=HTMX).content.decode()
    assert "every 3s" in page
    send(export)
    page = client.get(url, headers=HTMX).content.decode()
    assert "every 3s" not in page
    assert f"/documents/{Export.objects.get().remote_id}" in page  # straight to it
    assert "1001" in page


def test_an_invoice_from_before_is_sent_by_hand(
    accountant: Membership, signed_in: SignIn, sandbox: ProcountorSandbox
) -> None:
    invoice = posted()
    made = make_connection()
    client, url = signed_in(accountant), f"/acme/exports/invoice/{invoice.pk}/"
    assert "Send to Procountor" in client.get(url, headers=HTMX).content.decode()
    client.post(f"{url}order/{made.pk}/", headers=HTMX)
    assert Export.objects.get().invoice == invoice
    again = client.post(f"{url}order/{made.pk}/", headers=HTMX)
    assert again.status_code == 422
    assert "on its way over this connection already" in again.content.decode()


@pytest.mark.parametrize(
    ("path", "most"),
    [("exports/", 12), ("accounting/", 12), ("accounting/{pk}/customers/", 12)],
)
def test_lists_cost_the_same_however_long(
    accountant: Membership, signed_in: SignIn, connection: Connection, path: str, most: int
) -> None:
    client = signed_in(accountant)
    url = f"/acme/{path.format(pk=connection.pk)}"
    counts = []
    for more in (1, 4):
        for _number in range(more):
            posted(customer=link(connection, CustomerFactory()).customer)
        client.get(url)
        with CaptureQueriesContext(database) as queries:
            assert client.get(url).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= most


# Who may.

PAGES = [
    "accounting/", "accounting/new/procountor/", "accounting/{connection}/",
    "accounting/{connection}/customers/", "accounting/{connection}/customers/guesses/?pk=1",
    "customers/{customer}/accounting/",
    "customers/{customer}/accounting/{connection}/search/",
    "customers/{customer}/accounting/{connection}/link/?remote=70001",
    "customers/{customer}/accounting/{connection}/create/",
    "exports/", "exports/?state=attention", "exports/changes/?pk={export}", "exports/{export}/",
    "exports/invoice/{invoice}/",
]  # fmt: skip
CHANGES = [
    "accounting/check/procountor/", "accounting/{connection}/check/",
    "accounting/{connection}/switch/", "accounting/{connection}/remove/",
    "accounting/{connection}/company/",
    "accounting/{connection}/customers/link/",
    "customers/{customer}/accounting/{connection}/unlink/", "exports/retry/",
    "exports/{export}/retry/", "exports/{export}/close/",
    "exports/invoice/{invoice}/order/{connection}/",
]  # fmt: skip


@pytest.fixture
def ids(connection: Connection) -> dict[str, int]:
    invoice = posted()
    return {
        "connection": connection.pk,
        "customer": invoice.customer_id,
        "invoice": invoice.pk,
        "export": Export.objects.get().pk,
    }


def test_every_page_opens(accountant: Membership, signed_in: SignIn, ids: dict[str, int]) -> None:
    client = signed_in(accountant)
    for page in PAGES:
        for headers in ({}, HTMX):
            response = client.get(f"/acme/{page.format(**ids)}", headers=headers)
            assert response.status_code == 200, page


def test_views_that_wait_for_others_hold_no_transaction() -> None:
    for page in PAGES + CHANGES:
        path = "/" + page.format(connection=1, customer=1, invoice=1, export=1).split("?")[0]
        view = resolve(path, "config.tenant_urls").func
        asks = any(
            word in path
            for word in (
                "guesses",
                "search",
                "link",
                "create",
                "check",
                "new",
                "company",
                "remove",
                "switch",
            )
        )
        if "unlink" in path:
            asks = False
        assert getattr(view, "opens_own_scope", False) == (asks or path == "/accounting/1/"), path
