"""Which invoiced lines belong to which quoted ones, by literal amounts."""

from decimal import Decimal
from typing import Any

import pytest

from customers.models import Project
from invoicing.domain.crediting import cancel_invoice
from invoicing.domain.editing import LineEdit
from invoicing.domain.posting import post_invoice
from invoicing.domain.quotations import deciding
from invoicing.domain.quotations.comparing import Bar, Item, Row, bar_of, paired
from invoicing.models import FixedPrice, Invoice, Quotation
from invoicing.selectors.quotations import compared
from tenants.models import Membership, Tenant
from tests.documents.making import draft
from tests.factories import ProductFactory
from tests.invoicing.test_quotations import SignedIn, item, sent


def one(text: str, quantity: str, price: str, unit: str = "C62", **told: Any) -> Item:
    net = Decimal(quantity) * Decimal(price)
    return Item(text, unit, Decimal(quantity), net, **told)


def plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def quantities(row: Row) -> list[str]:
    found = [row.quoted_quantity, row.other_quantity]
    return [f"{plain(one.amount)} {one.unit}" for one in found if one is not None]


def told(rows: list[Row]) -> list[tuple[str, str, str, str]]:
    """Texts, what was quoted, what is invoiced or drafted, and the difference."""
    return [
        (" + ".join(row.texts), plain(row.quoted), plain(row.together), plain(row.difference))
        for row in rows
    ]


def test_by_product_whatever_the_line_says() -> None:
    quoted = [one("Tiles", "10", "12", product_id=7), one("Boiler", "1", "900", product_id=8)]
    rows = paired(quoted, [one("Red tiles", "12", "12", product_id=7)])
    assert told(rows) == [("Tiles", "120", "144", "24"), ("Boiler", "900", "0", "-900")]
    assert quantities(rows[0]) == ["10 C62", "12 C62"]
    assert (rows[0].is_over, rows[1].is_over, rows[1].is_begun) == (True, False, False)


def test_by_text_without_regard_to_letters_and_spaces() -> None:
    rows = paired([one("Scaffold,  hired", "1", "300")], [one("scaffold, Hired", "1", "280")])
    assert told(rows) == [("Scaffold,  hired", "300", "280", "-20")]


def test_by_the_task_of_the_hours() -> None:
    quoted = [one("Design", "10", "90", "HUR"), one("Build", "20", "80", "HUR")]
    rows = paired(quoted, [one("Anna, October", "4", "90", "HUR", task="design")])
    assert told(rows) == [("Design", "900", "360", "-540"), ("Build", "1600", "0", "-1600")]


def test_hours_that_say_nothing_go_with_the_quoted_hours_that_are_left_together() -> None:
    quoted = [
        one("Design", "10", "90", "HUR"), one("Tiles", "2", "10"), one("Build", "2", "640", "DAY"),
    ]  # fmt: skip
    rows = paired(quoted, [one("October", "30", "80", "HUR"), one("November", "3", "80", "HUR")])
    assert told(rows) == [("Design + Build", "2180", "2640", "460"), ("Tiles", "20", "0", "-20")]
    # Two days are sixteen hours.
    assert quantities(rows[0]) == ["26 HUR", "33 HUR"]


def test_other_hours_go_with_the_only_quoted_ones() -> None:
    lines = [one("Work", "3", "80", "HUR"), one("Anna, October", "5", "80", "HUR")]
    assert told(paired([one("Work", "8", "95", "HUR")], lines)) == [("Work", "760", "640", "-120")]


def test_what_was_not_quoted_stands_last_the_largest_amount_first() -> None:
    rows = paired(
        [one("Tiles", "1", "10")],
        [one("Parking", "1", "5"), one("Skip", "1", "90"), one("Parking", "2", "5"),
         one("Travel", "1", "40", "HUR")],
    )  # fmt: skip
    assert told(rows) == [
        ("Tiles", "10", "0", "-10"), ("Skip", "0", "90", "90"), ("Travel", "0", "40", "40"),
        ("Parking", "0", "15", "15"),
    ]  # fmt: skip
    assert [row.is_quoted for row in rows] == [True, False, False, False]


def test_quantities_are_not_added_across_units() -> None:
    [row] = paired([one("Sand", "2", "50", "KGM")], [one("Sand", "1", "100", "C62")])
    assert quantities(row) == ["2 KGM", "1 C62"]


@pytest.mark.parametrize(
    ("amounts", "bar"),
    [
        (("100", "25", "25"), Bar(quoted=100, invoiced=25, drafted=25, share=50)),
        (("100", "150", "50"), Bar(quoted=50, invoiced=75, drafted=25, share=200)),
        (("100", "-10", "0"), Bar(quoted=100, invoiced=0, drafted=0, share=0)),
        (("0", "10", "0"), Bar(quoted=0, invoiced=100, drafted=0, share=0)),
        (("0", "0", "0"), Bar(quoted=0, invoiced=0, drafted=0, share=0)),
    ],
)
def test_a_bar_is_as_wide_as_the_larger_of_both(amounts: Any, bar: Bar) -> None:
    assert bar_of(*map(Decimal, amounts)) == bar


# From rows


@pytest.fixture
def accepted(tenant: Tenant, accountant: Membership) -> Quotation:
    tiles = ProductFactory(name="Tiles")
    lines: list[LineEdit] = [
        item("Tiles", "10", "12.50", product=tiles), item("Scaffold", "1", "300"),
    ]  # fmt: skip
    quotation = deciding.accept_quotation(sent(lines).pk, name="Anna")
    assert accountant.user is not None
    deciding.make_project_of(quotation.pk, actor=accountant.user)
    quotation.refresh_from_db()
    return quotation


def about(project: Project, *lines: tuple[str, str, str], **told: Any) -> Invoice:
    """A draft about the project: text, quantity and price of each line."""
    items = [
        {"text": text, "quantity": Decimal(quantity), "unit_price": Decimal(price)} | told
        for text, quantity, price in lines
    ]
    return draft(*items, customer=project.customer, project=project)


def test_lines_of_posted_invoices_drafts_and_credit_notes(
    accepted: Quotation, accountant: Membership
) -> None:
    product = accepted.lines.earliest("position").product
    tiles = about(accepted.project, ("Red tiles", "8", "12.50"), product=product)
    invoice = post_invoice(tiles, actor=accountant.user)
    post_invoice(about(accepted.project, ("Skip", "1", "90")), actor=accountant.user)
    about(accepted.project, ("scaffold", "1", "310"))

    [row] = compared([accepted])
    assert told(list(row.rows)) == [
        ("Tiles", "125", "100", "-25"),
        ("Scaffold", "300", "310", "10"),
        ("Skip", "0", "90", "90"),
    ]
    assert (row.invoiced, row.drafted, row.left, row.over) == (
        Decimal("190.00"), Decimal("310.00"), Decimal("-75.00"), Decimal("75.00"),
    )  # fmt: skip

    cancel_invoice(invoice, reason="Broken", actor=accountant.user)
    [row] = compared([accepted])
    assert told(list(row.rows))[0] == ("Tiles", "125", "0", "-125")
    assert quantities(row.rows[0]) == ["10 C62", "0 C62"]
    assert row.invoiced == Decimal("90.00")


def test_at_a_fixed_price_only_the_sums_are_compared(accepted: Quotation) -> None:
    FixedPrice.objects.create(project=accepted.project, amount=425, text="A new roof")
    about(accepted.project, ("Advance", "1", "100"))
    [row] = compared([accepted])
    assert (row.rows, row.drafted) == ([], Decimal("100.00"))


def test_the_pages_tell_it(
    accepted: Quotation, accountant: Membership, signed_in: SignedIn
) -> None:
    invoice = about(accepted.project, *((f"Extra {number}", "1", "9") for number in range(15)))
    client = signed_in(accountant)
    for address in (f"/acme/quotations/{accepted.pk}/", f"/acme/invoices/{invoice.pk}/quoted/"):
        page = client.get(address).content.decode()
        assert "Nothing invoiced yet" in page
        assert page.count("Not quoted") == 12
        assert "and 3 more lines that were not quoted" in page
