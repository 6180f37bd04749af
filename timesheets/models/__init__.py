"""The tables of timesheets, each module a subject."""

from timesheets.models.entries import TimeEntry, TimeEntryQuerySet
from timesheets.models.imports import TimeImport
from timesheets.models.kinds import BillingState, RateLevel
from timesheets.models.locks import HoursLock, HoursReminder
from timesheets.models.rates import BOTH_DAYS, DateRange, Rate, Task

__all__ = [
    "BOTH_DAYS",
    "BillingState",
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
