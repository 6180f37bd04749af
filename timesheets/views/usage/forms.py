"""What is asked about a file of usage, and about what of it is shown."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Unit
from core.filters import ask_server
from core.forms import PeriodForm
from customers.models import Customer
from timesheets.imports.values import DateOrder
from timesheets.models import UsageImport
from timesheets.selectors.usage import By
from timesheets.usage.choices import Choices
from timesheets.usage.source import FIELDS, Layout
from timesheets.views.charges.forms import RecordField
from timesheets.views.entries.forms import NOT_HERE


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        allow_empty_file=True,  # the reader has a better sentence for it
        error_messages={"required": gettext_lazy("Choose a file first.")},
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv", "data-drop": ""}),
    )


class ColumnsForm(forms.Form):
    """Which column is which. A customer chosen here is that of every row."""

    customer_id = RecordField(
        Customer,
        label=gettext_lazy("All of it is of"),
        required=False,
        help_text=gettext_lazy("Where the file does not name the customers."),
    )
    unit = forms.ChoiceField(
        label=gettext_lazy("Unit, where the file has none"), choices=Unit.choices
    )
    order = forms.ChoiceField(
        label=gettext_lazy("03/04/2026 is"),
        choices=[
            (DateOrder.DAY_FIRST.value, gettext_lazy("3 April")),
            (DateOrder.MONTH_FIRST.value, gettext_lazy("March 4th")),
        ],
    )
    mark = forms.ChoiceField(
        label=gettext_lazy("Decimal sign"),
        choices=[
            ("", gettext_lazy("As the numbers show")),
            (",", gettext_lazy("Comma: 12,50")),
            (".", gettext_lazy("Point: 12.50")),
        ],
        required=False,
    )

    def __init__(self, data: Any = None, *, usage_import: UsageImport) -> None:
        told = Choices.from_json(usage_import.columns)
        initial = {
            "customer_id": told.customer_id,
            "unit": told.unit,
            "order": told.order.value,
            "mark": told.mark,
            **{f"column_{name}": place for name, place in told.columns.items()},
        }
        super().__init__(data, initial=initial)
        self.label_suffix = ""
        header = Layout(**usage_import.layout).header
        columns = [
            (place, name or _("Column %(number)s") % {"number": place + 1})
            for place, name in enumerate(header)
        ]
        for name, (label, _titles) in FIELDS.items():
            self.fields[f"column_{name}"] = forms.TypedChoiceField(
                label=label,
                choices=[("", "—"), *columns],
                coerce=int,
                empty_value=None,
                required=False,
                error_messages={"invalid_choice": NOT_HERE},
            )
        field = self.fields["customer_id"]
        assert isinstance(field, RecordField)
        chosen = self.data.get("customer_id") if self.is_bound else told.customer_id
        field.offer(url=reverse("timesheets:charge_search", args=["customer"]), chosen=chosen)

    @property
    def column_fields(self) -> list[Any]:
        return [self[f"column_{name}"] for name in FIELDS]

    def choices(self) -> Choices:
        cleaned = self.cleaned_data
        customer = cleaned["customer_id"]
        return Choices(
            columns={
                name: cleaned[f"column_{name}"]
                for name in FIELDS
                if cleaned[f"column_{name}"] is not None
            },
            customer_id=customer.pk if customer else None,
            unit=cleaned["unit"],
            order=DateOrder(cleaned["order"]),
            mark=cleaned["mark"],
        )


class SummaryForm(PeriodForm):
    customer: "forms.ModelChoiceField[Customer]" = forms.ModelChoiceField(
        label=gettext_lazy("Customer"),
        queryset=None,
        required=False,
        error_messages={"invalid_choice": NOT_HERE},
    )
    by = forms.ChoiceField(label=gettext_lazy("By"), choices=By.choices, required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.label_suffix = ""
        customer = self.fields["customer"]
        assert isinstance(customer, forms.ModelChoiceField)
        customer.queryset = Customer.objects.all()
        ask_server(
            customer,
            data.get("customer", ""),
            customer.queryset,
            url=reverse("timesheets:charge_search", args=["customer"]),
        )
