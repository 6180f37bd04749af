"""From posted documents of both countries to what their e-invoices say."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoicing.einvoices.checking.verdict import content_findings, file_findings
from invoicing.einvoices.content import (
    Address,
    Adjustment,
    Contact,
    ElectronicAddress,
    Means,
    Payment,
    Period,
    Reference,
    TaxGroup,
)
from invoicing.einvoices.gathering import content_of
from invoicing.einvoices.profiles import FACTUR_X, PEPPOL
from invoicing.einvoices.writing import written
from invoicing.models import Invoice, InvoiceLine, Unit
from tenants.models import Tenant
from tests.documents.making import draft, posted, posted_credit_note, rate_of
from tests.factories import CustomerFactory


def read_again(invoice: Invoice) -> Invoice:
    found: Invoice = Invoice.objects.select_related("customer", "corrects").get(pk=invoice.pk)
    return found


def assert_right(invoice: Invoice) -> None:
    said = content_of(read_again(invoice))
    for profile in (FACTUR_X, PEPPOL):
        assert content_findings(said, FACTUR_X) == []
        told = {one.rule for one in file_findings(written(said, profile), profile)}
        # Most parties here have an e-mail address alone, to which Peppol delivers nothing.
        told.discard("PEPPOL-EN16931-CL008")
        assert told == set()


def test_a_posted_invoice_says_what_is_stored(seller: Tenant) -> None:
    seller.phone, seller.document_footer = "+358 9 1", "Board: A\nB"
    seller.late_interest_percent = Decimal("10.5")
    seller.save()
    customer = CustomerFactory(
        name="Asiakas Oy",
        number="1001",
        business_id="1234567-1",
        vat_id="FI12345671",
        einvoice_address="003712345671",
    )
    invoice = posted(
        {"kind": InvoiceLine.Kind.TEXT, "text": "In October"},
        {
            "text": "Consulting\nof all kinds",
            "quantity": Decimal("7.5"),
            "unit": Unit.HOUR,
            "unit_price": Decimal("88.40"),
            "start_date": date(2026, 10, 1),
            "end_date": date(2026, 10, 31),
        },
        {"text": "Report", "discount_percent": Decimal("12.5")},
        {"text": "Taken back", "unit_price": Decimal("-10")},
        {"kind": InvoiceLine.Kind.TEXT, "text": "Thank you"},
        customer=customer,
        service_start_date=date(2026, 10, 1),
        service_end_date=date(2026, 10, 31),
        buyer_reference="Ref 7",
        order_reference="PO 8",
        contract_reference="V 9",
        comment="As agreed",
        contact_name="Anna Ostaja",
        contact_email="anna@customer.example",
        language="en",
    )

    said = content_of(read_again(invoice))

    assert (said.number, said.type_code, said.currency) == ("2026-0001", "380", "EUR")
    assert said.seller.name == "Acme Oy"
    assert said.seller.trading_name == "Acme"
    assert (said.seller.business_id, said.seller.register) == ("2077474-0", "0212")
    assert (said.seller.vat_id, said.seller.tax_number) == ("FI20774740", "")
    assert said.seller.contact == Contact("Acme", "+358 9 1", "billing@example.com")
    assert said.seller.legal_information == "Board: A · B"
    assert said.seller.electronic_address == ElectronicAddress("0216", "003720774740")
    assert said.buyer.identifier == "1001"
    assert said.buyer.address == Address("Asiakastie 2", "33100", "Tampere", "FI")
    assert said.buyer.contact == Contact("Anna Ostaja", email="anna@customer.example")
    assert said.buyer.electronic_address == ElectronicAddress("0216", "003712345671")
    assert said.payment == Payment(
        Means.SEPA_CREDIT_TRANSFER,
        reference=invoice.payment_reference,
        iban="FI2112345600000785",
        bic="NDEAFIHH",
        account_name="Acme Oy",
    )
    assert said.payment_terms == "14 days net. Interest on late payment: 10.5%."
    assert said.period == Period(date(2026, 10, 1), date(2026, 10, 31))
    assert said.delivery.day == date(2026, 10, 31)
    assert (said.buyer_reference, said.order_reference) == ("Ref 7", "PO 8")
    assert said.contract_reference == "V 9"
    assert said.notes == ("As agreed", "Thank you")
    hours, report, taken_back = said.lines
    assert (hours.number, hours.name, hours.description) == (1, "Consulting", "of all kinds")
    assert (hours.note, hours.unit, hours.net) == ("In October", "HUR", Decimal("663"))
    assert hours.period == Period(date(2026, 10, 1), date(2026, 10, 31))
    assert report.adjustment == Adjustment(
        False, Decimal("12.5"), Decimal(100), Decimal("12.5"), "Discount"
    )
    assert (taken_back.quantity, taken_back.price) == (Decimal(-1), Decimal(10))
    assert said.taxes == (TaxGroup("S", Decimal("25.5"), Decimal("740.50"), Decimal("188.83")),)
    assert (said.net_total, said.tax_total, said.gross_total) == (
        Decimal("740.50"), Decimal("188.83"), Decimal("929.33"),
    )  # fmt: skip
    assert_right(invoice)


def test_a_credit_note_refers_to_its_invoice(seller: Tenant) -> None:
    note = posted_credit_note({"quantity": Decimal(2)})

    said = content_of(read_again(note))

    assert (said.type_code, said.due_date, said.payment_terms) == ("381", None, "")
    assert said.preceding == Reference("2026-0001", date(2026, 11, 20))
    assert said.payment == Payment(
        Means.CLEARING,
        reference="CN-2026-0001",
        iban="FI2112345600000785",
        bic="NDEAFIHH",
        account_name="Acme Oy",
    )
    assert said.notes == ("Reason: Wrong hours",)
    assert (said.lines[0].quantity, said.gross_total) == (Decimal(2), Decimal("251"))
    assert_right(note)


CATEGORIES = {
    "Z": "",
    "E": "Kleinunternehmer nach § 19 UStG",
    "AE": "",
    "K": "",
    "G": "Ausfuhr",
    "O": "Nicht steuerbar",
}


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("country", ["FI", "DE"])
def test_each_category_passes_in_both_countries(
    country: str, category: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("seller" if country == "FI" else "german_seller")
    buyer = {"country": "DE", "vat_id": "DE129274202"}
    if country == "DE":
        buyer = {"country": "FI", "vat_id": "FI12345671"}
    invoice = posted(
        {
            "unit_price": Decimal("1234.50"),
            "tax_rate": rate_of(category, CATEGORIES[category] or f"Reason of {category}"),
        },
        customer=CustomerFactory(**buyer),
        billing_country=buyer["country"],
        buyer_vat_id=buyer["vat_id"],
        language="de",
    )

    assert_right(invoice)

    (group,) = content_of(read_again(invoice)).taxes
    assert bool(group.reason) == (category != "Z")


@pytest.mark.parametrize("percent", ["19", "7"])
def test_german_rates(german_seller: Tenant, percent: str) -> None:
    rate = rate_of("S", percent=percent, tax_account="1776")
    invoice = posted(
        {"unit_price": Decimal("33.33"), "quantity": Decimal(3), "tax_rate": rate},
        {"text": "Rabatt", "discount_percent": Decimal(5), "tax_rate": rate},
    )

    said = content_of(read_again(invoice))

    assert said.seller.electronic_address == ElectronicAddress("9930", "DE136695976")
    assert said.payment.reference == "2026-0001"
    assert_right(invoice)


SELLERS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "Finn without VAT": (
        {"vat_id": ""},
        {"business_id": "2077474-0", "tax_number": "2077474-0", "identifier": ""},
    ),
    "German without VAT id": (
        {"country": "DE", "vat_id": "", "business_id": "12/345/67890"},
        {"business_id": "", "tax_number": "12/345/67890", "identifier": "12/345/67890"},
    ),
    "German with register": (
        {"country": "DE", "vat_id": "DE136695976", "business_id": "HRB 1"},
        {"business_id": "HRB 1", "tax_number": "", "identifier": "", "register": ""},
    ),
}


@pytest.mark.parametrize("name", SELLERS)
def test_every_seller_is_told_by_some_number(seller: Tenant, name: str) -> None:
    fields, expected = SELLERS[name]
    for field, value in fields.items():
        setattr(seller, field, value)
    seller.save()
    invoice = posted({"tax_rate": rate_of("E", "No VAT")})

    said = content_of(read_again(invoice)).seller

    assert {field: getattr(said, field) for field in expected} == expected
    assert_right(invoice)


def test_a_draft_says_what_it_would_say(seller: Tenant) -> None:
    invoice = draft({"quantity": Decimal(3)})

    said = content_of(read_again(invoice))

    assert said.number == "0"
    assert said.seller.name == "Acme Oy"
    assert content_findings(said, FACTUR_X) == []


def test_goods_go_to_the_buyers_country_unless_told_otherwise(seller: Tenant) -> None:
    fields: dict[str, Any] = {"billing_country": "DE", "buyer_vat_id": "DE129274202"}
    rate = rate_of("K", "Intra-Community supply")

    home = content_of(read_again(posted({"tax_rate": rate}, **fields)))
    elsewhere = content_of(
        read_again(
            posted(
                {"tax_rate": rate},
                **fields,
                delivery_name="Lager",
                delivery_street="Kai 1",
                delivery_postal_code="20457",
                delivery_city="Hamburg",
            )
        )
    )

    assert home.delivery.address is not None
    assert home.delivery.address.country == "DE"
    assert elsewhere.delivery.name == "Lager"
    assert elsewhere.delivery.address == Address("Kai 1", "20457", "Hamburg", "DE")


def test_a_document_takes_the_same_few_queries_however_long_it_is(seller: Tenant) -> None:
    counts = []
    for lines in (1, 30):
        invoice = read_again(posted(*({} for _ in range(lines))))
        with CaptureQueriesContext(connection) as queries:
            content_of(invoice)
        counts.append(len(queries))
    assert counts == [2, 2]
