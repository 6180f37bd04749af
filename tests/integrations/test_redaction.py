"""No credential, in whatever form, stands where anybody could read it."""

import base64
import json
import logging
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, quote_plus

import pytest
from django.test import Client, RequestFactory
from django.views.debug import ExceptionReporter

from integrations.http import MOST_BYTES, Http
from integrations.models import Connection, Export, ExportAttempt
from integrations.redaction import HIDDEN, Redaction
from tenants.models import AuditEntry, Membership, Tenant
from tests.integrations.conftest import link, posted, send
from tests.integrations.sandboxes import WITH_SANDBOX, Running, running

SECRET = "s3cr/et+val&ue"


def written(secret: str) -> Iterator[str]:
    """How it could turn up; reckoned without the program's own function."""
    yield secret
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield secret.encode().hex()
    for before in ("", "x", "xx"):
        encoded = base64.b64encode((before + secret).encode()).decode()
        yield encoded[4 if before else 0 : len(encoded) // 4 * 4 - 4]


@pytest.mark.parametrize(
    "unit",
    ["key:", "token=x ", "<script", "<script>", "<", "<style <script", "</script", "key   ", "a1-"],
)
def test_an_answer_made_to_be_slow_is_read(unit: str) -> None:
    """Looking at the rest anew from each place would take days for the longest answer there is."""
    body = f"<html>{unit * (MOST_BYTES // len(unit))}"
    assert len(Redaction([SECRET]).body(body.encode())) < 400
    assert len(Redaction([SECRET]).text(body[6:])) < 4100


def test_of_a_page_scripts_and_tags_are_left_out() -> None:
    page = "<html><style>p {}</style><p>Out <b>of</b> order<script>x < 1</SCRIPT >, sorry<br"
    assert Redaction().body(page) == "Out of order , sorry"
    assert Redaction().body("<html>Sorry<script>never closed </style> secret") == "Sorry"


@pytest.mark.parametrize("around", ["", ":", "me:", "user:"])
@pytest.mark.parametrize(
    "form",
    [
        lambda text: text,
        lambda text: quote(text, safe=""),
        quote_plus,
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
        lambda text: text.encode().hex(),
    ],
)
def test_a_secret_is_hidden_in_every_form(form: Callable[[str], str], around: str) -> None:
    kept = Redaction([SECRET]).text(f"It said: {form(around + SECRET + around)}!")
    assert HIDDEN in kept
    for other in written(SECRET):
        assert other not in kept


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b'{"access_token": "abc123", "expires_in": 3600}',
         '{"access_token": "•••", "expires_in": 3600}'),
        (b'{"message": "Not allowed", "who": {"email": "a@b.example", "ok": true, "n": null}}',
         '{"message": "Not allowed", "who": {"email": "•••", "ok": true, "n": null}}'),
        (b'[{"date": "2026-11-20", "gross": "12,50"}, "text"]',
         '[{"date": "2026-11-20", "gross": "12,50"}, "•••"]'),
        (b"grant_type=refresh_token&refresh_token=abc&code=xyz&page=2",
         "grant_type=•••&refresh_token=•••&code=•••&page=2"),
        (b"<Root><Status>OK</Status><Key>abc</Key><Sum type='net'>1.50</Sum></Root>",
         '<Root>\n  <Status>OK</Status>\n  <Key>•••</Key>\n  <Sum type="net">1.50</Sum>\n</Root>'),
        (b"<!DOCTYPE html><html><script>key='abc1'</script><h1>502 Bad Gateway</h1></html>",
         "502 Bad Gateway"),
        (b"Unauthorized", "Unauthorized"),
        (b"Your token: Zm9vYmFyMTIz is old", "Your token: ••• is old"),
        (b'{"message": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOjF9.c2ln is no good"}',
         '{"message": "Bearer ••• is no good"}'),
        (b'{"id": "550e8400-e29b-41d4-a716-446655440000"}',
         '{"id": "550e8400-e29b-41d4-a716-446655440000"}'),
        (b'{"id": "' + b"a1b2c3d4e5f6" * 3 + b'"}', '{"id": "•••"}'),
        (b'{"broken', '{"broken'),
        (b"\xff\xfe\x00", "\ufffd\ufffd\ufffd"),
        (b"", ""),
    ],
)  # fmt: skip
def test_only_listed_fields_keep_their_text(body: bytes, kept: str) -> None:
    assert Redaction().body(body) == kept


def test_a_system_s_own_fields_can_be_shown() -> None:
    assert Redaction(shown=["Sales_Invoice_Free"]).body(b'{"salesInvoiceFree": "kept"}') == (
        '{"salesInvoiceFree": "kept"}'
    )


def test_entities_of_an_answer_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from the disk")
    body = f'<!DOCTYPE r [<!ENTITY x SYSTEM "file://{secret}">]><r><message>&x;</message></r>'
    assert "from the disk" not in Redaction().body(body)


def test_the_query_and_the_path_are_redacted_too() -> None:
    with (
        Http(["x.example"], secrets=[SECRET]) as http,
        patch.object(Http, "_ask", side_effect=UnicodeError),
        pytest.raises(Exception, match="The answer could not be read"),
    ):
        http.request(
            "GET",
            f"https://x.example/of/{quote(SECRET, safe='')}",
            params={"key": "abc", "page": "2"},
        )
    assert (http.calls[0]["path"], http.calls[0]["query"]) == ("/of/•••", "key=•••&page=2")


# The whole way, over every system.


def secrets_of(sandbox: Running, connection: Connection, folder: Path) -> set[str]:
    """What was entered, what the sandbox gave out, and what was kept of that."""
    with sqlite3.connect(folder / "sandbox.sqlite3") as database:
        tokens = {value for (value,) in database.execute("SELECT value FROM token")}
    connection.refresh_from_db()
    entered = {*sandbox.door()["credentials"].values(), *connection.credentials.values(), *tokens}
    # A client's or a company's public name is no secret.
    return {str(one) for one in entered if len(str(one)) >= 10}


@pytest.fixture
def client(
    tenant: Tenant, accountant: Membership, signed_in: Callable[[Membership], Client]
) -> Client:
    return signed_in(accountant)


@pytest.mark.parametrize("system", WITH_SANDBOX)
def test_nothing_that_is_kept_or_shown_has_a_credential(
    system: str, client: Client, tmp_path: Path, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with running(system, tmp_path, settings, limits_rate=False) as sandbox:
        settings.OUTGOING_RATE_LIMIT = False
        connection = sandbox.connect()
        client.post(f"/acme/accounting/{connection.pk}/check/")
        shown = []
        for fault in (None, "expire_tokens", "refuse", "error_before", "revoke"):
            if fault:
                sandbox.program.faults.add({"kind": fault})
            invoice = posted(percent=sandbox.percent())
            link(connection, invoice.customer, sandbox.door()["customer"])
            export = send(Export.objects.get(invoice=invoice))
            shown.append(client.get(f"/acme/exports/{export.pk}/").content.decode())
        secrets = secrets_of(sandbox, connection, tmp_path)
        for address in ("accounting/", f"accounting/{connection.pk}/", "exports/", "log/"):
            shown.append(client.get(f"/acme/{address}").content.decode())
    assert secrets
    assert ExportAttempt.objects.exclude(calls=[]).exists()

    kept = {
        "pages": "\n".join(shown),
        "attempts": json.dumps(
            [[one.sentence, one.calls] for one in ExportAttempt.objects.all()], default=str
        ),
        "audit": json.dumps(list(AuditEntry.objects.values()), default=str),
        "logs": "\n".join(
            record.getMessage() + str(record.exc_text or "")
            for record in caplog.records
            # The test's own database is told what is written into it.
            if record.name != "django.db.backends"
        ),
        "rows": json.dumps(list(Connection.objects.values()), default=str),
    }
    for where, text in kept.items():
        for secret in secrets:
            for form in written(secret):
                assert form not in text, f"{form!r} stands in the {where} of {system}"


class Bug:
    def __lt__(self, _other: object) -> bool:
        raise RuntimeError("a bug")


@pytest.mark.parametrize("system", WITH_SANDBOX)
def test_a_report_of_an_error_shows_no_credential(
    system: str, tenant: Tenant, tmp_path: Path, settings: Any
) -> None:
    """Not even with what each function had in its hands when it broke."""
    settings.DEBUG = True
    with running(system, tmp_path, settings) as sandbox:
        connection = sandbox.connect()
        invoice = posted(percent=sandbox.percent())
        link(connection, invoice.customer, sandbox.door()["customer"])
        request = RequestFactory().post("/acme/accounting/new/", dict(connection.credentials))
        with patch("integrations.http.MOST_BYTES", Bug()):
            try:
                send(Export.objects.get(invoice=invoice))
            except RuntimeError:
                reporter = ExceptionReporter(request, *sys.exc_info())
                reports = [reporter.get_traceback_html(), reporter.get_traceback_text()]
            else:
                pytest.fail("it did not break")
    assert "a bug" in reports[0]
    secrets = [str(one) for one in connection.credentials.values() if len(str(one)) >= 10]
    assert secrets
    for report in reports:
        for secret in secrets:
            for form in written(secret):
                assert form not in report
