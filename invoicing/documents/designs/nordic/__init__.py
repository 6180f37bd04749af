"""Much white, hairlines, and one large word."""

from django.utils.translation import gettext_lazy as _

from invoicing.documents.designs.registry import Design

DESIGN = Design(
    name=_("Nordic"),
    description=_("Quiet: much white, hairlines, a large light heading below the address."),
    rank=2,
)
