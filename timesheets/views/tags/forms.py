"""Forms of tags: a new or changed one, what it is merged into, and the list's filters."""

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core.filters import SearchFilter
from tenants.base import TenantModelChoiceField
from timesheets.domain.tags.keeping import LONGEST_NAME
from timesheets.models import Tag, TagColour
from timesheets.tag_errors import TagWithoutName
from timesheets.views.rates.forms import DialogForm


class TagForm(DialogForm):
    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        error_messages={"required": TagWithoutName.message},
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True}),
    )
    colour = forms.ChoiceField(
        label=_("Colour"),
        required=False,
        choices=[("", _("None")), *TagColour.choices],
        widget=forms.RadioSelect,
    )


class MergeForm(DialogForm):
    into = TenantModelChoiceField(
        model=Tag,
        label=_("Merge into"),
        error_messages={"required": _("Choose the tag that stays.")},
        widget=forms.Select(
            {
                "data-combobox-url": reverse_lazy("timesheets:tag_search"),
                "data-placeholder": _("Type the tag that stays"),
                "autofocus": True,
            }
        ),
    )

    def __init__(self, tag: Tag, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["into"]
        field.queryset = Tag.objects.filter(merged_into=None).exclude(pk=tag.pk)
        sent = self.data.get("into", "") if self.is_bound else ""
        chosen = field.queryset.filter(pk=sent) if sent.isdecimal() and len(sent) < 19 else ()
        field.widget.choices = [("", ""), *((one.pk, one.name) for one in chosen)]


ACTIVE, ARCHIVED, MERGED, ALL = "active", "archived", "merged", "all"


class TagFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Shows the active ones, unless asked for others."""

    q = SearchFilter("name")
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[(ARCHIVED, _("Archived")), (MERGED, _("Merged")), (ALL, _("All"))],
        empty_label=_("Active"),
        method="filter_state",
    )

    class Meta:
        model = Tag
        fields = ["q", "state"]

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        state = self.form.cleaned_data.get("state") or ACTIVE
        if state == MERGED:
            queryset = queryset.filter(merged_into__isnull=False)
        elif state != ALL:
            queryset = queryset.filter(merged_into=None, is_active=state == ACTIVE)
        filtered: QuerySet[Any] = super().filter_queryset(queryset)
        return filtered

    def filter_state(self, queryset: QuerySet[Any], _name: str, _value: str) -> QuerySet[Any]:
        """Decided above, because the empty value filters, too."""
        return queryset
