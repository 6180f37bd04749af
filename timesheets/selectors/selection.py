"""Which hours or charges a query string of their list means: the list, its files, its bulk changes
and whatever goes on with a selection ask here."""

from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from tenants.models import Membership
from timesheets.domain.access import visible_charges, visible_entries
from timesheets.requested import number_of
from timesheets.views.charges.filters import ChargeFilter
from timesheets.views.entries.filters import EntryFilter
from timesheets.work_filters import WorkFilter

# Says that ticked ones are meant, each a `pk`, even where there are none.
TICKED = "ticked"


def selected_entries(query: QueryDict, membership: Membership) -> QuerySet[Any]:
    """What the person sees of it. Ticked hours are exactly those, whatever the filters say; filters
    that make no sense select nothing."""
    return _selected(query, visible_entries(membership), EntryFilter)


def selected_charges(query: QueryDict, membership: Membership) -> QuerySet[Any]:
    return _selected(query, visible_charges(membership), ChargeFilter)


def _selected(query: QueryDict, seen: QuerySet[Any], filters: type[WorkFilter]) -> QuerySet[Any]:
    if TICKED in query:
        return seen.filter(pk__in=[pk for text in query.getlist("pk") if (pk := number_of(text))])
    filter_set = filters(query, queryset=seen)
    found: QuerySet[Any] = filter_set.qs if filter_set.is_valid() else seen.none()
    return found
