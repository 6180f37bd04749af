"""The tables of timesheets, each module a subject."""

from timesheets.models.billable import Billable, WorkQuerySet
from timesheets.models.charges import Charge, ChargeKind
from timesheets.models.entries import TimeEntry
from timesheets.models.imports import TimeImport
from timesheets.models.kinds import BillingState, RateLevel
from timesheets.models.locks import HoursLock, HoursReminder
from timesheets.models.orders import (
    ServiceOrder,
    ServiceOrderCounter,
    ServiceOrderPhoto,
    ServiceOrderQuerySet,
    Standing,
)
from timesheets.models.packages import (
    BillingPeriod,
    ComponentPrice,
    DueAt,
    OwnTerms,
    Package,
    PackageComponent,
    Subscription,
    SubscriptionFee,
    TermsToFollow,
)
from timesheets.models.rates import BOTH_DAYS, DateRange, Rate, Task
from timesheets.models.receipts import Receipt
from timesheets.models.tags import EntryTag, Tag, TagColour
from timesheets.models.usage import (
    UsageCharge,
    UsageImport,
    UsageMapping,
    UsageProblem,
    UsageRecord,
)

__all__ = [
    "BOTH_DAYS",
    "Billable",
    "BillingPeriod",
    "BillingState",
    "Charge",
    "ChargeKind",
    "ComponentPrice",
    "DateRange",
    "DueAt",
    "EntryTag",
    "HoursLock",
    "HoursReminder",
    "OwnTerms",
    "Package",
    "PackageComponent",
    "Rate",
    "RateLevel",
    "Receipt",
    "ServiceOrder",
    "ServiceOrderCounter",
    "ServiceOrderPhoto",
    "ServiceOrderQuerySet",
    "Standing",
    "Subscription",
    "SubscriptionFee",
    "Tag",
    "TagColour",
    "Task",
    "TermsToFollow",
    "TimeEntry",
    "TimeImport",
    "UsageCharge",
    "UsageImport",
    "UsageMapping",
    "UsageProblem",
    "UsageRecord",
    "WorkQuerySet",
]
