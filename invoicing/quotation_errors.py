from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.meanwhile import SavedMeanwhile


class QuotationRefused(DomainError):
    """A step with a quotation that is not taken."""


class QuotationGone(QuotationRefused):
    message = _("This quotation was deleted meanwhile. Look at the list again.")


class QuotationChanged(SavedMeanwhile, QuotationRefused):
    message = _(
        "%(by)s changed this quotation meanwhile. What you typed is still here: open the page in a"
        " second tab, compare, and save again."
    )
    own_message = _(
        "You saved this quotation in another window at %(at)s. What you typed here is still here:"
        " compare the two, and save again."
    )


class QuotationWentOut(QuotationRefused):
    message = _("%(quotation)s went out and stays as it is. Revise it: that makes a new version.")


class QuotationIsNoDraft(QuotationRefused):
    message = _("%(quotation)s is %(state)s. Only a draft can be sent for the first time.")


class QuotationWithoutLines(QuotationRefused):
    message = _("Add at least one line with a price before the quotation is sent.")


class QuotationTooLarge(QuotationRefused):
    message = _("The sum is larger than a quotation can hold. Check quantities and prices.")


class QuotationTitleMissing(QuotationRefused):
    field = "title"
    message = _("Say in a few words what is offered.")


class ValidBeforeItsDay(QuotationRefused):
    field = "valid_until"
    message = _("The last day lies before the quotation's own. Choose a later one.")


class ValidityIsOver(QuotationRefused):
    field = "valid_until"
    message = _("The last day has passed. Choose a later one before it is sent.")


class ProjectOfAnotherCustomer(QuotationRefused):
    field = "project"
    message = _("%(project)s is a project of %(customer)s. Choose one of this customer, or none.")


class NotOpenToDecide(QuotationRefused):
    message = _("%(quotation)s is %(state)s already.")


class QuotationExpired(QuotationRefused):
    message = _("%(quotation)s was valid until %(day)s. Revise it to offer it again.")


class DeciderMissing(QuotationRefused):
    field = "name"
    message = _("Enter the name of the person who decided.")


class AgreementMissing(QuotationRefused):
    field = "agreed"
    message = _("Tick that you accept the quotation with its terms.")


class NotAccepted(QuotationRefused):
    message = _("%(quotation)s is %(state)s. Only an accepted one becomes an order or a project.")


class BecameAlready(QuotationRefused):
    message = _("%(quotation)s has become %(what)s already.")


class RevisedAlready(QuotationRefused):
    message = _("%(quotation)s has a newer version already. Revise that one.")


class NobodyToSendTo(QuotationRefused):
    field = "recipients"
    message = _("Enter an e-mail address to send the quotation to.")


class NoLetter(QuotationRefused):
    field = "text"
    message = _("Write something in the e-mail, in its subject and in its text.")
