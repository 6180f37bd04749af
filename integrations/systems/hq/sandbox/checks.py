"""Bodies, field by field: what is missing or malformed is named, what is unknown is dropped."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.sandbox.app import Call, Refused
from integrations.sandbox.web import Response, UnreadableBody, json_response
from integrations.systems.hq.sandbox.data import Behaviour, seed

DAY = re.compile(r"\d{4}-\d\d-\d\dT00:00:00(Z|\.0+Z?)?")
CURRENCY = re.compile(r"[A-Z]{3}")
TAX_OPTIONS = (
    "VatApplicable", "FreeThirdCountryTerritory", "FreeEuropeanUnionWithVatId",
    "FreeEuropeanUnionNoVatId", "Inverse", "IntraCommunityDelivery", "ExportDelivery", "FreeOther",
    "FreeYouthSupport",
)  # fmt: skip
SERVICES = ("None", "Delivery", "Service", "DeliveryAndService")

type Check = Callable[[Any], bool]


def refused(status: int, message: str) -> Refused:
    """The shape of errors is documented nowhere; this is one that frameworks of the kind use."""
    return Refused(json_response({"message": message}, status))


def unauthorized() -> Refused:
    return Refused(Response(401))


def body_of(call: Call) -> dict[str, Any]:
    try:
        data = call.request.json()
    except UnreadableBody:
        raise refused(400, "The request body is not valid JSON.") from None
    if call.request.content_type != "application/json" or not isinstance(data, dict):
        raise refused(400, "The request body must be a JSON object.")
    return data


def is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_day(value: Any) -> bool:
    """A calendar day with the time 00:00."""
    if not isinstance(value, str) or not DAY.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value[:10])
    except ValueError:
        return False
    return True


def is_currency(value: Any) -> bool:
    return isinstance(value, str) and CURRENCY.fullmatch(value) is not None


def one_of(names: Iterable[str]) -> Check:
    allowed = tuple(names)

    def check(value: Any) -> bool:
        if isinstance(value, int) and not isinstance(value, bool):
            return 0 <= value < len(allowed)
        return value in allowed

    return check


def read(
    call: Call,
    data: dict[str, Any],
    checks: dict[str, Check],
    *,
    required: Iterable[str] = (),
    where: str = "",
) -> dict[str, Any]:
    """The known fields of it; null counts as left out."""
    missing = [name for name in required if data.get(name) is None]
    if missing:
        raise refused(400, f"{where}The following fields are required: {', '.join(missing)}.")
    kept = {}
    for name, value in data.items():
        if name not in checks:
            call.notes.append(f"{where}{name} is not a known field; it was dropped.")
            continue
        if value is None:
            continue
        if not checks[name](value):
            raise refused(400, f"{where}The value of {name} is not valid.")
        kept[name] = value
    return kept


def check_rate(percent: Any, behaviour: Behaviour, where: str = "") -> None:
    """A company has its list of rates; which are on it, and whether others are taken, is written
    nowhere. This one sells in Germany, to Austria and to consumers in Finland."""
    if not 0 <= percent <= 100:
        raise refused(400, f"{where}The value of tax is not valid.")
    if behaviour.tax_rates == "known" and percent not in seed()["taxRates"]:
        raise refused(400, f"{where}The tax rate {float(percent):g} does not exist.")
