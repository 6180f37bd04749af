from django import forms

from integrations.forms import ConnectionForm, SecretInput


class ToyForm(ConnectionForm):
    credential_names = ("key",)

    key = forms.CharField(label="Key", max_length=100, widget=SecretInput)
    journal = forms.CharField(label="Journal", max_length=20, required=False)

    def use_lists(self, lists: dict[str, list[list[str]]]) -> None:
        if journals := lists.get("journals"):
            choices = [("", "Not chosen"), *((key, name) for key, name in journals)]
            self.fields["journal"] = forms.ChoiceField(
                label="Journal", choices=choices, required=False
            )
