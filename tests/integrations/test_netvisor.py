"""The adapter against the sandbox, with everything that goes wrong on the way."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from django.utils import timezone

from integrations.domain import linking
from integrations.domain.access import door_of
from integrations.domain.product_links import map_to
from integrations.http import Http
from integrations.models import Connection, Export, ExportAttempt, ProductMapping
from integrations.ports import (
    AccessLost,
    Delivery,
    Exported,
    Partner,
    PartnerChanges,
    PartnerDetails,
    ProductDetails,
    Rejected,
    RemoteProduct,
    RetryLater,
)
from integrations.problems import Problem
from integrations.systems.netvisor.adapter import NetvisorAdapter
from integrations.systems.netvisor.sandbox.server import NetvisorSandbox
from invoicing.domain.crediting import cancel_invoice
from invoicing.models import Invoice
from tenants.models import Tenant
from tests.integrations.conftest import PDF, link, posted, send, store_pdf
from tests.integrations.netvisor import (
    CONSULTING,
    CREDENTIALS,
    JARVIKANSA,
    connect,
    fault,
    later,
    requests_to,
    stored,
)
from tests.integrations.outgoing import line, outgoing
from tests.integrations.sandboxes import Running, running


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[Running]:
    with running("netvisor", tmp_path / "sandbox", settings) as server:
        yield server


@pytest.fixture
def sandbox(server: Running) -> NetvisorSandbox:
    assert isinstance(server.program, NetvisorSandbox)
    return server.program


@pytest.fixture
def connection(tenant: Tenant, sandbox: NetvisorSandbox) -> Connection:
    return connect()


@pytest.fixture
def invoice(connection: Connection) -> Invoice:
    made = posted()
    link(connection, made.customer, JARVIKANSA)
    return made


@pytest.fixture
def export(invoice: Invoice) -> Export:
    made: Export = Export.objects.get(invoice=invoice)
    return made


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits two minutes here for an answer that does not come."""
    init = Http.__init__

    def hasty(self: Http, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **{**kwargs, "seconds": 0.6})

    monkeypatch.setattr(Http, "__init__", hasty)


@contextmanager
def adapter_of(connection: Connection) -> Iterator[Any]:
    """With what not every adapter has."""
    with door_of(connection).open() as (adapter, _http):
        yield adapter


def settle(export: Export, **fields: str) -> None:
    export.connection.settings = {**export.connection.settings, **fields}
    export.connection.save()


def test_an_invoice_arrives_open_with_its_number_reference_and_pdf(
    sandbox: NetvisorSandbox, export: Export, invoice: Invoice
) -> None:
    send(export)

    assert (export.error, export.status) == ("", Export.Status.SENT)
    (arrived,) = stored(sandbox)
    assert invoice.number is not None
    assert arrived["number"] == "".join(sign for sign in invoice.number if sign.isdecimal())
    assert arrived["ourReference"] == invoice.number
    assert arrived["privateComment"] == f"LASKURI-{invoice.tenant_id}-{invoice.pk}"
    assert arrived["reference"] == invoice.payment_reference.replace(" ", "")
    assert (arrived["status"], arrived["type"]) == ("open", "invoice")
    assert arrived["customer"] == int(JARVIKANSA)
    assert (arrived["net"], arrived["amount"]) == ("100.00", "125.50")
    assert [one["name"] for one in arrived["files"]] == [f"{invoice.number}.pdf"]
    assert sandbox.store.file("kuusi", arrived["files"][0]["id"]) == PDF
    (line,) = arrived["lines"]
    assert (line["code"], line["name"]) == ("KONS", "Consulting in October")
    assert (line["percent"], line["vatCode"], line["vatSum"]) == ("25.5", "KOMY", "25.50")
    assert export.remote_id == str(arrived["id"])
    assert [step.key for step in export.steps.all()] == ["create", "compare"]


@pytest.mark.parametrize(
    ("status", "kind", "number"), [("unsent", "invoice", True), ("draft", "invoicedraft", False)]
)
def test_how_far_an_invoice_is_taken_is_a_setting(
    sandbox: NetvisorSandbox, export: Export, status: str, kind: str, number: bool
) -> None:
    settle(export, status=status)
    send(export)
    assert export.status == Export.Status.SENT, export.error
    (arrived,) = stored(sandbox)
    assert (arrived["status"], arrived["type"]) == (status, kind)
    assert bool(arrived["number"]) == number


def test_the_pdf_may_be_left_out(sandbox: NetvisorSandbox, export: Export) -> None:
    settle(export, send_pdf="no")
    send(export)
    assert stored(sandbox)[0]["files"] == []


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-15"])
def test_letters_arrive_in_both_encodings(
    sandbox: NetvisorSandbox, connection: Connection, encoding: str
) -> None:
    connection.settings["encoding"] = encoding
    connection.save()
    with adapter_of(connection) as adapter:
        made = adapter.create_partner(
            PartnerDetails(name="Łódź & Äyräs € <Oy>", number="Z-1", country="FI")
        )
    customer = sandbox.store.get("customer", "kuusi", int(made.id))
    assert customer is not None
    assert customer["name"] == "Łódź & Äyräs € <Oy>"


# Nothing twice.


@pytest.mark.parametrize("status", ["open", "draft"])
@pytest.mark.parametrize(
    "kind",
    ["timeout_before", "timeout_after", "drop_before", "drop_after", "error_before", "error_after"],
)
def test_an_unknown_outcome_is_looked_up_and_nothing_is_done_twice(
    sandbox: NetvisorSandbox, export: Export, kind: str, status: str
) -> None:
    settle(export, status=status)
    fault(sandbox, kind, "POST", "/salesinvoice.nv")
    send(export)
    assert export.status == Export.Status.WAITING
    assert export.steps.filter(done_at=None).count() == 1
    later(export)

    send(export)

    assert (export.error, export.status) == ("", Export.Status.SENT)
    assert len(stored(sandbox)) == 1
    assert export.steps.get(key="create").was_found == ("after" in kind)


def test_soon_after_a_time_out_nothing_is_created_again(
    sandbox: NetvisorSandbox, export: Export
) -> None:
    fault(sandbox, "timeout_before", "POST", "/salesinvoice.nv")
    send(export)
    send(export)
    assert export.status == Export.Status.WAITING
    assert "not known whether the last request arrived" in export.error
    assert requests_to(sandbox, "POST", "/salesinvoice.nv") == 1


def forget(export: Export) -> None:
    export.steps.all().delete()
    Export.objects.filter(pk=export.pk).update(
        status="waiting", next_attempt_at=timezone.now(), sent_at=None
    )


def test_several_of_ours_are_for_a_person(sandbox: NetvisorSandbox, export: Export) -> None:
    send(export)
    sandbox.store.put("invoice", "kuusi", {**stored(sandbox)[0], "id": 99})
    forget(export)
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.UNCLEAR)
    assert "several times, under the keys 99, 30001" in export.error


def test_somebody_else_s_invoice_of_our_number_is_not_ours(
    sandbox: NetvisorSandbox, export: Export
) -> None:
    send(export)
    other = {**stored(sandbox)[0], "privateComment": "", "ourReference": "", "amount": "1.00"}
    sandbox.store.put("invoice", "kuusi", other)
    forget(export)
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.DIFFERS)
    assert "another invoice with the number" in export.error
    assert len(stored(sandbox)) == 1


def test_ours_is_found_when_somebody_emptied_the_comment(
    sandbox: NetvisorSandbox, export: Export
) -> None:
    send(export)
    sandbox.store.put("invoice", "kuusi", {**stored(sandbox)[0], "privateComment": ""})
    forget(export)
    send(export)
    assert export.status == Export.Status.SENT
    assert export.steps.get(key="create").was_found


def test_a_duplicate_that_is_ours_is_taken_over(
    sandbox: NetvisorSandbox, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found between our look and our writing."""
    send(export)
    forget(export)
    fault(sandbox, "refuse", "POST", "/salesinvoice.nv", message="DUPLICATE_DATA :: exists")
    find, looks = NetvisorAdapter._find, []

    def late(self: NetvisorAdapter, delivery: Any) -> Any:
        looks.append(1)
        return None if len(looks) == 1 else find(self, delivery)

    monkeypatch.setattr(NetvisorAdapter, "_find", late)
    send(export)
    assert export.status == Export.Status.SENT
    assert export.steps.get(key="create").was_found
    assert len(stored(sandbox)) == 1


# Refusals, in words.


REFUSALS = [
    ("PERIOD_LOCK :: invoice date is in a locked period", Problem.REFUSED,
     "lies in a period that is locked in Netvisor"),
    ("INVALID_DATA :: Data form incorrect:. Asiakasta ei löydy", Problem.NOT_LINKED,
     "customer does not exist in Netvisor any more"),
    ("INVALID_DATA :: Data form incorrect:. Product not found with Netvisor identifier: 7",
     Problem.NOT_MAPPED, "A product does not exist in Netvisor any more"),
    ("INVALID_DATA :: Data form incorrect:. VAT percentage 24 is not allowed", Problem.REFUSED,
     "does not take a line's VAT code or percentage"),
    ("INVALID_DATA :: Aineiston käsittelyssä tapahtui virhe. Virhetunniste: x1", Problem.REFUSED,
     "usually a text is too long"),
    ("INVALID_DATA :: Data form incorrect:. Palvelua ei voida käyttää", Problem.REFUSED,
     "Netvisor refused it: Data form incorrect:. Palvelua ei voida käyttää"),
    ("INVALID_DATA_SIZE :: Liian pitkä", Problem.REFUSED, "A text is too long for Netvisor"),
    ("DUPLICATE_DATA :: already there", Problem.REFUSED, "Netvisor has this already"),
    ("BRAND_NEW :: Something :: odd", Problem.REFUSED, "Netvisor refused it: Something :: odd"),
    ("INVALID_DATA :: Data form incorrect:. XML message validation failed: Could not validate xml",
     Problem.REFUSED, "finds the message malformed"),
]  # fmt: skip


@pytest.mark.parametrize("status", [400, 200])
@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_is_told_in_words_with_theirs_unchanged(
    sandbox: NetvisorSandbox, export: Export, refusal: tuple[str, Problem, str], status: int
) -> None:
    """Whatever the code says: failures come with 200 as well."""
    message, problem, words = refusal
    fault(sandbox, "refuse", "POST", "/salesinvoice.nv", message=message, status=status)
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, problem)
    assert words in export.error
    assert message.partition(" :: ")[2] in export.error
    assert not export.steps.exists()  # it answered no: nothing is unknown
    assert stored(sandbox) == []


def test_a_locked_period_there(server: Running, export: Export) -> None:
    answer = requests.post(
        f"{server.url}/_sandbox/companies/kuusi/lock", data={"until": "2026-11-30"}, timeout=5
    )
    assert answer.status_code == 200
    send(export)
    assert "locked in Netvisor" in export.error
    assert "invoice date is in a locked period" in export.error


def delete(server: Running, kind: str, key: str) -> None:
    answer = requests.post(f"{server.url}/_sandbox/{kind}s/{key}/delete", timeout=5)
    assert answer.status_code == 200


def test_a_customer_deleted_there_is_linked_again_and_goes_on(
    server: Running, sandbox: NetvisorSandbox, export: Export, invoice: Invoice
) -> None:
    delete(server, "customer", JARVIKANSA)
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.NOT_LINKED)
    assert "Customer not found with Netvisor identifier: 1000" in export.error

    linking.link(export.connection, invoice.customer, Partner(id="1001", name="E"), actor=None)

    export.refresh_from_db()
    assert send(export).status == Export.Status.SENT


def test_a_product_that_vanished_is_mapped_again_and_goes_on(
    server: Running, sandbox: NetvisorSandbox, export: Export
) -> None:
    delete(server, "product", "2000")
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.NOT_MAPPED)

    map_to(export.connection, None, RemoteProduct(id="2001", name="Työ"), actor=None)

    export.refresh_from_db()
    assert send(export).status == Export.Status.SENT


def test_sums_that_differ_are_told_to_the_cent(sandbox: NetvisorSandbox, export: Export) -> None:
    fault(sandbox, "timeout_after", "POST", "/salesinvoice.nv")
    send(export)
    sandbox.store.put("invoice", "kuusi", {**stored(sandbox)[0], "amount": "125.49"})
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.DIFFERS)
    assert "Netvisor has 125.49 EUR, the invoice says 125.50" in export.error


def test_lines_that_differ_are_told_too(sandbox: NetvisorSandbox, export: Export) -> None:
    fault(sandbox, "timeout_after", "POST", "/salesinvoice.nv")
    send(export)
    (arrived,) = stored(sandbox)
    arrived["lines"][0]["sum"] = "125.51"
    sandbox.store.put("invoice", "kuusi", arrived)
    send(export)
    assert "Netvisor has 125.51 EUR" in export.error


@pytest.mark.parametrize("body", ["html", "empty"])
@pytest.mark.parametrize(
    "path", ["/salesinvoicelist.nv", "/salesinvoice.nv", "/getsalesinvoice.nv"]
)
def test_pages_of_html_are_no_answers(
    sandbox: NetvisorSandbox, export: Export, body: str, path: str
) -> None:
    fault(sandbox, "error_after", "*", path, status=502, body=body)
    send(export)
    assert export.status == Export.Status.WAITING
    assert "(502)" in export.error
    later(export)
    send(export)
    assert export.status == Export.Status.SENT
    assert len(stored(sandbox)) == 1


def test_an_endless_answer_is_cut(
    sandbox: NetvisorSandbox, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.http.MOST_BYTES", 50)
    send(export)
    assert export.status == Export.Status.WAITING


def test_maintenance_pauses_everything_for_tens_of_minutes(
    sandbox: NetvisorSandbox, export: Export
) -> None:
    fault(sandbox, "refuse", "*", "*", message="SYSTEM_MAINTANANCE :: Huolto", status=503)
    now = timezone.now()
    send(export)
    assert export.status == Export.Status.WAITING
    assert "being maintained. (Netvisor: Huolto)" in export.error
    connection = Connection.objects.get()
    assert connection.paused_until is not None
    assert connection.paused_until >= now + timedelta(minutes=19)


def test_a_technical_error_is_looked_up_and_tried_again(
    sandbox: NetvisorSandbox, export: Export
) -> None:
    fault(sandbox, "refuse", "POST", "*", message="TECHNICAL_ERROR :: Oho", status=200)
    send(export)
    assert export.status == Export.Status.WAITING
    assert export.steps.filter(done_at=None).exists()
    later(export)
    assert send(export).status == Export.Status.SENT


def test_a_request_id_that_was_used_is_looked_up_first(
    sandbox: NetvisorSandbox, export: Export
) -> None:
    fault(sandbox, "refuse", "POST", "*", message="REQUEST_NOT_UNIQUE :: again", status=409)
    send(export)
    assert export.status == Export.Status.WAITING
    later(export)
    assert send(export).status == Export.Status.SENT
    assert len(stored(sandbox)) == 1


def test_every_request_has_an_id_of_its_own(sandbox: NetvisorSandbox, export: Export) -> None:
    fault(sandbox, "drop_before", "POST", "/salesinvoice.nv")
    send(export)
    later(export)
    send(export)
    ids = [
        dict(one["headers"])["X-Netvisor-Authentication-TransactionId"]
        for one in sandbox.store.requests(limit=100)
    ]
    assert len(ids) == len(set(ids)) >= 5


# Keys.


def test_a_clock_that_was_just_set_is_forgiven_once(
    sandbox: NetvisorSandbox, export: Export
) -> None:
    fault(sandbox, "refuse", "POST", "*", message="AUTHENTICATION_FAILED :: clock", status=401)
    assert send(export).status == Export.Status.SENT


def test_keys_that_no_longer_work_stop_the_connection_and_blame_no_invoice(
    sandbox: NetvisorSandbox, export: Export
) -> None:
    export.connection.credentials = {**CREDENTIALS, "customer_key": "another"}
    export.connection.save()
    send(export)
    assert (export.status, export.attempts) == (Export.Status.WAITING, 0)
    assert "does not accept the keys" in Connection.objects.get().trouble


@pytest.mark.parametrize("name", ["customer_id", "customer_key", "partner_id", "partner_key"])
def test_each_wrong_key_is_noticed_by_the_check(
    sandbox: NetvisorSandbox, connection: Connection, name: str
) -> None:
    connection.credentials = {**CREDENTIALS, name: "wrong"}
    with (
        adapter_of(connection) as adapter,
        pytest.raises(AccessLost, match="does not accept the keys"),
    ):
        adapter.check()


def test_the_right_keys_of_another_company(
    sandbox: NetvisorSandbox, connection: Connection
) -> None:
    connection.settings["organisation"] = "1967543-8"
    with (
        adapter_of(connection) as adapter,
        pytest.raises(AccessLost, match="business id"),
    ):
        adapter.check()


def test_an_organisation_that_was_closed(sandbox: NetvisorSandbox, export: Export) -> None:
    sandbox.closed.add("kuusi")
    send(export)
    assert export.status == Export.Status.WAITING
    assert "the organisation may be closed" in Connection.objects.get().trouble
    assert "Organisation is closed" in Connection.objects.get().trouble


def test_a_right_that_is_missing_names_the_resource(
    sandbox: NetvisorSandbox, export: Export, connection: Connection
) -> None:
    sandbox.store.put("rights", "kuusi", {"id": 1, "without": ["productlist.nv"]})
    with adapter_of(connection) as adapter:
        (warning,) = adapter.check().warnings
    assert "may not use productlist.nv" in warning
    sandbox.store.put("rights", "kuusi", {"id": 1, "without": ["salesinvoice.nv"]})
    send(export)
    assert "may not use salesinvoice.nv" in Connection.objects.get().trouble


def test_a_check_tells_which_company_answered(
    sandbox: NetvisorSandbox, connection: Connection
) -> None:
    with adapter_of(connection) as adapter:
        found = adapter.check()
    assert (found.company, found.company_id, found.warnings) == ("9411730-5", "9411730-5", ())


def test_no_secret_is_recorded_logged_or_shown(
    sandbox: NetvisorSandbox, export: Export, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    send(export)
    attempt = ExportAttempt.objects.get(export=export)
    kept = json.dumps(attempt.calls, default=str) + caplog.text + repr(door_of(export.connection))
    assert "/salesinvoice.nv" in kept
    for secret in CREDENTIALS.values():
        assert secret not in kept
    assert "documentdata" not in kept
    (written,) = (call for call in attempt.calls if call["path"] == "/salesinvoice.nv")
    assert "<salesinvoicestatus" in written["sent"]
    assert "KOMY" in written["sent"]
    assert "Tampere" not in written["sent"]  # no address of anybody


def test_nobody_answers(sandbox: NetvisorSandbox, connection: Connection, settings: Any) -> None:
    settings.SANDBOX_URLS = {"netvisor": "http://127.0.0.1:9"}
    with (
        adapter_of(connection) as adapter,
        pytest.raises(RetryLater, match="did not answer"),
    ):
        adapter.check()


# Credit notes.


def credited(invoice: Invoice) -> Export:
    note = cancel_invoice(invoice, reason="By mistake", actor=None)
    store_pdf(note)
    made: Export = Export.objects.get(invoice=note)
    return made


def test_a_credit_note_is_created_and_matched_as_two_steps(
    sandbox: NetvisorSandbox, export: Export, invoice: Invoice
) -> None:
    send(export)
    credit = send(credited(invoice))

    assert (credit.error, credit.status) == ("", Export.Status.SENT)
    original, arrived = stored(sandbox)
    assert (arrived["amount"], arrived["lines"][0]["quantity"]) == ("-125.50", "-1.00")
    assert (arrived["lines"][0]["price"], arrived["lines"][0]["vatSum"]) == ("100.00", "-25.50")
    assert arrived["matched"] == original["id"]
    assert (original["open"], original["status"]) == ("0.00", "paid")
    assert arrived["before"] == f"Credit note for invoice {invoice.number}"
    assert [step.key for step in credit.steps.all()] == ["create", "compare", "match"]


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "error_after"])
def test_a_match_of_unknown_outcome_is_looked_up(
    sandbox: NetvisorSandbox, export: Export, invoice: Invoice, kind: str
) -> None:
    send(export)
    credit = credited(invoice)
    fault(sandbox, kind, "POST", "/matchcreditnote.nv")
    send(credit)
    assert credit.status == Export.Status.WAITING
    assert credit.steps.get(key="create").done_at
    later(credit)
    send(credit)
    assert (credit.error, credit.status) == ("", Export.Status.SENT)
    assert credit.steps.get(key="match").was_found == ("after" in kind)
    assert len(stored(sandbox)) == 2


def test_a_credit_note_waits_until_both_are_sent_there(
    sandbox: NetvisorSandbox, export: Export, invoice: Invoice
) -> None:
    settle(export, status="unsent")
    send(export)
    credit = send(credited(invoice))
    assert credit.status == Export.Status.WAITING
    assert "matches a credit note when both are sent" in credit.error
    for one in stored(sandbox):
        sandbox.store.put("invoice", "kuusi", {**one, "status": "open"})
    assert send(credit).status == Export.Status.SENT
    assert stored(sandbox)[1]["matched"] == stored(sandbox)[0]["id"]


def test_a_match_that_is_refused_is_for_a_person(
    sandbox: NetvisorSandbox, export: Export, invoice: Invoice
) -> None:
    send(export)
    credit = credited(invoice)
    fault(sandbox, "refuse", "POST", "/matchcreditnote.nv", message="INVALID_DATA :: Ei onnistu")
    send(credit)
    assert (credit.status, credit.problem) == (Export.Status.FAILED, Problem.DIFFERS)
    assert "Match them there" in credit.error
    assert "Ei onnistu" in credit.error


# Numbers given there.


def test_netvisor_gives_the_number_where_we_have_none(
    sandbox: NetvisorSandbox, connection: Connection
) -> None:
    """Found again by the marker, as there is no number to look for."""
    unnumbered = outgoing(
        number="",
        marker="LASKURI-1-77",
        remote_customer_id=JARVIKANSA,
        lines=(line(remote_product_id=CONSULTING),),
    )
    delivery = Delivery(unnumbered, None, {}, write=lambda: None)
    with adapter_of(connection) as adapter:
        assert [step.key for step in adapter.plan(unnumbered)] == ["create"]
        made = adapter.run("create", delivery)
        again = adapter.run("create", delivery)
    assert made.remote_number
    assert (again.remote_id, again.remote_number) == (made.remote_id, made.remote_number)
    assert again.was_found
    assert len(stored(sandbox)) == 1
    connection.settings["status"] = "draft"
    with adapter_of(connection) as adapter, pytest.raises(Rejected, match="have no number"):
        adapter.plan(unnumbered)


# Customers and products.


def test_customers_are_found_added_and_changed(
    sandbox: NetvisorSandbox, connection: Connection
) -> None:
    with adapter_of(connection) as adapter:
        for text in ("9060137-8", "JV100", "järvikansa vak"):
            assert [one.name for one in adapter.search_partners(text)] == ["Järvikansa Vakuutus Oy"]
        assert adapter.search_partners("nobody of this name") == []
        assert len(adapter.list_partners(100)) == 4
        made = adapter.create_partner(
            PartnerDetails(name="Uusi Oy", number="C-77", country="FI", city="Turku",
                           business_id="0737546-2", email="a@uusi.example", contact_name="Aku")
        )  # fmt: skip
        assert (made.number, made.city, made.email) == ("C-77", "Turku", "a@uusi.example")
        assert made.contact_name == "Aku"
        with pytest.raises(Rejected, match="“Uusi Oy” with the customer number C-77"):
            adapter.create_partner(PartnerDetails(name="Uusi", number="C-77"))
        changed = adapter.update_partner(made.id, PartnerChanges(email="b@uusi.example"))
        assert (changed.email, changed.city) == ("b@uusi.example", "Turku")
        with pytest.raises(Rejected, match="does not exist in Netvisor any more"):
            adapter.read_partner("123")
        with pytest.raises(Rejected, match="no key of Netvisor"):
            adapter.read_partner("../x")


def test_products_are_found_and_added(sandbox: NetvisorSandbox, connection: Connection) -> None:
    with adapter_of(connection) as adapter:
        assert len(adapter.list_products(100)) == 4
        (found,) = adapter.search_products("konsul")
        assert (found.id, found.number, found.price) == ("2000", "KONS", Decimal(100))
        details = ProductDetails(
            name="Ilmansuodatin", number="P-1", unit="C62", price=Decimal("24.9"),
            tax_percent=Decimal("25.5"), account="3000",
        )  # fmt: skip
        made = adapter.create_product(details)
        assert [one.id for one in adapter.search_products("P-1")] == [made.id]
        with pytest.raises(Rejected, match="product number P-1 already"):
            adapter.create_product(details)


# Payments.


def exported(export: Export) -> Exported:
    return Exported(
        remote_id=export.remote_id,
        remote_number=export.remote_number,
        number=str(export.invoice.number),
        issue_date=export.invoice.issue_date,
        gross=export.invoice.gross_total,
        currency="EUR",
    )


def pay(server: Running, export: Export, amount: str, day: str) -> None:
    requests.post(
        f"{server.url}/_sandbox/invoices/{export.remote_id}/pay",
        data={"amount": amount, "date": day},
        timeout=5,
    )


def test_payments_are_read_with_their_days(server: Running, export: Export) -> None:
    send(export)
    pay(server, export, "25.50", "2026-11-25")
    pay(server, export, "100", "2026-12-01")
    with adapter_of(export.connection) as adapter:
        (found,) = adapter.read_settlements([exported(export)], None)
    assert (found.paid, found.status) == (Decimal("125.50"), "paid")
    assert [(one.amount, one.paid_on) for one in found.payments] == [
        (Decimal("25.50"), date(2026, 11, 25)), (Decimal("100.00"), date(2026, 12, 1)),
    ]  # fmt: skip
    assert len({one.id for one in found.payments}) == 2


def test_what_did_not_change_is_left_out_and_what_was_deleted_is_gone(
    server: Running, export: Export
) -> None:
    send(export)
    later_on = datetime.now(UTC) + timedelta(hours=2)
    with adapter_of(export.connection) as adapter:
        assert adapter.read_settlements([exported(export)], later_on) == []
        delete(server, "invoice", export.remote_id)
        (gone,) = adapter.read_settlements([exported(export)], later_on)
        assert gone.is_gone
        assert adapter.read_settlements([], None) == []


def test_a_matched_credit_note_is_no_payment(
    server: Running, export: Export, invoice: Invoice
) -> None:
    send(export)
    send(credited(invoice))
    with adapter_of(export.connection) as adapter:
        (found,) = adapter.read_settlements([exported(export)], None)
    assert (found.paid, found.payments) == (0, ())


def test_a_line_without_a_product_never_goes(sandbox: NetvisorSandbox, export: Export) -> None:
    ProductMapping.objects.all().delete()
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.NOT_MAPPED)
    assert sandbox.store.requests(limit=9) == []
