"""What a template is filled with: the stored figures, in the document's language."""

from datetime import date
from decimal import Decimal

import pytest

from core.places import DocumentLanguage
from invoicing.models import InvoiceLine, Unit
from invoicing.templating.data import Leaf, TemplateData
from invoicing.templating.fields import KINDS, LISTS, SECTIONS, all_fields, known_names, own_fields
from invoicing.templating.gathering import context_of, gather
from tenants.models import Tenant
from tests.documents.making import add_line, draft, posted, posted_credit_note, put_work_on, rate_of
from tests.factories import CustomerFactory, CustomFieldFactory, ProjectFactory

TWO_LINES = (
    {"text": "Design", "quantity": Decimal("2.5"), "unit": Unit.HOUR, "unit_price": Decimal(100)},
    {"text": "Licence", "unit_price": Decimal("1234.50"), "discount_percent": Decimal(10)},
)


def texts(data: TemplateData, *names: str) -> list[str]:
    return [data.values[name].text for name in names]


def test_every_placeholder_is_filled_and_nothing_else(seller: Tenant) -> None:
    CustomFieldFactory(target="customer", name="contract-no", label="Contract")
    invoice = draft(has_work_report=True)
    put_work_on(invoice.lines.get(), 60)

    data = gather(invoice)

    promised = {field.name for field in all_fields(own_fields()) if not field.group}
    assert data.values.keys() == promised
    for section in SECTIONS:
        for row in data.groups.get(section.group, []):
            assert row.keys() == {field.name for field in section.fields}
    assert data.groups.keys() == LISTS.keys()
    assert [len(data.groups[group]) for group in ("line", "tax", "work")] == [1, 1, 1]


def test_figures_are_those_of_the_document_in_its_language(seller: Tenant) -> None:
    invoice = posted(*TWO_LINES, language="fi")

    data = gather(invoice)

    assert (data.language, data.currency) == ("fi", "EUR")
    assert texts(data, "invoice.title", "invoice.number", "invoice.issue_date") == [
        "Lasku", "2026-0001", "20.11.2026",
    ]  # fmt: skip
    assert data.values["invoice.issue_date"].value == date(2026, 11, 20)
    # 250.00 + 1,234.50 less a tenth, and 25.5 per cent of it.
    assert data.values["invoice.net_total"] == Leaf(Decimal("1361.05"), "1\xa0361,05\xa0€")
    assert data.values["invoice.gross_total"] == Leaf(Decimal("1708.12"), "1\xa0708,12\xa0€")
    first, second = data.groups["line"]
    assert first["line.quantity"] == Leaf(Decimal("2.5"), "2,50")
    assert first["line.discount"] == Leaf(None, "")
    assert second["line.discount"] == Leaf(Decimal(10), "10\xa0%")
    assert second["line.net"] == Leaf(Decimal("1111.05"), "1\xa0111,05")
    (tax,) = data.groups["tax"]
    assert tax["tax.tax"] == Leaf(Decimal("347.07"), "347,07")


def test_several_rates_come_in_the_order_of_the_paper(seller: Tenant) -> None:
    reduced = rate_of("S", percent="13.5")
    reverse = rate_of("AE", "Section 8c")
    data = gather(posted({}, {"tax_rate": reduced}, {"tax_rate": reverse}, buyer_vat_id="SE1"))

    assert [row["tax.rate"].text for row in data.groups["tax"]] == ["25.5%", "13.5%", "0%"]
    assert "liable for the VAT. Section 8c" in data.groups["tax"][2]["tax.text"].text
    assert data.values["invoice.tax_text"].text.endswith("\nSection 8c")


def test_a_text_between_the_lines_has_no_figures(seller: Tenant) -> None:
    invoice = draft({})
    add_line(invoice, position=2, kind=InvoiceLine.Kind.TEXT, text="Thank you")

    _item, text = gather(invoice).groups["line"]

    assert text["line.is_text"] == Leaf(True, "Yes")
    assert [text[f"line.{name}"] for name in ("quantity", "net", "tax")] == [Leaf(None, "")] * 3


def test_days_stand_behind_the_text(seller: Tenant) -> None:
    (line,) = gather(
        draft({"text": "Fee", "start_date": date(2026, 11, 1), "end_date": date(2026, 11, 30)})
    ).groups["line"]
    assert line["line.text"].text == "Fee (1 Nov 2026 – 30 Nov 2026)"


def test_a_discount_of_the_whole_document_has_an_amount_alone(seller: Tenant) -> None:
    discount = {"text": "Discount", "unit_price": Decimal(-10), "for_document": True}
    _line, taken_off = gather(draft({}, discount)).groups["line"]
    assert taken_off["line.net"] == Leaf(Decimal("-10.00"), "-10.00")
    assert [taken_off[f"line.{name}"] for name in ("quantity", "unit_price")] == [
        Leaf(None, ""), Leaf(None, ""),
    ]  # fmt: skip


@pytest.mark.parametrize("language", DocumentLanguage.values)
def test_words_are_those_of_the_language(seller: Tenant, language: str) -> None:
    data = gather(draft(language=language))
    expected = {"en": "Due date", "fi": "Eräpäivä", "sv": "Förfallodatum", "de": "Zahlbar bis"}
    assert data.values["word.due_date"].text == expected[language]


def test_a_draft_says_so_and_a_credit_note_names_its_invoice(seller: Tenant) -> None:
    assert texts(gather(draft()), "invoice.number", "invoice.is_draft") == ["Draft", "Yes"]

    note = gather(posted_credit_note({}))
    assert texts(note, "invoice.title", "invoice.corrected_number", "invoice.reason") == [
        "Credit note", "2026-0001", "Wrong hours",
    ]  # fmt: skip
    assert texts(note, "invoice.due_date", "payment.amount", "payment.qr") == ["", "", ""]


def test_own_fields_have_names_without_hyphens(seller: Tenant) -> None:
    CustomFieldFactory(target="customer", name="contract-no", label="Contract")
    CustomFieldFactory(target="project", name="cost_centre", label="Cost centre")
    CustomFieldFactory(target="document", name="ship", label="Ship", kind="checkbox")
    customer = CustomerFactory(custom_values={"contract-no": "K-9"})
    project = ProjectFactory(customer=customer, custom_values={"cost_centre": "4711"})
    data = gather(draft(customer=customer, project=project, custom_values={"ship": True}))

    assert texts(
        data, "customer.field.contract_no", "project.field.cost_centre", "invoice.field.ship"
    ) == ["K-9", "4711", "Yes"]


def test_what_was_posted_keeps_its_own_fields(seller: Tenant) -> None:
    from tests.templating.making import html_template

    CustomFieldFactory(target="customer", name="contract", label="Contract")
    customer = CustomerFactory(custom_values={"contract": "K-9"})
    invoice = posted({}, customer=customer, template=html_template())
    customer.custom_values = {"contract": "K-10"}
    customer.save()

    invoice.refresh_from_db()
    assert texts(gather(invoice), "customer.field.contract") == ["K-9"]


def test_codes_are_pictures_that_only_html_can_show(seller: Tenant) -> None:
    data = gather(posted({}))
    assert data.values["payment.qr"].text.startswith("data:image/svg+xml;base64,")
    assert {kind for kind in KINDS if "payment.qr" in known_names([], kind)} == {"html"}


def test_html_sees_texts_and_truths_alone(seller: Tenant) -> None:
    context = context_of(gather(posted(*TWO_LINES)))

    def walk(value: object) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                assert isinstance(name, str)
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)
        else:
            assert type(value) in (str, bool)

    walk(context)
    assert context["lines"][1]["text"] == "Licence"
    assert context["invoice"]["is_draft"] is False
