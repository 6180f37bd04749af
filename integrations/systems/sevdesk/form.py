import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.domain.connections import NUMBERS, THERE
from integrations.forms import ConnectionForm, Only, SecretInput
from integrations.systems.sevdesk import assumptions
from integrations.systems.sevdesk.mapping import (
    OUR_PDF,
    THEIR_PDF,
    UNTIL_DRAFT,
    UNTIL_EMAIL,
    UNTIL_OPEN,
)

TOKEN = re.compile(r"[0-9a-fA-F]{32}")
TAX_SETS = ("tax_set_home", "tax_set_exempt")


def _tax_set(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=12,
        help_text=gettext_lazy("Its number. Only companies with the old bookkeeping need it."),
        widget=forms.TextInput({"inputmode": "numeric"}),
    )


class SevdeskForm(ConnectionForm):
    credential_names = ("token",)
    only = {
        "send_type": Only("until", (UNTIL_OPEN,)),
        **dict.fromkeys(("email_subject", "email_text"), Only("until", (UNTIL_EMAIL,))),
    }

    token = forms.CharField(
        label=gettext_lazy("API token"),
        max_length=100,
        help_text=gettext_lazy(
            "In sevDesk under Settings, Users, an administrator: 32 letters and digits. It ends"
            " when a new one is made or that user is deleted."
        ),
        widget=SecretInput,
    )
    until = forms.ChoiceField(
        label=gettext_lazy("How far a document is taken"),
        choices=[
            (UNTIL_OPEN, gettext_lazy("Save and open it; we send it ourselves")),
            (UNTIL_EMAIL, gettext_lazy("Save and open it, and sevDesk mails it")),
            (UNTIL_DRAFT, gettext_lazy("Only save a draft; it is opened in sevDesk")),
        ],
        initial=UNTIL_OPEN,
    )
    send_type = forms.ChoiceField(
        label=gettext_lazy("How sevDesk notes that it was sent"),
        choices=[
            ("VPDF", gettext_lazy("As downloaded")),
            ("VM", gettext_lazy("As mailed by us")),
            ("VP", gettext_lazy("As sent by post")),
            ("VPR", gettext_lazy("As printed")),
        ],
        initial="VPDF",
    )
    pdf = forms.ChoiceField(
        label=gettext_lazy("PDF in sevDesk"),
        choices=[
            (THEIR_PDF, gettext_lazy("The one sevDesk makes")),
            (OUR_PDF, gettext_lazy("Ours goes with the draft")),
        ],
        initial=THEIR_PDF,
    )
    contact_person = forms.CharField(
        label=gettext_lazy("Contact person in sevDesk"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("Empty: the first user. A list is offered after the first test."),
    )
    unity = forms.CharField(
        label=gettext_lazy("Unit for lines whose unit sevDesk lacks"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("Empty: pieces."),
    )
    exempt = forms.ChoiceField(
        label=gettext_lazy("What exempt lines are"),
        choices=[
            ("", gettext_lazy("As sevDesk has the company")),
            (assumptions.EXEMPT, gettext_lazy("Exempt under § 4 UStG")),
            (assumptions.SMALL_BUSINESS, gettext_lazy("Small business, § 19 UStG")),
        ],
        required=False,
        help_text=gettext_lazy("There: § 19 for small businesses, else § 4."),
    )
    third_country = forms.ChoiceField(
        label=gettext_lazy("What sales outside the EU are"),
        choices=[
            (assumptions.NOT_TAXABLE, gettext_lazy("Services, not taxable in Germany")),
            (assumptions.EXPORT, gettext_lazy("Goods, exports")),
        ],
        initial=assumptions.NOT_TAXABLE,
    )
    oss = forms.ChoiceField(
        label=gettext_lazy("VAT of other EU countries (One Stop Shop)"),
        choices=[
            ("", gettext_lazy("Not used")),
            ("18", gettext_lazy("Goods")),
            ("19", gettext_lazy("Electronic services")),
            ("20", gettext_lazy("Other services")),
        ],
        required=False,
    )
    tax_set_home = _tax_set(gettext_lazy("Tax set for § 13b UStG"))
    tax_set_exempt = _tax_set(gettext_lazy("Tax set for § 4 UStG"))
    email_subject = forms.CharField(
        label=gettext_lazy("Subject of e-mails"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("{number}, {seller}, {customer} and {contact} are filled in."),
    )
    email_text = forms.CharField(
        label=gettext_lazy("Text of e-mails"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )

    def use_lists(self, lists: dict[str, list[list[str]]]) -> None:
        for name, known in (("contact_person", "users"), ("unity", "unities")):
            if found := lists.get(known):
                self._choose(name, found)

    def _choose(self, name: str, found: list[list[str]]) -> None:
        """A field to type in becomes a list; what was stored stays choosable."""
        old = self.fields[name]
        choices = [("", gettext_lazy("Not chosen")), *((key, label) for key, label in found)]
        stored = self.get_initial_for_field(old, name)
        if stored and stored not in dict(choices):
            choices.append((stored, stored))
        self.fields[name] = forms.ChoiceField(
            label=old.label, choices=choices, required=False, initial=old.initial
        )

    def clean_token(self) -> str:
        token: str = "".join(self.cleaned_data["token"].split()).removeprefix("Bearer")
        if token and not TOKEN.fullmatch(token):
            raise ValidationError(
                _("A token of sevDesk is 32 letters from a to f and digits. Copy it once more.")
            )
        return token.lower()

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get(NUMBERS) == THERE:
            self._check_numbers_there(values)
        for name in (*TAX_SETS, "contact_person", "unity"):
            if values.get(name) and not values[name].isdecimal():
                self.add_error(name, _("This is a number, as sevDesk lists them."))
        return values

    def _check_numbers_there(self, values: dict[str, Any]) -> None:
        if values.get("until") == UNTIL_DRAFT:
            self.add_error(
                "until",
                _("sevDesk gives a number when a document is opened: a draft has none that could"
                  " come back. Have documents opened, or number them here."),
            )  # fmt: skip
        if values.get("pdf") == OUR_PDF:
            self.add_error(
                "pdf",
                _("sevDesk takes our PDF with the draft only, and where it numbers ours is made"
                  " after the draft was opened. Choose the one that sevDesk makes."),
            )  # fmt: skip
