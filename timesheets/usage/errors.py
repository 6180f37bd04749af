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
    message = _("The file is not there any more. Upload it again; what was read is recognised.")


class UsageFileUnreadable(UsageRefused):
    message = _(
        "The file could not be read after line %(line)s: it is no text, or damaged. What was read"
        " until there is kept. Export it again; the same rows are recognised."
    )


class TooManyBadRows(UsageRefused):
    message = _(
        "More than %(most)s rows could not be read, so that reading stopped at line %(line)s. Look"
        " at the reasons: often a column is another one. Take the import back and upload the file"
        " again."
    )


class UsageIsBilled(UsageRefused):
    message = _(
        "Nothing was taken back: usage of %(customer)s from this import is on a document or"
        " settled. Discard the draft or credit the invoice first."
    )
