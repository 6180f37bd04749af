"""Factur-X at levels that others send and we do not, from the smallest up."""

import re

from invoicing.einvoices.profiles import BASIC, BASIC_WL, EXTENDED, FACTUR_X, MINIMUM, Profile
from invoicing.einvoices.writing import written
from tests.einvoices.samples import SAMPLES

_CEN = "urn:cen.eu:en16931:2017"
_IDS = {
    MINIMUM: MINIMUM.specification,
    BASIC_WL: BASIC_WL.specification,
    BASIC: f"{_CEN}#compliant#{BASIC.specification}",
    EXTENDED: f"{_CEN}#conformant#{EXTENDED.specification}",
}
# What a level does not know; each one leaves out what the levels below do.
_NOT_IN_BASIC = (
    "DefinedTradeContact", "SpecifiedLegalOrganization/TradingBusinessName", "Description",
    "AccountName", "PayeeSpecifiedCreditorFinancialInstitution",
)  # fmt: skip
_NOT_IN_BASIC_WL = ("IncludedSupplyChainTradeLineItem",)
_NOT_IN_MINIMUM = (
    "PostalTradeAddress/PostcodeCode", "PostalTradeAddress/LineOne", "PostalTradeAddress/CityName",
    "URIUniversalCommunication", "SpecifiedTradePaymentTerms",
    "SpecifiedTradeSettlementPaymentMeans", "ApplicableHeaderTradeSettlement/PaymentReference",
    "ApplicableHeaderTradeSettlement/ApplicableTradeTax", "LineTotalAmount",
    "BuyerTradeParty/PostalTradeAddress", "BuyerTradeParty/SpecifiedTaxRegistration",
)  # fmt: skip
_DELIVERY = "ram:ApplicableHeaderTradeDelivery"


def at_level(profile: Profile, name: str = "three rates") -> bytes:
    """A sample as somebody else would send it."""
    left_out = {
        EXTENDED: (),
        BASIC: _NOT_IN_BASIC,
        BASIC_WL: (*_NOT_IN_BASIC, *_NOT_IN_BASIC_WL),
        MINIMUM: (*_NOT_IN_BASIC, *_NOT_IN_BASIC_WL, *_NOT_IN_MINIMUM),
    }[profile]
    text = written(SAMPLES[name], FACTUR_X).decode()
    for path in left_out:
        text = _without(text, *path.split("/"))
    if profile == MINIMUM:
        # It has to be there, with nothing inside.
        text = re.sub(rf"<{_DELIVERY}>.*</{_DELIVERY}>", f"<{_DELIVERY}/>", text, flags=re.DOTALL)
        text = text.replace("<ram:ID>C-1</ram:ID>", "")
    return text.replace(FACTUR_X.specification, _IDS[profile]).encode()


def _without(text: str, *path: str) -> str:
    """Without these elements, inside those that the path begins with."""
    *outer, name = path
    pattern = rf"\s*<ram:{name}(?:\s[^>]*)?>.*?</ram:{name}>"
    if not outer:
        return re.sub(pattern, "", text, flags=re.DOTALL)
    inside = rf"<ram:{outer[0]}>.*?</ram:{outer[0]}>"
    return re.sub(inside, lambda found: re.sub(pattern, "", found[0], flags=re.DOTALL), text,
                  flags=re.DOTALL)  # fmt: skip
