"""The form of the letterhead."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from invoicing.documents.logos import MOST_MB
from tenants.forms import TenantModelForm
from tenants.models import Tenant

BLACK = "#1a1f2b"


class LetterheadForm(TenantModelForm):
    # Not the model's: that one has the hash of what was kept.
    logo = forms.FileField(
        label=_("Logo"),
        required=False,
        help_text=_("PNG, JPEG, WebP or SVG, at most %(most)d MB.") % {"most": MOST_MB},
        widget=forms.FileInput({"accept": ".png,.jpg,.jpeg,.webp,.gif,.svg,image/*"}),
    )
    without_logo = forms.BooleanField(label=_("Without logo: the name is written"), required=False)

    class Meta:
        model = Tenant
        fields = ["accent", "letter_window", "fold_marks", "payment_references"]
        labels = {"fold_marks": _("Print fold marks")}
        help_texts = {
            "accent": _("Of headings and rules. Black where nothing is chosen."),
            "letter_window": _("Where the address stands on the first page."),
            "fold_marks": _("Thin lines in the margin where the sheet is folded and punched."),
            "payment_references": _("For invoices that are posted from now on."),
        }
        widgets = {"accent": forms.TextInput({"type": "color", "class": "form-control-color"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.logo:
            del self.fields["without_logo"]
        if not self.initial.get("accent"):
            self.initial["accent"] = BLACK

    def clean_accent(self) -> str:
        """A colour field always sends one."""
        accent = str(self.cleaned_data["accent"]).lower()
        return "" if accent == BLACK else accent
