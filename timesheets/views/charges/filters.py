"""The query string of the list of charges: `?start=&end=&kind=&customer=&project=&person=...`"""

import django_filters
from django.utils.translation import gettext_lazy as _

from core.filters import SearchFilter
from timesheets.models import Charge, ChargeKind
from timesheets.work_filters import LOCK_STATES, STATES, WorkFilter

_STATES = [(value, label) for value, label in STATES if value not in LOCK_STATES]


class ChargeFilter(WorkFilter):
    SEARCH = "timesheets:charge_search"

    q = SearchFilter("text", "destination", "note", "customer__name", "project__name")
    kind = django_filters.ChoiceFilter(
        label=_("Kind"), choices=ChargeKind.choices, empty_label=_("All")
    )
    state = django_filters.ChoiceFilter(
        label=_("Billing"), choices=_STATES, empty_label=None, method="filter_state"
    )

    class Meta:
        model = Charge
        fields = ["q", "start", "end", "kind", "customer", "project", "person", "billable", "state"]

    @property
    def is_narrowed(self) -> bool:
        return any(value for name, value in self.asked.items() if name in self.filters)
