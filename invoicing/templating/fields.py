"""Every placeholder there is. The page, docs/templates.md and the check of unknown names all read
this list, and `gathering` fills it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from django.utils.translation import gettext_lazy as _

from customers.models import CustomField
from invoicing.documents.words import ENGLISH, Words

HTML = "html"
OFFICE = ("docx", "ods", "xlsx")
KINDS = (HTML, *OFFICE)
# What an HTML template walks through: the list's name there, by the group of its rows.
LISTS = {"line": "lines", "tax": "taxes", "work": "work_entries", "charge": "charges"}
# Whose own fields a document can show, and the word they begin with.
OWN = {
    CustomField.Target.CUSTOMER: "customer",
    CustomField.Target.PROJECT: "project",
    CustomField.Target.DOCUMENT: "invoice",
}


@dataclass(frozen=True)
class Field:
    """`group` is set where it stands in rows that repeat."""

    name: str
    meaning: Any
    example: str
    group: str = ""
    is_picture: bool = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """Pictures are addresses of data, which only HTML can show."""
        return (HTML,) if self.is_picture else KINDS

    @property
    def in_html(self) -> str:
        return f"{{{{ {self.name} }}}}"

    @property
    def in_office(self) -> str:
        return "" if self.is_picture else f"${{{self.name}}}"


@dataclass(frozen=True)
class Section:
    """Placeholders that belong together. `group` is that of rows that repeat."""

    title: Any
    fields: tuple[Field, ...]
    group: str = ""

    @property
    def loop(self) -> str:
        return f"{{% for {self.group} in {LISTS[self.group]} %}}" if self.group else ""


type _Row = tuple[str, Any, str]


def _section(title: Any, *rows: _Row, group: str = "", pictures: tuple[_Row, ...] = ()) -> Section:
    told = [Field(name, meaning, example, group) for name, meaning, example in rows]
    told += [
        Field(name, meaning, example, group, is_picture=True) for name, meaning, example in pictures
    ]
    return Section(title, tuple(told), group)


_PICTURE = "data:image/svg+xml;base64,…"

SECTIONS = (
    _section(
        _("Invoice"),
        ("invoice.title", _("What it is, in its language"), "Invoice"),
        ("invoice.number", _("Number; of a draft the word for it"), "2026-0042"),
        ("invoice.issue_date", _("Date of the document"), "20 Nov 2026"),
        ("invoice.due_date", _("Last day to pay; empty on credit notes"), "4 Dec 2026"),
        ("invoice.payment_terms", _("How long the customer has"), "14 days net"),
        ("invoice.service_period", _("Day or period of the supply"), "1 Nov 2026 – 19 Nov 2026"),
        ("invoice.service_start_date", _("First day of the supply"), "1 Nov 2026"),
        ("invoice.service_end_date", _("Last day of the supply"), "19 Nov 2026"),
        ("invoice.tax_point", _("Day that decides the tax rate"), "19 Nov 2026"),
        ("invoice.currency", _("Currency, three letters"), "EUR"),
        ("invoice.language", _("Language, two letters"), "en"),
        ("invoice.order_reference", _("The customer's order"), "PO-7781"),
        ("invoice.contract_reference", _("Number of the contract"), "V-2026-12"),
        ("invoice.buyer_reference", _("The customer's reference"), "K-204"),
        ("invoice.comment", _("Text on the invoice"), "Thank you for working with us."),
        ("invoice.net_total", _("Sum without tax"), "€2,329.90"),
        ("invoice.tax_total", _("Sum of the tax"), "€583.04"),
        ("invoice.gross_total", _("Sum with tax"), "€2,912.94"),
        ("invoice.total_label", _("What stands before the sum: to pay, or credited"), "To pay"),
        ("invoice.tax_text", _("Why no tax is charged, as the law wants it"), "Reverse charge: …"),
        ("invoice.closing", _("Late interest and the text at the end"), "Interest on late …"),
        ("invoice.corrected_number", _("Of a credit note: the invoice it is for"), "2026-0040"),
        ("invoice.corrected_date", _("Of a credit note: the day of that invoice"), "2 Nov 2026"),
        ("invoice.reason", _("Of a credit note: why"), "Two hours too many"),
        ("invoice.is_credit_note", _("Whether it is a credit note"), "No"),
        ("invoice.is_draft", _("Whether it is a draft"), "No"),
        ("invoice.has_work_report", _("Whether a work report belongs to it"), "Yes"),
    ),
    _section(
        _("Customer"),
        ("customer.name", _("Name the invoice is addressed to"), "Harbour & Sons Ltd"),
        ("customer.number", _("Customer number"), "1007"),
        ("customer.contact", _("Contact person"), "Ms Catherine Brontë"),
        ("customer.address", _("The whole address, line by line"), "Harbour & Sons Ltd …"),
        ("customer.street", _("Street"), "14 Quayside Lane"),
        ("customer.postal_code", _("Postal code"), "BS1 4RW"),
        ("customer.city", _("City"), "Bristol"),
        ("customer.country", _("Country, in the document's language"), "United Kingdom"),
        ("customer.vat_id", _("VAT id"), "GB123456789"),
        ("customer.business_id", _("Business id"), "08123456"),
        ("customer.business_id_label", _("What that id is called there"), "Company number"),
        ("customer.email", _("E-mail address of the contact person"), "office@harbour.example"),
        ("delivery.address", _("Where it was delivered, where that is elsewhere"), "Store 3 …"),
        ("delivery.name", _("Delivery: name"), "Store 3"),
        ("delivery.street", _("Delivery: street"), "1 Dock Road"),
        ("delivery.postal_code", _("Delivery: postal code"), "BS1 6UN"),
        ("delivery.city", _("Delivery: city"), "Bristol"),
        ("delivery.country", _("Delivery: country"), "United Kingdom"),
    ),
    _section(
        _("Seller"),
        ("seller.name", _("Registered name"), "Kuusi Ohjelmistot Oy"),
        ("seller.address", _("Street and town in one line"), "Hämeentie 12, 00500 Helsinki"),
        ("seller.street", _("Street"), "Hämeentie 12"),
        ("seller.postal_code", _("Postal code"), "00500"),
        ("seller.city", _("City"), "Helsinki"),
        ("seller.country", _("Country, in the document's language"), "Finland"),
        ("seller.business_id", _("Business id"), "1234567-1"),
        ("seller.business_id_label", _("What that id is called there"), "Business ID"),
        ("seller.vat_id", _("VAT id"), "FI12345671"),
        ("seller.email", _("E-mail address"), "laskutus@kuusi.example"),
        ("seller.phone", _("Telephone"), "+358 9 123 4567"),
        ("seller.website", _("Website"), "kuusi.example"),
        ("seller.iban", _("Account number, in groups of four"), "FI21 1234 5600 0007 85"),
        ("seller.bic", _("BIC of the bank"), "NDEAFIHH"),
        ("seller.footer", _("Text at the end of documents, as in the settings"), "Thank you."),
        pictures=(("seller.logo", _("The logo, for the src of an img"), _PICTURE),),
    ),
    _section(
        _("Payment"),
        ("payment.amount", _("Amount to pay; empty where nothing is"), "€2,912.94"),
        ("payment.reference", _("Payment reference, in groups"), "26 00423"),
        ("payment.text", _("What to quote where there is no reference"), "2026-0042"),
        ("payment.bar_code_text", _("The digits of the Finnish bank bar code"), "4211234560000…"),
        pictures=(
            ("payment.qr", _("The banks' QR code, for the src of an img"), _PICTURE),
            ("payment.bar_code", _("The Finnish bank bar code, for the src of an img"), _PICTURE),
        ),
    ),
    _section(
        _("Project"),
        ("project.name", _("Name of the project"), "New web shop"),
        ("project.number", _("Project number"), "P-12"),
    ),
    _section(
        _("Lines"),
        ("line.position", _("Which line it is"), "1"),
        ("line.text", _("Text, with its days where it has some"), "New web shop: design"),
        ("line.quantity", _("Quantity"), "18.50"),
        ("line.unit", _("Unit"), "h"),
        ("line.unit_price", _("Price of a unit"), "95.00"),
        ("line.discount", _("Discount; empty where there is none"), "10%"),
        ("line.tax", _("Tax rate"), "25.5%"),
        ("line.net", _("Amount without tax"), "1,757.50"),
        ("line.start_date", _("First day it is for"), "1 Nov 2026"),
        ("line.end_date", _("Last day it is for"), "19 Nov 2026"),
        ("line.is_text", _("Whether it is text without figures"), "No"),
        group="line",
    ),
    _section(
        _("Tax by rate"),
        ("tax.rate", _("Tax rate"), "25.5%"),
        ("tax.name", _("Kind of a rate of nought"), "reverse charge"),
        ("tax.taxable", _("Sum without tax"), "2,237.50"),
        ("tax.tax", _("The tax on it"), "570.56"),
        ("tax.gross", _("Sum with tax"), "2,808.06"),
        ("tax.text", _("Why no tax is charged"), "Reverse charge: …"),
        group="tax",
    ),
    _section(
        _("Work report"),
        ("report.hours", _("Hours of the whole report"), "18:30 = 18.50 h"),
        ("report.period", _("First to last day of the work"), "2 Nov 2026 – 13 Nov 2026"),
    ),
    _section(
        _("Hours of the work report"),
        ("work.line", _("Line of the invoice it is on"), "1"),
        ("work.line_text", _("Text of that line"), "New web shop: design"),
        ("work.day", _("Day"), "2 Nov 2026"),
        ("work.person", _("Who worked"), "Aino Virtanen"),
        ("work.project", _("Project"), "New web shop"),
        ("work.task", _("Task"), "Design"),
        ("work.text", _("What was done"), "Wireframes of the basket"),
        ("work.hours", _("Hours and minutes"), "6:30"),
        ("work.minutes", _("The same in minutes"), "390"),
        group="work",
    ),
    _section(
        _("Expenses, parts and usage of the work report"),
        ("charge.day", _("Day"), "12 Nov 2026"),
        ("charge.person", _("Whose it was"), "Aino Virtanen"),
        ("charge.text", _("What it was"), "Train to Tampere"),
        ("charge.quantity", _("Quantity with its unit"), "2 pcs"),
        ("charge.net", _("Amount without tax"), "92.40"),
        group="charge",
    ),
)  # fmt: skip

# Patterns and sentences with a gap are no words that could stand alone.
_NO_WORDS = {"locale", "date_pattern"}


def words_of_templates(words: Words) -> dict[str, str]:
    """The words that documents are labelled with, by their names."""
    return {
        one.name: text
        for one in fields(Words)
        if one.name not in _NO_WORDS
        and isinstance(text := getattr(words, one.name), str)
        and "{" not in text
    }


WORDS = Section(
    _("Words in the document's language"),
    tuple(
        Field(f"word.{name}", _("The word for it, in the document's language"), text)
        for name, text in words_of_templates(ENGLISH).items()
    ),
)


def own_name(field: CustomField) -> str:
    """A key may have hyphens, which a name of a template may not."""
    return f"{OWN[CustomField.Target(field.target)]}.field.{field.name.replace('-', '_')}"


def own_section(found: list[CustomField]) -> Section:
    """The company's own fields; `found` are those of `own_fields`."""
    told = (
        Field(own_name(field), f"{field.get_target_display()}: {field.label}", "")
        for field in found
    )
    return Section(_("Your own fields"), tuple(told))


def own_fields() -> list[CustomField]:
    """Those of the open scope that a document can show."""
    targets = [str(target) for target in OWN]
    found = CustomField.objects.filter(target__in=targets, is_active=True)
    return list(found.order_by("target", "position", "pk"))


def all_sections(found: list[CustomField]) -> list[Section]:
    """In the order in which people look for them."""
    own = [own_section(found)] if found else []
    return [*SECTIONS, *own, WORDS]


def all_fields(found: list[CustomField]) -> Iterator[Field]:
    for section in all_sections(found):
        yield from section.fields


def known_names(found: list[CustomField], kind: str) -> Mapping[str, Field]:
    """What a template of this kind may name."""
    return {field.name: field for field in all_fields(found) if kind in field.kinds}
