"""Sending a document: to whom, with which words; and what is noted by hand."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.addresses import AddressesField
from core.forms import DateInput
from invoicing import errors
from invoicing.domain.sending.requesting import Letter
from invoicing.domain.sending.wording import MOST_SUBJECT, MOST_TEXT, Wording
from invoicing.exported import destinations
from invoicing.models import Sending


class SendLaterField(forms.DateTimeField):
    """A moment in the company's own time, or nothing for now."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("Send later"),
            required=False,
            help_text=_("Empty: now."),
            input_formats=["%Y-%m-%dT%H:%M"],
            widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            error_messages={"invalid": _("Enter a day and a time that exist.")},
            **kwargs,
        )

    def clean(self, value: Any) -> Any:
        moment = super().clean(value)
        if moment is not None and moment <= timezone.now():
            raise forms.ValidationError(str(errors.DueInThePast()))
        return moment


class LetterForm(forms.Form):
    """An e-mail to be looked at and changed; the token makes the same form sent twice one."""

    recipients = AddressesField(
        label=_("To"),
        help_text=_("Several with commas between them."),
        error_messages={"required": _("Enter the e-mail address the document goes to.")},
    )
    copies = AddressesField(label=_("Copies"), required=False)
    subject = forms.CharField(
        label=_("Subject"),
        max_length=MOST_SUBJECT,
        error_messages={"required": _("Write a subject.")},
    )
    text = forms.CharField(
        label=_("Text"),
        max_length=MOST_TEXT,
        widget=forms.Textarea({"rows": 12, "data-autosize": True}),
        error_messages={"required": _("Write a text.")},
    )
    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        # Enter sends, once somebody has looked at it.
        self.fields["recipients"].widget.attrs["autofocus"] = True

    @property
    def letter(self) -> Letter:
        typed = self.cleaned_data
        wording = Wording(typed["subject"], typed["text"])
        with_receipts = typed.get("with_receipts", False)
        return Letter(typed["recipients"], typed["copies"], wording, with_receipts)


class SendForm(LetterForm):
    with_receipts = forms.BooleanField(required=False)
    due_at = SendLaterField()
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, receipts: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if receipts:
            told = ngettext("Attach one receipt", "Attach %(count)s receipts", receipts)
            self.fields["with_receipts"].label = told % {"count": receipts}
        else:
            del self.fields["with_receipts"]


class SendManyForm(forms.Form):
    """The answer to the question; the documents go with it as they were shown."""

    due_at = SendLaterField()
    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


class MarkSentForm(forms.Form):
    """Post is always offered, an e-invoice where an accounting system is connected."""

    way = forms.ChoiceField(label=_("Sent"), widget=forms.RadioSelect)
    on = forms.DateField(
        label=_("On"),
        widget=DateInput,
        error_messages={
            "required": _("Enter the day it left."),
            "invalid": _("Enter a day that exists."),
        },
    )
    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.systems = {one.key: str(one.label) for one in destinations()}
        field = self.fields["way"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("post", _("By post")),
            *(
                (key, _("As an e-invoice through %(system)s") % {"system": label})
                for key, label in self.systems.items()
            ),
        ]
        self.initial.setdefault("way", "post")
        self.initial.setdefault("on", timezone.localdate())

    @property
    def channel(self) -> str:
        is_post = self.cleaned_data["way"] == "post"
        return Sending.Channel.POST if is_post else Sending.Channel.EINVOICE

    @property
    def via(self) -> str:
        return self.systems.get(self.cleaned_data["way"], "")


class BounceForm(forms.Form):
    note = forms.CharField(
        label=_("What came back"),
        max_length=300,
        help_text=_("For instance: no such address."),
        widget=forms.TextInput({"autofocus": True}),
        error_messages={"required": _("Write what came back, so that others know what to mend.")},
    )
