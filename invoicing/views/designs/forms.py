"""What a company sets of a design, as a form."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.places import DocumentLanguage
from invoicing.documents.designs.registry import designs, look_of
from invoicing.documents.designs.settings import (
    HIGHEST,
    LARGEST,
    LOWEST,
    MOST_FOOTER,
    MOST_TEXT,
    SMALLEST,
    USUAL_COLUMNS,
    Column,
    DesignSettings,
    PaymentBlock,
    Side,
    Typeface,
    WorkReportKind,
)
from invoicing.models import DocumentTemplate

COLUMNS = {
    Column.POSITION: _("Number of the line"),
    Column.DAYS: _("Days"),
    Column.TEXT: _("Description"),
    Column.QUANTITY: _("Quantity"),
    Column.UNIT: _("Unit, in a column of its own"),
    Column.PRICE: _("Unit price"),
    Column.DISCOUNT: _("Discount"),
    Column.TAX: _("VAT rate"),
    Column.NET: _("Net amount"),
}
ALWAYS = (Column.TEXT, Column.NET)
PAYMENT = (
    (PaymentBlock.CODES, _("Account, reference and codes to scan")),
    (PaymentBlock.PLAIN, _("Account and reference")),
    (PaymentBlock.NONE, _("Nothing")),
)
WORK_REPORT = (
    (WorkReportKind.LINES, _("Appended, by the lines of the invoice")),
    (WorkReportKind.DAYS, _("Appended, by days")),
    (WorkReportKind.PEOPLE, _("Appended, by people")),
    (WorkReportKind.NONE, _("Never appended")),
)
TYPEFACES = (
    (Typeface.SANS, _("Without serifs (Inter)")),
    (Typeface.SERIF, _("With serifs (Source Serif)")),
)
SIDES = ((Side.LEFT, _("Left")), (Side.RIGHT, _("Right")))
TEXTS = {
    "before": (_("Above the lines"), MOST_TEXT),
    "after": (_("Below the sums"), MOST_TEXT),
    "footer": (_("At the foot of each page"), MOST_FOOTER),
}


@dataclass(frozen=True)
class ShownColumn:
    key: str
    label: Any
    is_shown: bool
    is_always: bool


@dataclass(frozen=True)
class LanguageTexts:
    code: str
    name: Any
    fields: list[forms.BoundField]
    is_filled: bool


class DesignForm(forms.Form):
    """Whatever the browser sends is a design; only the name can be wrong."""

    name = forms.CharField(label=_("Name"), max_length=80)
    design = forms.ChoiceField(
        label=_("Design"), choices=lambda: [(key, one.name) for key, one in designs().items()]
    )
    is_usual = forms.BooleanField(
        label=_("For all documents for which nothing else was chosen"),
        help_text=_("Quotations, reminders and statements have its head, colours and letters too."),
        required=False,
    )
    columns = forms.MultipleChoiceField(
        label=_("Columns"), choices=[(key.value, label) for key, label in COLUMNS.items()],
        required=False,
    )  # fmt: skip
    payment = forms.ChoiceField(label=_("How to pay"), choices=PAYMENT)
    bar_code = forms.BooleanField(label=_("Bank bar code"), required=False)
    qr = forms.BooleanField(label=_("QR code"), required=False)
    work_report = forms.ChoiceField(
        label=_("Work report"),
        choices=WORK_REPORT,
        help_text=_("Of documents that have one."),
    )
    typeface = forms.ChoiceField(label=_("Letters"), choices=TYPEFACES)
    size = forms.DecimalField(
        label=_("Size in points"),
        min_value=SMALLEST,
        max_value=LARGEST,
        decimal_places=1,
        localize=False,
        widget=forms.NumberInput({"step": "0.5"}),
    )
    logo_height = forms.IntegerField(
        label=_("Height of the logo in mm"), min_value=LOWEST, max_value=HIGHEST
    )
    logo_side = forms.ChoiceField(label=_("Place of the logo"), choices=SIDES)

    def __init__(self, template: DocumentTemplate, data: Any = None, **kwargs: Any) -> None:
        self.template = template
        settings = look_of(template.design, template.design_settings).settings
        told = settings.stored()
        initial = told | {
            "name": template.name,
            "design": template.design,
            **kwargs.pop("initial", {}),
        }
        for which in TEXTS:
            texts = told[which]
            initial |= {f"{which}_{code}": texts.get(code, "") for code in DocumentLanguage.values}
        super().__init__(data, initial=initial, **kwargs)
        for code in DocumentLanguage.values:
            for which, (label, most) in TEXTS.items():
                self.fields[f"{which}_{code}"] = forms.CharField(
                    label=label,
                    max_length=most,
                    required=False,
                    widget=forms.Textarea({"rows": 2, "data-autosize": True}),
                )

    def clean_size(self) -> Decimal:
        return Decimal(self.cleaned_data["size"]).normalize()

    @property
    def settings(self) -> DesignSettings:
        """As the form has it; of a form that is wrong what can be used."""
        values = {**self.initial, **getattr(self, "cleaned_data", {})}
        stored = {name: values.get(name) for name in DesignSettings.__dataclass_fields__}
        stored |= {
            which: {code: values.get(f"{which}_{code}", "") for code in DocumentLanguage.values}
            for which in TEXTS
        }
        design = designs().get(str(values.get("design"))) or designs()[self.template.design]
        return DesignSettings.read(stored, design.usual)

    @property
    def look_key(self) -> str:
        return str(getattr(self, "cleaned_data", {}).get("design") or self.template.design)

    def shown_columns(self) -> Iterator[ShownColumn]:
        """In their order; those that are not shown stand where they usually would."""
        shown = [str(key) for key in self["columns"].value() or [] if key in Column]
        usual = [*shown]
        for at, key in enumerate([*USUAL_COLUMNS, *Column]):
            if key not in usual:
                usual.insert(min(at, len(usual)), str(key))
        for name in usual:
            key = Column(name)
            yield ShownColumn(name, COLUMNS[key], name in shown or key in ALWAYS, key in ALWAYS)

    def languages(self) -> Iterator[LanguageTexts]:
        for code, name in DocumentLanguage.choices:
            fields = [self[f"{which}_{code}"] for which in TEXTS]
            yield LanguageTexts(code, name, fields, any(field.value() for field in fields))
