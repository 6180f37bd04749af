"""Whatever is posted, credited, paid and given up, in whatever order: the sums agree."""

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.periods import Period
from invoicing.domain.books.accounts import make_chart
from invoicing.models import DocumentKind, Invoice
from invoicing.selectors.books.balances import trial_balance
from invoicing.selectors.books.taxes import tax_report
from tenants.models import Tenant
from tests.documents.making import posted, posted_credit_note, rate_of
from tests.factories import TaxRateFactory
from tests.payments.paying import faults, open_amount, pay

YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))

amounts = st.integers(1, 99_999).map(lambda cents: Decimal(cents) / 100)
lines = st.lists(st.tuples(st.integers(0, 3), amounts), min_size=1, max_size=4)
deeds = st.lists(
    st.tuples(st.sampled_from(["post", "credit", "pay", "give up"]), lines, st.integers(1, 11)),
    min_size=1,
    max_size=6,
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(deeds=deeds)
def test_reports_are_the_sums_of_the_documents(tenant: Tenant, deeds: Any) -> None:
    """One database for all examples: each adds to what the others left, which must agree too."""
    make_chart(tenant)
    rates = [
        TaxRateFactory(),
        TaxRateFactory(
            name="25.5 % other", percent=Decimal("25.5"), tax_account="2940", is_default=False
        ),
        rate_of("S", percent="13.5", revenue_account="3010", tax_account="2939"),
        rate_of("E", "By law", revenue_account="3200"),
    ]
    for deed, wanted, month in deeds:
        day = date(2026, month, 10)
        made = [{"tax_rate": rates[place], "unit_price": price} for place, price in wanted]
        if deed == "credit":
            posted_credit_note(*made, tax_point=day)
            continue
        invoice = posted(*made, tax_point=day)
        if deed != "post":
            owed = open_amount(invoice)
            part = max((owed / 2).quantize(Decimal("0.01")), Decimal("0.01"))
            pay(invoice, f"{part}", closes="discount" if deed == "give up" else "")
    report = tax_report(YEAR, "EUR")
    documents = Invoice.objects.filter(status=Invoice.Status.POSTED)
    for field in ("net_total", "tax_total", "gross_total"):
        signed = sum(
            (
                -getattr(one, field)
                if one.kind == DocumentKind.CREDIT_NOTE
                else getattr(one, field)
                for one in documents
            ),
            Decimal(0),
        )
        shown = {"net_total": report.taxable, "tax_total": report.tax, "gross_total": report.gross}
        assert shown[field] == signed
    assert report.is_booked
    balance = trial_balance(YEAR, "EUR", year_start=YEAR.start)
    assert balance.is_balanced
    found = {row.number: row.closing for row in balance.rows}
    rows: Any = Invoice.objects.filter(status=Invoice.Status.POSTED, kind=DocumentKind.INVOICE)
    owed = sum((one.open_amount for one in rows.with_open_amount()), Decimal(0))
    assert found.get("1700", Decimal(0)) == owed
    assert faults() == []
