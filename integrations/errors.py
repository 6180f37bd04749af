from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class IntegrationRefused(DomainError):
    """Nothing is changed."""


class AnotherIsSending(IntegrationRefused):
    message = _("“%(other)s” sends to this system already. Switch it off first.")


class ConnectionInUse(IntegrationRefused):
    message = _("Documents went over this connection; it can be switched off, not removed.")


class ExportUnderWay(IntegrationRefused):
    message = _("%(invoice)s is being sent right now. Wait a moment.")


class ExportArrived(IntegrationRefused):
    message = _("%(invoice)s has arrived already.")


class NotPosted(IntegrationRefused):
    message = _("Only posted documents are sent.")


class ConnectionOff(IntegrationRefused):
    message = _("The connection is switched off.")


class AlreadyQueued(IntegrationRefused):
    message = _("%(invoice)s is on its way over this connection already.")


class NoSuchEnvironment(IntegrationRefused):
    message = _("%(system)s cannot be reached from here: its environment does not exist any more.")


class CredentialsUnreadable(IntegrationRefused):
    message = _("The stored credentials cannot be read any more. Enter them again.")
