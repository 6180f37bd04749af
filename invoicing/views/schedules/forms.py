"""The form of a schedule; how hours become lines is chosen in the form drafting has."""

from collections.abc import Iterable, Sequence
from datetime import time
from typing import Any

from django import forms
from django.db.models import Model
from django.urls import reverse_lazy
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.forms import TimeInput
from core.lists import is_id
from core.periods import Period
from customers.models import Customer, CustomerGroup, Project
from invoicing.domain.composing.options import STANDARD, LineOptions
from invoicing.domain.schedules.editing import ScheduleWords
from invoicing.domain.schedules.kinds import KINDS
from invoicing.models import Schedule
from invoicing.views.compose.forms import LinesForm, initial_of
from tenants.forms import TenantModelForm
from timesheets.views.tags.fields import TagsField

# Where one more customer or project is chosen, and the list it joins.
ADDED = {"customers": "add_customer", "projects": "add_project"}


class ScheduleForm(TenantModelForm):
    """Cleans; `words()` after `is_valid()` is what `add_schedule` and `change_schedule` take."""

    class Meta:
        model = Schedule
        fields = [
            "name", "whom", "every", "covers", "only_period", "at", "working_days", "by",
            "only_locked", "result",
        ]  # fmt: skip
        widgets = {
            "at": TimeInput(),
            "whom": forms.RadioSelect(),
            "result": forms.RadioSelect(),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        schedule = self.instance
        fields = self.fields
        for name in ("whom", "result"):
            choices = fields[name].choices  # type: ignore[attr-defined]
            fields[name].choices = [one for one in choices if one[0]]  # type: ignore[attr-defined]
        fields["only_period"].help_text = _(
            "Otherwise a run also takes what was recorded late and is still open."
        )
        fields["only_locked"].help_text = _("Who has not locked all hours is left out and named.")
        fields["working_days"].help_text = _("Public holidays are those of the company's country.")
        fields["covers"].help_text = _(
            "What has ended is complete; at the end of a month one may invoice the month itself."
        )
        fields["kinds"] = forms.MultipleChoiceField(
            label=_("What"),
            choices=[(key, kind.label) for key, kind in KINDS.items()],
            widget=forms.CheckboxSelectMultiple(),
            initial=schedule.kinds or ["hours", "charges"],
            help_text=_("Work of service orders is on an invoice for each order."),
            error_messages={"required": _("Choose what is invoiced.")},
        )
        fields["weekday"] = forms.TypedChoiceField(
            label=_("Day"),
            coerce=int,
            required=False,
            choices=[(number + 1, name) for number, name in WEEKDAYS.items()],
            initial=schedule.day if schedule.every == Schedule.Every.WEEK else 1,
        )
        days = [(number, number) for number in range(1, Schedule.LAST_DAY)]
        fields["month_day"] = forms.TypedChoiceField(
            label=_("Day"),
            coerce=int,
            required=False,
            choices=[*days, (Schedule.LAST_DAY, _("Last day"))],
            initial=schedule.day if schedule.every != Schedule.Every.WEEK else 1,
            help_text=_("Of a quarter counted in its first month."),
        )
        self._offer_targets(schedule)
        self._offer_tags(schedule)
        if schedule.pk is None and not self.is_bound:
            self.initial["at"] = time(6)

    def _offer_targets(self, schedule: Schedule) -> None:
        of_schedule = list(schedule.targets.all()) if schedule.pk else []
        models: dict[str, tuple[str, type[Model], Any]] = {
            "customers": ("customer_id", Customer, _("Customers")),
            "groups": ("group_id", CustomerGroup, _("Customer groups")),
            "projects": ("project_id", Project, _("Projects")),
        }
        for name, (column, model, label) in models.items():
            self.fields[name] = forms.ModelMultipleChoiceField(
                label=label,
                queryset=model._default_manager.all(),
                required=False,
                widget=forms.CheckboxSelectMultiple(),
                initial=[pk for one in of_schedule if (pk := getattr(one, column))],
            )
        for name, url, label in (
            ("customers", "customers:customer_search", _("Add a customer")),
            ("projects", "customers:project_search", _("Add a project")),
        ):
            # Typed to find; it joins the list above with the next answer.
            self.fields[ADDED[name]] = forms.ModelChoiceField(
                label=label,
                queryset=models[name][1]._default_manager.all(),
                required=False,
                widget=forms.Select(
                    {"data-combobox-url": reverse_lazy(url), "data-placeholder": label}
                ),
            )
            self.fields[ADDED[name]].widget.choices = [("", label)]

    def _offer_tags(self, schedule: Schedule) -> None:
        links = schedule.tag_links.order_by("pk") if schedule.pk else ()
        tags = self.fields["tags"] = TagsField(
            label=_("Only hours with these tags"),
            initial=[link.tag_id for link in links],
            help_text=_("One of them is enough. Without any, all hours."),
        )
        data: Any = self.data
        tags.offer(chosen=data.getlist("tags") if self.is_bound else tags.initial)

    @property
    def offers_tags(self) -> bool:
        """Where there are none the form does not speak of them."""
        tags: Any = self.fields["tags"]
        return bool(tags.has_choices)

    def chosen(self, name: str) -> list[Any]:
        """The customers or projects that are ticked now, with the one just added."""
        field = self.fields[name]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        asked = self._asked(name)
        keys = [pk for pk in asked if is_id(str(pk))]
        queryset = field.queryset
        assert queryset is not None
        found = queryset.filter(pk__in=keys).order_by("name", "pk")
        return list(found.select_related("customer") if name == "projects" else found)

    def _asked(self, name: str) -> Sequence[Any]:
        if not self.is_bound:
            return self.get_initial_for_field(self.fields[name], name) or []
        data: Any = self.data
        return [*data.getlist(name), *filter(None, data.getlist(ADDED.get(name, "")))]

    @property
    def chosen_customers(self) -> list[Any]:
        return self.chosen("customers")

    @property
    def chosen_projects(self) -> list[Any]:
        return self.chosen("projects")

    def words(self, options: LineOptions) -> ScheduleWords:
        values = self.cleaned_data
        is_weekly = values["every"] == Schedule.Every.WEEK
        return ScheduleWords(
            name=values["name"],
            kinds=tuple(values["kinds"]),
            every=values["every"],
            covers=values["covers"],
            day=(values["weekday"] if is_weekly else values["month_day"]) or 1,
            at=values["at"],
            working_days=values["working_days"],
            by=values["by"],
            result=values["result"],
            only_period=values["only_period"],
            only_locked=values["only_locked"],
            whom=values["whom"],
            customers=self._with_added("customers"),
            groups=list(values["groups"]),
            projects=self._with_added("projects"),
            tags=values["tags"].ids,
            options=options,
        )

    def _with_added(self, name: str) -> list[Any]:
        chosen = list(self.cleaned_data[name])
        added = self.cleaned_data[ADDED[name]]
        return chosen if added is None or added in chosen else [*chosen, added]


def lines_form(data: Any, schedule: Schedule) -> LinesForm:
    options = LineOptions.from_json(schedule.options) if schedule.options else STANDARD
    return LinesForm(
        data,
        initial=initial_of(options),
        drafts=(),
        grouped_by=(),
        rounding_words=gettext("As project, customer or company have it"),
        day_words=gettext("as customer or company have it"),
    )


class RunForm(forms.Form):
    """Which period is run by hand, and the question's token."""

    token = forms.UUIDField(widget=forms.HiddenInput())
    period = forms.ChoiceField(label=_("Period"))

    def __init__(self, *args: Any, periods: Iterable[Period], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.by_key = {period.query: period for period in periods}
        field = self.fields["period"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(key, str(period)) for key, period in self.by_key.items()]

    def asked(self) -> Period:
        return self.by_key[self.cleaned_data["period"]]
