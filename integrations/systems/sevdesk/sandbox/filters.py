"""Template filters of these pages."""

from decimal import Decimal
from typing import Any

from django.template import Library

from integrations.sandbox.store import Document
from integrations.systems.sevdesk.sandbox.company import TAX_RULES

register = Library()
STATES = {
    50: ("Deaktiviert", ""), 100: ("Entwurf", "warn"), 200: ("Offen", "good"),
    750: ("Teilweise bezahlt", "good"), 1000: ("Bezahlt", "good"),
}  # fmt: skip


@register.filter
def state(status: int) -> str:
    return STATES.get(status, (str(status), ""))[0]


@register.filter
def state_class(status: int) -> str:
    return STATES.get(status, ("", ""))[1]


@register.filter
def tax_words(document: Document) -> str:
    rule = document.get("taxRule")
    if rule:
        return f"{rule['id']} {TAX_RULES[rule['id']][0]}"
    return f"taxType {document.get('taxType')}"


@register.filter
def line_amount(row: Document) -> str:
    from integrations.systems.sevdesk.sandbox.sums import amount_of

    return f"{amount_of(row):,.2f}"


@register.filter
def day(text: str | None) -> str:
    return text[:10] if text else ""


@register.filter
def percent(text: Any) -> str:
    return f"{Decimal(str(text)).normalize():f}" if text else ""
