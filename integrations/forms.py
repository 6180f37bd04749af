"""Forms of connections and links. A system's own fields are in its `form.py`."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from integrations.models import Connection
from integrations.ports import System
from integrations.registry import environments_of
from tenants.forms import TenantModelForm


class SecretInput(forms.PasswordInput):
    """Never shows what is stored; empty means that it stays."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "new-password", "spellcheck": "false", **(attrs or {})})


class ConnectionForm(TenantModelForm):
    """Derive a system's form from it: declare the fields, and name those that are credentials.

    All other fields that are not columns of the connection become its settings, as text.
    """

    credential_names: ClassVar[Sequence[str]] = ()

    unlinked = forms.ChoiceField(
        label=_("Customers that are not linked"),
        choices=[
            ("hold", _("Hold their invoices until they are linked")),
            ("send", _("Send their invoices without a link")),
        ],
        initial="hold",
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
        self.is_stored = bool(instance.sealed_credentials)
        for name in self.credential_names:
            field = self.fields[name]
            field.widget.attrs["autocomplete"] = "new-password"
            if self.is_stored and isinstance(field.widget, SecretInput):
                field.required = False
                field.widget.attrs["placeholder"] = _("stored; leave empty to keep it")
        self.use_lists(instance.remote.get("lists", {}))

    def use_lists(self, lists: dict[str, list[list[str]]]) -> None:
        """Offer what the system told at its last check."""

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

    def credential_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.credential_names]

    def setting_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.setting_names]
