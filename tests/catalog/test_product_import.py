"""Products from a file: what is read, what is refused with which sentence, what is written."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import errors
from catalog.domain.product_import import (
    MOST_KB,
    Outcome,
    ProductPlan,
    plan_import,
    save_import,
    text_of_file,
)
from catalog.models import Product, TaxRate
from core.csv_files import FileIsEmpty, FileIsNoText
from core.errors import DomainError
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import ProductFactory, TaxRateFactory

HEAD = "Number;Name;Name (fi);Unit;Price;Currency;Price (SEK);Cost;VAT;Account;Active"


def planned(tenant: Tenant, *rows: str, head: str = HEAD) -> ProductPlan:
    return plan_import("\n".join([head, *rows]), tenant=tenant)


def outcome(plan: ProductPlan) -> list[tuple[str, Outcome]]:
    return [(row.number, row.outcome) for row in plan.rows]


@pytest.fixture
def rate(tenant: Tenant) -> TaxRate:
    return TaxRateFactory()


def test_new_ones_are_read_whole(tenant: Tenant, accountant: Membership) -> None:
    TaxRateFactory()
    TaxRateFactory(name="14 %", percent=Decimal("14"), is_default=False)
    text = f"{HEAD}\nF-1;Air filter;Ilmansuodatin;pcs;24,90;EUR;279;11,5;14;3100;yes\n"

    plan = plan_import(text, tenant=tenant)
    assert outcome(plan) == [("F-1", Outcome.NEW)]
    assert save_import(
        text, fingerprint=plan.fingerprint, tenant=tenant, actor=accountant.user
    ) == (1, 0)

    product = Product.objects.get()
    assert (product.number, product.name, product.unit) == ("F-1", "Air filter", "C62")
    assert (product.unit_price, product.cost) == (Decimal("24.90"), Decimal("11.5"))
    assert product.tax_rate is not None
    assert (product.tax_rate.percent, product.account) == (Decimal("14"), "3100")
    assert (product.name_in("fi"), product.price_in("SEK")) == ("Ilmansuodatin", Decimal("279"))


def test_a_known_number_changes_only_what_the_file_has(tenant: Tenant) -> None:
    ProductFactory(number="F-1", account="3100", cost=Decimal("5"))
    ProductFactory(number="F-2", name="Oil filter")
    text = "number,price\nf-1,30\nF-2,24.90\n"

    plan = plan_import(text, tenant=tenant)

    assert outcome(plan) == [("f-1", Outcome.CHANGED), ("F-2", Outcome.SAME)]
    assert plan.rows[0].changes == [("Price", "24.9", "30")]
    assert save_import(text, fingerprint=plan.fingerprint, tenant=tenant, actor=None) == (0, 1)
    product = Product.objects.get(number="F-1")
    assert (product.unit_price, product.account, product.cost) == (30, "3100", 5)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (";Filter;;pcs;1;EUR;;;;;", "The number is missing."),
        ("F-1;;;pcs;1;EUR;;;;;", "The name is missing."),
        ("F-1;Filter;;pcs;;EUR;;;;;", "The price is missing."),
        ("F-1;Filter;;pcs;cheap;EUR;;;;;", "“cheap” under Price is no number."),
        (
            "F-1;Filter;;pcs;-2;EUR;;;;;",
            "“-2” under Price does not fit: from 0 to 100,000,000 with at most six decimal places.",
        ),
        ("F-1;Filter;;pcs;1;EUR;x;;;;", "“x” under Price SEK is no number."),
        ("F-1;Filter;;pcs;1;XYZ;;;;;", "“XYZ” is no currency that is known here."),
        (
            "F-1;Filter;;barrel;1;EUR;;;;;",
            "There is no unit “barrel”. Known are: h, d, pcs, mo, km, min, kg, l, m.",
        ),
        ("F-1;Filter;;pcs;1;EUR;;;19;;", "There is no VAT rate “19”. Known are: 25.5 %."),
        ("F-1;Filter;;pcs;1;EUR;;;;;maybe", "Write yes or no under Active, not “maybe”."),
        (
            "F-1;Filter;;pcs;1;EUR;;;;12345678901;",
            "Account has 11 letters; at most 10 fit.",
        ),
        (
            "F-1;Filter;;pcs;1;EUR;;;;;;50",
            "This row has more cells than the head. Put texts with a delimiter in quotes.",
        ),
    ],
)
def test_each_fault_has_its_sentence(
    tenant: Tenant, rate: TaxRate, row: str, sentence: str
) -> None:
    [found] = planned(tenant, row).rows
    assert (found.outcome, found.problems) == (Outcome.REFUSED, [sentence])


def test_a_number_twice_is_refused_the_second_time(tenant: Tenant) -> None:
    plan = planned(tenant, "A;One;;;1;;;;;;", "a;Two;;;2;;;;;;")
    assert outcome(plan) == [("A", Outcome.NEW), ("a", Outcome.REFUSED)]
    assert plan.rows[1].problems == ["The number is in line 2 already."]


def test_good_rows_are_saved_beside_bad_ones(tenant: Tenant) -> None:
    text = f"{HEAD}\nA;One;;;1;;;;;;\nB;;;;2;;;;;;\n"
    plan = plan_import(text, tenant=tenant)
    save_import(text, fingerprint=plan.fingerprint, tenant=tenant, actor=None)
    assert list(Product.objects.values_list("number", flat=True)) == ["A"]


def test_what_changed_since_the_preview_is_shown_again(tenant: Tenant) -> None:
    text = f"{HEAD}\nA;One;;;1;;;;;;\n"
    plan = plan_import(text, tenant=tenant)
    ProductFactory(number="A", unit_price=Decimal("5"))

    with pytest.raises(errors.ImportChanged):
        save_import(text, fingerprint=plan.fingerprint, tenant=tenant, actor=None)

    assert Product.objects.get().unit_price == Decimal("5")


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", errors.ImportEmpty),
        (HEAD, errors.ImportEmpty),
        ("Name;Price\nFilter;1", errors.ImportWithoutNumber),
        ("Number;Name;number\n1;a;2", errors.ImportColumnTwice),
        ("Number\n" + "1\n" * 5001, errors.ImportTooLong),
    ],
)
def test_files_that_are_none(
    tenant: Tenant, text: str, refusal: type[errors.ProductRefused]
) -> None:
    with pytest.raises(refusal):
        plan_import(text, tenant=tenant)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"PK\x03\x04rest", FileIsNoText),
        (b"\x1f\x8brest", FileIsNoText),
        (b"Number\x00", FileIsNoText),
        (b"", FileIsEmpty),
        (b"x" * (MOST_KB * 1000 + 1), errors.ImportTooLarge),
    ],
)
def test_content_that_is_no_text(db: None, content: bytes, refusal: type[DomainError]) -> None:
    with pytest.raises(refusal):
        text_of_file(content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encodings_of_spreadsheets(db: None, encoding: str) -> None:
    assert text_of_file("Number;Öljy".encode(encoding)) == "Number;Öljy"


@pytest.mark.parametrize(
    "text", ["sep=,\nNumber,Name,Price\nA,One;two,1", "Number|Name|Price\nA|One;two|1"]
)
def test_the_delimiters_of_spreadsheets(tenant: Tenant, text: str) -> None:
    [row] = plan_import(text, tenant=tenant).rows
    assert (row.number, row.name, row.outcome) == ("A", "One;two", Outcome.NEW)


def test_a_stray_quotation_mark_costs_its_own_line_only(tenant: Tenant) -> None:
    plan = planned(tenant, 'A;"One" two;;;1;;;;;;', "B;Two;;;1;;;;;;")
    assert [(row.line, row.outcome) for row in plan.rows] == [
        (2, Outcome.REFUSED), (3, Outcome.NEW),
    ]  # fmt: skip
    assert plan.rows[0].problems == ["The quotation marks of this line make no sense."]


def test_saving_asks_no_more_for_forty_rows_than_for_two(tenant: Tenant) -> None:
    def queries(prefix: str, rows: int, price: int) -> int:
        lines = [f"{prefix}{n};Part;Osa;;{price};;{price};;;;" for n in range(rows)]
        text = "\n".join([HEAD, *lines])
        plan = plan_import(text, tenant=tenant)
        with CaptureQueriesContext(connection) as asked:
            save_import(text, fingerprint=plan.fingerprint, tenant=tenant, actor=None)
        return len(asked)

    ProductFactory(number="Z")  # whose names and prices are read the first time, too
    assert queries("A", 40, 1) == queries("B", 2, 1)
    assert queries("A", 40, 2) == queries("B", 2, 2)
    product = Product.objects.get(number="A7")
    assert (product.unit_price, product.price_in("SEK"), product.name_in("fi")) == (2, 2, "Osa")
    assert AuditEntry.objects.filter(action="product.added").count() == 42
    assert AuditEntry.objects.filter(action="product.changed").count() == 42


def test_columns_nobody_knows_are_named(tenant: Tenant) -> None:
    assert planned(tenant, "A;One;1;blue", head="Number;Name;Price;Colour").left_out == ["Colour"]
