"""Content in the syntaxes of e-invoices."""

from invoicing.einvoices.content import Content
from invoicing.einvoices.profiles import Profile, Syntax
from invoicing.einvoices.writing.cii import cii_of
from invoicing.einvoices.writing.finvoice import finvoice_of
from invoicing.einvoices.writing.ubl import ubl_of

_WRITERS = {Syntax.CII: cii_of, Syntax.UBL: ubl_of, Syntax.FINVOICE: finvoice_of}


def written(content: Content, profile: Profile) -> bytes:
    """The file of this profile; the same content always gives the same bytes."""
    return _WRITERS[profile.syntax](content, profile)
