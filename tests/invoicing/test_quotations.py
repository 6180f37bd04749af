"""Quotations: written, sent, decided by the customer, and what they become; by literal amounts."""

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import Project
from invoicing import quotation_errors as errors
from invoicing.documents.quotations import printed_quotation
from invoicing.domain.drafting import draft_work
from invoicing.domain.editing import LineEdit
from invoicing.domain.posting import post_invoice
from invoicing.domain.quotations import deciding, editing, links, sending
from invoicing.domain.sending.queue import deliver_mail
from invoicing.models import Quotation, QuotationLine, QuotationSending
from invoicing.selectors.quotations import changed_lines, compared
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import (
    ContactFactory,
    CustomerFactory,
    ProductFactory,
    ProjectFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from timesheets.models import ServiceOrder

SignedIn = Callable[[Membership], Client]
TOKEN = UUID("6f1c6f5e-0a0c-4b6e-9b38-5a1df0b3a002")
LIST = "/acme/quotations/"


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def item(text: str, quantity: str, price: str, **told: Any) -> LineEdit:
    values: dict[str, Any] = {"tax_rate": TaxRateFactory(), "unit": "C62"} | told
    return LineEdit(text=text, quantity=Decimal(quantity), unit_price=Decimal(price), **values)


def written(*lines: LineEdit, customer: Any = None, **values: Any) -> Quotation:
    quotation = editing.begin_quotation(
        customer=customer or CustomerFactory(name="Ostaja Oy"), actor=None, title="A new roof"
    )
    lines = lines or (item("Tiles", "10", "12.50"), item("Work", "8", "95", unit="HUR"))
    return editing.save_quotation(
        quotation.pk, seen=quotation.changes_count, values=values, lines=lines, actor=None
    )


def sent(lines: Sequence[LineEdit] = (), **values: Any) -> Quotation:
    quotation = written(*lines, **values)
    return sending.hand_out(quotation.pk, actor=None)


# Written


def test_lines_are_priced_and_summed_as_on_an_invoice(tenant: Tenant) -> None:
    product = ProductFactory()
    quotation = written(
        item("Tiles", "3", "12.505", product=product),
        LineEdit(kind="text", text="Work, as far as we know"),
        item("Work", "7.5", "95", unit="HUR", discount_percent=Decimal(10)),
    )
    assert list(quotation.lines.values_list("position", "net")) == [
        (1, Decimal("37.52")), (2, 0), (3, Decimal("641.25")),
    ]  # fmt: skip
    assert (quotation.net_total, quotation.tax_total, quotation.gross_total) == (
        Decimal("678.77"), Decimal("173.09"), Decimal("851.86"),
    )  # fmt: skip
    assert quotation.lines.get(position=1).product == product
    assert deciding.quoted_hours(quotation) == Decimal("7.5")


def test_numbers_count_by_year_and_are_given_once(tenant: Tenant) -> None:
    customer = CustomerFactory()

    def begun(day: date) -> Quotation:
        return editing.begin_quotation(customer=customer, actor=None, today=day)

    first, second = begun(date(2026, 3, 1)), begun(date(2026, 12, 31))
    assert (first.number, second.number) == ("Q-2026-0001", "Q-2026-0002")
    editing.delete_quotation(second.pk, actor=None)
    assert begun(date(2026, 12, 31)).number == "Q-2026-0003"
    assert begun(date(2027, 1, 1)).number == "Q-2027-0001"


def test_what_somebody_else_changed_is_not_written_over(tenant: Tenant) -> None:
    quotation = written()
    with pytest.raises(errors.QuotationChanged):
        editing.save_quotation(quotation.pk, seen=1, values={}, lines=[], actor=None)
    assert quotation.lines.count() == 2


def test_nothing_is_logged_where_nothing_changed(tenant: Tenant) -> None:
    quotation = written()
    before = AuditEntry.objects.count()
    lines = [item("Tiles", "10", "12.50"), item("Work", "8", "95", unit="HUR")]
    editing.save_quotation(
        quotation.pk, seen=quotation.changes_count, values={}, lines=lines, actor=None
    )
    assert AuditEntry.objects.count() == before


# Sent


def test_it_stays_as_it_went_out(tenant: Tenant) -> None:
    quotation = sent()
    assert (quotation.status, len(quotation.sha256)) == ("sent", 64)
    assert quotation.file.read().startswith(b"%PDF-")
    with pytest.raises(errors.QuotationWentOut):
        editing.save_quotation(quotation.pk, seen=2, values={"title": "x"}, lines=[], actor=None)
    for change in (
        lambda: Quotation.objects.update(title="Cheaper"),
        lambda: Quotation.objects.update(net_total=1, tax_total=0, gross_total=1),
        lambda: Quotation.objects.all().delete(),
        lambda: QuotationLine.objects.update(text="x"),
        lambda: QuotationLine.objects.filter(position=1).delete(),
        lambda: QuotationLine.objects.create(quotation=quotation, position=9, kind="text"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_the_law_is_told_in_the_customers_language(tenant: Tenant) -> None:
    abroad = TaxRateFactory(
        name="Reverse charge", category="AE", percent=Decimal(0), is_default=False,
        exemption_reason="AVL 8 c §",
    )  # fmt: skip
    quotation = written(
        item("Work", "1", "100", tax_rate=abroad),
        customer=CustomerFactory(language="de", country="DE"),
    )

    printed = printed_quotation(quotation)

    assert [" ".join(text.split()) for text in printed.tax_texts] == [
        "Steuerschuldnerschaft des Leistungsempfängers (Reverse Charge).", "AVL 8 c §",
    ]  # fmt: skip
    assert [(tax.rate, tax.taxable, tax.gross) for tax in printed.taxes] == [
        ("0\N{NO-BREAK SPACE}%", "100,00", "100,00")
    ]


def test_exempt_work_is_offered_without_vat(tenant: Tenant) -> None:
    exempt = TaxRateFactory(
        name="Small", category="E", percent=Decimal(0), is_default=False,
        exemption_reason="Kleinunternehmer (§ 19 UStG)",
    )  # fmt: skip
    printed = printed_quotation(written(item("Work", "1", "100", tax_rate=exempt)))

    assert not printed.has_tax
    assert "tax" not in [column.key for column in printed.columns]


def test_what_is_not_ready_does_not_go_out(tenant: Tenant) -> None:
    empty = editing.begin_quotation(customer=CustomerFactory(), actor=None)
    with pytest.raises(errors.QuotationWithoutLines):
        sending.hand_out(empty.pk, actor=None)
    long_ago = date(2026, 1, 1)
    old = written(issue_date=long_ago, valid_until=long_ago)
    with pytest.raises(errors.ValidityIsOver):
        sending.hand_out(old.pk, actor=None)
    with pytest.raises(errors.NobodyToSendTo):
        sending.send_quotation(
            written().pk, sending.QuotationLetter([], [], "s", "t"), token=TOKEN, actor=None
        )
    assert set(Quotation.objects.values_list("status", flat=True)) == {"draft"}


def test_an_email_goes_once_with_the_paper_and_the_link(tenant: Tenant, client: Client) -> None:
    customer = CustomerFactory(language="fi")
    ContactFactory(customer=customer, email="anna@ostaja.example", gets_invoices=True)
    quotation = written(customer=customer)
    letter = sending.proposed_letter(quotation)
    assert letter.recipients == ["anna@ostaja.example"]
    assert letter.subject == f"Tarjous {quotation.number}: A new roof"

    for _twice in range(2):
        row = sending.send_quotation(quotation.pk, letter, token=TOKEN, actor=None)
    for _twice in range(2):
        deliver_mail(sending.QUEUE, tenant.pk, row.pk)

    [message] = mail.outbox
    assert message.to == ["anna@ostaja.example"]
    quotation.refresh_from_db()
    [link] = re.findall(r"http\S+", str(message.body))
    assert client.get("/" + link.partition("//")[2].partition("/")[2]).status_code == 200
    [(name, content, kind)] = message.attachments
    assert (name, kind) == (f"{quotation.number}.pdf", "application/pdf")
    assert isinstance(content, bytes)
    assert content == quotation.file.read()
    assert QuotationSending.objects.get().status == "sent"


# Decided


def test_the_customer_accepts_with_name_and_time(tenant: Tenant) -> None:
    quotation = deciding.accept_quotation(sent().pk, name=" Anna  Ostaja ")
    assert (quotation.status, quotation.decided_name) == ("accepted", "Anna Ostaja")
    assert quotation.noted_by is None
    told = AuditEntry.objects.get(action="quotation.accepted").detail
    assert told["amount"] == f"{quotation.gross_total} EUR"
    assert told["sha256"] == quotation.sha256
    with pytest.raises(errors.NotOpenToDecide):
        deciding.decline_quotation(quotation.pk, name="Anna")


def test_what_has_expired_is_accepted_by_the_link_no_more(
    tenant: Tenant, accountant: Membership
) -> None:
    quotation = sent()
    later = timezone.now() + timedelta(days=31)
    with pytest.raises(errors.QuotationExpired):
        deciding.accept_quotation(quotation.pk, name="Anna", now=later)
    # The office notes what was said in time.
    deciding.accept_quotation(quotation.pk, name="Anna", actor=accountant.user, now=later)


def test_a_revision_replaces_and_the_old_one_stays(tenant: Tenant) -> None:
    old = sent()
    new = editing.revise_quotation(old.pk, actor=None)

    assert (new.label, new.version, new.previous) == (f"{old.number}/2", 2, old)
    assert (new.net_total, new.lines.count()) == (Decimal("885.00"), 2)
    old.refresh_from_db()
    assert (old.status, old.net_total) == ("replaced", Decimal("885.00"))
    with pytest.raises(errors.NotOpenToDecide):
        deciding.accept_quotation(old.pk, name="Anna")
    with pytest.raises(errors.RevisedAlready):
        editing.revise_quotation(old.pk, actor=None)
    # Without the draft the one before can be accepted again.
    editing.delete_quotation(new.pk, actor=None)
    deciding.accept_quotation(old.pk, name="Anna")


def test_a_copy_is_a_quotation_of_its_own(tenant: Tenant) -> None:
    old = sent()
    copy = editing.copy_quotation(old.pk, actor=None)
    assert (copy.version, copy.previous, copy.status) == (1, None, "draft")
    assert copy.number != old.number
    assert copy.net_total == Decimal("885.00")


def test_a_revision_says_which_lines_are_others(tenant: Tenant) -> None:
    old = sent(lines=[item("Tiles", "10", "12.50"), item("Gutter", "1", "80")])
    new = editing.revise_quotation(old.pk, actor=None)
    assert changed_lines(old) == changed_lines(new) == []

    editing.save_quotation(
        new.pk, seen=new.changes_count, values={}, actor=None,
        lines=[item("Scaffold", "1", "300"), item("Tiles", "12", "12.50")],
    )  # fmt: skip

    told = [
        (row.old and row.old.text, row.new and row.new.text, row.difference)
        for row in changed_lines(new)
    ]
    assert told == [
        (None, "Scaffold", Decimal("300.00")),
        ("Tiles", "Tiles", Decimal("25.00")),
        ("Gutter", None, Decimal("-80.00")),
    ]


# What it becomes


def test_an_accepted_one_becomes_one_project(tenant: Tenant, accountant: Membership) -> None:
    quotation = sent()
    assert accountant.user is not None
    with pytest.raises(errors.NotAccepted):
        deciding.make_project_of(quotation.pk, actor=accountant.user)
    deciding.accept_quotation(quotation.pk, name="Anna")

    project = deciding.make_project_of(quotation.pk, actor=accountant.user)

    assert (project.name, project.customer) == ("A new roof", quotation.customer)
    assert project.description == f"{quotation.number} A new roof\nTiles: 10 pcs\nWork: 8 h"
    with pytest.raises(errors.BecameAlready):
        deciding.make_project_of(quotation.pk, actor=accountant.user)


def test_an_accepted_one_becomes_one_service_order(tenant: Tenant, accountant: Membership) -> None:
    quotation = deciding.accept_quotation(sent().pk, name="Anna")
    order = deciding.make_order_of(quotation.pk, actor=accountant)
    assert (order.title, order.customer) == ("A new roof", quotation.customer)
    assert "Work: 8 h" in order.description
    with pytest.raises(errors.BecameAlready):
        deciding.make_order_of(quotation.pk, actor=accountant)
    assert ServiceOrder.objects.count() == 1


def test_what_was_quoted_stands_beside_what_is_invoiced(
    tenant: Tenant, accountant: Membership
) -> None:
    quotation = deciding.accept_quotation(sent().pk, name="Anna")
    assert accountant.user is not None
    project = deciding.make_project_of(quotation.pk, actor=accountant.user)
    quotation.refresh_from_db()

    def worked(minutes: int) -> Any:
        TimeEntryFactory(project=project, minutes=minutes, rate=Decimal(100))
        return draft_work(
            start=date(2026, 10, 1), end=date(2026, 10, 31), project_ids=[project.pk],
            actor=accountant.user, allow_unlocked=True,
        )  # fmt: skip

    post_invoice(worked(300), actor=accountant.user)
    worked(60)

    [row] = compared([quotation])
    assert (row.quoted, row.invoiced, row.drafted, row.left, row.is_over) == (
        Decimal("885.00"), Decimal("500.00"), Decimal("100.00"), Decimal("285.00"), False,
    )  # fmt: skip


# Pages


def typed(quotation: Quotation, **told: Any) -> dict[str, Any]:
    values = {
        "seen": quotation.changes_count, "customer": quotation.customer_id, "project": "",
        "title": quotation.title, "language": "en", "currency": "EUR",
        "issue_date": quotation.issue_date.isoformat(),
        "valid_until": quotation.valid_until.isoformat(),
        "line": ["n1"], "lines-n1-kind": "item", "lines-n1-text": "Tiles",
        "lines-n1-quantity": "4", "lines-n1-unit": "C62", "lines-n1-unit_price": "12,50",
        "lines-n1-tax_rate": TaxRateFactory().pk,
    }  # fmt: skip
    return values | told


def test_one_is_written_on_its_page(accountant: Membership, signed_in: SignedIn) -> None:
    client = signed_in(accountant)
    customer = CustomerFactory()
    form = client.get(f"{LIST}new/?customer={customer.pk}").context["form"]
    typed_in = {name: form[name].value() or "" for name in form.fields} | {"title": "A new roof"}
    began = client.post(f"{LIST}new/", typed_in)
    quotation = Quotation.objects.get()
    url = f"{LIST}{quotation.pk}/"
    assert (began.status_code, began["Location"]) == (302, url)
    assert client.get(url).status_code == 200

    saved = client.post(url, typed(quotation, terms="14 days", do="save"))

    assert (saved.status_code, saved["Location"]) == (302, url)
    quotation.refresh_from_db()
    assert (quotation.net_total, quotation.terms) == (Decimal("50.00"), "14 days")
    # The next one begins with the same terms.
    assert editing.begin_quotation(customer=customer, actor=None).terms == "14 days"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": ""}, "Say in a few words what is offered."),
        ({"valid_until": "2020-01-01"}, "The last day lies before the quotation&#x27;s own."),
        ({"valid_until": "20000-01-01"}, "Enter a valid date."),
        ({"customer": "x"}, "Choose one of those offered."),
        ({"lines-n1-unit_price": "dear"}, "Enter a number, like 1.5 or 1,5."),
        ({"lines-n1-tax_rate": "x"}, "Choose a VAT rate from the list."),
        ({"seen": "99"}, "changed this quotation meanwhile."),
        (
            {"lines-n1-quantity": "1000000", "lines-n1-unit_price": "99999999"},
            "The sum is larger than a quotation can hold.",
        ),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    accountant: Membership, signed_in: SignedIn, wrong: dict[str, Any], sentence: str
) -> None:
    quotation = written()
    told = typed(quotation, internal_note="Ask about the colour", **wrong)
    answer = signed_in(accountant).post(f"{LIST}{quotation.pk}/", told)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert "Ask about the colour" in page
    quotation.refresh_from_db()
    assert quotation.net_total == Decimal("885.00")


def test_without_a_script_lines_come_and_go(accountant: Membership, signed_in: SignedIn) -> None:
    quotation = written()
    client, url = signed_in(accountant), f"{LIST}{quotation.pk}/"
    added = client.post(url, typed(quotation, do="add:text"))
    assert added.status_code == 200
    assert [row.kind for row in added.context["rows"]][:2] == ["item", "text"]
    gone = client.post(url, typed(quotation, do="delete:n1"))
    assert "Tiles" not in [row.typed["text"] for row in gone.context["rows"]]
    assert quotation.lines.count() == 2


def test_it_is_sent_accepted_and_ordered_on_its_pages(
    accountant: Membership, signed_in: SignedIn
) -> None:
    quotation = written()
    client, url = signed_in(accountant), f"{LIST}{quotation.pk}/"
    assert client.get(f"{url}file.pdf")["Content-Type"] == "application/pdf"
    refused = client.post(f"{url}send/", {"token": TOKEN, "subject": "s", "text": "t"})
    assert refused.status_code == 422
    letter = {"token": TOKEN, "recipients": "a@b.example", "subject": "s", "text": "{link}"}
    assert client.post(f"{url}send/", letter).status_code == 302
    page = client.get(url).content.decode()
    assert "a@b.example" in page

    nobody = client.post(f"{url}decide/", {"do": "accept"})
    assert nobody.status_code == 422
    assert "Enter the name of the person who decided." in nobody.content.decode()
    client.post(f"{url}decide/", {"do": "accept", "name": "Anna"})
    made = client.post(f"{url}do/order/")

    order = ServiceOrder.objects.get()
    assert made["Location"] == f"/acme/orders/{order.pk}/"
    assert order.label in client.get(url).content.decode()
    again = client.post(f"{url}do/order/")
    assert again.status_code == 422
    assert "has become" in again.content.decode()


def test_the_list_filters_and_asks_as_much_for_many_as_for_one(
    accountant: Membership, auditor: Membership, member: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(accountant)
    draft, offered = written(), sent()
    expired = written()
    day = date(2026, 1, 1)
    Quotation.objects.filter(pk=expired.pk).update(
        status="sent", sent_at=timezone.now(), sha256="0" * 64, issue_date=day, valid_until=day
    )
    accepted = deciding.accept_quotation(sent().pk, name="Anna")

    def found(query: str) -> set[int]:
        return {one.pk for one in client.get(f"{LIST}?{query}").context["page"]}

    assert found("") == {draft.pk, offered.pk, expired.pk}
    assert found("standing=expired") == {expired.pk}
    assert found("standing=accepted") == {accepted.pk}
    assert found("standing=all&q=roof&sort=-net") == {
        draft.pk, offered.pk, expired.pk, accepted.pk,
    }  # fmt: skip
    with CaptureQueriesContext(connection) as queries:
        client.get(f"{LIST}?standing=all")
    assert len(queries) <= 12
    export = b"".join(client.get(f"{LIST}export.csv?standing=all")).decode()
    assert export.count("A new roof") == 4
    assert signed_in(auditor).get(LIST).status_code == 200
    assert signed_in(auditor).post(f"{LIST}{draft.pk}/", {}).status_code == 403
    assert signed_in(member).get(LIST).status_code == 403


def test_customers_and_projects_have_theirs_in_a_tab(
    accountant: Membership, member: Membership, signed_in: SignedIn
) -> None:
    project = ProjectFactory()
    other = written()
    about = written(customer=project.customer)
    Quotation.objects.filter(pk=about.pk).update(project=project)
    client = signed_in(accountant)
    urls = (f"/acme/customers/{project.customer_id}/", f"/acme/projects/{project.pk}/")
    for url in urls:
        assert "?tab=quotations" in client.get(url).content.decode()
        with CaptureQueriesContext(connection) as queries:
            page = client.get(f"{url}quotations/", headers={"HX-Request": "true"}).content.decode()
        assert about.number in page
        assert other.number not in page
        assert len(queries) <= 12

    begun = {"customer": project.customer_id, "title": "A shed", "project": project.pk}
    client.post(f"{LIST}new/", begun)
    assert Quotation.objects.get(title="A shed").project == project
    client.post(f"{LIST}new/", begun | {"customer": other.customer_id, "title": "A barn"})
    assert Quotation.objects.get(title="A barn").project is None
    assert {signed_in(member).get(f"{url}quotations/").status_code for url in urls} == {403}


# The customer's page


def path_of(quotation: Quotation) -> str:
    return links.link_of(quotation).partition("//")[2].partition("/")[2]


def test_the_customer_reads_and_accepts_without_signing_in(tenant: Tenant, client: Client) -> None:
    quotation = sent(terms="14 days net")
    url = f"/{path_of(quotation)}"
    page = client.get(url)
    assert page.status_code == 200
    html = page.content.decode()
    for words in ("A new roof", "14 days net", "Tiles", "1,110.68"):
        assert words in html
    assert client.get(f"{url}file.pdf").content == quotation.file.read()

    unticked = client.post(url, {"do": "accept", "name": "Anna"})
    assert unticked.status_code == 422
    assert 'value="Anna"' in unticked.content.decode()
    nameless = client.post(url, {"do": "accept", "agreed": "on", "name": " "})
    assert "Please enter your name." in nameless.content.decode()
    assert client.post(url, {"do": "accept", "agreed": "on", "name": "Anna"}).status_code == 302

    quotation.refresh_from_db()
    assert (quotation.status, quotation.decided_name) == ("accepted", "Anna")
    assert "Accepted by Anna" in client.get(url).content.decode()
    late = client.post(url, {"do": "decline", "name": "Bertil"})
    assert late.status_code == 422
    quotation.refresh_from_db()
    assert quotation.status == "accepted"


def test_a_link_that_is_no_link_opens_nothing(tenant: Tenant, client: Client) -> None:
    quotation = sent()
    url = f"/{path_of(quotation)}"
    assert client.get(url[:-3] + "x/").status_code == 404
    links.withdraw_link(quotation, actor=None)  # type: ignore[arg-type]
    assert client.get(url).status_code == 404
    draft = written()
    Quotation.objects.filter(pk=draft.pk).update(key="k" * 43)
    draft.refresh_from_db()
    assert client.get(f"/{path_of(draft)}").status_code == 404


def test_the_customer_declines_with_a_reason(tenant: Tenant, client: Client) -> None:
    quotation = sent()
    url = f"/{path_of(quotation)}"
    answer = client.post(url, {"do": "decline", "name": "Anna", "reason": "Too dear"})
    assert answer.status_code == 302
    quotation.refresh_from_db()
    assert (quotation.status, quotation.decline_reason) == ("declined", "Too dear")


def test_a_document_of_the_project_shows_the_comparison(
    accountant: Membership, signed_in: SignedIn
) -> None:
    assert accountant.user is not None
    quotation = deciding.accept_quotation(sent().pk, name="Anna")
    project: Project = deciding.make_project_of(quotation.pk, actor=accountant.user)
    TimeEntryFactory(project=project, minutes=60, rate=Decimal(1000))
    draft = draft_work(
        start=date(2026, 10, 1), end=date(2026, 10, 31), project_ids=[project.pk],
        actor=accountant.user, allow_unlocked=True,
    )  # fmt: skip
    page = signed_in(accountant).get(f"/acme/invoices/{draft.pk}/quoted/").content.decode()
    assert quotation.number in page
    assert "885.00" in page
    assert "More than quoted" in page
    other = ProjectFactory()
    assert other.quotations.count() == 0
