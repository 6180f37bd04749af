"""Which right of the API key's user each request takes.

Assumed, in this one place: Procountor documents that it answers 403 where a right is missing, and
neither the rights' names nor what each of them covers. To be confirmed with a test account.
"""

import re

from django.utils.translation import gettext_noop

_INVOICES = r"/invoices(?:/[^/]+)?"
_RIGHTS = tuple(
    (method, re.compile(path), words)
    for method, path, words in (
        ("PUT", rf"{_INVOICES}/approve", gettext_noop("to approve sales invoices")),
        ("PUT", rf"{_INVOICES}/send", gettext_noop("to send sales invoices")),
        ("GET", rf"{_INVOICES}/paymentevents", gettext_noop("to see payments of sales invoices")),
        ("GET", r"/invoices.*", gettext_noop("to see sales invoices")),
        ("*", r"/invoices.*", gettext_noop("to create and change sales invoices")),
        ("*", r"/attachments.*", gettext_noop("to attach files to sales invoices")),
        ("GET", r"/businesspartners.*", gettext_noop("to see the register of customers")),
        ("*", r"/businesspartners.*", gettext_noop("to change the register of customers")),
        ("GET", r"/bankaccounts", gettext_noop("to see the company's bank accounts")),
        ("GET", r"/vats/.*", gettext_noop("to see the company's VAT settings")),
    )
)


def right_for(method: str, path: str) -> str:
    """In words that are still to be translated; empty where nothing is assumed."""
    for asked, pattern, words in _RIGHTS:
        if asked in ("*", method) and pattern.fullmatch(path):
            return words
    return ""
