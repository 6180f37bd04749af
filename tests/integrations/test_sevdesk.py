"""sevDesk's adapter against its sandbox, with everything that goes wrong on the way."""

import dataclasses
import json
import logging
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from integrations.domain import outbox
from integrations.domain.access import door_of
from integrations.domain.connections import check
from integrations.domain.settlements import settle_documents
from integrations.http import Http
from integrations.models import (
    Connection,
    DocumentAnswers,
    Export,
    ExportAttempt,
    ExportStep,
)
from integrations.ports import (
    AccessLost,
    Delivery,
    Exported,
    OutgoingFile,
    OutOfTurn,
    PartnerChanges,
    PartnerDetails,
    Rejected,
    RetryLater,
    StepResult,
)
from integrations.problems import Problem
from integrations.sandbox.web import Response
from integrations.systems.sevdesk.adapter import SevdeskAdapter
from integrations.systems.sevdesk.assumptions import QUIET
from integrations.systems.sevdesk.sandbox.server import SevdeskSandbox
from invoicing.domain.crediting import cancel_invoice
from invoicing.domain.drafting import new_draft
from invoicing.domain.lines import price_line, save_totals
from invoicing.domain.payments.settling import open_amounts
from invoicing.domain.posting import post_invoice
from invoicing.models import Invoice, InvoiceLine, Payment
from tenants.scope import current_tenant_id
from tests.factories import CustomerFactory, TaxRateFactory
from tests.integrations.conftest import PDF, send, store_pdf
from tests.integrations.conftest import link as link_to
from tests.integrations.sandboxes import Running, running
from tests.integrations.test_sevdesk_mapping import german, item

FOERDE, KLINIK = "880011", "880012"
TOKEN = "0f5c1a7be4d2936881c7a05e3b9d4f12"
OLD_TOKEN = "b7d8e0c94a1f4f6c8a3e5d2b17c6f093"
SMALL_TOKEN = "4c9e6a2d8b1f47d0953ae6c1f2087b5d"


@pytest.fixture
def there(tmp_path: Path, settings: Any) -> Iterator[Running]:
    with running("sevdesk", tmp_path / "sandbox", settings) as found:
        yield found


@pytest.fixture
def sandbox(there: Running) -> SevdeskSandbox:
    assert isinstance(there.program, SevdeskSandbox)
    return there.program


@pytest.fixture
def connection(tenant: Any, there: Running) -> Connection:
    return there.connect()


@pytest.fixture
def invoice(connection: Connection) -> Invoice:
    made = posted()
    link_to(connection, made.customer, FOERDE)
    return made


@pytest.fixture
def export(invoice: Invoice) -> Export:
    made: Export = Export.objects.get(invoice=invoice)
    return made


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits 30 seconds here for an answer that does not come."""
    init = Http.__init__

    def hasty(self: Http, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **{**kwargs, "seconds": 0.6})

    monkeypatch.setattr(Http, "__init__", hasty)


def posted(*, customer: Any = None, percent: str = "19", **fields: Any) -> Invoice:
    if fields:
        fields["exemption_reason"] = "By law"
    rate = TaxRateFactory(name=f"{percent} %", percent=Decimal(percent), is_default=False, **fields)
    TaxRateFactory()
    draft = new_draft(
        customer=customer or CustomerFactory(country="DE", vat_id="DE954013705"),
        actor=None,
        issue_date=date(2026, 11, 20),
    )
    line = InvoiceLine(
        invoice=draft,
        position=1,
        text="Wartung im Oktober",
        quantity=Decimal("2.5"),
        unit_price=Decimal(96),
        tax_rate=rate,
    )
    price_line(line, currency=draft.currency)
    line.save()
    save_totals(draft)
    made = post_invoice(draft, actor=None)
    store_pdf(made)
    return made


def setting(export: Export, **changes: str) -> None:
    export.connection.settings = {**export.connection.settings, **changes}
    export.connection.save()


def fault(sandbox: SevdeskSandbox, kind: str, method: str, path: str, **more: Any) -> None:
    sandbox.faults.add({"kind": kind, "method": method, "path": path, "seconds": 1, **more})


def stored(sandbox: SevdeskSandbox, kind: str = "Invoice") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.store.find(kind, "nordlicht", [], order="id")
    return found


def change(sandbox: SevdeskSandbox, number: int, **changes: Any) -> None:
    found = sandbox.store.get("Invoice", "nordlicht", number)
    assert found is not None
    sandbox.store.put("Invoice", "nordlicht", {**found, **changes})


def requests_to(sandbox: SevdeskSandbox, method: str, path: str) -> int:
    kept = sandbox.store.requests(limit=500, before=None)
    return sum(1 for one in kept if one["method"] == method and one["path"].endswith(path))


def later(export: Export) -> None:
    """As if the last request were made long ago."""
    for step in export.steps.filter(done_at=None):
        step.begun_at -= QUIET
        step.save()


def again(export: Export) -> Export:
    Export.objects.filter(pk=export.pk).update(
        status="waiting", next_attempt_at=timezone.now(), sent_at=None, problem="", error=""
    )
    return send(export)


# Creating and opening.


def test_an_invoice_arrives_with_our_number_and_is_opened(
    sandbox: SevdeskSandbox, export: Export, invoice: Invoice, there: Running
) -> None:
    send(export)

    assert (export.error, export.status) == ("", Export.Status.SENT)
    (arrived,) = stored(sandbox)
    assert (arrived["status"], arrived["sendType"]) == (200, "VPDF")
    assert arrived["invoiceNumber"] == invoice.number
    assert arrived["contact"]["id"] == 880011
    assert arrived["contactPerson"]["id"] == 5501
    assert arrived["taxRule"] == {"id": "1", "objectName": "TaxRule"}
    assert arrived["customerInternalNote"] == f"LASKURI-{invoice.tenant_id}-{invoice.pk}"
    assert (arrived["sumNet"], arrived["sumTax"], arrived["sumGross"]) == ("240", "45.6", "285.6")
    assert export.remote_id == str(arrived["id"])
    assert export.remote_number == invoice.number
    steps = ExportStep.objects.filter(export=export)
    assert [step.key for step in steps] == ["create", "open"]
    assert there.documents() == [
        {
            "number": invoice.number,
            "marker": f"LASKURI-{invoice.tenant_id}-{invoice.pk}",
            "net": "240.00",
            "gross": "285.60",
        }
    ]


def test_a_draft_stays_a_draft_where_the_connection_says_so(
    sandbox: SevdeskSandbox, export: Export
) -> None:
    setting(export, until="draft")
    send(export)
    assert export.status == Export.Status.SENT
    assert stored(sandbox)[0]["status"] == 100


def test_sevdesk_mails_it_where_the_connection_says_so(
    sandbox: SevdeskSandbox, export: Export, invoice: Invoice
) -> None:
    setting(export, until="email")
    send(export)
    assert (export.error, export.status) == ("", Export.Status.SENT)
    (mail,) = stored(sandbox, "Email")
    assert mail["to"] == "invoices@customer.example"
    assert mail["subject"] == f"Invoice {invoice.number} from {invoice.seller['legal_name']}"
    assert stored(sandbox)[0]["status"] == 200
    assert requests_to(sandbox, "PUT", "/sendBy") == 0


def test_without_an_address_nothing_is_mailed_and_nothing_saved(
    sandbox: SevdeskSandbox, connection: Connection
) -> None:
    made = posted(customer=CustomerFactory(country="DE", email=""))
    link_to(connection, made.customer, FOERDE)
    export = Export.objects.get(invoice=made)
    setting(export, until="email")
    send(export)
    assert export.status == Export.Status.FAILED
    assert "no e-mail address" in export.error
    assert stored(sandbox) == []


def test_our_pdf_goes_with_the_draft(sandbox: SevdeskSandbox, export: Export) -> None:
    setting(export, pdf="ours")
    send(export)
    assert (export.error, export.status) == ("", Export.Status.SENT)
    assert sandbox.store.file("nordlicht", stored(sandbox)[0]["_file"]) == PDF


def test_the_settings_choose_person_and_how_it_counts_as_sent(
    sandbox: SevdeskSandbox, export: Export
) -> None:
    setting(export, contact_person="5502", send_type="VP")
    send(export)
    (arrived,) = stored(sandbox)
    assert (arrived["contactPerson"]["id"], arrived["sendType"]) == (5502, "VP")


WRITES = [("POST", "/Invoice/Factory/saveInvoice"), ("PUT", "/Invoice/*/sendBy")]
UNKNOWN = [
    "timeout_before", "timeout_after", "drop_before", "drop_after", "error_before", "error_after",
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("kind", UNKNOWN)
def test_an_unknown_outcome_is_looked_up_and_nothing_is_done_twice(
    sandbox: SevdeskSandbox, export: Export, kind: str, method: str, path: str
) -> None:
    fault(sandbox, kind, method, path)
    send(export)
    assert export.status == Export.Status.WAITING
    assert export.steps.filter(done_at=None).count() == 1
    later(export)

    send(export)

    assert (export.error, export.status) == ("", Export.Status.SENT)
    (arrived,) = stored(sandbox)
    assert arrived["status"] == 200
    assert export.steps.filter(was_found=True).count() == (1 if "after" in kind else 0)


@pytest.mark.parametrize("kind", UNKNOWN)
def test_an_e_mail_goes_out_once(sandbox: SevdeskSandbox, export: Export, kind: str) -> None:
    setting(export, until="email")
    fault(sandbox, kind, "POST", "/Invoice/*/sendViaEmail")
    send(export)
    later(export)
    send(export)
    assert (export.error, export.status) == ("", Export.Status.SENT)
    assert len(stored(sandbox, "Email")) == 1


def test_soon_after_a_time_out_nothing_is_saved_again(
    sandbox: SevdeskSandbox, export: Export
) -> None:
    fault(sandbox, "timeout_before", "POST", "/Invoice/Factory/saveInvoice")
    send(export)
    writes = requests_to(sandbox, "POST", "/saveInvoice")
    send(export)
    assert export.status == Export.Status.WAITING
    assert "not known whether the last request arrived" in export.error
    assert requests_to(sandbox, "POST", "/saveInvoice") == writes
    assert export.next_attempt_at is not None
    assert export.next_attempt_at > timezone.now() + timedelta(seconds=100)


def test_a_mark_is_found_although_the_filter_is_ignored(
    sandbox: SevdeskSandbox, export: Export, invoice: Invoice
) -> None:
    """Then every invoice is answered, and only ours is ours."""
    sandbox.switches.ignores_note_filter = True
    other = Export.objects.get(invoice=posted(customer=invoice.customer))
    send(other)
    fault(sandbox, "drop_after", "POST", "/Invoice/Factory/saveInvoice")
    send(export)
    send(export)
    assert export.status == Export.Status.SENT
    assert export.steps.get(key="create").was_found
    assert len(stored(sandbox)) == 2
    assert export.remote_id != Export.objects.get(pk=other.pk).remote_id


def test_several_with_our_mark_are_for_a_person(sandbox: SevdeskSandbox, export: Export) -> None:
    send(export)
    (first,) = stored(sandbox)
    sandbox.store.put("Invoice", "nordlicht", {**first, "id": 99, "invoiceNumber": "X-7"})
    export.steps.all().delete()
    again(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.UNCLEAR)
    assert "several times" in export.error
    assert "X-7" in export.error


def test_a_number_that_somebody_else_took_is_told(sandbox: SevdeskSandbox, export: Export) -> None:
    """Whether sevDesk takes a number twice is not documented; we do not try."""
    send(export)
    change(sandbox, stored(sandbox)[0]["id"], customerInternalNote="by hand")
    export.steps.all().delete()
    again(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.DIFFERS)
    assert "another document with the number" in export.error
    assert len(stored(sandbox)) == 1


def test_a_draft_that_was_deleted_there_is_told(sandbox: SevdeskSandbox, export: Export) -> None:
    fault(sandbox, "error_before", "PUT", "/Invoice/*/sendBy")
    send(export)
    sandbox.store.remove("Invoice", "nordlicht", stored(sandbox)[0]["id"])
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.DIFFERS)
    assert "does not exist in sevDesk any more" in export.error


def test_a_draft_that_was_opened_there_is_not_opened_again(
    sandbox: SevdeskSandbox, export: Export
) -> None:
    fault(sandbox, "error_before", "PUT", "/Invoice/*/sendBy")
    send(export)
    change(sandbox, stored(sandbox)[0]["id"], status=200)
    send(export)
    assert export.status == Export.Status.SENT
    assert export.steps.get(key="open").was_found
    assert requests_to(sandbox, "PUT", "/sendBy") == 1


@pytest.mark.parametrize("status", [100, 200])
def test_sums_that_differ_are_left_as_they_are_and_told(
    sandbox: SevdeskSandbox, export: Export, status: int
) -> None:
    fault(sandbox, "error_before", "PUT", "/Invoice/*/sendBy")
    send(export)
    change(sandbox, stored(sandbox)[0]["id"], sumTax="45.61", sumGross="285.61", status=status)
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.DIFFERS)
    assert "reckons 45.61 EUR, the document says 45.6 (VAT)" in export.error
    assert stored(sandbox)[0]["status"] == status


def test_tax_rounded_by_position_is_seen_before_it_counts(
    sandbox: SevdeskSandbox, export: Export, invoice: Invoice
) -> None:
    sandbox.switches.rounds_per_position = True
    rate = InvoiceLine.objects.get(invoice=invoice).tax_rate
    draft = new_draft(customer=invoice.customer, actor=None, issue_date=date(2026, 11, 20))
    for position in (1, 2, 3):
        line = InvoiceLine(
            invoice=draft, position=position, text="x", quantity=Decimal(1),
            unit_price=Decimal("0.97"), tax_rate=rate,
        )  # fmt: skip
        price_line(line, currency=draft.currency)
        line.save()
    save_totals(draft)
    made = Export.objects.get(invoice=post_invoice(draft, actor=None))
    send(made)
    assert made.problem == Problem.DIFFERS
    assert "reckons 0.54 EUR, the document says 0.55" in made.error


def test_another_number_there_is_told(sandbox: SevdeskSandbox, export: Export) -> None:
    fault(sandbox, "error_before", "PUT", "/Invoice/*/sendBy")
    send(export)
    change(sandbox, stored(sandbox)[0]["id"], invoiceNumber="RE-9")
    send(export)
    assert "has the number RE-9 in sevDesk" in export.error


# Answers of all shapes.


def test_bare_answers_are_read_as_wrapped_ones(sandbox: SevdeskSandbox, export: Export) -> None:
    sandbox.switches.unwrapped = True
    send(export)
    assert (export.error, export.status) == ("", Export.Status.SENT)


def odd(sandbox: SevdeskSandbox, monkeypatch: Any, path: str, response: Response) -> None:
    """Once, one address answers with something else."""
    dispatch, left = sandbox.dispatch, [response]

    def answer(call: Any) -> Response:
        if call.path.endswith(path) and left:
            return left.pop()
        return dispatch(call)

    monkeypatch.setattr(sandbox, "dispatch", answer)


HTML = Response(200, b"<html><h1>Maintenance</h1></html>", "text/html")
ODD = {
    "html": HTML,
    "not json": Response(200, b"OK", "text/plain"),
    "empty": Response(201, b"", "application/json"),
    "nothing": Response(200, b"null", "application/json"),
    "number": Response(200, b"7", "application/json"),
    "no document": Response(201, b'{"objects": {"invoice": null}}', "application/json"),
    "redirect": Response(302, b"", "", {"Location": "https://elsewhere.example/"}),
}


@pytest.mark.parametrize("kind", sorted(ODD))
@pytest.mark.parametrize("path", ["/saveInvoice", "/sendBy", "/Invoice", "/SevUser"])
def test_an_odd_answer_is_asked_again(
    sandbox: SevdeskSandbox, export: Export, monkeypatch: Any, kind: str, path: str
) -> None:
    odd(sandbox, monkeypatch, path, ODD[kind])
    send(export)
    if path != "/sendBy" or export.status != Export.Status.SENT:
        assert export.status == Export.Status.WAITING
        assert "sevDesk" in export.error
        later(export)
        send(export)
    assert (export.error, export.status) == ("", Export.Status.SENT)
    assert len(stored(sandbox)) == 1


@pytest.mark.parametrize("path", ["/saveInvoice", "/sendBy"])
def test_an_error_inside_a_success_is_an_error(
    sandbox: SevdeskSandbox, export: Export, monkeypatch: Any, path: str
) -> None:
    body = b'{"objects": null, "error": {"message": "Closed year", "code": null}}'
    odd(sandbox, monkeypatch, path, Response(200, body, "application/json"))
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.REFUSED)
    assert export.error == "sevDesk refused it: Closed year"


def test_an_answer_that_never_ends_is_cut(
    sandbox: SevdeskSandbox, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.http.MOST_BYTES", 50)
    send(export)
    assert export.status == Export.Status.WAITING
    assert "did not answer" in export.error


@pytest.mark.parametrize("body", ["html", "empty", "json"])
def test_server_errors_are_tried_again(sandbox: SevdeskSandbox, export: Export, body: str) -> None:
    fault(sandbox, "error_before", "GET", "/Invoice", status=502, body=body)
    send(export)
    assert export.status == Export.Status.WAITING
    assert "(502)" in export.error
    send(export)
    assert export.status == Export.Status.SENT


# Refusals.


@pytest.mark.parametrize(
    ("message", "words", "problem"),
    [
        ("Contact not found", "linked customer does not exist in sevDesk any more", "not_linked"),
        ("The tax rate 19 is not allowed for taxRule 5", "does not know this VAT rate", "refused"),
        ("something of tomorrow", "sevDesk refused it: something of tomorrow", "refused"),
    ],
)
def test_a_refusal_is_told_in_words_and_not_tried_again(
    sandbox: SevdeskSandbox, export: Export, message: str, words: str, problem: str
) -> None:
    fault(sandbox, "refuse", "POST", "/Invoice/Factory/saveInvoice", status=422, message=message)
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, problem)
    assert words in export.error
    assert not export.steps.exists()


def test_a_customer_that_was_deleted_there(sandbox: SevdeskSandbox, export: Export) -> None:
    sandbox.store.remove("Contact", "nordlicht", 880011)
    send(export)
    assert export.status == Export.Status.FAILED
    assert "Link it again" in export.error


def test_a_tax_profile_that_refuses_the_rule_leaves_the_draft(
    sandbox: SevdeskSandbox, export: Export
) -> None:
    sandbox.switches.refused_rules = ("1",)
    send(export)
    assert export.status == Export.Status.FAILED
    assert "tax profile of the company refuses this tax rule" in export.error
    assert stored(sandbox)[0]["status"] == 100
    sandbox.switches.refused_rules = ()
    again(export)
    assert export.status == Export.Status.SENT
    assert len(stored(sandbox)) == 1


def test_a_rate_that_sevdesk_does_not_know(sandbox: SevdeskSandbox, invoice: Invoice) -> None:
    other = Export.objects.get(invoice=posted(customer=invoice.customer, percent="16"))
    send(other)
    assert other.status == Export.Status.FAILED
    assert "knows no VAT of 16 %" in other.error
    assert requests_to(sandbox, "POST", "/saveInvoice") == 0


def test_a_country_that_sevdesk_does_not_know(
    sandbox: SevdeskSandbox, connection: Connection
) -> None:
    made = posted(customer=CustomerFactory(country="MT"))
    link_to(connection, made.customer, FOERDE)
    export = send(Export.objects.get(invoice=made))
    assert "does not know the country “MT”" in export.error


# Bookkeeping.


def test_a_company_that_was_moved_to_the_new_bookkeeping_is_noticed(
    sandbox: SevdeskSandbox, export: Export, invoice: Invoice
) -> None:
    """What is kept of it says 1.0 still; the refusal is the first to tell."""
    sandbox.versions["nordlicht"] = "1.0"
    send(export)
    assert stored(sandbox)[0]["taxType"] == "default"
    sandbox.versions["nordlicht"] = "2.0"
    exempt = posted(customer=invoice.customer, percent="0", category="O")
    other = Export.objects.get(invoice=exempt)

    send(other)

    assert (other.error, other.status) == ("", Export.Status.SENT)
    assert stored(sandbox)[1]["taxRule"]["id"] == "17"
    assert requests_to(sandbox, "GET", "/bookkeepingSystemVersion") == 2
    assert requests_to(sandbox, "POST", "/saveInvoice") == 3


def test_the_register_is_read_once_a_day(
    sandbox: SevdeskSandbox, export: Export, invoice: Invoice
) -> None:
    send(export)
    send(Export.objects.get(invoice=posted(customer=invoice.customer)))
    for path in ("/bookkeepingSystemVersion", "/SevUser", "/Unity", "/StaticCountry"):
        assert requests_to(sandbox, "GET", path) == 1, path


def test_the_old_bookkeeping(sandbox: SevdeskSandbox, there: Running, tenant: Any) -> None:
    connection = there.connect(settings={"until": "open", "tax_set_home": "801"})
    connection.credentials = {"token": OLD_TOKEN}
    connection.save()
    made = posted(percent="0", category="AE")
    link_to(connection, made.customer, "880011")
    export = send(Export.objects.get(invoice=made))
    assert (export.error, export.status) == ("", Export.Status.SENT)
    (arrived,) = sandbox.store.find("Invoice", "altbau")
    assert (arrived["taxType"], arrived["taxSet"]["id"]) == ("custom", "801")
    assert arrived["taxRule"] is None


def test_a_small_business(sandbox: SevdeskSandbox, there: Running, tenant: Any) -> None:
    connection = there.connect()
    connection.credentials = {"token": SMALL_TOKEN}
    connection.save()
    with door_of(connection).open() as (adapter, _http):
        found = adapter.check()
    connection.remote = {"lists": found.lists}
    connection.save()
    made = posted(percent="0", category="E")
    link_to(connection, made.customer, "880011")
    export = send(Export.objects.get(invoice=made))
    assert (export.error, export.status) == ("", Export.Status.SENT)
    (arrived,) = sandbox.store.find("Invoice", "kleinbetrieb")
    assert (arrived["taxRule"]["id"], arrived["smallSettlement"]) == ("11", True)

    credit = send(Export.objects.get(invoice=cancel_invoice(made, reason="x", actor=None)))
    assert credit.status == Export.Status.FAILED
    assert "Make it in sevDesk, then close this export." in credit.error


# Numbers given there.


def opened(connection: Connection) -> Any:
    return door_of(connection).open()


def run(adapter: SevdeskAdapter, step: str, **fields: Any) -> StepResult:
    done = fields.pop("done", {})
    written_at = fields.pop("written_at", None)
    delivery = Delivery(
        german(remote_customer_id=FOERDE, **fields),
        OutgoingFile("x.pdf", PDF),
        done,
        write=lambda: None,
        written_at=written_at,
        begun=dict.fromkeys(done, timezone.now()),
    )
    return adapter.run(step, delivery)


def test_sevdesk_gives_the_number_when_it_opens_the_document(
    sandbox: SevdeskSandbox, connection: Connection
) -> None:
    with opened(connection) as (adapter, _http):
        invoice = german(number="")
        assert [step.key for step in adapter.plan(invoice)] == ["create", "open"]
        created = run(adapter, "create", number="")
        assert created.remote_number == ""
        done = run(adapter, "open", number="", done={"create": created})
    assert done.remote_number == "RE-1042"
    assert stored(sandbox)[0]["invoiceNumber"] == "RE-1042"


def test_a_draft_brings_no_number(connection: Connection) -> None:
    connection.settings = {"until": "draft"}
    with opened(connection) as (adapter, _http), pytest.raises(Rejected, match="when a document"):
        adapter.plan(german(number=""))


# Credit notes.


def test_a_credit_note_reduces_its_invoice(
    sandbox: SevdeskSandbox, export: Export, invoice: Invoice, there: Running
) -> None:
    send(export)
    note = cancel_invoice(invoice, reason="By mistake", actor=None)
    store_pdf(note)
    credit = send(Export.objects.get(invoice=note))

    assert (credit.error, credit.status) == ("", Export.Status.SENT)
    (arrived,) = stored(sandbox, "CreditNote")
    assert arrived["creditNoteNumber"] == note.number
    assert arrived["bookingCategory"] == "UNDERACHIEVEMENT"
    assert arrived["refSrcInvoice"]["id"] == int(export.remote_id)
    assert (arrived["status"], arrived["sumGross"]) == (200, "285.6")
    listed = {one["number"]: one["gross"] for one in there.documents()}
    assert listed == {invoice.number: "285.60", note.number: "-285.60"}


@pytest.mark.parametrize("is_taken", [True, False])
def test_our_pdf_goes_with_a_credit_note_too(
    sandbox: SevdeskSandbox, export: Export, invoice: Invoice, *, is_taken: bool
) -> None:
    """Where sevDesk takes none for credit notes, nothing is lost by it."""
    sandbox.switches.credit_notes_take_files = is_taken
    send(export)
    note = cancel_invoice(invoice, reason="By mistake", actor=None)
    store_pdf(note, b"%PDF-1.7 a credit note")
    setting(export, pdf="ours")
    credit = send(Export.objects.get(invoice=note))
    assert (credit.error, credit.status) == ("", Export.Status.SENT)
    (arrived,) = stored(sandbox, "CreditNote")
    kept = sandbox.store.file("nordlicht", arrived.get("_file") or 0)
    assert kept == (b"%PDF-1.7 a credit note" if is_taken else None)


@pytest.mark.parametrize("kind", ["timeout_after", "error_before", "drop_after"])
@pytest.mark.parametrize("path", ["/CreditNote/Factory/saveCreditNote", "/CreditNote/*/sendBy"])
def test_a_credit_note_is_made_once(
    sandbox: SevdeskSandbox, export: Export, invoice: Invoice, kind: str, path: str
) -> None:
    send(export)
    credit = Export.objects.get(invoice=cancel_invoice(invoice, reason="x", actor=None))
    fault(sandbox, kind, "*", path)
    send(credit)
    assert credit.status == Export.Status.WAITING
    later(credit)
    send(credit)
    assert (credit.error, credit.status) == ("", Export.Status.SENT)
    (arrived,) = stored(sandbox, "CreditNote")
    assert arrived["status"] == 200


def test_a_credit_note_of_an_invoice_that_is_not_there(
    sandbox: SevdeskSandbox, connection: Connection
) -> None:
    lone = german(is_credit_note=True, corrected_number="2026-0001")
    with opened(connection) as (adapter, _http), pytest.raises(Rejected, match="2026-0001 first"):
        adapter.plan(lone)


def test_a_credit_note_of_a_draft_there_is_told(
    sandbox: SevdeskSandbox, export: Export, invoice: Invoice
) -> None:
    send(export)
    change(sandbox, int(export.remote_id), status=100)
    credit = send(Export.objects.get(invoice=cancel_invoice(invoice, reason="x", actor=None)))
    assert "still a draft in sevDesk" in credit.error


def test_a_credit_note_without_a_number_takes_the_next_one(
    sandbox: SevdeskSandbox, export: Export, connection: Connection
) -> None:
    send(export)
    with opened(connection) as (adapter, _http):
        run(
            adapter, "create", number="", marker="LASKURI-1-99", is_credit_note=True,
            corrected_remote_id=export.remote_id, corrected_number="x",
        )  # fmt: skip
    assert stored(sandbox, "CreditNote")[0]["creditNoteNumber"] == "GS-311"


# Limits and tokens.


def test_429_is_obeyed_for_the_whole_connection(sandbox: SevdeskSandbox, export: Export) -> None:
    fault(sandbox, "rate_limit", "POST", "/Invoice/Factory/saveInvoice", retry_after=90)
    now = timezone.now()
    send(export)
    assert export.status == Export.Status.WAITING
    assert export.next_attempt_at is not None
    assert export.next_attempt_at >= now + timedelta(seconds=90)
    assert not export.steps.exists()
    paused = Connection.objects.get().paused_until
    assert paused is not None
    assert paused >= now + timedelta(seconds=90)
    send(export)
    assert export.status == Export.Status.SENT


def test_429_without_a_time(sandbox: SevdeskSandbox, export: Export) -> None:
    fault(sandbox, "rate_limit", "*", "/Invoice", retry_after="none")
    send(export)
    assert export.next_attempt_at is not None
    assert export.next_attempt_at >= timezone.now() + timedelta(seconds=4)


@pytest.mark.parametrize("is_plain", [False, True])
def test_a_withdrawn_token_stops_the_connection_and_blames_no_document(
    sandbox: SevdeskSandbox, export: Export, is_plain: bool
) -> None:
    sandbox.withdrawn.add(TOKEN)
    sandbox.switches.plain_401 = is_plain
    send(export)
    assert (export.status, export.attempts) == (Export.Status.WAITING, 0)
    assert "no longer accepts the token" in Connection.objects.get().trouble
    assert outbox.sweep(now=timezone.now() + timedelta(hours=1)) == []


def test_a_tariff_without_bookkeeping(sandbox: SevdeskSandbox, connection: Connection) -> None:
    fault(sandbox, "refuse", "*", "*", status=403, message="Forbidden")
    with opened(connection) as (adapter, _http), pytest.raises(AccessLost, match="tariff"):
        adapter.check()


def test_the_token_of_another_company_is_known_by_its_name_and_id(
    sandbox: SevdeskSandbox, connection: Connection
) -> None:
    first = check(door_of(connection))
    connection.credentials = {"token": OLD_TOKEN}
    second = check(door_of(connection))
    assert (first.company, first.company_id) == ("Nordlicht Gebäudetechnik GmbH", "410022")
    assert (second.company, second.company_id) == ("Altbau Planung Lübeck GmbH", "207310")


def test_contacts_of_another_company_are_not_taken(sandbox: SevdeskSandbox, export: Export) -> None:
    connection = Connection.objects.get()
    connection.credentials = {"token": OLD_TOKEN}
    connection.save()
    link_ = connection.links.get()
    link_.remote_id = KLINIK
    link_.save()
    send(export)
    assert "linked customer does not exist in sevDesk any more" in export.error


def test_nobody_answers(connection: Connection, settings: Any) -> None:
    settings.SANDBOX_URLS = {"sevdesk": "http://127.0.0.1:9"}
    with opened(connection) as (adapter, _http), pytest.raises(RetryLater, match="did not answer"):
        adapter.check()


def test_no_token_is_recorded_logged_or_shown(
    sandbox: SevdeskSandbox, export: Export, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    send(export)
    attempt = ExportAttempt.objects.get(export=export)
    kept = json.dumps(attempt.calls, default=str) + caplog.text + repr(door_of(export.connection))
    assert "/api/v1/Invoice" in kept
    assert TOKEN not in kept
    assert TOKEN not in json.dumps(sandbox.store.requests(limit=100))


# The check.


def test_a_check_reads_company_people_and_units(
    sandbox: SevdeskSandbox, connection: Connection
) -> None:
    found = check(door_of(connection))
    assert found.company == "Nordlicht Gebäudetechnik GmbH"
    assert found.lists["users"][0] == ["5501", "Jens Hoffmann"]
    assert ["9", "Hour"] in found.lists["unities"]
    assert found.lists["bookkeeping"] == [["2.0", "2.0"]]
    assert found.warnings == ()


def test_a_check_warns_of_what_will_go_wrong(
    sandbox: SevdeskSandbox, connection: Connection
) -> None:
    sandbox.versions["nordlicht"] = "1.0"
    connection.settings = {"contact_person": "1", "exempt": "11"}
    person, small, old = check(door_of(connection)).warnings
    assert "contact person does not exist" in person
    assert "no small business" in small
    assert "old bookkeeping" in old


def test_a_company_whose_name_is_not_told_is_known_by_its_first_user(
    sandbox: SevdeskSandbox, connection: Connection
) -> None:
    fault(sandbox, "refuse", "GET", "/SevClient", status=404, message="Not Found")
    found = check(door_of(connection))
    assert (found.company, found.company_id) == ("Jens Hoffmann", "")


def test_people_and_units_are_offered_for_each_document(
    sandbox: SevdeskSandbox, connection: Connection
) -> None:
    with opened(connection) as (adapter, _http):
        found = adapter.document_choices(FOERDE)
    assert found["contact_person"] == [["5501", "Jens Hoffmann"], ["5502", "Katrin Petersen"]]
    assert ["11", "Days"] in found["unity"]


def test_the_person_chosen_for_a_document_stands_on_it(
    sandbox: SevdeskSandbox, connection: Connection
) -> None:
    with opened(connection) as (adapter, _http):
        run(adapter, "create", choices={"contact_person": "5502"})
    assert stored(sandbox)[0]["contactPerson"]["id"] == 5502


# Partners.


def test_contacts_are_found_by_number_name_and_vat_id(
    sandbox: SevdeskSandbox, connection: Connection
) -> None:
    with opened(connection) as (adapter, _http):
        for text in ("1003", "strandperle", "DE954041101", " Hotel  Strand"):
            names = [partner.name for partner in adapter.search_partners(text)]
            assert names == ["Hotel Strandperle GmbH & Co. KG"], text
        assert [one.name for one in adapter.search_partners("bruhn")] == ["Maike Bruhn"]
        assert adapter.search_partners("Elektrogroßhandel") == []  # a supplier
        assert adapter.search_partners("nobody of this name") == []
        assert adapter.search_partners("  ") == []
        assert len(adapter.list_partners(2000)) == 13
        assert len(adapter.list_partners(5)) == 5


def test_a_contact_with_address_and_e_mail(connection: Connection) -> None:
    with opened(connection) as (adapter, _http):
        partner = adapter.read_partner(FOERDE)
    assert (partner.street, partner.city, partner.country) == ("Holtenauer Straße 59", "Kiel", "DE")
    assert (partner.email, partner.payment_term_days) == ("rechnung@foerdeblick.example", 30)


def test_a_contact_is_created_once_with_all_that_belongs_to_it(
    sandbox: SevdeskSandbox, connection: Connection
) -> None:
    details = PartnerDetails(
        name="Neu GmbH", number="1099", vat_id="DE954191805", street="Weg 1", postal_code="24103",
        city="Kiel", country="FR", email="neu@neu.example", payment_term_days=21,
    )  # fmt: skip
    with opened(connection) as (adapter, _http):
        made = adapter.create_partner(details)
        assert adapter.read_partner(made.id) == made
        with pytest.raises(Rejected, match="“Neu GmbH” with the customer number 1099 already"):
            adapter.create_partner(details)
    assert (made.country, made.email, made.payment_term_days) == ("FR", "neu@neu.example", 21)


@pytest.mark.parametrize("kind", ["error_before", "refuse", "timeout_before"])
@pytest.mark.parametrize("path", ["/ContactAddress", "/CommunicationWay"])
def test_a_contact_is_kept_although_its_address_was_not(
    sandbox: SevdeskSandbox, connection: Connection, path: str, kind: str
) -> None:
    fault(sandbox, kind, "POST", path)
    details = PartnerDetails(
        name="Neu GmbH", number="1099", street="Weg 1", city="Kiel", country="DE",
        email="neu@neu.example",
    )  # fmt: skip
    with opened(connection) as (adapter, _http):
        made = adapter.create_partner(details)
    assert made.id
    assert sandbox.store.get("Contact", "nordlicht", int(made.id)) is not None


def test_a_contact_is_changed_and_its_general_address_stays(
    sandbox: SevdeskSandbox, connection: Connection
) -> None:
    with opened(connection) as (adapter, _http):
        changed = adapter.update_partner(
            FOERDE, PartnerChanges(email="neu@foerde.example", payment_term_days=21)
        )
        again_ = adapter.update_partner(FOERDE, PartnerChanges(email="neuer@foerde.example"))
    assert (changed.email, changed.payment_term_days) == ("neu@foerde.example", 21)
    assert (again_.email, again_.payment_term_days) == ("neuer@foerde.example", 21)
    own = [("json_extract(body, '$.contact.id') = ?", int(FOERDE))]
    ways = sandbox.store.find("CommunicationWay", "nordlicht", own, order="id")
    assert [way["value"] for way in ways] == [
        "rechnung@foerdeblick.example", "neuer@foerde.example",
    ]  # fmt: skip


def test_nothing_is_written_where_nothing_differs(
    sandbox: SevdeskSandbox, connection: Connection
) -> None:
    with opened(connection) as (adapter, _http):
        adapter.update_partner(
            FOERDE, PartnerChanges(email="rechnung@foerdeblick.example", payment_term_days=30)
        )
    kept = sandbox.store.requests(limit=50)
    assert {one["method"] for one in kept} == {"GET"}


@pytest.mark.parametrize("remote_id", ["123", "abc"])
def test_a_contact_that_is_gone(connection: Connection, remote_id: str) -> None:
    with (
        opened(connection) as (adapter, _http),
        pytest.raises(Rejected, match="does not exist in sevDesk any more"),
    ):
        adapter.read_partner(remote_id)


# Adding to a draft.


@pytest.fixture
def draft(sandbox: SevdeskSandbox, connection: Connection) -> str:
    """Somebody's draft there, with one position."""
    with opened(connection) as (adapter, _http):
        return run(adapter, "create", number="", marker="by-hand").remote_id


def appended(adapter: SevdeskAdapter, draft: str, **fields: Any) -> StepResult:
    added = item(text="Nachtrag", quantity=Decimal(1), unit_price=Decimal(80), net=Decimal(80))
    return run(
        adapter,
        "append",
        **{
            "append_to": draft,
            "marker": "LASKURI-1-18",
            "lines": (added,),
            "net_total": Decimal(80),
            "tax_total": Decimal("15.2"),
            "gross_total": Decimal("95.2"),
            **fields,
        },
    )


def position_names(sandbox: SevdeskSandbox) -> list[str]:
    return [one["name"] for one in sandbox.store.find("InvoicePos", "nordlicht", order="id")]


def test_drafts_of_the_customer_are_offered(
    sandbox: SevdeskSandbox, connection: Connection, draft: str
) -> None:
    with opened(connection) as (adapter, _http):
        offered = adapter.list_drafts(FOERDE)
        assert [(one.id, one.net, one.issue_date) for one in offered] == [
            (draft, Decimal(250), date(2026, 11, 20))
        ]
        assert offered[0].label == f"Draft {draft}: Rechnung"
        assert adapter.list_drafts(KLINIK) == []
        change(sandbox, int(draft), status=200)
        assert adapter.list_drafts(FOERDE) == []


def test_lines_that_came_twice_are_told(
    sandbox: SevdeskSandbox, connection: Connection, draft: str
) -> None:
    """Our mark is there once; taken out once by hand, they are as they should be."""
    fault(sandbox, "repeat", "POST", "/Invoice/Factory/saveInvoice")
    with opened(connection) as (adapter, _http):
        with pytest.raises(Rejected, match="these lines twice") as told:
            appended(adapter, draft)
        assert told.value.problem == Problem.UNCLEAR
        first, second = [
            one
            for one in sandbox.store.find("InvoicePos", "nordlicht", order="id")
            if one["name"] == "Nachtrag"
        ]
        sandbox.store.remove("InvoicePos", "nordlicht", second["id"])
        assert appended(adapter, draft, written_at=timezone.now()).was_found
    assert first["positionNumber"] == second["positionNumber"]


def test_lines_are_added_behind_those_that_are_there(
    sandbox: SevdeskSandbox, connection: Connection, draft: str
) -> None:
    with opened(connection) as (adapter, _http):
        planned = german(append_to=draft)
        assert [step.key for step in adapter.plan(planned)] == ["append"]
        done = appended(adapter, draft)
    assert (done.remote_id, done.was_found) == (draft, False)
    (document,) = stored(sandbox)
    assert document["status"] == 100
    assert document["customerInternalNote"] == "by-hand LASKURI-1-18"
    assert (document["sumNet"], document["header"]) == ("330", "Rechnung")
    rows = sandbox.store.find("InvoicePos", "nordlicht", order="id")
    assert [(one["name"], one["positionNumber"]) for one in rows] == [
        ("Wartung", 0), ("Nachtrag", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", UNKNOWN)
def test_after_a_lost_answer_lines_are_added_once(
    sandbox: SevdeskSandbox, connection: Connection, draft: str, kind: str
) -> None:
    fault(sandbox, kind, "POST", "/Invoice/Factory/saveInvoice")
    with opened(connection) as (adapter, _http):
        with pytest.raises(RetryLater):
            appended(adapter, draft)
        done = appended(adapter, draft, written_at=timezone.now() - QUIET)
        assert done.was_found == ("after" in kind)
        # And once more, as a worker that died before it had written down the result.
        assert appended(adapter, draft, written_at=timezone.now() - QUIET).was_found
    assert position_names(sandbox) == ["Wartung", "Nachtrag"]


def test_soon_after_a_lost_answer_nothing_is_added_again(
    sandbox: SevdeskSandbox, connection: Connection, draft: str
) -> None:
    with (
        opened(connection) as (adapter, _http),
        pytest.raises(RetryLater, match="not known whether the last request arrived"),
    ):
        appended(adapter, draft, written_at=timezone.now())
    assert position_names(sandbox) == ["Wartung"]


def test_several_documents_go_into_one_draft(
    sandbox: SevdeskSandbox, connection: Connection, draft: str
) -> None:
    with opened(connection) as (adapter, _http):
        appended(adapter, draft)
        appended(adapter, draft, marker="LASKURI-1-19")
        assert appended(adapter, draft).was_found
        assert appended(adapter, draft, marker="LASKURI-1-19").was_found
    assert position_names(sandbox) == ["Wartung", "Nachtrag", "Nachtrag"]


def test_two_at_once_wait_for_each_other(connection: Connection, draft: str) -> None:
    from integrations.systems.sevdesk.appending import one_at_a_time

    with opened(connection) as (adapter, _http):
        with (
            one_at_a_time(adapter.access, draft),
            pytest.raises(OutOfTurn, match="just being added") as told,
        ):
            appended(adapter, draft)
        assert told.value.was_refused
        # A cache that is emptied meanwhile lets nobody in.
        with one_at_a_time(adapter.access, draft):
            cache.clear()
            with pytest.raises(OutOfTurn):
                appended(adapter, draft)
        assert not appended(adapter, draft).was_found


def test_our_lines_without_our_mark_are_for_a_person(
    sandbox: SevdeskSandbox, connection: Connection, draft: str
) -> None:
    with opened(connection) as (adapter, _http):
        appended(adapter, draft)
        change(sandbox, int(draft), customerInternalNote="tidied up")
        with pytest.raises(Rejected, match="but not our mark") as told:
            appended(adapter, draft, written_at=timezone.now() - QUIET)
    assert told.value.problem == Problem.UNCLEAR


def test_lines_that_were_changed_there_after_they_arrived_are_told(
    sandbox: SevdeskSandbox, connection: Connection, draft: str
) -> None:
    with opened(connection) as (adapter, _http):
        appended(adapter, draft)
        row = sandbox.store.find("InvoicePos", "nordlicht", order="id")[1]
        sandbox.store.put("InvoicePos", "nordlicht", {**row, "price": "70"})
        with pytest.raises(Rejected, match="does not have these lines as they were sent"):
            appended(adapter, draft)


def test_a_draft_deleted_there_meanwhile(
    sandbox: SevdeskSandbox, connection: Connection, draft: str
) -> None:
    sandbox.store.remove("Invoice", "nordlicht", int(draft))
    with (
        opened(connection) as (adapter, _http),
        pytest.raises(Rejected, match="was deleted in sevDesk") as told,
    ):
        appended(adapter, draft)
    assert told.value.problem == Problem.DIFFERS


def test_a_draft_opened_there_meanwhile_is_not_touched(
    sandbox: SevdeskSandbox, connection: Connection, draft: str
) -> None:
    change(sandbox, int(draft), status=200, invoiceNumber="RE-7")
    with (
        opened(connection) as (adapter, _http),
        pytest.raises(Rejected, match=r"opened in sevDesk meanwhile \(RE-7\)"),
    ):
        appended(adapter, draft)
    assert requests_to(sandbox, "POST", "/saveInvoice") == 1


def test_a_draft_opened_after_our_lines_arrived_is_fine(
    sandbox: SevdeskSandbox, connection: Connection, draft: str
) -> None:
    fault(sandbox, "drop_after", "POST", "/Invoice/Factory/saveInvoice")
    with opened(connection) as (adapter, _http):
        with pytest.raises(RetryLater):
            appended(adapter, draft)
        change(sandbox, int(draft), status=200, invoiceNumber="RE-7")
        done = appended(adapter, draft, written_at=timezone.now() - QUIET)
    assert (done.was_found, done.remote_number) == (True, "RE-7")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"contact": {"id": 880012, "objectName": "Contact"}}, "another customer's now"),
        ({"currency": "CHF"}, "is in CHF, these lines are in EUR"),
        ({"showNet": False}, "has gross prices"),
        ({"taxRule": {"id": "5", "objectName": "TaxRule"}}, "another tax rule .*13b"),
        ({"customerInternalNote": "x" * 250}, "no room for our mark"),
    ],
)
def test_a_draft_that_does_not_fit_is_told(
    sandbox: SevdeskSandbox, connection: Connection, draft: str, changes: Any, words: str
) -> None:
    change(sandbox, int(draft), **changes)
    with opened(connection) as (adapter, _http), pytest.raises(Rejected, match=words):
        appended(adapter, draft)
    assert position_names(sandbox) == ["Wartung"]


# Payments.


def exported(export: Export, *, is_credit_note: bool = False) -> Exported:
    return Exported(
        remote_id=export.remote_id, remote_number=export.remote_number, number="x",
        issue_date=date(2026, 11, 20), gross=Decimal("285.6"), currency="EUR",
        is_credit_note=is_credit_note,
    )  # fmt: skip


def book(there: Running, number: str, **body: Any) -> None:
    import requests

    answer = requests.put(
        f"{there.url}/api/v1/Invoice/{number}/bookAmount",
        headers={"Authorization": TOKEN},
        json={
            "amount": 100, "date": "25.11.2026", "type": "N", "createFeed": True,
            "checkAccount": {"id": 3301, "objectName": "CheckAccount"}, **body,
        },
        timeout=5,
    )  # fmt: skip
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("few", [0, 20])
def test_payments_are_read_back(
    there: Running, export: Export, connection: Connection, monkeypatch: Any, few: int
) -> None:
    """One by one and in lists, the same."""
    monkeypatch.setattr("integrations.systems.sevdesk.payments.FEW", few)
    send(export)
    with opened(connection) as (adapter, _http):
        (before,) = adapter.read_settlements([exported(export)], None)
        book(there, export.remote_id)
        (partly,) = adapter.read_settlements([exported(export)], None)
        book(there, export.remote_id, amount=185.6, type="FULL_PAYMENT")
        (paid,) = adapter.read_settlements([exported(export)], timezone.now())
    assert (before.paid, before.status, before.paid_on) == (0, "200", None)
    assert (partly.paid, partly.status) == (100, "750")
    assert (paid.paid, paid.status) == (Decimal("285.6"), "1000")
    assert paid.paid_on == date(2026, 11, 25)
    assert paid.remote_number == export.remote_number


def test_lines_in_a_larger_document_are_paid_when_all_of_it_is(
    there: Running, connection: Connection, draft: str, sandbox: SevdeskSandbox
) -> None:
    ours = Exported(
        remote_id=draft, remote_number="", number="2026-0018", issue_date=date(2026, 11, 20),
        gross=Decimal("95.2"), currency="EUR",
    )  # fmt: skip
    theirs = dataclasses.replace(ours, gross=Decimal("297.5"))
    with opened(connection) as (adapter, _http):
        appended(adapter, draft)
        change(sandbox, int(draft), status=200, invoiceNumber="RE-7")
        book(there, draft)
        partly = adapter.read_settlements([ours, theirs], None)
        book(there, draft, amount=292.7, type="FULL_PAYMENT")
        paid = adapter.read_settlements([ours, theirs], None)
    assert [one.paid for one in partly] == [0, 0]
    assert [one.paid for one in paid] == [Decimal("95.2"), Decimal("297.5")]
    assert {one.remote_number for one in paid} == {"RE-7"}


def test_what_was_paid_there_settles_each_document_here_once(
    there: Running, export: Export, connection: Connection, sandbox: SevdeskSandbox
) -> None:
    """Two of ours were added to one draft; the third is one of its own."""
    customer = export.invoice.customer
    first, second = (posted(customer=customer) for _ in range(2))
    send(export)
    with opened(connection) as (adapter, _http):
        target = run(adapter, "create", number="", marker="by-hand").remote_id
    exports = [Export.objects.get(invoice=made) for made in (first, second)]
    for one in exports:
        DocumentAnswers.objects.create(
            invoice=one.invoice, connection=connection, remote_customer_id=FOERDE,
            append_to=target,
        )  # fmt: skip
        assert send(one).error == ""
    assert {one.remote_id for one in exports} == {target}
    change(sandbox, int(target), status=200, invoiceNumber="RE-7")
    book(there, target, amount=868.7, type="FULL_PAYMENT", date="20.11.2026")
    book(there, export.remote_id, amount=200, date="20.11.2026")

    for _ in range(2):
        settle_documents(connection.pk, [target, export.remote_id], tenant_id=current_tenant_id())

    invoices = [first.pk, second.pk, export.invoice_id]
    assert open_amounts(invoices) == {
        first.pk: 0, second.pk: 0, export.invoice_id: Decimal("85.6"),
    }  # fmt: skip
    assert Payment.objects.count() == 3


@pytest.mark.parametrize("few", [0, 20])
def test_a_cancelled_invoice_is_gone_and_not_paid(
    there: Running, export: Export, connection: Connection, monkeypatch: Any, few: int
) -> None:
    """sevDesk has it as paid, by the cancellation."""
    import requests

    monkeypatch.setattr("integrations.systems.sevdesk.payments.FEW", few)
    send(export)
    requests.post(
        f"{there.url}/api/v1/Invoice/{export.remote_id}/cancelInvoice",
        headers={"Authorization": TOKEN},
        timeout=5,
    )
    with opened(connection) as (adapter, _http):
        (found,) = adapter.read_settlements([exported(export)], None)
    assert (found.paid, found.is_gone) == (0, True)


@pytest.mark.parametrize("few", [0, 20])
def test_a_deleted_document_is_gone(
    sandbox: SevdeskSandbox, export: Export, connection: Connection, monkeypatch: Any, few: int
) -> None:
    monkeypatch.setattr("integrations.systems.sevdesk.payments.FEW", few)
    send(export)
    sandbox.store.remove("Invoice", "nordlicht", int(export.remote_id))
    with opened(connection) as (adapter, _http):
        (found,) = adapter.read_settlements([exported(export)], None)
    assert found.is_gone


def test_credit_notes_are_read_as_such(
    sandbox: SevdeskSandbox, export: Export, invoice: Invoice, connection: Connection
) -> None:
    send(export)
    credit = send(Export.objects.get(invoice=cancel_invoice(invoice, reason="x", actor=None)))
    with opened(connection) as (adapter, _http):
        found = adapter.read_settlements(
            [exported(export), exported(credit, is_credit_note=True)], None
        )
    assert [(one.remote_id, one.status) for one in found] == [
        (export.remote_id, "200"), (credit.remote_id, "200"),
    ]  # fmt: skip


def test_nothing_is_asked_for_nothing(sandbox: SevdeskSandbox, connection: Connection) -> None:
    with opened(connection) as (adapter, _http):
        assert adapter.read_settlements([], None) == []
    assert sandbox.store.requests(limit=10) == []
