"""Template filters of these pages."""

from django.template import Library

register = Library()


@register.filter
def status_class(status: str) -> str:
    return {"Draft": "warn", "Canceled": "bad"}.get(status, "good")
