"""The sandbox of HQ over HTTP: as strict as the contract, whoever asks."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from integrations.sandbox.web import SandboxServer
from integrations.systems.hq.sandbox import create
from integrations.systems.hq.sandbox.server import HqSandbox, RateLimit

HEAD = {
    "documentType": "Invoice",
    "companyId": 71,
    "currency": "EUR",
    "date": "2026-11-02T00:00:00",
    "validUntilDate": "2026-11-16T00:00:00",
    "performancePeriodStartDate": "2026-10-01T00:00:00",
    "performancePeriodEndDate": "2026-10-31T00:00:00",
    "documentTemplateEntityId": 5,
}
INVOICE = {
    "CompanyId": 71,
    "InvoiceDate": "2026-11-02T00:00:00Z",
    "Currency": "EUR",
    "TaxOption": "VatApplicable",
    "SyncId": "M-1",
    "Note": "2026-1",
    "Positions": [
        {"Type": "Freetext", "Text": "<p>x</p>", "Amount": 7.5, "Price": 96.0, "Tax": 19}
    ],
}


class Client:
    def __init__(self, url: str) -> None:
        self.url, self.token = url, "nordlicht-sync-token"

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        return requests.request(
            method, self.url + path, json=body, params=query, timeout=10,
            headers={"Authorization": f"Bearer {self.token}"},
        )  # fmt: skip

    def made(self, path: str, body: Any) -> dict[str, Any]:
        answer = self.call("POST", path, body)
        assert answer.status_code in (200, 201), answer.text
        row: dict[str, Any] = answer.json()
        return row

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> str:
        answer = self.call(method, path, body, **query)
        assert answer.status_code == 400, answer.text
        return str(answer.json()["message"])


@pytest.fixture
def program(tmp_path: Path) -> Iterator[HqSandbox]:
    program = create(tmp_path)
    yield program
    program.close()


@pytest.fixture
def client(program: HqSandbox) -> Iterator[Client]:
    with SandboxServer(program, 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        yield Client(server.url)
        server.shutdown()
        thread.join()


def test_a_wrong_token_gets_401_without_a_body(client: Client) -> None:
    client.token = "other"
    answer = client.call("GET", "/v2/OwnCompanies")
    assert (answer.status_code, answer.content) == (401, b"")


def test_tokens_see_their_own_tenant_only(client: Client) -> None:
    client.made("/v1/Invoices", INVOICE)
    client.token = "fremd-sync-token"
    assert client.call("GET", "/v1/Invoices").json()["value"] == []
    names = [row["name"] for row in client.call("GET", "/v2/Companies").json()]
    assert names == ["Ganz Andere GmbH"]


def test_v2_takes_a_thousand_requests_a_minute(program: HqSandbox, client: Client) -> None:
    program.rate_limit = RateLimit(2)
    statuses = [client.call("GET", "/v2/OwnCompanies") for _ in range(3)]
    assert [one.status_code for one in statuses] == [200, 200, 429]
    assert "Retry-After" not in statuses[-1].headers
    assert client.call("GET", "/v1/Me").status_code == 200


# v1.


def test_v1_answers_in_its_envelope_and_filters(client: Client) -> None:
    made = client.made("/v1/Invoices", INVOICE)
    assert (made["NetTotal"], made["VatTotal"], made["GrossTotal"]) == (720, 136.8, 856.8)
    client.made("/v1/Invoices", {**INVOICE, "SyncId": "M-2"})
    found = client.call(
        "GET",
        "/v1/Invoices",
        **{"$filter": "SyncId eq 'M-2' and CompanyId eq 71", "$count": "true"},
    ).json()
    assert found["@odata.count"] == 1
    assert [row["SyncId"] for row in found["value"]] == ["M-2"]
    assert "Positions" not in found["value"][0]
    page = client.call("GET", "/v1/Invoices", **{"$top": 1, "$skip": 1, "$expand": "Positions"})
    assert len(page.json()["value"][0]["Positions"]) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"CompanyId": 999}, "The company does not exist."),
        ({"CompanyId": "71"}, "The value of CompanyId is not valid."),
        ({"InvoiceDate": "2026-11-02T09:00:00Z"}, "The value of InvoiceDate is not valid."),
        ({"Currency": "Euro"}, "The value of Currency is not valid."),
        ({"TaxOption": "Free"}, "The value of TaxOption is not valid."),
        ({"Status": "Sent"}, "A new invoice is a draft."),
        ({"Number": "7"}, "Number is read-only."),
        ({"Currency": None}, "The following fields are required: Currency."),
        ({"Positions": [{"Type": "Freetext"}]}, "required: Text, Amount, Price, Tax."),
    ],
)
def test_v1_refuses_what_is_wrong(client: Client, changes: dict[str, Any], message: str) -> None:
    assert message in client.refused("POST", "/v1/Invoices", {**INVOICE, **changes})
    assert client.call("GET", "/_sandbox/documents").json() == []


@pytest.mark.parametrize(
    "text", ["SyncId eq M-1'", "Nothing eq 1", "SyncId like 'x'", "Id eq 1 or Id eq 2"]
)
def test_filters_are_read_strictly(client: Client, text: str) -> None:
    assert client.refused("GET", "/v1/Invoices", **{"$filter": text})


def test_v1_numbers_at_sent_and_changes_drafts_only(client: Client) -> None:
    made = client.made("/v1/Invoices", INVOICE)
    place = f"/v1/Invoices({made['Id']})"
    assert "A draft cannot be cancelled" in client.refused(
        "POST", f"{place}/do.CreateCancellation", {}
    )
    assert client.refused("POST", f"{place}/do.SetStatus", {"Status": "Canceled"})
    sent = client.made(f"{place}/do.SetStatus", {"Status": "Sent"})
    assert sent["Number"].startswith("RE-2026-")
    assert "Only drafts" in client.refused("PUT", place, INVOICE)
    assert "Only drafts" in client.refused("DELETE", place)
    cancelled = client.made(f"{place}/do.CreateCancellation", {})
    assert (cancelled["Type"], cancelled["GrossTotal"]) == ("Cancellation", -856.8)
    assert client.call("DELETE", f"/v1/Invoices({cancelled['Id']})").status_code == 204


# v2.


def test_v2_names_the_fields_that_are_missing(client: Client) -> None:
    message = client.refused("POST", "/v2/Documents", {"documentType": "Invoice"})
    for name in set(HEAD) - {"documentType"}:
        assert name in message
    assert "number can only be given" in client.refused(
        "POST", "/v2/Documents", {**HEAD, "number": "7"}
    )


def lined(client: Client, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    document = client.made("/v2/Documents", HEAD)
    line = {
        "documentEntityId": document["id"],
        "documentTableId": document["orderedElements"][0]["id"],
        "text": "Konzeption", "amount1": 7.5, "price": 96.0, "tax": 19, **changes,
    }  # fmt: skip
    return document, line


def test_v2_reckons_anew_with_each_line(client: Client) -> None:
    document, line = lined(client)
    assert (document["netValue"], document["note"], document["number"]) == (0, None, None)
    client.made("/v2/DocumentPositions/FreeTextPosition", line)
    client.made("/v2/DocumentPositions/FreeTextPosition", {**line, "amount1": 1, "price": 0.05})
    path = f"/v2/Documents/{document['id']}"
    read = client.call("GET", path, expand="positions,documentStatusEntity").json()
    assert (read["netValue"], read["taxValue"], read["grossValue"]) == (720.05, 136.81, 856.86)
    assert [one["totalNetValue"] for one in read["positions"]] == [720, 0.05]
    assert read["documentStatusEntity"]["documentStatusType"] == "Draft"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"documentEntityId": 5}, "The document does not exist."),
        ({"documentTableId": "x"}, "The table does not belong to the document."),
        ({"unitId1": 99}, "The unit does not exist."),
        ({"tax": 190}, "The value of tax is not valid."),
        ({"price": None}, "required: price"),
    ],
)
def test_v2_refuses_lines_that_hang_in_the_air(
    client: Client, changes: dict[str, Any], message: str
) -> None:
    _document, line = lined(client, **changes)
    assert message in client.refused("POST", "/v2/DocumentPositions/FreeTextPosition", line)


def test_a_put_of_v2_empties_what_it_does_not_name(client: Client) -> None:
    made = client.made("/v2/Documents", {**HEAD, "paymentConditionId": 2})
    path = f"/v2/Documents/{made['id']}"
    client.call("PUT", path, {**HEAD, "note": "2026-1\nM-1"})
    read = client.call("GET", path).json()
    assert (read["note"], read["paymentConditionId"]) == ("2026-1\nM-1", None)
    client.call("PUT", path, HEAD)
    assert client.call("GET", path).json()["note"] is None


def test_v2_pages_with_headers(client: Client) -> None:
    for _ in range(3):
        client.made("/v2/Documents", HEAD)
    asked = {"filter": "documentType eq 'Invoice' and id gt 1951", "orderby": "id desc", "top": 2}
    first = client.call("GET", "/v2/Documents", **asked)
    assert len(first.json()) == 2
    assert first.headers["helloHQ-Count"] == "3"
    assert "skip=2" in first.headers["helloHQ-NextLink"]
    last = client.call("GET", "/v2/Documents", **asked, skip=2)
    assert (len(last.json()), last.headers["helloHQ-NextLink"]) == (1, "")


def test_changing_the_status_of_v2_answers_nothing(client: Client) -> None:
    document, line = lined(client)
    client.made("/v2/DocumentPositions/FreeTextPosition", line)
    path = f"/v2/Documents/{document['id']}"
    payment = {"paymentDate": "2026-11-20T00:00:00", "amount": 100, "typeOfPayment": "Cash"}
    answer = client.call(
        "POST", f"{path}/ChangeStatus", {"documentStatusId": 24, "paymentDtos": [payment]}
    )
    assert (answer.status_code, answer.content) == (200, b"")
    read = client.call("GET", path, expand="payments").json()
    assert read["number"].startswith("RE-2026-")
    assert read["payments"][0]["amount"] == 100
    assert "Only drafts" in client.refused("DELETE", path)
    derived = client.made(f"{path}/CreateFromDocument", {"documentType": "Cancellation"})
    assert (derived["documentType"], derived["netValue"]) == ("Cancellation", -720)


# Controls and pages.


def test_documents_are_listed_with_mark_and_sums(client: Client) -> None:
    client.made("/v1/Invoices", INVOICE)
    document, line = lined(client)
    client.made("/v2/DocumentPositions/FreeTextPosition", line)
    client.call("PUT", f"/v2/Documents/{document['id']}", {**HEAD, "note": "2026-2\nM-2"})
    assert client.call("GET", "/_sandbox/documents").json() == [
        {"number": "2026-1", "marker": "M-1", "net": "720.00", "gross": "856.80"},
        {"number": "2026-2", "marker": "M-2", "net": "720.00", "gross": "856.80"},
    ]


def test_behaviours_are_switched_and_checked(client: Client) -> None:
    switched = client.call("POST", "/_sandbox/behaviour", {"tax_scale": "fraction"}).json()
    assert switched["tax_scale"] == "fraction"
    wrong: Any
    for wrong in ({"tax_scale": "x"}, {"nothing": 1}, {"failing_line": -1}, []):
        assert client.call("POST", "/_sandbox/behaviour", wrong).status_code == 422


def test_pages_show_what_arrived_and_play_hq_s_part(client: Client) -> None:
    client.made("/v1/Invoices", INVOICE)
    document, line = lined(client)
    client.made("/v2/DocumentPositions/FreeTextPosition", {**line, "fancy": 1})
    overview = client.call("GET", "/").text
    assert "Hanseatische Werft AG" in overview
    assert "856.80" in overview
    assert "nordlicht-sync-token" in overview
    assert "Bäckerei Friedrichs" in client.call("GET", "/customers").text
    place = f"/document/nordlicht/{document['id']}"
    page = client.call("GET", place).text
    assert "fancy is not a known field" in page
    assert "/v2/DocumentPositions/FreeTextPosition" in page
    for deed in ("finish", "pay"):
        assert "RE-2026-" in client.call("POST", f"{place}/{deed}").text
    assert "Paid" in client.call("GET", place).text
    assert client.call("GET", "/document/nordlicht/1").status_code == 404


def test_it_keeps_what_arrived(tmp_path: Path) -> None:
    first = create(tmp_path)
    first.store.put("invoice", "nordlicht", {"id": 9})
    first.close()
    second = create(tmp_path)
    assert second.store.get("invoice", "nordlicht", 9) == {"id": 9}
    second.close()
