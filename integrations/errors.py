from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class IntegrationRefused(DomainError):
    """Nothing is changed."""


class AnotherIsSending(IntegrationRefused):
    message = _("“%(other)s” sends to this system already. Switch it off first.")


class AnotherCompany(IntegrationRefused):
    message = _(
        "This key belongs to another company: %(answers)s. Customers and documents of this"
        " connection are those of %(known)s."
    )


class ConnectionInUse(IntegrationRefused):
    message = _("Documents went over this connection; it can be switched off, not removed.")


class ExportUnderWay(IntegrationRefused):
    message = _("%(invoice)s is being sent right now. Wait a moment.")


class ExportArrived(IntegrationRefused):
    message = _("%(invoice)s has arrived already.")


class ExportUnclear(IntegrationRefused):
    message = _(
        "It is not known whether %(invoice)s has arrived as it was chosen. Try that again before"
        " you choose something else."
    )


class NoRemoteNumber(IntegrationRefused):
    message = _("Enter the number that %(invoice)s has there.")


class NotDoneByHand(IntegrationRefused):
    message = _("%(invoice)s was not entered by hand; there is nothing to take back.")


class NothingToHandOver(IntegrationRefused):
    message = _("There are no files for these documents.")


class FilesNotReady(IntegrationRefused):
    message = _("The files of %(invoice)s are still being made. Wait a moment.")


class NotPosted(IntegrationRefused):
    message = _("Only posted documents are sent.")


class ConnectionOff(IntegrationRefused):
    message = _("The connection is switched off.")


class AlreadyQueued(IntegrationRefused):
    message = _("%(invoice)s is on its way over this connection already.")


class PaidTwice(IntegrationRefused):
    message = _(
        "Of %(invoice)s only %(open)s is open here, and somebody has registered a payment of it"
        " already. If it is the same money, say that it is seen to; otherwise register it by hand."
    )


class NothingOpenHere(IntegrationRefused):
    message = _(
        "Nothing is open on %(invoice)s here any more. If it is money that was registered already,"
        " say that it is seen to; otherwise register it by hand."
    )


class NoBankAccount(IntegrationRefused):
    message = _("Choose in the company's settings on which account money comes in.")


class SeenTo(IntegrationRefused):
    message = _("Somebody has seen to this meanwhile.")


class NoSuchEnvironment(IntegrationRefused):
    message = _("%(system)s cannot be reached from here: its environment does not exist any more.")


class CredentialsUnreadable(IntegrationRefused):
    message = _("The stored credentials cannot be read any more. Enter them again.")


class CustomersAddedThere(IntegrationRefused):
    message = _("%(system)s takes no new customers from here. Add %(customer)s there, then link.")


class AnswerUnknown(IntegrationRefused):
    message = _("%(field)s: %(system)s does not offer this any more. Choose again.")


class AnswerTooLong(IntegrationRefused):
    message = _("%(field)s: at most %(most)s characters.")


class SignInNotOffered(IntegrationRefused):
    message = _("This installation is not registered at %(system)s, so nobody can sign in there.")


class SignInUnknown(IntegrationRefused):
    message = _("This sign-in was not begun here. Begin it on the connection's page.")


class SignInUsed(IntegrationRefused):
    message = _("This sign-in was used already. Begin it anew on the connection's page.")


class SignInLate(IntegrationRefused):
    message = _("The sign-in took too long. Begin it anew on the connection's page.")


class SignInElsewhere(IntegrationRefused):
    message = _(
        "The sign-in was begun in another browser or before signing in here. Begin it anew on the"
        " connection's page."
    )


class GivesNoNumbers(IntegrationRefused):
    message = _("%(connection)s does not give your invoices their numbers.")


class AnotherGivesNumbers(IntegrationRefused):
    message = _("“%(other)s” gives your invoices their numbers already.")


class AppendedGetsNoNumber(IntegrationRefused):
    message = _(
        "%(invoice)s is to be added to a draft in %(connection)s, and what is added there gets no"
        " number of its own. Choose a document of its own there, then create it."
    )


class AlreadyBegunThere(IntegrationRefused):
    message = _(
        "It was begun in %(connection)s already. Look there first; then close the export with the"
        " reason, and the draft is yours again."
    )


class NotPostedWithNumber(IntegrationRefused):
    message = _("It cannot be posted with the number %(number)s: %(why)s")
