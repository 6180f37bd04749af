"""Whatever a system answers, in each of them: a state that a person can understand and mend.

The matrix is whole: each system has a cell for each kind of bad input, and the cell says how the
export ends, what its sentence or the connection's says, and that mending it brings the document
there once.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core.cache import cache

from customers.models import Customer
from integrations import registry
from integrations.domain import byhand, linking, noting
from integrations.domain.access import door_of
from integrations.domain.connections import check, record_check
from integrations.domain.product_links import map_to
from integrations.http import MOST_BYTES
from integrations.models import Connection, Export, ExportStep
from integrations.ports import AdapterError, Can, Partner, RemoteProduct
from integrations.problems import Problem
from integrations.sandbox.app import Call
from integrations.sandbox.web import Response
from integrations.systems.netvisor.sandbox.company import COMPANIES
from integrations.systems.procountor.sandbox.company import companies
from tenants.models import Membership, Tenant, User
from tests.factories import CustomerFactory
from tests.integrations.conftest import link, posted, send
from tests.integrations.hq_invoices import posted_with_lines
from tests.integrations.sandboxes import WITH_SANDBOX, Running, running

FAILED, WAITING, SENT = Export.Status.FAILED, Export.Status.WAITING, Export.Status.SENT


@dataclass
class Bench:
    """One system with its sandbox, a connection that works, and a customer who is linked."""

    there: Running
    over: Connection
    buyer: Customer
    removed: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def new(self, percent: str = "") -> Export:
        invoice = posted(customer=self.buyer, percent=percent or self.there.percent())
        export: Export = Export.objects.get(invoice=invoice)
        return export

    def open_with(self, **credentials: str) -> None:
        self.over.credentials = {**self.over.credentials, **credentials}
        self.over.save()

    def empty(self, kind: str, slug: str) -> None:
        store: Any = self.there.program.store
        for one in store.find(kind, slug, order="id"):
            store.remove(kind, slug, one["id"])
            self.removed.append((kind, slug, one))

    def put_back(self) -> None:
        store: Any = self.there.program.store
        for kind, slug, one in self.removed:
            store.put(kind, slug, one)

    def change(self, kind: str, slug: str, how: Callable[[dict[str, Any]], None]) -> None:
        store: Any = self.there.program.store
        newest = store.find(kind, slug, order="id")[-1]
        how(newest)
        store.put(kind, slug, newest)


@dataclass(frozen=True)
class There:
    """What of a sandbox the bad input needs; `writes` is the request that makes the document."""

    slug: str
    wrong: dict[str, str]
    other: dict[str, str]
    writes: str
    customers: str
    unknown_rate: str
    spoil: Callable[[Bench], None]
    error: bytes
    close: Callable[[Bench], None]
    kind: str = "application/json"


def refuse_all(status: int, message: str = "") -> Callable[[Bench], None]:
    def close(bench: Bench) -> None:
        bench.there.program.faults.add(
            {"kind": "refuse", "status": status, "message": message, "times": "always"}
        )

    return close


def spoil_with(
    kind: str, slug: str, how: Callable[[dict[str, Any]], None]
) -> Callable[[Bench], None]:
    return lambda bench: bench.change(kind, slug, how)


NETVISOR_OTHER = COMPANIES["testi"]
NO_NETVISOR = (
    b"<Root><ResponseStatus><Status>FAILED</Status><Status>INVALID_DATA :: Data form incorrect:."
    b" Ei kelpaa</Status><TimeStamp>1</TimeStamp></ResponseStatus></Root>"
)
SYSTEMS = {
    "hq": There(
        slug="nordlicht",
        wrong={"token": "zzz"},
        other={"token": "fremd-sync-token"},
        writes=r"POST /v1/.*",
        customers="company",
        unknown_rate="17",
        spoil=lambda _bench: None,  # its sandbox rounds by line
        error=b'{"errors": {"companyId": ["unbekannt"]}}',
        close=refuse_all(401),
    ),
    "lexoffice": There(
        slug="nordlicht",
        wrong={"api_key": "wrong"},
        other={"api_key": "kleinstein-api-key"},
        writes=r"POST /invoices",
        customers="contact",
        unknown_rate="17",
        spoil=spoil_with(
            "document", "nordlicht",
            lambda one: one["totalPrice"].update(totalGrossAmount=119.01),
        ),
        error=b'{"message": "Validation failed", "details": [{"field": "voucherDate"}]}',
        close=refuse_all(402),
    ),
    "netvisor": There(
        slug="kuusi",
        wrong={"customer_key": "wrong"},
        other={"customer_id": NETVISOR_OTHER.customer_id,
               "customer_key": NETVISOR_OTHER.customer_key},
        writes=r"POST /salesinvoice\.nv",
        customers="customer",
        unknown_rate="17",
        spoil=spoil_with("invoice", "kuusi", lambda one: one.update(amount="125.49")),
        error=NO_NETVISOR,
        close=lambda bench: bench.there.program.closed.add("kuusi"),  # type: ignore[attr-defined]
        kind="text/xml",
    ),
    "procountor": There(
        slug="kuusi",
        wrong={"api_key": "wrong"},
        other={"api_key": next(
            one.api_key for slug, one in companies().items() if slug != "kuusi"
        )},
        writes=r"POST /invoices",
        customers="partner",
        unknown_rate="17",
        spoil=spoil_with(
            "invoice", "kuusi",
            lambda one: one["invoiceSumInfo"][0].update(invoiceSumTotal=125.49),
        ),
        error=b'{"errors": [{"status": 400, "field": "date", "message": "CLOSED_FISCAL_PERIOD"}]}',
        close=refuse_all(401),
    ),
    "sevdesk": There(
        slug="nordlicht",
        wrong={"token": "0" * 32},
        other={"token": "b7d8e0c94a1f4f6c8a3e5d2b17c6f093"},
        writes=r"POST /Invoice/Factory/saveInvoice",
        customers="Contact",
        unknown_rate="16",
        spoil=spoil_with(
            "Invoice", "nordlicht", lambda one: one.update(sumTax="19.01", sumGross="119.01")
        ),
        error=b'{"objects": null, "error": {"message": "Currency is required", "code": null}}',
        close=refuse_all(403),
    ),
}  # fmt: skip


CASES = (
    "wrong key", "another company's key", "closed", "customer deleted", "product vanished",
    "unknown rate", "rounded otherwise", "no JSON or XML", "error inside a 200", "a page of HTML",
    "an endless body", "a redirect",
)  # fmt: skip
# How it ends: waiting with a sentence of the connection, which is stopped; failed, which problem
# and what the sentence says; waiting, because nobody knows whether it arrived; sent.
type Cell = tuple[str, ...]


def stopped(says: str) -> Cell:
    return ("stopped", says)


def failed(problem: Problem, says: str) -> Cell:
    return ("failed", problem, says)


def unknown(says: str) -> Cell:
    return ("unknown", says)


ARRIVES = ("sent",)
NOT_LINKED, NOT_MAPPED = Problem.NOT_LINKED, Problem.NOT_MAPPED
DIFFERS, REFUSED = Problem.DIFFERS, Problem.REFUSED
NO_ANSWER = {
    "no JSON or XML": unknown(r"answer.* could not be read\.$"),
    "a page of HTML": unknown(r"answer.* could not be read\.$"),
    "an endless body": unknown(r"did not answer\.$"),
    "a redirect": unknown(r"answered in an unexpected way \(302\)\.$"),
}
OTHER = "This key belongs to another company: "
MATRIX: dict[str, dict[str, Cell]] = {
    "hq": {
        "wrong key": stopped("HQ does not accept the token. Make a new one there"),
        "another company's key": stopped(f"{OTHER}Fremde Agentur GmbH"),
        "closed": stopped("If the account in HQ was closed, switch this connection off."),
        "customer deleted": failed(NOT_LINKED, "does not exist in HQ any more. Link another one"),
        "product vanished": ARRIVES,
        "unknown rate": failed(REFUSED, "HQ does not take a VAT of 17 %: the company there has no"),
        "rounded otherwise": failed(DIFFERS, "differs: tax is 0.24 there and 0.25 here"),
        **NO_ANSWER,
        "error inside a 200": failed(REFUSED, "HQ refused it: companyId: unbekannt"),
    },
    "lexoffice": {
        "wrong key": stopped("Lexware Office does not accept the API key. Make a new one"),
        "another company's key": stopped(f"{OTHER}Kleinstein Gestaltung"),
        "closed": stopped("If the organisation there was closed, switch this connection off."),
        "customer deleted": failed(NOT_LINKED, "does not exist in Lexware Office. Link it again."),
        "product vanished": ARRIVES,
        "unknown rate": failed(REFUSED, "knows no VAT of 17 % on 2026-11-20, only 0, 7, 19 %."),
        "rounded otherwise": failed(DIFFERS, "119.01 EUR for RE1001, and here it is 119.00 EUR"),
        **NO_ANSWER,
        # It does not say so: no success without what a success has.
        "error inside a 200": unknown(r"answer.* could not be read\.$"),
    },
    "netvisor": {
        "wrong key": stopped("Netvisor does not accept the keys. Check the identifiers"),
        # The business id of the connection goes with the keys.
        "another company's key": stopped("the keys and the business id"),
        "closed": stopped("Organisation is closed or access to it has ended."),
        "customer deleted": failed(NOT_LINKED, "does not exist in Netvisor any more. Link another"),
        "product vanished": failed(NOT_MAPPED, "Choose another one on the page of products."),
        "unknown rate": failed(REFUSED, "Check the VAT codes in the connection."),
        "rounded otherwise": failed(DIFFERS, "Netvisor has 125.49 EUR, the invoice says 125.50."),
        **NO_ANSWER,
        "error inside a 200": failed(REFUSED, "Netvisor refused it: Data form incorrect:. Ei kel"),
        "a redirect": unknown(r"answer could not be read\.$"),
    },
    "procountor": {
        "wrong key": stopped("Procountor does not accept the credentials. Check client, secret"),
        "another company's key": stopped(f"{OTHER}Testiyritys Oy"),
        "closed": stopped("If the company in Procountor was closed, switch this connection off."),
        "customer deleted": failed(NOT_LINKED, "does not exist in Procountor. Link it again."),
        "product vanished": ARRIVES,
        "unknown rate": failed(REFUSED, "Switch it on there and try again."),
        "rounded otherwise": failed(DIFFERS, "reckons 125.49 EUR, the invoice says 125.5"),
        **NO_ANSWER,
        "error inside a 200": unknown(r"answer.* could not be read\.$"),
    },
    "sevdesk": {
        "wrong key": stopped("sevDesk no longer accepts the token. Copy the current one"),
        "another company's key": stopped(f"{OTHER}Altbau Planung Lübeck GmbH"),
        "closed": stopped("If the account in sevDesk was closed, switch this connection off."),
        "customer deleted": failed(NOT_LINKED, "does not exist in sevDesk any more. Link it again"),
        "product vanished": ARRIVES,
        "unknown rate": failed(REFUSED, "which One Stop Shop rule such sales have."),
        "rounded otherwise": failed(DIFFERS, "reckons 19.01 EUR, the document says 19 (VAT)."),
        **NO_ANSWER,
        "error inside a 200": failed(REFUSED, "sevDesk refused it: Currency is required"),
    },
}


def test_the_matrix_is_whole() -> None:
    assert sorted(MATRIX) == sorted(SYSTEMS) == WITH_SANDBOX
    for system, cells in MATRIX.items():
        assert set(cells) == set(CASES), system
        has_products = Can.PRODUCTS in registry.all_systems()[system].can
        assert (cells["product vanished"] == ARRIVES) is not has_products


@pytest.fixture
def bench(
    request: pytest.FixtureRequest, tenant: Tenant, tmp_path: Path, settings: Any
) -> Iterator[Bench]:
    settings.OUTGOING_RATE_LIMIT = False
    with running(request.param, tmp_path, settings, limits_rate=False) as there:
        over = there.connect()
        record_check(over.pk, check(door_of(over)), actor=None)
        over.refresh_from_db()
        link(over, (buyer := CustomerFactory()), str(there.door()["customer"]))
        yield Bench(there, over, buyer)


def ended(bench: Bench, case: str) -> Export:
    """The export after this has happened to it."""
    facts = SYSTEMS[bench.there.system]
    if case == "wrong key":
        bench.open_with(**facts.wrong)
        return send(bench.new())
    if case == "another company's key":
        bench.open_with(**facts.other)
        try:
            found: Any = check(door_of(bench.over))
        except AdapterError as refused:
            found = refused
        record_check(bench.over.pk, found, actor=None)
        return send(bench.new())
    if case == "closed":
        export = bench.new()
        facts.close(bench)
        return send(export)
    if case == "customer deleted":
        bench.empty(facts.customers, facts.slug)
        return send(bench.new())
    if case == "product vanished":
        if Can.PRODUCTS in registry.all_systems()[bench.there.system].can:
            bench.empty("product", facts.slug)
        return send(bench.new())
    if case == "unknown rate":
        return send(bench.new(facts.unknown_rate))
    if case == "rounded otherwise":
        return rounded(bench, facts)
    with answering(bench, facts, case):
        return send(bench.new())


def rounded(bench: Bench, facts: There) -> Export:
    if bench.there.system == "hq":
        bench.there.program.behaviour.rounding = "line"  # type: ignore[attr-defined]
        invoice = posted_with_lines(bench.buyer, 3, net="0.33")
        return send(Export.objects.get(invoice=invoice))
    done = noting.note_done
    spoilt: list[str] = []

    def then_spoil(*arguments: Any, **named: Any) -> None:
        done(*arguments, **named)
        if not spoilt:
            spoilt.append(arguments[1])
            facts.spoil(bench)

    with patch("integrations.domain.noting.note_done", then_spoil):
        return send(bench.new())


ANSWERS = {
    "no JSON or XML": lambda facts: Response(200, b"[1", facts.kind),
    "error inside a 200": lambda facts: Response(200, facts.error, facts.kind),
    "a page of HTML": lambda _facts: Response(200, b"<html><h1>Wartung</h1></html>", "text/html"),
    "an endless body": lambda facts: Response(200, b" " * (MOST_BYTES + 70_000), facts.kind),
    "a redirect": lambda _facts: Response(302, headers={"Location": "http://127.0.0.1:1/"}),
}


def answering(bench: Bench, facts: There, case: str) -> Any:
    """The request that makes the document is answered so, although it was made; but for the error,
    with which it was not."""
    program = bench.there.program
    dispatch = program._dispatch

    def badly(call: Call) -> Response:
        is_meant = re.fullmatch(facts.writes, f"{call.request.method} {call.path}")
        if not is_meant:
            return dispatch(call)
        if case != "error inside a 200":
            dispatch(call)
        return ANSWERS[case](facts)

    return patch.object(program, "_dispatch", badly)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("bench", sorted(SYSTEMS), indirect=True)
def test_it_ends_in_a_state_that_a_person_can_mend(
    bench: Bench, case: str, accountant: Membership
) -> None:
    assert accountant.user is not None
    how, *more = MATRIX[bench.there.system][case]
    export = ended(bench, case)
    bench.over.refresh_from_db()
    assert HOW[how](bench, export, *more), (export.status, export.error, bench.over.trouble)
    mend(bench, case, export, accountant.user)
    assert export.status == SENT, export.error
    assert export.done_by is not None or len(bench.there.documents()) == 1


def is_stopped(bench: Bench, export: Export, says: str) -> bool:
    """The connection is, and no document is blamed."""
    kept = (export.status, export.attempts, len(bench.there.documents()))
    return kept == (WAITING, 0, 0) and says in bench.over.trouble


def is_failed(bench: Bench, export: Export, problem: str, says: str) -> bool:
    kept = (export.status, str(export.problem), export.next_attempt_at)
    return kept == (FAILED, problem, None) and says in export.error and not bench.over.trouble


def is_unknown(bench: Bench, export: Export, says: str) -> bool:
    """It is looked up and tried again by itself, and stands with the document meanwhile."""
    looked_up = export.status == WAITING and export.next_attempt_at is not None
    return looked_up and re.search(says, export.error) is not None and not bench.over.trouble


HOW: dict[str, Callable[..., bool]] = {
    "stopped": is_stopped,
    "failed": is_failed,
    "unknown": is_unknown,
    "sent": lambda bench, export: export.status == SENT and not bench.over.trouble,
}


def mend(bench: Bench, case: str, export: Export, actor: User) -> None:
    """What the sentence says is to be done; then it goes on by itself or is said to be there."""
    bench.there.program.faults.clear()
    how = MATRIX[bench.there.system][case][0]
    if how == "stopped":
        if bench.there.system == "netvisor":
            bench.there.program.closed.clear()  # type: ignore[attr-defined]
        bench.over.credentials = bench.there.door()["credentials"]
        bench.over.save()
        record_check(bench.over.pk, check(door_of(bench.over)), actor=actor)
    elif case == "customer deleted":
        bench.put_back()
        there = Partner(id=str(bench.there.door()["customer"]), name="There again")
        linking.link(bench.over, bench.buyer, there, actor=actor)
        export.refresh_from_db()
        assert export.status == WAITING
    elif case == "product vanished" and how == "failed":
        bench.put_back()
        there_again = RemoteProduct(id=str(bench.there.door()["product"]), name="There again")
        map_to(bench.over, None, there_again, actor=actor)
        export.refresh_from_db()
        assert export.status == WAITING
    elif case == "error inside a 200":
        byhand.retry([export.pk], actor=actor)
    elif how == "failed":
        byhand.confirm({export.pk: "corrected there"}, actor=actor)
    export.refresh_from_db()
    if export.status != SENT:
        for step in ExportStep.objects.filter(export=export, done_at=None):
            step.begun_at -= timedelta(minutes=15)
            step.save()
        cache.clear()
        send(export)
