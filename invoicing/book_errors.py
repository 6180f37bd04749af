"""Refusals of the books."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from invoicing.errors import PostingRefused


class BooksRefused(DomainError):
    """The books stay as they are. `field` is the form's field it is about."""

    field: str = ""


class ChartUnknown(BooksRefused):
    message = _("There is no such chart for the company's country. Choose another one.")


class AlreadyBooked(BooksRefused):
    message = _(
        "Something is booked already, so the chart stays. Add the accounts you need, and take"
        " others out of use."
    )


class NumberIsBookedOn(BooksRefused):
    field = "number"
    message = _(
        "%(account)s is booked on and keeps its number. Add another account, and take this one out"
        " of use."
    )


class NotDeletedBookedOn(BooksRefused):
    message = _("%(account)s is booked on and stays. Take it out of use instead.")


class AccountIsNamed(BooksRefused):
    message = _("%(account)s is still used by: %(users)s. Name another account there first.")


class FileTooLong(BooksRefused):
    field = "file"
    message = _("The file is too long. A chart has at most %(most)s accounts.")


class ColumnsMissing(BooksRefused):
    field = "file"
    message = _(
        "The first row must name the columns, at least number and name. Download the list as CSV"
        " to see them."
    )


class RowUnreadable(BooksRefused):
    field = "file"
    message = _("Row %(line)s: %(reason)s Nothing was changed.")


class AccountUnfit(PostingRefused):
    """Nothing is booked on such an account."""

    short: Any = _("Account")


class AccountNotThere(AccountUnfit):
    message = _("There is no account %(account)s in the chart. Choose another one, or add it.")


class AccountNotInUse(AccountUnfit):
    message = _("The account %(account)s is out of use. Choose another one, or take it into use.")


class AccountTaxesItself(AccountUnfit):
    message = _(
        "The account %(account)s computes %(own)s %% VAT itself, and this is a sale at"
        " %(percent)s %%. Choose another account."
    )


# Periods


class DocumentMonthClosed(PostingRefused):
    short = _("Month closed")
    message = _(
        "The tax point of %(document)s, %(day)s, lies in %(month)s, which %(who)s closed. Choose a"
        " later tax point, or have the month opened again."
    )


class DayMonthClosed(BooksRefused):
    field = "payment_date"
    message = _(
        "%(day)s lies in %(month)s, which %(who)s closed: nothing is booked into it. Choose a later"
        " day, or have the month opened again."
    )


class MonthNotBegun(BooksRefused):
    message = _("%(month)s has not begun. Close it when it is over.")


class MonthIsClosed(BooksRefused):
    message = _("%(month)s is closed already.")


class MonthIsOpen(BooksRefused):
    message = _("%(month)s is not closed.")


class ReopeningNeedsReason(BooksRefused):
    field = "reason"
    message = _("Say why the month is opened again; the log keeps it.")


# DATEV


class DatevRefused(BooksRefused):
    pass


class DatevSettingsMissing(DatevRefused):
    message = _("Enter the consultant and client numbers of DATEV first.")


class DatevOverTwoYears(DatevRefused):
    field = "end"
    message = _("A file is of one financial year. Choose days of one year.")


class DatevNothingToExport(DatevRefused):
    message = _("There is no document to export in these days that was not exported before.")


class DatevDocumentUnfit(DatevRefused):
    message = _("%(document)s: %(reason)s")


class DatevOtherCurrency(DatevRefused):
    message = _("It is in %(currency)s; DATEV needs EUR. Have it booked by hand.")


class DatevNumberUnfit(DatevRefused):
    message = _(
        "DATEV takes numbers of at most 36 letters and digits without blanks, not “%(number)s”."
    )


class DatevAccountUnfit(DatevRefused):
    message = _("DATEV takes accounts of digits alone, not “%(account)s”.")


class DatevAccountTooLong(DatevRefused):
    message = _(
        "The account %(account)s has more than %(length)s digits. Set the length of accounts as"
        " the tax adviser has it."
    )


class DatevNoTaxKey(DatevRefused):
    message = _(
        "DATEV has no tax key for %(percent)s %% on an account that does not compute VAT itself."
        " Book it on an account of that rate."
    )


class DatevDebtorsFull(DatevRefused):
    message = _("There are no debtor accounts left. Set longer accounts.")


# Tax codes


class RateIsPosted(BooksRefused):
    field = "percent"
    message = _(
        "Documents are posted with %(rate)s, so its category and percentage stay. Add its next"
        " version instead."
    )


class RatePostedOutside(BooksRefused):
    field = "valid_to"
    message = _("%(document)s is posted with this rate on %(day)s. Leave that day in.")


class RateNeedsTaxAccount(BooksRefused):
    field = "tax_account"
    message = _("Tax is charged at this rate. Enter the account it is booked on.")


class RateNeedsAccount(BooksRefused):
    field = "revenue_account"
    message = _("Sales without tax need an account of their own. Choose one.")


class RateIsUsed(BooksRefused):
    message = _("%(rate)s is used on documents, customers or projects. Give it a last day instead.")


class VersionBeforeItsOwn(BooksRefused):
    field = "valid_from"
    message = _("%(rate)s itself begins on %(day)s. Choose a later day.")


class VersionUnfit(BooksRefused):
    field = "name"
    message = _("%(reason)s")
