import threading
from datetime import date
from typing import Any

import pytest

from tests.integrations.sandbox.conftest import Remote, errors_of, invoice


def test_a_new_invoice_is_unfinished_and_gets_its_numbers(remote: Remote) -> None:
    first = remote.create(status="SENT", originalInvoiceNumber="2026-0001")
    second = remote.create()

    assert (first["id"], second["id"]) == (8123001, 8123002)
    assert (first["invoiceNumber"], second["invoiceNumber"]) == (1001, 1002)
    assert (first["ledgerReceiptId"], second["ledgerReceiptId"]) == (9123001, 9123002)
    assert first["status"] == "UNFINISHED"
    assert first["originalInvoiceNumber"] == "2026-0001"
    assert first["attachments"] == []
    assert first["invoiceSumInfo"] == [
        {
            "currency": "EUR",
            "inAccountingCurrency": True,
            "excludingVatTotal": 250,
            "vatSumTotal": 63.75,
            "invoiceSumTotal": 313.75,
        }
    ]
    assert remote.get(f"/invoices/{first['id']}").json() == first


def test_the_same_own_number_twice_makes_two_invoices(remote: Remote) -> None:
    numbers = {remote.create(originalInvoiceNumber="2026-0001")["id"] for _ in range(2)}

    assert len(numbers) == 2


def test_addresses_left_out_are_copied_and_empty_ones_stay_empty(remote: Remote) -> None:
    created = remote.create(
        counterParty__counterPartyAddress__city="Lappeenranta", billingAddress={}
    )

    assert created["deliveryAddress"] == {"name": "Esimerkki Oy", "city": "Lappeenranta"}
    assert created["billingAddress"] == {}


def test_an_empty_reference_is_filled_and_a_missing_one_stays_missing(remote: Remote) -> None:
    filled = remote.create(paymentInfo__bankReferenceCode="")
    as_rf = remote.create(
        paymentInfo__bankReferenceCode="", paymentInfo__bankReferenceCodeType="RF"
    )
    without = remote.create()
    own = remote.create(paymentInfo__bankReferenceCode="1232")

    assert filled["paymentInfo"]["bankReferenceCode"] == "10016"
    assert as_rf["paymentInfo"]["bankReferenceCode"] == "RF4510029"
    assert "bankReferenceCode" not in without["paymentInfo"]
    assert own["paymentInfo"]["bankReferenceCode"] == "1232"


def test_sums_are_rounded_by_row_and_vat_once_per_percentage(remote: Remote) -> None:
    row = invoice()["invoiceRows"][0] | {"quantity": 1, "unitPrice": 0.33}
    created = remote.create(invoiceRows=[row, row, row, row | {"vatPercent": 10}])

    sums = created["invoiceSumInfo"][0]
    assert (sums["excludingVatTotal"], sums["vatSumTotal"]) == (1.32, 0.28)


def test_prices_can_include_vat_and_discounts_count(remote: Remote) -> None:
    created = remote.create(
        extraInfo__unitPricesIncludeVat=True,
        discountPercent=10,
        invoiceRows__0__unitPrice=125.5,
        invoiceRows__0__quantity=2,
        invoiceRows__0__discountPercent=50,
    )

    sums = created["invoiceSumInfo"][0]
    assert (sums["excludingVatTotal"], sums["vatSumTotal"], sums["invoiceSumTotal"]) == (
        90, 22.95, 112.95,
    )  # fmt: skip


def test_a_foreign_currency_shows_both_sums(remote: Remote) -> None:
    created = remote.create(
        paymentInfo__currency="SEK",
        paymentInfo__currencyRate=11.25,
        vatStatus=31,
        invoiceRows__0__vatPercent=0,
        invoiceRows__0__unitPrice=1340,
    )

    assert [
        (entry["currency"], entry["inAccountingCurrency"], entry["invoiceSumTotal"])
        for entry in created["invoiceSumInfo"]
    ] == [("SEK", False, 3350), ("EUR", True, 297.78)]


def test_an_invoice_is_approved_sent_and_paid(remote: Remote) -> None:
    number = remote.create(invoiceChannel="EMAIL", counterParty__email="laskut@esimerkki.example")[
        "id"
    ]

    assert "message" in remote.approve(number).json()
    assert remote.status(number) == "NOT_SENT"
    assert "message" in remote.send(number).json()
    assert remote.status(number) == "SENT"
    assert remote.send(number).status_code == 200  # may be sent once more
    for amount, status in ((100, "PARTLY_PAID"), (213.75, "MARKED_PAID")):
        paid = remote.call(
            "PUT",
            f"/invoices/{number}/paymentevents/markpaid",
            json={"paymentDate": "2026-12-01", "amount": amount, "currency": "EUR"},
        )
        assert paid.status_code == 200
        assert remote.status(number) == status
    events = remote.get(f"/invoices/{number}/paymentevents").json()["results"]
    assert [event["amount"] for event in events] == [213.75, 100]
    actions = remote.get(f"/invoices/{number}/transactions", orderById="ASC").json()["results"]
    assert [action["type"] for action in actions] == [
        "CREATE", "APPROVAL", "SEND", "SEND", "PAYMENT", "PAYMENT",
    ]  # fmt: skip


def test_an_unfinished_invoice_cannot_be_sent_nor_one_approved_twice(remote: Remote) -> None:
    number = remote.create()["id"]
    assert errors_of(remote.send(number), 403)

    remote.approve(number)

    ((field, message),) = errors_of(remote.approve(number), 403)
    assert (field, message) == ("", "An invoice in status NOT_SENT cannot be approved.")
    assert remote.status(number) == "NOT_SENT"


def test_without_sending_an_approved_invoice_stays_as_it_is(remote: Remote) -> None:
    number = remote.create(invoiceChannel="NO_SENDING")["id"]
    remote.approve(number)

    assert remote.send(number).status_code == 400
    assert remote.status(number) == "NOT_SENT"


def test_approving_needs_a_body_with_a_short_comment(remote: Remote) -> None:
    number = remote.create()["id"]
    path = f"/invoices/{number}/approve"

    assert errors_of(remote.call("PUT", path)) == [("", "Malformed JSON request")]
    assert errors_of(remote.call("PUT", path, json={"comment": "x" * 101}))[0][0] == "comment"
    assert remote.status(number) == "UNFINISHED"


def test_an_approved_invoice_is_opened_again_or_invalidated(remote: Remote) -> None:
    number = remote.create()["id"]
    path = f"/invoices/{number}"
    assert errors_of(remote.call("PUT", f"{path}/unfinished"), 403)
    remote.approve(number)
    assert remote.call("PUT", f"{path}/unfinished").status_code == 200
    assert remote.status(number) == "UNFINISHED"

    assert remote.call("PUT", f"{path}/invalidate").status_code == 200

    assert remote.status(number) == "INVALIDATED"
    for action in ("unfinished", "invalidate", "send"):
        assert remote.call("PUT", f"{path}/{action}").status_code == 403


def test_a_sent_invoice_cannot_be_invalidated_but_may_bounce(remote: Remote) -> None:
    number = remote.create(invoiceChannel="EMAIL", counterParty__email="a@esimerkki.example")["id"]
    remote.approve(number)
    remote.send(number)
    assert remote.call("PUT", f"/invoices/{number}/invalidate").status_code == 403

    remote.control("POST", f"/_sandbox/invoices/kuusi/{number}/bounce")

    assert remote.status(number) == "NOT_SENT"
    actions = remote.get(f"/invoices/{number}/transactions").json()["results"]
    assert actions[0]["type"] == "SENDING_ERROR_REVERTED_TO_NOT_SENT"


def test_notes_change_in_any_status(remote: Remote) -> None:
    number = remote.create()["id"]
    remote.call("PUT", f"/invoices/{number}/invalidate")

    answer = remote.call("PUT", f"/invoices/{number}/notes", json={"notes": "Väärä asiakas"})

    assert answer.json()["notes"] == "Väärä asiakas"
    too_long = remote.call("PUT", f"/invoices/{number}/notes", json={"notes": "x" * 10_001})
    assert errors_of(too_long)[0][0] == "notes"


def test_an_unfinished_invoice_is_replaced_with_its_newest_version(remote: Remote) -> None:
    created = remote.create(partnerId=70001)
    path = f"/invoices/{created['id']}"
    changed = created | {"orderReference": "PO-1", "status": "SENT"}

    answer = remote.call("PUT", path, json=changed)

    assert answer.status_code == 200, answer.text
    replaced = answer.json()
    assert (replaced["orderReference"], replaced["status"]) == ("PO-1", "UNFINISHED")
    assert replaced["version"] > created["version"]
    assert replaced["ledgerReceiptId"] != created["ledgerReceiptId"]
    assert replaced["invoiceNumber"] == created["invoiceNumber"]
    assert [field for field, _ in errors_of(remote.call("PUT", path, json=changed))] == ["version"]
    moved = replaced | {"partnerId": 70002}
    assert [f for f, _ in errors_of(remote.call("PUT", path, json=moved))] == ["partnerId"]
    remote.approve(created["id"])
    assert remote.call("PUT", path, json=replaced).status_code == 403


@pytest.mark.parametrize(
    "call",
    [
        ("GET", "/invoices/1"),
        ("PUT", "/invoices/1/send"),
        ("GET", "/invoices/1/transactions"),
        ("GET", "/nothing"),
    ],
)
def test_what_is_not_there_is_not_found(remote: Remote, call: tuple[str, str]) -> None:
    assert errors_of(remote.call(*call), 404)


def test_a_wrong_method_is_refused(remote: Remote) -> None:
    assert errors_of(remote.call("DELETE", "/invoices/1"), 405)


def test_one_company_does_not_see_the_invoices_of_another(remote: Remote) -> None:
    other = Remote(remote.url, "testiyritys-api-key").sign_in()
    number = remote.create()["id"]

    assert other.get(f"/invoices/{number}").status_code == 404
    own_account = {"accountNumber": "FI2312345600001234"}
    assert other.create(paymentInfo__bankAccount=own_account)["id"] == number


def test_several_ids_answer_a_list_and_one_an_object(remote: Remote) -> None:
    for _ in range(2):
        remote.create()

    several = remote.get("/invoices/8123002,8123001,8123001,99").json()

    assert [found["id"] for found in several] == [8123001, 8123002]
    assert [found["id"] for found in remote.get("/invoices/8123001,99").json()] == [8123001]
    assert remote.get("/invoices/8123001").json()["id"] == 8123001
    too_many = ",".join(str(number) for number in range(201))
    assert remote.get(f"/invoices/{too_many}").status_code == 400
    assert remote.get("/invoices/98,99").status_code == 404
    assert remote.get("/invoices/abc").status_code == 400


def found_numbers(remote: Remote, **query: Any) -> list[str]:
    answer = remote.get("/invoices", **query)
    assert answer.status_code == 200, answer.text
    return [found["originalInvoiceNumber"] for found in answer.json()["results"]]


def test_invoices_are_searched(remote: Remote) -> None:
    remote.create(originalInvoiceNumber="2026-1", partnerId=70001)
    remote.create(
        originalInvoiceNumber="2026-10",
        date="2026-10-05",
        paymentInfo__dueDate="2026-10-19",
        counterParty__counterPartyAddress__name="Äänekosken Paperi Oy",
        invoiceRows__0__productId=5501,
    )
    approved = remote.create(originalInvoiceNumber="2026-2")
    remote.approve(approved["id"])

    # The number may be a part of another one: whoever asks has to compare.
    assert found_numbers(remote, originalInvoiceNumber="2026-1") == ["2026-10", "2026-1"]
    assert found_numbers(remote, status="NOT_SENT,SENT", types="SALES_INVOICE") == ["2026-2"]
    assert found_numbers(remote, businessPartnerId=70001) == ["2026-1"]
    assert found_numbers(remote, invoiceNumber=1002) == ["2026-10"]
    assert found_numbers(remote, startDate="2026-10-01", endDate="2026-10-31") == ["2026-10"]
    assert found_numbers(remote, dueStartDate="2026-12-04") == ["2026-2", "2026-1"]
    assert found_numbers(remote, searchTerm="äänek") == ["2026-10"]
    assert found_numbers(remote, productId="5501,5502") == ["2026-10"]
    assert found_numbers(remote, versionStartDate=approved["version"][:10]) == [
        "2026-2", "2026-10", "2026-1",
    ]  # fmt: skip
    assert found_numbers(remote, createdEndDate="2020-01-01") == []
    (found,) = remote.get("/invoices", originalInvoiceNumber="2026-10").json()["results"]
    assert (found["dueDate"], found["status"], found["type"]) == (
        "2026-10-19", "UNFINISHED", "SALES_INVOICE",
    )  # fmt: skip


@pytest.mark.parametrize(
    "query",
    [
        {"size": 201},
        {"size": 0},
        {"page": "x"},
        {"status": "OPEN"},
        {"types": "INVOICE"},
        {"startDate": "20.11.2026"},
        {"orderById": "UP"},
        {"businessPartnerId": "abc"},
    ],
)
def test_a_search_that_makes_no_sense_is_refused(remote: Remote, query: dict[str, Any]) -> None:
    assert errors_of(remote.get("/invoices", **query))


def test_results_come_in_pages(remote: Remote) -> None:
    numbers = [remote.create()["id"] for _ in range(5)]

    first = remote.get("/invoices", size=2).json()
    third = remote.get("/invoices", size=2, page=2).json()
    after = remote.get("/invoices", size=2, previousId=numbers[3]).json()
    rising = remote.get("/invoices", size=2, orderById="ASC", previousId=numbers[0]).json()

    assert first["meta"] == {
        "pageNumber": 0, "pageSize": 2, "resultCount": 2, "totalCount": 5,
    }  # fmt: skip
    assert [found["id"] for found in first["results"]] == numbers[:2:-1]
    assert [found["id"] for found in third["results"]] == numbers[:1]
    assert [found["id"] for found in after["results"]] == [numbers[2], numbers[1]]
    assert [found["id"] for found in rising["results"]] == [numbers[1], numbers[2]]


def test_parallel_creations_get_numbers_without_gap_or_duplicate(remote: Remote) -> None:
    made: list[tuple[int, int]] = []

    def make() -> None:
        own = Remote(remote.url)
        own.token = remote.token
        for _ in range(4):
            created = own.create()
            made.append((created["id"], created["invoiceNumber"]))

    threads = [threading.Thread(target=make) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(made) == [(8123001 + number, 1001 + number) for number in range(40)]


def test_the_ledger_receipt_of_an_invoice_can_get_other_accounts(remote: Remote) -> None:
    created = remote.create()
    path = f"/ledgerreceipts/{created['ledgerReceiptId']}"
    receipt = remote.get(path).json()
    assert [(line["account"], line["accountingValue"]) for line in receipt["transactions"]] == [
        ("1700", 313.75), ("3000", -313.75),
    ]  # fmt: skip
    assert date.fromisoformat(receipt["receiptDate"]) == date(2026, 11, 20)

    receipt["transactions"][1]["account"] = "3360"
    assert errors_of(remote.call("PUT", path, json=receipt)) == [
        ("transactions[1].account", "ERROR_LEDGERACCOUNT_VATPERCENTAGE_COMBINATION")
    ]
    receipt["transactions"][1]["account"] = "3010"
    receipt["transactions"][1]["dimensionItemValues"] = [{"dimensionId": 1}]
    ((field, code),) = errors_of(remote.call("PUT", path, json=receipt))
    assert field == "transactions[1].dimensionItemValues"
    assert code.startswith("DIMENSION_OR_DIMENSION_ITEM_IDENTIFIERS")
    receipt["transactions"][1]["dimensionItemValues"] = []
    changed = remote.call("PUT", path, json=receipt)
    assert changed.json()["transactions"][1]["account"] == "3010"
    assert errors_of(remote.call("PUT", path, json=receipt))[0][0] == "version"


def test_a_read_with_a_body_does_not_pass_the_gateway(remote: Remote) -> None:
    answer = remote.call("GET", "/invoices", json={})

    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/html")


def test_documents_that_count_are_listed_with_their_sums(remote: Remote) -> None:
    remote.create(originalInvoiceNumber="2026-0001")
    credit = remote.create(
        originalInvoiceNumber="2026-0002", invoiceRows__0__quantity=-1, invoiceRows__0__unitPrice=10
    )
    gone = remote.create(originalInvoiceNumber="2026-0003")
    remote.call("PUT", f"/invoices/{gone['id']}/invalidate")
    assert credit["id"]

    listed = remote.control("GET", "/_sandbox/documents").json()

    assert sorted(listed, key=lambda one: one["number"]) == [
        {"number": "2026-0001", "marker": "", "net": "250.00", "gross": "313.75"},
        {"number": "2026-0002", "marker": "", "net": "-10.00", "gross": "-12.55"},
    ]
