"""The adapter against the sandbox, with everything that goes wrong on the way."""

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.domain import byhand, claiming, outbox
from integrations.domain.access import door_of
from integrations.http import Http
from integrations.models import Connection, Export, ExportAttempt, ExportStep
from integrations.ports import AccessLost, PartnerChanges, PartnerDetails, Rejected, RetryLater
from integrations.problems import Problem
from integrations.systems.procountor.adapter import QUIET
from integrations.systems.procountor.client import Refused
from integrations.systems.procountor.sandbox.server import ProcountorSandbox
from invoicing.domain.crediting import cancel_invoice
from invoicing.models import Invoice
from tenants.models import Membership
from tests.integrations.conftest import PDF, link, posted, send, store_pdf

SECRETS = ("laskuri-sandbox", "kuusi-api-key")


@pytest.fixture
def invoice(connection: Connection) -> Invoice:
    made = posted()
    link(connection, made.customer)
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


def fault(sandbox: ProcountorSandbox, kind: str, method: str, path: str, **more: Any) -> None:
    sandbox.faults.add({"kind": kind, "method": method, "path": path, "seconds": 1, **more})


def stored(sandbox: ProcountorSandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.store.find("invoice", "kuusi", [], order="id")
    return found


def requests_to(sandbox: ProcountorSandbox, method: str, path: str) -> int:
    kept = sandbox.store.requests(limit=500, before=None)
    return sum(1 for one in kept if one["method"] == method and one["path"].endswith(path))


def later(export: Export) -> None:
    """As if the last request were made long ago."""
    for step in export.steps.filter(done_at=None):
        step.begun_at -= QUIET
        step.save()


def test_an_invoice_arrives_with_its_pdf_approved_and_sent(
    sandbox: ProcountorSandbox, export: Export, invoice: Invoice
) -> None:
    send(export)

    assert (export.error, export.status) == ("", Export.Status.SENT)
    (arrived,) = stored(sandbox)
    assert arrived["status"] == "SENT"
    assert arrived["originalInvoiceNumber"] == invoice.number
    assert arrived["partnerId"] == 70001
    assert [one["name"] for one in arrived["attachments"]] == [f"{invoice.number}.pdf"]
    assert sandbox.store.file("kuusi", arrived["attachments"][0]["id"]) == PDF
    assert arrived["invoiceSumInfo"][0]["invoiceSumTotal"] == 125.5
    assert export.remote_id == str(arrived["id"])
    assert export.remote_number == str(arrived["invoiceNumber"])
    steps = ExportStep.objects.filter(export=export)
    assert [step.key for step in steps] == ["create", "attach", "approve", "send"]
    assert all(step.done_at and not step.was_found for step in steps)


def test_a_credit_note_arrives_as_a_negative_invoice(
    sandbox: ProcountorSandbox, export: Export, invoice: Invoice
) -> None:
    send(export)
    note = cancel_invoice(invoice, reason="By mistake", actor=None)
    store_pdf(note)
    credit = send(Export.objects.get(invoice=note))

    assert (credit.error, credit.status) == ("", Export.Status.SENT)
    _original, arrived = sorted(stored(sandbox), key=lambda one: one["id"])
    assert arrived["originalInvoiceNumber"] == note.number
    assert arrived["orderReference"].startswith(invoice.number)
    assert invoice.number in arrived["additionalInformation"]
    assert arrived["invoiceSumInfo"][0]["invoiceSumTotal"] == -125.5


@pytest.mark.parametrize(
    ("until", "status", "steps"), [("create", "UNFINISHED", 3), ("approve", "NOT_SENT", 3)]
)
def test_how_far_an_invoice_is_taken_is_a_setting(
    sandbox: ProcountorSandbox, export: Export, until: str, status: str, steps: int
) -> None:
    export.connection.settings["until"] = until
    export.connection.save()
    send(export)
    assert stored(sandbox)[0]["status"] == status
    assert export.steps.count() == steps
    assert export.status == Export.Status.SENT


def test_what_we_send_ourselves_is_only_approved(
    sandbox: ProcountorSandbox, export: Export
) -> None:
    export.connection.settings["channel"] = "NO_SENDING"
    export.connection.save()
    send(export)
    assert export.status == Export.Status.SENT
    assert stored(sandbox)[0]["status"] == "NOT_SENT"


WRITES = [
    ("POST", "/invoices"), ("POST", "/attachments"), ("PUT", "/invoices/*/approve"),
    ("PUT", "/invoices/*/send"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize(
    "kind",
    ["timeout_before", "timeout_after", "drop_before", "drop_after", "error_before", "error_after"],
)
def test_an_unknown_outcome_is_looked_up_and_nothing_is_done_twice(
    sandbox: ProcountorSandbox, export: Export, kind: str, method: str, path: str
) -> None:
    """Whether it was stored or not: in the end there is one invoice, with one file, sent once."""
    fault(sandbox, kind, method, path)
    send(export)
    assert export.status == Export.Status.WAITING
    assert export.steps.filter(done_at=None).count() == 1
    later(export)

    send(export)

    assert (export.error, export.status) == ("", Export.Status.SENT)
    (arrived,) = stored(sandbox)
    assert arrived["status"] == "SENT"
    assert len(arrived["attachments"]) == 1
    actions = [one["type"] for one in sandbox.store.find("action", "kuusi", [], order="id")]
    assert [actions.count(one) for one in ("CREATE", "APPROVAL", "SEND")] == [1, 1, 1]
    found = "after" in kind
    assert export.steps.filter(was_found=True).count() == (1 if found else 0)


def test_soon_after_a_time_out_nothing_is_created_again(
    sandbox: ProcountorSandbox, export: Export
) -> None:
    """The first request may be stored a moment later than we look for it."""
    fault(sandbox, "timeout_before", "POST", "/invoices")
    send(export)
    posts = requests_to(sandbox, "POST", "/invoices")

    send(export)

    assert export.status == Export.Status.WAITING
    assert "not known whether the last request arrived" in export.error
    assert requests_to(sandbox, "POST", "/invoices") == posts
    assert export.next_attempt_at is not None
    assert export.next_attempt_at > timezone.now() + timedelta(seconds=40)


def test_an_invoice_that_was_found_late_is_taken_over(
    sandbox: ProcountorSandbox, export: Export
) -> None:
    fault(sandbox, "timeout_after", "POST", "/invoices")
    send(export)
    send(export)  # at once: it is there, so there is nothing to wait for
    assert export.status == Export.Status.SENT
    assert export.steps.get(key="create").was_found


def test_several_of_the_same_number_are_for_a_person(
    sandbox: ProcountorSandbox, export: Export, invoice: Invoice
) -> None:
    send(export)
    (first,) = stored(sandbox)
    copy = {**first, "id": 99, "invoiceNumber": 7}
    sandbox.store.put("invoice", "kuusi", copy)
    export.steps.all().delete()
    Export.objects.filter(pk=export.pk).update(
        status="waiting", next_attempt_at=timezone.now(), sent_at=None
    )
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.UNCLEAR)
    assert "several times: 1001, 7" in export.error or "several times: 7, 1001" in export.error


def test_numbers_that_only_contain_ours_are_not_ours(
    sandbox: ProcountorSandbox, export: Export, invoice: Invoice
) -> None:
    send(export)
    longer = {**stored(sandbox)[0], "id": 99, "originalInvoiceNumber": f"{invoice.number}-2"}
    sandbox.store.put("invoice", "kuusi", longer)
    export.steps.all().delete()
    Export.objects.filter(pk=export.pk).update(
        status="waiting", next_attempt_at=timezone.now(), sent_at=None
    )
    send(export)
    assert export.status == Export.Status.SENT
    assert export.steps.get(key="create").remote_id == str(stored(sandbox)[1]["id"])


def test_an_invalidated_invoice_is_created_anew(sandbox: ProcountorSandbox, export: Export) -> None:
    fault(sandbox, "timeout_after", "POST", "/invoices")
    send(export)
    sandbox.store.put("invoice", "kuusi", {**stored(sandbox)[0], "status": "INVALIDATED"})
    later(export)
    send(export)
    assert [one["status"] for one in stored(sandbox)] == ["INVALIDATED", "SENT"]


# Refusals.


def test_a_refusal_is_told_in_words_and_not_tried_again(
    sandbox: ProcountorSandbox, export: Export
) -> None:
    fault(sandbox, "refuse", "POST", "/invoices", message="CLOSED_FISCAL_PERIOD")
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.REFUSED)
    assert "period that is closed in Procountor" in export.error
    assert export.next_attempt_at is None
    assert not export.steps.exists()  # it answered no: nothing is unknown
    attempt = ExportAttempt.objects.get(export=export)
    assert attempt.outcome == ExportAttempt.Outcome.FAILED


@pytest.mark.parametrize(
    ("lacks", "right"),
    [
        ("invoices", "to see sales invoices"),
        ("create", "to create and change sales invoices"),
        ("attach", "to attach files to sales invoices"),
        ("approve", "to approve sales invoices"),
        ("send", "to send sales invoices"),
    ],
)
def test_the_right_that_is_missing_is_named_and_once_granted_it_goes_on(
    sandbox: ProcountorSandbox, export: Export, accountant: Membership, lacks: str, right: str
) -> None:
    assert accountant.user is not None
    connection = Connection.objects.get(pk=export.connection_id)
    whole = dict(connection.credentials)
    connection.credentials = {**whole, "api_key": f"kuusi-api-key-without-{lacks}"}
    connection.save()
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.REFUSED)
    assert export.error == (
        f"The API key's user lacks the right {right} in Procountor. Let an administrator grant it,"
        " then try again. (Procountor: Forbidden)"
    )
    connection.credentials = whole
    connection.save()
    byhand.retry([export.pk], actor=accountant.user)
    send(export)
    assert export.status == Export.Status.SENT
    assert len(stored(sandbox)) == 1


def test_a_closed_period_is_no_missing_right(sandbox: ProcountorSandbox, export: Export) -> None:
    fault(
        sandbox, "refuse", "PUT", "/invoices/*/approve", status=403, message="CLOSED_FISCAL_PERIOD"
    )
    send(export)
    assert "closed in Procountor" in export.error
    assert "right" not in export.error


@pytest.mark.parametrize(
    ("lacks", "right"),
    [
        ("settings", "to see the company's bank accounts"),
        ("customers", "to see the register of customers"),
        ("register", "to change the register of customers"),
        ("payments", "to see payments of sales invoices"),
    ],
)
def test_rights_that_pages_and_payments_take(
    sandbox: ProcountorSandbox, connection: Connection, lacks: str, right: str
) -> None:
    connection.credentials = {
        **connection.credentials, "api_key": f"kuusi-api-key-without-{lacks}",
    }  # fmt: skip
    connection.save()
    with door_of(connection).open(seconds=5) as (adapter, _http):
        asked: dict[str, Callable[[], Any]] = {
            "settings": adapter.check,
            "customers": lambda: adapter.search_partners("Aalto"),
            "register": lambda: adapter.update_partner(
                "70001", PartnerChanges(email="new@aalto.example")
            ),
            "payments": lambda: adapter.client.get("/invoices/1/paymentevents"),  # type: ignore[attr-defined]
        }
        with pytest.raises((Rejected, AccessLost, Refused)) as refused:
            asked[lacks]()
    assert right in str(getattr(refused.value, "sentence", ""))
    # Without the rights for a check nothing would go; without others most goes.
    assert isinstance(refused.value, AccessLost) is (lacks == "settings")


def test_a_bank_account_of_somebody_else(sandbox: ProcountorSandbox, export: Export) -> None:
    export.connection.settings = {"bank_account": "FI2112345600000785"}
    export.connection.save()
    send(export)
    assert export.status == Export.Status.FAILED
    assert export.error.startswith("The bank account is none of the company's in Procountor.")


def test_an_unknown_code_is_shown_as_it_is(sandbox: ProcountorSandbox, export: Export) -> None:
    fault(sandbox, "refuse", "POST", "/invoices", message="ERROR_OF_TOMORROW", field="date")
    send(export)
    assert "date: ERROR_OF_TOMORROW" in export.error


def test_sums_that_differ_are_not_approved(sandbox: ProcountorSandbox, export: Export) -> None:
    fault(sandbox, "timeout_after", "POST", "/invoices")
    send(export)
    (arrived,) = stored(sandbox)
    arrived["invoiceSumInfo"][0]["invoiceSumTotal"] = 125.49
    sandbox.store.put("invoice", "kuusi", arrived)
    send(export)
    assert (export.status, export.problem) == (Export.Status.FAILED, Problem.DIFFERS)
    assert "reckons 125.49 EUR, the invoice says 125.5" in export.error
    assert stored(sandbox)[0]["status"] == "UNFINISHED"


# Limits and tokens.


def test_429_is_obeyed_for_the_whole_connection(sandbox: ProcountorSandbox, export: Export) -> None:
    fault(sandbox, "rate_limit", "POST", "/invoices", retry_after=90)
    now = timezone.now()
    send(export)
    assert export.status == Export.Status.WAITING
    assert export.next_attempt_at is not None
    assert export.next_attempt_at >= now + timedelta(seconds=90)
    assert not export.steps.exists()  # it was certainly not done
    connection = Connection.objects.get()
    assert connection.paused_until is not None
    assert connection.paused_until >= now + timedelta(seconds=90)
    other = Export.objects.get(invoice=posted())
    assert claiming.claim(other.pk, now=timezone.now()) is None
    send(export)
    assert export.status == Export.Status.SENT


def test_429_without_a_time(sandbox: ProcountorSandbox, export: Export) -> None:
    fault(sandbox, "rate_limit", "*", "/invoices", retry_after="none")
    send(export)
    assert export.next_attempt_at is not None
    assert export.next_attempt_at >= timezone.now() + timedelta(seconds=4)


@pytest.mark.parametrize("body", ["html", "empty", "json"])
def test_server_errors_are_tried_again(
    sandbox: ProcountorSandbox, export: Export, body: str
) -> None:
    fault(sandbox, "error_before", "GET", "/invoices", status=502, body=body)
    send(export)
    assert export.status == Export.Status.WAITING
    assert "(502)" in export.error
    send(export)
    assert export.status == Export.Status.SENT


def test_a_token_that_expires_on_the_way_is_renewed(
    sandbox: ProcountorSandbox, export: Export
) -> None:
    fault(sandbox, "expire_tokens", "PUT", "/invoices/*/approve")
    send(export)
    assert export.status == Export.Status.SENT
    assert requests_to(sandbox, "POST", "/oauth/token") == 2


def test_a_token_is_shared_by_the_exports_of_a_connection(
    sandbox: ProcountorSandbox, export: Export, invoice: Invoice
) -> None:
    other = Export.objects.get(invoice=posted(customer=invoice.customer))
    send(export)
    send(other)
    assert requests_to(sandbox, "POST", "/oauth/token") == 1


def test_revoked_credentials_stop_the_connection_and_blame_no_invoice(
    sandbox: ProcountorSandbox, export: Export
) -> None:
    fault(sandbox, "revoke", "*", "*")
    send(export)
    assert (export.status, export.attempts) == (Export.Status.WAITING, 0)
    connection = Connection.objects.get()
    assert "does not accept the credentials" in connection.trouble
    assert outbox.sweep(now=timezone.now() + timedelta(hours=1)) == []


def test_an_answer_that_never_ends_is_cut(
    sandbox: ProcountorSandbox, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.http.MOST_BYTES", 50)
    send(export)
    assert export.status == Export.Status.WAITING


# Secrets.


def test_no_secret_is_recorded_logged_or_shown(
    sandbox: ProcountorSandbox, export: Export, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    send(export)
    attempt = ExportAttempt.objects.get(export=export)
    kept = json.dumps(attempt.calls, default=str) + caplog.text + repr(door_of(export.connection))
    assert "/api/invoices" in kept
    for secret in SECRETS:
        assert secret not in kept
    assert "Bearer" not in kept
    assert "access_token" not in kept


# Partners.


def test_partners_are_found_by_id_number_and_name(
    sandbox: ProcountorSandbox, connection: Connection
) -> None:
    with door_of(connection).open() as (adapter, _http):
        for text in ("9060137-8", "20017", "järvikansa vak"):
            names = [partner.name for partner in adapter.search_partners(text)]
            assert names == ["Järvikansa Vakuutus Oy"], text
        assert adapter.search_partners("nobody of this name") == []
        assert len(adapter.list_partners(2000)) == 16


def test_a_partner_is_changed_and_keeps_the_rest(
    sandbox: ProcountorSandbox, connection: Connection
) -> None:
    before = sandbox.store.get("partner", "kuusi", 70001)
    assert before is not None
    with door_of(connection).open() as (adapter, _http):
        changed = adapter.update_partner(
            "70001", PartnerChanges(email="uusi@jarvikansa.example", payment_term_days=21)
        )
    after = sandbox.store.get("partner", "kuusi", 70001)
    assert after is not None
    assert (changed.email, changed.payment_term_days) == ("uusi@jarvikansa.example", 21)
    assert after["address"] == before["address"]
    assert after["invoicingInfo"]["identifier"] == before["invoicingInfo"]["identifier"]
    assert after["paymentInfo"]["paymentTermDays"] == "21"


def test_somebody_else_may_change_a_partner_meanwhile(
    sandbox: ProcountorSandbox, connection: Connection
) -> None:
    fault(sandbox, "refuse", "PATCH", "/businesspartners/*", field="version", message="stale")
    with door_of(connection).open() as (adapter, _http):
        assert adapter.update_partner("70001", PartnerChanges(payment_term_days=9))
    assert requests_to(sandbox, "PATCH", "/businesspartners/70001") == 2


def test_a_new_partner_does_not_get_a_number_twice(
    sandbox: ProcountorSandbox, connection: Connection
) -> None:
    details = PartnerDetails(name="Uusi Oy", number="C-77", country="FI", street="Tie 1")
    with door_of(connection).open() as (adapter, _http):
        made = adapter.create_partner(details)
        assert adapter.read_partner(made.id).number == "C-77"
        with pytest.raises(Rejected, match="“Uusi Oy” with the customer number C-77"):
            adapter.create_partner(details)


def test_a_partner_that_is_gone(sandbox: ProcountorSandbox, connection: Connection) -> None:
    with (
        door_of(connection).open() as (adapter, _http),
        pytest.raises(Rejected, match="does not exist in Procountor any more"),
    ):
        adapter.read_partner("123")


# The check.


def test_a_check_reads_the_company_and_its_lists(
    sandbox: ProcountorSandbox, connection: Connection
) -> None:
    with door_of(connection).open() as (adapter, _http):
        found = adapter.check()
    assert found.company == "Kuusi Ohjelmistot Oy"
    assert found.lists["bank_accounts"] == [["FI3715903000000776", "FI3715903000000776"]]
    assert ["31", "31 EU community sales (service)"] in found.lists["vat_statuses"]
    assert found.warnings == ()


def test_a_check_warns_of_another_company_s_account(
    sandbox: ProcountorSandbox, connection: Connection
) -> None:
    connection.settings = {"bank_account": "FI2112345600000785"}
    with door_of(connection).open() as (adapter, _http):
        (warning,) = adapter.check().warnings
    assert "FI2112345600000785 is not the company's" in warning


def test_wrong_credentials(sandbox: ProcountorSandbox, connection: Connection) -> None:
    connection.credentials = {**connection.credentials, "api_key": "another"}
    with (
        door_of(connection).open() as (adapter, _http),
        pytest.raises(AccessLost, match="does not accept the credentials"),
    ):
        adapter.check()


def test_nobody_answers(sandbox: ProcountorSandbox, connection: Connection, settings: Any) -> None:
    settings.SANDBOX_URLS = {"procountor": "http://127.0.0.1:9"}
    with (
        door_of(connection).open() as (adapter, _http),
        pytest.raises(RetryLater, match="did not answer"),
    ):
        adapter.check()
