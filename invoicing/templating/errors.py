"""Why a file does not become a template, or a template is not changed."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class TemplateRefusedError(DomainError):
    """`field` names the field of a form it belongs to."""

    field: str | None = "file"

    def __init__(self, sentence: str = "", **params: object) -> None:
        """With a sentence of its own, or with what the class's `message` names."""
        self.sentence = sentence
        super().__init__(**params)

    def __str__(self) -> str:
        return self.sentence or super().__str__()


class TemplateTooLarge(TemplateRefusedError):
    message = _("This file is too large for a template: at most %(most)d MB.")


class EndingUnknown(TemplateRefusedError):
    message = _("A template is a DOCX, ODS, XLSX or HTML file. This one is called %(name)s.")


class OtherEnding(TemplateRefusedError):
    message = _(
        "This template is a %(kind)s file, and so are its versions. Upload one, or begin a new"
        " template."
    )


class NotText(TemplateRefusedError):
    message = _("This is not HTML in UTF-8. Save it as UTF-8 and upload it again.")


class NotHtml(TemplateRefusedError):
    message = _("This file has no HTML in it. Its first line tells: <!DOCTYPE html>.")


class SyntaxWrong(TemplateRefusedError):
    message = _("Line %(line)d cannot be read: %(reason)s")


class NotForPaper(TemplateRefusedError):
    message = _(
        "Line %(line)d has %(what)s, which paper has no use for and which could do harm. Take it"
        " out and upload the file again."
    )


class LeadsElsewhere(TemplateRefusedError):
    message = _(
        "Line %(line)d asks for %(address)s. A template sees only itself: put pictures into it as"
        " data:image/png;base64,… and styles between <style> and </style>."
    )


class TookTooLong(TemplateRefusedError):
    message = _("Filling this template takes too long or too much memory. Make it smaller.")


class RenderingFailed(TemplateRefusedError):
    message = _("The sample invoice could not be made of it: %(reason)s")


class NameTaken(TemplateRefusedError):
    field = "name"
    message = _("Another template has this name.")


class TemplateInUse(TemplateRefusedError):
    field = None
    message = _("“%(name)s” is in use: %(places)s. Choose another one there first.")


class NoUsableVersion(TemplateRefusedError):
    field = None
    message = _(
        "“%(name)s” has no version without findings. Mend the file, upload it again, and it can be"
        " chosen."
    )


class TemplateArchived(TemplateRefusedError):
    field = None
    message = _("“%(name)s” is archived. Take it back first.")
