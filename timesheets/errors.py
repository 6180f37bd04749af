"""Why hours are not written as asked. `field` names the field of a form it belongs to."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class HoursRefused(DomainError):
    field = ""


class PeriodLocked(HoursRefused):
    field = "work_date"
    message = _("%(who)s locked the hours of %(person)s from %(start)s to %(end)s. Unlock first.")


class ProjectPeriodLocked(PeriodLocked):
    message = _(
        "%(who)s locked the hours of %(person)s on %(project)s from %(start)s to %(end)s."
        " Unlock first."
    )


class OnDraft(HoursRefused):
    message = _("This entry is on %(document)s. Take it off there first.")


class OnInvoice(HoursRefused):
    message = _("This entry is on %(document)s. Only a credit note frees it.")


class BilledElsewhere(HoursRefused):
    message = _("This entry is billed elsewhere: %(note)s. Have it freed first.")


class OnceInvoiced(HoursRefused):
    message = _(
        "These hours were on an invoice that was credited, and stay because the invoice does."
        " Make them not billable instead."
    )


class WrittenOff(HoursRefused):
    message = _("This entry is written off: %(note)s. Have it freed first.")


class DayTooLong(HoursRefused):
    field = "minutes"
    message = _("With this, %(person)s has %(total)s hours on %(day)s, and a day has 24.")


class MinutesOfADay(HoursRefused):
    field = "minutes"
    message = _("An entry is between a minute and 24 hours long.")


class DayTooEarly(HoursRefused):
    field = "work_date"
    message = _("Hours here begin in the year 2000. Check the year.")


class DayTooFarAhead(HoursRefused):
    field = "work_date"
    message = _("This day lies more than a year ahead. Check the year.")


class ProjectClosed(HoursRefused):
    field = "project"
    message = _("%(project)s is archived. Choose another project, or have it opened again.")


class ProjectNotYetOpen(HoursRefused):
    field = "work_date"
    message = _("%(project)s starts on %(day)s. Choose a later day or another project.")


class ProjectOver(HoursRefused):
    field = "work_date"
    message = _("%(project)s ended on %(day)s. Choose an earlier day or another project.")


class TaskClosed(HoursRefused):
    field = "task"
    message = _("The task %(task)s is not used any more. Choose another one.")


class TaskOfAnotherProject(HoursRefused):
    field = "task"
    message = _("The task %(task)s belongs to another project. Choose one of %(project)s.")


class PersonGone(HoursRefused):
    field = "member"
    message = _("%(person)s is not active any more. Activate the member first.")


class PersonWithoutHours(HoursRefused):
    field = "member"
    message = _("%(person)s only reads here and records no hours.")


class NotYourProject(HoursRefused):
    field = "project"
    message = _("You can write other people's hours on your own projects only.")


class RateNotYours(HoursRefused):
    field = "rate"
    message = _("Only the project's manager or an accountant sets a rate by hand.")


class RateNotPossible(HoursRefused):
    field = "rate"
    message = _("A rate is not negative and has at most four decimal places.")


class NotBillableHere(HoursRefused):
    field = "is_billable"
    message = _(
        "Hours on %(place)s are not billable. Only the project's manager or an accountant makes"
        " them billable."
    )


class EndWithoutStart(HoursRefused):
    field = "start_time"
    message = _("Give the start as well, or leave both out.")


class TimesTooShort(HoursRefused):
    field = "minutes"
    message = _("From %(start)s to %(end)s are %(span)s hours; more cannot be worked in them.")


class StartIsEnd(HoursRefused):
    field = "end_time"
    message = _("Start and end are the same. Correct one of them.")


class EntryGone(HoursRefused):
    message = _("This entry was deleted meanwhile.")


class CannotComeBack(HoursRefused):
    message = _("This entry cannot come back: what it belonged to has changed. Write it anew.")


class CellChanged(HoursRefused):
    field = "minutes"
    message = _("Somebody changed this cell meanwhile; it holds %(hours)s now. Type yours again.")


class CellHoldsSeveral(HoursRefused):
    field = "minutes"
    message = _("This cell holds several entries, or start and end times. Open it to change them.")


class SettlingRefused(HoursRefused):
    """Why hours are not marked, written off, freed or made billable as asked."""


class NotYoursToSettle(SettlingRefused):
    message = _("Your role does not allow this. Ask an accountant.")


class NoteMissing(SettlingRefused):
    field = "note"
    message = _("Say where these hours were billed, such as the number of the other invoice.")


class WriteOffReasonMissing(SettlingRefused):
    field = "note"
    message = _("Say in a few words why these hours will never be billed.")


class NoteTooLong(SettlingRefused):
    field = "note"
    message = _("Keep it below %(most)s characters.")


class NothingToSettle(SettlingRefused):
    message = _("None of these can be changed like this: %(reasons)s.")


class NothingThere(SettlingRefused):
    message = _("There is nothing here. Tick some, or change the filters.")


class ChangedMeanwhile(SettlingRefused):
    message = _("Some of these have changed since you looked. Look at them again.")


class LockRefused(HoursRefused):
    """Why a period is not locked or unlocked as asked."""


class LockTurned(LockRefused):
    field = "end_date"
    message = _("The last day lies before the first. Swap the two days.")


class LockTooLong(LockRefused):
    field = "end_date"
    message = _("Lock at most a year at a time.")


class LockTooEarly(LockRefused):
    field = "start_date"
    message = _("Hours here begin in the year 2000. Check the year.")


class LockTooFarAhead(LockRefused):
    field = "end_date"
    message = _("This day lies more than a year ahead. Check the year.")


class LockedAlready(LockRefused):
    field = "start_date"
    message = _(
        "%(who)s locked the hours of %(person)s from %(start)s to %(end)s already."
        " Choose days outside of these, or unlock them first."
    )


class ProjectLockedAlready(LockedAlready):
    message = _(
        "%(who)s locked the hours of %(person)s on %(project)s from %(start)s to %(end)s already."
        " Choose days outside of these, or unlock them first."
    )


class NotYoursToLock(LockRefused):
    field = "project"
    message = _("You lock your own hours, and those of others on the projects you manage.")


class NotYoursToUnlock(LockRefused):
    message = _("%(who)s locked these hours. Ask them, or an accountant, to unlock them.")


class ReasonMissing(LockRefused):
    field = "reason"
    message = _("Say in a few words why these hours are unlocked; it is kept in the log.")


class ReasonTooLong(LockRefused):
    field = "reason"
    message = _("Keep the reason below %(most)s characters.")


class OwnHoursOnDocuments(LockRefused):
    message = _(
        "%(hours)s hours of this lock are on drafts or invoices. Ask your project manager or an"
        " accountant to unlock them."
    )


class LockGone(LockRefused):
    message = _("Somebody unlocked these hours meanwhile.")


class NotYoursToRemind(LockRefused):
    message = _("Only project managers and accountants remind other people.")


class RateRefused(DomainError):
    """Why a rate is not kept as asked. `field` names the field of a form it belongs to."""

    field = ""


class RateAmountNotPossible(RateRefused):
    field = "amount"
    message = _("A rate is not negative and has at most four decimal places.")


class RateTurned(RateRefused):
    field = "end_date"
    message = _("The last day lies before the first. Swap the two days.")


class RateOverlaps(RateRefused):
    field = "start_date"
    message = _(
        "There is a rate of %(amount)s for this already (%(days)s). Choose days outside of these,"
        " or change that rate."
    )


class RateOverlapsOpenOne(RateOverlaps):
    """The other one could end the day before."""

    message = _(
        "There is a rate of %(amount)s for this already (%(days)s). Let it end the day before, or"
        " choose other days."
    )


class RateThereAlready(RateRefused):
    field = "start_date"
    message = _("Somebody else added a rate for this and these days just now. Look at it first.")


class RateInAnotherCurrency(RateRefused):
    field = "currency"
    message = _(
        "%(customer)s is billed in %(currency)s; a rate in another currency would never apply."
    )


class RateNamesNoLevel(RateRefused):
    message = _("Say what the rate is for: a customer, a project, a task, a person, or everything.")


class RateGone(RateRefused):
    message = _("Somebody removed this rate meanwhile.")


class RatesNotYours(RateRefused):
    message = _("Only accountants and owners set rates.")


class PreviewChanged(RateRefused):
    message = _(
        "Hours or rates have changed since you looked. This is the difference now; look at it"
        " again before you apply it."
    )


class NothingToRecalculate(RateRefused):
    message = _("There is nothing to change: these hours have the rates they should have.")


class TaskRefused(DomainError):
    """Why a task is not kept as asked. `field` names the field of a form it belongs to."""

    field = ""


class TaskWithoutName(TaskRefused):
    field = "name"
    message = _("Give the task a name.")


class TaskNameTaken(TaskRefused):
    field = "name"
    message = _("There is a task “%(task)s” for %(where)s already. Choose another name.")


class TaskNameOfClosed(TaskNameTaken):
    message = _(
        "There is a task “%(task)s” for %(where)s already, which is not active. Activate it again,"
        " or choose another name."
    )


class TaskHasHoursElsewhere(TaskRefused):
    field = "project"
    message = _(
        "%(hours)s hours of this task are on %(project)s. Leave the task as it is, and add a new"
        " one for this project."
    )


class TaskHasHours(TaskRefused):
    message = _(
        "%(hours)s hours are recorded for %(task)s, so it cannot be deleted. Deactivate it instead."
    )


class TaskHasRates(TaskRefused):
    message = _("%(task)s has rates. Remove those first, or deactivate the task.")


class TaskGone(TaskRefused):
    message = _("Somebody deleted this task meanwhile.")


class TasksNotYours(TaskRefused):
    field = "project"
    message = _("You edit the tasks of the projects you manage. Choose one of these projects.")


class ChargeRefused(HoursRefused):
    """A charge is not written as asked."""


class ChargeGone(ChargeRefused):
    message = _("Some of these charges are gone. Load the page again.")


class ChargeNotYours(ChargeRefused):
    field = "project"
    message = _("You can write charges on your own projects only.")


class ChargeNeedsProject(ChargeRefused):
    field = "project"
    message = _("Choose the project you had the expense for.")


class ChargeOfAnotherCustomer(ChargeRefused):
    field = "project"
    message = _("%(project)s belongs to %(customer)s. Choose one of this customer's projects.")


class ChargeCustomerClosed(ChargeRefused):
    field = "customer"
    message = _("%(customer)s is archived. Choose another customer, or have it opened again.")


class ChargeWithoutText(ChargeRefused):
    field = "text"
    message = _("Say what it is: the text is printed on the invoice.")


class ChargeWithoutDestination(ChargeRefused):
    field = "destination"
    message = _("Name the destination of the usage, for instance a country or a service.")


class ChargeQuantityMissing(ChargeRefused):
    field = "quantity"
    message = _("A charge is for some quantity. Enter one, negative to take something back.")


class ChargePriceNegative(ChargeRefused):
    field = "unit_price"
    message = _("A price is not negative. Make the quantity negative to take something back.")


class ChargeTooLarge(ChargeRefused):
    field = "quantity"
    message = _("Quantity × price is more than an invoice can hold.")


class ChargePriceMissing(ChargeRefused):
    field = "unit_price"
    message = _("Enter a price, or what it cost and the mark-up.")


class ChargePriceInAnotherCurrency(ChargeRefused):
    field = "unit_price"
    message = _(
        "It cost %(cost)s and is charged in %(price)s: enter the price, nothing is converted here."
    )


class ExpenseLocked(ChargeRefused):
    message = _(
        "%(who)s locked the work of %(person)s from %(start)s to %(end)s, expenses with it. Have"
        " it unlocked first."
    )


class ReceiptUnreadable(ChargeRefused):
    field = "receipt"
    message = _("This file cannot be read. Take a photo (JPEG, PNG, WebP), or send a PDF.")


class ReceiptTooLarge(ChargeRefused):
    field = "receipt"
    message = _("This file is too large. Keep it below %(most)s MB.")


class ReceiptProtected(ChargeRefused):
    field = "receipt"
    message = _("This PDF asks for a password. Send one that opens without.")


class TooManyReceipts(ChargeRefused):
    field = "receipt"
    message = _("A charge has at most %(most)s receipts.")


class ReceiptGone(ChargeRefused):
    message = _("This receipt was taken away meanwhile.")


class ChargeSettled(ChargeRefused):
    message = _("This charge is %(state)s and stays as it is.")


class ChargeOnceInvoiced(ChargeRefused):
    message = _(
        "These charges were on an invoice that was credited, and stay because the invoice does."
        " Make them not billable instead."
    )


class NoChargesThere(ChargeRefused):
    message = _("There are no such charges any more. Load the page again.")
