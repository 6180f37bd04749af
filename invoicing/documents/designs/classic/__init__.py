"""As letters have been for decades: the name left, what it is right, rules in black."""

from django.utils.translation import gettext_lazy as _

from invoicing.documents.designs.registry import Design

DESIGN = Design(
    name=_("Classic"),
    description=_("The usual business letter: rules above and below, payment in a grey box."),
    rank=1,
)
