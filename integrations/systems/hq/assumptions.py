"""What nobody has documented about HQ, in one place: to be confirmed with a test account.

`docs/integrations/hq.md` lists these. What a tenant may have differently is a setting of the
connection instead: the dialect, the scale of taxes, lines within the head or one by one, units,
and how corrections are made.
"""

import re
from datetime import timedelta
from http import HTTPStatus

from integrations.pacing import Rate

# v2 takes 1000 requests a minute; v1 publishes no limit and gets the same pace.
RATE = Rate(10, 1, burst=10)
# After 429 without Retry-After.
PAUSE_SECONDS = 60.0

# A request that timed out may be stored this much later; until then nothing is created again.
QUIET = timedelta(seconds=60)
# A head of v2 has no mark before the second call. After an unknown outcome it is known by its
# customer, its days and the moment of its creation, which lies within this of our request.
CLOCKS_DIFFER = timedelta(seconds=10)
ARRIVES_WITHIN = timedelta(minutes=5)

# Lists are asked for in pieces of this size; both APIs give up to 1000.
PAGE_SIZE = 500
# A document of v1 is marked in `SyncId`, one of v2 in its `note`; both can be read back. `SyncId`
# can be filtered by; the client compares all the same.
MARK_V1, MARK_V2 = "SyncId", "note"
# HQ multiplies quantity and price, takes the discount off and rounds the line to cents; tax comes
# from the sum of each rate. Where it reckons otherwise, the sums read back differ, and a person
# is told before anything is finished there.
PRICE_PLACES = 4
# An account that was closed: its token is not accepted any more.
CLOSED = HTTPStatus.UNAUTHORIZED
# A company in HQ has its list of tax rates and refuses a line with another one, in words that name
# the tax. The list itself cannot be asked for: it is known by the refusal only.
ABOUT_RATES = re.compile(
    r"\b(?:tax(?: ?rates?)?|vat|mwst|ust|\w*steuers(?:atz|ätze))\b", re.IGNORECASE
)
# The fields of a document of v2 that a PUT takes; those that it does not name become null.
WRITABLE_V2 = (
    "documentType", "companyId", "currency", "date", "validUntilDate",
    "performancePeriodStartDate", "performancePeriodEndDate", "documentTemplateEntityId",
    "discountNet", "discountPercent", "marginNet", "marginPercent", "deliveryConditionId",
    "paymentConditionId", "contactPersonId", "companyPurchaseOrderNumberId",
    "financesBankAccountId", "internalContactPersonId", "projectId", "leadId", "note", "taxOption",
    "serviceType",
)  # fmt: skip
WRITABLE_COMPANY_V2 = (
    "name", "description", "defaultAddress", "vatId", "debitorNumber", "companyTypes",
    "standardPaymentConditionId", "routingId", "responsibleUserIds", "subsystemIds", "customFields",
)  # fmt: skip
# The schema numbers what the live API names; the numbers are the places in its lists.
DOCUMENT_TYPES = (
    "Quotation", "Invoice", "DeliveryNote", "Warning", "Reminder", "Cancellation", "CreditNote",
    "Confirmation", "IncomingInvoice", "Undefined", "Order", "PriceInquiry", "Letter", "Minute",
    "AdvancedInvoice", "PlannedRevenueStandard", "PlannedRevenueTimeAndMaterial", "PlannedCost",
    "FinalInvoice",
)  # fmt: skip
STATUS_TYPES = (
    "Draft", "Feedback", "Quoted", "Planned", "Deferred", "Sent", "Accepted", "Delivered", "Paid",
    "Billed", "Declined", "Canceled",
)  # fmt: skip
# Payments of these types are no money.
NO_MONEY = frozenset({"WillNeverBePaid", "Correction"})


def name_of(value: object, names: tuple[str, ...]) -> str:
    """An enumeration's value, which comes as its name or as its place."""
    if isinstance(value, int) and not isinstance(value, bool):
        return names[value] if 0 <= value < len(names) else ""
    return str(value or "")
