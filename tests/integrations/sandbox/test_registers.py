"""Business partners, files and what a company has set."""

from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest
import requests
from stdnum.fi import ytunnus

from config.demo.kuusi import KUUSI
from integrations.systems.procountor.sandbox.company import companies
from tests.integrations.sandbox.conftest import Remote, errors_of

PARTNER: dict[str, Any] = {
    "name": "Esimerkki Oy",
    "type": "CUSTOMER",
    "address": {
        "name": "Esimerkki Oy",
        "street": "Testikatu 1",
        "zip": "53100",
        "city": "Lappeenranta",
        "country": "FINLAND",
    },
    "invoicingInfo": {
        "customerNumber": "C-1001",
        "identifier": "1967543-8",
        "identifierType": "FI",
        "invoiceChannel": "EMAIL",
        "email": "laskut@esimerkki.example",
        "language": "FINNISH",
    },
    "paymentInfo": {"paymentMethod": "BANK_TRANSFER", "paymentTermDays": "14"},
}


def names(answer: requests.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [partner["name"] for partner in answer.json()["results"]]


def found(remote: Remote, *, headers: dict[str, Any] | None = None, **query: Any) -> list[str]:
    return names(remote.call("GET", "/businesspartners", params=query, headers=headers or {}))


def test_the_company_of_the_demo_finds_its_customers_there() -> None:
    kuusi = companies()["kuusi"]
    known = {customer.name for customer in KUUSI.customers}
    in_register = {partner["name"] for partner in kuusi.partners}

    assert kuusi.name == KUUSI.details["legal_name"]
    assert kuusi.business_id == KUUSI.details["business_id"]
    assert kuusi.owns(str(KUUSI.details["iban"]))
    assert len(known & in_register) >= 10
    assert in_register - known
    assert known - in_register
    for partner in kuusi.partners:
        if partner.get("identifierType", "FI") == "FI":
            assert ytunnus.is_valid(partner["identifier"]), partner["name"]


def test_partners_are_found_by_name_and_identifier_in_headers(remote: Remote) -> None:
    assert found(remote, headers={"name": "järvi"}) == [
        "Järvikansa Säätiö sr",
        "Järvikansa Vakuutus Oy",
    ]
    assert found(remote, headers={"name": "SKÄRGÅRDENS".encode()}) == ["Skärgårdens Fisk Ab"]
    assert len(found(remote, headers={"identifier": "9060685-7"})) == 2
    assert found(remote, headers={"identifier": "9060685"}) == []


def test_partners_are_found_by_number_type_and_activity(remote: Remote) -> None:
    assert found(remote, customerNumber="20040") == ["Skärgårdens Fisk Ab"]
    assert found(remote, active="false") == ["Vanha Asiakas Oy"]
    assert len(found(remote)) == 16
    assert found(remote, type="SUPPLIER") == []
    assert len(found(remote, identifierType="YHD")) == 2
    assert found(remote, versionStartDate="2999-01-01") == []
    assert errors_of(remote.get("/businesspartners", type="FRIEND"))


def test_partners_of_another_company_are_others(remote: Remote) -> None:
    other = Remote(remote.url, "testiyritys-api-key").sign_in()

    assert names(other.get("/businesspartners")) == ["Ensimmäinen Asiakas Oy"]
    assert other.get("/businesspartners/70001").json()["name"] == "Ensimmäinen Asiakas Oy"
    assert other.get("/businesspartners/70002").status_code == 404


def test_a_partner_is_created_read_replaced_and_patched(remote: Remote) -> None:
    created = remote.call("POST", "/businesspartners", json=PARTNER).json()
    path = f"/businesspartners/{created['id']}"
    assert created["id"] == 70018
    assert remote.get(path).json() == created
    assert created["registryInfo"] == {"active": True}

    change = {
        "version": created["version"],
        "invoicingInfo": {"email": "uusi@esimerkki.example"},
        "paymentInfo": {"paymentTermDays": "30"},
    }
    patched = remote.call("PATCH", path, json=change).json()

    assert patched["invoicingInfo"] == PARTNER["invoicingInfo"] | {
        "email": "uusi@esimerkki.example"
    }
    assert patched["paymentInfo"]["paymentTermDays"] == "30"
    stale = remote.call("PATCH", path, json=change)
    assert [field for field, _ in errors_of(stale)] == ["version"]
    in_query = remote.call(
        "PATCH", path, params={"version": patched["version"]}, json={"name": "Uusi Nimi Oy"}
    ).json()
    assert in_query["name"] == "Uusi Nimi Oy"
    without_version = remote.call("PUT", path, json=PARTNER)
    assert [field for field, _ in errors_of(without_version)] == ["version"]
    short = {name: PARTNER[name] for name in ("name", "type", "address", "paymentInfo")}
    replaced = remote.call("PUT", path, json=short | {"version": in_query["version"]}).json()
    assert "invoicingInfo" not in replaced


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", None),
        ("name", ""),
        ("name", "x" * 81),
        ("type", None),
        ("type", "PERSON"),
        ("address", None),
        ("paymentInfo", None),
        ("paymentInfo.paymentMethod", None),
        ("paymentInfo.paymentTermDays", 14),  # a string, although it is a number of days
        ("paymentInfo.paymentTermDays", "1000"),
        ("paymentInfo.currency", "EURO"),
        ("address.country", "FI"),
        ("address.zip", "x" * 21),
        ("invoicingInfo.email", "nobody"),
        ("invoicingInfo.invoiceChannel", "PAPER_INVOICE"),
        ("invoicingInfo.language", "GERMAN"),
        ("invoicingInfo.identifier", "1967543-7"),
    ],
)
def test_a_partner_that_is_not_accepted(remote: Remote, field: str, value: Any) -> None:
    body = {name: dict(part) if isinstance(part, dict) else part for name, part in PARTNER.items()}
    outer, _, inner = field.rpartition(".")
    (body[outer] if outer else body)[inner] = value

    answer = remote.call("POST", "/businesspartners", json=body)

    assert [path for path, _ in errors_of(answer)] == [field]
    assert found(remote, customerNumber="C-1001") == []


def test_a_patch_changes_only_what_it_may(remote: Remote) -> None:
    partner = remote.get("/businesspartners/70001").json()
    change = {"version": partner["version"], "registryInfo": {"active": False}}

    answer = remote.call("PATCH", "/businesspartners/70001", json=change)

    assert [field for field, _ in errors_of(answer)] == ["registryInfo"]


def test_a_file_is_attached_byte_for_byte(remote: Remote) -> None:
    number = remote.create()["id"]
    content = bytes(range(256)) * 40 + b"\r\n--not-a-boundary\r\n\n\r"

    attached = remote.attach(number, content, name="Lasku ä.pdf").json()

    assert (attached["name"], attached["mimeType"]) == ("Lasku ä.pdf", "application/pdf")
    assert remote.get(f"/invoices/{number}").json()["attachments"] == [attached]
    answer = remote.get(f"/attachments/{attached['id']}")
    head = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
    parts = message_from_bytes(head + answer.content).get_payload()
    assert [part.get_content_type() for part in parts if isinstance(part, Message)] == [
        "application/json",
        "application/pdf",
    ]
    assert content in answer.content
    opened = remote.control("GET", f"/files/kuusi/{attached['id']}")
    assert opened.content == content
    assert opened.headers["Content-Disposition"].startswith("inline; filename*=UTF-8''Lasku")


@pytest.mark.parametrize(
    ("meta", "field"),
    [
        ({"name": None}, "name"),
        ({"name": "invoice"}, "name"),
        ({"referenceType": None}, "referenceType"),
        ({"referenceType": "LEDGER_RECEIPT"}, "referenceType"),
        ({"referenceId": None}, "referenceId"),
        ({"sendWithInvoice": None}, "sendWithInvoice"),
        ({"sendWithInvoice": "true"}, "sendWithInvoice"),
        ({"name": "lasku→.pdf"}, "name"),
    ],
)
def test_a_file_that_is_not_described_well(
    remote: Remote, meta: dict[str, Any], field: str
) -> None:
    number = remote.create()["id"]

    assert [path for path, _ in errors_of(remote.attach(number, **meta))] == [field]
    assert remote.get(f"/invoices/{number}").json()["attachments"] == []


def test_a_file_has_its_limits_and_its_invoice(remote: Remote) -> None:
    number = remote.create()["id"]

    assert remote.attach(number, b"x" * 10_000_000).status_code == 200
    assert errors_of(remote.attach(number, b"x" * 10_000_001))[0][0] == "file"
    assert errors_of(remote.attach(number, b""))[0][0] == "file"
    assert remote.attach(number + 1).status_code == 404


def test_a_form_without_its_parts_is_refused(remote: Remote) -> None:
    for files in ({"file": b"x"}, {"meta": (None, "{}", "application/json")}):
        answer = remote.call("POST", "/attachments", files=files)
        assert "is not present" in errors_of(answer)[0][1]
    as_text = {"meta": (None, "{}", "text/plain"), "file": b"x"}
    assert errors_of(remote.call("POST", "/attachments", files=as_text))
    assert errors_of(remote.call("POST", "/attachments", json={}))


def test_a_file_is_renamed_and_removed(remote: Remote) -> None:
    number = remote.create()["id"]
    path = f"/attachments/{remote.attach(number).json()['id']}"

    assert remote.call("PATCH", path, json={"name": "new.pdf"}).json()["name"] == "new.pdf"
    (listed,) = remote.get(f"/invoices/{number}").json()["attachments"]
    assert listed["name"] == "new.pdf"
    assert remote.call("DELETE", path).status_code == 204
    assert remote.get(path).status_code == 404
    assert remote.get(f"/invoices/{number}").json()["attachments"] == []


def test_what_a_company_has_set_can_be_read(remote: Remote) -> None:
    vats = remote.get("/vats/default").json()
    (finland,) = vats["vatInformation"]
    percents = [entry["vatPercent"] for entry in finland["percentages"]]
    statuses = {entry["vatStatus"]: entry["description"] for entry in vats["vatStatuses"]}
    assert (finland["country"], percents) == ("Finland", [25.5, 13.5, 10, 0])
    assert statuses[1] == "Domestic"
    assert statuses[12] == "No VAT handling"
    account, old = remote.get("/bankaccounts").json()
    assert (account["iban"], account["defaultForInvoice"]) == ("FI3715903000000776", True)
    assert old["status"] == "INACTIVE"
    company = remote.get("/company").json()
    assert company["businessIdentifier"] == {"brnType": "FI", "code": "9411730-5"}
    assert remote.get("/company/deliveryterms").json()[0] == {"name": "EXW"}
    assert remote.get("/company/invoicetemplates").json()[0]["id"] == 1
    assert remote.get("/company/usagesettings").json()["defaultInvoiceChannel"] == "EMAIL"
    assert remote.get("/vats/settings").json()["unitPricesIncludeVatSales"] is False
    assert remote.get("/users").json()[0]["id"] == 301
    assert remote.get("/vats/country", countryCode="FI").status_code == 200
    assert remote.get("/vats/country", countryCode="DK").status_code == 400


def test_products_are_searched_and_created(remote: Remote) -> None:
    assert [
        product["code"] for product in remote.get("/products", name="KONSULT").json()["results"]
    ] == ["KONS"]
    # A part of the code is enough, so whoever asks has to compare.
    assert len(remote.get("/products", code="o").json()["results"]) == 2
    assert remote.get("/products", type="PURCHASE").json()["results"] == []
    assert remote.get("/products/5501").json()["name"] == "Ohjelmointi"
    product = {
        "type": "SALES", "name": "Koulutus", "price": 950, "discount": 0, "active": True,
        "currency": "EUR", "code": "KOUL", "unit": "DAY", "vat": 25.5, "vatStatus": 1,
    }  # fmt: skip

    created = remote.call("POST", "/products", json=product).json()

    assert remote.create(invoiceRows__0__productId=created["id"])["id"]
    wrong = product | {"name": "", "discount": 101, "unit": "DAYS", "vat": 24, "code": "x" * 41}
    fields = {field for field, _ in errors_of(remote.call("POST", "/products", json=wrong))}
    assert fields == {"name", "discount", "unit", "vat", "code"}
