from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from invoicing.domain import freezing
from invoicing.domain.drafting import draft_work
from invoicing.domain.posting import post_invoice
from invoicing.domain.verifying import verify_books
from invoicing.models import Invoice, InvoiceFile
from tenants.models import Membership, Tenant
from tests.factories import TaxRateFactory, TimeEntryFactory
from timesheets.models import TimeEntry


@pytest.fixture
def posted(tenant: Tenant, accountant: Membership) -> Invoice:
    TaxRateFactory()
    entry = TimeEntryFactory(rate=Decimal("80"))
    draft = draft_work(
        start=date(2026, 10, 1),
        end=date(2026, 10, 31),
        project_ids=[entry.project_id],
        actor=accountant.user,
        allow_unlocked=True,
    )
    return post_invoice(draft, actor=accountant.user)


def faults() -> dict[str, list[str]]:
    return {check.name: check.faults for check in verify_books() if check.faults}


def test_untouched_books_are_in_order(posted: Invoice) -> None:
    assert faults() == {}
    out = StringIO()
    call_command("verify_books", tenant="acme", stdout=out)
    assert "hash chain: 1 checked, in order" in out.getvalue()


def test_own_fields_are_part_of_what_is_proved(posted: Invoice) -> None:
    """Those of documents posted before there were any are not, so that their hashes still hold."""
    lines, taxes = list(posted.lines.all()), list(posted.taxes.all())
    without = freezing.content(posted, lines, taxes)
    assert {"custom_values", "printed_fields"}.isdisjoint(without["document"])
    posted.custom_values = {"campaign": "Autumn"}
    within = freezing.content(posted, lines, taxes)
    assert freezing.chained_hash("", within) != freezing.chained_hash("", without)
    with pytest.raises(IntegrityError), transaction.atomic():
        posted.save(update_fields=["custom_values"])


def test_hours_in_a_wrong_state_are_found(posted: Invoice) -> None:
    TimeEntry.objects.update(billing_state="drafted")
    assert list(faults()) == ["billing state of hours and charges"]
    with pytest.raises(CommandError, match="1 faults found"):
        call_command("verify_books", tenant="acme", stdout=StringIO())


def test_a_counter_that_ran_ahead_is_found(posted: Invoice) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE invoicing_numbercounter SET count = 5")
    assert faults() == {"numbers": ["Invoice cy:2026: no document has the places 2 to 5"]}


def test_a_changed_file_is_found(posted: Invoice, settings: object, tmp_path: object) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    stored = InvoiceFile(invoice=posted, kind="pdf", sha256="0" * 64, size=3)
    stored.file.save("acme/x.pdf", ContentFile(b"pdf"), save=True)
    assert list(faults()) == ["stored files"]


def test_an_unknown_tenant_is_named(db: None) -> None:
    with pytest.raises(CommandError, match="no tenant 'nobody'"):
        call_command("verify_books", tenant="nobody", stdout=StringIO())
