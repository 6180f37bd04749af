"""Why a package, its prices or a subscription is not changed as asked."""

from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from timesheets.errors import HoursRefused


class PackageRefused(HoursRefused):
    """`field` names the field of a form it belongs to. Days are told as the reader writes them."""

    def __init__(self, **params: Any) -> None:
        super().__init__(
            **{
                name: date_format(value, "SHORT_DATE_FORMAT") if hasattr(value, "year") else value
                for name, value in params.items()
            }
        )


class PriceGap(PackageRefused):
    field = "start_date"
    message = _(
        "“%(component)s” would have no price from %(start)s to %(end)s. Let one price end the day"
        " before the next begins."
    )


class PriceOverlap(PackageRefused):
    field = "start_date"
    message = _("“%(component)s” would have two prices on %(day)s. Let one end before the other.")


class PriceTurned(PackageRefused):
    field = "end_date"
    message = _("The price ends before it begins. Correct one of the days.")


class PricesMissing(PackageRefused):
    field = "unit_price"
    message = _("“%(component)s” needs a price. Give it one, 0 if it costs nothing.")


class PriceNotThere(PackageRefused):
    message = _(
        "“%(component)s” of %(package)s has no price from %(start)s to %(end)s. Add one to the"
        " package, or give this customer a price of their own."
    )


class PackageGone(PackageRefused):
    message = _("This was deleted meanwhile. Load the page again.")


class PackageInUse(PackageRefused):
    message = _(
        "“%(package)s” has subscriptions, and fees were charged by it. Do not offer it any more"
        " instead of deleting it."
    )


class PackageEmpty(PackageRefused):
    field = "package"
    message = _("“%(package)s” has no components yet. Add one, then somebody can subscribe to it.")


class PackageNotOffered(PackageRefused):
    field = "package"
    message = _("“%(package)s” is not offered any more. Choose another package.")


class PackageCurrencyInUse(PackageRefused):
    field = "currency"
    message = _(
        "Customers pay for “%(package)s” in %(currency)s. Add a second package for the other"
        " currency."
    )


class ComponentInUse(PackageRefused):
    message = _(
        "“%(component)s” has been charged for, or customers have own terms for it, and stays. Let"
        " its price be 0 from a day on to charge it no more."
    )


class ComponentPeriodInUse(PackageRefused):
    field = "period"
    message = _(
        "Fees were charged for “%(component)s” by this period. Add another component and let this"
        " one cost 0 from a day on."
    )


class ComponentWithoutQuantity(PackageRefused):
    field = "quantity"
    message = _("Enter a quantity above 0.")


class UsageOfOnce(PackageRefused):
    field = "included_quantity"
    message = _("What is charged once includes no usage: choose a month, a quarter or a year.")


class UsageIncludedTwice(PackageRefused):
    field = "usage_destination"
    message = _(
        "“%(component)s” includes usage of the same destination. Which of them counts would be"
        " chance; name another destination."
    )


class SubscriptionCurrency(PackageRefused):
    field = "package"
    message = _(
        "“%(package)s” is sold in %(package_currency)s, and %(customer)s is invoiced in"
        " %(customer_currency)s. Choose a package in the customer's currency."
    )


class SubscriptionCustomerClosed(PackageRefused):
    field = "customer"
    message = _("%(customer)s is archived. Choose another customer, or have it opened again.")


class SubscriptionOfAnotherCustomer(PackageRefused):
    field = "project"
    message = _("%(project)s belongs to %(customer)s. Choose one of this customer's projects.")


class SubscriptionTurned(PackageRefused):
    field = "end_date"
    message = _("The subscription ends before it starts. Correct one of the days.")


class SubscriptionBilled(PackageRefused):
    message = _(
        "Fees of this subscription were charged until %(day)s. Let it end instead; it stays with"
        " its invoices."
    )


class SubscriptionFixed(PackageRefused):
    field = "package"
    message = _(
        "Fees of this subscription are on documents. End it, and add a subscription for the other"
        " customer or package."
    )


class PeriodTooFar(PackageRefused):
    field = "until"
    message = _("Fees are written for at most two years ahead. Choose a nearer day.")


class FeeOfSubscription(PackageRefused):
    message = _(
        "This charge follows from the subscription “%(subscription)s”. Change the subscription or"
        " its package, or make the charge not billable."
    )


class ChargeOfUsage(PackageRefused):
    message = _(
        "This charge follows from usage that was imported. Take the import back, or make the charge"
        " not billable."
    )
