"""The forms of templates."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core.places import DocumentLanguage
from customers.models import Customer, Project
from invoicing.models import Invoice
from invoicing.templating.sample import Sample

SAMPLES = [
    (Sample.INVOICE.value, _("Invoice with two VAT rates and a work report")),
    (Sample.CREDIT_NOTE.value, _("Credit note")),
    (Sample.FINAL.value, _("Final invoice with advances taken off")),
    (Sample.LONG.value, _("Invoice with 200 lines")),
]
ENDINGS = ".html,.htm,.docx,.ods,.xlsx"


def _name() -> forms.CharField:
    return forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("Under which it is offered where a template is chosen."),
    )


def upload_field() -> forms.FileField:
    return forms.FileField(
        label=_("File"),
        widget=forms.FileInput({"accept": ENDINGS}),
        error_messages={"required": _("Choose a file.")},
    )


class PlainForm(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


class UploadForm(PlainForm):
    name = _name()
    file = upload_field()


class NameForm(PlainForm):
    name = _name()


class VersionForm(PlainForm):
    file = upload_field()


class ChoiceForm(PlainForm):
    """For whom a template is: all documents, a customer's or a project's."""

    whom = forms.ChoiceField(
        label=_("Use it for"),
        choices=[
            ("all", _("All documents without another choice")),
            ("customer", _("Documents of a customer")),
            ("project", _("Documents of a project")),
        ],
        initial="all",
    )
    customer: Any = forms.ModelChoiceField(
        label=_("Customer"),
        queryset=None,
        required=False,
        widget=forms.Select({"data-combobox-url": reverse_lazy("customers:customer_search")}),
    )
    project: Any = forms.ModelChoiceField(
        label=_("Project"),
        queryset=None,
        required=False,
        widget=forms.Select({"data-combobox": True}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        customers: Any = self.fields["customer"]
        customers.queryset = Customer.objects.filter(is_active=True).order_by("name", "pk")
        # The page has only the one that was sent; others are searched for.
        sent = str(self.data.get("customer", "")) if self.is_bound else ""
        found = customers.queryset.filter(pk=sent) if sent.isdecimal() and len(sent) < 19 else []
        customers.widget.choices = [("", "---------"), *((one.pk, one.name) for one in found)]
        projects: Any = self.fields["project"]
        projects.queryset = (
            Project.objects.filter(is_active=True)
            .select_related("customer")
            .order_by("customer__name", "name", "pk")
        )
        projects.label_from_instance = lambda one: f"{one.customer.name}: {one.name}"

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        whom = values.get("whom")
        if whom in ("customer", "project") and not values.get(whom) and whom not in self.errors:
            sentence = _("Choose the customer.") if whom == "customer" else _("Choose the project.")
            self.add_error(whom, sentence)
        return values

    @property
    def subject(self) -> dict[str, Any]:
        """As `choose` takes it."""
        whom = self.cleaned_data["whom"]
        return {} if whom == "all" else {whom: self.cleaned_data[whom]}


class TrialForm(PlainForm):
    """What a template is looked at with."""

    language = forms.ChoiceField(
        label=_("Language of samples"), choices=DocumentLanguage.choices, required=False
    )

    def __init__(
        self, *args: Any, drafts: Sequence[Invoice], posted: Sequence[Invoice], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices: list[Any] = [(_("Samples"), SAMPLES)]
        for label, documents in ((_("Your latest drafts"), drafts), (_("Your documents"), posted)):
            if documents:
                choices.append((label, [(str(one.pk), _named(one)) for one in documents]))
        self.fields = {
            "with": forms.ChoiceField(label=_("Try it with"), choices=choices, required=False),
            **self.fields,
        }


def _named(document: Invoice) -> str:
    name = document.billing_name or document.customer.name
    return f"{document.number} · {name}" if document.is_posted else f"{document} · {name}"
