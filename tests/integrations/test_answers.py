"""The systems' own fields: asked for apart from the draft's form, kept, sent along, shown."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from integrations import registry
from integrations.domain import answers
from integrations.domain.answers import Offered, read_answers
from integrations.domain.packing import pack
from integrations.errors import AnswerTooLong, AnswerUnknown, ExportArrived, ExportUnclear
from integrations.models import Connection, CustomerLink, DocumentAnswers, Export, ExportStep
from integrations.ports import Can, Delivery, DocumentField, RemoteDraft, RetryLater
from integrations.systems.procountor.sandbox.server import ProcountorSandbox
from invoicing.domain.credit_lines import LineCredit
from invoicing.domain.crediting import draft_credit_note
from invoicing.domain.drafting import new_draft
from invoicing.domain.lines import price_line, save_totals
from invoicing.domain.posting import post_invoice
from invoicing.models import Invoice, InvoiceLine
from tenants.models import AuditEntry, Membership
from tests.factories import CustomerFactory, TaxRateFactory
from tests.integrations.conftest import link, make_connection, send, store_pdf
from tests.integrations.fake import FakeAdapter, Remote, fake_system

SignIn = Callable[[Membership], Client]
HTMX = {"HX-Request": "true"}
FIELDS = (
    DocumentField(key="channel", label="Channel"),
    DocumentField(key="contact", label="Contact", is_free_text=True),
    DocumentField(key="term", label="Term", fills="payment_term_days"),
)
OFFERED = Offered(
    {"channel": [["mail", "By mail"], ["post", "By post"]], "term": [["14", "14 days"]]},
    (RemoteDraft(id="D-1", label="RE-draft of 1 November"),),
)
pytestmark = pytest.mark.usefixtures("tenant")


class Asking(FakeAdapter):
    """With fields and drafts; `failure` is what it answers instead."""

    failure: RetryLater | None = None
    asked: list[str] = []

    def document_choices(self, remote_customer_id: str) -> Any:
        if self.failure:
            raise self.failure
        self.asked.append(remote_customer_id)
        return OFFERED.choices

    def list_drafts(self, remote_customer_id: str) -> list[RemoteDraft]:
        return list(OFFERED.drafts)


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> Iterator[Remote]:
    monkeypatch.setattr(Asking, "failure", None)
    Asking.asked.clear()
    with fake_system(document_fields=FIELDS) as remote:
        known = registry.all_systems()
        known["fake"] = replace(known["fake"], open=lambda _access: Asking(remote))
        yield remote


@pytest.fixture
def over(remote: Remote) -> Connection:
    return make_connection(system="fake", name="Fake", environment="production")


@pytest.fixture
def linked(over: Connection) -> CustomerLink:
    return link(over, CustomerFactory(), remote_id="7")


def drafted(customer: Any) -> Invoice:
    TaxRateFactory()
    draft = new_draft(customer=customer, actor=None)
    line = InvoiceLine(
        invoice=draft,
        position=1,
        text="Work",
        quantity=1,
        unit_price=100,
        tax_rate=TaxRateFactory(),
    )
    price_line(line, currency=draft.currency)
    line.save()
    save_totals(draft)
    return draft


@pytest.fixture
def draft(linked: CustomerLink) -> Invoice:
    return drafted(linked.customer)


def url(draft: Invoice, over: Connection) -> str:
    return f"/acme/exports/document/{draft.pk}/choices/{over.pk}/"


# What is read of a form.


def test_only_what_is_offered_is_taken() -> None:
    with fake_system(document_fields=FIELDS):
        system = registry.all_systems()["fake"]
    given = {"channel": "post", "contact": "  Anna   Ostaja ", "term": "14", "append_to": "D-1"}
    assert read_answers(system, OFFERED, given) == (
        {"channel": "post", "contact": "Anna Ostaja", "append_to": "D-1"},
        {
            "channel": "By post",
            "contact": "Anna Ostaja",
            "append_to": "RE-draft of 1 November",
        },
    )
    assert read_answers(system, OFFERED, {"channel": "", "append_to": ""}) == ({}, {})
    with pytest.raises(AnswerUnknown, match="Channel: Fake does not offer this any more"):
        read_answers(system, OFFERED, {"channel": "pigeon"})
    with pytest.raises(AnswerUnknown, match="Draft there"):
        read_answers(system, OFFERED, {"append_to": "D-9"})
    with pytest.raises(AnswerTooLong):
        read_answers(system, OFFERED, {"contact": "x" * 255})


# On the form of a draft.


def test_the_form_of_a_draft_asks_nobody_by_itself(
    accountant: Membership, signed_in: SignIn, draft: Invoice, over: Connection
) -> None:
    client = signed_in(accountant)
    page = client.get(f"/acme/drafts/{draft.pk}/").content.decode()
    assert f'hx-get="/acme/exports/draft/{draft.pk}/"' in page
    systems = client.get(f"/acme/exports/draft/{draft.pk}/", headers=HTMX).content.decode()
    assert "Fake: Järvikansa" in systems
    assert f'hx-get="{url(draft, over)}"' in systems
    assert Asking.asked == []


def test_choices_are_kept_sent_along_and_shown(
    accountant: Membership, signed_in: SignIn, remote: Remote, draft: Invoice, over: Connection
) -> None:
    client = signed_in(accountant)
    page = client.get(url(draft, over)).content.decode()
    assert "By post" in page
    assert "Add to RE-draft of 1 November" in page
    assert 'data-fills="payment_term_days"' in page
    assert 'name="term"' not in page  # the draft's own due date says it

    said = client.post(url(draft, over), {"channel": "post", "append_to": "D-1"})
    assert "Kept" in said.content.decode()
    assert Asking.asked == ["7"]  # remembered for a moment
    assert AuditEntry.objects.filter(action="invoice.answers_changed").count() == 1
    assert 'value="post" selected' in client.get(url(draft, over)).content.decode()

    seen: list[Delivery] = []
    remote.before = lambda _step, delivery: seen.append(delivery)
    posted = post_invoice(draft, actor=None)
    store_pdf(posted)
    send(Export.objects.get())
    assert (seen[0].invoice.choices, seen[0].invoice.append_to) == ({"channel": "post"}, "D-1")
    shown = client.get(f"/acme/exports/invoice/{posted.pk}/").content.decode()
    assert "By post" in shown
    assert "RE-draft of 1 November" in shown
    refused = client.post(url(draft, over), {"channel": "mail"})
    assert refused.status_code == 422
    assert "has arrived already" in refused.content.decode()


def test_what_is_not_offered_is_refused_and_nothing_changes(
    accountant: Membership, signed_in: SignIn, draft: Invoice, over: Connection
) -> None:
    client = signed_in(accountant)
    client.post(url(draft, over), {"channel": "post"})
    refused = client.post(url(draft, over), {"channel": "pigeon"})
    assert refused.status_code == 422
    assert "Choose again" in refused.content.decode()
    assert DocumentAnswers.objects.get().choices == {"channel": "post"}


def test_a_system_that_does_not_answer_is_told_and_can_be_asked_again(
    accountant: Membership,
    signed_in: SignIn,
    draft: Invoice,
    over: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = signed_in(accountant)
    monkeypatch.setattr(Asking, "failure", RetryLater("Fake does not answer."))
    page = client.get(url(draft, over)).content.decode()
    assert "Fake does not answer." in page
    assert "Ask again" in page
    refused = client.post(url(draft, over), {"channel": "post"})
    assert refused.status_code == 422
    assert "Not saved. Fake does not answer." in refused.content.decode()
    assert not DocumentAnswers.objects.exists()


def test_choices_made_for_another_customer_there_do_not_hold(
    accountant: Membership, draft: Invoice, linked: CustomerLink
) -> None:
    answers.keep_answers(
        draft, linked, choices={"channel": "post"}, words={"channel": "By post"},
        actor=accountant.user,
    )  # fmt: skip
    over = linked.connection
    assert answers.answers_of(draft, over, linked) is not None
    linked.remote_id = "8"
    linked.save()
    assert answers.answers_of(draft, over, linked) is None
    assert answers.answers_of(draft, over, None) is None


def test_what_arrived_keeps_its_choices(
    accountant: Membership, linked: CustomerLink, draft: Invoice
) -> None:
    posted = post_invoice(draft, actor=None)
    Export.objects.filter(invoice=posted).update(remote_id="there")
    with pytest.raises(ExportArrived):
        answers.keep_answers(posted, linked, choices={}, words={}, actor=accountant.user)


def test_what_may_have_arrived_is_not_sent_elsewhere(
    accountant: Membership, linked: CustomerLink, draft: Invoice
) -> None:
    export = Export.objects.get(invoice=post_invoice(draft, actor=None))
    step = ExportStep.objects.create(export=export, key="create", begun_at=timezone.now())
    with pytest.raises(ExportUnclear, match="not known whether"):
        answers.keep_answers(draft, linked, choices={}, words={}, actor=accountant.user)
    step.delete()
    answers.keep_answers(draft, linked, choices={}, words={}, actor=accountant.user)


def test_a_draft_that_was_taken_back_is_chosen_for_anew(
    accountant: Membership, linked: CustomerLink, draft: Invoice
) -> None:
    Export.objects.create(
        connection=linked.connection, invoice=draft, status="cancelled", remote_id="there"
    )
    answers.keep_answers(draft, linked, choices={}, words={}, actor=accountant.user)


def test_who_may_only_look_changes_nothing(
    auditor: Membership, signed_in: SignIn, draft: Invoice, over: Connection
) -> None:
    client = signed_in(auditor)
    assert "disabled" in client.get(url(draft, over)).content.decode()
    assert client.post(url(draft, over), {"channel": "post"}).status_code == 403
    assert not DocumentAnswers.objects.exists()


def test_a_credit_note_is_asked_what_can_be_chosen_for_it(
    accountant: Membership, signed_in: SignIn, draft: Invoice, over: Connection
) -> None:
    invoice = post_invoice(draft, actor=accountant.user)
    client, credit = signed_in(accountant), f"/acme/invoices/{invoice.pk}/credit/"
    assert "draft-systems" not in client.get(credit).content.decode()
    line = invoice.lines.get()
    note = draft_credit_note(
        invoice, [LineCredit(line_id=line.pk, quantity=Decimal(1))], reason="x", actor=None
    )
    assert f"/acme/exports/draft/{note.pk}/" in client.get(credit).content.decode()

    shown = client.get(url(note, over), headers=HTMX).content.decode()
    assert "By post" in shown
    assert "data-fills" not in shown
    assert "RE-draft of 1 November" not in shown
    sent = client.post(url(note, over), {"channel": "post", "append_to": "D-1"}, headers=HTMX)
    assert sent.status_code == 200
    kept = DocumentAnswers.objects.get(invoice=note)
    assert (kept.choices, kept.append_to) == ({"channel": "post"}, "")


def test_a_credit_note_that_does_not_go_there_says_so(
    accountant: Membership, signed_in: SignIn, draft: Invoice, over: Connection
) -> None:
    known = registry.all_systems()
    known["fake"] = replace(known["fake"], can=known["fake"].can - {Can.CREDIT_NOTES})
    invoice = post_invoice(draft, actor=accountant.user)
    line = invoice.lines.get()
    note = draft_credit_note(
        invoice, [LineCredit(line_id=line.pk, quantity=Decimal(1))], reason="x", actor=None
    )
    page = signed_in(accountant).get(f"/acme/exports/draft/{note.pk}/").content.decode()
    assert "Credit notes do not go there over this connection" in page
    assert "/choices/" not in page


def test_a_customer_without_a_link_is_told_so(
    accountant: Membership, signed_in: SignIn, over: Connection
) -> None:
    draft = drafted(CustomerFactory())
    client = signed_in(accountant)
    page = client.get(f"/acme/exports/draft/{draft.pk}/").content.decode()
    assert "Not linked" in page
    assert client.get(url(draft, over)).status_code == 404


def test_a_system_without_fields_asks_for_nothing(
    accountant: Membership, signed_in: SignIn
) -> None:
    with fake_system(can=frozenset({Can.FINAL})):
        over = make_connection(system="fake", name="Fake", environment="production")
        draft = drafted(link(over, CustomerFactory()).customer)
        page = signed_in(accountant).get(f"/acme/exports/draft/{draft.pk}/").content.decode()
    assert "choices" not in page
    assert pack(draft if draft.number else post_invoice(draft, actor=None)).choices == {}


def test_where_the_system_numbers_nothing_can_be_appended(
    accountant: Membership, signed_in: SignIn, draft: Invoice, over: Connection
) -> None:
    client = signed_in(accountant)
    assert 'name="append_to"' in client.get(url(draft, over)).content.decode()
    over.settings["numbers"] = "there"
    over.save()
    page = client.get(url(draft, over)).content.decode()
    assert 'name="channel"' in page
    assert "append_to" not in page
    assert "Draft in" not in page


def test_a_draft_chosen_while_we_numbered_can_be_taken_back(
    accountant: Membership, signed_in: SignIn, draft: Invoice, over: Connection
) -> None:
    client = signed_in(accountant)
    client.post(url(draft, over), {"append_to": "D-1"})
    over.settings["numbers"] = "there"
    over.save()
    assert "not offered any more" in client.get(url(draft, over)).content.decode()
    client.post(url(draft, over), {"append_to": ""})
    assert DocumentAnswers.objects.get().append_to == ""
    assert 'name="append_to"' not in client.get(url(draft, over)).content.decode()


def test_no_field_stands_there_for_drafts_that_the_customer_has_not(
    accountant: Membership,
    signed_in: SignIn,
    draft: Invoice,
    over: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Asking, "list_drafts", lambda _self, _customer: [])
    page = signed_in(accountant).get(url(draft, over)).content.decode()
    assert 'name="channel"' in page
    assert 'name="append_to"' not in page


def test_a_system_that_only_appends_says_that_there_is_no_draft(
    accountant: Membership, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Asking, "list_drafts", lambda _self, _customer: [])
    with fake_system() as remote:
        known = registry.all_systems()
        known["fake"] = replace(known["fake"], open=lambda _access: Asking(remote))
        over = make_connection(system="fake", name="Fake", environment="production")
        draft = drafted(link(over, CustomerFactory()).customer)
        page = signed_in(accountant).get(url(draft, over)).content.decode()
    assert "This customer has no draft in" in page
    assert "<form" not in page


# Procountor.


def test_procountor_s_fields(
    accountant: Membership,
    signed_in: SignIn,
    sandbox: ProcountorSandbox,
    connection: Connection,
) -> None:
    draft = drafted(link(connection, CustomerFactory(email="our@example.com")).customer)
    client = signed_in(accountant)
    page = client.get(url(draft, connection)).content.decode()
    assert "E-mail, the customer&#x27;s in Procountor" in page
    assert "30 days, the customer&#x27;s in Procountor" in page
    assert "laskut@jarvikansa.vakuutus.example" in page

    chosen = {"contact": "Anna Ostaja", "email": "anna@ostaja.example", "channel": "EMAIL"}
    client.post(url(draft, connection), chosen)
    posted = post_invoice(draft, actor=None)
    store_pdf(posted)
    export = send(Export.objects.get())
    assert export.status == Export.Status.SENT, export.error
    there = sandbox.store.get("invoice", "kuusi", int(export.remote_id))
    assert there is not None
    assert there["invoiceChannel"] == "EMAIL"
    assert there["counterParty"]["contactPersonName"] == "Anna Ostaja"
    assert there["counterParty"]["email"] == "anna@ostaja.example"


def test_procountor_refuses_what_is_no_address_before_any_call(
    accountant: Membership, sandbox: ProcountorSandbox, connection: Connection
) -> None:
    made = link(connection, CustomerFactory())
    draft = drafted(made.customer)
    answers.keep_answers(
        draft, made, choices={"email": "anna(at)example"}, words={"email": "anna(at)example"},
        actor=accountant.user,
    )  # fmt: skip
    posted = post_invoice(draft, actor=None)
    store_pdf(posted)
    export = send(Export.objects.get())
    assert export.status == Export.Status.FAILED
    assert "“anna(at)example” is no e-mail address" in export.error
    assert sandbox.store.count("invoice", "kuusi") == 0
