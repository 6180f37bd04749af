"""What `verify_books` claims, broken on purpose: each fault is found, named, and alone."""

import re
from datetime import date
from hashlib import sha256
from io import StringIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg import sql

from invoicing.domain.books.periods import close_month
from invoicing.domain.verifying import verify_books
from invoicing.models import InvoiceFile
from tenants.scope import tenant_scope
from tests.documents.making import posted, posted_credit_note
from tests.factories import TenantFactory
from tests.payments.paying import TODAY, pay

# (what somebody does to the rows, past every trigger; how it is undone; check; fault).
BREAKS = (
    (
        "UPDATE invoicing_invoice SET billing_city = 'Turku' WHERE number = '2026-0001'",
        "UPDATE invoicing_invoice SET billing_city = 'Tampere' WHERE number = '2026-0001'",
        "hash chain",
        r"2026-0001: was changed after posting",
    ),
    (
        "UPDATE invoicing_invoice SET previous_hash = repeat('0', 64) WHERE chain_position = 2",
        "UPDATE invoicing_invoice SET previous_hash = (SELECT content_hash FROM invoicing_invoice"
        " WHERE chain_position = 1) WHERE chain_position = 2",
        "hash chain",
        r"2026-0002: does not follow its predecessor",
    ),
    (
        "UPDATE invoicing_numbercounter SET count = count + 1 WHERE \"window\" LIKE 'cy:%'",
        "UPDATE invoicing_numbercounter SET count = count - 1 WHERE \"window\" LIKE 'cy:%'",
        "numbers",
        r"no document has the places",
    ),
    (
        "UPDATE invoicing_posting SET amount = amount + 1 WHERE account = '1910'",
        "UPDATE invoicing_posting SET amount = amount - 1 WHERE account = '1910'",
        "journal",
        r"entry 2 is off by 1",
    ),
    (
        "UPDATE invoicing_posting SET account = '3999' WHERE account = '3000' AND entry_id IN"
        " (SELECT id FROM invoicing_journalentry WHERE number = 1)",
        "UPDATE invoicing_posting SET account = '3000' WHERE account = '3999'",
        "journal",
        r"2026-0001: account 3000 is off by 100",
    ),
    (
        "UPDATE invoicing_journalentry SET invoice_id = NULL WHERE number = 1",
        "UPDATE invoicing_journalentry SET invoice_id = (SELECT id FROM invoicing_invoice"
        " WHERE number = '2026-0001') WHERE number = 1",
        "journal",
        r"2026-0001: has 0 entries that book it",
    ),
    (
        "UPDATE invoicing_journalentry SET date = date + 1 WHERE number = 1",
        "UPDATE invoicing_journalentry SET date = date - 1 WHERE number = 1",
        "journal",
        r"2026-0001: its entry has another day or currency",
    ),
    (
        "UPDATE invoicing_journalentry SET number = 99 WHERE number = 1",
        "UPDATE invoicing_journalentry SET number = 1 WHERE number = 99",
        "journal",
        r"the last entry is 99, and there are \d: 9\d are missing",
    ),
    (
        "UPDATE invoicing_books SET last_entry_number = last_entry_number + 1",
        "UPDATE invoicing_books SET last_entry_number = last_entry_number - 1",
        "journal",
        r"the books end at entry \d, and the last one is \d",
    ),
    (
        "UPDATE invoicing_periodclosing SET closed_at = '2020-02-01'",
        "UPDATE invoicing_periodclosing SET closed_at = now()",
        "journal",
        r"entry 1: was written into 2026-10 after that was closed",
    ),
    (
        "UPDATE invoicing_invoicetax SET taxable = taxable + 1, tax = tax WHERE invoice_id ="
        " (SELECT id FROM invoicing_invoice WHERE number = '2026-0002')",
        "UPDATE invoicing_invoicetax SET taxable = taxable - 1 WHERE invoice_id ="
        " (SELECT id FROM invoicing_invoice WHERE number = '2026-0002')",
        "sums of documents",
        r"2026-0002: its lines and rates do not come to its sums",
    ),
    (
        "UPDATE invoicing_allocation SET amount = amount - 1",
        "UPDATE invoicing_allocation SET amount = amount + 1",
        "payments",
        r"EUR: receivables are \S+, and \S+ is open",
    ),
    (
        "UPDATE invoicing_invoiceline SET tax_rate_id = -tax_rate_id WHERE invoice_id ="
        " (SELECT id FROM invoicing_invoice WHERE number = '2026-0001')",
        "UPDATE invoicing_invoiceline SET tax_rate_id = -tax_rate_id WHERE tax_rate_id < 0",
        "references",
        r"line of a tax rate: 1 refer to nothing",
    ),
    (
        "UPDATE invoicing_invoicefile SET sha256 = repeat('0', 64)",
        "",
        "stored files",
        r"2026-0001: .*pdf was changed",
    ),
)


@pytest.fixture
def books(committed_db: None, settings: Any, tmp_path: Any) -> int:
    """A paid invoice with its PDF in a closed month, and one that is credited."""
    settings.MEDIA_ROOT = tmp_path
    tenant = TenantFactory(slug="acme", name="Acme")
    with tenant_scope(tenant.pk):
        first = posted({}, tax_point=date(2026, 10, 31))
        pay(first, "125.50")
        posted_credit_note({})
        digest = sha256(b"pdf").hexdigest()
        stored = InvoiceFile(invoice=first, kind="pdf", sha256=digest, size=3)
        stored.file.save("acme/x.pdf", ContentFile(b"pdf"), save=True)
        close_month(date(2026, 10, 1), actor=None, today=TODAY)
    return tenant.pk


def faults(tenant_id: int) -> dict[str, list[str]]:
    with tenant_scope(tenant_id):
        return {check.name: check.faults for check in verify_books() if check.faults}


def test_each_proof_finds_what_it_is_for(books: int, database_server: Any) -> None:
    assert faults(books) == {}
    name = connection.settings_dict["NAME"]
    for broken, undone, check, fault in BREAKS:
        _past_all_triggers(database_server, name, broken)
        found = faults(books)
        assert check in found, broken
        assert any(re.search(fault, one) for one in found[check]), (broken, found)
        with pytest.raises(CommandError, match="faults found"):
            call_command("verify_books", tenant="acme", stdout=StringIO())
        if undone:
            _past_all_triggers(database_server, name, undone)
            assert faults(books) == {}, undone


def test_it_says_what_it_checked(books: int) -> None:
    out = StringIO()
    call_command("verify_books", tenant="acme", stdout=out)
    said = out.getvalue()
    for line in (
        "hash chain: 3 checked, in order", "numbers: 3 checked, in order",
        "sums of documents: 3 checked, in order", "journal: 4 checked, in order",
        "stored files: 1 checked, in order", "credit notes: 1 checked, in order",
        "payments: 2 checked, in order", "archive: 3 checked, in order",
        "references: ",
    ):  # fmt: skip
        assert line in said


def _past_all_triggers(server: Any, database: str, statement: str) -> None:
    """As the superuser with triggers off: what only somebody with the machine could do."""
    server.run(sql.SQL("SET session_replication_role = replica; " + statement), database=database)
