"""The form of one charge."""

from typing import Any
from uuid import uuid4

from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from catalog.models import Product, TaxRate, Unit
from core.forms import DateInput, NumberField, typed_number
from core.lists import is_id
from core.money import CURRENCIES
from customers.models import Customer, Project
from customers.product_fields import chosen_product, product_field, search_products_in
from tenants.books import REVENUE, choose_account
from tenants.models import Membership
from tenants.roles import Permission
from timesheets.domain.access import may_make_billable, visible_people
from timesheets.models import Charge, ChargeKind
from timesheets.views.entries.forms import NOT_HERE

RECEIPTS = "image/jpeg,image/png,image/webp,application/pdf"
TOO_LARGE = _("This number is too large.")
NUMBER_ERRORS = {
    "max_digits": TOO_LARGE,
    "max_whole_digits": TOO_LARGE,
    "max_decimal_places": _("At most six decimal places."),
}


class RecordField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A record by its id: the page carries the chosen one, the combobox asks for the others."""

    def __init__(self, model: type[Any], **kwargs: Any) -> None:
        self.model = model
        super().__init__(
            queryset=None,
            widget=forms.Select,
            error_messages={"invalid_choice": NOT_HERE},
            **kwargs,
        )

    def offer(self, *, url: str, chosen: Any) -> None:
        self.queryset = self.model.objects.all()
        choices = [("", "")]
        found = self.queryset.filter(pk=chosen).first() if is_id(str(chosen or "")) else None
        if found is not None:
            choices.append((found.pk, str(found)))
        self.widget.choices = choices
        self.widget.attrs["data-combobox-url"] = url


class ChargeForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Kind"), choices=ChargeKind.choices, widget=forms.Select({"data-shows": True})
    )
    charge_date = forms.DateField(label=_("Date"), widget=DateInput())
    customer = RecordField(
        Customer,
        label=_("Customer"),
        required=False,
        help_text=_("With a project it is the project's."),
    )
    project = RecordField(Project, label=_("Project"), required=False)
    text = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=500,
        help_text=_("Printed on the invoice."),
    )
    destination = forms.CharField(
        label=_("Destination"),
        required=False,
        max_length=120,
        help_text=_("What usage is for, such as a country or a service."),
    )
    quantity = NumberField(
        label=_("Quantity"), max_digits=16, decimal_places=6, error_messages=NUMBER_ERRORS
    )
    unit = forms.ChoiceField(label=_("Unit"), choices=Unit.choices, initial=Unit.PIECE.value)
    unit_price = NumberField(
        label=_("Unit price"),
        required=False,
        max_digits=18,
        decimal_places=6,
        help_text=_("Empty, or left while cost or mark-up change: follows from them."),
        error_messages=NUMBER_ERRORS,
    )
    tax_rate: "forms.ModelChoiceField[TaxRate]" = forms.ModelChoiceField(
        label=_("VAT"), queryset=None, required=False, empty_label=_("As the project's hours")
    )
    account = forms.CharField(
        label=_("Account"),
        required=False,
        max_length=10,
        help_text=_("Empty: that of the tax rate."),
    )
    member = forms.TypedChoiceField(
        label=_("Person"),
        required=False,
        coerce=int,
        empty_value=None,
        widget=forms.Select({"data-combobox": True}),
        error_messages={"invalid_choice": NOT_HERE},
    )
    is_billable = forms.BooleanField(label=_("Billable"), required=False)
    product = product_field()
    cost = NumberField(
        label=_("Cost of one"),
        required=False,
        min_value=0,
        max_digits=18,
        decimal_places=6,
        help_text=_("What was paid. Never printed."),
        error_messages=NUMBER_ERRORS,
    )
    cost_currency = forms.ChoiceField(
        label=_("Paid in"),
        required=False,
        choices=[("", _("The customer's")), *CURRENCIES],
        error_messages={"invalid_choice": NOT_HERE},
    )
    markup_percent = NumberField(
        label=_("Mark-up %"),
        required=False,
        min_value=0,
        max_digits=6,
        decimal_places=2,
        error_messages=NUMBER_ERRORS,
    )
    receipt = forms.FileField(
        label=_("Receipt"),
        required=False,
        allow_empty_file=True,  # whoever reads it has a better sentence
        help_text=_("A photo or a PDF, up to 15 MB."),
        widget=forms.FileInput({"accept": RECEIPTS}),
    )
    note = forms.CharField(
        label=_("Internal note"), required=False, max_length=300, help_text=_("Never printed.")
    )

    def __init__(
        self, *args: Any, writer: Membership, charge: Charge | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.writer, self.charge = writer, charge
        for name, model in (("customer", Customer), ("project", Project)):
            field = self.fields[name]
            assert isinstance(field, RecordField)
            chosen = self.data.get(name) if self.is_bound else self.initial.get(name)
            url = reverse("timesheets:charge_search", args=[model._meta.model_name])
            field.offer(url=f"{url}?for=new", chosen=chosen)
        tax_rate = self.fields["tax_rate"]
        assert isinstance(tax_rate, forms.ModelChoiceField)
        tax_rate.queryset = TaxRate.objects.order_by("-is_default", "name", "pk")
        if not writer.may(Permission.EDIT_HOURS):
            # Without a project only those who correct everybody's hours write charges.
            del self.fields["customer"]
            self.fields["project"].required = True
        if not (writer.may(Permission.EDIT_HOURS) or writer.may(Permission.EDIT_PROJECT_HOURS)):
            for name in ("tax_rate", "account", "member"):
                del self.fields[name]
        else:
            self._offer_people()
            choose_account(self, "account", kinds=[REVENUE])
        self._explain_billable()
        search_products_in(self)

    @property
    def shown_product(self) -> Product | None:
        return chosen_product(self)

    @staticmethod
    def initial_of(charge: Charge) -> dict[str, Any]:
        names = (
            "kind", "charge_date", "text", "destination", "unit", "account", "is_billable", "note",
        )  # fmt: skip
        return {name: getattr(charge, name) for name in names} | {
            "customer": charge.customer_id,
            "project": charge.project_id,
            "member": charge.member_id,
            "tax_rate": charge.tax_rate_id,
            "product": charge.product_id,
            "cost": "" if charge.cost is None else typed_number(charge.cost, least_places=2),
            "cost_currency": charge.cost_currency,
            "markup_percent": ""
            if charge.markup_percent is None
            else typed_number(charge.markup_percent),
            "quantity": typed_number(charge.quantity),
            "unit_price": typed_number(charge.unit_price, least_places=2),
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
        del values["receipt"]
        values["kind"] = ChargeKind(values["kind"])
        values["unit"] = Unit(values["unit"])
        project: Project | None = values.get("project")
        if project is not None and not values.get("customer"):
            values["customer"] = project.customer
        if "member" in self.fields:
            pk = values["member"]
            people = Membership.objects.filter(tenant_id=self.writer.tenant_id)
            values["member"] = people.get(pk=pk) if pk else None
        elif self.charge is None:
            values["member"] = self.writer
        return values

    def _offer_people(self) -> None:
        field = self.fields["member"]
        assert isinstance(field, forms.TypedChoiceField)
        people = [
            one
            for one in visible_people(self.writer).order_by("name", "pk")
            if one.is_active and one.may(Permission.RECORD_HOURS)
        ]
        kept = self.charge.member if self.charge else None
        if kept is not None and kept not in people:
            people.append(kept)
        field.choices = [("", "—"), *((one.pk, one.name) for one in people)]

    def _explain_billable(self) -> None:
        project = self.charge.project if self.charge else None
        if project is None or project.is_billable:
            return
        sentence = _("Work on %(place)s is not billable.")
        if not may_make_billable(self.writer, project):
            sentence = _(
                "Work on %(place)s is not billable, unless the project's manager or an accountant"
                " makes it so."
            )
        self.fields["is_billable"].help_text = format_html("{}", sentence % {"place": project.name})


class SnapForm(forms.Form):
    """A receipt on the way: a photo, what was paid, and for what."""

    token = forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput())
    receipt = forms.FileField(
        label=_("Receipt"),
        allow_empty_file=True,  # whoever reads it has a better sentence
        error_messages={"required": _("Take a photo of the receipt first.")},
        widget=forms.FileInput({"accept": RECEIPTS, "capture": "environment"}),
    )
    cost = NumberField(
        label=_("Paid"),
        min_value=0,
        max_digits=18,
        decimal_places=6,
        error_messages=NUMBER_ERRORS | {"required": _("Enter what was paid.")},
    )
    text = forms.CharField(
        label=_("For what"), max_length=500, widget=forms.TextInput({"autocomplete": "off"})
    )
    project = RecordField(Project, label=_("Project"))
    charge_date = forms.DateField(label=_("Date"), widget=DateInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        project = self.fields["project"]
        assert isinstance(project, RecordField)
        chosen = self.data.get("project") if self.is_bound else self.initial.get("project")
        url = reverse("timesheets:charge_search", args=["project"])
        project.offer(url=f"{url}?for=new", chosen=chosen)
