"""What a Finvoice says, by the numbers of EN 16931 and in the form in which factur-x tells others.

Amounts keep the sign they have in the file: those of credit notes are negative.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime
from typing import Any

_TYPES = {"INV01": "380", "INV02": "381"}
_FACTS = {
    "BT-1": "InvoiceNumber",
    "BT-10": "BuyerReferenceIdentifier",
    "BT-11": "ProjectReferenceIdentifier",
    "BT-12": "AgreementIdentifier",
    "BT-13": "OrderIdentifier",
}
_AMOUNTS = {
    "BT-106": "RowsTotalVatExcludedAmount",
    "BT-107": "DiscountsTotalVatExcludedAmount",
    "BT-108": "ChargesTotalVatExcludedAmount",
    "BT-109": "InvoiceTotalVatExcludedAmount",
    "BT-110": "InvoiceTotalVatAmount",
    "BT-112": "InvoiceTotalVatIncludedAmount",
    "BT-113": "InvoicePaidAmount",
    "BT-114": "InvoiceTotalRoundoffAmount",
}
_ROW = {
    "BT-126": "RowPositionIdentifier",
    "BT-153": "ArticleName",
    "BT-154": "ArticleDescription",
    "BT-151": "RowVatCode",
}
_ROW_NUMBERS = {
    "BT-129": "InvoicedQuantity",
    "BT-146": "UnitPriceAmount",
    "BT-149": "UnitPriceBaseQuantity",
    "BT-131": "RowVatExcludedAmount",
    "BT-152": "RowVatRatePercent",
}
_GROUP = {"BT-118": "VatCode", "BT-121": "VatExemptionReasonCode"}
_GROUP_NUMBERS = {
    "BT-116": "VatBaseAmount",
    "BT-117": "VatRateAmount",
    "BT-119": "VatRatePercent",
}


def said_in_finvoice(root: Any) -> dict[str, Any]:
    """The file has passed its schema."""
    details = root.find("InvoiceDetails")
    total = details.find("InvoiceTotalVatIncludedAmount")
    code = _text(details, "InvoiceTypeCode")
    terms = details.findall("PaymentTermsDetails")
    epi = root.find("EpiDetails")
    original = _text(details, "OriginalInvoiceNumber")
    said = {
        **{name: _text(details, path) for name, path in _FACTS.items()},
        **{name: _number(details, path) for name, path in _AMOUNTS.items()},
        "BT-2": _day(details, "InvoiceDate"),
        "BT-3": _text(details, "InvoiceTypeCodeUN") or _TYPES.get(code, code),
        "BT-5": total.get("AmountCurrencyIdentifier", ""),
        "BT-9": next((day for one in terms if (day := _day(one, "InvoiceDueDate"))), None),
        "BT-20": "\n".join(_texts(details, "PaymentTermsDetails/PaymentTermsFreeText")),
        "BT-72": _day(root, "DeliveryDetails/DeliveryDate"),
        "BT-73": _day(root, "DeliveryDetails/DeliveryPeriodDetails/StartDate"),
        "BT-74": _day(root, "DeliveryDetails/DeliveryPeriodDetails/EndDate"),
        "BT-83": _text(epi, "EpiPaymentInstructionDetails/EpiRemittanceInfoIdentifier"),
        "BT-84": _text(epi, "EpiPartyDetails/EpiBeneficiaryPartyDetails/EpiAccountID"),
        "BT-86": _text(epi, "EpiPartyDetails/EpiBfiPartyDetails/EpiBfiIdentifier"),
        "BT-115": _number(epi, "EpiPaymentInstructionDetails/EpiInstructedAmount"),
        "BG-1": [{"BT-22": text} for text in _texts(details, "InvoiceFreeText")],
        "BG-3": [{"BT-25": original, "BT-26": _day(details, "OriginalInvoiceDate")}]
        if original
        else [],
        "BG-4": _party(root, "Seller"),
        "BG-7": _party(root, "Buyer"),
        "BG-20": [_adjustment(one, "FreeText") for one in details.findall("DiscountDetails")],
        "BG-21": [_adjustment(one, "ReasonText") for one in details.findall("ChargeDetails")],
        "BG-23": [_group(one) for one in details.findall("VatSpecificationDetails")],
        "BG-25": [_row(one) for one in root.findall("InvoiceRow")],
    }
    return {name: value for name, value in said.items() if value not in ("", None, [])}


def _party(root: Any, role: str) -> dict[str, str]:
    details = root.find(f"{role}PartyDetails")
    address = f"{role}PostalAddressDetails/"
    said = {
        "name": " ".join(_texts(details, f"{role}OrganisationName")),
        "legal_identifier": _text(details, f"{role}PartyIdentifier"),
        "vat_identifier": _text(details, f"{role}OrganisationTaxCode"),
        "addr_l1": ", ".join(_texts(details, f"{address}{role}StreetName")),
        "postcode": _text(details, f"{address}{role}PostCodeIdentifier"),
        "city": _text(details, f"{address}{role}TownName"),
        "country_code": _text(details, f"{address}CountryCode"),
        "einvoicing_addr": _text(root, f"{role}OrganisationUnitNumber"),
    }
    return {name: value for name, value in said.items() if value}


def _row(row: Any) -> dict[str, Any]:
    quantity = row.find("InvoicedQuantity")
    said: dict[str, Any] = {name: _text(row, path) for name, path in _ROW.items()}
    said |= {name: _number(row, path) for name, path in _ROW_NUMBERS.items()}
    if quantity is not None:
        said["BT-130"] = quantity.get("QuantityUnitCodeUN") or quantity.get("QuantityUnitCode", "")
    said["BT-127-00"] = [{"BT-127": text} for text in _texts(row, "RowFreeText")]
    said["BT-134"], said["BT-135"] = _day(row, "StartDate"), _day(row, "EndDate")
    if amount := _number(row, "RowDiscountAmount"):
        said["BG-27"] = [
            {
                "amount": amount,
                "reason": _text(row, "RowDiscountTypeText"),
                "rate": _number(row, "RowDiscountPercent"),
            }
        ]
    said["BG-28"] = [_adjustment(one, "ReasonText") for one in row.findall("RowChargeDetails")]
    return {name: value for name, value in said.items() if value not in ("", None, [])}


def _adjustment(element: Any, reason: str) -> dict[str, str]:
    said = {
        "amount": _number(element, "Amount") or "0",
        "rate": _number(element, "Percent"),
        "reason": _text(element, reason),
        "vat_category_code": _text(element, "VatCategoryCode"),
        "vat_rate": _number(element, "VatRatePercent"),
    }
    return {name: value for name, value in said.items() if value}


def _group(element: Any) -> dict[str, str]:
    said = {name: _text(element, path) for name, path in _GROUP.items()}
    said |= {name: _number(element, path) for name, path in _GROUP_NUMBERS.items()}
    said["BT-120"] = " ".join(_texts(element, "VatFreeText"))
    return {name: value for name, value in said.items() if value}


def _text(element: Any, path: str) -> str:
    return next(iter(_texts(element, path)), "")


def _texts(element: Any, path: str) -> list[str]:
    found: Iterable[Any] = element.findall(path)
    return [one.text.strip() for one in found if one.text and one.text.strip()]


def _number(element: Any, path: str) -> str:
    """With a point, as everybody else writes it."""
    return _text(element, path).replace(" ", "").replace(",", ".")


def _day(element: Any, path: str) -> date | None:
    with suppress(ValueError):
        return datetime.strptime(_text(element, path), "%Y%m%d").date()  # noqa: DTZ007 - a day
    return None
