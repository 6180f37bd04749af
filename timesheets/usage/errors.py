"""Why a file of usage is not taken as asked."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class UsageRefused(DomainError):
    field = ""


class UsageFileTooLarge(UsageRefused):
    field = "file"
    message = _("The file has %(size)s MB; at most %(limit)s MB are taken at once. Divide it.")


class UsageColumnsMissing(UsageRefused):
    message = _("Say which column holds the %(fields)s.")


class UsageColumnTwice(UsageRefused):
    message = _("Column “%(column)s” is chosen twice. A column holds one thing.")


class UsageImportClosed(UsageRefused):
    message = _("This import is finished or was discarded by somebody else. Load the page again.")


class UsageFileGone(UsageRefused):
    message = _("The file is not there any more. Nothing of it is kept; upload it again.")


class DecimalMarkOpen(UsageRefused):
    field = "mark"
    message = _(
        "The numbers of this file do not tell whether 1.234 is a thousand or a little more than"
        " one. Choose the decimal sign."
    )


class UsageFileUnreadable(UsageRefused):
    message = _(
        "The file could not be read after line %(line)s: it is no text, or damaged. Nothing of it"
        " is kept. Export it again and upload it."
    )


class TooManyBadRows(UsageRefused):
    message = _(
        "More than %(most)s rows could not be read, so that reading stopped at line %(line)s, and"
        " nothing of the file is kept. Look at the reasons: often a column is another one. Then"
        " upload the file again."
    )


class UsageImportBroke(UsageRefused):
    message = _(
        "The work at this file broke off %(times)s times at the same place. What was not charged by"
        " then is not kept. Upload the file again, in parts if it is large."
    )


class UsageSumTooLarge(UsageRefused):
    message = _(
        "%(customer)s used more of “%(destination)s” on %(day)s than one charge can hold. What was"
        " not charged by then is not kept. Check the quantities and upload the file again."
    )


class UsageRecognised(UsageRefused):
    message = _(
        "Nothing was taken back: “%(file)s” holds some of the same rows, which are counted by this"
        " import. Take that one back first."
    )


class TakingBackBroke(UsageRefused):
    message = _(
        "The work broke off %(times)s times at the same place. What is not taken back by now is"
        " kept. Try it again."
    )


class UsageBilledMeanwhile(UsageRefused):
    message = _(
        "%(taken)s records are taken back. Then usage of %(customer)s was on a document or settled"
        " by somebody meanwhile; the rest is kept. Discard the draft or credit the invoice, and"
        " take the rest back."
    )


class UsageIsBilled(UsageRefused):
    message = _(
        "Nothing was taken back: usage of %(customer)s from this import is on a document or"
        " settled. Discard the draft or credit the invoice first."
    )
