"""A discount or a surcharge for the whole of a draft, asked for in a dialog."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from core.dialogs import close_dialog
from core.errors import DomainError
from core.forms import NumberField, add_refusal
from core.money import ZERO
from invoicing.documents.figures import Figures
from invoicing.documents.words import words_of
from invoicing.domain.adjusting import adjust_document
from invoicing.models import Invoice
from invoicing.selectors.visible import editable_drafts
from invoicing.views.drafts.editing import EDIT
from invoicing.views.drafts.steps import draft_url
from tenants.access import TenantRequest

DISCOUNT, SURCHARGE = "discount", "surcharge"
PERCENT, AMOUNT = "percent", "amount"
MOST_PERCENT = 100


class AdjustmentForm(forms.Form):
    what = forms.ChoiceField(
        label=gettext_lazy("What"),
        choices=[
            (DISCOUNT, gettext_lazy("Discount: taken off")),
            (SURCHARGE, gettext_lazy("Surcharge: put on")),
        ],
        initial=DISCOUNT,
        widget=forms.RadioSelect,
    )
    value = NumberField(
        label=gettext_lazy("How much"), min_value=0, max_value=100_000_000, decimal_places=2
    )
    of = forms.ChoiceField(label=gettext_lazy("Of"), initial=PERCENT)
    text = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=400,
        required=False,
        help_text=gettext_lazy("Stands on the invoice. Empty: “Discount” or “Surcharge”."),
    )

    def __init__(self, *args: Any, draft: Invoice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.draft = draft
        of: Any = self.fields["of"]
        of.choices = [
            (PERCENT, gettext_lazy("% of the lines")),
            (AMOUNT, f"{draft.currency} {_('net')}"),
        ]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = self.cleaned_data
        value = values.get("value")
        if value == ZERO:
            self.add_error("value", _("Enter more than nought."))
        elif value and values.get("of") == PERCENT and value > MOST_PERCENT:
            self.add_error("value", _("Enter at most 100 percent."))
        return values

    def adjustment(self) -> dict[str, Any]:
        """As `adjust_document` wants it, worded in the document's language."""
        values, words = self.cleaned_data, words_of(self.draft.language)
        is_charge = values["what"] == SURCHARGE
        text = values["text"].strip() or (words.surcharge if is_charge else words.discount)
        value: Decimal = values["value"]
        if values["of"] == AMOUNT:
            return {"text": text, "is_charge": is_charge, "amount": value}
        text = f"{text} {Figures(words, self.draft.currency).percent(value)}"
        return {"text": text, "is_charge": is_charge, "percent": value}


@require_http_methods(["GET", "POST"])
@EDIT
def draft_adjust(request: TenantRequest, pk: int) -> HttpResponse:
    """Take something off all lines, or put it on them."""
    drafts = editable_drafts(request.membership).select_related("customer")
    draft: Invoice = get_object_or_404(drafts, pk=pk)
    form = AdjustmentForm(request.POST or None, draft=draft)
    if request.method == "POST" and form.is_valid():
        try:
            adjust_document(draft, **form.adjustment(), actor=request.user)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Added below the lines."))
            if "HX-Request" in request.headers:
                return close_dialog("draft:changed")
            return redirect(draft_url(request, draft.pk))
    context = {"draft": draft, "form": form}
    return render(
        request, "invoicing/draft_adjust.html", context, status=422 if form.errors else 200
    )
