"""What the pages of a credit note's draft have in common, however many lines the invoice has."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms import DateInput
from core.templatetags.figures import money
from customers.custom_forms import CustomFieldsForm
from customers.domain.custom_fields import known_fields
from invoicing.domain import four_eyes
from invoicing.domain.credit_lines import LineCredit
from invoicing.domain.crediting import draft_credit_note, post_or_leave, save_credit_note
from invoicing.models import DocumentKind, Invoice
from invoicing.selectors.long_documents import with_size
from invoicing.selectors.payments import received, received_of
from invoicing.selectors.visible import visible_invoices
from invoicing.views.drafts.forms import whole
from invoicing.views.drafts.page import document_url
from invoicing.views.drafts.steps import credit_url
from tenants.access import TenantRequest, permission_required
from tenants.models import Membership
from tenants.roles import Permission

CREDIT = permission_required(Permission.CREDIT_INVOICE)
# Whoever sees the invoice may look at the draft, and posts it where their role posts.
READ = permission_required(
    Permission.CREDIT_INVOICE, Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE
)


def reason_field() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy("Stands on the credit note."),
        error_messages={"required": gettext_lazy("Say why. The reason stands on it.")},
    )


class CreditForm(CustomFieldsForm, forms.Form):
    """The head of a credit note; its own fields begin with the values of the invoice."""

    reason = reason_field()
    issue_date = forms.DateField(label=gettext_lazy("Date"), widget=DateInput)
    comment = forms.CharField(
        label=gettext_lazy("Text on the credit note"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 2, "data-autosize": True}),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        invoice: Invoice,
        note: Invoice | None,
        membership: Membership,
    ) -> None:
        initial: dict[str, Any] = {"issue_date": timezone.localdate()}
        if note is not None:
            initial = {name: getattr(note, name) for name in ("reason", "issue_date", "comment")}
        super().__init__(data, initial=initial)
        known = known_fields(membership, "document")
        self.add_custom_fields("document", (note or invoice).custom_values, found=known)


@transaction.atomic
def save_credit(
    request: TenantRequest,
    invoice: Invoice,
    note: Invoice | None,
    form: CreditForm,
    credits: Sequence[LineCredit] | None,
) -> Invoice:
    """Save, and post where that was pressed; both or neither, or a draft for another person."""
    values: dict[str, Any] = {**form.cleaned_data, "actor": request.user}
    if note is None:
        assert credits is not None
        saved = draft_credit_note(invoice, credits, **values)
    else:
        version = whole(request.POST.get("version", ""))
        saved = save_credit_note(note, credits, version=version, **values)
    return post_or_leave(saved, actor=request.user) if "post" in request.POST else saved


def saved_credit(request: TenantRequest, invoice: Any, saved: Invoice) -> HttpResponse:
    """Say what has become of it, and go there."""
    if saved.is_posted:
        messages.success(request, _("Credit note %(number)s is posted.") % {"number": saved.number})
        tell_of_credit(request, invoice)
        return redirect(document_url(saved))
    if "post" in request.POST:
        messages.success(request, _("The draft is saved. Another person posts it."))
    else:
        messages.success(request, _("Saved."))
    assert saved.corrects_id is not None
    return redirect(credit_url(request, saved.corrects_id))


def tell_of_credit(request: TenantRequest, invoice: Any) -> None:
    """What was paid of what is credited now is the customer's."""
    let_go = invoice.received - received_of(invoice)
    if let_go > 0:
        said = {"amount": money(let_go, invoice.currency), "customer": invoice.billing_name}
        text = _("%(amount)s was paid already and is now to the credit of %(customer)s.")
        messages.info(request, text % said)


def post_refusal(request: TenantRequest, note: Invoice | None) -> str:
    """Why this person cannot post it, where two have to look at each document."""
    if not request.tenant.four_eyes:
        return ""
    if note is None:
        return _("The company demands two people: another person posts it.")
    found = four_eyes.refusals([note], tenant=request.tenant, actor=request.user)
    return str(found.get(note.pk, ""))


def posted_invoice(request: TenantRequest, pk: int) -> Any:
    """A posted invoice that this person sees, with its size and what was `received` of it."""
    seen = with_size(visible_invoices(request.membership)).select_related("customer")
    invoice = get_object_or_404(seen.annotate(received=received()), pk=pk)
    if not invoice.is_posted or invoice.kind != DocumentKind.INVOICE:
        raise Http404
    return invoice
