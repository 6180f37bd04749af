"""The kinds of e-invoices there are, and by which words in a file each is known."""

from dataclasses import dataclass
from enum import StrEnum


class Syntax(StrEnum):
    CII = "cii"
    UBL = "ubl"
    FINVOICE = "finvoice"


PEPPOL_PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"


@dataclass(frozen=True)
class Profile:
    name: str
    syntax: Syntax
    # BT-24: what the file promises to follow.
    specification: str
    # BT-23: the business process it belongs to.
    process: str = ""


FACTUR_X = Profile("ZUGFeRD / Factur-X", Syntax.CII, "urn:cen.eu:en16931:2017")
# What others send besides; the parts of the ids are what they are known by.
MINIMUM = Profile("Factur-X MINIMUM", Syntax.CII, "urn:factur-x.eu:1p0:minimum")
BASIC_WL = Profile("Factur-X BASIC WL", Syntax.CII, "urn:factur-x.eu:1p0:basicwl")
BASIC = Profile("Factur-X BASIC", Syntax.CII, "urn:factur-x.eu:1p0:basic")
EXTENDED = Profile("Factur-X EXTENDED", Syntax.CII, "urn:factur-x.eu:1p0:extended")
# The longer id first: one begins with another.
OTHER_LEVELS = (MINIMUM, BASIC_WL, BASIC, EXTENDED)
# What others send that belongs to no network; ours always does.
UBL = Profile("EN 16931 (UBL)", Syntax.UBL, "urn:cen.eu:en16931:2017")
_XRECHNUNG = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
XRECHNUNG_CII = Profile("XRechnung (CII)", Syntax.CII, _XRECHNUNG, PEPPOL_PROCESS)
XRECHNUNG_UBL = Profile("XRechnung (UBL)", Syntax.UBL, _XRECHNUNG, PEPPOL_PROCESS)
PEPPOL = Profile(
    "Peppol BIS Billing 3.0",
    Syntax.UBL,
    "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
    PEPPOL_PROCESS,
)
FINVOICE = Profile("Finvoice 3.0", Syntax.FINVOICE, specification="")
