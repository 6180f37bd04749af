from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class ProductRefused(DomainError):
    """A change of a product that is not made."""


class ProductNumberTaken(ProductRefused):
    field = "number"
    message = _("“%(product)s” has the number %(number)s already. Choose another one.")


class ProductChanged(ProductRefused):
    message = _(
        "Somebody else changed this product meanwhile. Open it again: what you typed is still"
        " here to be copied."
    )


class ProductInUse(ProductRefused):
    message = _(
        "“%(product)s” is on documents or charges and stays with them. Take its tick at Active"
        " away instead, and it is not offered any more."
    )


class ProductGone(ProductRefused):
    message = _("This product was deleted meanwhile. Look at the list again.")


class ImportTooLarge(ProductRefused):
    field = "file"
    message = _("The file is larger than %(most)s kB. Divide it into several.")


class ImportTooLong(ProductRefused):
    field = "file"
    message = _("The file has more than %(most)s rows. Divide it into several.")


class ImportEmpty(ProductRefused):
    field = "file"
    message = _("The file has no rows below its head. Choose another one.")


class ImportWithoutNumber(ProductRefused):
    field = "file"
    message = _(
        "The first row must name the columns, and one of them must be Number. It has: %(found)s."
    )


class ImportColumnTwice(ProductRefused):
    field = "file"
    message = _("The column “%(column)s” is there twice. Delete one of the two.")


class ImportChanged(ProductRefused):
    message = _("Products were changed since this preview. Look at it again, then save.")
