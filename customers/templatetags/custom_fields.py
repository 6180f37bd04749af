"""Values of the tenant's own fields in templates: `{{ customer|custom_value:field }}`."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from customers.domain.custom_fields import Kind, shown
from customers.models import CustomField

register = template.Library()
RIGHT = {Kind.NUMBER: "num", Kind.DATE: "date"}


@register.filter
def custom_value(record: Any, field: CustomField) -> str | SafeString:
    """As people read it; addresses can be followed."""
    value = record.custom_values.get(field.name)
    text = shown(field, value)
    if text and field.kind == Kind.URL:
        words = text.removeprefix("https://").removeprefix("http://").removesuffix("/")
        return format_html('<a href="{}" rel="noopener noreferrer">{}</a>', text, words)
    if text and field.kind == Kind.EMAIL:
        return format_html('<a href="mailto:{}">{}</a>', text, text)
    return text


@register.filter
def custom_text(record: Any, field: CustomField) -> str:
    return shown(field, record.custom_values.get(field.name))


@register.filter
def column_class(field: CustomField) -> str:
    return RIGHT.get(Kind(field.kind), "truncate")
