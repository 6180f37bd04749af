"""Words that several tables share."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Unit

__all__ = ["DocumentKind", "Unit"]


class DocumentKind(models.TextChoices):
    INVOICE = "invoice", _("Invoice")
    CREDIT_NOTE = "credit_note", _("Credit note")
