"""What is written to Netvisor, sign by sign, and what is refused before."""

import hashlib
import hmac
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest

from core.money import tax_of
from integrations.outgoing import OutgoingInvoice, OutgoingLine
from integrations.ports import OutgoingFile, PartnerDetails, ProductDetails, Rejected
from integrations.problems import Problem
from integrations.systems.netvisor import signing
from integrations.systems.netvisor.mapping import (
    Options,
    customer_tag,
    finnish_reference,
    invoice_tag,
    number_there,
    product_tag,
    taxes_of_lines,
    vat_code,
)
from integrations.systems.netvisor.sandbox import schema
from integrations.systems.netvisor.sentences import Failure
from integrations.systems.netvisor.xml import Tag, Unreadable, amount_of, number, read
from tests.integrations.outgoing import BUYER, line, outgoing, text_line

KEYS = signing.Keys(
    customer_id="Integraatiokayttajan tunnus",
    partner_id="xxx_yyy",
    organisation="1967543-8",
    customer_key="7cd680e89e880553358bc07cd28b0ee2",
    partner_key="07f94228d149a96b2f25e3edad55096e",
)


# Signing.


def test_the_chain_is_that_of_the_published_vector() -> None:
    """The vector is of the older algorithm: the same chain without the second timestamp, in MD5."""
    text = signing.message(
        KEYS,
        "http://integrationdemo.netvisor.fi/accounting.nv",
        sender="Testiclient",
        timestamp="2009-01-12 15:49:12.221",
        language="FI",
        transaction_id="123456",
    )
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    assert digest == "6b2783906969630c1b6649bf5b0e6620"


def test_the_headers_are_signed_with_both_keys() -> None:
    url = "https://isvapi.netvisor.fi/salesinvoice.nv?method=add"
    at = datetime(2026, 11, 21, 7, 15, 2, 45_600, tzinfo=UTC)
    made = signing.headers(KEYS, url, language="EN", now=at, transaction_id="t-1")
    text = (
        "https://isvapi.netvisor.fi/salesinvoice.nv?method=add&Laskuri&Integraatiokayttajan tunnus"
        "&2026-11-21 07:15:02.045&EN&1967543-8&t-1&1795245302"
        "&7cd680e89e880553358bc07cd28b0ee2&07f94228d149a96b2f25e3edad55096e"
    )
    key = "7cd680e89e880553358bc07cd28b0ee2&07f94228d149a96b2f25e3edad55096e"
    assert made["X-Netvisor-Authentication-MAC"] == (
        hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    )
    assert made["X-Netvisor-Authentication-TimestampUnix"] == "1795245302"
    assert made["X-Netvisor-Authentication-MACHashCalculationAlgorithm"] == "HMACSHA256"
    assert made["X-Netvisor-Authentication-UseHTTPResponseStatusCodes"] == "1"
    assert "7cd680" not in str(made)
    assert "7cd680" not in repr(KEYS)


def test_each_request_has_an_id_of_its_own() -> None:
    ids = {
        signing.headers(KEYS, "https://x/", language="EN")[
            "X-Netvisor-Authentication-TransactionId"
        ]
        for _time in range(50)
    }
    assert len(ids) == 50


# The message.


def sent(**changes: Any) -> OutgoingInvoice:
    changes.setdefault("lines", (line(remote_product_id="7"),))
    return outgoing(**{"remote_customer_id": "1000", "marker": "LASKURI-1-2", **changes})


def written(invoice: OutgoingInvoice, pdf: OutgoingFile | None = None, **options: Any) -> str:
    return invoice_tag(invoice, Options(**options), pdf).write()


def element_of(invoice: OutgoingInvoice, name: str, **options: Any) -> str:
    root = ElementTree.fromstring(written(invoice, **options))
    found = root.find(f".//{name}")
    return "" if found is None else found.text or ""


def test_an_invoice_sign_by_sign() -> None:
    assert written(sent()) == (
        "<salesinvoice>"
        "<salesinvoicenumber>20260017</salesinvoicenumber>"
        '<salesinvoicedate format="ansi">2026-11-20</salesinvoicedate>'
        '<salesinvoiceduedate format="ansi">2026-12-04</salesinvoiceduedate>'
        "<salesinvoicereferencenumber>202600017</salesinvoicereferencenumber>"
        '<salesinvoiceamount iso4217currencycode="EUR">313,75</salesinvoiceamount>'
        "<invoicetype>invoice</invoicetype>"
        '<salesinvoicestatus type="netvisor">open</salesinvoicestatus>'
        "<salesinvoiceourreference>2026-0017</salesinvoiceourreference>"
        "<salesinvoiceprivatecomment>LASKURI-1-2</salesinvoiceprivatecomment>"
        '<invoicingcustomeridentifier type="netvisor">1000</invoicingcustomeridentifier>'
        "<invoicingcustomername>Esimerkki Oy</invoicingcustomername>"
        "<invoicingcustomeraddressline>Testikatu 1</invoicingcustomeraddressline>"
        "<invoicingcustomerpostnumber>53100</invoicingcustomerpostnumber>"
        "<invoicingcustomertown>Lappeenranta</invoicingcustomertown>"
        '<invoicingcustomercountrycode type="ISO-3166">FI</invoicingcustomercountrycode>'
        "<invoicelines><invoiceline><salesinvoiceproductline>"
        '<productidentifier type="netvisor">7</productidentifier>'
        "<productname>Konsultointi</productname>"
        '<productunitprice type="net">100,00</productunitprice>'
        '<productvatpercentage vatcode="KOMY">25,5</productvatpercentage>'
        "<salesinvoiceproductlinequantity>2,50</salesinvoiceproductlinequantity>"
        "<salesinvoiceproductlinevatsum>63,75</salesinvoiceproductlinevatsum>"
        "<salesinvoiceproductlinesum>313,75</salesinvoiceproductlinesum>"
        "</salesinvoiceproductline></invoiceline></invoicelines>"
        "</salesinvoice>"
    )


def test_everything_there_can_be_keeps_the_order_of_the_contract() -> None:
    """Checked by the sandbox's own reading of it."""
    buyer = BUYER
    invoice = sent(
        delivery=type(buyer)(name="Varasto", street="Tie 1", city="Turku", country="FI"),
        service_end=date(2026, 10, 31),
        comment="Kiitos!",
        buyer_reference="Tilaus 7",
        order_reference="PO-1",
        is_credit_note=True,
        corrected_number="2026-0001",
        lines=(
            text_line("Lokakuu"),
            line(remote_product_id="7", text="x" * 60, discount_percent=Decimal(5),
                 net=Decimal("237.50"), account="3000"),
        ),
        net_total=Decimal("237.50"), tax_total=Decimal("60.56"), gross_total=Decimal("298.06"),
    )  # fmt: skip
    pdf = OutgoingFile("CN-1.pdf", b"%PDF-1.7")
    message = Tag("root", (invoice_tag(invoice, Options(sends_accounts=True), pdf),)).write()
    assert "accountingaccountsuggestion" not in invoice_tag(invoice, Options()).write()
    found = schema.read(message.encode(), "text/xml; charset=utf-8", "salesinvoice", schema.INVOICE)
    assert schema.text(found, "salesinvoicefreetextbeforelines") == "Hyvitys laskuun 2026-0001"
    assert schema.text(found, "salesinvoiceyourreference") == "Tilaus 7 / PO-1"
    assert schema.text(found, "salesinvoiceamount") == "-298,06"
    assert schema.text(found, "deliveryaddresstown") == "Turku"
    assert "<salesinvoiceproductlinequantity>-2,50<" in message
    assert '<productunitprice type="net">100,00<' in message
    assert "<salesinvoiceproductlinediscountpercentage>5,00<" in message
    assert "<accountingaccountsuggestion>3000<" in message


@pytest.mark.parametrize(
    ("status", "kind", "written_status", "has_number"),
    [("draft", "invoicedraft", "", False), ("unsent", "invoice", "unsent", True),
     ("open", "invoice", "open", True)],
)  # fmt: skip
def test_how_far_it_is_taken(status: str, kind: str, written_status: str, has_number: bool) -> None:
    assert element_of(sent(), "invoicetype", status=status) == kind
    assert element_of(sent(), "salesinvoicestatus", status=status) == written_status
    assert bool(element_of(sent(), "salesinvoicenumber", status=status)) == has_number


@pytest.mark.parametrize(
    ("ours", "credit", "there"),
    [("2026-0017", False, "20260017"), ("20260017", False, "20260017"),
     ("CN-2026-0017", True, "920260017"), ("20269001", True, "20269001"), ("", False, "")],
)  # fmt: skip
def test_numbers_are_digits(ours: str, credit: bool, there: str) -> None:
    assert number_there(sent(number=ours, is_credit_note=credit), Options()) == there


@pytest.mark.parametrize("ours", ["ABC", "1" * 21])
def test_numbers_that_cannot_be_are_refused(ours: str) -> None:
    with pytest.raises(Rejected, match=r"series|digits"):
        number_there(sent(number=ours), Options())


@pytest.mark.parametrize(
    ("reference", "there"),
    [("202600017", "202600017"), ("RF48202600017", "202600017"), ("202600018", ""),
     ("RF18539007547034", ""), ("", ""), ("KID123", "")],
)  # fmt: skip
def test_only_finnish_references_go_along(reference: str, there: str) -> None:
    if reference == "RF18539007547034":
        there = finnish_reference("539007547034")
    assert finnish_reference(reference) == there


def test_a_whole_address_or_none() -> None:
    part = type(BUYER)(name="Esimerkki Oy", city="Lappeenranta", country="FI")
    message = written(sent(buyer=part, delivery=part))
    assert "invoicingcustomername" not in message
    assert '<invoicingcustomeridentifier type="netvisor">1000<' in message


@pytest.mark.parametrize(
    ("category", "percent", "country", "code"),
    [
        ("S", "25.5", "FI", "KOMY"), ("S", "13.5", "DE", "KOMY"), ("Z", "0", "FI", "KOMY"),
        ("E", "0", "FI", "MUUL"), ("AE", "0", "FI", "RAMY"), ("AE", "0", "DE", "EUPM309"),
        ("AE", "0", "US", "EUUM"), ("K", "0", "SE", "EUMY"), ("G", "0", "CH", "EUUM"),
        ("O", "0", "US", "NONE"),
    ],
)  # fmt: skip
def test_vat_codes_follow_the_country_and_the_rate(
    category: str, percent: str, country: str, code: str
) -> None:
    buyer = type(BUYER)(name="B", country=country)
    one = line(tax_category=category, tax_percent=Decimal(percent))
    assert vat_code(one, sent(buyer=buyer), Options()) == code


def test_vat_codes_are_settings() -> None:
    options = Options.read({"vat_eu_services": "EUPM312"})
    buyer = type(BUYER)(name="B", country="DE")
    one = line(tax_category="AE", tax_percent=Decimal(0))
    assert vat_code(one, sent(buyer=buyer), options) == "EUPM312"


def taxed(*nets: str, percent: str = "25.5") -> tuple[OutgoingLine, ...]:
    return tuple(
        line(net=Decimal(net), tax_percent=Decimal(percent), remote_product_id="7") for net in nets
    )


@pytest.mark.parametrize(
    ("nets", "shares"),
    [
        (("0.33", "0.33", "0.33"), ["0.08", "0.09", "0.08"]),
        (("100",), ["25.50"]),
        (("0.02", "-0.02"), ["0.01", "-0.01"]),
        (("10.01", "-5.55", "0.10"), ["2.55", "-1.41", "0.02"]),
    ],
)
def test_shares_of_the_tax_add_up_to_it(nets: tuple[str, ...], shares: list[str]) -> None:
    lines = taxed(*nets)
    net = sum((one.net for one in lines), Decimal(0))
    tax = tax_of(net, Decimal("25.5"), "EUR")
    found = taxes_of_lines(sent(lines=lines, net_total=net, tax_total=tax, gross_total=net + tax))
    assert sum(found, Decimal(0)) == tax
    assert found == [Decimal(share) for share in shares]


def test_tax_that_cannot_be_shared_out_is_refused() -> None:
    with pytest.raises(Rejected, match="tax of the lines"):
        taxes_of_lines(sent(lines=taxed("100"), tax_total=Decimal("24.00")))


def test_surcharges_and_negative_prices() -> None:
    surcharge = line(
        remote_product_id="7", discount_percent=Decimal(-10), net=Decimal("275"),
    )  # fmt: skip
    off = line(
        remote_product_id="7", quantity=Decimal(1), unit_price=Decimal(-25), net=Decimal(-25)
    )
    message = written(sent(lines=(surcharge, off)))
    assert "discountpercentage" not in message
    assert '<productunitprice type="net">275,00<' in message
    assert '<productunitprice type="net">25,00<' in message
    assert "<salesinvoiceproductlinequantity>-1,00<" in message


def test_long_texts_are_cut_and_kept_below() -> None:
    words = "Hyvin pitkä rivi joka ei mahdu viiteenkymmeneen merkkiin millään"
    message = written(sent(lines=(line(text=words, remote_product_id="7"),)))
    assert "<productname>Hyvin pitkä rivi joka ei mahdu viiteenkymmeneen…</productname>" in message
    assert f"<salesinvoiceproductlinefreetext>{words}<" in message


def test_what_xml_cannot_carry_is_left_out() -> None:
    invoice = sent(comment='A & B < "C"\x0b\x1f ]]>')
    assert element_of(invoice, "salesinvoicefreetextafterlines") == 'A & B < "C" ]]>'


@pytest.mark.parametrize(
    ("changes", "words", "problem"),
    [
        ({"remote_customer_id": ""}, "linked customer", Problem.NOT_LINKED),
        ({"lines": (line(),)}, "no product in Netvisor", Problem.NOT_MAPPED),
        ({"lines": (text_line("only"),)}, "no lines with an amount", Problem.REFUSED),
        ({"currency": "KWD"}, "two places", Problem.REFUSED),
    ],
)
def test_what_netvisor_would_refuse_is_refused_first(
    changes: dict[str, Any], words: str, problem: Problem
) -> None:
    with pytest.raises(Rejected, match=words) as refused:
        written(sent(**changes))
    assert refused.value.problem == problem


@pytest.mark.parametrize(
    ("value", "there"),
    [("1", "1,00"), ("2.5", "2,50"), ("0.123456", "0,123456"), ("-3", "-3,00"), ("1E+3", "1000,00"),
     ("0", "0,00")],
)  # fmt: skip
def test_numbers_have_a_comma(value: str, there: str) -> None:
    assert number(Decimal(value)) == there


def test_customers_and_products_keep_the_order_of_the_contract() -> None:
    details = PartnerDetails(
        name="Uusi & Oy", number="C-1", business_id="0737546-2", street="Tie 1", city="Turku",
        postal_code="20100", country="FI", email="a@b.example", contact_name="Aku",
        einvoice_address="003707375462", einvoice_operator="BAWCFI22",
    )  # fmt: skip
    customer = Tag("root", (customer_tag(details),)).write().encode()
    found = schema.read(customer, "text/xml; charset=utf-8", "customer", schema.NEW_CUSTOMER)
    assert schema.text(schema.find(found, "customerbaseinformation"), "name") == "Uusi & Oy"
    product = ProductDetails(name="P", number="1", unit="HUR", price=Decimal("9.9"),
                             tax_percent=Decimal("25.5"), account="3000")  # fmt: skip
    message = Tag("root", (product_tag(product, Options()),)).write().encode()
    assert schema.read(message, "text/xml; charset=utf-8", "product", schema.PRODUCT) is not None


# What is read.


@pytest.mark.parametrize(
    "body",
    [b"", b"<html><body>Hei</body></html>", b"{}", b"<Root><ResponseStatus>", b"\xff\xfe\x00",
     b'<!DOCTYPE r [<!ENTITY a "aa">]><r>&a;</r>'],
)  # fmt: skip
def test_what_is_no_answer_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


def test_names_are_read_in_any_case_and_letters_in_both_encodings() -> None:
    for body in (
        "<Root><Customer><NAME>Äyräs</NAME></Customer></Root>".encode(),
        "<root><customer><Name>Äyräs</Name></customer></root>".encode("iso-8859-15"),
        b'<?xml version="1.0" encoding="iso-8859-1"?><ROOT><Customer><name>\xc4yr\xe4s</name>'
        b"</Customer></ROOT>",
    ):
        assert read(body).child("customer")["name"] == "Äyräs"
    assert read(b"<Root/>").child("nothing").child("there")["x"] == ""


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,960000000000", Decimal("1.96")), ("244.00", Decimal(244)), ("", None), ("x", None),
     ("1\xa0000,50", Decimal("1000.5"))],
)  # fmt: skip
def test_amounts_are_read_with_comma_or_dot(text: str, value: Decimal | None) -> None:
    assert amount_of(text) == value


def test_a_failure_is_split_once() -> None:
    found = Failure.read("INVALID_DATA :: Data form incorrect:. a :: b")
    assert (found.category, found.text) == ("INVALID_DATA", "Data form incorrect:. a :: b")
    assert Failure.read("").sentence == "Netvisor refused it without a reason."
    assert Failure.read("Only words").text == "Only words"
