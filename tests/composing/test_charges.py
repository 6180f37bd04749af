"""Charges to lines: expenses each their own, usage by destination or by day."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import TaxRate, Unit
from customers.models import Customer
from invoicing import errors
from invoicing.domain.composing.charges import ChargeRules, plan_charges
from invoicing.domain.composing.planning import ChargeWork
from invoicing.domain.crediting import cancel_invoice, draft_credit_note
from invoicing.domain.draft_work import add_work, release_work
from invoicing.domain.drafting import draft_work, free_lines
from invoicing.domain.posting import post_invoice
from invoicing.domain.verifying import check_work
from invoicing.models import Addition, Invoice, InvoiceLine, Source
from invoicing.selectors.visible import visible_invoices
from tenants.billing_terms import UsageGrouping
from tenants.models import Membership, Tenant
from tests.factories import (
    ChargeFactory,
    CustomerFactory,
    ProjectFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from tests.invoicing.crediting import part
from timesheets.models import Charge, ChargeKind, TimeEntry

START, END = date(2026, 10, 1), date(2026, 10, 31)


@pytest.fixture
def customer(tenant: Tenant) -> Customer:
    TaxRateFactory()
    found: Customer = CustomerFactory(name="Ostaja Oy")
    return found


def used(customer: Customer, destination: str, day: int, quantity: str, **told: Any) -> Charge:
    values = {"unit": Unit.MINUTE, "unit_price": Decimal("0.0345")} | told
    return ChargeFactory(
        kind=ChargeKind.USAGE,
        customer=customer,
        destination=destination,
        charge_date=date(2026, 10, day),
        quantity=Decimal(quantity),
        **values,
    )


def draft_of(customer: Customer, **told: Any) -> Invoice:
    return draft_work(
        start=START, end=END, actor=None, customer_id=customer.pk, allow_unlocked=True, **told
    )


def told(invoice: Invoice) -> list[tuple[str, str, str, str, str]]:
    """Text, quantity, unit, price and net of each line."""
    return [
        (
            line.text,
            f"{line.quantity.normalize():f}",
            line.unit,
            f"{line.unit_price.normalize():f}",
            f"{line.net.normalize():f}",
        )
        for line in invoice.lines.all()
    ]


def test_each_charge_is_a_line_beneath_the_hours(customer: Customer) -> None:
    project = ProjectFactory(customer=customer, name="Roof")
    TimeEntryFactory(project=project, member__name="Aino", minutes=90)
    ChargeFactory(customer=customer, text="Hotel", unit_price=Decimal("119"), charge_date=END)
    ChargeFactory(
        project=project,
        kind=ChargeKind.PART,
        text="Screws",
        quantity=Decimal("2.5"),
        unit=Unit.KILOGRAM,
        unit_price=Decimal("7.99"),
    )

    draft = draft_of(customer)

    assert told(draft) == [
        ("Roof · Aino", "1.5", "HUR", "100", "150"),
        ("Screws", "2.5", "KGM", "7.99", "19.98"),
        ("Hotel", "1", "C62", "119", "119"),
    ]
    assert draft.net_total == Decimal("288.98")
    assert (draft.service_start_date, draft.service_end_date) == (date(2026, 10, 5), END)
    assert draft.tax_point == END
    assert list(Charge.objects.values_list("billing_state", flat=True)) == ["drafted"] * 2
    addition = Addition.objects.get()
    assert (addition.entries, addition.charges) == (1, 2)


def test_usage_is_one_line_per_destination(customer: Customer) -> None:
    """31 × 0.0345 = 1.0695; rounded apart they would be 0.35 + 0.72."""
    used(customer, "Germany", 3, "10", text="Calls")
    used(customer, "Germany", 20, "21", text="Calls")
    used(customer, "Estonia", 3, "7", text="Calls")

    assert told(draft_of(customer)) == [
        ("Calls · Estonia (3 Oct 2026)", "7", "MIN", "0.0345", "0.24"),
        ("Calls · Germany (3 Oct 2026–20 Oct 2026)", "31", "MIN", "0.0345", "1.07"),
    ]


@pytest.mark.parametrize("level", ["tenant", "customer"])
def test_or_one_line_per_day_as_tenant_or_customer_say(
    tenant: Tenant, customer: Customer, level: str
) -> None:
    if level == "tenant":
        Tenant.objects.filter(pk=tenant.pk).update(usage_grouping=UsageGrouping.DAY)
    else:
        Tenant.objects.filter(pk=tenant.pk).update(usage_grouping=UsageGrouping.DESTINATION)
        Customer.objects.filter(pk=customer.pk).update(usage_grouping=UsageGrouping.DAY)
    Customer.objects.filter(pk=customer.pk).update(language="fi")
    used(customer, "Germany", 20, "21")
    used(customer, "Germany", 3, "10")
    used(customer, "Estonia", 3, "7")

    assert told(draft_of(customer)) == [
        ("Käyttö · 3.10.2026", "17", "MIN", "0.0345", "0.59"),
        ("Käyttö · 20.10.2026", "21", "MIN", "0.0345", "0.72"),
    ]


def test_another_price_unit_or_tax_splits_the_line(customer: Customer) -> None:
    reduced = TaxRateFactory(percent=Decimal(14), is_default=False, name="14 %")
    used(customer, "Germany", 3, "10")
    used(customer, "Germany", 4, "10", unit_price=Decimal("0.05"))
    used(customer, "Germany", 5, "10", tax_rate=reduced)
    used(customer, "Germany", 6, "10", unit=Unit.PIECE)
    used(customer, "Germany", 7, "10", account="3999")

    draft = draft_of(customer)

    assert draft.lines.count() == 5
    assert [(tax.percent, tax.taxable) for tax in draft.taxes.all()] == [
        (Decimal("25.5"), Decimal("1.55")),
        (Decimal(14), Decimal("0.35")),
    ]
    assert set(draft.lines.values_list("account", flat=True)) == {"3000", "3999"}


def test_yen_have_no_places(customer: Customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(currency="JPY")
    used(customer, "Japan", 3, "3.5", unit_price=Decimal("33.3"))
    used(customer, "Japan", 4, "1", unit_price=Decimal("33.3"))

    draft = draft_of(customer)

    # 4.5 × 33.3 = 149.85
    assert draft.net_total == Decimal(150)
    assert draft.currency == "JPY"


def test_an_amount_taken_back_makes_the_line_smaller(customer: Customer) -> None:
    used(customer, "Germany", 3, "10", unit_price=Decimal(2))
    used(customer, "Germany", 4, "-4", unit_price=Decimal(2))

    assert draft_of(customer).net_total == Decimal(12)


def test_the_charges_tax_is_their_own_or_the_projects_or_the_customers(
    tenant: Tenant, customer: Customer
) -> None:
    reduced = TaxRateFactory(name="14 %", percent=Decimal(14), is_default=False)
    zero = TaxRateFactory(
        name="0 %", percent=Decimal(0), is_default=False, category=TaxRate.Category.ZERO
    )
    project = ProjectFactory(customer=customer, tax_rate=zero)
    ChargeFactory(customer=customer, text="General", unit_price=1)
    ChargeFactory(project=project, text="As the project", unit_price=1)
    ChargeFactory(project=project, text="Own", unit_price=1, tax_rate=reduced)

    percents = dict(draft_of(customer).lines.values_list("text", "tax_percent"))

    assert percents == {"General": Decimal("25.5"), "As the project": 0, "Own": 14}


def test_only_open_billable_charges_of_the_period_and_customer(customer: Customer) -> None:
    ChargeFactory(customer=customer, text="Now")
    ChargeFactory(customer=customer, text="Later", charge_date=date(2026, 11, 1))
    ChargeFactory(customer=customer, text="Gift", is_billable=False)
    ChargeFactory(customer=customer, text="Lost", billing_state="written_off")
    ChargeFactory(text="Another's")

    assert [line[0] for line in told(draft_of(customer))] == ["Now"]


def test_a_projects_draft_leaves_what_belongs_to_no_project(customer: Customer) -> None:
    project, other = ProjectFactory.create_batch(2, customer=customer)
    ChargeFactory(project=project, text="Ours")
    ChargeFactory(project=other, text="Theirs")
    ChargeFactory(customer=customer, text="Nobody's")

    ours = draft_work(start=START, end=END, actor=None, project_ids=[project.pk])
    loose = draft_work(start=START, end=END, actor=None, project_ids=[], loose_of=customer.pk)

    assert [line[0] for line in told(ours)] == ["Ours"]
    assert ours.project == project
    assert [line[0] for line in told(loose)] == ["Nobody's"]
    assert loose.project is None


def test_nothing_open_is_refused(customer: Customer) -> None:
    with pytest.raises(errors.NothingToInvoice):
        draft_of(customer)


def test_hours_alone_ask_for_their_charges_once(customer: Customer) -> None:
    """And write them never: a draft of ten thousand hours pays one question."""
    TimeEntryFactory(project__customer=customer)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        draft_of(customer)

    about = [query["sql"] for query in asked if "charge" in query["sql"]]
    assert len([sql for sql in about if "timesheets_charge" in sql]) == 1
    assert not [sql for sql in about if "INSERT INTO invoicing_source" in sql]


def test_ten_thousand_charges_take_as_many_queries_as_ten(customer: Customer) -> None:
    counts = []
    for number in (10, 300):
        for day in range(number):
            used(customer, f"Place {day % 7}", day % 28 + 1, "1")
        with CaptureQueriesContext(connection) as asked:
            draft_of(customer)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_charge_comes_off_its_draft_and_back_on(customer: Customer) -> None:
    first, second = used(customer, "Germany", 3, "10"), used(customer, "Germany", 20, "21")
    hotel = ChargeFactory(customer=customer, text="Hotel", unit_price=100, charge_date=END)
    draft = draft_of(customer)

    release_work(Charge, hotel.pk, actor=None)
    draft = release_work(Charge, second.pk, actor=None)

    assert [line[1:] for line in told(draft)] == [("10", "MIN", "0.0345", "0.35")]
    assert draft.net_total == Decimal("0.35")
    assert draft.service_end_date == draft.tax_point == first.charge_date
    second.refresh_from_db()
    assert second.billing_state == "open"

    draft = add_work(draft, charge_ids=[second.pk, hotel.pk], actor=None)

    assert [line[1:] for line in told(draft)] == [
        ("31", "MIN", "0.0345", "1.07"),
        ("1", "C62", "100", "100"),
    ]
    assert draft.service_end_date == END
    assert not check_work().faults


def test_usage_at_another_price_gets_a_line_of_its_own(customer: Customer) -> None:
    used(customer, "Germany", 3, "10")
    draft = draft_of(customer)
    dearer = used(customer, "Germany", 4, "10", unit_price=Decimal(1))

    draft = add_work(draft, charge_ids=[dearer.pk], actor=None)

    assert [line[4] for line in told(draft)] == ["0.35", "10"]


def test_others_charges_or_such_that_are_not_open_do_not_come_onto_a_draft(
    customer: Customer,
) -> None:
    ChargeFactory(customer=customer)
    draft = draft_of(customer)
    for charge in (ChargeFactory(), ChargeFactory(customer=customer, is_billable=False)):
        with pytest.raises(errors.WorkNotOpen):
            add_work(draft, charge_ids=[charge.pk], actor=None)
    with pytest.raises(errors.WorkNotOnDraft):
        release_work(Charge, charge.pk, actor=None)


def test_freed_lines_open_hours_and_charges(customer: Customer) -> None:
    entry = TimeEntryFactory(project__customer=customer)
    charge = ChargeFactory(customer=customer)
    draft = draft_of(customer)

    assert free_lines(draft.lines.values_list("pk", flat=True)) == 2

    for one in (entry, charge):
        one.refresh_from_db()
        assert one.billing_state == "open"


def test_the_draft_goes_on_when_its_hours_are_gone(customer: Customer) -> None:
    entry = TimeEntryFactory(project__customer=customer, work_date=START)
    ChargeFactory(customer=customer, charge_date=END)
    draft = draft_of(customer)

    draft = release_work(TimeEntry, entry.pk, actor=None)

    assert (draft.service_start_date, draft.service_end_date) == (END, END)
    assert draft.lines.count() == 1


def test_posting_bills_and_cancelling_frees(customer: Customer) -> None:
    charge = ChargeFactory(customer=customer)
    kept = ChargeFactory(customer=customer, text="Kept")
    posted = post_invoice(draft_of(customer), actor=None)

    for one in (charge, kept):
        one.refresh_from_db()
        assert one.billing_state == "billed"
    assert not check_work().faults

    cancel_invoice(posted, reason="A mistake", actor=None, kept_charges=[kept.pk])

    charge.refresh_from_db()
    kept.refresh_from_db()
    assert (charge.billing_state, kept.billing_state) == ("open", "billed")
    assert check_work().looked_at == 2
    assert not check_work().faults


def test_part_of_a_line_of_usage_is_freed_with_its_share(customer: Customer) -> None:
    first = used(customer, "Germany", 3, "10", unit_price=Decimal(1))
    second = used(customer, "Germany", 4, "30", unit_price=Decimal(1))
    posted = post_invoice(draft_of(customer), actor=None)
    line = posted.lines.get()

    with pytest.raises(errors.FreedAboveCredit):
        draft_credit_note(
            posted,
            [part(line, net="20", freed_charges=[second.pk])],
            reason="Too much",
            actor=None,
        )
    note = draft_credit_note(
        posted, [part(line, net="30", freed_charges=[second.pk])], reason="Theirs", actor=None
    )
    post_invoice(note, actor=None)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.billing_state, second.billing_state) == ("billed", "open")
    assert not check_work().faults


def test_a_state_that_no_document_tells_is_found(customer: Customer) -> None:
    charge = ChargeFactory(customer=customer)
    Charge.objects.filter(pk=charge.pk).update(billing_state="billed")

    assert check_work().faults == [f"charge {charge.pk}: its state is not its document's"]


def test_a_charge_is_billed_once(customer: Customer) -> None:
    charge = ChargeFactory(customer=customer)
    line = InvoiceLine.objects.get(invoice=draft_of(customer))

    with pytest.raises(IntegrityError, match="source_charge_billed_once"), transaction.atomic():
        Source.objects.create(line=line, charge=charge, minutes=0)


def test_a_source_is_of_an_hour_or_of_a_charge(customer: Customer) -> None:
    charge = ChargeFactory(customer=customer)
    entry = TimeEntryFactory(project__customer=customer)
    line = InvoiceLine.objects.create(
        invoice=draft_of(customer), position=9, text="x", kind=InvoiceLine.Kind.TEXT
    )
    Source.objects.all().delete()
    for both in ({"charge": charge, "time_entry": entry}, {}):
        with pytest.raises(IntegrityError, match="source_of_an_hour"), transaction.atomic():
            Source.objects.create(line=line, minutes=0, **both)


def test_a_manager_sees_no_document_with_a_charge_of_anothers_project(
    customer: Customer, manager: Membership
) -> None:
    own = ProjectFactory(customer=customer, manager=manager)
    ChargeFactory(project=own)
    seen = draft_work(start=START, end=END, actor=None, project_ids=[own.pk])
    ChargeFactory(project=own)
    loose = ChargeFactory(customer=customer)
    mixed = draft_of(customer)

    assert list(visible_invoices(manager)) == [seen]
    release_work(Charge, loose.pk, actor=None)
    assert list(visible_invoices(manager)) == [mixed, seen]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["expense", "usage"]),
            st.integers(1, 28),
            st.sampled_from(["Germany", "Estonia"]),
            st.decimals("-50", "500", places=3).filter(bool),
            st.sampled_from([Decimal("0.0345"), Decimal(1), Decimal("19.999999")]),
            st.sampled_from([1, 2]),
        ),
        max_size=30,
    ),
    st.sampled_from(UsageGrouping),
    st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_every_charge_is_on_one_line_whose_amount_is_quantity_times_price(
    found: list[tuple[str, int, str, Decimal, Decimal, int]], grouping: UsageGrouping, currency: str
) -> None:
    rates = {pk: TaxRate(tenant_id=1, pk=pk, percent=Decimal(pk), category="S") for pk in (1, 2)}
    works = [
        ChargeWork(
            id=pk,
            kind=kind,
            project_id=None,
            charge_date=date(2026, 10, day),
            text="" if kind == "usage" else "Thing",
            destination=place if kind == "usage" else "",
            quantity=quantity,
            unit="C62",
            unit_price=price,
            tax_rate_id=rate,
            account="",
        )
        for pk, (kind, day, place, quantity, price, rate) in enumerate(found, start=1)
    ]
    rules = ChargeRules(
        currency=currency,
        language="en",
        usage_grouping=grouping,
        tax_rate=lambda charge: rates[charge.tax_rate_id or 0],
    )

    lines = plan_charges(works, rules)

    assert sorted(charge.id for line in lines for charge in line.charges) == [w.id for w in works]
    smallest = Decimal(1).scaleb(-{"EUR": 2, "JPY": 0, "KWD": 3}[currency])
    for line in lines:
        assert line.quantity == sum(charge.quantity for charge in line.charges)
        assert abs(line.net - line.quantity * line.unit_price) <= smallest / 2
        assert {charge.tax_rate_id for charge in line.charges} == {line.tax_rate.pk}
    assert len({line.text for line in lines}) <= len(lines)
    assert plan_charges(reversed(works), rules) == lines
