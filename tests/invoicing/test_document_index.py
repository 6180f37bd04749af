"""The archive's index: folded as Python folds, kept up by whatever changes a document."""

import sys
import unicodedata
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from core.search import fold
from customers.models import CustomField
from invoicing.domain.drafting import new_draft
from invoicing.domain.posting import post_invoice
from invoicing.models import DocumentIndex, Invoice, InvoiceLine
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.documents.making import draft, posted
from tests.factories import CustomerFactory, TaxRateFactory, TenantFactory


def row(invoice: Invoice) -> Any:
    return DocumentIndex.objects.get(invoice=invoice)


def folded_by_database(texts: list[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(laskuri_fold(t) ORDER BY n)"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS given (t, n)",
            [texts],
        )
        found: list[str] = cursor.fetchone()[0]
    return found


def test_the_database_folds_as_python_does_all_of_unicode(db: None) -> None:
    letters = [
        chr(code)
        for code in range(1, sys.maxunicode + 1)
        # Letters that this Python does not know yet are known by the other already.
        if not 0xD800 <= code <= 0xDFFF and unicodedata.category(chr(code)) != "Cn"
    ]

    there = folded_by_database([f"a{letter}b" for letter in letters])

    differing = [
        (hex(ord(letter)), fold(f"a{letter}b"), theirs)
        for letter, theirs in zip(letters, there, strict=True)
        if fold(f"a{letter}b") != theirs
    ]
    assert differing == []


@pytest.mark.parametrize(
    "text",
    ["", "  Two \n\t words ", "ΟΔΟΣ", "A\u0308\u0301x", "Ähtäri\x1fÅ", "ﬁ ½ ²", "e\u0323\u0302"],
)
def test_the_database_folds_texts_alike(db: None, text: str) -> None:
    assert folded_by_database([text]) == [fold(text)]


@pytest.mark.parametrize(
    "numbers",
    [
        ["2026-2", "2026-10", "2026-100"],
        ["9", "10", "100"],
        ["A-9", "A-10", "B-1"],
        ["2026-0009", "2026-0010"],
        ["99999999999999999999", "100000000000000000000"],
    ],
)
def test_numbers_sort_as_numbers(db: None, numbers: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT array_agg(n ORDER BY laskuri_natural_key(n) COLLATE "C")'
            " FROM unnest(%s::text[]) AS given (n)",
            [sorted(numbers)],
        )
        assert cursor.fetchone()[0] == numbers


def test_a_draft_is_found_as_soon_as_it_has_lines(tenant: Tenant) -> None:
    customer = CustomerFactory(name="Jyväskylän Pumppu Oy", number="C-77")
    invoice = new_draft(customer=customer, actor=None, issue_date=date(2026, 10, 1))
    assert "jyvaskylan pumppu oy" in row(invoice).body
    InvoiceLine.objects.bulk_create(
        InvoiceLine(invoice=invoice, position=n, kind="text", text=text)
        for n, text in enumerate(["Hydraulic PUMP", "Second"], start=1)
    )

    assert "hydraulic pump\x1fsecond" in row(invoice).body
    assert row(invoice).customer_text == "jyvaskylan pumppu oy\x1fjyvaskylan pumppu oy\x1fc-77"

    invoice.lines.filter(position=1).delete()
    invoice.lines.update(text="Ünïque")
    assert "pump\x1f" not in row(invoice).body
    assert row(invoice).body.endswith("\x1funique")


def test_whatever_is_changed_on_a_draft_is_found(tenant: Tenant) -> None:
    invoice = draft({"unit_price": Decimal(100)})

    Invoice.objects.filter(pk=invoice.pk).update(
        comment="Kiitos ÄITI", order_reference="PO-9", due_date=date(2027, 1, 1), currency="SEK"
    )

    found = row(invoice)
    assert "\x1fpo-9\x1f" in found.body
    assert "\x1fkiitos aiti\x1f" in found.body
    assert (found.due_date, found.currency) == (date(2027, 1, 1), "SEK")


def test_a_renamed_customer_is_found_under_both_names(tenant: Tenant) -> None:
    invoice = posted({"unit_price": Decimal(100)}, customer=CustomerFactory(name="Old Name Oy"))

    invoice.customer.name = "New Name Oy"
    invoice.customer.save()

    assert "old name oy" in row(invoice).body
    assert "new name oy" in row(invoice).body


def test_posting_gives_number_reference_and_open_amount(tenant: Tenant) -> None:
    invoice = draft({"unit_price": Decimal(100)})
    assert (row(invoice).number_key, row(invoice).open_amount) == (None, Decimal(0))

    invoice = post_invoice(invoice, actor=None)

    found = row(invoice)
    assert invoice.number
    assert (found.number, found.status) == (invoice.number.lower(), "posted")
    assert invoice.payment_reference in found.reference_text
    assert (found.signed_net, found.open_amount) == (Decimal(100), Decimal("125.50"))


def test_a_credit_note_changes_the_row_of_its_invoice(tenant: Tenant) -> None:
    invoice = posted({"unit_price": Decimal(100)})
    note = draft(
        {"corrects_line": invoice.lines.get(), "unit_price": Decimal(100)},
        kind="credit_note", corrects=invoice, customer=invoice.customer, reason="Wrong hours",
    )  # fmt: skip
    assert row(invoice).open_amount == Decimal("125.50")

    post_invoice(note, actor=None)

    assert (row(invoice).credited_total, row(invoice).open_amount) == (
        Decimal("125.50"),
        Decimal(0),
    )
    assert (row(note).signed_gross, row(note).open_amount) == (Decimal("-125.50"), Decimal(0))
    assert "wrong hours" in row(note).body


def test_own_fields_are_kept_folded(tenant: Tenant) -> None:
    CustomField.objects.create(target="document", name="location", label="Location")
    invoice = draft({"unit_price": Decimal(100)})

    Invoice.objects.filter(pk=invoice.pk).update(
        custom_values={"location": "Home Öffice", "paid": True, "open": False, "empty": ""}
    )

    assert row(invoice).fields == {"location": "home office", "paid": "1", "open": "0", "empty": ""}


def test_a_row_goes_with_its_document(tenant: Tenant) -> None:
    invoice = new_draft(customer=CustomerFactory(), actor=None, issue_date=date(2026, 10, 1))
    assert DocumentIndex.objects.count() == 1

    invoice.delete()

    assert not DocumentIndex.objects.exists()


def keys_like(*patterns: str, most: int = 10, place: str = "body") -> list[int] | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT invoicing_documents_like(%s, %s, %s)", [list(patterns), most, place])
        found: list[int] | None = cursor.fetchone()[0]
    return found


def test_keys_by_trigrams(tenant: Tenant) -> None:
    pumps = draft({"unit_price": Decimal(100)}, comment="Two pumps, 100 % new")
    valve = draft({"unit_price": Decimal(100)}, comment="One valve")

    assert keys_like("%pump%") == [pumps.pk]
    assert keys_like("%pump%", "%new%") == [pumps.pk]
    assert keys_like("%pump%", "%valve%") == []
    assert keys_like("%100 \\% n%") == [pumps.pk]
    assert sorted(keys_like("%asiakas%") or []) == [pumps.pk, valve.pk]
    assert keys_like("%asiakas%", most=1) is None


def test_keys_of_two_letters_whatever_follows_them(tenant: Tenant) -> None:
    around = (
        "Pump {}a", "{}7", "a {} valve", "({})", "ends with {}", "100{}%", "{}_1", "{}\\", "{}é",
        "{}ω", "{}€", "{}\u20139", "{}\u00a0x", "{}~", "{}^", "{}[", "p{}",
    )  # fmt: skip
    pairs = [f"q{letter}" for letter in "bcdfghjklmnprstvw"]
    documents = [
        draft({"unit_price": Decimal(100)}, comment=text.format(pair.upper()))
        for text, pair in zip(around, pairs, strict=True)
    ]

    assert [keys_like(f"%{pair}%") for pair in pairs] == [[one.pk] for one in documents]
    assert keys_like("%bq%") == []
    assert keys_like("%qb%", "%valve%") == []
    assert keys_like("%qd%", "%valve%") == [documents[2].pk]
    assert keys_like("%qb%", most=0) is None


def test_keys_by_trigrams_of_own_fields(tenant: Tenant) -> None:
    CustomField.objects.create(target="document", name="location", label="Location")
    cellar, attic = (draft({"unit_price": Decimal(100)}, comment="Basement") for _ in "12")
    for one, value in ((cellar, "Basement 2"), (attic, "Attic")):
        Invoice.objects.filter(pk=one.pk).update(custom_values={"location": value})
    draft({"unit_price": Decimal(100)}, comment="Basement")

    assert keys_like("%basement%", place="fields") == [cellar.pk]
    assert keys_like("%basement%", "%2%", "%ment%", place="fields") == [cellar.pk]
    assert keys_like("%cellar%", place="fields") == []
    assert keys_like("%location%", most=1, place="fields") is None
    assert keys_like("%basement%", place="number") is None


def test_common_words_are_told_from_rare_ones_beforehand(tenant: Tenant) -> None:
    for number in range(30):
        draft({"unit_price": Decimal(100)}, comment=f"No {number:03}")

    assert keys_like("%asiakas%", most=5000) is None
    assert len(keys_like("%no 007%", most=5000) or []) == 1


def test_the_search_in_the_owners_place_is_bounded(tenant: Tenant) -> None:
    draft({"unit_price": Decimal(100)}, comment="Two pumps")

    assert keys_like(most=10) is None
    assert keys_like("%pump%", most=2**31 - 1) is None
    assert keys_like("%pump%", most=-1) is None
    assert keys_like("%" + "pump" * 2000 + "%") is None
    assert keys_like("%pump%", "%' OR true --%") == []


def test_nobody_but_the_program_searches_in_the_owners_place(tenant: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT prosecdef, proconfig, has_function_privilege(current_user, oid, 'EXECUTE'),"
            " EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0)"
            " FROM pg_proc WHERE proname = 'invoicing_documents_like'"
        )
        (is_definer, config, may, may_everybody), *others = cursor.fetchall()
    assert others == []
    assert (is_definer, may, may_everybody) == (True, True, False)
    assert "search_path=pg_catalog, public, pg_temp" in config


def test_no_setting_leads_the_search_out_of_its_tenant(db: None) -> None:
    """It goes by the one setting that the policies go by, and fails where they fail."""
    ours, theirs = TenantFactory(slug="ours"), TenantFactory(slug="theirs")
    with tenant_scope(theirs.pk):
        TaxRateFactory()
        draft({"unit_price": Decimal(100)}, comment="secret pumps")
    with tenant_scope(ours.pk), connection.cursor() as cursor:
        for setting in (
            "search_path = pg_temp, public",
            "row_security = off",
            "plan_cache_mode = force_generic_plan",
        ):
            with suppress(DatabaseError), transaction.atomic():
                cursor.execute(f"SET LOCAL {setting}")
            with suppress(DatabaseError), transaction.atomic():
                assert keys_like("%secret%") == [], setting
    for nobody in ("", "x", "NULL"):
        with transaction.atomic(), pytest.raises(DatabaseError, match="bigint"):
            _search_as(nobody)


def _search_as(tenant_id: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [tenant_id])
        keys_like("%secret%")


def test_the_search_of_one_tenant_gives_nothing_of_another(db: None) -> None:
    ours, theirs = TenantFactory(slug="ours"), TenantFactory(slug="theirs")
    with tenant_scope(theirs.pk):
        TaxRateFactory()
        draft({"unit_price": Decimal(100)}, comment="secret pumps")
        assert len(keys_like("%secret%") or []) == 1
    with tenant_scope(ours.pk), connection.cursor() as cursor:
        assert keys_like("%secret%") == []
        cursor.execute("SELECT count(*) FROM invoicing_documentindex")
        assert cursor.fetchone() == (0,)
