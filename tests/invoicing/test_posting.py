from datetime import date
from decimal import Decimal
from unittest.mock import patch

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import TestCase

from invoicing import errors
from invoicing.domain.discarding import discard_draft
from invoicing.domain.draft_work import release_work
from invoicing.domain.drafting import draft_work, new_draft
from invoicing.domain.freezing import chained_hash, content
from invoicing.domain.lines import price_line, save_totals
from invoicing.domain.posting import post_invoice, post_invoices
from invoicing.models import Invoice, InvoiceLine, JournalEntry, NumberCounter, Posting, Source
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import (
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from timesheets.models import BillingState, TimeEntry


def draft_october(
    project_ids: list[int], *, actor: Membership, allow_unlocked: bool = True
) -> Invoice:
    return draft_work(
        start=date(2026, 10, 1),
        end=date(2026, 10, 31),
        project_ids=project_ids,
        actor=actor.user,
        allow_unlocked=allow_unlocked,
    )


@pytest.fixture(autouse=True)
def _rates(tenant: Tenant) -> None:
    TaxRateFactory()


def draft_of(*nets: str, **fields: object) -> Invoice:
    """A draft with a line per net amount."""
    invoice = new_draft(
        customer=fields.pop("customer", None) or CustomerFactory(),  # type: ignore[arg-type]
        actor=None,
        issue_date=date(2026, 11, 1),
    )
    for position, net in enumerate(nets, start=1):
        line = InvoiceLine(
            invoice=invoice,
            position=position,
            text=f"Item {position}",
            quantity=Decimal(1),
            unit_price=Decimal(net),
            tax_rate=TaxRateFactory(),
        )
        price_line(line, currency=invoice.currency)
        line.save()
    save_totals(invoice)
    Invoice.objects.filter(pk=invoice.pk).update(**fields)
    invoice.refresh_from_db()
    return invoice


def test_tax_is_rounded_once_per_rate(accountant: Membership) -> None:
    draft = draft_of("0.33", "0.33", "0.33")

    invoice = post_invoice(draft, actor=accountant.user)

    assert (invoice.net_total, invoice.tax_total) == (Decimal("0.99"), Decimal("0.25"))


def test_posting_numbers_freezes_and_books(accountant: Membership) -> None:
    invoice = post_invoice(draft_of("100", "50"), actor=accountant.user)

    invoice.refresh_from_db()
    assert invoice.number == "2026-0001"
    assert invoice.status == Invoice.Status.POSTED
    assert invoice.gross_total == Decimal("188.25")
    assert invoice.seller["legal_name"] == "Acme Oy"
    # 260001 weighs 1·7 + 6·3 + 2·1 = 27, three short of thirty.
    assert invoice.payment_reference == "2600013"
    entry = JournalEntry.objects.get(invoice=invoice)
    amounts = dict(entry.postings.values_list("account", "amount"))
    assert amounts == {
        "1700": Decimal("188.25"),
        "3000": Decimal("-150"),
        "2939": Decimal("-38.25"),
    }
    assert AuditEntry.objects.filter(action="invoice.posted", object_id=invoice.pk).count() == 1


def test_numbers_follow_the_invoice_date_and_its_year(accountant: Membership) -> None:
    later = draft_of("1", issue_date=date(2026, 11, 20), due_date=date(2026, 12, 20))
    earlier = draft_of("1", issue_date=date(2026, 11, 2), due_date=date(2026, 12, 2))
    next_year = draft_of("1", issue_date=date(2027, 1, 2), due_date=date(2027, 1, 20))

    posted = post_invoices([later.pk, next_year.pk, earlier.pk], actor=accountant.user)

    assert [(invoice.pk, invoice.number) for invoice in posted] == [
        (earlier.pk, "2026-0001"),
        (later.pk, "2026-0002"),
        (next_year.pk, "2027-0001"),
    ]


def test_the_chain_is_the_hash_of_what_the_database_holds(accountant: Membership) -> None:
    post_invoices([draft_of("10").pk, draft_of("20.5").pk], actor=accountant.user)

    previous = ""
    for invoice in Invoice.objects.order_by("chain_position"):
        assert invoice.previous_hash == previous
        stored = content(invoice, list(invoice.lines.all()), list(invoice.taxes.all()))
        previous = chained_hash(previous, stored)
        assert invoice.content_hash == previous


def test_one_bad_draft_stops_the_whole_batch_and_takes_no_number(accountant: Membership) -> None:
    good, bad = draft_of("1"), draft_of()

    with pytest.raises(errors.InvoiceHasNoLines):
        post_invoices([good.pk, bad.pk], actor=accountant.user)

    good.refresh_from_db()
    assert good.is_draft
    assert post_invoice(good, actor=accountant.user).number == "2026-0001"


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"billing_street": ""}, errors.BuyerAddressMissing),
        ({"billing_name": ""}, errors.BuyerAddressMissing),
        ({"status": "posted"}, None),
    ],
)
def test_unfit_drafts_are_refused(
    accountant: Membership, fields: dict[str, str], refusal: type[Exception] | None
) -> None:
    draft = draft_of("1")
    if refusal is None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Invoice.objects.filter(pk=draft.pk).update(**fields)
        return
    Invoice.objects.filter(pk=draft.pk).update(**fields)
    with pytest.raises(refusal):
        post_invoice(draft, actor=accountant.user)


def test_a_seller_without_an_address_cannot_post(tenant: Tenant, accountant: Membership) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(street="", vat_id="", business_id="")
    with pytest.raises(errors.SellerIncomplete) as refused:
        post_invoice(draft_of("1"), actor=accountant.user)
    assert str(refused.value) == (
        "The company settings lack what an invoice must show: street, VAT id or business id."
    )


def test_an_expired_tax_rate_is_refused(accountant: Membership) -> None:
    draft = draft_of("1")
    rate = TaxRateFactory()
    rate.valid_to = date(2026, 10, 31)
    rate.save()
    with pytest.raises(errors.TaxRateNotValid):
        post_invoice(draft, actor=accountant.user)


def test_a_posted_invoice_cannot_be_posted_again(accountant: Membership) -> None:
    draft = draft_of("1")
    post_invoice(draft, actor=accountant.user)
    with pytest.raises(errors.InvoiceNotDraft):
        post_invoice(draft, actor=accountant.user)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE invoicing_invoice SET comment = 'changed'",
        "DELETE FROM invoicing_invoice",
        "UPDATE invoicing_invoiceline SET text = 'changed'",
        "DELETE FROM invoicing_invoiceline",
        "UPDATE invoicing_invoicetax SET tax = 0",
        "DELETE FROM invoicing_invoicetax",
        "UPDATE invoicing_posting SET amount = 0",
        "DELETE FROM invoicing_journalentry",
        "UPDATE tenants_auditentry SET action = 'nothing'",
        "DELETE FROM tenants_auditentry",
    ],
)
def test_what_is_posted_or_logged_stays_in_the_database_too(
    accountant: Membership, statement: str
) -> None:
    post_invoice(draft_of("1"), actor=accountant.user)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_an_unbalanced_journal_entry_is_refused(tenant: Tenant) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        write_half_an_entry()


def write_half_an_entry() -> None:
    entry = JournalEntry.objects.create(
        number=1, date=date(2026, 11, 1), text="wrong", currency="EUR"
    )
    Posting.objects.create(entry=entry, account="1700", amount=Decimal("1"))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_rendering_waits_for_the_commit(accountant: Membership) -> None:
    draft = draft_of("1")
    with (
        patch("invoicing.tasks.render_invoice_pdf.delay") as delay,
        TestCase.captureOnCommitCallbacks(execute=True),
    ):
        post_invoice(draft, actor=accountant.user)
        assert not delay.called
    delay.assert_called_once_with(tenant_id=draft.tenant_id, invoice_id=draft.pk)


def test_a_draft_has_a_line_per_project_person_and_rate(accountant: Membership) -> None:
    project = ProjectFactory(name="Portal")
    maija = MembershipFactory(name="Maija")
    TimeEntryFactory(project=project, member=maija, minutes=90)
    TimeEntryFactory(project=project, member=maija, minutes=20, work_date=date(2026, 10, 30))
    TimeEntryFactory(project=project, member=maija, minutes=60, rate=Decimal("120"))
    TimeEntryFactory(project=project, member=maija, work_date=date(2026, 11, 1))
    TimeEntryFactory(project=project, member=maija, is_billable=False)

    draft = draft_october([project.pk], actor=accountant)

    lines = list(draft.lines.values_list("text", "quantity", "unit_price", "net"))
    assert lines == [
        ("Portal · Maija", Decimal("1"), Decimal("120"), Decimal("120")),
        ("Portal · Maija", Decimal("1.833333"), Decimal("100"), Decimal("183.33")),
    ]
    assert (draft.net_total, draft.tax_total) == (Decimal("303.33"), Decimal("77.35"))
    assert (draft.service_start_date, draft.service_end_date) == (
        date(2026, 10, 5),
        date(2026, 10, 30),
    )
    assert TimeEntry.objects.filter(billing_state=BillingState.DRAFTED).count() == 3


def test_hours_are_drafted_once(accountant: Membership) -> None:
    entry = TimeEntryFactory()
    ids = [entry.project_id]
    draft_october(ids, actor=accountant)
    with pytest.raises(errors.NothingToInvoice):
        draft_october(ids, actor=accountant)


def test_unlocked_hours_are_refused_by_name_and_stay_open(accountant: Membership) -> None:
    entry = TimeEntryFactory(member=MembershipFactory(name="Ville"))
    with pytest.raises(errors.HoursNotLocked) as refused:
        draft_october([entry.project_id], actor=accountant, allow_unlocked=False)
    assert str(refused.value) == "These people have not locked their hours: Ville."
    entry.refresh_from_db()
    assert entry.billing_state == BillingState.OPEN


def test_a_strict_tenant_refuses_unlocked_hours_even_when_asked(
    tenant: Tenant, accountant: Membership
) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(unlocked_hours="refuse")
    entry = TimeEntryFactory()
    with pytest.raises(errors.HoursNotLocked):
        draft_october([entry.project_id], actor=accountant)


def test_hours_without_a_rate_are_refused(accountant: Membership) -> None:
    entry = TimeEntryFactory(rate=None)
    with pytest.raises(errors.RateMissing):
        draft_october([entry.project_id], actor=accountant)


def test_an_entry_taken_off_is_open_at_once(accountant: Membership) -> None:
    project, member = ProjectFactory(), MembershipFactory()
    kept = TimeEntryFactory(project=project, member=member, minutes=60)
    taken = TimeEntryFactory(project=project, member=member, minutes=30)
    draft = draft_october([project.pk], actor=accountant)

    release_work(TimeEntry, taken.pk, actor=accountant.user)

    taken.refresh_from_db()
    kept.refresh_from_db()
    draft.refresh_from_db()
    assert (taken.billing_state, kept.billing_state) == ("open", "drafted")
    assert draft.net_total == Decimal("100")
    assert draft.version == 2


def test_a_discarded_draft_frees_all_hours(accountant: Membership) -> None:
    entry = TimeEntryFactory()
    draft = draft_october([entry.project_id], actor=accountant)
    discard_draft(draft, actor=accountant.user)
    entry.refresh_from_db()
    assert entry.billing_state == BillingState.OPEN
    assert not Source.objects.filter(released_at=None).exists()
    assert Invoice.objects.get().status == Invoice.Status.DISCARDED


def test_posting_marks_the_hours_billed_and_read_only(accountant: Membership) -> None:
    entry = TimeEntryFactory()
    draft = draft_october([entry.project_id], actor=accountant)
    post_invoice(draft, actor=accountant.user)
    entry.refresh_from_db()
    assert entry.billing_state == BillingState.BILLED
    with pytest.raises(IntegrityError), transaction.atomic():
        TimeEntry.objects.filter(pk=entry.pk).update(minutes=1)


def test_a_taken_number_is_passed_over(accountant: Membership) -> None:
    post_invoice(draft_of("10"), actor=accountant.user)
    NumberCounter.objects.update(count=0)  # as when another series has given the number

    posted = post_invoice(draft_of("20"), actor=accountant.user)

    assert posted.number == "2026-0002"
    assert NumberCounter.objects.get().count == 2
