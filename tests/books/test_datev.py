"""A Buchungsstapel that DATEV takes, compared byte for byte; each document goes once."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import TaxRate
from core.periods import Period
from invoicing import book_errors as errors
from invoicing.domain.books.datev.exporting import candidates, make_export
from invoicing.domain.books.shares import shared_out
from invoicing.models import Account, DatevExport, DatevSettings, DebtorAccount, Invoice
from tenants.domain.founding import equip
from tenants.models import Membership, Tenant
from tests.documents.making import posted, posted_credit_note, rate_of
from tests.factories import CustomerFactory, TaxRateFactory

type SignedIn = Callable[[Membership], Client]
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
GOLDEN = Path(__file__).parent / "EXTF_Buchungsstapel.csv"


@pytest.fixture
def german(tenant: Tenant) -> Tenant:
    """With SKR03 and its numbers at the adviser."""
    Tenant.objects.filter(pk=tenant.pk).update(country="DE", language="de", name="Nordlicht GmbH")
    tenant.refresh_from_db()
    equip(tenant, actor=None)
    tenant.refresh_from_db()
    # Lines ask the factory for the usual one, whatever they are given.
    TaxRateFactory(is_default=False)
    DatevSettings.objects.create(advisor_number=29098, client_number=55003, initials="NL")
    return tenant


def rate(percent: str, category: str = "S") -> Any:
    return TaxRate.objects.filter(percent=percent, category=category).earliest("pk")


def exported(**options: Any) -> list[str]:
    export = make_export(NOVEMBER, actor=None, **options)
    return bytes(export.content).decode("cp1252").split("\r\n")


def test_the_file_as_datev_takes_it(german: Tenant) -> None:
    """Two rates and an own account that needs a key; goods to Finland; a credit note; letters that
    Windows-1252 has not, and quotes."""
    Account.objects.create(number="8401", name="Beratung", kind="revenue")
    first = posted(
        {"tax_rate": rate("19"), "unit_price": Decimal("100.01")},
        {"tax_rate": rate("19"), "unit_price": Decimal("33.33"), "account": "8401"},
        {"tax_rate": rate("7"), "unit_price": Decimal("20")},
        customer=CustomerFactory(number="10007", name='Müller & "Söhne" GmbH'),
        tax_point=date(2026, 10, 31),
        billing_country="DE",
    )
    posted(
        {"tax_rate": rate("0", "K"), "unit_price": Decimal("1234.5")},
        customer=CustomerFactory(number="K-2", name="Łódź Käsityö Oy"),
        billing_country="FI",
        buyer_vat_id="FI20774740",
    )
    posted_credit_note(
        {"tax_rate": rate("19"), "unit_price": Decimal(50)},
        customer=first.customer,
        billing_country="DE",
    )
    with patch(
        "invoicing.domain.books.datev.exporting.timezone.localtime",
        return_value=datetime(2026, 12, 1, 9, 30, 15, 123000, tzinfo=UTC),
    ):
        export = make_export(NOVEMBER, actor=None)
    content = bytes(export.content)
    assert content == GOLDEN.read_bytes()
    lines = content.decode("cp1252").split("\r\n")
    assert len(lines[0].split(";")) == 31
    assert {len(line.split(";")) for line in lines[1:-1]} == {125}
    # With the sides, the bookings come to the gross totals.
    sums: dict[str, Decimal] = {}
    for line in lines[2:-1]:
        cells = line.split(";")
        amount = Decimal(cells[0].replace(",", "."))
        number = cells[10].strip('"')
        sums[number] = sums.get(number, Decimal(0)) + (amount if cells[1] == '"S"' else -amount)
    expected = {
        str(one.number): -one.gross_total if one.is_credit_note else one.gross_total
        for one in Invoice.objects.filter(status="posted")
    }
    assert sums == expected


def test_a_document_goes_once_unless_asked_for_again(german: Tenant) -> None:
    posted({"tax_rate": rate("19")})
    assert len(exported()) == 2 + 1 + 1
    with pytest.raises(errors.DatevNothingToExport):
        exported()
    posted({"tax_rate": rate("19")})
    second = exported()
    assert len(second) == 2 + 1 + 1
    assert '"2026-0002"' in second[2]
    assert len(exported(again=True)) == 2 + 2 + 1
    found = candidates(NOVEMBER)
    assert (len(found.fit), len(found.gone)) == (0, 2)


def test_debtors_keep_their_account(german: Tenant) -> None:
    other, own = CustomerFactory(number="7"), CustomerFactory(number="12345")
    for customer in (other, own, CustomerFactory(number="99999999")):
        posted({"tax_rate": rate("19")}, customer=customer)
    exported()
    numbers = dict(DebtorAccount.objects.values_list("customer__number", "number"))
    assert numbers == {"7": 10000, "12345": 12345, "99999999": 12346}
    posted({"tax_rate": rate("19")}, customer=own)
    assert ";12345;8400;" in exported()[2]


def test_what_datev_cannot_take_is_named_and_stops_the_file(german: Tenant) -> None:
    posted({"tax_rate": rate("19")}, currency="SEK")
    with pytest.raises(errors.DatevDocumentUnfit, match="2026-0001: It is in SEK"):
        exported()
    assert not DatevExport.objects.exists()
    other = posted({"tax_rate": rate("19")})
    Account.objects.filter(number="8400").update(automatic_percent=7)
    reasons = {one.pk: reason for one, reason in candidates(NOVEMBER).refused}
    assert "computes 7 % VAT itself" in reasons[other.pk]
    over_new_year = Period(date(2025, 12, 1), date(2026, 1, 31))
    with pytest.raises(errors.DatevOverTwoYears):
        make_export(over_new_year, actor=None)
    Tenant.objects.filter(pk=german.pk).update(year_begins=7)
    with pytest.raises(errors.DatevNothingToExport):
        make_export(over_new_year, actor=None)
    DatevSettings.objects.all().delete()
    with pytest.raises(errors.DatevSettingsMissing):
        exported()


def test_a_mistaken_account_is_refused(german: Tenant) -> None:
    Account.objects.create(number="84010", name="Zu lang", kind="revenue")
    Account.objects.create(number="8402", name="Ohne Schlüssel", kind="revenue")
    odd = rate_of("S", percent="16", revenue_account="8402", tax_account="1776")
    long = posted({"tax_rate": rate("19"), "account": "84010"})
    keyless = posted({"tax_rate": odd})
    reasons = {one.pk: reason for one, reason in candidates(NOVEMBER).refused}
    assert "more than 4 digits" in reasons[long.pk]
    assert "no tax key for 16 %" in reasons[keyless.pk]


@given(
    amount=st.integers(-(10**6), 10**6),
    weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=8),
    sign=st.sampled_from([1, -1]),
)
def test_shares_add_up(amount: int, weights: list[int], sign: int) -> None:
    whole = Decimal(amount) / 100
    shares = shared_out(
        whole, {place: Decimal(sign * one) for place, one in enumerate(weights)}, "EUR"
    )
    assert sum(shares.values()) == whole
    if sum(weights):
        for place, one in enumerate(weights):
            exact = whole * one / sum(weights)
            assert abs(shares[place] - exact) < Decimal("0.01")


# Pages


def test_pages(
    german: Tenant, accountant: Membership, auditor: Membership, signed_in: SignedIn
) -> None:
    DatevSettings.objects.all().delete()
    posted({"tax_rate": rate("19")})
    client = signed_in(accountant)
    asked = "?start=2026-11-01&end=2026-11-30"
    page = client.get(f"/acme/books/datev/{asked}").content.decode()
    assert "DATEV does not know this company yet" in page
    assert "1 document of these days goes into the file." in page
    sent = {"start": "2026-11-01", "end": "2026-11-30"}
    answer = client.post("/acme/books/datev/export/", sent)
    assert answer.status_code == 422
    assert "Enter the consultant and client numbers" in answer.content.decode()
    numbers = {
        "advisor_number": "29098", "client_number": "55003", "chart": "03", "account_length": "4",
        "initials": "NL",
    }  # fmt: skip
    refused = client.post("/acme/books/datev/settings/", numbers | {"advisor_number": "7"})
    assert refused.status_code == 422
    assert client.post("/acme/books/datev/settings/", numbers).status_code == 302
    assert client.post("/acme/books/datev/export/", sent).status_code == 302
    export = DatevExport.objects.get()
    answer = client.get(f"/acme/books/datev/{export.pk}/")
    assert answer.content == bytes(export.content)
    assert f"EXTF_Buchungsstapel_20261101_20261130_{export.pk}.csv" in answer["Content-Disposition"]
    assert client.post("/acme/books/datev/export/", sent).status_code == 422
    assert client.post("/acme/books/datev/export/", {"start": "x"}).status_code == 422
    reading = signed_in(auditor)
    assert reading.get("/acme/books/datev/").status_code == 200
    assert reading.post("/acme/books/datev/export/", sent).status_code == 403
