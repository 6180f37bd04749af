"""Posting many drafts: the bad ones are told of, the others posted, once, whatever happens."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.utils import timezone

from catalog.models import TaxRate
from invoicing import errors, tasks
from invoicing.domain import long_runs, posting_runs
from invoicing.domain.discarding import discard_draft, discard_drafts
from invoicing.domain.drafting import new_draft
from invoicing.domain.lines import price_line, save_totals
from invoicing.domain.posting import post_invoice, refusals, seller_refusal
from invoicing.domain.posting_runs import advance, start_run, sweep_runs
from invoicing.models import Invoice, InvoiceLine, PostingRun, PostingRunItem, SendingRunItem
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import CustomerFactory, TaxRateFactory

Outcome = PostingRunItem.Outcome
DRAFT, POSTED = Invoice.Status.DRAFT, Invoice.Status.POSTED


@pytest.fixture(autouse=True)
def _rates(tenant: Tenant) -> None:
    TaxRateFactory()


def draft_of(*nets: str, name: str = "Satama Oy", day: int = 1, **fields: Any) -> Invoice:
    """A draft with a line per net amount, dated in November 2026."""
    invoice = new_draft(
        customer=CustomerFactory(name=name), actor=None, issue_date=date(2026, 11, day)
    )
    for position, net in enumerate(nets, start=1):
        line = InvoiceLine(
            invoice=invoice,
            position=position,
            text="Work",
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


def run_of(*drafts: Invoice, actor: Membership | None = None) -> PostingRun:
    return start_run(
        [draft.pk for draft in drafts], token=uuid4(), actor=actor.user if actor else None
    )


def outcomes(run: PostingRun) -> list[tuple[str, str, str]]:
    return list(run.items.order_by("position").values_list("name", "outcome", "refusal"))


def test_refusals_name_each_draft_that_cannot_be_posted() -> None:
    good = draft_of("100")
    empty = draft_of(name="Tyhjä Oy")
    nowhere = draft_of("100", name="Koditon Oy", billing_street="")
    negative = draft_of("-100", name="Miinus Oy")

    found = refusals([good, empty, nowhere, negative])

    assert {pk: type(refusal) for pk, refusal in found.items()} == {
        empty.pk: errors.InvoiceHasNoLines,
        nowhere.pk: errors.BuyerAddressMissing,
        negative.pk: errors.GrossNegative,
    }
    assert "Koditon Oy" in str(found[nowhere.pk])


def test_a_run_posts_the_oldest_first(accountant: Membership) -> None:
    later, earlier = draft_of("10", name="Later", day=9), draft_of("20", name="Earlier", day=2)

    run = run_of(later, earlier, actor=accountant)

    assert run.finished_at is not None
    assert outcomes(run) == [("Earlier", "posted", ""), ("Later", "posted", "")]
    numbers = Invoice.objects.values_list("billing_name", "number").order_by("number")
    assert list(numbers) == [("Earlier", "2026-0001"), ("Later", "2026-0002")]
    assert set(Invoice.objects.values_list("posted_by", flat=True)) == {accountant.user_id}
    assert AuditEntry.objects.filter(action="posting_run.started").count() == 1
    assert AuditEntry.objects.filter(action="invoice.posted").count() == 2


def test_one_bad_draft_does_not_stop_the_others() -> None:
    drafts = [draft_of("10", name="First"), draft_of(name="Empty"), draft_of("20", name="Last")]

    run = run_of(*drafts)

    empty = f"Draft {drafts[1].pk} (Empty) has no lines with an amount. Add one."
    assert outcomes(run) == [
        ("First", "posted", ""),
        ("Empty", "refused", empty),
        ("Last", "posted", ""),
    ]
    assert list(Invoice.objects.filter(status=DRAFT).values_list("billing_name", flat=True)) == [
        "Empty"
    ]


def test_an_incomplete_company_refuses_all(tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(vat_id="", business_id="")
    tenant.refresh_from_db()

    run = run_of(draft_of("10"), draft_of("20"))

    sentence = str(seller_refusal(tenant))
    assert "VAT id or business id" in sentence
    assert [item[1:] for item in outcomes(run)] == [("refused", sentence)] * 2
    assert not Invoice.objects.filter(status=POSTED).exists()


def test_what_stops_the_numbering_is_told_of_every_draft() -> None:
    used_up = errors.NumbersUsedUp(format="{Y}-{cy,4}", tries=99)
    with patch.object(posting_runs, "post_invoices", side_effect=used_up):
        run = run_of(draft_of("10"), draft_of("20"))

    assert [item[1:] for item in outcomes(run)] == [("refused", str(used_up))] * 2


def test_the_same_yes_twice_is_one_run() -> None:
    draft, token = draft_of("10"), uuid4()

    first = start_run([draft.pk], token=token, actor=None)
    second = start_run([draft.pk], token=token, actor=None)

    assert first == second
    assert PostingRunItem.objects.count() == 1
    assert Invoice.objects.get().number == "2026-0001"


def test_nothing_to_post_is_no_run() -> None:
    posted = post_invoice(draft_of("10"), actor=None)

    for ids in ([], [posted.pk], [999_999]):
        with pytest.raises(errors.NoLongerDrafts):
            start_run(ids, token=uuid4(), actor=None)

    assert not PostingRun.objects.exists()


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting_runs, "STEP", 2)


def test_a_large_run_goes_on_step_by_step(
    small_steps: None, tenant: Tenant, django_capture_on_commit_callbacks: Any
) -> None:
    drafts = [draft_of("10", name=f"No {n}", day=n) for n in range(1, 6)]
    with (
        patch.object(tasks.work_posting_run, "delay") as delay,
        django_capture_on_commit_callbacks(execute=True),
    ):
        run = run_of(*drafts)
    delay.assert_called_once_with(tenant_id=tenant.pk, run_id=run.pk)
    assert run.finished_at is None

    posted = []
    for has_more in (True, True, False, False):
        assert advance(run.pk) is has_more
        posted.append(run.items.filter(outcome=Outcome.POSTED).count())

    assert posted == [2, 4, 5, 5]
    assert not PostingRun.objects.filter(finished_at=None).exists()
    numbers = Invoice.objects.order_by("issue_date").values_list("number", flat=True)
    assert list(numbers) == [f"2026-000{n}" for n in range(1, 6)]


def test_the_task_finishes_the_run_and_may_run_again(small_steps: None, tenant: Tenant) -> None:
    run = run_of(*(draft_of("10", name=f"No {n}") for n in range(5)))

    for _ in range(2):
        tasks.work_posting_run(tenant_id=tenant.pk, run_id=run.pk)

    run.refresh_from_db()
    assert run.finished_at is not None
    assert Invoice.objects.filter(status=POSTED).count() == 5


def test_a_draft_changed_while_it_waits_is_judged_as_it_is_then(small_steps: None) -> None:
    drafts = [draft_of("10", name=name, day=day) for day, name in enumerate("ABC", start=1)]
    run = run_of(*drafts)
    number = post_invoice(drafts[0], actor=None).number
    discard_draft(drafts[1], actor=None)

    while advance(run.pk):
        pass

    assert outcomes(run) == [
        ("A", "refused", f"{number} is posted already."),
        ("B", "refused", f"Draft {drafts[1].pk} is discarded. Restore it first."),
        ("C", "posted", ""),
    ]


def test_refusals_speak_the_language_of_who_asked(
    small_steps: None, tenant: Tenant, accountant: Membership
) -> None:
    assert accountant.user is not None
    accountant.user.language = "de"
    accountant.user.save()
    run = run_of(*(draft_of(name=f"No {n}") for n in range(3)), actor=accountant)

    assert posting_runs.language_of(run.pk) == "de"
    tasks.work_posting_run(tenant_id=tenant.pk, run_id=run.pk)

    assert run.items.filter(outcome=Outcome.REFUSED).count() == 3


def test_a_run_without_a_worker_is_taken_up_again_and_given_up_in_the_end(
    small_steps: None, django_capture_on_commit_callbacks: Any
) -> None:
    run = run_of(*(draft_of("10") for _ in range(3)))

    def handed_over() -> bool:
        run.refresh_from_db()
        now = run.updated_at + long_runs.LOST_AFTER + timedelta(seconds=1)
        with (
            patch.object(tasks.work_posting_run, "delay") as delay,
            django_capture_on_commit_callbacks(execute=True),
        ):
            sweep_runs(now=now)
        return bool(delay.called)

    # While all workers are busy it only waits.
    assert all(handed_over() for _ in range(10))
    for _attempt in range(long_runs.ATTEMPTS_AT_MOST):
        assert handed_over()
        with (
            patch.object(posting_runs, "advance", side_effect=SystemExit),
            pytest.raises(SystemExit),
        ):
            tasks.work_posting_run(tenant_id=run.tenant_id, run_id=run.pk)
    # A queue that delivers it once more breaks no further worker.
    tasks.work_posting_run(tenant_id=run.tenant_id, run_id=run.pk)
    assert not handed_over()

    run.refresh_from_db()
    assert run.finished_at is not None
    assert [item[1] for item in outcomes(run)] == ["refused"] * 3
    assert Invoice.objects.filter(status=DRAFT).count() == 3


def test_a_run_that_is_given_up_sends_what_it_posted(small_steps: None) -> None:
    drafts = [draft_of("10", day=day) for day in (1, 2, 3)]
    run = start_run([draft.pk for draft in drafts], token=uuid4(), actor=None, then_send=True)
    advance(run.pk)
    PostingRun.objects.filter(pk=run.pk).update(resumed=long_runs.ATTEMPTS_AT_MOST)
    run.refresh_from_db()

    sweep_runs(now=run.updated_at + long_runs.LOST_AFTER + timedelta(seconds=1))

    assert [item[1] for item in outcomes(run)] == ["posted", "posted", "refused"]
    sent = SendingRunItem.objects.order_by("position").values_list("invoice_id", flat=True)
    assert list(sent) == [draft.pk for draft in drafts[:2]]


def test_a_busy_run_is_left_alone(small_steps: None) -> None:
    run = run_of(*(draft_of("10") for _ in range(3)))

    with patch.object(tasks.work_posting_run, "delay") as delay:
        tasks.sweep_posting_runs()
        sweep_runs(now=timezone.now())

    run.refresh_from_db()
    assert (delay.call_count, run.resumed) == (0, 0)


def test_discarding_several_leaves_posted_ones() -> None:
    drafts = [draft_of("10"), draft_of("20")]
    posted = post_invoice(draft_of("30"), actor=None)
    run_of(draft_of(name="Refused before"))

    found = discard_drafts([*(d.pk for d in drafts), posted.pk, 999_999], actor=None)
    assert len(found) == 2

    assert set(Invoice.objects.values_list("billing_name", "status")) == {
        ("Satama Oy", "posted"),
        ("Satama Oy", "discarded"),
        ("Refused before", "draft"),
    }


def test_a_tax_rate_that_ended_is_a_refusal() -> None:
    draft = draft_of("10")
    TaxRate.objects.update(valid_to=date(2026, 10, 31))

    (refusal,) = refusals([draft]).values()

    assert str(refusal.short) == "Tax rate not valid"
