"""The adapter against the sandbox, with everything that goes wrong on the way."""

import json
import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.domain.access import door_of
from integrations.domain.connections import record_check
from integrations.models import Connection, Export, ExportAttempt, ExportStep
from integrations.ports import (
    AccessLost,
    Adapter,
    Exported,
    PartnerChanges,
    PartnerDetails,
    Rejected,
    RetryLater,
    Settlement,
)
from integrations.problems import Problem
from integrations.systems.lexoffice import lookup
from integrations.systems.lexoffice.adapter import LexofficeAdapter
from integrations.systems.lexoffice.assumptions import QUIET
from integrations.systems.lexoffice.sandbox import organisations
from integrations.systems.lexoffice.sandbox.server import Bucket, LexofficeSandbox
from invoicing.domain.crediting import cancel_invoice
from invoicing.models import Invoice
from tests.integrations.conftest import PDF, send, store_pdf
from tests.integrations.lexoffice.conftest import arrived, german, link, posted, requests_to
from tests.integrations.sandboxes import Running

CONTACT = organisations.stable_id("nordlicht", "contact", 1)
CATEGORY = organisations.stable_id("nordlicht", "category", "Einnahmen")
VOUCHERS = {"mode": "voucher", "category_net": CATEGORY}


def fault(sandbox: LexofficeSandbox, kind: str, method: str, path: str, **more: Any) -> None:
    sandbox.faults.add({"kind": kind, "method": method, "path": path, "seconds": 1, **more})


def set_up(connection: Connection, **settings: str) -> None:
    connection.settings = settings
    connection.save()


def later(export: Export) -> None:
    """As if the last request were made long ago."""
    for step in export.steps.filter(done_at=None):
        step.begun_at -= QUIET
        step.save()


def test_an_invoice_is_finished_there_and_its_number_comes_back(
    sandbox: LexofficeSandbox, served: Running, export: Export, invoice: Invoice
) -> None:
    send(export)

    assert (export.error, export.status) == ("", Export.Status.SENT)
    (there,) = arrived(sandbox)
    assert there["voucherStatus"] == "open"
    assert there["sent"]["address"]["contactId"] == CONTACT
    assert (export.remote_id, export.remote_number) == (there["uuid"], "RE1001")
    assert served.documents() == [
        {
            "number": "RE1001",
            "marker": f"LASKURI-{invoice.tenant_id}-{invoice.pk}",
            "net": "100.00",
            "gross": "119.00",
        }
    ]
    steps = ExportStep.objects.filter(export=export)
    assert [step.key for step in steps] == ["create", "compare"]


def test_a_draft_is_left_for_the_accountant(sandbox: LexofficeSandbox, export: Export) -> None:
    set_up(export.connection)
    send(export)
    assert export.status == Export.Status.SENT
    assert arrived(sandbox)[0]["voucherStatus"] == "draft"


def test_a_voucher_has_our_number_and_our_pdf(
    sandbox: LexofficeSandbox, export: Export, invoice: Invoice
) -> None:
    set_up(export.connection, **VOUCHERS)
    send(export)

    assert (export.error, export.status) == ("", Export.Status.SENT)
    (there,) = arrived(sandbox)
    assert (there["kind"], there["voucherNumber"]) == ("salesinvoice", invoice.number)
    assert there["sent"]["totalGrossAmount"] == 119
    assert export.remote_number == invoice.number
    (file,) = there["files"]
    assert file["name"] == f"{invoice.number}.pdf"
    assert sandbox.store.file("nordlicht", file["number"]) == PDF


def test_a_number_that_is_taken_there_is_not_used_twice(
    sandbox: LexofficeSandbox, export: Export
) -> None:
    set_up(export.connection, **VOUCHERS)
    send(export)
    there = arrived(sandbox)[0]
    there["sent"]["remark"] = "somebody else's"
    sandbox.store.put("document", "nordlicht", there)
    export.steps.all().delete()
    Export.objects.filter(pk=export.pk).update(
        status="waiting", sent_at=None, next_attempt_at=export.created_at
    )
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.UNCLEAR)
    assert "another voucher with the number" in export.error
    assert len(arrived(sandbox)) == 1


@pytest.mark.parametrize("mode", [{"finalize": "yes"}, VOUCHERS])
def test_a_credit_note_has_positive_sums(
    sandbox: LexofficeSandbox, export: Export, invoice: Invoice, mode: dict[str, str]
) -> None:
    set_up(export.connection, **mode)
    send(export)
    note = cancel_invoice(invoice, reason="Versehen", actor=None)
    store_pdf(note)
    credit = send(Export.objects.get(invoice=note))

    assert (credit.error, credit.status) == ("", Export.Status.SENT)
    original, there = arrived(sandbox)
    assert there["totalPrice"]["totalGrossAmount"] == 119
    if mode == VOUCHERS:
        assert (there["kind"], there["voucherNumber"]) == ("salescreditnote", note.number)
        return
    assert (there["kind"], there["voucherStatus"]) == ("creditnote", "paidoff")
    assert original["voucherStatus"] == "paid"
    assert "RE1001" in there["sent"]["introduction"]


def test_a_credit_note_asked_for_twice_is_there_once(
    sandbox: LexofficeSandbox, export: Export, invoice: Invoice
) -> None:
    """The second one is refused, as an invoice takes one: the first is looked for."""
    send(export)
    note = cancel_invoice(invoice, reason="Versehen", actor=None)
    store_pdf(note)
    fault(sandbox, "repeat", "POST", "/credit-notes")
    credit = send(Export.objects.get(invoice=note))
    assert (credit.error, credit.status) == ("", Export.Status.SENT)
    assert [one["kind"] for one in arrived(sandbox)] == ["invoice", "creditnote"]


def test_what_the_list_does_not_show_yet_is_looked_for_again(
    sandbox: LexofficeSandbox, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot be counted by it; after a minute it is read by its id alone."""
    real = lookup._since
    monkeypatch.setattr(lookup, "_since", lambda *_asked: [])
    send(export)
    assert (export.status, export.attempts) == (Export.Status.WAITING, 0)
    assert "does not list the document yet" in export.error
    ExportStep.objects.update(begun_at=timezone.now() - QUIET)
    send(export)
    assert (export.error, export.status) == ("", Export.Status.SENT)
    monkeypatch.setattr(lookup, "_since", real)
    assert len(arrived(sandbox)) == 1


@pytest.mark.parametrize("is_in_order", [True, False])
def test_a_double_is_found_among_many_in_whatever_order(
    sandbox: LexofficeSandbox,
    export: Export,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_in_order: bool,
) -> None:
    """Newest first the first page does; otherwise all of the day are read."""
    fault(sandbox, "repeat", "POST", "/invoices")
    fault(sandbox, "error_before", "GET", "/voucherlist")
    send(export)
    first = arrived(sandbox)[0]
    for number in range(60):
        at = datetime.fromisoformat(first["created"]) - timedelta(minutes=number + 1)
        older = {
            "id": 100 + number,
            "uuid": f"older-{number}",
            "created": at.isoformat(timespec="milliseconds"),
            "totalPrice": {**first["totalPrice"], "totalGrossAmount": 500},
        }
        sandbox.store.put("document", "nordlicht", {**first, **older})
    if is_in_order:
        rows = sandbox.store.texts
        newest = "json_extract(body, '$.created') DESC"
        monkeypatch.setattr(
            sandbox.store, "texts", lambda *asked, **more: rows(*asked, **{**more, "order": newest})
        )
    before = requests_to(sandbox, "GET", "/voucherlist")
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.UNCLEAR)
    assert "RE1001" in export.error
    assert "RE1002" in export.error
    assert requests_to(sandbox, "GET", "/voucherlist") - before == (1 if is_in_order else 3)


def test_a_second_credit_note_stands_alone(
    sandbox: LexofficeSandbox, export: Export, invoice: Invoice
) -> None:
    """Only one can be tied to an invoice; the next one would be refused."""
    send(export)
    there = arrived(sandbox)[0]
    there["related"] = [{"id": "x", "voucherNumber": "GU1", "voucherType": "creditnote"}]
    sandbox.store.put("document", "nordlicht", there)
    note = cancel_invoice(invoice, reason="Versehen", actor=None)
    store_pdf(note)
    credit = send(Export.objects.get(invoice=note))
    assert (credit.error, credit.status) == ("", Export.Status.SENT)
    assert arrived(sandbox)[1]["voucherStatus"] == "open"


def test_a_credit_note_of_a_draft_there_stands_alone(
    sandbox: LexofficeSandbox, export: Export, invoice: Invoice
) -> None:
    set_up(export.connection)
    send(export)
    note = cancel_invoice(invoice, reason="Versehen", actor=None)
    store_pdf(note)
    credit = send(Export.objects.get(invoice=note))
    assert (credit.error, credit.status) == ("", Export.Status.SENT)
    assert arrived(sandbox)[1]["related"] == []


# Unknown outcomes.

KINDS = [
    "timeout_before", "timeout_after", "drop_before", "drop_after", "error_before", "error_after",
]  # fmt: skip


@pytest.mark.parametrize("mode", [{"finalize": "yes"}, VOUCHERS])
@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_outcome_is_looked_up_and_nothing_is_done_twice(
    sandbox: LexofficeSandbox, export: Export, kind: str, mode: dict[str, str]
) -> None:
    set_up(export.connection, **mode)
    path = "/vouchers" if mode == VOUCHERS else "/invoices"
    fault(sandbox, kind, "POST", path)
    send(export)
    assert export.status == Export.Status.WAITING
    if kind.endswith("before"):
        # Right after a time-out nothing is written: it may still be stored.
        send(export)
        assert requests_to(sandbox, "POST", path) == 1
        later(export)
    send(export)
    assert (export.error, export.status) == ("", Export.Status.SENT)
    assert len(arrived(sandbox)) == 1
    assert requests_to(sandbox, "POST", path) == (1 if kind.endswith("after") else 2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_attached_once(sandbox: LexofficeSandbox, export: Export, kind: str) -> None:
    set_up(export.connection, **VOUCHERS)
    fault(sandbox, kind, "POST", "/vouchers/*/files")
    send(export)
    assert export.status == Export.Status.WAITING
    later(export)
    send(export)
    assert (export.error, export.status) == ("", Export.Status.SENT)
    assert len(arrived(sandbox)[0]["files"]) == 1


def test_among_many_alike_the_marker_decides(
    sandbox: LexofficeSandbox, connection: Connection, invoice: Invoice
) -> None:
    """Same customer, same sum: LASKURI-1-1 is not LASKURI-1-10."""
    others = [posted(customer=invoice.customer) for _number in range(4)]
    for other in others:
        send(Export.objects.get(invoice=other))
    export = Export.objects.get(invoice=invoice)
    fault(sandbox, "drop_after", "POST", "/invoices")
    send(export)
    send(export)
    assert export.status == Export.Status.SENT
    assert len({one["uuid"] for one in arrived(sandbox)}) == 5
    there = next(one for one in arrived(sandbox) if one["uuid"] == export.remote_id)
    assert there["sent"]["remark"].endswith(f"Ref LASKURI-{invoice.tenant_id}-{invoice.pk}")


def test_several_hits_go_to_a_person(sandbox: LexofficeSandbox, export: Export) -> None:
    fault(sandbox, "drop_after", "POST", "/invoices")
    send(export)
    there = arrived(sandbox)[0]
    sandbox.store.put("document", "nordlicht", {**there, "id": 99, "uuid": CATEGORY})
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.UNCLEAR)
    assert "several times: RE1001 (" in export.error
    assert CATEGORY in export.error


def test_other_sums_there_are_told_and_nothing_is_created_again(
    sandbox: LexofficeSandbox, export: Export
) -> None:
    fault(sandbox, "error_before", "GET", "/voucherlist")
    send(export)
    there = arrived(sandbox)[0]
    there["totalPrice"]["totalGrossAmount"] = 119.01
    sandbox.store.put("document", "nordlicht", there)
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.DIFFERS)
    assert "119.01 EUR for RE1001, and here it is 119.00 EUR" in export.error
    Export.objects.filter(pk=export.pk).update(
        status="waiting", problem="", error="", next_attempt_at=export.created_at
    )
    send(export)
    assert len(arrived(sandbox)) == 1


def test_a_document_deleted_there_meanwhile(sandbox: LexofficeSandbox, export: Export) -> None:
    fault(sandbox, "error_before", "GET", "/voucherlist")
    send(export)
    sandbox.store.remove("document", "nordlicht", arrived(sandbox)[0]["id"])
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.DIFFERS)
    assert "does not exist in Lexware Office any more" in export.error


# Refusals.


@pytest.mark.parametrize(
    ("message", "field", "sentence"),
    [
        ("unbekannt", "address.contactId", "Link it again. (Lexware Office: unbekannt)"),
        ("unbekannt", "lineItems[0].unitPrice.taxRatePercentage", "does not take the VAT rate"),
        ("missing_entity", "issue:company.name", "has no name. (Lexware Office: missing_entity)"),
        ("invalid_taxamount", "issue:voucherItems", "VAT is not that of its rates"),
        ("Unfug", "", "Lexware Office refused it: Unfug"),
    ],
)
def test_refusals_are_in_words(
    sandbox: LexofficeSandbox, export: Export, message: str, field: str, sentence: str
) -> None:
    fault(sandbox, "refuse", "POST", "/invoices", status=406, message=message, field=field)
    send(export)
    is_unlinked = field == "address.contactId"
    problem = Problem.NOT_LINKED if is_unlinked else Problem.REFUSED
    assert (export.status, export.problem) == (Export.Status.FAILED, problem)
    assert sentence in export.error
    assert not export.steps.filter(key="create").exists()


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (401, "does not accept the API key"),
        (402, "contract with Lexware Office does not include this"),
        (403, "lacks a permission"),
    ],
)
def test_what_concerns_the_whole_access_blames_no_document(
    sandbox: LexofficeSandbox, export: Export, status: int, sentence: str
) -> None:
    fault(sandbox, "refuse", "POST", "/invoices", status=status, message="no")
    send(export)
    assert (export.status, export.attempts) == (Export.Status.WAITING, 0)
    assert sentence in Connection.objects.get().trouble


def test_too_many_requests_pause_the_connection(sandbox: LexofficeSandbox, export: Export) -> None:
    fault(sandbox, "rate_limit", "POST", "/invoices", retry_after="none")
    send(export)
    assert export.status == Export.Status.WAITING
    assert Connection.objects.get().paused_until is not None
    send(export)
    assert export.status == Export.Status.SENT


@pytest.mark.parametrize("body", ["html", "empty", "json"])
def test_server_errors_are_tried_again(
    sandbox: LexofficeSandbox, export: Export, body: str
) -> None:
    fault(sandbox, "error_before", "GET", "/voucherlist", status=502, body=body)
    send(export)
    assert "(502)" in export.error
    send(export)
    assert export.status == Export.Status.SENT


@pytest.mark.parametrize("answer", ["[]", "{}", '"x"', "null", "<html>", '{"id": 7}'])
def test_an_answer_that_is_none_leaves_the_outcome_open(
    sandbox: LexofficeSandbox, export: Export, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.sandbox.web import Response

    monkeypatch.setattr(
        sandbox, "_dispatch", lambda _call: Response(200, answer.encode(), "application/json")
    )
    send(export)
    assert export.status == Export.Status.WAITING
    assert "could not be read" in export.error
    assert export.steps.filter(key="create", done_at=None).exists()


def test_an_endless_answer_is_cut(
    sandbox: LexofficeSandbox, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.http.MOST_BYTES", 50)
    send(export)
    assert export.status == Export.Status.WAITING


def test_an_unlinked_customer_is_sent_with_its_address(
    sandbox: LexofficeSandbox, connection: Connection
) -> None:
    set_up(connection, finalize="yes", unlinked="send")
    export = send(Export.objects.get(invoice=posted()))
    assert (export.error, export.status) == ("", Export.Status.SENT)
    assert arrived(sandbox)[0]["sent"]["address"]["name"] == "Hafenblick Verlag GmbH"


def test_a_contact_with_two_addresses_is_refused_in_words(
    sandbox: LexofficeSandbox, connection: Connection
) -> None:
    invoice = posted(customer=german(name="Rabatt"))
    link(connection, invoice.customer, organisations.stable_id("nordlicht", "contact", 3))
    export = send(Export.objects.get(invoice=invoice))
    assert export.status == Export.Status.FAILED
    assert "exactly one billing address" in export.error


def test_a_finnish_rate_is_refused_before_asking(
    sandbox: LexofficeSandbox, connection: Connection
) -> None:
    invoice = posted(rate="25.5")
    link(connection, invoice.customer, CONTACT)
    export = send(Export.objects.get(invoice=invoice))
    assert "knows no VAT of 25.5 %" in export.error
    assert requests_to(sandbox, "POST", "/invoices") == 0


def test_no_secret_is_recorded_logged_or_shown(
    export: Export, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    send(export)
    attempt = ExportAttempt.objects.get(export=export)
    kept = json.dumps(attempt.calls, default=str) + caplog.text + repr(door_of(export.connection))
    assert "/v1/invoices" in kept
    assert "nordlicht-api-key" not in kept
    assert "Bearer" not in kept


def test_the_rate_is_kept(sandbox: LexofficeSandbox, served: Running, export: Export) -> None:
    """Without our own limiter the sandbox answers 429, and nothing is lost or doubled by it."""
    sandbox.limits_rate = True
    sandbox.bucket = Bucket(per_second=0.01, at_once=1)
    send(export)
    sandbox.limits_rate = False
    send(export)
    assert (export.error, export.status) == ("", Export.Status.SENT)
    assert len(served.documents()) == 1


# Customers.


def test_customers_are_found_by_number_email_and_name(connection: Connection) -> None:
    with door_of(connection).open() as (adapter, _http):
        for text, name in [
            ("10001", "Hafenblick Verlag GmbH"),
            ("rechnung@hafenblick.example", "Hafenblick Verlag GmbH"),
            ("hafenblick", "Hafenblick Verlag GmbH"),
            ("<Wien> GmbH", "Alpenrad & Söhne <Wien> GmbH"),
            ("Alpenrad & S", "Alpenrad & Söhne <Wien> GmbH"),
            ("Rabatt_100%", "Rabatt_100% Handels UG"),
        ]:
            assert [one.name for one in adapter.search_partners(text)] == [name], text
        for nothing in ("xy", "___", "%%%", "nobody of this name", "10_01"):
            assert adapter.search_partners(nothing) == [], nothing
        assert len(adapter.list_partners(2000)) == 3


def test_a_customer_is_changed_as_a_whole_and_keeps_the_rest(
    sandbox: LexofficeSandbox, connection: Connection
) -> None:
    with door_of(connection).open() as (adapter, _http):
        changed = adapter.update_partner(
            CONTACT, PartnerChanges(email="neu@hafenblick.example", contact_name="Jan Ole Brandt")
        )
    assert (changed.email, changed.contact_name) == ("neu@hafenblick.example", "Jan Ole Brandt")
    stored = sandbox.store.get("contact", "nordlicht", 1)
    assert stored is not None
    assert stored["company"]["vatRegistrationId"] == "DE811569869"
    assert stored["company"]["contactPersons"][0]["primary"] is True
    assert stored["roles"]["customer"]["number"] == 10001
    assert stored["version"] == 2


@pytest.mark.parametrize(("status", "field"), [(409, ""), (406, "issue:version")])
def test_somebody_else_may_change_a_customer_meanwhile(
    sandbox: LexofficeSandbox, connection: Connection, status: int, field: str
) -> None:
    changes = PartnerChanges(email="neu@hafenblick.example")
    with door_of(connection).open() as (adapter, _http):
        fault(sandbox, "refuse", "PUT", "/contacts/*", status=status, field=field, times=2)
        assert adapter.update_partner(CONTACT, changes).email == "neu@hafenblick.example"
        assert requests_to(sandbox, "PUT", CONTACT) == 3
        fault(sandbox, "refuse", "PUT", "/contacts/*", status=status, field=field, times=3)
        with pytest.raises(Rejected, match="Somebody is changing"):
            adapter.update_partner(CONTACT, PartnerChanges(email="noch@hafenblick.example"))


def test_a_stale_version_is_refused_by_the_sandbox_itself(
    sandbox: LexofficeSandbox, served: Running
) -> None:
    import requests

    headers = {"Authorization": "Bearer nordlicht-api-key"}
    stored = requests.get(f"{served.url}/v1/contacts/{CONTACT}", headers=headers, timeout=5).json()
    for status in (406, 409):
        sandbox.stale_status = status
        answer = requests.put(
            f"{served.url}/v1/contacts/{CONTACT}",
            json={**stored, "version": 0},
            headers=headers,
            timeout=5,
        )
        assert answer.status_code == status


def test_a_customer_with_several_addresses_cannot_be_changed(connection: Connection) -> None:
    several = organisations.stable_id("nordlicht", "contact", 3)
    with (
        door_of(connection).open() as (adapter, _http),
        pytest.raises(Rejected, match="several addresses"),
    ):
        adapter.update_partner(several, PartnerChanges(email="a@b.example"))


def test_a_new_customer_is_not_made_twice(connection: Connection) -> None:
    details = PartnerDetails(
        name="Deichbau & Co KG", number="C-77", country="DE", street="Deich 1",
        email="buero@deichbau.example", contact_name="Ada Deich", vat_id="DE129273398",
    )  # fmt: skip
    with door_of(connection).open() as (adapter, _http):
        made = adapter.create_partner(details)
        assert (made.number, made.email) == ("10004", "buero@deichbau.example")
        assert (made.contact_name, made.business_id) == ("Ada Deich", "DE129273398")
        with pytest.raises(Rejected, match="“Deichbau & Co KG” with the customer number 10004"):
            adapter.create_partner(replace(details, number="C-78"))


def test_a_customer_that_is_gone(connection: Connection) -> None:
    with (
        door_of(connection).open() as (adapter, _http),
        pytest.raises(Rejected, match="does not exist in Lexware Office any more"),
    ):
        adapter.read_partner(CATEGORY)


# The check.


def test_a_check_reads_the_organisation_and_its_lists(connection: Connection) -> None:
    with door_of(connection).open() as (adapter, _http):
        found = adapter.check()
    assert (found.company, found.warnings) == ("Nordlicht Kontor GmbH", ())
    assert [CATEGORY, "Einnahmen"] in found.lists["categories"]
    assert all(name != "Bürobedarf" for _key, name in found.lists["categories"])
    assert [name for _key, name in found.lists["print_layouts"]] == ["Standard", "Briefpapier"]


def test_a_check_warns_of_a_plan_without_invoices_and_of_small_businesses(
    connection: Connection,
) -> None:
    connection.credentials = {"api_key": "kleinstein-api-key"}
    with door_of(connection).open() as (adapter, _http):
        plan, small = adapter.check().warnings
    assert "does not include invoices" in plan
    assert "small business" in small


def test_the_key_of_another_company_stops_the_connection(export: Export) -> None:
    connection = export.connection
    with door_of(connection).open() as (adapter, _http):
        record_check(connection.pk, adapter.check(), actor=None)
    connection.refresh_from_db()
    connection.credentials = {"api_key": "kleinstein-api-key"}
    with door_of(connection).open() as (adapter, _http):
        stopped = record_check(connection.pk, adapter.check(), actor=None)
    assert "Kleinstein Gestaltung" in stopped.trouble
    assert stopped.remote["company"] == "Nordlicht Kontor GmbH"


@pytest.mark.parametrize("key", ["", "wrong", "ключ", "two words", "a\nb"])
def test_wrong_keys(connection: Connection, key: str) -> None:
    connection.credentials = {"api_key": key}
    with door_of(connection).open() as (adapter, _http), pytest.raises(AccessLost):
        adapter.check()


def test_nobody_answers(connection: Connection, settings: Any) -> None:
    settings.SANDBOX_URLS = {"lexoffice": "http://127.0.0.1:9"}
    with (
        door_of(connection).open() as (adapter, _http),
        pytest.raises(RetryLater, match="did not answer"),
    ):
        adapter.check()


def test_a_redirect_is_not_followed(
    sandbox: LexofficeSandbox, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.sandbox.web import Response

    away = Response(302, headers={"Location": "http://169.254.169.254/"})
    monkeypatch.setattr(sandbox, "_dispatch", lambda _call: away)
    with (
        door_of(connection).open() as (adapter, _http),
        pytest.raises(RetryLater, match=r"unexpected way \(302\)"),
    ):
        adapter.check()


# Payments.


def document(export: Export) -> Exported:
    return Exported(
        remote_id=export.remote_id,
        remote_number=export.remote_number,
        number=str(export.invoice.number),
        issue_date=export.invoice.issue_date,
        gross=export.invoice.gross_total,
        currency="EUR",
    )


def read(adapter: Adapter, documents: list[Exported], since: Any = None) -> list[Settlement]:
    assert isinstance(adapter, LexofficeAdapter)
    return adapter.read_settlements(documents, since)


def pay(served: Running, number: int, amount: str = "") -> None:
    import requests

    url = f"{served.url}/_sandbox/documents/nordlicht/{number}/pay"
    answer = requests.post(url, data={"amount": amount}, allow_redirects=False, timeout=5)
    assert answer.status_code == 303


@pytest.mark.parametrize("mode", [{"finalize": "yes"}, VOUCHERS])
def test_payments_are_read_each_with_an_id_that_stays(
    served: Running, export: Export, mode: dict[str, str]
) -> None:
    set_up(export.connection, **mode)
    send(export)
    with door_of(export.connection).open() as (adapter, _http):
        (before,) = read(adapter, [document(export)])
        for amount in ("19", "50", "50"):
            pay(served, 1, amount)
        (after,) = read(adapter, [document(export)])
        (again,) = read(adapter, [document(export)])
    assert before.paid == 0
    assert not before.payments
    assert after.paid == 119
    assert after.status == "paid"
    assert len({one.id for one in after.payments}) == 3
    assert after == again


def test_a_credit_note_taken_off_is_no_payment(export: Export, invoice: Invoice) -> None:
    send(export)
    note = cancel_invoice(invoice, reason="Versehen", actor=None)
    store_pdf(note)
    send(Export.objects.get(invoice=note))
    with door_of(export.connection).open() as (adapter, _http):
        (found,) = read(adapter, [document(export)])
    assert found.paid == 0
    assert found.status == "paid"


def test_documents_gone_or_still_drafts(
    sandbox: LexofficeSandbox, served: Running, export: Export
) -> None:
    set_up(export.connection)
    send(export)
    with door_of(export.connection).open() as (adapter, _http):
        assert read(adapter, [document(export)]) == []
        sandbox.store.remove("document", "nordlicht", 1)
        (gone,) = read(adapter, [document(export)])
    assert gone.is_gone


def test_of_many_only_those_that_changed_are_asked_for(
    sandbox: LexofficeSandbox, served: Running, connection: Connection, invoice: Invoice
) -> None:
    from django.utils import timezone

    exports = [Export.objects.get(invoice=invoice)]
    exports += [Export.objects.get(invoice=posted(customer=invoice.customer)) for _i in range(6)]
    for one in exports:
        send(one)
    for there in arrived(sandbox):
        sandbox.store.put(
            "document", "nordlicht", {**there, "updated": "2020-01-01T10:00:00.000+01:00"}
        )
    pay(served, 3)
    with door_of(connection).open() as (adapter, http):
        found = read(adapter, [document(one) for one in exports], timezone.now())
        assert [one.remote_id for one in found] == [exports[2].remote_id]
        assert len(http.calls) == 2
