import re

import requests

from tests.integrations.sandbox.conftest import Remote, errors_of, invoice


def page(remote: Remote, path: str = "/") -> str:
    answer = remote.control("GET", path)
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    return answer.text


def test_what_arrived_is_listed_newest_first(remote: Remote) -> None:
    assert "None has arrived yet." in page(remote)
    first = remote.create(originalInvoiceNumber="2026-0001")["id"]
    remote.create(originalInvoiceNumber="2026-0002", counterParty__counterPartyAddress__name="A&B")
    file = remote.attach(first, name="Lasku.pdf").json()["id"]

    shown = page(remote)

    assert shown.index("2026-0002") < shown.index("2026-0001")
    assert "A&amp;B" in shown
    assert "313.75 EUR" in shown
    assert f'href="/files/kuusi/{file}">Lasku.pdf' in shown
    assert "2 arrived" in shown


def test_more_invoices_than_fit_come_on_further_pages(remote: Remote) -> None:
    for number in range(51):
        remote.create(originalInvoiceNumber=f"N-{number:03d}")

    assert "N-050" in page(remote)
    assert "N-000" not in page(remote)
    assert "N-000" in page(remote, "/?page=1")
    assert "N-050" not in page(remote, "/?page=1")


def test_an_invoice_shows_its_fields_and_its_requests(remote: Remote) -> None:
    number = remote.create(
        originalInvoiceNumber="2026-0001", counterParty__email="a@b.example", invoiceChannel="EMAIL"
    )["id"]
    remote.attach(number)
    remote.approve(number)
    remote.get("/invoices", originalInvoiceNumber="2026-0001")
    remote.create(originalInvoiceNumber="other")

    shown = page(remote, f"/invoices/kuusi/{number}")

    for text in ("a@b.example", "FI3715903000000776", "counterParty.counterPartyAddress.name"):
        assert text in shown
    table = shown.partition("Requests about it")[2].partition("</table>")[0]
    assert table.count("<tr>") == 1 + 4
    assert table.index("originalInvoiceNumber=2026-0001") < table.index("/approve")
    assert "Let the e-mail come back" not in shown
    remote.send(number)
    assert "Let the e-mail come back" in page(remote, f"/invoices/kuusi/{number}")


def test_an_invoice_that_was_not_sent_cannot_come_back(remote: Remote) -> None:
    number = remote.create()["id"]

    assert errors_of(remote.control("POST", f"/_sandbox/invoices/kuusi/{number}/bounce"), 403)


def test_a_request_is_shown_without_its_secrets(remote: Remote) -> None:
    remote.call("POST", "/invoices", json=invoice(language=None))

    shown = page(remote, "/requests/2")

    assert "must not be null" in shown
    assert "Bearer ···" in shown
    token_request = page(remote, "/requests/1")
    assert "api_key=···" in token_request
    for text in (shown, token_request, page(remote, "/requests")):
        assert remote.token not in text.partition("<h2>Answer</h2>")[0]
        assert "laskuri-sandbox" not in text


def test_customers_are_listed_with_their_terms(remote: Remote) -> None:
    shown = page(remote, "/customers")

    assert "Skärgårdens Fisk Ab" in shown
    assert "45 d" in shown
    assert "Ensimmäinen Asiakas Oy" in shown


def test_a_fault_is_set_and_cleared_with_the_form(remote: Remote) -> None:
    form = {"kind": "timeout_after", "target": "POST /invoices", "times": "2", "message": ""}

    answer = remote.control("POST", "/_sandbox/faults", data=form)

    assert answer.url.startswith(f"{remote.url}/")  # it led back to the page
    assert "POST /invoices" in answer.text
    assert "2 more times" in answer.text
    (fault,) = remote.control("GET", "/_sandbox/faults").json()["faults"]
    cleared = remote.control("POST", f"/_sandbox/faults/{fault['id']}/clear")
    assert "None: every request is answered as it should be." in cleared.text


def test_a_fault_that_cannot_be_set_keeps_what_was_typed(remote: Remote) -> None:
    form = {"kind": "slow", "target": "PUT /invoices/*/send", "times": "often"}

    answer = remote.control("POST", "/_sandbox/faults", data=form)

    assert answer.status_code == 422
    assert "times is a whole number from 1 to 100000, not “often”." in answer.text
    assert 'value="often"' in answer.text
    assert re.findall(r'<option value="([^"]*)"\s+selected', answer.text) == [
        "slow",
        "PUT /invoices/*/send",
    ]


def test_what_is_not_there_is_not_found(remote: Remote) -> None:
    for path in (
        "/nothing",
        "/invoices/kuusi/1",
        "/invoices/nobody/1",
        "/requests/99",
        "/files/kuusi/1",
    ):
        answer = requests.get(f"{remote.url}{path}", timeout=5)
        assert answer.status_code == 404
        assert "Nothing is here" in answer.text
    assert remote.control("GET", "/_sandbox/nothing").status_code == 404
