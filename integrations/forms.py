"""Forms of connections and links. A system's own fields are in its `form.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from integrations.domain.connections import HERE, NUMBERS, THERE
from integrations.domain.linking import OwnSide
from integrations.models import Connection
from integrations.oauth import client_of
from integrations.ports import Can, System
from integrations.registry import environments_of
from tenants.forms import TenantModelForm


class SecretInput(forms.PasswordInput):
    """Never shows what is stored; empty means that it stays."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "new-password", "spellcheck": "false", **(attrs or {})})


@dataclass(frozen=True)
class Only:
    """Of a field that means something only with these values of another one."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """A field as the page shows it: with `of` only where that one has one of these values."""

    field: forms.BoundField
    of: str = ""
    values: str = ""
    is_idle: bool = False


class ConnectionForm(TenantModelForm):
    """Derive a system's form from it: declare the fields, and name those that are credentials.

    All other fields that are not columns of the connection become its settings, as text. `only`
    names those that mean something with certain values of another field: with others the page hides
    them, and nothing that is wrong with them keeps anybody from saving.
    """

    credential_names: ClassVar[Sequence[str]] = ()
    only: ClassVar[Mapping[str, Only]] = {}

    unlinked = forms.ChoiceField(
        label=_("Customers that are not linked"),
        choices=[
            ("hold", _("Their invoices wait")),
            ("send", _("Their invoices go all the same")),
        ],
        initial="hold",
    )

    payments = forms.ChoiceField(
        label=_("Payments there"),
        help_text=_("What was paid there is registered here, and settles the invoice."),
        choices=[
            ("", _("Not read")),
            ("900", _("Read every 15 minutes")),
            ("3600", _("Read every hour")),
            ("21600", _("Read every six hours")),
            ("86400", _("Read once a day")),
        ],
        initial="3600",
        required=False,
    )

    class Meta:
        model = Connection
        fields = ["name", "environment"]
        widgets = {"environment": forms.Select()}

    def __init__(self, *args: Any, system: System, **kwargs: Any) -> None:
        self.system = system
        instance: Connection = kwargs["instance"]
        stored = {key: value for key, value in instance.settings.items() if value != ""}
        kwargs["initial"] = {**stored, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        choices = [(one.key, one.label) for one in environments_of(system)]
        if instance.environment and instance.environment not in dict(choices):
            choices.append((instance.environment, instance.environment))
        self.fields["environment"] = forms.ChoiceField(label=_("Environment"), choices=choices)
        if system.needs_link:
            del self.fields["unlinked"]
        if Can.PAYMENTS not in system.can:
            del self.fields["payments"]
        elif instance.pk:
            # One that was there before says so itself.
            self.fields["payments"].initial = ""
        if Can.GIVES_NUMBER in system.can:
            self.fields[NUMBERS] = forms.ChoiceField(
                label=_("Who numbers invoices"),
                choices=[
                    (HERE, _("We do")),
                    (THERE, _("%(system)s does") % {"system": system.title}),
                ],
                initial=HERE,
                required=False,
                help_text=_("We: by our number series. With its numbers, a draft is created there"
                            " in place of posting it, and posted here with the number that comes"
                            " back."),
            )  # fmt: skip
        self.is_stored = bool(instance.sealed_credentials)
        self.can_sign_in = client_of(system) is not None
        for name in self.credential_names:
            field = self.fields[name]
            field.widget.attrs["autocomplete"] = "new-password"
            if self.can_sign_in:
                field.required = False
            elif self.is_stored and isinstance(field.widget, SecretInput):
                field.required = False
                field.widget.attrs["placeholder"] = _("stored; leave empty to keep it")
        self.use_lists(instance.remote.get("lists", {}))
        for only in self.only.values():
            self.fields[only.name].widget.attrs["data-shows"] = True

    def use_lists(self, lists: dict[str, list[list[str]]]) -> None:
        """Offer what the system told at its last check."""

    @property
    def signs_in(self) -> bool:
        """Whether the person goes on to sign in at the system, in place of entering credentials."""
        return self.can_sign_in and "sign_in" in self.data

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        is_new = self.can_sign_in and not self.is_stored and not self.signs_in
        if is_new and not any(values.get(name) for name in self.credential_names):
            for name in self.credential_names[:1]:
                self.add_error(name, _("Enter it, or sign in at the system."))
        return values

    def full_clean(self) -> None:
        super().full_clean()
        if not self.is_bound:
            return
        for name in self.only:
            if name in self.errors and self._is_idle(name, self.cleaned_data):
                # Nobody sees it: what is stored stays.
                del self.errors[name]
                self.cleaned_data[name] = self.get_initial_for_field(self.fields[name], name)

    def _is_idle(self, name: str, values: Mapping[str, Any]) -> bool:
        """Whether it means nothing with these values; where they are wrong themselves, it does."""
        only = self.only.get(name)
        return only is not None and values.get(only.name, only.values[0]) not in only.values

    @property
    def setting_names(self) -> list[str]:
        own = {*self._meta.fields, *self.credential_names}  # type: ignore[misc]
        return [name for name in self.fields if name not in own]

    def credentials(self) -> dict[str, str]:
        """What was entered; what was left empty is left out, so that it stays."""
        return {
            name: self.cleaned_data[name]
            for name in self.credential_names
            if self.cleaned_data.get(name)
        }

    def settings_values(self) -> dict[str, str]:
        return {name: str(self.cleaned_data.get(name) or "") for name in self.setting_names}

    def initial_settings(self) -> dict[str, str]:
        """Those of a connection that is saved as the form comes."""
        return {
            name: str(self.get_initial_for_field(self.fields[name], name) or "")
            for name in self.setting_names
        }

    def credential_fields(self) -> list[Shown]:
        return [self._shown(name) for name in self.credential_names]

    def setting_fields(self) -> list[Shown]:
        return [self._shown(name) for name in self.setting_names]

    def _shown(self, name: str) -> Shown:
        only = self.only.get(name)
        if only is None:
            return Shown(self[name])
        by = self[only.name]
        is_idle = self._is_idle(name, {only.name: by.value()})
        return Shown(self[name], by.html_name, " ".join(only.values), is_idle)


class SidesForm(forms.Form):
    """Contact person, e-mail and payment terms, edited while a customer is linked."""

    contact_name = forms.CharField(label=_("Contact person"), max_length=70, required=False)
    email = forms.EmailField(label=_("E-mail for invoices"), required=False, max_length=254)
    payment_term_days = forms.IntegerField(
        label=_("Payment term (days)"),
        min_value=0,
        max_value=365,
        required=False,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, usual_days: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["payment_term_days"].help_text = _(
            "Empty: the company's own, %(days)s days."
        ) % {"days": usual_days}

    def side(self) -> OwnSide:
        values = self.cleaned_data
        return OwnSide(values["contact_name"], values["email"], values["payment_term_days"])


class NumberThereForm(forms.Form):
    """The number that a document entered by hand has in the system."""

    number = forms.CharField(
        max_length=60,
        error_messages={
            "required": _("Enter the number that it has there."),
            "max_length": _("A number has at most 60 characters."),
        },
    )


class ReasonForm(forms.Form):
    """Why an export is closed; asked for in the confirmation."""

    reason = forms.CharField(
        max_length=300,
        error_messages={"required": _("Say why nothing more is to be done, for the record.")},
    )


class NewProductForm(forms.Form):
    """A product to be added there."""

    name = forms.CharField(label=_("Name"), max_length=50)
    number = forms.CharField(
        label=_("Product number"),
        max_length=40,
        required=False,
        help_text=_("Empty: without one, where the system allows it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
