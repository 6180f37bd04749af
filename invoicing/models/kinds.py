"""Words that several tables share."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DocumentKind(models.TextChoices):
    INVOICE = "invoice", _("Invoice")
    CREDIT_NOTE = "credit_note", _("Credit note")


class Unit(models.TextChoices):
    """UN/ECE Recommendation 20 codes."""

    HOUR = "HUR", _("h")
    DAY = "DAY", _("d")
    PIECE = "C62", _("pcs")
    MONTH = "MON", _("mo")
    KILOMETRE = "KMT", _("km")
