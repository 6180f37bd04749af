"""Words that several tables share."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Unit(models.TextChoices):
    """UN/ECE Recommendation 20 codes."""

    HOUR = "HUR", _("h")
    DAY = "DAY", _("d")
    PIECE = "C62", _("pcs")
    MONTH = "MON", _("mo")
    KILOMETRE = "KMT", _("km")
    MINUTE = "MIN", _("min")
    KILOGRAM = "KGM", _("kg")
    LITRE = "LTR", _("l")
    METRE = "MTR", _("m")
