"""Why a schedule is not kept, does not run, or left a customer out. `field` is where a form
shows it."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class ScheduleRefused(DomainError):
    """The schedule is not kept, or no run begins or goes on."""


class NobodyChosen(ScheduleRefused):
    field = "customers"
    message = _("Choose customers, groups or projects, or invoice all customers.")


class OnlyHoursHaveTags(ScheduleRefused):
    field = "tags"
    message = _("Only hours have tags. Invoice nothing but hours, or take the tags away.")


class NothingChosen(ScheduleRefused):
    field = "kinds"
    message = _("Choose what is invoiced.")


class MayNotDraft(ScheduleRefused):
    message = _("You may not make drafts, and the schedule would make them in your name.")


class MayNotPost(ScheduleRefused):
    field = "result"
    message = _("You may not post invoices. Let the schedule make drafts, or ask somebody who may.")


class OwnSchedule(ScheduleRefused):
    message = _("You wrote this schedule yourself. Somebody else who may post has to approve it.")


class NothingToApprove(ScheduleRefused):
    message = _("This schedule needs no approval.")


class ScheduleHasRun(ScheduleRefused):
    message = _("A run of this schedule is still under way. Wait for it, or stop it first.")


class PeriodNotBegun(ScheduleRefused):
    message = _("This period has not begun yet. Choose an earlier one.")


class ScheduleGone(ScheduleRefused):
    message = _("This schedule was deleted meanwhile. Make a new one.")


class AuthorMayNot(ScheduleRefused):
    message = _(
        "The schedule works in the name of %(person)s, who may not do this any more. Save the"
        " schedule in your own name."
    )


class ApproverMayNot(ScheduleRefused):
    message = _(
        "The schedule was approved by %(person)s, who may not post any more. Have it approved anew."
    )


class WithoutAnyone(ScheduleRefused):
    message = _(
        "The schedule is for chosen customers, groups or projects, and none of them is left. Edit"
        " it and choose some."
    )


class RunNotGoing(ScheduleRefused):
    message = _("This run is not under way any more.")


class RunNotStopped(ScheduleRefused):
    message = _("This run is not stopped.")


class NothingToRetry(ScheduleRefused):
    message = _("Nothing of this run failed, or it is still under way.")


class RunNeedsDrafter(ScheduleRefused):
    message = _(
        "You may not make drafts, and what is left of this run would be made in your name. Ask"
        " somebody who may."
    )


class RunNeedsPoster(ScheduleRefused):
    message = _(
        "You may not post invoices, and what is left of this run would be posted in your name. Ask"
        " somebody who may."
    )


class RunNeedsAnother(ScheduleRefused):
    message = _(
        "The company demands by now that another person posts than the one who drafted, and this"
        " run has only one of them. Have the schedule approved, then run it anew."
    )


class RunNameMayNot(ScheduleRefused):
    message = _(
        "This run works in the name of %(person)s, who may not do this any more. Save the schedule"
        " in your own name and have it approved, then run it anew."
    )


class ItemRefused(DomainError):
    """Nothing is made of this one. `short` is what many have in common."""

    short: Any = ""


class ItemSkipped(ItemRefused):
    """Left out, as it was asked for; nobody has to do anything about it."""


class NoWorkLeft(ItemSkipped):
    short = _("No work left")
    message = _("There is no open work any more; somebody invoiced it meanwhile.")


class NotAllLocked(ItemSkipped):
    short = _("Not all hours are locked")
    message = _("Not all hours are locked: %(names)s.")


class CoveredByPrepaid(ItemRefused):
    short = _("Paid in advance")
    message = _(
        "%(hours)s h of these can be drawn from prepaid hours. Draw them first, then try this one"
        " again: it invoices the rest."
    )


class InvoicedBefore(ItemSkipped):
    short = _("Invoiced already for this period")
    message = _(
        "Invoiced already by this schedule for this period: %(document)s. What was recorded since"
        " comes with the next period."
    )


class InvoicedAlone(InvoicedBefore):
    message = _(
        "Invoiced already by this schedule for this period: %(document)s. What was recorded since"
        " stays in Ready to invoice."
    )


class CustomerArchived(ItemSkipped):
    short = _("Customer archived")
    message = _("%(customer)s is archived. Activate the customer, or invoice this by hand.")


class NameWithdrawn(ItemRefused):
    short = _("Not allowed any more")
    message = _(
        "%(person)s, in whose name this would be made, may not do this any more. Nothing was made;"
        " somebody who may can try it again."
    )


class ItemGone(ItemRefused):
    short = _("Deleted meanwhile")
    message = _("This customer, project or order was deleted meanwhile.")


class ItemBroke(ItemRefused):
    short = _("Broke")
    message = _(
        "Something broke here that is no fault of yours; nothing was made. Try this one again,"
        " and tell the administrator if it stays."
    )


class RunBroke(ItemRefused):
    short = _("The run broke off")
    message = _("The run broke off before this one. Try it again.")
