"""What holds for any hours, prices and tax rates: money is neither made nor lost."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from random import Random

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.money import places, round_money
from invoicing.domain.amounts import QUANTITY_STEP, line_net, totals, work_net
from invoicing.domain.composing.recounting import quantity_for
from invoicing.domain.crediting import cancel_invoice
from invoicing.domain.discarding import Kept, discard_draft, restore_drafts
from invoicing.domain.draft_work import release_work
from invoicing.domain.drafting import draft_work
from invoicing.domain.ledger import sale_amounts
from invoicing.domain.lines import tax_rows
from invoicing.domain.posting import post_invoice
from invoicing.domain.verifying import verify_books
from invoicing.errors import (
    InvoiceNotDraft,
    NothingLeftToCredit,
    NothingToInvoice,
    WorkNotOnDraft,
)
from invoicing.models import Invoice, InvoiceLine, JournalEntry, Source
from tenants.models import Membership, Tenant
from tests.factories import (
    MembershipFactory,
    ProjectFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from timesheets.models import BillingState, TimeEntry

CURRENCIES = st.sampled_from(["EUR", "SEK", "JPY", "KWD"])
PERCENTS = st.sampled_from(["25.5", "24", "19", "14", "10", "7", "0"]).map(Decimal)
RATES = st.decimals(0, 2000, places=4)
MINUTES = st.integers(1, 100_000)


@dataclass
class Line:
    net: Decimal
    tax_percent: Decimal
    tax_category: str = "S"


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, list[Line]]:
    currency = draw(CURRENCIES)
    nets = st.decimals(-100_000, 1_000_000, places=places(currency))
    lines = st.builds(Line, nets, PERCENTS)
    return currency, draw(st.lists(lines, max_size=30))


def exactly_rounded(amount: Fraction, currency: str) -> Decimal:
    """Half away from zero, worked out in whole numbers and without Decimal's help."""
    scaled = abs(amount) * 10 ** places(currency)
    units = int(scaled + Fraction(1, 2))
    return Decimal(units if amount >= 0 else -units).scaleb(-places(currency))


@given(documents())
def test_the_totals_of_a_document_add_up(document: tuple[str, list[Line]]) -> None:
    currency, lines = document
    sums = totals(lines, currency)

    assert sums.net == sum(line.net for line in lines)
    assert sums.gross == sums.net + sums.tax
    assert sums.net == sum(group.taxable for group in sums.groups)
    assert sums.tax == sum(group.tax for group in sums.groups)


@given(documents())
def test_tax_is_rounded_once_for_each_rate(document: tuple[str, list[Line]]) -> None:
    currency, lines = document
    taxable: dict[Decimal, Fraction] = defaultdict(Fraction)
    for line in lines:
        taxable[line.tax_percent] += Fraction(line.net)

    found = {group.percent: group.tax for group in totals(lines, currency).groups}

    assert found == {
        percent: exactly_rounded(amount * Fraction(percent) / 100, currency)
        for percent, amount in taxable.items()
    }


@given(documents(), st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_no_sum(
    document: tuple[str, list[Line]], random: Random
) -> None:
    currency, lines = document
    shuffled = random.sample(lines, len(lines))
    assert totals(shuffled, currency) == totals(lines, currency)


@given(documents())
def test_a_document_and_its_reverse_cancel_out(document: tuple[str, list[Line]]) -> None:
    currency, lines = document
    back = [Line(-line.net, line.tax_percent) for line in lines]
    ours, theirs = totals(lines, currency), totals(back, currency)
    assert (ours.net, ours.tax, ours.gross) == (-theirs.net, -theirs.tax, -theirs.gross)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=documents())
def test_the_journal_entry_of_any_document_balances(
    tenant: Tenant, document: tuple[str, list[Line]]
) -> None:
    currency, lines = document
    sums = totals(lines, currency)
    rows = [
        InvoiceLine(net=line.net, tax_percent=line.tax_percent, tax_category="S", account="3000")
        for line in lines
    ]
    invoice = Invoice(currency=currency, gross_total=sums.gross)
    rate = TaxRateFactory.build(tax_account="2939")
    for row in rows:
        row.tax_rate = rate

    amounts = sale_amounts(
        invoice, rows, tax_rows(invoice, rows, sums.groups), receivables_account="1700"
    )

    assert sum(amounts.values()) == 0


@given(MINUTES, RATES, CURRENCIES)
def test_printed_hours_times_rate_is_what_the_minutes_cost(
    minutes: int, rate: Decimal, currency: str
) -> None:
    assume(rate * QUANTITY_STEP <= Decimal(1).scaleb(-places(currency)))
    hours = quantity_for(minutes, rate, currency)

    assert line_net(hours, rate, Decimal(0), currency) == work_net(minutes, rate, currency)
    assert abs(Fraction(hours) - Fraction(minutes, 60)) <= Fraction(1, 1_000_000)


@given(MINUTES, RATES, CURRENCIES)
def test_minutes_cost_their_exact_share_of_the_rate(
    minutes: int, rate: Decimal, currency: str
) -> None:
    exact = Fraction(rate) * minutes / 60
    assert abs(Fraction(work_net(minutes, rate, currency)) - exact) <= Fraction(
        1, 2 * 10 ** places(currency)
    )


@given(st.decimals(-1_000_000, 1_000_000, places=5), CURRENCIES)
def test_halves_are_rounded_away_from_zero(amount: Decimal, currency: str) -> None:
    assert round_money(amount, currency) == exactly_rounded(Fraction(amount), currency)
    assert round_money(-amount, currency) == -round_money(amount, currency)


@given(st.decimals(0, 10_000, places=6), RATES, st.decimals(0, 100, places=2), CURRENCIES)
def test_a_discount_never_raises_a_price(
    quantity: Decimal, price: Decimal, discount: Decimal, currency: str
) -> None:
    full = line_net(quantity, price, Decimal(0), currency)
    assert 0 <= line_net(quantity, price, discount, currency) <= full
    assert full == (quantity * price).quantize(Decimal(1).scaleb(-places(currency)), ROUND_HALF_UP)


WORK = st.lists(
    st.tuples(
        st.integers(0, 1),  # project
        st.integers(0, 2),  # person
        st.integers(1, 1440),
        st.sampled_from(["33.3333", "95", "120.50"]),
    ),
    min_size=1,
    max_size=12,
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["draft", "release", "discard", "restore", "post", "cancel"]),
        st.lists(st.integers(0, 1), min_size=1, max_size=2, unique=True),
        st.integers(0, 20),
    ),
    max_size=10,
)


@pytest.fixture
def sites(accountant: Membership) -> tuple[Membership, list[int], list[Membership]]:
    TaxRateFactory()
    first = ProjectFactory()
    second = ProjectFactory(customer=first.customer)
    people = [MembershipFactory() for _ in range(3)]
    return accountant, [first.pk, second.pk], people


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(work=WORK, steps=STEPS)
def test_whatever_is_drafted_released_discarded_or_posted_every_hour_is_somewhere_once(
    sites: tuple[Membership, list[int], list[Membership]],
    work: list[tuple[int, int, int, str]],
    steps: list[tuple[str, list[int], int]],
) -> None:
    accountant, projects, people = sites
    with transaction.atomic():
        entries = [
            TimeEntryFactory(
                project_id=projects[project],
                member=people[person],
                minutes=minutes,
                rate=Decimal(rate),
            ).pk
            for project, person, minutes, rate in work
        ]
        for action, sites_, choice in steps:
            take_step(action, [projects[n] for n in sites_], entries, choice, accountant)
            every_hour_is_somewhere_once(sum(minutes for _p, _m, minutes, _r in work))
        transaction.set_rollback(True)


def take_step(
    action: str, project_ids: list[int], entries: list[int], choice: int, actor: Membership
) -> None:
    drafts = list(Invoice.objects.filter(status="draft").order_by("pk"))
    if action == "draft":
        try:
            with transaction.atomic():
                draft_work(
                    start=date(2026, 10, 1),
                    end=date(2026, 10, 31),
                    project_ids=project_ids,
                    actor=actor.user,
                    allow_unlocked=True,
                )
        except NothingToInvoice:
            pass
    elif action == "release":
        entry = TimeEntry.objects.get(pk=entries[choice % len(entries)])
        try:
            with transaction.atomic():
                release_work(TimeEntry, entry.pk, actor=actor.user)
        except WorkNotOnDraft:
            assert entry.billing_state == BillingState.OPEN
        except InvoiceNotDraft:
            assert entry.billing_state == BillingState.BILLED
    elif action == "restore":
        discarded = list(Invoice.objects.filter(status="discarded").order_by("pk"))
        if discarded:
            restore_drafts([discarded[choice % len(discarded)].pk], actor=actor.user)
    elif action == "cancel":
        cancel_some(choice, entries, actor)
    elif drafts and action == "discard":
        kept = Kept(entries[choice::3])
        discard_draft(drafts[choice % len(drafts)], actor=actor.user, kept=kept, note="Elsewhere")
    elif drafts and drafts[choice % len(drafts)].lines.exists():
        post_invoice(drafts[choice % len(drafts)], actor=actor.user)


def cancel_some(choice: int, entries: list[int], actor: Membership) -> None:
    """One of the posted invoices; every third hour of all is kept as billed."""
    posted = list(Invoice.objects.filter(kind="invoice", status="posted").order_by("pk"))
    if not posted:
        return
    invoice = posted[choice % len(posted)]
    tied = Source.objects.filter(line__invoice=invoice, released_at=None)
    kept = set(tied.values_list("time_entry_id", flat=True)) & set(entries[choice::3])
    try:
        with transaction.atomic():
            cancel_invoice(invoice, reason="Mistaken", actor=actor.user, kept=kept)
    except NothingLeftToCredit:
        assert invoice.credit_notes.exists()


def every_hour_is_somewhere_once(worked: int) -> None:
    by_state: dict[str, int] = defaultdict(int)
    for state, minutes in TimeEntry.objects.values_list("billing_state", "minutes"):
        by_state[state] += minutes
    assert sum(by_state.values()) == worked

    tied = list(
        Source.objects.filter(released_at=None).values_list(
            "time_entry_id", "minutes", "line__invoice__status"
        )
    )
    assert len({entry for entry, *_rest in tied}) == len(tied)
    assert by_state["drafted"] == sum(m for _e, m, status in tied if status == "draft")
    elsewhere = TimeEntry.objects.filter(billing_state="billed", billing_note="Elsewhere")
    assert by_state["billed"] == sum(m for _e, m, status in tied if status == "posted") + sum(
        elsewhere.values_list("minutes", flat=True)
    )

    for line in InvoiceLine.objects.filter(invoice__kind="invoice").select_related("invoice"):
        minutes = sum(line.sources.values_list("minutes", flat=True))
        assert line.quantity == quantity_for(minutes, line.unit_price, line.invoice.currency)
        assert line.net == work_net(minutes, line.unit_price, line.invoice.currency)
    for invoice in Invoice.objects.prefetch_related("lines", "taxes"):
        assert invoice.net_total == sum(line.net for line in invoice.lines.all())
        assert invoice.tax_total == sum(tax.tax for tax in invoice.taxes.all())
    posted = Invoice.objects.filter(status="posted").count()
    assert JournalEntry.objects.count() == posted
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    assert [fault for check in verify_books() for fault in check.faults] == []
