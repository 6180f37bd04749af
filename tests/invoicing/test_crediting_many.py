"""Credit notes in any number and at once: never more than was charged, and in the end all of it."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from django.db import connection, transaction
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from core.money import ZERO, places, round_money, tax_of
from invoicing import errors
from invoicing.domain.credit_lines import LineCredit
from invoicing.domain.crediting import cancel_invoice, whole_credit
from invoicing.domain.credits import Left, LeftLine, left_of, tax_of_credit
from invoicing.domain.verifying import verify_books
from invoicing.models import Invoice, InvoiceLine
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.documents.making import posted, rate_of
from tests.factories import CustomerFactory, TaxRateFactory, TenantFactory
from tests.invoicing.crediting import billed, credit, only_line, part, states

CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])
PERCENTS = st.sampled_from(["25.5", "19", "14", "7", "0"]).map(Decimal)


@given(st.data(), CURRENCIES, PERCENTS, st.integers(-10_000, 10_000), st.integers(1, 40))
def test_the_tax_of_any_parts_ends_at_nought_and_none_is_off_by_more_than_a_unit(
    data: st.DataObject, currency: str, percent: Decimal, units: int, parts: int
) -> None:
    unit = Decimal(1).scaleb(-places(currency))
    left, sign = units * unit, -1 if units < 0 else 1
    tax = tax_of(left, percent, currency)
    for number in range(parts):
        most = abs(left / unit)
        taken = most if number == parts - 1 else data.draw(st.integers(0, int(most)))
        taxable = sign * taken * unit
        part_of_tax = tax_of_credit(taxable, left, tax, percent, currency)
        assert abs(part_of_tax - tax_of(taxable, percent, currency)) <= unit
        assert min(tax, ZERO) <= part_of_tax <= max(tax, ZERO)
        left, tax = left - taxable, tax - part_of_tax
    assert (left, tax) == (ZERO, ZERO)


@given(
    st.decimals(0, 10_000, places=4),
    st.decimals("0.01", 500, places=2),
    st.sampled_from([0, 10, 33]),
    st.data(),
)
def test_any_amount_of_a_line_has_a_quantity_and_comes_back_from_it(
    price: Decimal, quantity: Decimal, discount: int, data: st.DataObject
) -> None:
    line = InvoiceLine(
        tenant_id=1,
        quantity=quantity, unit_price=price, discount_percent=Decimal(discount),
        net=round_money(quantity * price * (100 - discount) / 100, "EUR"),
    )  # fmt: skip
    left = LeftLine(line, line.quantity, line.net)
    amount = data.draw(st.decimals(0, line.net, places=2))
    found = left.quantity_of(amount, "EUR")
    assert ZERO <= found <= quantity
    assume(price >= 1)
    assert abs(left.net_of(found, "EUR") - amount) <= Decimal("0.01")


LINES = st.lists(
    st.tuples(
        st.decimals("0.25", 20, places=2),
        st.decimals(0, 300, places=3),
        st.sampled_from(["25.5", "14"]),
        st.sampled_from([0, 5, 12]),
    ),
    min_size=1,
    max_size=4,
)
# Which line, how much of what is left of it in thousandths, and whether as an amount.
STEPS = st.lists(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1200), st.booleans()), max_size=3),
    max_size=5,
)


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lines=LINES, steps=STEPS, currency=CURRENCIES)
def test_any_credits_stay_within_the_invoice_and_the_rest_ends_it(
    tenant: Tenant,
    lines: list[tuple[Decimal, Decimal, str, int]],
    steps: list[list[tuple[int, int, bool]]],
    currency: str,
) -> None:
    with transaction.atomic():
        rates = {text: rate_of("S", percent=text, tax_account="2939") for text in ("25.5", "14")}
        invoice = posted(
            *(
                {
                    "quantity": quantity, "unit_price": price, "tax_rate": rates[percent],
                    "discount_percent": Decimal(discount),
                }
                for quantity, price, percent, discount in lines
            ),
            customer=CustomerFactory(currency=currency),
            currency=currency,
        )  # fmt: skip
        for step in steps:
            left = left_of([invoice])[invoice.pk]
            try:
                with transaction.atomic():
                    credit(invoice, *_some_of(left, step, currency))
            except DomainError as refusal:
                assert isinstance(refusal, errors.CreditingRefused)  # noqa: PT017
            sums_are_within(invoice)
        left = left_of([invoice])[invoice.pk]
        if not left.is_empty:
            credit(invoice, *whole_credit(left))
        sums_are_within(invoice)
        left = left_of([invoice])[invoice.pk]
        assert left.is_empty
        assert left.gross == 0
        assert all(line.net == 0 for line in left.lines.values())
        assert [fault for check in verify_books() for fault in check.faults] == []
        transaction.set_rollback(True)


def _some_of(left: Left, step: list[tuple[int, int, bool]], currency: str) -> list[LineCredit]:
    credits = {}
    for number, share, by_amount in step:
        line = list(left.lines.values())[number % len(left.lines)]
        if by_amount:
            net = round_money(line.net * share / 1000, currency)
            credits[line.line.pk] = LineCredit(line_id=line.line.pk, net=net)
        else:
            quantity = (line.quantity * share / 1000).quantize(Decimal("0.01"))
            credits[line.line.pk] = LineCredit(line_id=line.line.pk, quantity=quantity)
    return list(credits.values())


def sums_are_within(invoice: Invoice) -> None:
    notes = Invoice.objects.filter(corrects=invoice, status="posted")
    for name in ("net_total", "tax_total", "gross_total"):
        credited = sum((getattr(note, name) for note in notes), ZERO)
        assert ZERO <= credited <= getattr(invoice, name)


def test_people_who_credit_the_same_line_at_once_do_not_take_back_too_much(
    committed_db: None,
) -> None:
    """Eight want 3 of 10 hours each: three get them, and nobody gets half of it."""
    company = TenantFactory()
    with tenant_scope(company.pk):
        TaxRateFactory()
        invoice = posted({"quantity": Decimal(10)})
        line = only_line(invoice)

    def take(_number: int) -> str:
        try:
            with tenant_scope(company.pk):
                return str(credit(invoice, part(line, quantity="3")).number)
        except errors.CreditAboveLine:
            return ""
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=8) as pool:
        numbers = sorted(filter(None, pool.map(take, range(8))))

    assert numbers == ["CN-2026-0001", "CN-2026-0002", "CN-2026-0003"]
    with tenant_scope(company.pk):
        assert left_of([invoice])[invoice.pk].lines[line.pk].quantity == 1
        assert Invoice.objects.filter(kind="credit_note").count() == 3
        assert [fault for check in verify_books() for fault in check.faults] == []


def test_an_invoice_is_cancelled_once_however_many_do_it(committed_db: None) -> None:
    company = TenantFactory()
    with tenant_scope(company.pk):
        invoice, entries = billed(60, 120)

    def cancel(_number: int) -> bool:
        try:
            with tenant_scope(company.pk):
                cancel_invoice(invoice, reason="By mistake", actor=None)
        except errors.NothingLeftToCredit:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(max_workers=6) as pool:
        assert sum(pool.map(cancel, range(6))) == 1
    with tenant_scope(company.pk):
        assert Invoice.objects.filter(kind="credit_note").count() == 1
        assert states(entries) == ["open", "open"]
