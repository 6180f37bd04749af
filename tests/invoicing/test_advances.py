"""Fixed prices: advances by milestones, and the final invoice that takes them off, by amounts."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from catalog.models import TaxRate
from customers.models import Project
from invoicing import errors
from invoicing.domain import advances
from invoicing.domain.crediting import cancel_invoice
from invoicing.domain.discarding import discard_draft, restore_drafts
from invoicing.domain.posting import post_invoice, post_invoices
from invoicing.models import Invoice, Milestone
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.factories import ProjectFactory, TaxRateFactory, TenantFactory
from tests.invoicing.crediting import credit, part

SignedIn = Callable[[Membership], Client]


@pytest.fixture
def project(tenant: Tenant) -> Project:
    TaxRateFactory()
    found: Project = ProjectFactory(name="Web shop")
    advances.set_fixed_price(
        found, amount=Decimal("10000.00"), text="Web shop", tax_rate=None, actor=None
    )
    return found


def milestone(project: Project, **told: Any) -> Milestone:
    return advances.add_milestone(project, name="Start", actor=None, **told)


def posted(one: Milestone, project: Project) -> Invoice:
    draft = advances.draft_milestone(one.pk, project=project, actor=None)
    return post_invoice(draft, actor=None)


def lines(invoice: Invoice) -> list[tuple[str, Decimal]]:
    return [(line.text, line.net) for line in invoice.lines.order_by("position")]


def test_percentages_add_up_to_the_price(project: Project) -> None:
    third = Decimal("33.3333")
    amounts = [milestone(project, percent=third).amount for _number in range(3)]

    assert amounts == [Decimal("3333.33"), Decimal("3333.33"), Decimal("3333.34")]
    with pytest.raises(errors.MilestonesAbovePrice):
        milestone(project, amount=Decimal("0.01"))


def test_the_final_invoice_takes_the_advances_off_with_their_vat(project: Project) -> None:
    first = posted(milestone(project, percent=Decimal(30)), project)
    assert (first.net_total, first.gross_total) == (Decimal("3000.00"), Decimal("3765.00"))

    final = advances.draft_final(project, actor=None)

    assert lines(final) == [
        ("Web shop", Decimal("10000.00")),
        (f"Less advance invoice {first.number}: Start", Decimal("-3000.00")),
    ]
    final = post_invoice(final, actor=None)
    assert (final.net_total, final.tax_total, final.gross_total) == (
        Decimal("7000.00"), Decimal("1785.00"), Decimal("8785.00"),
    )  # fmt: skip


def test_a_credited_advance_is_taken_off_by_what_is_left(project: Project) -> None:
    first = posted(milestone(project, amount=Decimal(3000)), project)
    credit(first, part(first.lines.get(), net="1000"))

    final = advances.draft_final(project, actor=None)

    assert lines(final)[1][1] == Decimal("-2000.00")


def test_a_cancelled_advance_is_not_taken_off_and_may_be_invoiced_again(project: Project) -> None:
    one = milestone(project, amount=Decimal(3000))
    cancel_invoice(posted(one, project), reason="Too early", actor=None)

    assert len(lines(advances.draft_final(project, actor=None))) == 1
    again = advances.draft_milestone(one.pk, project=project, actor=None)
    assert again.net_total == Decimal("3000.00")


def test_a_milestone_is_invoiced_once(project: Project) -> None:
    one = milestone(project, amount=Decimal(3000))
    draft = advances.draft_milestone(one.pk, project=project, actor=None)

    with pytest.raises(errors.MilestoneInvoiced):
        advances.draft_milestone(one.pk, project=project, actor=None)
    with pytest.raises(errors.AdvanceNotPosted):
        advances.draft_final(project, actor=None)
    discard_draft(draft, actor=None)
    advances.draft_milestone(one.pk, project=project, actor=None)


def test_only_milestones_that_are_free_offer_to_be_invoiced(
    accountant: Membership, signed_in: SignedIn, project: Project
) -> None:
    names = ("waiting", "drafted", "discarded", "posted", "credited")
    found = {name: milestone(project, percent=Decimal(10)) for name in names}
    for name in names[1:]:
        draft = advances.draft_milestone(found[name].pk, project=project, actor=None)
        if name == "discarded":
            discard_draft(draft, actor=None)
        elif name in ("posted", "credited"):
            invoice = post_invoice(draft, actor=None)
            if name == "credited":
                cancel_invoice(invoice, reason="Wrong", actor=None)

    page = signed_in(accountant).get(f"/acme/projects/{project.pk}/fixed-price/").content.decode()

    offered = {name for name in names if f'value="draft:{found[name].pk}"' in page}
    assert offered == {"waiting", "discarded", "credited"}


def test_there_is_one_final_invoice(project: Project) -> None:
    final = advances.draft_final(project, actor=None)
    with pytest.raises(errors.FinalInvoiceThere):
        advances.draft_final(project, actor=None)

    discard_draft(final, actor=None)

    assert advances.draft_final(project, actor=None).net_total == Decimal("10000.00")


def test_no_more_is_taken_off_than_was_advanced_whatever_was_restored(project: Project) -> None:
    posted(milestone(project, amount=Decimal(3000)), project)
    old = advances.draft_final(project, actor=None)
    discard_draft(old, actor=None)
    final = advances.draft_final(project, actor=None)
    restore_drafts([old.pk], actor=None)

    with pytest.raises(errors.AdvanceUsedUp):
        post_invoices([final.pk], actor=None)
    discard_draft(Invoice.objects.get(pk=old.pk), actor=None)
    post_invoices([final.pk], actor=None)


def test_what_is_invoiced_anew_does_not_come_back_with_a_restored_draft(project: Project) -> None:
    one = milestone(project, amount=Decimal(3000))
    old = advances.draft_milestone(one.pk, project=project, actor=None)
    discard_draft(old, actor=None)
    advances.draft_milestone(one.pk, project=project, actor=None)
    restore_drafts([old.pk], actor=None)

    old.refresh_from_db()
    assert (lines(old), old.gross_total) == ([], Decimal(0))
    with pytest.raises(errors.InvoiceHasNoLines):
        post_invoices([old.pk], actor=None)


def test_an_advance_of_an_earlier_rate_is_taken_off_with_that(project: Project) -> None:
    rate = TaxRateFactory()
    TaxRate.objects.filter(pk=rate.pk).update(percent=Decimal(24))
    first = posted(milestone(project, amount=Decimal(3000)), project)
    assert first.tax_total == Decimal("720.00")
    today = first.tax_point
    TaxRate.objects.filter(pk=rate.pk).update(valid_to=today - timedelta(days=1), is_default=False)
    TaxRateFactory(name="New", percent=Decimal("25.5"), valid_from=today)

    final = advances.draft_final(project, actor=None)
    assert [line.tax_percent for line in final.lines.order_by("position")] == [
        Decimal("25.5"), Decimal(24),
    ]  # fmt: skip
    final = post_invoice(final, actor=None)

    assert (final.net_total, final.tax_total) == (Decimal("7000.00"), Decimal("1830.00"))


def test_refusals(project: Project) -> None:
    with pytest.raises(errors.MilestoneAmount):
        milestone(project, percent=Decimal(0))
    with pytest.raises(errors.MilestonesAbovePrice):
        milestone(project, amount=Decimal(10001))
    one = milestone(project, amount=Decimal(6000))
    with pytest.raises(errors.MilestonesAbovePrice):
        advances.set_fixed_price(project, amount=Decimal(5000), text="x", tax_rate=None, actor=None)
    other = ProjectFactory()
    with pytest.raises(errors.FixedPriceMissing):
        advances.draft_final(other, actor=None)
    posted(one, project)
    with pytest.raises(errors.MilestoneInvoiced):
        advances.remove_milestone(one.pk, project=project, actor=None)


def test_the_tab(accountant: Membership, signed_in: SignedIn, project: Project) -> None:
    client = signed_in(accountant)
    address = f"/acme/projects/{project.pk}/fixed-price/"

    answer = client.post(f"{address}milestones/", {"name": "Start", "percent": "30"})
    assert answer.status_code == 302
    refused = client.post(f"{address}milestones/", {"name": "More", "amount": "9000"})
    assert refused.status_code == 422
    assert "would come to" in refused.content.decode()
    one = Milestone.objects.get()
    answer = client.post(f"{address}step/", {"do": f"draft:{one.pk}"})
    draft = Invoice.objects.get()
    assert answer["Location"] == f"/acme/drafts/{draft.pk}/"
    refused = client.post(f"{address}step/", {"do": "final"})
    assert refused.status_code == 422
    page = client.get(address).content.decode()
    assert "Start" in page
    assert "3,000.00" in page


def test_who_may(
    auditor: Membership, member: Membership, signed_in: SignedIn, project: Project
) -> None:
    address = f"/acme/projects/{project.pk}/fixed-price/"
    assert signed_in(auditor).get(address).status_code == 200
    assert signed_in(auditor).post(f"{address}step/", {"do": "final"}).status_code == 403
    assert signed_in(member).get(address).status_code == 403


def test_posting_a_final_invoice_waits_for_a_credit_note_over_its_advance(
    committed_db: None,
) -> None:
    company = TenantFactory()
    with tenant_scope(company.pk):
        TaxRateFactory()
        project = ProjectFactory()
        advances.set_fixed_price(
            project, amount=Decimal(10000), text="Web shop", tax_rate=None, actor=None
        )
        first = posted(milestone(project, amount=Decimal(3000)), project)
        final = advances.draft_final(project, actor=None)

    def post() -> None:
        try:
            with tenant_scope(company.pk):
                post_invoice(final, actor=None)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as pool:
        with tenant_scope(company.pk):
            credit(first, part(first.lines.get(), net="1000"))
            posting = pool.submit(post)
            # The note is not committed: whoever decided by now would not see it.
            wait([posting], timeout=1)
        with pytest.raises(errors.AdvanceUsedUp):
            posting.result()
