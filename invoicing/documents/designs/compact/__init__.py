"""As much as can be read on a page: small letters, narrow rows, every other one tinted."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from invoicing.documents.designs.registry import Design
from invoicing.documents.designs.settings import DesignSettings

DESIGN = Design(
    name=_("Compact"),
    description=_("For many lines: small letters, narrow rows, twice as much on a page."),
    rank=4,
    usual=DesignSettings(size=Decimal("8.5"), logo_height=13),
)
