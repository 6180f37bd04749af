"""What is asked on the pages of an import."""

from datetime import date
from typing import Any

from django import forms
from django.utils import formats
from django.utils.translation import gettext_lazy as _

from timesheets.imports.names import DefaultProject
from timesheets.imports.options import ImportOptions, RatesFrom
from timesheets.imports.values import BadValue, DateOrder, read_date


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"),
        allow_empty_file=True,  # the reader has a better sentence for it
        error_messages={"required": _("Choose a file first.")},
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv", "data-drop": ""}),
    )


class OptionsForm(forms.Form):
    dates = forms.ChoiceField(
        label=_("Dates such as 03/04/2026"), required=False, widget=forms.RadioSelect
    )
    project = forms.CharField(
        label=_("Work without customer or project goes to"),
        required=False,
        max_length=165,
        help_text=_("Customer / Project. It fills in what a row lacks."),
        widget=forms.TextInput(
            attrs={"list": "places", "autocomplete": "off", "placeholder": _("Customer / Project")}
        ),
    )
    rates = forms.ChoiceField(
        label=_("Rates"),
        required=False,
        widget=forms.RadioSelect,
        choices=[
            (RatesFrom.RULES.value, _("Find them by our own rates")),
            (RatesFrom.FILE.value, _("Take those of the file, where it has any")),
        ],
    )

    def __init__(self, *args: Any, report: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(order.value, _label(order, report.get("example", ""))) for order in DateOrder]
        if "question" not in report:
            choices.insert(0, ("", str(_("As the file shows"))))
        self.fields["dates"].choices = choices  # type: ignore[attr-defined]
        # What the file leaves no doubt about is not asked.
        if "question" in report or not report.get("has_rates"):
            del self.fields["rates"]
        if "question" not in report and not report.get("dates"):
            del self.fields["dates"]

    def clean_project(self) -> DefaultProject | None:
        text = self.cleaned_data["project"].strip()
        if not text:
            return None
        try:
            place = DefaultProject.parse(text)
        except ValueError:
            raise forms.ValidationError(
                _("Write the customer, a slash and the project: Acme / Office.")
            ) from None
        if max(len(place.customer), len(place.project)) > 80:
            raise forms.ValidationError(_("A name has at most 80 letters."))
        return place

    def options(self) -> ImportOptions:
        chosen = self.cleaned_data
        return ImportOptions(
            date_order=DateOrder(chosen["dates"]) if chosen.get("dates") else None,
            default_project=chosen["project"],
            rates=RatesFrom(chosen.get("rates") or RatesFrom.RULES),
        )


def _label(order: DateOrder, example: str) -> str:
    words = _("Day first") if order is DateOrder.DAY_FIRST else _("Month first")
    day = _read(example, order)
    return f"{words}: {formats.date_format(day)}" if day else str(words)


def _read(example: str, order: DateOrder) -> date | None:
    try:
        return read_date(example, order)
    except BadValue:
        return None
