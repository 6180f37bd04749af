"""The sandbox of sevDesk by itself: as strict as the contract, and a place to look at."""

import base64
import copy
import json
import tempfile
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.sandbox.web import Request, Response
from integrations.systems.sevdesk.sandbox import create
from integrations.systems.sevdesk.sandbox.server import SevdeskSandbox
from tests.integrations.sandbox.test_anything import VALUES, paths, replaced

TOKEN = "0f5c1a7be4d2936881c7a05e3b9d4f12"
SMALL = "4c9e6a2d8b1f47d0953ae6c1f2087b5d"
OLD = "b7d8e0c94a1f4f6c8a3e5d2b17c6f093"
CONTACT = {"id": 880011, "objectName": "Contact"}
INVOICE: dict[str, Any] = {
    "invoice": {
        "objectName": "Invoice",
        "mapAll": True,
        "invoiceType": "RE",
        "status": "100",
        "contact": CONTACT,
        "contactPerson": {"id": 5501, "objectName": "SevUser"},
        "invoiceDate": "02.11.2026",
        "deliveryDate": "01.10.2026",
        "deliveryDateUntil": 1793401200,
        "discount": 0,
        "addressCountry": {"id": 1, "objectName": "StaticCountry"},
        "address": "Förde GmbH\n24103 Kiel",
        "taxRate": 0,
        "taxRule": {"id": "1", "objectName": "TaxRule"},
        "taxText": "Umsatzsteuer 19%",
        "currency": "EUR",
        "showNet": True,
        "timeToPay": 14,
        "invoiceNumber": "2026-00417",
        "header": "Rechnung 2026-00417",
        "customerInternalNote": "[APP-INV:417]",
    },
    "invoicePosSave": [
        {
            "objectName": "InvoicePos",
            "mapAll": True,
            "positionNumber": 0,
            "name": "Konzeption",
            "quantity": 7.5,
            "price": 96,
            "taxRate": 19,
            "unity": {"id": 9, "objectName": "Unity"},
        }
    ],
    "invoicePosDelete": None,
    "discountSave": None,
    "discountDelete": None,
    "takeDefaultAddress": False,
}


class Remote:
    """Asks the program itself, without a network."""

    def __init__(self, program: SevdeskSandbox, token: str = TOKEN) -> None:
        self.program = program
        self.token = token

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        headers = Message()
        headers["Authorization"] = self.token
        content = b""
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        asked = {name: [str(value)] for name, value in query.items()}
        answer = self.program.answer(Request(method, f"/api/v1{path}", asked, headers, content))
        assert isinstance(answer, Response)
        if not answer.content_type.startswith("application/json"):
            return answer.status, answer.body.decode()
        return answer.status, json.loads(answer.body)

    def ok(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        status, found = self.call(method, path, body, **query)
        assert status in (200, 201), found
        return found["objects"]

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, str]:
        status, found = self.call(method, path, body, **query)
        assert found["objects"] is None
        assert found["error"]["exceptionUUID"]
        return status, found["error"]["message"]

    def save(self, **changes: Any) -> Any:
        return self.ok("POST", "/Invoice/Factory/saveInvoice", body(**changes))["invoice"]

    def open(self, number: str) -> Any:
        sent = {"sendType": "VPDF", "sendDraft": False}
        return self.ok("PUT", f"/Invoice/{number}/sendBy", sent)

    def page(self, path: str = "/") -> str:
        answer = self.program.answer(Request("GET", path))
        assert isinstance(answer, Response)
        assert answer.status == 200, path
        return answer.body.decode()


def body(**changes: Any) -> dict[str, Any]:
    """`invoice__status="200"` names a field inside; `...` takes it away."""
    made = copy.deepcopy(INVOICE)
    for path, value in changes.items():
        *parents, name = path.split("__")
        inner: Any = made
        for parent in parents:
            inner = inner[int(parent)] if parent.isdecimal() else inner[parent]
        if value is ...:
            del inner[name]
        else:
            inner[name] = value
    return made


@pytest.fixture
def program(tmp_path: Path) -> Iterator[SevdeskSandbox]:
    program = create(tmp_path / "data")
    yield program
    program.close()


@pytest.fixture
def remote(program: SevdeskSandbox) -> Remote:
    return Remote(program)


# Who asks.


@pytest.mark.parametrize("token", ["", "x", f"Bearer {TOKEN}", TOKEN.upper()])
def test_only_the_bare_token_is_let_in(remote: Remote, token: str) -> None:
    remote.token = token
    assert remote.refused("GET", "/SevUser") == (401, "Authentication required")
    remote.program.switches.plain_401 = True
    assert remote.call("GET", "/SevUser") == (401, "Authentication required")


def test_a_token_in_the_address_is_none(remote: Remote) -> None:
    remote.token = ""
    assert remote.refused("GET", "/SevUser", token=TOKEN)[0] == 401


def test_companies_see_nothing_of_each_other(remote: Remote, program: SevdeskSandbox) -> None:
    number = remote.save()["id"]
    other = Remote(program, SMALL)
    assert other.refused("GET", f"/Invoice/{number}") == (400, "Invoice not found")
    assert other.ok("GET", "/Invoice") == []


def test_an_unknown_address_and_an_unknown_version(remote: Remote) -> None:
    assert remote.refused("GET", "/Nothing") == (404, "Not Found")
    assert remote.refused("PUT", "/Invoice/1") == (404, "Not Found")
    assert remote.refused("POST", "/Invoice/1/cancel")[0] == 404


# What it has.


def test_what_a_connection_reads_first(remote: Remote, program: SevdeskSandbox) -> None:
    assert remote.ok("GET", "/Tools/bookkeepingSystemVersion") == {"version": "2.0"}
    assert Remote(program, OLD).ok("GET", "/Tools/bookkeepingSystemVersion") == {"version": "1.0"}
    assert [one["id"] for one in remote.ok("GET", "/SevUser")] == ["5501", "5502"]
    assert [one["id"] for one in remote.ok("GET", "/StaticCountry", code="gb")] == ["12", "19"]
    assert remote.ok("GET", "/SevClient")[0]["smallSettlement"] == "0"
    hours = {one["translationCode"]: one["id"] for one in remote.ok("GET", "/Unity")}["UNITY_HOUR"]
    assert hours == "9"
    sequence = {"objectType": "Invoice", "type": "RE"}
    found = remote.ok("GET", "/SevSequence/Factory/getByType", **sequence)
    assert (found["format"], found["nextSequence"]) == ("RE-%NUMBER", "1042")


def test_scalars_are_texts_but_for_what_was_paid(remote: Remote) -> None:
    saved = remote.save()
    assert (saved["id"], saved["status"], saved["showNet"]) == ("7700101", "100", "1")
    assert (saved["sumNet"], saved["sumTax"], saved["sumGross"]) == ("720", "136.8", "856.8")
    assert saved["paidAmount"] == 0
    assert saved["invoiceDate"] == "2026-11-02T00:00:00+01:00"
    assert saved["deliveryDateUntil"] == "2026-10-31T00:00:00+01:00"


def test_a_single_object_comes_as_an_array_of_one(remote: Remote) -> None:
    number = remote.save()["id"]
    (found,) = remote.ok("GET", f"/Invoice/{number}")
    assert found["customerInternalNote"] == "[APP-INV:417]"
    (position,) = remote.ok("GET", f"/Invoice/{number}/getPositions")
    assert (position["quantity"], position["price"]) == ("7.5", "96")


def test_an_unknown_filter_finds_everything(remote: Remote) -> None:
    remote.save()
    remote.save(invoice__customerInternalNote="other", invoice__invoiceNumber="2")
    asked: dict[str, dict[str, Any]] = {
        "note": {"customerInternalNote": "other"},
        "number": {"invoiceNumber": "2"},
        "unknown": {"customerNote": "other"},
        "half": {"contact[id]": 1},
        "contact": {"contact[id]": 1, "contact[objectName]": "Contact"},
        "status": {"status": 200},
        "limit": {"limit": 1},
        "offset": {"offset": 1},
        "later": {"updateAfter": 4_000_000_000},
    }
    found = {name: len(remote.ok("GET", "/Invoice", **query)) for name, query in asked.items()}
    assert found == {
        "note": 1, "number": 1, "unknown": 2, "half": 2, "contact": 0, "status": 0, "limit": 1,
        "offset": 1, "later": 0,
    }  # fmt: skip
    remote.program.switches.ignores_note_filter = True
    assert len(remote.ok("GET", "/Invoice", customerInternalNote="other")) == 2
    assert remote.call("GET", "/Invoice", countAll="true")[1]["total"] == "2"
    assert remote.refused("GET", "/Invoice", limit=1001)[0] == 400


def test_persons_are_found_with_depth_only(remote: Remote) -> None:
    names = {"customerNumber": "1090"}
    assert remote.ok("GET", "/Contact", **names) == []
    assert len(remote.ok("GET", "/Contact", **names, depth=1)) == 1


# What it refuses.


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"invoice": ...}, 400, "Invoice must not be empty"),
        ({"invoice__objectName": ...}, 400, "expected array with 'id' and 'objectName'"),
        ({"invoice__mapAll": ...}, 400, "mapAll"),
        ({"invoice__status": "200"}, 422, "New invoices must be created with status 100"),
        ({"invoice__currency": None}, 422, "Currency is required"),
        ({"invoicePosSave": []}, 422, "must have at least one position"),
        ({"invoice__taxRule": ...}, 422, "Could not find taxType"),
        ({"invoice__taxRule__id": "99"}, 422, "Could not find taxRule"),
        ({"invoice__taxRule__id": "11"}, 422, "only for small businesses"),
        ({"invoice__taxRule__id": "5"}, 422, "The tax rate 19 is not allowed for taxRule 5"),
        ({"invoice__taxRule__id": "18"}, 422, "deliveryAddressCountry is required"),
        ({"invoicePosSave__0__taxRate": 16}, 422, "The tax rate 16 is not allowed"),
        ({"invoice__contact__id": 1}, 422, "Contact not found"),
        ({"invoice__contactPerson": ...}, 422, "contactPerson: expected array"),
        ({"invoice__addressCountry__id": 999}, 422, "StaticCountry not found"),
        ({"invoice__taxText": ""}, 422, "taxText is required"),
        ({"invoice__discount": ...}, 422, "discount must be an integer"),
        ({"invoice__invoiceDate": "soon"}, 422, "invoiceDate is not a date"),
        ({"invoice__deliveryDate": "03.11.2026"}, 422, "must not be after the invoice date"),
        ({"invoice__deliveryDateUntil": "30.09.2026"}, 422, "must not be before deliveryDate"),
        ({"invoice__timeToPay": "two weeks"}, 422, "timeToPay must be an integer"),
        ({"invoice__customerInternalNote": "x" * 256}, 422, "customerInternalNote is too long"),
        ({"invoicePosSave__0__unity__id": 30}, 422, "Unity not found"),
        ({"invoicePosSave__0__quantity": None}, 422, "quantity is required"),
        ({"invoicePosSave__0__discount": -5}, 422, "discount must be between 0 and 100"),
        ({"invoicePosSave__0__mapAll": ...}, 400, "mapAll must be true"),
        ({"filename": "nowhere.pdf"}, 422, "File not found"),
        ({"invoice__id": 5}, 400, "Invoice not found"),
    ],
)
def test_an_invoice_that_is_not_right(
    remote: Remote, changes: dict[str, Any], status: int, words: str
) -> None:
    found, message = remote.refused("POST", "/Invoice/Factory/saveInvoice", body(**changes))
    assert (found, words in message) == (status, True), message
    assert remote.ok("GET", "/Invoice") == []
    assert remote.program.store.count("InvoicePos", "nordlicht") == 0


def test_old_words_for_the_tax_are_taken_by_the_new_bookkeeping(remote: Remote) -> None:
    saved = remote.save(invoice__taxRule=None, invoice__taxType="default")
    assert saved["taxRule"]["id"] == "1"


def test_the_old_bookkeeping_wants_a_type(program: SevdeskSandbox) -> None:
    old = Remote(program, OLD)
    changes: dict[str, Any] = {
        "invoice__contactPerson__id": 6101, "invoicePosSave__0__unity__id": 30,
    }  # fmt: skip
    path = "/Invoice/Factory/saveInvoice"
    assert "Could not find taxType" in old.refused("POST", path, body(**changes))[1]
    custom = body(**changes, invoice__taxType="custom")
    assert old.refused("POST", path, custom)[1] == "TaxSet not found"
    assert old.save(**changes, invoice__taxType="eu")["taxType"] == "eu"


def test_a_small_business_has_no_vat_and_one_rule(program: SevdeskSandbox) -> None:
    small = Remote(program, SMALL)
    changes: dict[str, Any] = {
        "invoice__contactPerson__id": 7201, "invoicePosSave__0__unity__id": 44,
    }  # fmt: skip
    with_vat = body(**changes, invoice__smallSettlement=True, invoice__taxRule__id="11")
    assert (
        "must not contain any vat"
        in small.refused("POST", "/Invoice/Factory/saveInvoice", with_vat)[1]
    )
    number = small.save(**changes)["id"]
    status, found = small.call(
        "PUT", f"/Invoice/{number}/sendBy", {"sendType": "VPDF", "sendDraft": False}
    )
    assert (status, found["error"]["code"]) == (422, "7100")


def test_a_number_twice_is_taken_unless_told_otherwise(remote: Remote) -> None:
    remote.save()
    remote.save()
    remote.program.switches.refuses_duplicates = True
    assert remote.refused("POST", "/Invoice/Factory/saveInvoice", body()) == (
        422, "invoiceNumber already exists",
    )  # fmt: skip


# Sums.


def position(price: Any, quantity: Any = 1, rate: int = 19, discount: Any = None) -> dict[str, Any]:
    changes = {"price": price, "quantity": quantity, "taxRate": rate, "discount": discount}
    return {**INVOICE["invoicePosSave"][0], **changes}


def test_tax_is_rounded_once_for_each_rate_or_by_position(remote: Remote) -> None:
    rows = [position(0.97)] * 3 + [position(10, rate=7)]
    assert remote.save(invoicePosSave=rows)["sumTax"] == "1.25"
    remote.program.switches.rounds_per_position = True
    assert remote.save(invoicePosSave=rows)["sumTax"] == "1.24"


def test_gross_prices_are_split_by_position(remote: Remote) -> None:
    """4.94 less 2.47, as a negative position: seen live."""
    saved = remote.save(invoice__showNet=False, invoicePosSave=[position(4.94), position(-2.47)])
    assert (saved["sumNet"], saved["sumTax"], saved["sumGross"]) == ("2.07", "0.4", "2.47")


def test_a_position_is_rounded_half_up_after_its_discount(remote: Remote) -> None:
    rows = [position(99.99, discount=10), position(68.5, 7.25)]
    assert remote.save(invoicePosSave=rows)["sumNet"] == "586.62"


# States.


def test_opening_gives_the_next_number_and_ends_changes(remote: Remote) -> None:
    number = remote.save(invoice__invoiceNumber=None)["id"]
    assert remote.refused("PUT", f"/Invoice/{number}/sendBy", {"sendType": "VPDF"})[0] == 400
    draft = {"sendType": "VPDF", "sendDraft": True}
    assert remote.ok("PUT", f"/Invoice/{number}/sendBy", draft)["status"] == "100"
    opened = remote.open(number)
    assert (opened["status"], opened["invoiceNumber"]) == ("200", "RE-1042")
    again = {**body(), "invoice": {
        **INVOICE["invoice"], "id": number}}  # fmt: skip
    path = "/Invoice/Factory/saveInvoice"
    assert remote.refused("POST", path, again) == (422, "Only drafts can be changed")
    assert remote.refused("DELETE", f"/Invoice/{number}")[0] == 409
    remote.ok("PUT", f"/Invoice/{number}/resetToDraft")
    assert remote.ok("POST", path, again)["invoice"]["status"] == "100"


def test_our_own_next_number_counts_as_taken(remote: Remote) -> None:
    remote.save(invoice__invoiceNumber="RE-1042")
    number = remote.save(invoice__invoiceNumber=None)["id"]
    assert remote.open(number)["invoiceNumber"] == "RE-1043"


def test_positions_that_are_not_named_stay(remote: Remote) -> None:
    number = remote.save()["id"]
    (first,) = remote.ok("GET", f"/Invoice/{number}/getPositions")
    changed = {**body(invoicePosSave=[position(10)]), "invoice": {
        **INVOICE["invoice"], "id": int(number)}}  # fmt: skip
    saved = remote.ok("POST", "/Invoice/Factory/saveInvoice", changed)
    assert len(saved["invoicePos"]) == 2
    assert saved["invoice"]["sumNet"] == "730"
    changed["invoicePosSave"] = []
    changed["invoicePosDelete"] = [{"id": first["id"], "objectName": "InvoicePos"}]
    assert remote.ok("POST", "/Invoice/Factory/saveInvoice", changed)["invoice"]["sumNet"] == "10"


def test_looking_at_a_draft_s_pdf_opens_it(remote: Remote) -> None:
    number = remote.save(invoice__invoiceNumber=None)["id"]
    found = remote.ok("GET", f"/Invoice/{number}/getPdf", preventSendBy="true")
    assert base64.b64decode(found["content"]).startswith(b"%PDF")
    assert remote.ok("GET", f"/Invoice/{number}")[0]["status"] == "100"
    remote.ok("GET", f"/Invoice/{number}/getPdf")
    assert remote.ok("GET", f"/Invoice/{number}")[0]["invoiceNumber"] == "RE-1042"


def test_payments(remote: Remote) -> None:
    number = remote.save()["id"]
    path = f"/Invoice/{number}/bookAmount"
    payment = {
        "amount": 56.8, "date": "20.11.2026", "type": "N", "createFeed": True,
        "checkAccount": {"id": 3301, "objectName": "CheckAccount"},
    }  # fmt: skip
    assert remote.refused("PUT", path, payment) == (422, "A draft can not be paid")
    remote.open(number)
    online = {**payment, "checkAccount": {"id": 3302, "objectName": "CheckAccount"}}
    assert "needs a checkAccountTransaction" in remote.refused("PUT", path, online)[1]
    logged = remote.ok("PUT", path, payment)
    assert (logged["fromStatus"], logged["toStatus"], logged["ammountPayed"]) == (
        "200", "750", "56.8",
    )  # fmt: skip
    remote.ok("PUT", path, {**payment, "amount": 800, "type": "FULL_PAYMENT"})
    (paid,) = remote.ok("GET", f"/Invoice/{number}")
    assert (paid["status"], paid["paidAmount"]) == ("1000", 856.8)
    remote.ok("PUT", f"/Invoice/{number}/resetToOpen")
    remote.ok("PUT", f"/Invoice/{number}/enshrine")
    assert remote.refused("PUT", f"/Invoice/{number}/enshrine") == (422, "Already enshrined")


@pytest.mark.parametrize(("gives_note", "kind"), [(False, "Invoice"), (True, "CreditNote")])
def test_cancelling_has_two_shapes(remote: Remote, gives_note: bool, kind: str) -> None:
    remote.program.switches.cancel_gives_credit_note = gives_note
    number = remote.save()["id"]
    path = f"/Invoice/{number}/cancelInvoice"
    assert remote.refused("POST", path)[0] == 422
    remote.open(number)
    made = remote.ok("POST", path)
    assert made["objectName"] == kind
    status, found = remote.call("POST", path)
    assert (status, found["error"]["code"]) == (422, "170")


def test_a_mail_is_sent_as_often_as_it_is_asked_for(remote: Remote) -> None:
    number = remote.save()["id"]
    mail = {"toEmail": "a@b.example", "subject": "x", "text": "y"}
    path = f"/Invoice/{number}/sendViaEmail"
    assert remote.refused("POST", path, {**mail, "subject": ""})[0] == 400
    assert remote.refused("POST", path, {**mail, "toEmail": "a"})[0] == 422
    remote.ok("POST", path, mail)
    remote.ok("POST", path, mail)
    assert remote.program.store.count("Email", "nordlicht") == 2
    assert remote.ok("GET", f"/Invoice/{number}")[0]["status"] == "200"


# Credit notes.


def note(source: str, **changes: Any) -> dict[str, Any]:
    head = {
        **{k: v for k, v in INVOICE["invoice"].items() if not k.startswith("invoice")},
        "objectName": "CreditNote",
        "creditNoteNumber": "G-1",
        "creditNoteDate": "03.11.2026",
        "bookingCategory": "UNDERACHIEVEMENT",
        "refSrcInvoice": {"id": source, "objectName": "Invoice"},
        **changes,
    }
    rows = [{**INVOICE["invoicePosSave"][0], "objectName": "CreditNotePos"}]
    return {"creditNote": head, "creditNotePosSave": rows}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"creditNoteNumber": ""}, "creditNoteNumber is required"),
        ({"deliveryDate": None}, "deliveryDate is required"),
        ({"header": ""}, "header is required"),
        ({"bookingCategory": "ACCOUNTING_TYPE"}, "bookingCategory is not known"),
        ({"refSrcInvoice": None}, "refSrcInvoice is required"),
        ({"contact": None}, "Contact must not be empty"),
        ({"taxRule": {"id": "3", "objectName": "TaxRule"}}, "Different taxRule"),
        ({"status": "200"}, "status 100"),
    ],
)
def test_a_credit_note_that_is_not_right(remote: Remote, changes: Any, words: str) -> None:
    number = remote.save()["id"]
    remote.open(number)
    path = "/CreditNote/Factory/saveCreditNote"
    assert words in remote.refused("POST", path, note(number, **changes))[1]
    made = remote.ok("POST", path, note(number))["creditNote"]
    assert (made["sumGross"], made["status"]) == ("856.8", "100")


def test_a_draft_is_not_credited_and_rates_are_those_of_the_invoice(remote: Remote) -> None:
    number = remote.save()["id"]
    path = "/CreditNote/Factory/saveCreditNote"
    assert "draft can not be credited" in remote.refused("POST", path, note(number))[1]
    remote.open(number)
    other = note(number)
    other["creditNotePosSave"][0]["taxRate"] = 7
    assert remote.refused("POST", path, other)[1] == "Different taxRate than origin document"


def test_the_mirror_of_an_invoice(remote: Remote) -> None:
    number = remote.save()["id"]
    remote.open(number)
    made = remote.ok(
        "POST", "/CreditNote/Factory/createFromInvoice",
        {"invoice": {"id": number, "objectName": "Invoice"}},
    )  # fmt: skip
    assert made["creditNote"]["sumGross"] == "856.8"
    assert len(made["creditNotePos"]) == 1
    assert [one["gross"] for one in remote.program.documents()] == ["856.80", "-856.80"]


# Pages.


def test_pages_show_what_arrived(remote: Remote) -> None:
    assert "None has arrived yet." in remote.page()
    number = remote.save(invoice__address="A & <B>")["id"]
    assert "A &amp; &lt;B&gt;" in remote.page()
    shown = remote.page(f"/Invoice/nordlicht/{number}")
    for text in ("Rechnung 2026-00417", "Konzeption", "7.5 Hour", "856.80", "Entwurf", "Open it"):
        assert text in shown, text
    assert "Wohnungsgenossenschaft" in remote.page("/contacts")
    assert TOKEN in remote.page()
    assert TOKEN not in remote.page("/requests/1")


def test_the_accountant_there_opens_pays_and_deletes(remote: Remote) -> None:
    number = remote.save()["id"]

    def press(action: str, form: bytes = b"") -> int:
        headers = Message()
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        path = f"/Invoice/nordlicht/{number}/{action}"
        answer = remote.program.answer(Request("POST", path, {}, headers, form))
        assert isinstance(answer, Response)
        return answer.status

    assert press("pay") == 422
    assert press("open") == 303
    assert press("delete") == 404
    assert press("pay", b"part=half") == 303
    assert "Teilweise bezahlt" in remote.page(f"/Invoice/nordlicht/{number}")
    assert press("pay") == 303
    assert remote.ok("GET", f"/Invoice/{number}")[0]["paidAmount"] == 856.8
    other = remote.save(invoice__invoiceNumber="2")["id"]
    deleted = remote.program.answer(Request("POST", f"/Invoice/nordlicht/{other}/delete"))
    assert isinstance(deleted, Response)
    assert deleted.status == 303
    assert remote.program.store.count("InvoicePos", "nordlicht") == 1


def test_switches_are_set_over_the_control(remote: Remote) -> None:
    headers = Message()
    headers["Content-Type"] = "application/json"
    given = {"unwrapped": True, "refused_rules": [5], "versions": {"nordlicht": "1.0"}, "x": 1}
    answer = remote.program.answer(
        Request("POST", "/_sandbox/switches", {}, headers, json.dumps(given).encode())
    )
    assert isinstance(answer, Response)
    assert answer.status == 200
    assert remote.program.switches.unwrapped
    assert remote.program.switches.refused_rules == ("5",)
    assert remote.ok("GET", "/Tools/bookkeepingSystemVersion") == {"version": "1.0"}


# Anything.


@pytest.fixture(scope="module")
def opened() -> Iterator[Remote]:
    with tempfile.TemporaryDirectory() as folder:
        program = create(Path(folder))
        yield Remote(program)
        program.close()


@given(st.sampled_from(list(paths(INVOICE))), VALUES)
@settings(max_examples=200, deadline=None)
def test_any_value_anywhere_in_an_invoice(
    opened: Remote, path: tuple[Any, ...], value: Any
) -> None:
    store = opened.program.store
    before = store.count("Invoice", "nordlicht"), store.count("InvoicePos", "nordlicht")
    status, found = opened.call(
        "POST", "/Invoice/Factory/saveInvoice", replaced(INVOICE, path, value)
    )
    after = store.count("Invoice", "nordlicht"), store.count("InvoicePos", "nordlicht")
    if status == 201:
        assert after[0] == before[0] + 1
        assert found["objects"]["invoice"]["sumGross"]
    else:
        assert status in (400, 422)
        assert found["error"]["message"]
        assert after == before
