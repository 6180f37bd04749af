"""The draft form: roles, saving, bad input, posting."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from invoicing.domain.posting import post_invoice
from invoicing.models import Account, Invoice
from tenants.models import Membership, Tenant
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.asking import asked_by
from tests.factories import (
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from tests.invoicing.drafts import blank, drafted, line, sent, stored_line, url
from timesheets.models import BillingState

SignIn = Callable[[Membership], Client]
NOT_HERE = "That is not in the list. Choose one of those offered."
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _rates(request: pytest.FixtureRequest) -> None:
    if "tenant" in request.fixturenames:
        request.getfixturevalue("tenant")
        TaxRateFactory()


@pytest.fixture
def client_(signed_in: SignIn, accountant: Membership) -> Client:
    return signed_in(accountant)


def words(response: Any) -> str:
    return str(response.content.decode())


# Saving


def test_the_page_is_filled_in_from_work_and_customer(client_: Client, tenant: Tenant) -> None:
    customer = CustomerFactory(name="Satama Oy", payment_term_days=30, vat_id="FI20774740")
    project = ProjectFactory(
        customer=customer, name="Web shop", order_reference="PO-7", contract_reference="V-2026/12"
    )
    draft = drafted(TimeEntryFactory(project=project, minutes=90, member__name="Anna Aalto"))

    page = client_.get(url(draft))

    assert page.status_code == 200
    html = words(page)
    for text in ("Satama Oy", "Web shop · Anna Aalto", "PO-7", "V-2026/12", "FI20774740", "1:30 h"):
        assert text in html
    assert 'value="2026-12-01"' in html  # thirty days after 1 November
    assert page.context["sums"].gross == Decimal("188.25")


def test_saving_writes_head_and_lines_and_comes_back(client_: Client, tenant: Tenant) -> None:
    draft = blank()

    response = client_.post(
        url(draft), sent(draft, [line(), line("Code", quantity="1,5")], comment="Hello")
    )

    assert (response.status_code, response["Location"]) == (302, url(draft))
    draft.refresh_from_db()
    assert draft.comment == "Hello"
    assert list(draft.lines.values_list("position", "text", "quantity", "net")) == [
        (1, "Design", Decimal(2), Decimal(200)),
        (2, "Code", Decimal("1.5"), Decimal(150)),
    ]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("1,5", "1.5"), ("1.5", "1.5"), ("1 234,5", "1234.5"), ("1,234.5", "1234.5"), ("0", "0")],
)
def test_numbers_are_read_as_people_type_them(
    client_: Client, tenant: Tenant, typed: str, expected: str
) -> None:
    draft = blank()
    assert client_.post(url(draft), sent(draft, [line(quantity=typed)])).status_code == 302
    assert draft.lines.get().quantity == Decimal(expected)


def test_lines_nobody_wrote_on_are_not_saved(client_: Client, tenant: Tenant) -> None:
    draft = blank()
    untouched = line("", quantity="1", unit_price="")
    client_.post(url(draft), sent(draft, [line(), untouched]))
    assert draft.lines.count() == 1


def test_the_order_sent_is_the_order_kept(client_: Client, tenant: Tenant) -> None:
    draft = blank()
    client_.post(url(draft), sent(draft, [line("a"), line("b")]))
    draft.refresh_from_db()

    client_.post(url(draft), sent(draft, [stored_line(draft, 2), stored_line(draft, 1)]))

    assert list(draft.lines.values_list("text", flat=True)) == ["b", "a"]


def test_a_text_line_needs_no_figures(client_: Client, tenant: Tenant) -> None:
    draft = blank()
    text = {"kind": "text", "text": "Thank you for\r\nyour order"}
    assert client_.post(url(draft), sent(draft, [line(), text])).status_code == 302
    assert draft.lines.get(kind="text").text == "Thank you for your order"


def test_an_emptied_due_date_follows_the_terms(client_: Client, tenant: Tenant) -> None:
    draft = blank(customer=CustomerFactory(payment_term_days=10))
    client_.post(url(draft), sent(draft, [line()], due_date="", tax_point=""))
    draft.refresh_from_db()
    assert (draft.due_date, draft.tax_point) == (date(2026, 11, 11), date(2026, 11, 1))


# Bad input: a sentence by its field, 422, nothing written, nothing typed lost


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"issue_date": "2026-02-30"}, "issue_date", "Enter a day that exists."),
        ({"issue_date": ""}, "issue_date", "Enter the invoice date."),
        ({"issue_date": "0206-11-01"}, "issue_date", "Check the year of this day."),
        (
            {"due_date": "2026-10-31"},
            "due_date",
            "The due date lies before the invoice date. Choose a later one.",
        ),
        (
            {"service_start_date": "2026-10-05", "service_end_date": "2026-10-01"},
            "service_end_date",
            "The service period ends before it starts. Correct one of the days.",
        ),
        ({"currency": "XXX"}, "currency", NOT_HERE),
        (
            {"customer": "999999"},
            "customer",
            NOT_HERE,
        ),
        (
            {"customer": "1; DROP"},
            "customer",
            NOT_HERE,
        ),
        ({"project": "999999"}, "project", NOT_HERE),
        ({"billing_name": ""}, "billing_name", "Enter the name the invoice is addressed to."),
        (
            {"contact_email": "anna"},
            "contact_email",
            "Enter an e-mail address like anna@example.com.",
        ),
        (
            {"delivery_city": "Turku"},
            "delivery_street",
            "Complete the delivery address, or empty all of it.",
        ),
        (
            {"billing_street": "x" * 81},
            "billing_street",
            "Ensure this value has at most 80 characters (it has 81).",
        ),
    ],
)
def test_a_wrong_head_is_told_by_its_field(
    client_: Client, tenant: Tenant, fields: dict[str, str], field: str, sentence: str
) -> None:
    draft = blank()

    page = client_.post(url(draft), sent(draft, [line("Kept text")], comment="Kept", **fields))

    assert page.status_code == 422
    assert page.context["form"].errors[field] == [sentence]
    assert sentence in words(page)
    assert "Kept text" in words(page)
    draft.refresh_from_db()
    assert (draft.version, draft.comment, draft.lines.count()) == (1, "", 0)


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"text": ""}, "text", "Say what is invoiced, or delete the line."),
        (
            {"text": "x" * 501},
            "text",
            "Ensure this value has at most 500 characters (it has 501).",
        ),
        ({"quantity": ""}, "quantity", "Enter a quantity."),
        ({"quantity": "two"}, "quantity", "Enter a number, like 1.5 or 1,5."),
        ({"quantity": "NaN"}, "quantity", "Enter a number, like 1.5 or 1,5."),
        (
            {"quantity": "-1"},
            "quantity",
            "A quantity cannot be negative. A credit note takes something back.",
        ),
        ({"quantity": "1e7"}, "quantity", "Enter a quantity up to 1,000,000."),
        (
            {"quantity": "1.1234567"},
            "quantity",
            "A quantity has at most 6 decimal places. Round it.",
        ),
        ({"unit_price": ""}, "unit_price", "Enter a price; 0 if it is free."),
        (
            {"unit_price": "-5"},
            "unit_price",
            "A price cannot be negative. Give a discount instead.",
        ),
        (
            {"unit_price": "95.1234567"},
            "unit_price",
            "A price has at most 6 decimal places. Round it.",
        ),
        (
            {"discount_percent": "100.01"},
            "discount_percent",
            "Enter a discount of at most 100 percent.",
        ),
        (
            {"discount_percent": "-100.01"},
            "discount_percent",
            "Enter a surcharge of at most 100 percent: -100.",
        ),
        ({"unit": "XYZ"}, "unit", "Choose a unit from the list."),
        ({"tax_rate": ""}, "tax_rate", "Choose a VAT rate from the list."),
        ({"tax_rate": "999999"}, "tax_rate", "Choose a VAT rate from the list."),
        ({"tax_rate": "abc"}, "tax_rate", "Choose a VAT rate from the list."),
        ({"account": "9999"}, "account", "There is no account 9999. Known are: 3000."),
    ],
)
def test_a_wrong_line_is_told_by_its_field(
    client_: Client, tenant: Tenant, fields: dict[str, str], field: str, sentence: str
) -> None:
    draft = blank()

    page = client_.post(url(draft), sent(draft, [line("First"), line(**fields)]))

    assert page.status_code == 422
    first, second = page.context["rows"]
    assert first.errors == {}
    assert second.errors == {field: sentence}
    assert second.typed[field] == fields[field]
    assert f'data-error-of="{field}"' in words(page)
    assert draft.lines.count() == 0


def test_another_companys_rows_do_not_exist(
    other_tenant: Tenant, signed_in: SignIn, request: pytest.FixtureRequest
) -> None:
    with tenant_scope(other_tenant.pk):
        rate, project = TaxRateFactory(), ProjectFactory()
    accountant = request.getfixturevalue("accountant")
    TaxRateFactory()
    draft = blank()

    page = signed_in(accountant).post(
        url(draft),
        sent(
            draft,
            [line(tax_rate=str(rate.pk))],
            customer=project.customer_id,
            project=project.pk,
        ),
    )

    assert page.status_code == 422
    assert page.context["form"].errors == {"customer": [NOT_HERE], "project": [NOT_HERE]}
    assert page.context["rows"][0].errors == {"tax_rate": "Choose a VAT rate from the list."}
    assert draft.lines.count() == 0


@pytest.mark.parametrize("keys", [["1", "1"], ["n1", "'; --"], ["n1", ""], ["-3"], ["n" * 40]])
def test_lines_with_impossible_keys_are_refused(
    client_: Client, tenant: Tenant, keys: list[str]
) -> None:
    draft = blank()
    page = client_.post(url(draft), sent(draft, [line()]) | {"line": keys})
    assert page.status_code == 422
    assert "could not be read" in words(page)
    assert draft.lines.count() == 0


def test_a_line_of_another_draft_is_refused(client_: Client, tenant: Tenant) -> None:
    draft, other = blank(), blank()
    client_.post(url(other), sent(other, [line()]))

    page = client_.post(url(draft), sent(draft, [stored_line(other)]))

    assert page.status_code == 422
    assert "is not on the draft" in words(page)
    assert other.lines.count() == 1


def test_more_lines_than_an_invoice_has_are_refused(client_: Client, tenant: Tenant) -> None:
    draft = blank()
    page = client_.post(url(draft), sent(draft, [line("x")] * 1001))
    assert page.status_code == 422
    assert "at most 1000 lines" in words(page)


def test_a_sum_beyond_all_bounds_is_refused(client_: Client, tenant: Tenant) -> None:
    draft = blank()
    huge = line(quantity="1000000", unit_price="100000000")
    page = client_.post(url(draft), sent(draft, [huge]))
    assert page.status_code == 422
    assert "larger than an invoice can hold" in words(page)


def test_hours_keep_their_currency(client_: Client, tenant: Tenant) -> None:
    draft = drafted(TimeEntryFactory())
    page = client_.post(url(draft), sent(draft, [stored_line(draft)], currency="SEK"))
    assert page.status_code == 422
    assert page.context["form"].errors["currency"] == [
        "The hours are priced in EUR. Invoice them in that currency."
    ]


def test_deleting_a_line_with_hours_asks_first(client_: Client, tenant: Tenant) -> None:
    entry = TimeEntryFactory()
    draft = drafted(entry)
    pk = draft.lines.get().pk

    page = client_.post(url(draft), sent(draft, [line()]))

    assert page.status_code == 422
    assert "which will be open again. Save once more to agree." in words(page)
    assert f'name="freed" value="{pk}"' in " ".join(words(page).split())
    entry.refresh_from_db()
    assert entry.billing_state == BillingState.DRAFTED

    assert client_.post(url(draft), sent(draft, [line()], freed=[pk])).status_code == 302
    entry.refresh_from_db()
    assert entry.billing_state == BillingState.OPEN


def test_what_differs_from_the_hours_is_shown(client_: Client, tenant: Tenant) -> None:
    draft = drafted(TimeEntryFactory(minutes=90))
    changed = stored_line(draft, quantity="1", unit_price="120")
    assert client_.post(url(draft), sent(draft, [changed])).status_code == 302

    assert "Recorded: 1.5 h × 100.00" in words(client_.get(url(draft)))


# Another customer on a blank draft


def test_another_customers_address_is_filled_in_before_anything_is_saved(
    client_: Client, tenant: Tenant
) -> None:
    draft = blank()
    other = CustomerFactory(name="Kaari Oy", street="Uusikatu 9", city="Vaasa")

    page = client_.post(url(draft), sent(draft, [line()], customer=other.pk))

    assert page.status_code == 422
    assert "Address and contact are now those of Kaari Oy." in words(page)
    assert 'value="Uusikatu 9"' in words(page)
    draft.refresh_from_db()
    assert draft.customer.name == "Satama Oy"

    again = sent(draft, [line()], customer=other.pk, parties_of=other.pk, billing_city="Vaasa")
    assert client_.post(url(draft), again).status_code == 302
    draft.refresh_from_db()
    assert (draft.customer, draft.billing_city) == (other, "Vaasa")


def test_the_part_about_the_customer_can_be_asked_for(client_: Client, tenant: Tenant) -> None:
    draft = blank()
    other = CustomerFactory(name="Kaari Oy", payment_term_days=7, currency="SEK")
    ProjectFactory(customer=other, name="Kaari shop")

    part = client_.get(url(draft, f"parties/?customer={other.pk}"), headers=HTMX)

    html = words(part)
    assert 'data-term-days="7"' in html
    assert 'data-currency="SEK"' in html
    assert "Kaari shop" in html
    assert f'name="parties_of" value="{other.pk}"' in " ".join(html.split())


# Totals


def test_totals_follow_what_is_typed_and_save_nothing(client_: Client, tenant: Tenant) -> None:
    reduced = TaxRateFactory(name="14 %", percent=14, is_default=False)
    draft = blank()

    part = client_.post(
        url(draft, "totals/"),
        sent(
            draft,
            [
                line(quantity="1,5"),
                line(tax_rate=str(reduced.pk), discount_percent="10"),
                line(quantity="?"),
            ],
        ),
        headers=HTMX,
    )

    html = words(part)
    assert "VAT 25.5 % of 150.00" in html
    assert "VAT 14 % of 180.00" in html
    assert "€393.45" in html
    assert "1 line is not counted yet" in html
    assert '"n1": {"net": "150.00"' in html.replace("&quot;", '"')
    assert draft.lines.count() == 0


def test_totals_of_lines_that_cannot_be_read_do_not_fail(client_: Client, tenant: Tenant) -> None:
    draft = blank()
    answer = client_.post(url(draft, "totals/"), {"line": ["n1", "n1", "?"]}, headers=HTMX)
    assert answer.status_code == 200


# Without JavaScript


def test_lines_are_added_and_deleted_without_javascript(client_: Client, tenant: Tenant) -> None:
    draft = blank()
    page = client_.post(url(draft), sent(draft, [line("Kept")], do="add:text"))
    assert page.status_code == 200
    assert [(row.key, row.kind) for row in page.context["rows"]] == [("n1", "item"), ("n2", "text")]

    page = client_.post(url(draft), sent(draft, [line("a"), line("b")], do="delete:n1"))
    assert [row.typed["text"] for row in page.context["rows"]] == ["b"]
    assert draft.lines.count() == 0


# Posting


def test_save_and_post_does_both(client_: Client, tenant: Tenant) -> None:
    draft = blank()

    response = client_.post(url(draft, "post/"), sent(draft, [line()], comment="Hello"))

    assert response.status_code == 302
    draft.refresh_from_db()
    assert (draft.status, draft.number, draft.comment) == ("posted", "2026-0001", "Hello")
    assert draft.gross_total == Decimal(251)


def test_an_invoice_without_lines_is_not_posted(client_: Client, tenant: Tenant) -> None:
    draft = blank()
    page = client_.post(url(draft, "post/"), sent(draft, comment="Typed"))
    assert page.status_code == 422
    assert "An invoice needs a line with an amount. Add one." in words(page)
    assert "Typed" in words(page)
    draft.refresh_from_db()
    assert (draft.status, draft.comment) == ("draft", "")


def test_a_missing_address_is_told_by_each_field(client_: Client, tenant: Tenant) -> None:
    draft = blank(customer=CustomerFactory(street="", postal_code="", city=""))
    page = client_.post(url(draft, "post/"), sent(draft, [line()]))
    assert page.status_code == 422
    wanted = {"billing_street", "billing_postal_code", "billing_city"}
    assert page.context["form"].errors.keys() == wanted
    assert words(page).count("Needed on the invoice. Enter it.") == 3
    draft.refresh_from_db()
    assert (draft.status, draft.lines.count()) == ("draft", 0)


def test_a_tax_rate_of_another_time_is_told_by_its_line(client_: Client, tenant: Tenant) -> None:
    old = TaxRateFactory(name="24 %", percent=24, valid_to=date(2024, 8, 31), is_default=False)
    draft = blank()
    page = client_.post(url(draft, "post/"), sent(draft, [line(), line(tax_rate=str(old.pk))]))
    assert page.status_code == 422
    assert page.context["rows"][0].errors == {}
    assert page.context["rows"][1].errors == {
        "tax_rate": "24 % is not valid on 2026-11-01, the tax point. Choose another."
    }


def test_a_rate_without_tax_account_is_told_by_its_line(client_: Client, tenant: Tenant) -> None:
    odd = TaxRateFactory(name="10 %", percent=10, tax_account="", is_default=False)
    draft = blank()
    page = client_.post(url(draft, "post/"), sent(draft, [line(tax_rate=str(odd.pk))]))
    assert page.status_code == 422
    assert "lacks an account" in page.context["rows"][0].errors["tax_rate"]


def test_reverse_charge_asks_for_the_vat_id(client_: Client, tenant: Tenant) -> None:
    rate = TaxRateFactory(
        name="RC", percent=0, category="AE", exemption_reason="Reverse charge", is_default=False
    )
    draft = blank()
    page = client_.post(url(draft, "post/"), sent(draft, [line(tax_rate=str(rate.pk))]))
    assert page.status_code == 422
    assert "buyer_vat_id" in page.context["form"].errors


def test_an_incomplete_seller_is_told(client_: Client, tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(street="")
    draft = blank()
    page = client_.post(url(draft, "post/"), sent(draft, [line()]))
    assert page.status_code == 422
    assert "The company settings lack what an invoice must show: street." in words(page)


def test_a_posted_invoice_is_not_edited_but_shown(
    client_: Client, tenant: Tenant, accountant: Membership
) -> None:
    draft = blank()
    client_.post(url(draft), sent(draft, [line()]))
    post_invoice(draft, actor=accountant.user)
    for answer in (
        client_.get(url(draft)),
        client_.post(url(draft), sent(draft, [])),
        client_.post(url(draft, "post/"), sent(draft, [])),
        client_.post(url(draft, "discard/")),
    ):
        assert answer.status_code == 302
        assert "/drafts/" not in answer["Location"]
    assert draft.lines.count() == 1


# Discarding


def test_discarding_says_what_it_frees_and_frees_it(client_: Client, tenant: Tenant) -> None:
    entry = TimeEntryFactory(minutes=90)
    draft = drafted(entry)

    assert "1 entry (1:30 h) comes off and is open again" in words(
        client_.get(url(draft, "discard/"))
    )
    assert Invoice.objects.filter(pk=draft.pk).exists()

    assert client_.post(url(draft, "discard/")).status_code == 302
    assert Invoice.objects.get(pk=draft.pk).status == "discarded"
    entry.refresh_from_db()
    assert entry.billing_state == BillingState.OPEN


# A new draft


def test_a_blank_draft_begins_with_a_customer(client_: Client, tenant: Tenant) -> None:
    project = ProjectFactory(customer=CustomerFactory(name="Satama Oy"), name="Web shop")

    response = client_.post(
        "/acme/drafts/new/",
        {"customer": project.customer_id, "project": project.pk, "currency": "SEK"},
    )

    draft = Invoice.objects.get()
    assert response["Location"] == url(draft)
    assert (draft.project, draft.currency, draft.billing_name) == (project, "SEK", "Satama Oy")
    assert [row.key for row in client_.get(url(draft)).context["rows"]] == ["n1"]


@pytest.mark.parametrize("with_project", [False, True])
def test_customer_and_project_can_be_preset(
    client_: Client, tenant: Tenant, with_project: bool
) -> None:
    project = ProjectFactory(name="Web shop")
    query = f"project={project.pk}" if with_project else f"customer={project.customer_id}"
    html = words(client_.get(f"/acme/drafts/new/?{query}"))
    assert f'<option value="{project.customer_id}" selected>' in html
    assert (f'<option value="{project.pk}" selected>' in html) == with_project


@pytest.mark.parametrize("customer", ["", "999999", "abc"])
def test_a_new_draft_without_a_customer_is_refused(
    client_: Client, tenant: Tenant, customer: str
) -> None:
    page = client_.post("/acme/drafts/new/", {"customer": customer})
    assert page.status_code == 422
    assert "customer" in page.context["form"].errors
    assert not Invoice.objects.exists()


def test_another_customers_project_is_not_offered(client_: Client, tenant: Tenant) -> None:
    project = ProjectFactory()
    page = client_.post(
        "/acme/drafts/new/", {"customer": CustomerFactory().pk, "project": project.pk}
    )
    assert page.status_code == 422
    assert "project" in page.context["form"].errors


# Roles

PAGES = ["", "discard/", "work/", "parties/?customer=1"]
ACTIONS = ["", "post/", "discard/", "totals/", "presence/", "work/add/"]


def test_members_may_nothing(signed_in: SignIn, member: Membership) -> None:
    TaxRateFactory()
    draft = blank()
    client = signed_in(member)
    answers = [client.get(url(draft, end)) for end in PAGES]
    answers += [client.post(url(draft, end)) for end in ACTIONS]
    answers.append(client.get("/acme/drafts/new/"))
    assert {answer.status_code for answer in answers} == {403}


def test_auditors_read_and_change_nothing(signed_in: SignIn, auditor: Membership) -> None:
    TaxRateFactory()
    draft = drafted(TimeEntryFactory())
    client = signed_in(auditor)
    page = client.get(url(draft))
    assert page.status_code == 200
    assert "your role does not change it" in words(page)
    assert "Save draft" not in words(page)
    assert "Take off" not in words(client.get(url(draft, "work/")))
    answers = [client.post(url(draft, end), sent(draft, [])) for end in ACTIONS]
    answers.append(client.get("/acme/drafts/new/"))
    assert {answer.status_code for answer in answers} == {403}
    assert draft.lines.count() == 1


def test_managers_edit_the_drafts_of_their_projects(signed_in: SignIn, manager: Membership) -> None:
    TaxRateFactory()
    draft = drafted(TimeEntryFactory(project__manager=manager))
    client = signed_in(manager)

    answer = client.post(url(draft), sent(draft, [stored_line(draft, text="Workshop")]))

    assert answer.status_code == 302
    assert draft.lines.get().text == "Workshop"
    page = words(client.get(url(draft)))
    assert "Save draft" in page
    assert "Save and post" not in page
    assert "Discard" in page
    assert client.post(url(draft, "post/"), sent(draft, [])).status_code == 403
    assert client.post(url(draft, "discard/")).status_code == 302
    draft.refresh_from_db()
    assert draft.status == "discarded"


def test_managers_do_not_see_the_drafts_of_others(signed_in: SignIn, manager: Membership) -> None:
    TaxRateFactory()
    theirs = drafted(TimeEntryFactory(project__manager=MembershipFactory(role=Role.MANAGER)))
    client = signed_in(manager)
    assert client.get(url(theirs)).status_code == 404
    assert client.post(url(theirs), sent(theirs, [])).status_code == 404
    assert client.get(url(theirs, "work/")).status_code == 404
    assert client.post(url(theirs, "totals/")).status_code == 404


def test_managers_begin_drafts_about_their_projects_only(
    signed_in: SignIn, manager: Membership
) -> None:
    TaxRateFactory()
    own = ProjectFactory(manager=manager)
    foreign = ProjectFactory(customer=own.customer)
    client = signed_in(manager)

    without = client.post("/acme/drafts/new/", {"customer": own.customer_id})
    assert without.status_code == 422
    assert "Choose the project of yours" in words(without)
    other = {"customer": own.customer_id, "project": foreign.pk}
    assert client.post("/acme/drafts/new/", other).status_code == 422
    mine = {"customer": own.customer_id, "project": own.pk}
    assert client.post("/acme/drafts/new/", mine).status_code == 302
    draft = Invoice.objects.get()
    assert client.get(url(draft)).status_code == 200
    moved = client.post(url(draft), sent(draft, [line()], project=foreign.pk))
    assert moved.status_code == 422


def test_another_companys_draft_is_not_there(
    signed_in: SignIn, accountant: Membership, other_tenant: Tenant
) -> None:
    assert signed_in(accountant).get("/other/drafts/1/").status_code == 404
    assert signed_in(accountant).get("/acme/drafts/999999/").status_code == 404


# Cost


def test_the_page_takes_as_many_queries_for_forty_lines_as_for_two(
    client_: Client, tenant: Tenant
) -> None:
    project = ProjectFactory()
    few = drafted(*(TimeEntryFactory(project=project) for _ in range(2)))
    project = ProjectFactory()
    many = drafted(*(TimeEntryFactory(project=project) for _ in range(40)))
    asked_by(client_, url(few))
    assert asked_by(client_, url(many)) == asked_by(client_, url(few)) <= 13


def test_totals_take_few_queries(client_: Client, tenant: Tenant) -> None:
    draft = blank()
    data = sent(draft, [line(f"line {number}") for number in range(50)])
    with CaptureQueriesContext(connection) as captured:
        client_.post(url(draft, "totals/"), data, headers=HTMX)
    assert len(captured) <= 9


def test_there_may_be_many_customers(client_: Client, tenant: Tenant) -> None:
    draft = blank()
    before = len(words(client_.get(url(draft))))
    CustomerFactory.create_batch(200)
    assert Customer.objects.count() > 200
    assert len(words(client_.get(url(draft)))) - before < 2000


def test_accounts_are_suggested_with_their_names_once_somebody_goes_into_the_form(
    signed_in: SignIn, accountant: Membership, auditor: Membership
) -> None:
    Account.objects.create(number="3055", name="Training", kind="revenue")
    Account.objects.create(number="1910", name="Bank", kind="asset")
    draft = drafted(TimeEntryFactory())
    client = signed_in(accountant)
    where = url(draft, "accounts/")
    assert f'hx-get="{where}"' in words(client.get(url(draft)))

    offered = words(client.get(where))

    assert '<option value="3055">3055 Training</option>' in offered
    assert '<option value="3000">' in offered  # of the rate, and not in the chart
    assert "Bank" not in offered
    assert signed_in(auditor).get(where).status_code == 403
