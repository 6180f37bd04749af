"""Why a file of an office program cannot be a template. Each sentence says what to do."""

from django.utils.translation import gettext_lazy as _

from invoicing.templating.errors import TemplateRefusedError


class NotWhatItsEndingSays(TemplateRefusedError):
    message = _("This is not a file of the kind %(ending)s, whatever its name says. Save it as %(ending)s in your office program.")  # fmt: skip # noqa: E501


class OldOrProtected(TemplateRefusedError):
    message = _("This file is protected with a password, or of an old kind. Save it as %(ending)s without a password.")  # fmt: skip # noqa: E501


class Protected(TemplateRefusedError):
    message = _("This file is protected with a password. Save it without one.")


class StrictKind(TemplateRefusedError):
    message = _("This file was saved as “Strict Open XML”. Save it as the ordinary %(ending)s.")


class FileBroken(TemplateRefusedError):
    message = _(
        "The file is damaged: %(part)s cannot be read. Save it anew in your office program."
    )


class FileTooLarge(TemplateRefusedError):
    message = _("The file has more than %(most)s MB. Make its pictures smaller.")


class UnpackedTooLarge(TemplateRefusedError):
    message = _("Unpacked, the file would have more than %(most)s MB. Take out what an invoice does not need.")  # fmt: skip # noqa: E501


class PartTooLarge(TemplateRefusedError):
    message = _("%(part)s has more than %(most)s MB. Take out what an invoice does not need.")


class TooMuchRepeated(TemplateRefusedError):
    message = _("So many rows repeat for each line that the document would be too large. Repeat fewer of them.")  # fmt: skip # noqa: E501


class PackedTooTightly(TemplateRefusedError):
    message = _("%(part)s is packed as no office program packs it, and would fill the memory. Save the file anew in your office program.")  # fmt: skip # noqa: E501


class TooManyParts(TemplateRefusedError):
    message = _("The file consists of more than %(most)s parts. Take out what an invoice does not need.")  # fmt: skip # noqa: E501


class PartMisnamed(TemplateRefusedError):
    message = _("The file has a part with an impossible name (%(part)s). Save it anew in your office program.")  # fmt: skip # noqa: E501


class HasMacros(TemplateRefusedError):
    message = _("The file has macros or scripts (%(part)s). Save it without them as %(ending)s.")


class HasObjects(TemplateRefusedError):
    message = _("The file has something embedded in it that is neither text nor a picture (%(part)s). Take it out, or put a picture of it in.")  # fmt: skip # noqa: E501


class HasLinks(TemplateRefusedError):
    message = _("The file takes something from outside when it is opened: %(target)s. Put it into the file itself, or take it out.")  # fmt: skip # noqa: E501


class HasEntities(TemplateRefusedError):
    message = _("%(part)s declares a document type or entities of its own, as no office program does. Save the file anew in your office program.")  # fmt: skip # noqa: E501


class FieldNotAllowed(TemplateRefusedError):
    message = _("The field “%(field)s” could read files or start programs. Take it out.")


class FunctionNotAllowed(TemplateRefusedError):
    message = _("The formula in %(place)s uses %(function)s, which could fetch something from outside. Take it out.")  # fmt: skip # noqa: E501


class PlaceholderInFormula(TemplateRefusedError):
    message = _("A placeholder stands inside the formula in %(place)s. Put it into a cell of its own and refer to that.")  # fmt: skip # noqa: E501


class GroupsMixed(TemplateRefusedError):
    message = _("%(place)s names both ${%(one)s} and ${%(other)s}. A row repeats for one of them: use two rows.")  # fmt: skip # noqa: E501


class NothingToRepeat(TemplateRefusedError):
    message = _("${%(name)s} in %(place)s stands outside the rows of a sheet, where nothing can repeat.")  # fmt: skip # noqa: E501


class TooManyRows(TemplateRefusedError):
    message = _("With these lines the sheet would have more than %(most)s rows.")


class TooManyCells(TemplateRefusedError):
    message = _("The file has more than %(most)s cells. Take out what an invoice does not need.")
