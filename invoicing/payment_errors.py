"""Why money is not registered, allocated or given back. `field` is where a form shows it."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class PaymentRefused(DomainError):
    """Nothing is registered, and nothing else is changed."""

    field = "amount"


class AmountNotPositive(PaymentRefused):
    message = _("Give an amount above nought. What went back to a customer is a refund.")


class AmountTooFine(PaymentRefused):
    message = _("%(currency)s has %(places)s decimal places. Round the amount.")


class PaymentInFuture(PaymentRefused):
    field = "payment_date"
    message = _("This day is still to come. Give the day on which the money came in.")


class PaymentBeforeInvoice(PaymentRefused):
    field = "payment_date"
    message = _(
        "%(invoice)s is of %(day)s, and this day lies before it. Correct the date; money that came"
        " earlier is registered under Payments and allocated from there."
    )


class OtherCurrency(PaymentRefused):
    message = _(
        "%(invoice)s is in %(theirs)s and the payment in %(ours)s. Register what arrived in"
        " %(theirs)s; a difference of rates belongs into the accounting system."
    )


class OtherCustomer(PaymentRefused):
    message = _("%(invoice)s is of another customer. Choose invoices of %(customer)s.")


class NotOwed(PaymentRefused):
    message = _("%(invoice)s is no posted invoice, so that nothing is owed on it.")


class AboveOpen(PaymentRefused):
    message = _("Of %(invoice)s only %(open)s is open. Allocate that much at most.")


class AbovePayment(PaymentRefused):
    message = _("Only %(left)s of this payment is left. Allocate that much at most.")


class SettledMeanwhile(PaymentRefused):
    field = ""
    message = _(
        "%(by)s settled %(settled)s of %(invoice)s with this payment meanwhile, look again. What"
        " others changed stands here now, and so does what you typed."
    )


class SentAlready(PaymentRefused):
    field = ""
    message = _(
        "This form was sent already: %(by)s registered %(amount)s of %(customer)s, %(day)s. What"
        " stands here now is something else and is not booked. Send it again to book it as well."
    )


class NothingOpen(PaymentRefused):
    message = _("Nothing is open on %(invoice)s any more.")


class OpenMoved(PaymentRefused):
    message = _(
        "%(invoice)s has changed since you opened this: %(open)s is open now. Look at it again"
        " before you register anything."
    )


class PaidMeanwhile(PaymentRefused):
    message = _(
        "%(by)s has registered %(amount)s on %(invoice)s meanwhile, and %(open)s is open now. If"
        " that is the same money, there is nothing left to do."
    )


class LooksKnown(PaymentRefused):
    field = "is_another"
    message = _(
        "%(by)s has already registered %(amount)s of %(day)s from this customer. Tick here if this"
        " is another payment."
    )


class AccountMissing(PaymentRefused):
    field = "account"
    message = _("Choose the account that the money came in on.")


class DifferenceUnknown(PaymentRefused):
    field = "closes"
    message = _("Choose what becomes of the rest: it stays open, or it is given up.")


class AlreadyReversed(PaymentRefused):
    field = ""
    message = _("This payment is reversed already.")


class ReversalStays(PaymentRefused):
    field = ""
    message = _("This is a reversal and stays. Register the payment again instead.")


class RefundedFirst(PaymentRefused):
    field = ""
    message = _("%(amount)s of this payment is paid back. Reverse that refund first.")


class ReasonMissing(PaymentRefused):
    field = "reason"
    message = _("Say why. It stands in the log and beside the payment.")


class NothingToGiveBack(PaymentRefused):
    message = _("All of this payment settles invoices. Take an allocation back first.")


class AllocationGone(PaymentRefused):
    field = ""
    message = _("This is taken back already.")


class NoCredit(PaymentRefused):
    field = ""
    message = _("%(customer)s has no credit in %(currency)s any more.")


class RefundDay(PaymentRefused):
    field = "payment_date"
    message = _("Money goes back today at the latest, and not before it came in on %(day)s.")
