"""How hours become lines, as the accountant chooses it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.forms import NumberField, add_refusal, typed_number
from invoicing import errors
from invoicing.domain.composing.options import Dimension, Level, LineOptions, Order, TextOf
from invoicing.domain.composing.rounding import Rounding
from invoicing.models import Unit
from invoicing.selectors.composing import By
from tenants.billing_terms import (
    LONGEST_MINIMUM,
    RoundingDirection,
    RoundingMinutes,
    RoundingPer,
)

NEW = "new"
GROUPS = "groups"
# The report's words for what it was grouped by.
DIMENSIONS = {
    By.PROJECT: Dimension.PROJECT,
    By.PERSON: Dimension.PERSON,
    By.TASK: Dimension.TASK,
    By.DAY: Dimension.DAY,
    By.WEEK: Dimension.WEEK,
    By.MONTH: Dimension.MONTH,
}
_FIELDS: dict[type[DomainError], str] = {
    errors.PatternEmpty: "pattern",
    errors.PatternUnclear: "pattern",
    errors.PlaceholderUnknown: "pattern",
    errors.DayLengthImpossible: "hours_per_day",
    errors.DraftInOtherCurrency: "draft",
    errors.DraftOfOtherCustomer: "draft",
    errors.InvoiceGone: "draft",
    errors.InvoiceNotDraft: "draft",
}


class LinesForm(forms.Form):
    """`options()` after `is_valid()`. An empty rounding is that of project, customer, company."""

    draft = forms.ChoiceField(label=_("Where to"), required=False)
    level = forms.ChoiceField(label=_("Lines"), required=False)
    first = forms.ChoiceField(label=_("per"), choices=Dimension.choices, required=False)
    second = forms.ChoiceField(
        label=_("and"), choices=[("", "—"), *Dimension.choices], required=False
    )
    is_lump = forms.BooleanField(
        label=_("One line even where rates differ"),
        help_text=_("It then has quantity 1 and the exact amount."),
        required=False,
    )
    text = forms.ChoiceField(label=_("Text"), choices=TextOf.choices, required=False)
    pattern = forms.CharField(
        label=_("Own pattern"),
        max_length=300,
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    unit = forms.ChoiceField(
        label=_("Unit"),
        choices=[(Unit.HOUR.value, _("Hours")), (Unit.DAY.value, _("Days"))],
        required=False,
    )
    hours_per_day = NumberField(label=_("Hours of a day"), required=False)
    rounding = forms.ChoiceField(label=_("Rounding"), required=False)
    direction = forms.ChoiceField(
        label=_("Direction"), choices=RoundingDirection.choices, required=False
    )
    per = forms.ChoiceField(label=_("What is rounded"), choices=RoundingPer.choices, required=False)
    minimum = forms.IntegerField(
        label=_("Minimum per entry"),
        help_text=_("In minutes."),
        required=False,
        min_value=0,
        max_value=LONGEST_MINIMUM,
    )
    order = forms.ChoiceField(
        label=_("Order"),
        choices=Order.choices,
        required=False,
        help_text=_("By hand: move the lines in the draft."),
    )

    def __init__(
        self,
        *args: Any,
        drafts: Iterable[tuple[str, str]],
        grouped_by: Sequence[By],
        rounding_words: str,
        day_words: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.grouped_by = tuple(DIMENSIONS[by] for by in grouped_by)
        self._choose("draft", [(NEW, _("A new draft")), *drafts])
        levels: list[tuple[str, Any]] = list(Level.choices)
        if grouped_by:
            named = ", ".join(str(by.label) for by in grouped_by)
            words = _("Groups of the report: %(by)s") % {"by": named}
            levels.insert(1, (GROUPS, words))
        self._choose("level", levels)
        steps = [(str(minutes.value), minutes.label) for minutes in RoundingMinutes]
        self._choose("rounding", [("", rounding_words), *steps])
        self.fields["hours_per_day"].help_text = _("Empty: %(value)s.") % {"value": day_words}

    def _choose(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self._options = self._read(values)
            except DomainError as refusal:
                self.refuse(refusal)
        return values

    def refuse(self, refusal: DomainError) -> None:
        """Say it by the field it is about, or above the form."""
        if not self.refuse_at_field(refusal):
            add_refusal(self, refusal)

    def refuse_at_field(self, refusal: DomainError) -> bool:
        name = _FIELDS.get(type(refusal))
        if name is not None:
            self.add_error(name, str(refusal))
        return name is not None

    def options(self) -> LineOptions:
        return self._options

    def _read(self, values: dict[str, Any]) -> LineOptions:
        level: str = values["level"] or Level.SUM.value
        dimensions: tuple[Dimension, ...] = ()
        if level == GROUPS:
            level, dimensions = Level.SUM.value, self.grouped_by
        elif level == Level.SUM:
            chosen = [values["first"] or Dimension.PROJECT.value, values["second"]]
            dimensions = tuple(dict.fromkeys(Dimension(name) for name in chosen if name))
        rounding = None
        if values["rounding"]:
            rounding = Rounding(
                step=int(values["rounding"]),
                direction=RoundingDirection(values["direction"] or RoundingDirection.UP),
                per=RoundingPer(values["per"] or RoundingPer.ENTRY),
                minimum=values["minimum"] or 0,
            )
        unit = Unit(values["unit"] or Unit.HOUR)
        text = TextOf(values["text"] or TextOf.GROUP)
        return LineOptions(
            level=Level(level),
            dimensions=dimensions,
            text=text,
            pattern=values["pattern"] if text is TextOf.PATTERN else "",
            unit=unit,
            rounding=rounding,
            hours_per_day=values["hours_per_day"] if unit is Unit.DAY else None,
            order=Order(values["order"] or Order.GROUP),
            is_lump=values["is_lump"] and level != Level.ENTRY,
        )


def initial_of(options: LineOptions, *, grouped_by: Sequence[By] = ()) -> dict[str, Any]:
    """The form as it was when these options were chosen."""
    dimensions = [dimension.value for dimension in options.dimensions]
    level = options.level.value
    if grouped_by and options.dimensions == tuple(DIMENSIONS[by] for by in grouped_by):
        level = GROUPS
    rounding = options.rounding
    return {
        "draft": NEW,
        "level": level,
        "first": dimensions[0] if dimensions else Dimension.PROJECT.value,
        "second": dimensions[1] if len(dimensions) > 1 else "",
        "is_lump": options.is_lump,
        "text": options.text.value,
        "pattern": options.pattern,
        "unit": options.unit.value,
        "hours_per_day": typed_number(options.hours_per_day) if options.hours_per_day else "",
        "rounding": str(rounding.step) if rounding else "",
        "direction": rounding.direction if rounding else RoundingDirection.UP.value,
        "per": rounding.per if rounding else RoundingPer.ENTRY.value,
        "minimum": (rounding.minimum or "") if rounding else "",
        "order": options.order.value,
    }
