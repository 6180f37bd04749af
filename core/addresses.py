"""Several e-mail addresses in one line, as people type and paste them."""

import re
from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

MOST = 20
# What an e-mail server takes at most, and what columns hold.
LONGEST = 254
# A line break too: lists are pasted out of sheets.
_BETWEEN = re.compile(r"[;,\n]")


def read_addresses(text: str) -> list[str]:
    """Each address once, in their order; `Anna <anna@example.com>` gives the address.

    Raises a ValidationError that names the one which is none.
    """
    found: dict[str, str] = {}
    for part in _BETWEEN.split(text):
        if not (typed := part.strip()):
            continue
        address = parseaddr(typed)[1] if typed.endswith(">") else typed
        try:
            validate_email(address)
        except ValidationError:
            raise ValidationError(
                _("“%(typed)s” is no e-mail address. Write it like anna@example.com.")
                % {"typed": typed[:80]}
            ) from None
        if len(address) > LONGEST:
            raise ValidationError(
                _("“%(typed)s…” is too long. An e-mail address has at most %(most)s characters.")
                % {"typed": address[:40], "most": LONGEST}
            )
        found.setdefault(address.lower(), address)
    if len(found) > MOST:
        raise ValidationError(_("At most %(most)s addresses at a time.") % {"most": MOST})
    return list(found.values())


class AddressesField(forms.CharField):
    """Addresses with commas or semicolons between them, as a list."""

    widget = forms.TextInput(
        {
            "inputmode": "email",
            "autocomplete": "off",
            "spellcheck": "false",
            "autocapitalize": "off",
        }
    )

    def clean(self, value: Any) -> Any:
        return read_addresses(str(super().clean(value)))

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Sequence) and not isinstance(value, str):
            return ", ".join(value)
        return value
