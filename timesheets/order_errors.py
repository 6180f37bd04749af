"""Why a service order does not go on as asked."""

from django.utils.translation import gettext_lazy as _

from core.meanwhile import SavedMeanwhile
from timesheets.errors import HoursRefused
from timesheets.models import ServiceOrder


class OrderRefused(HoursRefused):
    """`field` names the field of a form it belongs to."""


class OrderGone(OrderRefused):
    message = _("This service order was deleted meanwhile.")


class OrderChanged(SavedMeanwhile, OrderRefused):
    """`fields` are those that differ."""

    message = _("%(by)s saved this order at %(at)s, while you were editing it.")
    own_message = _(
        "You saved this order in another window at %(at)s, while you were editing it here."
    )


class ReportChanged(SavedMeanwhile, OrderRefused):
    field = "report"
    message = _("%(by)s wrote another report at %(at)s, while you were writing yours.")
    own_message = _(
        "You wrote another report in another window at %(at)s, while you were writing this one."
    )


class OrderNotYours(OrderRefused):
    message = _("This order is somebody else's. Ask the office to send you there.")


class OrderWithoutTitle(OrderRefused):
    field = "title"
    message = _("Say in a few words what is to be done.")


class OrderCustomerClosed(OrderRefused):
    field = "customer"
    message = _("%(customer)s is archived. Choose another customer, or have it opened again.")


class OrderOfAnotherCustomer(OrderRefused):
    field = "project"
    message = _("%(project)s is a project of %(customer)s. Choose one of this customer's.")


class OrderNeedsProject(OrderRefused):
    field = "project"
    message = _("Hours are recorded on a project. Choose one of %(customer)s's projects first.")


class OrderNeedsOwnProject(OrderRefused):
    field = "project"
    message = _("Choose one of the projects you manage.")


class TechnicianGone(OrderRefused):
    field = "technician"
    message = _("%(person)s records no hours here. Choose somebody else.")


class PlannedTurned(OrderRefused):
    field = "planned_end_at"
    message = _("The end does not lie after the start. Swap the two, or leave the end empty.")


class PlannedWithoutStart(OrderRefused):
    field = "planned_start_at"
    message = _("Give the start as well, or leave both out.")


class OrderInProgress(OrderRefused):
    field = "project"
    message = _("Work is going on: project and technician can be others, but not none.")


class OrderHasWork(OrderRefused):
    field = "project"
    message = _("Hours or parts are recorded on this order; its customer and project stay.")


class OrderIsOver(OrderRefused):
    message = _("%(order)s is %(state)s. Open it again to change it.")


class OrderNotReady(OrderRefused):
    message = _("%(order)s has no project or technician yet. Plan it first.")


class OrderNotStarted(OrderRefused):
    message = _("%(order)s is not started. Press Start first.")


class OrderStartedAlready(OrderRefused):
    message = _("%(order)s is %(state)s already.")


class ClockRuns(OrderRefused):
    message = _("The clock of %(person)s is running since %(since)s. Stop it first.")


class ClockStands(OrderRefused):
    message = _("The clock is not running. Start it, or type the hours.")


class ClockElsewhere(OrderRefused):
    message = _("Your clock is running on %(order)s. Stop it there first.")


class ClockRanTooLong(OrderRefused):
    message = _(
        "The clock has been running for %(hours)s hours, so it was forgotten. Take it back, and"
        " type the hours that were worked."
    )


class ReportMissing(OrderRefused):
    field = "report"
    message = _("Write in the report what was done.")


class ReportSigned(OrderRefused):
    field = "report"
    message = _("%(name)s has signed this report. Take the signature away to change it.")


class SignerMissing(OrderRefused):
    field = "signed_by"
    message = _("Type the name of the person who signs.")


class SignedAlready(OrderRefused):
    field = "signed_by"
    message = _("%(name)s has signed already.")


class NotSigned(OrderRefused):
    message = _("Nobody has signed yet.")


class PictureUnreadable(OrderRefused):
    field = "photo"
    message = _("This is no picture that can be read. Take a photo in JPEG, PNG or WebP.")


class PictureTooLarge(OrderRefused):
    field = "photo"
    message = _("This picture is too large. Keep it below %(most)s MB.")


class TooManyPhotos(OrderRefused):
    field = "photo"
    message = _("An order holds at most %(most)s photos. Remove one first.")


class PhotoGone(OrderRefused):
    message = _("This photo was removed meanwhile.")


class SignatureUnreadable(OrderRefused):
    field = "signed_by"
    message = _("The drawing did not arrive whole. Sign again, or type the name only.")


class ReportChecked(OrderRefused):
    message = _("The report of %(order)s is checked. Take the check back to change it.")


class HoursChecked(OrderRefused):
    message = _("The hours of %(order)s are checked. Take the check back to change them.")


class PartsChecked(OrderRefused):
    message = _("The parts of %(order)s are checked. Take the check back to change them.")


class NotDoneYet(OrderRefused):
    message = _("%(order)s is %(state)s. Only what is done can be checked.")


class HoursWithoutRate(OrderRefused):
    message = _("There is no rate for the hours of %(names)s. Set one, or make them not billable.")


class PartWithoutPrice(OrderRefused):
    message = _("%(part)s has no price. Give it one, or make it not billable.")


class WorkOnDocument(OrderRefused):
    message = _(
        "Work of %(order)s is on a document. Discard the draft or credit the invoice first."
    )


class CancelReasonMissing(OrderRefused):
    field = "reason"
    message = _("Say in a few words why the order is cancelled.")


class OrderWasWorkedOn(OrderRefused):
    message = _("Hours or parts are recorded on %(order)s. Mark it done instead, or delete them.")


class WorkStaysWithOrder(OrderRefused):
    field = "project"
    message = _("This belongs to %(order)s and stays on its project. Delete it and record it anew.")


_CHECKED = {"report": ReportChecked, "hours": HoursChecked, "parts": PartsChecked}


def checked(order: ServiceOrder, what: str) -> OrderRefused:
    return _CHECKED[what](order=order.label)
