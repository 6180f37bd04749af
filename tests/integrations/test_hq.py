"""HQ from posting to its drafts, over both APIs and by files, against its sandbox."""

import csv
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import Customer
from integrations.domain import byhand
from integrations.domain.access import door_of
from integrations.domain.connections import check
from integrations.domain.settlements import settle_documents
from integrations.models import Connection, CustomerLink, Export, ExportStep
from integrations.ports import (
    AccessLost,
    Adapter,
    Exported,
    PartnerChanges,
    PartnerDetails,
    ReadsPayments,
    Rejected,
    RetryLater,
    Settlement,
)
from integrations.problems import Problem
from integrations.systems.hq import assumptions
from integrations.systems.hq.sandbox.server import HqSandbox
from invoicing.domain.crediting import cancel_invoice
from invoicing.models import Invoice
from tenants.models import Membership
from tenants.scope import current_tenant_id
from tests.factories import CustomerFactory
from tests.integrations.conftest import link, posted, send
from tests.integrations.killing import somebody
from tests.integrations.sandboxes import Running, running

SignIn = Callable[[Membership], Client]
WERFT = "71"
V1 = {"dialect": "v1"}
V2 = {"dialect": "v2", "template": "5"}
pytestmark = pytest.mark.usefixtures("tenant")


@pytest.fixture
def hq(tmp_path: Path, settings: Any) -> Iterator[Running]:
    settings.OUTGOING_RATE_LIMIT = False
    with running("hq", tmp_path / "hq", settings) as sandbox:
        yield sandbox


@pytest.fixture(params=[V1, V2], ids=["v1", "v2"])
def api(request: pytest.FixtureRequest, hq: Running) -> Connection:
    return hq.connect(settings=request.param)


@pytest.fixture
def v1(hq: Running) -> Connection:
    return hq.connect(settings=V1)


@pytest.fixture
def v2(hq: Running) -> Connection:
    return hq.connect(settings=V2)


def program(hq: Running) -> HqSandbox:
    assert isinstance(hq.program, HqSandbox)
    return hq.program


def linked(connection: Connection) -> Customer:
    customer: Customer = CustomerFactory()
    link(connection, customer, WERFT)
    return customer


def export_of(connection: Connection, invoice: Invoice) -> Export:
    export: Export = Export.objects.get(connection=connection, invoice=invoice)
    return export


def sent(connection: Connection, **posting: Any) -> Export:
    invoice = posted(customer=linked(connection), **posting)
    return send(export_of(connection, invoice))


def lined(connection: Connection, lines: int) -> Export:
    """An export of an invoice with so many lines."""
    from tests.integrations.hq_invoices import posted_with_lines

    return export_of(connection, posted_with_lines(linked(connection), lines))


def later(export: Export) -> None:
    """As if the quiet minute had passed."""
    ago = assumptions.QUIET + timedelta(seconds=1)
    for step in ExportStep.objects.filter(export=export, done_at=None):
        step.begun_at -= ago
        step.save(update_fields=["begun_at"])


def break_it(hq: Running, kind: str, **fields: Any) -> None:
    program(hq).faults.add({"kind": kind, **fields})


# The ordinary way.


def test_an_invoice_becomes_a_draft_with_our_mark(hq: Running, api: Connection) -> None:
    export = sent(api)

    assert (export.status, export.error) == ("sent", "")
    assert export.remote_id
    (document,) = hq.documents()
    assert document == {
        "number": str(export.invoice.number),
        "marker": f"LASKURI-{export.tenant_id}-{export.invoice_id}",
        "net": f"{export.invoice.net_total:.2f}",
        "gross": f"{export.invoice.gross_total:.2f}",
    }


def test_many_lines_come_in_their_order(hq: Running, v2: Connection) -> None:
    export = send(lined(v2, 5))
    assert export.status == "sent"
    row = program(hq).store.get("document", "nordlicht", int(export.remote_id))
    assert row is not None
    assert [position["text"][:6] for position in row["positions"]] == [
        f"Line {number}" for number in range(1, 6)
    ]
    assert list(export.steps.values_list("key", flat=True)) == [
        "head", "mark", "line-1", "line-2", "line-3", "line-4", "line-5", "verify",
    ]  # fmt: skip


def test_v1_takes_lines_one_by_one_where_it_refuses_them_with_the_head(
    hq: Running, v1: Connection
) -> None:
    program(hq).behaviour.nested = "refuse"
    export = send(lined(v1, 3))
    assert export.status == "failed"
    assert "lines are sent one by one" in export.error
    assert hq.documents() == []

    v1.settings = {**V1, "positions": "single"}
    v1.save()
    Export.objects.update(status="waiting", next_attempt_at=timezone.now())
    assert send(export).status == "sent"
    assert len(hq.documents()) == 1


def test_a_rate_that_hq_lacks_is_named_and_once_it_is_there_the_draft_goes_on(
    hq: Running, api: Connection, accountant: Membership
) -> None:
    assert accountant.user is not None
    export = sent(api, percent="17")
    assert (export.status, export.problem) == ("failed", Problem.REFUSED)
    assert export.error.startswith(
        "HQ does not take a VAT of 17 %: the company there has no such tax rate. Have it created in"
        " HQ, then try again. (HQ: "
    )
    is_v2 = api.settings["dialect"] == "v2"
    assert ("writes tax rates otherwise" in export.error) is is_v2

    program(hq).behaviour.tax_rates = "any"
    byhand.retry([export.pk], actor=accountant.user)
    assert send(export).status == "sent"
    (document,) = hq.documents()
    assert document["gross"] == f"{export.invoice.gross_total:.2f}"


def test_a_refusal_of_something_else_is_not_about_rates(hq: Running, api: Connection) -> None:
    break_it(hq, "refuse", method="POST", message="The value of taxOption is not valid.")
    assert sent(api).error == "HQ refused it: The value of taxOption is not valid."


@pytest.mark.parametrize("enums", ["names", "numbers"])
def test_enumerations_come_as_names_or_numbers(hq: Running, v2: Connection, enums: str) -> None:
    program(hq).behaviour.enums = enums
    found = check(door_of(v2))
    assert found.lists["templates"] == [["5", "Rechnung Standard"]]
    assert not found.warnings
    assert sent(v2).status == "sent"


@pytest.mark.parametrize("scale", ["percent", "fraction"])
def test_the_scale_of_taxes_is_learnt_from_what_is_there(
    hq: Running, v2: Connection, scale: str
) -> None:
    program(hq).behaviour.tax_scale = scale
    found = check(door_of(v2))
    assert found.lists["tax_scale"] == [[scale, scale]]
    v2.remote = {"lists": found.lists}
    v2.save()
    assert sent(v2).status == "sent"


def test_a_put_empties_nothing(hq: Running, v2: Connection) -> None:
    v2.settings = {**V2, "payment_condition": "2"}
    v2.save()
    export = sent(v2)
    row = program(hq).store.get("document", "nordlicht", int(export.remote_id))
    assert row is not None
    assert row["paymentConditionId"] == 2
    assert row["documentTemplateEntityId"] == 5
    assert row["taxOption"] == "VatApplicable"


# Looking before writing again.


@pytest.mark.parametrize("kind", ["drop_after", "error_after", "drop_before", "error_before"])
@pytest.mark.parametrize(
    ("chosen", "method", "path"),
    [
        (V1, "POST", "/v1/Invoices"),
        (V1 | {"positions": "single"}, "POST", "/v1/Invoices(*)/Positions"),
        (V2, "POST", "/v2/Documents"),
        (V2, "PUT", "/v2/Documents/*"),
        (V2, "POST", "/v2/DocumentPositions/FreeTextPosition"),
        (V2, "GET", "/v2/Documents/*"),
    ],
)
def test_an_unknown_outcome_is_looked_up_and_never_doubled(
    hq: Running, chosen: dict[str, str], method: str, path: str, kind: str
) -> None:
    connection = hq.connect(settings=chosen)
    export = lined(connection, 3)
    break_it(hq, kind, method=method, path=path)

    send(export)
    assert export.status == "waiting"
    later(export)
    send(export)
    if export.status == "waiting":
        # It was not there, and the next request is not made before the quiet minute is over.
        later(export)
        send(export)

    assert (export.status, export.error) == ("sent", "")
    (document,) = hq.documents()
    assert document["gross"] == f"{export.invoice.gross_total:.2f}"


def test_after_line_k_it_goes_on_and_does_not_begin_anew(hq: Running, v2: Connection) -> None:
    program(hq).behaviour.failing_line = 3
    export = send(lined(v2, 4))
    assert export.status == "waiting"
    assert set(export.steps.exclude(done_at=None).values_list("key", flat=True)) == {
        "head", "mark", "line-1", "line-2",
    }  # fmt: skip

    program(hq).behaviour.failing_line = 0
    later(export)
    assert send(export).status == "sent"
    assert len(hq.documents()) == 1
    posts = [
        call["path"] for call in program(hq).store.requests(limit=100) if call["method"] == "POST"
    ]
    assert posts.count("/v2/Documents") == 1


def test_a_blank_head_of_another_moment_is_left_alone(hq: Running, v2: Connection) -> None:
    """Somebody in HQ has begun a draft for the same customer."""
    export = lined(v2, 1)
    break_it(hq, "drop_before", method="POST", path="/v2/Documents")
    send(export)
    other = program(hq).store
    with other.transaction():
        blank = {
            "id": 5, "documentType": "Invoice", "companyId": 71, "currency": "EUR",
            "date": f"{export.invoice.issue_date}T00:00:00", "note": None, "number": None,
            "validUntilDate": f"{export.invoice.due_date}T00:00:00", "taxOption": "VatApplicable",
            "performancePeriodStartDate": f"{export.invoice.issue_date}T00:00:00",
            "performancePeriodEndDate": f"{export.invoice.issue_date}T00:00:00",
            "documentTemplateEntityId": 5, "documentStatusId": 21, "positions": [],
            "payments": [], "elements": [], "createdOn": "2026-01-01T00:00:00Z",
            "updatedOn": "2026-01-01T00:00:00Z", "created": "2026-01-01T00:00:00+00:00",
        }  # fmt: skip
        other.put("document", "nordlicht", blank)
    later(export)
    send(export)
    assert export.status == "sent"
    assert export.remote_id != "5"


def test_a_head_that_another_one_took_is_replaced(hq: Running, v2: Connection) -> None:
    """Both had an unknown outcome; heads without mark are alike."""
    export = lined(v2, 2)
    break_it(hq, "drop_before", method="PUT", path="/v2/Documents/*")
    send(export)
    head = export.steps.get(key="head").remote_id
    store = program(hq).store
    row = store.get("document", "nordlicht", int(head))
    assert row is not None
    with store.transaction():
        store.put("document", "nordlicht", {**row, "note": "2026-0099\nLASKURI-1-99"})
    later(export)

    send(export)
    assert export.status == "waiting"
    assert export.remote_id == ""
    assert not export.steps.exclude(done_at=None).exists()
    later(export)
    send(export)
    assert export.status == "sent"
    assert export.remote_id != head
    assert sorted(one["marker"] for one in hq.documents())[0] == "LASKURI-1-99"


def test_a_head_that_another_one_has_and_has_not_marked_is_left_to_it(
    hq: Running, v2: Connection
) -> None:
    """One worker died before it marked its head; the answer about another one's was lost."""
    first, second = lined(v2, 1), lined(v2, 1)
    break_it(hq, "drop_before", method="PUT", path="/v2/Documents/*")
    send(first)
    head = first.steps.get(key="head").remote_id
    break_it(hq, "drop_after", method="POST", path="/v2/Documents")
    send(second)
    assert [first.status, second.status] == ["waiting", "waiting"]
    for export in (second, first):
        later(export)
        assert send(export).status == "sent"
    assert first.remote_id == head
    assert second.remote_id != head
    assert len(hq.documents()) == 2


def test_the_head_that_was_left_is_taken_after_another_one_took_ours(
    hq: Running, v2: Connection
) -> None:
    export = lined(v2, 1)
    break_it(hq, "drop_before", method="PUT", path="/v2/Documents/*")
    send(export)
    store = program(hq).store
    own = store.get("document", "nordlicht", int(export.steps.get(key="head").remote_id))
    assert own is not None
    with store.transaction():
        store.put("document", "nordlicht", {**own, "id": 9999})
        store.put("document", "nordlicht", {**own, "note": "2026-0099\nLASKURI-1-99"})
    for _turn in range(2):
        later(export)
        send(export)
    assert (export.status, export.remote_id) == ("sent", "9999")


def test_the_same_mark_twice_goes_to_a_person(hq: Running, v1: Connection) -> None:
    export = sent(v1)
    store = program(hq).store
    row = store.get("invoice", "nordlicht", int(export.remote_id))
    assert row is not None
    with store.transaction():
        store.put("invoice", "nordlicht", {**row, "id": 9999})
    export.steps.all().delete()
    Export.objects.update(status="waiting", next_attempt_at=timezone.now(), sent_at=None)
    send(export)
    assert (export.status, export.problem) == ("failed", Problem.UNCLEAR)
    assert "several times" in export.error


def test_words_of_a_query_that_are_ignored_do_not_mislead(hq: Running, v2: Connection) -> None:
    program(hq).behaviour.words = "ignored"
    with door_of(v2).open() as (adapter, _http):
        assert [one.name for one in adapter.search_partners("10002")] == [
            "Bäckerei Friedrichs GmbH"
        ]
        assert len(adapter.list_partners(100)) == 4
    assert sent(v2).status == "sent"


def test_forty_documents_survive_crashes_between_any_steps(hq: Running, v2: Connection) -> None:
    """A worker dies after each of its first calls in turn, and answers are lost besides."""
    program(hq).limits_rate = False
    customer = linked(v2)
    from tests.integrations.hq_invoices import crashing, posted_with_lines

    exports = [export_of(v2, posted_with_lines(customer, 2)) for _ in range(40)]
    for index, export in enumerate(exports):
        kind = ("drop_after", "error_after", "drop_before")[index % 3]
        path = ("/v2/Documents", "/v2/Documents/*", "/v2/DocumentPositions/*")[index % 3]
        if index % 2:
            break_it(hq, kind, method="PUT" if path.endswith("s/*") and index % 3 == 1 else "POST",
                     path=path)  # fmt: skip
            send(export)
        else:
            with crashing(after=index % 5):
                send(export)
    for _turn in range(6):
        for export in exports:
            export.refresh_from_db()
            if export.status == "sending":
                # Its lease is over.
                Export.objects.filter(pk=export.pk).update(
                    status="waiting", claim=None, claimed_until=None,
                    next_attempt_at=timezone.now(),
                )  # fmt: skip
            if export.status != "sent":
                later(export)
                send(export)
    assert {export.status for export in exports} == {"sent"}
    documents = hq.documents()
    assert sorted(one["marker"] for one in documents) == sorted(
        f"LASKURI-{export.tenant_id}-{export.invoice_id}" for export in exports
    )
    assert {one["gross"] for one in documents} == {f"{exports[0].invoice.gross_total:.2f}"}


# Bad input.


def test_sums_that_differ_leave_the_draft_and_tell(hq: Running, api: Connection) -> None:
    program(hq).behaviour.rounding = "line"
    from tests.integrations.hq_invoices import posted_with_lines

    invoice = posted_with_lines(linked(api), 3, net="0.33")
    export = send(export_of(api, invoice))
    assert (export.status, export.problem) == ("failed", Problem.DIFFERS)
    assert "tax is " in export.error
    assert len(hq.documents()) == 1


def test_a_wrong_token_stops_the_connection(hq: Running, api: Connection) -> None:
    api.credentials = {"token": "zzz"}
    api.save()
    with pytest.raises(AccessLost, match="does not accept the token"):
        check(door_of(api))
    export = sent(api)
    assert export.status == "waiting"
    api.refresh_from_db()
    assert "does not accept the token" in api.trouble


def test_a_token_revoked_midway_loses_nothing(hq: Running, v2: Connection) -> None:
    export = lined(v2, 3)
    break_it(hq, "revoke", method="POST", path="/v2/DocumentPositions/*", times=1)
    send(export)
    assert export.status == "waiting"
    program(hq).seed()
    Connection.objects.update(trouble="")
    assert send(export).status == "sent"
    assert len(hq.documents()) == 1


def test_the_token_of_another_company_finds_no_customer(hq: Running, api: Connection) -> None:
    assert check(door_of(api)).company == "Nordlicht Digital GmbH"
    customer = linked(api)
    CustomerLink.objects.update(remote_id="73")
    api.credentials = {"token": "fremd-sync-token"}
    api.save()
    assert check(door_of(api)).company == "Fremde Agentur GmbH"
    export = send(export_of(api, posted(customer=customer)))
    assert export.status == "failed"
    assert (export.problem, export.error) == (
        Problem.NOT_LINKED,
        "The linked company does not exist in HQ any more. Link another one.",
    )
    with (
        door_of(api).open() as (adapter, _http),
        pytest.raises(Rejected, match="does not exist in HQ any more"),
    ):
        adapter.read_partner("73")


def test_a_draft_deleted_there_is_told_and_made_anew(
    hq: Running, v2: Connection, accountant: Membership
) -> None:
    actor = accountant.user
    assert actor is not None
    export = lined(v2, 2)
    break_it(hq, "error_before", method="POST", path="/v2/DocumentPositions/*")
    send(export)
    store = program(hq).store
    store.remove("document", "nordlicht", int(export.remote_id))
    later(export)
    send(export)
    assert (export.status, export.problem) == ("failed", Problem.DIFFERS)
    assert "does not exist in HQ any more" in export.error

    byhand.begin_anew(export, actor=actor)
    export.refresh_from_db()
    assert (export.status, export.remote_id, export.attempts) == ("waiting", "", 0)
    send(export)
    assert export.status == "sent"
    assert len(hq.documents()) == 1


def test_a_template_that_vanished_is_told(hq: Running, v2: Connection) -> None:
    v2.settings = {**V2, "template": "77"}
    v2.save()
    assert "not there any more" in check(door_of(v2)).warnings[0]
    export = sent(v2)
    assert export.status == "failed"
    assert "documentTemplateEntityId" in export.error


@pytest.mark.parametrize(
    ("fault", "status", "sentence"),
    [
        ({"kind": "error_before", "body": "html"}, "waiting", "answered with an error (500)"),
        ({"kind": "error_before", "body": "empty"}, "waiting", "answered with an error (500)"),
        ({"kind": "rate_limit", "retry_after": "none"}, "waiting", "asks for patience"),
        ({"kind": "refuse", "message": "Kaputt"}, "failed", "HQ refused it: Kaputt"),
        ({"kind": "refuse", "status": 403}, "failed", "lacks the rights"),
    ],
)
def test_whatever_it_answers_ends_in_words(
    hq: Running, api: Connection, fault: dict[str, Any], status: str, sentence: str
) -> None:
    program(hq).faults.add(fault)
    export = sent(api)
    assert export.status == status
    assert sentence in export.error


def test_a_pause_is_taken_by_the_whole_connection(hq: Running, v1: Connection) -> None:
    program(hq).faults.add({"kind": "rate_limit", "retry_after": "none"})
    sent(v1)
    v1.refresh_from_db()
    assert v1.paused_until is not None
    pause = (v1.paused_until - timezone.now()).total_seconds()
    assert 50 < pause <= assumptions.PAUSE_SECONDS


@pytest.mark.parametrize("answer", ["<html>Wartung</html>", "[1", '{"foo": 1}', '"text"', "null"])
@pytest.mark.parametrize("chosen", [V1, V2], ids=["v1", "v2"])
def test_a_200_that_is_no_answer_is_none(
    hq: Running, chosen: dict[str, str], answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.sandbox.web import Response

    connection = hq.connect(settings=chosen)
    customer = linked(connection)
    monkeypatch.setattr(
        HqSandbox, "dispatch", lambda _self, _call: Response(200, answer.encode(), "text/html")
    )
    export = send(export_of(connection, posted(customer=customer)))
    assert export.status == "waiting"
    assert "could not be read" in export.error


def test_an_error_inside_a_200_is_told(
    hq: Running, v2: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.sandbox.web import json_response

    customer = linked(v2)
    answer = json_response({"errors": {"companyId": ["unbekannt"]}})
    monkeypatch.setattr(HqSandbox, "dispatch", lambda _self, _call: answer)
    export = send(export_of(v2, posted(customer=customer)))
    assert (export.status, export.error) == (
        "failed", "HQ refused it: companyId: unbekannt",
    )  # fmt: skip


def test_a_redirect_is_not_followed(
    hq: Running, v1: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.sandbox.web import Response

    away = Response(302, headers={"Location": "http://127.0.0.1:1/"})
    monkeypatch.setattr(HqSandbox, "dispatch", lambda _self, _call: away)
    with pytest.raises(RetryLater, match="unexpected way"):
        check(door_of(v1))


def test_without_a_link_it_waits_for_one(hq: Running, api: Connection) -> None:
    export = send(export_of(api, posted()))
    assert (export.status, export.problem) == ("failed", Problem.NOT_LINKED)
    assert "Link " in export.error


# Companies.


@pytest.mark.parametrize("text", ["10002", "friedrichs", "DE136695976"])
def test_companies_are_found_by_number_name_and_vat_id(api: Connection, text: str) -> None:
    with door_of(api).open() as (adapter, _http):
        (found,) = adapter.search_partners(text)
    assert (found.id, found.number, found.vat_id) == ("72", "10002", "DE136695976")
    assert (found.street, found.country) == ("Marktstr. 12", "DE")


def details(**changes: Any) -> PartnerDetails:
    return PartnerDetails(
        **{
            "name": "Neue GmbH", "number": "10900", "vat_id": "DE 136695976", "street": "Weg 1",
            "postal_code": "20095", "city": "Hamburg", "country": "DE", "email": "a@b.example",
            **changes,
        }
    )  # fmt: skip


def test_a_company_is_added_with_its_debtor_number_and_once(api: Connection) -> None:
    with door_of(api).open() as (adapter, _http):
        made = adapter.create_partner(details())
        again = adapter.read_partner(made.id)
        assert (again.name, again.number, again.email) == ("Neue GmbH", "10900", "a@b.example")
        with pytest.raises(Rejected, match="has “Neue GmbH” with the debtor number 10900"):
            adapter.create_partner(details(name="Andere GmbH"))
        with pytest.raises(Rejected, match="whole numbers"):
            adapter.create_partner(details(number="C-1"))
        with pytest.raises(Rejected, match="needs street"):
            adapter.create_partner(details(number="10901", street=""))


def test_changing_the_e_mail_keeps_everything_else(hq: Running, api: Connection) -> None:
    before = program(hq).store.get("company", "nordlicht", 72)
    with door_of(api).open() as (adapter, _http):
        changed = adapter.update_partner("72", PartnerChanges(email="neu@friedrichs.example"))
    assert changed.email == "neu@friedrichs.example"
    after = program(hq).store.get("company", "nordlicht", 72)
    assert before is not None
    assert after is not None
    for name in ("name", "vatId", "debitorNumber", "companyTypes", "standardPaymentConditionId"):
        assert after[name] == before[name], name
    assert after["defaultAddress"]["street"] == "Marktstr."


# Payments.


def exported(export: Export) -> Exported:
    invoice = export.invoice
    assert invoice.number
    return Exported(
        remote_id=export.remote_id, remote_number=export.remote_number, number=invoice.number,
        issue_date=invoice.issue_date, gross=invoice.gross_total, currency=invoice.currency,
    )  # fmt: skip


def settlements(
    adapter: Adapter, documents: list[Exported], since: datetime | None
) -> list[Settlement]:
    reader: ReadsPayments = adapter  # type: ignore[assignment]  # promised by Can.PAYMENTS
    return reader.read_settlements(documents, since)


def test_numbers_and_payments_come_back(hq: Running, api: Connection) -> None:
    from integrations.sandbox.web import Request

    export = sent(api)
    kind = "invoice" if api.settings["dialect"] == "v1" else "document"
    place = f"/{kind}/nordlicht/{export.remote_id}"
    since = timezone.now()
    with door_of(api).open() as (adapter, _http):
        (before,) = settlements(adapter, [exported(export)], None)
        assert (before.paid, before.remote_number, before.is_gone) == (Decimal(0), "", False)
        assert program(hq).answer(Request("POST", f"{place}/finish"))
        assert program(hq).answer(Request("POST", f"{place}/pay"))
        (after,) = settlements(adapter, [exported(export)], since - timedelta(seconds=5))
        assert after.paid == export.invoice.gross_total
        assert after.remote_number.startswith("RE-")
        assert after.paid_on is not None
        assert settlements(adapter, [], None) == []


def test_the_number_of_a_finished_draft_stands_with_its_export(
    hq: Running, api: Connection
) -> None:
    export = sent(api)
    assert export.remote_number == ""
    finished(hq, export)
    settle_documents(api.pk, [export.remote_id], tenant_id=current_tenant_id())
    export.refresh_from_db()
    assert export.remote_number.startswith("RE-")


def test_one_that_was_deleted_there_is_gone(hq: Running, api: Connection) -> None:
    export = sent(api)
    kind = "invoice" if api.settings["dialect"] == "v1" else "document"
    program(hq).store.remove(kind, "nordlicht", int(export.remote_id))
    with door_of(api).open() as (adapter, _http):
        (found,) = settlements(adapter, [exported(export)], None)
    assert found.is_gone


# Corrections.


def finished(hq: Running, export: Export) -> None:
    from integrations.sandbox.web import Request

    api = export.connection.settings["dialect"]
    kind = "invoice" if api == "v1" else "document"
    program(hq).answer(Request("POST", f"/{kind}/nordlicht/{export.remote_id}/finish"))


def test_a_correction_is_a_task_for_a_person(hq: Running, api: Connection) -> None:
    export = sent(api)
    credit = cancel_invoice(export.invoice, actor=None, reason="Wrong")
    other = send(export_of(api, credit))
    assert other.status == "by_hand"
    assert "Create the correction of invoice" in other.error
    assert len(hq.documents()) == 1


def test_where_it_is_meant_hq_cancels_the_whole_invoice(hq: Running, api: Connection) -> None:
    api.settings = {**api.settings, "corrections": "api"}
    api.save()
    export = sent(api)
    finished(hq, export)
    credit = cancel_invoice(export.invoice, actor=None, reason="Wrong")
    other = send(export_of(api, credit))
    assert (other.status, other.error) == ("sent", "")
    marker = f"LASKURI-{other.tenant_id}-{credit.pk}"
    (document,) = [one for one in hq.documents() if one["marker"] == marker]
    assert document["gross"] == f"{-credit.gross_total:.2f}"


def test_a_cancellation_that_was_made_twice_is_told(hq: Running, api: Connection) -> None:
    """The second one bears no mark; what it cancels and when tells that it is one."""
    api.settings = {**api.settings, "corrections": "api"}
    api.save()
    export = sent(api)
    finished(hq, export)
    credit = cancel_invoice(export.invoice, actor=None, reason="Wrong")
    break_it(hq, "repeat", method="POST", path="*Cre*")
    other = send(export_of(api, credit))
    assert (other.status, other.problem) == ("failed", Problem.UNCLEAR)
    marked, unmarked = re.findall(r"id (\d+)", other.error)
    assert marked == other.remote_id
    assert f"unmarked draft (id {unmarked})" in other.error
    assert hq.delete(unmarked)
    byhand.retry([other.pk], actor=somebody())
    send(other)
    assert (other.status, other.error) == ("sent", "")
    assert len(hq.documents()) == 2


def test_an_unknown_cancellation_goes_to_a_person(hq: Running, v2: Connection) -> None:
    v2.settings = {**v2.settings, "corrections": "api"}
    v2.save()
    export = sent(v2)
    finished(hq, export)
    credit = cancel_invoice(export.invoice, actor=None, reason="Wrong")
    break_it(hq, "drop_after", method="POST", path="/v2/Documents/*/CreateFromDocument")
    other = send(export_of(v2, credit))
    later(other)
    send(other)
    assert other.status == "by_hand"
    assert "It is not known whether HQ created" in other.error


# By files.


def test_files_are_the_default_and_need_nothing(
    hq: Running, accountant: Membership, signed_in: SignIn
) -> None:
    client = signed_in(accountant)
    page = client.post(
        "/acme/accounting/new/hq/",
        {"name": "HQ", "environment": "production", "dialect": "file", "positions": "nested",
         "corrections": "hand"},
        follow=True,
    ).content.decode()  # fmt: skip
    connection = Connection.objects.get()
    assert (connection.settings["dialect"], connection.trouble) == ("file", "")
    assert "Saved" in page

    export = send(export_of(connection, posted()))
    assert (export.status, hq.documents()) == ("by_hand", [])
    answer = client.get(f"/acme/exports/{export.pk}/package/")
    with zipfile.ZipFile(BytesIO(answer.getvalue())) as archive:
        text = archive.read("documents.csv").decode().removeprefix("\ufeff")
        assert f"{export.invoice.number}.pdf" in archive.namelist()
    head, row = list(csv.reader(StringIO(text), delimiter=";"))
    assert row[head.index("Number")] == export.invoice.number
    assert "Company id in HQ" in head

    client.post(f"/acme/exports/{export.pk}/done/", {"number": "RE-2026-0300"})
    export.refresh_from_db()
    assert (export.status, export.remote_number) == ("sent", "RE-2026-0300")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"dialect": "v2", "token": ""}, "The APIs need a token"),
        ({"dialect": "v3"}, "Select a valid choice"),
        ({"dialect": "v1", "token": "a", "template": "five"}, "An id is a whole number"),
        ({"dialect": "v2", "token": "a", "units": "HUR three"}, "“HUR three” is no unit"),
    ],
)
def test_wrong_entries_are_told(
    accountant: Membership, signed_in: SignIn, changes: dict[str, str], sentence: str
) -> None:
    entered = {"name": "HQ", "environment": "production", "dialect": "file",
               "positions": "nested", "corrections": "hand", **changes}  # fmt: skip
    answer = signed_in(accountant).post("/acme/accounting/new/hq/", entered)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Connection.objects.exists()


def test_files_ask_nobody_about_customers() -> None:
    connection = Connection(
        system="hq", name="HQ", environment="production", settings={"dialect": "file"}
    )
    connection.credentials = {}
    connection.save()
    with door_of(connection).open() as (adapter, http):
        assert adapter.list_partners(10) == []
        with pytest.raises(Rejected, match="documents go by files"):
            adapter.search_partners("x")
        assert http.calls == []


@pytest.mark.parametrize("left", [0, 1])
@pytest.mark.parametrize(("dialect", "path"), [(V1, "/v1/Invoices"), (V2, "/v2/Documents")])
def test_a_draft_that_was_made_twice_is_told_and_the_one_left_is_taken(
    hq: Running, dialect: dict[str, str], path: str, left: int
) -> None:
    connection = hq.connect(settings=dialect)
    export = export_of(connection, posted(customer=linked(connection)))
    break_it(hq, "repeat", method="POST", path=path)
    send(export)
    assert (export.status, export.problem) == ("failed", Problem.UNCLEAR)
    ids = re.findall(r"id (\d+)", export.error)
    assert len(ids) == len(hq.documents()) == 2
    hq.delete(ids[1 - left])
    byhand.retry([export.pk], actor=somebody())
    for _turn in range(2):
        send(export)
        if export.status == "sent":
            break
        later(export)
    assert (export.status, export.remote_id) == ("sent", ids[left])
    (document,) = hq.documents()
    assert document["gross"] == "125.50"


def test_a_blank_draft_of_another_document_is_no_double(hq: Running, v2: Connection) -> None:
    """Its answer was lost, and it will find its own."""
    buyer = linked(v2)
    lost, next_one = (export_of(v2, posted(customer=buyer)) for _number in range(2))
    break_it(hq, "drop_after", method="POST", path="/v2/Documents")
    send(lost)
    send(next_one)
    assert (lost.status, next_one.status) == ("waiting", "sent")
    later(lost)
    send(lost)
    assert lost.status == "sent"
    assert len(hq.documents()) == 2


def test_a_double_that_came_late_is_told_to_the_next_one(hq: Running, v2: Connection) -> None:
    """The document that it is the double of is through, and nobody would ever look."""
    buyer = linked(v2)
    first = send(export_of(v2, posted(customer=buyer)))
    assert first.status == "sent"
    store = program(hq).store
    own = store.get("document", "nordlicht", int(first.remote_id))
    assert own is not None
    with store.transaction():
        number, *_skipped = [store.next_number("document", "nordlicht", 1) for _time in range(5)]
        store.put(
            "document",
            "nordlicht",
            {**own, "id": number, "note": None, "positions": [], "elements": []},
        )
    after = send(export_of(v2, posted(customer=buyer)))
    assert (after.status, after.problem) == ("failed", Problem.UNCLEAR)
    assert f"id {number}" in after.error
    hq.delete(str(number))
    byhand.retry([after.pk], actor=somebody())
    assert send(after).status == "sent"
    assert len(hq.documents()) == 2
