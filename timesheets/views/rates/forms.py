"""Forms of rates: a new one, its amount and days, which one applies, and the list's filters."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.filters import SearchFilter
from core.forms import DateInput, NumberField
from core.money import CURRENCIES
from customers.models import Customer, Project
from tenants.base import TenantModelChoiceField
from tenants.models import Membership, Tenant
from timesheets.domain.rate_changes import FIELDS_OF_LEVEL
from timesheets.domain.rates import LEVELS
from timesheets.models import Rate, RateLevel, Task
from timesheets.selectors.rates import where_level

LEVEL_CHOICES = [
    (RateLevel.PROJECT_MEMBER, _("A person on a project")),
    (RateLevel.TASK, _("A task")),
    (RateLevel.PROJECT, _("A project")),
    (RateLevel.CUSTOMER, _("A customer")),
    (RateLevel.MEMBER, _("A person")),
    (RateLevel.TENANT, _("Everything else")),
]
COMBOBOX = {"data-combobox": True}


class ProjectField(TenantModelChoiceField):
    """Named with the customer: many have a project of the same name."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.customer.name}"


class TaskField(TenantModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.project.name}" if obj.project else obj.name


class DialogForm(forms.Form):
    """Opens over a page whose filters have fields of the same names: ids of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "dialog_%s", **kwargs})


class RateDaysForm(DialogForm):
    """What may be changed later."""

    amount = NumberField(label=_("Rate per hour"), max_digits=12, decimal_places=4, min_value=0)
    start_date = forms.DateField(
        label=_("Valid from"), required=False, widget=DateInput, help_text=_("Empty: ever since.")
    )
    end_date = forms.DateField(
        label=_("Valid until"),
        required=False,
        widget=DateInput,
        help_text=_("Empty: until further notice."),
    )


class RateForm(RateDaysForm):
    level = forms.ChoiceField(
        label=_("Rate of"), choices=LEVEL_CHOICES, widget=forms.Select({"data-rate-level": True})
    )
    customer = TenantModelChoiceField(
        model=Customer, label=_("Customer"), required=False, widget=forms.Select(COMBOBOX)
    )
    project = ProjectField(
        model=Project, label=_("Project"), required=False, widget=forms.Select(COMBOBOX)
    )
    task = TaskField(model=Task, label=_("Task"), required=False, widget=forms.Select(COMBOBOX))
    member = TenantModelChoiceField(
        model=Membership, label=_("Person"), required=False, widget=forms.Select(COMBOBOX)
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=CURRENCIES)
    end_other = forms.BooleanField(
        label=_("Let the present rate end the day before"), required=False
    )
    field_order = [
        "level", "customer", "project", "task", "member", "amount", "currency", "start_date",
        "end_date", "end_other",
    ]  # fmt: skip

    def __init__(self, tenant: Tenant, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].initial = tenant.currency
        fields: dict[str, Any] = self.fields
        fields["customer"].queryset = Customer.objects.filter(is_active=True).order_by("name")
        fields["project"].queryset = (
            Project.objects.filter(is_active=True)
            .select_related("customer")
            .order_by("name", "customer__name")
        )
        fields["task"].queryset = (
            Task.objects.filter(is_active=True)
            .select_related("project")
            .order_by("project__name", "name")
        )
        fields["member"].queryset = fields["member"].queryset.filter(is_active=True)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        level = values.get("level")
        if not level:
            return values
        wanted = FIELDS_OF_LEVEL[RateLevel(level)]
        for name in ("customer", "project", "task", "member"):
            if name not in wanted:
                # Typed before the level was changed; it would make another rate of it.
                values[name] = None
            elif values.get(name) is None and name not in self.errors:
                self.add_error(name, _("Choose one: the rate is for it."))
        return values


class ExplainForm(DialogForm):
    member = TenantModelChoiceField(
        model=Membership, label=_("Person"), widget=forms.Select(COMBOBOX)
    )
    project = ProjectField(model=Project, label=_("Project"), widget=forms.Select(COMBOBOX))
    task = TaskField(model=Task, label=_("Task"), required=False, widget=forms.Select(COMBOBOX))
    day = forms.DateField(label=_("Day"), widget=DateInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["project"].queryset = Project.objects.select_related("customer").order_by("name")
        fields["task"].queryset = Task.objects.select_related("project").order_by("name")

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        project, task = values.get("project"), values.get("task")
        if project and task and task.project_id not in (None, project.pk):
            self.add_error("task", _("This task belongs to another project."))
        return values


WHEN = [("ended", _("Ended")), ("coming", _("Not yet valid")), ("all", _("All"))]


class RateFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Shows what is valid today or later, unless asked for more."""

    q = SearchFilter(
        "customer__name", "project__name", "project__customer__name", "task__name",
        "task__project__name", "task__project__customer__name", "member__name",
    )  # fmt: skip
    level = django_filters.ChoiceFilter(
        label=_("Level"),
        choices=[(level.value, level.label) for level in LEVELS],
        empty_label=_("All"),
        method="filter_level",
    )
    person = django_filters.ModelChoiceFilter(
        label=_("Person"),
        field_name="member",
        queryset=lambda request: Membership.objects.filter(tenant=request.tenant),
        empty_label=_("All"),
    )
    customer = django_filters.ModelChoiceFilter(
        label=_("Customer"),
        queryset=lambda request: Customer.objects.order_by("name"),
        empty_label=_("All"),
        method="filter_customer",
    )
    project = django_filters.ModelChoiceFilter(
        label=_("Project"),
        queryset=lambda request: Project.objects.order_by("name"),
        empty_label=_("All"),
        method="filter_project",
    )
    when = django_filters.ChoiceFilter(
        label=_("Valid"), choices=WHEN, empty_label=_("Now or later"), method="filter_when"
    )

    class Meta:
        model = Rate
        fields = ["q", "level", "person", "customer", "project", "when"]

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.localdate()
        when = self.form.cleaned_data.get("when")
        if not when:
            queryset = queryset.filter(Q(end_date=None) | Q(end_date__gte=today))
        elif when == "ended":
            queryset = queryset.filter(end_date__lt=today)
        elif when == "coming":
            queryset = queryset.filter(start_date__gt=today)
        filtered: QuerySet[Any] = super().filter_queryset(queryset)
        return filtered

    def filter_when(self, queryset: QuerySet[Any], _name: str, _value: str) -> QuerySet[Any]:
        """Decided above, because the empty value filters, too."""
        return queryset

    def filter_level(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(where_level(RateLevel(value)))

    def filter_customer(
        self, queryset: QuerySet[Any], _name: str, value: Customer
    ) -> QuerySet[Any]:
        return queryset.filter(of_customer(value.pk))

    def filter_project(self, queryset: QuerySet[Any], _name: str, value: Project) -> QuerySet[Any]:
        return queryset.filter(of_project(value.pk))


def of_customer(pk: int) -> Q:
    """The customer's own rate and those of its projects and their tasks."""
    return Q(customer=pk) | Q(project__customer=pk) | Q(task__project__customer=pk)


def of_project(pk: int) -> Q:
    return Q(project=pk) | Q(task__project=pk)
