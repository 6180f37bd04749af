"""Discarding drafts, bringing them back, deleting them for good."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from invoicing import errors
from invoicing.domain.crediting import draft_credit_note
from invoicing.domain.discarding import (
    Kept,
    delete_drafts,
    discard_draft,
    discard_drafts,
    restore_drafts,
)
from invoicing.domain.draft_work import add_work
from invoicing.domain.drafting import new_draft
from invoicing.domain.editing import save_draft
from invoicing.domain.posting import post_invoice
from invoicing.domain.verifying import verify_books
from invoicing.models import Invoice, InvoiceLine, Source
from invoicing.selectors.archive import archived
from tenants.models import AuditEntry, Membership, Tenant
from tenants.roles import Permission
from tests.documents.making import posted
from tests.factories import (
    ChargeFactory,
    CustomerFactory,
    ProjectFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from tests.invoicing.crediting import ON, only_line, part, states
from tests.invoicing.drafts import drafted
from timesheets.domain.entries import change_entry, delete_entry
from timesheets.models import Charge, TimeEntry

type SignIn = Callable[[Membership], Client]
LIST = "/acme/drafts/discarded/"


def faults() -> list[str]:
    return [fault for check in verify_books() for fault in check.faults]


@pytest.fixture
def entries(tenant: Tenant) -> list[TimeEntry]:
    TaxRateFactory()
    first = TimeEntryFactory(minutes=60)
    more = TimeEntryFactory(minutes=90, member=first.member, project=first.project)
    return [first, more]


@pytest.fixture
def draft(entries: list[TimeEntry]) -> Invoice:
    return drafted(*entries)


def test_the_draft_is_kept_and_its_hours_are_free(
    draft: Invoice, entries: list[TimeEntry], owner: Membership
) -> None:
    discard_draft(draft, actor=owner.user)

    draft.refresh_from_db()
    assert (draft.status, draft.discarded_by, draft.net_total) == (
        "discarded", owner.user, Decimal(250),
    )  # fmt: skip
    assert states(entries) == ["open", "open"]
    assert draft.lines.count() == 1
    assert list(archived(owner, on=ON)) == []
    assert AuditEntry.objects.get(action="invoice.discarded").detail["freed"] == 2
    assert faults() == []


def test_hours_can_stay_billed_elsewhere_entry_by_entry(
    draft: Invoice, entries: list[TimeEntry], owner: Membership
) -> None:
    with pytest.raises(errors.BilledElsewhereWhere):
        discard_draft(draft, actor=owner.user, kept=Kept([entries[1].pk]), note=" ")
    assert states(entries) == ["drafted", "drafted"]

    discard_draft(draft, actor=owner.user, kept=Kept([entries[1].pk]), note="Old system, 4711")

    assert states(entries) == ["open", "billed"]
    entries[1].refresh_from_db()
    assert (entries[1].billing_note, entries[1].settled_by) == ("Old system, 4711", owner.user)
    assert faults() == []


def test_restoring_takes_all_of_it_back(
    draft: Invoice, entries: list[TimeEntry], owner: Membership
) -> None:
    discard_draft(draft, actor=owner.user, kept=Kept([entries[1].pk]), note="Elsewhere")

    (restored,) = restore_drafts([draft.pk], actor=owner.user)

    assert (restored.entries, list(restored.gone)) == (2, [])
    assert states(entries) == ["drafted", "drafted"]
    entries[1].refresh_from_db()
    assert (entries[1].billing_note, entries[1].settled_at) == ("", None)
    draft.refresh_from_db()
    assert (draft.status, draft.net_total, draft.discarded_at) == ("draft", Decimal(250), None)
    post_invoice(draft, actor=None)
    assert faults() == []


def test_what_was_changed_invoiced_or_deleted_meanwhile_stays_off(owner: Membership) -> None:
    TaxRateFactory()
    project = ProjectFactory()
    member = owner
    kept, longer, invoiced, deleted, settled = (
        TimeEntryFactory(minutes=60, member=member, project=project) for _number in range(5)
    )
    draft = drafted(kept, longer, invoiced, deleted, settled)
    assert draft.net_total == 500
    discard_draft(draft, actor=None)
    change_entry(longer.pk, actor=owner, minutes=120)
    delete_entry(deleted.pk, actor=owner)
    TimeEntry.objects.filter(pk=settled.pk).update(billing_state="billed", billing_note="By hand")
    other = drafted_only(invoiced)

    (restored,) = restore_drafts([draft.pk], actor=owner.user)

    assert restored.entries == 1
    assert {source.time_entry_id for source in restored.gone} == {
        longer.pk, invoiced.pk, None, settled.pk,
    }  # fmt: skip
    draft.refresh_from_db()
    assert (draft.net_total, draft.lines.get().quantity) == (Decimal(100), Decimal(1))
    assert states([kept, longer, invoiced, settled]) == ["drafted", "open", "drafted", "billed"]
    assert Source.objects.get(time_entry=invoiced).line.invoice == other
    assert faults() == []


def drafted_only(entry: TimeEntry) -> Invoice:
    draft = new_draft(customer=entry.project.customer, actor=None, issue_date=ON)
    return add_work(draft, entry_ids=[entry.pk], actor=None, allow_unlocked=True)


def test_charges_go_and_come_with_the_draft(owner: Membership) -> None:
    TaxRateFactory()
    customer = CustomerFactory()
    usage = [
        ChargeFactory(
            customer=customer, kind="usage", destination="Norway", text="",
            quantity=Decimal(number), unit_price=Decimal(10),
        )
        for number in (1, 2, 3)
    ]  # fmt: skip
    draft = new_draft(customer=customer, actor=None, issue_date=ON)
    add_work(draft, charge_ids=[charge.pk for charge in usage], actor=None)
    draft.refresh_from_db()
    assert draft.net_total == 60

    kept = Kept(charges=[usage[0].pk])
    discard_draft(draft, actor=owner.user, kept=kept, note="Elsewhere")
    assert charge_states(usage) == ["billed", "open", "open"]
    assert faults() == []
    Charge.objects.filter(pk=usage[1].pk).update(quantity=5, updated_at=timezone.now())
    (restored,) = restore_drafts([draft.pk], actor=owner.user)

    assert (restored.entries, [source.charge for source in restored.gone]) == (2, [usage[1]])
    assert charge_states(usage) == ["drafted", "open", "drafted"]
    draft.refresh_from_db()
    assert (draft.net_total, draft.lines.get().quantity) == (Decimal(40), Decimal(4))
    assert faults() == []


def charge_states(charges: list[Charge]) -> list[str]:
    found = Charge.objects.filter(pk__in=[charge.pk for charge in charges]).order_by("pk")
    return list(found.values_list("billing_state", flat=True))


def test_a_line_all_of_whose_hours_are_gone_goes(draft: Invoice, entries: list[TimeEntry]) -> None:
    discard_draft(draft, actor=None)
    for entry in entries:
        drafted_only(entry)
    restore_drafts([draft.pk], actor=None)
    draft.refresh_from_db()
    assert (draft.lines.count(), draft.gross_total) == (0, 0)
    assert faults() == []


def test_an_hour_of_two_discarded_drafts_comes_back_to_the_later_one(
    draft: Invoice, entries: list[TimeEntry]
) -> None:
    discard_draft(draft, actor=None)
    again = drafted(*entries)
    discard_draft(again, actor=None)

    first, second = restore_drafts([draft.pk, again.pk], actor=None)

    assert (first.entries, second.entries) == (0, 2)
    assert states(entries) == ["drafted", "drafted"]
    assert faults() == []


def test_a_discarded_draft_is_not_edited_posted_or_discarded_again(draft: Invoice) -> None:
    discard_draft(draft, actor=None)
    with pytest.raises(errors.InvoiceDiscarded, match=r"is discarded\. Restore it first"):
        post_invoice(draft, actor=None)
    with pytest.raises(errors.InvoiceDiscarded):
        save_draft(draft, version=1, values={}, lines=[], actor=None)
    with pytest.raises(errors.InvoiceDiscarded):
        discard_draft(draft, actor=None)
    assert discard_drafts([draft.pk], actor=None) == []
    assert restore_drafts([posted({}).pk, 0], actor=None) == []


def test_a_credit_notes_draft_comes_back_with_what_it_frees(tenant: Tenant) -> None:
    invoice = posted({})
    credits = [part(only_line(invoice), quantity="1")]
    note = draft_credit_note(invoice, credits, reason="x", actor=None, issue_date=ON)
    discard_draft(note, actor=None)
    other = draft_credit_note(invoice, credits, reason="y", actor=None, issue_date=ON)
    with pytest.raises(errors.CreditNoteDrafted):
        restore_drafts([note.pk], actor=None)
    discard_draft(other, actor=None)
    restore_drafts([note.pk], actor=None)
    post_invoice(note, actor=None)
    assert faults() == []


def test_deleting_for_good_frees_hours_and_leaves_only_the_log(
    draft: Invoice, entries: list[TimeEntry], owner: Membership
) -> None:
    other = drafted(TimeEntryFactory())
    discard_draft(other, actor=None)
    kept = posted({})

    assert delete_drafts([draft.pk, other.pk, kept.pk], actor=owner.user) == 2

    assert list(Invoice.objects.all()) == [kept]
    assert InvoiceLine.objects.count() == 1
    assert not Source.objects.exists()
    assert states(entries) == ["open", "open"]
    assert AuditEntry.objects.filter(action="invoice.deleted").count() == 2
    assert faults() == []


def test_it_takes_as_many_statements_for_many_hours(
    owner: Membership, django_assert_max_num_queries: Any
) -> None:
    TaxRateFactory()
    first = TimeEntryFactory(minutes=1)
    many = [
        TimeEntryFactory(minutes=1, member=first.member, project=first.project)
        for _number in range(50)
    ]
    draft = drafted(first, *many)
    with django_assert_max_num_queries(8):
        discard_draft(draft, actor=None)
    with django_assert_max_num_queries(14):
        restore_drafts([draft.pk], actor=None)


class TestPages:
    def test_undo_right_after_discarding(
        self, signed_in: SignIn, accountant: Membership, draft: Invoice, entries: list[TimeEntry]
    ) -> None:
        client = signed_in(accountant)
        answer = client.post(f"/acme/drafts/{draft.pk}/discard/", {"go": "1"}, follow=True)
        page = answer.content.decode()
        assert "1 draft is discarded." in page
        assert 'name="undo"' in page

        answer = client.post("/acme/drafts/restore/", {"undo": "1"}, follow=True)

        assert answer.redirect_chain == [(f"/acme/drafts/{draft.pk}/", 302)]
        assert "1 draft is restored." in answer.content.decode()
        assert states(entries) == ["drafted", "drafted"]
        assert 'name="undo"' not in client.get("/acme/drafts/").content.decode()

    def test_what_is_gone_is_named(
        self, signed_in: SignIn, accountant: Membership, draft: Invoice, entries: list[TimeEntry]
    ) -> None:
        client = signed_in(accountant)
        discard_draft(draft, actor=None)
        drafted_only(entries[1])
        answer = client.post("/acme/drafts/restore/", {"pk": draft.pk}, follow=True)
        text = answer.content.decode()
        assert "1 entry stays off, because it was changed or invoiced since" in text
        assert f"{entries[1].member.name} 1:30" in text

    def test_hours_kept_as_billed_need_a_note(
        self, signed_in: SignIn, accountant: Membership, draft: Invoice, entries: list[TimeEntry]
    ) -> None:
        client, url = signed_in(accountant), f"/acme/drafts/{draft.pk}/discard/"
        assert "Choose entry by entry" in client.get(url).content.decode()
        data = {"go": "1", "work": "chosen", "kept": [entries[0].pk]}
        refused = client.post(url, data)
        assert refused.status_code == 422
        assert "Say where the hours that stay billed are billed." in refused.content.decode()
        assert f'value="{entries[0].pk}"\n' in refused.content.decode()
        assert client.post(url, {**data, "note": "47\x0011"}).status_code == 302
        assert states(entries) == ["billed", "open"]

    def test_who_may_not_mark_hours_as_billed_frees_them(
        self, signed_in: SignIn, manager: Membership
    ) -> None:
        TaxRateFactory()
        entry = TimeEntryFactory(project__manager=manager)
        draft, client = drafted(entry), signed_in(manager)
        url = f"/acme/drafts/{draft.pk}/discard/"
        assert 'name="work"' not in client.get(url).content.decode()
        client.post(url, {"go": "1", "work": "billed", "note": "x"})
        assert states([entry]) == ["open"]
        assert client.get(LIST).context["page"].object_list == [draft]

    def test_the_list_and_its_statements(
        self, signed_in: SignIn, accountant: Membership, django_assert_max_num_queries: Any
    ) -> None:
        TaxRateFactory()
        for _number in range(3):
            discard_draft(drafted(TimeEntryFactory()), actor=accountant.user)
        client = signed_in(accountant)
        with django_assert_max_num_queries(12):
            page = client.get(LIST)
        assert len(page.context["page"].object_list) == 3
        assert {one.hours for one in page.context["page"]} == {60}
        assert "Discarded" in client.get("/acme/drafts/").content.decode()

    def test_deleting_needs_its_permission(
        self, signed_in: SignIn, accountant: Membership, draft: Invoice,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        client, data = signed_in(accountant), {"pk": [draft.pk]}
        may = Membership.may
        for granted, status in ((False, 403), (True, 200)):
            monkeypatch.setattr(
                Membership,
                "may",
                lambda self, permission, granted=granted: (
                    granted if permission == Permission.DELETE_INVOICE else may(self, permission)
                ),
            )
            assert client.post("/acme/drafts/delete/", data).status_code == status
        client.post("/acme/drafts/delete/", {**data, "go": "1"})
        assert not Invoice.objects.exists()

    def test_links_to_a_discarded_draft_lead_to_the_list(
        self, signed_in: SignIn, accountant: Membership, draft: Invoice
    ) -> None:
        client = signed_in(accountant)
        discard_draft(draft, actor=None)
        for path in (f"/acme/drafts/{draft.pk}/", f"/acme/drafts/{draft.pk}/discard/"):
            assert client.get(path)["Location"] == LIST
        assert client.get(f"/acme/drafts/{draft.pk}/preview.pdf").status_code == 200
        answer = client.get(f"/acme/invoices/{draft.pk}/document.pdf")
        assert answer["Location"] == f"/acme/drafts/{draft.pk}/preview.pdf"
        assert client.get(f"/acme/invoices/{draft.pk}/").status_code == 404
