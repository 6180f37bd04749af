"""Why a bank's file is not taken, or a line of it not booked. `field` is where a form shows it."""

from django.utils.translation import gettext_lazy as _

from core.csv_files import FileRefused
from core.errors import DomainError


class StatementRefused(FileRefused):
    """Nothing of the file is kept."""

    field = "file"


class FileTooLarge(StatementRefused):
    message = _(
        "The file has %(size)s MB; at most %(limit)s MB can be imported at once. Export a shorter"
        " period."
    )


class TooManyLines(StatementRefused):
    message = _("The file has more than %(limit)s lines. Export a shorter period.")


class XmlIsHostile(StatementRefused):
    message = _(
        "The file declares a document type or entities (line %(line)s). No bank does that, so"
        " nothing of it was read."
    )


class XmlIsTruncated(StatementRefused):
    message = _(
        "The file ends in the middle, in line %(line)s. Nothing was imported; download it from the"
        " bank again."
    )


class XmlIsBroken(StatementRefused):
    message = _(
        "Line %(line)s is not what an XML file may contain. Nothing was imported; download it from"
        " the bank again, and do not edit it."
    )


class XmlHasBrokenText(StatementRefused):
    message = _(
        "The text of line %(line)s is not in the encoding that the file names. Nothing was"
        " imported; download it from the bank again, and do not edit it."
    )


class XmlIsTooDeep(StatementRefused):
    message = _("Line %(line)s is nested deeper, or is longer, than a bank statement ever is.")


class NoStatement(StatementRefused):
    message = _(
        "This XML file is no bank statement of the kind camt.053: it begins with %(found)s. Export"
        " the account statement as camt.053."
    )


class OtherCamt(StatementRefused):
    message = _(
        "This file is a %(found)s, which tells of single movements. Export the account statement,"
        " camt.053, which has each of them once."
    )


class NoLines(StatementRefused):
    message = _("There is no booked line in this file.")


class EntryOutsideStatement(StatementRefused):
    message = _(
        "The entry in line %(line)s belongs to no statement. Nothing was imported; download the"
        " file from the bank again."
    )


class EntryWithoutDate(StatementRefused):
    message = _("The entry in line %(line)s has no date of booking that exists.")


class EntryWithoutAmount(StatementRefused):
    message = _("The entry in line %(line)s has no amount that can be read: %(text)s.")


class EntryWithoutDirection(StatementRefused):
    message = _("The entry in line %(line)s does not say whether the money came in or went out.")


class StatementWithoutAccount(StatementRefused):
    message = _("The statement in line %(line)s does not say of which account it is.")


class CurrencyUnknown(StatementRefused):
    message = _("%(currency)s, in line %(line)s, is no currency that is known here.")


class SeveralAccounts(StatementRefused):
    message = _(
        "Up to line %(line)s the file is of %(first)s, from there of %(second)s. Export each"
        " account by itself."
    )


class OtherAccount(StatementRefused):
    message = _(
        "The file is of %(theirs)s, and the account chosen is %(ours)s. Choose the file's own"
        " account; one that is not there yet is added under Bank accounts."
    )


class OtherAccountCurrency(StatementRefused):
    message = _("Line %(line)s is in %(theirs)s, and the account in %(ours)s.")


class HeaderNotFound(StatementRefused):
    message = _(
        "No line of this file looks like the names of its columns. Export it with column names, as"
        " CSV."
    )


class CellUnreadable(StatementRefused):
    message = _("Line %(line)s, column %(column)s: “%(text)s” cannot be read as %(what)s.")


class ColumnMissing(StatementRefused):
    field = ""
    message = _("Say which column holds the %(what)s.")


class ImportedBefore(StatementRefused):
    message = _("This very file was imported already: %(file)s, %(day)s, by %(by)s.")


class ImportNotWaiting(DomainError):
    message = _("This import does not wait for an answer any more. Look at it again.")


class ImportHasLines(DomainError):
    message = _("Lines of this import are in the books already, so that it stays.")


class ReadingBroke(DomainError):
    message = _(
        "The file could not be read in several tries. Tell whoever looks after the program; the"
        " file can be imported again."
    )


class LineRefused(DomainError):
    """Nothing is booked for this line."""

    field = ""


class LineIsBooked(LineRefused):
    message = _("This line is booked already, by %(by)s. Undo that first.")


class LineIsReturned(LineRefused):
    message = _(
        "The bank took this money back, with the line of %(day)s. What comes again has a line of"
        " its own."
    )


class LineIsNotBooked(LineRefused):
    message = _("Nothing is booked for this line.")


class LineIsIgnored(LineRefused):
    message = _("This line was put aside by %(by)s. Bring it back first.")


class LineIsNotIgnored(LineRefused):
    message = _("This line is not put aside.")


class NothingOffered(LineRefused):
    message = _("Nothing is offered for this line any more. Choose an invoice.")


class MoneyWentOut(LineRefused):
    message = _("This money went out. Only money that came in is registered as a payment.")


class NoShares(LineRefused):
    message = _("Give at least one invoice an amount, or choose the customer whose credit it is.")


class SharesDoNotAddUp(LineRefused):
    message = _(
        "The invoices are of several customers, so that their amounts have to add up to %(amount)s;"
        " they add up to %(shared)s."
    )


class ShareInOtherCurrency(LineRefused):
    message = _(
        "%(invoice)s is in %(theirs)s and the account in %(ours)s. Register under Payments what"
        " the invoice got in its own currency."
    )


class NoteMissing(LineRefused):
    field = "note"
    message = _("Say what this money is. It stands beside the line.")


class PaymentMoved(LineRefused):
    message = _("The payment behind this line has changed. Look at the line again.")
