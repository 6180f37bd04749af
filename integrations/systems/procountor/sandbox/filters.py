"""Template filters of these pages."""

from django.template import Library

register = Library()


@register.filter
def status_class(status: str) -> str:
    return {
        "SENT": "good", "PAID": "good", "MARKED_PAID": "good", "PARTLY_PAID": "good",
        "UNFINISHED": "warn", "INVALIDATED": "bad",
    }.get(status, "")  # fmt: skip


@register.filter
def last_part(path: str) -> str:
    return path.rpartition(".")[2]
