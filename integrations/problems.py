from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Problem(TextChoices):
    """What keeps an export from going on; decides what the person is offered."""

    NONE = "", ""
    NOT_LINKED = "not_linked", _("The customer is not linked")
    NOT_MAPPED = "not_mapped", _("A line has no product there")
    REFUSED = "refused", _("Refused")
    DIFFERS = "differs", _("The document there differs")
    UNCLEAR = "unclear", _("Unclear whether it arrived")
    # It is there with its number, and could not be posted here.
    NOT_POSTED = "not_posted", _("There, but not posted here")
    GAVE_UP = "gave_up", _("No answer for a long time")
