"""The words of e-mails in the settings: for each kind of document and language, with a preview."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from core.addresses import LONGEST
from core.errors import DomainError
from core.forms import add_refusal
from core.periods import year_of
from core.places import DocumentLanguage
from invoicing import errors
from invoicing.domain.customer_access import example_link
from invoicing.domain.sending.own_words import (
    own_copy,
    own_words,
    refuse_wider_link,
    reset_words,
    save_own_copy,
    save_words,
    wording_for,
)
from invoicing.domain.sending.statements import statement_wording
from invoicing.domain.sending.wording import (
    MOST_SUBJECT,
    MOST_TEXT,
    Wording,
    check_wording,
    default_wording,
    placeholders_of,
    written,
)
from invoicing.models import Invoice, MailText
from invoicing.selectors.statements import Statement, statement_of
from invoicing.selectors.visible import visible_invoices
from tenants.access import TenantRequest, permission_required
from tenants.models import Membership
from tenants.roles import Permission
from tenants.settings_tabs import settings_tabs

EDIT = permission_required(Permission.MANAGE_INVOICE_TEMPLATE)


class OwnCopyForm(forms.Form):
    own_copy = forms.EmailField(
        label=gettext_lazy("Copy to ourselves"),
        required=False,
        max_length=LONGEST,
        help_text=gettext_lazy("Gets a blind copy of each document that is sent by e-mail."),
        error_messages={"invalid": gettext_lazy("Enter an e-mail address like anna@example.com.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


class WordingForm(forms.Form):
    """The domain says what is wrong with the words."""

    subject = forms.CharField(
        label=gettext_lazy("Subject"), max_length=MOST_SUBJECT, required=False
    )
    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=MOST_TEXT,
        required=False,
        widget=forms.Textarea({"rows": 12, "data-autosize": True}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""

    @property
    def wording(self) -> Wording:
        text = self.cleaned_data["text"].replace("\r\n", "\n")
        return Wording(self.cleaned_data["subject"], text)


@require_http_methods(["GET", "POST"])
@EDIT
def mail_texts(request: TenantRequest) -> HttpResponse:
    """All texts, and what holds for every e-mail."""
    # The copies show every document, so only who sees them all says where they go.
    may_copy = request.membership.may(Permission.VIEW_INVOICE)
    form = OwnCopyForm(request.POST or None, initial={"own_copy": own_copy()})
    if request.method == "POST" and form.is_valid():
        if may_copy:
            save_own_copy(form.cleaned_data["own_copy"], actor=request.user)
            messages.success(request, _("The settings are saved."))
            return redirect("invoicing:mail_texts")
        add_refusal(form, errors.CopyShowsMore())
    own = own_words()
    rows = [
        {
            "which": f"{kind}-{language}",
            "kind": kind_label,
            "language": language_label,
            "is_own": (kind, language) in own,
            "subject": (own.get((kind, language)) or default_wording(kind, language)).subject,
        }
        for kind, kind_label in MailText.Kind.choices
        for language, language_label in DocumentLanguage.choices
    ]
    context = {
        "form": form,
        "may_copy": may_copy,
        "rows": rows,
        "tabs": settings_tabs(request.membership, "mails"),
    }
    return render(request, "invoicing/mail_texts.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@EDIT
def mail_text(request: TenantRequest, which: str) -> HttpResponse:
    kind, language = _named(which)
    if request.method == "POST":
        form = WordingForm(request.POST)
        if form.is_valid():
            try:
                refuse_wider_link(request.membership, form.wording)
                save_words(kind, language, form.wording, actor=request.user)
            except DomainError as refused:
                add_refusal(form, refused)
            else:
                messages.success(request, _("The text is saved."))
                return redirect("invoicing:mail_texts")
    else:
        now = wording_for(kind, language)
        form = WordingForm(initial={"subject": now.subject, "text": now.text})
    context = {
        "form": form,
        "which": which,
        "kind": MailText.Kind(kind).label,
        "written_language": DocumentLanguage(language).label,
        "is_own": (kind, language) in own_words(),
        "placeholders": placeholders_of(kind),
        "tabs": settings_tabs(request.membership, "mails"),
        **_preview_of(request.membership, form, kind, language),
    }
    return render(request, "invoicing/mail_text.html", context, status=422 if form.errors else 200)


@require_POST
@EDIT
def mail_text_preview(request: TenantRequest, which: str) -> HttpResponse:
    """The typed words for the latest document of this kind; nothing is kept."""
    form = WordingForm(request.POST)
    form.is_valid()
    context = _preview_of(request.membership, form, *_named(which))
    return render(request, "invoicing/send_preview.html", context)


@require_POST
@EDIT
def mail_text_reset(request: TenantRequest, which: str) -> HttpResponse:
    reset_words(*_named(which), actor=request.user)
    messages.success(request, _("The program's own words are used again."))
    return redirect("invoicing:mail_text", which)


def _named(which: str) -> tuple[str, str]:
    """`invoice-fi`, `credit_note-de`."""
    kind, _dash, language = which.partition("-")
    if kind not in MailText.Kind.values or language not in DocumentLanguage.values:
        raise Http404
    return kind, language


def _preview_of(
    membership: Membership, form: WordingForm, kind: str, language: str
) -> dict[str, Any]:
    """With the latest document of the kind this person sees, in whichever language it was; the
    words as they stand where there is none."""
    is_statement = kind == MailText.Kind.STATEMENT
    posted = visible_invoices(membership).filter(status=Invoice.Status.POSTED)
    if not is_statement:
        posted = posted.filter(kind=kind)
    elif not membership.may(Permission.VIEW_INVOICE):
        # A statement shows all that a customer was ever charged.
        posted = posted.none()
    latest = posted.select_related("customer", "corrects").order_by("-posted_at", "-pk")
    invoice = latest.first()
    wording = Wording(str(form["subject"].value() or ""), str(form["text"].value() or ""))
    try:
        check_wording(wording, placeholders_of(kind))
    except DomainError as refused:
        return {"preview_refusal": str(refused), "invoice": invoice}
    if invoice is None:
        return {"preview": wording, "invoice": None, "written_in": language}
    invoice.language = invoice.customer.language = language
    return {
        "preview": statement_wording(_statement_of(invoice), wording)
        if is_statement
        else written(wording, invoice, link=example_link),
        "invoice": invoice,
        "written_in": language,
    }


def _statement_of(invoice: Invoice) -> Statement:
    """Of its customer, over its year."""
    year = year_of(invoice.issue_date)
    return statement_of(invoice.customer, currency=invoice.currency, start=year.start, end=year.end)
