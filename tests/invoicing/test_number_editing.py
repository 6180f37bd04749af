"""Changing a series: what is saved, what is refused, and the next number."""

from collections.abc import Iterator
from datetime import date

import pytest

from customers.models import CustomerGroup
from integrations.models import Connection
from integrations.registry import all_systems
from integrations.selectors import number_targets
from invoicing import errors
from invoicing.domain.numbering import default_series
from invoicing.domain.numbering.checking import faults_of
from invoicing.domain.numbering.continuity import continuity
from invoicing.domain.numbering.counting import Named, Person, Slot, slot
from invoicing.domain.numbering.editing import (
    retire_series,
    save_series,
    set_next_number,
    use_of,
)
from invoicing.domain.numbering.previews import next_number, next_numbers
from invoicing.domain.numbering.targets import Target, register, targets_in_use, unregister
from invoicing.domain.posting import post_invoice
from invoicing.domain.verifying import check_numbers
from invoicing.models import DocumentKind, NumberCounter, NumberSeries, SkippedNumbers
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import CustomerFactory, MembershipFactory, ProjectFactory, TaxRateFactory
from tests.invoicing.test_posting import draft_of

DAY = date(2026, 11, 21)


@pytest.fixture
def series(tenant: Tenant) -> NumberSeries:
    TaxRateFactory()
    return default_series(DocumentKind.INVOICE)


@pytest.fixture
def digits_only(tenant: Tenant) -> Iterator[None]:
    def provide() -> list[Target]:
        return [Target("Netvisor", 15, digits_only=True)]

    register(provide)
    yield
    unregister(provide)


def save(series: NumberSeries, number_format: str, **values: object) -> NumberSeries:
    return save_series(
        series,
        actor=None,
        year=2026,
        **{"name": series.name, "number_format": number_format, **values},  # type: ignore[arg-type]
    )


def example(series: NumberSeries) -> Slot:
    return slot(series, DAY, 0, Named(), None)


def post(*, issue_date: date = DAY) -> str | None:
    return post_invoice(
        draft_of("1", issue_date=issue_date, due_date=date(2028, 1, 1)), actor=None
    ).number


def test_a_changed_format_goes_on_counting(series: NumberSeries) -> None:
    assert post() == "2026-0001"
    save(series, "R{y}/{cy,3}")
    assert post() == "R26/002"
    entry = AuditEntry.objects.get(action="numbering.series_changed")
    assert entry.detail == {"changes": {"format": ["{Y}-{cy,4}", "R{y}/{cy,3}"]}}
    assert check_numbers().faults == []


def test_an_unfit_format_is_refused_with_its_repair(series: NumberSeries) -> None:
    with pytest.raises(errors.FormatUnfit, match="a counter is missing") as refused:
        save(series, "{Y}")
    assert refused.value.params["repair"] == "{Y}-{cy,4}"
    series.refresh_from_db()
    assert series.format == "{Y}-{cy,4}"
    assert not AuditEntry.objects.exists()


def test_a_name_alone_is_changed_whatever_the_format(series: NumberSeries) -> None:
    NumberSeries.objects.filter(pk=series.pk).update(format="{Y}")
    assert save(series, "{Y}", name="Ours").name == "Ours"


def test_a_series_of_a_group_is_added_and_taken_out_of_use(series: NumberSeries) -> None:
    group = CustomerGroup.objects.create(name="Abroad")
    made = save(
        NumberSeries(kind="invoice", name="Abroad", is_default=False),
        "A{Y}-{cy,4}",
        customer_group=group,
    )
    assert AuditEntry.objects.get(action="numbering.series_added").object_id == made.pk
    draft = draft_of("1", customer=CustomerFactory(group=group), issue_date=DAY,
                     due_date=date(2027, 1, 1))  # fmt: skip
    assert post_invoice(draft, actor=None).number == "A2026-0001"

    assert retire_series(made, actor=None) is False
    made.refresh_from_db()
    assert not made.is_in_use
    assert AuditEntry.objects.filter(action="numbering.series_retired").exists()
    again = draft_of("1", customer=CustomerFactory(group=group), issue_date=DAY,
                     due_date=date(2027, 1, 1))  # fmt: skip
    assert post_invoice(again, actor=None).number == "2026-0001"


def test_a_series_without_documents_is_deleted(series: NumberSeries) -> None:
    made = save(
        NumberSeries(kind="invoice", name="P", is_default=False),
        "P{c}",
        project=ProjectFactory(),
    )
    assert retire_series(made, actor=None) is True
    assert NumberSeries.objects.get() == series
    with pytest.raises(errors.DefaultSeriesStays, match="Change its format instead"):
        retire_series(series, actor=None)


def test_a_new_series_may_not_give_anothers_numbers(series: NumberSeries) -> None:
    new = NumberSeries(kind="invoice", name="P", is_default=False)
    with pytest.raises(errors.FormatUnfit, match="“Invoice” gives the same numbers") as refused:
        save(new, "{Y}-{cy,6}", project=ProjectFactory())
    assert refused.value.params["repair"] == "A-{Y}-{cy,6}"


def test_what_decides_is_read_from_the_company(series: NumberSeries, digits_only: None) -> None:
    group = CustomerGroup.objects.create(name="Abroad")
    CustomerFactory(name="Nine char", number="12345", group=group)
    CustomerFactory(name="A longer name", number="C-1")
    MembershipFactory(staff_number="4711")
    NumberCounter.objects.create(series=series, window="c:", count=9)
    use = use_of(series, year=2026)
    assert (use.longest_name, use.longest_number, use.longest_staff_number) == (13, 5, 4)
    assert (use.numbers_are_digits, use.staff_numbers_are_digits) == (False, True)
    assert use.counts == {"c": 9}
    assert [target.digits_only for target in use.targets] == [False, True]
    own = use_of(NumberSeries(kind="invoice", customer_group=group), year=2026)
    assert (own.longest_name, own.numbers_are_digits, own.counts) == (9, True, {})
    assert own.others == [("Invoice", "{Y}-{cy,4}")]
    assert [fault.code for fault in faults_of("{Y}-{cy,4}", use)] == ["digits"]


def test_a_connected_system_says_what_it_takes(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    Connection.objects.create(system="procountor", name="Procountor", environment="sandbox")
    Connection.objects.create(
        system="procountor", name="Old", environment="sandbox", is_active=False
    )
    Connection.objects.create(system="gone", name="Gone", environment="sandbox")
    assert number_targets() == [Target("Procountor", 40, digits_only=False)]
    assert Target("Procountor", 40) in targets_in_use()
    system = all_systems()["procountor"]
    monkeypatch.setitem(system.__dict__, "numbers_are_digits", True)
    assert number_targets() == [Target("Procountor", 40, digits_only=True)]


# The next number


def test_starting_in_mid_year(series: NumberSeries) -> None:
    set_next_number(series, example(series), 73, actor=None)
    assert next_number(series, DAY) == "2026-0073"
    assert post() == "2026-0073"
    skipped = SkippedNumbers.objects.get()
    assert (skipped.first, skipped.last, skipped.reason) == (1, 72, "set")
    [report] = continuity([series])
    assert (report.first_number, report.count, report.skipped, report.gaps) == (
        "2026-0073", 1, 72, [],
    )  # fmt: skip
    assert check_numbers().faults == []
    entry = AuditEntry.objects.get(action="numbering.next_number_set")
    assert entry.detail == {"window": "cy:2026", "changes": {"next_number": ["1", "73"]}}
    assert post(issue_date=date(2027, 1, 2)) == "2027-0001"


def test_the_same_next_number_changes_nothing(series: NumberSeries) -> None:
    assert post() == "2026-0001"
    set_next_number(series, example(series), 2, actor=None)
    assert not AuditEntry.objects.filter(action="numbering.next_number_set").exists()


def test_never_below_what_exists(series: NumberSeries) -> None:
    set_next_number(series, example(series), 9, actor=None)
    post()
    for too_low in (1, 8, 9):
        with pytest.raises(errors.NextNumberExists, match=r"2026-0009 exists already.* 10 or"):
            set_next_number(series, example(series), too_low, actor=None)
    assert NumberCounter.objects.get().count == 9


def test_back_again_where_nothing_exists(series: NumberSeries) -> None:
    set_next_number(series, example(series), 500, actor=None)
    set_next_number(series, example(series), 5, actor=None)
    assert post() == "2026-0005"
    assert check_numbers().faults == []


def test_a_new_shape_may_begin_at_one(series: NumberSeries) -> None:
    for _ in range(3):
        post()
    series = save(series, "{Y}/{cy,3}")
    assert next_number(series, DAY) == "2026/004"
    set_next_number(series, example(series), 1, actor=None)
    assert [post(), post()] == ["2026/001", "2026/002"]
    [report] = continuity([series])
    assert (report.count, report.duplicates, report.gaps) == (5, 0, [])
    series = save(series, "{Y}-{cy,5}")
    with pytest.raises(errors.NextNumberExists, match="2026-0003 exists already"):
        set_next_number(series, example(series), 2, actor=None)


@pytest.mark.parametrize(
    ("number_format", "shown", "number"),
    [
        ("{Y}/{cy+72,3}", 73, "2026/073"),
        ("{Y}/{cy+73,3}", 100, "2026/100"),
        ("{c-0}", 7, "7"),
        ("{Y}{M}-{cm,2}", 12, "202611-12"),
        ("{date}-{cd}", 3, "261121-3"),
        ("R{c,6}", 1234, "R001234"),
    ],
)
def test_the_next_number_is_what_is_shown(
    series: NumberSeries, number_format: str, shown: int, number: str
) -> None:
    series = save(series, number_format)
    set_next_number(series, example(series), shown, actor=None)
    assert next_number(series, DAY) == number
    assert post() == number


def test_an_offset_has_a_least_number(series: NumberSeries) -> None:
    series = save(series, "{Y}/{cy+73,3}")
    with pytest.raises(errors.NextNumberTooLow, match="is 73 or higher"):
        set_next_number(series, example(series), 72, actor=None)


def test_each_customer_has_a_next_number(series: NumberSeries) -> None:
    series = save(series, "{cnumber}-{Y}-{ccy,3}")
    one, other = CustomerFactory(number="10"), CustomerFactory(number="20")
    chosen = slot(series, DAY, one.pk, one, None)
    set_next_number(series, chosen, 41, actor=None)
    assert next_numbers(chosen, how_many=2) == ["10-2026-041", "10-2026-042"]
    assert next_numbers(slot(series, DAY, other.pk, other, None), how_many=1) == ["20-2026-001"]
    post_invoice(draft_of("1", customer=one, issue_date=DAY, due_date=date(2027, 1, 1)), actor=None)
    with pytest.raises(errors.NextNumberExists, match="10-2026-041"):
        set_next_number(series, chosen, 41, actor=None)
    # Another customer's numbers do not stand in the way.
    set_next_number(series, slot(series, DAY, other.pk, other, None), 3, actor=None)


def test_other_parts_that_vary_do_not_hide_what_exists(series: NumberSeries) -> None:
    series = save(series, "{cnumber}/{D}{M}{Y}.{cy}")
    set_next_number(series, example_of(series, "77"), 20, actor=None)
    draft = draft_of("1", customer=CustomerFactory(number="9"), issue_date=date(2026, 2, 3),
                     due_date=date(2027, 1, 1))  # fmt: skip
    assert post_invoice(draft, actor=None).number == "9/03022026.20"
    with pytest.raises(errors.NextNumberExists, match=r"9/03022026\.20 exists"):
        set_next_number(series, example_of(series, "77"), 20, actor=None)


def example_of(series: NumberSeries, customer_number: str) -> Slot:
    return slot(series, DAY, 0, Named(number=customer_number), Person(1, ""))


def test_the_preview_passes_over_taken_numbers_and_takes_none(series: NumberSeries) -> None:
    for _ in range(3):
        post()
    NumberCounter.objects.update(count=1)
    assert next_numbers(example(series)) == [
        "2026-0004", "2026-0005", "2026-0006", "2026-0007", "2026-0008",
    ]  # fmt: skip
    assert NumberCounter.objects.get().count == 1


def test_who_preview_and_refusals_do_for_a_member(owner: Membership) -> None:
    new = NumberSeries(kind="invoice", format="U{uid}-{cu,2}")
    assert owner.user is not None
    chosen = slot(new, DAY, 0, Named(), Person(owner.user.pk, ""))
    assert next_numbers(chosen, how_many=1) == [f"U{owner.user.pk}-01"]
