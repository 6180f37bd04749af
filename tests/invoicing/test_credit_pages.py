"""The pages on which an invoice is credited or cancelled."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client

from invoicing.domain.crediting import draft_credit_note
from invoicing.domain.draft_work import add_work
from invoicing.domain.drafting import new_draft
from invoicing.domain.posting import post_invoice
from invoicing.models import Invoice
from tenants.models import Membership, Tenant, TenantRole
from tenants.role_book import forget_book
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.asking import asked_by
from tests.documents.making import posted
from tests.factories import (
    ChargeFactory,
    CustomerFactory,
    MembershipFactory,
    TaxRateFactory,
    TenantFactory,
)
from tests.invoicing.crediting import ON, amounts, billed, credit, money, only_line, part, states
from timesheets.models import Charge

type SignIn = Callable[[Membership], Client]


@pytest.fixture
def desk(signed_in: SignIn, accountant: Membership) -> Client:
    return signed_in(accountant)


def url(invoice: Invoice, end: str = "credit/") -> str:
    return f"/acme/invoices/{invoice.pk}/{end}"


def sent(invoice: Invoice, **fields: Any) -> dict[str, Any]:
    """The form as the page would send it back, with everything credited unless told."""
    data: dict[str, Any] = {"reason": "Wrong hours", "issue_date": ON.isoformat()}
    for line in invoice.lines.all():
        data |= {
            f"q-{line.pk}": f"{line.quantity.normalize():f}", f"a-{line.pk}": f"{line.net:.2f}",
            f"q0-{line.pk}": f"{line.quantity.normalize():f}", f"a0-{line.pk}": f"{line.net:.2f}",
        }  # fmt: skip
    return data | fields


def words(response: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def figures(response: Any) -> dict[str, Any]:
    found = re.search(r'data-credit-figures="([^"]*)"', response.content.decode())
    assert found is not None
    shown: dict[str, Any] = json.loads(unescape(found[1]))
    return shown


def test_everything_that_is_left_is_proposed(desk: Client, tenant: Tenant) -> None:
    invoice, _entries = billed(60, 120)
    credit(invoice, part(only_line(invoice), quantity="0.5"))
    page = desk.get(url(invoice))
    (row,) = page.context["rows"]
    assert (row.typed_quantity, row.typed_amount, row.hours.entries) == ("2.5", "250.00", 2)
    assert "Left of the invoice €0.00" in words(page)


def test_saved_as_a_draft_then_changed_then_posted(desk: Client, tenant: Tenant) -> None:
    invoice, entries = billed(60, 120)
    key = only_line(invoice).pk
    assert desk.post(url(invoice), sent(invoice)).status_code == 302
    note = Invoice.objects.get(kind="credit_note")
    assert (note.status, note.gross_total) == ("draft", Decimal("376.50"))
    (row,) = desk.get(url(invoice)).context["rows"]
    assert row.work == "free"
    assert desk.get(f"/acme/drafts/{note.pk}/")["Location"] == url(invoice)

    change = {f"q-{key}": "1", f"work-{key}": "chosen", f"free-{key}": [entries[0].pk]}
    desk.post(url(invoice), sent(invoice, version=1, **change))
    assert amounts(note) == money("100", "25.50", "125.50")
    (row,) = desk.get(url(invoice)).context["rows"]
    assert (row.work, row.freed, row.typed_amount) == ("chosen", [entries[0].pk], "100.00")

    old = desk.post(url(invoice), sent(invoice, version=1, **change))
    assert old.status_code == 422
    assert "You saved this draft in another window at" in words(old)
    done = desk.post(url(invoice), sent(invoice, version=2, post="1", **change), follow=True)
    assert "Credit note CN-2026-0001 is posted." in words(done)
    assert states(entries) == ["open", "billed"]
    assert "For 2026-0001" not in words(done)
    assert "Credit note for 2026-0001" in words(done)
    page = words(desk.get(url(invoice, "")))
    assert "CN-2026-0001" in page
    assert "Open €251.00" in page


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({"q": "1"}, ("1", "100.00", "")),
        ({"a": "150,00"}, ("1.5", "150.00", "")),
        ({"q": "1", "a": "100"}, ("1", "100.00", "")),
        ({"q": "1", "a": "50"}, ("1", "50.00", "This quantity comes to 100.00.")),
        ({"q": "", "a": ""}, ("0", "0.00", "")),
        ({"q": "x"}, ("0", "0.00", "Enter a number, like 1.5 or 1,5.")),
        ({"q": "4"}, ("4", "300.00", "Of “Project")),
    ],
)
def test_quantity_and_amount_follow_each_other(
    desk: Client, tenant: Tenant, typed: dict[str, str], expected: tuple[str, str, str]
) -> None:
    invoice, _entries = billed(60, 120)
    key = only_line(invoice).pk
    data = sent(invoice, **{f"{name}-{key}": text for name, text in typed.items()})
    found = figures(desk.post(url(invoice, "credit/sums/"), data))[str(key)]
    assert (found["quantity"], found["amount"]) == expected[:2]
    assert found["error"].startswith(expected[2])
    assert bool(found["error"]) == bool(expected[2])


def test_what_was_typed_last_counts(desk: Client, tenant: Tenant) -> None:
    invoice, _entries = billed(60, 120)
    key = only_line(invoice).pk
    data = sent(invoice, **{f"q-{key}": "2", f"a-{key}": "50"})
    for name, expected in (("q", ("2", "200.00")), ("a", ("0.5", "50.00"))):
        answer = desk.post(
            url(invoice, "credit/sums/"), data, headers={"HX-Trigger-Name": f"{name}-{key}"}
        )
        found = figures(answer)[str(key)]
        assert (found["quantity"], found["amount"]) == expected


def test_just_the_ticked_hours(desk: Client, tenant: Tenant) -> None:
    invoice, entries = billed(20, 20, 20)
    key = only_line(invoice).pk
    listed = desk.post(url(invoice, f"credit/hours/?line={key}"), {"part": "1"})
    assert "checked" not in listed.content.decode()
    assert (
        desk.get(url(invoice, f"credit/hours/?line={key}")).content.decode().count("checked") == 3
    )
    data = sent(invoice, hours=key, **{f"free-{key}": [entries[0].pk, entries[2].pk]})
    found = figures(desk.post(url(invoice, "credit/sums/"), data))[str(key)]
    assert (found["quantity"], found["amount"]) == ("0.666667", "66.67")


@pytest.fixture
def usage(tenant: Tenant) -> tuple[Invoice, list[Charge]]:
    """A posted line of three records of usage at 10.00."""
    TaxRateFactory()
    customer = CustomerFactory()
    records = [
        ChargeFactory(
            customer=customer, kind="usage", destination="Norway",
            quantity=Decimal(number), unit_price=Decimal(10),
        )
        for number in (1, 2, 3)
    ]  # fmt: skip
    draft = new_draft(customer=customer, actor=None, issue_date=ON)
    add_work(draft, charge_ids=[record.pk for record in records], actor=None)
    return post_invoice(draft, actor=None), records


def charge_states(charges: list[Charge]) -> list[str]:
    found = Charge.objects.filter(pk__in=[charge.pk for charge in charges]).order_by("pk")
    return list(found.values_list("billing_state", flat=True))


def test_charges_are_freed_like_hours(desk: Client, usage: tuple[Invoice, list[Charge]]) -> None:
    invoice, records = usage
    key = only_line(invoice).pk
    assert "3 charges" in words(desk.get(url(invoice)))
    listed = desk.post(url(invoice, f"credit/hours/?line={key}"), {"part": "1"})
    assert f'name="free-charge-{key}"' in listed.content.decode()
    chosen = {f"work-{key}": "chosen", f"free-charge-{key}": [records[0].pk, records[1].pk]}
    found = figures(desk.post(url(invoice, "credit/sums/"), sent(invoice, hours=key, **chosen)))
    assert (found[str(key)]["quantity"], found[str(key)]["amount"]) == ("3", "30.00")

    desk.post(url(invoice), sent(invoice, **{f"q-{key}": "3"}, **chosen))
    (row,) = desk.get(url(invoice)).context["rows"]
    assert (row.work, sorted(row.freed_charges)) == ("chosen", [records[0].pk, records[1].pk])
    desk.post(url(invoice), sent(invoice, version=1, post="1", **{f"q-{key}": "3"}, **chosen))
    assert charge_states(records) == ["open", "open", "billed"]


def test_charges_of_a_cancelled_invoice(desk: Client, usage: tuple[Invoice, list[Charge]]) -> None:
    invoice, records = usage
    assert "Its 3 charges" in words(desk.get(url(invoice, "cancel/")))
    data = {"reason": "x", "work": "chosen", "kept_charge": [records[1].pk]}
    assert desk.post(url(invoice, "cancel/"), data).status_code == 302
    assert charge_states(records) == ["open", "billed", "open"]


def test_a_refusal_keeps_what_was_typed(desk: Client, tenant: Tenant) -> None:
    invoice, _entries = billed(60, 120)
    key = only_line(invoice).pk
    for change, sentence in (
        ({"reason": ""}, "Say why. The reason stands on it."),
        ({f"q-{key}": "4"}, "only 3, 300.00 EUR, is left to credit"),
        ({f"q-{key}": "1"}, "worth 300.00 EUR, and 100.00 EUR of the line is credited"),
        ({f"q-{key}": "0", f"a-{key}": "0"}, "Enter a quantity or an amount"),
        ({"issue_date": "2026-01-01"}, "the credit note cannot be older"),
    ):
        refused = desk.post(url(invoice), sent(invoice, comment="Typed", **change))
        assert refused.status_code == 422
        assert sentence in words(refused)
        assert "Typed" in words(refused)
    assert not Invoice.objects.filter(kind="credit_note").exists()


class TestCancelling:
    def test_with_a_reason(self, desk: Client, tenant: Tenant) -> None:
        invoice, entries = billed(60, 120)
        assert "Its 2 entries (3:00 h)" in words(desk.get(url(invoice, "cancel/")))
        refused = desk.post(url(invoice, "cancel/"), {"reason": " "})
        assert refused.status_code == 422
        assert "Say why" in words(refused)

        data = {"reason": "By mistake", "work": "chosen", "kept": [entries[1].pk]}
        page = desk.post(url(invoice, "cancel/"), data, follow=True)

        assert "2026-0001 is cancelled by CN-2026-0001." in words(page)
        assert "By mistake" in words(page)
        assert "Cancelled" in words(page)
        assert "Cancel invoice…" not in words(page)
        assert states(entries) == ["open", "billed"]
        note = Invoice.objects.get(kind="credit_note")
        assert "Cancels 2026-0001" in words(desk.get(url(note, "")))

    def test_keeping_all_hours_as_billed(self, desk: Client, tenant: Tenant) -> None:
        invoice, entries = billed(60, 120)
        desk.post(url(invoice, "cancel/"), {"reason": "x", "work": "keep"})
        assert states(entries) == ["billed", "billed"]

    def test_not_what_is_credited_in_part(self, desk: Client, tenant: Tenant) -> None:
        invoice = posted({"quantity": Decimal(2)})
        credit(invoice, part(only_line(invoice), quantity="1"))
        refused = desk.post(url(invoice, "cancel/"), {"reason": "x"})
        assert refused.status_code == 422
        assert "is credited in part already, by CN-2026-0001" in words(refused)


def test_a_credited_invoice_leads_back_to_its_page(desk: Client, tenant: Tenant) -> None:
    invoice = posted({})
    credit(invoice, part(only_line(invoice), quantity="1"))
    assert desk.get(url(invoice))["Location"] == url(invoice, "")
    assert "Credit note…" not in words(desk.get(url(invoice, "")))


def test_a_credit_note_in_the_list_of_drafts(desk: Client, tenant: Tenant) -> None:
    invoice = posted({})
    note = draft_credit_note(
        invoice, [part(only_line(invoice), quantity="1")], reason="x", actor=None, issue_date=ON
    )
    page = desk.get("/acme/drafts/")
    assert "Credit note" in words(page)
    assert "Due date passed" not in words(page)
    assert "There is a draft of a credit note" in words(desk.get(url(invoice, "")))
    for path in ("entries/", "parties/?customer=1"):
        assert desk.get(f"/acme/drafts/{note.pk}/{path}").status_code == 404


@pytest.mark.parametrize("role", ["manager", "member", "auditor"])
def test_others_may_not(role: str, signed_in: SignIn, request: pytest.FixtureRequest) -> None:
    membership: Membership = request.getfixturevalue(role)
    invoice, client = posted({}), signed_in(membership)
    for end in ("credit/", "cancel/"):
        assert client.get(url(invoice, end)).status_code == 403
        assert client.post(url(invoice, end), {"reason": "x"}).status_code == 403
    assert client.post(url(invoice, "credit/sums/")).status_code == 403


def test_another_companys_invoice_is_not_there(db: None, client: Client) -> None:
    ours, theirs = TenantFactory(slug="acme"), TenantFactory(slug="theirs")
    with tenant_scope(theirs.pk):
        foreign = posted({})
    with tenant_scope(ours.pk):
        owner: Membership = MembershipFactory(role=Role.OWNER)
        assert owner.user is not None
        client.force_login(owner.user)
        for end in ("credit/", "cancel/"):
            assert client.get(url(foreign, end)).status_code == 404
            assert client.post(url(foreign, end), {"reason": "x"}).status_code == 404


def test_drafts_are_not_credited(desk: Client, tenant: Tenant) -> None:
    note = credit(invoice := posted({}), part(only_line(invoice), quantity="1"))
    assert desk.get(url(note)).status_code == 404
    assert desk.get(url(note, "cancel/")).status_code == 404


def test_a_page_takes_few_statements(desk: Client, tenant: Tenant) -> None:
    invoice, _entries = billed(60, 120, 30)
    assert asked_by(desk, url(invoice)) <= 12
    credit(invoice, part(only_line(invoice), quantity="1"))
    desk.post(url(invoice), {**sent(invoice), f"q-{only_line(invoice).pk}": "2.5"})
    assert Invoice.objects.filter(status="draft").exists()
    assert asked_by(desk, url(invoice)) <= 12
    assert asked_by(desk, url(invoice, "")) <= 12


def approver(tenant: Tenant) -> Membership:
    Tenant.objects.filter(pk=tenant.pk).update(has_adjusted_roles=True)
    TenantRole.objects.create(
        key="approver", name="Approver", granted=["view_invoice", "post_invoice"]
    )
    forget_book()
    made: Membership = MembershipFactory(role="approver")
    return made


def test_who_posts_and_does_not_credit_reads_the_draft_and_posts_it(
    signed_in: SignIn, tenant: Tenant
) -> None:
    invoice, entries = billed(60, 120)
    note = draft_credit_note(
        invoice, [part(only_line(invoice), quantity="1", freed=[entries[0].pk])],
        reason="Wrong hours", actor=None, issue_date=ON,
    )  # fmt: skip
    client = signed_in(approver(tenant))

    page = client.get(url(invoice))
    assert page.status_code == 200
    assert "Wrong hours" in words(page)
    assert "1 entry, 1:00 h" in words(page)
    assert "Save draft" not in words(page)
    assert client.get(f"/acme/drafts/{note.pk}/")["Location"] == url(invoice)

    stale = client.post(url(invoice), {"post": "1", "version": "7", "reason": "Mine"})
    assert stale.status_code == 422
    assert client.post(url(invoice), {"post": "1", "version": note.version}).status_code == 302
    note.refresh_from_db()
    assert (note.status, note.reason) == ("posted", "Wrong hours")
    assert states(entries) == ["open", "billed"]


def test_who_only_looks_reads_the_draft_and_posts_nothing(
    signed_in: SignIn, auditor: Membership
) -> None:
    invoice, _entries = billed(60)
    client = signed_in(auditor)
    assert client.get(url(invoice)).status_code == 403

    note = draft_credit_note(
        invoice, [part(only_line(invoice), quantity="1")], reason="Wrong", actor=None, issue_date=ON
    )
    assert "Post credit note" not in words(client.get(url(invoice)))
    assert client.post(url(invoice), {"post": "1", "version": note.version}).status_code == 403


def test_who_posts_and_does_not_credit_posts_it_from_the_list(
    signed_in: SignIn, tenant: Tenant
) -> None:
    invoice, _entries = billed(60)
    note = draft_credit_note(
        invoice, [part(only_line(invoice), quantity="1")], reason="Wrong", actor=None, issue_date=ON
    )
    client = signed_in(approver(tenant))

    asked = client.post("/acme/drafts/post/", {"pk": note.pk})
    assert asked.context["fit"] == [note]
    client.post("/acme/drafts/post/", {"pk": note.pk, "go": "1", "token": asked.context["token"]})

    note.refresh_from_db()
    assert note.status == "posted"
