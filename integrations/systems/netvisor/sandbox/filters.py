"""Template filters of these pages."""

from django.template import Library

register = Library()


@register.filter
def status_class(status: str) -> str:
    return {
        "open": "good", "paid": "good", "draft": "warn", "unsent": "warn", "creditloss": "bad",
    }.get(status, "")  # fmt: skip
