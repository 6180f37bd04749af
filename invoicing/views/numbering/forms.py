"""The form of a number series."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, CustomerGroup, Project
from invoicing.models import DocumentKind, NumberSeries
from invoicing.views.drafts.forms import CustomerSelect
from tenants.forms import TenantModelForm

COMBOBOX = {"data-combobox": True}


class SeriesForm(TenantModelForm):
    """Cleans; `save_series` has the last word on the format."""

    next_number = forms.IntegerField(
        label=_("Next number"),
        required=False,
        min_value=0,
        max_value=10**15,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("Only if it shall go on elsewhere, for instance when you start in mid-year."),
    )

    class Meta:
        model = NumberSeries
        fields = ["kind", "name", "customer_group", "project", "format"]
        widgets = {
            "name": forms.TextInput({"autocomplete": "off"}),
            "customer_group": forms.Select(COMBOBOX),
            "project": forms.Select(COMBOBOX),
            "format": forms.TextInput(
                {
                    "autocomplete": "off",
                    "autocapitalize": "off",
                    "spellcheck": "false",
                    "class": "number-format",
                    "data-number-format": True,
                }
            ),
        }
        labels = {"customer_group": _("For the customer group"), "project": _("For the project")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        # The format's own faults are told by name and with a repair.
        fields["format"].required = False
        fields["format"].strip = False
        if not self.instance._state.adding:
            del fields["kind"]
        if self.instance.is_default:
            del fields["customer_group"], fields["project"]
        else:
            fields["customer_group"].empty_label = _("None")
            fields["customer_group"].queryset = CustomerGroup.objects.order_by("name", "pk")
            fields["project"].empty_label = _("None")
            fields["project"].queryset = _projects(self.instance)
            fields["project"].label_from_instance = lambda one: f"{one.name} · {one.customer.name}"

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if "project" in self.fields and not self.errors:
            chosen = [name for name in ("customer_group", "project") if values.get(name)]
            if len(chosen) > 1:
                self.add_error("project", _("Choose a customer group or a project, not both."))
            elif not chosen and self.instance._state.adding:
                self.add_error("customer_group", _("Choose a customer group or a project."))
        return values


def _projects(series: NumberSeries) -> Any:
    projects = Project.objects.filter(is_active=True)
    if series.project_id:
        projects |= Project.objects.filter(pk=series.project_id)
    return projects.select_related("customer").order_by("name", "customer__name", "pk")


def example_field(customer: Customer | None) -> forms.BoundField:
    """Whose numbers the preview shows, and whose next number is set."""

    class ExampleForm(forms.Form):
        example_customer = forms.ChoiceField(
            label=_("Customer"), required=False, widget=CustomerSelect()
        )

    form = ExampleForm(initial={"example_customer": customer.pk if customer else ""})
    widget: Any = form.fields["example_customer"].widget
    widget.choices = [(customer.pk, customer.name)] if customer else []
    return form["example_customer"]


KINDS = {kind.value for kind in DocumentKind}
