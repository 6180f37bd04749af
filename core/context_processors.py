"""What the base template needs of every request."""

from typing import Any

from django.http import HttpRequest

from core.returning import way_back

THEMES = ("light", "dark", "auto")
# Documents speak more languages than pages do.
PAGE_LANGUAGES = [("en", "English"), ("fi", "Suomi"), ("de", "Deutsch")]


def page(request: HttpRequest) -> dict[str, Any]:
    """Say which layout a page extends, and how the reader wants it to look."""
    as_dialog = "HX-Request" in request.headers and request.headers.get("HX-Target") == "dialog"
    user = getattr(request, "user", None)
    chosen = getattr(user, "theme", None) or request.COOKIES.get("theme")
    return {
        "layout": "dialog.html" if as_dialog else "base.html",
        "theme": chosen if chosen in THEMES else "auto",
        "sidebar": "narrow" if request.COOKIES.get("sidebar") == "narrow" else "wide",
        "page_languages": PAGE_LANGUAGES,
        "way_back": way_back(request),
    }
