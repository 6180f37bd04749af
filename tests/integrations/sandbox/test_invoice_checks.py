from typing import Any

import pytest

from tests.integrations.sandbox.conftest import Remote, errors_of, invoice

ADDRESS = {"name": "Esimerkki Oy", "street": "Testikatu 1", "zip": "53100", "city": "Lappeenranta"}
EMAIL = {"invoiceChannel": "EMAIL", "counterParty__email": "laskut@esimerkki.example"}
BY_MAIL = {"invoiceChannel": "MAIL"}
ELECTRONIC: dict[str, Any] = {
    "invoiceChannel": "ELECTRONIC_INVOICE",
    "counterParty__counterPartyAddress": ADDRESS | {"country": "FINLAND"},
    "counterParty__einvoiceAddress": {"address": "003712345671", "operator": "E204503"},
    "paymentInfo__bankReferenceCode": "",
}

REQUIRED = [
    "type", "date", "counterParty", "counterParty.counterPartyAddress",
    "counterParty.counterPartyAddress.name", "paymentInfo", "paymentInfo.paymentMethod",
    "paymentInfo.currency", "paymentInfo.bankAccount", "paymentInfo.bankAccount.accountNumber",
    "paymentInfo.dueDate", "paymentInfo.currencyRate", "extraInfo", "extraInfo.accountingByRow",
    "extraInfo.unitPricesIncludeVat", "discountPercent", "invoiceRows", "invoiceChannel",
    "vatStatus", "language",
]  # fmt: skip
REQUIRED_IN_ROWS = ["product", "quantity", "unit", "unitPrice", "discountPercent", "vatPercent"]

WRONG: list[tuple[str, Any]] = [
    ("type", "INVOICE"),
    ("type", "PURCHASE_INVOICE"),
    ("date", "20.11.2026"),
    ("date", "2026-02-30"),
    ("partnerId", 1),
    ("partnerId", "70001"),
    ("discountPercent", 100.5),
    ("discountPercent", 0.12345),
    ("discountPercent", -1),
    ("discountPercent", "0"),
    ("discountPercent", True),
    ("penaltyPercent", 7.123),
    ("orderReference", "x" * 71),
    ("originalInvoiceNumber", "x" * 41),
    ("deliveryInstructions", "x" * 256),
    ("additionalInformation", "x" * 10_001),
    ("notes", "x" * 10_001),
    ("buyerReferenceIdentifier", "x" * 71),
    ("sellerReferenceIdentifier", "x" * 71),
    ("deliveryMethod", "OTHER"),
    ("deliveryTermsInfo.name", "ABC"),
    ("invoiceChannel", "PAPER_INVOICE"),
    ("invoiceChannel", "EDIFACT"),
    ("language", "fi"),
    ("vatStatus", 99),
    ("vatStatus", 8),  # for purchases only
    ("vatCountry", "DENMARK"),
    ("invoiceTemplateId", 9),
    ("factoringContractId", 1),
    ("extraInfo.accountingByRow", "true"),
    ("counterParty.counterPartyAddress.name", ""),
    ("counterParty.counterPartyAddress.name", "x" * 81),
    ("counterParty.counterPartyAddress.specifier", "x" * 81),
    ("counterParty.counterPartyAddress.street", "x" * 81),
    ("counterParty.counterPartyAddress.zip", "x" * 21),
    ("counterParty.counterPartyAddress.city", "x" * 41),
    ("counterParty.counterPartyAddress.subdivision", "x" * 36),
    ("counterParty.counterPartyAddress.country", "FI"),
    ("billingAddress.country", "SUOMI"),
    ("counterParty.contactPersonName", "x" * 71),
    ("counterParty.taxCode", "12345"),
    ("counterParty.taxCode", "FI12345678"),
    ("counterParty.email", "nobody"),
    ("counterParty.bccAddresses[0]", ["not an address"]),
    ("counterParty.bccAddresses", ["a@b.example"] * 5),
    ("paymentInfo.paymentMethod", "DIRECT_DEBIT"),
    ("paymentInfo.currency", "euro"),
    ("paymentInfo.currencyRate", 1.1),
    ("paymentInfo.currencyRate", 1_000_001),
    ("paymentInfo.bankAccount.accountNumber", "FI2112345600000785"),
    ("paymentInfo.bankAccount.accountNumber", "FI37 1590 3000 0007 76"),
    ("paymentInfo.bankAccount.accountNumber", "FI1657800710001234"),  # no longer in use
    ("paymentInfo.dueDate", "2029-08-17"),
    ("paymentInfo.bankReferenceCode", "1233"),
    ("paymentInfo.bankReferenceCode", "RF8310029"),
    ("paymentInfo.bankReferenceCode", "INV-1"),
    ("paymentInfo.bankReferenceCodeType", "KID"),
    ("paymentInfo.clearingCode", "x" * 51),
    ("invoiceRows", []),
]

WRONG_IN_ROWS: list[tuple[str, Any]] = [
    ("product", ""),
    ("product", "x" * 101),
    ("productId", 1),
    ("quantity", "2"),
    ("unit", "HOURS"),
    ("unitPrice", None),
    ("discountPercent", 101),
    ("vatPercent", 24),
    ("vatStatus", 99),
    ("comment", "x" * 513),
    ("headerText", "x" * 513),
    ("explanationText", "x" * 513),
    ("startDate", "yesterday"),
]


def refused_fields(remote: Remote, body: dict[str, Any]) -> set[str]:
    found = errors_of(remote.call("POST", "/invoices", json=body))
    assert remote.count() == 0
    return {field for field, _message in found}


def changed(field: str, value: Any) -> dict[str, Any]:
    """An error names the entry of a list; the value is the whole list."""
    path = field.partition("[")[0].replace(".", "__")
    return invoice(**{path: value})


@pytest.mark.parametrize("field", REQUIRED)
def test_a_field_that_is_required(remote: Remote, field: str) -> None:
    assert refused_fields(remote, invoice(**{field.replace(".", "__"): None})) == {field}


@pytest.mark.parametrize("field", REQUIRED_IN_ROWS)
def test_a_field_that_is_required_in_each_row(remote: Remote, field: str) -> None:
    body = invoice(**{f"invoiceRows__0__{field}": None})

    assert refused_fields(remote, body) == {f"invoiceRows[0].{field}"}


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_value_that_is_not_accepted(remote: Remote, field: str, value: Any) -> None:
    assert refused_fields(remote, changed(field, value)) == {field}


@pytest.mark.parametrize(("field", "value"), WRONG_IN_ROWS)
def test_a_value_that_is_not_accepted_in_a_row(remote: Remote, field: str, value: Any) -> None:
    body = invoice()
    body["invoiceRows"].append(body["invoiceRows"][0] | {field: value})

    assert refused_fields(remote, body) == {f"invoiceRows[1].{field}"}


def test_everything_wrong_is_told_at_once(remote: Remote) -> None:
    body = invoice(
        language=None,
        paymentInfo__dueDate="2026-11-19",
        invoiceRows__0__unit="HOURS",
        invoiceRows__0__vatStatus=31,
        counterParty__identifier="1234567-2",
        counterParty__counterPartyAddress__country="FINLAND",
    )

    assert set(errors_of(remote.call("POST", "/invoices", json=body))) == {
        ("language", "Value of the 'language' field is invalid: must not be null"),
        ("", "DUE_DATE_BEFORE_BILL_DATE"),
        (
            "invoiceRows[0].unit",
            "Value of the 'invoiceRows[0].unit' field is invalid: 'HOURS' is not an accepted value",
        ),
        ("invoiceRows[0].vatStatus", "ERROR_VATSTATUS_VATPERC"),
        ("counterParty.identifier", "ERROR_BRN_CODE"),
    }


def test_the_vat_status_of_the_invoice_counts_for_rows_without_their_own(remote: Remote) -> None:
    answer = remote.call("POST", "/invoices", json=invoice(vatStatus=5))

    assert errors_of(answer) == [("invoiceRows[0].vatStatus", "ERROR_VATSTATUS_VATPERC")]
    assert remote.create(vatStatus=5, invoiceRows__0__vatStatus=1)["id"]
    assert remote.create(vatStatus=5, invoiceRows__0__vatPercent=0)["id"]


def test_a_closed_period_takes_no_invoice(remote: Remote) -> None:
    body = invoice(date="2024-12-31", paymentInfo__dueDate="2025-01-14")

    assert errors_of(remote.call("POST", "/invoices", json=body)) == [("", "CLOSED_FISCAL_PERIOD")]
    assert remote.create(date="2025-01-01", paymentInfo__dueDate="2025-01-01")["id"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"invoiceChannel": "EMAIL"}, {"counterParty.email"}),
        (
            EMAIL | {"counterParty__bccAddresses": ["laskut@esimerkki.example"]},
            {"counterParty.bccAddresses[0]"},
        ),
        (
            BY_MAIL,
            {f"counterParty.counterPartyAddress.{name}" for name in ("street", "zip", "city")},
        ),
        (
            BY_MAIL | {"billingAddress": {"street": "Testikatu 1"}},
            {"billingAddress.zip", "billingAddress.city"},
        ),
        (ELECTRONIC | {"paymentInfo__bankReferenceCode": None}, {"paymentInfo.bankReferenceCode"}),
        (
            ELECTRONIC | {"billingAddress": {"street": "Testikatu 1", "zip": "53100"}},
            {"billingAddress.city"},
        ),
        (
            ELECTRONIC | {"counterParty__einvoiceAddress": {"address": "003712345671"}},
            {"counterParty.einvoiceAddress.operator"},
        ),
        (
            ELECTRONIC | {"counterParty__einvoiceAddress": {"operator": "E204503"}},
            {"counterParty.einvoiceAddress.address"},
        ),
        (ELECTRONIC | {"counterParty__einvoiceAddress": None}, {"counterParty.einvoiceAddress"}),
    ],
)
def test_what_a_channel_needs(remote: Remote, changes: dict[str, Any], fields: set[str]) -> None:
    base = {name: value for name, value in changes.items() if value is not None}

    assert refused_fields(remote, invoice(**base)) == fields


@pytest.mark.parametrize(
    "changes",
    [
        EMAIL | {"counterParty__bccAddresses": ["kirjanpito@esimerkki.example"]},
        BY_MAIL | {"billingAddress": ADDRESS},
        BY_MAIL | {"counterParty__counterPartyAddress": ADDRESS},
        ELECTRONIC,
    ],
)
def test_a_channel_that_has_what_it_needs(remote: Remote, changes: dict[str, Any]) -> None:
    assert remote.create(**changes)["invoiceChannel"] == changes["invoiceChannel"]


def test_a_blank_country_is_refused_where_it_would_be_copied_too(remote: Remote) -> None:
    body = invoice(counterParty__counterPartyAddress__country="")

    assert refused_fields(remote, body) == {
        "counterParty.counterPartyAddress.country",
        "deliveryAddress.country",
    }
    blank = invoice(deliveryAddress=ADDRESS | {"country": ""})
    assert refused_fields(remote, blank) == {"deliveryAddress.country"}


def test_cash_needs_no_bank_account(remote: Remote) -> None:
    created = remote.create(paymentInfo__paymentMethod="CASH", paymentInfo__bankAccount=None)

    assert created["paymentInfo"]["paymentMethod"] == "CASH"


def test_cash_discounts_are_three_at_most(remote: Remote) -> None:
    def discount(count: int, percent: float) -> dict[str, Any]:
        option = {"numberOfDays": 7, "discountPercentage": percent}
        return {"optionList": [option] * count, "cashDiscountsTermType": "FROM_INV_DATE"}

    assert remote.create(paymentInfo__cashDiscount=discount(3, 99.99))["id"]
    too_many = invoice(paymentInfo__cashDiscount=discount(4, 2))
    too_much = invoice(paymentInfo__cashDiscount=discount(1, 100))

    assert errors_of(remote.call("POST", "/invoices", json=too_many))[0][0] == (
        "paymentInfo.cashDiscount.optionList"
    )
    assert errors_of(remote.call("POST", "/invoices", json=too_much))[0][0] == (
        "paymentInfo.cashDiscount.optionList[0].discountPercentage"
    )


def test_the_reference_has_to_be_of_the_type_it_is_called(remote: Remote) -> None:
    as_rf = {"paymentInfo__bankReferenceCodeType": "RF"}
    assert remote.create(paymentInfo__bankReferenceCode="RF4510029", **as_rf)["id"]

    body = invoice(paymentInfo__bankReferenceCode="10029", **as_rf)

    assert errors_of(remote.call("POST", "/invoices", json=body))[0][0] == (
        "paymentInfo.bankReferenceCode"
    )


@pytest.mark.parametrize("letter", ["→", "ł", "日", "\u2028"])
def test_letters_beyond_windows_1252_are_refused(remote: Remote, letter: str) -> None:
    body = invoice(invoiceRows__0__comment=f"Käyttö {letter}")

    ((field, message),) = errors_of(remote.call("POST", "/invoices", json=body))

    assert field == "invoiceRows[0].comment"
    assert f"U+{ord(letter):04X}" in message


def test_letters_of_windows_1252_and_new_lines_are_kept(remote: Remote) -> None:
    text = "Åäö “lainaus” – 5 €\nŠiauliai"

    assert remote.create(additionalInformation=text)["additionalInformation"] == text


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b'{"discountPercent": NaN}', b"\xff\xfe"]
)
def test_a_body_that_is_no_json_object_is_refused(remote: Remote, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = remote.call("POST", "/invoices", data=body, headers=headers)

    assert errors_of(answer) == [("", "Malformed JSON request")]


@pytest.mark.parametrize("body", [b'{"id": 1E+99999999}', b'{"discountPercent": 1E+99999999}'])
def test_absurd_numbers_do_no_harm(remote: Remote, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}

    assert errors_of(remote.call("POST", "/invoices", data=body, headers=headers))


def test_a_field_nobody_knows_is_dropped_and_pointed_out(remote: Remote) -> None:
    created = remote.create(customerReference="x", invoiceRows__0__vat=24)

    assert "customerReference" not in created
    page = remote.control("GET", f"/invoices/kuusi/{created['id']}").text
    assert "“customerReference” is not a field that is known here." in page
    assert "“invoiceRows[0].vat” is not a field that is known here." in page
