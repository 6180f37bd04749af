from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from invoicing.errors import CreditingRefused


class PrepaidRefused(DomainError):
    """Nothing is sold or drawn. `field` is where a form shows the sentence."""

    field = ""


class PrepaidTimeMissing(PrepaidRefused):
    field = "hours"
    message = _("Enter how many hours are sold: more than 0, at most %(most)s.")


class PrepaidPriceMissing(PrepaidRefused):
    field = "hour_price"
    message = _("Enter what they cost: a price per hour, or an amount for all of them, above 0.")


class PrepaidExpiryFirst(PrepaidRefused):
    field = "valid_until"
    message = _("The last day lies before the first. Choose a later one, or none.")


class PrepaidProjectElsewhere(PrepaidRefused):
    field = "project"
    message = _("%(project)s is another customer's project. Choose one of %(customer)s.")


class PrepaidProjectFixed(PrepaidRefused):
    field = "project"
    message = _(
        "%(project)s has a fixed price; its hours are not invoiced. Choose another project."
    )


class PrepaidGone(PrepaidRefused):
    message = _("These prepaid hours are not there any more: their line was taken off its draft.")


class PrepaidOutside(PrepaidRefused):
    field = "valid_until"
    message = _(
        "Hours of %(day)s are drawn from them, which would be outside these days. Undo that draw"
        " first, or choose other days."
    )


class NothingToDraw(PrepaidRefused):
    message = _(
        "Nothing can be drawn: no open, billable hours of %(customer)s are covered by prepaid ones."
    )


class DrawChanged(PrepaidRefused):
    message = _("Nothing is drawn, because it is not as it was shown: %(what)s. Look at it again.")


class PrepaidCurrencyOther(PrepaidRefused):
    message = _(
        "%(prepaid)s were sold in %(theirs)s, and %(customer)s is invoiced in %(ours)s. Credit what"
        " is left of them and sell new ones."
    )


class TooManyDraws(PrepaidRefused):
    message = _("More than %(most)s draws are too many for paper. Take the CSV file.")


class DrawsNotThere(PrepaidRefused):
    message = _("None of these is drawn any more. Look at the list again.")


class PrepaidDrawn(CreditingRefused):
    message = _(
        "Of “%(prepaid)s” %(drawn)s h are drawn, and %(left)s h would be left of them. Credit"
        " less, or undo draws first."
    )


# Parts of `DrawChanged`.
LEFT_NOW = _("only %(left)s h are left of “%(prepaid)s”")
AND_MORE = _("and %(count)s more")
NONE_LEFT = _("nothing is left of these prepaid hours")
OTHERWISE = _("hours were changed or unlocked, or are rounded otherwise")
ENTRIES_GONE = _("%(count)s were deleted")
