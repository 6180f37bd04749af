"""Hours and charges are settled on the same pages; what these call differently."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from tenants.models import Membership
from timesheets.domain.access import visible_charges, visible_entries
from timesheets.models import Billable, Charge, TimeEntry
from timesheets.selectors.selection import selected_charges, selected_entries


def _counted_entries(count: int) -> str:
    return ngettext("%(count)s entry", "%(count)s entries", count) % {"count": count}


def _counted_charges(count: int) -> str:
    return ngettext("%(count)s charge", "%(count)s charges", count) % {"count": count}


@dataclass(frozen=True)
class WorkKind:
    """`name` is what addresses say; the others are names of URLs, and functions."""

    name: str
    model: type[Billable]
    label: str | Promise
    list: str
    settle: str
    bulk: str
    counted: Callable[[int], str]
    selected: Callable[[QueryDict, Membership], QuerySet[Any]]
    visible: Callable[[Membership], QuerySet[Any]]

    @property
    def has_locks(self) -> bool:
        return self.model is TimeEntry


HOURS = WorkKind(
    name="hours",
    model=TimeEntry,
    label=_("Hours"),
    list="timesheets:entry_list",
    settle="timesheets:settle",
    bulk="timesheets:entry_bulk",
    counted=_counted_entries,
    selected=selected_entries,
    visible=visible_entries,
)
CHARGES = WorkKind(
    name="charges",
    model=Charge,
    label=_("Charges"),
    list="timesheets:charge_list",
    settle="timesheets:charge_settle",
    bulk="timesheets:charge_bulk",
    counted=_counted_charges,
    selected=selected_charges,
    visible=visible_charges,
)
# In an address: which list its filters are of.
OF = "of"
KINDS = {kind.name: kind for kind in (HOURS, CHARGES)}
