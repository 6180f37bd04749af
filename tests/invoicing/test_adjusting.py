"""Discounts and surcharges for the whole document: their sums, books, paper and credit notes."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from invoicing import errors
from invoicing.documents.printed import printed_invoice
from invoicing.domain.adjusting import adjust_document
from invoicing.domain.crediting import cancel_invoice
from invoicing.domain.editing import LineEdit, save_draft
from invoicing.domain.line_editing import remove_line, save_line, state_of
from invoicing.domain.posting import post_invoice
from invoicing.domain.verifying import verify_books
from invoicing.einvoices.checking.verdict import content_findings, file_findings
from invoicing.einvoices.gathering import content_of
from invoicing.einvoices.profiles import FACTUR_X, FINVOICE, XRECHNUNG_UBL
from invoicing.einvoices.writing import written
from invoicing.models import Invoice, InvoiceLine, Posting
from tenants.models import AuditEntry, Membership, Tenant
from tests.documents.conftest import german_seller, seller
from tests.documents.making import draft, rate_of
from tests.invoicing.drafts import line, sent, stored_line, url

__all__ = ["german_seller", "seller"]
SignIn = Callable[[Membership], Client]


def two_rates() -> Invoice:
    """100.00 at 25.5 % and 33.33 at 13.5 %."""
    food = rate_of("S", percent="13.5", tax_account="2939")
    lunch = {"text": "Lunch", "unit_price": Decimal("33.33"), "tax_rate": food}
    return draft({"text": "Work"}, lunch)


def adjusted(found: Invoice, **fields: Any) -> Invoice:
    values: dict[str, Any] = {"text": "Discount", "is_charge": False, "actor": None} | fields
    return adjust_document(found, **values)


def sums(found: Invoice) -> tuple[str, ...]:
    found.refresh_from_db()
    return f"{found.net_total:.2f}", f"{found.tax_total:.2f}", f"{found.gross_total:.2f}"


def own_lines(found: Invoice) -> list[tuple[str, Decimal]]:
    lines = found.lines.filter(for_document=True).order_by("position")
    return [(line.text, line.net) for line in lines]


def test_a_percentage_is_taken_off_each_rate(seller: Tenant) -> None:
    found = two_rates()
    assert sums(found) == ("133.33", "30.00", "163.33")

    adjusted(found, text="Discount 10 %", percent=Decimal(10))

    assert own_lines(found) == [
        ("Discount 10 %", Decimal("-10.00")),
        ("Discount 10 %", Decimal("-3.33")),
    ]
    # 90.00 at 25.5 % is 22.95, 30.00 at 13.5 % is 4.05.
    assert sums(found) == ("120.00", "27.00", "147.00")


def test_it_follows_the_lines_when_they_change(seller: Tenant) -> None:
    found = draft({"text": "Work"})
    adjusted(found, percent=Decimal("2.5"), is_charge=True)
    assert sums(found) == ("102.50", "26.14", "128.64")
    work, surcharge = found.lines.order_by("position")

    edits = [
        LineEdit(pk=work.pk, text="Work", quantity=Decimal(2), unit="C62",
                 unit_price=Decimal("99.99"), tax_rate=work.tax_rate, account=work.account),
        LineEdit(pk=surcharge.pk, text="Rush", quantity=surcharge.quantity, unit=surcharge.unit,
                 unit_price=surcharge.unit_price, tax_rate=surcharge.tax_rate,
                 account=surcharge.account),
    ]  # fmt: skip
    save_draft(found, version=found.version, values={}, lines=edits, actor=None)

    assert own_lines(found) == [("Rush", Decimal("5.00"))]
    assert sums(found)[0] == "204.98"


def edit_of(line: InvoiceLine, **fields: Any) -> LineEdit:
    """The line as its form would send it."""
    names = ("pk", "kind", "text", "quantity", "unit", "unit_price", "tax_rate", "account")
    values: Any = {name: getattr(line, name) for name in names} | fields
    return LineEdit(**values)


def saved(found: Invoice, *edits: LineEdit) -> Invoice:
    found.refresh_from_db()
    return save_draft(found, version=found.version, values={}, lines=edits, actor=None)


def shares(found: Invoice) -> list[tuple[Decimal, Decimal]]:
    lines = found.lines.filter(for_document=True).order_by("position")
    return [(line.tax_percent, line.net) for line in lines]


def food(**fields: Any) -> LineEdit:
    rate = rate_of("S", percent="13.5", tax_account="2939")
    values: dict[str, Any] = {"text": "Lunch", "unit_price": Decimal("33.33"), "tax_rate": rate}
    values |= {"quantity": Decimal(1), "unit": "C62", "account": "3020"} | fields
    return LineEdit(**values)


def test_a_rate_that_comes_later_gets_its_share(seller: Tenant) -> None:
    found = draft({"text": "Work"})
    adjusted(found, text="Discount 10 %", percent=Decimal(10))
    work, discount = found.lines.order_by("position")

    saved(found, edit_of(work), edit_of(discount, text="Loyal"), food())

    assert own_lines(found) == [("Loyal", Decimal("-10.00")), ("Loyal", Decimal("-3.33"))]
    assert sums(found) == ("120.00", "27.00", "147.00")
    assert list(found.lines.order_by("position").values_list("position", flat=True)) == [1, 2, 3, 4]


def test_a_rate_that_goes_takes_its_share_along(seller: Tenant) -> None:
    found = two_rates()
    adjusted(found, percent=Decimal(10))
    work, lunch, on_work, on_lunch = found.lines.order_by("position")

    saved(found, edit_of(work), edit_of(on_work), edit_of(on_lunch))
    assert shares(found) == [(Decimal("25.50"), Decimal("-10.00"))]
    assert sums(found) == ("90.00", "22.95", "112.95")
    assert found.taxes.count() == 1

    # The last rate goes and another comes: the discount changes over.
    [share] = found.lines.filter(for_document=True)
    saved(found, edit_of(share), food())
    assert shares(found) == [(Decimal("13.50"), Decimal("-3.33"))]
    assert lunch.pk not in found.lines.values_list("pk", flat=True)


def test_where_no_line_is_left_the_percentage_waits_for_the_next(seller: Tenant) -> None:
    found = draft({"text": "Work"})
    adjusted(found, percent=Decimal(10))
    share = found.lines.get(for_document=True)

    saved(found, edit_of(share))
    assert shares(found) == [(Decimal("25.50"), Decimal("0.00"))]

    saved(found, edit_of(share), food(unit_price=Decimal(50)))
    assert shares(found) == [(Decimal("13.50"), Decimal("-5.00"))]


def test_two_percentages_each_follow(seller: Tenant) -> None:
    found = draft({"text": "Work"})
    adjusted(found, text="Loyal", percent=Decimal(10))
    adjusted(found, text="Rush", percent=Decimal(10), is_charge=True)
    adjusted(found, text="Big", percent=Decimal(10))

    saved(found, *map(edit_of, found.lines.order_by("position")), food(unit_price=Decimal(50)))

    assert sorted(own_lines(found)) == [
        ("Big", Decimal("-10.00")),
        ("Big", Decimal("-5.00")),
        ("Loyal", Decimal("-10.00")),
        ("Loyal", Decimal("-5.00")),
        ("Rush", Decimal("5.00")),
        ("Rush", Decimal("10.00")),
    ]


def test_taken_from_one_rate_it_is_taken_from_all(seller: Tenant) -> None:
    found = two_rates()
    adjusted(found, text="Loyal", percent=Decimal(10))
    adjusted(found, text="Other", percent=Decimal(5))
    *kept, _loyal_on_work, loyal_on_lunch, other, another = found.lines.order_by("position")

    saved(found, *map(edit_of, [*kept, loyal_on_lunch, other, another]))

    assert {text for text, _net in own_lines(found)} == {"Other"}
    assert len(own_lines(found)) == 2


def test_its_rate_and_figures_are_not_typed(seller: Tenant) -> None:
    found = two_rates()
    adjusted(found, percent=Decimal(10))
    work, lunch, on_work, on_lunch = found.lines.order_by("position")

    forged = edit_of(on_lunch, tax_rate=work.tax_rate, unit_price=Decimal(77))
    saved(found, edit_of(work), edit_of(lunch), edit_of(on_work), forged)

    assert sums(found) == ("120.00", "27.00", "147.00")
    assert not AuditEntry.objects.filter(action="invoice.changed", detail__version__gt=2).exists()


def test_lines_of_a_long_draft_are_followed_one_by_one(seller: Tenant) -> None:
    found = draft({"text": "Work"})
    adjusted(found, percent=Decimal(10))

    save_line(found, food(unit_price=Decimal(50)), state=str(uuid4()), actor=None)
    assert shares(found) == [
        (Decimal("25.50"), Decimal("-10.00")),
        (Decimal("13.50"), Decimal("-5.00")),
    ]

    share = found.lines.filter(for_document=True).latest("position")
    remove_line(found, share.pk, state=state_of(share), actor=None)
    assert shares(found) == []
    assert sums(found)[0] == "150.00"


def test_a_rate_that_came_later_is_told_and_credited_as_well(german_seller: Tenant) -> None:
    usual = rate_of("S", percent="19", tax_account="1776")
    reduced = rate_of("S", percent="7", tax_account="1771")
    found = draft({"tax_rate": usual})
    adjusted(found, text="Discount 10 %", percent=Decimal(10))
    lines = map(edit_of, found.lines.order_by("position"))
    saved(found, *lines, food(unit_price=Decimal(50), tax_rate=reduced))
    found.refresh_from_db()

    posted = post_invoice(found, actor=None)
    content = content_of(posted)

    assert [(one.tax_percent, one.base, one.amount) for one in content.adjustments] == [
        (Decimal(19), Decimal(100), Decimal(10)),
        (Decimal(7), Decimal(50), Decimal(5)),
    ]
    told = file_findings(written(content, XRECHNUNG_UBL), XRECHNUNG_UBL)
    # Who is written to and by whom is Germany's concern alone.
    assert [one.rule for one in told if not one.rule.startswith("BR-DE-")] == []
    assert file_findings(written(content, FACTUR_X), FACTUR_X) == []
    note = cancel_invoice(posted, reason="Never ordered", actor=None)
    assert sums(note) == sums(posted) == ("135.00", "20.25", "155.25")
    assert [check.faults for check in verify_books() if check.faults] == []


def test_an_amount_is_shared_out_by_the_rates_to_the_cent(seller: Tenant) -> None:
    found = two_rates()

    adjusted(found, amount=Decimal("10.00"))

    assert [net for _text, net in own_lines(found)] == [Decimal("-7.50"), Decimal("-2.50")]
    assert sums(found)[0] == "123.33"


def test_an_amount_is_shared_out_anew_when_rates_come_and_go(seller: Tenant) -> None:
    found = two_rates()
    adjusted(found, text="Voucher", amount=Decimal("10.00"))
    work, lunch, on_work, on_lunch = found.lines.order_by("position")

    # A third rate comes: 100.00, 33.33 and 66.67 of 200.00.
    book = food(text="Book", unit_price=Decimal("66.67"), tax_rate=rate_of("S", percent="10"))
    saved(found, *map(edit_of, [work, lunch, on_work, on_lunch]), book)
    assert shares(found) == [
        (Decimal("25.50"), Decimal("-5.00")),
        (Decimal("13.50"), Decimal("-1.67")),
        (Decimal("10.00"), Decimal("-3.33")),
    ]
    assert {text for text, _net in own_lines(found)} == {"Voucher"}

    # Two go, and what was taken off stays 10.00.
    kept = found.lines.exclude(pk=lunch.pk).exclude(text="Book").order_by("position")
    saved(found, *map(edit_of, kept))
    assert shares(found) == [(Decimal("25.50"), Decimal("-10.00"))]
    assert sums(found) == ("90.00", "22.95", "112.95")


def test_an_amount_goes_with_what_the_lines_come_to(seller: Tenant) -> None:
    found = two_rates()
    adjusted(found, text="Voucher", amount=Decimal("10.00"))
    adjusted(found, text="Freight", amount=Decimal("4.00"), is_charge=True)
    work, lunch, *rest = found.lines.order_by("position")

    # The two stand in another order, and the lines come to the same at both rates.
    turned = [edit_of(line) for line in reversed(rest)]
    saved(found, edit_of(work, unit_price=Decimal("33.33")), edit_of(lunch), *turned)

    assert sorted(own_lines(found)) == [
        ("Freight", Decimal("2.00")),
        ("Freight", Decimal("2.00")),
        ("Voucher", Decimal("-5.00")),
        ("Voucher", Decimal("-5.00")),
    ]


def test_an_amount_is_typed_anew_and_taken_away_as_a_whole(seller: Tenant) -> None:
    found = two_rates()
    adjusted(found, amount=Decimal("10.00"))
    work, lunch, on_work, on_lunch = found.lines.order_by("position")

    forged = edit_of(on_lunch, tax_rate=work.tax_rate, unit_price=Decimal("12.50"))
    saved(found, *map(edit_of, [work, lunch, on_work]), forged)
    assert shares(found) == [
        (Decimal("25.50"), Decimal("-15.00")),
        (Decimal("13.50"), Decimal("-5.00")),
    ]

    saved(found, *map(edit_of, [work, lunch, on_work]))
    assert shares(found) == []


def test_an_amount_stays_whole_in_a_currency_without_places(seller: Tenant) -> None:
    found = two_rates()
    adjusted(found, amount=Decimal("10.55"))

    edits = [edit_of(line) for line in found.lines.order_by("position")]
    found.refresh_from_db()
    save_draft(found, version=found.version, values={"currency": "JPY"}, lines=edits, actor=None)

    assert sum(net for _text, net in own_lines(found)) == -11
    assert {net % 1 for _text, net in own_lines(found)} == {0}


def test_it_is_booked_printed_and_told_like_any_other_line(german_seller: Tenant) -> None:
    found = draft({"tax_rate": rate_of("S", percent="19", tax_account="1776")}, language="de")
    adjusted(found, text="Treuerabatt 10 %", percent=Decimal(10))
    adjusted(found, text="Anfahrt", amount=Decimal("4.90"), is_charge=True)

    posted = post_invoice(found, actor=None)

    booked = dict(Posting.objects.values_list("account", "amount"))
    assert sum(booked.values()) == 0
    assert booked["1776"] == Decimal("-18.03")
    assert booked[found.lines.get(position=1).account] == Decimal("-94.90")
    printed = printed_invoice(posted)
    assert [(line.text, line.quantity, line.unit_price, line.net) for line in printed.lines] == [
        ("Consulting", "1", "100,00", "100,00"),
        ("Treuerabatt 10 %", "", "", "-10,00"),
        ("Anfahrt", "", "", "4,90"),
    ]
    content = content_of(posted)
    assert [
        (one.is_charge, one.percent, one.base, one.amount, one.reason)
        for one in content.adjustments
    ] == [
        (False, Decimal(10), Decimal(100), Decimal(10), "Treuerabatt 10 %"),
        (True, Decimal(0), Decimal(0), Decimal("4.90"), "Anfahrt"),
    ]
    assert (content.line_total, content.net_total) == (Decimal(100), Decimal("94.90"))
    for profile in (FACTUR_X, XRECHNUNG_UBL, FINVOICE):
        told = content_findings(content, profile)
        assert [one.rule for one in told if one.rule.startswith("LK-S")] == []
    assert file_findings(written(content, FACTUR_X), FACTUR_X) == []
    assert [check.faults for check in verify_books() if check.faults] == []


def test_a_credit_note_takes_it_back_as_well(german_seller: Tenant) -> None:
    found = draft({"tax_rate": rate_of("S", percent="19", tax_account="1776")})
    adjusted(found, text="Discount 10 %", percent=Decimal(10))
    posted = post_invoice(found, actor=None)

    note = cancel_invoice(posted, reason="Never ordered", actor=None)

    assert sums(note) == sums(posted) == ("90.00", "17.10", "107.10")
    content = content_of(note)
    assert [(one.is_charge, one.amount) for one in content.adjustments] == [(False, Decimal(10))]
    assert content.line_total == Decimal(100)
    assert file_findings(written(content, FACTUR_X), FACTUR_X) == []
    assert [check.faults for check in verify_books() if check.faults] == []


def test_what_stands_on_nothing_is_refused(seller: Tenant) -> None:
    found = draft({"kind": InvoiceLine.Kind.TEXT, "text": "Nothing yet"})
    with pytest.raises(errors.NothingToAdjust):
        adjusted(found, percent=Decimal(5))


def test_a_share_of_the_document_is_no_more_than_all_of_it(seller: Tenant) -> None:
    found = draft()
    adjusted(found, percent=Decimal(100))
    assert sums(found) == ("0.00", "0.00", "0.00")


# The dialog


def test_it_is_asked_for_beside_the_lines(
    seller: Tenant, accountant: Membership, signed_in: SignIn
) -> None:
    client, found = signed_in(accountant), draft(language="fi")
    where = f"{url(found)}adjust/"
    assert where in client.get(url(found)).content.decode()
    assert client.get(where).status_code == 200

    answer = client.post(where, {"what": "discount", "value": "7,5", "of": "percent", "text": ""})

    assert answer.status_code == 302
    assert own_lines(found) == [("Alennus 7,5\u00a0%", Decimal("-7.50"))]
    logged = AuditEntry.objects.filter(action="invoice.changed").latest("pk")
    assert logged.detail["changes"] == {"line 2 added": ["", "Alennus 7,5\u00a0%"]}
    page = client.get(url(found)).content.decode()
    assert "-7.5 %" in page.replace("−", "-")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"value": "0"}, "Enter more than nought."),
        ({"value": "100.01"}, "Enter at most 100 percent."),
        ({"value": "abc"}, "Enter a number"),
        ({"value": ""}, "is empty"),
        ({"of": "moon"}, "Select a valid choice"),
    ],
)
def test_what_makes_no_sense_is_said_by_its_field(
    seller: Tenant,
    accountant: Membership,
    signed_in: SignIn,
    fields: dict[str, str],
    sentence: str,
) -> None:
    found = draft()
    sent_form = {"what": "discount", "value": "5", "of": "percent", "text": "Loyal"} | fields

    answer = signed_in(accountant).post(f"{url(found)}adjust/", sent_form)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert "Loyal" in answer.content.decode()
    assert own_lines(found) == []


def test_who_may_not_change_drafts_may_not_adjust_them(
    seller: Tenant, auditor: Membership, signed_in: SignIn
) -> None:
    found = draft()
    answer = signed_in(auditor).post(
        f"{url(found)}adjust/", {"what": "discount", "value": "5", "of": "percent"}
    )
    assert answer.status_code == 403
    assert own_lines(found) == []


def test_the_form_sums_a_percentage_before_it_is_saved(
    seller: Tenant, accountant: Membership, signed_in: SignIn
) -> None:
    found = draft()
    adjusted(found, text="Discount 10 %", percent=Decimal(10))
    found.refresh_from_db()
    client = signed_in(accountant)
    typed = sent(found, [stored_line(found, 1, unit_price="250"), stored_line(found, 2)])

    shown = client.post(f"{url(found)}totals/", typed).content.decode()
    saved = client.post(url(found), typed)

    assert "225.00" in shown
    assert saved.status_code == 302
    assert own_lines(found) == [("Discount 10 %", Decimal("-25.00"))]
    assert sums(found) == ("225.00", "57.38", "282.38")


def test_the_form_shares_an_amount_out_as_saving_will(
    seller: Tenant, accountant: Membership, signed_in: SignIn
) -> None:
    found = two_rates()
    adjusted(found, text="Voucher", amount=Decimal("10.00"))
    found.refresh_from_db()
    client = signed_in(accountant)
    reduced = rate_of("S", percent="10", tax_account="2939")
    book = line("Book", quantity="1", unit_price="100", tax_rate=str(reduced.pk))
    typed = sent(found, [*(stored_line(found, position) for position in (1, 3, 4)), book])

    shown = client.post(f"{url(found)}totals/", typed).content.decode()
    client.post(url(found), typed)

    assert shares(found) == [
        (Decimal("25.50"), Decimal("-5.00")),
        (Decimal("10.00"), Decimal("-5.00")),
    ]
    assert sums(found) == ("190.00", "33.73", "223.73")
    assert "223.73" in shown
    assert "13.5 %" not in shown


def test_the_form_sums_rates_that_come_and_go_as_saving_will(
    seller: Tenant, accountant: Membership, signed_in: SignIn
) -> None:
    found = two_rates()
    adjusted(found, text="Discount 10 %", percent=Decimal(10))
    found.refresh_from_db()
    client = signed_in(accountant)
    reduced = rate_of("S", percent="10", tax_account="2939")
    # Lunch goes, a book comes at a third rate.
    book = line("Book", quantity="1", unit_price="50", tax_rate=str(reduced.pk))
    stays = [stored_line(found, position) for position in (1, 3, 4)]
    typed = sent(found, [*stays, book])

    shown = client.post(f"{url(found)}totals/", typed).content.decode()
    saved_form = client.post(url(found), typed)

    assert saved_form.status_code == 302
    assert sums(found) == ("135.00", "27.45", "162.45")
    for figure in ("135.00", "162.45", "45.00", "90.00"):
        assert figure in shown
    assert "13.5 %" not in shown


def test_the_form_sums_without_what_was_taken_away(
    seller: Tenant, accountant: Membership, signed_in: SignIn
) -> None:
    found = two_rates()
    adjusted(found, text="Discount 10 %", percent=Decimal(10))
    found.refresh_from_db()
    client = signed_in(accountant)
    typed = sent(found, [stored_line(found, position) for position in (1, 2, 3)])

    shown = client.post(f"{url(found)}totals/", typed).content.decode()
    client.post(url(found), typed)

    assert "163.33" in shown
    assert sums(found) == ("133.33", "30.00", "163.33")
