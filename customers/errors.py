from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from customers.models import CustomField


class CustomerRefused(DomainError):
    """A change of a customer or project that is not made."""


class CurrencyInUse(CustomerRefused):
    message = _(
        "Hours were recorded for this customer in %(currency)s, and their rates would change"
        " meaning. Add a second customer for the other currency."
    )


class CustomFieldRefused(CustomerRefused):
    """A change of the company's own fields that is not made."""


class CustomFieldGone(CustomFieldRefused):
    message = _(
        "The field “%(name)s” was renamed or deleted meanwhile. Open the page again and repeat"
        " your change."
    )


class CustomValueRefused(CustomerRefused):
    """A value that does not fit its field."""

    def __init__(self, *, custom_field: CustomField, **params: Any) -> None:
        self.field = f"custom_{custom_field.name}"
        super().__init__(label=custom_field.label, **params)


class CustomValueTooLong(CustomValueRefused):
    message = _(
        "“%(label)s” takes at most %(longest)s characters, and these are %(length)s. Shorten it."
    )


class NoCheckboxValue(CustomValueRefused):
    message = _("“%(value)s” is neither yes nor no. Write 1 or 0.")


class NoNumber(CustomValueRefused):
    message = _(
        "“%(value)s” is not a number. Write it like 1234.5, with at most 18 digits before and"
        " 6 after the point."
    )


class NoDate(CustomValueRefused):
    message = _("“%(value)s” is not a date. Write it like 2026-11-21.")


class YearOutOfReach(CustomValueRefused):
    message = _("Give a year between %(first)s and %(last)s.")


class NotAmongChoices(CustomValueRefused):
    message = _("“%(value)s” is not among the choices of “%(label)s”. Choose one that is offered.")


class NoWebAddress(CustomValueRefused):
    message = _("“%(value)s” is not a web address. Write it like https://example.com/page.")


class NoEmail(CustomValueRefused):
    message = _("“%(value)s” is not an e-mail address. Write it like name@example.com.")
