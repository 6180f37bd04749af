"""The tables of timesheets, each module a subject."""

from timesheets.models.charges import Charge, ChargeKind, ChargeQuerySet
from timesheets.models.entries import TimeEntry, TimeEntryQuerySet
from timesheets.models.imports import TimeImport
from timesheets.models.kinds import BillingState, RateLevel
from timesheets.models.locks import HoursLock, HoursReminder
from timesheets.models.rates import BOTH_DAYS, DateRange, Rate, Task

__all__ = [
    "BOTH_DAYS",
    "BillingState",
    "Charge",
    "ChargeKind",
    "ChargeQuerySet",
    "DateRange",
    "HoursLock",
    "HoursReminder",
    "Rate",
    "RateLevel",
    "Task",
    "TimeEntry",
    "TimeEntryQuerySet",
    "TimeImport",
]
