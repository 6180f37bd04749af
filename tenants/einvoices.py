"""Which e-invoice goes with a document: a choice of the company, and of each customer."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class EInvoiceFormat(models.TextChoices):
    NONE = "none", _("None, only the PDF")
    FACTUR_X = "factur_x", _("ZUGFeRD / Factur-X: inside the PDF")
    XRECHNUNG_CII = "xrechnung_cii", _("XRechnung (CII)")
    XRECHNUNG_UBL = "xrechnung_ubl", _("XRechnung (UBL)")
    PEPPOL = "peppol", _("Peppol BIS Billing 3.0")
    FINVOICE = "finvoice", _("Finvoice 3.0")


# Law asks German sellers for them; a PDF that holds one can be read by everybody as well.
_USUAL = {"DE": EInvoiceFormat.FACTUR_X}


def usual_format(country: str) -> EInvoiceFormat:
    """What a company of this country has that chose nothing."""
    return _USUAL.get(country, EInvoiceFormat.NONE)


class EInvoiceFindings(models.TextChoices):
    """What becomes of a draft whose e-invoice would break rules."""

    WARN = "warn", _("Say it on the draft; it is posted with its PDF alone")
    REFUSE = "refuse", _("Do not post it")
