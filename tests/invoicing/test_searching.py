"""What the archive's search finds, and what it refuses."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.search import SearchError
from customers.models import CustomField
from invoicing.domain.posting import post_invoice
from invoicing.models import Invoice
from invoicing.selectors.archive import indexed
from invoicing.selectors.searching import asks_for, searched, understood
from tenants.models import Membership
from tests.documents.making import draft, posted
from tests.factories import CustomerFactory, ProjectFactory

ON = date(2026, 12, 24)


@pytest.fixture
def archive(accountant: Membership) -> Membership:
    """Four documents: `pump` posted and overdue, `repair` credited, its note, and a draft."""
    CustomField.objects.bulk_create(
        CustomField(target="document", name=name, label=name.title(), kind=kind, choices=choices)
        for name, kind, choices in (
            ("location", "text", []),
            ("contract", "choice", [["full", "Full-time"], ["part", "Part-time"]]),
            ("expired", "checkbox", []),
            ("hours", "number", []),
            ("checked", "date", []),
        )
    )
    CustomField.objects.create(target="customer", name="region", label="Region")
    CustomField.objects.create(target="project", name="site", label="Site")
    pumps = CustomerFactory(
        name="Jyväskylän Pumppu Oy", number="C-100", custom_values={"region": "North"}
    )
    site = ProjectFactory(
        customer=pumps, name="Harbour crane", number="P-7", custom_values={"site": "Hanko"}
    )
    posted(
        {"text": "Hydraulic pump, 100 % new", "unit_price": Decimal(1000)},
        customer=pumps, project=site, issue_date=date(2026, 11, 1), due_date=date(2026, 11, 15),
        comment="Thank you", order_reference="PO_77", created_by=accountant.user,
        custom_values={
            "location": "Home Office", "contract": "full", "expired": False, "hours": "12.5",
            "checked": "2026-11-03",
        },
    )  # fmt: skip
    repair = posted(
        {"text": "Repair of the pump", "unit_price": Decimal(50)},
        customer=CustomerFactory(name="Zweite GmbH", number="C-200"),
        issue_date=date(2026, 11, 2), due_date=date(2026, 12, 31), internal_note="Straße",
        custom_values={"location": "", "expired": True, "hours": "7"},
    )  # fmt: skip
    note = draft(
        {"corrects_line": repair.lines.get(), "text": "Repair", "unit_price": Decimal(50)},
        kind="credit_note", corrects=repair, customer=repair.customer, reason="Warranty",
        issue_date=date(2026, 11, 20), custom_values={},
    )  # fmt: skip
    post_invoice(note, actor=None)
    draft(
        {"text": r"Back\\slash, 5 o'clock", "unit_price": Decimal(10)},
        customer=CustomerFactory(name="Draft Oy", number="C-300"), issue_date=date(2027, 1, 15),
        due_date=date(2027, 1, 29), currency="SEK", custom_values={},
    )  # fmt: skip
    return accountant


NAMES = {"Jyväskylän Pumppu Oy": "pump", "Zweite GmbH": "repair", "Draft Oy": "draft"}


def found(membership: Membership, typed: str) -> set[str]:
    rows = searched(indexed(membership, on=ON), typed, membership=membership, on=ON)
    return named(rows.values_list("invoice_id", flat=True))


def named(keys: Iterable[int]) -> set[str]:
    documents = Invoice.objects.filter(pk__in=keys)
    return {
        "note" if document.kind == "credit_note" else NAMES[document.billing_name]
        for document in documents
    }


ALL = {"pump", "repair", "note", "draft"}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", ALL),
        ("pump", {"pump", "repair"}),
        ("PUMP", {"pump", "repair"}),
        ("ump", {"pump", "repair"}),
        ("um", {"pump", "repair"}),
        ("jyvaskyla", {"pump"}),
        ("JYVÄSKYLÄ", {"pump"}),
        ("strasse", {"repair"}),
        ("c-100", {"pump"}),
        ("PO_77", {"pump"}),
        ("PO-77", set()),
        ("O_", {"pump"}),
        ("100 %", {"pump"}),
        ("%", {"pump"}),
        ("50%", set()),
        ("\\", {"draft"}),
        ("o'clock", {"draft"}),
        ("warranty", {"note"}),
        ("thank", {"pump"}),
        # Words are looked for anywhere, each of them.
        ("hydraulic thank jyv", {"pump"}),
        ("hydraulic warranty", set()),
        # A phrase stands in one text.
        ('"repair of the"', {"repair"}),
        ('"of repair"', set()),
        ('"new thank"', set()),
        ("pump -repair", {"pump"}),
        ("pump !repair", {"pump"}),
        ("-pump", {"note", "draft"}),
        ('-"hydraulic pump"', {"repair", "note", "draft"}),
        ("hydraulic OR warranty", {"pump", "note"}),
        ("zweite repair -warranty OR status:draft", {"repair", "draft"}),
        ("a OR -a", ALL),
        ("status:draft", {"draft"}),
        ("status:overdue", {"pump"}),
        ("status:Credited", {"repair"}),
        ("status:posted", {"note"}),
        ("status:draft,overdue", {"draft", "pump"}),
        ("-status:draft", ALL - {"draft"}),
        ("kind:credit_note", {"note"}),
        ('kind:"credit note"', {"note"}),
        ("number:2026-*", {"pump", "repair"}),
        ("number:*-0002", {"repair"}),
        ("number:0001", {"pump", "note"}),
        ("number:", {"draft"}),
        ("number:*", ALL - {"draft"}),
        ("customer:zweite", {"repair", "note"}),
        ('customer:"pumppu oy"', {"pump"}),
        ("customer:C-100", {"pump"}),
        ("customer:jyv*oy", {"pump"}),
        ("customer:hydraulic", set()),
        ("project:crane", {"pump"}),
        ("project:p-7", {"pump"}),
        ("project:", ALL - {"pump"}),
        ("project:*", {"pump"}),
        ("amount:>1000", {"pump"}),
        ("amount:1255", {"pump"}),
        ("amount:<0", {"note"}),
        ("amount:60..70", {"repair"}),
        ("net:50", {"repair"}),
        ("open:>0", {"pump"}),
        ("date:2026-11", {"pump", "repair", "note"}),
        ("date:2026-11-01..2026-11-02", {"pump", "repair"}),
        ("date:>2026", {"draft"}),
        ("date:2.11.2026", {"repair"}),
        ("due:<2026-12", {"pump"}),
        ("currency:sek", {"draft"}),
        ("currency:EUR", ALL - {"draft"}),
        ("reference:po_77", {"pump"}),
        ("creator:accountant", {"pump"}),
        ("creator:me", {"pump"}),
        ("creator:nobody", set()),
        ("exported:", ALL),
        ("exported:*", set()),
        # Own fields.
        ("location:office", {"pump"}),
        ('location:"home office"', {"pump"}),
        ("location:öffice", {"pump"}),
        ("Location:office", {"pump"}),
        ("location:", ALL - {"pump"}),
        ("location:~", {"note", "draft"}),
        ("location:*", {"pump"}),
        ("-location:~", {"pump", "repair"}),
        ("location:%", set()),
        ("expired:0", {"pump"}),
        ("expired:1", {"repair"}),
        ("expired:~", {"note", "draft"}),
        ("-expired:1", {"pump", "note", "draft"}),
        ("contract:full", {"pump"}),
        ("contract:full-time", {"pump"}),
        ("contract:part", set()),
        ("hours:>10", {"pump"}),
        ("hours:7", {"repair"}),
        ("-hours:>10", {"repair", "note", "draft"}),
        ("checked:2026-11", {"pump"}),
        ("checked:<2026-11-01", set()),
        ("region:north", {"pump"}),
        ("region:~", ALL - {"pump"}),
        ("site:hanko", {"pump"}),
        ("site:*", {"pump"}),
        ("site:", ALL - {"pump"}),
        ("location:office hydraulic amount:>5", {"pump"}),
        ("location:office expired:0", {"pump"}),
        ("location:office expired:1", set()),
    ],
)
def test_what_is_found(archive: Membership, typed: str, expected: set[str]) -> None:
    assert found(archive, typed) == expected


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("location:office", {"pump"}),
        ("location:office valve OR location:attic", set()),
        # One text of each branch is enough, and words come first.
        ("location:nowhere hydraulic", {"pump"}),
        ("location:office OR repair", {"pump", "repair", "note"}),
        # Nothing that could be looked up.
        ("location:of", None),
        ("location:", None),
        ("location:*", None),
        ("contract:full", None),
        ("region:north", None),
        (r"location:c:\cellar", None),
        ("location:office OR region:north", None),
    ],
)  # fmt: skip
def test_rare_values_of_own_fields_are_looked_up(
    archive: Membership, typed: str, keys: set[str] | None
) -> None:
    search = understood(typed, membership=archive, on=ON)

    assert search is not None
    if keys is None:
        assert search.keys is None
    else:
        assert search.keys is not None
        assert named(search.keys) == keys


def test_own_fields_with_what_json_writes_differently(archive: Membership) -> None:
    kept = 'C:\\cellar "old"'
    Invoice.objects.filter(status="draft").update(custom_values={"location": kept})

    assert found(archive, r"location:c:\cellar") == {"draft"}
    assert found(archive, "location:cellar") == {"draft"}
    assert found(archive, r"location:c:\attic") == set()


@pytest.mark.parametrize(
    ("typed", "position", "word", "sentence"),
    [
        ("x nonsense:1", 2, "nonsense:1", "There is no field “nonsense”. There are: status, num"),
        ("https://x", 0, "https://x", "There is no field “https”"),
        ("status:owing", 0, "status:owing", "“owing” is none of these: draft, posted, "),
        ("x -amount:many", 3, "amount:many", "“many” is no number"),
        ("date:2026-13", 0, "date:2026-13", "“2026-13” is no date"),
        ("due:2026-03..2026-01", 0, "due:2026-03..2026-01", "The last day lies before"),
        ("expired:yes", 0, "expired:yes", "A checkbox is 0 or 1"),
        ("hours:many", 0, "hours:many", "“many” is no number"),
        ("exported:netvisor", 0, "exported:netvisor", "There is no accounting system “netvisor”"),
        ("currency:XXX", 0, "currency:XXX", "is none of these"),
    ],
)
def test_refusals(archive: Membership, typed: str, position: int, word: str, sentence: str) -> None:
    with pytest.raises(SearchError) as refused:
        found(archive, typed)

    assert (refused.value.position, refused.value.word) == (position, word)
    assert sentence in refused.value.sentence


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.text(max_size=40)
    | st.text(alphabet="ab -!\"'%_\\:*~><=.OR1;", max_size=40)
    | st.sampled_from(
        ["status:", "number:", "customer:", "amount:", "date:", "location:", "hours:", "checked:",
         "project:", "creator:", "exported:", "expired:", "contract:", "region:", "site:"]
    ).flatmap(lambda key: st.text(max_size=20).map(key.__add__))
)  # fmt: skip
def test_nothing_typed_breaks_it(archive: Membership, typed: str) -> None:
    try:
        found(archive, typed)
    except SearchError as refused:
        assert refused.sentence  # noqa: PT017 (either way is right)


def test_whether_a_key_is_asked_for() -> None:
    assert asks_for("a -STATUS:draft", "status")
    assert not asks_for("status", "status")
    assert not asks_for('"open', "status")
