"""Whatever is sent, the answer is in the documented shape and nothing is stored by halves."""

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
from integrations.systems.procountor.sandbox import create
from integrations.systems.procountor.sandbox.server import ProcountorSandbox
from tests.integrations.sandbox.conftest import invoice
from tests.integrations.sandbox.test_registers import PARTNER

FULL_INVOICE = invoice(
    partnerId=70001,
    billingAddress={"name": "Esimerkki Oy"},
    counterParty__einvoiceAddress={"address": "1", "operator": "2"},
    counterParty__bccAddresses=["a@b.example"],
    paymentInfo__bankReferenceCode="",
    paymentInfo__cashDiscount={"optionList": [{"numberOfDays": 7, "discountPercentage": 2}]},
    originalInvoiceNumber="2026-0001",
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([10**400, "2026-11-20", "FINLAND", "1232", "x" * 20_000, "\ud800", "\x00"])
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, item in items:
        yield (*path, name)
        if isinstance(item, dict | list):
            yield from paths(item, (*path, name))


def replaced(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = copy.deepcopy(document)
    inner: Any = document
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return document


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[ProcountorSandbox, str]]:
    with tempfile.TemporaryDirectory() as folder:
        program = create(Path(folder))
        program.rate_limit.per_second = 10**9
        form = (
            b"grant_type=client_credentials&client_id=laskuri&client_secret=laskuri-sandbox"
            b"&api_key=kuusi-api-key"
        )
        headers = headers_of("application/x-www-form-urlencoded")
        answer = program.answer(Request("POST", "/api/oauth/token", {}, headers, form))
        assert isinstance(answer, Response)
        yield program, json.loads(answer.body)["access_token"]
        program.close()


def headers_of(content_type: str, token: str = "") -> Message:
    headers = Message()
    headers["Content-Type"] = content_type
    headers["Authorization"] = f"Bearer {token}"
    return headers


def check(opened: tuple[ProcountorSandbox, str], path: str, kind: str, body: Any) -> None:
    program, token = opened
    before = program.store.count(kind, "kuusi")
    request = Request(
        "POST", f"/api{path}", {}, headers_of("application/json", token), json.dumps(body).encode()
    )

    answer = program.answer(request)

    assert isinstance(answer, Response)
    found = json.loads(answer.body)
    stored = program.store.count(kind, "kuusi") - before
    if answer.status == 200:
        assert stored == 1
        assert program.store.get(kind, "kuusi", found["id"]) is not None
    else:
        assert (answer.status, stored) == (400, 0)
        assert all(entry["status"] == 400 and entry["message"] for entry in found["errors"])
    shown = program.answer(Request("GET", f"/requests/{program.store.requests(limit=1)[0]['id']}"))
    assert isinstance(shown, Response)
    assert shown.status == 200


@given(st.sampled_from(list(paths(FULL_INVOICE))), VALUES)
@settings(max_examples=300, deadline=None)
def test_any_value_anywhere_in_an_invoice(
    opened: tuple[ProcountorSandbox, str], path: tuple[Any, ...], value: Any
) -> None:
    check(opened, "/invoices", "invoice", replaced(FULL_INVOICE, path, value))


@given(st.sampled_from(list(paths(PARTNER))), VALUES)
@settings(max_examples=150, deadline=None)
def test_any_value_anywhere_in_a_partner(
    opened: tuple[ProcountorSandbox, str], path: tuple[Any, ...], value: Any
) -> None:
    check(opened, "/businesspartners", "partner", replaced(PARTNER, path, value))
