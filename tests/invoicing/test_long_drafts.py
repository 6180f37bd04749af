"""Drafts of more lines than one form holds: the head as a form, the lines opened one by one."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from invoicing.domain.editing import save_draft
from invoicing.models import Invoice, InvoiceLine
from invoicing.selectors import long_documents
from tenants.models import AuditEntry, Membership, Tenant
from tests.asking import asked_by
from tests.factories import CustomerFactory, TaxRateFactory, TimeEntryFactory
from tests.invoicing.drafts import blank, drafted, form_of, line, sent, stored_line, url
from timesheets.models import BillingState

SignIn = Callable[[Membership], Client]
HTMX = {"HX-Request": "true"}
LINES = {**HTMX, "HX-Target": "draft-lines"}


@pytest.fixture(autouse=True)
def _rates(request: pytest.FixtureRequest) -> None:
    if "tenant" in request.fixturenames:
        request.getfixturevalue("tenant")
        TaxRateFactory()


@pytest.fixture(autouse=True)
def _low_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_documents, "MOST_LINES", 150)


@pytest.fixture
def client_(signed_in: SignIn, accountant: Membership) -> Client:
    return signed_in(accountant)


def long_draft(count: int = 250, **fields: Any) -> Invoice:
    """Lines of 10.00, numbered in their texts."""
    draft = blank(**fields)
    rate = TaxRateFactory()
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=draft,
            position=number,
            text=f"Part {number:05}",
            quantity=Decimal(1),
            unit_price=Decimal(10),
            tax_rate=rate,
            tax_percent=rate.percent,
            tax_category=rate.category,
            account=rate.revenue_account,
            net=Decimal(10),
        )
        for number in range(1, count + 1)
    )
    saved = save_draft(
        draft, version=draft.version, values={"comment": "x"}, lines=None, actor=None
    )
    assert saved.gross_total == count * Decimal("12.55")
    return saved


def head(draft: Invoice, **fields: Any) -> dict[str, Any]:
    """What the page sends: the head, and that its lines are apart."""
    return sent(draft, lines_apart="1", **fields)


def opened(client: Client, draft: Invoice, position: int, **fields: str) -> dict[str, Any]:
    """The form of one line as its dialog has it, with changes."""
    key, typed = stored_line(draft, position, **fields)
    state = client.get(url(draft, f"lines/{key}/")).context["state"]
    typed_in = {f"lines-{key}-{name}": value for name, value in typed.items()}
    return {"line": key, "state": state, **typed_in}


def line_url(draft: Invoice, position: int, end: str = "") -> str:
    return url(draft, f"lines/{draft.lines.get(position=position).pk}/{end}")


def words(response: Any) -> str:
    return str(response.content.decode())


def texts(response: Any) -> list[str]:
    return [found.text for found, _row, _state in response.context["lines"]]


# The page


def test_the_lines_are_shown_a_hundred_at_a_time(client_: Client, tenant: Tenant) -> None:
    draft = long_draft()
    page = client_.get(url(draft))
    html = words(page)
    assert len(texts(page)) == 100
    assert texts(page)[0] == "Part 00001"
    assert 'id="draft-list"' not in html
    assert 'name="comment"' in html
    assert "<strong>1–100</strong> of <strong>250</strong>" in html
    assert "€3,137.50" in html  # of all lines: 250 × 12.55

    last = client_.get(url(draft), {"page": 3}, headers=LINES)
    assert texts(last) == [f"Part {number:05}" for number in range(201, 251)]
    assert 'name="comment"' not in words(last)


def test_lines_are_found_by_all_words_of_their_text(client_: Client, tenant: Tenant) -> None:
    draft = long_draft()
    found = client_.get(url(draft), {"q": "PART 0024"})
    assert texts(found) == ["Part 00024", *(f"Part {number:05}" for number in range(240, 250))]
    assert found.context["found_net"] == Decimal(110)
    assert "Net of the lines found" in words(found)

    none = client_.get(url(draft), {"q": "part 100%"})
    assert "No line has these words" in words(none)


def test_at_the_limit_all_lines_are_in_the_form(client_: Client, tenant: Tenant) -> None:
    assert 'id="draft-list"' in words(client_.get(url(long_draft(150))))


def test_the_page_asks_as_much_for_many_lines_as_for_more(client_: Client, tenant: Tenant) -> None:
    drafts = [long_draft(count, customer=CustomerFactory()) for count in (151, 400)]
    asked = []
    for draft in drafts:
        client_.get(url(draft))
        asked.append(asked_by(client_, url(draft)))
    assert asked[0] == asked[1] <= 13


# Saving the head


def test_saving_the_head_leaves_the_lines_alone(client_: Client, tenant: Tenant) -> None:
    draft = long_draft()
    before = list(draft.lines.values())
    response = client_.post(url(draft), head(draft, comment="Thank you"))
    assert response.status_code == 302
    draft.refresh_from_db()
    assert (draft.comment, draft.gross_total) == ("Thank you", Decimal("3137.50"))
    assert list(draft.lines.values()) == before


def test_a_form_without_lines_deletes_none_when_the_draft_has_become_short(
    client_: Client, tenant: Tenant
) -> None:
    """The last line above the limit was taken off while the head was open."""
    draft = long_draft(151)
    client_.post(line_url(draft, 151, "remove/"), {"state": opened(client_, draft, 151)["state"]})
    draft.refresh_from_db()
    assert client_.post(url(draft), head(draft, comment="Hi")).status_code == 302
    draft.refresh_from_db()
    assert (draft.comment, draft.lines.count()) == ("Hi", 150)


def test_a_refused_head_comes_back_as_typed(client_: Client, tenant: Tenant) -> None:
    draft = long_draft()
    refused = client_.post(url(draft), head(draft, comment="Kept", issue_date="2026-02-30"))
    assert refused.status_code == 422
    assert "Enter a day that exists." in words(refused)
    assert "Kept" in words(refused)
    assert len(texts(refused)) == 100


def test_two_people_change_the_head(client_: Client, tenant: Tenant) -> None:
    draft = long_draft()
    base = form_of(client_, draft)
    other = {"comment": "Theirs", "order_reference": "PO-9"}
    save_draft(draft, version=draft.version, values=other, lines=None, actor=None)

    conflict = client_.post(url(draft), head(draft, comment="Mine", **base))

    assert conflict.status_code == 409
    outcomes = {found.what: found.outcome for found in conflict.context["conflict"]}
    assert outcomes == {"Text on the invoice": "kept", "Customer's order": "taken"}
    assert len(texts(conflict)) == 100


def test_what_was_typed_before_the_draft_became_long_is_told(
    client_: Client, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = long_draft(150)
    base = form_of(client_, draft)
    typed = sent(draft, [stored_line(draft, 1), stored_line(draft, 2, text="Mine")], **base)
    row = {f"lines-n1-{name}": value for name, value in line("Freight").items()}
    client_.post(url(draft, "lines/new/"), {"line": "n1", **row})

    conflict = client_.post(url(draft), typed)

    assert conflict.status_code == 409
    assert [(found.what, found.outcome) for found in conflict.context["conflict"]] == [
        ("Line “Mine · 1 × 10”", "apart")
    ]
    assert draft.lines.get(position=2).text == "Part 00002"


def test_another_currency_rounds_the_stored_lines_anew(tenant: Tenant) -> None:
    draft = long_draft(200)
    draft.lines.filter(position=7).update(unit_price=Decimal("10.5"), net=Decimal("10.50"))
    saved = save_draft(
        draft, version=draft.version, values={"currency": "JPY"}, lines=None, actor=None
    )
    assert saved.lines.get(position=7).net == Decimal(11)
    assert saved.net_total == Decimal(2001)


def test_a_corrected_rate_reaches_the_lines_with_the_head(client_: Client, tenant: Tenant) -> None:
    draft = long_draft(200)
    rate = draft.lines.get(position=1).tax_rate
    rate.percent = Decimal(10)
    rate.save()
    client_.post(url(draft), head(draft))
    draft.refresh_from_db()
    assert (draft.net_total, draft.tax_total) == (Decimal(2000), Decimal(200))


def test_posting_saves_the_head_and_posts_all_lines(client_: Client, tenant: Tenant) -> None:
    draft = long_draft()
    posted = client_.post(url(draft, "post/"), head(draft, comment="Bye"))
    assert posted.status_code == 302
    draft.refresh_from_db()
    assert (draft.status, draft.comment) == (Invoice.Status.POSTED, "Bye")
    assert draft.net_total == Decimal(2500)


# One line


def test_a_line_is_opened_and_saved_by_itself(client_: Client, tenant: Tenant) -> None:
    draft = long_draft()
    sent_in = opened(client_, draft, 42, quantity="1,5", text="Part forty-two")
    answer = client_.post(line_url(draft, 42), sent_in, headers=HTMX)
    assert answer.status_code == 204
    version = draft.version
    assert f'"draft:line": {{"from": {version}, "to": {version + 1}}}' in answer["HX-Trigger"]
    draft.refresh_from_db()
    found = draft.lines.get(position=42)
    assert (found.text, found.net) == ("Part forty-two", Decimal(15))
    assert draft.net_total == Decimal(2505)
    entry = AuditEntry.objects.filter(action="invoice.changed").latest("pk")
    assert entry.detail["changes"] == {
        "line 42 text": ["Part 00042", "Part forty-two"],
        "line 42 quantity": ["1", "1.5"],
    }


def test_without_htmx_it_goes_back_to_the_draft(client_: Client, tenant: Tenant) -> None:
    draft = long_draft()
    answer = client_.post(line_url(draft, 1), opened(client_, draft, 1, unit_price="20"))
    assert (answer.status_code, answer["Location"]) == (302, url(draft))


def test_nothing_changed_is_no_version(client_: Client, tenant: Tenant) -> None:
    draft = long_draft()
    answer = client_.post(line_url(draft, 1), opened(client_, draft, 1), headers=HTMX)
    assert '"draft:line": {}' in answer["HX-Trigger"]
    version = draft.version
    draft.refresh_from_db()
    assert draft.version == version


def test_others_may_change_other_lines_meanwhile(client_: Client, tenant: Tenant) -> None:
    draft = long_draft()
    mine, other = opened(client_, draft, 1, text="Mine"), opened(client_, draft, 2, text="Other")
    client_.post(line_url(draft, 2), other)
    assert client_.post(line_url(draft, 1), mine, headers=HTMX).status_code == 204
    draft.refresh_from_db()
    assert list(draft.lines.values_list("text", flat=True)[:2]) == ["Mine", "Other"]


def test_who_changed_the_same_line_is_shown_and_asked(client_: Client, tenant: Tenant) -> None:
    draft = long_draft()
    mine = opened(client_, draft, 1, text="Mine")
    client_.post(line_url(draft, 1), opened(client_, draft, 1, text="Theirs"))

    conflict = client_.post(line_url(draft, 1), mine, headers=HTMX)

    assert conflict.status_code == 409
    assert "Theirs" in words(conflict)
    assert "Mine" in words(conflict)
    again = {**mine, "state": conflict.context["state"]}
    assert client_.post(line_url(draft, 1), again, headers=HTMX).status_code == 204
    assert draft.lines.get(position=1).text == "Mine"


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("text", "", "Say what is invoiced, or delete the line."),
        ("quantity", "many", "Enter a number, like 1.5 or 1,5."),
        ("unit_price", "-1", "A price cannot be negative. Give a discount instead."),
        ("account", "9999", "There is no account 9999."),
    ],
)
def test_what_is_wrong_is_said_by_the_field(
    client_: Client, tenant: Tenant, field: str, typed: str, sentence: str
) -> None:
    draft = long_draft()
    refused = client_.post(
        line_url(draft, 1), opened(client_, draft, 1, **{field: typed}), headers=HTMX
    )
    assert refused.status_code == 422
    assert sentence in words(refused)
    assert draft.lines.get(position=1).text == "Part 00001"


def test_a_sum_no_invoice_can_hold_is_refused(client_: Client, tenant: Tenant) -> None:
    draft = long_draft()
    absurd = opened(client_, draft, 1, quantity="1000000", unit_price="100000000")
    refused = client_.post(line_url(draft, 1), absurd, headers=HTMX)
    assert refused.status_code == 422
    assert "larger than an invoice can hold" in words(refused)
    draft.refresh_from_db()
    assert draft.net_total == Decimal(2500)


def test_a_new_line_comes_last(client_: Client, tenant: Tenant) -> None:
    draft = long_draft()
    typed = {f"lines-n1-{name}": value for name, value in line("Freight").items()}
    blank_form = client_.get(url(draft, "lines/new/"))
    assert "New line" in words(blank_form)
    typed |= {"line": "n1", "state": blank_form.context["state"]}
    for _tap in range(2):
        answer = client_.post(url(draft, "lines/new/"), typed, headers=HTMX)
        assert answer.status_code == 204
    assert draft.lines.count() == 251
    found = draft.lines.latest("position")
    assert (found.position, found.text, found.net) == (251, "Freight", Decimal(200))

    text = {"line": "n1", "lines-n1-kind": "text", "lines-n1-text": "Thank you"}
    assert client_.post(url(draft, "lines/new/"), text, headers=HTMX).status_code == 204
    assert draft.lines.latest("position").kind == InvoiceLine.Kind.TEXT


def test_an_empty_new_line_says_what_it_needs(client_: Client, tenant: Tenant) -> None:
    draft = long_draft()
    typed = {f"lines-n1-{k}": v for k, v in line("", unit_price="", quantity="1").items()}
    refused = client_.post(url(draft, "lines/new/"), {"line": "n1", **typed}, headers=HTMX)
    assert refused.status_code == 422
    assert "Say what is invoiced." in words(refused)


def test_a_line_taken_off_frees_its_hours_and_the_others_move_up(
    client_: Client, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_documents, "MOST_LINES", 1)
    entries = [TimeEntryFactory(minutes=60, work_date=date(2026, 10, day)) for day in (1, 2)]
    entries[1].project.customer = entries[0].project.customer
    entries[1].project.save()
    draft = drafted(*entries)
    assert draft.lines.count() == 2
    gone = draft.lines.get(position=1)
    freed = gone.sources.get().time_entry
    state = opened(client_, draft, 1)["state"]

    answer = client_.post(line_url(draft, 1, "remove/"), {"state": state}, headers=HTMX)

    assert answer.status_code == 204
    freed.refresh_from_db()
    assert freed.billing_state == BillingState.OPEN
    left = draft.lines.get()
    assert (left.position, left.pk != gone.pk) == (1, True)
    draft.refresh_from_db()
    assert draft.net_total == left.net


def test_a_line_somebody_changed_is_not_taken_off(client_: Client, tenant: Tenant) -> None:
    draft = long_draft()
    state = opened(client_, draft, 1)["state"]
    client_.post(line_url(draft, 1), opened(client_, draft, 1, text="Changed"))
    answer = client_.post(line_url(draft, 1, "remove/"), {"state": state}, headers=HTMX)
    assert "You saved this draft in another window at" in answer["HX-Trigger"]
    assert draft.lines.count() == 250


def test_a_line_that_is_gone_is_not_found(client_: Client, tenant: Tenant) -> None:
    draft = long_draft()
    sent_in, where = opened(client_, draft, 1), line_url(draft, 1)
    draft.lines.filter(position=1).delete()
    assert client_.post(where, sent_in, headers=HTMX).status_code == 404


def test_who_only_reads_sees_lines_and_no_buttons(
    signed_in: SignIn, auditor: Membership, tenant: Tenant
) -> None:
    draft = long_draft()
    where = line_url(draft, 1)
    client = signed_in(auditor)
    html = words(client.get(url(draft)))
    assert "Part 00100" in html
    assert "/remove/" not in html
    assert where not in html
    assert client.get(where).status_code == 403
    assert client.post(line_url(draft, 1, "remove/")).status_code == 403
    assert client.get(url(draft, "lines/new/")).status_code == 403
