"""Which hours a query string of the list of hours means: the list, its files, its bulk changes and
whatever goes on with a selection ask here."""

from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from tenants.models import Membership
from timesheets.domain.access import visible_entries
from timesheets.entry_filters import EntryFilter
from timesheets.requested import number_of

# Says that ticked hours are meant, each a `pk`, even where there are none.
TICKED = "ticked"


def selected_entries(query: QueryDict, membership: Membership) -> QuerySet[Any]:
    """What the person sees of it. Ticked hours are exactly those, whatever the filters say; filters
    that make no sense select nothing."""
    seen = visible_entries(membership)
    if TICKED in query:
        return seen.filter(pk__in=[pk for text in query.getlist("pk") if (pk := number_of(text))])
    filter_set = EntryFilter(query, queryset=seen)
    return filter_set.qs if filter_set.is_valid() else seen.none()
