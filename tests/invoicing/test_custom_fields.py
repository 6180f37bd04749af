"""The company's own fields of documents: drafted, edited by two, frozen, printed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from customers.domain import custom_field_changes
from customers.models import CustomField
from invoicing.documents.printed import printed_invoice
from invoicing.domain.credit_lines import LineCredit
from invoicing.domain.crediting import draft_credit_note
from invoicing.domain.editing import LineEdit, save_draft
from invoicing.domain.posting import post_invoice
from invoicing.domain.verifying import check_chain
from invoicing.models import Invoice
from tenants.models import AuditEntry, Membership
from tests.factories import (
    CustomerFactory,
    CustomFieldFactory,
    ProjectFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from tests.invoicing.drafts import blank, drafted, form_of, line, sent, stored_line, url

SignIn = Callable[[Membership], Client]
pytestmark = pytest.mark.usefixtures("tenant")


@pytest.fixture
def campaign(tenant: Any) -> Any:
    return CustomFieldFactory(
        target="document", name="campaign", label="Campaign", is_printed=True, default="Spring",
        translations={"fi": "Kampanja"},
    )  # fmt: skip


def with_line(**fields: Any) -> Invoice:
    TaxRateFactory()
    entry = TimeEntryFactory(**fields)
    return drafted(entry)


@pytest.mark.usefixtures("campaign")
def test_a_draft_begins_with_the_defaults() -> None:
    assert with_line().custom_values == {"campaign": "Spring"}
    assert blank().custom_values == {"campaign": "Spring"}


@pytest.mark.usefixtures("campaign")
def test_what_is_printed_is_frozen_with_label_and_language(accountant: Membership) -> None:
    CustomFieldFactory(name="contract", label="Contract", is_printed=True)
    CustomFieldFactory(name="secret", label="Secret", is_printed=False)
    CustomFieldFactory(target="project", name="since", kind="date", is_printed=True)
    CustomFieldFactory(target="project", name="fee", kind="number", is_printed=True)
    CustomFieldFactory(target="project", name="vip", kind="checkbox", is_printed=True)
    CustomFieldFactory(target="project", name="empty", is_printed=True)
    customer = CustomerFactory(
        language="fi", custom_values={"contract": "K-7", "secret": "not for paper"}
    )
    values = {"since": "2026-02-03", "fee": "1234.5", "vip": True, "empty": ""}
    project = ProjectFactory(customer=customer, custom_values=values)
    draft = with_line(project=project)
    expected = [
        ["Contract", "K-7"],
        ["Since", "3.2.2026"],
        ["Fee", "1\u00a0234,5"],
        ["Vip", "Kyllä"],
        ["Kampanja", "Spring"],
    ]
    assert printed_invoice(draft).facts[-5:] == tuple((name, text) for name, text in expected)

    posted = post_invoice(draft, actor=accountant.user)

    assert Invoice.objects.get().printed_fields == expected
    customer.custom_values = {"contract": "another"}
    customer.save()
    custom_field_changes.switch_field(
        CustomField.objects.get(name="since").pk, actor=None, is_active=False
    )
    again = printed_invoice(Invoice.objects.get(pk=posted.pk))
    assert again.facts[-5:] == tuple((name, text) for name, text in expected)
    assert check_chain().faults == []


def test_long_texts_stand_under_the_comment(accountant: Membership) -> None:
    CustomFieldFactory(target="document", name="terms", kind="long_text", is_printed=True)
    draft = with_line()
    draft.custom_values, draft.comment = {"terms": "One.\nTwo."}, "Thank you."
    assert printed_invoice(draft).comment == "Thank you.\nTerms: One.\nTwo."


@pytest.mark.usefixtures("campaign")
def test_saved_with_the_draft(accountant: Membership, signed_in: SignIn) -> None:
    draft = blank()
    client = signed_in(accountant)
    assert "Campaign" in client.get(url(draft)).content.decode()
    typed = {"custom-shown": "campaign", "custom_campaign": "Autumn"}
    assert client.post(url(draft), sent(draft, [line()], **typed)).status_code == 302
    draft.refresh_from_db()
    assert draft.custom_values == {"campaign": "Autumn"}
    changes = AuditEntry.objects.get(action="invoice.changed").detail["changes"]
    assert changes["Campaign"] == ["Spring", "Autumn"]


def test_two_people_on_one_draft(
    owner: Membership, accountant: Membership, signed_in: SignIn
) -> None:
    CustomFieldFactory(target="document", name="budget", label="Budget", kind="number")
    CustomFieldFactory(target="document", name="place", label="Place", position=1)
    draft = blank()
    client = signed_in(accountant)
    typed = {"custom-shown": "budget place", "custom_budget": "1 200,5", "custom_place": ""}
    assert client.post(url(draft), sent(draft, [line()], **typed)).status_code == 302
    draft.refresh_from_db()
    mine = {**typed, "custom_place": "Turku"}
    stale = sent(draft, [stored_line(draft)], **mine) | form_of(client, draft)
    theirs = {"custom_values": {"budget": "1300", "place": "Espoo"}}
    edits = [
        LineEdit(
            pk=found.pk, text=found.text, quantity=found.quantity, unit=found.unit,
            unit_price=found.unit_price, tax_rate=found.tax_rate, account=found.account,
        )
        for found in draft.lines.all()
    ]  # fmt: skip
    save_draft(draft, version=draft.version, values=theirs, lines=edits, actor=owner.user)

    page = client.post(url(draft), stale)

    assert page.status_code == 409
    form = page.context["form"]
    assert form["custom_budget"].value() == "1300"
    assert form["custom_place"].value() == "Turku"
    assert [one.what for one in page.context["conflict"]] == ["Budget", "Place"]
    assert "Espoo" in page.content.decode()


def test_a_credit_note_takes_the_values_along(accountant: Membership) -> None:
    draft = with_line()
    Invoice.objects.filter(pk=draft.pk).update(custom_values={"campaign": "Autumn"})
    posted = post_invoice(draft, actor=accountant.user)
    whole = [LineCredit(line_id=one.pk, quantity=one.quantity) for one in posted.lines.all()]
    note = draft_credit_note(posted, whole, reason="Wrong", actor=accountant.user)
    assert note.custom_values == {"campaign": "Autumn"}
