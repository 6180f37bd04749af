from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.forms import ConnectionForm, Only, SecretInput
from integrations.systems.hq.options import (
    BY_HAND,
    FILE,
    FRACTION,
    NESTED,
    OVER_API,
    PERCENT,
    SINGLE,
    V1,
    V2,
)


def _id_field(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=9,
        help_text=help_text,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )


class HqForm(ConnectionForm):
    credential_names = ("token",)
    field_order = ("name", "environment", "token", "dialect", "payments")
    only = {
        **dict.fromkeys(
            (
                "token", "payments", "template", "payment_condition", "company_type", "corrections",
            ),
            Only("dialect", (V1, V2)),
        ),
        "positions": Only("dialect", (V1,)),
        **dict.fromkeys(("tax_scale", "units"), Only("dialect", (V2,))),
    }  # fmt: skip

    token = forms.CharField(
        label=gettext_lazy("Token"),
        max_length=4000,
        required=False,
        help_text=gettext_lazy("Made in HQ: Admin, API clients. Not needed for files."),
        widget=SecretInput,
    )
    dialect = forms.ChoiceField(
        label=gettext_lazy("How documents get there"),
        choices=[
            (FILE, gettext_lazy("Files, entered there by hand")),
            (V1, gettext_lazy("Drafts, API v1 (classic finance)")),
            (V2, gettext_lazy("Drafts, API v2 (new finance)")),
        ],
        initial=FILE,
        help_text=gettext_lazy("Try the APIs with a few documents first; files always work."),
    )
    template = _id_field(
        gettext_lazy("Document template"), gettext_lazy("Its id there. Needed for v2.")
    )
    payment_condition = _id_field(
        gettext_lazy("Payment condition"), gettext_lazy("Its id there. Empty: HQ's own.")
    )
    company_type = _id_field(
        gettext_lazy("Type of new companies"), gettext_lazy("Its id there. Empty: none.")
    )
    tax_scale = forms.ChoiceField(
        label=gettext_lazy("Tax rates (v2)"),
        choices=[
            ("", gettext_lazy("As the documents that are there")),
            (PERCENT, gettext_lazy("19 for 19 %")),
            (FRACTION, gettext_lazy("0.19 for 19 %")),
        ],
        required=False,
    )
    positions = forms.ChoiceField(
        label=gettext_lazy("Lines (v1)"),
        choices=[
            (NESTED, gettext_lazy("Together with the draft")),
            (SINGLE, gettext_lazy("One by one")),
        ],
        initial=NESTED,
    )
    corrections = forms.ChoiceField(
        label=gettext_lazy("Corrections"),
        choices=[
            (BY_HAND, gettext_lazy("A person creates them in HQ")),
            (OVER_API, gettext_lazy("HQ is told to cancel the whole invoice")),
        ],
        initial=BY_HAND,
    )
    units = forms.CharField(
        label=gettext_lazy("Units (v2)"),
        required=False,
        help_text=gettext_lazy(
            "Our code and the id there on a line each: HUR 3. Others stand in the text."
        ),
        widget=forms.Textarea({"rows": 2, "data-autosize": True}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Files need no link, and drafts cannot be without one.
        self.fields.pop("unlinked", None)

    def settings_values(self) -> dict[str, str]:
        values = super().settings_values()
        return {**values, "unlinked": "send" if values["dialect"] == FILE else "hold"}

    def use_lists(self, lists: dict[str, list[list[str]]]) -> None:
        templates = lists.get("templates")
        if not templates:
            return
        old = self.fields["template"]
        stored = self.get_initial_for_field(old, "template")
        choices = [("", gettext_lazy("Not chosen")), *((key, name) for key, name in templates)]
        if stored and stored not in dict(choices):
            choices.append((stored, stored))
        self.fields["template"] = forms.ChoiceField(
            label=old.label, choices=choices, required=False
        )

    def clean_units(self) -> str:
        lines = []
        for line in self.cleaned_data["units"].splitlines():
            words = line.replace("=", " ").replace(":", " ").split()
            if not words:
                continue
            if len(words) != 2 or not words[1].isdecimal() or len(words[1]) > 9:
                raise ValidationError(
                    _("“%(line)s” is no unit; write its code and its id in HQ: HUR 3.")
                    % {"line": line}
                )
            lines.append(f"{words[0].upper()} {words[1]}")
        return "\n".join(lines)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("template", "payment_condition", "company_type"):
            if values.get(name) and not str(values[name]).isdecimal():
                self.add_error(name, _("An id is a whole number."))
        if values.get("dialect") in (V1, V2) and not (values.get("token") or self.is_stored):
            self.add_error("token", _("The APIs need a token. Make one in HQ and enter it."))
        return values
