"""The tenant's own fields that a document prints: of its customer, its project and itself."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

from customers.domain.custom_fields import Target, shown, typed_value
from customers.models import Customer, CustomField, Project
from invoicing.models import Invoice
from tenants.rows import objects_where

# Label and value, as they stand on the paper.
type PrintedField = list[str]

# As on documents elsewhere, not from Django's catalogues: `documents.words` says why.
_LOCALES = {"en": "en_GB", "fi": "fi", "sv": "sv", "de": "de"}
_DAYS = {"en": "d MMM y", "fi": "d.M.y", "sv": "y-MM-dd", "de": "dd.MM.y"}
YES_NO = {"en": ("Yes", "No"), "fi": ("Kyllä", "Ei"), "sv": ("Ja", "Nej"), "de": ("Ja", "Nein")}


def printed_fields(invoices: Iterable[Invoice]) -> dict[int, list[PrintedField]]:
    """By document, in its language; what is empty is not printed."""
    documents = list(invoices)
    fields: dict[str, list[CustomField]] = {target: [] for target in CustomField.PRINTABLE}
    for field in objects_where(CustomField, "is_printed AND is_active ORDER BY position, id"):
        fields[field.target].append(field)
    customers = _values(Customer, fields[Target.CUSTOMER], (d.customer_id for d in documents))
    projects = _values(Project, fields[Target.PROJECT], (d.project_id for d in documents))
    return {
        document.pk: [
            *_printed(fields[Target.CUSTOMER], customers.get(document.customer_id), document),
            *_printed(fields[Target.PROJECT], projects.get(document.project_id or 0), document),
            *_printed(fields[Target.DOCUMENT], document.custom_values, document),
        ]
        for document in documents
    }


def _values(
    model: type[Customer | Project], fields: list[CustomField], keys: Iterable[int | None]
) -> dict[int, dict[str, Any]]:
    if not fields:
        return {}
    rows = model.objects.filter(pk__in={key for key in keys if key}).order_by()
    return dict(rows.values_list("pk", "custom_values"))


def _printed(
    fields: list[CustomField], values: dict[str, Any] | None, document: Invoice
) -> list[PrintedField]:
    language = document.language
    rows = [
        [field.translations.get(language) or field.label, text_of_own(field, values, language)]
        for field in fields
        if values
    ]
    return [row for row in rows if row[1]]


def text_of_own(field: CustomField, values: dict[str, Any], language: str) -> str:
    """Of one of the company's own fields, as documents in that language write it."""
    typed = typed_value(field, values.get(field.name))
    if isinstance(typed, bool):
        return YES_NO[language][0 if typed else 1]
    if isinstance(typed, Decimal):
        return str(format_decimal(typed, "#,##0.######", locale=_LOCALES[language]))
    if isinstance(typed, date):
        return str(format_date(typed, _DAYS[language], locale=_LOCALES[language]))
    return shown(field, typed, language)
