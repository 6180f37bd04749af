from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class CustomerRefused(DomainError):
    """A change of a customer or project that is not made."""


class CurrencyInUse(CustomerRefused):
    message = _(
        "Hours were recorded for this customer in %(currency)s, and their rates would change"
        " meaning. Add a second customer for the other currency."
    )
