from collections.abc import Collection, Sequence
from typing import Any

import django_filters
from django import forms
from django.db.models import CharField, F, Func, Q, QuerySet, Value
from django.db.models.functions import MD5
from django.utils.translation import gettext_lazy as _

from core.filters import DateRangeFilter, SearchFilter, SearchInput
from integrations.models import Connection, Export

UNDER_WAY = (Export.Status.WAITING, Export.Status.SENDING)
# What the tabs of the list show.
STATES: dict[str, tuple[str, ...]] = {
    "attention": (Export.Status.FAILED,),
    "by_hand": (Export.Status.BY_HAND,),
    "under_way": UNDER_WAY,
    "sent": (Export.Status.SENT,),
    "closed": (Export.Status.CANCELLED,),
}


def _replaced(text: Any, pattern: str) -> Func:
    """`text` with an ellipsis for whatever fits."""
    return Func(
        text,
        Value(pattern),
        Value("…"),
        Value("g"),
        function="regexp_replace",
        output_field=CharField(),
    )


# What a sentence says of every document alike: names and figures are the document's own.
REASON = _replaced(
    _replaced(
        Func(
            F("error"),
            F("invoice__customer__name"),
            Value("…"),
            function="replace",
            output_field=CharField(),
        ),
        "“[^”]*”",
    ),
    r"\d[\d.,:/-]*\d|\d",
)
REASON_KEY = MD5(REASON)


class ExportFilter(django_filters.FilterSet):  # type: ignore[misc]
    q = SearchFilter(
        "invoice__number", "invoice__billing_name", "invoice__customer__name", "remote_number",
        "error",
    )  # fmt: skip
    connection = django_filters.ModelChoiceFilter(
        queryset=lambda request: Connection.objects.all(),
        label=_("Accounting system"),
        empty_label=_("All"),
    )
    created = DateRangeFilter(field_name="created_at", label=_("Posted"))
    state = django_filters.ChoiceFilter(
        choices=[(key, key) for key in STATES],
        method="filter_state",
        widget=forms.HiddenInput,
    )
    # One of `selectors.reasons_of`.
    reason = django_filters.CharFilter(
        method="filter_reason", max_length=32, widget=forms.HiddenInput
    )

    class Meta:
        model = Export
        fields = ["q", "connection", "created", "state", "reason"]

    def filter_reason(self, exports: QuerySet[Export], _name: str, value: str) -> QuerySet[Export]:
        return exports.alias(reason_key=REASON_KEY).filter(reason_key=value)

    def filter_state(self, exports: QuerySet[Export], _name: str, value: str) -> QuerySet[Export]:
        return exports.filter(status__in=STATES[value])


class LinkFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Customers by whether they are linked over one connection; needs `linked` annotated."""

    q = SearchFilter("name", "number", "business_id", "vat_id")
    linked = django_filters.ChoiceFilter(
        label=_("Show"),
        choices=[("no", _("Not linked")), ("yes", _("Linked"))],
        empty_label=_("All"),
        method="filter_linked",
    )

    def filter_linked(self, customers: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return customers.filter(Q(remote_id__isnull=value == "no"))


class MappingFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Products, tasks or tax rates by whether one there is named; needs `remote_id` annotated.

    `searched` are the columns of the search, `needed` the keys of what is needed now.
    """

    q = django_filters.CharFilter(label=_("Search"), method="filter_words", widget=SearchInput)
    show = django_filters.ChoiceFilter(
        label=_("Show"),
        choices=[
            ("no", _("Without a product there")),
            ("yes", _("With a product there")),
            ("needed", _("Needed now")),
        ],
        empty_label=_("All"),
        method="filter_show",
    )
    # Which list it is; stays in the address when the bar is sent.
    kind = django_filters.CharFilter(method="filter_kind", widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, searched: Sequence[str], needed: Collection[int], **kwargs: Any
    ) -> None:
        self.searched, self.needed = searched, needed
        super().__init__(*args, **kwargs)

    def filter_words(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        for word in value.split():
            found = Q()
            for column in self.searched:
                found |= Q(**{f"{column}__icontains": word})
            rows = rows.filter(found)
        return rows

    def filter_show(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        if value == "needed":
            return rows.filter(pk__in=self.needed)
        return rows.filter(remote_id__isnull=value == "no")

    def filter_kind(self, rows: QuerySet[Any], _name: str, _value: str) -> QuerySet[Any]:
        return rows
