"""Credit notes for invoices of more lines than one form holds."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from invoicing.domain.crediting import cancel_invoice, draft_credit_note, whole_credit
from invoicing.domain.credits import left_of
from invoicing.domain.posting import post_invoice
from invoicing.models import Invoice, InvoiceLine
from invoicing.selectors import long_documents
from tenants.models import Membership, Tenant
from tests.asking import asked_by
from tests.factories import CustomerFactory, CustomFieldFactory, TaxRateFactory
from tests.invoicing.crediting import ON, billed, only_line, states
from tests.invoicing.test_long_drafts import words
from tests.invoicing.test_long_invoices import long_invoice

SignIn = Callable[[Membership], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _low_limit(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    TaxRateFactory()
    monkeypatch.setattr(long_documents, "MOST_LINES", 120)


@pytest.fixture
def desk(signed_in: SignIn, accountant: Membership) -> Client:
    return signed_in(accountant)


def url(invoice: Invoice, end: str = "") -> str:
    return f"/acme/invoices/{invoice.pk}/credit/{end}"


def head(note: Invoice | None = None, **fields: Any) -> dict[str, Any]:
    version = {"version": note.version} if note else {}
    return {"reason": "Wrong", "issue_date": ON.isoformat()} | version | fields


def line_at(invoice: Invoice, position: int) -> InvoiceLine:
    found: InvoiceLine = invoice.lines.get(position=position)
    return found


def typed(
    line: InvoiceLine, quantity: str, note: Invoice | None = None, **more: Any
) -> dict[str, Any]:
    """The dialog of a line of 1 × 10.00, the quantity changed."""
    key = line.pk
    fields = {f"q-{key}": quantity, f"a-{key}": "10.00", f"q0-{key}": "1", f"a0-{key}": "10.00"}
    return fields | ({"version": note.version} if note else {"reason": "Wrong"}) | more


def credit_line(desk: Client, line: InvoiceLine, data: dict[str, Any]) -> Any:
    return desk.post(url(line.invoice, f"lines/{line.pk}/"), data, headers=HTMX)


def note_of(invoice: Invoice) -> Invoice:
    found: Invoice = invoice.credit_notes.get()
    return found


def test_the_first_saving_credits_all_that_is_left(desk: Client) -> None:
    invoice = long_invoice(130)
    page = desk.get(url(invoice))
    assert len(page.context["rows"]) == 100
    assert "over everything that is left" in words(page)

    assert desk.post(url(invoice), head()).status_code == 302

    note = note_of(invoice)
    assert (note.status, note.gross_total, note.lines.count()) == ("draft", Decimal("1631.50"), 130)
    again = desk.post(url(invoice), head(note, comment="Sorry", post="1"))
    assert again.status_code == 302
    note.refresh_from_db()
    assert (note.status, note.comment, note.lines.count()) == ("posted", "Sorry", 130)


def test_a_draft_is_put_together_line_by_line(desk: Client) -> None:
    invoice = long_invoice(130)
    third, first = line_at(invoice, 3), line_at(invoice, 1)

    made = credit_line(desk, third, typed(third, "0.5"))
    assert made.status_code == 204
    assert '"credit:line": {"from": "", "to": 1}' in made["HX-Trigger"]
    note = note_of(invoice)
    assert (note.reason, note.net_total) == ("Wrong", Decimal(5))

    more = credit_line(desk, first, typed(first, "1", note))
    assert '"credit:line": {"from": 1, "to": 2}' in more["HX-Trigger"]
    note.refresh_from_db()
    assert note.net_total == Decimal(15)
    # In the order of the invoice, numbered anew.
    assert list(note.lines.values_list("position", "text")) == [
        (1, "Part 00001"),
        (2, "Part 00003"),
    ]

    only = desk.get(url(invoice), {"on": "1"})
    assert [row.line.text for row in only.context["rows"]] == ["Part 00001", "Part 00003"]
    off = credit_line(desk, first, typed(first, "1", note, remove="1"))
    assert off.status_code == 204
    note.refresh_from_db()
    assert (note.net_total, note.lines.get().position) == (Decimal(5), 1)


def test_the_last_line_stays(desk: Client) -> None:
    invoice = long_invoice(130)
    line = line_at(invoice, 3)
    credit_line(desk, line, typed(line, "1"))
    note = note_of(invoice)
    refused = credit_line(desk, line, typed(line, "1", note, remove="1"))
    assert refused.status_code == 422
    assert note.lines.count() == 1


def test_saving_the_head_leaves_the_lines_alone(desk: Client) -> None:
    invoice = long_invoice(130)
    line = line_at(invoice, 3)
    credit_line(desk, line, typed(line, "1"))
    note = note_of(invoice)
    before = list(note.lines.values())
    assert desk.post(url(invoice), head(note, comment="Sorry")).status_code == 302
    note.refresh_from_db()
    assert (note.comment, note.version) == ("Sorry", 2)
    assert list(note.lines.values()) == before


def test_above_what_is_left_is_refused_by_the_line(desk: Client) -> None:
    invoice = long_invoice(130)
    line = line_at(invoice, 3)
    refused = credit_line(desk, line, typed(line, "2"))
    assert refused.status_code == 422
    assert "Part 00003" in words(refused)
    assert not invoice.credit_notes.exists()


def test_the_first_line_asks_for_the_reason(desk: Client) -> None:
    invoice = long_invoice(130)
    line = line_at(invoice, 3)
    refused = credit_line(desk, line, typed(line, "1", reason=""))
    assert refused.status_code == 422
    assert "Say why." in words(refused)


def test_an_old_form_of_a_line_is_told(desk: Client) -> None:
    invoice = long_invoice(130)
    first, third = line_at(invoice, 1), line_at(invoice, 3)
    credit_line(desk, third, typed(third, "1"))
    note = note_of(invoice)
    credit_line(desk, first, typed(first, "1", note))
    old = credit_line(desk, third, typed(third, "0.5", note))
    assert old.status_code == 409
    assert "You saved this draft in another window at" in words(old)


def test_what_is_opened_of_a_cancellation_no_longer_cancels(
    desk: Client, tenant: Tenant, owner: Membership, accountant: Membership
) -> None:
    invoice = long_invoice(130)
    tenant.four_eyes = True
    tenant.save()
    note = cancel_invoice(invoice, reason="Twice", actor=accountant.user)
    assert note.is_cancellation
    line = line_at(invoice, 3)
    credit_line(desk, line, typed(line, "0.5", note))
    note.refresh_from_db()
    assert (note.is_cancellation, note.net_total) == (False, Decimal(1295))


def test_hours_of_a_line_are_freed_or_kept(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_documents, "MOST_LINES", 0)
    invoice, entries = billed(60, 120)
    line = only_line(invoice)
    dialog = desk.get(url(invoice, f"lines/{line.pk}/"), headers=HTMX)
    assert [source.time_entry_id for source in dialog.context["listed"]] == [
        entry.pk for entry in entries
    ]
    data = {
        "reason": "Wrong",
        f"q-{line.pk}": "2",
        f"a-{line.pk}": "300.00",
        f"q0-{line.pk}": "3",
        f"a0-{line.pk}": "300.00",
        f"work-{line.pk}": "chosen",
        f"free-{line.pk}": [entries[1].pk],
    }
    assert credit_line(desk, line, data).status_code == 204
    post_invoice(note_of(invoice), actor=None)
    assert states(entries) == ["billed", "open"]


def test_few_queries_for_ten_thousand_lines(desk: Client) -> None:
    """The true size: with and without a draft, and its dialog."""
    few, many = long_invoice(130), long_invoice(10_000, customer=CustomerFactory())
    asked = [asked_by(desk, url(invoice)) for invoice in (few, many)]
    assert asked[0] == asked[1] <= 12
    left = left_of([many])[many.pk]
    draft_credit_note(many, whole_credit(left), reason="Wrong", actor=None)
    assert asked_by(desk, url(many)) <= 12
    assert asked_by(desk, url(many, f"lines/{line_at(many, 7).pk}/")) <= 12


# On credit notes of any size


def with_text(invoice_lines: int) -> Invoice:
    """Posted; a line of text stands second."""
    from tests.invoicing.test_long_drafts import long_draft

    draft = long_draft(invoice_lines)
    draft.lines.filter(position__gt=1).update(position=3)
    InvoiceLine.objects.create(invoice=draft, kind="text", position=2, text="As agreed by phone")
    return post_invoice(draft, actor=None)


def test_a_full_credit_note_repeats_the_texts() -> None:
    invoice = with_text(2)
    note = cancel_invoice(invoice, reason="Twice", actor=None)
    assert list(note.lines.values_list("position", "kind", "text")) == [
        (1, "item", "Part 00001"),
        (2, "text", "As agreed by phone"),
        (3, "item", "Part 00002"),
    ]


def test_a_credit_of_a_part_has_no_texts() -> None:
    invoice = with_text(2)
    left = left_of([invoice])[invoice.pk]
    note = draft_credit_note(invoice, whole_credit(left)[:1], reason="Wrong", actor=None)
    assert list(note.lines.values_list("kind", "text")) == [("item", "Part 00001")]


def test_the_own_fields_of_documents_are_edited(desk: Client) -> None:
    CustomFieldFactory(target="document", name="campaign", kind="text")
    invoice, _entries = billed(60)
    line = only_line(invoice)
    data = head(
        None,
        **{
            f"q-{line.pk}": "1",
            f"a-{line.pk}": "100.00",
            "custom-shown": "campaign",
            "custom_campaign": "Autumn",
        },
    )
    assert "Campaign" in words(desk.get(url(invoice)))
    assert desk.post(url(invoice), data).status_code == 302
    note = note_of(invoice)
    assert note.custom_values == {"campaign": "Autumn"}
    changed = desk.post(url(invoice), data | {"version": note.version, "custom_campaign": "Late"})
    assert changed.status_code == 302
    note.refresh_from_db()
    assert note.custom_values == {"campaign": "Late"}
