"""A band of the company's colour across the head of the sheet."""

from django.utils.translation import gettext_lazy as _

from invoicing.documents.designs.registry import Design
from invoicing.documents.designs.settings import DesignSettings

DESIGN = Design(
    name=_("Band"),
    description=_("Strong: a band of your colour across the head, the amount to pay in colour."),
    rank=3,
    usual=DesignSettings(logo_height=14),
    highest_logo=21,
)
