"""Numbers at posting: which series, which counters, what is passed over, and the proof after."""

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from customers.models import CustomerGroup
from invoicing import errors
from invoicing.domain.numbering import default_series
from invoicing.domain.numbering.continuity import Places, continuity, without
from invoicing.domain.numbering.counting import window
from invoicing.domain.numbering.formats import leading_counter
from invoicing.domain.posting import post_invoice, post_invoices, refusals
from invoicing.domain.verifying import check_numbers
from invoicing.models import (
    DocumentKind,
    Invoice,
    NumberCounter,
    NumberSeries,
    SkippedNumbers,
)
from tenants.models import Membership, Tenant
from tests.factories import CustomerFactory, MembershipFactory, ProjectFactory, TaxRateFactory
from tests.invoicing.test_posting import draft_of

NOVEMBER = date(2026, 11, 1)


@pytest.fixture(autouse=True)
def _rates(tenant: Tenant) -> None:
    TaxRateFactory()


def use(number_format: str) -> NumberSeries:
    """Number invoices like this from now on."""
    series = default_series(DocumentKind.INVOICE)
    NumberSeries.objects.filter(pk=series.pk).update(format=number_format)
    series.refresh_from_db()
    return series


def series_for(number_format: str, **purpose: Any) -> NumberSeries:
    made: NumberSeries = NumberSeries.objects.create(
        kind="invoice", name=number_format, format=number_format, is_default=False, **purpose
    )
    return made


def numbers(*drafts: Invoice) -> list[str | None]:
    """What these are numbered with when they are posted together, in the order they are named."""
    posted = {one.pk: one.number for one in post_invoices([one.pk for one in drafts], actor=None)}
    return [posted[draft.pk] for draft in drafts]


def counts() -> dict[str, int]:
    return dict(NumberCounter.objects.values_list("window", "count"))


def test_the_project_decides_before_the_group_and_the_group_before_the_rest() -> None:
    group = CustomerGroup.objects.create(name="Abroad")
    abroad, home = CustomerFactory(group=group), CustomerFactory()
    project, other = ProjectFactory(customer=abroad), ProjectFactory(customer=abroad)
    series_for("P{c,3}", project=project)
    series_for("A{c,3}", customer_group=group)
    series_for("X{c,3}")  # out of use
    drafts = [
        draft_of("1", customer=abroad, project=project),
        draft_of("1", customer=abroad, project=other),
        draft_of("1", customer=abroad),
        draft_of("1", customer=home),
        draft_of("1", customer=abroad, project=project),
    ]
    assert numbers(*drafts) == ["P001", "A001", "A002", "2026-0001", "P002"]
    assert check_numbers().faults == []
    for draft in drafts:
        draft.refresh_from_db()
    assert [draft.series.name for draft in drafts] == [
        "P{c,3}", "A{c,3}", "A{c,3}", "Invoice", "P{c,3}",
    ]  # fmt: skip


def test_a_series_is_for_one_purpose_and_a_purpose_has_one_series() -> None:
    group, project = CustomerGroup.objects.create(name="Abroad"), ProjectFactory()
    series_for("A{c}", customer_group=group)
    for wrong in (
        {"customer_group": group},
        {"customer_group": group, "project": project},
        {"project": project, "is_default": True},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            NumberSeries.objects.create(
                **{"kind": "invoice", "name": "", "format": "B{c}", "is_default": False, **wrong}
            )
    series = NumberSeries.objects.create(
        kind="credit_note", name="", format="C{c}", is_default=False, customer_group=group
    )
    assert series.is_in_use


def test_numbers_follow_the_document_date_in_each_series() -> None:
    group = CustomerGroup.objects.create(name="Abroad")
    series_for("A{Y}{M}-{cm,2}", customer_group=group)
    abroad = CustomerFactory(group=group)
    late, early, home, next_month = (
        draft_of("1", customer=abroad, issue_date=date(2026, 11, 20), due_date=date(2027, 1, 1)),
        draft_of("1", customer=abroad, issue_date=date(2026, 11, 3), due_date=date(2027, 1, 1)),
        draft_of("1", issue_date=date(2026, 11, 10), due_date=date(2027, 1, 1)),
        draft_of("1", customer=abroad, issue_date=date(2026, 12, 1), due_date=date(2027, 1, 1)),
    )
    assert numbers(late, early, home, next_month) == [
        "A202611-02", "A202611-01", "2026-0001", "A202612-01",
    ]  # fmt: skip


def test_customers_and_creators_have_counters_of_their_own(accountant: Membership) -> None:
    use("{cnumber}-{Y}-{ccy,3}-U{uid}-{cuy}-{c}")
    first, second = CustomerFactory(number="10"), CustomerFactory(number="20")
    user = accountant.user
    assert user is not None
    drafts = [
        draft_of("1", customer=first, created_by=user),
        draft_of("1", customer=second, created_by=user),
        draft_of("1", customer=first),
        draft_of("1", customer=first, created_by=user),
    ]
    u = f"U{user.pk}"
    assert numbers(*drafts) == [
        f"10-2026-001-{u}-1-1", f"20-2026-001-{u}-2-2", "10-2026-002-U0-1-3",
        f"10-2026-003-{u}-3-4",
    ]  # fmt: skip
    assert counts() == {
        "c:": 4,
        f"ccy:{first.pk}:2026": 3,
        f"ccy:{second.pk}:2026": 1,
        f"cuy:{user.pk}:2026": 3,
        "cuy:0:2026": 1,
    }
    assert check_numbers().faults == []


def test_the_staff_number_is_that_of_this_company(accountant: Membership) -> None:
    use("{ustaff}-{c}")
    Membership.objects.filter(pk=accountant.pk).update(staff_number="E7")
    unnamed = MembershipFactory().user
    drafts = [draft_of("1", created_by=accountant.user), draft_of("1", created_by=unnamed)]
    assert numbers(*drafts) == ["E7-1", "-2"]


@pytest.mark.parametrize(
    ("counter", "expected"),
    [
        ("c", "c:"),
        ("cy", "cy:2026"),
        ("cm", "cm:2026-11"),
        ("cd", "cd:2026-11-01"),
        ("cc", "cc:7:"),
        ("ccy", "ccy:7:2026"),
        ("ccm", "ccm:7:2026-11"),
        ("ccd", "ccd:7:2026-11-01"),
        ("cu", "cu:9:"),
        ("cuy", "cuy:9:2026"),
        ("cum", "cum:9:2026-11"),
        ("cud", "cud:9:2026-11-01"),
    ],
)
def test_windows(counter: str, expected: str) -> None:
    assert window(counter, NOVEMBER, customer_id=7, user_id=9) == expected


@pytest.mark.parametrize(
    ("number_format", "leading"),
    [
        ("{Y}-{cy,4}", "cy"),
        ("{cy}-{c}", "c"),
        ("{date}-{c}-{cd}", "c"),
        ("{date}-{cd}", "cd"),
        ("{Y}{m}-{cm}", "cm"),
        ("{m}-{cm}-{cc}-{cnumber}", "cc"),
        ("{cname}-{cc}-{uid}-{cu}", "cu"),
        ("{cc}", "cc"),
        ("{Y}", ""),
    ],
)
def test_the_leading_counter_makes_numbers_unique_by_itself(
    number_format: str, leading: str
) -> None:
    assert leading_counter(number_format) == leading


def number_them_so(number_format: str, how_many: int) -> None:
    """Documents that have the numbers of a format, in a series that is out of use by now."""
    series = use(number_format)
    post_invoices([draft_of("1").pk for _ in range(how_many)], actor=None)
    NumberSeries.objects.filter(pk=series.pk).update(is_default=False, name="Old")


def test_taken_numbers_are_counted_past_and_kept() -> None:
    number_them_so("N{c}", 3)
    series = use("N{c}")
    assert numbers(draft_of("1"), draft_of("1")) == ["N4", "N5"]
    assert NumberCounter.objects.get(series=series).count == 5
    skipped = SkippedNumbers.objects.get()
    assert (skipped.window, skipped.first, skipped.last) == ("c:", 1, 3)
    assert skipped.reason == SkippedNumbers.Reason.TAKEN
    [report] = continuity([series])
    assert (report.first_number, report.last_number, report.count) == ("N4", "N5", 2)
    assert (report.skipped, report.gaps, report.duplicates) == (3, [], 0)
    assert check_numbers().faults == []


def test_scattered_numbers_are_passed_over_one_by_one() -> None:
    use("N{c}")
    post_invoices([draft_of("1").pk for _ in range(9)], actor=None)
    series = use("N{c+0,1}")
    NumberCounter.objects.filter(series=series).update(count=7)
    other = series_for("N{c+4}", project=(project := ProjectFactory()))
    drafts = [draft_of("1"), draft_of("1", project=project, customer=project.customer),
              draft_of("1")]  # fmt: skip
    # 8 and 9 are taken for the first; 4 to 10 for the second; 11 for the third.
    assert numbers(*drafts) == ["N10", "N11", "N12"]
    assert NumberCounter.objects.get(series=series).count == 12
    assert NumberCounter.objects.get(series=other).count == 8


def test_as_many_as_ninety_nine_taken_numbers_are_passed_over() -> None:
    number_them_so("N{c}", 99)
    use("N{c}")
    with CaptureQueriesContext(connection) as queries:
        assert numbers(draft_of("1")) == ["N100"]
    looked = [q for q in queries if "number = ANY" in q["sql"]]
    assert len(looked) <= 3


def test_the_hundredth_taken_number_refuses_and_leaves_nothing_half_done() -> None:
    number_them_so("N{c}", 100)
    series = use("N{c}")
    draft, fine = draft_of("1"), draft_of("1", project=(project := ProjectFactory()))
    series_for("P{c}", project=project)
    with pytest.raises(errors.NumbersUsedUp, match="next 99 numbers are all taken"):
        post_invoices([draft.pk, fine.pk], actor=None)
    draft.refresh_from_db()
    fine.refresh_from_db()
    assert draft.is_draft
    assert fine.is_draft
    assert not NumberCounter.objects.filter(series=series).exists()
    assert not SkippedNumbers.objects.exists()


def test_a_format_that_stands_still_is_refused_the_second_time() -> None:
    use("{Y}")
    assert numbers(draft_of("1")) == ["2026"]
    with pytest.raises(errors.NumbersUsedUp), transaction.atomic():
        post_invoice(draft_of("1"), actor=None)


@pytest.mark.parametrize(
    ("number_format", "change", "refusal"),
    [
        ("{cnumber}-{cc}", {"number": ""}, errors.CustomerUnnamed),
        ("{cname}-{c}", {"name": "A customer of forty letters and two more"}, errors.NumberTooLong),
        ("{c-5}", {}, errors.NumberNegative),
        ("{c}-{nonsense}", {}, errors.UnknownToken),
    ],
)
def test_what_cannot_be_numbered_is_refused_with_a_sentence(
    number_format: str, change: dict[str, str], refusal: type[Exception]
) -> None:
    use(number_format)
    draft = draft_of("1", customer=CustomerFactory(**change))
    with pytest.raises(refusal) as caught, transaction.atomic():
        post_invoice(draft, actor=None)
    assert isinstance(caught.value, errors.PostingRefused)
    draft.refresh_from_db()
    assert draft.is_draft
    assert not NumberCounter.objects.exists()


def test_of_many_the_ones_that_lack_something_are_named_beforehand() -> None:
    use("{cnumber}-{cc}")
    fine, lacking = draft_of("1"), draft_of("1", customer=CustomerFactory(number=""))
    assert {pk: type(refusal) for pk, refusal in refusals([fine, lacking]).items()} == {
        lacking.pk: errors.CustomerUnnamed
    }


def test_statements_do_not_grow_with_documents_or_series() -> None:
    group = CustomerGroup.objects.create(name="Abroad")
    series_for("A{cnumber}-{cc}", customer_group=group)
    use("{ustaff}/{cnumber}-{Y}-{ccy,3}")

    def statements(times: int) -> int:
        ids = [
            draft_of("1", customer=CustomerFactory(group=group if index % 2 else None)).pk
            for index in range(times)
        ]
        with CaptureQueriesContext(connection) as queries:
            post_invoices(ids, actor=None)
        return len(queries)

    assert statements(2) == statements(12)


def test_counters_are_locked_in_one_order_in_one_statement() -> None:
    group = CustomerGroup.objects.create(name="Abroad")
    series_for("A{cnumber}-{cc}-{c}", customer_group=group)
    use("{Y}-{cy}-{cm}")
    ids = [draft_of("1", customer=CustomerFactory(group=one)).pk for one in (None, group, None)]
    with CaptureQueriesContext(connection) as queries:
        post_invoices(ids, actor=None)
    taking = [q["sql"] for q in queries if "INTO invoicing_numbercounter" in q["sql"]]
    assert len(taking) == 1
    order = list(NumberCounter.objects.order_by("id").values_list("series_id", "window"))
    assert order == sorted(order)


def test_a_document_keeps_how_its_number_was_made() -> None:
    use("{Y}-{cy,4}")
    [first, second] = post_invoices([draft_of("1").pk, draft_of("1").pk], actor=None)
    for document, place in ((first, 1), (second, 2)):
        document.refresh_from_db()
        assert document.number_format == "{Y}-{cy,4}"
        assert (document.number_window, document.number_count) == ("cy:2026", place)
    with pytest.raises(DatabaseError), transaction.atomic():
        Invoice.objects.filter(pk=first.pk).update(number_count=9)


def test_a_place_without_a_document_is_found() -> None:
    series = use("{Y}-{cy,4}")
    post_invoices([draft_of("1").pk for _ in range(2)], actor=None)
    NumberCounter.objects.filter(series=series).update(count=4)
    post_invoice(draft_of("1"), actor=None)
    NumberCounter.objects.filter(series=series).update(count=7)
    [report] = continuity([series])
    assert report.gaps == [Places(3, 4), Places(6, 7)]
    assert (report.missing, report.is_sound) == (4, False)
    assert check_numbers().faults == [
        "Invoice cy:2026: no document has the places 3 to 4",
        "Invoice cy:2026: no document has the places 6 to 7",
    ]
    SkippedNumbers.objects.create(
        series=series, window="cy:2026", first=3, last=6, reason=SkippedNumbers.Reason.SET
    )
    [report] = continuity([series])
    assert (report.gaps, report.skipped) == ([Places(7, 7)], 3)


def test_the_report_goes_on_when_the_format_changes() -> None:
    series = use("{Y}-{cy,4}")
    post_invoices([draft_of("1").pk for _ in range(2)], actor=None)
    use("R{y}/{cy,3}")
    post_invoice(draft_of("1"), actor=None)
    [report] = continuity([series])
    assert (report.first_number, report.last_number, report.count) == ("2026-0001", "R26/003", 3)
    assert report.is_sound


@pytest.mark.parametrize(
    ("out", "left"),
    [
        ([], [(1, 9)]),
        ([(3, 4)], [(1, 2), (5, 9)]),
        ([(1, 1), (9, 12)], [(2, 8)]),
        ([(0, 20)], []),
        ([(10, 20)], [(1, 9)]),
        ([(2, 3), (3, 5)], [(1, 1), (6, 9)]),
    ],
)
def test_places_without_others(out: list[tuple[int, int]], left: list[tuple[int, int]]) -> None:
    assert without([Places(1, 9)], [Places(*one) for one in out]) == [Places(*one) for one in left]
