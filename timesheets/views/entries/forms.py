"""The form of one entry, and of what is done with several."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.forms import DateInput, DurationField, NumberField, TimeInput, typed_number
from customers.custom_forms import CustomFieldsForm
from tenants.models import Membership
from timesheets.domain.access import may_make_billable, may_set_rate
from timesheets.models import RateLevel, TimeEntry
from timesheets.selectors.places import Place, place_of_key
from timesheets.views.tags.fields import TagsField

NOT_HERE = _("That is not in the list. Choose one of those offered.")
DAY = date(2000, 1, 1)  # any, to count between two times
RATE_PLACES = _("A rate has at most four decimal places.")


class PlaceField(forms.Field):
    """A project with one of its tasks or without, as one choice that is searched by typing."""

    widget = forms.Select

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Project and task"))
        super().__init__(**kwargs)

    def offer(self, *, person: Membership, chosen: Place | None, options: Any = ()) -> None:
        """What the page carries; the rest is found by typing."""
        choices = dict(options)
        if chosen is not None:
            choices.setdefault(chosen.key, f"{chosen} ({chosen.project.customer.name})")
        self.widget.choices = [("", ""), *choices.items()]
        url = reverse("timesheets:place_search")
        self.widget.attrs |= {
            "data-combobox-url": f"{url}?person={person.pk}",
            "data-placeholder": _("Type a project, task or customer"),
            # Whether hours are billable follows project and task until somebody says otherwise.
            "hx-get": reverse("timesheets:entry_billable"),
            "hx-trigger": "change",
            "hx-target": "#entry-billable",
            "hx-swap": "outerHTML",
        }

    def to_python(self, value: Any) -> Place | None:
        if value in self.empty_values:
            return None
        place = place_of_key(str(value))
        if place is None:
            raise forms.ValidationError(NOT_HERE, code="invalid_choice")
        return place

    def prepare_value(self, value: Any) -> Any:
        return value.key if isinstance(value, Place) else value


class BillableForm(forms.Form):
    """The box, and how it was shown: as long as it is so, nobody has decided, and project and task
    do."""

    is_billable = forms.BooleanField(label=_("Billable"), required=False)
    billable_shown = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""

    def explain(self, place: Place | None, writer: Membership) -> None:
        """Say why the box is not ticked, and who ticks it."""
        if place is None or place.is_billable:
            return
        sentence = _("Hours on %(place)s are not billable.")
        if not may_make_billable(writer, place.project):
            sentence = _(
                "Hours on %(place)s are not billable, unless the project's manager or an accountant"
                " makes them so."
            )
        self.fields["is_billable"].help_text = escape(sentence % {"place": place})


class EntryForm(CustomFieldsForm, BillableForm):
    member = forms.TypedChoiceField(
        label=_("Person"),
        coerce=int,
        widget=forms.Select({"data-combobox": True}),
        error_messages={"invalid_choice": NOT_HERE},
    )
    place = PlaceField()
    work_date = forms.DateField(label=_("Date"), widget=DateInput())
    minutes = DurationField(
        label=_("Hours"), required=False, help_text=_("1:30, 1.5 or 90m; empty: from the times.")
    )
    start_time = forms.TimeField(label=_("Start"), required=False, widget=TimeInput())
    end_time = forms.TimeField(label=_("End"), required=False, widget=TimeInput())
    description = forms.CharField(
        label=_("What was done"),
        required=False,
        max_length=3000,
        widget=forms.Textarea({"rows": 2, "data-autosize": True}),
    )
    rate = NumberField(
        label=_("Rate per hour"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=4,
        error_messages={
            "max_decimal_places": RATE_PLACES,
            "max_digits": _("This rate is too high."),
            "max_whole_digits": _("This rate is too high."),
            "min_value": _("A rate cannot be negative."),
        },
    )

    def __init__(
        self,
        *args: Any,
        writer: Membership,
        person: Membership,
        people: list[Membership],
        entry: TimeEntry | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.entry = entry
        self.initial["billable_shown"] = self._billable_unless_said()
        self._order_fields(writer, person, people)
        tags = self.fields["tags"] = TagsField()
        tags.offer(
            chosen=self._sent_tags() if self.is_bound else self.initial.get("tags", ()),
            maker=writer,
        )
        self.add_custom_fields("time_entry", entry.custom_values if entry else None)
        if not self._may_set_rate(writer):
            del self.fields["rate"]
        elif entry is not None and entry.rate_level != RateLevel.MANUAL:
            self.fields["rate"].help_text = self._rate_in_words(entry)
        else:
            self.fields["rate"].help_text = _("Empty: found from the rates.")

    def _sent_tags(self) -> list[str]:
        sent: list[str] = self.data.getlist(self.add_prefix("tags"))  # type: ignore[attr-defined]
        return sent

    def _order_fields(
        self, writer: Membership, person: Membership, people: list[Membership]
    ) -> None:
        member = self.fields["member"]
        assert isinstance(member, forms.TypedChoiceField)
        member.choices = [(one.pk, one.name) for one in people]
        if len(people) < 2 and person == writer:
            del self.fields["member"]

    def _billable_unless_said(self) -> bool:
        if self.entry is not None:
            return self.entry.is_billable
        place = self.initial.get("place")
        return place.is_billable if place else True

    def _may_set_rate(self, writer: Membership) -> bool:
        if self.entry is not None:
            return may_set_rate(writer, self.entry.project)
        # On which project is not known yet; the domain decides.
        return writer.may("edit_hours") or writer.may("edit_project_hours")

    def _rate_in_words(self, entry: TimeEntry) -> Any:
        currency = entry.project.customer.currency
        if entry.rate is None:
            return _("None was found. Set the rates, or write one here.")
        level = f" ({entry.get_rate_level_display()})" if entry.rate_level else ""
        return _("Empty: stays %(rate)s %(currency)s%(level)s.") % {
            "rate": typed_number(entry.rate),
            "currency": currency,
            "level": level,
        }

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if "minutes" in values and values["minutes"] is None:
            start, end = values.get("start_time"), values.get("end_time")
            if start and end and start != end:
                length = datetime.combine(DAY, end) - datetime.combine(DAY, start)
                values["minutes"] = length.seconds // 60
            elif not self.errors:
                self.add_error("minutes", _("Write how long it took, like 1:30 or 1.5."))
        return values

    def values(self) -> dict[str, Any]:
        """What the domain writes. A rate left empty stays as it was found."""
        data = dict(self.cleaned_data)
        place: Place = data.pop("place")
        data |= {"project": place.project, "task": place.task}
        data.pop("member", None)
        # Left as they were shown, they stay whatever somebody else has put on meanwhile.
        shown, tags = self.initial.get("tags"), self.fields["tags"]
        if self.entry is not None and not tags.has_changed(shown, self._sent_tags()):
            del data["tags"]
        if data.pop("billable_shown") == data["is_billable"]:
            del data["is_billable"]
        if "rate" in data and data["rate"] is None:
            by_hand = self.entry is not None and self.entry.rate_level == RateLevel.MANUAL
            if not by_hand:
                del data["rate"]
        return data

    def refuse(self, refused: DomainError) -> None:
        named = str(getattr(refused, "field", ""))
        field = {"project": "place", "task": "place"}.get(named, named)
        self.add_error(field if field in self.fields else None, str(refused))


def place_of(entry: TimeEntry) -> Place:
    return Place(entry.project, entry.task)
