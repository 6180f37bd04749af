"""Saving a draft, and hours that come onto it or off it later."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoicing import errors
from invoicing.domain.draft_work import add_work, release_work
from invoicing.domain.drafting import draft_work, new_draft
from invoicing.domain.editing import LineEdit, save_draft
from invoicing.domain.posting import post_invoice
from invoicing.models import Invoice, InvoiceLine, Source, Unit
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import (
    CustomerFactory,
    HoursLockFactory,
    MembershipFactory,
    ProjectFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from timesheets.models import BillingState, TimeEntry


@pytest.fixture(autouse=True)
def _rates(tenant: Tenant) -> None:
    TaxRateFactory()


def blank(**fields: Any) -> Invoice:
    fields.setdefault("customer", CustomerFactory())
    return new_draft(actor=None, issue_date=date(2026, 11, 1), **fields)


def drafted(*entries: TimeEntry) -> Invoice:
    return draft_work(
        start=date(2026, 1, 1),
        end=date(2026, 12, 31),
        project_ids=list({entry.project_id for entry in entries}),
        actor=None,
        issue_date=date(2026, 11, 1),
        allow_unlocked=True,
    )


def item(text: str = "Design", price: str = "100", **fields: Any) -> LineEdit:
    fields.setdefault("quantity", Decimal(1))
    fields.setdefault("tax_rate", TaxRateFactory())
    return LineEdit(text=text, unit_price=Decimal(price), **fields)


def edits_of(draft: Invoice) -> list[LineEdit]:
    return [
        LineEdit(
            pk=line.pk,
            kind=line.kind,
            text=line.text,
            quantity=line.quantity,
            unit=line.unit,
            unit_price=line.unit_price,
            discount_percent=line.discount_percent,
            tax_rate=line.tax_rate,
            account=line.account,
        )
        for line in draft.lines.select_related("tax_rate")
    ]


def save(
    draft: Invoice, lines: Sequence[LineEdit] | None = None, **kwargs: Any
) -> tuple[Invoice, list[InvoiceLine]]:
    draft.refresh_from_db()
    saved = save_draft(
        draft,
        version=kwargs.pop("version", draft.version),
        lines=edits_of(draft) if lines is None else lines,
        actor=kwargs.pop("actor", None),
        freed=kwargs.pop("freed", ()),
        values=kwargs,
    )
    return saved, list(saved.lines.all())


def last_change(draft: Invoice) -> dict[str, Any]:
    found = AuditEntry.objects.filter(action="invoice.changed", object_id=draft.pk)
    detail: dict[str, Any] = found.order_by("-pk")[0].detail
    return detail


# Lines


def test_lines_are_added_in_their_order_and_summed() -> None:
    draft = blank()

    saved, lines = save(draft, [item("Design", "100"), item("Code", "50", quantity=Decimal("2.5"))])

    assert [(line.position, line.text, line.net) for line in lines] == [
        (1, "Design", Decimal(100)),
        (2, "Code", Decimal(125)),
    ]
    assert (saved.net_total, saved.tax_total, saved.gross_total) == (
        Decimal(225),
        Decimal("57.38"),
        Decimal("282.38"),
    )
    assert list(saved.taxes.values_list("percent", "taxable")) == [(Decimal("25.5"), Decimal(225))]


def test_a_line_gets_its_rate_copied_and_its_account_from_it() -> None:
    reduced = TaxRateFactory(name="14 %", percent=14, revenue_account="3010", is_default=False)

    _saved, [line] = save(blank(), [item(tax_rate=reduced)])

    assert (line.tax_percent, line.tax_category, line.account) == (Decimal(14), "S", "3010")


def test_an_account_given_by_hand_stays() -> None:
    _saved, [line] = save(blank(), [item(account="3999")])
    assert line.account == "3999"


def test_a_changed_line_is_written_and_priced_anew() -> None:
    draft = blank()
    save(draft, [item(), item("Code")])
    first, second = edits_of(draft)

    saved, lines = save(draft, [first, replace(second, quantity=Decimal(3), text="More code")])

    assert [(line.text, line.net) for line in lines] == [
        ("Design", Decimal(100)),
        ("More code", Decimal(300)),
    ]
    assert saved.gross_total == Decimal(502)


def test_lines_move_and_keep_their_identity() -> None:
    draft = blank()
    save(draft, [item("a"), item("b"), item("c")])
    a, b, c = edits_of(draft)

    _saved, lines = save(draft, [c, a, b])

    assert [(line.pk, line.text) for line in lines] == [(c.pk, "c"), (a.pk, "a"), (b.pk, "b")]
    assert last_change(draft)["changes"] == {"order of lines": ["1, 2, 3", "3, 1, 2"]}


def test_a_line_put_in_front_moves_the_others_without_reordering_them() -> None:
    draft = blank()
    save(draft, [item("a"), item("b")])

    _saved, lines = save(draft, [item("new"), *edits_of(draft)])

    assert [(line.position, line.text) for line in lines] == [(1, "new"), (2, "a"), (3, "b")]
    assert last_change(draft)["changes"] == {"line 1 added": ["", "new"]}


def test_a_line_left_out_is_deleted() -> None:
    draft = blank()
    save(draft, [item("a"), item("b")])
    first, _second = edits_of(draft)

    saved, lines = save(draft, [first])

    assert [line.text for line in lines] == ["a"]
    assert saved.net_total == Decimal(100)
    assert last_change(draft)["changes"] == {"line 2 deleted": ["b", ""]}


def test_text_lines_have_neither_amount_nor_tax() -> None:
    text = LineEdit(kind="text", text="Thank you", quantity=Decimal(5), unit_price=Decimal(9))

    saved, lines = save(blank(), [text, item()])

    assert not any([lines[0].quantity, lines[0].unit_price, lines[0].net])
    assert lines[0].tax_rate is None
    assert saved.net_total == Decimal(100)


def test_a_stored_lines_kind_cannot_be_changed_by_a_form() -> None:
    draft = blank()
    save(draft, [item()])
    [edit] = edits_of(draft)

    _saved, [line] = save(draft, [replace(edit, kind="text", text="Now a text")])

    assert (line.kind, line.net) == (InvoiceLine.Kind.ITEM, Decimal(100))


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "net"),
    [
        ("1", "0.125", "0", "0.13"),
        ("3", "33.333333", "0", "100.00"),
        ("0.000001", "100", "0", "0.00"),
        ("10", "12.5", "12.5", "109.38"),
        ("10", "12.5", "100", "0"),
        ("0", "12.5", "0", "0"),
    ],
)
def test_nets_are_rounded_once_after_the_discount(
    quantity: str, price: str, discount: str, net: str
) -> None:
    line = item(price=price, quantity=Decimal(quantity), discount_percent=Decimal(discount))

    _saved, [stored] = save(blank(), [line])

    assert stored.net == Decimal(net)


def test_another_currency_rounds_the_same_lines_in_its_own_way() -> None:
    draft = blank()
    save(draft, [item(price="10.60")])

    saved, [line] = save(draft, currency="JPY")

    assert (line.net, saved.tax_total) == (Decimal(11), Decimal(3))


def test_saving_nothing_new_changes_neither_version_nor_log() -> None:
    draft = blank()
    save(draft, [item()])
    draft.refresh_from_db()
    before = draft.version

    saved, _lines = save(draft)

    assert saved.version == before
    assert AuditEntry.objects.filter(action="invoice.changed").count() == 1


def test_every_saving_counts_up_and_says_who(accountant: Membership) -> None:
    draft = blank()

    saved, _lines = save(draft, [item()], actor=accountant.user, comment="Hello")

    assert (saved.version, saved.changed_by) == (2, accountant.user)
    entry = AuditEntry.objects.get(action="invoice.changed")
    assert entry.actor == accountant.user
    assert entry.detail["changes"] == {
        "comment": ["", "Hello"],
        "line 1 added": ["", "Design"],
    }


def test_what_of_a_line_was_changed_is_in_the_log() -> None:
    draft = blank()
    save(draft, [item()])
    [edit] = edits_of(draft)
    other = TaxRateFactory(name="0 %", percent=0, category="Z", is_default=False)

    save(draft, [replace(edit, quantity=Decimal("2.50"), tax_rate=other)])

    assert last_change(draft)["changes"] == {
        "line 1 quantity": ["1", "2.5"],
        "line 1 tax rate": ["25.5 %", "0 %"],
    }


# What is refused


def test_a_stale_version_is_refused_and_says_whose_change_it_was(accountant: Membership) -> None:
    draft = blank()
    save(draft, [item("theirs")], actor=accountant.user)

    with pytest.raises(errors.DraftChanged) as refusal:
        save(draft, [item("mine")], version=1)

    assert refusal.value.params["by"] == accountant.user
    assert not refusal.value.is_own
    with pytest.raises(errors.DraftChanged, match="You saved this draft in another window at"):
        save(draft, [item("mine")], version=1, actor=accountant.user)
    assert "Accountant saved this draft in the meantime" in str(refusal.value)
    assert [line.text for line in draft.lines.all()] == ["theirs"]


def test_a_line_of_another_draft_is_refused() -> None:
    mine, theirs = blank(), blank()
    save(theirs, [item()])
    [foreign] = edits_of(theirs)

    with pytest.raises(errors.LineGone):
        save(mine, [foreign])

    assert theirs.lines.count() == 1


def test_the_same_line_twice_is_refused() -> None:
    draft = blank()
    save(draft, [item()])
    [edit] = edits_of(draft)
    with pytest.raises(errors.LineGone):
        save(draft, [edit, edit])


@pytest.mark.parametrize(
    ("refusal", "values"),
    [
        (errors.DueBeforeIssue, {"due_date": date(2026, 10, 31)}),
        (errors.DueBeforeIssue, {"issue_date": date(2026, 12, 24)}),
        (
            errors.ServiceTurnedAround,
            {"service_start_date": date(2026, 10, 2), "service_end_date": date(2026, 10, 1)},
        ),
    ],
)
def test_days_in_the_wrong_order_are_refused(
    refusal: type[Exception], values: dict[str, Any]
) -> None:
    with pytest.raises(refusal):
        save(blank(), [item()], **values)


def test_nothing_is_half_written_when_the_end_is_refused() -> None:
    draft = blank()
    with pytest.raises(errors.DueBeforeIssue):
        save(draft, [item()], comment="Hello", due_date=date(2026, 1, 1))
    draft.refresh_from_db()
    assert (draft.comment, draft.version, draft.lines.count()) == ("", 1, 0)


def test_another_customers_project_is_refused() -> None:
    with pytest.raises(errors.ProjectOfAnotherCustomer):
        save(blank(), project=ProjectFactory())


def test_a_blank_draft_may_change_its_customer() -> None:
    other = CustomerFactory(name="Somebody else")
    saved, _lines = save(blank(), customer=other)
    assert saved.customer == other


def test_a_posted_invoice_is_refused(accountant: Membership) -> None:
    draft = blank()
    save(draft, [item()])
    post_invoice(draft, actor=accountant.user)
    with pytest.raises(errors.InvoiceNotDraft):
        save(draft, [])


def test_a_discarded_draft_is_refused() -> None:
    draft = blank()
    gone = Invoice.objects.get(pk=draft.pk)
    draft.delete()
    with pytest.raises(errors.InvoiceGone):
        save_draft(gone, version=1, values={}, lines=[], actor=None)


# Hours on lines


def test_work_lines_keep_their_hours_whatever_is_written_on_them() -> None:
    entry = TimeEntryFactory(minutes=90)
    draft = drafted(entry)
    [edit] = edits_of(draft)

    _saved, [line] = save(
        draft,
        [
            replace(
                edit, text="Workshop", quantity=Decimal(1), unit=Unit.DAY, unit_price=Decimal(800)
            )
        ],
    )

    assert line.net == Decimal(800)
    assert Source.objects.get(line=line).time_entry == entry


def test_deleting_a_line_with_hours_needs_a_yes() -> None:
    entry = TimeEntryFactory()
    draft = drafted(entry)
    with pytest.raises(errors.HoursWouldBeFreed):
        save(draft, [item()])
    entry.refresh_from_db()
    assert entry.billing_state == BillingState.DRAFTED
    assert draft.lines.count() == 1


def test_deleting_a_line_with_hours_opens_them_again() -> None:
    first, second = TimeEntryFactory(minutes=30), TimeEntryFactory(minutes=45)
    project = first.project
    TimeEntry.objects.filter(pk=second.pk).update(project=project)
    second.refresh_from_db()
    draft = drafted(first)
    kept, gone = edits_of(draft)
    assert gone.pk is not None

    _saved, lines = save(draft, [kept], freed=[gone.pk])

    states = dict(TimeEntry.objects.values_list("member__name", "billing_state"))
    assert sorted(states.values()) == ["drafted", "open"]
    assert len(lines) == 1
    assert last_change(draft)["freed_minutes"] in (30, 45)


def test_the_customer_stays_while_there_are_hours() -> None:
    draft = drafted(TimeEntryFactory())
    with pytest.raises(errors.CustomerHasHours):
        save(draft, customer=CustomerFactory())


def test_hours_stay_in_the_currency_they_are_priced_in() -> None:
    draft = drafted(TimeEntryFactory())
    with pytest.raises(errors.CurrencyMix, match="EUR"):
        save(draft, currency="SEK")


def test_a_draft_freed_of_its_hours_may_change_customer_and_currency() -> None:
    draft = drafted(TimeEntryFactory())
    [edit] = edits_of(draft)
    assert edit.pk is not None
    other = CustomerFactory()

    saved, _lines = save(
        draft, [item()], freed=[edit.pk], customer=other, project=None, currency="SEK"
    )

    assert (saved.customer, saved.currency) == (other, "SEK")


def test_an_entry_taken_off_lowers_the_line_and_is_open_at_once() -> None:
    first = TimeEntryFactory(minutes=60)
    TimeEntryFactory(minutes=30, member=first.member, project=first.project)
    draft = drafted(first)

    release_work(TimeEntry, first.pk, actor=None)

    first.refresh_from_db()
    assert first.billing_state == BillingState.OPEN
    assert draft.lines.get().quantity == Decimal("0.5")


def test_an_entry_put_back_is_on_its_line_again() -> None:
    first = TimeEntryFactory(minutes=60, work_date=date(2026, 10, 1))
    TimeEntryFactory(minutes=30, member=first.member, project=first.project)
    draft = drafted(first)
    before = draft.lines.get()
    release_work(TimeEntry, first.pk, actor=None)

    saved = add_work(draft, entry_ids=[first.pk], actor=None, allow_unlocked=True)

    line = draft.lines.get()
    assert (line.pk, line.quantity, line.net) == (before.pk, before.quantity, before.net)
    assert saved.net_total == Decimal(150)
    assert line.sources.count() == 2


def test_a_quantity_set_by_hand_stays_as_far_from_the_hours() -> None:
    first = TimeEntryFactory(minutes=60)
    draft = drafted(first)
    [edit] = edits_of(draft)
    save(draft, [replace(edit, quantity=Decimal("0.75"))])
    more = TimeEntryFactory(minutes=30, member=first.member, project=first.project)

    add_work(draft, entry_ids=[more.pk], actor=None, allow_unlocked=True)

    assert draft.lines.get().quantity == Decimal("1.25")


def test_hours_of_somebody_else_get_a_line_of_their_own() -> None:
    first = TimeEntryFactory(minutes=60)
    draft = drafted(first)
    more = TimeEntryFactory(minutes=120, project=first.project, work_date=date(2026, 10, 20))

    saved = add_work(draft, entry_ids=[more.pk], actor=None, allow_unlocked=True)

    assert [(line.position, line.quantity) for line in saved.lines.all()] == [
        (1, Decimal(1)),
        (2, Decimal(2)),
    ]
    assert saved.net_total == Decimal(300)
    more.refresh_from_db()
    assert more.billing_state == BillingState.DRAFTED


def test_hours_are_not_added_to_a_line_with_another_price() -> None:
    first = TimeEntryFactory(minutes=60)
    draft = drafted(first)
    [edit] = edits_of(draft)
    save(draft, [replace(edit, unit_price=Decimal(80))])
    more = TimeEntryFactory(minutes=60, member=first.member, project=first.project)

    saved = add_work(draft, entry_ids=[more.pk], actor=None, allow_unlocked=True)

    prices = list(saved.lines.values_list("unit_price", flat=True))
    assert prices == [Decimal(80), Decimal(100)]


def test_added_hours_widen_the_service_period_and_move_the_tax_point() -> None:
    first = TimeEntryFactory(work_date=date(2026, 10, 5))
    draft = drafted(first)
    assert draft.tax_point == date(2026, 10, 5)
    later = TimeEntryFactory(project=first.project, work_date=date(2026, 10, 20))

    add_work(draft, entry_ids=[later.pk], actor=None, allow_unlocked=True)

    draft.refresh_from_db()
    assert (draft.service_start_date, draft.service_end_date, draft.tax_point) == (
        date(2026, 10, 5),
        date(2026, 10, 20),
        date(2026, 10, 20),
    )


def test_only_open_hours_of_the_same_customer_can_be_added() -> None:
    draft = drafted(TimeEntryFactory())
    foreign = TimeEntryFactory()
    with pytest.raises(errors.WorkNotOpen):
        add_work(draft, entry_ids=[foreign.pk], actor=None, allow_unlocked=True)
    foreign.refresh_from_db()
    assert foreign.billing_state == BillingState.OPEN


def test_all_of_the_chosen_hours_come_on_or_none() -> None:
    first = TimeEntryFactory()
    draft = drafted(first)
    open_one = TimeEntryFactory(project=first.project)
    with pytest.raises(errors.WorkNotOpen):
        add_work(draft, entry_ids=[open_one.pk, first.pk], actor=None, allow_unlocked=True)
    open_one.refresh_from_db()
    assert open_one.billing_state == BillingState.OPEN


def test_adding_unlocked_hours_needs_a_yes() -> None:
    first = TimeEntryFactory()
    draft = drafted(first)
    waiting = TimeEntryFactory(project=first.project, member=MembershipFactory(name="Bo Berg"))
    with pytest.raises(errors.HoursNotLocked, match="Bo Berg"):
        add_work(draft, entry_ids=[waiting.pk], actor=None)
    HoursLockFactory(member=waiting.member)
    assert add_work(draft, entry_ids=[waiting.pk], actor=None).net_total == Decimal(200)


def test_hours_do_not_come_onto_a_draft_in_another_currency() -> None:
    customer = CustomerFactory()
    draft = blank(customer=customer, currency="SEK")
    entry = TimeEntryFactory(project=ProjectFactory(customer=customer))
    with pytest.raises(errors.CurrencyMix):
        add_work(draft, entry_ids=[entry.pk], actor=None, allow_unlocked=True)


# How much it costs


def queries_to_save(count: int) -> int:
    draft = blank()
    save(draft, [item(f"line {number}") for number in range(count)])
    edits = [replace(edit, quantity=Decimal(2)) for edit in reversed(edits_of(draft))]
    draft.refresh_from_db()
    with CaptureQueriesContext(
        connection,
    ) as captured:
        save_draft(draft, version=draft.version, values={}, lines=edits, actor=None)
    return len(captured)


def test_saving_takes_as_many_queries_for_forty_lines_as_for_two() -> None:
    assert queries_to_save(40) == queries_to_save(2)


def test_drafting_reads_the_tax_rates_once_for_any_number_of_groups() -> None:
    def queries(groups: int) -> int:
        project = ProjectFactory()
        entries = [TimeEntryFactory(project=project) for _ in range(groups)]
        with CaptureQueriesContext(connection) as captured:
            drafted(*entries)
        return len(captured)

    assert queries(12) == queries(2)


def test_a_corrected_tax_rate_prices_the_lines_when_the_draft_is_saved(tenant: Tenant) -> None:
    draft, [line] = save(blank(), [item()])
    assert (draft.gross_total, line.tax_percent) == (Decimal("125.5"), Decimal("25.5"))
    rate = TaxRateFactory()
    rate.percent = Decimal(24)
    rate.save()

    saved, [line] = save(draft)

    assert (saved.net_total, saved.tax_total) == (Decimal(100), Decimal(24))
    assert line.tax_percent == Decimal(24)
    assert [tax.percent for tax in saved.taxes.all()] == [Decimal(24)]
    assert last_change(draft)["changes"] == {"line 1 tax percent": ["25.5", "24"]}


def test_a_draft_priced_with_another_tax_rate_is_not_posted(tenant: Tenant) -> None:
    draft, _lines = save(blank(), [item()])
    rate = TaxRateFactory()
    rate.percent = Decimal(24)
    rate.save()

    with pytest.raises(errors.TaxRateChanged):
        post_invoice(draft, actor=None)

    saved, _lines = save(draft)
    assert post_invoice(saved, actor=None).tax_total == Decimal(24)


def test_what_is_taken_off_leaves_a_quantity_whose_price_is_the_stored_net(
    tenant: Tenant,
) -> None:
    project, person = ProjectFactory(), MembershipFactory()
    first, _second = (
        TimeEntryFactory(project=project, member=person, minutes=20, rate=Decimal("9500"))
        for _ in range(2)
    )
    draft = drafted(first)
    [edit] = edits_of(draft)
    save(draft, [replace(edit, quantity=Decimal(2))])

    release_work(TimeEntry, first.pk, actor=None)

    [line] = draft.lines.all()
    assert line.quantity == Decimal("1.666667")
    assert line.net == Decimal("15833.34")  # 1.666667 × 9,500 = 15,833.3365


def test_the_service_period_follows_what_is_taken_off(tenant: Tenant) -> None:
    project, person = ProjectFactory(), MembershipFactory()
    entries = [
        TimeEntryFactory(project=project, member=person, work_date=date(2026, 10, day))
        for day in (1, 10, 10, 20)
    ]
    draft = drafted(*entries)

    def released(entry: TimeEntry) -> tuple[Any, ...]:
        release_work(TimeEntry, entry.pk, actor=None)
        draft.refresh_from_db()
        return draft.service_start_date, draft.service_end_date, draft.tax_point

    first, tenth, last = (date(2026, 10, day) for day in (1, 10, 20))
    assert released(entries[1]) == (first, last, last)
    assert released(entries[3]) == (first, tenth, tenth)
    assert released(entries[0]) == (tenth, tenth, tenth)
    assert released(entries[2]) == (tenth, tenth, tenth)


def test_days_set_by_hand_stay_when_hours_are_taken_off(tenant: Tenant) -> None:
    project, person = ProjectFactory(), MembershipFactory()
    first, last = (
        TimeEntryFactory(project=project, member=person, work_date=date(2026, 10, day))
        for day in (1, 20)
    )
    draft = drafted(first)
    month_end = date(2026, 10, 31)
    save(draft, service_end_date=month_end, tax_point=month_end)

    release_work(TimeEntry, last.pk, actor=None)

    draft.refresh_from_db()
    assert draft.service_start_date == date(2026, 10, 1)
    assert (draft.service_end_date, draft.tax_point) == (month_end, month_end)
