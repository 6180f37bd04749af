"""Forms of tasks: a new or changed one, and the list's filters."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from customers.custom_forms import CustomFieldsForm
from customers.custom_lists import Columns, CustomFilters, CustomSearchFilter
from customers.models import Project
from tenants.models import Membership
from timesheets import errors
from timesheets.domain.access import may_edit_tasks
from timesheets.models import Task
from timesheets.views.rates.forms import COMBOBOX, DialogForm, ProjectField


class TaskForm(CustomFieldsForm, DialogForm):
    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        error_messages={"required": errors.TaskWithoutName.message},
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True}),
    )
    project = ProjectField(
        model=Project, label=_("Project"), required=False, widget=forms.Select(COMBOBOX)
    )
    is_billable = forms.BooleanField(
        label=_("Hours are billable"),
        required=False,
        initial=True,
        help_text=_("Proposed when hours are written; those written already stay as they are."),
    )

    def __init__(self, writer: Membership, task: Task | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_custom_fields("task", task.custom_values if task else None)
        project: Any = self.fields["project"]
        kept = Q(is_active=True)
        if task is not None and task.project_id:
            kept |= Q(pk=task.project_id)
        project.queryset = (
            Project.objects.filter(kept)
            .select_related("customer")
            .order_by("name", "customer__name", "pk")
        )
        if may_edit_tasks(writer, None):
            project.empty_label = _("Every project")
            project.help_text = _("Choose one if no other project uses this task.")
        else:
            project.queryset = project.queryset.filter(manager=writer)
            project.required = True


STATES = [("closed", _("Not active")), ("all", _("All"))]


class TaskFilter(CustomFilters, django_filters.FilterSet):  # type: ignore[misc]
    """Shows the active ones, unless asked for others."""

    q = CustomSearchFilter("name", "project__name", "project__customer__name")
    project = django_filters.ModelChoiceFilter(
        label=_("Project"),
        queryset=lambda request: (
            Project.objects.filter(tasks__isnull=False).distinct().order_by("name", "pk")
        ),
        empty_label=_("All"),
        null_label=_("Every project"),
    )
    billable = django_filters.ChoiceFilter(
        label=_("Billable"),
        field_name="is_billable",
        choices=[("True", _("Yes")), ("False", _("No"))],
        empty_label=_("All"),
    )
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=STATES, empty_label=_("Active"), method="filter_state"
    )

    class Meta:
        model = Task
        fields = ["q", "project", "billable", "state"]

    def __init__(self, *args: Any, columns: Columns, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_custom_filters(columns)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        state = self.form.cleaned_data.get("state")
        if state != "all":
            queryset = queryset.filter(is_active=state != "closed")
        filtered: QuerySet[Any] = super().filter_queryset(queryset)
        return filtered

    def filter_state(self, queryset: QuerySet[Any], _name: str, _value: str) -> QuerySet[Any]:
        """Decided above, because the empty value filters, too."""
        return queryset
