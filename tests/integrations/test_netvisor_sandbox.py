"""The sandbox checks what it gets as the contract says; a client of no relation asks it."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from integrations.systems.netvisor.sandbox.company import COMPANIES
from tests.integrations.netvisor import Signer
from tests.integrations.sandboxes import Running, running

INVOICE = """<root><salesinvoice>
<salesinvoicenumber>20260001</salesinvoicenumber>
<salesinvoicedate format="ansi">2026-11-20</salesinvoicedate>
<salesinvoiceduedate format="ansi">2026-12-04</salesinvoiceduedate>
<salesinvoicereferencenumber>202600017</salesinvoicereferencenumber>
<salesinvoiceamount iso4217currencycode="EUR">313,75</salesinvoiceamount>
<invoicetype>invoice</invoicetype>
<salesinvoicestatus type="netvisor">open</salesinvoicestatus>
<salesinvoiceourreference>2026-0001</salesinvoiceourreference>
<invoicingcustomeridentifier type="netvisor">1000</invoicingcustomeridentifier>
<invoicelines><invoiceline><salesinvoiceproductline>
<productidentifier type="customer">KONS</productidentifier>
<productname>Consulting</productname>
<productunitprice type="net">100,00</productunitprice>
<productvatpercentage vatcode="KOMY">25,5</productvatpercentage>
<salesinvoiceproductlinequantity>2,5</salesinvoiceproductlinequantity>
<salesinvoiceproductlinevatsum>63,75</salesinvoiceproductlinevatsum>
<salesinvoiceproductlinesum>313,75</salesinvoiceproductlinesum>
</salesinvoiceproductline></invoiceline>
<invoiceline><salesinvoicecommentline><comment>Thank you</comment></salesinvoicecommentline>
</invoiceline></invoicelines></salesinvoice></root>"""


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[Running]:
    with running("netvisor", tmp_path, settings) as server:
        yield server


@pytest.fixture
def remote(server: Running) -> Signer:
    return Signer(server.url)


def told(answer: requests.Response) -> str:
    return str(re.findall(r"<Status>(.*?)</Status>", answer.text)[-1])


def test_the_contract_s_example_is_taken(server: Running, remote: Signer) -> None:
    answer = remote.post("salesinvoice.nv?method=add", INVOICE)
    assert (answer.status_code, told(answer)) == (200, "OK")
    assert answer.headers["Content-Type"].startswith("text/html")
    key = re.findall(r"<InsertedDataIdentifier>(\d+)<", answer.text)[0]
    read = remote.get(f"getsalesinvoice.nv?netvisorkey={key}").text
    assert '<SalesInvoiceAmount iso4217currencycode="EUR" currencyrate="1">313,75<' in read
    assert '<InvoiceStatus status="open">Open<' in read
    (document,) = server.documents()
    assert (document["net"], document["gross"]) == ("250.00", "313.75")


@pytest.mark.parametrize(
    ("changes", "category"),
    [
        ({"MAC": "0" * 64}, "AUTHENTICATION_FAILED"),
        ({"CustomerKey": "x"}, "AUTHENTICATION_FAILED"),
        ({"PartnerKey": "x"}, "AUTHENTICATION_FAILED"),
        ({"CustomerId": "x"}, "AUTHENTICATION_FAILED"),
        ({"PartnerId": "x"}, "AUTHENTICATION_FAILED"),
        ({"Organisation": "1967543-8"}, "AUTHENTICATION_FAILED"),
        ({"Sender": ""}, "AUTHENTICATION_FAILED"),
        ({"MACHashCalculationAlgorithm": "SHA256"}, "AUTHENTICATION_FAILED"),
        ({"MACHashCalculationAlgorithm": ""}, "AUTHENTICATION_FAILED"),
        ({"Language": "DE"}, "AUTHENTICATION_FAILED"),
        ({"TimestampUnix": str(int(time.time()) - 400)}, "AUTHENTICATION_FAILED"),
        ({"Timestamp": "2026-01-01 00:00:00.000"}, "AUTHENTICATION_FAILED"),
        ({"Timestamp": "2026-01-01T00:00:00"}, "AUTHENTICATION_FAILED"),
    ],
)
def test_who_does_not_sign_as_told_is_not_let_in(
    remote: Signer, changes: dict[str, str], category: str
) -> None:
    answer = remote.get("customerlist.nv?keyword=x", **changes)
    assert told(answer).startswith(f"{category} :: ")
    assert answer.status_code == 401


def test_the_signature_covers_the_query(remote: Signer) -> None:
    url = f"{remote.url}/customerlist.nv?keyword=J%C3%A4rvi"
    headers = remote.headers(url)
    assert told(requests.get(url, headers=headers, timeout=5)) == "OK"
    other = f"{remote.url}/customerlist.nv?keyword=x"
    assert "AUTHENTICATION" in told(requests.get(other, headers=remote.headers(url), timeout=5))
    # Again the same: its id was used.
    again = requests.get(url, headers=headers, timeout=5)
    assert (again.status_code, told(again)) == (409, "REQUEST_NOT_UNIQUE :: Request is not unique.")


def test_an_id_of_a_refused_request_is_used_too(remote: Signer) -> None:
    remote.get("getcustomer.nv?id=1", TransactionId="same")
    assert told(remote.get("getcustomer.nv?id=1", TransactionId="same")).startswith(
        "REQUEST_NOT_UNIQUE"
    )


def test_an_upper_case_signature_is_taken(remote: Signer) -> None:
    url = f"{remote.url}/productlist.nv"
    headers = remote.headers(url)
    headers["X-Netvisor-Authentication-MAC"] = headers["X-Netvisor-Authentication-MAC"].upper()
    assert told(requests.get(url, headers=headers, timeout=5)) == "OK"


def test_without_the_header_failures_are_200(remote: Signer) -> None:
    answer = remote.get("getcustomer.nv?id=77", UseHTTPResponseStatusCodes="0")
    assert answer.status_code == 200
    assert "Customer not found with Netvisor identifier: 77" in told(answer)


def moved(name: str, before: str) -> str:
    element = re.findall(rf"<{name}.*?</{name}>", INVOICE, re.DOTALL)[0]
    return INVOICE.replace(element, "").replace(f"<{before}", f"{element}<{before}", 1)


LINE = "</salesinvoiceproductline>"
WRONG = [
    (INVOICE.replace("<root>", '<?xml version="1.0"?><root>'), "Could not validate xml"),
    (moved("salesinvoicedate", "invoicelines"), "Could not validate xml"),
    (moved("productname", "productidentifier"), "Could not validate xml"),
    (INVOICE.replace("2026-11-20", ""), "Could not validate xml"),
    (INVOICE.replace(' format="ansi"', "", 1), "no format ansi"),
    (INVOICE.replace("<invoicetype>", "<x>1</x><invoicetype>"), "has no x"),
    (INVOICE.replace("</root>", ""), "Could not validate xml"),
    (INVOICE.replace('<salesinvoicestatus type="netvisor">open', "<salesinvoicestatus>open"),
     "has the type"),
    (INVOICE.replace(">open<", ">sent<"), "salesinvoicestatus"),
    (INVOICE.replace(">100,00<", ">100.00<"), "is not a number: 100.00"),
    (INVOICE.replace(">20260001<", ">2026-0001<"), "digits only"),
    (INVOICE.replace(">202600017<", ">202600018<"), "check digit"),
    (INVOICE.replace(">1000<", ">4711<"), "Customer not found with Netvisor identifier: 4711"),
    (INVOICE.replace(">KONS<", ">NONE<"), "Product not found"),
    (INVOICE.replace(' vatcode="KOMY"', ""), "VAT code cannot be retrieved"),
    (INVOICE.replace("KOMY", "KOOS"), "not a sales VAT code"),
    (INVOICE.replace("KOMY", "EUPM309"), "not allowed with VAT code EUPM309"),
    (INVOICE.replace(">25,5<", ">24<"), "VAT percentage 24"),
    (INVOICE.replace("<salesinvoiceproductlinevatsum>63,75</salesinvoiceproductlinevatsum>", ""),
     "without the other"),
    (INVOICE.replace(">Consulting<", f">{'x' * 51}<"), "Virhetunniste"),
    (INVOICE.replace("2026-11-20", "2024-11-20").replace("2026-12-04", "2024-12-04"),
     "PERIOD_LOCK :: invoice date is in a locked period"),
    (INVOICE.replace("2026-12-04", "2026-11-01"), "Due date is before invoice date"),
    (INVOICE.replace("</invoicelines>", "</invoicelines><salesinvoiceattachments />"),
     "Could not validate xml"),
    (INVOICE.replace(">invoice<", ">invoicedraft<"), "not allowed for drafts"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "words"), WRONG)
def test_what_the_contract_forbids_is_refused(
    server: Running, remote: Signer, body: str, words: str
) -> None:
    assert body != INVOICE
    answer = remote.post("salesinvoice.nv?method=add", body)
    assert (answer.status_code, words in told(answer)) == (400, True), told(answer)
    assert server.documents() == []


def test_names_are_taken_in_any_case(remote: Signer) -> None:
    body = INVOICE.replace("salesinvoicedate", "SalesInvoiceDate")
    assert told(remote.post("salesinvoice.nv?method=add", body)) == "OK"


@pytest.mark.parametrize(
    ("content", "kind", "taken"),
    [("Äyräs €", "utf-8", True), ("Äyräs €", "iso-8859-15", True), ("Äyräs", "utf-8", True)],
)
def test_the_code_page_is_the_one_it_names(
    server: Running, remote: Signer, content: str, kind: str, taken: bool
) -> None:
    body = INVOICE.replace("Thank you", content).encode(kind)
    assert (
        told(remote.post("salesinvoice.nv?method=add", body, kind=f"text/xml; charset={kind}"))
        == "OK"
    )
    invoice = server.program.store.find("invoice", "kuusi")[0]
    assert invoice["lines"][1]["comment"] == content
    wrong = INVOICE.replace("Thank you", "Ä").encode("iso-8859-15")
    assert "letters that are not utf-8" in told(remote.post("salesinvoice.nv?method=add", wrong))


def test_a_second_request_meanwhile_is_refused(server: Running, remote: Signer) -> None:
    server.program.faults.add({"kind": "slow", "seconds": "0.6", "path": "/customerlist.nv"})
    answers: list[requests.Response] = []
    first = threading.Thread(target=lambda: answers.append(remote.get("customerlist.nv?keyword=x")))
    first.start()
    time.sleep(0.2)
    second = remote.get("productlist.nv")
    first.join()
    assert told(answers[0]) == "OK"
    assert told(second) == "TECHNICAL_ERROR :: Another request is being processed."
    assert told(remote.get("productlist.nv")) == "OK"


def test_another_company_sees_nothing_and_waits_for_nobody(remote: Signer) -> None:
    testi = COMPANIES["testi"]
    remote.post("salesinvoice.nv?method=add", INVOICE)
    answer = remote.get(
        "salesinvoicelist.nv?invoicenumber=20260001",
        CustomerId=testi.customer_id,
        CustomerKey=testi.customer_key,
        Organisation=testi.business_id,
    )
    assert "<SalesInvoiceList />" in answer.text


def test_an_empty_amount_is_reckoned_and_a_given_one_taken(server: Running, remote: Signer) -> None:
    plain = INVOICE.replace(">313,75</salesinvoiceamount>", "></salesinvoiceamount>")
    remote.post("salesinvoice.nv?method=add", plain)
    remote.post("salesinvoice.nv?method=add", INVOICE.replace('EUR">313,75', 'EUR">300,00'))
    assert [one["gross"] for one in server.documents()] == ["300.00", "313.75"]


def test_an_unknown_key_is_answered_with_nothing(remote: Signer) -> None:
    answer = remote.get("getsalesinvoice.nv?netvisorkey=1")
    assert (told(answer), "<SalesInvoice />" in answer.text) == ("OK", True)
    assert remote.get("nothing.nv").status_code == 404


def test_what_arrived_is_shown_and_kept(server: Running, remote: Signer, tmp_path: Path) -> None:
    answer = remote.post("salesinvoice.nv?method=add", INVOICE)
    key = re.findall(r"<InsertedDataIdentifier>(\d+)<", answer.text)[0]
    for path, words in (
        ("", "2026-0001"), (f"invoices/{key}", "Consulting"), ("customers", "Järvikansa"),
        ("products", "KONS"), ("requests", "salesinvoice.nv"),
    ):  # fmt: skip
        page = requests.get(f"{server.url}/{path}", timeout=5)
        assert (page.status_code, words in page.text) == (200, True), path
    for action in (f"invoices/{key}/pay", f"invoices/{key}/delete", "companies/kuusi/close"):
        assert requests.post(f"{server.url}/_sandbox/{action}", timeout=5).status_code == 200
    assert server.documents() == []
    assert "closed" in told(remote.get("productlist.nv"))
