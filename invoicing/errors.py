from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.meanwhile import SavedMeanwhile


class DraftingRefused(DomainError):
    """The work does not become a draft."""


class NothingToInvoice(DraftingRefused):
    message = _("There is no open billable work in this period any more.")


class OrderNotDone(DraftingRefused):
    message = _("%(order)s is %(state)s. It can be invoiced once it is done.")


class OrderNotChecked(DraftingRefused):
    message = _("Not everything of %(order)s is checked yet: %(parts)s. Check it first.")


class OrderOnDocument(DraftingRefused):
    message = _("All billable work of %(order)s is on a document already: %(document)s.")


class OrderWithoutWork(DraftingRefused):
    message = _("%(order)s has no billable hours or parts. There is nothing to invoice.")


class HoursNotLocked(DraftingRefused):
    message = _("These people have not locked their hours: %(names)s.")


class RateMissing(DraftingRefused):
    message = _("There is no rate for the hours of %(names)s. Set one and recalculate the rates.")


class MixedCustomers(DraftingRefused):
    message = _("These projects belong to several customers; an invoice has one.")


class PeriodTurnedAround(DraftingRefused):
    message = _("The period ends before it starts.")


class NoTaxRate(DraftingRefused):
    message = _("No tax rate is valid on %(day)s. Add one in the settings.")


class WorkNotOnDraft(DraftingRefused):
    message = _("This is not on a draft any more.")


class OptionsUnreadable(DraftingRefused):
    message = _("These choices cannot be read. Choose again how the hours become lines.")


class DayLengthImpossible(DraftingRefused):
    message = _("A day has more than 0 and at most 24 hours.")


class PatternEmpty(DraftingRefused):
    message = _("Write what a line says, for example {project} · {person}.")


class PatternUnclear(DraftingRefused):
    message = _("A brace stands alone. Write placeholders like {project}, and no other braces.")


class PlaceholderUnknown(DraftingRefused):
    message = _("There is no placeholder {%(name)s}. There are: %(known)s.")


class SelectionEmpty(DraftingRefused):
    message = _("Nothing billable and open is ticked. Tick some, or choose other hours.")


class WorkChanged(DraftingRefused):
    """The hours are not those that were shown. `changes` tells the differences."""

    message = _("%(summary)s since you looked.")

    @property
    def changes(self) -> Any:
        return self.params["changes"]


class DraftInOtherCurrency(DraftingRefused):
    message = _("%(draft)s is in %(theirs)s, these hours are in %(ours)s. Choose another draft.")


class DraftOfOtherCustomer(DraftingRefused):
    message = _("%(draft)s is another customer's. Choose a draft of %(customer)s.")


class PostingRefused(DomainError):
    """The draft stays a draft. `short` is what a list says of it."""

    short: Any = _("Cannot be posted")


class InvoiceNotDraft(PostingRefused):
    short = _("Posted already")
    message = _("%(invoice)s is posted already.")


class InvoiceDiscarded(PostingRefused):
    short = _("Discarded")
    message = _("%(invoice)s is discarded. Restore it first.")


class DraftHandedOver(PostingRefused):
    short = _("Waits for its number")
    message = _(
        "%(invoice)s waits for its number from %(giver)s and stays as it is until then. Withdraw it"
        " there first."
    )


class NotHandedOver(PostingRefused):
    message = _("%(invoice)s does not wait for a number.")


class NumbersFromElsewhere(PostingRefused):
    short = _("Number from elsewhere")
    message = _(
        "%(giver)s gives your invoices their numbers: open the draft and create it there in place"
        " of posting it."
    )


class CreditNotesNumberedHere(PostingRefused):
    message = _("Credit notes are numbered here. Post it.")


class NumberFromElsewhereTaken(PostingRefused):
    short = _("Number taken")
    message = _(
        "%(giver)s gave the number %(number)s, which your document for %(other)s has already. Clear"
        " up in %(giver)s which of them it is."
    )


class DraftsKept(PostingRefused):
    message = _(
        "One of these was sent to another system to get its number there, so it is kept with what"
        " was tried. Leave it out, or discard it."
    )


class InvoiceGone(PostingRefused):
    message = _("A draft does not exist any more.")


class InvoiceHasNoLines(PostingRefused):
    short = _("No lines")
    message = _("%(invoice)s has no lines with an amount. Add one.")


class BuyerAddressMissing(PostingRefused):
    short = _("Address missing")
    message = _("%(invoice)s lacks the customer's name, street, postal code or city.")


class EInvoiceUnfit(PostingRefused):
    message = _(
        "%(format)s for %(invoice)s: the e-invoice would not be right, and your company has such"
        " drafts wait. %(findings)s"
    )


class SellerIncomplete(PostingRefused):
    short = _("Company settings incomplete")
    message = _("The company settings lack what an invoice must show: %(fields)s.")


class GrossNegative(PostingRefused):
    short = _("Negative sum")
    message = _("The sum of %(invoice)s is negative. Make a credit note instead.")


class AccountMissing(PostingRefused):
    short = _("Account missing")
    message = _("A line of %(invoice)s has no account.")


class TaxRateNotValid(PostingRefused):
    short = _("Tax rate not valid")
    message = _("The tax rate %(rate)s of %(invoice)s is not valid on %(day)s.")


class TaxRateChanged(PostingRefused):
    short = _("Tax rate changed")
    message = _(
        "The tax rate %(rate)s was changed after %(invoice)s was priced."
        " Open the draft, check its sums and save it."
    )


class BuyerVatIdMissing(PostingRefused):
    short = _("VAT id missing")
    message = _("%(invoice)s is without VAT for a business elsewhere: give the customer's VAT id.")


class AnotherMustPost(PostingRefused):
    short = _("Another person posts it")
    message = _(
        "%(person)s worked on %(invoice)s, so somebody else has to post it: %(names)s."
        " The company demands two people."
    )


class NobodyElsePosts(PostingRefused):
    short = _("Another person posts it")
    message = _(
        "%(person)s worked on %(invoice)s, so somebody else has to post it, but nobody else may."
        " Ask an owner to give another person the permission to post invoices."
    )


class ApproverMissing(PostingRefused):
    short = _("Another person posts it")
    message = _(
        "The company demands that another person posts than the one who drafted:"
        " name the person who posts."
    )


class NothingTicked(PostingRefused):
    message = _("Tick the drafts first.")


class NoLongerDrafts(PostingRefused):
    message = _("None of these is a draft any more. Look at the list again.")


class PostingBroke(PostingRefused):
    message = _("This draft could not be posted because of a fault in the program. Try it alone.")


class NumberFormatError(PostingRefused):
    """A format that gives no number. `reason` says why, and may name the token."""

    short = _("Number format")
    field = "format"
    message = _("The number format %(format)s cannot be used: %(reason)s")
    reason: Any = ""

    def __str__(self) -> str:
        reason = str(self.reason) % self.params
        return str(self.message) % {**self.params, "reason": reason}


class UnknownToken(NumberFormatError):
    reason = _("there is no token %(token)s.")


class BraceInText(NumberFormatError):
    reason = _("the brace at character %(place)s belongs to no token.")

    def __init__(self, *, start: int, **params: Any) -> None:
        super().__init__(start=start, place=start + 1, **params)


class MalformedToken(NumberFormatError):
    reason = _(
        "%(token)s is written wrongly. After the name may stand one width, as in ,4, and numbers"
        " to add or take off, as in +72 or -3."
    )


class OffsetWithoutCounter(NumberFormatError):
    reason = _("%(token)s can take a width but nothing to add or take off.")


class NumberNegative(NumberFormatError):
    reason = _("%(token)s would be negative (%(value)s).")


class CustomerUnnamed(NumberFormatError):
    short = _("Customer number missing")
    reason = _("%(token)s is empty for the customer %(customer)s. Fill it in first.")


class NumbersUsedUp(NumberFormatError):
    short = _("Number taken")
    reason = _("the next %(tries)s numbers are all taken. Set the next number of the series.")


class NumberTooLong(PostingRefused):
    short = _("Number too long")
    message = _(
        "The number %(number)s of the series %(series)s has more than %(longest)s characters."
        " Shorten the format of the series."
    )


class EditingRefused(DomainError):
    """The draft stays as it is stored. `field` is where a form shows the sentence."""

    field = ""


class DraftChanged(SavedMeanwhile, EditingRefused):
    message = _("%(by)s saved this draft in the meantime. Nothing of yours is saved yet.")
    own_message = _(
        "You saved this draft in another window at %(at)s. Nothing from this one is saved yet."
    )


class LineGone(EditingRefused):
    message = _("A line of this form is not on the draft. Reload the page and try again.")


class LineChanged(SavedMeanwhile, EditingRefused):
    message = _(
        "%(by)s saved this draft in the meantime, and this line with it."
        " Nothing of yours is saved yet."
    )
    own_message = _(
        "You saved this draft in another window at %(at)s, and this line with it."
        " Nothing from this one is saved yet."
    )


class LineDeleted(EditingRefused):
    message = _("This line is not on the draft any more.")


class SumTooLarge(EditingRefused):
    message = _("The sum is larger than an invoice can hold. Correct a line.")


class HoursWouldBeFreed(EditingRefused):
    message = _(
        "The deleted lines have recorded work, which will be open again. Save once more to agree."
    )


class CustomerHasHours(EditingRefused):
    field = "customer"
    message = _("The customer cannot change while the draft has recorded work. Take it off first.")


class CustomerHasPrepaid(EditingRefused):
    field = "customer"
    message = _(
        "The customer cannot change while the draft sells prepaid hours. Take their line off first."
    )


class ProjectOfAnotherCustomer(EditingRefused):
    field = "project"
    message = _("%(project)s is another customer's project. Choose one of %(customer)s.")


class ReplacesAnothers(EditingRefused):
    field = "replaces"
    message = _("%(invoice)s was not for %(customer)s. Choose an invoice of this customer.")


class NothingToAdjust(EditingRefused):
    field = "value"
    message = _("The draft has no lines with an amount yet. Write them first.")


class CreditNotAdjusted(EditingRefused):
    message = _("A credit note takes back what was invoiced, discounts and surcharges as well.")


class CurrencyMix(EditingRefused):
    field = "currency"
    message = _("The hours are priced in %(currency)s. Invoice them in that currency.")


class DueBeforeIssue(EditingRefused):
    field = "due_date"
    message = _("The due date lies before the invoice date. Choose a later one.")


class ServiceTurnedAround(EditingRefused):
    field = "service_end_date"
    message = _("The service period ends before it starts. Correct one of the days.")


class WorkNotOpen(EditingRefused):
    message = _("Some of this work is not open any more. Look at the list again.")


class CreditingRefused(PostingRefused):
    """Nothing is credited. `field` is where a form shows the sentence."""

    short = _("Cannot be credited")
    field = ""


class NotAPostedInvoice(CreditingRefused):
    message = _("Only a posted invoice can be credited.")


class NothingLeftToCredit(CreditingRefused):
    message = _("%(invoice)s is credited in full already.")


class CreditNoteDrafted(CreditingRefused):
    """`note` is the id of the draft."""

    message = _("There is a draft of a credit note for %(invoice)s. Post it or discard it first.")


class PartlyCredited(CreditingRefused):
    message = _(
        "%(invoice)s is credited in part already, by %(notes)s."
        " Take the rest back with another credit note."
    )


class ReasonMissing(CreditingRefused):
    field = "reason"
    short = _("Reason missing")
    message = _("Say why. The reason stands on the credit note.")


class CreditedBeforeInvoiced(CreditingRefused):
    field = "issue_date"
    short = _("Dated before the invoice")
    message = _("The invoice is of %(day)s; the credit note cannot be older.")


class NothingCredited(CreditingRefused):
    message = _("Enter a quantity or an amount on at least one line.")


class CreditAboveLine(CreditingRefused):
    short = _("More than is left")
    message = _("Of “%(line)s” only %(quantity)s, %(left)s, is left to credit.")


class CreditAboveGroup(CreditingRefused):
    short = _("More than is left")
    message = _(
        "The lines with %(percent)s %% VAT have %(left)s left together."
        " Credit the lines that reduce the sum as well."
    )


class CreditNegative(CreditingRefused):
    short = _("Negative sum")
    message = _("The sum of a credit note cannot be negative. Credit more of the other lines.")


class CreditLineGone(CreditingRefused):
    message = _("A line of this credit note is not on the invoice. Reload the page and try again.")


class FreedAboveCredit(CreditingRefused):
    message = _(
        "The hours of “%(line)s” that become free are worth %(worth)s, and %(credited)s of the"
        " line is credited. Keep some of them as billed, or credit more."
    )


class FreedHoursGone(CreditingRefused):
    message = _("Some of these hours are free already. Look at the list again.")


class SeriesRefused(DomainError):
    """A number series stays as it is."""


class FormatUnfit(SeriesRefused):
    """`reason` is the first fault that was found; `repair` a format that mends it, or nothing."""

    field = "format"
    message = _("%(reason)s")


class SeriesChanged(SeriesRefused):
    message = _("Somebody changed this series meanwhile. Open the page again and repeat yours.")


class NextNumberExists(SeriesRefused):
    field = "next_number"
    message = _("%(number)s exists already. The next number can be %(least)s or higher.")


class NextNumberTooLow(SeriesRefused):
    field = "next_number"
    message = _("With this format the next number is %(least)s or higher.")


class DefaultSeriesStays(SeriesRefused):
    message = _(
        "%(series)s is used for all documents that have no series of their own. Change its format"
        " instead."
    )


class FilterRefused(DomainError):
    """A saved filter stays as it is."""


class MayNotShareFilter(FilterRefused):
    field = "is_shared"
    message = _("Filters for everybody are made by those who may change the company's settings.")


class FilterTooLong(FilterRefused):
    message = _("These are too many filters for one name. Take some away.")


class FilterNameTaken(FilterRefused):
    field = "name"
    message = _("There is a filter “%(name)s” already. Choose another name, or change that one.")


class BundleRefused(DomainError):
    """No zip is made."""


class NoDocumentsForBundle(BundleRefused):
    message = _("Nothing is ticked. Tick the documents first, or take all that the filters show.")


class TooManyForBundle(BundleRefused):
    message = _(
        "These are %(count)s documents, and a zip holds at most %(most)s. Filter the list, by month"
        " for example."
    )


class DiscardingRefused(DomainError):
    """The draft stays one. `field` is where a form shows the sentence."""

    field = "note"


class BilledElsewhereWhere(DiscardingRefused):
    message = _("Say where the hours that stay billed are billed.")


class BilledElsewhereTooLong(DiscardingRefused):
    message = _("The note has at most %(most)s characters. Shorten it.")


class SendingRefused(DomainError):
    """The document is not sent. `short` is what a list says of it."""

    short: Any = _("Cannot be sent")


class NotPostedYet(SendingRefused):
    short = _("Not posted")
    message = _("%(invoice)s is not posted. Post it first; only then has it a number and a PDF.")


class ReceiptsTooLargeToMail(SendingRefused):
    field = "with_receipts"
    short = _("Receipts too large")
    message = _(
        "The receipts of %(invoice)s have %(size)s MB together; at most %(most)s MB go by e-mail."
        " Send the invoice without them, and hand them over otherwise."
    )


class NoAddressToSend(SendingRefused):
    field = "recipients"
    short = _("No e-mail address")
    message = _(
        "No e-mail address is known of %(customer)s. Type one here, or add it to the customer."
    )


class SentMeanwhile(SendingRefused):
    message = _(
        "%(invoice)s was sent by %(person)s while you wrote: %(sending)s. Nothing was sent now;"
        " send again if you still want to."
    )


class SubjectMissing(SendingRefused):
    field = "subject"
    message = _("Write a subject.")


class LinkInSubject(SendingRefused):
    field = "subject"
    message = _(
        "{link} opens the customer's documents to whoever has it, and subjects are kept in the"
        " history. Write it into the text."
    )


class FormSentAlready(SendingRefused):
    message = _(
        "This form was sent already, with other contents: %(sent)s. What it says now has not been"
        " kept; send it again if you want that, too."
    )


class CopyShowsMore(SendingRefused):
    field = "own_copy"
    message = _(
        "This address gets every document, of which you see only some. Ask somebody who sees all"
        " invoices."
    )


class TextMissing(SendingRefused):
    field = "text"
    message = _("Write a text.")


class CancelledBeforeSending(SendingRefused):
    message = _("%(invoice)s was cancelled before it was sent.")


class StatementTooLong(SendingRefused):
    message = _("This is too long for paper. Choose a shorter period, or take the CSV file.")


class PdfDamaged(SendingRefused):
    message = _("The PDF of %(invoice)s is damaged or lost. Ask whoever runs the program.")


class NotBouncing(SendingRefused):
    message = _("Only what was sent can come back, and only once.")


class NotWaiting(SendingRefused):
    message = _("It is too late to withdraw this: a worker has taken it.")


class SentInFuture(SendingRefused):
    field = "on"
    message = _("This day has not come yet.")


class SentBeforePosting(SendingRefused):
    field = "on"
    message = _("The document was posted on %(day)s and cannot have left before.")


class LinkRefused(DomainError):
    """The customer's page stays closed."""


class LinkInvalid(LinkRefused):
    message = _("This link is not valid, or was withdrawn. Ask for a new one.")


class LinkExpired(LinkRefused):
    message = _("This link has expired. Ask for a new one.")


class TooManyQuestions(LinkRefused):
    message = _("You have asked several times just now. Try again in an hour, or write an e-mail.")


class LinkShowsMore(SendingRefused):
    field = "text"
    message = _(
        "{link} opens all documents of the customer, of which you see only some. Take it out, or"
        " ask somebody who sees all invoices."
    )


class NothingToSend(SendingRefused):
    message = _("None of these is a posted document. Tick invoices or credit notes.")


class SendingBroke(SendingRefused):
    message = _("The sending broke off before this one. Send it again.")


class DueInThePast(SendingRefused):
    field = "due_at"
    message = _("This moment is over. Leave it out to send now.")


class TooManyToSend(SendingRefused):
    message = _("These are %(count)s documents. Send at most %(most)s at a time; filter them.")


class FixedPriceRefused(DraftingRefused):
    """`field` names the field of a form it belongs to."""


class FixedPriceMissing(FixedPriceRefused):
    field = "amount"
    message = _("Agree on a fixed price first: an amount above 0.")


class MilestoneAmount(FixedPriceRefused):
    field = "amount"
    message = _("A milestone is an amount above 0, or a percentage of the price from 0 to 100.")


class MilestonesAbovePrice(FixedPriceRefused):
    field = "amount"
    message = _("The milestones would come to %(planned)s, and the whole price is %(price)s.")


class MilestoneInvoiced(FixedPriceRefused):
    message = _("“%(name)s” is on an invoice. Credit that, or discard its draft.")


class MilestoneGone(FixedPriceRefused):
    message = _("This milestone was deleted meanwhile. Load the page again.")


class AdvanceNotPosted(FixedPriceRefused):
    message = _(
        "An advance is on %(draft)s, which is not posted. Post or discard it first: the final"
        " invoice takes off what was advanced."
    )


class FinalInvoiceThere(FixedPriceRefused):
    message = _("The whole price is on %(invoice)s. Credit that, or discard the draft.")


class RestoredMeanwhile(FixedPriceRefused):
    message = _("%(draft)s was restored meanwhile. Post it, or discard it again.")


class AdvanceUsedUp(PostingRefused):
    message = _(
        "Of advance invoice %(advance)s only %(left)s is left to be taken off: it was credited, or"
        " another invoice takes it off. Discard this draft and make the final invoice anew."
    )
