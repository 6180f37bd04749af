"""Drafts whose e-invoice would be wrong say so, and wait where the company wants it."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from invoicing.domain.drafting import locked_documents
from invoicing.domain.posting import post_invoice, post_invoices
from invoicing.domain.posting_runs import start_run
from invoicing.einvoices import before_posting
from invoicing.einvoices.checking import verdict
from invoicing.einvoices.checking.explaining import Explained, Place, explained
from invoicing.einvoices.checking.findings import Finding, RulesNotAvailable, Severity
from invoicing.errors import EInvoiceUnfit
from invoicing.models import Invoice
from invoicing.tasks import look_at_einvoices
from tenants.einvoices import EInvoiceFindings, EInvoiceFormat
from tenants.models import Membership, Tenant
from tests.documents.making import draft, rate_of
from tests.factories import CustomerFactory


@pytest.fixture
def strict(german_seller: Tenant) -> Tenant:
    """A German company that wants its e-invoices right."""
    german_seller.einvoice_findings = EInvoiceFindings.REFUSE
    german_seller.phone = "+49 431 1"
    german_seller.save()
    return german_seller


def for_authority(**fields: Any) -> Invoice:
    """A draft for somebody who takes XRechnung alone."""
    customer = CustomerFactory(
        name="Stadt Kiel",
        einvoice_format=EInvoiceFormat.XRECHNUNG_CII,
        einvoice_address="04011000-1234512345-06",
    )
    rate = rate_of("S", percent="19", tax_account="1776")
    return draft({"tax_rate": rate}, customer=customer, **fields)


def test_without_the_buyers_reference_it_stays_a_draft(strict: Tenant) -> None:
    invoice = for_authority()

    with pytest.raises(EInvoiceUnfit) as refused:
        post_invoice(invoice, actor=None)

    assert str(refused.value) == (
        "XRechnung (CII) for Stadt Kiel: the e-invoice would not be right, and your company has"
        " such drafts wait. The buyer's reference is missing: needed for XRechnung."
    )
    invoice.refresh_from_db()
    assert invoice.is_draft

    invoice.buyer_reference = "04011000-1234512345-06"
    invoice.save()
    with patch("invoicing.domain.posting._enqueue_rendering"):
        assert post_invoice(invoice, actor=None).number == "2026-0001"


def test_who_wants_to_be_warned_only_can_post_it(strict: Tenant) -> None:
    strict.einvoice_findings = EInvoiceFindings.WARN
    strict.save()

    with patch("invoicing.domain.posting._enqueue_rendering"):
        assert post_invoice(for_authority(), actor=None).is_posted


def test_customers_without_einvoices_are_not_looked_at(strict: Tenant) -> None:
    invoice = for_authority()
    invoice.customer.einvoice_format = EInvoiceFormat.NONE
    invoice.customer.save()

    with (
        patch("invoicing.domain.posting._enqueue_rendering"),
        patch.object(before_posting, "look_at_draft") as looked,
    ):
        assert post_invoice(invoice, actor=None).is_posted
    assert not looked.called


def test_rules_that_give_no_verdict_stop_nobody(strict: Tenant) -> None:
    with (
        patch("invoicing.domain.posting._enqueue_rendering"),
        patch.object(verdict, "file_findings", side_effect=RulesNotAvailable("gone")),
    ):
        assert post_invoice(for_authority(), actor=None).is_posted


def test_many_drafts_are_looked_at_with_the_same_few_questions(strict: Tenant) -> None:
    counts = []
    # The first one of a company also makes its series.
    for number in (1, 2, 6):
        drafts = [for_authority(buyer_reference="Ref") for _ in range(number)]
        with (
            patch("invoicing.domain.posting._enqueue_rendering"),
            patch.object(verdict, "file_findings", return_value=[]),
            CaptureQueriesContext(connection) as queries,
        ):
            post_invoices([one.pk for one in drafts], actor=None)
        counts.append(len(queries))
    assert counts[1] == counts[2]


def test_the_drafts_page_asks_for_it_and_says_what_is_missing(
    strict: Tenant, owner: Membership, signed_in: Callable[[Membership], Client]
) -> None:
    strict.phone = ""
    strict.save()
    invoice = for_authority()
    address = f"/acme/drafts/{invoice.pk}/e-invoice/"
    client = signed_in(owner)

    assert f'hx-get="{address}"' in client.get(f"/acme/drafts/{invoice.pk}/").content.decode()
    said = client.get(address, headers={"HX-Request": "true"}).content.decode()

    assert "XRechnung (CII): the e-invoice would not be right" in said
    assert "The buyer&#x27;s reference is missing: needed for XRechnung." in said
    assert 'href="#id_buyer_reference"' in said
    back = f"%2Facme%2Fdrafts%2F{invoice.pk}%2F"
    assert said.count(f'href="/acme/company/settings/?back={back}#id_phone"') == 1, said
    assert "BR-DE-15" in said


def test_where_only_warned_the_pdf_goes_alone(
    strict: Tenant, auditor: Membership, signed_in: Callable[[Membership], Client]
) -> None:
    strict.einvoice_findings = EInvoiceFindings.WARN
    strict.save()
    address = f"/acme/drafts/{for_authority().pk}/e-invoice/"

    said = signed_in(auditor).get(address, headers={"HX-Request": "true"}).content.decode()

    assert "XRechnung (CII): posted as it is, this draft gets no e-invoice" in said
    assert "/settings/" not in said


def test_nothing_is_said_of_what_is_right_or_not_wanted(
    strict: Tenant, auditor: Membership, signed_in: Callable[[Membership], Client]
) -> None:
    client = signed_in(auditor)
    right = for_authority(buyer_reference="Ref")
    unwanted = for_authority()
    unwanted.customer.einvoice_format = EInvoiceFormat.NONE
    unwanted.customer.save()
    for invoice in (right, unwanted):
        answer = client.get(f"/acme/drafts/{invoice.pk}/e-invoice/", headers={"HX-Request": "true"})
        assert answer.content.strip() == b""
    assert client.get(f"/acme/drafts/{right.pk}/e-invoice/").status_code == 302


def test_a_sentence_is_said_once_and_errors_first() -> None:
    findings = [
        Finding("LK-L9", "No IBAN", Severity.WARNING),
        Finding("BR-DE-3", "[BR-DE-3] Ort fehlt"),
        Finding("BR-DE-4", "[BR-DE-4] PLZ fehlt"),
        Finding("BR-XX", "Something else"),
    ]

    assert explained(findings) == [
        Explained(
            "Your company's address is incomplete: needed for XRechnung.",
            Severity.ERROR,
            ("BR-DE-3", "BR-DE-4"),
            Place.COMPANY,
            "street",
        ),
        Explained("Something else", Severity.ERROR, ("BR-XX",)),
        Explained("No IBAN", Severity.WARNING, ("LK-L9",), Place.COMPANY, "iban"),
    ]


def test_the_rules_look_before_anything_is_locked_and_not_again(strict: Tenant) -> None:
    drafts = [for_authority(buyer_reference=f"Ref {number}") for number in range(3)]
    order: list[str] = []

    def looked(*_args: Any) -> list[Finding]:
        order.append("rules")
        return []

    def locked(ids: Any) -> Any:
        order.append("locks")
        return locked_documents(ids)

    with (
        patch("invoicing.domain.posting._enqueue_rendering"),
        patch("invoicing.domain.posting.locked_documents", side_effect=locked),
        patch.object(verdict, "file_findings", side_effect=looked),
    ):
        post_invoices([one.pk for one in drafts], actor=None)

    assert order == ["rules", "rules", "rules", "locks"]


def test_what_was_changed_since_is_looked_at_again(strict: Tenant) -> None:
    invoice = for_authority(buyer_reference="Ref")
    with patch.object(verdict, "file_findings", return_value=[]) as rules:
        for reference, asked in (("Ref", 1), ("Ref", 1), ("Other", 2)):
            invoice.buyer_reference = reference
            before_posting.look_at_drafts([invoice], strict)
            assert rules.call_count == asked


def test_of_many_those_that_are_right_are_posted(strict: Tenant, owner: Membership) -> None:
    right, wrong = for_authority(buyer_reference="Ref"), for_authority()

    with patch("invoicing.domain.posting._enqueue_rendering"):
        run = start_run([right.pk, wrong.pk], token=uuid4(), actor=owner.user)

    outcomes = {item.invoice_id: (item.outcome, item.refusal) for item in run.items.all()}
    assert outcomes[right.pk] == ("posted", "")
    assert outcomes[wrong.pk][0] == "refused"
    assert "The buyer's reference is missing" in outcomes[wrong.pk][1]


def test_the_list_of_drafts_marks_what_was_found(
    strict: Tenant, accountant: Membership, signed_in: Callable[[Membership], Client]
) -> None:
    client, invoice = signed_in(accountant), for_authority()
    mark = "E-invoice not right"
    assert mark not in client.get("/acme/drafts/").content.decode()

    look_at_einvoices(tenant_id=strict.pk, invoice_ids=[invoice.pk])
    marked = client.get("/acme/drafts/").content.decode()
    asked = client.post("/acme/drafts/post/", {"pk": invoice.pk}).content.decode()

    assert mark in marked
    assert "such drafts wait" in marked
    assert "The buyer&#x27;s reference is missing" in asked
    # With other settings it has to be looked at again, and so it has once it was saved.
    strict.phone = "+49 431 2"
    strict.save()
    assert mark not in client.get("/acme/drafts/").content.decode()
    strict.phone = "+49 431 1"
    strict.save()
    assert mark in client.get("/acme/drafts/").content.decode()
    Invoice.objects.filter(pk=invoice.pk).update(version=invoice.version + 1)
    assert mark not in client.get("/acme/drafts/").content.decode()


def test_where_only_warned_the_posting_says_how_many_get_none(
    strict: Tenant, accountant: Membership, signed_in: Callable[[Membership], Client]
) -> None:
    strict.einvoice_findings = EInvoiceFindings.WARN
    strict.save()
    invoice = for_authority()
    look_at_einvoices(tenant_id=strict.pk, invoice_ids=[invoice.pk])

    asked = signed_in(accountant).post("/acme/drafts/post/", {"pk": invoice.pk})

    assert "1 would get no e-invoice, only a PDF" in asked.content.decode()


def test_the_question_before_posting_fills_in_what_workers_find(
    strict: Tenant,
    accountant: Membership,
    signed_in: Callable[[Membership], Client],
    django_capture_on_commit_callbacks: Any,
) -> None:
    client, wrong, right = signed_in(accountant), for_authority(), for_authority()
    Invoice.objects.filter(pk=right.pk).update(buyer_reference="Ref")
    ticked = {"pk": [wrong.pk, right.pk]}
    with patch("invoicing.tasks.look_at_einvoices.delay") as asked:
        with django_capture_on_commit_callbacks(execute=True):
            first = client.post("/acme/drafts/post/", ticked)
        assert "2 e-invoices are still being looked at" in first.content.decode()
        assert 'hx-trigger="load delay:2s"' in first.content.decode()
        again = ticked | {"token": str(first.context["token"]), "looks": first.context["looks"]}
        with django_capture_on_commit_callbacks(execute=True):
            second = client.post("/acme/drafts/post/", again)
        asked.assert_called_once()
        assert sorted(asked.call_args.kwargs["invoice_ids"]) == sorted([wrong.pk, right.pk])
    assert second.context["token"] == first.context["token"]
    assert "autofocus" not in second.content.decode()

    look_at_einvoices(**asked.call_args.kwargs)
    filled = client.post("/acme/drafts/post/", again)

    assert "still being looked at" not in filled.content.decode()
    assert 'hx-trigger="load delay:2s"' not in filled.content.decode()
    assert [draft.pk for draft in filled.context["fit"]] == [right.pk]
    assert "The buyer&#x27;s reference is missing" in filled.content.decode()


def test_the_question_does_not_ask_for_ever(
    strict: Tenant, accountant: Membership, signed_in: Callable[[Membership], Client]
) -> None:
    invoice = for_authority()
    sent = {"pk": invoice.pk, "looks": "60", "token": "nonsense"}
    with patch("invoicing.tasks.look_at_einvoices.delay"):
        asked = signed_in(accountant).post("/acme/drafts/post/", sent).content.decode()
    assert "1 e-invoice was not looked at yet" in asked
    assert 'hx-trigger="load delay:2s"' not in asked


def test_the_list_has_the_worker_look_at_what_nobody_has_looked_at(
    strict: Tenant,
    accountant: Membership,
    signed_in: Callable[[Membership], Client],
    django_capture_on_commit_callbacks: Any,
) -> None:
    client, invoice = signed_in(accountant), for_authority()

    with patch("invoicing.tasks.look_at_einvoices.delay") as asked:
        for _time in range(2):
            with django_capture_on_commit_callbacks(execute=True):
                client.get("/acme/drafts/")

    asked.assert_called_once_with(tenant_id=strict.pk, invoice_ids=[invoice.pk])


def test_findings_name_the_field_that_causes_them(
    strict: Tenant, owner: Membership, signed_in: Callable[[Membership], Client]
) -> None:
    invoice = for_authority()
    said = signed_in(owner).get(
        f"/acme/drafts/{invoice.pk}/e-invoice/", headers={"HX-Request": "true"}
    )
    assert 'data-said-at="id_buyer_reference" data-tone="error"' in said.content.decode()


def test_a_finding_leads_to_the_very_field_and_back(
    strict: Tenant, owner: Membership, signed_in: Callable[[Membership], Client]
) -> None:
    client, invoice = signed_in(owner), for_authority(buyer_reference="Ref")
    strict.phone = ""
    strict.save()
    back = f"/acme/drafts/{invoice.pk}/"
    said = client.get(f"{back}e-invoice/", headers={"HX-Request": "true"}).content.decode()
    link = f"/acme/company/settings/?back=%2Facme%2Fdrafts%2F{invoice.pk}%2F#id_phone"
    assert f'href="{link}"' in said

    settings_page = client.get(link.partition("#")[0])
    assert 'id="id_phone"' in settings_page.content.decode()
    assert f'href="{back}">Back to the draft' in settings_page.content.decode()

    customer = f"/acme/customers/{invoice.customer_id}/"
    form = client.get(f"{customer}edit/?back={back}").context["form"]
    sent = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    sent |= {"einvoice_address": "", "einvoice_operator": ""}
    saved = client.post(f"{customer}edit/?back={back}", sent)
    assert saved.status_code == 302, saved.context["form"].errors
    assert saved["Location"] == f"{customer}?back=%2Facme%2Fdrafts%2F{invoice.pk}%2F"
    assert "Back to the draft" in client.get(saved["Location"]).content.decode()


@pytest.mark.parametrize(
    "path",
    ["https://elsewhere.example/", "//elsewhere.example/", "/other/drafts/1/", "/acme//" * 60],
)
def test_the_way_back_leads_nowhere_else(
    strict: Tenant, owner: Membership, signed_in: Callable[[Membership], Client], path: str
) -> None:
    page = signed_in(owner).get("/acme/company/settings/", {"back": path}).content.decode()
    assert "Back to the draft" not in page
