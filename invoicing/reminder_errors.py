"""Why nobody is reminded, or terms are not kept. `field` is where a form shows it."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class RemindingRefused(DomainError):
    """No reminder is written, and nothing else is changed."""


class NotOwed(RemindingRefused):
    message = _("Nothing of %(invoice)s is open, so there is nothing to remind of.")


class NotDueForReminder(RemindingRefused):
    message = _("%(invoice)s is due for its next reminder on %(day)s, and not before.")


class LevelsUsedUp(RemindingRefused):
    message = _("%(invoice)s had all its reminders. What follows is no letter of this program.")


class InDispute(RemindingRefused):
    message = _("The customer disputes %(invoice)s: %(reason)s. Settle that first.")


class NeverReminded(RemindingRefused):
    message = _("%(customer)s gets no reminders; their page says so.")


class TooSmall(RemindingRefused):
    message = _("%(open)s is less than reminders are sent for.")


class RemindedMeanwhile(RemindingRefused):
    message = _("%(invoice)s was reminded meanwhile. Look at the list again.")


class PaidMeanwhile(RemindingRefused):
    message = _(
        "Something was paid or credited meanwhile: now %(open)s is open of %(invoice)s, and not"
        " %(seen)s. Look at the list again."
    )


class NothingToRemind(RemindingRefused):
    message = _("None of these is due for a reminder any more. Open the list again.")


class DisputeWithoutReason(RemindingRefused):
    field = "reason"
    message = _("Write what the customer objects to, so that others know.")


class DisputedAlready(RemindingRefused):
    message = _("%(who)s noted a dispute already: %(reason)s")


class NoOpenDispute(RemindingRefused):
    message = _("There is no dispute to settle; somebody has done so already.")


class OnlyInvoicesAreDisputed(RemindingRefused):
    message = _("Only posted invoices are disputed.")


class NoLevels(RemindingRefused):
    message = _("Keep at least one level.")


class TooManyLevels(RemindingRefused):
    message = _("At most %(most)s levels can be kept.")


class LevelsNotInOrder(RemindingRefused):
    message = _("Each level comes more days after the due date than the one before it.")


class FeeAboveFinnishLaw(RemindingRefused):
    message = _("In Finland a reminder costs a consumer %(most)s euros at most.")


class TooEarlyForFinnishLaw(RemindingRefused):
    message = _(
        "In Finland a reminder with a fee goes to a consumer %(days)s days after the due date at"
        " the earliest, and as many days after the one before it."
    )


class NothingForThePost(RemindingRefused):
    message = _("No letter of this sending goes by post. Open the sending again.")


class InvoiceWithoutPdf(RemindingRefused):
    message = _(
        "%(invoice)s is a %(kind)s file without a PDF, which cannot be printed with the letter."
        " Print it by itself."
    )


class InvoiceNotSetYet(RemindingRefused):
    message = _("The PDF of %(invoice)s is still being made. Try again in a minute.")
