from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tenants.models import User


class TenantModelForm(forms.ModelForm):  # type: ignore[type-arg]
    """Validates unique constraints with the tenant, which is no field of the form."""

    def _get_validation_exclusions(self) -> set[str]:
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        exclusions.discard("tenant")
        return exclusions

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["name", "language", "theme"]
        help_texts = {"name": _("How colleagues and documents name you.")}
