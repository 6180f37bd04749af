"""The forms of a service order: the plan, and what is recorded on site."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from catalog.models import Unit
from core import shown
from core.forms import DateInput, DateTimeInput, DurationField, NumberField
from customers.models import Customer, Project
from customers.product_fields import product_field, search_products_in
from tenants.models import Membership
from tenants.roles import Permission
from timesheets.domain.access import visible_people
from timesheets.models import ServiceOrder, Task
from timesheets.views.charges.forms import NUMBER_ERRORS, RecordField
from timesheets.views.entries.forms import NOT_HERE

_PLANNED = (
    "title", "description", "site_address", "contact_name", "contact_phone", "planned_start_at",
    "planned_end_at",
)  # fmt: skip


class OrderForm(forms.Form):
    customer = RecordField(
        Customer,
        label=_("Customer"),
        required=False,
        help_text=_("With a project it is the project's."),
    )
    project = RecordField(
        Project,
        label=_("Project"),
        required=False,
        help_text=_("Hours and parts are recorded on it."),
    )
    title = forms.CharField(label=_("What is to be done"), max_length=120)
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=4000,
        widget=forms.Textarea({"rows": 3, "data-autosize": True}),
    )
    site_address = forms.CharField(
        label=_("Site"),
        required=False,
        max_length=300,
        help_text=_("Empty: the customer's delivery address."),
        widget=forms.Textarea({"rows": 2, "data-autosize": True}),
    )
    contact_name = forms.CharField(label=_("Contact on site"), required=False, max_length=80)
    contact_phone = forms.CharField(
        label=_("Telephone"),
        required=False,
        max_length=40,
        widget=forms.TextInput({"inputmode": "tel"}),
    )
    technician = forms.TypedChoiceField(
        label=_("Technician"),
        required=False,
        coerce=int,
        empty_value=None,
        widget=forms.Select({"data-combobox": True}),
        error_messages={"invalid_choice": NOT_HERE},
    )
    planned_start_at = forms.DateTimeField(
        label=_("Planned from"), required=False, widget=DateTimeInput
    )
    planned_end_at = forms.DateTimeField(
        label=_("Planned to"), required=False, widget=DateTimeInput
    )

    def __init__(
        self, *args: Any, planner: Membership, order: ServiceOrder | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.planner, self.order = planner, order
        for name, model in (("customer", Customer), ("project", Project)):
            field = self.fields[name]
            assert isinstance(field, RecordField)
            chosen = self.data.get(name) if self.is_bound else self.initial.get(name)
            url = reverse("timesheets:order_search", args=[model._meta.model_name])
            field.offer(url=f"{url}?for=new", chosen=chosen)
        if not planner.may(Permission.MANAGE_ORDERS):
            # They plan for their own projects, and those have their customers.
            del self.fields["customer"]
            self.fields["project"].required = True
        self._offer_people()

    @staticmethod
    def initial_of(order: ServiceOrder) -> dict[str, Any]:
        return {name: getattr(order, name) for name in _PLANNED} | {
            "customer": order.customer_id,
            "project": order.project_id,
            "technician": order.technician_id,
        }

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        has_choice = "customer" in self.fields and not self.errors
        if has_choice and not (values.get("customer") or values.get("project")):
            self.add_error("customer", _("Choose a customer, or a project."))
        return values

    def values(self) -> dict[str, Any]:
        """What the domain takes."""
        values = dict(self.cleaned_data)
        project: Project | None = values.get("project")
        if project is not None and not values.get("customer"):
            values["customer"] = project.customer
        people = Membership.objects.filter(tenant_id=self.planner.tenant_id)
        pk = values["technician"]
        values["technician"] = people.get(pk=pk) if pk else None
        return values

    def merged(
        self, order: ServiceOrder, seen: Mapping[str, str], changed: Sequence[str]
    ) -> "MergedOrder":
        """This form with what others changed: taken over where it was left alone here."""
        typed, stored = self.values(), OrderForm.initial_of(order)
        theirs = OrderForm(planner=self.planner, order=order, initial=stored)
        data, differences = self.data.copy(), []  # type: ignore[attr-defined]
        for name in changed:
            words = _in_words(getattr(order, name))
            is_mine = shown.digest(typed[name]) != seen.get(name)
            if not is_mine and name in theirs.fields:
                data[name] = _as_typed(theirs[name])
            label = theirs.fields[name].label if name in theirs.fields else _("Customer")
            outcome = shown.KEPT if is_mine else shown.TAKEN
            differences.append(shown.Difference(str(label), words, outcome))
        again = OrderForm(data, planner=self.planner, order=order)
        return MergedOrder(again, differences)

    def _offer_people(self) -> None:
        field = self.fields["technician"]
        assert isinstance(field, forms.TypedChoiceField)
        people = [
            one
            for one in visible_people(self.planner).order_by("name", "pk")
            if one.is_active and one.may(Permission.RECORD_HOURS)
        ]
        kept = self.order.technician if self.order else None
        if kept is not None and kept not in people:
            people.append(kept)
        field.choices = [("", "—"), *((one.pk, one.name) for one in people)]


@dataclass(frozen=True)
class MergedOrder:
    form: OrderForm
    differences: list[shown.Difference]


def _as_typed(bound: forms.BoundField) -> str:
    value = bound.value()
    if isinstance(value, datetime):
        value = bound.field.widget.format_value(value)
    return "" if value is None else str(value)


def _in_words(value: Any) -> str:
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    return str(value or "—")


class AddingForm(forms.Form):
    """Adds something once, also where its answer arrives twice."""

    token = forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput())


class OrderHoursForm(AddingForm):
    prefix = "hours"

    member = forms.TypedChoiceField(
        label=_("Person"),
        coerce=int,
        error_messages={"invalid_choice": NOT_HERE},
    )
    work_date = forms.DateField(label=_("Date"), widget=DateInput)
    minutes = DurationField(label=_("Hours"), help_text=_("1:30, 1.5 or 90m"))
    task = forms.TypedChoiceField(
        label=_("Task"),
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": NOT_HERE},
    )
    description = forms.CharField(
        label=_("What was done"), required=False, max_length=500, help_text=_("Empty: the order's.")
    )

    def __init__(
        self, *args: Any, order: ServiceOrder, recorder: Membership, **kwargs: Any
    ) -> None:
        kwargs.setdefault("initial", {"work_date": timezone.localdate()})
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.people = _people_of(order, recorder)
        self.tasks = {task.pk: task for task in _tasks_of(order)}
        _choices(self, "member", [(one.pk, one.name) for one in self.people])
        _choices(self, "task", [("", "—"), *((pk, task.name) for pk, task in self.tasks.items())])
        if len(self.people) == 1:
            self.fields["member"].widget = forms.HiddenInput()
        self.initial.setdefault("member", self.people[0].pk)
        if not self.tasks:
            self.fields["task"].widget = forms.HiddenInput()

    def values(self) -> dict[str, Any]:
        values = dict(self.cleaned_data)
        [values["member"]] = [one for one in self.people if one.pk == values["member"]]
        values["task"] = self.tasks.get(values["task"])
        return values


class OrderPartForm(AddingForm):
    prefix = "part"

    text = forms.CharField(label=_("Part"), max_length=500)
    quantity = NumberField(
        label=_("Quantity"),
        max_digits=16,
        decimal_places=6,
        initial="1",
        error_messages=NUMBER_ERRORS,
    )
    unit = forms.ChoiceField(label=_("Unit"), choices=Unit.choices, initial=Unit.PIECE.value)
    unit_price = NumberField(
        label=_("Unit price"),
        required=False,
        max_digits=18,
        decimal_places=6,
        help_text=_("Empty: the office knows it."),
        error_messages=NUMBER_ERRORS,
    )
    charge_date = forms.DateField(label=_("Date"), widget=DateInput)
    product = product_field()

    def __init__(self, *args: Any, order: ServiceOrder, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"charge_date": timezone.localdate()})
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        search_products_in(self, customer=order.customer_id, project=order.project_id)

    def values(self) -> dict[str, Any]:
        return self.cleaned_data | {"unit": Unit(self.cleaned_data["unit"])}


class OrderReportForm(forms.Form):
    report = forms.CharField(
        label=_("What was done"),
        max_length=8000,
        required=False,
        widget=forms.Textarea({"rows": 5, "data-autosize": True}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


class OrderPhotoForm(AddingForm):
    prefix = "picture"

    photo = forms.FileField(
        label=_("Photo"),
        widget=forms.FileInput(
            {"accept": "image/jpeg,image/png,image/webp", "capture": "environment"}
        ),
        error_messages={"required": _("Take a photo first.")},
    )
    caption = forms.CharField(label=_("Caption"), required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


class OrderSignForm(forms.Form):
    prefix = "sign"

    drawn = forms.CharField(
        required=False, widget=forms.HiddenInput({"data-signature-value": True})
    )
    signed_by = forms.CharField(
        label=_("Name of the person who signs"),
        max_length=80,
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


def _choices(form: forms.Form, name: str, choices: list[tuple[Any, Any]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.TypedChoiceField)
    field.choices = choices


def _people_of(order: ServiceOrder, recorder: Membership) -> list[Membership]:
    """Whose hours the recorder may write: their own, and from the office the technician's."""
    people = [recorder] if recorder.may(Permission.RECORD_HOURS) else []
    corrects = recorder.may(Permission.EDIT_HOURS) or recorder.may(Permission.EDIT_PROJECT_HOURS)
    if order.technician and order.technician not in people and (corrects or not people):
        people.insert(0, order.technician)
    return people or [recorder]


def _tasks_of(order: ServiceOrder) -> list[Task]:
    tasks = Task.objects.filter(is_active=True)
    own = tasks.filter(project=order.project) if order.project else tasks.none()
    return list((own | tasks.filter(project=None)).order_by("project_id", "name", "pk"))
