"""Why a logo or a colour does not go onto documents."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class LetterheadRefused(DomainError):
    """`field` names the field of a form it belongs to."""

    field: str | None = None


class LogoRefused(LetterheadRefused):
    field = "logo"


class LogoTooLarge(LogoRefused):
    message = _(
        "This file is too large for a logo: at most %(most)d MB. Save it smaller; 1200 pixels"
        " across are enough for paper."
    )


class LogoUnreadable(LogoRefused):
    message = _("This is no picture that can be read. Choose a PNG, JPEG, WebP or SVG file.")


class LogoWithEntities(LogoRefused):
    message = _(
        "This drawing declares entities of its own. Save it as plain SVG (“Plain SVG” or"
        " “Optimised SVG”) and upload it again."
    )


class LogoWithText(LogoRefused):
    message = _(
        "The words in this drawing are text, whose letters not every machine has. Turn them into"
        " paths (“Object to path”) and upload it again."
    )


class LogoWithPicture(LogoRefused):
    message = _("This drawing holds a photo or a link to one. Upload the picture itself as PNG.")


class LogoWithoutSize(LogoRefused):
    message = _("This drawing does not say how large it is. Save it with a page of its own size.")


class LogoNotPrintable(LogoRefused):
    message = _("This drawing cannot be printed. Save it as PNG and upload that.")


class AccentTooLight(LetterheadRefused):
    field = "accent"
    message = _(
        "This colour is hard to read on white paper (contrast %(contrast)s; at least 3 is needed)."
        " Choose a darker one."
    )
